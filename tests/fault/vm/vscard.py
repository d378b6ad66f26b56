#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A virtual card in the USB reader of a QEMU machine: vscard.py QEMU_SOCKET PORT

On one side it is the client that QEMU's ccid-card-passthru waits for (VSCARD), on the other the driver that
tests/support/vcard connects to (vpcd). vcard is connected as long as its card is inserted.

QEMU's reader keeps it to itself when the guest powers the card off or resets it. What a reset ought to undo, such as
a PIN that was verified, stays as it is here: nothing about resets can be shown with this reader.
"""

from __future__ import annotations

import select
import socket
import struct
import sys
import time

INIT, ERROR, READER_ADD, READER_REMOVE, ATR, CARD_REMOVE, APDU, FLUSH, FLUSH_COMPLETE = range(1, 10)
NAMES = "? init error reader-add reader-remove atr card-remove apdu flush flush-complete".split()
POWER_ON, GET_ATR = b"\x01", b"\x04"
HIGHEST = 65536 + 64


def exactly(link: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        piece = link.recv(length - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def of_t0(atr: bytes) -> bytes:
    """QEMU's reader knows T=0 only, which is what an ATR without interface bytes says; vcard's says T=1."""
    historical, more, at = atr[1] & 15, atr[1] >> 4, 2
    while more:
        at += (more & 7).bit_count()
        more, at = (atr[at] >> 4, at + 1) if more & 8 else (0, at)
    return bytes([atr[0], historical]) + atr[at:at + historical]


class Guest:
    """QEMU's side of the reader."""

    def __init__(self, path: str) -> None:
        self.link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.link.connect(path)
        self.send(INIT, b"VSCD" + struct.pack(">II", 2, 0))
        self.send(READER_ADD)

    def send(self, kind: int, data: bytes = b"") -> None:
        self.link.sendall(struct.pack(">III", kind, 0, len(data)) + data)

    def receive(self) -> tuple[int, bytes]:
        kind, _, length = struct.unpack(">III", exactly(self.link, 12))
        if length > HIGHEST:
            raise EOFError
        return kind, exactly(self.link, length)


class Slot:
    """vcard's side: a listener, and one card at a time."""

    def __init__(self, port: int) -> None:
        self.listener = socket.create_server(("127.0.0.1", port))
        self.card: socket.socket | None = None

    def insert(self) -> bytes:
        """The ATR of the card that has come."""
        self.card, _ = self.listener.accept()
        self.card.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.card.settimeout(30)
        self.send(POWER_ON)
        return self.ask(GET_ATR)

    def send(self, data: bytes) -> None:
        assert self.card
        self.card.sendall(struct.pack(">H", len(data)) + data)

    def ask(self, data: bytes) -> bytes:
        assert self.card
        self.send(data)
        return exactly(self.card, struct.unpack(">H", exactly(self.card, 2))[0])

    def remove(self) -> None:
        if self.card:
            self.card.close()
        self.card = None


def say(text: str) -> None:
    print(f"{time.time():.3f} {text}", flush=True)


def relay(guest: Guest, slot: Slot) -> None:
    while True:
        ready, _, _ = select.select([guest.link, slot.card or slot.listener], [], [])
        try:
            if slot.listener in ready:
                guest.send(ATR, of_t0(slot.insert()))
                say("inserted")
            elif slot.card and slot.card in ready:
                raise EOFError                  # it speaks only when it was asked
        except (EOFError, OSError):
            slot.remove()
            guest.send(CARD_REMOVE)
            say("removed")
        if guest.link in ready:
            answer(guest, slot, *guest.receive())


def answer(guest: Guest, slot: Slot, kind: int, data: bytes) -> None:
    if kind == FLUSH:
        guest.send(FLUSH_COMPLETE)
    elif kind == APDU:
        try:
            guest.send(APDU, slot.ask(data) if slot.card else b"")
        except (EOFError, OSError):
            slot.remove()
            guest.send(CARD_REMOVE)
            say("removed while it worked")
    elif kind != ERROR:                         # ERROR is also how success is told
        say(NAMES[kind] if kind < len(NAMES) else str(kind))


if __name__ == "__main__":
    relay(Guest(sys.argv[1]), Slot(int(sys.argv[2])))
