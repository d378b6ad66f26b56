#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What jukinet-monitor, or who would be it, says to jukinetd. Prints every frame that comes back as JSON.

watch.py look | lock|end|seen CAUSE [SESSION [READER [SECONDS]]]
"""

from __future__ import annotations

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import frames                                                                                       # noqa: E402
from frames import encode                                                                           # noqa: E402

KINDS = {"look": frames.LOOK, "lock": frames.LOCK, "end": frames.END, "seen": frames.SEEN}
TEXTS = {frames.F_SESSION: "session", frames.F_READER: "reader", 69: "card"}
NUMBERS = {frames.F_REASON: "why", frames.F_PROVEN_MS: "proven", 64: "uid", frames.F_STATE: "state",
           frames.F_BOOT_MS: "changed", frames.F_CAUSE: "cause", frames.F_PRESENT: "present", frames.F_REMOVAL: "removal",
           frames.F_LOCK_WITHIN_S: "lock-within", frames.F_LOCKED_MAX_S: "locked-max", frames.F_LEFT_S: "left",
           frames.F_LEFTOVERS: "leftovers"}


def request(nonce: bytes, what: str, cause: str = "0", session: str = "", reader: str = "", seconds: str = "0") -> bytes:
    fields: list[tuple[int, bytes | str | int]] = [(frames.F_NONCE, nonce)]
    fields += [(frames.F_SESSION, session)] if session else []
    fields += [(frames.F_READER, reader)] if reader else []
    fields += [(frames.F_SECONDS, int(seconds))] if int(seconds) else []
    return encode(KINDS[what], *fields, (frames.F_CAUSE, int(cause)))


def main() -> None:
    talk = frames.Talk()
    talk.send(request(talk.hello(), *sys.argv[1:]))
    told = []
    while heard := talk.hear():
        kind, fields = heard
        one: dict[str, str | int] = {"frame": kind}
        one |= {TEXTS[number]: value.decode() for number, value in fields if number in TEXTS}
        one |= {NUMBERS[number]: int.from_bytes(value, "big") for number, value in fields if number in NUMBERS}
        one["leaders"] = sum(number == frames.F_LEADER for number, _ in fields)
        told.append(one)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
