#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A use: what a business application asks before it shows somebody's record, by the real jukinetd, auditd and witness. Here
the test speaks for the application, in frames."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import select
import sys
import time

from jukinet import (KEEP, MONITOR, Office, SCRIPTS, SNAPSHOT, STATE, enter, frames, leave, missing, tap, texts, wait_for)

NUMBER = texts.reasons()
NAME = {number: code for code, number in NUMBER.items()}
CODE = "32165498701"
TYPES = {
    "type moving-desk": {"number": 3, "enabled": True, "terminal-class": "integrated-terminal",
                         "business": ["identity-confirmation", "identity-info-search", "moving", "identity-info-update"]},
    "business identity-info-update": {"second-person": True},
}
SUBJECT_KEY, RECEIPT_KEY = bytes(range(32)), bytes(range(2, 34))
ENDED, ACTIVE, LOCKED = range(3)


def key_file(name: str, kind: str, key: bytes) -> bytes:
    text = f"jukinet-key 1\nid {name}\nkind {kind}\nfrom 1700000000\nkeep-years 7\nkey {key.hex()}\n"
    check = hmac.new(key, b"jukinet/key-file/1\0" + text.encode(), hashlib.sha256).hexdigest()
    return (text + f"check {check}\n").encode()


def subject(code: str = CODE) -> str:
    made = hmac.new(SUBJECT_KEY, b"jukinet/resident-code/1\0" + code.encode(), hashlib.sha256).hexdigest()
    return f"k1:{made[:32]}"


class Application:
    """asking.py as somebody inside."""

    def __init__(self, w: Office, uid: str | int = "hanako") -> None:
        theirs_in, self._in = os.pipe2(os.O_CLOEXEC)
        self._out, theirs_out = os.pipe2(os.O_CLOEXEC)
        self._read, self.seq, self.w = b"", 0, w
        self.answers: dict[int, dict] = {}
        self.changes: list[tuple[int, int]] = []
        try:
            self.process = w.spawn([sys.executable, "-B", "-I", f"{SCRIPTS}/asking.py"], uid=uid,
                                   env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}, fds={0: theirs_in, 1: theirs_out},
                                   stderr=f"/tmp/asking.err.{uid}")
        finally:
            os.close(theirs_in)
            os.close(theirs_out)

    def __enter__(self) -> Application:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._in)
        os.close(self._out)
        if self.process.alive:
            self.process.terminate(2)

    def order(self, timeout: float = 20.0, **what: object):
        os.write(self._in, json.dumps(what).encode() + b"\n")
        while b"\n" not in self._read:
            ready, _, _ = select.select([self._out], [], [], timeout)
            tap.check(bool(ready), f"the application says nothing to {what}")
            piece = os.read(self._out, 65536)
            tap.check(bool(piece), f"the application has ended at {what}")
            self._read += piece
        line, _, self._read = self._read.partition(b"\n")
        return json.loads(line)

    def send(self, kind: int, *fields) -> None:
        self.order(send=frames.encode(kind, *fields).hex())

    def hear(self, seconds: float = 5.0):
        """Kind and fields; None: it is over; "nothing": nothing came."""
        told = self.order(hear=seconds)
        return (told[0], [(number, bytes.fromhex(text)) for number, text in told[1]]) if isinstance(told, list) else told

    def use(self, purpose: str = "passport", reception: str = "R08-1121-014", grounds: str = "") -> dict:
        """What USING says."""
        nonce = self.order(open=True)
        tap.check(isinstance(nonce, str), "no greeting")
        self.send(frames.USE, (frames.F_NONCE, bytes.fromhex(nonce)), (frames.F_PURPOSE, purpose),
                  *[(number, text) for number, text in ((frames.F_RECEPTION, reception), (frames.F_GROUNDS, grounds)) if text])
        heard = self.hear()
        tap.check(heard and heard != "nothing" and heard[0] == frames.USING, f"USING, not {heard}")
        self.told = told(heard[1])
        return self.told

    def query(self, action: str = "view", business: str = "moving", *, search: str = "", code: str = CODE,
              count: int | None = None, requirement: str = "", permission: str = "", object: str = "") -> int:
        self.seq += 1
        self.send(frames.QUERY, (frames.F_SEQ, self.seq), (frames.F_ACTION, action), (frames.F_BUSINESS, business),
                  *[(number, text) for number, text in (
                      (frames.F_SEARCH, search), (frames.F_CODE, code), (frames.F_COUNT, count),
                      (frames.F_REQUIREMENT, requirement), (frames.F_PERMISSION, permission), (frames.F_OBJECT, object))
                    if text not in ("", None)])
        return self.seq

    def result(self, of: str, count: int) -> int:
        self.seq += 1
        self.send(frames.RESULT, (frames.F_ID, of), (frames.F_SEQ, self.seq), (frames.F_COUNT, count))
        return self.seq

    def done(self, text: str, count: int) -> int:
        self.seq += 1
        self.send(frames.DONE, (frames.F_TEXT, text), (frames.F_SEQ, self.seq), (frames.F_COUNT, count))
        return self.seq

    def one(self, seconds: float = 5.0):
        """One frame: kept when it is an answer or a change, else returned."""
        heard = self.hear(seconds)
        if not isinstance(heard, tuple):
            return heard
        kind, fields = heard
        if kind == frames.ANSWER:
            answer = told(fields)
            tap.check(answer["seq"] not in self.answers, f"answered twice: {answer}")
            self.answers[answer["seq"]] = answer
        elif kind == frames.CHANGED:
            self.changes.append((number(fields, frames.F_STATE), number(fields, frames.F_CAUSE)))
        return kind

    def answer(self, seq: int, seconds: float = 5.0) -> dict:
        while seq not in self.answers:
            heard = self.one(seconds)
            tap.check(heard not in (None, "nothing"), f"no answer to {seq}: {heard}")
        return self.answers[seq]

    def ask(self, *words: str, **how) -> dict:
        return self.answer(self.query(*words, **how))


def number(fields, which: int) -> int | None:
    value = frames.field(fields, which)
    return None if value is None else int.from_bytes(value, "big")


def told(fields) -> dict:
    said = {name: value.decode() for name, which in (
        ("id", frames.F_ID), ("receipt", frames.F_RECEIPT), ("mac", frames.F_MAC), ("mac_key", frames.F_MAC_KEY),
        ("use", frames.F_USE), ("session", frames.F_SESSION), ("person", frames.F_PERSON), ("opid", frames.F_OPID),
        ("terminal", frames.F_TERMINAL)) if (value := frames.field(fields, which)) is not None}
    said["why"] = NAME[number(fields, frames.F_REASON)]
    said["seq"] = number(fields, frames.F_SEQ)
    said["params"] = dict(one.split("=", 1) for one in frames.every(fields, frames.F_PARAM))
    return said


def mac(use: dict, answer: dict, **asked: object) -> str:
    """As the business server makes it, which knows what was asked."""
    lines = {"event": answer["receipt"], "id": answer["id"],
             "ms": answer["receipt"].split(":")[0].replace(".", ""), "terminal": use["terminal"],
             "session": use["session"], "person": use["person"], "right": answer["params"]["right"],
             "business": "moving", "action": "view", "kind": "code", "code": CODE, "count": "", "permission": "",
             "confirmer": "", "use": use["use"], "reception": "R08-1121-014"} | asked
    text = "jukinet-receipt/1\n" + "".join(f"{name}={value}\n" for name, value in lines.items())
    return hmac.new(RECEIPT_KEY, text.encode(), hashlib.sha256).hexdigest()


class Inside:
    """hanako is logged in while this is open; the keys are there."""

    def __init__(self, w: Office, account: str = "hanako", keys: bool = True, **settings: dict) -> None:
        self.w, self.account, self.keys, self.set = w, account, keys, settings

    def __enter__(self) -> Inside:
        self.w.reset(self.account)
        self.w.settings(**({"lookup": {"rate": 0}} | self.set))
        self.w.registry.policy(**TYPES)
        self.w.registry.build()
        owner = self.w.accounts["_jukinet"]
        self.w.space.directory(f"{KEEP}/keys", 0o700, (owner.uid, owner.gid))
        for name, kind, key in (("k1", "subject", SUBJECT_KEY), ("r1", "receipt", RECEIPT_KEY)):
            path = f"{KEEP}/keys/{name}"
            if self.keys:
                self.w.space.write(path, key_file(name, kind, key), 0o600, (owner.uid, owner.gid))
            elif self.w.space.exists(path):
                os.unlink(self.w.space.path(path))
        self.app = self.w.app()
        enter(self.app, self.account)
        self.mark = self.w.mark()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                leave(self.app)
        finally:
            self.app.close()


# --- allowed ----------------------------------------------------------------------------------------------------------

def test_allowed_with_receipt_and_mac(w):
    with Inside(w) as inside, Application(w) as a:
        use = a.use()
        tap.equal((use["why"], use["person"], use["opid"], use["terminal"]), ("granted", "p0123", "m0123-2", "shimin-03"))
        answer = a.ask(code="３２１-6549 8701")
        tap.equal(answer["why"], "granted", str(answer))
        tap.equal((answer["mac"], answer["mac_key"]), (mac(use, answer), "r1"))
        tap.check(answer["mac"] != mac(use, answer, code="32165498702"), "of another code")
        w.mark()
        start, = w.records(inside.mark, "use-start")
        tap.equal((start["juse"], start["jpur"], start["jrcp"], start["jsess"], start["jper"], start["res"]),
                  (use["use"], "passport", "R08-1121-014", use["session"], "p0123", "success"))
        one, = w.records(inside.mark, "lookup")
        tap.equal((one["jid"], one["juse"], one["jbiz"], one["jact"], one["jkind"], one["jsub"], one["jrcp"], one["jright"]),
                  (answer["id"], use["use"], "moving", "view", "code", subject(), "R08-1121-014", "m0123-2"))
        tap.equal(answer["receipt"], one.event)


if __name__ == "__main__":
    tap.main(missing(), w=lambda: Office("lookup"))
