#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Logins while a process of another user wants to use the card too.

    test_hammer.py BUILD

Records are not looked at, so no auditd is needed and none is started.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import time
from typing import Iterator

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from login import TYPED, Attempt, forget_cards  # noqa: E402
from world import OPEN, SHIPPED, World, missing, tap  # noqa: E402
from world.namespace import WORK  # noqa: E402

BUILD = os.path.realpath(sys.argv.pop(1) if len(sys.argv) > 1 else "build")
THIEF = os.path.join(BUILD, "tests/support/thief")
LOGINS, MAY_FAIL, DEADLINE = 50, 2, 10
APDU_MS, SIGN_MS = 5, 60        # long enough for somebody to come between
CARDS = {"rsa": {"key": "rsa2048"}, "ec": {"key": "p256"}, "jpki": {"kind": "jpki"}}
# The longest login and the shortest: certificate read and PIN typed, neither.
FRESH, KNOWN = "fresh, typed", "known, at hand"


class Counter(World):
    """One person's card in the reader; the thief is mallory."""

    def __init__(self, kind: str, mode: str) -> None:
        super().__init__(f"hammer-{kind}", BUILD, audit=False, socket_mode=mode)
        self.kind = kind

    def open(self) -> World:
        super().open()
        try:
            self.made = self.cards.make("hanako", **CARDS[self.kind])
            self.registry.person("p0123", accounts=["hanako"], operator_ids=["m0123-2"],
                                 cards={"c-0042": self.cards.certificate("hanako")})
            self.registry.settings(login={"deadline": DEADLINE}, audit={"recording": "kernel"},
                                   card={"kind": "jpki" if self.kind == "jpki" else "piv"})
            self.registry.build()
            self.pam.ours()
            self.services.start("card", "jukinetd")
            self.card = self.cards.put("hanako", self.pcscd.readers[0].port, apdu_ms=APDU_MS, sign_ms=SIGN_MS)
            tap.equal(self.attempt(KNOWN)[0], "PAM_SUCCESS", "a login that nobody disturbs")
        except BaseException:
            self.close()
            raise
        return self

    @contextlib.contextmanager
    def thief(self, what: str, *pauses: int) -> Iterator[dict[str, int]]:
        """Runs meanwhile, and a second longer; its counts afterwards."""
        counts: dict[str, int] = {}
        told = f"{WORK}/log/thief"
        self.space.write(told, "")
        process = self.spawn([THIEF, what, self.kind, *map(str, pauses)], uid="mallory", stdout=told)
        time.sleep(0.2)
        yield counts
        time.sleep(1)
        process.signal(signal.SIGTERM)
        tap.equal(process.wait(), 0, "the thief's status")
        counts |= {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", self.space.read(told))}

    def attempt(self, way: str) -> tuple[str, float]:
        """The PAM code, and seconds."""
        if way == FRESH:
            forget_cards(self)
        return Attempt(self, self.made.pin, lambda: time.sleep(TYPED if way == FRESH else 0), DEADLINE).finish()

    def log_in(self, times: int, way: str) -> tuple[int, list[str], float]:
        """How many were let in, what the others were told, and the longest in seconds."""
        let_in, told, longest = 0, [], 0.0
        for _ in range(times):
            code, seconds = self.attempt(way)
            longest = max(longest, seconds)
            if code == "PAM_SUCCESS":
                let_in += 1
            else:
                told.append(code)
            self.services.wait_until_idle()
        return let_in, told, longest


def hammered(kind: str, way: str, mode: str, what: str, *pauses: int,
             times: int = LOGINS) -> tuple[int, dict[str, int]]:
    with Counter(kind, mode) as w:
        w.card.reset_count()
        with w.thief(what, *pauses) as counts:
            let_in, told, longest = w.log_in(times, way)
        card = w.card.counters()
        tap.comment(f"{kind}, {way}: {let_in} of {times} let in, {told}, longest {longest:.2f} s; thief: {counts}")
        tap.check(longest < DEADLINE + 1, f"took {longest:.2f} s")
        tap.equal(counts["signed"], 0, "signatures the thief got")
        # The card's own word: it signed for logins only.
        tap.check(let_in <= card["signatures"] <= times, f"{card} after {let_in} logins")
        tap.equal((card["pin-tries"], card["verified"]), (3, 0), "the card afterwards")
        tap.equal([str(one) for one in w.strays()], [], "processes left")
        tap.equal(w.attempt(way)[0], "PAM_SUCCESS", "then")
    return let_in, counts


def test_a_card_left_verified_is_robbed():
    """So the thief is one."""
    for kind in CARDS:
        with Counter(kind, OPEN) as w:
            with w.thief("sign", 2, 30) as counts:
                w.run([THIEF, "verify", kind, w.made.pin]).check()
            tap.comment(f"{kind}: {counts}")
            tap.check(counts["signed"] > 0, f"{kind}: {counts}")
            tap.check(w.card.counters()["signatures"] >= counts["signed"], str(w.card.counters()))


def with_pauses(kind: str, way: str, what: str = "sign") -> None:
    let_in, counts = hammered(kind, way, OPEN, what, 2, 30)
    # Short logins leave little time, of which pcscd's library sleeps 100 ms at a time.
    tap.check(counts["refused"] > LOGINS // 4, f"the thief hardly tried: {counts}")
    tap.check(let_in >= LOGINS - MAY_FAIL, f"{let_in} of {LOGINS}")


def signing_with_pauses(kind: str, way: str):
    @tap.limit(300)
    def test() -> None:
        with_pauses(kind, way)
    test.__name__ = f"test_signing_with_pauses_{kind}_{way.partition(',')[0]}"
    return test


for _kind in CARDS:
    for _way in (FRESH, KNOWN):
        _test = signing_with_pauses(_kind, _way)
        globals()[_test.__name__] = _test


@tap.limit(300)
def test_dying_in_a_transaction_with_pauses():
    """Each of its deaths resets the card under the login."""
    with_pauses("rsa", FRESH, "die")


@tap.limit(300)
def test_signing_without_pauses_and_an_open_socket():
    """Nothing in a client helps against this; but it ends in time, and nothing is stolen."""
    for kind in CARDS:
        hammered(kind, FRESH, OPEN, "sign", times=4)


@tap.limit(300)
def test_signing_without_pauses_and_the_shipped_socket():
    for what in ("sign", "die"):
        let_in, counts = hammered("rsa", KNOWN, SHIPPED, what)
        tap.check(counts["tries"] > LOGINS and counts["errors"] == counts["tries"], str(counts))
        tap.equal(let_in, LOGINS, what)


if __name__ == "__main__":
    tap.main(missing(build=BUILD, audit=False))
