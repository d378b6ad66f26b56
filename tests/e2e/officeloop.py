#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Registers persons one after the other, a command each, as whoever it is started as: officeloop.py CTL PREFIX DEPARTMENT
COUNT. Prints what failed, and how long it took, as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
import time


def main() -> None:
    ctl, prefix, department, count = sys.argv[1:]
    failed = []
    begun = time.monotonic()
    for number in range(int(count)):
        done = subprocess.run([ctl, "person", "add", f"{prefix}{number:04}", "--name", f"Person {number}", "--department",
                               department], capture_output=True, text=True, env={"LANG": "C.UTF-8"})
        if done.returncode != 0:
            failed.append((number, done.returncode, done.stderr[-300:]))
    print(json.dumps({"failed": failed[:5], "failures": len(failed), "seconds": time.monotonic() - begun}))


if __name__ == "__main__":
    main()
