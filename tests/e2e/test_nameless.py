#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Logins without a user name: the account follows from the card; one visible choice where it does not; who may not."""

from __future__ import annotations

import contextlib
from typing import Any, Iterator

from jukinet import COUNTER, PIN, STAFF, WRONG, Office, Told, enter, leave, missing, tap, texts

SERVICE = "jk-session"      # needs no name here
NAMED = "jk-test"           # does
CONTACT = "内線 123"
ASKED = "login:"            # pam_get_user(3)
SECOND = "m0123-9"
MANAGEMENT = {"type operator-management": {"number": 9, "terminal-class": "integrated-terminal"}}
SILENT = 0x8000


@contextlib.contextmanager
def office(w: Office, holder: str = "hanako", **settings: Any) -> Iterator[Any]:
    """As at the beginning, but that SERVICE needs no name; and the mark from which on something happened."""
    w.reset(holder)
    w.settings(**({"login": {"nameless": [SERVICE, "lightdm"]}} | settings))
    w.registry.policy(**MANAGEMENT)
    w.registry.build()
    yield w.mark()


def second_operator_id(w: Office) -> None:
    w.registry.operator_id(SECOND, "p0123", type="operator-management")
    w.registry.build()


def nobody(w: Office, *answers: str | None, service: str = SERVICE, flags: int = 0, pin: str = PIN,
           user: str | None = None, **how: Any) -> tuple[Told, str | None]:
    """One authenticate of a program that has no name: these at visible prompts (None: it cannot ask). With PAM_USER."""
    left = list(answers)
    with w.app(**how) as app:
        app.start(service, user)
        app.begin("authenticate", flags)
        told = app.finish_with(lambda event: left.pop(0) if event["visible"] else pin)
        name = app.item("user")
    tap.equal(left, [], "answers that nobody asked for")
    return told, name


def menu(*options: tuple[str, str, str], question: str = "account.select", language: str = "en") -> str:
    lines = [f"{n}) {account}: {opid} {texts.types()[kind][language == 'ja']}"
             for n, (account, opid, kind) in enumerate(options, 1)]
    return "\n".join([texts.text(question, language), *lines, texts.text("account.number", language)])


TWO = [("hanako", "m0123-2", "moving-desk"), (COUNTER, "m0123-2", "moving-desk")]
FOUR = [(account, opid, kind) for account in ("hanako", COUNTER)
        for opid, kind in (("m0123-2", "moving-desk"), (SECOND, "operator-management"))]


# --- one account ------------------------------------------------------------------------------------------------------

def test_the_card_says_who_it_is(w):
    """One account: nothing is asked but the PIN, and the whole stack goes on with the name."""
    with office(w, "jiro") as mark:
        with w.app() as app:
            app.start(SERVICE, None)
            tap.equal(app.item("user"), None)
            told = app.do("authenticate", PIN)
            tap.equal((told.code, told.asked, told.said), ("PAM_SUCCESS", ["PIN: "], []))
            tap.equal(app.item("user"), "jiro")
            for op in ("acct_mgmt", "open_session"):
                tap.equal(app.do(op).code, "PAM_SUCCESS", op)
            leave(app)
        records = w.happened(mark)
        tap.equal([(one.op, one["acct"], one["jper"], one["res"], one["jsvc"]) for one in records],
                  [(op, "jiro", "p0125", "success", SERVICE)
                   for op in ("auth", "account", "session-start", "session-end")])
        tap.equal(w.tickets(), [])


def test_an_empty_name_is_none(w):
    with office(w, "jiro"):
        told, name = nobody(w, user="")
        tap.equal((told.code, told.asked, name), ("PAM_SUCCESS", ["PIN: "], "jiro"))


def test_the_ticket_is_for_that_account(w):
    with office(w, "jiro"):
        with w.app() as app:
            app.start(SERVICE, None)
            tap.check(app.do("authenticate", PIN).ok)
            [ticket] = w.tickets()
            claims = '{"tickets": ["%s"], "sessions": []}' % ticket.removeprefix("ticket.")
            numbers = {number: code for code, number in texts.reasons().items()}
            told = w.python("hostile.py", "phases", "hanako", "", claims)
            tap.equal({numbers[one] for one in told.values()}, {"sess.unproven"})
            tap.equal(app.do("open_session").code, "PAM_SUCCESS")


def test_a_card_that_is_known_already(w):
    """The second time it is known by its identity, and its certificate is not read again."""
    with office(w, "jiro"):
        for _ in range(2):
            told, name = nobody(w)
            tap.equal((told.code, name), ("PAM_SUCCESS", "jiro"))


def test_wrong_pin(w):
    with office(w, "jiro") as mark:
        told, name = nobody(w, pin=WRONG)
        tap.equal((told.code, told.said, name), ("PAM_AUTH_ERR", [texts.text("pin.wrong", n=2)], ""))
        one = w.one(mark)
        tap.equal((one["jwhy"], one["acct"], one["jper"], one["jtry"]), ("pin.wrong", "jiro", "p0125", "2"))


def test_card_may_come_late(w):
    with office(w, "jiro"):
        w.pull()
        with w.app() as app:
            app.start(SERVICE, None)
            app.begin("authenticate")
            tap.equal(app.hear()["say"], texts.text("card.insert"))
            w.card.insert()
            tap.equal((app.finish(PIN).code, app.item("user")), ("PAM_SUCCESS", "jiro"))


def test_no_card_comes(w):
    with office(w) as mark:
        w.pull()
        told, name = nobody(w)
        tap.equal((told.code, told.said, name),
                  ("PAM_AUTHINFO_UNAVAIL", [texts.text("card.insert"), texts.text("card.none")], None))
        one = w.one(mark)
        tap.equal((one["jwhy"], one["acct"]), ("card.none", "(unknown)"))


# --- several accounts -------------------------------------------------------------------------------------------------

def test_two_accounts_are_one_question(w):
    with office(w):
        for answer, want in (("1", "hanako"), ("2", COUNTER), ("hanako", "hanako"), (COUNTER, COUNTER),
                             (f"{COUNTER} m0123-2", COUNTER)):
            mark = w.mark()
            told, name = nobody(w, answer)
            tap.equal((told.code, told.asked, told.said, name), ("PAM_SUCCESS", ["PIN: ", menu(*TWO)], [], want), answer)
            one = w.one(mark)
            tap.equal((one["acct"], one["jright"], one["res"]), (want, "m0123-2", "success"))


def test_accounts_and_operator_ids_are_one_question(w):
    with office(w):
        second_operator_id(w)
        for answer, account, opid in (("4", COUNTER, SECOND), (f"hanako {SECOND}", "hanako", SECOND)):
            mark = w.mark()
            told, name = nobody(w, answer)
            tap.equal((told.code, told.asked, name), ("PAM_SUCCESS", ["PIN: ", menu(*FOUR)], account))
            one = w.one(mark)
            tap.equal((one["acct"], one["jright"]), (account, opid))
        # An account alone is not enough here, nor an operator ID.
        told, name = nobody(w, "hanako", "3")
        tap.equal((told.asked[1:], name), ([menu(*FOUR), menu(*FOUR, question="account.again")], COUNTER))


def test_operator_ids_of_one_account_are_the_old_question(w):
    with office(w):
        second_operator_id(w)
        w.registry.rows["account"][COUNTER]["person"] = ["p0124"]
        w.registry.build()
        told, name = nobody(w, "2")
        tap.equal((told.code, name), ("PAM_SUCCESS", "hanako"))
        tap.check(told.asked[1].startswith(texts.text("opid.select")), str(told.asked))


def test_a_session_that_lives_is_joined_under_its_operator_id(w):
    with office(w):
        second_operator_id(w)
        with w.app() as app:
            app.start(SERVICE, COUNTER)
            app.begin("authenticate")
            tap.check(app.finish_with(lambda event: "2" if event["visible"] else PIN).ok)
            for op in ("acct_mgmt", "open_session"):
                tap.check(app.do(op).ok)
            told, name = nobody(w, COUNTER)
            tap.equal((told.code, told.asked[1], name), ("PAM_SUCCESS", menu(*FOUR[:2], FOUR[3]), COUNTER))
            leave(app)


def test_an_account_that_another_person_uses_is_no_choice(w):
    """taro is in the shared account, so hanako's card means hanako."""
    with office(w, "taro"):
        with w.app() as app:
            enter(app, COUNTER, service=SERVICE)
            w.insert("hanako")
            told, name = nobody(w)
            tap.equal((told.code, told.asked, name), ("PAM_SUCCESS", ["PIN: "], "hanako"))
            w.registry.rows["account"]["hanako"]["person"] = ["p0124"]
            w.registry.build()
            mark = w.mark()
            told, name = nobody(w)
            tap.equal((told.code, told.asked, told.said, name),
                      ("PAM_AUTH_ERR", [], [texts.text("lock.other", name=STAFF["taro"].name)], ""))
            one = w.one(mark)
            tap.equal((one["jwhy"], one["acct"], one["jper"]), ("lock.other", COUNTER, "p0123"))
            leave(app)


def test_two_wrong_answers_are_refused(w):
    with office(w):
        for answers in (("3", "0"), ("", ""), ("taro", "root"), ("m0123-2", "m0123-2"), ("x" * 600, "-"), ("3", None)):
            mark = w.mark()
            told, name = nobody(w, *answers)
            tap.equal((told.code, told.said, name), ("PAM_AUTH_ERR", [texts.text("account.choice")], ""), str(answers))
            one = w.one(mark)
            tap.equal((one["jwhy"], one["acct"], one["jper"], one["res"]),
                      ("account.choice", "(unknown)", "p0123", "failed"))


def test_program_that_cannot_ask_takes_the_first(w):
    with office(w):
        mark = w.mark()
        told, name = nobody(w, None)
        tap.equal((told.code, told.said, name),
                  ("PAM_SUCCESS", [texts.text("account.taken", account="hanako", opid="m0123-2", type="moving-desk")],
                   "hanako"))
        tap.equal(w.one(mark)["acct"], "hanako")
        told, name = nobody(w, flags=SILENT)
        tap.equal((told.code, told.asked, told.said, name), ("PAM_SUCCESS", ["PIN: "], [], "hanako"))


def test_wrong_pin_with_two_accounts(w):
    """Nobody knows yet for which: the person and the card are on record."""
    with office(w) as mark:
        told, name = nobody(w, pin=WRONG)
        tap.equal((told.code, told.asked, name), ("PAM_AUTH_ERR", ["PIN: "], ""))
        one = w.one(mark)
        tap.equal((one["jwhy"], one["acct"], one["jper"], one["jcard"]), ("pin.wrong", "(unknown)", "p0123", "c-0042"))


def test_choice_that_is_withdrawn_meanwhile(w):
    with office(w) as mark:
        with w.app() as app:
            app.start(SERVICE, None)
            app.begin("authenticate")
            app.until_prompt()
            app.order(answer=PIN)
            tap.equal(app.until_prompt(), [menu(*TWO)])
            w.registry.rows["account"][COUNTER]["person"] = ["p0124"]
            w.registry.build()
            told = app.finish_prompted("2")
            tap.equal((told.code, told.said, app.item("user")), ("PAM_AUTH_ERR", [texts.text("card.mismatch")], ""))
        one = w.one(mark)
        tap.equal((one["jwhy"], one["acct"]), ("card.mismatch", COUNTER))


def test_it_looks_right_in_japanese(w):
    if not (japanese := w.japanese()):
        tap.skip("no Japanese locale can be made here")
    with office(w):
        second_operator_id(w)
        told, name = nobody(w, "x", "4", env=japanese)
        tap.equal((told.code, told.asked, name),
                  ("PAM_SUCCESS", [texts.text("pin.prompt", "ja"), menu(*FOUR, language="ja"),
                                   menu(*FOUR, question="account.again", language="ja")], COUNTER))
        told, _ = nobody(w, None, env=japanese)
        tap.equal(told.said, [texts.text("account.taken", "ja", account="hanako", opid="m0123-2", type="moving-desk")])


# --- cards that let nobody in -----------------------------------------------------------------------------------------

def refused(w: Office, why: str, *, code: str = "PAM_AUTH_ERR", acct: str = "(unknown)", **parameters: str) -> Any:
    mark = w.mark()
    told, name = nobody(w)
    tap.equal((told.code, told.asked, told.said, name),
              (code, [], [texts.text(why, contact=CONTACT, **parameters)],
               "" if code == "PAM_AUTH_ERR" else None))
    one = w.one(mark)
    tap.equal((one["jwhy"], one["acct"], one["res"]), (why, acct, "failed"), str(one))
    return one


def test_card_without_an_account_here(w):
    with office(w, "jiro"):
        w.registry.rows["account"]["jiro"]["person"] = ["p0124"]
        w.registry.account("not-on-this-machine", "p0125")
        w.registry.build()
        tap.equal(refused(w, "account.none")["jper"], "p0125")
        w.registry.change("card", "c-0044", state="revoked")
        w.registry.build()
        refused(w, "card.revoked")


def test_card_for_root_alone(w):
    """An account of uid 0 is never found by a card."""
    with office(w, "jiro"):
        w.registry.rows["account"]["jiro"]["person"] = ["p0124"]
        w.registry.account("root", "p0125")
        w.registry.build()
        refused(w, "account.none")


def test_card_of_a_stranger(w):
    with office(w, "jiro"):
        w.registry.remove("card", "c-0044")
        w.registry.build()
        one = refused(w, "card.unknown")
        tap.equal((one.get("jper"), one.get("jcard")), ("", ""))


def test_card_that_is_revoked(w):
    with office(w, "jiro"):
        w.registry.change("card", "c-0044", state="revoked")
        w.registry.build()
        tap.equal(refused(w, "card.revoked", acct="jiro")["jcard"], "c-0044")
    with office(w):
        w.registry.change("card", "c-0042", state="revoked")
        w.registry.build()
        tap.equal(refused(w, "card.revoked")["jcard"], "c-0042")


def test_operator_id_that_has_ended(w):
    with office(w, "jiro"):
        w.registry.change("operator-id", "m0125-1", valid_until="2022-03-31")
        w.registry.build()
        refused(w, "opid.expired", acct="jiro", date="2022-03-31")


# --- where a name is needed -------------------------------------------------------------------------------------------

def test_service_that_is_not_listed_asks_for_the_name(w):
    with office(w):
        mark = w.mark()
        told, name = nobody(w, "hanako", service=NAMED)
        tap.equal((told.code, told.asked, told.said, name), ("PAM_SUCCESS", [ASKED, "PIN: "], [], "hanako"))
        tap.equal(w.one(mark)["acct"], "hanako", "nothing was tried before")
        mark = w.mark()
        told, name = nobody(w, None, service=NAMED)
        tap.equal((told.asked, told.ok, w.happened(mark)), ([ASKED], False, []))


def test_no_service_is_listed_by_default(w):
    w.reset()
    told, name = nobody(w, "hanako")
    tap.equal((told.code, told.asked, name), ("PAM_SUCCESS", [ASKED, "PIN: "], "hanako"))


def test_without_jukinetd_the_name_is_asked_for(w):
    with office(w):
        w.services.jukinetd.kill()
        told, name = nobody(w, "hanako")
        tap.equal((told.code, told.asked, told.said),
                  ("PAM_AUTHINFO_UNAVAIL", [ASKED], [texts.text("service.down", contact="")]))
        w.services.start()


def test_name_of_the_application_wins(w):
    """The shared account was named, so it is not asked for; and somebody else's is refused."""
    with office(w):
        told, name = nobody(w, user=COUNTER)
        tap.equal((told.code, told.asked, name), ("PAM_SUCCESS", ["PIN: "], COUNTER))
        mark = w.mark()
        told, name = nobody(w, user="jiro")
        tap.equal((told.code, told.said, name), ("PAM_AUTH_ERR", [texts.text("card.mismatch")], "jiro"))
        tap.equal(w.one(mark)["acct"], "jiro")


def test_listing_that_is_withdrawn_while_the_pin_is_typed(w):
    with office(w, "jiro") as mark:
        with w.app() as app:
            app.start(SERVICE, None)
            app.begin("authenticate")
            app.until_prompt()
            w.settings()
            w.registry.build()
            told = app.finish_prompted(PIN)
            tap.equal((told.code, told.asked, told.said, app.item("user")),
                      ("PAM_AUTHINFO_UNAVAIL", [], [texts.text("account.needed")], None))
        tap.equal(w.one(mark)["jwhy"], "account.needed")


def test_a_user_is_refused(w):
    """Whatever his session and whatever service he claims; and the module in his programs asks for the name as ever."""
    with office(w, "jiro"):
        with w.app() as app:
            enter(app, "jiro", service=SERVICE)
            service = SERVICE.encode().hex()
            for who in ("jiro", "mallory"):
                mark = w.mark()
                told = w.python("hostile.py", "ask", "", PIN, '{"service": "%s"}' % service, uid=who)
                tap.equal(told, texts.reasons()["caller.foreign"])
                one = w.one(mark)
                tap.equal((one["jwhy"], one["acct"], one["res"]), ("caller.foreign", "(unknown)", "failed"))
            told, name = nobody(w, "jiro", uid="jiro")
            tap.equal((told.code, told.asked, name), ("PAM_SUCCESS", [ASKED, "PIN: "], "jiro"))
            leave(app)


def test_only_a_login_does_without_a_name(w):
    """In no other phase is an empty name one, listed or not."""
    with office(w, "jiro") as mark:
        tap.equal(w.python("hostile.py", "phases", "", "", '{"tickets": ["%s"], "sessions": []}' % ("0" * 16)),
                  {f"account {'0' * 16}": None, f"open {'0' * 16}": None})
        tap.equal(w.happened(mark), [])


if __name__ == "__main__":
    tap.main(missing(), w=lambda: Office("nameless"))
