#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The whole policy at real logins: hand-over, course, terminal, room, hours; approvals that are used once; several operator
IDs, at the prompt and inside a session; what an officer's session may do."""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import signal
import sys
import time
from typing import Any, Callable, Iterator

from jukinet import (KEEP, PIN, SCRIPTS, STATE, Answer, App, Office, enter, frames, leave, missing, procs, tap, texts,
                     wait_for)

TERMINAL = "shimin-03"
CLASS = "class integrated-terminal"
SECOND = "m0123-9"
TYPES = {"type operator-management": {"number": 9, "terminal-class": "integrated-terminal",
                                      "function": ["operator-register", "delegation-history-query"]},
         "type site-management": {"number": 8, "terminal-class": "integrated-terminal",
                                  "delegated-function": ["operator-register"]}}
OURS = "95-policy-test.conf"
CONTACT = "内線 123"
NUMBER = r"Number or operator ID: $"


def today() -> datetime.date:
    return datetime.date.today()


def elsewhen() -> dict[str, dict[str, Any]]:
    """Office hours on another day than today, yesterday or tomorrow."""
    names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    return {"hours": {"open": "08:30", "close": "17:15", "weekday": names[(today().weekday() + 3) % 7]}}


def rows(w: Office, **sections: dict[str, Any]) -> None:
    """Rows of kinds that the office has none of: rows(w, approval_a_1={"kind": …})."""
    text = ""
    for name, keys in sections.items():
        kind, _, number = name.partition("_")
        text += f"[{kind} {number.replace('_', '-')}]\n"
        for key, value in keys.items():
            values = value if isinstance(value, list) else [value]
            text += "".join(f"{key.replace('_', '-')} = {one}\n" for one in values)
    w.registry.raw(OURS, text)


def approval(kind: str, once: bool = False, person: str = "p0123", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "person": person, "by": "p0124", "terminal": TERMINAL, "valid_from": "2020-01-01",
            "valid_until": "2099-12-31", "once": "yes" if once else "no"} | more


@contextlib.contextmanager
def office_with(w: Office, policy: dict[str, Any] | None = None, holder: str = "hanako",
                change: Callable[[Office], object] | None = None, **sections: Any) -> Iterator[Any]:
    """As it was at the beginning, but for this; and the mark from which on something happened."""
    w.reset(holder)
    rows(w, **sections)
    try:
        w.registry.policy(**TYPES, **(policy or {}))
        if change:
            change(w)
        w.registry.build()
        yield w.mark()
    finally:
        rows(w)


def second_operator_id(w: Office, **more: Any) -> None:
    w.registry.operator_id(SECOND, "p0123", type="operator-management", **more)


def uses(w: Office) -> list[str]:
    return w.files(KEEP, "used.*")


def voided(records: list) -> set[str]:
    """The next conversation proves a void once more, so one may stand there twice."""
    return {one["jvoid"] for one in records if one.op == "void"}


# --- what refuses a login, before anybody types a PIN -----------------------------------------------------------------

def refused(w: Office, why: str, *, code: str = "PAM_AUTH_ERR", contact: str = CONTACT, **parameters: str) -> None:
    mark = w.mark()
    told = w.ask("hanako")
    tap.equal((told.code, told.asked, told.said), (code, [], [texts.text(why, contact=contact, **parameters)]))
    one = w.one(mark)
    tap.equal((one["jwhy"], one["res"], one["jper"]), (why, "failed", "p0123"), str(one))
    if w.japanese():
        told = w.ask("hanako", env=w.japanese())
        tap.equal(told.said, [texts.text(why, "ja", contact=contact, **parameters)])


def test_outside_office_hours(w):
    with office_with(w, elsewhen()):
        refused(w, "time.out")


def test_on_a_closed_day(w):
    days = [str(today() + datetime.timedelta(days=n)) for n in (-1, 0, 1)]
    with office_with(w, {"hours": {"closed-day": days}}):
        refused(w, "time.out")


def test_card_that_was_not_handed_over(w):
    with office_with(w, {"policy": {"require-checkout": True}}):
        refused(w, "card.nocheckout")
        w.registry.change("card", "c-0042", handed_at="2026-01-05 08:30")
        w.registry.build()
        tap.check(w.ask("hanako").ok, "handed over")


def test_card_on_its_way_in_or_out(w):
    with office_with(w):
        for state, why in (("issued", "card.inactive"), ("return-applied", "card.returned"), ("returned", "card.returned")):
            w.registry.change("card", "c-0042", state=state)
            w.registry.build()
            refused(w, why)
        w.registry.change("card", "c-0042", state="return-requested")
        w.registry.build()
        tap.check(w.ask("hanako").ok, "it works until its return is applied for")


def test_person_without_the_course_of_the_year(w):
    if (today().month, today().day) in ((4, 1), (4, 2)):
        tap.skip("the year has just begun")
    with office_with(w, {"limits": {"training-days": 1}}):
        refused(w, "person.untrained")
        w.registry.change("person", "p0123", trained=str(today()))
        w.registry.build()
        tap.check(w.ask("hanako").ok, "after the course")


def test_revoked_terminal(w):
    with office_with(w, change=lambda w: w.registry.change("terminal", TERMINAL, state="revoked")):
        refused(w, "terminal.revoked")


def test_terminal_in_the_wrong_room(w):
    with office_with(w, {CLASS: {"method": "card-pin", "room-level": ["2", "3"]}}):
        refused(w, "terminal.room")
        w.registry.change("terminal", TERMINAL, room_level="2")
        w.registry.build()
        tap.check(w.ask("hanako").ok, "in a room of level 2")


def test_terminal_that_takes_no_cards(w):
    """No PIN is typed for a method that is not taken."""
    with office_with(w, {CLASS: {"method": "biometric"}}):
        refused(w, "method.denied")


def test_contact_is_that_of_the_terminals_department(w):
    departments = {"department_shimin": {"name": "住民生活課", "contact": "住民生活課 内線 9"},
                   "department_zeimu": {"name": "税務課"}}
    with office_with(w, elsewhen(), **departments):
        refused(w, "time.out", contact="住民生活課 内線 9")


def test_contact_of_the_whole_office_comes_last(w):
    policy = elsewhen() | {"policy": {"contact": "総務課 内線 100"}}
    with office_with(w, policy):
        refused(w, "time.out")
    with office_with(w, policy, change=lambda w: w.settings(login={"contact": []})):
        refused(w, "time.out", contact="総務課 内線 100")
    with office_with(w, elsewhen(), change=lambda w: w.settings(login={"contact": []})):
        refused(w, "time.out", contact="")


def test_texts_are_put_as_the_office_wants(w):
    if not (japanese := w.japanese()):
        tap.skip("no Japanese locale can be made here")
    with office_with(w, change=lambda w: w.settings(login={"pin-label": "password", "dates": "gregorian"})):
        told = w.ask("hanako", env=japanese)
        tap.equal((told.code, told.asked), ("PAM_SUCCESS", ["パスワードを入力してください: "]))
        tap.equal(w.ask("hanako").asked, ["Password: "])
        w.registry.rows["person"]["p0123"]["valid-until"] = "2021-12-31"
        w.registry.build()
        told = w.ask("hanako", env=japanese)
        tap.equal([text for text in told.said if "（2021年12月31日）" in text], told.said)


# --- approvals --------------------------------------------------------------------------------------------------------

def test_after_hours_with_an_approval(w):
    with office_with(w, elsewhen(), approval_a_1=approval("after-hours")) as mark:
        for _ in range(2):
            with w.app() as app:
                enter(app, "hanako")
                leave(app)
        tap.equal({one.get("japp") for one in w.happened(mark)}, {"a-1"})
        tap.equal(uses(w), [])


def test_approval_for_another_terminal_or_person(w):
    elsewhere = {"terminal_zeimu_01": {"class": "integrated-terminal"},
                 "approval_a_1": approval("after-hours", terminal="zeimu-01"),
                 "approval_a_2": approval("after-hours", person="p0125")}
    with office_with(w, elsewhen(), **elsewhere):
        refused(w, "time.out")


def test_one_use_is_one_session(w):
    """It is used up by the login, lasts for all of its session, and for no other."""
    with office_with(w, elsewhen(), approval_a_1=approval("after-hours", once=True)) as mark:
        with w.app() as app:
            enter(app, "hanako")
            tap.equal(uses(w), ["used.a-1"])
            tap.check(w.ask("hanako", uid="hanako").ok, "an unlock in the same session")
            tap.equal([(one.op, one["japp"]) for one in w.happened(mark)],
                      [("auth", "a-1"), ("account", "a-1"), ("session-start", "a-1"), ("auth", "a-1")])
            refused(w, "time.out")
            leave(app)
        refused(w, "time.out")
        tap.equal(uses(w), ["used.a-1"])


def hours_end(w: Office) -> None:
    """While somebody is at work; there is an approval for one use."""
    rows(w, approval_a_1=approval("after-hours", once=True))
    w.registry.policy(**TYPES, **elsewhen())
    w.registry.build()


def test_hours_end_between_authentication_and_session(w):
    """The session uses the approval up; the account phase alone does not."""
    with office_with(w) as mark:
        with w.app() as app:
            app.start("jk-session", "hanako")
            tap.check(app.do("authenticate", PIN).ok)
            hours_end(w)
            tap.check(app.do("acct_mgmt").ok)
            tap.equal(uses(w), [])
            tap.check(app.do("open_session").ok)
            tap.equal(uses(w), ["used.a-1"])
            tap.equal([(one.op, one.get("japp")) for one in w.happened(mark)],
                      [("auth", ""), ("account", ""), ("session-start", "a-1")])
            tap.check(w.ask("hanako", uid="hanako").ok, "it lasts for the session")
            leave(app)


def test_a_login_that_joins_brings_its_use_along(w):
    with office_with(w):
        with w.app() as first, w.app() as second:
            enter(first, "hanako")
            hours_end(w)
            enter(second, "hanako")
            tap.equal(uses(w), ["used.a-1"])
            leave(second)
            tap.check(w.ask("hanako", uid="hanako").ok, "the session has it now")
            leave(first)


def test_a_lasting_approval_spares_the_one_for_one_use(w):
    both = {"approval_a_1": approval("after-hours", once=True), "approval_a_2": approval("after-hours")}
    with office_with(w, elsewhen(), **both):
        tap.check(w.ask("hanako").ok)
        tap.equal(uses(w), [])


def two_at_once(w: Office) -> list:
    """Two logins that have both been decided when the first receipt comes."""
    with w.app() as one, w.app() as two:
        for app in (one, two):
            app.start("jk-test", "hanako")
            app.begin("authenticate")
            tap.equal(app.until_prompt(), ["PIN: "])
        w.services.witness.sigstop()
        for app in (one, two):
            app.order(answer=PIN)
        wait_for(lambda: len(w.files(STATE, "pending.*")) == 2, "both records")
        w.services.witness.sigcont()
        return [one.finish(), two.finish()]


def test_of_two_logins_with_one_use_exactly_one_gets_in(w):
    with office_with(w, elsewhen(), approval_a_1=approval("after-hours", once=True)):
        for _ in range(5):
            for name in uses(w):
                w.run(["rm", f"{KEEP}/{name}"]).check()
            mark = w.mark()
            told = two_at_once(w)
            tap.equal(sorted(one.code for one in told), ["PAM_AUTH_ERR", "PAM_SUCCESS"], str(told))
            [lost] = [one for one in told if not one.ok]
            tap.equal(lost.said, [texts.text("time.out", contact=CONTACT)])
            tap.equal(uses(w), ["used.a-1"])
            records = w.happened(mark)
            proven = {one["jid"] for one in records if one.op == "auth" and one["res"] == "success"}
            tap.equal((len(proven), len(proven & voided(records))), (2, 1), f"{[str(one) for one in records]}")
            tap.equal([one["jwhy"] for one in records if one["res"] == "failed" and one.op == "auth"], ["time.out"])


def test_an_unlock_that_fails_gives_its_use_back(w):
    """The screen could not be unlocked after the record was proven: the record is void, and the approval is as new."""
    with office_with(w) as mark:
        with w.app() as app:
            enter(app, "hanako")
            rows(w, approval_a_1=approval("after-hours", once=True))
            w.registry.policy(**TYPES, **elsewhen())
            w.registry.build()
            with held(w, "hanako"):
                tap.equal(w.ask("hanako", uid="hanako").said, [texts.text("sess.none")])
            tap.equal(uses(w), [])
            [proven] = [one for one in w.happened(mark) if one.get("jfor") == "unlock" and one["res"] == "success"]
            tap.check(proven["jid"] in voided(w.happened(mark)))
            tap.check(w.ask("hanako", uid="hanako").ok)
            tap.equal(uses(w), ["used.a-1"])
            tap.check(w.ask("hanako", uid="hanako").ok, "once more, in the same session")
            leave(app)


def test_an_answer_that_nobody_takes_leaves_its_use_to_the_session(w):
    """Deaf on purpose: the record is void, but others may be allowed in the session by then; it has the use, and nobody else."""
    asks = {"unlock": "deaf", "manage": "deaf_manage"}
    for name, scenario in asks.items():
        with office_with(w) as mark:
            with w.app() as app:
                enter(app, "hanako")
                hours_end(w)
                w.services.wait_until_idle()
                tap.equal(w.python("hostile.py", scenario, "hanako", PIN, uid="hanako"), {}, name)
                w.services.wait_until_idle()
                [proven] = [one for one in w.happened(mark) if name in (one.op, one.get("jfor")) and one["res"] == "success"]
                tap.check(proven["jid"] in voided(w.happened(mark)), name)
                tap.equal(uses(w), ["used.a-1"], name)
                asked = w.ask("hanako", uid="hanako")
                tap.check(asked.ok, f"{name}: {asked}")
                refused(w, "time.out")
                leave(app)


def test_an_unlock_that_nobody_takes_leaves_it_locked(w):
    with office_with(w), working(w):
        lock(w, "hanako")
        w.services.wait_until_idle()
        mark = w.mark()
        tap.equal(w.python("hostile.py", "deaf", "hanako", PIN, uid="hanako"), {})
        [proven] = [one for one in w.happened(mark) if one.get("jfor") == "unlock"]
        tap.equal((proven["res"], voided(w.happened(mark))), ("success", {proven["jid"]}))
        tap.equal(manage(w, "card.approve")["why"], "sess.locked")
        tap.check(w.ask("hanako", uid="hanako").ok)
        tap.equal(manage(w, "card.approve")["why"], "granted")


def test_a_worker_that_dies_gives_its_use_back(w):
    """Killed between the record and the answer: the next conversation voids the one and gives back the other."""
    with office_with(w) as mark:
        with w.app() as app:
            enter(app, "hanako")
            rows(w, approval_a_1=approval("after-hours", once=True))
            w.registry.policy(**TYPES, **elsewhen())
            w.registry.build()
            w.services.wait_until_idle()
            with held(w, "hanako"):
                act = w.spawn([sys.executable, "-B", "-I", f"{SCRIPTS}/inside.py", "manage", "card.approve"], uid="hanako")
                [worker] = w.services.jukinetd.wait_for_children(1)
                wait_for(lambda: uses(w), "the use")
                tap.check(procs.send(worker, signal.SIGKILL))
                act.wait(5)
            [pending] = w.files(STATE, "pending.*")
            tap.equal(uses(w), ["used.a-1"])
            tap.check(w.ask("hanako", uid="hanako").ok, "it settles before it decides")
            tap.equal((uses(w), w.files(STATE, "pending.*")), (["used.a-1"], []))
            tap.check(pending.removeprefix("pending.") in voided(w.happened(mark)))
            leave(app)


@contextlib.contextmanager
def held(w: Office, account: str) -> Iterator[None]:
    """The lock of its session, which a change waits for half a second for."""
    with open(w.space.path(f"{STATE}/lock.{w.accounts[account].uid}"), "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --- which operator ID, at the login ----------------------------------------------------------------------------------

def menu(question: str, language: str = "en") -> str:
    names = {number: texts.types()[kind][0 if language == "en" else 1]
             for number, kind in (("m0123-2", "moving-desk"), (SECOND, "operator-management"))}
    lines = [f"{n}) {number} {names[number]}" for n, number in enumerate(names, 1)]
    return "\n".join([texts.text(question, language), *lines, texts.text("opid.number", language)])


def rights(w: Office, mark: Any) -> list[tuple[str, str, str]]:
    return [(one.op, one.get("jright"), one.get("jtype")) for one in w.happened(mark) if one.op != "void"]


def test_login_with_two_operator_ids_asks(w):
    with office_with(w, change=second_operator_id) as mark:
        visit = w.login("hanako", pin=PIN, answers=[Answer(NUMBER, "2")], commands=["id -un"])
        tap.check(visit.reached and visit.status == 0, str(visit))
        tap.check(menu("opid.select") in visit.transcript, visit.transcript)
        tap.equal(rights(w, mark), [(op, SECOND, "operator-management")
                                    for op in ("auth", "account", "session-start", "session-end")])


def test_login_asks_in_japanese(w):
    if not (japanese := w.japanese()):
        tap.skip("no Japanese locale can be made here")
    with office_with(w, change=second_operator_id):
        told = choosing(w, "1", env=japanese)
        tap.equal((told.code, told.asked), ("PAM_SUCCESS", [texts.text("pin.prompt", "ja"), menu("opid.select", "ja")]))


def choosing(w: Office, *answers: str | None, flags: int = 0, **how: Any) -> Any:
    """One authenticate: the PIN first, then these at visible prompts; None: the program cannot ask."""
    left = list(answers)
    with w.app(**how) as app:
        app.start("jk-test", "hanako")
        app.begin("authenticate", flags)
        told = app.finish_with(lambda event: left.pop(0) if event["visible"] else PIN)
    tap.equal(left, [], "answers that nobody asked for")
    return told


def test_choice_by_number_or_id(w):
    with office_with(w, change=second_operator_id):
        for answer, want in (("1", "m0123-2"), ("2", SECOND), ("m0123-2", "m0123-2"), (SECOND, SECOND)):
            mark = w.mark()
            told = choosing(w, answer)
            tap.equal((told.code, told.asked, told.said), ("PAM_SUCCESS", ["PIN: ", menu("opid.select")], []))
            tap.equal(w.one(mark)["jright"], want)


def test_wrong_answer_is_asked_once_more(w):
    with office_with(w, change=second_operator_id):
        mark = w.mark()
        told = choosing(w, "3", "2")
        tap.equal((told.code, told.asked[1:]), ("PAM_SUCCESS", [menu("opid.select"), menu("opid.again")]))
        tap.equal(w.one(mark)["jright"], SECOND)


def test_two_wrong_answers_are_refused(w):
    with office_with(w, change=second_operator_id):
        for answers in (("3", "0"), ("", ""), ("m0124-1", "m0124-1"), ("x" * 600, "hanako"), ("3", None)):
            mark = w.mark()
            told = choosing(w, *answers)
            tap.equal((told.code, told.said), ("PAM_AUTH_ERR", [texts.text("opid.choice")]), str(answers))
            one = w.one(mark)
            tap.equal((one["jwhy"], one["res"], one["jper"]), ("opid.choice", "failed", "p0123"))


def test_program_that_cannot_ask_takes_the_first(w):
    with office_with(w, change=second_operator_id):
        mark = w.mark()
        told = choosing(w, None)
        tap.equal((told.code, told.said),
                  ("PAM_SUCCESS", [texts.text("opid.taken", opid="m0123-2", type="moving-desk")]))
        tap.equal(w.one(mark)["jright"], "m0123-2")


def test_pamtester_at_the_end_of_its_input(w):
    with office_with(w, change=second_operator_id):
        mark = w.mark()
        terminal = w.terminal()
        terminal.start(["pamtester", "jk-test", "hanako", "authenticate"])
        terminal.expect(r"PIN: $")
        terminal.answer(PIN, hidden=True)
        terminal.expect(NUMBER)
        terminal.control("D")
        said = terminal.rest()
        tap.equal(terminal.wait(), 0, terminal.story())
        terminal.close()
        tap.check(texts.text("opid.taken", opid="m0123-2", type="moving-desk") in said, said)
        tap.equal(w.one(mark)["jright"], "m0123-2")


def test_silence_is_no_question(w):
    with office_with(w, change=second_operator_id):
        mark = w.mark()
        told = choosing(w, flags=0x8000)
        tap.equal((told.code, told.asked, told.said), ("PAM_SUCCESS", ["PIN: "], []))
        tap.equal(w.one(mark)["jright"], "m0123-2")


def test_one_good_operator_id_is_no_question(w):
    with office_with(w, change=lambda w: second_operator_id(w, enabled=False)):
        told = choosing(w)
        tap.equal((told.code, told.asked), ("PAM_SUCCESS", ["PIN: "]))


def test_joining_is_no_question(w):
    """A session that lives has its operator ID."""
    with office_with(w, change=second_operator_id) as mark:
        with w.app() as one, w.app() as two:
            one.start("jk-session", "hanako")
            one.begin("authenticate")
            tap.check(one.finish_with(lambda event: "2" if event["visible"] else PIN).ok)
            for op in ("acct_mgmt", "open_session"):
                tap.check(one.do(op).ok)
            enter(two, "hanako")
            leave(two)
            leave(one)
        tap.equal({right for _, right, _ in rights(w, mark)}, {SECOND})


def test_choice_that_is_withdrawn_meanwhile(w):
    with office_with(w, change=second_operator_id):
        mark = w.mark()
        with w.app() as app:
            app.start("jk-test", "hanako")
            app.begin("authenticate")
            app.until_prompt()
            app.order(answer=PIN)
            tap.equal(app.until_prompt(), [menu("opid.select")])
            w.registry.change("operator-id", SECOND, enabled=False)
            w.registry.build()
            told = app.finish_prompted("2")
        tap.equal((told.code, told.said), ("PAM_AUTH_ERR", [texts.text("opid.disabled")]))
        tap.equal(w.one(mark)["jright"], SECOND)


def test_choice_that_is_withdrawn_after_the_login(w):
    """Another one would be good, but this one was proven, and would be recorded."""
    with office_with(w, change=second_operator_id):
        for op in ("acct_mgmt", "open_session"):
            second_operator_id(w)
            w.registry.build()
            with w.app() as app:
                app.start("jk-session", "hanako")
                app.begin("authenticate")
                tap.check(app.finish_with(lambda event: "2" if event["visible"] else PIN).ok)
                w.registry.change("operator-id", SECOND, enabled=False)
                w.registry.build()
                mark = w.mark()
                tap.equal(app.do(op).said, [texts.text("opid.disabled")])
                one = w.one(mark)
                tap.equal((one["jwhy"], one["jright"]), ("opid.disabled", SECOND), str(one))


def test_nobody_answers_the_choice(w):
    """It ends at the deadline of the whole attempt, and is on record."""
    with office_with(w, change=second_operator_id):
        w.settings(login={"deadline": 5})
        w.registry.build()
        mark = w.mark()
        begun = time.monotonic()
        with w.app() as app:
            app.start("jk-test", "hanako")
            app.begin("authenticate")
            app.until_prompt()
            app.order(answer=PIN)
            app.until_prompt()
            w.services.wait_until_idle()
            tap.comment(f"the worker has ended after {time.monotonic() - begun:.1f} s")
            tap.equal(app.finish_prompted("2").code, "PAM_AUTHINFO_UNAVAIL")
        tap.equal(w.one(mark)["jwhy"], "attempt.timeout")


# --- another operator ID inside a session ----------------------------------------------------------------------------

def inside(w: Office, who: str | None, *words: str, loginuid: str | None = None) -> dict[str, Any]:
    """What jukinetd answers; `why` is the reason's code."""
    how = {"loginuid": w.accounts[loginuid].uid} if loginuid else {}
    told = w.python("inside.py", *words, uid=who, **how)
    if told:
        told["why"] = next((code for code, number in texts.reasons().items() if number == told["why"]), told["why"])
    return told


@contextlib.contextmanager
def working(w: Office, account: str = "hanako", answer: str = "1") -> Iterator[App]:
    """Somebody works in a session, under the first of the operator IDs."""
    with w.app() as app:
        app.start("jk-session", account)
        app.begin("authenticate")
        tap.check(app.finish_with(lambda event: answer if event["visible"] else PIN).ok)
        for op in ("acct_mgmt", "open_session"):
            tap.check(app.do(op).ok)
        yield app
        leave(app)


BOTH = ["m0123-2=moving-desk", f"{SECOND}=operator-management"]


def test_session_shows_how_it_stands(w):
    with office_with(w, change=second_operator_id), working(w):
        w.services.wait_until_idle()
        mark = w.mark()
        told = inside(w, "hanako", "look")
        session = told.pop("session")
        tap.equal(told, {"why": "granted", "person": "p0123", "opid": "m0123-2", "type": "moving-desk",
                         "department": "shimin", "terminal": TERMINAL, "state": 1, "options": BOTH})
        tap.equal(len(session), 16)
        w.registry.policy(**TYPES, **elsewhen())
        w.registry.build()
        told = inside(w, "hanako", "look")
        tap.equal((told["why"], told["opid"], told["options"], told["message"]), ("granted", "m0123-2", [], "time.out"))
        tap.equal(inside(w, "taro", "look")["why"], "sess.none")
        tap.equal(inside(w, "mallory", "look")["why"], "account.unknown")
        tap.equal(inside(w, None, "look", loginuid="hanako")["why"], "caller.foreign")
        tap.equal(w.happened(mark), [], "to look leaves no record")


def test_switch_goes_on_under_the_other(w):
    with office_with(w, change=second_operator_id) as mark:
        with working(w):
            begun = w.happened(mark)
            mark = w.mark()
            told = inside(w, "hanako", "switch", SECOND, loginuid="hanako")
            tap.equal((told["why"], told["opid"], told["type"], told["session"]),
                      ("granted", SECOND, "operator-management", begun[-1]["jsess"]))
            one = w.one(mark)
            tap.equal((one.type, one.op, one["res"], one["jfrom"], one["jright"], one["jtype"], one["jsess"], one["jrct"]),
                      ("TRUSTED_APP", "switch", "success", "m0123-2", SECOND, "operator-management", told["session"],
                       begun[0].event), str(one))
            tap.equal((one["acct"], one["jper"], one["jcard"], one.auid),
                      ("hanako", "p0123", "c-0042", w.accounts["hanako"].uid))
            tap.equal(inside(w, "hanako", "look")["opid"], SECOND)
            tap.check(w.ask("hanako", uid="hanako").ok, "unlocked under it")
            tap.equal(inside(w, "hanako", "switch", "m0123-2")["opid"], "m0123-2")
            tap.equal(inside(w, "hanako", "switch", SECOND)["opid"], SECOND)
        tap.equal([(one.op, one["jright"]) for one in w.happened(mark)],
                  [("switch", SECOND), ("auth", SECOND), ("switch", "m0123-2"), ("switch", SECOND), ("session-end", SECOND)])


def test_switch_refused(w):
    def third(w: Office) -> None:
        second_operator_id(w)
        w.registry.operator_id("m0123-8", "p0123", type="site-management", valid_until="2021-03-31")

    with office_with(w, change=third), working(w):
        for who, wanted, why in (("hanako", "m0123-8", "opid.expired"), ("hanako", "m0124-1", "opid.none"),
                                 ("hanako", "no-such-id", "opid.none"), ("taro", "m0124-1", "sess.none"),
                                 ("mallory", SECOND, "account.unknown"), (None, SECOND, "caller.foreign")):
            w.services.wait_until_idle()
            mark = w.mark()
            tap.equal(inside(w, who, "switch", wanted)["why"], why, f"{who} {wanted}")
            one = w.one(mark)
            tap.equal((one.op, one["res"], one["jwhy"]), ("switch", "failed", why), str(one))
        tap.equal(inside(w, "hanako", "look")["opid"], "m0123-2")
        tap.equal(inside(w, "hanako", "switch", "../../etc"), None, "not an id: no conversation")
        lock(w, "hanako")
        tap.equal(inside(w, "hanako", "switch", SECOND)["why"], "sess.locked")
        tap.equal({name: inside(w, "hanako", "look")[name] for name in ("state", "options", "message")},
                  {"state": 2, "options": [], "message": "sess.locked"})
        tap.check(w.ask("hanako", uid="hanako").ok, "unlocked")
        tap.equal(inside(w, "hanako", "switch", SECOND)["why"], "granted")


def lock(w: Office, account: str) -> None:
    """As the monitor will."""
    name = f"session.{w.accounts[account].uid}"
    w.put_state(name, frames.replaced(w.state(name), frames.F_STATE, 2))


def test_switch_without_a_receipt(w):
    with office_with(w, change=second_operator_id), working(w):
        w.services.witness.stop()
        tap.equal(inside(w, "hanako", "switch", SECOND)["why"], "audit.down")
        w.services.witness.start()
        tap.equal(inside(w, "hanako", "look")["opid"], "m0123-2")


def test_switch_that_cannot_be_stored_is_void(w):
    with office_with(w, change=second_operator_id), working(w):
        w.services.wait_until_idle()
        mark = w.mark()
        with held(w, "hanako"):
            tap.equal(inside(w, "hanako", "switch", SECOND)["why"], "sess.failed")
        records = w.happened(mark)
        granted, refusal = [one for one in records if one.op == "switch"]
        tap.equal((granted["res"], granted["jid"] in voided(records), refusal["jwhy"]), ("success", True, "sess.failed"))
        tap.equal(inside(w, "hanako", "look")["opid"], "m0123-2")


# --- what an officer's session may do --------------------------------------------------------------------------------

def manage(w: Office, *words: str, who: str | None = None, loginuid: str | None = "hanako") -> dict[str, Any]:
    return inside(w, who, "manage", *words, loginuid=loginuid)


def test_manage_by_the_loginuid(w):
    """sudo leaves the loginuid: root asks, and the officer's own session is judged."""
    with office_with(w, change=second_operator_id), working(w, answer="2"):
        w.services.wait_until_idle()
        mark = w.mark()
        told = manage(w, "card.approve", "operator-register")
        session = told.pop("session")
        tap.equal(told, {"why": "granted", "person": "p0123", "opid": SECOND, "type": "operator-management",
                         "department": "shimin", "terminal": TERMINAL, "options": []})
        one = w.one(mark)
        tap.equal((one.type, one.op, one["res"], one["jfor"], one["jfunc"], one["jright"], one["jtype"], one["jsess"]),
                  ("TRUSTED_APP", "manage", "success", "card.approve", "operator-register", SECOND, "operator-management",
                   session), str(one))
        tap.equal((one["acct"], one["jper"], one.auid, one.get("jclaim")),
                  ("hanako", "p0123", w.accounts["hanako"].uid, ""))
        tap.equal(manage(w, "ledger.show")["why"], "granted", "no function is needed")
        tap.equal(manage(w, "person.add", "permission-set")["why"], "func.denied")
        tap.equal(manage(w, "person.add", "no-such-function")["why"], "func.denied")
        tap.equal(manage(w, "person add"), None, "nothing that a record may hold")
        tap.equal(manage(w, "card.approve", "operator-register", who="hanako", loginuid=None)["why"], "granted")


def test_manage_without_a_session(w):
    with office_with(w, change=second_operator_id):
        cases = [(None, None, "account.unknown"), (None, "mallory", "account.unknown"), (None, "hanako", "sess.none"),
                 ("mallory", "hanako", "account.unknown"), ("hanako", None, "sess.none")]
        for who, loginuid, why in cases:
            w.services.wait_until_idle()
            mark = w.mark()
            told = manage(w, "card.approve", "operator-register", who=who, loginuid=loginuid)
            tap.equal((told["why"], told.get("person")), (why, None), f"{who}, {loginuid}")
            one = w.one(mark)
            tap.equal((one.op, one["res"], one["jwhy"], one["jfor"], one["jfunc"]),
                      ("manage", "failed", why, "card.approve", "operator-register"), str(one))
            tap.equal(one["acct"], "hanako" if why == "sess.none" else "(unknown)")
        with working(w, answer="2"):
            lock(w, "hanako")
            tap.equal(manage(w, "card.approve")["why"], "sess.locked")


def test_manage_with_a_type_without_functions(w):
    with office_with(w), working(w):
        tap.equal(manage(w, "card.approve", "operator-register")["why"], "func.denied")
        tap.equal(manage(w, "card.approve")["why"], "granted", "a duty that hangs on no function")


def site_manager(w: Office) -> None:
    w.registry.change("operator-id", "m0123-2", type="site-management")
    w.registry.operator_id("m0124-9", "p0124", type="operator-management")


def delegation(**more: Any) -> dict[str, Any]:
    return approval("delegation", function=["operator-register"], **more)


def test_type_8_needs_a_delegation(w):
    """S-65: it ends with its date, and with the right of the one who gave it."""
    with office_with(w, change=site_manager), working(w):
        asked = ("person.add", "operator-register")
        tap.equal(manage(w, *asked)["why"], "delegation.none")
        rows(w, approval_d_1=delegation())
        w.registry.build()
        w.services.wait_until_idle()
        mark = w.mark()
        tap.equal(manage(w, *asked)["why"], "granted")
        tap.equal(w.one(mark)["japp"], "d-1")
        tap.equal(manage(w, "person.add", "permission-set")["why"], "func.denied")
        for change in ({"enabled": False}, {"enabled": True, "valid_until": "2021-03-31"}):
            w.registry.change("operator-id", "m0124-9", **change)
            w.registry.build()
            tap.equal(manage(w, *asked)["why"], "delegation.none", str(change))
        w.registry.change("operator-id", "m0124-9", valid_until="2099-12-31")
        w.registry.change("person", "p0124", enabled=False)
        w.registry.build()
        tap.equal(manage(w, *asked)["why"], "delegation.none", "the delegator has left")
        w.registry.change("person", "p0124", enabled=True)
        w.registry.policy(**TYPES | {"type operator-management": TYPES["type operator-management"] |
                                     {"function": ["delegation-history-query"]}})
        w.registry.build()
        tap.equal(manage(w, *asked)["why"], "delegation.none", "the delegator may not do it himself any more")
        w.registry.policy(**TYPES)
        rows(w, approval_d_1=delegation(valid_until="2021-03-31"))
        w.registry.build()
        tap.equal(manage(w, *asked)["why"], "delegation.none", "its date has come")


def test_a_delegation_for_one_use_is_one_act(w):
    with office_with(w, change=site_manager, approval_d_1=delegation(once=True)), working(w):
        asked = ("person.add", "operator-register")
        tap.equal([manage(w, *asked)["why"] for _ in range(2)], ["granted", "delegation.none"])
        tap.equal(uses(w), ["used.d-1"])


def test_after_hours_an_act_uses_up_for_the_session(w):
    """Hours ended while the session was open: one approval for one use carries the rest of it."""
    with office_with(w, change=second_operator_id), working(w, answer="2"):
        w.registry.policy(**TYPES, **elsewhen())
        w.registry.build()
        asked = ("card.approve", "operator-register")
        tap.equal(manage(w, *asked)["why"], "time.out")
        rows(w, approval_a_1=approval("after-hours", once=True))
        w.registry.build()
        tap.equal([manage(w, *asked)["why"] for _ in range(3)], ["granted"] * 3)
        tap.equal(inside(w, "hanako", "switch", "m0123-2")["why"], "granted")
        tap.equal(uses(w), ["used.a-1"])


def test_manage_without_a_receipt(w):
    with office_with(w, change=second_operator_id), working(w, answer="2"):
        w.services.witness.stop()
        tap.equal(manage(w, "card.approve")["why"], "audit.down")
        w.services.witness.start()
        tap.equal(manage(w, "card.approve")["why"], "granted")


def test_nothing_is_left_and_nothing_crashed(w):
    w.reset()
    w.services.wait_until_idle()
    tap.equal(w.strays(), [])
    tap.equal((uses(w), w.tickets()), ([], []))
    for service in w.services.values():
        said = service.stderr()
        tap.check("Sanitizer" not in said and "runtime error" not in said, said)


if __name__ == "__main__":
    tap.main(missing(), w=lambda: Office("policy"))
