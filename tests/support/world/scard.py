# SPDX-License-Identifier: BSD-2-Clause
"""A PC/SC application in a few lines, through ctypes. No import from the test world: this file also runs inside it, where
`scard.py present` and `scard.py empty` wait until that is so in the first reader.

Where pcscd is, $PCSCLITE_CSOCK_NAME says, and only before the first Client of a program.
"""

from __future__ import annotations

import ctypes
import sys
import time

EXCLUSIVE, SHARED, DIRECT = 1, 2, 3
LEAVE, RESET = 0, 1
T1, ANY_PROTOCOL = 2, 3
CHANGED, EMPTY, PRESENT = 0x2, 0x10, 0x20
TIMEOUT, NO_READERS = 0x8010000A, 0x8010002E
INSUFFICIENT_BUFFER, NOT_TRANSACTED, UNSUPPORTED = 0x80100008, 0x80100016, 0x8010001F
NO_READER = 0x80100017
GET_FEATURES = 0x42000000 + 3400        # CM_IOCTL_GET_FEATURE_REQUEST


class Error(Exception):
    """A call that PC/SC refused."""

    def __init__(self, name: str, code: int) -> None:
        super().__init__(f"{name}: {code:08x}")
        self.code = code


class State(ctypes.Structure):
    _fields_ = [("reader", ctypes.c_char_p), ("user", ctypes.c_void_p), ("current", ctypes.c_ulong),
                ("event", ctypes.c_ulong), ("atr_len", ctypes.c_ulong), ("atr", ctypes.c_ubyte * 33)]


class Request(ctypes.Structure):
    _fields_ = [("protocol", ctypes.c_ulong), ("length", ctypes.c_ulong)]


class Client:
    """One context, and in it at most one connection to a card."""

    def __init__(self) -> None:
        self.lib = ctypes.CDLL("libpcsclite.so.1")
        self.context = ctypes.c_long()
        self.card: ctypes.c_long | None = None
        self.call("SCardEstablishContext", 2, None, None, ctypes.byref(self.context))

    def close(self) -> None:
        self.call("SCardReleaseContext", self.context)

    def call(self, name: str, *arguments: object) -> None:
        words = [ctypes.c_ulong(one) if isinstance(one, int) else one for one in arguments]
        code = getattr(self.lib, name)(*words) & 0xFFFFFFFF
        if code != 0:
            raise Error(name, code)

    def readers(self) -> list[bytes]:
        size = ctypes.c_ulong(4096)
        names = ctypes.create_string_buffer(4096)
        try:
            self.call("SCardListReaders", self.context, None, names, ctypes.byref(size))
        except Error as error:
            if error.code == NO_READERS:
                return []
            raise
        return [name for name in names.raw[:size.value].split(b"\0") if name]

    def state(self, reader: bytes, current: int = 0, timeout_ms: int = 0) -> int:
        """What is so in the reader, after a change from `current` or the time."""
        state = State(reader=reader, current=current)
        try:
            self.call("SCardGetStatusChange", self.context, timeout_ms, ctypes.byref(state), 1)
        except Error as error:
            if error.code != TIMEOUT:
                raise
        return state.event

    def wait(self, reader: bytes, bit: int, seconds: float = 30.0) -> None:
        """Waits as an application does: woken, not polling."""
        end = time.monotonic() + seconds
        current = self.state(reader)
        while not current & bit:
            left = int((end - time.monotonic()) * 1000)
            if left <= 0:
                raise AssertionError(f"no card event in {seconds:g} s")
            current = self.state(reader, current & ~CHANGED, left)

    def with_card(self, seconds: float = 30.0) -> bytes:
        """The first reader that has a card."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for reader in self.readers():
                if self.state(reader) & PRESENT:
                    return reader
            time.sleep(0.02)
        raise AssertionError("no card in any reader")

    def connect(self, reader: bytes, share: int = SHARED, protocol: int = ANY_PROTOCOL) -> None:
        self.card = ctypes.c_long()
        self.call("SCardConnect", self.context, reader, share, protocol, ctypes.byref(self.card),
                  ctypes.byref(ctypes.c_ulong()))

    def disconnect(self, how: int = LEAVE) -> None:
        if self.card is not None:
            card, self.card = self.card, None
            self.call("SCardDisconnect", card, how)

    def transmit(self, command: bytes) -> bytes:
        answer = ctypes.create_string_buffer(70000)
        size = ctypes.c_ulong(len(answer))
        request = Request(T1, ctypes.sizeof(Request))
        self.call("SCardTransmit", self.card, ctypes.byref(request), bytes(command), len(command), None, answer,
                  ctypes.byref(size))
        return answer.raw[:size.value]

    def control(self, code: int, data: bytes = b"", room: int = 264) -> bytes:
        """To the reader's driver, not to the card."""
        answer = ctypes.create_string_buffer(room)
        size = ctypes.c_ulong()
        self.call("SCardControl", self.card, code, bytes(data), len(data), answer, room, ctypes.byref(size))
        return answer.raw[:size.value]

    def features(self) -> dict[int, int]:
        """The control codes of PC/SC part 10, by feature."""
        told = self.control(GET_FEATURES)
        return {told[at]: int.from_bytes(told[at + 2:at + 6], "big") for at in range(0, len(told), 6)}


def main() -> None:
    client = Client()
    client.wait(client.readers()[0], {"present": PRESENT, "empty": EMPTY}[sys.argv[1]])
    client.close()


if __name__ == "__main__":
    main()
