#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tests of vcard and vcard-make as a PIV card, behind Debian's pcscd, OpenSC and openssl.

    test_vcard.py BUILD_DIR [TEST...]
"""

import gzip
import os
import random
import socket
import statistics
import subprocess
import threading
import time

from bench import (PIN, PUK, TOOLS, Bench, challenge, digest_of, padded, read_exactly, run_hostile, tlv, untlv,
                   verify, wait_for, want, want_same, GET_9A, GET_CHUID, SELECT, STATUS)
from world import missing, scard, tap
from world.scard import EMPTY, PRESENT, RESET
from world.tap import comment as diag

CARDS = {
    "rsa": {}, "ec": {"key": "p256"},
    "rsa1": {"slots": 1, "cn": "試験 花子"},
    "ec2": {"key": "p256"},
    "clone": {"clone_of": "ec"},
    "expired": {"key": "p256", "slots": 1, "validity": "expired"},
    "future": {"key": "p256", "slots": 1, "validity": "future"},
    "stranger": {"key": "p256", "slots": 1, "ca": "other"},
    "twin": {"key": "p256", "slots": 1, "ca": "twin"},
    "nosign": {"key": "p256", "slots": 1, "no_digital_signature": True},
}


# -- cases: Debian's programs -----------------------------------------------

def test_names(b):
    """opensc-tool and piv-tool name a PIV card"""
    b.put("rsa")
    for tool in ("opensc-tool", "piv-tool"):
        want("Personal Identity Verification" in b.tool(tool, "-n"), tool)


def run_pkcs11_test(b, name):
    b.put(name)
    text = b.tool("pkcs11-tool", "--test", "--login", "--pin", PIN)
    want("No errors" in text, text)
    diag(f"{name}: {b.card.counters()}")


def test_pkcs11_rsa(b):
    """pkcs11-tool --test --login, RSA, four slots"""
    run_pkcs11_test(b, "rsa")


def test_pkcs11_ec(b):
    """pkcs11-tool --test --login, P-256, four slots"""
    run_pkcs11_test(b, "ec")


def test_pkcs11_ecdsa(b):
    """pkcs11-tool signs by ECDSA in 9A, 9C and 9E, openssl verifies"""
    b.put("ec")
    source = os.path.join(b.folder, "data")
    out = os.path.join(b.folder, "out")
    with open(source, "wb") as f:
        f.write(digest_of("text"))
    for number, slot in (("01", "9a"), ("02", "9c"), ("04", "9e")):
        b.tool("pkcs11-tool", "--sign", "-m", "ECDSA", "--id", number,
               "--login", "--pin", PIN, "-i", source, "-o", out,
               "--signature-format", "openssl")
        with open(out, "rb") as f:
            want(b.verifies("ec", digest_of("text"), f.read(), slot), slot)


def test_pkcs11_ecdh(b):
    """pkcs11-tool derives by ECDH in 9D what openssl derives"""
    b.put("ec")
    mine, point, out = (os.path.join(b.folder, n)
                        for n in ("eph.key", "eph.der", "z"))
    run = lambda *a: subprocess.run(a, check=True, capture_output=True)
    run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
        "ec_paramgen_curve:P-256", "-out", mine)
    run("openssl", "pkey", "-in", mine, "-pubout", "-outform", "DER",
        "-out", point)
    b.tool("pkcs11-tool", "--derive", "-m", "ECDH1-DERIVE", "--id", "03",
           "--login", "--pin", PIN, "-i", point, "-o", out)
    z = run("openssl", "pkeyutl", "-derive", "-inkey", mine, "-peerkey",
            b.public_key("ec", "9d")).stdout
    with open(out, "rb") as f:
        want_same(f.read(), z, "shared secret")


def test_pkcs11_wrong_pin(b):
    """pkcs11-tool with a wrong PIN lowers the counter, a blocked PIN fails"""
    b.put("rsa")
    b.tool("pkcs11-tool", "--login", "--pin", "999999", "-O", ok=False)
    want_same(b.card.counters()["pin-tries"], 2, "tries")
    b.card.block_pin()
    text = b.tool("pkcs11-tool", "--login", "--pin", PIN, "-O", ok=False)
    want("CKR_PIN_LOCKED" in text, text)


# -- cases: the bare login ---------------------------------------------------

def run_login(b, name, kind, apdus, how="login"):
    b.put(name)
    digest = digest_of(name)
    start = time.monotonic()
    cert, signature = getattr(b.host, how)(kind, digest)
    ms = (time.monotonic() - start) * 1000
    want_same(b.card.counters()["apdus"], apdus, "APDUs")
    want(b.verifies(name, digest, signature), "signature")
    pem = os.path.join(b.dir(name), "9a.pem")
    der = subprocess.run(["openssl", "x509", "-in", pem, "-outform", "DER"],
                         check=True, capture_output=True).stdout
    want(cert == der, "certificate differs from 9a.pem")
    diag(f"{how} {kind}: {apdus} APDUs, certificate {len(cert)} bytes, "
         f"{ms:.1f} ms")


def test_login_rsa(b):
    """a bare RSA login costs nine short APDUs"""
    run_login(b, "rsa", "rsa", 9)
    run_login(b, "rsa1", "rsa", 9)


def test_login_ec(b):
    """a bare P-256 login costs seven short APDUs"""
    run_login(b, "ec", "ec", 7)


def test_login_extended(b):
    """with extended length either login costs four APDUs"""
    run_login(b, "rsa", "rsa", 4, "login_extended")
    run_login(b, "ec", "ec", 4, "login_extended")


def test_quick(b):
    """no APDU waits for a delayed ACK"""
    b.put("ec")
    b.host.must(SELECT)
    times = []
    for _ in range(50):
        start = time.monotonic()
        b.host.must(GET_CHUID)
        times.append((time.monotonic() - start) * 1000)
    diag(f"APDU: median {statistics.median(times):.2f} ms, "
         f"max {max(times):.1f} ms, n={len(times)}")
    want(min(times) < 40, f"each takes {min(times):.1f} ms at least")     # that long an ACK is delayed


def test_slow(b):
    """slow 20 300 costs that much, and orders are answered meanwhile"""
    b.put("rsa")
    b.card.slow(20, 300)
    worker = threading.Thread(target=b.host.login,
                              args=("rsa", digest_of("slow")))
    start = time.monotonic()
    worst = asked = 0
    worker.start()
    while worker.is_alive():
        before = time.monotonic()
        at_work = b.card.status()["pending"] == "timed"
        worst = max(worst, time.monotonic() - before)
        asked += at_work
        time.sleep(0.005)
    worker.join()
    ms = (time.monotonic() - start) * 1000
    diag(f"login {ms:.0f} ms, slowest order {worst * 1000:.1f} ms")
    want(480 <= ms, f"{ms:.0f} ms")
    want(asked >= 2, "no order was answered meanwhile")


# -- cases: access and counters ----------------------------------------------

def sw_of(b, command):
    return f"{b.host.raw(command)[1]:04x}"


def sign_sw(b, key):
    return f"{b.host.sign('ec', digest_of('x'), key)[1]:04x}"


def test_access(b):
    """each key wants its own kind of PIN verification"""
    b.put("ec")
    want_same(sw_of(b, GET_9A), "6d00", "before SELECT")
    b.host.must(SELECT)
    for key, sw in ((0x9A, "6982"), (0x9C, "6982"), (0x9D, "6982"),
                    (0x9E, "9000"), (0x9F, "6a86")):
        want_same(sign_sw(b, key), sw, f"{key:02x} without PIN")
    b.host.must(verify(PIN))
    want_same(sw_of(b, STATUS), "9000", "status")
    for key, sw in ((0x9C, "6982"), (0x9A, "9000"), (0x9A, "9000"),
                    (0x9D, "9000")):
        want_same(sign_sw(b, key), sw, f"{key:02x} with PIN")
    b.host.must(verify(PIN))
    want_same(sign_sw(b, 0x9C), "9000", "9c right after VERIFY")
    want_same(sign_sw(b, 0x9C), "6982", "9c a second time")


def test_reset(b):
    """a reset forgets the PIN and the application"""
    b.put("ec")
    b.host.must(SELECT)
    b.host.must(verify(PIN))
    want_same(b.card.counters()["verified"], 1, "verified")
    b.pcsc.disconnect(RESET)
    b.pcsc.connect()
    want_same(b.card.counters()["verified"], 0, "verified")
    want_same(sw_of(b, STATUS), "6d00", "status before SELECT")
    b.host.must(SELECT)
    want_same(sw_of(b, STATUS), "63c3", "status after SELECT")


def test_pin(b):
    """PIN tries are counted, kept, blocked, and restored by the PUK"""
    b.put("ec")
    b.host.must(SELECT)
    want_same(sw_of(b, verify("000000")), "63c2", "first")
    b.pcsc.disconnect()
    b.card.remove()
    b.pcsc.wait(EMPTY)
    b.card.insert()
    b.pcsc.wait(PRESENT)
    b.pcsc.connect()
    b.host.must(SELECT)
    want_same(sw_of(b, STATUS), "63c2", "kept over removal")
    want_same(sw_of(b, verify("000000")), "63c1", "second")
    want_same(sw_of(b, verify("000000")), "63c0", "third")
    want_same(sw_of(b, verify(PIN)), "6983", "right PIN, blocked")
    want_same(sw_of(b, STATUS), "6983", "status, blocked")
    unblock = b"\x00\x2c\x00\x80\x10"
    want_same(sw_of(b, unblock + padded("00000000") + padded("654321")),
              "63c2", "wrong PUK")
    b.host.must(unblock + padded(PUK) + padded("654321"))
    b.host.must(verify("654321"))
    b.host.must(b"\x00\x24\x00\x80\x10" + padded("654321") + padded(PIN))
    b.host.must(verify(PIN))
    want_same(b.card.counters()["puk-tries"], 3, "PUK tries")


def test_pin_form(b):
    """VERIFY of a wrong form spends no try"""
    b.put("ec")
    b.host.must(SELECT)
    head = b"\x00\x20\x00\x80"
    for command, sw in ((head + b"\x06" + b"123456", "6700"),
                        (head + b"\x08" + b"\xff" * 8, "6a80"),
                        (head + b"\x08" + b"1234\xff5\xff\xff", "6a80"),
                        (b"\x00\x20\x00\x00\x08" + padded(PIN), "6a88"),
                        (b"\x10" + verify(PIN)[1:], "6884"),
                        (b"\x80" + verify(PIN)[1:], "6e00")):
        want_same(sw_of(b, command), sw, command.hex())
    want_same(b.card.counters()["pin-tries"], 3, "tries")


def test_refusals(b):
    """wrong lengths, parameters and interrupted chains are refused"""
    b.put("rsa")
    b.host.must(SELECT)
    b.host.must(verify(PIN))
    part = b"\x10\x87\x07\x9a\xff" + bytes(255)
    for command, sw in (
            (b"\x00\xa4\x04\x00\x05\xa0\x00\x00\x03\x08\x00", "9000"),
            (b"\x00\xa4\x04\x00\x05\xa0\x00\x00\x03\x09\x00", "6a82"),
            (b"\x00\xcb\x3f\xff\x05\x5c\x03\x5f\xc1\x09\x00", "6a82"),
            (b"\x00\xcb\x00\x00\x05\x5c\x03\x5f\xc1\x09\x00", "6a86"),
            (b"\x00\xcb\x3f\xff\x05\x5c\x09\x5f\xc1\x09\x00", "6a80"),
            (b"\x00\xc0\x00\x00\x00", "6985"),
            (b"\x00\x87\x11\x9a\x02\x7c\x00\x00", "6a86"),
            (b"\x00\x87\x07\x9a\x02\x7c\x00\x00", "6a80"),
            (b"\x00\x87\x07\x9a\x04\x7c\x02\x81\x00\x00", "6a80"),
            (b"\x00\xdb\x3f\xff\x01\x00", "6d00"),
            (b"\x00\xcb\x3f\xff\x09\x5c", "6700")):
        want_same(sw_of(b, command), sw, command.hex())
    for _ in range(16):
        want_same(sw_of(b, part), "9000", "chain")
    want_same(sw_of(b, part), "6700", "chain over 4096 bytes")


def test_log(b):
    """the log has every APDU and never a PIN or PUK"""
    run_login(b, "ec", "ec", 7)
    # without the time stamps, which may hold any digits
    lines = [line.split(" ", 1)[1] for line in b.card.apdus().splitlines(True)]
    text = "".join(lines)
    for secret in (PIN, PUK, "654321", "999999"):
        want(secret not in text, f"{secret} in the log")
        want(secret.encode().hex() not in text, f"{secret} in hex")
    verifies = [line for line in lines if " verify " in line]
    want(verifies and all(" data=pin " in v for v in verifies), "verify")
    diag(verifies[0])


# -- cases: presence ----------------------------------------------------------

def test_presence(b):
    """removal and insertion reach SCardGetStatusChange"""
    b.put("ec")
    b.pcsc.disconnect()
    gone, come = [], []
    for _ in range(8):
        time.sleep(random.random() * 0.4)
        start = time.monotonic()
        b.card.remove()
        b.pcsc.wait(EMPTY)
        gone.append((time.monotonic() - start) * 1000)
        time.sleep(0.5 + random.random() * 0.4)
        start = time.monotonic()
        b.card.insert()
        b.pcsc.wait(PRESENT)
        come.append((time.monotonic() - start) * 1000)
    for name, ms in (("insertion", come), ("removal", gone)):
        diag(f"{name} seen after ms: median {statistics.median(ms):.0f}, "
             f"{min(ms):.0f} to {max(ms):.0f}, n={len(ms)}")


def login_result(b, kind):
    try:
        b.host.login(kind, digest_of("r"))
        return "done"
    except (scard.Error, AssertionError) as e:
        return str(e)


def test_remove_at(b):
    """remove-at N at every place of a login; remove-after"""
    for n in range(1, 8):
        b.put("ec")
        b.card.remove_at(n)
        want(login_result(b, "ec") != "done", f"login over remove-at {n}")
        status = b.card.status()
        want_same(status["inserted"], "no", "inserted")
        want_same(b.card.counters()["apdus"], n, "apdus")
    b.put("ec")
    b.card.remove_after(7)
    want_same(login_result(b, "ec"), "done", "remove-after the last")
    want_same(b.card.status()["inserted"], "no", "inserted")


def test_restart(b):
    """vcard finds a pcscd that was restarted"""
    b.put("ec")
    b.pcsc.disconnect()
    b.pcscd.stop()
    wait_for(lambda: b.card.status()["connected"] == "no", 3,
             "loss of pcscd")
    b.pcscd.start()
    wait_for(lambda: b.card.status()["connected"] == "yes", 5,
             "new connection")
    b.open_pcsc()
    b.pcsc.wait(PRESENT)
    run_login(b, "ec", "ec", 7)


# -- cases: faults --------------------------------------------------------------

def test_change(b):
    """another card in the same place, which pcscd does not notice"""
    b.put("ec")
    b.host.must(SELECT)
    b.host.must(verify(PIN))
    before = b.pcsc.state(b.pcsc.reader)
    b.card.change(b.made["rsa"])
    counters = b.card.counters()
    want_same((counters["verified"], counters["apdus"]), (0, 0), "of the new card")
    time.sleep(1)
    want_same(b.pcsc.state(b.pcsc.reader), before, "what pcscd sees")
    want_same(sw_of(b, STATUS), "6d00", "status before SELECT")
    run_login(b, "rsa", "rsa", 9)
    b.card.remove()
    want(b.card.ask("change " + b.made["ec"].directory).startswith("error "), "change of no card")


def still_good(b, name="ec"):
    want(b.card.process.alive, "vcard died")
    b.put(name)
    want_same(login_result(b, name[:3].rstrip("12")), "done", "after clear")


def test_fault_frames(b):
    """spoiled frames at every command leave vcard alive"""
    kinds = ("garbage", "garbage-ok", "truncated", "onebyte", "flood",
             "sw 6f00", "sw 6982", "delay 5")
    seen = {}
    for kind in kinds:
        for where in ("select", "getdata", "getresponse", "verify", "sign",
                      "any", "3"):
            b.put("ec")
            b.card.fault(kind, where, 1)
            seen[kind, where] = login_result(b, "ec")
    for (kind, where), result in seen.items():
        if kind == "delay 5":
            want_same(result, "done", f"{kind} at {where}")
        elif kind not in ("garbage-ok", "flood"):
            want(result != "done", f"{kind} at {where} went unseen")
    still_good(b)
    diag("flood at getdata: " + seen["flood", "getdata"])
    diag("onebyte at sign: " + seen["onebyte", "sign"])


def test_fault_of_one_object(b):
    """the CHUID has a name of its own: a fault there spares the certificate, and the other way round"""
    for spoiled, where in ((GET_CHUID, "chuid"), (GET_9A, "getdata")):
        b.put("ec")
        b.host.must(SELECT)
        b.card.fault("sw 6f00", where)
        for command in (GET_CHUID, GET_9A):
            want_same(sw_of(b, command) == "6f00", command == spoiled, f"{where}: {command.hex()}")
    still_good(b)


def test_fault_garbage_is_garbage(b):
    """garbage has no status word of any kind, garbage-ok has 9000"""
    b.put("ec")
    b.card.fault("garbage", "select")
    b.card.fault("garbage-ok", "getdata")
    for _ in range(50):
        want(b.host.raw(SELECT)[1] < 0x4000, "SW")
    data, sw = b.host.raw(GET_9A)
    want(sw == 0x9000 and data[:1] != b"", "garbage-ok")
    still_good(b)


def in_background(function):
    result = []

    def work():
        try:
            result.append(function())
        except (scard.Error, AssertionError) as e:
            result.append(e)

    thread = threading.Thread(target=work)
    thread.start()
    return thread, result


def test_fault_silent(b):
    """silent: nothing comes until clear, or until the card is pulled"""
    for where, end in (("select", "clear"), ("select", "remove")):
        b.put("ec")
        b.card.fault("silent", where, 1)
        thread, result = in_background(lambda: b.host.raw(SELECT))
        thread.join(0.7)
        want(thread.is_alive(), "answered although silent")
        want_same(b.card.status()["pending"], "silent", "pending")
        b.card.say(end)
        thread.join(3)
        want(not thread.is_alive(), f"{end} did not end the silence")
        diag(f"{end}: {result[0]}"[-70:])
    still_good(b)


def test_fault_empty(b):
    """empty: pcscd waits on, until the card is pulled"""
    b.put("ec")
    b.card.fault("empty", "select", 1)
    thread, result = in_background(lambda: b.pcsc.transmit(SELECT))
    thread.join(0.7)
    diag(f"after 0.7 s: {result or 'still waiting'}")
    b.card.remove()
    thread.join(3)
    want(not thread.is_alive(), "remove did not end it")
    diag(f"SCardTransmit then: {result[0]}")
    still_good(b)


def test_fault_endless(b):
    """endless: 61xx for as long as it is asked"""
    b.put("ec")
    b.host.must(SELECT)
    b.card.fault("endless", "getdata", 1)
    data, sw = b.host.run(GET_9A, limit=500)
    want_same((len(data), sw >> 8), (501 * 256, 0x61), "bytes and SW1")
    b.host.must(SELECT)
    still_good(b)


def test_fault_lengths(b):
    """lying lengths: in the certificate object and in the signature"""
    b.put("ec")
    b.host.must(SELECT)
    b.host.must(verify(PIN))
    true = b.host.must(GET_9A)
    n = len(true) - 4
    for kind, start in (
            ("length-lie-short", b"\x53\x82" + (n - 10).to_bytes(2, "big")),
            ("length-lie-long", b"\x53\x82" + (n + 16).to_bytes(2, "big")),
            ("length-indefinite", b"\x53\x80\x70\x82"),
            ("length-huge", b"\x53\x84\x7f\xff\xff\xff\x70"),
            ("inner-lie-short", true[:6]), ("inner-lie-long", true[:6])):
        b.card.fault(kind, "getdata")
        got = b.host.must(GET_9A)
        want(got != true and got.startswith(start), f"{kind} {got[:8].hex()}")
        b.card.clear()
        b.card.fault(kind, "sign")
        answer, sw = b.host.sign("ec", digest_of("x"))
        want_same(sw, 0x9000, kind)
        want(not answer.startswith(tlv(0x7C, answer[2:])) or
             kind.startswith("inner"), kind)
        b.card.clear()
    still_good(b)


def served_certificate(b):
    data, sw = b.host.run(GET_9A)
    return (untlv(data, 0x53) if data else b""), sw


def test_fault_certificates(b):
    """cert-none, cert-cut, cert-derlength, cert-gzip, cert-of"""
    b.put("ec")
    b.host.must(SELECT)
    true = untlv(served_certificate(b)[0], 0x70)

    def serve(fault):
        b.card.fault(fault, "getdata", 1)
        b.host.must(GET_CHUID)  # is no certificate: does not use it up
        return served_certificate(b)

    want_same(serve("cert-none"), (b"", 0x6A82), "cert-none")
    want_same(untlv(serve("cert-cut")[0], 0x70), true[:len(true) // 2], "cut")
    lie = untlv(serve("cert-derlength")[0], 0x70)
    want(len(lie) == len(true) and lie != true, "derlength")
    packed = serve("cert-gzip")[0]
    want_same(gzip.decompress(untlv(packed, 0x70)), true, "gzip")
    want(packed.endswith(b"\x71\x01\x01\xfe\x00"), "certinfo")
    with open(os.path.join(b.dir("ec2"), "9a.obj"), "rb") as f:
        want_same(serve("cert-of " + b.made["ec2"].directory)[0], f.read(), "cert-of")
    want_same(untlv(served_certificate(b)[0], 0x70), true, "spent")
    still_good(b)


def run_signature_faults(b, name, kind):
    b.put(name)
    b.host.must(SELECT)
    b.host.must(verify(PIN))
    digest, flipped = digest_of("now"), bytearray(digest_of("now"))
    flipped[-1] ^= 1
    sign = lambda d: untlv(untlv(b.host.sign(kind, d)[0], 0x7C), 0x82)
    first = sign(digest_of("before"))
    for fault in ("sig-replayed", "sig-wrong", "sig-random", "sig-zero",
                  "sig-short", "sig-foreign", "sig-otherdata"):
        b.card.fault(fault, "sign", 1)
        got = sign(digest)
        want(not b.verifies(name, digest, got), f"{fault} verified")
        if fault == "sig-replayed":
            want_same(got, first, fault)
        if fault == "sig-otherdata":
            want(b.verifies(name, bytes(flipped), got), fault)
    want(b.verifies(name, digest, sign(digest)), "true again")


def test_fault_signatures_rsa(b):
    """sig-*: none verifies; the next one does (RSA)"""
    run_signature_faults(b, "rsa", "rsa")


def test_fault_signatures_ec(b):
    """sig-*: none verifies; the next one does (P-256)"""
    run_signature_faults(b, "ec", "ec")


def test_fault_pin(b):
    """verify-lies-ok, verify-any, and a lying status"""
    b.put("ec")
    b.host.must(SELECT)
    b.card.fault("verify-lies-ok", "verify")
    b.host.must(verify("000000"))
    want_same(sign_sw(b, 0x9A), "6982", "lies-ok verifies nothing")
    b.card.clear()
    b.card.fault("verify-any", "verify")
    b.host.must(verify("000000"))
    want_same(sign_sw(b, 0x9A), "9000", "any PIN")
    b.card.clear()
    b.card.fault("sw 6983", "verify-status")
    want_same(sw_of(b, STATUS), "6983", "status")
    want_same(b.card.counters()["pin-tries"], 3, "tries")
    still_good(b)


# -- cases: certificates, orders, hostile input -----------------------------------

def openssl_verify(b, name, *more, ca="main"):
    return subprocess.run(
        ["openssl", "verify", "-CAfile", os.path.join(b.box, "ca",
         ca + ".pem"), *more, os.path.join(b.dir(name), "9a.pem")],
        capture_output=True, text=True)


def test_certificates(b):
    """openssl's verdict on each certificate"""
    for name, text in (
            ("rsa", None), ("ec", None), ("clone", None),
            ("expired", "expired"), ("future", "not yet valid"),
            ("stranger", "unable to get local issuer"),
            ("twin", "authority and subject key identifier mismatch|"
             "unable to get local issuer|signature failure")):
        done = openssl_verify(b, name)
        want((done.returncode == 0) == (text is None), f"{name}: {done}")
        want(text is None or any(t in done.stderr for t in text.split("|")),
             f"{name}: {done.stderr}")
    want_same(openssl_verify(b, "stranger", ca="other").returncode, 0, "other")
    want_same(openssl_verify(b, "twin", ca="twin").returncode, 0, "twin")
    b.make("crl", b.box, "ec2")
    crl = os.path.join(b.box, "ca", "main.crl")
    check = ("-crl_check", "-CRLfile", crl)
    want_same(openssl_verify(b, "ec", *check).returncode, 0, "not revoked")
    want("revoked" in openssl_verify(b, "ec2", *check).stderr, "revoked")


def test_key_usage(b):
    """--no-digital-signature leaves the bit out"""
    for name, there in (("ec", True), ("nosign", False)):
        text = subprocess.run(
            ["openssl", "x509", "-noout", "-ext", "keyUsage", "-in",
             os.path.join(b.dir(name), "9a.pem")],
            check=True, capture_output=True, text=True).stdout
        want_same("Digital Signature" in text, there, name)


def test_clone(b):
    """a clone has the certificate and not the key"""
    b.put("clone")
    cert, signature = b.host.login("ec", digest_of("c"))
    b.put("ec")
    want_same(b.host.login("ec", digest_of("c"))[0], cert, "certificate")
    want(not b.verifies("ec", digest_of("c"), signature), "signature")


def test_make_refuses(b):
    """vcard-make refuses nonsense"""
    for words in (["card", b.box, "ca"], ["card", b.box, "../x"],
                  ["card", b.box, "rsa"], ["card", b.box, "y", "--pin", "1"],
                  ["card", b.box, "y", "--slots", "3"], ["ca", b.box],
                  ["card", b.box, "y", "--nothing"], [], ["crl"],
                  ["card", b.box, "y", "--tries", "16"]):
        done = subprocess.run([b.maker, *words], capture_output=True)
        want(done.returncode in (1, 2), f"{words}: {done}")


def test_orders(b):
    """wrong orders get an error and change nothing"""
    b.put("ec")
    for line in ("", "nothing", "insert a b", "insert /nowhere", "set-tries",
                 "set-tries 16", "set-tries -1", "change", "change /nowhere", "slow 1", "slow x y",
                 "fault", "fault x at any", "fault silent", "fault delay at",
                 "fault silent on any", "fault silent at nowhere",
                 "fault silent at 0", "fault sw 90000 at any",
                 "fault delay x at any", "fault sw at any",
                 "fault cert-of /nowhere at any", "log /nowhere/x",
                 "a " * 100, "remove-at 99999999999999999999999"):
        reply = b.card.ask(line)
        want(reply.startswith("error "), f"{line!r}: {reply}")
    for _ in range(16):
        b.card.fault("garbage", "any")
    want("no room" in b.card.ask("fault garbage at any"), "17th fault")
    still_good(b)


def test_send(b):
    """vcard --send asks a running vcard"""
    done = b.world.run([b.vcard, "--control", b.card.control, "--send", "counters"])
    want(done.stdout.startswith("ok pin-tries="), str(done))


def test_bad_clients(b):
    """control clients that flood, vanish or are too many"""
    for data in (b"x" * 20000, b"status", b"\0\xff\n", b"status\n" * 3000):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(1)
            s.connect(b.world.space.path(b.card.control))
            try:
                s.sendall(data)
            except OSError:
                pass
    crowd = [socket.socket(socket.AF_UNIX) for _ in range(20)]
    for s in crowd:
        s.connect(b.world.space.path(b.card.control))
    b.card.status()
    for s in crowd:
        s.close()
    b.card.status()


def test_hostile_host(b):
    """20000 random frames under all faults, straight to the socket"""
    run_hostile(b, "ec2", SELECT,
                (SELECT, GET_9A, GET_CHUID, STATUS, verify(PIN),
                 b"\x00\xc0\x00\x00\x00",
                 b"\x10\x87\x11\x9a\xff" + bytes(255),
                 b"\0\x87\x11\x9e\x28" + challenge("ec", bytes(32)) + b"\0",
                 b"\0\x24\0\x80\x10" + padded(PIN) * 2), 20000)


def atr_of(b, **options):
    """What the card tells a reader, read straight from the socket."""
    with b.world.space.serve() as server:
        card = b.another("ec", server.getsockname()[1], **options)
        server.settimeout(5)
        with server.accept()[0] as peer:
            peer.settimeout(5)
            peer.sendall(b"\0\1\4")
            size = int.from_bytes(read_exactly(peer, 2), "big")
            atr = read_exactly(peer, size)
        card.stop()
    return atr


def test_no_extended(b):
    """the ATR announces extended length unless told not to"""
    with_it, without = atr_of(b), atr_of(b, extended=False)
    differs = [i for i in range(len(with_it)) if with_it[i] != without[i]]
    want_same(differs, [7, len(with_it) - 1], "bytes that differ")
    want_same((with_it[7], without[7]), (0xC0, 0x80), "capabilities")
    for atr in (with_it, without):
        check = 0
        for byte in atr[1:]:
            check ^= byte
        want_same(check, 0, "check byte of " + atr.hex())


def test_ends_on_sigterm(b):
    """with status 0"""
    want_same(b.card.process.terminate(), 0, "exit status")
    diag(b.card.stderr())


if __name__ == "__main__":
    directory = tap.build_directory()
    tap.main(missing(programs=TOOLS, audit=False, build=None), b=lambda: Bench(directory, CARDS))
