#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""tools/quickstart shows what it says, from the build that is there: each step has its outcome, and its records are found."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from jukinet import BUILD, ROOT, missing, tap

# In this order: what stands on the screen, then the records as ausearch finds them.
STEPS = (
    "key k1 is made", "key r1 is made",
    "PIN: ******", "allowed: record", "(biz.denied)",
    "asks for your confirmation", "PIN of the second person: ******", "back into the card reader", "allowed: record",
    "your session is locked", "(sess.locked)", "Wrong PIN", "does not belong to an operator of this account",
    "op=juki:key", "op=juki:session-start acct=hanako", "op=juki:lookup", "res=success", "jwhy=biz.denied",
    "jfor=confirm", "jact=input", "jconf=p0124", "res=success", "op=juki:lock", "jwhy=sess.locked", "jwhy=pin.wrong",
    "jwhy=card.mismatch",
)


@tap.limit(420)
def test_each_step_is_shown():
    done = subprocess.run([sys.executable, "-B", f"{ROOT}/tests/support/quickstart.py", BUILD], capture_output=True, text=True,
                          timeout=400, cwd=ROOT, env=os.environ | {"PYTHONIOENCODING": "utf-8"}, check=False)
    tap.equal(done.returncode, 0, done.stdout + done.stderr)
    shown, at = re.sub(r"\s*\n\s*(\|\s+)?", " ", done.stdout), 0
    for step in STEPS:
        found = shown.find(step, at)
        tap.check(found >= 0, f"{step} is not shown after {shown[:at][-60:]!r}:\n{done.stdout}")
        at = found + len(step)
    tap.check("12345678903" not in shown, "the code is shown")


if __name__ == "__main__":
    tap.main(missing())
