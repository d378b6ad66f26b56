#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""jukinet-lookup as an application in another language uses it: from Python as a co-process, from a script, and as a browser
does, with the real jukinetd, auditd and witness."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import struct
import sys
import time

from jukinet import BUILD, Office, PIN, ROOT, SCRIPTS, STATE, missing, tap, wait_for
from test_confirm import Working
from test_lookup import CODE, Inside, RECEIPT_KEY, change, key_file, logged, mac, subject, wait_recorded

TOOL = f"{BUILD}/tools/lookup/jukinet-lookup"
ENV = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "XDG_RUNTIME_DIR": "/tmp/run-hanako"}
HIMITSU = "HIMITSU"

with open(f"{ROOT}/tools/lookup/lookup-v1.schema.json", encoding="utf-8") as file:
    SCHEMA = json.load(file)
try:
    import jsonschema
    CHECK = {kind: jsonschema.Draft7Validator({"$ref": f"#/definitions/{kind}", "definitions": SCHEMA["definitions"]})
             for kind in ("request", "message")}
except ImportError:
    CHECK = {}


def fits(kind: str, what: dict) -> bool:
    """By the schema; without a validator at least a version and one of the three kinds of messages."""
    if CHECK:
        return CHECK[kind].is_valid(what)
    return what.get("v") == 1 and bool({"do", "event", "error"} & set(what))


class Tool:
    """The co-process: lines, or messages as a browser frames them."""

    def __init__(self, w: Office, native: bool = False, uid: str = "hanako", env: dict | None = None) -> None:
        self.w, self.native, self._read = w, native, b""
        self.events: list[dict] = []
        self.account = w.accounts[uid]
        w.space.directory("/tmp/run-hanako", 0o700, (self.account.uid, self.account.gid))
        theirs_in, self._in = os.pipe2(os.O_CLOEXEC)
        self._out, theirs_out = os.pipe2(os.O_CLOEXEC)
        words = ["--native", "chrome-extension://cclokfepblkhkecnghgjbkajibmoopnd/"] if native else ["--batch"]
        try:
            self.process = w.spawn([TOOL, *words], uid=uid, env=ENV | (env or {}), fds={0: theirs_in, 1: theirs_out},
                                   stderr="/tmp/lookup.err")
        finally:
            os.close(theirs_in)
            os.close(theirs_out)

    def __enter__(self) -> Tool:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.end_input()
        if self._out >= 0:
            os.close(self._out)
            self._out = -1
        if self.process.alive:
            self.process.terminate(2)
        if kind is None:
            self.process.wait(5)

    def end_input(self) -> None:
        if self._in >= 0:
            os.close(self._in)
            self._in = -1

    def raw(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._in, data):]

    def say(self, do: str, **how: object) -> None:
        request = {"v": 1, "do": do} | {name.replace("_", "-"): value for name, value in how.items()}
        tap.check(fits("request", request), f"the schema does not know {request}")
        text = json.dumps(request).encode()
        self.raw(struct.pack("=I", len(text)) + text if self.native else text + b"\n")

    def _more(self, until: float) -> bool:
        ready, _, _ = select.select([self._out], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            return False
        piece = os.read(self._out, 65536)
        self._read += piece
        return bool(piece)

    def hear(self, seconds: float = 30.0) -> dict | None:
        """The next message of any kind; None: nothing came, or it has ended."""
        until = time.monotonic() + seconds
        while True:
            if self.native and len(self._read) >= 4 and len(self._read) >= 4 + (n := struct.unpack("=I", self._read[:4])[0]):
                text, self._read = self._read[4:4 + n], self._read[4 + n:]
                break
            if not self.native and b"\n" in self._read:
                text, _, self._read = self._read.partition(b"\n")
                break
            if not self._more(until):
                return None
        message = json.loads(text)
        tap.check(fits("message", message), f"the schema does not know {message}")
        return message

    def answer(self, seconds: float = 5.0) -> dict:
        """The next one that is no event."""
        while True:
            message = self.hear(seconds)
            tap.check(message is not None, "no answer")
            if "event" not in message:
                return message
            self.events.append(message)

    def ask(self, do: str, **how: object) -> dict:
        self.say(do, **how)
        return self.answer()

    def begin(self, **how: object) -> dict:
        return self.ask("begin", **({"purpose": "passport", "reception": "R08-1121-014"} | how))

    def view(self, **how: object) -> dict:
        return self.ask("query", **VIEW | how)


VIEW = {"action": "view", "business": "moving", "code": CODE}


def tool(w: Office, *words: str, code: str = CODE, **how):
    return w.run([TOOL, *words], uid="hanako", env=ENV | how.pop("env", {}), stdin=code, **how)


ASK = ("ask", "--purpose", "passport", "--reception", "R08-1121-014", "--business", "moving", "--action", "view")


# --- a co-process -----------------------------------------------------------------------------------------------------

def test_a_use_from_beginning_to_end(w):
    with Inside(w) as inside, Tool(w) as t:
        use = t.begin(id="one")
        tap.equal((use["allowed"], use["id"], use["do"], use["person"], use["right"], use["terminal"]),
                  (True, "one", "begin", "p0123", "m0123-2", "shimin-03"))
        seen = t.view(id=2)
        tap.equal((seen["allowed"], seen["why"], seen["id"]), (True, "granted", 2))
        tap.equal(seen["mac"], mac(use, {"receipt": seen["receipt"], "id": seen["record"], "params": seen["parameters"]}))
        denied = t.view(business="statistics")
        tap.equal((denied["allowed"], denied["why"], {"record", "receipt", "mac"} & set(denied)), (False, "biz.denied", set()))
        tap.check(denied["text"] and denied["parameters"]["business"] == "statistics", str(denied))
        tap.equal(t.ask("result", record=seen["record"], count=3)["allowed"], True)
        told = t.ask("propose")
        tap.equal((told["lookups"], told["denied"], told["count"]), (2, 1, 3))
        tap.equal(told["text"], "passport R08-1121-014: 2 lookups (1 refused), 3 persons")
        tap.equal(t.ask("done", count=told["count"], text=told["text"])["allowed"], True)
        tap.equal((t.view()["error"], t.ask("end")["error"]), ("order", "order"), "it has ended the use")
        w.mark()
        entry, = w.records(inside.mark, "ledger")
        tap.equal((entry["jcnt"], entry["juse"]), ("3", use["use"]))
        tap.equal(tool(w, "session", "end", "--yes").status, 1, "it has its entry")
        tap.equal([one["jid"] for one in w.records(inside.mark, "lookup") if one["res"] == "success"], [seen["record"]])


def test_answers_in_the_order_of_the_questions(w):
    with Inside(w) as inside, Tool(w) as t:
        t.say("begin", purpose="passport", reception="R08-1121-014")
        for number in range(200):
            t.say("query", id=number, **VIEW | ({"business": "statistics"} if number % 5 == 0 else {}))
            if number % 50 == 7:
                t.raw(b"no json\n")
        t.say("end", id="last")
        tap.equal(t.answer()["do"], "begin")
        for number in range(200):
            tap.equal((lambda a: (a["id"], a["allowed"]))(t.answer(20)), (number, number % 5 != 0))
            if number % 50 == 7:
                tap.equal(t.answer()["error"], "json")
        tap.equal(t.answer()["id"], "last")
        w.mark()
        granted = [one["jid"] for one in w.records(inside.mark, "lookup") if one["res"] == "success"]
        tap.equal((len(granted), len(set(granted)), w.records(inside.mark, "void")), (160, 160, []))


def test_locked_and_ended_are_told(w):
    with Inside(w) as inside, Tool(w) as t:
        use = t.begin()
        tap.equal(t.view()["allowed"], True)
        t.say("wait", ms=10000)
        time.sleep(0.1)
        change(w, "lock", use["session"])
        tap.equal(t.hear(), {"v": 1, "event": "state", "state": "locked"})
        tap.equal(t.hear(), {"v": 1, "do": "wait", "state": "locked"})
        tap.equal(t.view()["why"], "sess.locked")
        tap.check(w.ask("hanako", uid="hanako").ok, "unlocked")
        tap.equal(t.hear(), {"v": 1, "event": "state", "state": "active"})
        tap.equal(t.ask("wait", ms=1)["state"], "active")
        change(w, "end", use["session"])
        tap.equal(t.hear(), {"v": 1, "event": "state", "state": "ended"})
        wait_for(lambda: t.view()["error"] == "order", "the use to be over", every=0.1)
        tap.equal((t.begin()["why"], t.events), ("sess.none", []))
        inside.app.kill()
        w.services.wait_until_idle()


def test_locked_after_the_answer_is_told_after_it(w):
    """Of the two the later one counts: a page would show the record on a locked screen."""
    with Inside(w, audit={"receipt": 10000}) as inside, Tool(w) as t:
        use = t.begin()
        w.services.witness.sigstop()
        try:
            t.say("query", action="view", business="moving", code=CODE)
            wait_recorded(w, inside.mark, 1)
            os.kill(t.process.pid, signal.SIGSTOP)
        finally:
            w.services.witness.sigcont()
        try:
            time.sleep(0.3)
            change(w, "lock", use["session"])
            time.sleep(0.1)
        finally:
            os.kill(t.process.pid, signal.SIGCONT)
        tap.equal([one.get("allowed", one.get("state")) for one in (t.hear(3), t.hear(3))], [True, "locked"])
        tap.check(w.ask("hanako", uid="hanako").ok, "unlocked")


def test_nobody_waits_who_has_closed_his_input(w):
    with Inside(w), Tool(w) as t:
        t.begin()
        t.say("wait", ms=20000)
        t.say("query", action="view", business="moving", code=CODE)
        t.say("wait", ms=20000)
        t.end_input()
        tap.equal([one["do"] for one in (t.hear(3), t.hear(3), t.hear(3))], ["wait", "query", "wait"])
        tap.equal(t.process.wait(5), 0)
        tap.equal(t.hear(1), None)


LONG = b'{"v":1,"do":"query","action":"view","business":"moving","requirement":"' + b"a" * 20000 + b'"}'


def message(**how: object) -> bytes:
    return json.dumps({"v": 1, "do": "query", "action": "view", "business": "moving"} | how).encode()


# What is wrong, what the line of it says: error, field.
BAD = (
    (b"", "json", None),
    (b"hello", "json", None),
    (b'{"v":1', "json", None),
    (b"[1]", "json", None),
    (b"null", "json", None),
    (b'{"v":1,"do":"end"} {"v":1}', "json", None),
    (b"[" * 8000 + b"]" * 8000, "json", None),
    (b'{"a":' * 2700 + b"1" + b"}" * 2700, "json", None),
    (LONG, "long", None),
    (b"\xff\xfe", "json", None),
    (message(requirement="HIMITSU").replace(b"HIMITSU", b"\xe3\x81"), "json", None),
    (message(requirement="HIMITSU").replace(b"HIMITSU", b"a\\u0000b"), "json", None),
    (message(requirement="HIMITSU").replace(b"HIMITSU", b"a\0b"), "json", None),
    (b'{"v":1,"do":"query","action":"view","action":"print","business":"moving"}', "json", "action"),
    (b'{"v":1,"do":"query","code":"HIMITSU","code":"HIMITSU"}', "json", "code"),
    (message(v=2), "version", "v"),
    (message(v="1"), "version", "v"),
    (b'{"do":"end"}', "version", "v"),
    (message(do="open"), "argument", "do"),
    (message(do=1), "argument", "do"),
    (message(id=[1]), "argument", "id"),
    (message(id="x" * 65), "argument", "id"),
    (message(name="HIMITSU"), "argument", None),
    (message(purpose="passport"), "argument", "purpose"),
    (message(action=7), "argument", "action"),
    (message(action={"a": {"b": [1]}}), "argument", "action"),
    (message(action=None), "argument", "action"),
    (message(action="VIEW"), "argument", "action"),
    (message(business=""), "argument", "business"),
    (message(search="nosuch"), "argument", "search"),
    (message(search="code"), "argument", "code"),
    (message(code=32165498701), "argument", "code"),
    (message(code="1" * 129), "argument", "code"),
    (message(count="3"), "argument", "count"),
    (message(count=-1), "argument", "count"),
    (message(count=1.5), "argument", "count"),
    (message(count=2 ** 32), "argument", "count"),
    (message(count=2 ** 64), "json", None),
    (message(requirement="a\nb"), "argument", "requirement"),
    (message(requirement="a" * 513), "argument", "requirement"),
    (message(requirement="\u202eHIMITSU"), "argument", "requirement"),
    (message(permission="V 1"), "argument", "permission"),
    (message(object="../x"), "argument", "object"),
    (b'{"v":1,"do":"query","business":"moving"}', "argument", "action"),
    (b'{"v":1,"do":"result","record":"x","count":1}', "argument", "record"),
    (b'{"v":1,"do":"result","record":"0123456789abcdef"}', "argument", "count"),
    (b'{"v":1,"do":"begin"}', "argument", "purpose"),
    (b'{"v":1,"do":"begin","purpose":"passport"}', "order", "do"),
    (b'{"v":1,"do":"wait","ms":-1}', "argument", "ms"),
    (b'{"v":1,"do":"done","text":"a\\tb\\u0007"}', "argument", "text"),
    (b'{"v":1,"do":"pin","pin":"1234"}', "order", "do"),
)


def test_bad_input_has_a_line_each_and_it_goes_on(w):
    for native in (False, True):
        with Inside(w) as inside, Tool(w, native) as t:
            t.begin()
            for data, error, field in BAD:
                t.raw(struct.pack("=I", len(data)) + data if native else data + b"\n")
                said = t.answer()
                tap.equal((said.get("error"), said.get("field")), (error, field), f"{data[:100]!r}: {said}")
                tap.check("allowed" not in said and HIMITSU not in json.dumps(said), str(said))
            tap.equal(t.view()["allowed"], True, "it lives on")
            if not native:
                t.raw(message(code=CODE))
                t.end_input()
                tap.equal(t.answer()["allowed"], True, "a last line without its end")
            else:
                t.raw(struct.pack("=I", 100) + b"{")
                t.end_input()
            tap.equal(t.hear(), None)
            tap.equal(t.process.wait(5), 0)
            w.mark()
            tap.equal(len(w.records(inside.mark, "lookup")), 1 if native else 2)


def test_killed_jukinetd_is_told_and_a_new_use_works(w):
    with Inside(w) as inside, Tool(w) as t:
        allowed, asked = [], 0
        for round in range(3):
            tap.equal(t.begin()["allowed"], True)
            w.audit.stop()
            for number in range(20):
                t.say("query", id=f"{round}-{number}", **VIEW)
            time.sleep(0.1)
            (os.kill(w.services.jukinetd.children()[0].pid, 9) if round < 2 else w.services.jukinetd.kill())
            w.audit.cont()
            answers = [t.answer() for _ in range(20)]
            tap.equal([one["id"] for one in answers], [f"{round}-{number}" for number in range(20)])
            allowed += [one["record"] for one in answers if one.get("allowed")]
            tap.check({one["error"] for one in answers if not one.get("allowed")} <= {"down", "order"}, str(answers[-1]))
            wait_for(lambda: {"v": 1, "event": "down"} in t.events or t.events.append(t.hear(1)) or False, "down", every=0.05)
            t.events.clear()
        t.say("begin", purpose="passport", reception="R08-1121-014")
        down = t.answer(10)     # who connects and hears nothing waits 5 s
        tap.equal((down["allowed"], down["error"]), (False, "down"))
        w.services.jukinetd.start()
        tap.equal(t.begin()["allowed"], True)
        last = t.view()
        allowed.append(last["record"])
        t.ask("end")
        w.services.wait_until_idle()
        w.mark()
        granted = {one["jid"] for one in w.records(inside.mark, "lookup") if one["res"] == "success"}
        void = {one["jvoid"] for one in w.records(inside.mark, "void")}
        tap.equal((len(allowed), granted - void), (len(set(allowed)), set(allowed)))


def test_a_second_person_confirms(w):
    with Working(w) as inside, Tool(w) as t:
        t.begin()
        tap.equal(t.view(action="input", requirement="")["why"], "confirm.none")
        w.insert("taro")        # before: else the operator's own would be read
        t.say("confirm", id="c")
        t.say("propose", id="p")
        said = []
        while (heard := t.hear(20)) and heard.get("do") != "confirm":
            said.append(heard.get("message"))
            if heard.get("event") == "pin":
                tap.check(heard["text"] and heard["max"] >= 6, str(heard))
                t.say("pin", pin=PIN)
            elif said[-1] == "confirm.own":
                tap.check(heard["text"], str(heard))
                w.insert("hanako")
        tap.check(heard is not None, f"silent after {said}")
        tap.equal((heard["id"], heard["allowed"], said[0]), ("c", True, "confirm.ask"), f"{heard} {said}")
        tap.equal(t.answer()["error"], "busy", "nothing else meanwhile")
        told = t.ask("propose")
        tap.equal((told["lookups"], told["denied"]), (2, 1), "as it stands in the log: refused, and then allowed")
        w.mark()
        one = next(one for one in w.records(inside.mark, "lookup") if one["res"] == "success")
        tap.equal(one["jid"], heard["record"])


# --- from a browser ---------------------------------------------------------------------------------------------------

def test_a_browser_speaks_the_same(w):
    with Inside(w), Tool(w, native=True) as t:
        tap.equal(t.begin()["allowed"], True)
        tap.equal(t.view()["allowed"], True)
        tap.equal(t.view(business="statistics")["why"], "biz.denied")
        t.raw(struct.pack("=I", 0xffffffff))
        tap.equal(t.answer()["error"], "long")


def browser(w: Office, which: str) -> None:
    """The shipped manifest, extension and page; only the host's path is that of this build."""
    with Inside(w) as inside:
        with open(f"{BUILD}/conf/browser-{which}.json", encoding="utf-8") as file:
            host = json.load(file)
        host["path"] = "/tmp/jukinet-native"
        w.space.write(host["path"], f'#!/bin/sh\nexec {TOOL} --native "$@"\n', 0o755)
        w.space.write("/tmp/host.json", json.dumps(host))
        with open(f"{ROOT}/tests/e2e/browser.py", "rb") as file:
            w.space.write(f"{SCRIPTS}/browser.py", file.read(), 0o755)
        shown = w.python("browser.py", which, "/tmp/host.json", f"{ROOT}/tools/lookup/example", CODE, "moving", "statistics", "moving",
                         uid="hanako", timeout=80, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"})
        tap.equal([(one["kind"], one["hidden"]) for one in shown],
                  [("allowed", ""), ("denied", "hidden"), ("allowed", "")], str(shown))
        tap.check("(biz.denied)" in shown[1]["result"] and shown[1]["record"] == "", str(shown))
        w.mark()
        granted = [one for one in w.records(inside.mark, "lookup") if one["res"] == "success"]
        tap.equal([one["jid"] in told["result"] for one, told in zip(granted, shown[::2])], [True, True])
        tap.equal((granted[0]["jpur"], granted[0]["jrcp"]), ("counter", "R08-1121-014"))


def test_a_page_in_chromium(w):
    if not w.space.exists("/usr/lib/chromium/chromium"):
        tap.skip("no chromium")
    browser(w, "chromium")


def test_a_page_in_firefox(w):
    if not w.space.exists("/usr/bin/firefox-esr"):
        tap.skip("no firefox-esr")
    browser(w, "firefox")


# --- from a script ----------------------------------------------------------------------------------------------------

def test_one_question_from_a_script(w):
    with Inside(w) as inside:
        done = tool(w, *ASK)
        tap.equal((done.status, done.stderr), (0, ""), str(done))
        tap.check("allowed: record " in done.stdout and "MAC " in done.stdout, done.stdout)
        done = tool(w, *ASK[:-3], "statistics", *ASK[-2:])
        tap.equal((done.status, done.stdout), (1, ""))
        tap.check("(biz.denied)" in done.stderr, done.stderr)
        if env := w.japanese():
            done = tool(w, *ASK[:-3], "statistics", *ASK[-2:], env=env)
            tap.check("(biz.denied)" in done.stderr and "操作者" in done.stderr, done.stderr)
        done = tool(w, *ASK, "--json")
        answer = json.loads(done.stdout)
        tap.equal((done.status, answer["allowed"], fits("message", answer)), (0, True, True))
        done = tool(w, *ASK, code="1234567890\n")
        tap.equal((done.status, "code.bad" in done.stderr), (1, True))
        done = tool(w, "ask", "--purpose", "survey", "--grounds", "--business", "identity-info-search", "--action",
                    "search", "--search", "name", "--count", "3", "--requirement", code="調査\n転入の届出\n")
        tap.equal(done.status, 0, str(done))
        w.mark()
        tap.equal([one.get("jsub") for one in w.records(inside.mark, "lookup") if one["res"] == "success"],
                  [subject(), subject(), ""])
        for words in ((), ("ask",), ("ask", "more"), (*ASK, "--count", "x"), (*ASK, "--search", "eye"), ("--batch", "x"),
                      (*ASK, "--grounds", "調査"), ("session",), ("--nosuch",)):
            tap.equal(tool(w, *words).status, 2, f"{words}")
        for text in ("1" * 200, "1" * 2000):
            tap.equal(tool(w, *ASK, code=text).status, 2)
        for text in ("a" * 513 + "\n" + CODE, "a\tb\x01\n" + CODE, ""):
            tap.equal(tool(w, *ASK, "--grounds", code=text).status, 2, repr(text))
        tap.equal((tool(w, "--help").status, tool(w, "--version").status), (0, 0))
        path = w.space.path("/run/jukinet/jukinet.sock")
        os.rename(path, path + ".away")
        tap.equal(tool(w, *ASK).status, 3)
        os.rename(path + ".away", path)


def test_the_code_is_asked_for_unseen(w):
    with Inside(w):
        terminal = w.terminal()
        terminal.start([TOOL, *ASK], uid=w.accounts["hanako"].uid, gid=w.accounts["hanako"].gid, env=ENV)
        terminal.expect(r"not shown\): ")
        terminal.answer(CODE, hidden=True)
        rest = terminal.rest()
        tap.check("allowed: record" in rest and CODE not in rest, rest)


def test_a_receipt_is_checked_offline(w):
    with Inside(w), Tool(w) as t:
        use, seen = t.begin(), t.view(code="３２１-65498701", count=1)
        path, owner = "/tmp/r1", (w.accounts["hanako"].uid, w.accounts["hanako"].gid)
        w.space.write(path, key_file("r1", "receipt", RECEIPT_KEY), 0o600, owner)
        told = {name: use[name] for name in ("terminal", "session", "person", "use")} | {
            "event": seen["receipt"], "id": seen["record"], "right": seen["parameters"]["right"], "business": "moving",
            "action": "view", "search": "code", "code": CODE, "count": 1, "reception": "R08-1121-014", "mac": seen["mac"],
            "purpose": "passport", "mac-key": seen["mac-key"]}
        for how, status in (({}, 0), ({"code": "32165498702"}, 1), ({"person": "p0124"}, 1), ({"mac": "00" * 32}, 1),
                            ({"mac-key": "r2"}, 1), ({"mac": "x"}, 2), ({"code": "a"}, 2), ({"reception": "a\nb"}, 2),
                            ({"object": "printer-2"}, 1), ({"purpose": "counter"}, 1), ({"requirement": "x"}, 1),
                            ({"confirmer": "p0124"}, 1), ({"permission": "v-1"}, 1), ({"count": 2}, 1), ({"search": "name"}, 1),
                            ({"note": "what nobody checks"}, 2), ({"person": 123}, 2), ({"object": None}, 2)):
            done = tool(w, "check-receipt", "--key", path, code=json.dumps(told | how))
            tap.equal((done.status, CODE in done.stdout + done.stderr), (status, False), f"{how}: {done.stderr}")
        # What the server knows counts, not what the application says.
        known = {name: told.pop(name) for name in ("terminal", "person", "business", "action")}
        words = [word for name, value in known.items() for word in (f"--{name}", value)]
        for more, how, status in (((), {}, 0), ((), known, 0), (("--object", "printer-2"), {}, 1), ((), {"action": "print"}, 1),
                                  (("--action", "print"), {}, 1), (("--action", "print"), {"action": "view"}, 1)):
            done = tool(w, "check-receipt", "--key", path, *words, *more, code=json.dumps(told | how))
            tap.equal(done.status, status, f"{more} {how}: {done.stderr}")
        for text in ("", "[]", "x" * 20000):
            tap.equal(tool(w, "check-receipt", "--key", path, code=text).status, 2)
        for word in ("--grounds", "--requirement"):
            tap.equal(tool(w, "check-receipt", "--key", path, word, code=json.dumps(told | known)).status, 2, word)
        w.space.write(path, key_file("r1", "receipt", RECEIPT_KEY), 0o644, owner)
        tap.equal(tool(w, "check-receipt", "--key", path, code=json.dumps(told)).status, 2, "others may read it")


def test_the_entry_of_the_use_ledger(w):
    with Inside(w) as inside:
        w.space.directory("/tmp/run-hanako", 0o700, (w.accounts["hanako"].uid, w.accounts["hanako"].gid))
        tap.equal(tool(w, "session", "end", "--yes").status, 1, "nothing was asked")
        tap.equal([tool(w, *ASK).status, tool(w, *ASK[:-3], "statistics", *ASK[-2:]).status], [0, 1])
        with Tool(w) as t:
            t.begin(reception="R08-1121-015")
            t.ask("result", record=t.view()["record"], count=4)
            t.ask("end")
        shown = tool(w, "session", "end")
        tap.equal(shown.status, 1, "without a terminal nobody confirms")
        tap.check("R08-1121-015: 1 lookups (0 refused), 4 persons" in shown.stdout, shown.stdout)
        page = tool(w, "session", "end", "--html", "--yes")
        tap.equal(page.status, 0, str(page))
        tap.check("端末使用簿" in page.stdout and page.stdout.count("<tr>") == 5, page.stdout)
        tap.equal(tool(w, "session", "end", "--yes").status, 1, "it has its entry")
        w.mark()
        entry, = w.records(inside.mark, "ledger")
        tap.equal(entry["jcnt"], "4")


LIBRARY = f"{BUILD}/policy/client/libjukinet.so.1"
EDITED = json.dumps({"use": "3fa41d6ef8b5a0f7", "terminal": "shimin-03", "person": "p0123", "right": "m0123-2",
                     "purpose": "passport", "reception": "R08-HIMITSU", "begun": 1, "lookups": 77, "denied": 7, "persons": 777})


def library(w: Office, *orders: tuple) -> list:
    """Another program, through libjukinet."""
    return w.python("library.py", LIBRARY, json.dumps(orders), uid="hanako", env=ENV)


def together(shown) -> tuple[int, int, int]:
    found = re.search(r"together: (\d+) lookups \((\d+) refused\), (\d+) persons", shown.stdout)
    tap.check(found is not None, str(shown))
    lookups, refused, persons = map(int, found.groups())
    return lookups - refused, refused, persons


def confirming(w: Office):
    """session end at a terminal, as the operator reads what it shows."""
    terminal = w.terminal()
    terminal.start([TOOL, "session", "end"], uid=w.accounts["hanako"].uid, gid=w.accounts["hanako"].gid, env=ENV)
    terminal.expect(r"Store it\? \[y/N\] ")
    return terminal


def test_the_entry_has_what_every_program_asked(w):
    with Inside(w) as inside:
        w.space.directory("/tmp/run-hanako", 0o700, (w.accounts["hanako"].uid, w.accounts["hanako"].gid))
        tap.equal(library(w, ("begin", "R08-1"), ("view", "moving", 3), ("view", "moving", 0), ("view", "statistics", 0),
                          ("begin", "R08-2"), ("view", "moving", 5)),
                  ["granted", "granted", "granted", "biz.denied", "granted", "granted"])
        tap.equal([tool(w, *ASK).status, tool(w, *ASK[:-3], "statistics", *ASK[-2:]).status], [0, 1])
        session = w.records(w.mark() and inside.mark, "lookup")[0]["jsess"]
        w.space.write(f"/tmp/run-hanako/jukinet-lookup.{session}", EDITED.encode() + b"\n", 0o600,
                      (w.accounts["hanako"].uid, w.accounts["hanako"].gid))
        shown = tool(w, "session", "end")
        tap.equal((shown.status, together(shown)), (1, logged(w, inside.mark)))
        tap.equal(together(shown), (4, 2, 8))
        tap.check("R08-1: 3 lookups (1 refused), 3 persons" in shown.stdout and "HIMITSU" not in shown.stdout, shown.stdout)
        tap.equal(w.files(STATE, "usebook.*"), [f"usebook.{session}"])
        tap.check(CODE.encode() not in w.state("usebook.*"), "no code stands in it")
        stored = tool(w, "session", "end", "--yes")
        tap.equal((stored.status, together(stored)), (0, (4, 2, 8)), str(stored))
        w.mark()
        entry, = w.records(inside.mark, "ledger")
        tap.equal((entry["jcnt"], entry["res"], entry["jpur"]), ("8", "success", "use-ledger"))
        again = tool(w, "session", "end", "--yes")
        tap.equal((again.status, again.stdout), (1, ""), "it has its entry")
        tap.equal(library(w, ("begin", "R08-3"), ("view", "moving", 1), ("done", 1), ("view", "moving", 0), ("list",))[4],
                  [[w.happened(inside.mark, "use-start")[-1]["juse"], "passport", "R08-3", "m0123-2", 1, 0, 0]],
                  "of a use that went on after its entry the rest is left")
    wait_for(lambda: w.files(STATE, "usebook.*") == [], "the uses to go with their session", every=0.1)
    with Inside(w):
        tap.equal(tool(w, "session", "end", "--yes").status, 1, "another session has none of it")


def test_nobody_confirms_what_he_has_not_seen(w):
    with Inside(w) as inside:
        view, other = ("view", "moving", 2), [("begin", "R08-2"), ("use", 0)]
        said = library(w, ("begin", "R08-1"), view, ("list",), *other, ("use", 1), view, ("use", 0), ("enter",), ("enter",),
                       ("list",), ("use", 1), ("enter",), ("use", 0), ("enter",), ("list",), ("enter",))
        tap.equal([one[2:] for one in said[2]], [["R08-1", "m0123-2", 1, 0, 2]])
        tap.equal(said[8:10], ["ledger.changed", "ledger.changed"], "something was added")
        tap.equal([one[2:] for one in said[10]], [["R08-1", "m0123-2", 1, 0, 2], ["R08-2", "m0123-2", 1, 0, 2]])
        tap.equal(said[12:], ["ledger.changed", 0, "granted", [], "error -4"], "by who was shown it, and once")
        w.mark()
        tap.equal([(one["res"], one.get("jwhy", ""), one["jcnt"]) for one in w.records(inside.mark, "ledger")],
                  [("failed", "ledger.changed", "2"), ("failed", "ledger.changed", "2"), ("failed", "ledger.changed", "4"),
                   ("success", "", "4")])
        # The operator reads, and meanwhile a program of his goes on.
        tap.equal(tool(w, *ASK).status, 0)
        terminal = confirming(w)
        tap.equal(tool(w, *ASK).status, 0)
        terminal.answer("y")
        rest = terminal.rest()
        tap.check("look at the entry again" in rest and "ledger.changed" in rest, rest)
        stored = tool(w, "session", "end", "--yes")
        tap.equal((stored.status, together(stored)), (0, (2, 0, 0)), str(stored))


def test_nothing_is_entered_twice(w):
    """Of an entry of one use and of the session's at once, whichever comes first, exactly one is made."""
    with Inside(w) as inside:
        orders = [("begin", "R08-all")]
        for number in range(8):
            orders += [("begin", f"R08-{number}"), ("view", "moving", 1), ("use", 0), ("list",), ("race", 1, 0), ("end",)]
        said = library(w, *orders, ("use", 0), ("list",), ("begin", "R08-8"), ("done", 1), ("view", "moving", 2), ("done", 2),
                       ("done", 2), ("list",), ("view", "moving", 0), ("done", 0), ("list",))
        tap.equal([sorted(one) for one in said[5:48:6]], [["granted", "ledger.changed"]] * 8, str(said))
        tap.equal(said[-10:], [[], "granted", "granted", "granted", "granted", "ledger.changed", [], "granted", "granted", []])
        w.mark()
        entered = [one["jcnt"] for one in w.records(inside.mark, "ledger") if one["res"] == "success"]
        tap.equal(entered, ["1"] * 9 + ["2", "0"], "each person once")


def test_a_killed_worker_loses_nothing_of_the_entry(w):
    with Inside(w) as inside:
        kills = 0
        for round in range(6):
            with Tool(w) as t:
                t.begin(reception=f"R08-{round}")
                for number in range(60):
                    t.say("query", id=number, **VIEW | ({"business": "statistics"} if number % 7 == 0 else {}))
                for number in range(3 * round):
                    t.answer()
                os.kill(w.services.jukinetd.children()[0].pid, 9)
                kills += 1
                while (heard := t.hear()) and heard.get("event") != "down":
                    pass
        shown = tool(w, "session", "end")
        entry, log = together(shown), logged(w, inside.mark)
        tap.check(log[0] > 0 and log[1] > 0, str(log))
        tap.equal(entry[1:], log[1:])
        # Dead between the count and the moment in which its record is no longer called unanswered: it is void.
        tap.check(0 <= entry[0] - log[0] <= kills, f"{entry} {log}")
        # While the entry itself is on its way: it is void, and is proposed again.
        terminal = confirming(w)
        w.audit.stop()
        terminal.answer("y")
        time.sleep(0.2)
        os.kill(w.services.jukinetd.children()[0].pid, 9)
        w.audit.cont()
        tap.check("jukinetd does not answer" in terminal.rest(), "its end")
        tap.equal(together(tool(w, "session", "end")), entry)
        tap.equal(tool(w, "session", "end", "--yes").status, 0)
        tap.equal(tool(w, "session", "end", "--yes").status, 1)


if __name__ == "__main__":
    tap.main(missing(), w=lambda: Office("lookup_tool"))
