# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of vcard share: a pcscd, a vcard and a box of cards; a host that speaks PIV."""

import hashlib
import os
import random
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from world import Card, World, scard                    # noqa: E402
from world.pcsc import SOCKET                           # noqa: E402
from world.process import Deadline                      # noqa: E402
from world.scard import EMPTY, PRESENT, RESET                  # noqa: E402

TOOLS = ("pkcs11-tool", "pkcs15-tool", "opensc-tool", "piv-tool", "openssl")
PIN = "123456"
PUK = "12345678"


class Failure(AssertionError):
    """A case that found something else than it wanted."""


def want(condition, text):
    if not condition:
        raise Failure(text)


def want_same(got, expected, text):
    want(got == expected, f"{text}: {got!r}, not {expected!r}")


def wait_for(condition, seconds, text):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.01)
    raise Deadline(f"not within {seconds} s: {text}")


class Pcsc(scard.Client):
    """A PC/SC application at the first reader."""

    def __init__(self):
        super().__init__()
        self.reader = self.readers()[0]

    def wait(self, bit):
        super().wait(self.reader, bit)

    def connect(self):
        super().connect(self.reader, protocol=scard.T1)

    def disconnect(self, how=RESET):
        super().disconnect(how)


# -- the host's half of PIV ------------------------------------------------

SELECT = bytes.fromhex("00a404000ba00000030800001000010000")
GET_9A = bytes.fromhex("00cb3fff055c035fc10500")
GET_CHUID = bytes.fromhex("00cb3fff055c035fc10200")
STATUS = bytes.fromhex("00200080")
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def padded(pin):
    return pin.encode().ljust(8, b"\xff")


def verify(pin):
    return b"\x00\x20\x00\x80\x08" + padded(pin)


def tlv(tag, value):
    n = len(value)
    if n < 0x80:
        return bytes([tag, n]) + value
    if n < 0x100:
        return bytes([tag, 0x81, n]) + value
    return bytes([tag, 0x82, n >> 8, n & 255]) + value


def untlv(data, tag):
    want(data[:1] == bytes([tag]), f"tag {data[:1].hex()}, not {tag:02x}")
    n, at = data[1], 2
    if n > 0x80:
        at = 2 + (n & 0x7F)
        n = int.from_bytes(data[2:at], "big")
    return data[at:at + n]


ALGORITHMS = {"rsa": 0x07, "rsa3072": 0x05, "ec": 0x11, "p384": 0x14}


def padded_block(digest, size):
    info = DIGEST_INFO + digest
    return b"\0\1" + b"\xff" * (size - 3 - len(info)) + b"\0" + info


def challenge(kind, digest):
    block = padded_block(digest, 384 if kind == "rsa3072" else 256) if kind.startswith("rsa") else digest
    return tlv(0x7C, b"\x82\x00" + tlv(0x81, block))


class Host:
    """Short APDUs, as few as will do."""

    def __init__(self, pcsc):
        self.pcsc = pcsc

    def raw(self, command):
        answer = self.pcsc.transmit(command)
        want(len(answer) >= 2, "answer without status word")
        return answer[:-2], int.from_bytes(answer[-2:], "big")

    def run(self, command, limit=200):
        data, sw = self.raw(command)
        while sw >> 8 == 0x61 and limit > 0:
            more, sw = self.raw(bytes([0, 0xC0, 0, 0, sw & 255]))
            data += more
            limit -= 1
        return data, sw

    def must(self, command):
        data, sw = self.run(command)
        want_same(f"{sw:04x}", "9000", f"SW of {command[:4].hex()}")
        return data

    def sign(self, kind, digest, key=0x9A, extended=False):
        data = challenge(kind, digest)
        head = bytes([0x87, ALGORITHMS[kind], key])
        if extended:
            n = len(data).to_bytes(2, "big")
            return self.run(b"\0" + head + b"\0" + n + data + b"\0\0")
        while len(data) > 255:
            _, sw = self.raw(b"\x10" + head + b"\xff" + data[:255])
            if sw != 0x9000:
                return b"", sw
            data = data[255:]
        return self.run(b"\0" + head + bytes([len(data)]) + data + b"\0")

    def login(self, kind, digest, pin=PIN):
        """Returns certificate (DER) and signature."""
        self.must(SELECT)
        cert = untlv(untlv(self.must(GET_9A), 0x53), 0x70)
        self.must(verify(pin))
        answer, sw = self.sign(kind, digest)
        want_same(f"{sw:04x}", "9000", "SW of the signature")
        return cert, untlv(untlv(answer, 0x7C), 0x82)

    def login_extended(self, kind, digest):
        self.must(SELECT)
        get = bytes.fromhex("00cb3fff0000055c035fc1050000")
        cert = untlv(untlv(self.must(get), 0x53), 0x70)
        self.must(verify(PIN))
        answer, _ = self.sign(kind, digest, extended=True)
        return cert, untlv(untlv(answer, 0x7C), 0x82)


# -- the host's half of JPKI -------------------------------------------------

SELECT_JPKI = bytes.fromhex("00a4040c0ad392f000260100000001")
SIGN_PIN = "ABC123"


class Jpki(Host):
    """Short APDUs, as few as will do."""

    CERTIFICATE, PIN, KEY = 0x000A, 0x0018, 0x0017
    SIGN = {"certificate": 0x0001, "pin": 0x001B, "key": 0x001A}

    def select(self, file):
        self.must(b"\x00\xa4\x02\x0c\x02" + file.to_bytes(2, "big"))

    def read(self, offset, size=256):
        return self.raw(b"\x00\xb0" + offset.to_bytes(2, "big") + bytes([size & 255]))

    def certificate(self, file=CERTIFICATE):
        """As the lengths at its front say, and what came instead."""
        self.select(file)
        data, sw = self.read(0)
        size = 4 + int.from_bytes(data[2:4], "big") if sw == 0x9000 else 0
        while sw == 0x9000 and len(data) < size:
            more, sw = self.read(len(data), min(256, size - len(data)))
            data += more
        return data, sw

    def verify(self, pin, file=PIN):
        self.select(file)
        return self.raw(b"\x00\x20\x00\x80" + bytes([len(pin)]) + pin.encode())[1]

    def tries(self, file=PIN):
        self.select(file)
        return self.raw(b"\x00\x20\x00\x80")[1]

    def sign(self, digest, file=KEY):
        info = DIGEST_INFO + digest
        self.select(file)
        return self.raw(b"\x80\x2a\x00\x80" + bytes([len(info)]) + info + b"\0")

    def login(self, digest, pin="1234"):
        self.must(SELECT_JPKI)
        cert, sw = self.certificate()
        want_same(f"{sw:04x}", "9000", "SW of the certificate")
        want_same(f"{self.verify(pin):04x}", "9000", "SW of VERIFY")
        signature, sw = self.sign(digest)
        want_same(f"{sw:04x}", "9000", "SW of the signature")
        return cert, signature


# -- the bench --------------------------------------------------------------

class Bench:
    """One pcscd, one vcard and a box of cards for all tests."""

    def __init__(self, build, cards):
        self.world = World("vcard", build, audit=False, table=())
        self.cards = cards

    def __enter__(self):
        self.world.open()
        try:
            self.furnish()
        except BaseException:
            self.world.close()
            raise
        return self

    def __exit__(self, *_):
        self.world.close()

    def furnish(self):
        space, cards = self.world.space, self.world.cards
        os.environ["PCSCLITE_CSOCK_NAME"] = space.path(SOCKET)
        self.vcard, self.maker = (os.path.join(cards.programs, name) for name in ("vcard", "vcard-make"))
        self.folder = space.path("/tmp")
        self.box = space.path(cards.issued)
        self.made = {name: cards.make(name, **options) for name, options in self.cards.items()}
        self.pcscd = self.world.pcscd
        self.card = cards.put(next(iter(self.cards)), self.pcscd.readers[0].port)
        self.open_pcsc()

    def report(self):
        return self.world.report()

    def open_pcsc(self):
        self.pcsc = Pcsc()
        self.host = Host(self.pcsc)
        self.jpki = Jpki(self.pcsc)

    def make(self, *words):
        subprocess.run([self.maker, *words], check=True)

    def dir(self, name):
        """As seen from outside, for openssl."""
        return os.path.join(self.box, name)

    def another(self, name, port, **options):
        """A second vcard, at a port that is not pcscd's."""
        card = Card(self.world.space, self.vcard, port, self.made[name], **options)
        card.start()
        card.insert()
        return card

    def public_key(self, name, slot="9a"):
        path = os.path.join(self.dir(name), f"{slot}.pub")
        if not os.path.exists(path):
            subprocess.run(
                ["openssl", "pkey", "-pubout", "-out", path, "-in",
                 os.path.join(self.dir(name), f"{slot}.key")], check=True)
        return path

    def verifies(self, name, digest, signature, slot="9a", how="sha256"):
        for part, data in (("hash", digest), ("sig", signature)):
            with open(os.path.join(self.folder, part), "wb") as f:
                f.write(data)
        return subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey",
             self.public_key(name, slot), "-pkeyopt", f"digest:{how}",
             "-in", os.path.join(self.folder, "hash"),
             "-sigfile", os.path.join(self.folder, "sig")],
            capture_output=True).returncode == 0

    def put(self, name):
        """The card is in, known to pcscd, good, and connected to."""
        try:
            self.pcsc.disconnect()
        except scard.Error:
            self.pcsc.card = None
        self.card.clear()
        self.card.slow(0, 0)
        if self.card.status()["inserted"] == "no":
            self.card.insert(self.made[name])
        elif self.card.made.kind != self.made[name].kind:
            self.card.remove()
            self.pcsc.wait(EMPTY)
            self.card.insert(self.made[name])
        elif self.card.made is not self.made[name]:
            self.card.change(self.made[name])
        self.card.set_tries(3)
        wait_for(lambda: self.card.status()["connected"] == "yes", 5,
                 "vcard's connection")
        self.pcsc.wait(PRESENT)
        self.pcsc.connect()
        self.card.reset_count()

    def tool(self, *argv, ok=True):
        """A program of Debian's; the bench lets go of the card for it."""
        self.pcsc.disconnect()
        done = subprocess.run(argv, capture_output=True, text=True,
                              timeout=60, stdin=subprocess.DEVNULL)
        text = done.stdout + done.stderr
        if ok is not None:
            want((done.returncode == 0) == ok,
                 f"{argv[0]} ended with {done.returncode}:\n{text}")
        return text


def digest_of(text):
    return hashlib.sha256(text.encode()).digest()


def run_tool_sign(b, name, mechanism, number, pin, slot="9a", data=b"some text", how="sha256"):
    """pkcs11-tool logs in and signs; openssl verifies."""
    b.put(name)
    source, out = (os.path.join(b.folder, part) for part in ("data", "out"))
    with open(source, "wb") as f:
        f.write(data)
    form = ("--signature-format", "openssl") if mechanism == "ECDSA" else ()
    b.tool("pkcs11-tool", "--sign", "-m", mechanism, "--id", number, "--login", "--pin", pin, "-i", source,
           "-o", out, *form)
    digest = data if mechanism == "ECDSA" else hashlib.sha256(data).digest()
    with open(out, "rb") as f:
        want(b.verifies(name, digest, f.read(), slot, how), "signature")
    print(f"# pkcs11-tool --login --sign, {name}: {b.card.counters()['apdus']} APDUs")


# -- a hostile host -------------------------------------------------------------

def frames(rng, good, n):
    """Random APDUs, most of them near to good ones."""
    for _ in range(n):
        frame = bytearray(rng.choice(good))
        for _ in range(rng.randrange(4)):
            if frame:
                frame[rng.randrange(len(frame))] = rng.randrange(256)
        if rng.randrange(4) == 0:
            frame = frame[:rng.randrange(len(frame) + 1)]
        if rng.randrange(50) == 0:
            frame += rng.randbytes(rng.randrange(60000))
        yield bytes(frame)


def read_exactly(s, n):
    data = b""
    while len(data) < n:
        piece = s.recv(n - len(data))
        want(piece, "vcard closed the connection")
        data += piece
    return data


FAULTS = ("sw 6a80", "endless", "verify-any", "verify-lies-ok", "cert-none",
          "cert-cut", "cert-derlength", "cert-gzip", "sig-wrong",
          "sig-random", "sig-zero", "sig-short", "sig-replayed",
          "sig-foreign", "sig-otherdata", "length-lie-short",
          "length-lie-long", "length-indefinite", "length-huge",
          "inner-lie-short", "inner-lie-long", "garbage", "garbage-ok",
          "truncated", "onebyte", "empty", "flood")


def run_hostile(b, name, select, good, n):
    """Random frames under all faults, straight to the socket."""
    rng = random.Random(20)
    with b.world.space.serve() as server:
        card = b.another(name, server.getsockname()[1])
        server.settimeout(5)
        peer = server.accept()[0]
        peer.settimeout(5)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i, frame in enumerate(frames(rng, good, n)):
            if i % 200 == 0:
                card.clear()
                card.set_tries(15)
                card.fault(rng.choice(FAULTS), "any")
                peer.sendall(b"\0\1\2" + len(select).to_bytes(2, "big") + select)
                read_exactly(peer, int.from_bytes(read_exactly(peer, 2),
                                                  "big"))
            peer.sendall(len(frame).to_bytes(2, "big") + frame)
            if len(frame) > 1:
                size = int.from_bytes(read_exactly(peer, 2), "big")
                read_exactly(peer, size)
            elif frame == b"\4":
                read_exactly(peer, int.from_bytes(read_exactly(peer, 2), "big"))
        for part in (b"\xff\xff" + b"a" * 65535, b"\0", b"\0\0\0\0"):
            peer.sendall(part)
        card.status()
        peer.close()
        want_same(card.process.terminate(), 0, "exit status")
