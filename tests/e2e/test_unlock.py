#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Design rule 6: a caller that is not root authenticates its own account, while that account has a live session here, and
nothing that it says about itself decides anything."""

from __future__ import annotations

import json
import re
import sys
import time

from jukinet import (COUNTER, KEEP, Office, PIN, SPARE, STAFF, WRONG, enter, leave, missing, tap, texts, wait_for)

NUMBER = texts.reasons()
CODE = {number: code for code, number in NUMBER.items()}
UNHEARD = "ended without a verdict"


class Session:
    """hanako is logged in while this is open."""

    def __init__(self, w: Office, account: str = "hanako") -> None:
        self.w = w
        self.account = account

    def __enter__(self) -> Session:
        self.w.reset()
        self.app = self.w.app()
        enter(self.app, self.account)
        self.mark = self.w.mark()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self.w.insert("hanako")
                leave(self.app)
        finally:
            self.app.close()


def hostile(w: Office, scenario: str, account: str = "hanako", pin: str = PIN, uid: str | None = "hanako", **extra):
    said = w.python("hostile.py", scenario, account, pin, json.dumps(extra), uid=uid)
    return said


def spoken(number: int | None) -> str:
    return UNHEARD if number is None else CODE[number]


def verifies(w: Office) -> int:
    return len(re.findall(r" verify 0020", w.card.apdus()))


# --- who may ----------------------------------------------------------------------------------------------------------

def test_unlock_by_the_user(w):
    with Session(w) as session:
        begun = w.log.ours(op="session-start")[-1]
        done = w.pamtester("jk-test", "hanako", "authenticate", "acct_mgmt", as_uid="hanako", pin=PIN)
        tap.check(done.ok, str(done))
        auth, acct = w.happened(session.mark)
        tap.equal([auth.op, auth["jfor"], auth["res"], acct.op, acct["res"]],
                  ["auth", "unlock", "success", "account", "success"])
        tap.equal((auth["jsess"], auth["jper"], auth["jright"], auth["jcard"]),
                  (begun["jsess"], "p0123", "m0123-2", "c-0042"))
        tap.equal((auth.get("jsvc"), auth["jclaim"], auth["terminal"]), ("", "jk-test,,", "?"), "only claimed")


def test_unlock_carries_the_users_loginuid(w):
    with Session(w) as session:
        with w.app("hanako", loginuid=w.accounts["hanako"].uid) as locker:
            locker.start("jk-test", "hanako")
            tap.check(locker.do("authenticate", PIN).ok)
        one = w.one(session.mark)
        tap.equal(one.auid, w.accounts["hanako"].uid)
        tap.check(f'jid="{one["jid"]}"' in w.ausearch("-ul", "hanako").stdout, "ausearch -ul finds it")


def test_unlock_from_a_user_namespace(w):
    """uid 0 inside is hanako for the kernel."""
    with Session(w) as session:
        told = w.ask("hanako", uid="hanako", userns="root")
        tap.check(told.ok, str(told))
        tap.equal(w.one(session.mark)["jfor"], "unlock")
        w.insert("taro")
        told = w.ask("taro", uid="hanako", userns="root")
        tap.equal((told.code, told.said), ("PAM_AUTH_ERR", [texts.text("caller.foreign")]))


def test_unlock_under_no_new_privs(w):
    with Session(w):
        tap.check(w.ask("hanako", uid="hanako", nnp=True).ok)
        tap.equal(w.ask("hanako", uid="taro", nnp=True).said, [texts.text("caller.foreign")])


def test_another_user_may_not(w):
    with Session(w) as session:
        for caller in ("taro", "mallory", "_jukinet-card", 65534):
            before = verifies(w)
            told = w.ask("hanako", uid=caller)
            tap.equal((told.code, told.said, told.asked), ("PAM_AUTH_ERR", [texts.text("caller.foreign")], []))
            tap.equal(verifies(w), before)
        tap.equal([one["jwhy"] for one in w.happened(session.mark)], ["caller.foreign"] * 4)


def test_account_without_a_session(w):
    w.reset("taro")
    mark = w.mark()
    told = w.ask("taro", uid="taro")
    tap.equal((told.code, told.said, told.asked), ("PAM_AUTH_ERR", [texts.text("sess.none")], []))
    one = w.one(mark)
    tap.equal((one["jwhy"], one["jfor"], one["acct"]), ("sess.none", "unlock", "taro"))


def test_a_session_of_the_same_person_under_another_account_does_not_count(w):
    with Session(w, COUNTER):
        tap.equal(w.ask("hanako", uid="hanako").said, [texts.text("sess.none")])
        tap.check(w.ask(COUNTER, uid=COUNTER).ok)


def test_root_needs_no_session(w):
    """Unlock without a live session: refused for a user, a login for root."""
    w.reset()
    mark = w.mark()
    tap.check(w.ask("hanako").ok)
    tap.equal(w.one(mark)["jfor"], "login")


# --- which card -------------------------------------------------------------------------------------------------------

def looks(w) -> list[tuple[dict, dict, str]]:
    """Environment and items of the same refusal: what its reader can draw of it. Kanji are never sent to who cannot."""
    bare = texts.text("lock.other.noname")
    found = [({"LC_ALL": "C"}, {}, bare), ({"TERM": "linux"}, {"tty": "tty3"}, bare)]
    if japanese := w.japanese():
        name = STAFF["hanako"].name
        found += [(japanese, {}, texts.text("lock.other", "ja", name=name)),
                  (japanese | {"TERM": "linux"}, {"tty": "/dev/pts/3"}, texts.text("lock.other", "ja", name=name)),
                  (japanese | {"TERM": "linux"}, {"tty": "/dev/tty3"}, bare), (japanese | {"LC_ALL": "C"}, {}, bare)]
        w.run(["localedef", "--no-archive", "-i", "ja_JP", "-f", "EUC-JP", f"{japanese['LOCPATH']}/ja_JP.eucJP"], timeout=60)
        found.append((japanese | {"LANG": "ja_JP.eucJP"}, {}, bare))
    return found


def test_another_operators_card(w):
    """Valid, and allowed on the account: but this session is hanako's."""
    with Session(w, COUNTER) as session:
        w.insert("taro")
        before = verifies(w)
        told = w.ask(COUNTER, uid=COUNTER)
        tap.equal((told.code, told.said, told.asked),
                  ("PAM_AUTH_ERR", [texts.text("lock.other", name=STAFF["hanako"].name)], []))
        tap.equal(verifies(w), before)
        one = w.one(session.mark)
        tap.equal((one["jwhy"], one["jcard"], one["jper"]), ("lock.other", "c-0043", "p0124"))
        for env, items, said in looks(w):
            told = w.ask(COUNTER, uid=COUNTER, env=env, items=items)
            tap.equal((told.code, told.said), ("PAM_AUTH_ERR", [said]), f"{env} {items}")
        w.settings(login={"show-name": "no"})
        w.registry.build()
        tap.equal(w.ask(COUNTER, uid=COUNTER).said, [texts.text("lock.other.noname")], "where the public reads it too")


def test_the_same_persons_second_card(w):
    """A session is bound to the key that opened it."""
    with Session(w) as session:
        w.insert("spare")
        told = w.ask("hanako", uid="hanako")
        tap.equal((told.code, told.said, told.asked), ("PAM_AUTH_ERR", [texts.text("card.mismatch")], []))
        tap.equal((w.one(session.mark)["jwhy"], w.one(session.mark)["jcard"]), ("card.mismatch", SPARE))
        tap.check(w.ask("hanako").ok, "for a login it is as good as the first")


def test_the_last_try_is_never_spent(w):
    """A locker drops every text, so it cannot have asked."""
    with Session(w) as session:
        w.card.set_tries(1)
        before = verifies(w)
        for pin in (PIN, WRONG):
            told = w.ask("hanako", pin, uid="hanako")
            tap.equal((told.code, told.said, told.asked), ("PAM_MAXTRIES", [texts.text("pin.last")], []))
        tap.equal((verifies(w), w.card.counters()["pin-tries"]), (before, 1))
        tap.equal({one["jwhy"] for one in w.happened(session.mark)}, {"pin.last"})


def test_the_last_try_is_not_spent_by_two_lockers(w):
    """Both asked while two tries were left; the second PIN would be the last."""
    with Session(w):
        w.card.set_tries(2)
        with w.app("hanako") as one, w.app("hanako") as two:
            for app in (one, two):
                app.start("jk-test", "hanako")
                app.begin("authenticate")
                app.until_prompt()
            first, second = one.finish_prompted(WRONG), two.finish_prompted(WRONG)
        tap.equal(first.said, [texts.text("pin.wrong.last")])
        tap.equal(second.said, [texts.text("pin.last")])
        tap.equal(w.card.counters()["pin-tries"], 1)


def test_wrong_pin_at_a_locker(w):
    with Session(w) as session:
        told = w.ask("hanako", WRONG, uid="hanako")
        tap.equal((told.code, told.said), ("PAM_AUTH_ERR", [texts.text("pin.wrong", n=2)]))
        tap.equal(w.one(session.mark)["jtry"], "2")


def test_policy_counts_at_unlock_too(w):
    """Lockers call no account management, so authenticate decides the whole (design rule 2)."""
    with Session(w):
        for kind, name, keys, why in (("operator-id", "m0123-2", {"enabled": False}, "opid.disabled"),
                                      ("operator-id", "m0123-2", {"enabled": True}, ""),
                                      ("card", "c-0042", {"state": "revoked"}, "card.revoked"),
                                      ("card", "c-0042", {"state": "active"}, ""),
                                      ("person", "p0123", {"enabled": False}, "person.disabled"),
                                      ("person", "p0123", {"enabled": True}, "")):
            w.registry.change(kind, name, **keys)
            w.registry.build()
            told = w.ask("hanako", uid="hanako")
            tap.equal(told.said, [texts.text(why)] if why else [], f"{kind} {keys}")
            tap.equal(told.ok, not why)


def test_what_is_withdrawn_at_the_prompt_counts(w):
    """Lockers ask nothing after authenticate: the registry as it is when the PIN has come is the one that decides."""
    def put(kind: str, name: str, key: str, value) -> None:
        w.registry.change(kind, name, **{key: value})
        w.registry.build()
    with Session(w):
        for kind, name, key, good, bad, why in (("card", "c-0042", "state", "active", "revoked", "card.revoked"),
                                                ("operator-id", "m0123-2", "enabled", True, False, "opid.disabled"),
                                                ("person", "p0123", "enabled", True, False, "person.disabled")):
            mark = w.mark()
            told = w.ask("hanako", uid="hanako", at_prompt=lambda: put(kind, name, key, bad))
            tap.equal((told.code, told.said), ("PAM_AUTH_ERR", [texts.text(why)]), f"{kind} {key}={bad}")
            tap.equal(w.one(mark)["jwhy"], why)
            put(kind, name, key, good)
        tap.check(w.ask("hanako", uid="hanako", at_prompt=lambda: w.registry.build()).ok, "a new one that changes nothing")


def test_unlock_keeps_the_sessions_operator_id(w):
    """Another good one of the same person does not do."""
    with Session(w):
        w.registry.operator_id("m0123-9", "p0123")
        w.registry.change("operator-id", "m0123-2", valid_until="2021-12-31")
        w.registry.build()
        tap.equal(w.ask("hanako", uid="hanako").said, [texts.text("opid.expired", date="2021-12-31")])
        tap.equal(w.ask("hanako").said, [texts.text("opid.expired", date="2021-12-31")], "one session, one operator ID")
    tap.check(w.ask("hanako").ok, "a new session takes the other")


# --- who says it ------------------------------------------------------------------------------------------------------

def test_plain_client_unlocks(w):
    """The control of what follows: the script's own conversation is a good one."""
    with Session(w) as session:
        tap.equal(spoken(hostile(w, "ask")), "granted")
        tap.equal(w.one(session.mark)["jfor"], "unlock")


def test_request_by_another_process_than_the_one_that_connected(w):
    with Session(w) as session:
        for scenario in ("inherited", "passed", "orphaned", "wrong_nonce", "other_nonce"):
            before = verifies(w)
            tap.equal(spoken(hostile(w, scenario)), UNHEARD, scenario)
            tap.equal(verifies(w), before, scenario)
        tap.equal(w.happened(session.mark), [], "nobody is known who could be recorded")


def test_root_is_not_lent(w):
    """A process of root connects, a process without its rights asks: what a set-user-ID program leaks."""
    with Session(w):
        for scenario in ("inherited", "passed", "orphaned"):
            tap.equal(spoken(hostile(w, scenario, uid=None)), UNHEARD, scenario)


def test_silence_is_ended(w):
    with Session(w):
        told = hostile(w, "silent")
        tap.check(told["ended"], str(told))
        tap.comment(f"a silent connection lived {told['seconds']:.3f} s")


def test_garbage(w):
    """Nothing of it is answered, recorded, or brings anything down."""
    with Session(w) as session:
        told = hostile(w, "garbage", slowly=True)
        tap.equal({name: said for name, said in told.items() if said not in (None, "closed", "OSError")}, {})
        tap.equal(w.happened(session.mark), [])
        tap.check(w.services.jukinetd.alive)
        w.reset_budget()
        tap.check(w.ask("hanako", uid="hanako").ok)


def test_two_pins_at_one_prompt(w):
    with Session(w) as session:
        told = hostile(w, "pin_twice", pin=WRONG)
        tap.equal((CODE[told["verdict"]], told["after"]), ("pin.wrong", True))
        tap.equal(w.card.counters()["pin-tries"], 2)
        w.one(session.mark)


def test_two_requests(w):
    """The second stands where the PIN belongs."""
    with Session(w) as session:
        before = verifies(w)
        tap.check(spoken(hostile(w, "two_requests")) != "granted")
        tap.equal(verifies(w), before)
        tap.equal(w.one(session.mark)["res"], "failed")


def test_pin_frames_that_hold_none(w):
    with Session(w):
        before = verifies(w)
        for frame in ("0108", "0108100000", "010810000431323334ff", "01081000ff31323334", "0108100003313233",
                      "0108100011" + "31" * 17, "0102", "ff08"):
            tap.check(spoken(hostile(w, "no_pin", frame=frame)) != "granted", frame)
        tap.equal(verifies(w), before)


def test_claims_of_another_account(w):
    with Session(w) as session:
        for account, why in (("taro", "caller.foreign"), ("root", "account.unknown"), (COUNTER, "caller.foreign"),
                             ("hanakoo", "account.unknown"), ("HANAKO", "account.unknown"), ("2001", "account.unknown")):
            tap.equal(spoken(hostile(w, "ask", account=account)), why, account)
        records = w.happened(session.mark)
        tap.equal({one["res"] for one in records}, {"failed"})
        tap.check("hanakoo" not in "".join(one.line for one in records), "a name that does not exist")


def test_open_and_close_are_not_for_users(w):
    """Not even with the session's own id."""
    with Session(w) as session:
        begun = w.log.ours(op="session-start")[-1]["jsess"]
        told = hostile(w, "phases", tickets=["0123456789abcdef"], sessions=[begun, "0123456789abcdef", "f" * 16])
        tap.equal({name: CODE[number] for name, number in told.items() if not name.startswith("account")},
                  {"open 0123456789abcdef": "sess.unproven", f"close {begun}": "sess.none",
                   "close 0123456789abcdef": "sess.none", f"close {'f' * 16}": "sess.none"})
        tap.equal(CODE[told["account 0123456789abcdef"]], "granted", "the account of a live session is in order")
        told = hostile(w, "phases", tickets=[], sessions=[begun], uid="mallory")
        tap.equal(CODE[told[f"close {begun}"]], "sess.none")
        tap.check(w.ask("hanako", uid="hanako").ok, "the session lives")
        tap.equal([one["res"] for one in w.happened(session.mark, "session-end")], ["failed"] * 4)


def test_ill_formed_ids(w):
    """Ids that would be a path, or are too long: no verdict."""
    w.reset()
    for bad in ("../../etc/passwd", "../session.2001 ", "x" * 16, "0123456789abcde", "0" * 300, "."):
        told = hostile(w, "phases", tickets=[bad], sessions=[bad], uid=None)
        tap.equal(set(told.values()), {None}, bad)
    tap.equal(w.files(KEEP, "*passwd*"), [])


HOSTILE = {
    "quotes": b"\"' '\"", "new line": b"x\ntype=USER_LOGIN msg=audit(1.0:1): pid=1 uid=0 auid=0 ses=1 msg='res=success'",
    "enriched": b"x\x1dUID=\"root\" AUID=\"root\"", "fields": b"x\" res=success' jper=\"p9999",
    "control": bytes(range(1, 0x20)), "high": bytes(range(0x80, 0xbf)), "utf8": "サービス'\"".encode(),
    "long": b"A" * 3000, "percent": b"%s%n%d",
}


def test_claims_are_only_recorded(w):
    """Encoded in jclaim, and nothing else of the record is theirs."""
    with Session(w) as session:
        for name, text in HOSTILE.items():
            mark = w.mark()
            tap.equal(spoken(hostile(w, "ask", service=text.hex(), tty=text.hex(), host=text.hex())), "granted", name)
            one = w.one(mark)
            tap.equal((one["acct"], one["terminal"], one.get("jsvc"), one["hostname"], one["res"], one["jper"]),
                      ("hanako", "?", "", "?", "success", "p0123"), name)
            shown = text[:63].decode("utf-8", "backslashreplace") if name in ("long", "percent") else None
            if shown:
                tap.check(one["jclaim"].startswith(shown), f"{name}: {one['jclaim']!r}")
            told = w.ausearch("-i", "-a", str(one.serial), "-m", "USER_AUTH").stdout
            tap.equal(len(re.findall(r"^type=", told, re.MULTILINE)), 1, f"{name}: {told}")
            tap.check("res=success" in told and "acct=hanako" in told, told)
            w.reset_budget()
        tap.check(not [one for one in w.log.all(session.mark) if one.type == "USER_LOGIN"], "no event of theirs")


def test_root_claims_hostile_bytes_too(w):
    """PAM items come from outside even for root's programs: the host from the network, a tty with blanks."""
    w.reset()
    for name, text in HOSTILE.items():
        mark = w.mark()
        shown = text.decode("utf-8", "surrogateescape")[:200]
        told = w.ask("hanako", items={"rhost": shown, "tty": shown, "ruser": shown})
        tap.check(told.ok, f"{name}: {told}")
        one = w.one(mark)
        tap.equal((one["acct"], one["jsvc"], one["res"], one["jper"]), ("hanako", "jk-test", "success", "p0123"), name)
        tap.check(re.fullmatch(r"[!#-&(-~]+", one["terminal"]), f"no blank and no quote: {one['terminal']!r}")
        told = w.ausearch("-i", "-a", str(one.serial), "-m", "USER_AUTH").stdout
        tap.check("res=success" in told, told)
        line = [other for other in w.log.all(mark) if other.serial == one.serial]
        tap.equal(len(line), 1, "one line, one event")


def test_budget_of_a_user(w):
    """A user who takes all places keeps neither root nor another user out."""
    with Session(w):
        told = hostile(w, "crowd", uid="mallory", count=60)
        tap.check(told["greeted"] <= 8, f"places of one user: {told}")
        tap.check(w.ask("hanako").ok, "root")
        tap.comment(f"a crowd of 60: {told['connected']} connected, {told['greeted']} served")


def test_nobody_gets_in_while_a_crowd_stands_there(w):
    with Session(w):
        crowd = w.spawn_crowd("mallory")
        try:
            tap.check(w.ask("hanako").ok, "root")
            tap.check(w.ask("hanako", uid="hanako").ok, "another user")
        finally:
            crowd.kill()


def test_su_takes_the_places_of_its_user(w):
    """Effective uid 0, but anybody can start it: a crowd of them, without a card, keeps no login out."""
    w.reset()
    w.settings(login={"card-wait": 6})
    w.registry.build()
    w.pull()
    crowd = [w.spawn(["/bin/su", "hanako"], uid="mallory") for _ in range(20)]
    try:
        wait_for(lambda: len(w.services.card.children()) >= 4, "the crowd")
        time.sleep(0.3)
        tap.equal(len(w.services.card.children()), 4, "card processes of one user")
        told = w.ask("hanako", service="login")
        tap.equal(told.said, [texts.text("card.insert"), texts.text("card.none")], "a login is served")
    finally:
        for one in crowd:
            one.kill()
    w.services.wait_until_idle()


class Unlock(Office):
    def reset_budget(self) -> None:
        """A fresh jukinetd: what a user has used of its budget is forgotten."""
        self.services.jukinetd.restart()

    def reset(self, holder: str = "hanako") -> None:
        super().reset(holder)
        self.reset_budget()

    def spawn_crowd(self, who: str):
        """Sixty connections that say nothing, renewed as they are ended."""
        script = ("import sys, time; sys.path.insert(0, '/tmp/jk')\nfrom frames import Talk\nkeep = []\n"
                  "while True:\n    keep = keep[-60:]\n    try:\n        keep.append(Talk(timeout=1))\n"
                  "    except OSError:\n        pass\n    time.sleep(0.01)\n")
        crowd = self.spawn([sys.executable, "-B", "-I", "-c", script], uid=who)
        time.sleep(1.0)
        return crowd


if __name__ == "__main__":
    tap.main(missing(), w=lambda: Unlock("unlock"))
