#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A business application that asks faster than it reads: the conversation ends when its answers fill the socket. It keeps on
reading slowly, so that room is made right after. Prints the ids of what it was allowed, as JSON."""

from __future__ import annotations

import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import frames                                                                                       # noqa: E402


def begin() -> frames.Talk:
    talk = frames.Talk()
    nonce = talk.hello()
    talk.send(frames.encode(frames.USE, (frames.F_NONCE, nonce), (frames.F_PURPOSE, "passport"), (frames.F_RECEPTION, "R1")))
    assert talk.hear()[0] == frames.USING
    talk.link.setblocking(False)
    return talk


def ask(talk: frames.Talk, seq: int) -> int:
    """As often as there is room; the next number."""
    try:
        for seq in range(seq, seq + 8):
            talk.link.send(frames.encode(frames.QUERY, (frames.F_SEQ, seq), (frames.F_ACTION, "view"),
                                         (frames.F_BUSINESS, "moving"), (frames.F_CODE, "32165498701")))
        return seq + 1
    except BlockingIOError:
        return seq


def read(talk: frames.Talk, got: list[bytes]) -> bool:
    try:
        got.append(talk.link.recv(65536))
    except BlockingIOError:
        return False
    return got[-1] != b""


def be_deaf(gap: float) -> list[bytes]:
    talk, got, seq, until = begin(), [], 1, time.monotonic() + 1.5
    at = time.monotonic() + 0.02
    try:
        while time.monotonic() < until:
            seq = ask(talk, seq)
            if time.monotonic() >= at:
                at = time.monotonic() + gap
                read(talk, got)
    except OSError:
        pass
    talk.link.settimeout(0.3)
    for _ in range(3):          # the end of the conversation, then what had come before it
        try:
            while read(talk, got):
                pass
        except OSError:
            pass
    talk.close()
    return got


def main() -> None:
    allowed = []
    for turn in range(int(sys.argv[1])):
        for data in be_deaf((1 + turn % 3) * 100e-6):
            kind, fields = frames.decode(data) if data else (0, [])
            if kind == frames.ANSWER and frames.field(fields, frames.F_RECEIPT):
                allowed.append(frames.field(fields, frames.F_ID).decode())
        time.sleep(0.2)
    print(json.dumps(allowed))


if __name__ == "__main__":
    main()
