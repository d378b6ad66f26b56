#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The source "ldap" against a real slapd, against one that is killed, stopped or slow, and against an impostor that
holds the right certificate and lies. Prints TAP. Runs as root in mount and network namespaces of its own.

    sudo tests/e2e/test_ldap_source.py BUILD [PART-OF-A-NAME...]
"""

from __future__ import annotations

import base64
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Callable, Iterator

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))

from world import ldapwire as wire, slapd as directory                                      # noqa: E402
from world.ldapwire import Impostor, Relay, SilentNames                                     # noqa: E402
from world.slapd import (BASE, ETC, HOST, OTHER, PUBLISHER, RELAY, SECRET, PUBLISH_SECRET,  # noqa: E402
                         SUFFIX, TERMINALS, Place, Rows, Slapd, Told, ldif_entry, write)

BUILD = os.path.realpath(sys.argv[1])
PATIENCE = 30           # seconds for what comes at once
LATER = 15000           # ms beyond a time limit in which an answer comes, long before the others' limits of 30 s
place: Place
slapd: Slapd
CARD: list[bytes] = []


def every_kind() -> Rows:
    """One row of each kind, with every key that it can have."""
    day = "2027-03-31"
    return {
        ("person", "p0123"): {"name": ["住基 花子"], "department": ["shimin"], "affiliation": ["staff"], "approval": ["a-1"],
                              "valid-from": ["2026-04-01"], "valid-until": [day], "enabled": ["yes"], "trained": [day]},
        ("account", "Hanako_1"): {"person": ["p0123", "p0124"], "reviewed": [day]},
        ("operator-id", "m0123-2"): {"person": ["p0123"], "type": ["moving-desk"], "department": ["shimin"],
                                     "valid-from": [day], "valid-until": [day], "enabled": ["no"],
                                     "granted-by": ["p0001"], "basis": ["住基法 第30条, \"x\" = (y)*\\z"]},
        ("role", "r-1"): {"person": ["p0123"], "role": ["auditor"], "department": ["shimin"], "valid-from": [day],
                          "valid-until": [day]},
        ("approval", "a-1"): {"kind": ["delegation"], "person": ["p0123"], "by": ["p0001"], "terminal": ["*"],
                              "valid-from": [day], "valid-until": [day], "once": ["no"],
                              "function": ["operator-register", "permission-set"], "business": ["moving", "statistics"],
                              "reason": ["理由"]},
        ("card", "c-0042"): {"person": ["p0123"], "certificate": [CARD[0]], "state": ["active"], "spare": ["no"],
                             "requested-by": ["p1"], "applied-by": ["p1"], "approved-by": ["p1"],
                             "issued-by": ["p1"], "entry-number": ["17"], "card-channel": ["mail"],
                             "pin-channel": ["courier"], "received-by": ["p1"],
                             "handed-at": [day], "handed-by": ["p1"], "revoked-why": ["lost"],
                             "return-by": ["p1"], "return-applied-by": ["p1"], "return-approved-by": ["p1"]},
        ("terminal", "shimin-03"): {"class": ["integrated-terminal"], "department": ["shimin", "zeimu"],
                                    "room-level": ["2"], "site": ["honcho"], "state": ["active"]},
        ("terminal", "shimin-04"): {},
        ("department", "shimin"): {"name": ["市民課"], "contact": ["内線 123"]},
    }


def persons(n: int) -> Rows:
    return {("person", f"p{i:06d}"): {"name": [f"職員 {i}"], "department": ["shimin"], "valid-until": ["2037-03-31"]}
            for i in range(n)}


def check(condition: object, *words: object) -> None:
    if not condition:
        raise AssertionError(" ".join(str(word) for word in words))


def expect(told: Told, status: str, words: str = "", errors: int | None = None) -> Told:
    """That status and those words, no row unless it succeeded, and nothing of a password anywhere."""
    check(told.status == status, told.status, told.stderr)
    check(words in told.stderr, f'"{words}" is not in:', told.stderr)
    check(status == "SUCCESS" or not told.rows, "rows of what failed:", len(told.rows))
    check(errors is None or len(told.errors) == errors, told.stderr)
    for secret in (SECRET, PUBLISH_SECRET):
        check(secret not in told.stderr, "a password was told")
    return told


def rows(timeout_ms: int = 20000, **how: object) -> Told:
    return place.drive("rows", timeout_ms=timeout_ms, **how)


def wait_until(done: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not done():
        check(time.monotonic() < until, "waited for", what)
        time.sleep(0.01)


def in_time(told: Told, limit_ms: int) -> None:
    check(told.seconds * 1000 < limit_ms + LATER, f"took {told.seconds:.2f} s of {limit_ms} ms")


def relay_uri() -> str:
    return f"ldaps://{HOST}:{RELAY}"


# what it reads

def test_every_kind_and_key_is_read() -> None:
    """Rows, serial and order are those of the registry."""
    slapd.load(every_kind())
    told = expect(rows(), "SUCCESS", errors=0)
    check(told.rows == every_kind(), told.rows)
    check(told.serial == 41 and told.stderr == "", told)
    kinds = ["person", "account", "operator-id", "role", "approval", "card", "terminal", "department"]
    check(sorted(told.rows, key=lambda row: (kinds.index(row[0]), row[1])) == list(told.rows), "order")


def test_start_tls_and_ldaps_are_the_same() -> None:
    slapd.load(every_kind())
    place.settings(uri=f"ldap://{HOST}")
    check(expect(rows(), "SUCCESS").rows == every_kind())


def test_rows_anywhere_below_the_base_are_read() -> None:
    slapd.load({})
    slapd.stop()
    slapd.slapadd(ldif_entry(f"ou=deep,{BASE}", [("objectClass", "organizationalUnit"), ("ou", "deep")]) +
                  ldif_entry(f"jukinetId=p1,ou=deep,{BASE}", [("objectClass", "jukinetPerson"), ("jukinetId", "p1")]) +
                  ldif_entry(f"jukinetId=p2,{SUFFIX}", [("objectClass", "jukinetPerson"), ("jukinetId", "p2")]))
    slapd.start()
    check(list(expect(rows(), "SUCCESS").rows) == [("person", "p1")])


def test_more_than_one_page_is_read() -> None:
    many = persons(2345)
    slapd.load(many)
    check(expect(rows(), "SUCCESS").rows == many)


def test_server_with_small_pages_is_read() -> None:
    many = persons(1203)
    slapd.limits = "size.pr=100 size.prtotal=unlimited size=100"
    slapd.load(many)
    slapd.limits = Slapd.limits
    # slapd refuses a page that is larger than its limit: words, and no half registry
    told = rows()
    check(told.status == "SUCCESS" and told.rows == many or
          told.status == "UNAVAIL" and not told.rows and told.stderr, told.status, told.stderr)


def test_size_limit_is_no_smaller_registry() -> None:
    slapd.limits = "size.prtotal=700 size=700"
    slapd.load(persons(1203))
    slapd.limits = Slapd.limits
    expect(rows(), "UNAVAIL", "size limit")


def test_registry_without_a_serial() -> None:
    slapd.load(persons(1), serial=None)
    check(expect(rows(), "SUCCESS").serial is None)


def test_schema_for_cn_config_is_the_same() -> None:
    """slapd takes conf/ldap/jukinet.ldif, and has then what jukinet.schema says."""
    schema = directory.schema_directory()
    config = f"{directory.TOP}/config"
    os.makedirs(config, exist_ok=True)
    with open(f"{directory.ROOT}/conf/ldap/jukinet.ldif", encoding="utf-8") as file:
        ours = file.read()
    write(f"{directory.TOP}/config.ldif",
          "dn: cn=config\nobjectClass: olcGlobal\ncn: config\n\n"
          "dn: cn=schema,cn=config\nobjectClass: olcSchemaConfig\ncn: schema\n\n"
          f"include: file://{schema}/core.ldif\n\n{ours}\n"
          "dn: olcDatabase=config,cn=config\nobjectClass: olcDatabaseConfig\nolcDatabase: config\n")
    run = subprocess.run(["slapadd", "-n", "0", "-F", config, "-l", f"{directory.TOP}/config.ldif"], check=False,
                         capture_output=True, text=True, env={"PATH": directory.PATH})
    check(run.returncode == 0, run.stderr)
    done = subprocess.run(["slapcat", "-n", "0", "-F", config, "-o", "ldif-wrap=no"], check=True, capture_output=True,
                          text=True, env={"PATH": directory.PATH})
    with open(f"{directory.ROOT}/conf/ldap/jukinet.schema", encoding="utf-8") as file:
        text = file.read()
    for word, key in (("attributetype", "olcAttributeTypes"), ("objectclass", "olcObjectClasses")):
        wanted = sorted(re.findall(rf"^{word} \( \S+ NAME '(\w+)'", text, re.M))
        check(wanted and wanted == sorted(re.findall(rf"^{key}: \{{\d+\}}\( jukinetOID\S+ NAME '(\w+)'", done.stdout, re.M)),
              done.stdout[-2000:])


# what it does not find

def test_no_base_is_notfound() -> None:
    slapd.load(persons(1))
    place.settings(base=f"ou=nowhere,{BASE}")
    expect(rows(), "NOTFOUND", f"ou=nowhere,{BASE}", errors=0)


def test_base_that_is_no_registry_is_notfound() -> None:
    slapd.load(persons(1))
    place.settings(base=f"ou=persons,{BASE}")
    expect(rows(), "NOTFOUND", "is not a jukinetRegistry", errors=0)


def test_referral_is_not_followed() -> None:
    slapd.load(persons(3))
    slapd.stop()
    slapd.slapadd(ldif_entry(f"ou=away,{BASE}", [("objectClass", "referral"), ("objectClass", "extensibleObject"),
                                                ("ou", "away"), ("ref", f"ldap://{OTHER}/ou=away,{BASE}")]))
    slapd.start()
    begun = slapd.log()
    expect(rows(), "UNAVAIL", "referrals are not followed", errors=0)
    check(slapd.log() == begun)


def test_base_on_another_server_is_unavailable() -> None:
    slapd.load(persons(3))
    slapd.stop()
    slapd.slapadd(ldif_entry(f"ou=away,{BASE}", [("objectClass", "referral"), ("objectClass", "extensibleObject"),
                                                ("ou", "away"), ("ref", f"ldap://{OTHER}/ou=away,{BASE}")]))
    slapd.start()
    place.settings(base=f"ou=away,{BASE}")
    expect(rows(), "UNAVAIL", "Referral", errors=0)


# TLS

def run_tls(name: str, words: str) -> None:
    slapd.load(persons(1))
    slapd.restart(tls=name)
    for scheme in ("ldaps", "ldap"):
        place.settings(uri=f"{scheme}://{HOST}")
        expect(rows(), "UNAVAIL", words, errors=0)
    slapd.restart(tls="server")
    expect(rows(), "SUCCESS")


def test_certificate_of_a_strange_ca() -> None:
    run_tls("stranger", "is of no CA in ca-file")


def test_expired_certificate() -> None:
    run_tls("expired", "expired")


def test_certificate_of_another_host() -> None:
    run_tls("other-host", f"hostname ({HOST}) does not match")


def test_host_of_another_name_in_the_settings() -> None:
    slapd.load(persons(1))
    place.settings(uri=f"ldaps://{OTHER}")
    expect(rows(), "UNAVAIL", f"hostname ({OTHER}) does not match", errors=0)
    place.settings(uri="ldaps://127.0.0.1")
    expect(rows(), "UNAVAIL", "127.0.0.1", errors=0)


def test_server_without_tls_gets_no_password() -> None:
    slapd.load(persons(1))
    slapd.restart(tls="")
    place.settings(uri=f"ldap://{HOST}")
    expect(rows(), "UNAVAIL", "StartTLS", errors=0)
    place.settings(uri=f"ldaps://{HOST}:{directory.PLAIN}")
    expect(rows(), "UNAVAIL", "no connection", errors=0)
    slapd.restart(tls="server")


def test_plain_server_that_takes_everything_gets_no_password() -> None:
    """Says yes to StartTLS and then speaks no TLS; what it hears is looked through."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", RELAY)) as server:
        def serve() -> None:
            client, _ = server.accept()
            client.settimeout(3)
            with client:
                try:
                    data = client.recv(65536)
                    heard.append(data)
                    number = (wire.parse_request(data) or (1, 0, 0))[0]
                    client.sendall(wire.message(number, wire.result(0x78)))
                    heard.append(client.recv(65536))
                    client.sendall(wire.message(number + 1, wire.result(0x61)) * 3)
                    heard.append(client.recv(65536))
                except OSError:
                    pass
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        place.settings(uri=f"ldap://{HOST}:{RELAY}", timeout="2")
        expect(rows(), "UNAVAIL", "TLS", errors=0)
        thread.join(5)
    check(heard and not any(SECRET.encode() in piece for piece in heard), heard)


def test_nothing_outside_turns_tls_off() -> None:
    """What libldap takes from its environment and its files has no say."""
    slapd.load(persons(1))
    slapd.restart(tls="stranger")
    home = f"{directory.TOP}/home"
    os.makedirs(home, exist_ok=True)
    for name in ("ldaprc", ".ldaprc", "conf"):
        write(f"{home}/{name}", f"TLS_REQCERT never\nTLS_CACERT {directory.KEYS}/stranger-ca.pem\n")
    expect(rows(env={"LDAPTLS_REQCERT": "never", "LDAPTLS_CACERT": f"{directory.KEYS}/stranger-ca.pem", "HOME": home,
                     "LDAPCONF": f"{home}/conf", "LDAPRC": "ldaprc"}), "UNAVAIL", "is of no CA in ca-file", errors=0)
    slapd.restart(tls="server")


# who asks

def test_wrong_password() -> None:
    slapd.load(persons(1))
    write(f"{ETC}/ldap.password", "wrong horse\n", 0o600)
    told = expect(rows(), "UNAVAIL", "Invalid credentials", errors=0)
    check("wrong horse" not in told.stderr)


def test_empty_password_is_not_sent() -> None:
    slapd.load(persons(1))
    for text in ("", "\n"):
        write(f"{ETC}/ldap.password", text, 0o600)
        expect(rows(), "UNAVAIL", "holds no password", errors=1)


def test_account_that_may_not_read() -> None:
    slapd.load(persons(1))
    place.settings(bind_dn=f"cn=nobody,{SUFFIX}")
    expect(rows(), "UNAVAIL", "Invalid credentials", errors=0)


# servers that are not there

def test_next_server_is_asked() -> None:
    slapd.load(persons(3))
    place.settings(uri=[f"ldaps://{HOST}:9", f"ldaps://{OTHER}", f"ldaps://{HOST}"])
    told = expect(rows(), "SUCCESS", "Can't contact", errors=0)
    check(len(told.rows) == 3 and told.stderr.count("warning: ") == 2, told.stderr)


def test_no_server() -> None:
    slapd.load(persons(1))
    slapd.kill()
    told = expect(rows(), "UNAVAIL", "Can't contact", errors=0)
    in_time(told, 1000)
    slapd.start()
    expect(rows(), "SUCCESS")


def test_stopped_server_costs_its_time_and_no_more() -> None:
    slapd.load(persons(1))
    for scheme in ("ldaps", "ldap"):
        place.settings(uri=f"{scheme}://{HOST}", timeout="2")
        slapd.signal(signal.SIGSTOP)
        told = rows()
        slapd.signal(signal.SIGCONT)
        check(told.status in ("UNAVAIL", "TRYAGAIN"), told)
        in_time(told, 2000)
    expect(rows(), "SUCCESS")


def test_stopped_first_server_leaves_time_for_the_second() -> None:
    slapd.load(persons(3))
    with socket.create_server(("127.0.0.1", RELAY)):        # takes the connection and never says a word
        place.settings(uri=[relay_uri(), f"ldaps://{HOST}"], timeout="1")
        told = expect(rows(), "SUCCESS")
        check(len(told.rows) == 3)
        in_time(told, 1000)


def test_killed_at_many_places() -> None:
    """All of the registry or nothing; never a part of it."""
    many = persons(2600)
    slapd.load(many)
    place.settings(uri=relay_uri())
    answers = []
    for after in (0, 300, 1500, 3000, 5000, 40_000, 150_000, 300_000, 450_000, 1 << 30):
        with Relay(after, "drop", slapd.kill) as relay:
            told = rows()
            answers.append(told.status)
            check(told.rows == (many if told.status == "SUCCESS" else {}), after, told.status, len(told.rows))
            check(told.status == "SUCCESS" or told.stderr, after)
            in_time(told, 2000)
            if relay.happened.is_set():
                slapd.start()
    check(answers[-1] == "SUCCESS" and answers.count("UNAVAIL") >= 7, answers)


def test_stops_to_answer_at_many_places() -> None:
    """A whole call is over in time wherever the bytes end, in the middle of a TLS record too."""
    slapd.load(persons(2600))
    place.settings(uri=relay_uri(), timeout="1")
    for after in (0, 700, 1500, 3000, 5003, 40_001, 150_007):
        with Relay(after, "hold"):
            told = rows(timeout_ms=5000)
            check(told.status in ("TRYAGAIN", "UNAVAIL") and not told.rows, after, told.status)
            in_time(told, 1600)
    with Relay(40_001, "hold", lambda: slapd.signal(signal.SIGSTOP)):
        told = rows(timeout_ms=3000)
        check(told.status == "TRYAGAIN", told)
        in_time(told, 3000)
    slapd.signal(signal.SIGCONT)


def test_trickling_server_is_ended_by_the_whole_time() -> None:
    slapd.load(persons(2600))
    place.settings(uri=relay_uri(), timeout="30")
    for after in (1000, 60_000):
        with Relay(after, "trickle"):
            told = expect(rows(timeout_ms=2000), "TRYAGAIN", errors=0)
            in_time(told, 2000)


def test_name_server_that_never_answers() -> None:
    place.settings(uri="ldaps://nowhere.example.test", timeout="30")
    with SilentNames():
        told = expect(rows(timeout_ms=1500), "TRYAGAIN", "took too long", errors=0)
        in_time(told, 1500)


def test_restarted_server_is_asked_again() -> None:
    slapd.load(persons(10))
    for _ in range(3):
        slapd.kill()
        slapd.start()
        expect(rows(), "SUCCESS")


# settings

SETTINGS: list[tuple[str, Callable[[], object], str]] = [
    ("no file", lambda: os.unlink(f"{ETC}/ldap.conf"), "No such file"),
    ("writable file", lambda: os.chmod(f"{ETC}/ldap.conf", 0o664), "writable by group"),
    ("file of another", lambda: os.chown(f"{ETC}/ldap.conf", 65534, 0), "belongs to uid 65534"),
    ("no uri", lambda: place.settings(uri=[]), 'needs "uri = ..."'),
    ("no base", lambda: place.settings(base=None), 'needs "base = ..."'),
    ("no ca-file", lambda: place.settings(ca_file=None), 'needs "ca-file = ..."'),
    ("no bind-dn", lambda: place.settings(bind_dn=None), 'needs "bind-dn = ..."'),
    ("no password-file", lambda: place.settings(password_file=None), 'needs "password-file = ..."'),
    ("half a publisher", lambda: place.settings(publish=False, more=f"[publish]\nbind-dn = {PUBLISHER}\n"),
     "[publish] needs both"),
    ("unknown key", lambda: place.settings(tls_reqcert="never"), "ldap.conf:8: unknown key"),
    ("unknown key of publish", lambda: place.settings(publish=False, more="[publish]\nuri = ldaps://x\n"),
     "ldap.conf:9: unknown key"),
    ("unknown section", lambda: place.settings(more="[tls]\n"), "ldap.conf:8: unknown section"),
    ("ldapi", lambda: place.settings(uri="ldapi:///"), "only ldaps:// and ldap://"),
    ("not a URL", lambda: place.settings(uri="directory.example.test"), "not a URL"),
    ("URL with more", lambda: place.settings(uri=f"ldaps://{HOST}/{BASE}?cn"), "more than a host and a port"),
    ("URL without a host", lambda: place.settings(uri="ldaps://"), "names no host"),
    ("nine servers", lambda: place.settings(uri=[f"ldaps://{HOST}"] * 9), "more than 8 servers"),
    ("base is no DN", lambda: place.settings(base="jukinet"), "not a distinguished name"),
    ("repeated base", lambda: place.settings(more=f"base = {BASE}\n"), "key is repeated"),
    ("timeout 0", lambda: place.settings(timeout="0"), "1 to 120"),
    ("timeout 121", lambda: place.settings(timeout="121"), "1 to 120"),
    ("timeout 5s", lambda: place.settings(timeout="5s"), "1 to 120"),
    ("password elsewhere", lambda: place.settings(password_file="../ldap.password"), "not a plain file name"),
    ("no such password", lambda: place.settings(password_file="other"), "No such file"),
    ("password for all to read", lambda: os.chmod(f"{ETC}/ldap.password", 0o644), "others may read it"),
    ("password for a group to write", lambda: os.chmod(f"{ETC}/ldap.password", 0o660), "writable by group"),
    ("password of two lines", lambda: write(f"{ETC}/ldap.password", "a\nb\n", 0o600), "more than one line"),
    ("password with NUL", lambda: write(f"{ETC}/ldap.password", b"a\0b\n", 0o600), "more than one line"),
    ("password of 300 bytes", lambda: write(f"{ETC}/ldap.password", "x" * 300, 0o600), "too long"),
    ("no such CA", lambda: place.settings(ca_file="nowhere.pem"), "No such file"),
    ("CA that others may write", lambda: os.chmod(f"{ETC}/ca.pem", 0o666), "writable by group"),
    ("CA is a link", lambda: (os.unlink(f"{ETC}/ca.pem"), os.symlink(f"{directory.KEYS}/ca.pem", f"{ETC}/ca.pem")),
     "symbolic link"),
]


def test_shipped_example_is_good() -> None:
    """With every comment sign before a key or section taken away, and the names of this place put in."""
    slapd.load(persons(1))
    with open(f"{directory.ROOT}/conf/ldap.conf", encoding="utf-8") as file:
        text = re.sub(r"^#(\[|[a-z-]+ = )", r"\1", file.read(), flags=re.M)
    for old, new in (("dc=example,dc=jp", SUFFIX), ("ldap1.example.jp", OTHER), ("ldap2.example.jp", HOST),
                     ("ldap-ca.pem", "ca.pem")):
        check(old in text, old)
        text = text.replace(old, new)
    write(f"{ETC}/ldap.conf", text)
    expect(rows(), "SUCCESS", f"hostname ({OTHER}) does not match", errors=0)
    expect(place.drive("publish", "42", rows=persons(2)), "SUCCESS", errors=0)


def run_settings(change: Callable[[], object], words: str) -> None:
    change()
    told = expect(rows(), "UNAVAIL", words)
    check(told.errors, "told as an error:", told.stderr)


def test_ca_file_without_a_certificate() -> None:
    slapd.load(persons(1))
    write(f"{ETC}/ca.pem", "not a certificate\n")
    expect(rows(), "UNAVAIL", errors=0)


# hostile values

def hostile(*entries: tuple[str, list[tuple[str, str | bytes]]]) -> None:
    slapd.hostile = True
    slapd.load(persons(2))
    slapd.stop()
    slapd.slapadd("".join(ldif_entry(dn, given) for dn, given in entries))
    slapd.start()


def person(name: str, *more: tuple[str, str | bytes]) -> tuple[str, list[tuple[str, str | bytes]]]:
    return f"jukinetId={name},ou=persons,{BASE}", [("objectClass", "jukinetPerson"), ("jukinetId", name), *more]


HOSTILE: list[tuple[str, tuple, str]] = [
    ("NUL", (("jukinetName", b"a\0b"),), "name: NUL byte"),
    ("escape", (("jukinetName", b"\x1b[2J"),), "name: control or invisible character"),
    ("newline", (("jukinetName", b"a\n[person x]"),), "name: control or invisible character"),
    ("bad UTF-8", (("jukinetName", b"\x8f\x5a"),), "name: not valid UTF-8"),
    ("right-to-left override", (("jukinetName", "a\u202eb"),), "name: control or invisible character"),
    ("2,000 bytes", (("jukinetName", b"x" * 2000),), "name: value is too large"),
    ("2 MB", (("jukinetName", b"x" * 2_000_000),), "name: value is too large"),
    ("129 values", tuple(("jukinetName", f"n{i}") for i in range(129)), "more than 128 values"),
    ("unknown attribute", (("jukinetBogus", b"x"),), "jukinetBogus: attribute is not one of its kind"),
    ("two ids", (("jukinetId", b"another"),), "not exactly one jukinetId"),
]


def run_hostile(more: tuple, words: str) -> None:
    dn, given = person("bad", *more)
    hostile((dn, given))
    told = expect(rows(), "UNAVAIL", errors=1)
    check(f"error: {dn}:0: " in told.stderr and words in told.stderr, told.stderr)


def test_hostile_certificates_are_handed_on_or_refused() -> None:
    """Whether the bytes are a certificate is asked by the builder; how many they may be, here."""
    card = f"jukinetId=c,ou=persons,{BASE}", [("objectClass", "jukinetCard"), ("jukinetId", "c")]
    hostile((card[0], [*card[1], ("userCertificate", b"\x30\x82\xff\xff\0\x1b" * 20)]))
    told = expect(rows(), "SUCCESS")
    check(told.rows[("card", "c")] == {"certificate": [b"\x30\x82\xff\xff\0\x1b" * 20]}, told.rows)
    hostile((card[0], [*card[1], ("userCertificate", b"\x30" * 20_000)]))
    expect(rows(), "UNAVAIL", "certificate: value is too large", errors=1)


def test_several_faults_are_told_in_one_run() -> None:
    hostile(*(person(f"bad{i}", ("jukinetName", b"\xff")) for i in range(30)))
    expect(rows(), "UNAVAIL", errors=30)


def test_id_that_is_no_text() -> None:
    hostile((f"jukinetId=a\\1b\\0ab,ou=persons,{BASE}", [("objectClass", "jukinetPerson"), ("jukinetId", b"a\x1b\nb")]))
    told = expect(rows(), "UNAVAIL", "no good jukinetId", errors=1)
    check("\x1b" not in told.stderr and len(told.stderr.splitlines()) == 1, told.stderr)


# an impostor

def end(number: int, cookie: bytes = b"", code: int = 0) -> bytes:
    return wire.message(number, wire.result(0x65, code), wire.paged(cookie))


def one(number: int, dn: bytes, *attributes: tuple[bytes, list[bytes]]) -> bytes:
    return wire.message(number, wire.entry(dn, attributes))


GOOD = ((b"objectClass", [b"jukinetPerson"]), (b"jukinetId", [b"p1"]))

LIES: list[tuple[str, Callable[[int], Iterator[bytes | None]], set[str], str]] = [
    ("honest", lambda n: iter([one(n, b"jukinetId=p1", *GOOD), end(n)]), {"SUCCESS"}, ""),
    ("closes at once", lambda n: iter([None]), {"UNAVAIL"}, ""),
    ("closes behind an entry", lambda n: iter([one(n, b"jukinetId=p1", *GOOD), None]), {"UNAVAIL"}, ""),
    ("half a message", lambda n: iter([one(n, b"jukinetId=p1", *GOOD)[:20], None]), {"UNAVAIL"}, ""),
    ("noise", lambda n: iter([bytes(range(256)) * 40, None]), {"UNAVAIL"}, ""),
    ("length of 4 GB", lambda n: iter([b"\x30\x84\xff\xff\xff\xff" + b"x" * 5000, None]), {"UNAVAIL"}, ""),
    ("message of 6 MB", lambda n: iter([one(n, b"jukinetId=p1", *GOOD, (b"jukinetName", [b"x" * 6_000_000])), end(n)]),
     {"UNAVAIL"}, ""),
    ("DN of control characters", lambda n: iter([one(n, b"a\x1b[2J\n\xffb", *GOOD[:1]), end(n)]),
     {"UNAVAIL"}, "a?[2J??b:0: has not exactly one jukinetId"),
    ("DN with NUL", lambda n: iter([one(n, b"a\0b", *GOOD), end(n)]), {"UNAVAIL"}, "whose name cannot be read"),
    ("DN of 100 KB", lambda n: iter([one(n, b"\xe3\x81\x82" * 33_000, *GOOD[:1]), end(n)]), {"UNAVAIL"}, ": has not"),
    ("empty DN", lambda n: iter([one(n, b"", *GOOD[:1]), end(n)]), {"UNAVAIL"}, "not exactly one jukinetId"),
    ("no attributes", lambda n: iter([one(n, b"jukinetId=p1"), end(n)]), {"UNAVAIL"}, "of none"),
    ("two kinds", lambda n: iter([one(n, b"x", (b"objectClass", [b"jukinetPerson", b"jukinetCard"]), GOOD[1]), end(n)]),
     {"UNAVAIL"}, "more than one kind"),
    ("name of an attribute with NUL", lambda n: iter([one(n, b"x", *GOOD, (b"juki\0net", [b"x"])), end(n)]),
     {"UNAVAIL"}, "an attribute that cannot be read"),
    ("attribute that is cut", lambda n: iter([wire.message(n, wire.ber(0x64, wire.ber(4, b"x"), wire.ber(
        0x30, *(wire.ber(0x30, wire.ber(4, a), wire.ber(0x31, *(wire.ber(4, v) for v in w))) for a, w in GOOD),
        b"\x30\x03\x04\x50j"))), end(n)]), {"UNAVAIL"}, "an attribute that cannot be read"),
    ("name of control characters", lambda n: iter([one(n, b"x", *GOOD, (b"\x1b[2J", [b"x"])), end(n)]),
     {"UNAVAIL"}, "attribute is not one of its kind"),
    ("no values", lambda n: iter([one(n, b"x", *GOOD, (b"jukinetName", [])), end(n)]), {"SUCCESS"}, ""),
    ("empty value", lambda n: iter([one(n, b"x", *GOOD, (b"jukinetName", [b""])), end(n)]), {"UNAVAIL"}, "is empty"),
    ("id of 65 bytes", lambda n: iter([one(n, b"x", GOOD[0], (b"jukinetId", [b"p" * 65])), end(n)]),
     {"UNAVAIL"}, "no good jukinetId"),
    ("id with NUL", lambda n: iter([one(n, b"x", GOOD[0], (b"jukinetId", [b"p\0"])), end(n)]),
     {"UNAVAIL"}, "no good jukinetId"),
    ("another message number", lambda n: iter([one(n + 7, b"x", *GOOD), end(n + 7), None]), {"UNAVAIL"}, ""),
    ("reference", lambda n: iter([wire.message(n, wire.ber(0x73, wire.ber(4, b"ldap://x/"))), end(n)]),
     {"UNAVAIL"}, "referrals are not followed"),
    ("referral", lambda n: iter([wire.message(n, wire.result(0x65, 10, b"", wire.ber(0xa3, wire.ber(4, b"ldap://x/"))))]),
     {"UNAVAIL"}, "Referral"),
    ("busy", lambda n: iter([end(n, code=51)]), {"TRYAGAIN"}, "busy"),
    ("time limit", lambda n: iter([end(n, code=3)]), {"TRYAGAIN"}, ""),
    ("diagnostic of control characters", lambda n: iter([wire.message(n, wire.result(0x65, 80, b"\x1b[2J\n\xffx" * 300))]),
     {"UNAVAIL"}, "?[2J"),
    ("page without a control", lambda n: iter([one(n, b"x", *GOOD), wire.message(n, wire.result(0x65))]), {"SUCCESS"}, ""),
    ("broken control", lambda n: iter([wire.message(n, wire.result(0x65), wire.ber(0xa0, wire.ber(
        0x30, wire.ber(4, b"1.2.840.113556.1.4.319"), wire.ber(4, b"\x30\x05xy"))))]), {"UNAVAIL"}, ""),
    ("cookie of 100 KB for ever", lambda n: iter([end(n, b"c" * 100_000)]), {"TRYAGAIN"}, ""),
    ("endless pages", lambda n: iter([one(n, b"x", *GOOD), end(n, b"more")]), {"TRYAGAIN"}, ""),
    ("endless messages of no kind", lambda n: (wire.message(n, wire.ber(0x79)) for _ in range(10_000_000)),
     {"TRYAGAIN"}, ""),
]


def run_lie(answer: Callable[[int], Iterator[bytes | None]], statuses: set[str], words: str) -> None:
    place.settings(uri=relay_uri(), timeout="2")
    with Impostor(answer):
        told = rows(timeout_ms=2500)
    check(told.status in statuses, told.status, told.stderr)
    check(words in told.stderr, told.stderr)
    check(told.status == "SUCCESS" or not told.rows, "rows")
    check(told.status == "SUCCESS" or told.stderr, "no words")
    check("ended early" not in told.stderr, "it crashed:", told.stderr)
    check(all(byte >= " " or byte == "\n" for byte in told.stderr), told.stderr)
    in_time(told, 2500)


def test_lie_too_many_entries() -> None:
    def answer(number: int) -> Iterator[bytes]:
        hundred = b"".join(one(number, b"jukinetId=p%d" % i, *GOOD) for i in range(100))
        for _ in range(2001):
            yield hundred
        yield end(number)

    place.settings(uri=relay_uri())
    with Impostor(answer):
        expect(rows(timeout_ms=60000), "UNAVAIL", "more than 200000 entries", errors=1)


def test_lie_refused_bind_of_any_kind() -> None:
    for code, status in ((49, "UNAVAIL"), (51, "TRYAGAIN"), (14, "UNAVAIL"), (10, "UNAVAIL"), (255, "UNAVAIL")):
        place.settings(uri=relay_uri())
        with Impostor(lambda n: iter([None]), bind=wire.message(1, wire.result(0x61, code))):
            told = rows(timeout_ms=3000)
        check(told.status == status and not told.rows and told.stderr, code, told)


# report and status

def test_report_is_seen_by_status() -> None:
    slapd.load(every_kind())
    expect(place.drive("report", "shimin-03", "18446744073709551615", "1795641623"), "SUCCESS")
    told = expect(place.drive("status"), "SUCCESS")
    check(told.applied == {"shimin-03": (18446744073709551615, 1795641623), "shimin-04": (0, 0)}, told.applied)
    expect(place.drive("report", "shimin-03", "42", "1795641700"), "SUCCESS")
    check(place.drive("status").applied["shimin-03"] == (42, 1795641700))
    check(expect(rows(), "SUCCESS").rows == every_kind(), "what a terminal has applied is no part of its row")


def test_report_of_an_unknown_terminal() -> None:
    slapd.load(every_kind())
    for name in ("nowhere", "*", "shimin-03)(objectClass=*", "\\", "x" * 65):
        told = place.drive("report", name, "42", "1795641623")
        check(told.status in ("NOTFOUND", "UNAVAIL") and told.stderr, name, told)
    check(place.drive("status").applied == {"shimin-03": (0, 0), "shimin-04": (0, 0)})


def test_terminals_may_write_nothing_else() -> None:
    slapd.load(every_kind())
    place.settings(publish=False, more=f"[publish]\nbind-dn = {TERMINALS}\npassword-file = ldap.password\n")
    expect(place.drive("publish", "43", rows=persons(1)), "UNAVAIL", "Insufficient access", errors=0)
    place.settings()
    check(expect(rows(), "SUCCESS").rows == every_kind())


def test_status_of_many_terminals() -> None:
    slapd.load({("terminal", f"t{i}"): {"class": ["cs"]} for i in range(1234)})
    check(len(expect(place.drive("status"), "SUCCESS").applied) == 1234)


def test_status_passes_over_what_cannot_be_read() -> None:
    slapd.hostile = True
    slapd.load({("terminal", "t1"): {"class": ["cs"]}})
    slapd.stop()
    slapd.slapadd(ldif_entry(f"jukinetId=t2,ou=terminals,{BASE}", [
        ("objectClass", "jukinetTerminal"), ("jukinetId", "t2"), ("jukinetAppliedSerial", "1"),
        ("jukinetAppliedAt", "20260230000000Z")]))
    slapd.start()
    told = expect(place.drive("status"), "SUCCESS", "cannot be read", errors=0)
    check(told.applied == {"t1": (0, 0)}, told.applied)


# pins

PIN_CHANGED = "jukinetPinChanged"


def moment(seconds: float) -> str:
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(seconds))


def minute(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def pins(*pairs: object, **how: object) -> Told:
    return place.drive("pins", *(str(one) for one in pairs), **how)


def written() -> list[str]:
    return slapd.values("card", "c-0042", PIN_CHANGED)


def cards(*names: str, **values: str) -> Rows:
    return {("card", name): {"person": ["p0123"]} | {key.replace("_", "-"): [value] for key, value in values.items()}
            for name in names}


def test_pins_only_a_later_date_is_written() -> None:
    now = int(time.time())
    slapd.load(every_kind() | cards("c-2"))
    expect(pins("c-0042", now - 500, "nosuch", now, "c-2", now), "SUCCESS", errors=0)
    check((written(), slapd.values("card", "c-2", PIN_CHANGED)) == ([moment(now - 500)], [moment(now)]), written())
    check(slapd.changes() == {"add": 0, "modify": 2, "delete": 0})
    expect(pins("c-0042", now - 501, "c-0042", now - 500, "*", now), "SUCCESS")
    check(slapd.changes() == {"add": 0, "modify": 0, "delete": 0}, "an older one, the same one")
    expect(pins("c-0042", now - 499), "SUCCESS")
    check(written() == [moment(now - 499)], written())


def test_pins_of_many_terminals_end_with_the_latest() -> None:
    now = int(time.time()) - 1000
    slapd.load(every_kind())
    chance = random.Random(20261129)
    for turn in range(4):
        dates = [now + 100 * turn + i for i in range(12)]
        chance.shuffle(dates)
        runs = [place.start("pins", "c-0042", str(date)) for date in dates]
        for run in runs:
            _, said = run.communicate()
            check(run.returncode == 0 or (run.returncode == 2 and b"at the same time" in said), run.returncode, said)
        late = runs[dates.index(max(dates))]
        check(late.returncode != 0 or written() == [moment(max(dates))], written(), max(dates))
        check(written() >= [moment(now + 100 * turn)], "set back")


def test_pins_are_written_only_over_what_was_read() -> None:
    """Others write between the reading and the writing: no such change succeeds, and the card is read again."""
    now = int(time.time())
    old, late = moment(now - 100).encode(), moment(now).encode()
    adding = b"\x0a\x01\x00" + wire.ber(0x30, wire.ber(4, PIN_CHANGED.encode()), wire.ber(0x31, wire.ber(4, late)))
    deleting = b"\x0a\x01\x01" + wire.ber(0x30, wire.ber(4, PIN_CHANGED.encode()), wire.ber(0x31, wire.ber(4, old)))
    for stands, codes, status, n in (
            ([], [20, 19, 16], "UNAVAIL", 3), ([], [19, 65, 0], "SUCCESS", 3), ([old], [16, 0], "SUCCESS", 2),
            ([old], [16, 50], "UNAVAIL", 2), ([old], [0], "SUCCESS", 1), ([], [0], "SUCCESS", 1), ([late], [], "SUCCESS", 0)):
        def answer(number: int, stands: list[bytes] = stands) -> Iterator[bytes]:
            yield wire.message(number, wire.entry(b"cn=c", [(PIN_CHANGED.encode(), stands)]))
            yield end(number)

        place.settings(uri=relay_uri())
        with Impostor(answer, codes=codes) as impostor:
            expect(pins("c-0042", now), status, "at the same time" if codes[-1:] == [16] else "", errors=0)
        check(len(impostor.changes) == n, stands, codes, impostor.changes)
        for change in impostor.changes:
            check(adding in change and (deleting in change) == bool(stands), change)
            check(not stands or change.index(deleting) < change.index(adding), change)
            check(change.count(b"\x0a\x01") == 1 + len(stands), "and nothing else", change)


def test_pins_are_the_later_of_office_and_terminal() -> None:
    now = int(time.time())
    at = now - 7200
    for row, want in (
            ({}, {"pin-set": [minute(at)]}),
            ({"pin-set": ["2026-01-01"], "pin-initial": ["yes"]}, {"pin-set": [minute(at)]}),
            ({"pin-set": ["2026-01-01 12:00"]}, {"pin-set": [minute(at)]}),
            ({"pin-initial": ["yes"]}, {"pin-set": [minute(at)]}),
            ({"pin-set": [minute(at)], "pin-initial": ["yes"]}, {"pin-set": [minute(at)]}),
            ({"pin-set": [minute(now - 60)], "pin-initial": ["yes"]}, None)):
        given = every_kind()
        given[("card", "c-0042")] |= row
        slapd.load(given)
        expect(pins("c-0042", at), "SUCCESS")
        told = expect(rows(), "SUCCESS", errors=0).rows
        wanted = every_kind()
        wanted[("card", "c-0042")] |= row if want is None else want
        check(told == wanted, row, told[("card", "c-0042")])
    # In the zone of whoever asks, as the builder reads it.
    given[("card", "c-0042")]["pin-set"] = ["2026-01-01"]
    expect(place.drive("publish", "43", rows=given), "SUCCESS")
    told = rows(env={"TZ": "NPT-5:45"})
    check(told.rows[("card", "c-0042")]["pin-set"] ==
          [time.strftime("%Y-%m-%d %H:%M", time.gmtime(at + 5 * 3600 + 45 * 60))], told.rows[("card", "c-0042")])


def test_publish_does_not_set_a_later_pin_back() -> None:
    now = int(time.time())
    given = every_kind()
    given[("card", "c-0042")] |= {"pin-set": ["2026-01-01"], "pin-initial": ["yes"]}
    slapd.load(given)
    expect(pins("c-0042", now - 100), "SUCCESS")
    given[("card", "c-0042")] |= {"pin-set": ["2026-02-01"], "state": ["issued"]}
    expect(place.drive("publish", "42", rows=given), "SUCCESS")
    check(written() == [moment(now - 100)], written())
    card = rows().rows[("card", "c-0042")]
    check(card["pin-set"] == [minute(now - 100)] and "pin-initial" not in card and card["state"] == ["issued"], card)
    # The office's own date it may correct, to an earlier one too.
    check(slapd.values("card", "c-0042", "jukinetPinSet") == ["2026-02-01"])
    given[("card", "c-0042")]["pin-set"] = ["2026-01-15"]
    slapd.changes()
    expect(place.drive("publish", "43", rows=given), "SUCCESS")
    check(slapd.values("card", "c-0042", "jukinetPinSet") == ["2026-01-15"])
    # And a PIN that it has set since is an initial one.
    given[("card", "c-0042")]["pin-set"] = [minute(now + 60)]
    expect(place.drive("publish", "44", rows=given), "SUCCESS")
    card = rows().rows[("card", "c-0042")]
    check(card["pin-set"] == [minute(now + 60)] and card["pin-initial"] == ["yes"], card)


def test_pins_of_the_future_or_none_do_not_count() -> None:
    now = int(time.time())
    # The first stands for good unless a terminal may replace it.
    for value, words in ((moment(now + 3600), "later than now"), ("20260101000000.5Z", "not as a terminal writes it"),
                         ("20260101000000+0900", "not as a terminal writes it")):
        slapd.load({})
        slapd.stop()
        slapd.slapadd(ldif_entry(f"jukinetId=c-0042,{BASE}", [
            ("objectClass", "jukinetCard"), ("jukinetId", "c-0042"), ("jukinetPinSet", "2026-01-01"), (PIN_CHANGED, value)]))
        slapd.start()
        told = expect(rows(), "SUCCESS", words, errors=0)
        check(told.rows == {("card", "c-0042"): {"pin-set": ["2026-01-01"]}}, told.rows)
        expect(pins("c-0042", now - 60), "SUCCESS", errors=0)
        check(written() == [moment(now - 60)], written())
        check(rows().rows == {("card", "c-0042"): {"pin-set": [minute(now - 60)]}})


def test_pins_of_a_card_that_is_odd() -> None:
    now = int(time.time())
    slapd.hostile = True
    slapd.load(every_kind() | cards("c-2"))
    slapd.stop()
    slapd.slapadd(ldif_entry(f"jukinetId=c-3,{BASE}", [
        ("objectClass", "jukinetCard"), ("jukinetId", "c-3"), (PIN_CHANGED, b"\0" * 100)]) + ldif_entry(
            f"jukinetId=c-4,{BASE}", [("objectClass", "jukinetCard"), ("jukinetId", "c-4"), (PIN_CHANGED, b"x"),
                                      (PIN_CHANGED, b"y")]) + ldif_entry(
            f"jukinetId=c-2,{BASE}", [("objectClass", "jukinetCard"), ("jukinetId", "c-2")]))
    slapd.start()
    for name in ("c-2", "c-3", "c-4"):
        expect(pins(name, now, "c-0042", now), "NOTFOUND", "is there twice", errors=0)
    check(written() == [moment(now)], "the others are written")


def test_pins_that_may_not_be_written_say_what_to_do() -> None:
    now = int(time.time())
    slapd.load(every_kind() | cards("c-2"))
    for change, words in (
            (lambda text: text.replace(f",{PIN_CHANGED}", ""), "jukinet-ldap.conf(5)"),
            (lambda text: text.replace("maxsize", "readonly on\nmaxsize"), "takes no changes"),
            (lambda text: re.sub(r"attributetype \([^(]*jukinetPinChanged.*?SINGLE-VALUE \)|[$,] *jukinetPinChanged", "", text,
                                 flags=re.S), "load the schema")):
        slapd.altered(change)
        told = expect(pins("c-0042", now, "c-2", now), "UNAVAIL", words, errors=0)
        check(told.stderr.count("\n") == 1, "once, not for each card:", told.stderr)
        check(expect(rows(), "SUCCESS", errors=0).rows == every_kind() | cards("c-2"), words)
        slapd.restart()
    expect(pins("c-0042", now, "c-2", now), "SUCCESS")
    slapd.kill()
    expect(pins("c-0042", now), "UNAVAIL", "Can't contact LDAP server", errors=0)
    slapd.start()


# publish

def publish(given: Rows, serial: int, **how: object) -> Told:
    return place.drive("publish", str(serial), rows=given, **how)


def test_publish_fresh_again_and_changed() -> None:
    """What differs is written, and nothing else."""
    slapd.load({}, serial=None)
    given = every_kind()
    expect(publish(given, 50), "SUCCESS", errors=0)
    check(slapd.changes() == {"add": len(given) + 8, "modify": 2, "delete": 0})
    told = expect(rows(), "SUCCESS")
    check(told.rows == given and told.serial == 50, told)
    expect(publish(given, 50), "SUCCESS")
    check(slapd.changes() == {"add": 0, "modify": 0, "delete": 0}, "a second run changes nothing")
    expect(publish(given, 51), "SUCCESS")
    check(slapd.changes() == {"add": 0, "modify": 1, "delete": 0}, "only the serial")
    check(rows().serial == 51)

    given[("person", "p0123")] |= {"name": ["住基 花子(改)"], "enabled": ["no"]}
    del given[("person", "p0123")]["department"]
    expect(publish(given, 52), "SUCCESS")
    check(slapd.changes() == {"add": 0, "modify": 3, "delete": 0}, "one row, and the base before and after")
    told = expect(rows(), "SUCCESS")
    check(told.rows == given and told.serial == 52, told)

    del given[("card", "c-0042")]
    expect(publish(given, 53), "SUCCESS")
    check(slapd.changes() == {"add": 0, "modify": 2, "delete": 1})
    check(expect(rows(), "SUCCESS").rows == given)


def test_publish_takes_pem_as_well() -> None:
    slapd.load({})
    pem = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(CARD[0]) + b"-----END CERTIFICATE-----\n"
    expect(publish({("card", "c"): {"certificate": [pem]}}, 2), "SUCCESS")
    check(rows().rows == {("card", "c"): {"certificate": [CARD[0]]}})
    slapd.changes()
    expect(publish({("card", "c"): {"certificate": [CARD[0]]}}, 2), "SUCCESS")
    check(slapd.changes() == {"add": 0, "modify": 0, "delete": 0}, "the same certificate")


def test_publish_of_repeated_values_and_odd_ids() -> None:
    slapd.load({})
    given: Rows = {("account", "a.b_c@d-e"): {"person": ["p2", "p1", "p2"]}, ("account", "A.b_c@d-e"): {"person": ["p1"]}}
    expect(publish(given, 2), "SUCCESS")
    check(rows().rows == {("account", "A.b_c@d-e"): {"person": ["p1"]},
                          ("account", "a.b_c@d-e"): {"person": ["p1", "p2"]}}, rows().rows)
    for name in ("#x", "a,b", "a+b", "a=b", "a\\b", 'a"b', "<a>", "a;b", "日本"):
        expect(publish({("person", name): {"name": ["x"]}}, 3), "SUCCESS")
        check(list(rows().rows) == [("person", name)], name)


def test_publish_keeps_what_terminals_have_said() -> None:
    slapd.load(every_kind())
    place.drive("report", "shimin-03", "41", "1795641623")
    given = every_kind()
    given[("terminal", "shimin-03")]["site"] = ["minami"]
    expect(publish(given, 42), "SUCCESS")
    check(place.drive("status").applied["shimin-03"] == (41, 1795641623))


def test_publish_finds_rows_where_they_lie_and_removes_doubles() -> None:
    slapd.load({})
    slapd.stop()
    slapd.slapadd("".join(
        ldif_entry(f"ou={name},{BASE}", [("objectClass", "organizationalUnit"), ("ou", name)]) +
        ldif_entry(f"jukinetId=p1,ou={name},{BASE}", [("objectClass", "jukinetPerson"), ("jukinetId", "p1")])
        for name in ("one", "two")))
    slapd.start()
    expect(publish({("person", "p1"): {"name": ["x"]}}, 2), "SUCCESS")
    check(slapd.changes() == {"add": 0, "modify": 3, "delete": 1})
    check(rows().rows == {("person", "p1"): {"name": ["x"]}})


def test_publish_removes_attributes_that_no_row_has() -> None:
    hostile(person("bad", ("jukinetBogus", b"x"), ("jukinetBogus", b"y"), ("jukinetName", b"\xff"),
                   ("jukinetDepartment", b"x" * 5000)))
    given = {("person", "bad"): {"name": ["good"]}}
    expect(publish(given, 2), "SUCCESS", errors=0)
    check(expect(rows(), "SUCCESS").rows == given)


def test_publish_refuses_rows_without_touching_anything() -> None:
    slapd.load(persons(2))
    for given, words in (({("printer", "x"): {}}, "no object class"),
                         ({("person", "x"): {"colour": ["red"]}}, "no attribute for this key"),
                         ({("card", "x"): {"certificate": ["hello"]}}, "neither a PEM nor a DER"),
                         ({("person", "x" * 65): {}}, "id is too long"),
                         ({("person", "x"): {"name": ["y" * 1025]}}, "larger than 1024 bytes")):
        expect(publish(given, 99), "UNAVAIL", words, errors=1)
    check(slapd.changes() == {"add": 0, "modify": 0, "delete": 0})


def test_publish_stops_at_the_first_refusal_and_can_be_done_again() -> None:
    slapd.load(persons(3))
    given = persons(5) | {("terminal", "t1"): {"class": ["cs"]}}
    given[("person", "p000004")] = {"name": ["a", "b"]}       # the schema has one name
    expect(publish(given, 42), "UNAVAIL", "jukinetId=p000004", errors=0)
    expect(rows(), "TRYAGAIN", "registry 42 is being published", errors=0)
    given[("person", "p000004")] = {"name": ["a"]}
    expect(publish(given, 43), "SUCCESS")
    told = expect(rows(), "SUCCESS")
    check(told.rows == given and told.serial == 43)


def test_publish_without_its_settings() -> None:
    slapd.load({})
    place.settings(publish=False)
    expect(publish({}, 2), "UNAVAIL", "this machine does not publish", errors=1)


def test_publish_without_a_base() -> None:
    slapd.load({})
    place.settings(base=f"ou=nowhere,{SUFFIX}")
    told = publish(persons(1), 2)
    check(told.status in ("NOTFOUND", "UNAVAIL") and told.stderr, told)


def test_publish_killed_half_way_and_run_again() -> None:
    """Whatever stands in between is never taken for a registry, and the next run makes it good."""
    before, after = persons(150), persons(300)
    after[("person", "p000003")] = {"name": ["changed"]}
    for i in range(40):
        del after[("person", f"p{i + 50:06d}")]
    chance = random.Random(20261125)
    begun = time.monotonic()
    slapd.load(before)
    expect(publish(after, 42), "SUCCESS")
    length = time.monotonic() - begun
    half = 0
    tries = 0
    while tries < 12 or (half == 0 and tries < 100):
        tries += 1
        slapd.load(before)
        run = place.start("publish", "42", rows=after)
        time.sleep(chance.uniform(0.01, length / 2))
        run.kill()
        run.communicate()
        told = rows()
        check(told.status in ("SUCCESS", "TRYAGAIN"), told)
        half += told.status == "TRYAGAIN"
        if told.status == "SUCCESS":
            check((told.serial, told.rows) in ((41, before), (42, after)), told.serial, len(told.rows))
        expect(publish(after, 42), "SUCCESS")
        told = expect(rows(), "SUCCESS")
        check(told.rows == after and told.serial == 42)
    check(half > 0, "none was half way")


def test_publish_to_a_killed_server_and_again() -> None:
    given = persons(400)
    half = 0
    for after in (4000, 6000, 9000, 15_000):
        slapd.load({})
        place.settings(uri=relay_uri())
        with Relay(after, "drop", slapd.kill):
            told = publish(given, 42)
        check(told.status in ("UNAVAIL", "TRYAGAIN") and told.stderr, told)
        slapd.start()
        place.settings()
        half += rows().status == "TRYAGAIN"
        expect(publish(given, 42), "SUCCESS")
        check(rows().rows == given)
    check(half > 0)


def test_reading_while_publishing_is_one_registry_or_none() -> None:
    registries = [persons(300), {key: {"name": ["second"]} for key in persons(300)}]
    slapd.load(registries[0], serial=0)
    seen: dict[str, int] = {}
    for serial in range(1, 5):
        run = place.start("publish", str(serial), rows=registries[serial % 2])
        while run.poll() is None:
            told = rows()
            seen[told.status] = seen.get(told.status, 0) + 1
            check(told.status in ("SUCCESS", "TRYAGAIN"), told)
            if told.status == "SUCCESS":
                check(told.serial is not None and told.rows == registries[told.serial % 2], told.serial)
        run.communicate()
        check(run.returncode == 0)
    check(seen.get("TRYAGAIN", 0) > 0, seen)


def test_two_publishers_do_not_mix() -> None:
    one_way, other_way = persons(300), {key: {"name": ["other"]} for key in persons(300)}
    slapd.load(persons(10))
    first = place.start("publish", "50", rows=one_way)
    second = place.start("publish", "51", rows=other_way)
    first.communicate()
    second.communicate()
    told = rows()
    check(told.status in ("SUCCESS", "TRYAGAIN"), told)
    if told.status == "SUCCESS":
        check(told.rows in (one_way, other_way), "a mixture of two")
    expect(publish(one_way, 52), "SUCCESS")
    check(rows().rows == one_way)


def test_publish_ends_in_time() -> None:
    slapd.load({})
    place.settings(uri=relay_uri(), timeout="60")
    with Relay(6000, "hold"):
        told = publish(persons(300), 42, timeout_ms=2000)
    check(told.status == "TRYAGAIN", told)
    in_time(told, 2000)


# the process

def test_password_is_in_no_memory_of_the_caller() -> None:
    """The driver is stopped while its child talks to a directory that holds; its memory is looked through."""
    slapd.load(persons(2600))
    place.settings(uri=relay_uri(), timeout="20")
    with Relay(40_000, "hold") as relay:
        run = place.start("rows", timeout_ms=3000)
        check(relay.happened.wait(PATIENCE), "the relay has held nothing")
        check(not in_memory(run.pid, SECRET.encode()), "the password is in the caller's memory")
        children = subprocess.run(["pgrep", "-P", str(run.pid)], capture_output=True, text=True, check=False).stdout.split()
        check(len(children) == 1, children)
        with open(f"/proc/{children[0]}/limits", encoding="ascii") as file:
            check(any(line.split()[4:6] == ["0", "0"] for line in file if line.startswith("Max core")), "core files")
        run.communicate()
        check(not lives(children[0]), "the child is still there")


def lives(pid: str) -> bool:
    """Nobody may be there to fetch the exit status of an orphan."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def in_memory(pid: int, what: bytes) -> bool:
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            first, last = (int(word, 16) for word in line.split()[0].split("-"))
            if "rw" not in line or last - first > 1 << 30:
                continue
            try:
                memory.seek(first)
                if what in memory.read(last - first):
                    return True
            except (OSError, ValueError, OverflowError):
                continue
    return False


def test_killed_caller_leaves_no_child() -> None:
    slapd.load(persons(2600))
    place.settings(uri=relay_uri(), timeout="60")
    with Relay(40_000, "hold") as relay:
        run = place.start("rows", timeout_ms=60000)
        check(relay.happened.wait(PATIENCE))
        children = subprocess.run(["pgrep", "-P", str(run.pid)], capture_output=True, text=True, check=False).stdout.split()
        run.kill()
        run.communicate()
        check(children, "no child")
        wait_until(lambda: not any(lives(child) for child in children), f"the end of {children}")


def tests() -> list[tuple[str, Callable[[], object]]]:
    all_of_them = [(name, value) for name, value in list(globals().items()) if name.startswith("test_")]
    all_of_them += [("settings: " + name, lambda row=row: run_settings(*row)) for name, *row in SETTINGS]
    all_of_them += [("hostile: " + name, lambda row=row: run_hostile(*row)) for name, *row in HOSTILE]
    all_of_them += [("lie: " + name, lambda row=row: run_lie(*row)) for name, *row in LIES]
    wanted = sys.argv[2:]
    return [one for one in all_of_them if not wanted or any(part in one[0] for part in wanted)]


def run_all() -> int:
    global place, slapd
    chosen = tests()
    print(f"1..{len(chosen)}")
    failed = 0
    place = Place(BUILD)
    CARD.append(directory.Certificates.card("p0123"))
    with Slapd(place) as slapd:
        for number, (name, run) in enumerate(chosen, 1):
            try:
                place.settings()
                slapd.hostile = False
                if slapd.tls != "server":
                    slapd.restart(tls="server")
                run()
                print(f"ok {number} - {name}")
            except Exception as fault:      # each says how it failed
                failed += 1
                print(f"not ok {number} - {name}")
                for line in f"{type(fault).__name__}: {fault}"[:4000].splitlines():
                    print("# " + line)
            sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    lack = directory.missing()
    if not lack and not os.path.exists(f"{BUILD}/policy/sources/ldap/libjukinet_policy_ldap.so.1"):
        lack = "built without LDAP"
    if lack:
        print(f"1..0 # SKIP {lack}")
        sys.exit(0)
    directory.enter()
    sys.exit(run_all())
