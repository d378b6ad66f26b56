#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Logins that succeed: by login, su and a bare PAM program; what they leave in the log; sessions and tickets."""

from __future__ import annotations

import os
import signal

from jukinet import (COUNTER, NOBODY, Office, PIN, STAFF, STATE, WRONG, App, Record, enter, frames, leave, missing, tap, texts,
                     wait_for)

ORDER = ["op", "acct", "jid", "jfor", "jterm", "jcls", "jper", "jright", "jtype", "jdept", "jmeth", "jcard", "jkey", "jtrust",
         "jsess", "jrct", "jpol", "jsvc", "jrdr", "exe", "hostname", "addr", "terminal", "res"]
MINUTES = 60 * 1000


def check_record(w, one: Record, account: str, op: str, type_: str, **more: str) -> None:
    """Whole, in order, and saying what is so."""
    who = STAFF[account]
    tap.equal((one.type, one.op, one["res"]), (type_, op, "success"), str(one))
    tap.equal(one.uid, w.accounts["_jukinet"].uid, "uid is the kernel's word")
    have = list(one.fields)
    tap.equal(have, [name for name in ORDER if name in have], f"order of the fields in {one}")
    wanted = {"acct": account, "jterm": "shimin-03", "jcls": "integrated-terminal", "jper": who.number,
              "jright": who.operator_id, "jtype": "moving-desk", "jdept": "shimin", "jmeth": "card-pin", "jcard": who.card,
              "exe": w.services.jukinetd.binary} | more
    tap.equal({name: one.get(name) for name in wanted}, wanted, str(one))
    tap.equal([len(one[name]) for name in ("jid", "jkey", "jpol")], [16, 16, 8], str(one))


def check_visit(w, mark, account: str, service: str, loginuid: int) -> None:
    """The four records of a login with a logout, and how they belong together."""
    auth, acct, start, end = w.happened(mark)
    terminal = start["terminal"]
    tap.check(terminal.startswith("/dev/pts/"), terminal)
    common = {"jsvc": service, "terminal": terminal}
    check_record(w, auth, account, "auth", "USER_AUTH", jfor="login", jtrust="registered", **common)
    check_record(w, acct, account, "account", "USER_ACCT", jrct=auth.event, **common)
    check_record(w, start, account, "session-start", "USER_START", jrct=auth.event, **common)
    check_record(w, end, account, "session-end", "USER_END", jrct=auth.event, jfor="last-logout", jsess=start["jsess"],
                 **common)
    tap.equal((auth.auid, acct.auid), (NOBODY, NOBODY), "before pam_loginuid there is none")
    tap.equal((start.auid, end.auid), (loginuid, loginuid), "the caller's loginuid")
    tap.equal(len({one["jid"] for one in (auth, acct, start, end)}), 4, "ids")
    tap.equal(w.files(STATE, "ticket.*"), [], "tickets left")


def by_login(w, account: str) -> None:
    w.reset(account)
    mark = w.mark()
    visit = w.login(account, pin=PIN, commands=["id -un", "cat /proc/self/loginuid; echo"])
    tap.check(visit.reached and visit.status == 0, str(visit))
    uid = w.accounts[account].uid
    tap.equal([said.strip() for said in visit.outputs], [account, str(uid)])
    tap.check("PIN: " in visit.transcript and PIN not in visit.transcript, visit.transcript)
    check_visit(w, mark, account, "login", uid)


def test_login_with_rsa(w):
    by_login(w, "hanako")


def test_login_with_p256(w):
    by_login(w, "taro")


def test_login_in_japanese(w):
    if not (japanese := w.japanese()):
        tap.skip("no Japanese locale can be made here")
    w.reset()
    environment = {"PATH": "/usr/bin:/bin", "TERM": "dumb"} | japanese
    visit = w.login("hanako", pin=PIN, env=environment)
    tap.check(visit.reached, str(visit))
    tap.check(texts.text("pin.prompt", "ja") in visit.transcript, visit.transcript)


def test_su_by_another_user(w):
    """su is root for the kernel, whoever called it."""
    w.reset("taro")
    mark = w.mark()
    visit = w.su("taro", pin=PIN, as_user="mallory", commands=["id -un"])
    tap.check(visit.reached, str(visit))
    tap.equal(visit.outputs[0].strip(), "taro")
    check_visit(w, mark, "taro", "su-l", NOBODY)


def test_su_in_a_login_session_keeps_the_login_name(w):
    """mallory's loginuid stands in the session's records, taro in acct."""
    w.reset("taro")
    mark = w.mark()
    visit = w.su("taro", pin=PIN, as_user="mallory", loginuid=w.accounts["mallory"].uid)
    tap.check(visit.reached, str(visit))
    records = w.happened(mark)
    tap.equal([one.auid for one in records], [w.accounts["mallory"].uid] * 4, str(records))
    tap.equal({one["acct"] for one in records}, {"taro"})


SUDO = ["sudo", "-k", "/bin/sh", "-c", "echo \"in: $(id -un)\""]


def test_what_was_typed_early_is_no_pin(w):
    """While nobody was asked yet; sudo would take it for the answer, and the card lose a try."""
    if not w.space.exists("/usr/bin/sudo"):
        tap.skip("sudo is not installed")
    w.reset()
    w.space.write("/etc/sudoers", "hanako ALL=(ALL) ALL\n", 0o440)
    w.space.write("/etc/pam.d/sudo", w.pam.read("jk-test"))
    w.pull()
    mark = w.mark()
    with w.terminal() as terminal:
        terminal.start(SUDO, **w.identity("hanako"))
        terminal.quiet(0.5)         # sudo shows no texts: it waits for the card
        terminal.answer(WRONG)
        w.card.insert()
        terminal.expect(r"PIN: $")
        terminal.answer(PIN, hidden=True)
        terminal.expect("in: root")
        tap.equal(terminal.wait(), 0)
    tap.equal([(one["jsvc"], one["res"]) for one in w.happened(mark, "auth")], [("sudo", "success")])


def test_pamtester_goes_through_all_phases(w):
    w.reset()
    mark = w.mark()
    done = w.pamtester("jk-session", "hanako", "authenticate", "acct_mgmt", "setcred(PAM_ESTABLISH_CRED)", "open_session",
                       "close_session", "setcred(PAM_REFRESH_CRED)", pin=PIN)
    tap.check(done.ok, str(done))
    tap.equal([one.op for one in w.happened(mark)], ["auth", "account", "session-start", "session-end"])


def test_every_try_asks_once(w):
    w.reset()
    told = w.ask("hanako")
    tap.equal((told.code, told.asked, told.said), ("PAM_SUCCESS", ["PIN: "], []))


def test_card_may_come_late(w):
    w.reset()
    w.pull()
    with w.app() as app:
        app.start("jk-test", "hanako")
        app.begin("authenticate")
        tap.equal(app.hear()["say"], texts.text("card.insert"))
        w.card.insert()
        tap.equal(app.finish(PIN).code, "PAM_SUCCESS")


# --- sessions ---------------------------------------------------------------------------------------------------------

def test_same_person_joins_the_session(w):
    w.reset()
    mark = w.mark()
    with w.app() as first, w.app() as second:
        enter(first, "hanako")
        enter(second, "hanako")
        leave(first)
        tap.equal(w.happened(mark, "session-end")[-1]["jfor"], "logout")
        tap.check(w.ask("hanako", uid="hanako").ok, "the session lives on in the second login")
        leave(second)
        tap.equal(w.ask("hanako", uid="hanako").said, [texts.text("sess.none")])
    starts, ends = w.happened(mark, "session-start"), w.happened(mark, "session-end")
    tap.equal(len({one["jsess"] for one in starts + ends}), 1, "one session")
    tap.equal([one["jfor"] for one in ends], ["logout", "last-logout"])


def test_a_new_session_has_a_new_id(w):
    w.reset()
    mark = w.mark()
    for _ in range(2):
        with w.app() as app:
            enter(app, "hanako")
            leave(app)
    tap.equal(len({one["jsess"] for one in w.happened(mark, "session-start")}), 2)


def test_another_person_is_refused_while_one_is_in(w):
    w.reset()
    with w.app() as app:
        enter(app, COUNTER)
        w.insert("taro")
        mark = w.mark()
        told = w.ask(COUNTER)
        tap.equal((told.code, told.said, told.asked),
                  ("PAM_AUTH_ERR", [texts.text("lock.other", name=STAFF["hanako"].name)], []))
        one = w.one(mark)
        tap.equal((one["jwhy"], one["res"], one["jper"]), ("lock.other", "failed", STAFF["taro"].number))
        leave(app)
    tap.check(w.ask(COUNTER).ok, "after the session has ended")


def test_another_person_waits_for_the_last_process(w):
    """The session has ended, but something of the account still runs."""
    w.reset()
    with w.app() as app:
        enter(app, COUNTER)
        leave(app)
    left = w.spawn(["sleep", "60"], uid=COUNTER)
    w.insert("taro")
    mark = w.mark()
    told = w.ask(COUNTER)
    tap.equal((told.code, told.said), ("PAM_AUTH_ERR", [texts.text("sess.busy")]))
    tap.equal(w.one(mark, "auth")["jwhy"], "sess.busy")
    left.kill()
    with w.app() as app:
        app.start("jk-session", COUNTER)
        tap.equal(app.do("authenticate", PIN).code, "PAM_SUCCESS")
        left = w.spawn(["sleep", "60"], uid=COUNTER)
        told = app.do("open_session")
        tap.equal((told.code, told.said), ("PAM_SESSION_ERR", [texts.text("sess.busy")]))
    tap.equal(w.happened(mark, "session-start")[-1]["jwhy"], "sess.busy")
    left.kill()
    with w.app() as app:
        enter(app, COUNTER)
        leave(app)


def test_two_persons_race_for_one_account(w):
    """Both proved themselves while the account was free: only one gets in."""
    w.reset()
    with w.app() as one, w.app() as two:
        one.start("jk-session", COUNTER)
        tap.equal(one.do("authenticate", PIN).code, "PAM_SUCCESS")
        w.insert("taro")
        two.start("jk-session", COUNTER)
        tap.equal(two.do("authenticate", PIN).code, "PAM_SUCCESS")
        tap.equal(two.do("open_session").code, "PAM_SUCCESS")
        told = one.do("open_session")
        tap.equal((told.code, told.said),
                  ("PAM_SESSION_ERR", [texts.text("lock.other", name=STAFF["taro"].name)]))
        leave(two)


def test_killed_login_is_closed_by_the_next(w):
    w.reset()
    mark = w.mark()
    session = w.open_login("hanako", pin=PIN)
    tap.check(session.reached, str(session.visit))
    started = w.happened(mark, "session-start")[0]
    login = session.terminal.process
    login.signal(signal.SIGKILL)
    login.wait(5)
    session.close()
    tap.equal(w.happened(mark, "session-end"), [], "nobody closed it yet")
    tap.equal(w.ask("hanako", uid="hanako").said, [texts.text("sess.none")])
    with w.app() as app:
        enter(app, "hanako")
        leave(app)
    lost, last = w.happened(mark, "session-end")
    tap.equal((lost["jfor"], lost["jsess"], lost["acct"], lost["jper"]),
              ("leader-lost", started["jsess"], "hanako", STAFF["hanako"].number))
    tap.check(last["jsess"] != lost["jsess"], "a new session")


def test_session_of_an_earlier_boot_is_over(w):
    w.reset()
    with w.app() as app:
        enter(app, "hanako")
        name = w.files(STATE, "session.*")[-1]
        data = w.state("session.2001")
        boot = frames.field(frames.decode(data)[1], frames.F_BOOT_ID)
        tap.equal(len(boot), 36, "the boot id")
        w.put_state(name, frames.replaced(data, frames.F_BOOT_ID, b"0" * 36))
        tap.equal(w.ask("hanako", uid="hanako").said, [texts.text("sess.none")])


def test_leader_with_the_same_pid_is_another_process(w):
    w.reset()
    with w.app() as app:
        enter(app, "hanako")
        data = w.state("session.2001")
        leader = frames.field(frames.decode(data)[1], frames.F_LEADER)
        tap.equal(int.from_bytes(leader[:8], "little"), app.pid)
        w.put_state("session.2001", frames.replaced(data, frames.F_LEADER, leader[:8] + bytes(8)))
        tap.equal(w.ask("hanako", uid="hanako").said, [texts.text("sess.none")])


# --- tickets ----------------------------------------------------------------------------------------------------------

def proven(w, app: App) -> str:
    """hanako has proven herself; the name of the ticket."""
    app.start("jk-session", "hanako")
    tap.equal(app.do("authenticate", PIN).code, "PAM_SUCCESS")
    [name] = w.files(STATE, "ticket.*")
    return name.removeprefix("ticket.")


def as_root(w, request: str, account: str, ticket: str) -> str:
    told = w.python("hostile.py", "phases", account, "", '{"tickets": ["%s"], "sessions": []}' % ticket)
    numbers = {number: code for code, number in texts.reasons().items()}
    return numbers[told[f"{request} {ticket}"]]


def test_ticket_opens_one_session(w):
    w.reset()
    with w.app() as app:
        ticket = proven(w, app)
        tap.equal(app.do("open_session").code, "PAM_SUCCESS")
        tap.equal(w.files(STATE, "ticket.*"), [])
        mark = w.mark()
        tap.equal(as_root(w, "open", "hanako", ticket), "sess.unproven")
        tap.equal([one["jwhy"] for one in w.happened(mark, "session-start")], ["sess.unproven"])
        told = app.do("open_session")
        tap.equal(told.code, "PAM_SUCCESS", "jk-session is not enforced: no session of ours, no refusal")


def test_ticket_is_for_one_account(w):
    w.reset()
    with w.app() as app:
        ticket = proven(w, app)
        tap.equal(as_root(w, "open", COUNTER, ticket), "sess.unproven")
        tap.equal(as_root(w, "account", COUNTER, ticket), "sess.unproven")
        tap.equal(app.do("open_session").code, "PAM_SUCCESS", "still good for its own")


def test_ticket_is_root_s(w):
    w.reset()
    with w.app() as app:
        ticket = proven(w, app)
        told = w.python("hostile.py", "phases", "hanako", "", '{"tickets": ["%s"], "sessions": []}' % ticket, uid="hanako")
        numbers = texts.reasons()
        tap.equal(told, {f"account {ticket}": numbers["sess.none"], f"open {ticket}": numbers["sess.unproven"]})
        tap.equal(app.do("open_session").code, "PAM_SUCCESS", "not used up by that")


def test_ticket_lives_five_minutes(w):
    w.reset()
    for age, code in ((4 * MINUTES, "PAM_SUCCESS"), (5 * MINUTES + 1000, "PAM_SESSION_ERR")):
        with w.app() as app:
            ticket = proven(w, app)
            data = w.state("ticket.*")
            issued = int.from_bytes(frames.field(frames.decode(data)[1], frames.F_BOOT_MS), "big")
            if issued < age:
                tap.skip("the machine is too young")
            w.put_state(f"ticket.{ticket}", frames.replaced(data, frames.F_BOOT_MS, issued - age))
            tap.equal(app.do("open_session").code, code, f"{age} ms old")


def test_enforced_service_needs_a_ticket(w):
    w.reset()
    w.settings(session={"enforce": ["login", "jk-session"]})
    w.registry.build()
    mark = w.mark()
    with w.app() as app:
        app.start("jk-session", "hanako")
        told = app.do("open_session")
        tap.equal((told.code, told.said), ("PAM_SESSION_ERR", [texts.text("sess.unproven")]))
    one = w.one(mark)
    tap.equal((one.op, one["jwhy"], one["res"]), ("session-start", "sess.unproven", "failed"))


def test_other_service_without_our_authentication(w):
    """sshd by key: no session of ours, no refusal, no record."""
    w.reset()
    mark = w.mark()
    with w.app() as app:
        app.start("jk-session", "hanako")
        for op in ("acct_mgmt", "open_session", "close_session"):
            tap.equal(app.do(op).code, "PAM_SUCCESS", op)
    tap.equal(w.happened(mark), [])
    tap.equal(w.files(STATE, "session.*"), [])


def test_policy_is_asked_again_at_account_and_session(w):
    """Revoked between authentication and session."""
    rows = (("card", "c-0042", {"state": "revoked"}, "card.revoked", {}),
            ("operator-id", "m0123-2", {"valid_until": "2022-03-31"}, "opid.expired", {"date": "2022-03-31"}))
    for op, code in (("acct_mgmt", "PAM_ACCT_EXPIRED"), ("open_session", "PAM_SESSION_ERR")):
        for kind, name, keys, why, parameters in rows:
            w.reset()
            with w.app() as app:
                proven(w, app)
                w.registry.change(kind, name, **keys)
                w.registry.build()
                mark = w.mark()
                told = app.do(op)
                tap.equal((told.code, told.said), (code, [texts.text(why, **parameters)]))
                one = w.one(mark)
                tap.equal((one["jwhy"], one["res"]), (why, "failed"))


def test_nothing_is_left_running(w):
    w.reset()
    tap.check(w.ask("hanako").ok)
    w.services.wait_until_idle()
    wait_for(lambda: not w.strays(), f"strays to go: {[str(one) for one in w.strays()]}")
    tap.check(os.path.exists(w.space.path("/run/jukinet/jukinet.sock")))


if __name__ == "__main__":
    tap.main(missing(), w=lambda: Office("login"))
