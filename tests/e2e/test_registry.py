#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""jukinetctl registry build against real files: what is good, what is bad and
named, what is killed half way. Prints TAP. Runs as root in a mount namespace of
its own, where all files lie on a tmpfs and /etc/passwd is a private one."""

import fcntl
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

CTL = os.path.join(sys.argv[1], "tools/ctl/jukinetctl")
CONF = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../conf")
TOP = "/mnt"
ETC, VENDOR, SNAP = TOP + "/etc", TOP + "/vendor", TOP + "/snap"
SNAPSHOT = SNAP + "/snapshot.cdb"
REG = ETC + "/registry.d"
KEYS = TOP + "/keys"

JUKINET = """# this terminal
[terminal]
id = shimin-03

[login]
contact = 内線 123
"""

STAFF = """[person p0123]
name = 住基 花子
department = shimin
valid-from = 2026-04-01
valid-until = 2037-03-31

[person p0124]
name = 住基 太郎

[account hanako]
person = p0123

[account taro]
person = p0124
person = p0123

[operator-id m0123-2]
person = p0123
type = moving-desk
valid-until = 2037-03-31

[card c-0042]
person = p0123
certificate = c-0042.pem

[terminal shimin-03]
class = integrated-terminal
department = shimin
"""


# A second file, for what the first one does not have.
MORE = """[department shimin]
name = 住民生活課
contact = 内線 123

[person p0009]
name = 総務 太郎
department = shimin

[role r-1]
person = p0009
role = access-manager
department = shimin

[approval v-1]
kind = fallback-pin
person = p0123
by = p0009
terminal = shimin-03
valid-from = 2026-07-01 08:30
valid-until = 2037-07-01 17:15
once = yes
reason = 指のけが

[approval v-2]
kind = delegation
person = p0123
by = p0009
terminal = *
valid-from = 2026-07-01
valid-until = 2037-07-01
function = operator-register
function = operator-id-disable

[card c-spare]
spare = yes
certificate = spare.pem

[card c-new]
person = p0124
state = requested
requested-by = p0124
"""


def enter():
    """Into a namespace of our own, or skip."""
    if os.geteuid() != 0:
        print("1..0 # SKIP needs root")
        sys.exit(0)
    # Whoever starts this by sudo is no officer.
    os.environ.pop("SUDO_UID", None)
    if os.environ.get("JK_PRIVATE") != "yes":
        if subprocess.run(["unshare", "-m", "true"]).returncode != 0:
            print("1..0 # SKIP no mount namespace of its own")
            sys.exit(0)
        os.environ["JK_PRIVATE"] = "yes"
        os.execvp("unshare", ["unshare", "-m", "--propagation", "private",
                              sys.executable] + sys.argv)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", TOP],
                   check=True)
    os.umask(0o022)
    for name, text in (
            ("passwd", "root:x:0:0::/root:/bin/sh\n"
                       "hanako:x:5001:5001::/:/bin/sh\n"
                       "taro:x:5002:5002::/:/bin/sh\n"
                       "nobody:x:65534:65534::/:/bin/sh\n"
                       "alias:x:5001:5001::/:/bin/sh\n"),
            ("group", "root:x:0:\n_jukinet:x:4711:\nnogroup:x:65534:\n")):
        write(TOP + "/" + name, text)
        subprocess.run(["mount", "--bind", TOP + "/" + name, "/etc/" + name],
                       check=True)
    make_certificates()


def openssl(*args):
    subprocess.run(("openssl",) + args, check=True, capture_output=True)


def certificate(name, algorithm, *more):
    openssl("req", "-x509", "-nodes", "-newkey", *algorithm.split(),
            "-subj", "/CN=" + name, "-days", "3000",
            "-keyout", KEYS + "/" + name + ".key",
            "-out", KEYS + "/" + name + ".pem", *more)


def make_certificates():
    os.mkdir(KEYS)
    ec = "ec -pkeyopt ec_paramgen_curve:"
    certificate("rsa", "rsa:2048")
    certificate("p256", ec + "P-256")
    certificate("short", "rsa:1024")
    certificate("rsa3072", "rsa:3072")
    certificate("p384", ec + "P-384")
    certificate("p521", ec + "P-521")
    certificate("agree", ec + "P-256", "-addext", "keyUsage=keyAgreement")
    openssl("req", "-x509", "-key", KEYS + "/rsa.key", "-subj", "/CN=again",
            "-days", "3000", "-out", KEYS + "/again.pem")


def write(path, data, mode=0o644):
    with open(path, "wb") as f:
        f.write(data.encode() if isinstance(data, str) else data)
    os.chmod(path, mode)


def fresh():
    """A good configuration and no snapshot."""
    for path in (ETC, VENDOR, SNAP):
        shutil.rmtree(path, ignore_errors=True)
        os.mkdir(path)
    os.mkdir(REG)
    shutil.copy(CONF + "/policy.conf", VENDOR)
    write(ETC + "/jukinet.conf", JUKINET)
    write(REG + "/staff.conf", STAFF)
    shutil.copy(KEYS + "/rsa.pem", REG + "/c-0042.pem")


def command(*args):
    return [CTL, "registry", *args, "--config-dir", ETC,
            "--vendor-dir", VENDOR]


def build(prefix=(), **more):
    return subprocess.run(
        [*prefix, *command("build"), "--snapshot", SNAPSHOT],
        capture_output=True, text=True, **more)


def digest():
    with open(SNAPSHOT, "rb") as f:
        return (hashlib.sha256(f.read()).hexdigest(),
                os.fstat(f.fileno()).st_ino)


def serial(result):
    assert result.returncode == 0, result.stderr
    return int(re.match(r"serial (\d+): ", result.stdout).group(1))


def leftovers():
    return sorted(set(os.listdir(SNAP)) - {"snapshot.cdb", "build.lock"})


def append(text, path=REG + "/staff.conf"):
    with open(path, "ab") as f:
        f.write(text.encode() if isinstance(text, str) else text)


def replace(old, new, path=REG + "/staff.conf"):
    with open(path, "rb") as f:
        data = f.read()
    assert data.count(old.encode()) >= 1, old
    write(path, data.replace(old.encode(), new.encode(), 1))


def second(name, extra=""):
    """A second card, with the certificate of that name."""
    shutil.copy(KEYS + "/" + name + ".pem", REG + "/second.pem")
    append("[card c-2]\nperson = p0124\ncertificate = second.pem\n" + extra)


def link(path, target):
    os.rename(path, target)
    os.symlink(target, path)


def twice():
    with open(REG + "/c-0042.pem", "ab") as f, \
            open(KEYS + "/p256.pem", "rb") as g:
        f.write(g.read())


def many_opids():
    append("".join("[operator-id x-%d]\nperson = p0124\n"
                   "type = moving-desk\n" % i for i in range(17)))


def more(old="", new="", extra=""):
    """The second file, with one thing changed or added."""
    assert old in MORE, old
    shutil.copy(KEYS + "/p256.pem", REG + "/spare.pem")
    write(REG + "/z-more.conf", MORE.replace(old, new, 1) + extra)


def policy(text):
    """The vendor's policy, with more behind it."""
    append(text, VENDOR + "/policy.conf")


S = REG + "/staff.conf"
M = REG + "/z-more.conf"
POLICY = VENDOR + "/policy.conf"
LAST = len(STAFF.splitlines())
END = len(MORE.splitlines())
with open(CONF + "/policy.conf", encoding="utf-8") as shipped:
    POLICY_LINES = shipped.read().splitlines()
POLICY_LAST = len(POLICY_LINES)

# name, what is done, the file, the line, the reason (a regular expression)
BAD = [
    ("unknown key", lambda: append("colour = red\n"),
     S, LAST + 1, 'unknown key "colour"'),
    ("unknown section", lambda: append("[printer x]\n"),
     S, LAST + 1, "unknown section"),
    ("unknown value", lambda: replace("class = integrated", "class = x"),
     S, 27, "not a terminal class"),
    ("bad date", lambda: replace("2026-04-01", "2026-02-30"),
     S, 4, "valid-from = 2026-02-30: not a date"),
    ("dates that do not follow", lambda: replace("2037-03-31", "2026-03-31"),
     S, 5, "valid-until lies before valid-from"),
    ("duplicate id", lambda: append("[person p0123]\nname = x\n"),
     S, LAST + 1, r"\[person p0123\] is there twice \(first in .*:1\)"),
    ("duplicate account in another file",
     lambda: write(REG + "/a.conf", "[account taro]\nperson = p0124\n"),
     S, 13, r"\[account taro\] is there twice \(first in .*a.conf:1\)"),
    ("repeated key", lambda: append("class = cs\n"),
     S, LAST + 1, "key is repeated"),
    ("line of 1 MB", lambda: append("#" * (1 << 20) + "\n"),
     S, LAST + 1, "line longer than 190 bytes"),
    ("line of 191 bytes", lambda: append("#" * 191 + "\n"),
     S, LAST + 1, "line longer than 190 bytes"),
    ("NUL", lambda: append("# \0\n"), S, LAST + 1, "NUL byte"),
    ("NUL first", lambda: append("\0\n[person x]\n"), S, LAST + 1, "NUL byte"),
    ("invalid UTF-8", lambda: append(b"# \x8f\x5a\n"),
     S, LAST + 1, "not valid UTF-8"),
    ("carriage return", lambda: replace("[person p0124]\n",
                                        "[person p0124]\r\n"),
     S, 7, "control or invisible character"),
    ("continuation line", lambda: append(" department = x\n"),
     S, LAST + 1, "leading blank"),
    ("comment behind a value", lambda: append("department = x ; y\n"),
     S, LAST + 1, "comment behind a value"),
    ("key outside a section", lambda: write(REG + "/a.conf", "name = x\n"),
     REG + "/a.conf", 1, "key outside a section"),
    ("file of 5 MB", lambda: append("#\n" * (5 << 19)),
     S, 0, "larger than allowed"),
    ("mode 0666", lambda: os.chmod(S, 0o666), S, 0,
     r"writable by group or others \(mode 0666\)"),
    ("mode 0664", lambda: os.chmod(S, 0o664), S, 0, "mode 0664"),
    ("policy with mode 0666",
     lambda: os.chmod(VENDOR + "/policy.conf", 0o666),
     VENDOR + "/policy.conf", 0, "writable by group or others"),
    ("symlink", lambda: link(S, TOP + "/elsewhere"), S, 0, "symbolic link"),
    ("jukinet.conf is a symlink",
     lambda: link(ETC + "/jukinet.conf", TOP + "/elsewhere"),
     ETC + "/jukinet.conf", 0, "symbolic link"),
    ("FIFO", lambda: os.mkfifo(REG + "/a.conf"), REG + "/a.conf", 0,
     "not a regular file"),
    ("directory", lambda: os.mkdir(REG + "/a.conf"), REG + "/a.conf", 0,
     "not a regular file"),
    ("foreign owner", lambda: os.chown(S, 65534, 0), S, 0,
     "belongs to uid 65534"),
    ("foreign parent", lambda: os.chown(REG, 65534, 0), REG, 0,
     "registry.d: belongs to uid 65534"),
    ("foreign parent further up", lambda: os.chown(ETC, 65534, 0), REG, 0,
     "/mnt/etc: belongs to uid 65534"),
    ("parent writable by others, sticky", lambda: os.chmod(ETC, 0o1777),
     REG, 0, r"/mnt/etc: writable by group or others \(mode 1777\)"),
    ("parent is a symlink", lambda: link(REG, TOP + "/elsewhere.d"), REG, 0,
     "symbolic link"),
    ("no such person", lambda: replace("person = p0124\nperson", "person"
                                       " = p9\nperson"),
     S, 13, 'there is no person "p9"'),
    ("no such type", lambda: replace("type = moving-desk", "type = x"),
     S, 17, 'there is no type "x"'),
    ("no such terminal",
     lambda: replace("shimin-03", "shimin-04", ETC + "/jukinet.conf"),
     ETC + "/jukinet.conf", 2, 'there is no terminal "shimin-04"'),
    ("no terminal said",
     lambda: write(ETC + "/jukinet.conf", "[login]\ndeadline = 30\n"),
     ETC + "/jukinet.conf", 2, r'\[terminal\] needs "id = ..."'),
    ("no PIN is that long",
     lambda: append("pin-min = 17\n", ETC + "/jukinet.conf"),
     ETC + "/jukinet.conf", 7, "pin-min is larger than pin-max"),
    ("certificate missing", lambda: os.unlink(REG + "/c-0042.pem"),
     S, 24, "certificate c-0042.pem: No such file"),
    ("certificate is a symlink",
     lambda: link(REG + "/c-0042.pem", TOP + "/c.pem"),
     S, 24, "certificate c-0042.pem: a symbolic link"),
    ("certificate with mode 0666",
     lambda: os.chmod(REG + "/c-0042.pem", 0o666),
     S, 24, "certificate c-0042.pem: writable by group"),
    ("certificate elsewhere", lambda: replace("c-0042.pem", "../c.pem"),
     S, 24, "not a plain file name"),
    ("two certificates in a file", twice, S, 24,
     "holds more than one certificate"),
    ("private key", lambda: shutil.copy(KEYS + "/rsa.key",
                                        REG + "/c-0042.pem"),
     S, 24, "holds something else than a certificate"),
    ("no PEM", lambda: write(REG + "/c-0042.pem", "hello\n"),
     S, 24, "not a PEM certificate"),
    ("RSA-1024", lambda: second("short"), S, LAST + 3,
     "RSA key is not of 2048 to 4096 bits"),
    ("P-521", lambda: second("p521"), S, LAST + 3,
     "elliptic curve is neither P-256 nor P-384"),
    ("same certificate twice", lambda: second("rsa"), S, LAST + 1,
     r"same certificate or key as \[card c-0042\] in .*:22"),
    ("same key in another certificate", lambda: second("again"), S, LAST + 1,
     r"same certificate or key as \[card c-0042\]"),
    ("account name", lambda: replace("[account taro]", "[account ta ro]"),
     S, 13, "not the name of an account"),
    ("one uid under two names",
     lambda: append("[account alias]\nperson = p0123\n"),
     S, LAST + 1, 'account "alias" has the uid of "hanako"'),
    ("17 operator IDs", many_opids, S, LAST + 49, "more than 16 operator IDs"),
    ("number of a type twice",
     lambda: replace("number = 9", "number = 8", VENDOR + "/policy.conf"),
     POLICY, POLICY_LINES.index("[type operator-management]") + 1,
     "number 8 is that of"),
    # The kinds of the second file.
    ("no such department", lambda: more("department = shimin\n\n[role",
                                        "department = x\n\n[role"),
     M, 5, 'there is no department "x"'),
    ("no such role", lambda: more("access-manager", "manager"),
     M, 11, r"role = manager: not a role \(one of: chief-security-officer "),
    ("role of nobody", lambda: more("person = p0009\nrole",
                                    "person = p9\nrole"),
     M, 9, 'there is no person "p9"'),
    ("no such kind of approval", lambda: more("fallback-pin", "card-pin"),
     M, 15, r"kind = card-pin: not a kind of approval \(one of: delegation "),
    ("approval without end",
     lambda: more("valid-until = 2037-07-01 17:15\n"),
     M, 14, r'\[approval\] needs "valid-until = ..."'),
    ("approval that ends before it begins",
     lambda: more("2037-07-01 17:15", "2026-07-01 08:30"),
     M, 20, "valid-until lies before valid-from"),
    ("approval at no terminal", lambda: more("terminal = shimin-03",
                                             "terminal = x"),
     M, 14, 'there is no terminal "x"'),
    ("approval for himself", lambda: more("by = p0009", "by = p0123"),
     M, 14, "nobody approves for himself"),
    ("approval for one use anywhere", lambda: more("terminal = shimin-03",
                                                   "terminal = *"),
     M, 14, "an approval for one use names one terminal"),
    ("delegation of nothing",
     lambda: more("function = operator-register\n"
                  "function = operator-id-disable\n"),
     M, 24, "a delegation, and nothing else, names functions"),
    ("delegation of a business", lambda: more("operator-register", "moving"),
     M, 31, r"function = moving: not a function \(one of: "),
    ("function twice", lambda: more("operator-id-disable",
                                    "operator-register"),
     M, 32, "function = operator-register: value is repeated"),
    ("card in use without certificate",
     lambda: more("state = requested", "state = issued"),
     M, 38, r'\[card\] needs "certificate = ..."'),
    ("no such state of a card", lambda: more("state = requested",
                                             "state = lost"),
     M, 40, r"state = lost: not a state of a card \(one of: revoked "),
    ("card of nobody", lambda: more("person = p0124\nstate", "state"),
     M, 38, r'\[card\] needs "person = ..."'),
    ("spare card of somebody in the cabinet",
     lambda: more("spare = yes\n", "spare = yes\nperson = p0124\n"),
     M, 34, "a spare card has a person only while it is handed over"),
    ("spare card lent to nobody",
     lambda: more("spare = yes\n", "spare = yes\nhanded-at = 2026-07-01\n"),
     M, 34, "a spare card is handed over to nobody"),
    ("room that there is not",
     lambda: append("room-level = 4\n"), S, LAST + 1,
     r"room-level = 4: number out of range \(1 to 3\)"),
    ("text that is too long for a row",
     lambda: replace("name = 住基 太郎", "name = " + "x" * 193),
     S, 8, "line longer than 190 bytes"),
    # The policy.
    ("issuing of cards is no business",
     lambda: policy("business = resident-card-issuing\n"),
     POLICY, POLICY_LAST + 1, "business = resident-card-issuing: not a bus"),
    ("section of an unknown business",
     lambda: policy("[business resident-card-issuing]\npermission = yes\n"),
     POLICY, POLICY_LAST + 1, r"\[business resident-card-issuing\]: not a b"),
    ("section of an unknown class",
     lambda: policy("[class pc]\nmethod = card-pin\n"),
     POLICY, POLICY_LAST + 1, r"\[class pc\]: not a terminal class \(one of"),
    ("unknown class of a type",
     lambda: policy("terminal-class = pc\n"),
     POLICY, POLICY_LAST + 1, "terminal-class = pc: not a terminal class"),
    ("unknown type of an operator ID",
     lambda: replace("type = moving-desk", "type = moving"),
     S, 17, 'there is no type "moving"'),
    ("class twice", lambda: policy("[class cs]\nmethod = card-pin\n"),
     POLICY, POLICY_LAST + 1, r"\[class cs\] is there twice"),
    ("no way to prove anything",
     lambda: policy("[class cs]\nmethod = none\n"),
     POLICY, POLICY_LAST + 2, "method = none: not a method"),
    ("own department of nobody",
     lambda: policy("[business moving]\nown-department = yes\n"),
     POLICY, POLICY_LINES.index("[policy]") + 1,
     "needs an owning-department"),
    ("policy of another day",
     lambda: replace("#effective-from = 2026-04-01",
                     "effective-from = 2037-04-01", POLICY),
     POLICY, POLICY_LINES.index("[policy]") + 1,
     "takes effect on 2037-04-01: until then it is policy-next.conf"),
    ("no policy", lambda: os.unlink(VENDOR + "/policy.conf"),
     VENDOR + "/policy.conf", 0, "No such file"),
]


def run_bad(change, path, line, reason):
    fresh()
    first = serial(build())
    before = digest()
    change()
    result = build(timeout=30)
    assert result.returncode == 1, result
    assert result.stdout == "", result.stdout
    lines = result.stderr.splitlines()
    assert lines.pop() == "jukinetctl: registry build failed", result.stderr
    for text in lines:
        assert re.match(r"/[^:]*:\d+: .", text), text
    pattern = re.escape("%s:%d: " % (path, line)) + ".*" + reason
    assert any(re.match(pattern, text) for text in lines), result.stderr
    assert digest() == before
    assert leftovers() == []
    fresh_without_snapshot()
    assert serial(build()) == first + 1


def fresh_without_snapshot():
    """The good configuration again; the snapshot stays."""
    kept = TOP + "/kept"
    shutil.rmtree(kept, ignore_errors=True)
    os.rename(SNAP, kept)
    fresh()
    os.rmdir(SNAP)
    os.rename(kept, SNAP)


def test_good_configuration_is_built():
    fresh()
    result = build()
    assert serial(result) == 1
    assert result.stderr == "", result.stderr
    assert "2 persons, 2 accounts, 1 operator IDs, 1 cards, 1 terminals, " \
           "9 types, policy 2026-11 in " + SNAPSHOT in result.stdout
    st = os.stat(SNAPSHOT)
    assert st.st_mode & 0o7777 == 0o640 and st.st_uid == 0
    assert st.st_gid == 4711
    assert serial(build()) == 2
    assert leftovers() == []


def test_keys_of_other_sizes_are_taken():
    for name in ("rsa3072", "p384"):
        fresh()
        second(name)
        result = build()
        assert serial(result) == 1 and result.stderr == "", result.stderr
        assert "2 cards" in result.stdout


def test_administrators_policy_goes_before_the_vendors():
    fresh()
    shutil.copy(VENDOR + "/policy.conf", ETC + "/policy.conf")
    replace("version = 2026-11", "version = ours", ETC + "/policy.conf")
    assert "policy ours" in build().stdout


def test_shipped_examples_are_good():
    fresh()
    shutil.copy(CONF + "/registry.d/example.conf", REG)
    shutil.copy(CONF + "/jukinet.conf", ETC)
    replace("#id = shimin-03", "id = shimin-03", ETC + "/jukinet.conf")
    assert serial(build()) == 1
    # With every comment sign before a key or section taken away, too.
    for path in (ETC + "/jukinet.conf", REG + "/example.conf"):
        with open(path) as f:
            text = f.read()
        write(path, re.sub(r"^#(\[|[a-z-]+ = )", r"\1", text, flags=re.M))
    os.unlink(REG + "/staff.conf")
    assert serial(build()) == 2


def test_account_that_is_not_here_is_left_out():
    fresh()
    append("[account nosuch]\nperson = p0123\n")
    result = build()
    assert "2 accounts" in result.stdout
    assert "%s:%d: warning: account \"nosuch\" does not exist" % (
        S, LAST + 1) in result.stderr


def test_every_kind_is_built():
    fresh()
    more()
    result = build()
    assert serial(result) == 1
    # Both for eleven years: they hold, and are warned of.
    assert [line.split(": ", 1)[1] for line in result.stderr.splitlines()] == [
        "warning: [approval v-1] lasts longer than the 31 days of policy.conf",
        "warning: [approval v-2] lasts longer than the 366 days of policy.conf"], result.stderr
    assert "3 persons, 2 accounts, 1 operator IDs, 3 cards" in result.stdout


def test_accounts_of_other_machines_are_one_line():
    fresh()
    append("".join("[account nosuch-%d]\nperson = p0123\n" % i
                   for i in range(300)))
    result = build()
    lines = result.stderr.splitlines()
    assert serial(result) == 1
    assert len(lines) == 6, result.stderr
    assert "295 more accounts do not exist on this machine" in lines[5]


def test_next_policy_takes_over_on_its_day():
    fresh()
    shutil.copy(VENDOR + "/policy.conf", ETC + "/policy-next.conf")
    replace("version = 2026-11", "version = next", ETC + "/policy-next.conf")
    replace("#effective-from = 2026-04-01", "effective-from = 2037-04-01",
            ETC + "/policy-next.conf")
    result = build()
    assert "policy 2026-11" in result.stdout and result.stderr == ""
    replace("2037-04-01", "2026-04-01", ETC + "/policy-next.conf")
    result = build()
    assert "policy next" in result.stdout and result.stderr == ""
    append("x = 1\n", ETC + "/policy-next.conf")
    result = build()
    assert "policy 2026-11" in result.stdout
    assert '%s/policy-next.conf:%d: warning: unknown key "x" in [type] ' \
           "(this edition is not taken)" % (ETC, POLICY_LAST + 1) in \
        result.stderr, result.stderr


def test_many_errors_are_counted():
    fresh()
    append("x = 1\n" * 30)
    result = build()
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 22, result.stderr
    assert "and 10 more errors" in result.stderr


def test_damaged_snapshot_is_replaced():
    fresh()
    build()
    write(SNAPSHOT, os.urandom(5000))
    result = build()
    assert serial(result) >= int(time.time()) - 60
    assert "is damaged" in result.stderr


def test_unsafe_place_is_refused():
    fresh()
    os.chmod(SNAP, 0o777)
    result = build()
    assert result.returncode == 1
    assert "writable by group or others" in result.stderr
    assert os.listdir(SNAP) == []


def test_check_writes_nothing():
    fresh()
    result = subprocess.run(command("check"), capture_output=True, text=True)
    assert result.returncode == 0 and result.stdout.startswith("good: ")
    assert os.listdir(SNAP) == []
    append("x = 1\n")
    result = subprocess.run(command("check"), capture_output=True, text=True)
    assert result.returncode == 1 and result.stdout == ""


def test_usage():
    for args in ([], ["registry"], ["registry", "x"],
                 ["registry", "build", "--x"],
                 ["registry", "build", "x"],
                 ["registry", "build", "--snapshot"],
                 ["registry", "check", "--snapshot", "/x"]):
        assert subprocess.run([CTL] + args,
                              capture_output=True).returncode == 2, args
    for args in (["--help"], ["--version"], ["registry", "options"]):
        result = subprocess.run([CTL] + args, capture_output=True)
        assert result.returncode == 0 and result.stdout and not result.stderr
    with open("/dev/full", "w") as full:
        assert subprocess.run([CTL, "--help"], stdout=full,
                              stderr=subprocess.DEVNULL).returncode == 1


def test_build_needs_root():
    fresh()
    try:
        result = build(user=65534)
    except PermissionError:
        return "the program lies where nobody may not go"
    assert result.returncode == 1 and "as root" in result.stderr
    assert os.listdir(SNAP) == []


def test_second_build_waits_and_gives_up():
    fresh()
    build()
    before = digest()
    with open(SNAP + "/build.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = build(timeout=30)
    assert result.returncode == 4, result  # to be tried again
    assert "another build is running" in result.stderr, result.stderr
    assert digest() == before
    assert os.stat(SNAP + "/build.lock").st_mode & 0o777 == 0o600


def test_builds_side_by_side_follow_each_other():
    fresh()
    runs = [subprocess.Popen([*command("build"), "--snapshot", SNAPSHOT],
                             stdout=subprocess.PIPE, text=True)
            for _ in range(6)]
    seen = sorted(int(run.communicate()[0].split()[1].rstrip(":"))
                  for run in runs)
    assert seen == [1, 2, 3, 4, 5, 6], seen


def after_kill(last):
    """The next build finds the old or the new one, whole."""
    result = build()
    now = serial(result)
    assert "damaged" not in result.stderr, result.stderr
    assert now in (last + 1, last + 2), (last, now)
    assert leftovers() == []
    return now


def test_killed_at_random_times():
    fresh()
    build()
    # The second one: it does not look at the certificates again.
    start = time.monotonic()
    last = serial(build())
    length = time.monotonic() - start
    rng = random.Random(20261121)
    killed = 0
    tries = 0
    while tries < 100 or (killed < 20 and tries < 1000):
        tries += 1
        run = subprocess.Popen([*command("build"), "--snapshot", SNAPSHOT],
                               stdout=subprocess.DEVNULL)
        time.sleep(rng.uniform(0, length))
        run.kill()
        killed += run.wait() == -signal.SIGKILL
        last = after_kill(last)
    assert killed >= 20, killed


# A sanitizer's search for leaks does not work below strace.
os.environ["ASAN_OPTIONS"] = "detect_leaks=0"
CALLS = "openat,flock,write,lseek,fchown,fchmod,fsync,renameat"


def inject(what, calls=CALLS):
    return ["strace", "-qq", "-o", "/dev/null", "-e", "trace=" + calls,
            "-e", "inject=%s:%s" % (calls, what)]


def strace_works():
    return shutil.which("strace") is not None and \
        subprocess.run(["strace", "-o", "/dev/null", "true"],
                       capture_output=True).returncode == 0


def test_killed_at_every_step():
    if not strace_works():
        return "strace does not work here"
    fresh()
    last = serial(build())
    for n in range(1, 1000):
        result = build(inject("signal=KILL:when=%d" % n))
        if result.returncode == 0:
            last = serial(result)
            assert n > 30, n
            return None
        last = after_kill(last)
    raise AssertionError("it never came to its end")


def test_every_failing_call_leaves_the_old_one():
    if not strace_works():
        return "strace does not work here"
    fresh()
    build()
    refused = 0
    for call in ("flock", "write", "fchown", "fchmod", "fsync", "renameat"):
        for n in range(1, 50):
            before = digest()
            result = build(inject("error=ENOSPC:when=%d" % n, call))
            if result.returncode == 0:
                break
            refused += 1
            # The line on stdout, or the last fsync(), of the directory.
            late = call == "fsync" and n == 2 or "standard output" in \
                result.stderr
            assert late or digest() == before, (call, n, result)
            assert leftovers() == [], (call, n)
    assert refused >= 6, refused


def main():
    enter()
    tests = [(name, value) for name, value in list(globals().items())
             if name.startswith("test_")]
    tests[1:1] = [("bad: " + row[0], lambda row=row: run_bad(*row[1:]))
                  for row in BAD]
    print("1..%d" % len(tests))
    failed = 0
    for number, (name, run) in enumerate(tests, 1):
        try:
            skip = run()
            print("ok %d - %s%s" % (number, name,
                                    " # SKIP " + skip if skip else ""))
        except Exception as e:  # each test says how it failed
            failed += 1
            print("not ok %d - %s" % (number, name))
            for line in ("%s: %s" % (type(e).__name__, e)).splitlines():
                print("# " + line)
        sys.stdout.flush()
    sys.exit(1 if failed else 0)


main()
