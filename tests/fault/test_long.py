#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Logins in a row: nothing grows, nothing is left, none fails.

    test_long.py BUILD [--logins 10000] [--kind rsa|ec|jpki] [--without-audit]

A card that takes no time, a program that logs in and out as fast as it goes. After each hundredth part memory, descriptors
and processes of jukinetd, jukinet-card, jukinet-witness and pcscd are looked at, and the files of jukinetd counted. What is
there after a tenth of the logins must be there at the end and no more, but for a page here and there.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

from world import World, missing, tap  # noqa: E402

PARTS = 100
SLACK_KB = 128          # that memory may have grown by
STATE = ("/run/jukinet/state", "/var/lib/jukinet")
KINDS = {"rsa": {"key": "rsa2048"}, "ec": {"key": "p256"}, "jpki": {"kind": "jpki"}}
Sample = dict[str, int]


class Office(World):
    def __init__(self, build: str, kind: str, audited: bool) -> None:
        super().__init__(f"long-{kind}", build, audit=audited)
        self.kind = kind
        self.audited = audited

    def open(self) -> World:
        super().open()
        try:
            self._furnish_long()
        except BaseException:
            self.close()
            raise
        return self

    def _furnish_long(self) -> None:
        made = self.cards.make("hanako", **KINDS[self.kind])
        self.registry.person("p0123", accounts=["hanako"], operator_ids=["m0123-2"],
                             cards={"c-0042": self.cards.certificate("hanako")})
        self.registry.settings(audit={"recording": "witnessed" if self.audited else "kernel"},
                               card={"kind": "jpki" if self.kind == "jpki" else "piv"})
        self.registry.build()
        self.pam.ours()
        self.services.start(*(() if self.audited else ("card", "jukinetd")))
        self.card = self.cards.put("hanako", self.pcscd.readers[0].port)
        self.program = self.converse([f"{self.build_dir}/tests/support/pam-loop", "jk-test", "hanako", made.pin])

    def log_in(self, times: int) -> float:
        """Milliseconds for each; all must be granted."""
        self.program.say(str(times))
        told = dict(re.findall(r"(\w+)=(-?\d+)", self.program.hear(600)))
        tap.equal((told.get("granted"), told.get("refused")), (str(times), "0"), str(told))
        self.services.wait_until_idle()
        return int(told["ms"]) / times

    def sample(self) -> Sample:
        found = {"processes": len(self.processes()),
                 "files": sum(len(os.listdir(self.space.path(place))) for place in STATE)}
        resident = {name: one for name, one in self.services.items() if one.alive} | {"pcscd": self.pcscd}
        for name, one in resident.items():
            with open(f"/proc/{one.pid}/status") as file:
                found[f"{name} kB"] = int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])
            found[f"{name} fds"] = len(os.listdir(f"/proc/{one.pid}/fd"))
            found[f"{name} threads"] = len(os.listdir(f"/proc/{one.pid}/task"))
        return found


def grown(first: Sample, last: Sample) -> list[str]:
    return [f"{name}: {first[name]} -> {last[name]}" for name in first
            if last[name] > first[name] + (SLACK_KB if name.endswith("kB") else 0)]


def long_run(build: str, kind: str, logins: int, audited: bool) -> None:
    part = max(1, logins // PARTS)
    samples: list[Sample] = []
    times: list[float] = []
    with Office(build, kind, audited) as w:
        begun = time.monotonic()
        for _ in range(PARTS):
            times.append(w.log_in(part))
            samples.append(w.sample())
        took = time.monotonic() - begun
        counters = w.card.counters()
        strays = [str(one) for one in w.strays() if one.pid != w.program.process.pid]
    warm = samples[PARTS // 10]
    # The least of the last tenth: somebody may just be at work.
    last = {name: min(sample[name] for sample in samples[-PARTS // 10:]) for name in warm}
    tap.comment(f"{kind}: {part * PARTS} logins in {took:.0f} s; {times[PARTS // 10]:.1f} ms each after a tenth, "
                f"{times[-1]:.1f} ms at the end")
    for name in warm:
        tap.comment(f"{kind}: {name}: {samples[0][name]} -> {warm[name]} -> {last[name]}")
    tap.equal(grown(warm, last), [], "grown")
    tap.equal(counters["verified"], 0, "the card at the end")
    tap.equal(strays, [], "processes left")
    tap.check(sum(times[-10:]) < 2 * sum(times[10:20]), f"slower and slower: {times}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--logins", type=int, default=10000)
    parser.add_argument("--kind", choices=[*KINDS, "all"], default="all")
    parser.add_argument("--without-audit", action="store_true")
    return parser.parse_args()


OPTIONS = parse()
sys.argv = sys.argv[:1]


def make_test(kind: str):
    @tap.limit(3600)
    def test() -> None:
        long_run(OPTIONS.build, kind, OPTIONS.logins, not OPTIONS.without_audit)
    test.__name__ = f"test_{OPTIONS.logins}_logins_with_{kind}"
    return test


for _kind in KINDS:
    if OPTIONS.kind in (_kind, "all"):
        _test = make_test(_kind)
        globals()[_test.__name__] = _test


if __name__ == "__main__":
    tap.main(missing(build=OPTIONS.build, audit=not OPTIONS.without_audit))
