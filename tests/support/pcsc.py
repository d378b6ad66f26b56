#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""PC/SC for tests, and the other programs that a machine may run.

    pcsc.py steal    tries to sign with key 9A without a PIN: prints the SW
    pcsc.py hammer   the same again and again until stdin ends, with pauses
                     of 2 to 30 ms: prints tries and signatures
    pcsc.py hammer-reset   the same with resets
    pcsc.py reset    resets the card
    pcsc.py hold     holds a transaction until stdin ends
    pcsc.py exclusive   holds the card exclusively until stdin ends

The first reader that has a card is taken.
"""

import ctypes
import random
import select
import sys
import time

SHARED, EXCLUSIVE = 2, 1
LEAVE, RESET = 0, 1
ANY_PROTOCOL, T1 = 3, 2
CHANGED, EMPTY, PRESENT, INUSE = 0x2, 0x10, 0x20, 0x100
TIMEOUT, NO_READERS = 0x8010000A, 0x8010002E

SELECT = bytes.fromhex("00a4040009a00000030800001000")
SIGN = {
    "rsa": bytes.fromhex("1087079aff7c820106820081820100")
    + b"\0\1" + b"\xff" * 243,
    "ec": bytes.fromhex("0087119a267c2482008120") + bytes(32) + b"\0",
}
REST = bytes.fromhex("0087079a0b") + bytes(11) + b"\0"


class State(ctypes.Structure):
    _fields_ = [("reader", ctypes.c_char_p), ("user", ctypes.c_void_p),
                ("current", ctypes.c_ulong), ("event", ctypes.c_ulong),
                ("atr_len", ctypes.c_ulong), ("atr", ctypes.c_ubyte * 33)]


class Request(ctypes.Structure):
    _fields_ = [("protocol", ctypes.c_ulong), ("length", ctypes.c_ulong)]


class Error(Exception):
    def __init__(self, name, code):
        super().__init__(f"{name}: {code:08x}")
        self.code = code


class Pcsc:
    def __init__(self):
        self.lib = ctypes.CDLL("libpcsclite.so.1")
        self.context = ctypes.c_long()
        self.card = ctypes.c_long()
        self.call("SCardEstablishContext", 2, None, None,
                  ctypes.byref(self.context))

    def close(self):
        self.call("SCardReleaseContext", self.context)

    def call(self, name, *args):
        args = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in args]
        code = getattr(self.lib, name)(*args) & 0xFFFFFFFF
        if code != 0:
            raise Error(name, code)

    def readers(self):
        size = ctypes.c_ulong(4096)
        names = ctypes.create_string_buffer(4096)
        try:
            self.call("SCardListReaders", self.context, None, names,
                      ctypes.byref(size))
        except Error as e:
            if e.code == NO_READERS:
                return []
            raise
        return [n for n in names.raw[:size.value].split(b"\0") if n]

    def state(self, reader):
        state = State(reader=reader)
        try:
            self.call("SCardGetStatusChange", self.context, 0,
                      ctypes.byref(state), 1)
        except Error as e:
            if e.code != TIMEOUT:
                raise
        return state.event

    def with_card(self, seconds=5):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for reader in self.readers():
                if self.state(reader) & PRESENT:
                    return reader
            time.sleep(0.02)
        raise SystemExit("no card in any reader")

    def connect(self, reader, share=SHARED):
        protocol = ctypes.c_ulong()
        self.call("SCardConnect", self.context, reader, share, ANY_PROTOCOL,
                  ctypes.byref(self.card), ctypes.byref(protocol))

    def disconnect(self, how=LEAVE):
        self.call("SCardDisconnect", self.card, how)

    def transmit(self, command):
        out = ctypes.create_string_buffer(70000)
        size = ctypes.c_ulong(len(out))
        request = Request(T1, ctypes.sizeof(Request))
        self.call("SCardTransmit", self.card, ctypes.byref(request),
                  bytes(command), len(command), None, out,
                  ctypes.byref(size))
        return out.raw[:size.value]


def steal(pcsc):
    """The status words of both kinds of signature: never 9000 or 61xx."""
    pcsc.connect(pcsc.with_card())
    pcsc.transmit(SELECT)
    words = [pcsc.transmit(SIGN["ec"])[-2:].hex()]
    if pcsc.transmit(SIGN["rsa"])[-2:] == b"\x90\0":
        words.append(pcsc.transmit(REST)[-2:].hex())
    pcsc.disconnect()
    return " ".join(words)


def reset(pcsc):
    pcsc.connect(pcsc.with_card())
    pcsc.disconnect(RESET)
    return ""


def hammer(pcsc, do):
    tries = stolen = 0
    while not select.select([sys.stdin], [], [],
                            random.uniform(2, 30) / 1e3)[0]:
        tries += 1
        try:
            words = do(pcsc).split()
            stolen += any(w == "9000" or w[:2] == "61" for w in words)
        except Error:
            pcsc.close()
            pcsc = Pcsc()
    return tries, stolen


def main(what):
    pcsc = Pcsc()
    if what == "steal":
        print(steal(pcsc), flush=True)
    elif what == "hammer":
        print("began", flush=True)
        print(*hammer(pcsc, steal), flush=True)
    elif what == "hammer-reset":
        print("began", flush=True)
        print(*hammer(pcsc, reset), flush=True)
    elif what == "reset":
        reset(pcsc)
    elif what == "hold":
        pcsc.connect(pcsc.with_card())
        pcsc.call("SCardBeginTransaction", pcsc.card)
        print("held", flush=True)
        sys.stdin.read()
    elif what == "exclusive":
        pcsc.connect(pcsc.with_card(), EXCLUSIVE)
        print("held", flush=True)
        sys.stdin.read()
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) == 2 else "")
