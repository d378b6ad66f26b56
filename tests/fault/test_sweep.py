#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every fault of the table at every step of a login, with each kind of card, fresh and known.

    test_sweep.py BUILD [--sample] [--only TEXT] [--jobs N] [--table FILE] [--without-audit] [--list]

Each setup has a world of its own; the worlds run beside each other and share one auditd. TAP: one test for each kind
of fault and setup, all steps in it, and one for the totals. --sample: a fixed part, for the quick run. --table: one row
for each run (tab separated); without it only the summary is printed. --without-audit: where the machine's audit is not
to be had; then the reasons are read from syslog and no record is looked at.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import selectors
import signal
import sys
import time
import traceback
from dataclasses import asdict, dataclass, field

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from faults import CODES, GRANTED, Case, cases  # noqa: E402
from login import DEADLINE, SLACK, Desk, Seen  # noqa: E402
from setups import SETUPS, Setup  # noqa: E402
from world import AuditDaemon, missing, tap  # noqa: E402
from world.auditd import HostAudit  # noqa: E402

SAMPLE = 20             # runs of each setup
SAMPLED = ("rsa-short-known", "ec-short-fresh", "ec-extended-known", "jpki-fresh")
# Not in the sample: as slow as others and much alike.
LEAVE_OUT = ("too late", "empty frame", "pcscd stopped", "slower", "silent")
COLUMNS = ("setup", "fault", "at", "outcome", "wanted", "code", "verifies", "seconds", "wrong")


@dataclass(frozen=True)
class Row:
    """One run, as the table has it."""

    setup: str
    fault: str
    at: str
    outcome: str
    wanted: str
    code: str
    verifies: int
    seconds: float
    wrong: str
    hung: bool = False
    crashed: bool = False

    @property
    def accepted_wrongly(self) -> bool:
        return self.code == "PAM_SUCCESS" and self.wanted != GRANTED


def chosen(setup: Setup, options: argparse.Namespace) -> list[Case]:
    found = [case for case in cases(setup) if options.only in f"{setup.name}: {case.group}: {case.name}"]
    if not options.sample:
        return found
    if setup.name not in SAMPLED:
        return []
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
    if case.exactly and seen.commands != case.exactly:
        wrong.append(f"the card was asked {seen.commands}")
    if case.told and seen.told.count(case.told) != 1 + (case.why == "card.busy"):
        wrong.append(f"not told once: {case.told}")
    return wrong


def run_one(desk: Desk, case: Case) -> tuple[list[str], Seen]:
    if case.before:
        case.before(desk)
    seen = desk.attempt(case.orders, case.pin, case.meanwhile, case.at_prompt)
    if case.after:
        case.after(desk)
    desk.recover(seen)
    return verdict(case, seen), seen


@dataclass
class Group:
    """All steps of one kind of fault with one setup."""

    name: str
    rows: list[Row] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def add(self, setup: Setup, case: Case, wrong: list[str], seen: Seen) -> None:
        self.rows.append(Row(setup.name, case.group, case.name, seen.why or "-", case.why, seen.code, seen.verifies,
                             round(seen.seconds, 3), "; ".join(wrong).replace("\n", " ").replace("\t", " "),
                             seen.hung, seen.crashed))
        if wrong:
            self.failures.append("\n".join([f"at {case.name}: {'; '.join(wrong)}", seen.story, *seen.apdus]))


def sweep(build: str, setup: Setup, audit: AuditDaemon | None, options: argparse.Namespace, out: int) -> None:
    """In a process of its own; each group goes to `out` as one line when it is done."""
    groups: dict[str, Group] = {}
    todo = chosen(setup, options)
    with Desk(build, setup, audit, set().union(*(case.all_cards() for case in todo))) as desk:
        for number, case in enumerate(todo, 1):
            group = groups.setdefault(case.group, Group(f"{setup.name}: {case.group}"))
            group.add(setup, case, *run_one(desk, case))
            if case.group not in [one.group for one in todo[number:]]:
                tell(out, groups.pop(case.group))


def tell(out: int, group: Group) -> None:
    data = json.dumps(asdict(group)).encode() + b"\n"
    while data:
        data = data[os.write(out, data):]


def child(build: str, setup: Setup, audit: AuditDaemon | None, options: argparse.Namespace, out: int) -> None:
    """Never returns: what the parent has open is the parent's to close."""
    status = 1
    try:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        sweep(build, setup, audit, options, out)
        status = 0
    except BaseException:
        tell(out, Group(f"{setup.name}: the sweep went on to its end", failures=[traceback.format_exc()]))
    finally:
        os._exit(status)


class Sweep:
    def __init__(self, build: str, options: argparse.Namespace) -> None:
        self.build = build
        self.options = options
        self.number = 0
        self.failed = 0
        self.begun = time.monotonic()
        self.rows: list[Row] = []
        self.waiting = [setup for setup in SETUPS if chosen(setup, options)]
        self.running: dict[int, int] = {}       # end of its pipe -> pid
        self.heard: dict[int, bytes] = {}
        self.selector = selectors.DefaultSelector()

    def run(self, audit: AuditDaemon | None) -> int:
        try:
            while self.waiting or self.running:
                while self.waiting and len(self.running) < self.options.jobs:
                    self._start(self.waiting.pop(0), audit)
                for key, _ in self.selector.select():
                    self._hear(key.fd)
        finally:
            for pid in self.running.values():
                os.kill(pid, signal.SIGTERM)
                os.waitpid(pid, 0)
        self._conclude()
        print(f"1..{self.number}", flush=True)
        return 1 if self.failed else 0

    def _start(self, setup: Setup, audit: AuditDaemon | None) -> None:
        end, out = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(end)
            child(self.build, setup, audit, self.options, out)
        os.close(out)
        self.running[end], self.heard[end] = pid, b""
        self.selector.register(end, selectors.EVENT_READ)

    def _hear(self, end: int) -> None:
        data = os.read(end, 1 << 20)
        *lines, self.heard[end] = (self.heard[end] + data).split(b"\n")
        for line in lines:
            self._tell(json.loads(line))
        if not data:
            self.selector.unregister(end)
            os.close(end)
            os.waitpid(self.running.pop(end), 0)

    def _tell(self, group: dict) -> None:
        rows = [Row(**row) for row in group["rows"]]
        self.rows += rows
        slowest = max((row.seconds for row in rows), default=0.0)
        self._result(not group["failures"], f"{group['name']}: {len(rows)} runs, slowest {slowest:.2f} s",
                     group["failures"])

    def _result(self, good: bool, name: str, failures: list[str]) -> None:
        self.number += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.number} - {name}  # {time.monotonic() - self.begun:.0f} s")
        for line in "\n".join(failures).splitlines():
            print(f"# {line}")
        sys.stdout.flush()

    def _conclude(self) -> None:
        if self.options.table:
            with open(self.options.table, "w", encoding="utf-8") as file:
                file.write("\t".join(COLUMNS) + "\n")
                file.writelines("\t".join(str(getattr(row, name)) for name in COLUMNS) + "\n" for row in self.rows)
        for line in [*summary(self.rows), *totals(self.rows)]:
            tap.comment(line)
        bad = [row for row in self.rows if row.hung or row.crashed or row.accepted_wrongly]
        self._result(not bad, "no hang, no crash, nobody let in who should not be",
                     [f"{row.setup}: {row.fault}: {row.at}: {row.code} after {row.seconds} s" for row in bad])


def summary(rows: list[Row]) -> list[str]:
    """A Markdown table: for each fault and setup what came of it, how often, and the longest of it in seconds."""
    setups = list(dict.fromkeys(row.setup for row in rows))
    faults = list(dict.fromkeys(row.fault for row in rows))
    lines = ["| fault | " + " | ".join(setups) + " |", "|---" * (len(setups) + 1) + "|"]
    for fault in faults:
        cells = [cell([row for row in rows if (row.setup, row.fault) == (setup, fault)]) for setup in setups]
        lines.append(f"| {fault} | " + " | ".join(cells) + " |")
    return lines


def cell(rows: list[Row]) -> str:
    outcomes = list(dict.fromkeys(row.outcome for row in rows))
    return ", ".join(f"{outcome} {len(same)} ({max(row.seconds for row in same):.1f})" for outcome in outcomes
                     if (same := [row for row in rows if row.outcome == outcome])) or "–"


def totals(rows: list[Row]) -> list[str]:
    late = max((row.seconds for row in rows), default=0.0) - DEADLINE
    return [f"{len(rows)} runs: {sum(row.hung for row in rows)} hangs, {sum(row.crashed for row in rows)} crashes, "
            f"{sum(row.accepted_wrongly for row in rows)} wrong accepts; "
            f"{sum(row.outcome == GRANTED for row in rows)} granted, {sum(row.outcome != GRANTED for row in rows)} refused",
            f"slowest: {late + DEADLINE:.2f} s, {late:+.2f} s to the deadline of {DEADLINE} s; {SLACK} s are allowed"]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--sample", action="store_true")
    parser.add_argument("--only", default="", metavar="TEXT", help="runs whose name holds this")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--table", metavar="FILE")
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
