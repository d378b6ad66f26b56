#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every fault of the table at every step of a login, with RSA and P-256, short and extended length.

    test_sweep.py BUILD [--sample] [--only TEXT] [--jobs N] [--without-audit] [--list]

Each kind of card has a world of its own; the worlds run beside each other and share one auditd. TAP: one test for
each kind of fault and card, all steps in it. --sample: a fixed part, for the quick run. --without-audit: where the
machine's audit is not to be had; then the reasons are read from syslog and no record is looked at.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import sys
import time
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from faults import CODES, Case, cases  # noqa: E402
from login import DEADLINE, SETUPS, SLACK, Desk, Seen, Setup  # noqa: E402
from world import AuditDaemon, missing, tap  # noqa: E402
from world.auditd import HostAudit  # noqa: E402

SAMPLE = 14         # runs of each kind of card
LEAVE_OUT = ("too late", "empty frame")     # of the sample: as slow as others and much alike


def chosen(setup: Setup, options: argparse.Namespace) -> list[Case]:
    found = [case for case in cases(setup) if options.only in f"{setup.name}: {case.group}: {case.name}"]
    if not options.sample:
        return found
    found = [case for case in found if case.group not in LEAVE_OUT]
    return sorted(random.Random(setup.name).sample(found, min(SAMPLE, len(found))), key=found.index)


def verdict(case: Case, seen: Seen) -> list[str]:
    """What is wrong with this run; nothing when all is as it must be."""
    wrong = list(seen.wrong)
    if seen.why != case.why:
        wrong.insert(0, f"reason {seen.why or 'none'}, not {case.why}")
    if seen.code != CODES[case.why]:
        wrong.insert(0, f"{seen.code}, not {CODES[case.why]}")
    if seen.verifies > case.verifies:
        wrong.append(f"{seen.verifies} times VERIFY, {case.verifies} allowed")
    return wrong


def run_one(desk: Desk, case: Case) -> tuple[list[str], Seen]:
    seen = desk.attempt(case.orders, case.pin, case.meanwhile)
    if case.after:
        case.after(desk)
    desk.recover(seen)
    return verdict(case, seen), seen


class Group:
    """All steps of one kind of fault."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.runs = 0
        self.slowest = 0.0
        self.failures: list[str] = []

    def add(self, case: Case, wrong: list[str], seen: Seen) -> None:
        self.runs += 1
        self.slowest = max(self.slowest, seen.seconds)
        if wrong:
            self.failures.append("\n".join([f"at {case.name}: {'; '.join(wrong)}", seen.story, *seen.apdus]))

    def text(self) -> str:
        """As lines of TAP without a number, which the parent adds."""
        word = "not ok" if self.failures else "ok"
        lines = [f"{word} {self.name}: {self.runs} runs, slowest {self.slowest:.2f} s"]
        lines += [f"# {line}" for failure in self.failures for line in failure.splitlines()]
        return "\n".join(lines) + "\n"


def sweep(build: str, setup: Setup, audit: AuditDaemon | None, options: argparse.Namespace, out: int) -> None:
    """In a process of its own; what it found goes to `out`, one group a write."""
    groups: dict[str, Group] = {}
    with Desk(build, setup, audit) as desk:
        todo = chosen(setup, options)
        for number, case in enumerate(todo, 1):
            name = f"{setup.name}: {case.group}"
            group = groups.setdefault(name, Group(name))
            group.add(case, *run_one(desk, case))
            if number == len(todo) or todo[number].group != case.group:
                os.write(out, group.text().encode())
                del groups[name]


def child(build: str, setup: Setup, audit: AuditDaemon | None, options: argparse.Namespace, out: int) -> None:
    """Never returns: what the parent has open is the parent's to close."""
    status = 1
    try:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        sweep(build, setup, audit, options, out)
        status = 0
    except BaseException:
        text = "".join(f"# {line}\n" for line in traceback.format_exc().splitlines())
        os.write(out, f"not ok {setup.name}: the sweep went on to its end\n{text}".encode())
    finally:
        os._exit(status)


class Sweep:
    def __init__(self, build: str, options: argparse.Namespace) -> None:
        self.build = build
        self.options = options
        self.number = 0
        self.failed = 0
        self.begun = time.monotonic()

    def run(self, audit: AuditDaemon | None) -> int:
        waiting = [setup for setup in SETUPS if chosen(setup, self.options)]
        running: dict[int, int] = {}        # pid -> pipe
        ends, out = os.pipe()
        try:
            while waiting or running:
                while waiting and len(running) < self.options.jobs:
                    running[self._start(waiting.pop(0), audit, ends, out)] = 1
                self._wait(running, ends)
        finally:
            for pid in running:
                os.kill(pid, signal.SIGTERM)
                os.waitpid(pid, 0)
        print(f"1..{self.number}", flush=True)
        return 1 if self.failed else 0

    def _start(self, setup: Setup, audit: AuditDaemon | None, ends: int, out: int) -> int:
        pid = os.fork()
        if pid == 0:
            os.close(ends)
            child(self.build, setup, audit, self.options, out)
        return pid

    def _wait(self, running: dict[int, int], ends: int) -> None:
        """Until one has ended; what comes meanwhile is told."""
        import select
        while True:
            if select.select([ends], [], [], 0.2)[0]:
                self._tell(os.read(ends, 1 << 20).decode())
                continue
            for pid in list(running):
                if os.waitpid(pid, os.WNOHANG)[0]:
                    del running[pid]
                    return

    def _tell(self, text: str) -> None:
        for line in text.splitlines():
            word, _, rest = line.partition("ok ")
            if not line.startswith("#") and word in ("", "not "):
                self.number += 1
                self.failed += bool(word)
                line = f"{word}ok {self.number} - {rest}  # {time.monotonic() - self.begun:.0f} s"
            print(line, flush=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--sample", action="store_true")
    parser.add_argument("--only", default="", metavar="TEXT", help="runs whose name holds this")
    parser.add_argument("--jobs", type=int, default=len(SETUPS))
    parser.add_argument("--without-audit", action="store_true")
    parser.add_argument("--list", action="store_true")
    return parser.parse_args()


def main() -> int:
    options = parse()
    if options.list:
        for setup in SETUPS:
            for case in chosen(setup, options):
                print(f"{setup.name}: {case.group}: {case.name}: {case.why}")
        return 0
    reasons = missing(build=options.build, audit=not options.without_audit, own_audit=not options.without_audit)
    if reasons:
        print(f"1..0 # SKIP {'; '.join(reasons)}")
        return 0
    runs = sum(len(chosen(setup, options)) for setup in SETUPS)
    tap.comment(f"{runs} runs; each within {DEADLINE} s and {SLACK} s more")
    with contextlib.ExitStack() as stack:
        try:
            audit = None if options.without_audit else stack.enter_context(AuditDaemon())
        except HostAudit as problem:
            print(f"1..0 # SKIP {problem}")
            return 0
        return Sweep(options.build, options).run(audit)


if __name__ == "__main__":
    sys.exit(main())
