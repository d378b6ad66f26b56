#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The second person (S-39): who changes a record needs somebody else, who proves himself here for exactly that; the session does
nothing else meanwhile, the card of whoever works comes back, and the one who confirmed sees what it was."""

from __future__ import annotations

import hashlib
import os
import signal
import time

from jukinet import (KEEP, MONITOR, Office, PATIENCE, PIN, STAFF, WRONG, enter, frames, leave, missing, tap, texts,
                     wait_for)
from test_policy import elsewhen
from test_lookup import ACTIVE, LOCKED, Application, Inside, key_file, mac, told

NUMBER = texts.reasons()
CONFIRMING = 3
SILENT = 0x8000     # PAM_SILENT
TARO = STAFF["taro"].number
SECOND = {"business moving": {"second-person": True}}


class Confirming(Application):
    """Plays all three: the program, the second person, and the one who works."""

    def confirm(self, second: str = "taro", pin: str = PIN, back: str = "hanako", at_prompt=None, seconds: float = PATIENCE,
                after: float = 0) -> dict:
        self.seq += 1
        self.said: list[str] = []
        self.named: list[list[str]] = []
        self.send(frames.CONFIRM, (frames.F_SEQ, self.seq))
        time.sleep(after)
        if second:
            self.w.insert(second)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            heard = self.hear(seconds)
            tap.check(isinstance(heard, tuple), f"it broke off: {heard} after {self.said}")
            kind, fields = heard
            if kind == frames.ANSWER:
                return told(fields)
            if kind == frames.ASK_PIN:
                if at_prompt:
                    at_prompt()
                self.send(frames.PIN, (frames.F_PIN, pin))
            elif kind == frames.NOTE:
                self.said.append((frames.field(fields, frames.F_MESSAGE) or b"").decode())
                self.named.append(frames.every(fields, frames.F_PARAM))
                if self.said[-1] == "confirm.own" and back:
                    self.w.insert(back)
        raise AssertionError(f"no answer: {self.said}")


class Working(Inside):
    """hanako is logged in, and what she does about `moving` needs a second person."""

    def __enter__(self) -> Working:
        super().__enter__()
        self.w.registry.policy(**(SECOND | {"type moving-desk": {"business": ["moving"]}}))
        self.w.registry.build()
        return self


def state(w: Office) -> int:
    return w.python("watch.py", "look", uid=MONITOR)[0]["state"]


def seen(w: Office, mark, op: str) -> list:
    """While a use goes on."""
    w.mark()
    return w.records(mark, op)


def digest(one) -> str:
    """Of the request, out of its own record: whoever reads the log finds no code by trying all."""
    fields = {"terminal": "jterm", "session": "jsess", "person": "jper", "right": "jright", "use": "juse", "purpose": "jpur",
              "reception": "jrcp", "business": "jbiz", "action": "jact", "search": "jkind", "subject": "jsub", "count": "jcnt",
              "permission": "jperm", "object": "jobj", "requirement": "jreq"}
    text = "jukinet-receipt/2\n" + "".join(
        f"{name}={one.get(fields[name]) or '' if name in fields else ''}\n" for name in (
            "event", "id", "terminal", "session", "person", "right", "use", "purpose", "reception", "grounds", "business",
            "action", "search", "subject", "count", "permission", "object", "requirement", "confirmer"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def begin(app: Confirming) -> dict:
    app.use()
    answer = app.ask("input", "moving", requirement="転入届", object="form-1", count=2)
    tap.equal((answer["why"], "receipt" in answer), ("confirm.none", False), str(answer))
    return answer


def test_confirmed_by_a_colleague(w):
    with Working(w) as session, Confirming(w) as app:
        begin(app)
        meanwhile = []
        begun = time.monotonic()
        answer = app.confirm(at_prompt=lambda: meanwhile.append((state(w), w.python("inside.py", "manage", "card.show",
                                                                                uid="hanako")["why"])))
        tap.equal((answer["why"], "receipt" in answer), ("granted", True), str(answer))
        confirmed = mac(app.told, answer, action="input", confirmer=answer["params"].get("confirmer", ""),
                        requirement="転入届", object="form-1", count=2)
        tap.equal((answer["params"].get("confirmer"), answer["mac"]), (TARO, confirmed), "the server can see who it was")
        tap.check(time.monotonic() - begun >= 2.5, "nobody reads that fast")
        tap.equal(meanwhile, [(CONFIRMING, NUMBER["sess.locked"])], "nothing else meanwhile")
        tap.equal(app.said, ["confirm.ask", "confirm.own"], "one message for one thing")
        tap.check({"reception=R08-1121-014", "persons=2", "business=moving", "action=input"} < set(app.named[0]), str(app.named))
        tap.equal(state(w), ACTIVE)
        auth = [one for one in seen(w, session.mark, "auth") if one.get("jfor") == "confirm"]
        one = seen(w, session.mark, "lookup")[-1]
        tap.equal([(a["jper"], a["jcard"], a["res"], a["jsess"]) for a in auth],
                  [(TARO, "c-0043", "success", one["jsess"])])
        tap.equal((one["res"], one["jact"], one["jbiz"], one["jper"], one["jconf"], len(one["jdig"])),
                  ("success", "input", "moving", "p0123", TARO, 32))
        tap.equal(one["jdig"], digest(one), "what was confirmed, and nothing that the log does not say")
        tap.equal(app.ask("view", "moving")["why"], "granted")
        tap.equal(app.ask("input", "moving")["why"], "confirm.none", "one request, once")
    # What he confirmed is shown to him, once.
    w.insert("taro")
    with w.app() as login:      # who asks for silence sees nothing, and it stays
        login.start("jk-session", "taro")
        tap.equal([(told.code, told.said) for told in (login.do(op, PIN, flags=SILENT) for op in (
            "authenticate", "acct_mgmt", "open_session"))], [("PAM_SUCCESS", [])] * 3)
        leave(login)
    for times in (1, 0):
        with w.app() as login:
            said = enter(login, "taro").said
            shown = [one for one in said if "You confirmed for" in one]
            tap.equal(len(shown), times, str(said))
            tap.check(all("moving, input, application R08-1121-014, persons: 2." in one for one in shown), str(shown))
            leave(login)


def test_a_new_key_changes_nothing_of_what_is_confirmed(w):
    """A key that comes into use while he types: the record names whom it is about as the digest that he has signed."""
    with Working(w) as session, Confirming(w) as app:
        begin(app)
        owner = w.accounts["_jukinet"]
        key = key_file("k2", "subject", bytes(range(5, 37)), 1700000001)
        try:
            answer = app.confirm(at_prompt=lambda: w.space.write(f"{KEEP}/keys/k2", key, 0o600, (owner.uid, owner.gid)))
            tap.equal(answer["why"], "granted", str(answer))
            one = seen(w, session.mark, "lookup")[-1]
            tap.equal((one["jconf"], one["jdig"]), (TARO, digest(one)), one["jsub"])
            tap.check(app.ask("view", "moving", code="32165498702")["why"] == "granted")
            tap.equal(seen(w, session.mark, "lookup")[-1]["jsub"][:3], "k2:", "the next one has it")
        finally:
            os.unlink(w.space.path(f"{KEEP}/keys/k2"))


def test_a_witness_that_starts_anew_meanwhile_costs_nothing(w):
    """What was typed is not lost: the one that is there now is asked to look out."""
    def again() -> None:
        w.services.witness.stop()
        w.services.witness.start()

    with Working(w) as session, Confirming(w) as app:
        begin(app)
        answer = app.confirm(at_prompt=again)
        tap.equal((answer["why"], "receipt" in answer), ("granted", True), str(answer))
        tap.equal(seen(w, session.mark, "void"), [])


def test_not_by_oneself_nor_by_who_may_not(w):
    with Working(w), Confirming(w) as app:
        begin(app)
        for second, why in (("spare", "confirm.same"), ("jiro", "biz.denied")):
            if second == "jiro":
                w.registry.rows["operator-id"]["m0125-1"]["type"] = "statistics"
                w.registry.policy(**(SECOND | {"type statistics": {"number": 9, "terminal-class": "integrated-terminal",
                                                                   "business": ["statistics"]},
                                               "type moving-desk": {"business": ["moving"]}}))
                w.registry.build()
                w.insert("hanako")
                app.ask("input", "moving")
            answer = app.confirm(second)
            tap.equal((answer["why"], state(w)), (why, ACTIVE), f"{second}: {answer} {app.said}")
            tap.equal(app.ask("input", "moving")["why"], "confirm.none")


def test_the_own_card_is_in_the_reader_when_it_begins(w):
    """It has to be, until then. Each is told once what to do, and whose turn it is."""
    with Working(w), Confirming(w) as app:
        begin(app)
        answer = app.confirm(after=1.5)
        tap.equal((answer["why"], state(w)), ("granted", ACTIVE), f"{answer} {app.said}")
        tap.equal(app.said, ["confirm.ask", "confirm.own"])


def test_after_hours_his_approval_is_used_up(w):
    """The second person's own, by what he has confirmed: as good as new where that is void, and good for no second one."""
    with Working(w, audit={"receipt": 1500}) as session, Confirming(w) as app:
        begin(app)
        w.registry.approval("a-1", "after-hours", "p0123", "p0125", terminal="shimin-03")
        w.registry.approval("a-2", "after-hours", TARO, "p0125", terminal="shimin-03", once=True)
        w.registry.policy(**(SECOND | {"type moving-desk": {"business": ["moving"]}} | elsewhen()))
        w.registry.build()
        tap.equal(app.confirm(at_prompt=w.services.witness.sigstop)["why"], "audit.down", "it is not proven")
        w.services.witness.sigcont()
        tap.equal(w.files(KEEP, "used.*"), [])
        for why, used in (("granted", "a-2"), ("time.out", "")):
            # The witness is back as soon as something has been proven.
            wait_for(lambda: app.ask("view", "moving")["why"] == "granted", "the witness")
            tap.equal(app.ask("input", "moving")["why"], "confirm.none")
            answer = app.confirm()
            tap.equal((answer["why"], w.files(KEEP, "used.*")), (why, ["used.a-2"]), f"{answer} {app.said}")
        auth = [one for one in seen(w, session.mark, "auth") if one.get("jfor") == "confirm"]
        tap.equal([(one["res"], one.get("japp")) for one in auth], [("success", "a-2")] * 2 + [("failed", "")])


def test_a_wrong_pin_confirms_nothing(w):
    with Working(w) as session, Confirming(w) as app:
        begin(app)
        before = w.files(KEEP, "confirmed.*")
        answer = app.confirm(pin=WRONG)
        tap.equal((answer["why"], state(w)), ("pin.wrong", ACTIVE))
        tap.equal([one["res"] for one in seen(w, session.mark, "lookup")], ["failed"])
        tap.equal(w.files(KEEP, "confirmed.*"), before)


def test_a_card_that_does_not_come_back_locks(w):
    """The shortest way is an end of the conversation while it is awaited."""
    with Working(w) as session, Confirming(w) as app:
        begin(app)
        app.seq += 1
        app.send(frames.CONFIRM, (frames.F_SEQ, app.seq))
        w.insert("taro")
        while True:
            heard = app.hear()
            tap.check(isinstance(heard, tuple), f"{heard}")
            if heard[0] == frames.ASK_PIN:
                app.send(frames.PIN, (frames.F_PIN, PIN))
            elif heard[0] == frames.NOTE and frames.field(heard[1], frames.F_MESSAGE) == b"confirm.own":
                break
        app.process.kill()
        w.services.wait_until_idle()
        tap.equal(state(w), LOCKED)
        tap.equal([one["res"] for one in seen(w, session.mark, "lookup")], ["failed"], "nobody was answered")
        w.insert("hanako")
        tap.check(w.ask("hanako", uid="hanako").ok)


def confirming(app: Confirming, at: int) -> None:
    """Until the PIN is asked for; with `at` it is typed."""
    app.seq += 1
    app.send(frames.CONFIRM, (frames.F_SEQ, app.seq))
    app.w.insert("taro")
    while (heard := app.hear())[0] != frames.ASK_PIN:
        tap.check(isinstance(heard, tuple), f"{heard}")
    if at:
        app.send(frames.PIN, (frames.F_PIN, PIN))


def ends_locked(w: Office, other: Application) -> None:
    """For the next look and for whoever only waits for news; and its person opens it again."""
    wait_for(lambda: state(w) != CONFIRMING, "the end of it")
    tap.equal(state(w), LOCKED)
    while not other.changes:
        tap.check(other.one() not in (None, "nothing"), "the other application is told")
    tap.equal([one[0] for one in other.changes], [LOCKED])
    w.insert("hanako")
    tap.check(w.ask("hanako", uid="hanako").ok)


def test_whoever_hangs_up_while_it_is_read_leaves_it_locked(w):
    """He has typed his PIN too fast: jukinetd waits until the request can have been read."""
    with Working(w), Application(w) as other, Confirming(w) as app:
        other.use()
        begin(app)
        confirming(app, 1)
        tap.equal(state(w), CONFIRMING)
        app.process.kill()
        ends_locked(w, other)


def test_a_worker_that_dies_leaves_it_locked(w):
    """Nothing in it ends the confirmation any more; the rule about the card holds again."""
    with Working(w), Application(w) as other, Confirming(w) as app:
        begin(app)
        worker, = w.services.jukinetd.children()
        other.use()
        confirming(app, 0)
        tap.equal(state(w), CONFIRMING)
        os.kill(worker.pid, signal.SIGKILL)
        ends_locked(w, other)


def test_locked_meanwhile_stays_locked(w):
    with Working(w), Confirming(w) as app:
        begin(app)
        answer = app.confirm(at_prompt=lambda: w.python("watch.py", "lock", "1", uid="hanako"))
        tap.equal(state(w), LOCKED)
        tap.check(answer["why"] != "granted", str(answer))
        tap.check(w.ask("hanako", uid="hanako").ok)


def test_whoever_takes_his_time_has_it(w):
    """What jukinetd allows a conversation begins anew with the confirmation, and with the wait for the own card."""
    with Working(w):
        w.services.jukinetd.restart("--deadline", "10")
        with Confirming(w) as app:
            begin(app)
            time.sleep(5)
            answer = app.confirm(at_prompt=lambda: time.sleep(5.5))
            tap.equal((answer["why"], state(w)), ("granted", ACTIVE), str(answer))
        w.services.jukinetd.restart()


def test_nothing_to_confirm(w):
    with Working(w), Confirming(w) as app:
        app.use()
        tap.equal(app.confirm(second="")["why"], "query.none")


if __name__ == "__main__":
    tap.main(missing(), w=lambda: Office("confirm"))
