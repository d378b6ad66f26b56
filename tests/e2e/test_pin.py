#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The life of a PIN: changed by passwd, at a login by login and su where it has to be, and set
anew with the PUK where it is blocked."""

from __future__ import annotations

import datetime
import os
import re
import threading
import time

from jukinet import (KEEP, Office, PIN, SPARE, STAFF, STATE, WRONG, Answer, missing, enter, frames, leave, tap, texts,
                     wait_for)
from world.world import NO_SHELL

NEW = "25804691"
OTHER = "739164"
OLD_PROMPT, NEW_PROMPT, AGAIN_PROMPT = (re.escape(texts.text(code)) + "$" for code in ("pin.old", "pin.new", "pin.again"))


def state_of(w) -> dict[str, str]:
    """Of the card in the reader, as it would be after a power cut."""
    text = w.space.read(f"{w.card.made.directory}/state")
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def set_pin(w, pin: str = PIN) -> None:
    """Behind everybody's back."""
    path = f"{w.card.made.directory}/state"
    w.space.write(path, re.sub(r"(?m)^pin=.*$", f"pin={pin}", w.space.read(path)))
    w.card.change(w.card.made)
    w.card.set_tries(3)


def anew(w, holder: str = "hanako", **card) -> None:
    """As at the beginning; keys of the card's row, by name."""
    w.reset(holder)
    for pattern in ("pin.*", "pintold.*", "puk.*"):
        for name in w.files(KEEP, pattern):
            os.unlink(w.space.path(f"{KEEP}/{name}"))
    set_pin(w)
    if card:
        w.registry.change("card", STAFF[holder].card, **card)
        w.registry.build()


def three(old: str = PIN, new: str = NEW, again: str | None = None) -> list[Answer]:
    return [Answer(OLD_PROMPT, old, hidden=True), Answer(NEW_PROMPT, new, hidden=True),
            Answer(AGAIN_PROMPT, new if again is None else again, hidden=True)]


def passwd(w, *answers: Answer, account: str = "hanako", **how):
    """The real passwd of that account."""
    how.setdefault("loginuid", w.accounts[account].uid)
    with w.open_session(["/usr/bin/passwd"], None, answers, shell=NO_SHELL, uid=account, **how) as session:
        pass
    return session.visit


def kept(w, card: str) -> int:
    """When this terminal changed that card's PIN."""
    with open(w.space.path(f"{KEEP}/pin.{card}"), "rb") as file:
        return int.from_bytes(frames.field(frames.decode(file.read())[1], frames.F_REAL_S), "big")


# --- passwd -----------------------------------------------------------------------------------------------------------

def test_passwd_changes_the_pin(w):
    anew(w)
    mark = w.mark()
    before = int(time.time())
    visit = passwd(w, *three())
    tap.equal(visit.status, 0, str(visit))
    due = w.run(["date", "-d", "+6 months", "+%Y-%m-"]).stdout.strip()
    said = texts.text("pin.changed", date="@").split("@")
    tap.check(said[0] + due in visit.transcript and said[1] in visit.transcript, visit.transcript)
    tap.check(PIN not in visit.transcript and NEW not in visit.transcript, visit.transcript)
    tap.equal(state_of(w)["pin"], NEW)
    one = w.one(mark)
    who = STAFF["hanako"]
    wanted = {"op": "juki:pin-change", "acct": "hanako", "jper": who.number, "jcard": who.card, "jterm": "shimin-03",
              "jsvc": "passwd", "jfor": "in-time", "res": "success"}
    tap.equal({name: one.get(name) for name in wanted}, wanted, str(one))
    tap.equal((one.type, one.uid, one.auid), ("USER_CHAUTHTOK", w.accounts["_jukinet"].uid, w.accounts["hanako"].uid))
    tap.check(before <= kept(w, who.card) <= time.time(), "the date")
    tap.equal((w.ask("hanako", PIN).code, w.ask("hanako", NEW).code), ("PAM_AUTH_ERR", "PAM_SUCCESS"))


def test_passwd_of_a_p256_card(w):
    anew(w, "taro")
    tap.equal(passwd(w, *three(), account="taro").status, 0)
    tap.equal(state_of(w)["pin"], NEW)
    set_pin(w)


def test_change_in_japanese(w):
    """By a program of root's: passwd itself is set-user-ID and takes the machine's own locales only."""
    if not (japanese := w.japanese()):
        tap.skip("no Japanese locale can be made here")
    anew(w)
    given = [PIN, NEW, NEW]
    with w.app(env=japanese) as app:
        app.start("jk-test", "hanako")
        app.begin("chauthtok")
        told = app.finish_with(lambda _: given.pop(0))
    tap.equal(told.asked, [texts.text(code, "ja") for code in ("pin.old", "pin.new", "pin.again")])
    tap.equal(re.sub(r"令和\d+年\d+月\d+日", "@", told.said[0]), texts.text("pin.changed", "ja", date="@"))


def refused(w, code: str, *answers: Answer, record: dict | None = None, left: int = 3, account: str = "hanako",
            parameters: dict | None = None, **how):
    """passwd fails for this reason, says so, has it on record, and the card is as it was."""
    mark = w.mark()
    visit = passwd(w, *answers, account=account, **how)
    tap.check(visit.status != 0, str(visit))
    said = texts.text(code, **({"contact": "? 123"} | (parameters or {})))       # the C locale: no kanji
    tap.check(said in visit.transcript, f"{code}: {visit.transcript}")
    tap.equal(state_of(w)["pin"], PIN)
    tap.equal(w.files(KEEP, "pin.*"), [], "no date")
    one = w.one(mark)
    wanted = {"op": "juki:pin-change", "jwhy": code, "res": "failed"} | (record or {})
    tap.equal({name: one.get(name) for name in wanted}, wanted, str(one))
    tap.equal(w.card.counters()["pin-tries"], left, "tries left")
    tap.equal(w.card.counters()["verified"], 0, "verified")
    return visit


def test_wrong_present_pin(w):
    anew(w)
    visit = refused(w, "pin.wrong", *three(old=WRONG), left=2, parameters={"n": 2}, record={"jtry": "2"})
    tap.check(texts.text("pin.kept") in visit.transcript, visit.transcript)
    refused(w, "pin.wrong.last", *three(old=WRONG), left=1, record={"jtry": "1"})
    last = [Answer(re.escape(texts.text("pin.prompt.last")) + "$", WRONG, hidden=True), *three()[1:]]
    refused(w, "pin.locked", *last, left=0, record={"jtry": "0"})
    refused(w, "pin.locked", left=0)


def test_new_pin_that_is_none(w):
    anew(w)
    length = {"min": 6, "max": 8}
    for new, code in (("111111", "pin.weak"), ("345678", "pin.weak"), ("121212", "pin.weak"), ("19800401", "pin.weak"),
                      ("hanako", "pin.weak"), (PIN, "pin.same"), ("2580", "pin.malformed"), ("258046913", "pin.malformed"),
                      ("", "pin.malformed")):
        answers = three(new=new) if code != "pin.malformed" else three(new=new)[:2]
        refused(w, code, *answers, parameters=length)
    refused(w, "pin.differ", *three(again=OTHER))
    refused(w, "pin.differ", *three(again=""))
    # Nothing of all that has reached the card.
    tap.equal(w.card.counters()["pin-tries"], 3)


def test_rules_of_the_office(w):
    anew(w)
    w.registry.policy(pin={"forbidden": [NEW, OTHER], "digits": True})
    w.registry.build()
    refused(w, "pin.weak", *three())
    refused(w, "pin.digits", *three(new="k7Q2mz"))
    w.registry.policy()
    w.registry.build()
    # This card takes nothing but digits, and only it knows.
    visit = refused(w, "pin.refused", *three(new="k7Q2mz"))
    tap.check(texts.text("pin.kept") in visit.transcript, visit.transcript)


def test_card_that_is_not_there_or_not_his(w):
    anew(w)
    w.pull()
    refused(w, "card.none")
    w.card.insert_and_wait()
    w.insert("taro")
    refused(w, "card.mismatch", record={"jcard": STAFF["taro"].card})
    w.insert("hanako")
    w.registry.change("card", STAFF["hanako"].card, state="revoked")
    w.registry.build()
    refused(w, "card.revoked")


def chauthtok(w, account: str, answers: list[str], flags: int = 0, service: str = "jk-test", uid=None, loginuid=None):
    with w.app(uid, **({} if loginuid is None else {"loginuid": loginuid})) as app:
        app.start(service, account)
        app.begin("chauthtok", flags)
        given = list(answers)
        told = app.finish_with(lambda _: given.pop(0) if given else None)
    return told


def test_codes_for_programs(w):
    """What pam_chauthtok returns, and how it asks."""
    anew(w)
    told = chauthtok(w, "hanako", [PIN, NEW, NEW])
    tap.equal((told.code, told.asked), ("PAM_SUCCESS", [texts.text(code) for code in ("pin.old", "pin.new", "pin.again")]))
    set_pin(w)
    tap.equal(chauthtok(w, "hanako", [WRONG, NEW, NEW]).code, "21", "PAM_AUTHTOK_RECOVERY_ERR")
    tap.equal(chauthtok(w, "hanako", [PIN, NEW, OTHER]).code, "PAM_AUTHTOK_ERR")
    tap.equal(chauthtok(w, "hanako", []).code, "PAM_CONV_ERR", "a program that cannot ask")
    w.card.block_pin()
    tap.equal(chauthtok(w, "hanako", []).code, "22", "PAM_AUTHTOK_LOCK_BUSY")
    w.card.set_tries(3)
    w.services.card.stop()
    try:
        tap.equal(chauthtok(w, "hanako", []).code, "24", "PAM_TRY_AGAIN")
    finally:
        w.services.start()
    tap.equal(chauthtok(w, "nobody-here", []).code, "PAM_USER_UNKNOWN")
    w.mark()


def test_only_the_account_itself_may_ask(w):
    anew(w)
    mallory, hanako = w.accounts["mallory"].uid, w.accounts["hanako"].uid
    mark = w.mark()
    told = chauthtok(w, "hanako", [], loginuid=mallory)
    tap.equal((told.code, told.said, told.asked), ("PAM_PERM_DENIED", [texts.text("pin.foreign")], []))
    told = chauthtok(w, "hanako", [], uid="mallory")
    tap.equal((told.code, told.said), ("PAM_PERM_DENIED", [texts.text("pin.foreign")]))
    told = chauthtok(w, "hanako", [], uid="hanako")
    tap.equal((told.code, told.said), ("PAM_PERM_DENIED", [texts.text("pin.foreign")]), "its own programs are not root's")
    tap.equal({one["jwhy"] for one in w.happened(mark)}, {"pin.foreign"})
    tap.check(chauthtok(w, "hanako", [PIN, NEW, NEW], loginuid=hanako).ok)
    set_pin(w)
    # Behind su the loginuid is somebody else's, and the real uid is not.
    tap.equal(passwd(w, *three(), loginuid=mallory).status, 0)


# --- a card that is pulled --------------------------------------------------------------------------------------------

STEPS = ("verify", "sign", "change")


def number_of(w, command: str) -> int:
    """Which APDU since the card was looked at this command was, in a change that went well."""
    set_pin(w)
    w.services.wait_until_idle()
    w.card.reset_count()
    tap.check(chauthtok(w, "hanako", [PIN, NEW, NEW]).ok)
    lines = [line.split() for line in w.card.apdus().splitlines()]
    begin = max(i for i, line in enumerate(lines) if line[1] == "1")
    numbers = [int(line[1]) for line in lines[begin:] if line[1].isdigit() and line[2] == command]
    tap.check(numbers, f"no {command} in {lines[begin:]}")
    set_pin(w)
    return numbers[-1]


def pulled(w, order: str, command: str) -> tuple[str, str]:
    """The card goes at this command: which PIN it has, and what was said."""
    anew(w)
    number = number_of(w, command)
    for name in w.files(KEEP, "pin.*"):
        os.unlink(w.space.path(f"{KEEP}/{name}"))
    w.card.reset_count()
    mark = w.mark()
    w.card.say(f"{order} {number}")
    told = chauthtok(w, "hanako", [PIN, NEW, NEW])
    tap.check(not told.ok, str(told))
    tap.equal(w.one(mark)["res"], "failed")
    tap.equal(w.files(KEEP, "pin.*"), [], "no date")
    has = state_of(w)["pin"]
    w.seen(False)
    w.card.clear()
    w.card.insert_and_wait()
    said = [text for text in told.said if text in [texts.text(code) for code in ("pin.kept", "pin.taken", "pin.unsure")]]
    tap.equal(len(said), 1, str(told))
    return has, said[0]


def test_card_pulled_before_a_command(w):
    """The command does not reach the card: the old PIN stands, and only of the last command that is not known."""
    for command in STEPS:
        has, said = pulled(w, "remove-at", command)
        tap.equal(has, PIN, command)
        tap.equal(said, texts.text("pin.unsure" if command == "change" else "pin.kept"), command)


def test_card_pulled_after_a_command(w):
    """The command has been answered: of the change that is good enough."""
    for command in ("verify",):
        has, said = pulled(w, "remove-after", command)
        tap.equal((has, said), (PIN, texts.text("pin.kept")), command)


def pulled_at_work(w: Office) -> threading.Thread:
    """The card goes while it takes its time; nobody else may talk to it until then."""
    before = len(w.card.apdus())

    def pull() -> None:
        wait_for(lambda: "fault=delay" in w.card.apdus()[before:], "the card to be at work")
        w.card.remove()
    thread = threading.Thread(target=pull, daemon=True)
    thread.start()
    return thread


def test_card_pulled_while_it_changes(w):
    """It has the new PIN and nobody heard its answer: that is what is said."""
    anew(w)
    w.card.fault("delay 3000", "change", 1)
    with w.app() as app:
        app.start("jk-test", "hanako")
        app.begin("chauthtok")
        given = [PIN, NEW, NEW]

        def answer(_):
            return given.pop(0)
        puller = pulled_at_work(w)
        told = app.finish_with(answer)
        puller.join()
    tap.equal(state_of(w)["pin"], NEW)
    tap.equal(told.said[0], texts.text("pin.unsure"), str(told))
    tap.equal(w.files(KEEP, "pin.*"), [], "no date")
    w.seen(False)
    w.card.clear()
    w.card.insert_and_wait()


def test_card_pulled_at_a_prompt(w):
    for at in range(3):
        anew(w)
        given = [PIN, NEW, NEW]
        with w.app() as app:
            app.start("jk-test", "hanako")
            app.begin("chauthtok")

            def answer(_):
                if len(given) == 3 - at:
                    w.pull()
                return given.pop(0)
            told = app.finish_with(answer)
        tap.check(not told.ok, str(told))
        tap.equal(told.said, [texts.text("pin.kept"), texts.text("card.removed")])
        tap.equal(state_of(w)["pin"], PIN)
        w.card.insert_and_wait()


# --- a PIN that has to be changed -------------------------------------------------------------------------------------

EXPIRED = 0x20      # PAM_CHANGE_EXPIRED_AUTHTOK


def set_for(left: int) -> str:
    """The day of a change after which six months end in so many days; less than none: they are over."""
    due = datetime.date.today() + datetime.timedelta(days=left)
    for back in range(180, 186):
        day = due - datetime.timedelta(days=back)
        if due_of(day) == due:
            return day.isoformat()
    tap.skip(f"no change is due on {due}")
    return ""


def due_of(day: datetime.date) -> datetime.date:
    year, month = divmod(day.year * 12 + day.month - 1 + 6, 12)
    for number in range(day.day, 0, -1):
        try:
            return datetime.date(year, month + 1, number)
        except ValueError:
            continue
    raise AssertionError


def states() -> list[tuple[str, dict, dict]]:
    """Why it must be changed, the keys of the card's row, what the text says."""
    old = set_for(-1)
    return [("pin.initial", {"pin_initial": True}, {}), ("pin.overdue", {"pin_set": old}, {"date": old}),
            ("pin.unknown", {"pin_set": None}, {})]


def row(w, keys: dict) -> None:
    """The keys of hanako's card; None takes one out."""
    card = w.registry.rows["card"][STAFF["hanako"].card]
    for name, value in keys.items():
        name = name.replace("_", "-")
        if value is None:
            card.pop(name, None)
        else:
            card[name] = value
    w.registry.build()


def test_login_has_it_changed(w):
    """The real login: PIN, the reason, then a new PIN, and the shell."""
    for code, keys, parameters in states():
        anew(w)
        row(w, keys)
        mark = w.mark()
        visit = w.login("hanako", pin=PIN, answers=three(), commands=["id -un"])
        tap.check(visit.reached and visit.status == 0, f"{code}: {visit}")
        tap.check(texts.text(code, **parameters) in visit.transcript, f"{code}: {visit.transcript}")
        tap.equal(state_of(w)["pin"], NEW)
        auth, acct, change, start, end = w.happened(mark)
        tap.equal([(one.op, one["res"]) for one in (auth, acct, change, start, end)],
                  [("auth", "success"), ("account", "failed"), ("pin-change", "success"), ("session-start", "success"),
                   ("session-end", "success")])
        tap.equal((acct["jwhy"], change["jfor"], change["jcard"]), (code, code[4:], STAFF["hanako"].card))
        # From now on it is one of hers.
        mark = w.mark()
        visit = w.login("hanako", pin=NEW, commands=["id -un"])
        tap.check(visit.reached, str(visit))
        tap.equal([one.op for one in w.happened(mark)], ["auth", "account", "session-start", "session-end"])


def test_su_has_it_changed(w):
    anew(w)
    row(w, {"pin_initial": True})
    visit = w.su("hanako", pin=PIN, answers=three(), as_user="mallory", loginuid=w.accounts["mallory"].uid,
                 commands=["id -un"])
    tap.check(visit.reached, str(visit))
    tap.equal((visit.outputs[0].strip(), state_of(w)["pin"]), ("hanako", NEW))


def test_no_login_without_a_new_pin(w):
    for answers, code in ((three(new="111111"), "pin.weak"), (three(again=OTHER), "pin.differ"),
                          (three(new=PIN), "pin.same"), (three(old=WRONG), "pin.wrong")):
        anew(w)
        row(w, {"pin_initial": True})
        mark = w.mark()
        visit = w.login("hanako", pin=PIN, answers=answers)
        tap.check(not visit.reached, str(visit))
        tap.check(texts.text(code, n=2) in visit.transcript, f"{code}: {visit.transcript}")
        tap.equal(w.happened(mark, "session-start"), [])
        tap.equal(state_of(w)["pin"], PIN)


def test_no_session_without_a_new_pin(w):
    """A program that makes nothing of PAM_NEW_AUTHTOK_REQD."""
    for code, keys, parameters in states():
        anew(w)
        row(w, keys)
        with w.app() as app:
            app.start("jk-session", "hanako")
            told = app.do("authenticate", PIN)
            tap.equal((told.code, told.said), ("PAM_SUCCESS", []))
            told = app.do("acct_mgmt")
            tap.equal((told.code, told.said), ("PAM_NEW_AUTHTOK_REQD", [texts.text(code, **parameters)]))
            mark = w.mark()
            told = app.do("open_session")
            tap.equal((told.code, told.said), ("PAM_SESSION_ERR", [texts.text("pin.change.needed")]))
            one = w.one(mark)
            tap.equal((one.op, one["jwhy"], one["res"]), ("session-start", "pin.change.needed", "failed"))
        tap.equal(w.files("/run/jukinet/state", "session.*"), [])


def test_pamtester_goes_through_a_change(w):
    anew(w)
    row(w, {"pin_initial": True})
    with w.app() as app:
        app.start("jk-session", "hanako")
        given = [PIN, NEW, NEW]
        tap.check(app.do("authenticate", PIN).ok)
        tap.equal(app.do("acct_mgmt").code, "PAM_NEW_AUTHTOK_REQD")
        app.begin("chauthtok", EXPIRED)
        tap.check(app.finish_with(lambda _: given.pop(0)).ok)
        for op in ("acct_mgmt", "open_session", "close_session"):
            tap.check(app.do(op).ok, op)
    visit = w.pamtester("jk-test", "hanako", "chauthtok", answers=three(NEW, OTHER))
    tap.check(visit.ok, str(visit))
    tap.equal(state_of(w)["pin"], OTHER)


def test_old_login_is_not_taken_for_a_good_pin(w):
    """sudo opens no session of ours: held up until the login is no longer known, its change must not succeed."""
    anew(w)
    row(w, {"pin_initial": True})
    with w.app() as app:
        app.start("jk-session", "hanako")
        tap.check(app.do("authenticate", PIN).ok)
        tap.equal(app.do("acct_mgmt").code, "PAM_NEW_AUTHTOK_REQD")
        [ticket] = w.tickets()
        os.unlink(w.space.path(f"{STATE}/{ticket}"))    # as after five minutes
        mark = w.mark()
        told = app.do("chauthtok", flags=EXPIRED)
        tap.equal((told.code, told.asked), ("PAM_PERM_DENIED", []))
        tap.equal(w.one(mark)["jwhy"], "sess.unproven")
    tap.equal(state_of(w)["pin"], PIN)


def test_what_is_good_is_not_asked_about(w):
    """PAM_CHANGE_EXPIRED_AUTHTOK because of another module: nothing of ours has expired."""
    anew(w)
    mark = w.mark()
    with w.app() as app:
        app.start("jk-session", "hanako")
        told = app.do("chauthtok", flags=EXPIRED)
        tap.equal((told.code, told.asked), ("PAM_SUCCESS", []), "without a login")
        tap.check(app.do("authenticate", PIN).ok)
        told = app.do("chauthtok", flags=EXPIRED)
        tap.equal((told.code, told.asked), ("PAM_SUCCESS", []), "with a PIN that is good")
    tap.equal(w.happened(mark, "pin-change"), [])


def test_only_the_card_of_the_login_will_do(w):
    anew(w)
    row(w, {"pin_initial": True})
    with w.app() as app:
        app.start("jk-session", "hanako")
        tap.check(app.do("authenticate", PIN).ok)
        w.insert("spare")
        mark = w.mark()
        told = app.do("chauthtok", flags=EXPIRED)
        tap.equal((told.code, told.said, told.asked),
                  ("21", [texts.text("card.mismatch")], []))
        tap.equal(w.one(mark)["jwhy"], "card.mismatch")
    w.insert("hanako")


def test_office_may_allow_it(w):
    for policy, keys, said in (({"initial": "allow"}, {"pin_initial": True}, []),
                               ({"unknown": "warn"}, {"pin_set": None}, [texts.text("pin.unknown.warn")]),
                               ({"change": "never"}, {"pin_set": "2020-01-01"}, [])):
        anew(w)
        w.registry.policy(pin=policy)
        row(w, keys)
        with w.app() as app:
            app.start("jk-session", "hanako")
            told = app.do("authenticate", PIN)
            tap.equal((told.code, told.said), ("PAM_SUCCESS", said), str(policy))
            for op in ("acct_mgmt", "open_session", "close_session"):
                tap.equal(app.do(op).code, "PAM_SUCCESS", f"{policy} {op}")


def test_half_year(w):
    """Changed in the half before this one: good to the end of this one. Before that: not."""
    today = datetime.date.today()
    first = today.replace(day=1, month=4 if 4 <= today.month < 10 else 10)
    if today.month < 4:
        first = first.replace(year=today.year - 1)
    last_of_old = first - datetime.timedelta(days=1)
    for day, code in ((last_of_old, "PAM_SUCCESS"), (last_of_old - datetime.timedelta(days=190), "PAM_NEW_AUTHTOK_REQD")):
        anew(w)
        w.registry.policy(pin={"change": "half-year"})
        row(w, {"pin_set": day.isoformat()})
        with w.app() as app:
            app.start("jk-session", "hanako")
            tap.check(app.do("authenticate", PIN).ok)
            tap.equal(app.do("acct_mgmt").code, code, str(day))


def test_reminders(w):
    """30, 14, 7 and 1 days before, once each; on a day between them when that was a day off; on the last day."""
    def said() -> list[str]:
        told = w.ask("hanako")
        tap.check(told.ok, str(told))
        return told.said
    for left, due in ((31, False), (30, True), (20, True), (14, True), (7, True), (1, True), (0, True)):
        anew(w)
        day = set_for(left)
        row(w, {"pin_set": day})
        date = due_of(datetime.date.fromisoformat(day)).isoformat()
        tap.equal(said(), [texts.text("pin.due", date=date, n=left)] if due else [], f"{left} days before")
        tap.equal(said(), [], f"{left} days before, once more")


def test_unlock_is_not_stopped(w):
    anew(w)
    with w.app() as app:
        enter(app, "hanako")
        for code, keys, parameters in states():
            row(w, {"pin_initial": False} | keys)
            told = w.ask("hanako", uid="hanako")
            tap.equal((told.code, told.said), ("PAM_SUCCESS", [texts.text(code, **parameters)]))
        leave(app)


# --- a PIN that is blocked --------------------------------------------------------------------------------------------

PUK = "12345678"
BAD_PUK = "87654321"


def blocked(w, **policy) -> None:
    anew(w)
    w.registry.policy(pin={"unblock": "puk"} | policy)
    w.registry.build()
    w.card.set_tries(3, "puk")
    w.card.block_pin()


def with_puk(puk: str = PUK, new: str = NEW, prompt: str = "puk.prompt") -> list[Answer]:
    return [Answer(re.escape(texts.text(prompt)) + "$", puk, hidden=True), *three(new=new)[1:]]


def test_blocked_and_unblocked(w):
    """Wrong PINs at login until nothing goes any more; then passwd with the PUK, in root's own shell, and the login."""
    anew(w)
    w.registry.policy(pin={"unblock": "puk"})
    w.registry.build()
    for _ in range(3):
        tap.check(not w.ask("hanako", WRONG).ok)
    told = w.ask("hanako", PIN)
    tap.equal((told.code, told.asked), ("PAM_MAXTRIES", []))
    visit = w.su("hanako", as_user="mallory")
    tap.check(not visit.reached and texts.text("pin.locked", contact="? 123") in visit.transcript, str(visit))
    mark = w.mark()
    with w.open_session(["/usr/bin/passwd", "hanako"], None, with_puk(), shell=NO_SHELL, loginuid=0) as session:
        pass
    visit = session.visit
    tap.equal(visit.status, 0, str(visit))
    tap.check(texts.text("pin.changed", date="@").split("@")[1] in visit.transcript, visit.transcript)
    one = w.one(mark)
    wanted = {"op": "juki:pin-unblock", "acct": "hanako", "jcard": STAFF["hanako"].card, "jsvc": "passwd", "res": "success"}
    tap.equal({name: one.get(name) for name in wanted}, wanted, str(one))
    tap.equal((one.type, one.auid), ("USER_CHAUTHTOK", 0), "who stood beside is on record")
    tap.equal((state_of(w)["pin"], w.card.counters()["pin-tries"], w.card.counters()["verified"]), (NEW, 3, 0))
    tap.equal(w.files(KEEP, "p[iu]*"), [f"pin.{STAFF['hanako'].card}"])
    tap.check(w.login("hanako", pin=NEW, commands=["id -un"]).reached)


def test_blocked_card_shows_its_certificate(w):
    """It can prove nothing before the PUK is spent: what it was called before is not enough to say whose that is."""
    anew(w)
    tap.check(w.ask("hanako").ok, "known from here on")
    w.registry.policy(pin={"unblock": "puk"})
    w.registry.build()
    old = w.space.read(f"{w.cards.made['hanako'].directory}/state")
    path = f"{w.cards.made['spare'].directory}/state"
    before = w.space.read(path)
    w.pull()
    w.space.write(path, re.sub(r"(?m)^guid=.*$", re.search(r"(?m)^guid=.*$", old)[0], before))
    try:
        w.insert("spare")
        w.card.block_pin()
        mark = w.mark()
        told = chauthtok(w, "hanako", [PUK, NEW, NEW])
        tap.check(told.ok, str(told))
        tap.equal((w.one(mark)["jcard"], state_of(w)["pin"]), (SPARE, NEW))
    finally:
        w.pull()
        w.space.write(path, before)
        w.insert("hanako")


def test_blocked_where_the_policy_says_nothing(w):
    anew(w)
    w.card.block_pin()
    mark = w.mark()
    visit = passwd(w)
    tap.check(visit.status != 0 and texts.text("pin.locked", contact="? 123") in visit.transcript, str(visit))
    tap.equal([(one.op, one["jwhy"]) for one in w.happened(mark)], [("pin-change", "pin.locked")])


def test_wrong_puk(w):
    """Its tries are told, kept, and the last is asked for by name."""
    blocked(w)
    puk = f"puk.{STAFF['hanako'].card}"
    for code, left, prompt in (("puk.wrong", 2, "puk.prompt"), ("puk.wrong.last", 1, "puk.prompt"),
                               ("puk.locked", 0, "puk.prompt.last")):
        mark = w.mark()
        visit = passwd(w, *with_puk(BAD_PUK, prompt=prompt))
        tap.check(texts.text(code, n=left, contact="? 123") in visit.transcript, f"{code}: {visit}")
        tap.check(texts.text("pin.kept") in visit.transcript, str(visit))
        tap.equal(w.card.counters()["puk-tries"], left)
        one = w.one(mark)
        tap.equal((one.op, one["jwhy"], one["jtry"], one["res"]), ("pin-unblock", code, str(left), "failed"))
        tap.equal(w.files(KEEP, "puk.*"), [puk])
    visit = passwd(w)
    tap.check(texts.text("puk.locked", contact="? 123") in visit.transcript, str(visit))
    blocked(w)
    tap.check(texts.text("puk.wrong", n=2) in passwd(w, *with_puk(BAD_PUK)).transcript)
    tap.equal(passwd(w, *with_puk()).status, 0)
    tap.equal(w.files(KEEP, "puk.*"), [], "no wrong one since")


def test_unblocking_has_the_same_rules(w):
    blocked(w)
    for new, code in (("111111", "pin.weak"), (PUK, "pin.weak"), ("2580", "pin.malformed")):
        answers = with_puk(new=new) if code == "pin.weak" else with_puk(new=new)[:2]
        mark = w.mark()
        visit = passwd(w, *answers)
        tap.check(texts.text(code, min=6, max=8) in visit.transcript, f"{code}: {visit.transcript}")
        tap.equal(w.one(mark).op, "pin-unblock")
    # Enter at the PUK costs nothing either.
    visit = passwd(w, with_puk("")[0])
    tap.check(visit.status != 0, str(visit))
    tap.equal(w.card.counters()["puk-tries"], 3, "nothing has reached the card")


def test_root_unblocks_and_changes_nothing_else(w):
    blocked(w)
    w.card.set_tries(1)
    told = chauthtok(w, "hanako", [], loginuid=0)
    tap.equal((told.code, told.said, told.asked), ("PAM_PERM_DENIED", [texts.text("pin.foreign")], []))


def test_card_pulled_while_it_is_unblocked(w):
    for fault, has in (("sw 6f00", PIN), ("delay 3000", NEW)):
        blocked(w)
        w.card.fault(fault, "unblock", 1)
        timer = pulled_at_work(w) if fault.startswith("delay") else None
        told = chauthtok(w, "hanako", [PUK, NEW, NEW])
        tap.equal((told.said[0], state_of(w)["pin"]), (texts.text("pin.unsure"), has), f"{fault}: {told}")
        tap.equal(w.files(KEEP, "pin.*"), [])
        if timer:
            timer.join()
        w.card.clear()
        if timer:
            w.seen(False)
            w.card.insert_and_wait()
    # Unblocked, and then the signature fails: the new PIN stands.
    blocked(w)
    w.card.fault("sw 6f00", "sign", 1)
    told = chauthtok(w, "hanako", [PUK, NEW, NEW])
    tap.equal((told.said, state_of(w)["pin"]), ([texts.text("pin.taken"), texts.text("card.unreadable")], NEW))
    w.card.clear()


def test_my_number_card(w):
    """Four digits, its own command, and no PUK: where it is unblocked is said."""
    anew(w)
    row(w, {})
    jiro = STAFF["jiro"]
    w.registry.certificates[f"{jiro.card}.pem"] = w.cards.certificate("mynumber")
    w.registry.policy(pin={"unblock": "puk"})
    w.registry.build()
    try:
        w.insert("mynumber")
        if not w.ask("jiro", "1234").ok:
            tap.skip("this jukinet-card gets no signature from a My Number card")
        for new, code in (("258046", "pin.malformed"), ("1234", "pin.same"), ("0000", "pin.weak"), ("83a5", "pin.digits")):
            told = chauthtok(w, "jiro", ["1234", new, new])
            tap.equal(told.said, [texts.text(code, min=4, max=4)])
        told = chauthtok(w, "jiro", ["1234", "8305", "8305"])
        tap.check(told.ok, str(told))
        tap.equal((w.ask("jiro", "1234").code, w.ask("jiro", "8305").code), ("PAM_AUTH_ERR", "PAM_SUCCESS"))
        w.card.block_pin()
        told = chauthtok(w, "jiro", [])
        tap.equal((told.code, told.said, told.asked), ("22", [texts.text("pin.nopuk", contact="内線 123")], []))
    finally:
        w.registry.certificates[f"{jiro.card}.pem"] = w.cards.certificate("jiro")
        w.registry.build()
        w.insert("hanako")


# --- records ----------------------------------------------------------------------------------------------------------

def test_no_receipt_no_date(w):
    """The witness falls silent at the last prompt: the card has the new PIN, which is said; the record is void."""
    anew(w)
    mark = w.mark()
    given = [PIN, NEW, NEW]
    with w.app() as app:
        app.start("jk-test", "hanako")
        app.begin("chauthtok")

        def answer(_):
            if len(given) == 1:
                w.services.witness.sigstop()
            return given.pop(0)
        told = app.finish_with(answer)
    w.services.witness.sigcont()
    tap.equal((told.code, told.said), ("PAM_AUTHTOK_ERR", [texts.text("pin.taken"), texts.text("audit.down")]))
    tap.equal(state_of(w)["pin"], NEW)
    tap.equal(w.files(KEEP, "pin.*"), [], "no date")
    w.ask("hanako", NEW)
    records = w.happened(mark)
    [good] = [one for one in records if one.op == "pin-change" and one["res"] == "success"]
    tap.check(good["jid"] in {one.get("jvoid") for one in records if one.op == "void"}, str(records))


def test_a_card_that_only_looks_like_it_gets_no_new_pin(w):
    """A clone has the certificate and not the key: it is refused before the new PIN is sent."""
    anew(w)
    w.card.fault("sig-foreign", "sign", 1)
    before = len(re.findall(r" change 0024", w.card.apdus()))
    mark = w.mark()
    told = chauthtok(w, "hanako", [PIN, NEW, NEW])
    tap.equal(told.said, [texts.text("pin.kept"), texts.text("card.forged")])
    tap.equal(w.one(mark)["jwhy"], "card.forged")
    tap.equal(len(re.findall(r" change 0024", w.card.apdus())), before, "new PINs that reached the card")
    tap.equal(state_of(w)["pin"], PIN)
    w.services.wait_until_idle()
    tap.equal(w.card.counters()["verified"], 0)


def test_pin_is_in_no_log(w):
    anew(w)
    passwd(w, *three())
    set_pin(w)
    passwd(w, *three(old=OTHER))
    w.mark()
    for pin in (NEW, OTHER):
        found = [one.line for one in w.log.all() if f'"{pin}"' in one.line or pin.encode().hex().upper() in one.line]
        tap.equal(found, [], "audit log")
        tap.check(pin not in w.syslog(), "syslog")
        tap.check(pin not in w.services.jukinetd.stderr() + w.services.card.stderr(), "services")


class Counter(Office):
    """With a My Number card that jiro may have as his."""

    def _open_office(self) -> None:
        super()._open_office()
        self.cards.make("mynumber", kind="jpki")


if __name__ == "__main__":
    tap.main(missing(), w=lambda: Counter("pin"))
