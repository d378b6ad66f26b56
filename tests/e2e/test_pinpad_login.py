#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Login and unlock with a card reader that has keys of its own: the PIN is typed there, nobody is asked for it on the
screen, and this machine never has it."""

from __future__ import annotations

import copy
import re
import threading
import time
from typing import Callable

from jukinet import (App, Card, Office, PIN, STAFF, Told, TRIES, WRONG, enter, leave, missing, tap, texts, wait_for)

JPKI_PIN = "1234"
MYNUMBER = "c-0050"     # hanako's My Number card
SILENT = 0x8000         # PAM_SILENT
PROMPT = re.compile("PIN: ?$|暗証番号を入力してください: ?$", re.MULTILINE)


class Counter(Office):
    """The first reader has keys, the second has none. hanako has a My Number card too."""

    def _open_office(self) -> None:
        self.cards.make("mynumber", kind="jpki")
        super()._open_office()
        self.pad = self.pcscd.pinpad
        self.plain: Card = self.cards.put("spare", self.pcscd.readers[1].port, insert=False)
        self.registry.card(MYNUMBER, STAFF["hanako"].number, self.cards.certificate("mynumber"))
        self._rows = copy.deepcopy(self.registry.rows)
        self.registry.build()

    def reset(self, holder: str = "hanako") -> None:
        if self.pad.status()["asking"] != "none":
            self.pad.cancel()
        self.pad.reset()
        self.plain.remove()
        if self.card.status()["inserted"] == "yes" and self.cards.made[holder].kind != self.card.made.kind:
            self.pull()         # of another kind: pcscd has to see another ATR
        super().reset(holder)

    def check(self, host_pins: int = 0) -> None:
        """No PIN has come from this machine since reset(), none stands in the pad's log, and the card forgot it."""
        tap.equal(self.pad.status()["host-pins"], str(host_pins), self.pad.log())
        wait_for(lambda: self.card.counters()["verified"] == 0, "the card to be reset")
        for pin in (PIN, WRONG):
            tap.check(pin not in self.pad.log(), self.pad.log())

    def by_pad(self, account: str = "hanako", *keys: str, act: Callable[[], object] | None = None, **how) -> Told:
        """One PAM call, at which these keys are pressed when the pad asks; the screen asked for nothing."""
        def run() -> None:
            self.pad.wait_for_prompt("pin", 10)
            if act:
                act()
            if keys:
                self.pad.press(*keys)
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        told = self.ask(account, None, **how)
        thread.join(10)
        tap.equal(told.asked, [], "nobody is asked for a PIN")
        return told


def typed(pin: str) -> list[str]:
    return [*pin, "ok"]


def asking(w: Counter, **how) -> App:
    """A program whose user stands before the pad."""
    app = w.app(**how)
    app.start("jk-test", "hanako")
    app.begin("authenticate")
    tap.equal(app.hear()["say"], texts.text("pin.pad"))
    w.pad.wait_for_prompt("pin")
    return app


# --- it works ---------------------------------------------------------------------------------------------------------

def by_login(w: Counter, holder: str, account: str, card: str, pin: str) -> None:
    w.reset(holder)
    mark = w.mark()
    w.pad.keys(pin)
    visit = w.login(account, commands=["id -un"])
    tap.check(visit.reached and visit.status == 0, str(visit))
    tap.equal(visit.outputs[0].strip(), account)
    tap.check(visit.transcript.startswith(texts.text("pin.pad")), visit.transcript)
    tap.check(not PROMPT.search(visit.transcript) and pin not in visit.transcript, visit.transcript)
    records = w.happened(mark)
    tap.equal([one.op for one in records], ["auth", "account", "session-start", "session-end"])
    tap.equal({(one["res"], one["jmeth"], one["jcard"]) for one in records}, {("success", "card-pin", card)})
    tap.equal(w.pad.status()["verifications"], "1")
    w.check()


def test_login_with_rsa(w):
    by_login(w, "hanako", "hanako", STAFF["hanako"].card, PIN)


def test_login_with_p256(w):
    by_login(w, "taro", "taro", STAFF["taro"].card, PIN)


def test_login_with_a_my_number_card(w):
    by_login(w, "mynumber", "hanako", MYNUMBER, JPKI_PIN)


def test_pamtester_goes_through_all_phases(w):
    w.reset()
    mark = w.mark()
    w.pad.keys(PIN)
    done = w.pamtester("jk-session", "hanako", "authenticate", "acct_mgmt", "open_session", "close_session")
    tap.check(done.ok, str(done))
    tap.check(texts.text("pin.pad") in done.visit.transcript, done.visit.transcript)
    tap.check(not PROMPT.search(done.visit.transcript), done.visit.transcript)
    tap.equal([one.op for one in w.happened(mark)], ["auth", "account", "session-start", "session-end"])
    w.check()


def test_unlock_by_the_user(w):
    """Most lockers drop the text: the keys of the reader ask all the same."""
    w.reset()
    with w.app() as login:
        w.pad.keys(PIN)
        enter(login, "hanako")
        mark = w.mark()
        told = w.by_pad("hanako", *typed(PIN), uid="hanako")
        tap.equal((told.code, told.said), ("PAM_SUCCESS", [texts.text("pin.pad")]))
        one = w.one(mark)
        tap.equal((one["jfor"], one["res"]), ("unlock", "success"))
        w.card.set_tries(1)
        told = w.ask("hanako", None, uid="hanako")
        tap.equal((told.code, told.said), ("PAM_MAXTRIES", [texts.text("pin.last")]), "never the last try")
        w.card.set_tries(TRIES)
        leave(login)
    w.check()


def test_in_japanese(w):
    if not (japanese := w.japanese()):
        tap.skip("no Japanese locale can be made here")
    environment = {"PATH": "/usr/bin:/bin", "TERM": "dumb"} | japanese
    w.reset()
    w.pad.keys(PIN)
    visit = w.login("hanako", env=environment)
    tap.check(visit.reached, str(visit))
    tap.check(visit.transcript.startswith(texts.text("pin.pad", "ja")), visit.transcript)
    tap.check(not PROMPT.search(visit.transcript), visit.transcript)
    w.reset()
    w.card.set_tries(1)
    told = w.by_pad("hanako", "cancel", env=japanese)
    tap.equal(told.said, [texts.text("pin.pad.last", "ja"), texts.text("pin.cancelled", "ja")])
    w.check()


# --- who mistypes, or does not type -----------------------------------------------------------------------------------

def refused(w: Counter, told: Told, mark, code: str, why: str, left: int, note: str = "pin.pad", **parameters) -> None:
    """As it was told, recorded, and counted by the card."""
    tap.equal((told.code, told.said), (code, [texts.text(note), texts.text(why, **parameters)]))
    one = w.one(mark)
    tap.equal((one.op, one["res"], one["jwhy"], one["jtry"]), ("auth", "failed", why, str(left)))
    tap.equal(w.card.counters()["pin-tries"], left)
    w.check()


def test_wrong_to_the_last_try_and_beyond(w):
    w.reset()
    mark = w.mark()
    told = w.by_pad("hanako", *typed(WRONG))
    refused(w, told, mark, "PAM_AUTH_ERR", "pin.wrong", 2, n=2)
    mark = w.mark()
    told = w.by_pad("hanako", *typed(WRONG))
    refused(w, told, mark, "PAM_AUTH_ERR", "pin.wrong.last", 1)
    mark = w.mark()
    told = w.ask("hanako", None, flags=SILENT)
    tap.equal((told.code, told.asked, told.said), ("PAM_MAXTRIES", [], []), "who shows no text spends no last try")
    tap.equal(w.one(mark)["jwhy"], "pin.last")
    mark = w.mark()
    told = w.by_pad("hanako", *typed(WRONG))
    refused(w, told, mark, "PAM_MAXTRIES", "pin.locked", 0, "pin.pad.last", contact="内線 123")
    mark = w.mark()
    told = w.ask("hanako", None)
    tap.equal((told.code, told.said), ("PAM_MAXTRIES", [texts.text("pin.locked", contact="内線 123")]))
    tap.equal((w.one(mark)["jwhy"], w.pad.status()["verifications"]), ("pin.locked", "3"), "the pad was not asked")


def test_right_with_the_last_try(w):
    w.reset()
    w.card.set_tries(1)
    told = w.by_pad("hanako", *typed(PIN))
    tap.equal((told.code, told.said), ("PAM_SUCCESS", [texts.text("pin.pad.last")]))
    tap.equal(w.card.counters()["pin-tries"], TRIES)
    w.check()


def test_my_number_card_counts_its_tries(w):
    w.reset("mynumber")
    for left, why in ((2, "pin.wrong"), (1, "pin.wrong.last"), (0, "pin.locked")):
        mark = w.mark()
        told = w.by_pad("hanako", *typed("9999"))
        tap.equal(told.said[-1], texts.text(why, n=left, contact="内線 123"))
        tap.equal((w.one(mark)["jwhy"], w.card.counters()["pin-tries"]), (why, left))
    tap.equal(w.ask("hanako", None).said, [texts.text("pin.locked", contact="内線 123")])
    w.check()


def test_cancel_key(w):
    w.reset()
    for keys in (["cancel"], ["1", "2", "cancel"]):
        mark = w.mark()
        told = w.by_pad("hanako", *keys)
        refused(w, told, mark, "PAM_AUTH_ERR", "pin.cancelled", TRIES)


def test_cancel_key_at_login(w):
    """login asks for the name again."""
    w.reset()
    w.pad.cancel()
    visit = w.login("hanako")
    tap.check(not visit.reached, str(visit))
    for text in (texts.text("pin.pad"), texts.text("pin.cancelled"), "login: "):
        tap.check(text in visit.transcript, visit.transcript)


def test_wrong_length(w):
    """What no such card takes is not sent. The settings say 4 to 16; the card knows better."""
    w.reset()
    for pin in ("12345", "123456789", ""):
        mark = w.mark()
        told = w.by_pad("hanako", *typed(pin))
        refused(w, told, mark, "PAM_AUTH_ERR", "pin.malformed", TRIES, min=6, max=8)
    w.reset("mynumber")
    mark = w.mark()
    told = w.by_pad("hanako", *typed("12345"))
    refused(w, told, mark, "PAM_AUTH_ERR", "pin.malformed", TRIES, min=4, max=4)


def test_configured_length(w):
    w.reset()
    w.settings(login={"pin-min": 7, "pin-max": 7})
    w.registry.build()
    mark = w.mark()
    told = w.by_pad("hanako", *typed(PIN))
    refused(w, told, mark, "PAM_AUTH_ERR", "pin.malformed", TRIES, min=7, max=7)


def test_nothing_is_typed(w):
    """The reader gives up by itself, and before the attempt ends."""
    w.reset()
    w.settings(login={"deadline": 4})
    w.registry.build()
    for keys in ([], ["1", "2", "3"]):
        mark, begun = w.mark(), time.monotonic()
        told = w.by_pad("hanako", *keys)
        took = time.monotonic() - begun
        refused(w, told, mark, "PAM_AUTHINFO_UNAVAIL", "pin.timeout", TRIES)
        tap.check(1.5 < took, f"{took:.1f} s")
        tap.equal(w.pad.status()["asking"], "none")


def test_reader_that_does_not_give_up(w):
    """The attempt ends all the same. What is typed afterwards reaches the card, and the card forgets it."""
    w.reset()
    w.settings(login={"deadline": 3})
    w.registry.build()
    w.pad.second(60000)
    mark, begun = w.mark(), time.monotonic()
    told = w.by_pad("hanako")
    took = time.monotonic() - begun
    tap.equal((told.code, told.said), ("PAM_AUTHINFO_UNAVAIL", [texts.text("pin.pad"), texts.text("attempt.timeout")]))
    tap.comment(f"a reader that does not give up: {took:.1f} s")
    tap.equal(w.one(mark)["jwhy"], "attempt.timeout")
    wait_for(lambda: not w.services.card.children(), "the card process to end")
    typed_too_late(w)


# --- what else can happen meanwhile -----------------------------------------------------------------------------------

def typed_too_late(w: Counter) -> None:
    """Nobody waits for the pad any more, and it still asks: the right PIN then opens nothing to anybody."""
    tap.equal(w.pad.status()["asking"], "pin")
    before = len(w.card.apdus())
    w.pad.keys(PIN)
    wait_for(lambda: re.search(r"verify 00200080 .* sw=9000(.|\n)* - (reset|power off)\n", w.card.apdus()[before:]),
             "the card to be reset")
    tap.check(" sign " not in w.card.apdus()[before:], w.card.apdus()[before:])
    w.check()
    w.pad.reset()
    w.pad.keys(PIN)
    tap.check(w.ask("hanako", None).ok, "the next login")
    w.check()


def test_card_pulled(w):
    w.reset()
    mark = w.mark()
    told = w.by_pad("hanako", act=w.card.remove)
    tap.equal((told.code, told.said), ("PAM_AUTHINFO_UNAVAIL", [texts.text("pin.pad"), texts.text("card.removed")]))
    tap.equal(w.one(mark)["jwhy"], "card.removed")


def test_reader_unplugged(w):
    w.reset()
    mark = w.mark()
    told = w.by_pad("hanako", act=w.pad.unplug)
    tap.equal((told.code, told.said), ("PAM_AUTHINFO_UNAVAIL", [texts.text("pin.pad"), texts.text("card.removed")]))
    tap.equal(w.one(mark)["jwhy"], "card.removed")
    w.pad.reset()
    w.pcscd.restart()           # which does not look for a serial reader again
    w.card.wait_until(powered="yes")


def test_pcscd_killed(w):
    w.reset()
    mark = w.mark()
    told = w.by_pad("hanako", act=w.pcscd.kill)
    tap.equal((told.code, told.said),
              ("PAM_AUTHINFO_UNAVAIL", [texts.text("pin.pad"), texts.text("reader.down")]))
    tap.equal(w.one(mark)["jwhy"], "reader.down")
    w.pcscd.start()
    w.card.wait_until(powered="yes")


def cancelled(w: Counter, what: str, cancel: Callable[[], object]) -> None:
    """All of ours ends in time, nothing is recorded, and what is typed later is forgotten."""
    mark = w.mark()
    at_work = lambda: w.services.jukinetd.children() + w.services.card.children()       # noqa: E731
    tap.equal(len(at_work()), 2, what)
    cancel()
    took = wait_for(lambda: not at_work(), f"{what}: all to end", every=0.001)
    tap.comment(f"{what}: all ended after {took * 1000:.1f} ms")
    tap.equal([str(one) for one in w.happened(mark)], [], "records of a cancelled conversation")
    tap.equal(w.card.counters()["pin-tries"], TRIES)
    typed_too_late(w)


def test_caller_killed(w):
    w.reset()
    app = asking(w)
    cancelled(w, "killed", app.kill)


def test_ctrl_c_at_login(w):
    w.reset()
    terminal = w.terminal()
    terminal.start(["/bin/login", "--", "hanako"])
    terminal.expect(re.escape(texts.text("pin.pad")))
    w.pad.wait_for_prompt("pin")
    cancelled(w, "^C at login", lambda: terminal.control("C"))
    terminal.close()


def test_next_attempt_waits_for_the_pad(w):
    """The keys still ask after a caller has gone: the next one hears that the card is in use, and then gets it."""
    w.reset()
    app = asking(w)
    app.kill()
    wait_for(lambda: not w.services.card.children(), "the card process to end")
    def later() -> None:
        time.sleep(2.5)
        w.pad.cancel()
        w.pad.wait_for_prompt("none")
        w.pad.wait_for_prompt("pin", 10)
        w.pad.keys(PIN)
    thread = threading.Thread(target=later, daemon=True)
    thread.start()
    told = w.ask("hanako", None)
    thread.join(10)
    tap.equal((told.code, told.said), ("PAM_SUCCESS", [texts.text("card.busy"), texts.text("pin.pad")]))
    w.check()


# --- when it is not used ----------------------------------------------------------------------------------------------

def prompted(w: Counter, what: str, account: str = "hanako") -> None:
    mark = w.mark()
    told = w.ask(account)
    tap.equal((told.code, told.asked, told.said), ("PAM_SUCCESS", [texts.text("pin.prompt")], []), what)
    tap.equal(w.one(mark)["res"], "success", what)
    tap.equal(w.pad.status()["verifications"], "0", what)


def test_switched_off(w):
    w.reset()
    w.settings(card={"pinpad": "no"})
    w.registry.build()
    prompted(w, "pinpad = no")
    w.check(host_pins=1)
    visit = w.login("hanako", pin=PIN)
    tap.check(visit.reached and texts.text("pin.pad") not in visit.transcript, str(visit))


def test_plain_reader_beside_it(w):
    """The pad is empty: a card in the reader without keys is asked for as ever."""
    w.reset()
    w.pull()
    w.plain.insert_and_wait()
    prompted(w, "plain reader")
    w.plain.remove()
    w.check()


def test_reader_with_other_features_only(w):
    w.reset()
    w.pad.features("modify", "properties", "tlv")
    prompted(w, "no FEATURE_VERIFY_PIN_DIRECT")
    w.pad.features()
    prompted(w, "no feature at all")


def test_keys_that_cannot_be_used(w):
    """Offered, and then refused."""
    w.reset("mynumber")
    w.card.slow(300, 0)         # the PIN's file is selected before the pad is asked
    mark = w.mark()
    with w.app() as app:
        app.start("jk-test", "hanako")
        app.begin("authenticate")
        tap.equal(app.hear()["say"], texts.text("pin.pad"))
        w.pad.features("modify")
        told = app.finish()
    tap.equal((told.code, told.said), ("PAM_AUTHINFO_UNAVAIL", [texts.text("reader.pinpad", contact="内線 123")]))
    tap.equal(w.one(mark)["jwhy"], "reader.pinpad")
    w.card.slow(0, 0)
    w.check()


if __name__ == "__main__":
    tap.main(missing(), w=lambda: Counter("pinpad-login", pinpad=True, readers=2))
