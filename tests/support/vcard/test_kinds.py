#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tests of vcard's other keys and other kinds of card, behind Debian's pcscd, OpenSC and openssl.

    test_kinds.py BUILD_DIR [TEST...]
"""

import hashlib
import os
import subprocess
import threading

from bench import (PIN, PUK, SIGN_PIN, TOOLS, Bench, digest_of, padded, padded_block, run_hostile, run_tool_sign, untlv, verify, want, want_same,
                   GET_CHUID, SELECT, SELECT_JPKI)
from world import missing, scard, tap
from world.scard import EMPTY
from world.tap import comment as diag

CARDS = {
    "rsa3072": {"key": "rsa3072", "slots": 1, "chuid_signed": True},
    "p384": {"key": "p384", "slots": 1},
    "jpki": {"kind": "jpki"},
    "nq": {"kind": "nq"},
    "jpki2": {"kind": "jpki", "ca": "other"},
}


# -- PIV: the longer keys -----------------------------------------------------

def run_long_key(b, name, apdus, digest, how):
    b.put(name)
    cert, signature = b.host.login(name, digest)
    want_same(b.card.counters()["apdus"], apdus, "APDUs")
    want(b.verifies(name, digest, signature, how=how), "signature")
    diag(f"{name}: certificate {len(cert)} bytes")
    for fault in ("sig-random", "sig-zero", "sig-otherdata"):   # a foreign key of 3072 bits takes its time
        b.card.fault(fault, "sign", 1)
        want(not b.verifies(name, digest, b.host.login(name, digest)[1], how=how), fault)


def test_login_rsa3072(b):
    """a bare RSA-3072 login: two more parts of the certificate and the signature"""
    run_long_key(b, "rsa3072", 10, digest_of("x"), "sha256")


def test_login_p384(b):
    """a bare P-384 login, ECDSA over 48 bytes"""
    run_long_key(b, "p384", 7, hashlib.sha384(b"x").digest(), "sha384")


def test_pkcs11_rsa3072(b):
    """pkcs11-tool signs with RSA-3072"""
    run_tool_sign(b, "rsa3072", "SHA256-RSA-PKCS", "01", PIN)


def test_pkcs11_p384(b):
    """pkcs11-tool signs with P-384"""
    run_tool_sign(b, "p384", "ECDSA", "01", PIN, data=hashlib.sha384(b"x").digest(), how="sha384")


def test_chuid_signed(b):
    """a signed CHUID takes several GET RESPONSE; openssl verifies it"""
    b.put("rsa3072")
    b.host.must(SELECT)
    chuid = untlv(b.host.must(GET_CHUID), 0x53)
    want(b.card.counters()["apdus"] > 4, "APDUs")
    body, rest = chuid[:55], chuid[55:]
    want_same((body[0], body[27], body[45], rest[0], rest[-2:]), (0x30, 0x34, 0x35, 0x3e, b"\xfe\x00"), "elements")
    for file, data in (("body", body), ("cms", untlv(rest, 0x3e))):
        with open(os.path.join(b.folder, file), "wb") as f:
            f.write(data)
    done = subprocess.run(
        ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", os.path.join(b.folder, "cms"),
         "-content", os.path.join(b.folder, "body"), "-CAfile", os.path.join(b.box, "ca", "main.pem"),
         "-purpose", "any", "-out", "/dev/null"], capture_output=True, text=True)
    want_same(done.returncode, 0, done.stderr)
    diag(f"CHUID {len(chuid)} bytes")


# -- PIV: the life of a PIN ------------------------------------------------------

def replace(p1p2, old, new, ins="24"):
    return bytes.fromhex(f"00{ins}{p1p2}10") + padded(old) + padded(new)


def test_piv_new_pin(b):
    """PIV: a new PIN or PUK of the wrong form is refused and costs no try; the verified state stays"""
    b.put("p384")
    b.host.must(SELECT)
    b.host.must(verify(PIN))
    sw = lambda command: f"{b.host.raw(command)[1]:04x}"
    for new in ("12345", "abcdef", "12345a", "1234"):
        want_same(sw(replace("0080", "000000", new)), "6a80", f"PIN {new}")
        want_same(sw(replace("0080", "00000000", new, ins="2c")), "6a80", f"PIN {new} by PUK")
    want_same(sw(replace("0081", PUK, "1234567")), "6a80", "PUK of 7")
    want_same(sw(replace("0080", "12", "654321")), "6a80", "old PIN of 2")
    want_same(sw(replace("0080", PIN, "654321")[:-1]), "6700", "one byte missing in the APDU")
    want_same(sw(bytes.fromhex("0024008008") + padded(PIN)), "6700", "no new PIN")
    counters = b.card.counters()
    want_same((counters["pin-tries"], counters["puk-tries"], counters["verified"]), (3, 3, 1), "tries and state")
    want_same(sw(replace("0080", "000000", "654321")), "63c2", "wrong old PIN")
    want_same(b.card.counters()["verified"], 0, "verified after a wrong old PIN")
    b.host.must(replace("0080", PIN, "654321"))
    want_same(b.card.counters()["pin-tries"], 3, "tries")
    b.host.must(replace("0080", "654321", PIN))
    b.host.must(replace("0081", PUK, "ABCDEFGH"))
    b.host.must(replace("0081", "ABCDEFGH", PUK))


def test_piv_puk(b):
    """PIV: wrong PUKs are counted and kept, a blocked PUK unblocks nothing"""
    b.put("p384")
    b.card.block_pin()
    b.host.must(SELECT)
    want_same(f"{b.host.raw(replace('0080', '00000000', PIN, ins='2c'))[1]:04x}", "63c2", "wrong PUK")
    b.card.kill()
    b.pcsc.wait(EMPTY)
    with open(os.path.join(b.dir("p384"), "state")) as f:
        text = f.read()
    want("puk-tries=2\n" in text and "pin-tries=0\n" in text, text)
    b.card.start()
    b.put("p384")
    b.card.block_pin()
    b.host.must(SELECT)
    want_same(b.card.counters()["puk-tries"], 2, "PUK tries")
    for sw in ("63c1", "63c0", "6983"):
        want_same(f"{b.host.raw(replace('0080', '00000000', PIN, ins='2c'))[1]:04x}", sw, "wrong PUK")
    want_same(f"{b.host.raw(replace('0080', PUK, PIN, ins='2c'))[1]:04x}", "6983", "right PUK, blocked")
    b.card.set_tries(3, "puk")
    b.host.must(replace("0080", PUK, PIN, ins="2c"))
    b.host.must(verify(PIN))


def test_piv_pin_tools(b):
    """OpenSC's tools change a PIN, and restore a blocked one by the PUK"""
    b.put("p384")
    b.tool("pkcs11-tool", "--login", "--pin", PIN, "--change-pin", "--new-pin", "654321")
    b.put("p384")
    b.card.block_pin()
    b.tool("pkcs15-tool", "--unblock-pin", "--auth-id", "01", "--puk", PUK, "--new-pin", PIN)
    b.put("p384")
    b.host.must(SELECT)
    b.host.must(verify(PIN))


# -- JPKI ------------------------------------------------------------------------

def der_of(b, name, stem="auth"):
    return subprocess.run(["openssl", "x509", "-in", os.path.join(b.dir(name), stem + ".pem"), "-outform", "DER"],
                          check=True, capture_output=True).stdout


def jpki_sw(b, text):
    return f"{b.jpki.raw(bytes.fromhex(text))[1]:04x}"


def test_jpki_login(b):
    """a bare JPKI login: SELECT and READ BINARY, VERIFY, COMPUTE DIGITAL SIGNATURE"""
    b.put("jpki")
    cert, signature = b.jpki.login(digest_of("x"))
    want_same(b.card.counters()["apdus"], 10, "APDUs")
    want(cert == der_of(b, "jpki"), "certificate")
    want(b.verifies("jpki", digest_of("x"), signature, "auth"), "signature")
    want_same(b.jpki.must(bytes.fromhex("00a4020c020006")), b"", "token file")
    want_same(b.jpki.read(0, 32)[0], b"JPKIAPICCTOKEN2".ljust(32), "token")
    for stem, file in (("auth-ca", 0x000B), ("sign-ca", 0x0002)):
        with open(os.path.join(b.dir("jpki"), stem + ".obj"), "rb") as f:
            want_same(b.jpki.certificate(file)[0], f.read(), stem)


def test_jpki_access(b):
    """each key and the signing certificate want their own PIN; a reset and SELECT forget it"""
    b.put("jpki")
    want_same(jpki_sw(b, "00a4020c020006"), "6a82", "a file before the application")
    for aid in ("a00000030800001000", "d3921000310001010408", "d392f0002601000000"):
        want_same(jpki_sw(b, f"00a4040c{len(aid) // 2:02x}{aid}"), "6a82", aid)
    b.jpki.must(SELECT_JPKI)
    sign = b.jpki.SIGN
    want_same(b.jpki.certificate(sign["certificate"])[1], 0x6982, "signing certificate without PIN")
    want_same(b.jpki.sign(bytes(32))[1], 0x6982, "key without PIN")
    want_same(b.jpki.verify("1234"), 0x9000, "PIN")
    want_same(b.jpki.sign(bytes(32))[1], 0x9000, "key")
    want_same(b.jpki.sign(bytes(32), sign["key"])[1], 0x6982, "signing key with the other PIN")
    want_same(b.jpki.verify(SIGN_PIN, sign["pin"]), 0x9000, "PIN of the signing key")
    want_same(b.jpki.certificate(sign["certificate"])[0], der_of(b, "jpki", "sign"), "signing certificate")
    signature, _ = b.jpki.sign(digest_of("x"), sign["key"])
    want(b.verifies("jpki", digest_of("x"), signature, "sign"), "signature")
    b.jpki.must(SELECT_JPKI)
    want_same(b.jpki.sign(bytes(32))[1], 0x6982, "after SELECT")
    want_same(b.jpki.verify("1234"), 0x9000, "PIN")
    b.pcsc.disconnect()
    b.pcsc.connect()
    want_same(b.card.counters()["verified"], 0, "verified after a reset")
    b.jpki.must(SELECT_JPKI)
    want_same(b.jpki.sign(bytes(32))[1], 0x6982, "after a reset")


def test_jpki_pin(b):
    """JPKI: tries are counted and kept, a wrong form costs none, the PIN is changed, blocked"""
    b.put("jpki")
    b.jpki.must(SELECT_JPKI)
    want_same(b.jpki.tries(), 0x63C3, "tries")
    for pin, sw in (("123", 0x6700), ("12345", 0x6700), ("12A4", 0x6A80), ("0000", 0x63C2)):
        want_same(b.jpki.verify(pin), sw, f"PIN of {len(pin)}")
    want_same(b.jpki.verify("abc123", b.jpki.SIGN["pin"]), 0x6A80, "small letters")
    want_same(jpki_sw(b, "002401800435363738"), "6982", "change without PIN")
    want_same(b.jpki.tries(), 0x63C2, "tries")
    want_same(b.jpki.verify("1234"), 0x9000, "PIN")
    want_same(b.jpki.tries(), 0x63C3, "tries, also when verified")
    want_same(jpki_sw(b, "0024018003353637"), "6700", "short new PIN")
    want_same(jpki_sw(b, "002401800435363741"), "6a80", "new PIN with a letter")
    want_same(jpki_sw(b, "002401800435363738"), "9000", "change")
    b.card.remove()
    b.pcsc.disconnect()
    b.put("jpki")
    b.jpki.must(SELECT_JPKI)
    want_same(b.jpki.verify("1234"), 0x63C2, "old PIN")
    want_same(b.jpki.verify("5678"), 0x9000, "new PIN")
    want_same(jpki_sw(b, "002401800431323334"), "9000", "change back")
    for left in (2, 1, 0):
        want_same(b.jpki.verify("0000"), 0x63C0 | left, "wrong")
    want_same(b.jpki.verify("1234"), 0x6984, "right PIN, blocked")
    want_same(b.jpki.tries(), 0x63C0, "tries")
    want_same(b.card.counters()["sign-pin-tries"], 5, "tries of the other PIN")
    b.card.block_pin("sign-pin")
    want_same(b.jpki.tries(b.jpki.SIGN["pin"]), 0x63C0, "tries of the other PIN")
    b.card.set_tries(5, "sign-pin")
    text = "".join(line.split(" ", 1)[1] for line in b.card.apdus().splitlines(True))
    for secret in ("31323334", "35363738", SIGN_PIN.encode().hex()):
        want(secret not in text, f"{secret} in the log")


def test_jpki_refusals(b):
    """JPKI: wrong parameters, files and lengths"""
    b.put("jpki")
    b.jpki.must(SELECT_JPKI)
    for text, sw in (("00b0000000", "6986"), ("00a4020c020099", "6a82"), ("00a4020c0100", "6700"),
                     ("00a4000c023f00", "6a86"), ("0020008004313233 34", "6985"), ("00a4020c020018", "9000"),
                     ("00b0000000", "6981"), ("0020000004313233 34", "6a86"), ("0024008004313233 34", "6a86"),
                     ("002c008004313233 34", "6d00"), ("002a0080010000", "6e00"), ("802a0080010000", "6985"),
                     ("802a9e9a010000", "6a86"), ("00cb3fff055c035fc10500", "6d00"), ("00a4020c02000a", "9000"),
                     ("00b07fff00", "6b00"), ("00b0800000", "6a86"), ("0020008000", "6985")):
        want_same(jpki_sw(b, text), sw, text)
    want_same(b.card.counters()["pin-tries"], 3, "tries")
    want_same(b.jpki.verify("1234"), 0x9000, "PIN")
    b.jpki.select(b.jpki.KEY)
    want_same(jpki_sw(b, "802a0080ff" + "00" * 255 + "00"), "6a80", "too long for the padding")


def jpki_result(b):
    try:
        cert, signature = b.jpki.login(digest_of("r"))
        return "done" if cert == der_of(b, "jpki") and b.verifies("jpki", digest_of("r"), signature, "auth") else "wrong"
    except (scard.Error, AssertionError) as e:
        return str(e)


def test_jpki_faults(b):
    """JPKI: the faults of certificate, signature, PIN, lengths and frame act where they should"""
    b.put("jpki")
    true = der_of(b, "jpki")
    b.jpki.must(SELECT_JPKI)
    for where in ("select", "read", "any"):
        b.card.fault("cert-cut", where, 1)
        b.jpki.select(b.jpki.PIN)   # is no certificate: does not use it up
        want_same(b.jpki.certificate()[0], true[:len(true) // 2], f"cert-cut at {where}")
        want_same(b.jpki.certificate()[0], true, f"after cert-cut at {where}")
    b.card.fault("cert-none", "read", 1)
    want_same(b.jpki.certificate(), (b"", 0x6A82), "cert-none at read")
    b.card.fault("cert-none", "select", 1)
    want_same(jpki_sw(b, "00a4020c02000a"), "6a82", "cert-none at select")
    b.card.fault("cert-of " + b.made["jpki2"].directory, "read", 1)
    want_same(b.jpki.certificate()[0], der_of(b, "jpki2"), "cert-of")
    b.card.fault("cert-of " + b.made["p384"].directory, "read", 1)
    want_same(b.jpki.certificate()[0], der_of(b, "p384", "9a"), "cert-of a PIV card")
    b.card.fault("cert-derlength", "read", 1)
    lie = b.jpki.certificate()[0]
    want(len(lie) == len(true) and lie != true, "cert-derlength")
    b.card.fault("cert-gzip", "read", 1)
    b.jpki.select(b.jpki.CERTIFICATE)
    want_same(b.jpki.read(0)[0][:2], b"\x1f\x8b", "cert-gzip")
    for kind, start in (("length-lie-short", b"\x30\x82" + (len(true) - 14).to_bytes(2, "big")),
                        ("length-lie-long", b"\x30\x82" + (len(true) + 12).to_bytes(2, "big")),
                        ("length-indefinite", b"\x30\x80\x30\x82"), ("length-huge", b"\x30\x84\x7f\xff")):
        b.card.fault(kind, "read", 1)
        b.jpki.select(b.jpki.CERTIFICATE)
        want_same(b.jpki.read(0)[0][:4], start, kind)
    for fault in ("sig-wrong", "sig-random", "sig-zero", "sig-short", "sig-replayed", "sig-foreign", "sig-otherdata",
                  "garbage", "garbage-ok", "truncated", "sw 6f00"):
        b.put("jpki")
        b.card.fault(fault, "sign", 1)
        want(jpki_result(b) != "done", f"{fault} went unseen")
    b.put("jpki")
    b.card.fault("delay 5", "any")
    want_same(jpki_result(b), "done", "delay")
    b.card.clear()
    b.card.fault("verify-lies-ok", "verify", 1)
    want_same((b.jpki.verify("0000"), b.jpki.sign(bytes(32))[1]), (0x9000, 0x6982), "verify-lies-ok")
    b.card.fault("verify-any", "verify", 1)
    want_same((b.jpki.verify("0000"), b.jpki.sign(bytes(32))[1]), (0x9000, 0x9000), "verify-any")
    want("another kind" in b.card.ask("change " + b.made["p384"].directory), "change to another kind")
    b.put("jpki")
    want_same(jpki_result(b), "done", "at the end")


def test_jpki_remove(b):
    """JPKI: removal and silence in the middle of a login"""
    b.put("jpki")
    b.card.remove_at(8)
    want(jpki_result(b) != "done", "login over remove-at 8")
    want_same((b.card.status()["inserted"], b.card.counters()["apdus"]), ("no", 8), "removed at")
    b.put("jpki")
    b.card.fault("silent", "verify", 1)
    threading.Timer(0.3, b.card.clear).start()
    want_same(jpki_result(b), "done", "after the silence")


def test_jpki_names(b):
    """opensc-tool knows the JPKI card"""
    b.put("jpki")
    want("jpki" in b.tool("opensc-tool", "-n").split(), "name")
    diag(f"opensc-tool -n: {b.card.counters()['apdus']} APDUs")


def test_jpki_pkcs11(b):
    """pkcs11-tool lists the JPKI card's certificates, and signs with it"""
    b.put("jpki")
    text = b.tool("pkcs11-tool", "-O", "--login", "--pin", "1234")
    want("User Authentication Certificate" in text and "User Authentication Key" in text, text)
    diag(f"pkcs11-tool -O --login: {b.card.counters()['apdus']} APDUs")
    out = os.path.join(b.folder, "cert")
    b.tool("pkcs11-tool", "-r", "-y", "cert", "--id", "01", "-o", out)
    with open(out, "rb") as f:
        want_same(f.read(), der_of(b, "jpki"), "certificate")
    run_tool_sign(b, "jpki", "SHA256-RSA-PKCS", "01", "1234", "auth")


def test_jpki_pkcs11_wrong_pin(b):
    """pkcs11-tool with a wrong JPKI PIN lowers the counter, a blocked PIN fails"""
    b.put("jpki")
    b.tool("pkcs11-tool", "--login", "--pin", "9999", "-O", ok=False)
    want_same(b.card.counters()["pin-tries"], 2, "tries")
    b.card.block_pin()
    diag(b.tool("pkcs11-tool", "--login", "--pin", "1234", "-O", ok=False).splitlines()[-1])


def test_jpki_make(b):
    """vcard-make refuses what a JPKI card cannot have"""
    for words in (["--key", "p256"], ["--puk", "12345678"], ["--pin", "12345"], ["--pin", "12a4"],
                  ["--sign-pin", "abc123"], ["--sign-pin", "ABC12"], ["--slots", "1"], ["--chuid-signed"],
                  ["--clone-of", "p384"]):
        done = subprocess.run([b.maker, "jpki", b.box, "x" + words[0].strip("-"), *words], capture_output=True)
        want_same(done.returncode, 1, f"{words}: {done}")
    want_same(subprocess.run([b.maker, "crl", b.box, "--ca", "other", "jpki2"]).returncode, 0, "crl")


# -- NQ-Applet -----------------------------------------------------------------

SELECT_NQ = bytes.fromhex("00a404000bd276000180ba014402010000")


def nq_run(b, command):
    """GET RESPONSE has the class of the command."""
    data, sw = b.host.raw(command)
    while sw >> 8 == 0x61:
        more, sw = b.host.raw(bytes([0x80, 0xC0, 0, 0, sw & 255]))
        data += more
    return data, sw


def nq_sign(b, digest):
    block = padded_block(digest, 384)
    sw = b.host.raw(b"\x90\x2a\x9e\x9a\xff" + block[:255])[1]
    if sw != 0x9000:
        return b"", sw
    return nq_run(b, b"\x80\x2a\x9e\x9a\x81" + block[255:] + b"\0")


def nq_verify(b, pin):
    return b.host.raw(b"\x00\x20\x00\x01" + bytes([len(pin)]) + pin.encode())[1]


def test_nq_login(b):
    """the NQ card: certificate, PIN, signature; faults; what a reset and SELECT forget"""
    b.put("nq")
    digest, get = digest_of("x"), bytes.fromhex("80b0000000")
    want_same(b.host.raw(get)[1], 0x6D00, "before SELECT")
    want_same(b.host.raw(SELECT)[1], 0x6A82, "SELECT of PIV")
    b.host.must(SELECT_NQ)
    want_same(nq_run(b, get), (der_of(b, "nq"), 0x9000), "certificate")
    want_same(nq_run(b, bytes.fromhex("80b0000100"))[0], der_of(b, "nq", "encr"), "other certificate")
    want_same(nq_run(b, bytes.fromhex("80b0000200"))[1], 0x6A82, "no certificate")
    want_same(nq_sign(b, digest)[1], 0x6982, "without PIN")
    for pin, sw in (("12345", 0x6700), ("1234567", 0x6700), ("12345 ", 0x6A80), ("000000", 0x63C2), (PIN, 0x9000)):
        want_same(nq_verify(b, pin), sw, pin)
    want(b.verifies("nq", digest, nq_sign(b, digest)[0], "auth"), "signature")
    for fault in ("sig-wrong", "sig-random", "sig-zero", "sig-short", "sig-foreign", "sig-otherdata", "garbage-ok"):
        b.card.fault(fault, "sign", 1)
        want(not b.verifies("nq", digest, nq_sign(b, digest)[0], "auth"), fault)
    for fault in ("cert-cut", "cert-derlength", "cert-gzip", "cert-none", "cert-of " + b.made["jpki"].directory,
                  "length-huge", "truncated"):
        b.card.fault(fault, "read", 1)
        want(nq_run(b, get)[0] != der_of(b, "nq"), fault)
    want_same(nq_run(b, get)[0], der_of(b, "nq"), "certificate again")
    b.host.must(SELECT_NQ)
    want_same(nq_sign(b, digest)[1], 0x6982, "after SELECT")
    for left in (2, 1, 0):
        want_same(nq_verify(b, "000000"), 0x63C0 | left, "wrong")
    want_same(nq_verify(b, PIN), 0x6983, "right PIN, blocked")


def test_nq_pkcs11(b):
    """pkcs11-tool lists the NQ card, changes its PIN, and signs with it"""
    b.put("nq")
    want("NQ-Applet" in b.tool("opensc-tool", "-n"), "name")
    b.put("nq")
    text = b.tool("pkcs11-tool", "-O", "--login", "--pin", PIN)
    want("C.CH.Auth" in text and "PrK.CH.Auth" in text, text)
    diag(f"pkcs11-tool -O --login: {b.card.counters()['apdus']} APDUs")
    run_tool_sign(b, "nq", "SHA256-RSA-PKCS", "01", PIN, "auth")
    b.put("nq")
    b.tool("pkcs11-tool", "--login", "--pin", PIN, "--change-pin", "--new-pin", "654321")
    run_tool_sign(b, "nq", "SHA256-RSA-PKCS", "01", "654321", "auth")
    b.tool("pkcs11-tool", "--login", "--pin", PIN, "-O", ok=False)
    want_same(b.card.counters()["pin-tries"], 2, "tries")
    b.put("nq")
    b.host.must(SELECT_NQ)
    b.host.must(bytes.fromhex("002400010c") + b"654321" + PIN.encode())


def test_hostile_host(b):
    """4000 random frames under all faults to a JPKI and to an NQ card"""
    select = lambda file: b"\x00\xa4\x02\x0c\x02" + file.to_bytes(2, "big")
    read, sign = bytes.fromhex("00b0000000"), b"\x80\x2a\x00\x80\x10" + bytes(16) + b"\0"
    run_hostile(b, "jpki2", SELECT_JPKI,
                (SELECT_JPKI, read, read, sign, select(0x0A), select(0x01), select(0x17), select(0x18), select(0x1A),
                 select(0x1B), b"\0\x20\0\x80\x041234", b"\0\x20\0\x80\x06" + SIGN_PIN.encode(),
                 b"\0\x24\1\x80\x041234", b"\0\x20\0\x80"), 4000)
    run_hostile(b, "nq", SELECT_NQ,
                (SELECT_NQ, bytes.fromhex("80b0000000"), b"\x90\x2a\x9e\x9a\xff" + bytes(255),
                 b"\x80\x2a\x9e\x9a\x81" + bytes(129) + b"\0", b"\x80\xc0\0\0\0", b"\0\x84\0\0\0",
                 b"\0\x20\0\1\x06" + PIN.encode(), b"\0\x24\0\1\x0c" + PIN.encode() * 2), 4000)


if __name__ == "__main__":
    directory = tap.build_directory()
    tap.main(missing(programs=TOOLS, audit=False, build=None), b=lambda: Bench(directory, CARDS))
