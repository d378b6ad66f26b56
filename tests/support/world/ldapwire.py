# SPDX-License-Identifier: BSD-2-Clause
"""What stands between us and a directory, or in its place: a relay that does something after so many bytes, a name
server that never answers, and an impostor that holds the right certificate and speaks what a test tells it to."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from typing import Callable, Iterable, Iterator

from .slapd import KEYS, RELAY, TLS


class Relay:
    """Passes bytes on between RELAY and the directory; `after` bytes from the directory it calls `then`, and from
    then on: "pass" goes on, "hold" passes nothing more, "drop" closes, "trickle" one byte each 20 ms."""

    def __init__(self, after: int, how: str, then: Callable[[], object] = lambda: None) -> None:
        self.after, self.how, self.then = after, how, then
        self.passed = 0
        self.happened = threading.Event()
        self._end = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", RELAY), reuse_port=False)
        self._socket.settimeout(0.05)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self) -> Relay:
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        self._socket.close()

    def _accept(self) -> None:
        while not self._end.is_set():
            try:
                client, _ = self._socket.accept()
            except (TimeoutError, OSError):
                continue
            server = socket.create_connection(("127.0.0.1", TLS))
            threading.Thread(target=self._pump, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, True), daemon=True).start()

    def _pump(self, come: socket.socket, go: socket.socket, counted: bool) -> None:
        try:
            while data := come.recv(4096):
                if counted and self.passed + len(data) > self.after:
                    self._event(data, go)
                    if self.how in ("hold", "drop"):
                        return
                    continue
                if counted:
                    self.passed += len(data)
                go.sendall(data)
        except OSError:
            pass
        finally:
            if self.how != "hold" or not self.happened.is_set():
                for one in (come, go):
                    try:
                        one.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass

    def _event(self, data: bytes, go: socket.socket) -> None:
        first = max(0, self.after - self.passed)
        go.sendall(data[:first])
        self.passed += len(data)
        if not self.happened.is_set():
            self.happened.set()
            self.then()
        rest = data[first:]
        if self.how == "pass":
            go.sendall(rest)
        elif self.how == "trickle":
            for byte in rest:
                go.sendall(bytes([byte]))
                time.sleep(0.02)
        elif self.how == "hold":
            self._end.wait(60)


class SilentNames:
    """A name server that hears every question and answers none."""

    def __enter__(self) -> SilentNames:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 53))
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


# BER, as much as a liar needs.

def ber(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    n = len(body)
    if n < 128:
        return bytes([tag, n]) + body
    size = (n.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + n.to_bytes(size, "big") + body


def integer(value: int) -> bytes:
    return ber(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def message(number: int, op: bytes, controls: bytes = b"") -> bytes:
    return ber(0x30, integer(number), op, controls)


def result(tag: int, code: int = 0, text: bytes = b"", referral: bytes = b"") -> bytes:
    return ber(tag, ber(10, bytes([code])), ber(4), ber(4, text), referral)


def entry(dn: bytes, attributes: Iterable[tuple[bytes, list[bytes]]]) -> bytes:
    return ber(0x64, ber(4, dn), ber(0x30, *(
        ber(0x30, ber(4, name), ber(0x31, *(ber(4, value) for value in values))) for name, values in attributes)))


def paged(cookie: bytes) -> bytes:
    return ber(0xa0, ber(0x30, ber(4, b"1.2.840.113556.1.4.319"), ber(4, ber(0x30, integer(0), ber(4, cookie)))))


def parse_request(data: bytes) -> tuple[int, int, int] | None:
    """Message number, tag of the operation and length of a whole request; None: not whole yet."""
    def head(at: int) -> tuple[int, int, int] | None:
        if len(data) < at + 2:
            return None
        n, at_body = data[at + 1], at + 2
        if n & 0x80:
            size = n & 0x7f
            if len(data) < at_body + size:
                return None
            n, at_body = int.from_bytes(data[at_body:at_body + size], "big"), at_body + size
        return data[at], n, at_body

    outer = head(0)
    if outer is None or len(data) < outer[2] + outer[1]:
        return None
    number = head(outer[2])
    assert number
    op = number[2] + number[1]
    return int.from_bytes(data[number[2]:op], "big"), data[op], outer[2] + outer[1]


BIND, SEARCH, UNBIND, MODIFY = 0x60, 0x63, 0x42, 0x66
REGISTRY = entry(b"ou=jukinet,dc=example,dc=test", [(b"objectClass", [b"jukinetRegistry"]), (b"jukinetSerial", [b"41"])])


class Impostor:
    """Answers on RELAY: a bind with yes, the search of the base with a registry, and the search of the rows with what
    `answer(message number)` yields; an answer of None closes. A change is kept in `changes` and gets the next of `codes`."""

    def __init__(self, answer: Callable[[int], Iterator[bytes | None]], *, bind: bytes | None = None,
                 codes: Iterable[int] = ()) -> None:
        self.answer, self.bind = answer, bind
        self.codes, self.changes = list(codes), []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(f"{KEYS}/server.pem", f"{KEYS}/server.key")
        self._socket = socket.create_server(("127.0.0.1", RELAY))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self) -> Impostor:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
                with self.context.wrap_socket(client, server_side=True) as talk:
                    self._talk(talk)
            except (ssl.SSLError, ConnectionError):
                continue
            except OSError:
                return

    def _talk(self, talk: ssl.SSLSocket) -> None:
        data = b""
        while piece := talk.recv(65536):
            data += piece
            while request := parse_request(data):
                number, op, n = request
                of_base = b"jukinetPublishing" in data[:n]
                whole, data = data[:n], data[n:]
                if op == UNBIND:
                    return
                if op == BIND:
                    talk.sendall(self.bind if self.bind is not None else message(number, result(0x61)))
                elif op == MODIFY:
                    self.changes.append(whole)
                    talk.sendall(message(number, result(0x67, self.codes.pop(0))))
                elif of_base:
                    talk.sendall(message(number, REGISTRY) + message(number, result(0x65)))
                elif op == SEARCH:
                    for one in self.answer(number):
                        if one is None:
                            return
                        talk.sendall(one)
