#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The office's keys: made, replaced, carried to a terminal and to a business server, kept and removed, and what stands
for a resident in the log. Two machines play here, of which only the directory of keys differs: see Machine."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import os
import random
import re
import shutil
import signal
import stat
import time
from typing import Iterator

from office import CTL, KEEP, STAFF, Done, Officers, missing, missing_sudo, role_row, tap

KEYS = f"{KEEP}/keys"
TERMINAL = "shimin-03"
# Digits that no time and no serial number has; the check digit fits.
TEN = "".join(random.SystemRandom().choice("0123456789") for _ in range(10))
REST = sum(int(digit) * weight for digit, weight in zip(TEN[::-1], (2, 3, 4, 5, 6, 7, 2, 3, 4, 5))) % 11
CODE = TEN + str(0 if REST < 2 else 11 - REST)
REQUEST = "請求-R08-0042"
SEALED = 420                # bytes at the end of an export of two keys that are sealed text and its tag
PLACES = ("/run", "/etc", "/var/lib", "/var/log", "/var/tmp", "/tmp", "/home", "/root")


# --- keys, without any of the product's code --------------------------------------------------------------------------

def key_text(name: str, since: int, key: bytes, years: int = 7) -> str:
    body = (f"jukinet-key 1\nid {name}\nkind {'subject' if name[0] == 'k' else 'receipt'}\nfrom {since}\n"
            f"keep-years {years}\nkey {key.hex()}\n")
    check = hmac.new(key, b"jukinet/key-file/1\0" + body.encode(), hashlib.sha256).hexdigest()
    return f"{body}check {check}\n"


def read_key(text: str) -> dict[str, str]:
    fields = dict(line.split(" ", 1) for line in text.splitlines())
    tap.equal(text, key_text(fields["id"], int(fields["from"]), bytes.fromhex(fields["key"]),
                             int(fields["keep-years"])), "a key's file")
    return fields


def subject(name: str, key: bytes, code: str = CODE) -> str:
    return f"{name}:" + hmac.new(key, b"jukinet/resident-code/1\0" + code.encode(), hashlib.sha256).hexdigest()[:32]


# --- the office -------------------------------------------------------------------------------------------------------

class Keepers(Officers):
    """clerk-zeimu is the auditor."""

    def __init__(self) -> None:
        super().__init__("keys", cores=True)
        self._here = "office"
        self.seen: set[bytes] = set()           # every key that there ever was
        self.began = time.time()

    def open(self) -> Officers:
        super().open()
        self.stage({("role", "r-audit"): role_row(STAFF["clerk-zeimu"].number, "auditor")})
        self.renew()
        return self

    @contextlib.contextmanager
    def machine(self, name: str) -> Iterator[None]:
        """As on another one: its keys are in place meanwhile."""
        before, self._here = self._here, name
        self._move(before, name)
        try:
            yield
        finally:
            self._here = before
            self._move(name, before)

    def _move(self, away: str, here: str) -> None:
        keys = self.space.path(KEYS)
        if os.path.exists(keys):
            os.rename(keys, f"{keys}.{away}")
        if os.path.exists(f"{keys}.{here}"):
            os.rename(f"{keys}.{here}", keys)

    def renew(self) -> None:
        """No machine has any key."""
        self.files_here()
        folder = self.space.path(KEEP)
        for name in os.listdir(folder):
            if name.startswith("keys"):
                for file in os.listdir(f"{folder}/{name}"):
                    os.unlink(f"{folder}/{name}/{file}")
                os.rmdir(f"{folder}/{name}")

    def files_here(self) -> dict[str, str]:
        """The keys of this machine, by id; each is looked at."""
        found: dict[str, str] = {}
        folder = self.space.path(KEYS)
        owner = self.accounts["_jukinet"].uid
        for name in os.listdir(folder) if os.path.exists(folder) else []:
            if not re.fullmatch(r"[kr]\d+", name):
                continue
            have = os.lstat(f"{folder}/{name}")
            tap.equal((have.st_uid, stat.filemode(have.st_mode), have.st_nlink), (owner, "-rw-------", 1), name)
            with open(f"{folder}/{name}", encoding="ascii") as file:
                found[name] = file.read()
            self.seen.add(bytes.fromhex(read_key(found[name])["key"]))
        return found

    def put(self, name: str, text: str) -> None:
        owner = self.accounts["_jukinet"]
        self.space.directory(KEYS, 0o700, (owner.uid, owner.gid))
        self.space.write(f"{KEYS}/{name}", text, 0o600, (owner.uid, owner.gid))

    def good(self, told: Done) -> str:
        tap.equal(told.status, 0, str(told))
        return told.stdout

    def key(self, *words: str, by: str = "system-manager") -> str:
        return self.good(self.as_officer(by).ctl("key", *words))

    def objects(self, since) -> list[str]:
        self.mark()
        return [one["jobj"] for one in self.office_records(since, "key") if one["res"] == "success"]

    def certificate(self) -> str:
        """Of the terminal, as a file that the officer has."""
        with self.machine("counter"):
            self.space.write("/tmp/counter.pem", self.good(self.console.ctl("key", "request")), 0o644)
        return "/tmp/counter.pem"

    def exported(self, *words: str) -> str:
        """As a file at the terminal."""
        self.space.write("/tmp/keys.cms", self.key("export", "--for", self.certificate(), *words), 0o644)
        return "/tmp/keys.cms"

    def tokens(self, code: str = CODE, by: str = "clerk-zeimu") -> list[str]:
        told = self.as_officer(by).ctl("query-token", "--request", REQUEST, "--json", stdin=code + "\n")
        return [one["subject"] for one in json.loads(self.good(told))]


# --- tests ------------------------------------------------------------------------------------------------------------

def test_first_key_and_the_next(w):
    w.renew()
    since = w.mark()
    told = w.key("create")
    tap.check(re.search(r"^key k1 is made", told), told)
    w.key("create", "--kind", "receipt", by="security-officer")
    w.refused(w.as_officer("system-manager").ctl("key", "create"), "row.exists", op="key")
    w.refused(w.as_officer("system-manager").ctl("key", "rotate", "--id", "k1"), "row.exists", op="key")
    time.sleep(1.1)             # keys of one kind begin in different seconds
    first = w.files_here()
    w.key("rotate", "--keep-years", "10")
    w.key("rotate", "--id", "k2027", "--from", "2027-04-01")
    w.refused(w.as_officer("system-manager").ctl("key", "rotate"), "row.bad", op="key")
    w.refused(w.as_officer("system-manager").ctl("key", "rotate", "--from", "2020-04-01"), "row.bad", op="key")
    now = w.files_here()
    tap.equal(sorted(now), ["k1", "k2", "k2027", "r1"])
    tap.equal({name: now[name] for name in first}, first, "what was there before")
    tap.equal(len({read_key(text)["key"] for text in now.values()}), 4, "different keys")
    tap.equal(w.objects(since), ["key:k1", "key:r1", "key:k2", "key:k2027"])
    listed = {one["id"]: one for one in w.as_officer("clerk").ctl("key", "list", "--json").json}
    tap.equal({name: one["state"] for name, one in listed.items()},
              {"k1": "replaced", "k2": "in use", "k2027": "to come", "r1": "in use"})
    tap.equal(listed["k2"]["kept-until"], "2037-04-01")
    tap.equal([one for one in w.files_here() if read_key(now[one])["check"][:16] != listed[one]["check"]], [])
    for words in (["create", "--id", "r7"], ["create", "--kind", "other"], ["create", "--keep-years", "0"],
                  ["create", "--from", "soon"], ["export"], ["request", "--dry-run"]):
        tap.equal(w.as_officer("system-manager").ctl("key", *words).status, 2, str(words))


def test_who_may(w):
    w.renew()
    w.key("create")
    before = w.files_here()
    w.space.write("/tmp/any", "x", 0o644)
    for words in (["create", "--kind", "receipt"], ["rotate"], ["export", "--for", "/tmp/any"], ["expire"],
                  ["request"], ["import", "/tmp/any"]):
        for who in ("clerk", "clerk-zeimu", "access-manager", "chief"):
            w.refused(w.as_officer(who).ctl("key", *words), "role.none", op="key")
        w.refused(w.without_session("system-manager").ctl("key", *words), "sess.none", op="key", status=1)
        tap.equal(w.as_nobody.ctl("key", *words).why, "caller.foreign")
    for who in ("clerk", "system-manager", "chief"):
        w.refused(w.as_officer(who).ctl("query-token", "--request", REQUEST, stdin=CODE + "\n"), "role.none", op="query")
    tap.equal(w.as_nobody.ctl("key", "list").status, 1)
    tap.equal(w.files_here(), before)


def test_terminal_makes_the_same_of_a_resident(w):
    w.renew()
    w.key("create")
    w.key("create", "--kind", "receipt")
    time.sleep(1.1)
    w.key("rotate")
    here = w.files_here()
    since = w.mark()
    sealed = w.exported()
    tap.equal(w.objects(since), [f"terminal:{TERMINAL}", "key:k1", "key:k2", "key:r1"])
    digest = hashlib.sha256(base64.b64decode("".join(w.space.read("/tmp/counter.pem").splitlines()[1:-1]))).hexdigest()
    tap.equal({one["jdig"] for one in w.office_records(since, "key")}, {digest})
    ours = w.tokens()
    tap.equal(ours, [subject(name, bytes.fromhex(read_key(here[name])["key"])) for name in ("k1", "k2")])
    with w.machine("counter"):
        since = w.mark()
        told = w.good(w.console.ctl("key", "import", sealed))
        tap.equal(w.files_here(), here)
        tap.equal(w.tokens(), ours)
        tap.equal(w.objects(since), ["key:r1", "key:k2", "key:k1"])
        # Once more changes nothing, and is no error.
        since = w.mark()
        w.good(w.console.ctl("key", "import", sealed))
        tap.equal((w.files_here(), w.objects(since)), (here, []))
        # An export of before the next rotation adds nothing and takes nothing away.
        w.put("k3", key_text("k3", int(time.time()) + 60, os.urandom(32)))
        w.good(w.console.ctl("key", "import", sealed))
        tap.equal(sorted(w.files_here()), ["k1", "k2", "k3", "r1"])
    tap.check("k2 is taken in" in told, told)


def test_only_the_terminal_can_open_it(w):
    w.renew()
    w.key("create")
    sealed = w.exported()
    with w.machine("stranger"):
        w.refused(w.console.ctl("key", "import", sealed), "row.none", op="key", status=3)
        w.good(w.console.ctl("key", "request"))
        w.refused(w.console.ctl("key", "import", sealed), "row.bad", op="key")
        tap.equal(w.files_here(), {})
    with w.machine("counter"):
        first = w.good(w.console.ctl("key", "request"))
        tap.equal(w.good(w.console.ctl("key", "request")), first, "the same pair")
        tap.check(w.good(w.console.ctl("key", "request", "--new")) != first, "a new pair")
        w.refused(w.console.ctl("key", "import", sealed), "row.bad", op="key")
        have = os.lstat(w.space.path(f"{KEYS}/terminal.pem"))
        tap.equal((have.st_uid, stat.filemode(have.st_mode)), (0, "-rw-------"))


def test_only_what_the_officer_has_exported(w):
    """The terminal's certificate is no secret: anybody can seal keys of his own for it."""
    def export() -> str:
        told = w.as_officer("system-manager").ctl("key", "export", "--for", "/tmp/counter.pem")
        w.space.write("/tmp/keys.cms", w.good(told), 0o644)
        check, = re.findall(r"--check ([0-9a-f]{32})\"", told.stderr)
        return check

    w.renew()
    w.key("create")
    w.certificate()
    others = export()
    w.key("create", "--kind", "receipt")
    check = export()
    here = w.files_here()
    with w.machine("counter"):
        for wrong in (others, "0" * 32):
            told = w.console.ctl("key", "import", "/tmp/keys.cms", "--check", wrong)
            w.refused(told, "row.bad", op="key")
            tap.check(check in told.stderr and wrong in told.stderr, told.stderr)
        for bad in ("", check[:-1], check.upper(), check + "0"):
            tap.equal(w.console.ctl("key", "import", "/tmp/keys.cms", "--check", bad).status, 2, bad)
        tap.equal(w.files_here(), {})
        w.good(w.console.ctl("key", "import", "/tmp/keys.cms", "--check", check))
        tap.equal(w.files_here(), here)


def make_certificate(w, name: str, *more: str) -> None:
    w.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
           f"/CN={name}", "-keyout", "/tmp/own.key", "-out", "/tmp/own.pem", *more], timeout=20).check()
    os.chmod(w.space.path("/tmp/own.pem"), 0o644)


def test_whom_nothing_is_exported_to(w):
    w.renew()
    w.key("create")
    manager = w.as_officer("system-manager")
    make_certificate(w, "no-such-terminal")
    w.refused(manager.ctl("key", "export", "--for", "/tmp/own.pem"), "row.none", op="key", status=3)
    w.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={TERMINAL}", "-keyout",
           "/tmp/own.key", "-out", "/tmp/own.pem"], timeout=20).check()
    os.chmod(w.space.path("/tmp/own.pem"), 0o644)
    w.refused(manager.ctl("key", "export", "--for", "/tmp/own.pem"), "row.bad", op="key")
    w.space.write("/tmp/own.pem", "nothing\n", 0o644)
    w.refused(manager.ctl("key", "export", "--for", "/tmp/own.pem"), "row.bad", op="key")
    # What its login may not read, root does not read for it.
    w.space.write("/root/own.pem", w.space.read(w.certificate()), 0o600)
    w.refused(manager.ctl("key", "export", "--for", "/root/own.pem"), "row.bad", op="key")
    told = manager.ctl("key", "export", "--for", w.certificate(), "--kind", "receipt")
    w.refused(told, "row.none", op="key", status=3)
    tap.equal(told.stdout, "")


def test_business_server_gets_the_receipt_keys_alone(w):
    w.renew()
    w.key("create")
    w.key("create", "--kind", "receipt")
    make_certificate(w, "gyomu.example.jp")
    w.space.write("/tmp/server.cms", w.key("export", "--receipt-for", "/tmp/own.pem"), 0o644)
    got = w.run(["openssl", "cms", "-decrypt", "-inform", "PEM", "-in", "/tmp/server.cms", "-recip", "/tmp/own.pem",
                 "-inkey", "/tmp/own.key"], timeout=20)
    got.check()
    tap.equal(got.stdout.replace("\r\n", "\n"), w.files_here()["r1"])


def test_half_and_damaged_exports_add_nothing(w):
    w.renew()
    w.key("create")
    w.key("create", "--kind", "receipt")
    here = w.files_here()
    whole = w.space.read(w.exported())
    lines = whole.splitlines()
    body = base64.b64decode("".join(lines[1:-1]))

    def pem(data: bytes) -> str:
        text = base64.b64encode(data).decode()
        return "\n".join([lines[0], *(text[at:at + 64] for at in range(0, len(text), 64)), lines[-1], ""])

    damaged = [whole[:len(whole) // 2], "", "x" * 70000, pem(body[:-1]), pem(body[:200])]
    damaged += [pem(body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]) for at in range(len(body) - SEALED, len(body), 40)]
    damaged += [pem(body[:-1] + bytes([body[-1] ^ 0x80]))]
    with w.machine("counter"):
        for count, text in enumerate(damaged):
            w.space.write("/tmp/damaged.cms", text, 0o644)
            told = w.console.ctl("key", "import", "/tmp/damaged.cms")
            tap.equal((told.status, told.why), (1, "row.bad"), f"{count}: {told}")
            tap.equal(w.files_here(), {})
        # What names and versions the envelope is in no seal: then the same keys come out, or none.
        for at in range(0, len(body) - SEALED, 9):
            w.space.write("/tmp/damaged.cms", pem(body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]), 0o644)
            told = w.console.ctl("key", "import", "/tmp/damaged.cms")
            left = w.files_here()
            tap.check(left == ({} if told.status else here), str(told))
            for name in left:
                os.unlink(w.space.path(f"{KEYS}/{name}"))
        w.space.write("/tmp/damaged.cms", pem(body), 0o644)
        w.good(w.console.ctl("key", "import", "/tmp/damaged.cms"))
        tap.equal(w.files_here(), here)


def test_what_contradicts_is_not_taken_in(w):
    w.renew()
    w.key("create")
    time.sleep(1.1)
    w.key("rotate")
    sealed = w.exported()
    with w.machine("counter"):
        w.put("k2", key_text("k2", int(time.time()), os.urandom(32)))
        before = w.files_here()
        w.refused(w.console.ctl("key", "import", sealed), "row.bad", op="key")
        tap.equal(w.files_here(), before, "not even k1")
        w.put("k2", before["k2"][:-40])
        told = w.console.ctl("key", "import", sealed)
        tap.equal(told.status, 1, str(told))
        tap.check("keys/k2" in told.stderr, str(told))
        tap.check("keys/k2" in w.as_officer("clerk").ctl("key", "list").stderr)
        os.unlink(w.space.path(f"{KEYS}/k2"))


@tap.skip_if([] if shutil.which("strace") else ["strace is not installed"])
def test_killed_import_leaves_old_or_new(w):
    """At every call that changes something."""
    w.renew()
    for number in range(1, 4):
        w.put(f"k{number}", key_text(f"k{number}", int(w.began) - 900 + number, os.urandom(32)))
    here = w.files_here()
    sealed = w.exported()
    seen, killed = set(), 0

    def killed_at(call: str, count: int) -> bool:
        for name in w.files_here():
            os.unlink(w.space.path(f"{KEYS}/{name}"))
        told = w.run(["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                      f"inject={call}:signal=KILL:when={count}", CTL, "key", "import", sealed], timeout=20,
                     env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "ASAN_OPTIONS": "detect_leaks=0"})
        left = w.files_here()
        tap.equal({name: here[name] for name in left}, left, "whole keys, and the right ones")
        tap.equal(sorted(left), sorted(here)[len(here) - len(left):], "the newest come first")
        seen.add(len(left))
        return told.status != 0

    with w.machine("counter"):
        for call in ("write", "fchown", "fchmod", "fsync", "renameat"):
            count = 1
            while killed_at(call, count):
                count += 1
            killed += count - 1
        tap.check(killed >= 18, f"killed {killed} times")
        tap.equal((seen, w.files_here()), ({0, 1, 2, 3}, here))
        left = [name for name in os.listdir(w.space.path(KEYS)) if name.startswith(".")]
        tap.equal(left, [], "what killed ones have left")


def test_keys_are_removed_when_they_were_kept(w):
    w.renew()
    year = time.gmtime().tm_year
    for name, since in (("k1", year - 12), ("k2", year - 9), ("k3", year - 1), ("r1", year - 20)):
        w.put(name, key_text(name, int(time.mktime((since, 1, 1, 0, 0, 0, 0, 0, 0))), os.urandom(32)))
    sealed = w.exported()
    with w.machine("counter"):
        w.good(w.console.ctl("key", "import", sealed))
        tap.equal(sorted(w.files_here()), ["k2", "k3", "r1"], "k1 is not handed on")
    tap.check("k1 would be removed" in w.key("expire", "--dry-run"))
    tap.equal(len(w.files_here()), 4)
    since = w.mark()
    w.key("expire")
    tap.equal(sorted(w.files_here()), ["k2", "k3", "r1"])
    tap.equal(w.objects(since), ["key:k1"])
    tap.check("every key" in w.key("expire"))


def test_query_token_is_asked_for_unseen_and_recorded(w):
    w.renew()
    w.key("create")
    key = bytes.fromhex(read_key(w.files_here()["k1"])["key"])
    since = w.mark()
    wide = "".join(chr(0xff10 + int(digit)) for digit in CODE)
    for code in (CODE, f"{CODE[:4]}-{CODE[4:8]}-{CODE[8:]}", wide, f"{wide[:5]}－{wide[5:]}"):
        tap.equal(w.tokens(code), [subject("k1", key)], code)
    told = w.as_officer("security-officer").ctl("query-token", "--request", REQUEST, stdin=CODE)
    tap.check(w.good(told).startswith(subject("k1", key) + "\n"), str(told))
    tap.check(f"grep -F -e 'jsub=\"{subject('k1', key)}\"'" in told.stdout, str(told))
    w.mark()
    found = w.office_records(since, "query")
    tap.equal([(one["jrcp"], one["jcnt"], one["jper"], one["res"]) for one in found],
              [(REQUEST, "1", "p0011", "success")] * 4 + [(REQUEST, "1", "p0003", "success")])
    odd = CODE[:-1] + str((int(CODE[-1]) + 1) % 10)
    told = w.as_officer("clerk-zeimu").ctl("query-token", "--request", REQUEST, stdin=odd + "\n")
    tap.check("check digit" in told.stderr and subject("k1", key, odd) in w.good(told), str(told))
    for code, words in ((CODE + "0", "twelve digits"), (CODE[:-1], "eleven digits"), ("", "no code"),
                        ("1" * 500, "no code")):
        told = w.as_officer("clerk-zeimu").ctl("query-token", "--request", REQUEST, stdin=code)
        tap.equal((told.status, told.stdout), (1, ""), str(told))
        tap.check(words in told.stderr, str(told))
    for words in ([], ["--request", ""], ["--request", "x" * 65]):
        tap.equal(w.as_officer("clerk-zeimu").ctl("query-token", *words, stdin=CODE).status, 2, str(words))
    w.log_in("clerk-zeimu")
    with w.terminal() as terminal:
        terminal.start([CTL, "query-token", "--request", REQUEST], loginuid=STAFF["clerk-zeimu"].uid)
        terminal.expect(r"not shown\): $")
        terminal.answer(CODE, hidden=True)
        shown = terminal.rest()
    tap.check(subject("k1", key) in shown and CODE not in shown, shown)


def test_interrupted_prompt_gives_the_terminal_back(w):
    w.log_in("clerk-zeimu")
    with w.terminal() as terminal:
        terminal.start(["sh", "-c", f"trap : INT; {CTL} query-token --request 1; stty -a | tr ' ;' '\\n\\n' | grep -x -e '-*echo'"],
                       loginuid=STAFF["clerk-zeimu"].uid)
        terminal.expect(r"not shown\): $")
        terminal.answer("\x03", hidden=True)
        shown = terminal.rest()
    tap.check(re.search(r"(?m)^echo\s*$", shown), shown)


@tap.skip_if(missing_sudo())
def test_officers_use_sudo(w):
    w.renew()
    w.good(w.sudo("system-manager", "key", "create"))
    tap.check("k1" in w.good(w.sudo("clerk", "key", "list")))
    w.refused(w.sudo("clerk", "key", "rotate"), "role.none", op="key")
    tap.check(w.sudo("clerk", "registry", "build").status != 0)


def test_nothing_of_a_key_or_code_stands_anywhere(w):
    """After all of the above: files, records, the words of programs. Keys are in their own directories, and nowhere."""
    w.files_here()
    tap.check(len(w.seen) > 10, f"{len(w.seen)} keys")
    wide = "".join(chr(0xff10 + int(digit)) for digit in CODE)
    needles = [form for key in w.seen for form in (key, key[:16], key.hex().encode(), key.hex().upper().encode(),
                                                  base64.b64encode(key)[:40])]
    needles += [CODE.encode(), wide.encode(), f"{CODE[:4]}-{CODE[4:8]}-{CODE[8:]}".encode()]

    def held(data: bytes) -> bool:
        return any(needle in data for needle in needles)

    w.space.write("/tmp/planted", f"the code {CODE} was typed\n")
    w.space.write("/var/log/planted", next(iter(w.seen)).hex())
    found = []
    for place in PLACES:
        for folder, _, names in os.walk(w.space.path(place)):
            inside = folder.removeprefix(w.space.path("")).rstrip("/")
            if re.search(r"/jukinet/keys(\.\w+)?$", inside):     # there, and where the world keeps what it has written
                continue
            for name in names:
                path = os.path.join(folder, name)
                if not os.path.islink(path) and os.path.isfile(path) and os.stat(path).st_mtime >= w.began - 1:
                    with open(path, "rb") as file:
                        if held(file.read()):
                            found.append(f"{inside}/{name}")
    tap.equal(sorted("/" + one.lstrip("/") for one in found), ["/tmp/planted", "/var/log/planted"],
              "what was planted, and no more")
    w.mark()
    tap.check(w.log.all(), "there are no records to search")
    tap.equal([str(one) for one in w.log.all() if held(one.line.encode())], [], "records")
    w.log_in("clerk-zeimu")
    with w.terminal() as terminal:
        process = terminal.start([CTL, "query-token", "--request", REQUEST], loginuid=STAFF["clerk-zeimu"].uid)
        terminal.expect(r"not shown\): $")
        for one in w.processes():
            for name in ("cmdline", "environ"):
                with contextlib.suppress(OSError), open(f"/proc/{one.pid}/{name}", "rb") as file:
                    tap.check(not held(file.read()), f"{one}: {name}")
        process.kill()
        terminal.rest()


def cores_are_files() -> list[str]:
    with open("/proc/sys/kernel/core_pattern", encoding="ascii") as file:
        pattern = file.read().strip()
    return [] if re.fullmatch(r"core[.%\w]*", pattern) else [f"core_pattern is {pattern}"]


@tap.skip_if(cores_are_files())
def test_aborted_prompt_leaves_no_core(w):
    """With keys in its memory; an ordinary program leaves one."""
    here: dict = {"limits": {"CORE": [-1, -1]}, "cwd": "/tmp/cores"}
    w.log_in("clerk-zeimu")
    for command, cores in (["sh", "-c", "printf 'not shown): '; sleep 60; exit 0"], 1), \
                          ([CTL, "query-token", "--request", REQUEST], 0):
        with w.terminal() as terminal:
            process = terminal.start(command, loginuid=STAFF["clerk-zeimu"].uid, **here)
            terminal.expect(r"not shown\): $")
            process.signal(signal.SIGABRT)
            process.wait(5)
        found = w.core_files()
        tap.equal(len(found), cores, f"core files of {command[0]}")
        for path in found:
            os.unlink(path)


if __name__ == "__main__":
    tap.main(missing(), w=Keepers)
