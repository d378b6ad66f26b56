#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A program of a session: at each line on its standard input it asks jukinetd whose session it is in, and prints the reason's
number and the person."""

from __future__ import annotations

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import frames                                                                                       # noqa: E402


def ask() -> str:
    talk = frames.Talk()
    talk.send(frames.encode(frames.MANAGE, (frames.F_NONCE, talk.hello()), (frames.F_COMMAND, "card.show")))
    heard = talk.hear()
    talk.close()
    if heard is None:
        return "0 -"
    _, fields = heard
    why = int.from_bytes(frames.field(fields, frames.F_REASON) or b"", "big")
    return f"{why} {(frames.field(fields, frames.F_PERSON) or b'-').decode()}"


def main() -> None:
    print("ready", flush=True)
    for _ in sys.stdin:
        print(ask(), flush=True)


if __name__ == "__main__":
    main()
