#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Real logins at each level of [trust]: who is let in, what is said, and what stands in the record of it."""

from __future__ import annotations

import datetime
import re
import time

from authority import DAY, Authority
from jukinet import PIN, Office, enter, leave, missing, tap, texts

CA, CRL = "/etc/jukinet/ca.d", "/etc/jukinet/crl.d"
CONTACT = "内線 123"


class Trusting(Office):
    """Its cards are from a CA of their own, with a CRL."""

    def _open_office(self) -> None:
        super()._open_office()
        inside = f"{self.cards.issued}/ca"
        self.root = Authority.existing(self.space.path("/tmp/authority"), self.space.path(f"{inside}/main.pem"),
                                       self.space.path(f"{inside}/main.key"))
        self.other = Authority(self.space.path("/tmp/other"), "Other CA")
        for name in (CA, CRL):
            self.space.directory(name)

    def trust(self, level: str, crl: bytes | None = None, *, ca: Authority | None = None, **keys: str) -> None:
        """Everything as at the beginning but for this."""
        self.reset()
        with open((ca or self.root).pem, encoding="ascii") as file:
            self.space.write(f"{CA}/ca.pem", file.read())
        self.lists(crl)
        self.settings(trust={"level": level} | {key.replace("_", "-"): value for key, value in keys.items()})
        self.registry.build()

    def lists(self, crl: bytes | None) -> None:
        self.space.run(["rm", "-f", f"{CRL}/ca.crl"]).check()
        if crl is not None:
            self.space.write(f"{CRL}/ca.crl", crl)

    def certificate(self, name: str) -> str:
        """Of a card, as a path outside."""
        return self.space.path(f"{self.cards.made[name].directory}/9a.pem")


def good(w: Trusting, trust: str) -> None:
    """pamtester comes in, and the record says how far was looked."""
    mark = w.mark()
    result = w.pamtester("jk-test", "hanako", pin=PIN)
    tap.equal(result.code, "PAM_SUCCESS", str(result))
    one = w.one(mark)
    tap.equal((one.op, one["res"], one["jper"]), ("auth", "success", "p0123"), str(one))
    tap.check(re.fullmatch(trust, one["jtrust"]) is not None, str(one))


def refused(w: Trusting, why: str, trust: str, code: str = "PAM_AUTH_ERR", **parameters: str) -> None:
    """No PIN is asked for; the clerk reads why, in his language, and so does the record."""
    mark = w.mark()
    result = w.pamtester("jk-test", "hanako", pin=PIN)
    tap.equal(result.code, code, str(result))
    tap.check("PIN: " not in result.transcript, result.transcript)
    one = w.one(mark)
    tap.equal((one["jwhy"], one["res"], one["jper"], one["jcard"]), (why, "failed", "p0123", "c-0042"), str(one))
    tap.check(re.fullmatch(trust, one["jtrust"]) is not None, str(one))
    for language, env in (("en", {}), ("ja", w.japanese())):
        if language == "ja" and not env:
            continue
        told = w.ask("hanako", env=env)
        said = [texts.text(why, *(() if language == "en" else ("ja",)), contact=CONTACT, **parameters)]
        tap.equal((told.code, told.asked, told.said), (code, [], said))


def test_registered_is_the_default(w):
    w.reset()
    good(w, "registered")


def test_chain_to_the_cards_ca(w):
    w.trust("chain")
    good(w, "chain")


def test_card_of_an_unknown_ca(w):
    w.trust("chain", ca=w.other)
    refused(w, "card.untrusted", "chain")


def test_card_of_another_ca_of_the_same_name(w):
    w.reset()
    w.space.write(f"{CA}/ca.pem", w.space.read(f"{w.cards.issued}/ca/twin.pem"))
    w.settings(trust={"level": "chain"})
    w.registry.build()
    refused(w, "card.untrusted", "chain")


def test_extended_key_usage_that_the_card_has_not(w):
    w.trust("registered", extended_key_usage="serverAuth")
    refused(w, "card.usage", "registered")


def test_crl_in_date(w):
    for level in ("crl-soft", "crl-hard"):
        w.trust(level, w.root.crl(w.certificate("taro"), last=-3600))
        good(w, level + r":36\d\d")


def test_revoked_by_the_ca(w):
    for level in ("crl-soft", "crl-hard"):
        w.trust(level, w.root.crl(w.certificate("taro"), w.certificate("hanako")))
        refused(w, "card.ca-revoked", level + r":36\d\d")


def test_revoked_by_a_crl_of_vcard_make(w):
    w.cards.crl("hanako")
    w.trust("crl-hard", w.space.read(f"{w.cards.issued}/ca/main.crl").encode())
    refused(w, "card.ca-revoked", r"crl-hard:\d+")


def test_no_crl(w):
    w.trust("crl-soft")
    good(w, "crl-soft:missing")
    w.trust("crl-hard")
    refused(w, "crl.missing", "crl-hard:missing", "PAM_AUTHINFO_UNAVAIL")


def test_crl_out_of_date(w):
    end = datetime.datetime.now() - datetime.timedelta(days=1)
    crl = w.root.crl(last=-2 * DAY, next=-DAY)
    w.trust("crl-soft", crl)
    good(w, r"crl-soft:1728\d\d:stale")
    w.trust("crl-hard", crl)
    refused(w, "crl.stale", r"crl-hard:1728\d\d:stale", "PAM_AUTHINFO_UNAVAIL", date=str(end.date()))


def test_crl_that_runs_out_between_two_logins(w):
    """The snapshot is the same one."""
    ends = time.time() + 8
    w.trust("crl-hard", w.root.crl(next=8))
    good(w, r"crl-hard:36\d\d")
    time.sleep(max(0.0, ends - time.time()) + 1.1)
    mark = w.mark()
    tap.equal(w.pamtester("jk-test", "hanako", pin=PIN).code, "PAM_AUTHINFO_UNAVAIL")
    tap.equal(w.one(mark)["jwhy"], "crl.stale")


def test_bad_crl_takes_no_good_ones_place(w):
    """The file of today is no CRL: yesterday's still counts, until its snapshot is renewed."""
    w.trust("crl-hard", w.root.crl(w.certificate("taro")))
    w.space.write(f"{CRL}/ca.crl", "<html>404</html>\n")
    built = w.registry.try_build()
    tap.check(built.status != 0 and f"{CRL}/ca.crl:0: holds no CRL" in built.stderr, built.stderr)
    good(w, r"crl-hard:36\d\d")


def test_session_of_a_card_that_is_revoked_stays_locked(w):
    """What held at the login is asked again at the unlock."""
    w.trust("crl-soft", w.root.crl())
    with w.app() as app:
        enter(app, "hanako")
        tap.equal(w.pamtester("jk-test", "hanako", as_uid="hanako", pin=PIN).code, "PAM_SUCCESS")
        w.lists(w.root.crl(w.certificate("hanako")))
        w.registry.build()
        mark = w.mark()
        tap.equal(w.pamtester("jk-test", "hanako", as_uid="hanako", pin=PIN).code, "PAM_AUTH_ERR")
        one = w.one(mark)
        tap.equal((one["jfor"], one["jwhy"]), ("unlock", "card.ca-revoked"), str(one))
        leave(app)


def test_nothing_is_left_and_nothing_crashed(w):
    w.reset()
    w.services.wait_until_idle()
    tap.equal(w.strays(), [])
    for service in w.services.values():
        said = service.stderr()
        tap.check("Sanitizer" not in said and "runtime error" not in said, said)


if __name__ == "__main__":
    tap.main(missing(), w=lambda: Trusting("trust"))
