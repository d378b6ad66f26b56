#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""jukinet-card by way of OpenSC and everything that a card or another program can do wrong, at every place.

    test_opensc_faults.py BUILD_DIR [TEST...]
"""

import contextlib
import os
import re
import signal
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", name) for name in ("e2e", "support")]

from test_card import FRAME_FAULTS, HANGS, NOBODY, STEPS, removed, silent, want_signed      # noqa: E402
from test_opensc import EC_APDUS, MODULES, RSA_APDUS, Room, faults, replaced                # noqa: E402
from world import missing, tap          # noqa: E402
from world.namespace import WORK        # noqa: E402

LOGINS, APDU_MS, SIGN_MS = 20, 5, 60    # long enough for somebody to come between


@tap.limit(300)
def test_removed_everywhere(room):
    """pulled at every APDU: card.removed within 3 s, no process left"""
    removed(room, [(name, number) for name, apdus in (("rsa", RSA_APDUS), ("ec", EC_APDUS))
                   for number in range(1, apdus + 1)])


@tap.limit(300)
def test_frame_faults_everywhere(room):
    """bad answers at every step: an answer in time, and no false one"""
    faults(room, [(step, fault) for step in STEPS for fault in FRAME_FAULTS])


@tap.limit(300)
def test_silent_everywhere(room):
    """silent at every step: ended at the deadline, next login fine"""
    silent(room, [(step, fault) for step in STEPS for fault in HANGS])


@contextlib.contextmanager
def thief(room, kind, what, *pauses):
    """Another program at the card meanwhile; its counts afterwards."""
    counts = {}
    told = f"{WORK}/log/thief"
    room.world.space.write(told, "", owner=(NOBODY, NOBODY))
    process = room.world.space.spawn(
        [os.path.join(room.world.build_dir, "tests/support/thief"), what, kind, *map(str, pauses)], uid=NOBODY, stdout=told)
    time.sleep(0.2)
    yield counts
    time.sleep(1)
    process.signal(signal.SIGTERM)
    tap.equal(process.wait(), 0, "the thief's status")
    counts |= {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", room.world.space.read(told))}


def beside_a_thief(room, kind, what, *pauses, logins=LOGINS):
    room.put(kind)
    room.first.slow(APDU_MS, SIGN_MS)
    reasons, longest = {}, 0
    with thief(room, kind, what, *pauses) as counts:
        for _ in range(logins):
            got = room.run("--deadline", "10000")
            key = got["kind"] if got["kind"] != "failed" else got["reason"]
            reasons[key] = reasons.get(key, 0) + 1
            longest = max(longest, int(got["ms"]))
            room.settle()
    card = room.first.counters()
    tap.comment(f"{kind}, {what} {pauses}: {reasons}, longest {longest} ms; thief {counts}")
    tap.equal(counts["signed"], 0, "signatures the thief got")
    tap.check(card["signatures"] <= logins, f"{card} after {logins} logins")
    tap.equal((card["pin-tries"], card["verified"]), (3, 0), "the card afterwards")
    room.put(kind)
    want_signed(room.run(), "afterwards")


@tap.limit(300)
def test_thief_signs(room):
    for kind in ("rsa", "ec"):
        beside_a_thief(room, kind, "sign", 2, 30)


@tap.limit(300)
def test_thief_dies_in_a_transaction(room):
    """Each of its deaths resets the card under the login."""
    beside_a_thief(room, "rsa", "die", 2, 30)


@tap.limit(300)
def test_thief_without_pauses(room):
    """Nothing in a client helps against this; but it ends in time, and nothing is stolen."""
    beside_a_thief(room, "rsa", "sign", logins=3)


@tap.limit(300)
def test_thief_and_a_careless_configuration(room):
    """What keeps the thief away is not OpenSC's to do."""
    try:
        room.conf(lambda text: replaced("disconnect_action = reset", "disconnect_action = leave")(
            replaced("lock_login = true", "lock_login = false")(text)))
        beside_a_thief(room, "rsa", "sign", 2, 30)
    finally:
        room.conf()


if __name__ == "__main__":
    directory = tap.build_directory()
    reasons = missing(programs=("setpriv",), audit=False, build=directory)
    if not any(map(os.path.exists, MODULES)):
        reasons.append("OpenSC's PKCS#11 module is not installed")
    tap.main(reasons, room=lambda: Room(directory))
