#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What one asks from inside a session, without the product's own client. Prints the verdict as JSON.

inside.py manage COMMAND [FUNCTION] | look | switch OPERATOR-ID
"""

from __future__ import annotations

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import frames                                                                                       # noqa: E402
from frames import encode, every, field                                                             # noqa: E402

SHOWN = {"message": frames.F_MESSAGE, "session": frames.F_SESSION, "person": frames.F_PERSON, "opid": frames.F_OPID,
         "type": frames.F_TYPE, "department": frames.F_DEPARTMENT, "terminal": frames.F_TERMINAL}


def request(nonce: bytes, what: str, *words: str) -> bytes:
    if what == "manage":
        numbers = (frames.F_COMMAND, frames.F_FUNCTION)
        return encode(frames.MANAGE, (frames.F_NONCE, nonce), *zip(numbers, words))
    return encode(frames.SWITCH, (frames.F_NONCE, nonce), *((frames.F_OPID, word) for word in words))


def main() -> None:
    talk = frames.Talk()
    talk.send(request(talk.hello(), *sys.argv[1:]))
    heard = talk.hear()
    if heard is None:
        print(json.dumps(None))
        return
    kind, fields = heard
    assert kind == frames.VERDICT, kind
    told = {name: value.decode() for name, number in SHOWN.items() if (value := field(fields, number)) is not None}
    told["why"] = int.from_bytes(field(fields, frames.F_REASON) or b"", "big")
    if (state := field(fields, frames.F_STATE)) is not None:
        told["state"] = int.from_bytes(state, "big")
    print(json.dumps(told | {"options": every(fields, frames.F_OPTION)}))


if __name__ == "__main__":
    main()
