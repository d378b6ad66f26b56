#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A use: what a business application asks before it shows somebody's record, by the real jukinetd, auditd and witness. Here
the test speaks for the application, in frames."""

from __future__ import annotations

import errno
import hashlib
import hmac
import json
import os
import select
import signal
import sys
import time

from jukinet import (KEEP, MONITOR, PATIENCE, Office, SCRIPTS, SNAPSHOT, STATE, enter, frames, leave, missing, tap, texts, wait_for)
from test_policy import elsewhen

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


def key_file(name: str, kind: str, key: bytes, since: int = 1700000000) -> bytes:
    text = f"jukinet-key 1\nid {name}\nkind {kind}\nfrom {since}\nkeep-years 7\nkey {key.hex()}\n"
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

    def order(self, timeout: float = 2 * PATIENCE, **what: object):
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

    def hear(self, seconds: float = PATIENCE):
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

    def uses(self) -> list[tuple[int, int, int]]:
        """Lookups allowed and refused, and persons, of each use of the session that has no entry: the first page."""
        self.seq += 1
        self.send(frames.USES, (frames.F_SEQ, self.seq))
        found = []
        while (heard := self.hear())[0] in (frames.USED, frames.CHANGED):
            if heard[0] == frames.USED:
                found.append(tuple(number(heard[1], which) for which in (frames.F_ALLOWED, frames.F_REFUSED, frames.F_COUNT)))
        tap.equal((heard[0], number(heard[1], frames.F_SEQ)), (frames.ANSWER, self.seq))
        return found

    def one(self, seconds: float = PATIENCE):
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

    def answer(self, seq: int, seconds: float = PATIENCE) -> dict:
        while seq not in self.answers:
            heard = self.one(seconds)
            tap.check(heard not in (None, "nothing"), f"no answer to {seq}: {heard}")
        return self.answers[seq]

    def ask(self, *words: str, **how) -> dict:
        return self.answer(self.query(*words, **how))


def wait_recorded(w: Office, mark, number: int) -> None:
    """That many lookups stand in the log; their receipts may be on their way."""
    def stand() -> bool:
        w.mark()
        return len(w.records(mark, "lookup")) >= number
    wait_for(stand, "the record")


def in_flight(w: Office) -> int:
    """Records of lookups that have no answer yet, of all workers."""
    found = 0
    for name in w.files(STATE, "flight.*"):
        with open(w.space.path(f"{STATE}/{name}"), "rb") as file:
            data = file.read()
        found += sum(data[at] != 0 for at in range(0, len(data), 16))
    return found


def counted(w: Office) -> tuple[int, int, int]:
    """What jukinetd counts in the session: lookups allowed and refused, and persons."""
    with Application(w) as a:
        tap.equal(a.use()["why"], "granted")
        uses = a.uses()
    return tuple(sum(one[i] for one in uses) for i in range(3))


def logged(w: Office, since) -> tuple[int, int, int]:
    """What the log counts: lookups allowed and refused, and persons."""
    w.services.wait_until_idle()
    w.mark()
    void = {one["jvoid"] for one in w.records(since, "void")}
    lookups = [one for one in w.records(since, "lookup") if one["jid"] not in void]
    allowed = sum(one["res"] == "success" for one in lookups)
    persons = sum(int(one["jcnt"]) for one in w.records(since, "result") if one["res"] == "success" and one["jid"] not in void)
    return allowed, len(lookups) - allowed, persons


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


def keyed(domain: bytes, text: str) -> str:
    return "r1:" + hmac.new(RECEIPT_KEY, domain + b"\0" + text.encode(), hashlib.sha256).hexdigest()[:32] if text else ""


def mac(use: dict, answer: dict, **asked: object) -> str:
    """As the business server makes it, which knows what was asked."""
    lines = {"event": answer["receipt"], "id": answer["id"], "terminal": use["terminal"], "session": use["session"],
             "person": use["person"], "right": answer["params"]["right"], "use": use["use"], "purpose": "passport",
             "reception": "R08-1121-014", "grounds": "", "business": "moving", "action": "view", "search": "code",
             "subject": CODE, "count": "", "permission": "", "object": "", "requirement": "", "confirmer": ""}
    tap.check(set(asked) <= set(lines), f"lines of the text: {asked}")
    lines |= asked
    lines["subject"] = keyed(b"jukinet/resident-code/1", lines["subject"])
    for name in ("grounds", "requirement"):
        lines[name] = keyed(b"jukinet/typed/1", lines[name])
    text = "jukinet-receipt/2\n" + "".join(f"{name}={value}\n" for name, value in lines.items())
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
            if kind is None and self.app.process.alive:
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
        tap.check(answer["mac"] != mac(use, answer, subject="32165498702"), "of another code")
        whole = {"action": "print", "object": "printer-2", "count": 3, "search": "code"}
        answer = a.ask("print", **{name: value for name, value in whole.items() if name != "action"})
        tap.equal((answer["why"], answer["mac"]), ("granted", mac(use, answer, **whole)))
        w.mark()
        start, = w.records(inside.mark, "use-start")
        tap.equal((start["juse"], start["jpur"], start["jrcp"], start["jsess"], start["jper"], start["res"]),
                  (use["use"], "passport", "R08-1121-014", use["session"], "p0123", "success"))
        one, printed = w.records(inside.mark, "lookup")
        tap.equal((printed["jid"], printed["jobj"], printed["jcnt"]), (answer["id"], "printer-2", "3"))
        answer = a.answers[1]
        tap.equal((one["jid"], one["juse"], one["jbiz"], one["jact"], one["jkind"], one["jsub"], one["jrcp"], one["jright"]),
                  (answer["id"], use["use"], "moving", "view", "code", subject(), "R08-1121-014", "m0123-2"))
        tap.equal(answer["receipt"], one.event)



def test_what_came_out_and_the_entry_of_the_ledger(w):
    with Inside(w) as inside, Application(w) as a:
        use = a.use(reception="", grounds="証明書の再交付\t電話")
        seen = a.ask("search", "identity-info-search", search="name", code="", requirement="転入の届出 同姓同名の確認")
        tap.equal(seen["why"], "granted", str(seen))
        tap.equal(seen["mac"], mac(use, seen, reception="", grounds="証明書の再交付\t電話", business="identity-info-search",
                                   action="search", search="name", subject="", requirement="転入の届出 同姓同名の確認"))
        again = a.ask("search", "identity-info-search", search="name", code="", requirement="転入の届出 同姓同名の確認")
        result = a.answer(a.result(seen["id"], 3))
        tap.equal((result["why"], "mac" in result), ("granted", False))
        tap.equal(a.answer(a.result(seen["id"], 3))["why"], "query.none", "once for each")
        tap.equal(a.answer(a.result("0123456789abcdef", 3))["why"], "query.none")
        done = a.answer(a.done("窓口での確認 二件", 2))
        tap.equal(done["why"], "granted", str(done))
        w.mark()
        one, two = w.records(inside.mark, "lookup")
        came, *refused = w.records(inside.mark, "result")
        entry, = w.records(inside.mark, "ledger")
        start, = w.records(inside.mark, "use-start")
        tap.equal((one["jreq"], one["jkind"], one.get("jsub")), (two["jreq"], "name", ""))
        tap.equal((came["jof"], came["jcnt"], came["juse"], [other["jwhy"] for other in refused]),
                  (seen["id"], "3", use["use"], ["query.none", "query.none"]))
        tap.equal((entry["jcnt"], entry["jid"]), ("2", done["id"]))
        kept = lines(w)
        tap.equal([(kept[name][1], kept[name][3]) for name in (start["jreq"], one["jreq"], entry["jreq"])],
                  [("grounds", "証明書の再交付\t電話"), ("requirement", "転入の届出 同姓同名の確認"), ("entry", "窓口での確認 二件")])
        tap.equal({line[0] for line in kept.values()}, {use["use"]})
        tap.equal(len(kept), 3, "a text is kept once")
        tap.check(again["id"] != seen["id"], "each has its own record")


def test_the_same_words_twice_are_two_texts(w):
    """The entry of the ledger is kept as one, whatever else was said in the same words."""
    with Inside(w) as inside, Application(w) as a:
        a.use(reception="", grounds="転入の届出")
        a.ask("search", search="name", code="", requirement="転入の届出")
        a.answer(a.done("転入の届出", 1))
        w.mark()
        tap.equal([lines(w)[w.records(inside.mark, op)[0]["jreq"]][1] for op in ("use-start", "lookup", "ledger")],
                  ["grounds", "requirement", "entry"])


def lines(w) -> dict[str, list[str]]:
    found = {}
    for name in w.files(f"{KEEP}/texts"):
        path = w.space.path(f"{KEEP}/texts/{name}")
        tap.equal(os.stat(path).st_mode & 0o777, 0o600)
        with open(path, encoding="utf-8") as file:
            for line in file:
                one = line.rstrip("\n").split("\t", 4)
                found[one[0]] = one[1:]
    return found


def test_a_permission_for_one_use(w):
    with Inside(w) as inside, Application(w) as a:
        w.registry.approval("v-1", "identity-info", "p0123", "p0124", terminal="shimin-03", once=True)
        w.registry.build()
        a.use()
        tap.equal(a.ask("hardcopy")["why"], "hardcopy.denied", "not unless it is named")
        w.registry.approval("v-2", "identity-info", "p0123", "p0124", terminal="shimin-03")
        w.registry.build()
        answer = a.ask("correct")
        tap.equal((answer["why"], answer["params"]["permission"]), ("granted", "v-2"), "the one that lasts")
        tap.equal(answer["mac"], mac(a.told, answer, action="correct", permission="v-2"))
        first, second = a.query("hardcopy", permission="v-1"), a.query("hardcopy", permission="v-1")
        tap.equal(sorted((a.answer(first)["why"], a.answer(second)["why"])), ["granted", "perm.bad"])
        w.mark()
        tap.equal([one["jperm"] for one in w.records(inside.mark, "lookup") if one["res"] == "success"], ["v-2", "v-1"])


def hours_end(w: Office, once: bool) -> None:
    w.registry.approval("a-1", "after-hours", "p0123", "p0124", terminal="shimin-03", once=once)
    w.registry.policy(**TYPES, **elsewhen())
    w.registry.build()


def test_after_hours_each_record_names_its_approval(w):
    for once in (False, True):
        with Inside(w) as inside, Application(w) as a:
            a.use()
            a.ask()
            hours_end(w, once)
            tap.equal([a.ask()["why"] for _ in range(2)], ["granted"] * 2)
            w.mark()
            tap.equal([one.get("japp") for one in w.records(inside.mark, "lookup")], ["", "a-1", "a-1"], f"once: {once}")


def test_what_the_session_stands_on_is_not_given_back(w):
    """Two at once after hours, on one approval for one use; who was first hangs up, and the other one is answered."""
    with Inside(w, audit={"receipt": 3000}) as inside, Application(w) as a, Application(w) as b:
        a.use()
        b.use()
        tap.equal((a.ask()["why"], b.ask()["why"]), ("granted", "granted"))  # then the witness waits for the next ones
        hours_end(w, True)
        w.services.witness.sigstop()
        try:
            a.query()
            wait_for(lambda: w.files(KEEP, "used.*"), "the use")
            seq = b.query()
            wait_recorded(w, inside.mark, 4)
            a.process.kill()
            time.sleep(0.3)
        finally:
            w.services.witness.sigcont()
        tap.equal((b.answer(seq)["why"], w.files(KEEP, "used.*")), ("granted", ["used.a-1"]))


# --- refused ----------------------------------------------------------------------------------------------------------

DENIED = (
    (("view", "statistics"), {}, "biz.denied"),
    (("view", "no-such-business"), {}, "biz.denied"),
    (("no-such-act", "moving"), {}, "biz.denied"),
    (("search", "moving"), {"search": "name", "code": ""}, "req.none"),
    (("search", "moving"), {"search": "name", "code": "", "requirement": " 　 "}, "req.none"),
    (("extract", "moving"), {"search": "list", "code": "", "requirement": "調査"}, "req.none"),
    (("extract", "moving"), {"search": "list", "code": "", "requirement": "調査", "count": 50}, "look.bulk"),
    (("view", "moving"), {"permission": "v-9"}, "perm.bad"),
    (("correct", "moving"), {}, "perm.none"),
    (("hardcopy", "moving"), {}, "hardcopy.denied"),
    (("store-media", "moving"), {"object": "usb-1"}, "media.denied"),
    (("input", "identity-info-update"), {}, "confirm.none"),
    (("view", "moving"), {"code": "1234567890"}, "code.bad"),
    (("view", "moving"), {"code": "123456789012"}, "code.bad"),
    (("store-media", "moving"), {"object": f"usb-{CODE}"}, "number.long"),
    (("view", "moving"), {"permission": "1234567890120"}, "number.long"),
)


def test_each_refusal_has_its_reason_and_its_record(w):
    with Inside(w) as inside, Application(w) as a:
        w.registry.policy(**TYPES, limits={"bulk-count": 49, "bulk-hour": 99})
        w.registry.build()
        a.use()
        for words, how, why in DENIED:
            answer = a.ask(*words, **how)
            tap.equal((answer["why"], {"id", "receipt", "mac"} & set(answer)), (why, set()), f"{words} {how}")
            if why == "look.bulk":
                tap.equal((answer["params"]["n"], answer["params"]["max"]), ("50", "49"))
            if why == "biz.denied" and words[1] == "statistics":
                tap.equal((answer["params"]["business"], answer["params"]["type"]), ("statistics", "moving-desk"))
        tap.equal(a.ask()["why"], "granted", "and it goes on")
        w.mark()
        tap.equal([one.get("jwhy") for one in w.records(inside.mark, "lookup")], [*(why for _, _, why in DENIED), ""])
        tap.equal(w.records(inside.mark, "void"), [])


def test_too_many_in_an_hour(w):
    with Inside(w), Application(w) as a, Application(w) as b:
        w.registry.policy(**TYPES, limits={"bulk-hour": 20})
        w.registry.build()
        a.use()
        b.use()
        seen = a.ask("search", search="name", code="", requirement="調査")
        tap.equal(a.answer(a.result(seen["id"], 15))["why"], "granted")
        for _ in range(5):
            tap.equal(b.ask()["why"], "granted", "one person has one count")
        tap.equal([one.ask()["why"] for one in (a, b)], ["look.bulk"] * 2)
        tap.equal(b.ask(permission="v-9")["why"], "perm.bad")


def test_no_use_without_a_session_or_a_reason(w):
    with Inside(w) as inside:
        for uid, how, why in (("hanako", {"reception": ""}, "reception.none"),
                              ("hanako", {"reception": "", "grounds": " 　\t"}, "reception.none"), ("taro", {}, "sess.none"),
                              (0, {}, "caller.foreign"), ("_jukinet-card", {}, "account.unknown")):
            with Application(w, uid) as a:
                tap.equal(a.use(**how)["why"], why, f"{uid}")
                tap.equal(a.hear(), None, "it is over")
        tap.equal([one["jwhy"] for one in w.happened(inside.mark, "use-start")],
                  ["reception.none", "reception.none", "sess.none", "caller.foreign", "account.unknown"])


def test_no_code_stands_where_everybody_reads_it(w):
    """Somebody types it where the number of the application belongs; an office with such numbers may say so."""
    long = (CODE, f"R08-{CODE}", CODE + "7", f"{CODE}123456", "1234-5678-903", "1234-5678-9018")
    with Inside(w) as inside:
        for how in (*({"reception": one} for one in long), {"purpose": f"a-{CODE}"}):
            with Application(w) as a:
                tap.equal(a.use(**how)["why"], "number.long", str(how))
        with Application(w, "taro") as a:
            tap.equal(a.use(reception=CODE)["why"], "sess.none")
        w.mark()
        tap.equal([(one.get("jrcp"), one.get("jpur")) for one in w.records(inside.mark, "use-start")],
                  [("", "passport")] * len(long) + [("R08-1121-014", "")] + [("", "passport")])
        tap.check(not any(text in one.line for one in w.records(inside.mark) for text in (*long, CODE)), "not in the log")
        with Application(w) as a:
            tap.equal(a.use(reception="R2026-1234567890")["why"], "granted")
        w.settings(lookup={"reception-digits": 12})
        w.registry.build()
        with Application(w) as a:
            tap.equal(a.use(reception="202611300017")["why"], "granted")
        with Application(w) as a:
            tap.equal(a.use(reception="1234-5678-9018")["why"], "granted", "divided or not")
        with Application(w) as a:
            tap.equal(a.use(reception=CODE + "77")["why"], "number.long")
        with Application(w) as a:
            tap.equal(a.use(reception="202611300017", purpose=f"a-{CODE}")["why"], "number.long", "of a purpose nobody may say so")


def test_without_keys_nobody_is_found_by_code(w):
    with Inside(w, keys=False), Application(w) as a:
        a.use()
        tap.equal(a.ask()["why"], "key.none")
        answer = a.ask(search="name", code="")
        tap.equal((answer["why"], "mac" in answer), ("granted", False))


def test_a_new_key_counts_at_once(w):
    """Of a key that somebody may have read the next one is made in the middle of a day: no use goes on with the old one."""
    with Inside(w) as inside, Application(w) as a:
        a.use()
        tap.equal(a.ask()["mac_key"], "r1")
        owner = w.accounts["_jukinet"]
        for name, kind, key in (("k2", "subject", bytes(range(5, 37))), ("r2", "receipt", bytes(range(6, 38)))):
            text = key_file(name, kind, key, 1700000001)
            w.space.write(f"{KEEP}/keys/{name}", text, 0o600, (owner.uid, owner.gid))
        try:
            tap.equal(a.ask()["mac_key"], "r2")
            w.mark()
            tap.equal([one["jsub"][:3] for one in w.records(inside.mark, "lookup")], ["k1:", "k2:"])
        finally:
            for name in ("k2", "r2"):
                os.unlink(w.space.path(f"{KEEP}/keys/{name}"))


def test_a_mended_key_counts_again(w):
    """Somebody has copied a key back with the wrong mode and mends it: a use that is open all day sees that, too."""
    with Inside(w), Application(w) as a:
        path = w.space.path(f"{KEEP}/keys/k1")
        os.chmod(path, 0o640)
        a.use()
        tap.equal([a.ask()["why"] for _ in range(3)], ["key.none"] * 3)
        os.chmod(path, 0o600)
        wait_for(lambda: a.ask()["why"] == "granted", "the key to be found", 5, 0.2)
        told = [line for line in w.services.jukinetd.stderr().splitlines() if "keys/k1" in line]
        tap.check(1 <= len(told) <= 3, f"told now and then: {told}")


def test_one_account_has_nothing_of_another(w):
    with Inside(w), Application(w) as a:
        a.use()
        mine = a.ask()
        w.insert("taro")
        with w.app() as app:
            enter(app, "taro")
            with Application(w, "taro") as b:
                theirs = b.use()
                tap.equal((theirs["why"], theirs["person"]), ("granted", "p0124"))
                tap.equal(b.answer(b.result(mine["id"], 1))["why"], "query.none")
            leave(app)
        tap.equal(a.ask()["why"], "granted")


# --- what changes meanwhile -------------------------------------------------------------------------------------------

def change(w: Office, what: str, session: str) -> None:
    told = w.python("watch.py", what, "2", session, uid=MONITOR)
    tap.equal(told[-1]["why"], NUMBER["granted"])


def test_locked_and_unlocked_in_between(w):
    with Inside(w) as inside, Application(w) as a:
        use = a.use()
        tap.equal(a.ask()["why"], "granted")
        change(w, "lock", use["session"])
        tap.equal(a.one(), frames.CHANGED)
        tap.equal(a.changes, [(LOCKED, 2)])
        tap.equal(a.ask()["why"], "sess.locked")
        tap.check(w.ask("hanako", uid="hanako").ok, "unlocked")
        tap.equal(a.one(), frames.CHANGED)
        tap.equal(a.changes[1:], [(ACTIVE, 0)])
        tap.equal(a.ask()["why"], "granted")
        w.mark()
        tap.equal([one.get("jwhy") for one in w.records(inside.mark, "lookup")], ["", "sess.locked", ""])


def test_locked_before_the_receipt_is_read(w):
    """The lock was acknowledged before jukinetd came to read what the witness had said."""
    with Inside(w, audit={"receipt": 3000}) as inside, Application(w) as a:
        session = a.use()["session"]
        tap.equal(a.ask()["why"], "granted")
        worker, = w.services.jukinetd.children()
        w.services.witness.sigstop()
        try:
            seq = a.query()
            wait_recorded(w, inside.mark, 2)
            os.kill(worker.pid, signal.SIGSTOP)
        finally:
            w.services.witness.sigcont()
        try:
            time.sleep(0.3)
            change(w, "lock", session)
        finally:
            os.kill(worker.pid, signal.SIGCONT)
        tap.equal(a.answer(seq)["why"], "sess.locked")
        tap.equal(a.uses(), [(1, 1, 0)], "told also while it is locked")
        tap.check(w.ask("hanako", uid="hanako").ok)
        tap.equal(counted(w), (1, 1, 0))
        a.order(close=True)
        tap.equal(logged(w, inside.mark), (1, 1, 0))


def test_ended_in_between(w):
    with Inside(w) as inside, Application(w) as a:
        use = a.use()
        change(w, "end", use["session"])
        tap.equal((a.one(), a.changes[0][0], a.hear()), (frames.CHANGED, ENDED, None))
        inside.app.kill()
        w.services.wait_until_idle()


def test_ended_and_begun_anew_before_the_receipt_is_read(w):
    """Another session of the same person is active when jukinetd comes to read what the witness had said."""
    with Inside(w, audit={"receipt": 9000}) as inside, Application(w) as a:
        a.use()
        tap.equal(a.ask()["why"], "granted")     # then the witness waits for the next one
        worker, = w.services.jukinetd.children()
        w.services.witness.sigstop()
        try:
            seq = a.query()
            wait_recorded(w, inside.mark, 2)
            os.kill(worker.pid, signal.SIGSTOP)
        finally:
            w.services.witness.sigcont()
        with w.app() as again:
            try:
                time.sleep(0.3)
                leave(inside.app)
                enter(again, "hanako")
            finally:
                os.kill(worker.pid, signal.SIGCONT)
            tap.equal((a.answer(seq)["why"], a.hear()[0]), ("sess.locked", frames.CHANGED))
            leave(again)
        inside.app.kill()


def test_a_full_run_keeps_nothing_active(w):
    """There is no room for another file: the lock counts all the same."""
    with Inside(w), Application(w) as a:
        session = a.use()["session"]
        filler = w.space.path("/run/jukinet/filler")
        try:
            with open(filler, "wb", buffering=0) as file:
                try:
                    while True:
                        file.write(bytes(65536))
                except OSError as problem:
                    tap.equal(problem.errno, errno.ENOSPC)
            change(w, "lock", session)
            tap.equal(a.ask()["why"], "sess.locked")
        finally:
            os.unlink(filler)
        tap.check(w.ask("hanako", uid="hanako").ok)
        tap.equal(a.ask()["why"], "granted")


def test_dead_leader_ends_it(w):
    with Inside(w) as inside, Application(w) as a:
        a.use()
        inside.app.kill()
        tap.equal((a.one(), a.changes[0][0], a.hear()), (frames.CHANGED, ENDED, None))


def test_another_snapshot_counts_at_once(w):
    with Inside(w), Application(w) as a:
        a.use()
        tap.equal(a.ask()["why"], "granted")
        w.registry.change("card", "c-0042", state="revoked")
        w.registry.build()
        tap.equal(a.ask()["why"], "card.revoked")
        w.registry.change("card", "c-0042", state="active")
        w.registry.build()
        tap.equal(a.ask()["why"], "granted")
        os.rename(w.space.path(SNAPSHOT), w.space.path(SNAPSHOT) + ".away")
        tap.equal(a.ask()["why"], "policy.bad")
        os.rename(w.space.path(SNAPSHOT) + ".away", w.space.path(SNAPSHOT))
        tap.equal(a.ask()["why"], "granted")


# --- no receipt, no access --------------------------------------------------------------------------------------------

def stands(w: Office, mark) -> tuple[list[str], set[str]]:
    """Ids of lookups that were granted in the log, in its order, and those that are void."""
    w.mark()
    return ([one["jid"] for one in w.records(mark, "lookup") if one["res"] == "success"],
            {one["jvoid"] for one in w.records(mark, "void")})


def test_what_came_out_is_told_again_until_it_is_proven(w):
    with Inside(w, audit={"receipt": 500}) as inside, Application(w) as a:
        a.use()
        seen = a.ask("search", search="name", code="", requirement="調査")
        w.services.witness.sigstop()
        try:
            seqs = [a.result(seen["id"], 3) for _ in range(2)]
            tap.equal(a.answer(seqs[1])["why"], "query.none", "one is on its way")
            tap.equal(a.answer(seqs[0])["why"], "audit.down")
        finally:
            w.services.witness.sigcont()
        wait_for(lambda: a.ask()["why"] == "granted", "the witness to be asked again", every=0.1)
        tap.equal([a.answer(a.result(seen["id"], 3))["why"] for _ in range(2)], ["granted", "query.none"])
        now = counted(w)
    tap.equal((now, now[2]), (logged(w, inside.mark), 3))


def test_without_a_receipt_it_is_no(w):
    with Inside(w, audit={"receipt": 300}) as inside, Application(w) as a:
        a.use()
        good = a.ask()["id"]
        w.services.witness.sigstop()
        try:
            seqs = [a.query() for _ in range(4)]
            tap.equal([a.answer(seq)["why"] for seq in seqs], ["audit.down"] * 4)
        finally:
            w.services.witness.sigcont()
        wait_for(lambda: a.ask()["why"] == "granted", "the witness to be asked again", every=0.1)
        granted, void = stands(w, inside.mark)
        answered = {one["id"] for one in a.answers.values() if one["why"] == "granted"}
        tap.check(good in answered and len(granted) >= 6, f"{granted}")
        tap.equal(set(granted) - void, answered, "what is not void was answered")
        w.services.witness.kill()
        tap.equal(a.ask()["why"], "audit.down")
        w.services.witness.start()
        wait_for(lambda: a.ask()["why"] == "granted", "the new witness", every=0.1)
        now = counted(w)
        a.order(close=True)
        tap.equal(logged(w, inside.mark), now)


def test_killed_in_mid_flight(w):
    """Nothing was answered that has a void, and nothing has none that nobody got."""
    with Inside(w) as inside:
        answered, asked = set(), 0
        for round in range(8):
            with Application(w) as a:
                tap.equal(a.use()["why"], "granted")
                worker, = w.services.jukinetd.children()
                if round < 2:
                    w.audit.stop()
                seqs = [a.query() for _ in range(10)]
                asked += len(seqs)
                if round < 2:
                    wait_for(lambda: in_flight(w) == 10, "all to be in flight")
                time.sleep(0.0006 * round)
                os.kill(worker.pid, 9)
                if round < 2:
                    w.audit.cont()
                while (heard := a.one()) not in (None, "nothing"):
                    pass
                answered |= {one["id"] for one in a.answers.values() if one["why"] == "granted"}
        now = counted(w)        # the next one voids what was left
        w.services.wait_until_idle()
        granted, void = stands(w, inside.mark)
        tap.equal(len(granted), len(set(granted)), "each once")
        tap.equal(set(granted) - void, answered)
        tap.equal(answered & void, set())
        log = logged(w, inside.mark)
        tap.check(now[1:] == log[1:] and 0 <= now[0] - log[0] <= 8, f"nothing of the log is missing: {now} {log}")
        tap.check(len(void) >= 10 and len(answered) < asked, f"{len(void)} void, {len(answered)} answered of {asked}")
        tap.equal(w.files(STATE, "flight.*") + w.files(STATE, "pending.*"), [])


@tap.skip_if(missing(programs=("strace",)))
def test_killed_between_record_and_answer(w):
    """The one moment in which nobody can know: the record stands, counts, and has used up what it stands on. strace makes it
    last."""
    with Inside(w) as inside:
        w.registry.approval("v-1", "identity-info", "p0123", "p0124", terminal="shimin-03", once=True)
        w.registry.build()
        with Application(w) as a:
            a.use()
            answered = a.ask()["id"]
            worker, = w.services.jukinetd.children()
            log = w.space.path("/tmp/answer.trace")
            # The first is the record itself, the second its answer.
            tracer = w.spawn(["strace", "-o", "/tmp/answer.trace", "-e", "trace=sendto", "-e",
                              "inject=sendto:delay_enter=20000000:when=2+", "-p", str(worker.pid)], stderr="/tmp/answer.err")
            wait_for(lambda: os.path.exists(log) and "TracerPid:\t0\n" not in open(
                f"/proc/{worker.pid}/status", encoding="utf-8").read(), "strace to be there")
            seq = a.query("hardcopy", permission="v-1")
            wait_for(lambda: open(log, encoding="utf-8").read().count("sendto(") == 2, "the answer")
            os.kill(worker.pid, signal.SIGKILL)
            tracer.terminate(5)
            tracer.close()
            while a.one() not in (None, "nothing"):
                pass
            tap.check(seq not in a.answers, "nobody got it")
        with Application(w) as a:
            tap.equal(a.use()["why"], "granted")
            tap.equal(a.ask("hardcopy", permission="v-1")["why"], "perm.bad", "it is used")
            last = a.ask()["id"]
        granted, void = stands(w, inside.mark)
        tap.equal((len(granted), granted[0], granted[2], void), (3, answered, last, set()), "it counts")
        tap.equal(w.files(STATE, "flight.*"), [])


def test_hangs_up_in_mid_flight(w):
    with Inside(w) as inside:
        with Application(w) as a:
            a.use()
            w.audit.stop()
            for _ in range(5):
                a.query()
            wait_for(lambda: in_flight(w) == 5, "all to be in flight")
        w.services.wait_until_idle()
        w.audit.cont()
        now = counted(w)        # the next one voids what a worker had no time for
        w.services.wait_until_idle()
        granted, void = stands(w, inside.mark)
        tap.equal(set(granted) - void, set())
        tap.equal(len(void), 5)
        tap.equal((now, logged(w, inside.mark)), ((0, 5, 0), (0, 5, 0)))


def test_deaf_application_has_nothing_that_is_void(w):
    """Whoever does not take an answer gets no other one, even if there is room again."""
    with Inside(w) as inside:
        answered = w.python("deaf.py", "15", uid="hanako", timeout=60)
        w.services.wait_until_idle()
        granted, void = stands(w, inside.mark)
        tap.equal(set(answered) & void, set())
        tap.equal(set(granted) - void, set(answered))
        tap.check(void, "it was never deaf")
        tap.equal(counted(w), logged(w, inside.mark))


# --- what a use may take ----------------------------------------------------------------------------------------------

def test_it_lasts_and_leaves_room(w):
    with Inside(w):
        w.services.jukinetd.restart("--deadline", "2")
        many = [Application(w) for _ in range(5)]
        try:
            tap.equal([one.use()["why"] for one in many], ["granted"] * 4 + ["service.busy"])
            begun = time.monotonic()
            tap.check(w.ask("hanako", uid="hanako").ok, "an unlock finds its place")
            while time.monotonic() - begun < 3:
                time.sleep(0.1)
            tap.equal([one.ask()["why"] for one in many[:4]], ["granted"] * 4, "beyond the deadline")
        finally:
            for one in many:
                one.__exit__()
        w.services.jukinetd.restart()


def test_the_rate_delays_and_drops_nothing(w):
    with Inside(w, lookup={"rate": 40, "burst": 10}), Application(w) as a:
        a.use()
        begun = time.monotonic()
        seqs = [a.query() for _ in range(40)]
        tap.equal({a.answer(seq)["why"] for seq in seqs}, {"granted"})
        took = time.monotonic() - begun
        tap.check(0.7 < took, f"30 above the burst took {took:.2f} s")


def test_results_of_nothing_have_the_same_rate(w):
    """Each is refused with a record: nobody fills the log with them."""
    with Inside(w, lookup={"rate": 40, "burst": 10}), Application(w) as a:
        a.use()
        begun = time.monotonic()
        for _ in range(40):
            tap.equal(a.answer(a.result("0123456789abcdef", 1))["why"], "query.none")
        took = time.monotonic() - begun
        tap.check(0.7 < took, f"30 above the burst took {took:.2f} s")


BAD = {
    "no sequence": frames.encode(frames.QUERY, (frames.F_ACTION, "view"), (frames.F_BUSINESS, "moving")),
    "no act": frames.encode(frames.QUERY, (frames.F_SEQ, 1), (frames.F_BUSINESS, "moving")),
    "an act in capitals": frames.encode(frames.QUERY, (frames.F_SEQ, 1), (frames.F_ACTION, "VIEW"), (frames.F_BUSINESS, "moving")),
    "by code, without one": frames.encode(frames.QUERY, (frames.F_SEQ, 1), (frames.F_ACTION, "view"), (frames.F_BUSINESS, "moving"),
                                          (frames.F_SEARCH, "code")),
    "control characters": frames.encode(frames.QUERY, (frames.F_SEQ, 1), (frames.F_ACTION, "search"), (frames.F_BUSINESS, "moving"),
                                        (frames.F_REQUIREMENT, "a\x1b[2J")),
    "a novel": frames.encode(frames.QUERY, (frames.F_SEQ, 1), (frames.F_ACTION, "search"), (frames.F_BUSINESS, "moving"),
                             (frames.F_REQUIREMENT, "a" * 513)),
    "a result of nothing": frames.encode(frames.RESULT, (frames.F_ID, "x"), (frames.F_SEQ, 1), (frames.F_COUNT, 1)),
    "a login": frames.encode(frames.AUTH, (frames.F_ACCOUNT, "hanako")),
    "no frame": b"\x01",
    "another version": b"\x09\x16",
}


def test_bad_frames_end_it(w):
    with Inside(w) as inside:
        for name, bad in BAD.items():
            with Application(w) as a:
                a.use()
                a.order(send=bad.hex())
                tap.equal(a.hear(), None, name)
        w.mark()
        tap.equal(w.records(inside.mark, "lookup"), [])


# --- nobody is in the log ---------------------------------------------------------------------------------------------

def holds(data: bytes) -> bool:
    return CODE.encode() in data or b"HIMITSU" in data


def outside_of_locked_memory(pid: int) -> list[str]:
    """Where a worker's memory that a core file would take holds what must not be there."""
    found, at = [], None
    with open(f"/proc/{pid}/smaps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
        for line in maps:
            words = line.split()
            if "-" in words[0] and not words[0].endswith(":"):
                at = words
            elif words[0] == "VmFlags:" and at and "w" in at[1] and "dd" not in words:
                first, last = (int(one, 16) for one in at[0].split("-"))
                memory.seek(first)
                if holds(memory.read(last - first)):
                    found.append(" ".join(at))
    return found


def leaves_a_core(pid: int) -> list[str]:
    """What would let the kernel, or somebody of the same user, have a worker's memory."""
    with open(f"/proc/{pid}/limits", encoding="ascii") as file:
        limit = next(line.split()[4:6] for line in file if line.startswith("Max core file size"))
    # What is not dumpable belongs to root, whoever runs it.
    owner = os.stat(f"/proc/{pid}/mem").st_uid
    return ([] if limit == ["0", "0"] else [f"core limit {limit}"]) + ([] if owner == 0 else [f"dumpable, of {owner}"])


def test_keys_are_where_no_core_is(w):
    """libcrypto has its own copies, in ordinary memory, as long as a use lasts: nobody gets that memory."""
    with Inside(w), Application(w) as a:
        a.use()
        tap.equal(a.ask()["why"], "granted")
        worker, = w.services.jukinetd.children()
        inside, outside = 0, 0
        with open(f"/proc/{worker.pid}/smaps", encoding="utf-8") as maps, open(f"/proc/{worker.pid}/mem", "rb") as memory:
            for line in maps:
                words = line.split()
                if "-" in words[0] and not words[0].endswith(":"):
                    first, last = (int(one, 16) for one in words[0].split("-"))
                    at = words
                elif words[0] == "VmFlags:" and "w" in at[1]:
                    memory.seek(first)
                    n = memory.read(last - first).count(RECEIPT_KEY)
                    inside, outside = (inside + n, outside) if "dd" in words else (inside, outside + n)
        tap.check(inside > 0, "the search is blind")
        tap.comment(f"the key of receipts: {inside} times in locked memory, {outside} times elsewhere")
        tap.equal([leaves_a_core(one) for one in (worker.pid, w.services.jukinetd.pid)], [[], []])


def test_codes_and_texts_are_nowhere(w):
    with Inside(w), Application(w) as a:
        a.use(reception="", grounds="HIMITSU one")
        tap.equal(a.ask()["why"], "granted")
        tap.equal(a.ask("search", search="code", requirement="HIMITSU two")["why"], "granted")
        tap.equal(a.ask("view", "statistics")["why"], "biz.denied")
        tap.equal(a.answer(a.done("HIMITSU three", 1))["why"], "granted")
        worker, = w.services.jukinetd.children()
        tap.equal(outside_of_locked_memory(worker.pid), [])
        w.mark()
        with open(w.audit.log, "rb") as file:
            log = file.read()
        tap.check(subject().encode() in log and not holds(log), "the log")
        for directory in (STATE, KEEP, "/run/jukinet/sessions"):
            for name in w.files(directory):
                path = w.space.path(f"{directory}/{name}")
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        tap.check(not holds(file.read()), f"{directory}/{name}")
        for service in w.services.values():
            tap.check(not holds(service.stderr().encode()), service.name)


if __name__ == "__main__":
    tap.main(missing(), w=lambda: Office("lookup"))
