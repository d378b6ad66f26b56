#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A business application in the test's hands, without the product's own client: it sends what it is told, and tells what it
hears. JSON lines: {"open": true}, {"send": HEX}, {"hear": SECONDS}, {"close": true}; NONCE in hex, or [KIND, [[FIELD, HEX]…]].
"""

from __future__ import annotations

import json
import os
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import frames                                                                                       # noqa: E402


def hear(talk: frames.Talk, seconds: float) -> object:
    talk.link.settimeout(seconds)
    try:
        heard = talk.hear()
    except socket.timeout:
        return "nothing"
    return [heard[0], [[number, value.hex()] for number, value in heard[1]]] if heard else None


def do(order: dict, talk: list[frames.Talk]) -> object:
    if "open" in order:
        talk[:] = [frames.Talk()]
        return talk[0].hello().hex()
    if "send" in order:
        return talk[0].send(bytes.fromhex(order["send"]))
    if "hear" in order:
        return hear(talk[0], order["hear"])
    talk[0].close()
    return True


def main() -> None:
    talk: list[frames.Talk] = []
    for line in sys.stdin:
        try:
            told = do(json.loads(line), talk)
        except AssertionError:
            told = None
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
