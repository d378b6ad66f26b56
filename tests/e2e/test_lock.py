#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The life of a session: locked by whoever may, active again by its person alone, ended by its leaders, by the monitor, by a
supervisor, by a crash or a reboot; each on record, and told to who waits. Here the test speaks for jukinet-monitor."""

from __future__ import annotations

import os
import re
import time

from jukinet import (COUNTER, KEEP, MONITOR, NOTICES, Office, PIN, SPARE, STAFF, STATE, enter, frames, leave, missing, tap,
                     texts, wait_for)

NUMBER = texts.reasons()
ENDED, ACTIVE, LOCKED = range(3)
REQUEST, REMOVED, SCREEN, UNPROVEN, IGNORED, SUPERVISOR, INSERTED, TAKEN, LEFT = 1, 2, 6, 8, 20, 23, 40, 41, 42
VERDICT = frames.VERDICT


def say(w: Office, what: str, cause: int = 0, *more: str, uid: str | int = MONITOR):
    return w.python("watch.py", what, str(cause), *more, uid=uid)


def why(told) -> int:
    return told[-1]["why"]


def look(w: Office) -> list[dict]:
    return [one for one in say(w, "look") if one["frame"] == frames.LIVE]


def live(w: Office) -> dict:
    found = look(w)
    tap.equal(len(found), 1, str(found))
    return found[0]


def notice(w: Office, account: str = "hanako") -> dict[int, bytes]:
    path = w.space.path(f"{NOTICES}/{w.accounts[account].uid}")
    tap.equal(os.stat(path).st_mode & 0o777, 0o644, "anybody may read it")
    with open(path, "rb") as file:
        kind, fields = frames.decode(file.read())
    tap.equal(kind, 103, "a notice")
    return dict(fields)


def state(w: Office, account: str = "hanako") -> tuple[int, int]:
    """As whoever waits reads it: the state, and the cause."""
    told = notice(w, account)
    return (int.from_bytes(told[frames.F_STATE], "big"), int.from_bytes(told[frames.F_CAUSE], "big"))


class Inside:
    """hanako is logged in while this is open, unless the session was ended."""

    def __init__(self, w: Office, account: str = "hanako", holder: str = "hanako") -> None:
        self.w, self.account, self.holder = w, account, holder

    def __enter__(self) -> Inside:
        self.w.reset(self.holder)
        self.app = self.w.app()
        self.told = enter(self.app, self.account)
        self.id = live(self.w)["session"]
        self.mark = self.w.mark()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                leave(self.app)
        finally:
            self.app.close()

    def lock(self, cause: int = REMOVED) -> None:
        tap.equal(why(say(self.w, "lock", cause, self.id)), NUMBER["granted"])


def acts(w: Office, account: str = "hanako") -> int:
    """What an act in the session is answered."""
    return w.python("inside.py", "manage", "card.approve", uid=account)["why"]


# --- looking ----------------------------------------------------------------------------------------------------------

def test_look_tells_the_rules_and_the_sessions(w):
    before = time.clock_gettime(time.CLOCK_BOOTTIME) * 1000
    with Inside(w) as session:
        told = say(w, "look")
        one, rules = told
        tap.equal((one["uid"], one["state"], one["card"], one["leaders"]),
                  (w.accounts["hanako"].uid, ACTIVE, "c-0042", 1))
        tap.check("Virtual PCD" in one["reader"], one["reader"])
        now = time.clock_gettime(time.CLOCK_BOOTTIME) * 1000
        tap.check(before < one["proven"] <= one["changed"] <= now, f"{before} {one} {now}")
        tap.equal((rules["why"], rules["present"], rules["removal"], rules["lock-within"], rules["locked-max"], rules["left"]),
                  (NUMBER["granted"], 0, 0, 10, 7200, 60))
        tap.equal(state(w), (ACTIVE, 0))
        tap.equal(notice(w)[frames.F_SESSION].decode(), session.id)
    tap.equal(look(w), [])
    tap.equal(state(w)[0], ENDED)


def test_only_the_monitor_looks_ends_and_tells(w):
    with Inside(w) as session:
        for caller in ("hanako", "taro", "_jukinet-card", 0):
            for what in ("look", "end", "seen"):
                tap.equal(why(say(w, what, IGNORED, session.id, uid=caller)), NUMBER["caller.foreign"], f"{what} {caller}")
        tap.equal(live(w)["state"], ACTIVE)
        # Whoever is not the owner of that directory is not the monitor.
        at = w.space.path("/run/jukinet/monitor")
        owner = os.stat(at)
        os.chown(at, 0, 0)
        try:
            tap.equal(why(say(w, "look")), NUMBER["caller.foreign"])
        finally:
            os.chown(at, owner.st_uid, owner.st_gid)
        tap.equal(len(look(w)), 1)


# --- locked -----------------------------------------------------------------------------------------------------------

def test_locked_by_the_monitor(w):
    with Inside(w) as session:
        granted = acts(w)
        session.lock()
        one = w.one(session.mark, "lock")
        tap.equal((one["jfor"], one["jsess"], one["jper"], one["acct"], one["res"]),
                  ("card-removed", session.id, "p0123", "hanako", "success"))
        tap.equal(state(w), (LOCKED, REMOVED))
        tap.equal((acts(w), granted != NUMBER["sess.locked"]), (NUMBER["sess.locked"], True))
        # Once is enough.
        session.lock(SCREEN)
        tap.equal(state(w), (LOCKED, REMOVED))
        tap.equal(len(w.happened(session.mark, "lock")), 1)


def test_works_without_a_snapshot(w):
    with Inside(w) as session:
        at = w.space.path("/var/lib/jukinet-registry/snapshot.cdb")
        os.rename(at, at + ".away")
        try:
            session.lock()
            tap.equal(live(w)["state"], LOCKED)
        finally:
            os.rename(at + ".away", at)


def test_any_program_of_the_account_may_lock_it(w):
    with Inside(w) as session:
        tap.equal(why(say(w, "lock", UNPROVEN, session.id, uid="taro")), NUMBER["sess.none"], "taro has none of his own")
        tap.equal(state(w)[0], ACTIVE)
        tap.equal(why(say(w, "lock", UNPROVEN, uid="hanako")), NUMBER["granted"])
        tap.equal((state(w), w.one(session.mark, "lock")["jfor"]), ((LOCKED, REQUEST), "request"))
        for _ in range(3):
            tap.equal(why(say(w, "lock", UNPROVEN, uid="hanako")), NUMBER["granted"])
        tap.equal([one.op for one in w.happened(session.mark)], ["lock"], "no record that a user can repeat")


def test_who_only_has_the_uid_is_not_in_the_session(w):
    """hanako has left a set-user-ID program at the counter; now taro works there, and she runs it from her own login."""
    with Inside(w, COUNTER, "taro") as session:
        foreign = {"uid": COUNTER, "loginuid": w.accounts["hanako"].uid}
        tap.equal(w.python("inside.py", "manage", "card.approve", **foreign)["why"], NUMBER["caller.foreign"])
        told = w.ask(COUNTER, **foreign)
        tap.equal((told.code, told.asked), ("PAM_AUTH_ERR", []), "no PIN for taro's card")
        tap.equal(w.one(session.mark, "auth")["jwhy"], "caller.foreign")
        tap.equal(w.python("watch.py", "lock", str(REQUEST), **foreign)[-1]["why"], NUMBER["sess.none"])
        tap.equal(state(w, COUNTER)[0], ACTIVE)
        own = w.python("inside.py", "manage", "card.approve", uid=COUNTER, loginuid=w.accounts[COUNTER].uid)["why"]
        tap.check(own not in (NUMBER["caller.foreign"], NUMBER["sess.none"]), "who logged in here is")
    with w.app() as app:        # as su does: the loginuid stays that of the login before it
        app.loginuid(w.accounts["hanako"].uid)
        enter(app, COUNTER, service="jk-test")
        tap.equal(w.python("inside.py", "manage", "card.approve", **foreign)["why"], own)
        leave(app)


def test_a_screen_that_opened_otherwise_is_recorded(w):
    with Inside(w) as session:
        session.lock()
        tap.equal(why(say(w, "lock", UNPROVEN, session.id)), NUMBER["sess.locked"])
        one = w.one(session.mark, "unlock")
        tap.equal((one["res"], one["jfor"], one["jwhy"], one["jsess"]), ("failed", "unproven", "sess.locked", session.id))
        tap.equal((state(w)[0], acts(w)), (LOCKED, NUMBER["sess.locked"]))


def test_lock_and_wait_by_jukinetctl(w):
    """What a locker's glue and an application without the library use."""
    ctl = w.binary("jukinetctl") if hasattr(w, "binary") else f"{w.build_dir}/tools/ctl/jukinetctl"
    with Inside(w) as session:
        tap.equal(w.run([ctl, "session", "wait", "locked", "--timeout", "0"], uid="hanako").status, 1)
        waiting = w.spawn([ctl, "session", "wait", "locked", "--timeout", "20"], uid="hanako")
        done = w.run([ctl, "session", "lock"], uid="hanako")
        tap.equal(done.status, 0, done.stderr)
        tap.equal(waiting.wait(5), 0)
        tap.equal((state(w), w.one(session.mark, "lock")["jfor"]), ((LOCKED, REQUEST), "request"))
        tap.check(w.run([ctl, "session", "lock"], uid=0).status != 0, "root has none")
        tap.equal(w.run([ctl, "session", "wait", "ended", "--timeout", "1"], uid="taro").status, 0, "who has none")


# --- active again -----------------------------------------------------------------------------------------------------

def test_the_users_locker_opens_it(w):
    with Inside(w) as session:
        proven = live(w)["proven"]
        session.lock()
        tap.check(w.ask("hanako", uid="hanako").ok)
        tap.equal([(one.op, one["jfor"] if "jfor" in one.fields else "") for one in w.happened(session.mark)
                   if one.op in ("auth", "unlock")], [("auth", "unlock"), ("unlock", "")])
        one = live(w)
        tap.check(one["state"] == ACTIVE and one["proven"] > proven, str(one))
        tap.equal(state(w), (ACTIVE, 0))


def test_a_locker_of_roots_opens_it(w):
    """lightdm, gdm, vlock: AUTH alone, by root."""
    with Inside(w) as session:
        session.lock()
        told = w.ask("hanako")
        tap.check(told.ok, str(told))
        tap.equal((w.happened(session.mark, "auth")[-1]["jfor"], state(w)), ("unlock", (ACTIVE, 0)))
        session.lock()
        with w.app() as beside:     # and a login beside it, which joins it
            enter(beside, "hanako")
            tap.equal((live(w)["session"], live(w)["leaders"], live(w)["state"]), (session.id, 2, ACTIVE))
            leave(beside)


def test_nobody_else_opens_it(w):
    with Inside(w, COUNTER) as session:
        session.lock()
        w.insert("taro")
        for caller in (0, COUNTER):
            told = w.ask(COUNTER, uid=caller)
            tap.equal((told.code, told.said, told.asked),
                      ("PAM_AUTH_ERR", [texts.text("lock.other", name=STAFF["hanako"].name)], []), str(caller))
        w.insert("spare")           # the right person, another card
        for caller in (0, COUNTER):
            told = w.ask(COUNTER, uid=caller)
            tap.equal((told.code, told.asked), ("PAM_AUTH_ERR", []), str(caller))
        tap.equal(state(w, COUNTER)[0], LOCKED)
        w.insert("hanako")


# --- ended ------------------------------------------------------------------------------------------------------------

def test_ended_by_the_monitor(w):
    with Inside(w) as session:
        session.lock()
        tap.equal(why(say(w, "end", IGNORED, session.id)), NUMBER["granted"])
        one = w.one(session.mark, "session-end")
        tap.equal((one["jfor"], one["jsess"], one["res"]), ("lock-ignored", session.id, "success"))
        tap.equal((look(w), state(w)), ([], (ENDED, IGNORED)))
        tap.equal(acts(w), NUMBER["sess.none"])
        tap.equal(w.ask("hanako", uid="hanako").said, [texts.text("sess.none")])
        tap.equal(why(say(w, "end", IGNORED, session.id)), NUMBER["sess.none"])
        tap.equal(w.files(KEEP, "open.*"), [])
    # Its login program closes what is closed already: no second end, no failure.
    tap.equal(len(w.happened(session.mark, "session-end")), 1)


def test_leaders_that_died(w):
    with Inside(w) as session:
        session.app.process.kill()
        wait_for(lambda: look(w) == [], "the end of the session")
        one = w.one(session.mark, "session-end")
        tap.equal((one["jfor"], one["jsess"]), ("leader-lost", session.id))
        tap.equal(w.files(KEEP, "open.*"), [])
        look(w)
        tap.equal(len(w.happened(session.mark, "session-end")), 1, "once")
        session.app = w.app()
        enter(session.app, "hanako")


def test_a_reboot(w):
    with Inside(w) as session:
        tap.equal(w.files(KEEP, "open.*"), [f"open.{w.accounts['hanako'].uid}"])
        for name in w.files(STATE, "session.*"):        # /run is new
            os.unlink(w.space.path(f"{STATE}/{name}"))
        with open(w.space.path(f"{KEEP}/open.{w.accounts['hanako'].uid}"), "r+b") as file:
            kept = frames.replaced(file.read(), frames.F_BOOT_ID, "00000000-0000-4000-8000-000000000000")
            file.seek(0)
            file.write(kept)
        tap.equal(look(w), [])
        one = w.one(session.mark, "session-end")
        tap.equal((one["jfor"], one["jsess"], one["jper"], one["acct"]), ("reboot", session.id, "p0123", "hanako"))
        tap.equal(w.files(KEEP, "open.*"), [])
        session.app.close()
        session.app = w.app()
        enter(session.app, "hanako")


def test_a_supervisor_ends_it_and_opens_nothing(w):
    with Inside(w) as session:
        w.registry.person("p0125", name=STAFF["jiro"].name, accounts=["jiro"], operator_ids=["m0125-1"],
                          cards={"c-0044": w.cards.certificate("jiro")})
        w.registry.role("r-1", "p0125", "security-manager")
        w.registry.build()
        session.lock()
        w.insert("jiro")
        said = w.ask("hanako", uid="hanako").said
        tap.equal(said, [texts.text("card.mismatch")], "no policy, no supervisor")
        w.registry.policy(policy={"supervisor": "security-manager"})
        w.registry.build()
        told = w.ask("hanako", "000000", uid="hanako")
        tap.equal(state(w)[0], LOCKED, f"a wrong PIN ends nothing: {told}")
        mark = w.mark()
        told = w.ask("hanako", uid="hanako")
        tap.equal((told.code, told.said), ("PAM_AUTH_ERR", [texts.text("session.ended")]))
        auth, end = w.happened(mark)
        tap.equal((auth.op, auth["jfor"], auth["res"], auth["jper"], auth["jsess"]),
                  ("auth", "relieve", "success", "p0125", session.id))
        tap.equal((end.op, end["jfor"], end["jfrom"], end["jper"], end["jsess"]),
                  ("session-end", "supervisor", "p0125", "p0123", session.id))
        tap.equal((look(w), state(w)), ([], (ENDED, SUPERVISOR)))
        tap.equal(acts(w), NUMBER["sess.none"])


# --- what is seen -----------------------------------------------------------------------------------------------------

def test_what_the_monitor_saw_is_recorded(w):
    with Inside(w) as session:
        for cause, op in ((INSERTED, "card-insert"), (TAKEN, "card-remove"), (LEFT, "card-left")):
            tap.equal(why(say(w, "seen", cause, session.id, "Reader 00 00", "75")), NUMBER["granted"])
            one = w.one(session.mark, op)
            tap.equal((one.type, one["jrdr"], one["jdur"], one["jcard"], one["jsess"]),
                      ("USER_DEVICE", "Reader 00 00", "75", "c-0042", session.id))
        tap.equal(why(say(w, "seen", INSERTED, "", "カード'\"読取")), NUMBER["granted"])
        tap.equal(w.happened(session.mark, "card-insert")[-1]["jrdr"], "カード'\"読取")
        tap.equal(why(say(w, "seen", REMOVED)), NUMBER["caller.foreign"])


# --- login ------------------------------------------------------------------------------------------------------------

def test_last_use_is_told_at_the_next_login(w):
    with Inside(w) as session:
        tap.equal(session.told.said, [texts.text("notice.first")])
    with w.app() as app:
        said = enter(app, "hanako").said
        tap.equal(len(said), 1)
        tap.check(re.search(r"Last use: \d{4}-\d\d-\d\d \d\d:\d\d shimin-03\. ", said[0]), str(said))
        leave(app)


def test_another_person_waits_for_who_leaves(w):
    with Inside(w, COUNTER):
        left = w.spawn(["sleep", "600"], uid=COUNTER)
    w.insert("taro")
    mark = w.mark()
    try:
        w.settings(session={"leftovers-wait": 0})
        w.registry.build()
        told = w.ask(COUNTER)
        tap.equal((told.code, told.said), ("PAM_AUTH_ERR", [texts.text("sess.busy")]))
        auth = w.one(mark, "auth")
        tap.equal((auth["jwhy"], auth["jper"], auth["jfor"]), ("sess.busy", STAFF["taro"].number, "login"))
        w.settings(session={"leftovers-wait": 10})
        w.registry.build()
        with w.app() as app:
            app.start("jk-session", COUNTER)
            app.begin("authenticate")
            app.until_prompt()
            app.order(answer=PIN)
            time.sleep(0.5)
            left.kill()
            tap.check(app.finish().ok and app.do("acct_mgmt").ok)
            # What begins after that, as a job of cron does, keeps the session out.
            late = w.spawn(["sleep", "600"], uid=COUNTER)
            app.begin("open_session")
            time.sleep(0.5)
            late.kill()
            late.close()
            tap.check(app.finish().ok)
            leave(app)
    finally:
        left.close()


def test_waiting_for_who_leaves_ends_with_the_caller_and_the_session_of_now(w):
    with Inside(w, COUNTER):
        left = w.spawn(["sleep", "600"], uid=COUNTER)
    w.settings(session={"leftovers-wait": 10})
    w.registry.build()
    w.insert("taro")
    mark = w.mark()
    try:
        with w.app() as app:
            app.start("jk-session", COUNTER)
            app.begin("authenticate")
            app.until_prompt()
            app.order(answer=PIN)
            time.sleep(0.5)
            app.process.kill()
        time.sleep(0.5)
        tap.equal(w.happened(mark), [], "cancelled: it counts as nothing")
        with w.app() as app:
            app.start("jk-session", COUNTER)
            app.begin("authenticate")
            app.until_prompt()
            app.order(answer=PIN)
            time.sleep(0.5)
            with w.app() as back:       # whose programs they are has come back meanwhile
                w.insert("hanako")
                enter(back, COUNTER)
                told = app.finish()
                tap.equal((told.code, told.said),
                          ("PAM_AUTH_ERR", [texts.text("lock.other", name=STAFF["hanako"].name)]))
                leave(back)
    finally:
        left.kill()
        left.close()


def test_a_locker_of_roots_opens_to_nobody_else_once_the_session_has_ended(w):
    """The screen may still be there, for seconds or for as long as it is left running: to root's programs it is a login."""
    w.shipped()
    with Inside(w, COUNTER) as session:
        left = w.spawn(["sleep", "600"], uid=COUNTER)   # the screen
        session.lock()
        tap.equal(why(say(w, "end", IGNORED, session.id)), NUMBER["granted"])
        w.settings(session={"leftovers-wait": 0})
        w.registry.build()
        try:
            for service, code in (("vlock", "PAM_AUTH_ERR"), ("physlock", "PAM_AUTH_ERR"), ("lightdm", "PAM_AUTH_ERR")):
                w.insert("taro")
                told = w.ask(COUNTER, service=service)
                tap.equal((service, told.code), (service, code), str(told))
                tap.equal(w.happened(session.mark, "auth")[-1]["jwhy"], "sess.busy")
                w.insert("hanako")
                tap.check(w.ask(COUNTER, service=service).ok, f"{service}: hers")
        finally:
            left.kill()
            left.close()


def test_state_that_cannot_be_read(w):
    """Of another version, or damaged: it keeps nobody out for good, and lets nobody in whom others' programs keep out."""
    w.reset()
    session = f"session.{w.accounts['hanako'].uid}"
    with w.app() as lost:
        enter(lost, "hanako")
        w.put_state(session, b"junk")
        tap.equal((w.ask("hanako", uid="hanako").said, look(w)), ([texts.text("sess.none")], []))
        w.put_state(session, b"junk")
        with w.app() as app:
            enter(app, "hanako")
            leave(app)
    w.reset()
    w.put_state(f"open.{w.accounts['hanako'].uid}", b"junk", KEEP)
    with w.app() as app:
        enter(app, "hanako")
        leave(app)
    w.settings(session={"leftovers-wait": 0})
    w.registry.build()
    w.put_state(f"session.{w.accounts[COUNTER].uid}", b"junk")
    left = w.spawn(["sleep", "600"], uid=COUNTER)
    try:
        with w.app() as app:
            app.start("jk-session", COUNTER)
            tap.equal(app.do("authenticate", PIN).said, [texts.text("sess.busy")])
    finally:
        left.kill()
        left.close()


def test_nobody_knows_who_was_here_before_the_boot(w):
    """A lingering user manager, or a job of cron, of whoever used the account before."""
    with Inside(w, COUNTER):
        pass
    w.settings(session={"leftovers-wait": 0})
    w.registry.build()
    for name in w.files(STATE, "session.*"):        # /run is new
        os.unlink(w.space.path(f"{STATE}/{name}"))
    left = w.spawn(["sleep", "600"], uid=COUNTER)
    w.insert("taro")
    try:
        with w.app() as app:
            app.start("jk-session", COUNTER)
            tap.equal(app.do("authenticate", PIN).said, [texts.text("sess.busy")])
        left.kill()
        with w.app() as app:
            enter(app, COUNTER)
            leave(app)
    finally:
        left.close()
    alone = w.spawn(["sleep", "600"], uid="taro")
    with w.app() as app:        # nobody else may use it
        enter(app, "taro")
        leave(app)
    alone.kill()
    alone.close()


if __name__ == "__main__":
    tap.main(missing(), w=lambda: Office("lock"))
