#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tests of vcard and vcard-make behind Debian's pcscd, OpenSC and openssl.

    test_vcard.py VCARD VCARD_MAKE

Needs root, to give pcscd a mount namespace of its own: its /run is a fresh
tmpfs, its configuration a temporary folder, so that nothing of the host is
touched and a pcscd of the host may run beside. Prints TAP. A case is a
function whose name begins with case_; its first line of documentation is the
name in the report.
"""

import ctypes
import gzip
import hashlib
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

DRIVER = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
TOOLS = ("pcscd", "pkcs11-tool", "opensc-tool", "piv-tool", "openssl",
         "unshare")
PIN = "123456"
PUK = "12345678"

PRESENT, EMPTY = 0x20, 0x10
SHARED, T1, LEAVE, RESET = 2, 2, 0, 1
NO_SERVICE = 0x8010001D


class Failure(Exception):
    """A case that found something else than it wanted."""


def want(condition, text):
    if not condition:
        raise Failure(text)


def want_same(got, expected, text):
    want(got == expected, f"{text}: {got!r}, not {expected!r}")


def diag(text):
    for line in text.splitlines():
        print(f"# {line}", flush=True)


def wait_for(condition, seconds, text):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.01)
    raise Failure(f"not within {seconds} s: {text}")


# -- processes ------------------------------------------------------------

class Process:
    """A child that is always ended by its own pid."""

    def __init__(self, argv, log, **more):
        self.log = open(log, "ab")
        self.child = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log, **more)

    def alive(self):
        return self.child.poll() is None

    def stop(self, how=signal.SIGTERM):
        if self.alive():
            self.child.send_signal(how)
            try:
                self.child.wait(5)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        self.log.close()
        return self.child.returncode


def free_port():
    """vpcd opens two slots, at this port and the next."""
    while True:
        with socket.socket() as a, socket.socket() as b:
            a.bind(("", 0))
            port = a.getsockname()[1]
            try:
                b.bind(("", port + 1))
                return port
            except (OSError, OverflowError):
                continue


class Pcscd:
    SCRIPT = ('mount -t tmpfs tmpfs /run && mkdir /run/pcscd && '
              'mount --bind "$1" /run/pcscd && '
              'exec pcscd --foreground -c "$2"')

    def __init__(self, folder):
        self.folder = folder
        self.run = os.path.join(folder, "pcscd-run")
        self.conf = os.path.join(folder, "pcscd-conf")
        self.socket = os.path.join(self.run, "pcscd.comm")
        self.port = free_port()
        os.mkdir(self.run)
        os.mkdir(self.conf)
        with open(os.path.join(self.conf, "vpcd"), "w") as f:
            f.write('FRIENDLYNAME "Virtual PCD"\n'
                    f"DEVICENAME /dev/null:{self.port:#x}\n"
                    f"LIBPATH {DRIVER}\nCHANNELID {self.port:#x}\n")
        self.start()

    def start(self):
        self.process = Process(
            ["unshare", "--mount", "--propagation", "private",
             "sh", "-c", self.SCRIPT, "sh", self.run, self.conf],
            os.path.join(self.folder, "pcscd.log"))
        wait_for(lambda: os.path.exists(self.socket), 5, "pcscd's socket")

    def stop(self):
        self.process.stop()
        if os.path.exists(self.socket):
            os.unlink(self.socket)


class Vcard:
    def __init__(self, program, folder, port, *more):
        self.path = os.path.join(folder, "control")
        self.process = Process(
            [program, "--port", str(port), "--control", self.path, *more],
            os.path.join(folder, "vcard.log"))
        wait_for(lambda: os.path.exists(self.path), 5, "control socket")
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(5)
        wait_for(self.connect, 2, "vcard accepts")

    def connect(self):
        try:
            self.socket.connect(self.path)
            return True
        except ConnectionRefusedError:
            return False

    def ask(self, line):
        self.socket.sendall(line.encode() + b"\n")
        reply = b""
        while not reply.endswith(b"\n"):
            piece = self.socket.recv(4096)
            want(piece, f"control connection lost after {line!r}")
            reply += piece
        return reply.decode().rstrip("\n")

    def order(self, line):
        reply = self.ask(line)
        want(reply.split()[0] == "ok", f"{line}: {reply}")
        return dict(w.split("=", 1) for w in reply.split()[1:])

    def stop(self):
        self.socket.close()
        return self.process.stop()


# -- PC/SC ----------------------------------------------------------------

class ReaderState(ctypes.Structure):
    _fields_ = [("reader", ctypes.c_char_p), ("user", ctypes.c_void_p),
                ("current", ctypes.c_ulong), ("event", ctypes.c_ulong),
                ("atr_len", ctypes.c_ulong), ("atr", ctypes.c_ubyte * 33)]


class IoRequest(ctypes.Structure):
    _fields_ = [("protocol", ctypes.c_ulong), ("length", ctypes.c_ulong)]


class PcscError(Exception):
    def __init__(self, name, code):
        super().__init__(f"{name}: {code:08x}")
        self.code = code


class Pcsc:
    """The part of the PC/SC API that the cases need."""

    def __init__(self):
        self.lib = ctypes.CDLL("libpcsclite.so.1")
        self.context = ctypes.c_long()
        self.call("SCardEstablishContext", 2, None, None,
                  ctypes.byref(self.context))
        self.reader = None
        self.card = None

    def call(self, name, *args):
        args = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in args]
        code = getattr(self.lib, name)(*args) & 0xFFFFFFFF
        if code != 0:
            raise PcscError(name, code)

    def readers(self):
        size = ctypes.c_ulong(1024)
        names = ctypes.create_string_buffer(1024)
        self.call("SCardListReaders", self.context, None, names,
                  ctypes.byref(size))
        return [n for n in names.raw[:size.value].split(b"\0") if n]

    def event(self, current=0, timeout_ms=0):
        state = ReaderState(reader=self.reader, current=current)
        try:
            self.call("SCardGetStatusChange", self.context, timeout_ms,
                      ctypes.byref(state), 1)
        except PcscError as e:
            if e.code != 0x8010000A:
                raise
        return state.event

    def wait(self, bit, seconds=5):
        """Waits as an application does: woken, not polling."""
        end = time.monotonic() + seconds
        current = self.event()
        while not current & bit:
            left = int((end - time.monotonic()) * 1000)
            want(left > 0, "no card event in time")
            current = self.event(current & ~0x2, left)

    def connect(self):
        self.card = ctypes.c_long()
        protocol = ctypes.c_ulong()
        self.call("SCardConnect", self.context, self.reader, SHARED, T1,
                  ctypes.byref(self.card), ctypes.byref(protocol))

    def disconnect(self, how=RESET):
        if self.card is not None:
            card, self.card = self.card, None
            self.call("SCardDisconnect", card, how)

    def transmit(self, command):
        out = ctypes.create_string_buffer(70000)
        size = ctypes.c_ulong(len(out))
        request = IoRequest(T1, ctypes.sizeof(IoRequest))
        self.call("SCardTransmit", self.card, ctypes.byref(request),
                  bytes(command), len(command), None, out,
                  ctypes.byref(size))
        return out.raw[:size.value]


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


def challenge(kind, digest):
    if kind == "ec":
        block = digest
    else:
        info = DIGEST_INFO + digest
        block = b"\0\1" + b"\xff" * (253 - len(info)) + b"\0" + info
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
        head = bytes([0x87, 0x07 if kind == "rsa" else 0x11, key])
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


# -- the bench --------------------------------------------------------------

class Bench:
    """One pcscd, one vcard and a box of cards for all cases."""

    CARDS = {
        "rsa": [], "ec": ["--key", "p256"],
        "rsa1": ["--slots", "1", "--cn", "試験 花子"],
        "ec2": ["--key", "p256"],
        "clone": ["--clone-of", "ec"],
        "expired": ["--key", "p256", "--slots", "1", "--validity", "expired"],
        "future": ["--key", "p256", "--slots", "1", "--validity", "future"],
        "stranger": ["--key", "p256", "--slots", "1", "--ca", "other"],
        "twin": ["--key", "p256", "--slots", "1", "--ca", "twin"],
        "nosign": ["--key", "p256", "--slots", "1",
                   "--no-digital-signature"],
    }

    def __init__(self, vcard, make, folder):
        self.vcard, self.maker, self.folder = vcard, make, folder
        self.box = os.path.join(folder, "box")
        self.log = os.path.join(folder, "apdu.log")
        self.make("ca", self.box)
        for name, options in self.CARDS.items():
            self.make("card", self.box, name, *options)
        self.pcscd = Pcscd(folder)
        self.card = Vcard(vcard, folder, self.pcscd.port, "--log", self.log,
                          "--card", self.dir("rsa"))
        os.environ["PCSCLITE_CSOCK_NAME"] = self.pcscd.socket
        self.open_pcsc()

    def open_pcsc(self):
        self.pcsc = Pcsc()
        self.pcsc.reader = self.pcsc.readers()[0]
        self.host = Host(self.pcsc)

    def make(self, *words):
        subprocess.run([self.maker, *words], check=True)

    def dir(self, name):
        return os.path.join(self.box, name)

    def public_key(self, name, slot="9a"):
        path = os.path.join(self.dir(name), f"{slot}.pub")
        if not os.path.exists(path):
            subprocess.run(
                ["openssl", "pkey", "-pubout", "-out", path, "-in",
                 os.path.join(self.dir(name), f"{slot}.key")], check=True)
        return path

    def verifies(self, name, digest, signature, slot="9a"):
        for part, data in (("hash", digest), ("sig", signature)):
            with open(os.path.join(self.folder, part), "wb") as f:
                f.write(data)
        return subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey",
             self.public_key(name, slot), "-pkeyopt", "digest:sha256",
             "-in", os.path.join(self.folder, "hash"),
             "-sigfile", os.path.join(self.folder, "sig")],
            capture_output=True).returncode == 0

    def put(self, name):
        """The card is in, known to pcscd, good, and connected to."""
        try:
            self.pcsc.disconnect()
        except PcscError:
            self.pcsc.card = None
        self.card.order("clear")
        self.card.order("slow 0 0")
        status = self.card.order("status")
        if status["inserted"] == "no" or status["card"] != self.dir(name):
            self.card.order("remove")
            self.pcsc.wait(EMPTY)
            self.card.order("insert " + self.dir(name))
        self.card.order("set-tries 3")
        wait_for(lambda: self.card.order("status")["connected"] == "yes", 5,
                 "vcard's connection")
        self.pcsc.wait(PRESENT)
        self.pcsc.connect()
        self.card.order("reset-count")

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

    def stop(self):
        status = self.card.stop()
        self.pcscd.stop()
        return status


def digest_of(text):
    return hashlib.sha256(text.encode()).digest()


# -- cases: Debian's programs -----------------------------------------------

def case_names(b):
    """opensc-tool and piv-tool name a PIV card"""
    b.put("rsa")
    for tool in ("opensc-tool", "piv-tool"):
        want("Personal Identity Verification" in b.tool(tool, "-n"), tool)


def run_pkcs11_test(b, name):
    b.put(name)
    text = b.tool("pkcs11-tool", "--test", "--login", "--pin", PIN)
    want("No errors" in text, text)
    diag(f"{name}: {b.card.order('counters')}")


def case_pkcs11_rsa(b):
    """pkcs11-tool --test --login, RSA, four slots"""
    run_pkcs11_test(b, "rsa")


def case_pkcs11_ec(b):
    """pkcs11-tool --test --login, P-256, four slots"""
    run_pkcs11_test(b, "ec")


def case_pkcs11_ecdsa(b):
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


def case_pkcs11_ecdh(b):
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


def case_pkcs11_wrong_pin(b):
    """pkcs11-tool with a wrong PIN lowers the counter, a blocked PIN fails"""
    b.put("rsa")
    b.tool("pkcs11-tool", "--login", "--pin", "999999", "-O", ok=False)
    want_same(b.card.order("counters")["pin-tries"], "2", "tries")
    b.card.order("block-pin")
    text = b.tool("pkcs11-tool", "--login", "--pin", PIN, "-O", ok=False)
    want("CKR_PIN_LOCKED" in text, text)


# -- cases: the bare login ---------------------------------------------------

def run_login(b, name, kind, apdus, how="login"):
    b.put(name)
    digest = digest_of(name)
    start = time.monotonic()
    cert, signature = getattr(b.host, how)(kind, digest)
    ms = (time.monotonic() - start) * 1000
    want_same(int(b.card.order("counters")["apdus"]), apdus, "APDUs")
    want(b.verifies(name, digest, signature), "signature")
    pem = os.path.join(b.dir(name), "9a.pem")
    der = subprocess.run(["openssl", "x509", "-in", pem, "-outform", "DER"],
                         check=True, capture_output=True).stdout
    want(cert == der, "certificate differs from 9a.pem")
    diag(f"{how} {kind}: {apdus} APDUs, certificate {len(cert)} bytes, "
         f"{ms:.1f} ms")


def case_login_rsa(b):
    """a bare RSA login costs nine short APDUs"""
    run_login(b, "rsa", "rsa", 9)
    run_login(b, "rsa1", "rsa", 9)


def case_login_ec(b):
    """a bare P-256 login costs seven short APDUs"""
    run_login(b, "ec", "ec", 7)


def case_login_extended(b):
    """with extended length either login costs four APDUs"""
    run_login(b, "rsa", "rsa", 4, "login_extended")
    run_login(b, "ec", "ec", 4, "login_extended")


def case_quick(b):
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
    want(statistics.median(times) < 20, f"median {statistics.median(times)}")


def case_slow(b):
    """slow 20 300 costs that much, and orders are answered meanwhile"""
    b.put("rsa")
    b.card.order("slow 20 300")
    worker = threading.Thread(target=b.host.login,
                              args=("rsa", digest_of("slow")))
    start = time.monotonic()
    worst = 0
    worker.start()
    while worker.is_alive():
        asked = time.monotonic()
        b.card.order("status")
        worst = max(worst, time.monotonic() - asked)
        time.sleep(0.005)
    worker.join()
    ms = (time.monotonic() - start) * 1000
    diag(f"login {ms:.0f} ms, slowest order {worst * 1000:.1f} ms")
    want(480 <= ms < 900, f"{ms:.0f} ms")
    want(worst < 0.2, f"an order took {worst:.3f} s")


# -- cases: access and counters ----------------------------------------------

def sw_of(b, command):
    return f"{b.host.raw(command)[1]:04x}"


def sign_sw(b, key):
    return f"{b.host.sign('ec', digest_of('x'), key)[1]:04x}"


def case_access(b):
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


def case_reset(b):
    """a reset forgets the PIN and the application"""
    b.put("ec")
    b.host.must(SELECT)
    b.host.must(verify(PIN))
    want_same(b.card.order("counters")["verified"], "yes", "verified")
    b.pcsc.disconnect(RESET)
    b.pcsc.connect()
    want_same(b.card.order("counters")["verified"], "no", "verified")
    want_same(sw_of(b, STATUS), "6d00", "status before SELECT")
    b.host.must(SELECT)
    want_same(sw_of(b, STATUS), "63c3", "status after SELECT")


def case_pin(b):
    """PIN tries are counted, kept, blocked, and restored by the PUK"""
    b.put("ec")
    b.host.must(SELECT)
    want_same(sw_of(b, verify("000000")), "63c2", "first")
    b.pcsc.disconnect()
    b.card.order("remove")
    b.pcsc.wait(EMPTY)
    b.card.order("insert")
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
    want_same(b.card.order("counters")["puk-tries"], "3", "PUK tries")


def case_pin_form(b):
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
    want_same(b.card.order("counters")["pin-tries"], "3", "tries")


def case_refusals(b):
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


def case_log(b):
    """the log has every APDU and never a PIN or PUK"""
    run_login(b, "ec", "ec", 7)
    with open(b.log) as f:
        # without the time stamps, which may hold any digits
        lines = [line.split(" ", 1)[1] for line in f]
    text = "".join(lines)
    for secret in (PIN, PUK, "654321", "999999"):
        want(secret not in text, f"{secret} in the log")
        want(secret.encode().hex() not in text, f"{secret} in hex")
    verifies = [line for line in lines if " verify " in line]
    want(verifies and all(" data=pin " in v for v in verifies), "verify")
    diag(verifies[0])


# -- cases: presence ----------------------------------------------------------

def case_presence(b):
    """removal and insertion reach SCardGetStatusChange"""
    b.put("ec")
    b.pcsc.disconnect()
    gone, come = [], []
    for _ in range(8):
        time.sleep(random.random() * 0.4)
        start = time.monotonic()
        b.card.order("remove")
        b.pcsc.wait(EMPTY)
        gone.append((time.monotonic() - start) * 1000)
        time.sleep(0.5 + random.random() * 0.4)
        start = time.monotonic()
        b.card.order("insert")
        b.pcsc.wait(PRESENT)
        come.append((time.monotonic() - start) * 1000)
    for name, ms in (("insertion", come), ("removal", gone)):
        diag(f"{name} seen after ms: median {statistics.median(ms):.0f}, "
             f"{min(ms):.0f} to {max(ms):.0f}, n={len(ms)}")


def login_result(b, kind):
    try:
        b.host.login(kind, digest_of("r"))
        return "done"
    except (PcscError, Failure) as e:
        return str(e)


def case_remove_at(b):
    """remove-at N at every place of a login; remove-after"""
    for n in range(1, 8):
        b.put("ec")
        b.card.order(f"remove-at {n}")
        want(login_result(b, "ec") != "done", f"login over remove-at {n}")
        status = b.card.order("status")
        want_same(status["inserted"], "no", "inserted")
        want_same(b.card.order("counters")["apdus"], str(n), "apdus")
    b.put("ec")
    b.card.order("remove-after 7")
    want_same(login_result(b, "ec"), "done", "remove-after the last")
    want_same(b.card.order("status")["inserted"], "no", "inserted")


def case_restart(b):
    """vcard finds a pcscd that was restarted"""
    b.put("ec")
    b.pcsc.disconnect()
    b.pcscd.stop()
    wait_for(lambda: b.card.order("status")["connected"] == "no", 3,
             "loss of pcscd")
    b.pcscd.start()
    wait_for(lambda: b.card.order("status")["connected"] == "yes", 5,
             "new connection")
    b.open_pcsc()
    b.pcsc.wait(PRESENT)
    run_login(b, "ec", "ec", 7)


# -- cases: faults --------------------------------------------------------------

def still_good(b, name="ec"):
    want(b.card.process.alive(), "vcard died")
    b.put(name)
    want_same(login_result(b, name[:3].rstrip("12")), "done", "after clear")


def case_fault_frames(b):
    """spoiled frames at every command leave vcard alive"""
    kinds = ("garbage", "garbage-ok", "truncated", "onebyte", "flood",
             "sw 6f00", "sw 6982", "delay 5")
    seen = {}
    for kind in kinds:
        for where in ("select", "getdata", "getresponse", "verify", "sign",
                      "any", "3"):
            b.put("ec")
            b.card.order(f"fault {kind} at {where} 1")
            seen[kind, where] = login_result(b, "ec")
    for (kind, where), result in seen.items():
        if kind == "delay 5":
            want_same(result, "done", f"{kind} at {where}")
        elif kind not in ("garbage-ok", "flood"):
            want(result != "done", f"{kind} at {where} went unseen")
    still_good(b)
    diag("flood at getdata: " + seen["flood", "getdata"])
    diag("onebyte at sign: " + seen["onebyte", "sign"])


def case_fault_garbage_is_garbage(b):
    """garbage has no status word of any kind, garbage-ok has 9000"""
    b.put("ec")
    b.card.order("fault garbage at select")
    b.card.order("fault garbage-ok at getdata")
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
        except (PcscError, Failure) as e:
            result.append(e)

    thread = threading.Thread(target=work)
    thread.start()
    return thread, result


def case_fault_silent(b):
    """silent: nothing comes until clear, or until the card is pulled"""
    for where, end in (("select", "clear"), ("select", "remove")):
        b.put("ec")
        b.card.order(f"fault silent at {where} 1")
        thread, result = in_background(lambda: b.host.raw(SELECT))
        thread.join(0.7)
        want(thread.is_alive(), "answered although silent")
        want_same(b.card.order("status")["pending"], "silent", "pending")
        b.card.order(end)
        thread.join(3)
        want(not thread.is_alive(), f"{end} did not end the silence")
        diag(f"{end}: {result[0]}"[-70:])
    still_good(b)


def case_fault_empty(b):
    """empty: pcscd waits on, until the card is pulled"""
    b.put("ec")
    b.card.order("fault empty at select 1")
    thread, result = in_background(lambda: b.pcsc.transmit(SELECT))
    thread.join(0.7)
    diag(f"after 0.7 s: {result or 'still waiting'}")
    b.card.order("remove")
    thread.join(3)
    want(not thread.is_alive(), "remove did not end it")
    diag(f"SCardTransmit then: {result[0]}")
    still_good(b)


def case_fault_endless(b):
    """endless: 61xx for as long as it is asked"""
    b.put("ec")
    b.host.must(SELECT)
    b.card.order("fault endless at getdata 1")
    data, sw = b.host.run(GET_9A, limit=500)
    want_same((len(data), sw >> 8), (501 * 256, 0x61), "bytes and SW1")
    b.host.must(SELECT)
    still_good(b)


def case_fault_lengths(b):
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
        b.card.order(f"fault {kind} at getdata")
        got = b.host.must(GET_9A)
        want(got != true and got.startswith(start), f"{kind} {got[:8].hex()}")
        b.card.order("clear")
        b.card.order(f"fault {kind} at sign")
        answer, sw = b.host.sign("ec", digest_of("x"))
        want_same(sw, 0x9000, kind)
        want(not answer.startswith(tlv(0x7C, answer[2:])) or
             kind.startswith("inner"), kind)
        b.card.order("clear")
    still_good(b)


def served_certificate(b):
    data, sw = b.host.run(GET_9A)
    return (untlv(data, 0x53) if data else b""), sw


def case_fault_certificates(b):
    """cert-none, cert-cut, cert-derlength, cert-gzip, cert-of"""
    b.put("ec")
    b.host.must(SELECT)
    true = untlv(served_certificate(b)[0], 0x70)

    def serve(fault):
        b.card.order(f"fault {fault} at getdata 1")
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
        want_same(serve("cert-of " + b.dir("ec2"))[0], f.read(), "cert-of")
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
        b.card.order(f"fault {fault} at sign 1")
        got = sign(digest)
        want(not b.verifies(name, digest, got), f"{fault} verified")
        if fault == "sig-replayed":
            want_same(got, first, fault)
        if fault == "sig-otherdata":
            want(b.verifies(name, bytes(flipped), got), fault)
    want(b.verifies(name, digest, sign(digest)), "true again")


def case_fault_signatures_rsa(b):
    """sig-*: none verifies; the next one does (RSA)"""
    run_signature_faults(b, "rsa", "rsa")


def case_fault_signatures_ec(b):
    """sig-*: none verifies; the next one does (P-256)"""
    run_signature_faults(b, "ec", "ec")


def case_fault_pin(b):
    """verify-lies-ok, verify-any, and a lying status"""
    b.put("ec")
    b.host.must(SELECT)
    b.card.order("fault verify-lies-ok at verify")
    b.host.must(verify("000000"))
    want_same(sign_sw(b, 0x9A), "6982", "lies-ok verifies nothing")
    b.card.order("clear")
    b.card.order("fault verify-any at verify")
    b.host.must(verify("000000"))
    want_same(sign_sw(b, 0x9A), "9000", "any PIN")
    b.card.order("clear")
    b.card.order("fault sw 6983 at verify-status")
    want_same(sw_of(b, STATUS), "6983", "status")
    want_same(b.card.order("counters")["pin-tries"], "3", "tries")
    still_good(b)


# -- cases: certificates, orders, hostile input -----------------------------------

def openssl_verify(b, name, *more, ca="main"):
    return subprocess.run(
        ["openssl", "verify", "-CAfile", os.path.join(b.box, "ca",
         ca + ".pem"), *more, os.path.join(b.dir(name), "9a.pem")],
        capture_output=True, text=True)


def case_certificates(b):
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


def case_key_usage(b):
    """--no-digital-signature leaves the bit out"""
    for name, there in (("ec", True), ("nosign", False)):
        text = subprocess.run(
            ["openssl", "x509", "-noout", "-ext", "keyUsage", "-in",
             os.path.join(b.dir(name), "9a.pem")],
            check=True, capture_output=True, text=True).stdout
        want_same("Digital Signature" in text, there, name)


def case_clone(b):
    """a clone has the certificate and not the key"""
    b.put("clone")
    cert, signature = b.host.login("ec", digest_of("c"))
    b.put("ec")
    want_same(b.host.login("ec", digest_of("c"))[0], cert, "certificate")
    want(not b.verifies("ec", digest_of("c"), signature), "signature")


def case_make_refuses(b):
    """vcard-make refuses nonsense"""
    for words in (["card", b.box, "ca"], ["card", b.box, "../x"],
                  ["card", b.box, "rsa"], ["card", b.box, "y", "--pin", "1"],
                  ["card", b.box, "y", "--slots", "3"], ["ca", b.box],
                  ["card", b.box, "y", "--nothing"], [], ["crl"],
                  ["card", b.box, "y", "--tries", "16"]):
        done = subprocess.run([b.maker, *words], capture_output=True)
        want(done.returncode in (1, 2), f"{words}: {done}")


def case_orders(b):
    """wrong orders get an error and change nothing"""
    b.put("ec")
    for line in ("", "nothing", "insert a b", "insert /nowhere", "set-tries",
                 "set-tries 16", "set-tries -1", "slow 1", "slow x y",
                 "fault", "fault x at any", "fault silent", "fault delay at",
                 "fault silent on any", "fault silent at nowhere",
                 "fault silent at 0", "fault sw 90000 at any",
                 "fault delay x at any", "fault sw at any",
                 "fault cert-of /nowhere at any", "log /nowhere/x",
                 "a " * 100, "remove-at 99999999999999999999999"):
        reply = b.card.ask(line)
        want(reply.startswith("error "), f"{line!r}: {reply}")
    for _ in range(16):
        b.card.order("fault garbage at any")
    want("no room" in b.card.ask("fault garbage at any"), "17th fault")
    still_good(b)


def case_send(b):
    """vcard --send asks a running vcard"""
    done = subprocess.run(
        [b.vcard, "--control", b.card.path, "--send", "counters"],
        capture_output=True, text=True, timeout=5)
    want(done.stdout.startswith("ok pin-tries="), str(done))


def case_bad_clients(b):
    """control clients that flood, vanish or are too many"""
    for data in (b"x" * 20000, b"status", b"\0\xff\n", b"status\n" * 3000):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(1)
            s.connect(b.card.path)
            try:
                s.sendall(data)
            except OSError:
                pass
    crowd = [socket.socket(socket.AF_UNIX) for _ in range(20)]
    for s in crowd:
        s.connect(b.card.path)
    b.card.order("status")
    for s in crowd:
        s.close()
    b.card.order("status")


def frames(rng, n):
    """Random APDUs, most of them near to good ones."""
    good = (SELECT, GET_9A, GET_CHUID, STATUS, verify(PIN),
            b"\x00\xc0\x00\x00\x00",
            b"\x10\x87\x11\x9a\xff" + bytes(255),
            b"\0\x87\x11\x9e\x28" + challenge("ec", bytes(32)) + b"\0",
            b"\0\x24\0\x80\x10" + padded(PIN) * 2)
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


def case_hostile_host(b):
    """20000 random frames under all faults, straight to the socket"""
    rng = random.Random(20)
    with socket.create_server(("127.0.0.1", 0)) as server:
        folder = os.path.join(b.folder, "hostile")
        os.mkdir(folder)
        port = server.getsockname()[1]
        card = Vcard(b.vcard, folder, port, "--card", b.dir("ec2"))
        server.settimeout(5)
        peer = server.accept()[0]
        peer.settimeout(5)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i, frame in enumerate(frames(rng, 20000)):
            if i % 200 == 0:
                card.order("clear")
                card.order("set-tries 15")
                card.order(f"fault {rng.choice(FAULTS)} at any")
                peer.sendall(b"\0\1\2\0\x11" + SELECT)
                read_exactly(peer, int.from_bytes(read_exactly(peer, 2),
                                                  "big"))
            peer.sendall(len(frame).to_bytes(2, "big") + frame)
            if len(frame) > 1:
                size = int.from_bytes(read_exactly(peer, 2), "big")
                read_exactly(peer, size)
            elif frame == b"\4":
                read_exactly(peer, 17)
        for part in (b"\xff\xff" + b"a" * 65535, b"\0", b"\0\0\0\0"):
            peer.sendall(part)
        card.order("status")
        peer.close()
        want_same(card.stop(), 0, "exit status")


def atr_of(b, *options):
    """What the card tells a reader, read straight from the socket."""
    folder = tempfile.mkdtemp(dir=b.folder)
    with socket.create_server(("127.0.0.1", 0)) as server:
        card = Vcard(b.vcard, folder, server.getsockname()[1], "--card",
                     b.dir("ec"), *options)
        server.settimeout(5)
        with server.accept()[0] as peer:
            peer.settimeout(5)
            peer.sendall(b"\0\1\4")
            size = int.from_bytes(read_exactly(peer, 2), "big")
            atr = read_exactly(peer, size)
        card.stop()
    return atr


def case_no_extended(b):
    """the ATR announces extended length unless told not to"""
    with_it, without = atr_of(b), atr_of(b, "--no-extended")
    differs = [i for i in range(len(with_it)) if with_it[i] != without[i]]
    want_same(differs, [7, len(with_it) - 1], "bytes that differ")
    want_same((with_it[7], without[7]), (0xC0, 0x80), "capabilities")
    for atr in (with_it, without):
        check = 0
        for byte in atr[1:]:
            check ^= byte
        want_same(check, 0, "check byte of " + atr.hex())


def run_cases(b):
    cases = [(n, f) for n, f in globals().items() if n.startswith("case_")]
    wanted = os.environ.get("VCARD_CASES", "").split()
    if wanted:
        cases = [(n, f) for n, f in cases if n[5:] in wanted]
    print(f"1..{len(cases) + 1}", flush=True)
    failed = 0
    for i, (name, case) in enumerate(cases, 1):
        start = time.monotonic()
        try:
            case(b)
            word = "ok"
        except (Failure, PcscError, OSError,
                subprocess.SubprocessError) as e:
            diag(f"{name}: {type(e).__name__}: {e}")
            word, failed = "not ok", failed + 1
        seconds = time.monotonic() - start
        print(f"{word} {i} - {case.__doc__} # {seconds:.1f} s", flush=True)
    return len(cases) + 1, failed


def skip(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if os.geteuid() != 0:
        skip("needs root for a mount namespace")
    for tool in TOOLS:
        if shutil.which(tool) is None:
            skip(f"no {tool}")
    if not os.path.exists(DRIVER):
        skip("no vpcd driver")
    folder = tempfile.mkdtemp(prefix="vcard-")
    bench = Bench(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]),
                  folder)
    try:
        last, failed = run_cases(bench)
    finally:
        status = bench.stop()
    word = "ok" if status == 0 else "not ok"
    with open(os.path.join(folder, "vcard.log")) as f:
        diag(f.read())
    print(f"{word} {last} - vcard ends with status 0 on SIGTERM ({status})")
    shutil.rmtree(folder)
    sys.exit(1 if failed or status != 0 else 0)


if __name__ == "__main__":
    main()
