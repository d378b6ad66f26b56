#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The other programs that a machine may run beside a login: they use the same card.

    neighbour.py steal          tries to sign with key 9A without a PIN: prints the status words
    neighbour.py hammer         the same again and again until stdin ends, with pauses of 2 to 30 ms: prints tries and
                                signatures. To a line on stdin it answers "tried" when it has tried three times since
    neighbour.py hammer-reset   the same with resets
    neighbour.py reset          resets the card
    neighbour.py hold           holds a transaction until stdin ends
    neighbour.py exclusive      holds the card exclusively until stdin ends

The first reader that has a card is taken. Runs inside the world beside scard.py.
"""

from __future__ import annotations

import os
import random
import select
import sys
from typing import Callable

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import scard        # noqa: E402

SELECT = bytes.fromhex("00a4040009a00000030800001000")
SIGN = {
    "rsa": bytes.fromhex("1087079aff7c820106820081820100") + b"\0\1" + b"\xff" * 243,
    "ec": bytes.fromhex("0087119a267c2482008120") + bytes(32) + b"\0",
}
REST = bytes.fromhex("0087079a0b") + bytes(11) + b"\0"


def steal(client: scard.Client) -> str:
    """The status words of both kinds of signature: never 9000 or 61xx."""
    client.connect(client.with_card())
    client.transmit(SELECT)
    words = [client.transmit(SIGN["ec"])[-2:].hex()]
    if client.transmit(SIGN["rsa"])[-2:] == b"\x90\0":
        words.append(client.transmit(REST)[-2:].hex())
    client.disconnect()
    return " ".join(words)


def reset(client: scard.Client) -> str:
    client.connect(client.with_card())
    client.disconnect(scard.RESET)
    return ""


def hammer(client: scard.Client, do: Callable[[scard.Client], str]) -> tuple[int, int]:
    tries = stolen = told_at = 0
    while True:
        if select.select([sys.stdin], [], [], random.uniform(2, 30) / 1e3)[0]:
            if not sys.stdin.readline():
                return tries, stolen
            told_at = tries + 3
            continue
        tries += 1
        try:
            words = do(client).split()
            stolen += any(word == "9000" or word[:2] == "61" for word in words)
        except scard.Error:
            client.close()
            client = scard.Client()
        if tries == told_at:
            print("tried", flush=True)


def main(what: str) -> None:
    client = scard.Client()
    if what == "steal":
        print(steal(client), flush=True)
    elif what == "hammer":
        print("began", flush=True)
        print(*hammer(client, steal), flush=True)
    elif what == "hammer-reset":
        print("began", flush=True)
        print(*hammer(client, reset), flush=True)
    elif what == "reset":
        reset(client)
    elif what == "hold":
        client.connect(client.with_card())
        client.call("SCardBeginTransaction", client.card)
        print("held", flush=True)
        sys.stdin.read()
    elif what == "exclusive":
        client.connect(client.with_card(), scard.EXCLUSIVE)
        print("held", flush=True)
        sys.stdin.read()
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) == 2 else "")
