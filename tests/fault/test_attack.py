#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""While local users do their worst to jukinetd an operator logs in, again and again: each time within two seconds, each
record whole, and the log grows by no more than the budget of who floods it."""

from __future__ import annotations

import os
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", name) for name in ("e2e", "support")]

from jukinet import Office, PIN, enter, leave, missing, tap  # noqa: E402

SECONDS = 12
LONGEST_S = 2.0
# Of one uid: what the accepter gives at once, and one a second (pam_jukinet/daemon/main.c).
BURST, EACH_S = 20, 1
ATTACKS = (
    ("idle", "mallory"), ("halves", "mallory"), ("deaf", "taro"), ("tries taro", "taro"), ("tries hanako", "mallory"),
    ("locks", "taro"), ("looks", "mallory"),
)


def login(w: Office) -> float:
    """Seconds for all that a login is, with its logout."""
    begun = time.monotonic()
    with w.app() as app:
        enter(app, "hanako", PIN)
        leave(app)
    return time.monotonic() - begun


def under(w: Office, what: str, who: str, numbers: int) -> None:
    mark = w.mark()
    attackers = [w.converse([sys.executable, "-B", "-I", "/tmp/jk/attack.py", *what.split()], uid=who)
                 for _ in range(numbers)]
    begun = time.monotonic()
    times = []
    while time.monotonic() - begun < SECONDS:
        times.append(login(w))
    lasted = time.monotonic() - begun
    did = sum(int(one.finish().split()[-1]) for one in attackers)
    records = [one for one in w.happened(mark) if one["acct"] != "hanako" or one["res"] != "success"]
    tap.comment(f"{what} by {who}: {did} attempts, {len(times)} logins, slowest {max(times) * 1000:.0f} ms, "
             f"{len(records)} records of the attacker")
    tap.check(max(times) <= LONGEST_S, f"a login took {max(times):.2f} s")
    most = BURST + EACH_S * lasted + 8 * numbers
    tap.check(len(records) <= most, f"{len(records)} records, at most {most:.0f}")


def attack(what: str, who: str):
    def test(w: Office) -> None:
        w.services.wait_until_idle(20)
        w.reset()
        under(w, what, who, 2)
    test.__name__ = "test_" + f"{what} by {who}".replace(" ", "_")
    return test


for _what, _who in ATTACKS:
    _made = attack(_what, _who)
    globals()[_made.__name__] = _made


def test_all_of_them_at_once(w: Office) -> None:
    w.services.wait_until_idle(20)
    w.reset()
    mark = w.mark()
    attackers = [w.converse([sys.executable, "-B", "-I", "/tmp/jk/attack.py", *what.split()], uid=who)
                 for what, who in ATTACKS]
    begun, times = time.monotonic(), []
    while time.monotonic() - begun < SECONDS:
        times.append(login(w))
    lasted = time.monotonic() - begun
    for one in attackers:
        one.finish()
    records = [one for one in w.happened(mark) if one["acct"] != "hanako" or one["res"] != "success"]
    tap.comment(f"all at once: {len(times)} logins, slowest {max(times) * 1000:.0f} ms, {len(records)} records of attackers")
    tap.check(max(times) <= LONGEST_S, f"a login took {max(times):.2f} s")
    tap.check(len(records) <= 2 * (BURST + EACH_S * lasted) + 16, f"{len(records)} records")


if __name__ == "__main__":
    tap.main(missing(), w=lambda: Office("attack"))
