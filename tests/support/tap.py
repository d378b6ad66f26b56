# SPDX-License-Identifier: BSD-2-Clause
"""Runs test cases and prints TAP.

    def case_card_pulled_is_refused(): ...

    tap.main(globals(), sys.argv[2:], skip=reasons)

A case is a function whose name begins with case_; the rest of the name is its name in the report. It fails by any
exception, and skips by raising Skip. Names on the command line choose.
"""

from __future__ import annotations

import sys
import time
import traceback
from typing import Any, Callable, Iterable, Mapping


class Skip(Exception):
    """Why this case cannot run here."""


def note(text: object) -> None:
    """Lines that explain; they count as nothing."""
    for line in str(text).splitlines():
        print(f"# {line}", flush=True)


def want(condition: object, text: object = "") -> None:
    if not condition:
        raise AssertionError(str(text))


def main(names: Mapping[str, Any], chosen: Iterable[str] = (), skip: Iterable[str] = (), *args: Any) -> None:
    """Calls every case with args. Ends the program: status 1 when a case failed."""
    chosen = list(chosen)
    cases = [(name[5:], what) for name, what in names.items() if name.startswith("case_") and callable(what)]
    cases = [(name, what) for name, what in cases if not chosen or name in chosen]
    reasons = "; ".join(skip)
    if reasons:
        print(f"1..0 # SKIP {reasons}", flush=True)
        sys.exit(0)
    print(f"1..{len(cases)}", flush=True)
    failed = sum(not run(number, name, what, args) for number, (name, what) in enumerate(cases, 1))
    sys.exit(1 if failed or not cases else 0)


def run(number: int, name: str, case: Callable[..., None], args: Iterable[Any]) -> bool:
    begun = time.monotonic()
    try:
        case(*args)
    except Skip as reason:
        print(f"ok {number} - {name} # SKIP {reason}", flush=True)
        return True
    except Exception:       # whatever it is, the next case runs
        print(f"not ok {number} - {name}", flush=True)
        note(traceback.format_exc())
        return False
    print(f"ok {number} - {name}", flush=True)
    note(f"{time.monotonic() - begun:.2f} s")
    return True
