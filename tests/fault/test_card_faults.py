#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""jukinet-card and everything that a card can do wrong, at every place of a conversation.

    test_card_faults.py BUILD_DIR [TEST...]
"""

import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", name) for name in ("e2e", "support")]

from test_card import (EC_APDUS, FRAME_FAULTS, HANGS, RSA_APDUS, STEPS, Room, frame_faults,     # noqa: E402
                       hammered, removed, silent)
from world import missing, tap      # noqa: E402


def test_removed_everywhere(room):
    """pulled at every APDU: card.removed within 3 s, no process left"""
    removed(room, [(name, number) for name, apdus in (("rsa", RSA_APDUS), ("ec", EC_APDUS))
                   for number in range(1, apdus + 1)])


def test_frame_faults_everywhere(room):
    """bad answers at every step: refused in time, with a reason"""
    frame_faults(room, [(step, fault) for step in STEPS for fault in FRAME_FAULTS])


def test_silent_everywhere(room):
    """silent at every step: ended at the deadline, next login fine"""
    silent(room, [(step, fault) for step in STEPS for fault in HANGS])


def test_hammer_sign(room):
    """nobody tries to sign all the time, with pauses: never a signature"""
    hammered(room, "hammer", 20)


def test_hammer_reset(room):
    """nobody resets the card all the time, with pauses: logins go on"""
    hammered(room, "hammer-reset", 20)


if __name__ == "__main__":
    directory = tap.build_directory()
    tap.main(missing(programs=("setpriv",), audit=False, build=directory), room=lambda: Room(directory))
