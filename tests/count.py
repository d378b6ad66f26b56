#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Adds up what meson's runs found: tests/count.py TESTLOG.json...

Every TAP line counts as a test, and a program without TAP as one. Prints what failed, what it said, and where all of it
is written down, then one line with the sums. Status 1 when something failed or nothing ran.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator

LINE = re.compile(r"^(not )?ok\b *\d* *-? *([^#\n]*)(#[ \t]*skip\b)?", re.IGNORECASE | re.MULTILINE)
NOTHING = re.compile(r"^1\.\.0\b", re.MULTILINE)
GOOD = ("OK", "EXPECTEDFAIL")
SAID = 50       # lines shown of what a failure said


def said(output: str, bad: re.Match) -> list[str]:
    """The comments around a "not ok": our own runner's come before it, cmocka's after."""
    before, after = output[:bad.start()].splitlines(), output[bad.end():].splitlines()[1:]
    return [*comments(reversed(before))][::-1][:SAID] + [*comments(after)][:SAID]


def comments(lines: Iterable[str]) -> Iterator[str]:
    return itertools.takewhile(lambda line: line.startswith("#"), lines)


def look_at(run: dict, sums: Counter[str]) -> list[str]:
    """Adds one program's results; those that failed, with what they said."""
    output = run.get("stdout", "")
    lines = [*LINE.finditer(output)]
    failed = []
    for line in lines:
        bad, name, skipped = line.groups()
        what = "failed" if bad else "skipped" if skipped else "passed"
        sums[what] += 1
        if bad:
            failed.append("\n    ".join([f"{run['name']}: {name.strip()}", *said(output, line)]))
    if run["result"] == "SKIP" or NOTHING.search(output):
        sums["skipped"] += 0 if lines else 1
    elif run["result"] in GOOD:
        sums["passed"] += 0 if lines else 1
    elif not failed:        # it ended badly, whatever it printed before
        sums["failed"] += 1
        ending = (output + run.get("stderr", "")).splitlines()[-SAID:]
        failed.append("\n    ".join([f"{run['name']}: {run['result']}", *ending]))
    return failed


def main() -> int:
    sums: Counter[str] = Counter()
    bad = False
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            failed = [name for line in file for name in look_at(json.loads(line), sums)]
        for name in failed:
            print(f"failed: {name}")
        if failed:
            bad = True
            print(f"  written down in {os.path.splitext(path)[0]}.txt")
    print(f"{sums['passed']} passed, {sums['failed']} failed, {sums['skipped']} skipped")
    return 1 if bad or not sums["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
