#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Certificates against CAs and CRLs, when a snapshot is built: what is trusted at which level, what is a warning and what
an error that leaves the old snapshot. Prints TAP. Runs as root in a mount namespace of its own."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import Callable

from authority import DAY, SIGNS, Authority, openssl

CTL = os.path.join(sys.argv[1], "tools/ctl/jukinetctl")
CONF = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../conf")
TOP = "/mnt"
ETC, STATE, PKI = f"{TOP}/etc", f"{TOP}/state", f"{TOP}/pki"
CA, CRL, REG = f"{ETC}/ca.d", f"{ETC}/crl.d", f"{ETC}/registry.d"
SNAPSHOT = f"{STATE}/snapshot.cdb"
ROWS = """[person p0123]
name = 住基 花子

[account hanako]
person = p0123

[operator-id m0123-2]
person = p0123
type = moving-desk

[card c-0042]
person = p0123
certificate = c-0042.pem

[terminal shimin-03]
class = integrated-terminal

[terminal shimin-04]
class = integrated-terminal
"""
CARD = 11  # its line


def enter() -> None:
    if os.geteuid() != 0:
        print("1..0 # SKIP needs root")
        sys.exit(0)
    os.environ.pop("SUDO_UID", None)
    if os.environ.get("JK_PRIVATE") != "yes":
        if subprocess.run(["unshare", "-m", "true"]).returncode != 0:
            print("1..0 # SKIP no mount namespace of its own")
            sys.exit(0)
        os.environ["JK_PRIVATE"] = "yes"
        os.execvp("unshare", ["unshare", "-m", "--propagation", "private", sys.executable] + sys.argv)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", TOP], check=True)
    os.umask(0o022)
    write(f"{TOP}/passwd", "root:x:0:0::/root:/bin/sh\nhanako:x:5001:5001::/:/bin/sh\n")
    subprocess.run(["mount", "--bind", f"{TOP}/passwd", "/etc/passwd"], check=True)
    make()


def write(path: str, data: str | bytes) -> None:
    with open(path, "wb") as file:
        file.write(data.encode() if isinstance(data, str) else data)


a: dict[str, Authority] = {}
cards: dict[str, str] = {}


def make() -> None:
    """The CAs and cards of all tests."""
    a["root"] = Authority(f"{PKI}/root", "Town CA")
    a["between"] = Authority(f"{PKI}/between", "Card CA", a["root"])
    a["other"] = Authority(f"{PKI}/other", "Other CA")
    a["twin"] = Authority(f"{PKI}/twin", "Town CA")
    a["expired"] = Authority(f"{PKI}/expired", "Old CA", start=-30 * DAY, end=-DAY)
    a["ends"] = Authority(f"{PKI}/ends", "Ending CA", end=3 * DAY)
    a["weak"] = Authority(f"{PKI}/weak", "Weak CA", key="rsa1024")
    a["sha1"] = Authority(f"{PKI}/sha1", "SHA-1 CA", key="rsa2048", digest="sha1")
    a["mute"] = Authority(f"{PKI}/mute", "Mute CA", extensions="basicConstraints=critical,CA:TRUE\n"
                          "keyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n")
    # Two of one name that no key identifier tells apart.
    bare = {"extensions": "basicConstraints=critical,CA:TRUE\n", "crl": ""}
    a["bare"] = Authority(f"{PKI}/bare", "Bare CA", **bare)
    a["bare-twin"] = Authority(f"{PKI}/bare-twin", "Bare CA", **bare)
    for name, how in {"good": ("root", SIGNS), "below": ("between", SIGNS), "none": ("root", ""),
                      "foreign": ("other", SIGNS), "expired": ("expired", SIGNS), "ends": ("ends", SIGNS),
                      "weak": ("weak", SIGNS), "sha1": ("sha1", SIGNS), "bare": ("bare", SIGNS),
                      "agree": ("root", "keyUsage=keyAgreement\n"),
                      "client": ("root", SIGNS + "extendedKeyUsage=clientAuth,emailProtection\n"),
                      "server": ("root", SIGNS + "extendedKeyUsage=serverAuth\n"),
                      "any": ("root", SIGNS + "extendedKeyUsage=anyExtendedKeyUsage\n"),
                      "user-point": ("root", SIGNS + "crlDistributionPoints=URI:http://ca.invalid/user.crl\n")}.items():
        cards[name] = a[how[0]].card(name, how[1])


def lay_out(card: str, level: str, more: str = "", cas: tuple[str, ...] = ("root",),
            crls: dict[str, bytes] | None = None) -> None:
    for path in (ETC, STATE):
        shutil.rmtree(path, ignore_errors=True)
        os.mkdir(path)
    for path in (REG, CA, CRL):
        os.mkdir(path)
    shutil.copy(f"{CONF}/policy.conf", ETC)
    write(f"{ETC}/jukinet.conf", f"[terminal]\nid = shimin-03\n[trust]\nlevel = {level}\n{more}")
    write(f"{REG}/staff.conf", ROWS)
    shutil.copy(cards[card], f"{REG}/c-0042.pem")
    for name in cas:
        shutil.copy(a[name].pem, f"{CA}/{name}.pem")
    for name, data in (crls or {}).items():
        write(f"{CRL}/{name}", data)


def ctl(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([CTL, *arguments, "--config-dir", ETC, "--vendor-dir", ETC, "--state-dir", STATE],
                          capture_output=True, text=True, timeout=60)


def build() -> subprocess.CompletedProcess:
    return ctl("registry", "build")


def explain(*more: str, terminal: str = "shimin-03") -> tuple[str, str]:
    """Reason, and how far it was looked into."""
    result = ctl("policy", "explain", "--person", "p0123", "--terminal", terminal, "--json", *more)
    assert result.stdout, result.stderr
    said = json.loads(result.stdout)
    assert (result.returncode == 0) == said["allowed"], result
    return said["answers"][0]["reason"], said["given"]["trust"]


def in_days(days: float) -> str:
    return (datetime.datetime.now() + datetime.timedelta(days=days)).strftime("%Y-%m-%d %H:%M")


def root_crl(*revoked: str, **how: float) -> dict[str, bytes]:
    return {"root.crl": a["root"].crl(*revoked, **how)}


@dataclass
class Case:
    card: str
    level: str
    why: str
    trust: str                                    # a pattern
    said: str = ""                                # a warning of the build; "": none at all
    cas: tuple[str, ...] = ("root",)
    crls: Callable[[], dict[str, bytes]] = dict
    more: str = ""                                # keys of [trust]


OLD = {"last": -90000, "next": -3600}
LET = r"staff.conf:11: warning: \[card c-0042\] is not let in: "
UNTRUSTED = LET + "no CA of ca-dir stands behind its certificate"
USAGE = LET + "key usage or extended key usage"
EKU = "extended-key-usage = "
AGE = r"36\d\d"
OLD_AGE = r"900\d\d"
PASSED = "root.crl:0: warning: the CRL's nextUpdate has passed"
BELOW = ("root", "between")


def both(*revoked: str) -> dict[str, bytes]:
    return {"root.crl": a["root"].crl(), "between.crl": a["between"].crl(*revoked)}


CASES = {
    "registered: a CA does not matter": Case("foreign", "registered", "granted", "registered"),
    "chain: the card's own CA": Case("good", "chain", "granted", "chain"),
    "chain: by way of another CA": Case("below", "chain", "granted", "chain", cas=BELOW),
    "chain: a link is missing": Case("below", "chain", "card.untrusted", "chain", UNTRUSTED + r" \(unable to get"),
    "chain: the root is missing": Case("below", "chain", "card.untrusted", "chain", UNTRUSTED, cas=("between", "other")),
    "chain: unknown CA": Case("foreign", "chain", "card.untrusted", "chain", UNTRUSTED),
    "chain: another CA of the same name": Case("good", "chain", "card.untrusted", "chain", UNTRUSTED, cas=("twin",)),
    "chain: both CAs of one name": Case("good", "chain", "granted", "chain", cas=("twin", "root")),
    "chain: expired CA": Case("expired", "chain", "card.untrusted", "chain", UNTRUSTED + r" \(certificate has expired",
                              cas=("expired",)),
    "chain: RSA-1024 of the CA": Case("weak", "chain", "card.untrusted", "chain", UNTRUSTED, cas=("weak",)),
    "chain: SHA-1": Case("sha1", "chain", "card.untrusted", "chain", UNTRUSTED, cas=("sha1",)),
    "chain: no CRL is looked at": Case("good", "chain", "granted", "chain",
                                       crls=lambda: root_crl(cards["good"])),
    "soft: good": Case("good", "crl-soft", "granted", f"crl-soft:{AGE}", crls=root_crl),
    "soft: revoked": Case("good", "crl-soft", "card.ca-revoked", f"crl-soft:{AGE}", LET + "its certificate is revoked",
                          crls=lambda: root_crl(cards["none"], cards["good"])),
    "soft: somebody else is revoked": Case("good", "crl-soft", "granted", f"crl-soft:{AGE}",
                                           crls=lambda: root_crl(cards["none"])),
    "soft: one of many that are revoked": Case(
        "good", "crl-soft", "card.ca-revoked", f"crl-soft:{AGE}", LET, crls=lambda: root_crl(*sorted(cards.values()))),
    "soft: none of many": Case("good", "crl-soft", "granted", f"crl-soft:{AGE}",
                               crls=lambda: root_crl(*(path for name, path in cards.items() if name != "good"))),
    "soft: no CRL": Case("good", "crl-soft", "granted", "crl-soft:missing", "crl.d:0: warning: no CRL of the CA /CN=Town CA"),
    "soft: CRL out of date": Case("good", "crl-soft", "granted", f"crl-soft:{OLD_AGE}:stale", PASSED,
                                  crls=lambda: root_crl(**OLD)),
    "soft: revoked by a CRL out of date": Case("good", "crl-soft", "card.ca-revoked", f"crl-soft:{OLD_AGE}:stale", PASSED,
                                               crls=lambda: root_crl(cards["good"], **OLD)),
    "soft: the CA is revoked": Case("below", "crl-soft", "card.ca-revoked", f"crl-soft:{AGE}", LET + "its certificate is rev",
                                    cas=BELOW, crls=lambda: {**both(), **root_crl(a["between"].pem)}),
    "soft: unknown CA": Case("foreign", "crl-soft", "card.untrusted", "crl-soft", UNTRUSTED, crls=root_crl),
    "hard: good": Case("good", "crl-hard", "granted", f"crl-hard:{AGE}", crls=root_crl),
    "hard: DER": Case("good", "crl-hard", "granted", f"crl-hard:{AGE}", crls=lambda: {"x": a["root"].crl(der=True)}),
    "hard: revoked": Case("good", "crl-hard", "card.ca-revoked", f"crl-hard:{AGE}", LET + "its certificate is revoked",
                          crls=lambda: root_crl(cards["good"])),
    "hard: no CRL": Case("good", "crl-hard", "crl.missing", "crl-hard:missing", "no CRL of the CA /CN=Town CA"),
    "hard: CRL out of date": Case("good", "crl-hard", "crl.stale", f"crl-hard:{OLD_AGE}:stale", PASSED,
                                  crls=lambda: root_crl(**OLD)),
    "hard: every CA has a CRL": Case("below", "crl-hard", "granted", f"crl-hard:{AGE}", cas=BELOW, crls=both),
    "hard: a CA above has no CRL": Case("below", "crl-hard", "crl.missing", "crl-hard:missing", "no CRL of the CA /CN=Town CA",
                                        cas=BELOW, crls=lambda: {"b.crl": a["between"].crl()}),
    "hard: revoked by the CA between": Case("below", "crl-hard", "card.ca-revoked", f"crl-hard:{AGE}", LET, cas=BELOW,
                                            crls=lambda: both(cards["below"])),
    "hard: of two CRLs the newer counts": Case(
        "good", "crl-hard", "card.ca-revoked", f"crl-hard:{AGE}", LET,
        crls=lambda: {"1.crl": a["root"].crl(cards["good"]), "2.crl": a["root"].crl(last=-7200)}),
    "hard: one out of date is not needed": Case(
        "good", "crl-hard", "granted", f"crl-hard:{AGE}", "1.crl:0: warning: the CRL's nextUpdate has passed",
        crls=lambda: {"1.crl": a["root"].crl(**OLD), "2.crl": a["root"].crl()}),
    "hard: CRL of the CA of the same name": Case(
        "bare", "crl-hard", "crl.missing", "crl-hard:missing", "no CRL of the CA /CN=Bare CA", cas=("bare", "bare-twin"),
        crls=lambda: {"twin.crl": a["bare-twin"].crl()}),
    "hard: the right one of two of that name": Case(
        "bare", "crl-hard", "card.ca-revoked", f"crl-hard:{AGE}", LET, cas=("bare", "bare-twin"),
        crls=lambda: {"a.crl": a["bare-twin"].crl(), "b.crl": a["bare"].crl(cards["bare"])}),
    "usage: nothing said": Case("none", "chain", "granted", "chain"),
    "usage: no signatures": Case("agree", "registered", "card.usage", "registered", USAGE),
    "usage: not asked for": Case("agree", "chain", "granted", "chain", more="key-usage = no\n"),
    "extended usage: named": Case("client", "registered", "granted", "registered", more=EKU + "clientAuth\n"),
    "extended usage: one of two": Case("client", "chain", "granted", "chain",
                                       more=EKU + "1.3.6.1.4.1.311.20.2.2\n" + EKU + "1.3.6.1.5.5.7.3.2\n"),
    "extended usage: another": Case("server", "registered", "card.usage", "registered", USAGE, more=EKU + "clientAuth\n"),
    "extended usage: nothing said": Case("good", "chain", "card.usage", "chain", USAGE, more=EKU + "clientAuth\n"),
    "extended usage: any is not it": Case("any", "chain", "card.usage", "chain", USAGE, more=EKU + "clientAuth\n"),
    "extended usage: any, when asked for": Case("any", "chain", "granted", "chain", more=EKU + "anyExtendedKeyUsage\n"),
}


def run_case(case: Case) -> None:
    lay_out(case.card, case.level, case.more, case.cas, case.crls())
    for _ in range(2):  # the second takes what the first one found out
        result = build()
        assert result.returncode == 0, result.stderr
        warnings = result.stderr.splitlines()
        assert any(re.search(case.said, text) for text in warnings) if case.said else warnings == [], result.stderr
        # Whoever is refused for good is named.
        assert ("is not let in" in result.stderr) == (case.why not in ("granted", "crl.stale")), result.stderr
    check = ctl("registry", "check")
    assert (check.returncode, check.stderr) == (0, result.stderr), check
    why, trust = explain()
    assert why == case.why and re.fullmatch(case.trust, trust), (why, trust)


def patched(data: bytes) -> bytes:
    """One bit of the signature is another."""
    der = bytearray(data)
    der[-1] ^= 1
    return bytes(der)


def crl_with(section: str, name: str, *more: str) -> bytes:
    """Of the root, with that as its extension."""
    kept = a["root"].directory + "/cnf"
    with open(kept, encoding="utf-8") as file:
        text = file.read()
    try:
        write(kept, text.replace("authorityKeyIdentifier=keyid", f"authorityKeyIdentifier=keyid\n{name}={section}\n"
                                 + "\n".join(more)))
        return a["root"].crl()
    finally:
        write(kept, text)


# What is done to a directory, which file is named, why.
BAD = {
    "no directory of CAs": (lambda: shutil.rmtree(CA), "ETC/jukinet.conf:3", f"{CA}: No such file"),
    "no directory of CRLs": (lambda: shutil.rmtree(CRL), "ETC/jukinet.conf:3", f"{CRL}: No such file"),
    "no CA": (lambda: os.unlink(f"{CA}/root.pem"), "CA:0", "holds no self-signed certificate"),
    "no root": (lambda: os.replace(shutil.copy(a["between"].pem, f"{CA}/x"), f"{CA}/root.pem"), "CA:0",
                "holds no self-signed certificate"),
    "CA writable by others": (lambda: os.chmod(f"{CA}/root.pem", 0o666), "CA/root.pem:0", "writable by group"),
    "directory writable by others": (lambda: os.chmod(CRL, 0o777), "ETC/jukinet.conf:3", "writable by group"),
    "CA of somebody else": (lambda: os.chown(f"{CA}/root.pem", 5001, 0), "CA/root.pem:0", "belongs to uid 5001"),
    "CA is a link": (lambda: os.symlink("root.pem", f"{CA}/b.pem"), "CA/b.pem:0", "symbolic link"),
    "no PEM": (lambda: write(f"{CA}/b.pem", "<html>\n"), "CA/b.pem:0", "holds no certificate"),
    "empty": (lambda: write(f"{CRL}/b.crl", ""), "CRL/b.crl:0", "holds no CRL"),
    "a card's certificate": (lambda: shutil.copy(cards["good"], f"{CA}/b.pem"), "CA/b.pem:0", "not the certificate of a CA"),
    "a CA's key": (lambda: shutil.copy(f"{PKI}/root/ca.key", f"{CA}/b.pem"), "CA/b.pem:0", "something else than"),
    "CRL among CAs": (lambda: shutil.copy(f"{CRL}/root.crl", f"{CA}/b.pem"), "CA/b.pem:0", "something else than"),
    "CA among CRLs": (lambda: shutil.copy(f"{CA}/root.pem", f"{CRL}/b.pem"), "CRL/b.pem:0", "something else than"),
    "a block that does not end": (lambda: write(f"{CA}/b.pem", open(f"{CA}/root.pem").read()
                                                + "-----BEGIN CERTIFICATE-----\nMIIB\n"), "CA/b.pem:0", "malformed"),
    "half a CRL": (lambda: write(f"{CRL}/root.crl", a["root"].crl(der=True)[:-9]), "CRL/root.crl:0", "not a CRL"),
    "a CRL and more": (lambda: write(f"{CRL}/root.crl", a["root"].crl(der=True) + b"x"), "CRL/root.crl:0", "not a CRL"),
    "signature of a CRL": (lambda: write(f"{CRL}/root.crl", patched(a["root"].crl(der=True))), "CRL/root.crl:0",
                           "no CA of ca-dir that may sign"),
    "CRL of another CA": (lambda: write(f"{CRL}/root.crl", a["other"].crl()), "CRL/root.crl:0", "no CA of ca-dir that"),
    "CRL of a CA of the same name": (lambda: write(f"{CRL}/root.crl", a["twin"].crl()), "CRL/root.crl:0", "no CA of ca-dir that"),
    "CRL of a CA that may not sign CRLs": (lambda: (shutil.copy(a["mute"].pem, f"{CA}/b.pem"),
                                                    write(f"{CRL}/b.crl", a["mute"].crl())), "CRL/b.crl:0", "may sign CRLs"),
    "CRL of tomorrow": (lambda: write(f"{CRL}/root.crl", a["root"].crl(last=DAY, next=2 * DAY)), "CRL/root.crl:0",
                        "of a later time than now"),
    "delta CRL": (lambda: write(f"{CRL}/b.crl", crl_with("critical,DER:020101", "2.5.29.27")), "CRL/b.crl:0", "a delta CRL"),
    "indirect CRL": (lambda: write(f"{CRL}/b.crl", crl_with("critical,indirectCRL:TRUE", "issuingDistributionPoint")),
                     "CRL/b.crl:0", "an indirect CRL"),
    "CRL for some reasons": (lambda: write(f"{CRL}/b.crl", crl_with("critical,onlysomereasons:keyCompromise",
                                                                    "issuingDistributionPoint")), "CRL/b.crl:0", "some reasons"),
    "257 files": (lambda: [write(f"{CRL}/{i}", "x") for i in range(257)], "CRL:0", "more than 256 files"),
    "a CRL of 17 MiB": (lambda: write(f"{CRL}/b.crl", "#" * (17 << 20)), "CRL/b.crl:0", "larger than allowed"),
    "level that there is not": (lambda: write(f"{ETC}/jukinet.conf", "[terminal]\nid = shimin-03\n[trust]\nlevel = crl\n"),
                                "ETC/jukinet.conf:4", "not a level of trust"),
}


def digest() -> str:
    with open(SNAPSHOT, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def run_bad(spoil: Callable[[], object], where: str, reason: str) -> None:
    lay_out("good", "crl-soft", crls=root_crl())
    assert build().returncode == 0
    before = digest()
    spoil()
    result = build()
    where = re.sub(r"^(ETC|CA|CRL)", lambda m: {"ETC": ETC, "CA": CA, "CRL": CRL}[m[0]], where)
    assert result.returncode == 1 and result.stdout == "", result
    assert any(line.startswith(where + ": ") and reason in line for line in result.stderr.splitlines()), result.stderr
    assert digest() == before, "the snapshot is another one"


def test_hidden_files_are_passed_over() -> None:
    lay_out("good", "crl-hard", crls=root_crl())
    write(f"{CA}/.new", "x")
    write(f"{CRL}/.root.crl.tmp", "x")
    result = build()
    assert (result.returncode, result.stderr) == (0, ""), result


def test_bundle_and_a_ca_twice() -> None:
    lay_out("below", "crl-hard", cas=("root",))
    with open(a["root"].pem, encoding="ascii") as one, open(a["between"].pem, encoding="ascii") as two:
        write(f"{CA}/bundle.pem", "The CAs of the town\n" + one.read() + two.read())
    write(f"{CRL}/all.pem", a["root"].crl() + a["between"].crl())
    result = build()
    assert (result.returncode, result.stderr) == (0, ""), result
    assert explain()[0] == "granted"


def test_directories_elsewhere() -> None:
    lay_out("good", "crl-hard", f"ca-dir = {TOP}/etc/cas\ncrl-dir = lists\n", crls=root_crl())
    os.rename(CA, f"{ETC}/cas")
    os.rename(CRL, f"{ETC}/lists")
    result = build()
    assert (result.returncode, result.stderr) == (0, ""), result
    assert explain()[0] == "granted"


def test_directories_are_not_looked_at_when_registered() -> None:
    lay_out("good", "registered")
    os.rmdir(CRL)
    write(f"{CA}/x", "x")
    assert build().returncode == 0


def test_a_snapshot_that_is_good_today_refuses_tomorrow() -> None:
    lay_out("good", "crl-hard", crls=root_crl())
    assert explain("--at", in_days(0.9))[0] == "granted"
    assert explain("--at", in_days(1.1))[0] == "crl.stale"
    lay_out("good", "crl-soft", crls=root_crl())
    assert explain("--at", in_days(1.1))[0] == "granted"
    assert explain("--at", in_days(1.1))[1].endswith(":stale")


def test_a_chain_ends_with_its_ca() -> None:
    lay_out("ends", "chain", cas=("ends",))
    assert explain("--at", in_days(2.9))[0] == "granted"
    assert explain("--at", in_days(3.1))[0] == "card.untrusted"


def test_the_cards_own_dates_keep_their_reason() -> None:
    lay_out("good", "chain")
    assert explain("--at", in_days(2001))[0] == "card.expired"
    shutil.copy(a["root"].card("late", start=2 * DAY), f"{REG}/c-0042.pem")
    result = build()
    assert (result.returncode, result.stderr) == (0, ""), result
    assert explain()[0] == "card.notyet"


def test_other_terminals_trust_is_their_own() -> None:
    lay_out("foreign", "chain")
    assert explain(terminal="shimin-04") == ("granted", "")


def test_explain_names_the_certificate() -> None:
    lay_out("foreign", "chain")
    result = ctl("policy", "explain", "--person", "p0123", "--terminal", "shimin-03")
    assert result.returncode == 1 and "refused: card.untrusted" in result.stdout, result
    assert f"{REG}/staff.conf:13: [card c-0042] certificate = c-0042.pem" in result.stdout, result.stdout
    assert "trust of this terminal: chain" in result.stdout, result.stdout


def test_a_new_crl_takes_effect_with_the_next_build() -> None:
    lay_out("good", "crl-hard", crls=root_crl())
    assert build().stderr == ""
    write(f"{CRL}/root.crl", a["root"].crl(cards["good"]))
    assert re.search(LET + "its certificate is revoked", build().stderr)
    write(f"{CRL}/root.crl", a["root"].crl())
    assert build().stderr == ""


def test_a_revoked_or_returned_card_is_no_warning() -> None:
    for state in ("revoked", "returned"):
        lay_out("foreign", "chain")
        write(f"{REG}/staff.conf", ROWS.replace("c-0042.pem\n", f"c-0042.pem\nstate = {state}\n"))
        result = build()
        assert (result.returncode, result.stderr) == (0, ""), result


def test_crl_of_a_part_of_the_certificates() -> None:
    """A CRL for cards alone, at the address that the card names: one for CAs, or of another address, is none for it."""
    parts = {"onlyuser:TRUE": "granted", "onlyCA:TRUE": "crl.missing",
             "fullname:URI:http://ca.invalid/user.crl": "granted", "fullname:URI:http://ca.invalid/x.crl": "crl.missing"}
    for part, why in parts.items():
        lay_out("user-point", "crl-hard")
        write(f"{CRL}/part.crl", crl_with("critical,@idp", "issuingDistributionPoint", "[idp]",
                                          part.replace(":", "=", 1)))
        # The root itself is asked about too.
        write(f"{CRL}/ca.crl", crl_with("critical,onlyCA:TRUE", "issuingDistributionPoint"))
        result = build()
        assert result.returncode == 0, result.stderr
        assert explain()[0] == why, (part, explain())


def main() -> None:
    enter()
    tests = {name: (lambda case=case: run_case(case)) for name, case in CASES.items()}
    tests |= {"bad: " + name: (lambda row=row: run_bad(*row)) for name, row in BAD.items()}
    tests |= {name: value for name, value in globals().items() if name.startswith("test_")}
    print(f"1..{len(tests)}")
    failed = 0
    for number, (name, run) in enumerate(tests.items(), 1):
        try:
            run()
            print(f"ok {number} - {name}")
        except Exception as error:  # each test says how it failed
            failed += 1
            print(f"not ok {number} - {name}")
            for line in f"{type(error).__name__}: {error}".splitlines():
                print("# " + line)
        sys.stdout.flush()
    sys.exit(1 if failed else 0)


main()
