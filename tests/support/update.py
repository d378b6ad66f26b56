#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A business application in short, for the quickstart: asks jukinet-lookup before it changes a record, which a second person has
to confirm. update RECEPTION-NUMBER"""

from __future__ import annotations

import getpass
import json
import subprocess
import sys

tool = subprocess.Popen(["jukinet-lookup", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask(do: str, **how: str) -> dict:
    """The answer; what comes before it is for the people at the terminal."""
    print(json.dumps({"v": 1, "do": do, **how}), file=tool.stdin, flush=True)
    while "event" in (heard := json.loads(tool.stdout.readline())):
        if heard["event"] == "pin":
            pin = getpass.getpass("PIN of the second person: ")
            print(json.dumps({"v": 1, "do": "pin", "pin": pin}), file=tool.stdin, flush=True)
        elif "text" in heard:
            print(heard["text"], flush=True)
    return heard


ask("begin", purpose="moving-in", reception=sys.argv[1])
answer = ask("query", action="input", business="identity-info-update", code=getpass.getpass("Resident record code (not shown): "))
if answer.get("why") == "confirm.none":
    print(answer["text"])
    answer = ask("confirm")
if answer.get("allowed"):
    print(f"allowed: record {answer['record']}, event {answer['receipt']}")
else:
    print(f"not allowed: {answer.get('text')} ({answer.get('why') or answer.get('error')})")
