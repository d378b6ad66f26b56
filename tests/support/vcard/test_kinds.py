#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tests of vcard's other keys and other kinds of card, behind Debian's pcscd, OpenSC and openssl.

    test_kinds.py BUILD_DIR [TEST...]
"""

import hashlib
import os
import subprocess

from bench import PIN, TOOLS, Bench, digest_of, run_tool_sign, untlv, want, want_same, GET_CHUID, SELECT
from world import missing, tap
from world.tap import comment as diag

CARDS = {
    "rsa3072": {"key": "rsa3072", "slots": 1, "chuid_signed": True},
    "p384": {"key": "p384", "slots": 1},
}


# -- PIV: the longer keys -----------------------------------------------------

def run_long_key(b, name, apdus, digest, how):
    b.put(name)
    cert, signature = b.host.login(name, digest)
    want_same(b.card.counters()["apdus"], apdus, "APDUs")
    want(b.verifies(name, digest, signature, how=how), "signature")
    diag(f"{name}: certificate {len(cert)} bytes")
    for fault in ("sig-random", "sig-zero", "sig-foreign", "sig-otherdata"):
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


if __name__ == "__main__":
    directory = tap.build_directory()
    tap.main(missing(programs=TOOLS, audit=False, build=None), b=lambda: Bench(directory, CARDS))
