# SPDX-License-Identifier: BSD-2-Clause
"""Frames of policy/base/protocol.h, spoken without any of the product's own code. No import from the test world: this
file also runs as other users inside it."""

from __future__ import annotations

import os
import socket
import struct

VERSION = 1
SOCKET = "/run/jukinet/jukinet.sock"

(HELLO, AUTH, ACCOUNT, OPEN, CLOSE, NOTE, ASK_PIN, PIN, VERDICT, MANAGE, SWITCH, ASK_CHOICE, CHOICE, CHANGE,
 LOCK, END, SEEN, LOOK, LIVE, USE, USING, QUERY, RESULT, CONFIRM, DONE, ANSWER, CHANGED, USES, USED) = range(1, 30)
STATE_TICKET, STATE_SESSION, STATE_TIME = range(96, 99)
(F_NONCE, F_REASON, F_MESSAGE, F_PARAM, F_DEADLINE_MS, F_WAIT_MS, F_ACCOUNT, F_SERVICE, F_TTY, F_HOST, F_FLAGS, F_TICKET,
 F_SESSION, F_PIN_MIN, F_PIN_MAX, F_PIN) = range(1, 17)
F_COMMAND, F_FUNCTION, F_OPTION, F_APPROVAL = range(27, 31)
F_READER, F_ID, F_TEXT = 17, 23, 26
(F_PROVEN_MS, F_SECONDS, F_PRESENT, F_REMOVAL, F_LOCK_WITHIN_S, F_LOCKED_MAX_S, F_LEFT_S, F_LEFTOVERS) = range(38, 46)
F_PERSON, F_OPID, F_TYPE, F_DEPARTMENT, F_TERMINAL, F_STATE = 65, 66, 67, 68, 72, 74
F_BOOT_ID, F_BOOT_MS, F_REAL_S, F_LEADER, F_CAUSE = 76, 77, 78, 79, 80
(F_SEQ, F_USE, F_PURPOSE, F_RECEPTION, F_GROUNDS, F_ACTION, F_BUSINESS, F_SEARCH, F_CODE, F_COUNT, F_REQUIREMENT,
 F_PERMISSION, F_OBJECT, F_RECEIPT, F_MAC, F_MAC_KEY, F_USES, F_INDEX, F_ALLOWED, F_REFUSED) = range(96, 116)


def encode(kind: int, *fields: tuple[int, bytes | str | int]) -> bytes:
    """Fields as given: order and sense are the caller's."""
    parts = [bytes([VERSION, kind])]
    for number, value in fields:
        if isinstance(value, int):
            value = struct.pack(">Q", value)
        elif isinstance(value, str):
            value = value.encode("utf-8", "surrogateescape")
        parts.append(bytes([number]) + struct.pack(">H", len(value)) + value)
    return b"".join(parts)


def decode(data: bytes) -> tuple[int, list[tuple[int, bytes]]]:
    kind, at, fields = data[1], 2, []
    while at < len(data):
        number, length = data[at], struct.unpack(">H", data[at + 1:at + 3])[0]
        fields.append((number, data[at + 3:at + 3 + length]))
        at += 3 + length
    return kind, fields


def field(fields: list[tuple[int, bytes]], number: int) -> bytes | None:
    return next((value for have, value in fields if have == number), None)


def every(fields: list[tuple[int, bytes]], number: int) -> list[str]:
    """All copies of a field that repeats, as text."""
    return [value.decode() for have, value in fields if have == number]


def replaced(data: bytes, number: int, value: bytes | str | int) -> bytes:
    """The same frame with another value in one field."""
    kind, fields = decode(data)
    return encode(kind, *((have, value if have == number else old) for have, old in fields))


class Talk:
    """One conversation, as a client would hold it, or quite otherwise."""

    def __init__(self, path: str = SOCKET, timeout: float = 10.0) -> None:
        self.link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.link.settimeout(timeout)
        self.link.connect(path)
        self.nonce = b""

    def hear(self) -> tuple[int, list[tuple[int, bytes]]] | None:
        """The next frame, None at the end of the conversation."""
        try:
            data = self.link.recv(65536)
        except ConnectionError:
            return None
        return decode(data) if data else None

    def hello(self) -> bytes:
        heard = self.hear()
        assert heard and heard[0] == HELLO, heard
        self.nonce = field(heard[1], F_NONCE) or b""
        return self.nonce

    def request(self, kind: int, account: str, *, service: bytes | str = "jk-test", tty: bytes | str = "",
                host: bytes | str = "", ticket: str = "", session: str = "", nonce: bytes | None = None) -> bytes:
        """The bytes of a request; empty texts are left out."""
        texts = [(F_ACCOUNT, account), (F_SERVICE, service), (F_TTY, tty), (F_HOST, host)]
        tail = [(F_TICKET, ticket), (F_SESSION, session)]
        return encode(kind, (F_NONCE, self.nonce if nonce is None else nonce),
                      *[(number, text) for number, text in texts if text], (F_FLAGS, 0),
                      *[(number, text) for number, text in tail if text])

    def send(self, data: bytes) -> bool:
        try:
            self.link.send(data)
            return True
        except (ConnectionError, BrokenPipeError):
            return False

    def verdict(self, pin: str | None = None) -> int | None:
        """Answers one question for the PIN; the reason's number, None when it ended without a verdict."""
        while heard := self.hear():
            kind, fields = heard
            if kind == VERDICT:
                return int.from_bytes(field(fields, F_REASON) or b"", "big")
            if kind == ASK_PIN and pin is not None:
                self.send(encode(PIN, (F_PIN, pin)))
        return None

    def ask(self, kind: int, account: str, pin: str | None = None, **claims: bytes | str) -> int | None:
        self.hello()
        self.send(self.request(kind, account, **claims))
        return self.verdict(pin)

    def close(self) -> None:
        self.link.close()


def whoami() -> dict[str, int]:
    return {"uid": os.getuid(), "pid": os.getpid()}
