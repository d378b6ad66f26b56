#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Another application: it asks through libjukinet itself, by its C interface. library.py LIBRARY ORDERS, a JSON list:
["begin", RECEPTION], ["view", BUSINESS, PERSONS], ["list"], ["enter"], ["done", COUNT], ["use", N] (which of the uses begun), ["end"] (the last one),
["race", DONE, LISTED] (done of that use, and at once enter by that one, which was told the list); prints a JSON list of what
each was told."""

from __future__ import annotations

import ctypes
import json
import sys
from ctypes import Structure, byref, c_char, c_char_p, c_int, c_int64, c_size_t, c_uint, c_uint64, c_void_p, sizeof

UNKNOWN = 2**64 - 1
USES = 512
MS = 10000


class Purpose(Structure):
    _fields_ = [("size", c_size_t), ("purpose", c_char_p), ("reception", c_char_p), ("grounds", c_char_p)]


class Query(Structure):
    _fields_ = [("size", c_size_t), ("action", c_char_p), ("business", c_char_p), ("search", c_char_p), ("code", c_char_p),
                ("count", c_uint64), ("requirement", c_char_p), ("permission", c_char_p), ("object", c_char_p)]


class Answer(Structure):
    _fields_ = [("size", c_size_t), ("sequence", c_uint64), ("allowed", c_int), ("why", c_char * 64), ("id", c_char * 24),
                ("receipt", c_char * 48), ("mac", c_char * 72), ("mac_key", c_char * 72), ("parameters", c_char * 512),
                ("reserved", c_char * 192)]


class Event(Structure):
    _fields_ = [("size", c_size_t), ("kind", c_int), ("state", c_int), ("answer", Answer), ("message", c_char * 64),
                ("parameters", c_char * 512), ("pin_min", c_uint), ("pin_max", c_uint)]


class Use(Structure):
    _fields_ = [("size", c_size_t), ("use", c_char * 24), ("purpose", c_char * 72), ("reception", c_char * 72),
                ("right", c_char * 72), ("begun", c_int64), ("allowed", c_uint64), ("refused", c_uint64), ("persons", c_uint64)]


class Application:
    def __init__(self, path: str) -> None:
        self.library = ctypes.CDLL(path)
        for name in ("begin", "ask", "result", "uses", "enter", "done", "wait"):
            getattr(self.library, f"jukinet_{name}").restype = c_int
        self.handles: list[c_void_p] = []
        self.handle = c_void_p()
        self.array, self.n = (Use * USES)(), 0

    def begin(self, reception: str) -> str:
        answer, self.handle = Answer(size=sizeof(Answer)), c_void_p()
        purpose = Purpose(sizeof(Purpose), b"passport", reception.encode(), None)
        if self.library.jukinet_begin(byref(purpose), c_int(MS), byref(self.handle), byref(answer)) != 0:
            return answer.why.decode() or "error"
        self.handles.append(self.handle)
        return "granted"

    def end(self) -> None:
        self.library.jukinet_end(byref(self.handles.pop()))

    def use(self, number: int) -> int:
        self.handle = self.handles[number]
        return number

    def answer(self, sequence: c_uint64) -> str:
        event = Event(size=sizeof(Event))
        while self.library.jukinet_wait(self.handle, c_int(MS), byref(event)) == 1:
            if event.kind == 1 and event.answer.sequence == sequence.value:
                return event.answer.why.decode()
        return "nothing"

    def view(self, business: str, persons: int) -> str:
        answer = Answer(size=sizeof(Answer))
        query = Query(sizeof(Query), b"view", business.encode(), None, b"32165498701", UNKNOWN, None, None, None)
        if self.library.jukinet_ask(self.handle, byref(query), c_int(MS), byref(answer)) != 0:
            return "error"
        if answer.allowed == 1 and persons > 0:
            sequence = c_uint64()
            self.library.jukinet_result(self.handle, c_char_p(answer.id), c_uint64(persons), byref(sequence))
            return self.answer(sequence)
        return answer.why.decode()

    def list(self) -> list[list]:
        self.array[0].size = sizeof(Use)
        self.n = self.library.jukinet_uses(self.handle, c_int(MS), self.array, c_size_t(USES))
        return [[one.use.decode(), one.purpose.decode(), one.reception.decode(), one.right.decode(), one.allowed, one.refused,
                 one.persons] for one in self.array[:max(self.n, 0)]]

    def say_enter(self, sequence: c_uint64) -> int:
        return self.library.jukinet_enter(self.handle, self.array, c_size_t(self.n), b"as listed", byref(sequence))

    def enter(self) -> str:
        sequence = c_uint64()
        error = self.say_enter(sequence)
        return self.answer(sequence) if error == 0 else f"error {error}"

    def say_done(self, count: int, sequence: c_uint64) -> None:
        self.library.jukinet_done(self.handle, c_uint64(count), None, byref(sequence))

    def done(self, count: int) -> str:
        sequence = c_uint64()
        self.say_done(count, sequence)
        return self.answer(sequence)

    def race(self, done: int, listed: int) -> list[str]:
        own, together = c_uint64(), c_uint64()
        self.use(done)
        self.say_done(1, own)
        self.use(listed)
        if self.say_enter(together) != 0:
            return ["error"]
        entered = self.answer(together)
        self.use(done)
        return [self.answer(own), entered]


def main(path: str, orders: str) -> None:
    application = Application(path)
    print(json.dumps([getattr(application, name)(*how) for name, *how in json.loads(orders)]))


if __name__ == "__main__":
    main(*sys.argv[1:])
