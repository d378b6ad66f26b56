#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""jukinetctl registry build with "sources = ldap ...": what comes into the snapshot, and that no outage, no lie and no
unsafe module ever changes an old one. Prints TAP. Runs as root in mount and network namespaces of its own.

    sudo tests/e2e/test_ldap_build.py BUILD [PART-OF-A-NAME...]
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import ssl
import struct
import subprocess
import sys
import time
from typing import Callable

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))

import frames                                                                               # noqa: E402
from world import slapd as directory                                                        # noqa: E402
from world.ldapwire import Relay                                                            # noqa: E402
from world.slapd import BASE, ETC, HOST, POLICY, RELAY, ROOT, TOP, Place, Rows, Slapd, ldif_entry, write  # noqa: E402

BUILD = os.path.realpath(sys.argv[1])
CTL = f"{BUILD}/tools/ctl/jukinetctl"
VENDOR, STATE, SNAPSHOT = f"{TOP}/vendor", f"{TOP}/state", f"{TOP}/state/snapshot.cdb"
MODULE = f"{POLICY}/libjukinet_policy_ldap.so.1"
DAY = "2037-03-31"
PINS, STATE_PIN = "/var/lib/jukinet", 101
place: Place
slapd: Slapd
CARD: list[bytes] = []

FILES = f"""[person p9]
name = 臨時
valid-until = {DAY}

[terminal shimin-03]
class = integrated-terminal
"""


def office() -> Rows:
    return {
        ("person", "p1"): {"name": ["住基 花子"], "department": ["shimin"], "valid-until": [DAY]},
        ("person", "p2"): {"name": ["住基 太郎"]},
        ("account", "hanako"): {"person": ["p1"]},
        ("operator-id", "m1"): {"person": ["p1"], "type": ["moving-desk"], "valid-until": [DAY]},
        ("card", "c-1"): {"person": ["p1"], "certificate": [CARD[0]], "state": ["active"]},
        ("terminal", "shimin-03"): {"class": ["integrated-terminal"], "department": ["shimin"]},
        ("department", "shimin"): {"name": ["市民課"]},
    }


def settings(sources: str, files: str = "") -> None:
    """This terminal, its sources, and what lies in registry.d."""
    place.settings(timeout="2")
    write(f"{ETC}/jukinet.conf", f"[terminal]\nid = shimin-03\n[registry]\nsources = {sources}\n")
    os.makedirs(f"{ETC}/registry.d", exist_ok=True)
    write(f"{ETC}/registry.d/staff.conf", files or "# nothing\n")


def command(*more: str) -> list[str]:
    return [CTL, "registry", "build", "--config-dir", ETC, "--vendor-dir", VENDOR, "--state-dir", STATE, "--policy-dir",
            POLICY, *more]


def build(*wrapper: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*wrapper, *command()], capture_output=True, text=True, check=False, timeout=150)


def digest() -> tuple[str, int]:
    with open(SNAPSHOT, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest(), os.fstat(file.fileno()).st_ino


def check(condition: object, *words: object) -> None:
    if not condition:
        raise AssertionError(" ".join(str(word) for word in words))


def good(persons: int, *wrapper: str) -> subprocess.CompletedProcess[str]:
    done = build(*wrapper)
    check(done.returncode == 0, done.stdout, done.stderr)
    check(re.search(rf"\b{persons} persons\b", done.stdout), done.stdout, done.stderr)
    return done


def refused(*words: str) -> subprocess.CompletedProcess[str]:
    """Those words, and the old snapshot as it was."""
    before = digest()
    done = build()
    check(done.returncode == 1, done.returncode, done.stdout, done.stderr)
    for word in words:
        check(word in done.stderr, f'"{word}" is not in:', done.stderr)
    check(digest() == before, "the snapshot has changed")
    return done


def a_good_one() -> None:
    if os.path.exists(SNAPSHOT):
        os.unlink(SNAPSHOT)
    slapd.load(office())
    settings("ldap")
    good(2)


def test_registry_comes_from_the_directory() -> None:
    a_good_one()
    done = good(2)
    for words in ("1 accounts", "1 operator IDs", "1 cards", "1 terminals"):
        check(words in done.stdout, done.stdout)
    check(done.stderr == "", done.stderr)


def test_published_registry_is_built() -> None:
    slapd.load({}, serial=None)
    settings("ldap")
    check(place.drive("publish", "77", rows=office()).status == "SUCCESS")
    good(2)


def test_older_registry_does_not_come_back() -> None:
    """A replica that lags, or one out of a backup: what was revoked since stays revoked."""
    a_good_one()
    slapd.load(office(), serial=40)
    refused("registry 40 is older than 41, which this terminal has applied")
    slapd.load(office(), serial=41)
    good(2)
    slapd.load(office(), serial=42)
    good(2)
    slapd.load(office(), serial=41)
    refused("registry 41 is older than 42")
    os.unlink(SNAPSHOT)
    good(2)


def test_outage_leaves_the_old_snapshot() -> None:
    a_good_one()
    slapd.kill()
    refused('source "ldap"', "Can't contact LDAP server")
    slapd.start()
    good(2)


def test_outage_falls_to_the_files_where_that_is_said() -> None:
    a_good_one()
    settings("ldap [UNAVAIL=continue TRYAGAIN=continue] files", FILES)
    good(2)
    slapd.kill()
    done = good(1)
    check("Can't contact LDAP server" in done.stderr, done.stderr)
    slapd.start()
    good(2)


def test_files_without_registry_are_asked_after_an_empty_directory() -> None:
    a_good_one()
    settings("ldap files", FILES)
    with open(f"{ETC}/ldap.conf", encoding="utf-8") as file:
        text = file.read()
    write(f"{ETC}/ldap.conf", text.replace(BASE, f"ou=nowhere,{BASE}"))
    good(1)


def test_two_sources_are_merged_where_that_is_said() -> None:
    a_good_one()
    settings("ldap [SUCCESS=continue] files", FILES.partition("[terminal")[0])
    good(3)


def test_row_in_both_sources_is_there_twice() -> None:
    a_good_one()
    settings("ldap [SUCCESS=continue] files", FILES)
    refused("[terminal shimin-03] is there twice")


def test_stopped_server_ends_the_build_in_time() -> None:
    a_good_one()
    slapd.signal(signal.SIGSTOP)
    begun = time.monotonic()
    refused("no connection in time")
    print(f"# refused after {time.monotonic() - begun:.1f} s")
    slapd.signal(signal.SIGCONT)
    good(2)


def test_broken_off_publication_is_not_built() -> None:
    a_good_one()
    slapd.stop()
    slapd.fresh(directory.base_ldif().replace("jukinetSerial", "jukinetPublishing") + directory.rows_ldif(office()))
    slapd.start()
    refused("is being published")


def test_wrong_value_names_its_entry() -> None:
    rows = office()
    rows[("operator-id", "m1")]["valid-until"] = ["2037-02-31"]
    a_good_one()
    slapd.load(rows)
    refused(f"jukinetId=m1,ou=operator-ids,{BASE}", "valid-until")
    rows = office()
    rows[("operator-id", "m1")]["person"] = ["p77"]
    slapd.load(rows)
    refused(f"jukinetId=m1,ou=operator-ids,{BASE}", "p77")


def test_hostile_certificate_names_its_entry() -> None:
    a_good_one()
    slapd.hostile = True
    slapd.load({key: value for key, value in office().items() if key[0] != "card"})
    slapd.stop()
    slapd.slapadd(ldif_entry(f"jukinetId=c,ou=persons,{BASE}", [
        ("objectClass", "jukinetCard"), ("jukinetId", "c"), ("jukinetPerson", "p1"), ("jukinetState", "active"),
        ("userCertificate", b"\x30\x82\xff\xff\0\x1b" * 20)]))
    slapd.start()
    refused(f"jukinetId=c,ou=persons,{BASE}", "certificate")


def test_unsafe_module_is_not_loaded() -> None:
    a_good_one()
    os.chmod(MODULE, 0o666)
    refused("writable by group or others")
    os.chmod(MODULE, 0o644)
    settings("nosuch")
    refused("libjukinet_policy_nosuch.so.1", "No such file")
    settings("ldap [UNAVAIL=later]")
    refused("neither return nor continue")


def test_killed_build_leaves_the_old_snapshot_and_no_process() -> None:
    a_good_one()
    many: Rows = {("person", f"x{i:04d}"): {"name": ["x"]} for i in range(1000)}
    slapd.load(office() | many)
    good(1002)
    before = digest()
    with open(f"{ETC}/ldap.conf", encoding="utf-8") as file:
        text = file.read()
    write(f"{ETC}/ldap.conf", text.replace(f"ldaps://{HOST}", f"ldaps://{HOST}:{RELAY}"))
    for after in (500, 3000, 30_000):
        with Relay(after, "hold") as relay, subprocess.Popen(command(), stdout=subprocess.DEVNULL,
                                                              stderr=subprocess.DEVNULL) as run:
            check(relay.happened.wait(30), "it was over too soon")
            child = subprocess.run(["pgrep", "-P", str(run.pid)], capture_output=True, text=True, check=False).stdout.split()
            run.kill()
            run.wait()
            check(len(child) == 1, child)
            until = time.monotonic() + 30
            while lives(child[0]):
                check(time.monotonic() < until, "the child is still there")
                time.sleep(0.01)
    check(digest() == before, "the snapshot has changed")
    settings("ldap")
    good(1002)


# changes of PINs

CHANGED = "jukinetPinChanged"


def moment(seconds: float) -> str:
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(seconds))


def terminal(**changed: int) -> None:
    """From here on this is a terminal on which these PINs were changed, and on no other."""
    for name in os.listdir(PINS):
        os.unlink(f"{PINS}/{name}")
    for card, at in changed.items():
        write(f"{PINS}/pin.{card.replace('_', '-')}", frames.encode(STATE_PIN, (frames.F_REAL_S, at)), 0o600)


def snapshot_has(at: int) -> bool:
    """The minute of that time, as a row has it."""
    with open(SNAPSHOT, "rb") as file:
        return struct.pack(">q", at - at % 60) in file.read()


def warned(*words: str) -> None:
    """It builds, and says that."""
    done = good(2)
    for word in words:
        check(word in done.stderr, f'"{word}" is not in:', done.stderr)


def test_changed_pin_comes_to_the_other_terminals() -> None:
    now = int(time.time())
    first, second = now - 7200, now - 3600
    terminal()
    a_good_one()
    terminal(c_1=first, c_77=first)
    check(good(2).stderr == "")
    check(slapd.values("card", "c-1", CHANGED) == [moment(first)])
    terminal()
    check(good(2).stderr == "" and snapshot_has(first), "another terminal has it")
    terminal(c_1=second)
    good(2)
    check(slapd.values("card", "c-1", CHANGED) == [moment(second)])
    terminal(c_1=first)
    slapd.changes()
    good(2)
    check(slapd.values("card", "c-1", CHANGED) == [moment(second)] and snapshot_has(second), "an older one")
    check(slapd.changes()["modify"] == 1, "what is applied, and no more")
    # What is in the snapshot has come from there, and the office sets nothing back.
    rows = office()
    rows[("card", "c-1")] |= {"pin-set": ["2026-01-01"], "pin-initial": ["yes"]}
    check(place.drive("publish", "78", rows=rows).status == "SUCCESS")
    good(2)
    check(slapd.values("card", "c-1", CHANGED) == [moment(second)] and snapshot_has(second))


def test_changed_pin_that_may_not_be_written_is_written_later() -> None:
    at = int(time.time()) - 60
    terminal()
    a_good_one()
    terminal(c_1=at)
    slapd.altered(lambda text: text.replace(f",{CHANGED}", ""))
    warned('card "c-1": this account', f"may not write {CHANGED}", "jukinet-ldap.conf(5)", "the next build")
    check(slapd.values("card", "c-1", CHANGED) == [])
    slapd.restart()
    check(good(2).stderr == "")
    check(slapd.values("card", "c-1", CHANGED) == [moment(at)])


def test_changed_pin_waits_for_a_directory_that_is_away() -> None:
    at = int(time.time()) - 60
    terminal()
    a_good_one()
    terminal(c_1=at)
    write(f"{ETC}/registry.d/c.pem", ssl.DER_cert_to_PEM_cert(CARD[0]))
    settings("ldap [UNAVAIL=continue] files",
             FILES + "[card c-1]\nperson = p9\nstate = active\ncertificate = c.pem\n")
    slapd.kill()
    done = good(1)
    check("the next build hands them on again" in done.stderr, done.stderr)
    slapd.start()
    good(2)
    check(slapd.values("card", "c-1", CHANGED) == [moment(at)])
    os.unlink(f"{ETC}/registry.d/c.pem")


def test_what_no_terminal_would_keep_is_not_written() -> None:
    now = int(time.time())
    terminal()
    a_good_one()
    terminal(c_1=now + 3600)
    warned("pin.c-1: dated later than now")
    write(f"{PINS}/pin.c-1", "today", 0o600)
    warned("pin.c-1: malformed data")
    os.unlink(f"{PINS}/pin.c-1")
    os.symlink("/etc/passwd", f"{PINS}/pin.c-1")
    warned("pin.c-1: owner or mode is not safe")
    check(slapd.values("card", "c-1", CHANGED) == [])
    terminal()


def capabilities(*units: str) -> tuple[str, ...]:
    """What starts a program with no more than those of these files."""
    names = ""
    for unit in units:
        with open(f"{ROOT}/packaging/systemd/{unit}", encoding="utf-8") as file:
            names += "".join(f",+{name[4:].lower()}" for line in re.findall(r"^CapabilityBoundingSet=(.*)$", file.read(), re.M)
                             for name in line.split())
    check(names, units)
    return "setpriv", "--bounding-set", "-all" + names


def test_service_reads_changed_pins_with_what_its_drop_in_gives() -> None:
    at = int(time.time()) - 60
    terminal()
    a_good_one()
    terminal(c_1=at)
    try:
        for path in (PINS, f"{PINS}/pin.c-1"):
            os.chown(path, 4711, 4711)
        done = good(2, *capabilities("jukinet-registry.service.in"))
        check(f"{PINS}:0: warning: Permission denied" in done.stderr, done.stderr)
        check(slapd.values("card", "c-1", CHANGED) == [])
        done = good(2, *capabilities("jukinet-registry.service.in", "jukinet-registry.service.d-ldap.conf"))
        check(done.stderr == "", done.stderr)
        check(slapd.values("card", "c-1", CHANGED) == [moment(at)])
    finally:
        os.chown(PINS, 0, 0)
        terminal()


def lives(pid: str) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def run_all() -> int:
    global place, slapd
    chosen: list[tuple[str, Callable[[], object]]] = [
        (name, value) for name, value in list(globals().items()) if name.startswith("test_") and
        (not sys.argv[2:] or any(part in name for part in sys.argv[2:]))]
    print(f"1..{len(chosen)}")
    failed = 0
    place = Place(BUILD)
    CARD.append(directory.Certificates.card("p1"))
    for path in (VENDOR, STATE):
        os.mkdir(path)
    shutil.copy(f"{ROOT}/conf/policy.conf", VENDOR)
    for name, text in (("passwd", "root:x:0:0::/root:/bin/sh\nhanako:x:5001:5001::/:/bin/sh\n"),
                       ("group", "root:x:0:\n_jukinet:x:4711:\n")):
        write(f"{TOP}/{name}", text)
        subprocess.run(["mount", "--bind", f"{TOP}/{name}", f"/etc/{name}"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", os.path.dirname(PINS)], check=True)
    os.mkdir(PINS, 0o700)
    with Slapd(place) as slapd:
        for number, (name, run) in enumerate(chosen, 1):
            try:
                slapd.hostile = False
                run()
                print(f"ok {number} - {name}")
            except Exception as fault:      # each says how it failed
                failed = 1
                print(f"not ok {number} - {name}")
                for line in f"{type(fault).__name__}: {fault}"[:4000].splitlines():
                    print("# " + line)
            sys.stdout.flush()
    return failed


if __name__ == "__main__":
    lack = directory.missing()
    if not lack and not os.path.exists(f"{BUILD}/policy/sources/ldap/libjukinet_policy_ldap.so.1"):
        lack = "built without LDAP"
    if lack:
        print(f"1..0 # SKIP {lack}")
        sys.exit(0)
    directory.enter()
    sys.exit(run_all())
