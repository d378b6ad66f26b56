#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Login and unlock with cards that only OpenSC knows, beside those that jukinet-card knows itself."""

from __future__ import annotations

import copy
import os

from jukinet import App, Card, Office, PIN, ROOT, STAFF, Told, TRIES, WRONG, enter, leave, missing, tap, texts, wait_for

CONF = "/etc/jukinet/opensc.conf"
MODULES = [f"/usr/{place}/opensc-pkcs11.so" for place in (
    "lib/x86_64-linux-gnu/pkcs11", "lib/aarch64-linux-gnu/pkcs11", "lib64/pkcs11", "lib/pkcs11")]
BADGE = "c-0051"                # hanako's card that only OpenSC knows: RSA-3072
SERVICE = "jk-session"
ALL = ["piv", "jpki", "opensc"]
FEW_APDUS = 12                  # no login by way of OpenSC comes with so few
LIMIT = 10.0


class Counter(Office):
    """Two readers, the first with keys; hanako has a badge too, taro's key is P-256, and there is a badge of nobody."""

    def _open_office(self) -> None:
        for name in ("badge", "foreign"):
            self.cards.make(name, kind="nq")
        self.cards.make("p384", key="p384")
        self.opensc_conf()
        super()._open_office()
        self.pad = self.pcscd.pinpad
        self.second: Card = self.cards.put("spare", self.pcscd.readers[1].port, insert=False)
        self.registry.card(BADGE, STAFF["hanako"].number, self.cards.certificate("badge"))
        self.registry.card("c-0052", STAFF["hanako"].number, self.cards.certificate("p384"))
        self._rows = copy.deepcopy(self.registry.rows)
        self.registry.build()

    def opensc_conf(self, old: str = "", new: str = "") -> None:
        """The shipped one with the driver of the badge, as an administrator would add it."""
        with open(f"{ROOT}/conf/opensc.conf", encoding="utf-8") as file:
            text = file.read().replace("card_drivers = PIV-II", "card_drivers = nqapplet, PIV-II").replace(old, new)
        tap.check("nqapplet" in text and (not new or new in text))
        self.space.directory("/etc/jukinet")
        self.space.write(CONF, text, 0o644)

    def anew(self, holder: str, kinds: list[str], pinpad: bool = False) -> None:
        self.pad.reset()
        self.second.remove()
        if self.card.status()["inserted"] == "yes" and self.cards.made[holder] != self.card.made:
            self.pull()         # or pcscd would not see another card
        super().reset(holder)
        self.settings(card={"kind": kinds, "pinpad": pinpad})
        self.registry.build()
        self.card.reset_count()

    def by_all_phases(self, account: str, card: str) -> None:
        """pamtester, and what stands in the records and on the card afterwards."""
        mark = self.mark()
        done = self.pamtester(SERVICE, account, "authenticate", "acct_mgmt", "open_session", "close_session", pin=PIN)
        tap.check(done.ok, str(done))
        records = self.happened(mark)
        tap.equal([one.op for one in records], ["auth", "account", "session-start", "session-end"])
        tap.equal({(one["res"], one["jmeth"], one["jcard"], one["jper"]) for one in records},
                  {("success", "card-pin", card, STAFF[account].number)})
        wait_for(lambda: self.card.counters()["verified"] == 0, "the card to be reset")
        tap.equal(self.card.counters()["pin-tries"], TRIES)


def refused(w: Counter, told: Told, mark, code: str, why: str, record: dict[str, str] | None = None, **parameters) -> None:
    tap.equal((told.code, told.said), (code, [texts.text(why, **parameters)]))
    one = w.one(mark)
    tap.equal((one.op, one["res"], one["jwhy"]), ("auth", "failed", why))
    for name, value in (record or {}).items():
        tap.equal(one.get(name), value, name)


# --- it works ---------------------------------------------------------------------------------------------------------

def test_card_that_only_opensc_knows(w):
    w.anew("badge", ALL)
    w.by_all_phases("hanako", BADGE)


def test_the_same_by_login(w):
    w.anew("badge", ALL)
    visit = w.login("hanako", pin=PIN, commands=["id -un"])
    tap.check(visit.reached and visit.status == 0 and visit.outputs[0].strip() == "hanako", str(visit))


def test_opensc_before_the_others(w):
    w.anew("badge", ["opensc", "jpki", "piv"])
    w.by_all_phases("hanako", BADGE)


def test_piv_card_by_way_of_opensc_alone(w):
    for holder, account, card in (("hanako", "hanako", STAFF["hanako"].card), ("taro", "taro", STAFF["taro"].card),
                                  ("p384", "hanako", "c-0052")):
        w.anew(holder, ["opensc"])
        w.by_all_phases(account, card)
        tap.check(w.card.counters()["apdus"] > FEW_APDUS, f"{holder} by way of OpenSC: {w.card.apdus()}")


def test_piv_card_needs_no_opensc(w):
    w.anew("hanako", ALL)
    w.by_all_phases("hanako", STAFF["hanako"].card)
    tap.check(w.card.counters()["apdus"] <= FEW_APDUS, w.card.apdus())


def test_unknown_piv_card_beside_the_badge(w):
    """Who is not registered does not keep the badge in the other reader from being found."""
    w.anew("jiro", ALL)
    w.registry.change("card", STAFF["jiro"].card, state="revoked")
    w.registry.build()
    w.second.insert_and_wait(w.cards.made["badge"])
    mark = w.mark()
    told = w.ask("hanako", PIN)
    tap.check(told.ok, str(told))
    tap.equal(w.one(mark)["jcard"], BADGE)
    w.second.remove()


def test_keys_of_the_reader_are_not_used(w):
    """Not by way of OpenSC: the PIN is asked for on the screen, as it is with a reader that has none."""
    w.anew("badge", ALL, pinpad=True)
    told = w.ask("hanako", PIN)
    tap.check(told.ok and told.asked == [texts.text("pin.prompt")], str(told))
    tap.equal(w.pad.status()["verifications"], "0")


def test_unlock_by_the_user(w):
    w.anew("badge", ALL)
    with w.app() as login:
        enter(login, "hanako")
        mark = w.mark()
        told = w.ask("hanako", PIN, uid="hanako")
        tap.check(told.ok, str(told))
        one = w.one(mark)
        tap.equal((one["jfor"], one["res"], one["jcard"]), ("unlock", "success", BADGE))
        w.card.set_tries(1)
        told = w.ask("hanako", PIN, uid="hanako")
        tap.equal((told.code, told.said, told.asked), ("PAM_MAXTRIES", [texts.text("pin.last")], []), "never the last try")
        w.card.set_tries(TRIES)
        leave(login)


# --- it does not ------------------------------------------------------------------------------------------------------

def test_wrong_pins(w):
    w.anew("badge", ALL)
    for left, code, why in ((2, "PAM_AUTH_ERR", "pin.wrong"), (1, "PAM_AUTH_ERR", "pin.wrong.last"), (0, "PAM_MAXTRIES", "pin.locked")):
        mark = w.mark()
        told = w.ask("hanako", WRONG)
        refused(w, told, mark, code, why, {"jtry": str(left), "jcard": BADGE}, n=left, contact="内線 123")
        tap.equal(w.card.counters()["pin-tries"], left, "one VERIFY")
    told = w.ask("hanako", PIN)
    tap.equal((told.code, told.asked), ("PAM_MAXTRIES", []), "nobody is asked for the PIN of a blocked card")


def test_card_of_nobody(w):
    """The reason that says most is told, whichever conversation it is from."""
    for holder, kinds, why in (("foreign", ALL, "card.unknown"), ("foreign", ["piv", "jpki"], "card.notoperator"),
                               ("foreign", ["opensc", "piv"], "card.unknown")):
        w.anew(holder, kinds)
        mark = w.mark()
        told = w.ask("hanako", PIN)
        tap.equal(told.asked, [])
        tap.equal((told.code, w.one(mark)["jwhy"]), ("PAM_AUTH_ERR", why), f"{holder} {kinds}")
        tap.equal(w.card.counters()["pin-tries"], TRIES)


def test_card_of_somebody_else(w):
    w.anew("badge", ALL)
    mark = w.mark()
    told = w.ask("taro", PIN)
    refused(w, told, mark, "PAM_AUTH_ERR", "card.mismatch", {"jcard": BADGE})
    tap.equal(w.card.counters()["pin-tries"], TRIES)


def test_no_card(w):
    """One wait, however many conversations there could be."""
    w.anew("badge", ALL)
    w.pull()
    mark = w.mark()
    told = w.ask("hanako", PIN)
    tap.equal((told.code, told.said), ("PAM_AUTHINFO_UNAVAIL", [texts.text("card.insert"), texts.text("card.none")]))
    tap.equal(w.one(mark)["jwhy"], "card.none")


def asking(w: Counter) -> App:
    app = w.app()
    app.start("jk-test", "hanako")
    app.begin("authenticate")
    app.until_prompt()
    return app


def test_card_pulled_at_the_prompt(w):
    w.anew("badge", ALL)
    mark = w.mark()
    with asking(w) as app:
        w.pull()
        told = app.finish_prompted(PIN)
    refused(w, told, mark, "PAM_AUTHINFO_UNAVAIL", "card.removed")


def test_program_killed_at_the_prompt(w):
    w.anew("badge", ALL)
    mark = w.mark()
    app = asking(w)
    app.kill()
    took = wait_for(lambda: not w.services.card.children(), "no card process")
    tap.comment(f"ended within {took * 1000:.0f} ms")
    tap.equal([one.op for one in w.happened(mark)], [], "it counts as nothing")
    app.close()


def test_configuration_that_does_not_do(w):
    """Cards of OpenSC are out of service; all others are not concerned."""
    try:
        w.opensc_conf('provider_library = ""', 'provider_library = "libpcsclite.so.1"')
        w.anew("badge", ALL)
        mark = w.mark()
        told = w.ask("hanako", PIN)
        tap.equal((told.code, told.asked), ("PAM_AUTHINFO_UNAVAIL", []))
        tap.equal(w.one(mark)["jwhy"], "service.down")
        w.anew("hanako", ALL)
        tap.check(w.ask("hanako", PIN).ok)
    finally:
        w.opensc_conf()


def test_new_pin(w):
    """Not here; and nobody types three PINs to hear that."""
    w.anew("badge", ALL)
    mark = w.mark()
    with w.app() as app:
        app.start("jk-test", "hanako")
        told = app.do("chauthtok", PIN)
    tap.equal((told.asked, told.said), ([], [texts.text("pin.fixed", contact="内線 123")]))
    tap.equal([one["jwhy"] for one in w.happened(mark)], ["pin.fixed"])


if __name__ == "__main__":
    reasons = missing()
    if not any(map(os.path.exists, MODULES)):
        reasons.append("OpenSC's PKCS#11 module is not installed")
    tap.main(reasons, w=lambda: Counter("opensc-login", pinpad=True, readers=2))
