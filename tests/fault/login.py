# SPDX-License-Identifier: BSD-2-Clause
"""One login by card in a world of its own, taken step by step, and all that can be said about it afterwards."""

from __future__ import annotations

import os
import re
import sys
import time
from dataclasses import dataclass, field
from typing import Callable

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

from world import PIN_PROMPT, AuditDaemon, Deadline, Record, Terminal, Unexpected, Visit, World  # noqa: E402
from world.world import pam_code  # noqa: E402

PIN, WRONG_PIN = "123456", "654321"
DEADLINE = 3        # seconds, of an attempt, as the world's jukinet.conf has it
SLACK = 1           # beyond it
CRASHES = {"ANOM_ABEND", "SECCOMP"}


@dataclass(frozen=True)
class Setup:
    """A kind of card, and who owns it."""

    name: str
    key: str
    extended: bool
    account: str
    steps: tuple[str, ...]


LOOK_SHORT = ("select", "verify-status", "getdata", "getresponse", "getresponse", "getresponse")
LOOK_EXTENDED = ("select", "verify-status", "getdata")
RSA_SHORT = Setup("rsa-short", "rsa2048", False, "hanako",
                  LOOK_SHORT + ("select", "verify", "chain", "sign", "getresponse"))
EC_SHORT = Setup("ec-short", "p256", False, "taro", LOOK_SHORT + ("select", "verify", "sign"))
RSA_EXTENDED = Setup("rsa-extended", "rsa2048", True, "jiro", LOOK_EXTENDED + ("select", "verify", "sign"))
EC_EXTENDED = Setup("ec-extended", "p256", True, "mallory", LOOK_EXTENDED + ("select", "verify", "sign"))
SETUPS = (RSA_SHORT, EC_SHORT, RSA_EXTENDED, EC_EXTENDED)


@dataclass
class Seen:
    """What one attempt did, as far as it can be observed from outside."""

    code: str = ""
    why: str = ""                   # jwhy of its record, "granted" for one of success
    seconds: float = 0.0
    verifies: int = 0               # VERIFY commands that reached the card
    apdus: list[str] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)      # what no fault excuses
    story: str = ""


class Attempt:
    """pamtester on a terminal, and the person in front of it, who answers at once."""

    def __init__(self, w: World, account: str, pin: str) -> None:
        self.pin = pin
        self.terminal = Terminal(w.space)
        self.begun = time.monotonic()
        self.terminal.start(["pamtester", "jk-test", account, "authenticate"])
        self.answered = False

    def go_on(self, seconds: float) -> bool:
        """Listens that long at the most; False when it has ended."""
        try:
            self.terminal.expect(PIN_PROMPT, timeout=seconds)
        except Deadline:
            return True
        except Unexpected:
            return False
        if not self.answered:
            self.terminal.answer(self.pin, hidden=True)
        self.answered = True
        return True

    def until(self, reached: Callable[[], bool], seconds: float) -> bool:
        """Goes on until something has come about; False when the attempt ended or took too long before."""
        end = time.monotonic() + seconds
        while not reached():
            if time.monotonic() > end or not self.go_on(0.002):
                return False
        return True

    def finish(self) -> tuple[str, float]:
        """The PAM code and the seconds it took in all."""
        end = self.begun + 2 * DEADLINE + SLACK
        while self.go_on(0.05) and time.monotonic() < end:
            pass
        visit = Visit()
        try:
            visit.status = self.terminal.wait(0.5)
        except Deadline:
            visit.timed_out = True
        seconds = time.monotonic() - self.begun
        visit.transcript = self.terminal.transcript()
        self.story = self.terminal.story()
        self.terminal.close()
        return pam_code(visit), seconds


class Desk:
    """A world with one person, her card in the reader, and the services running."""

    def __init__(self, build: str, setup: Setup, audit: AuditDaemon | None) -> None:
        """Without an auditd no record is looked at, and none is needed for a login."""
        self.setup = setup
        self.audited = audit is not None
        self.world = World(f"fault-{setup.name}", build, share_audit=audit, audit=self.audited, cores=True)

    def __enter__(self) -> Desk:
        self.world.open()
        try:
            self._furnish()
        except BaseException:
            self.world.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.world.close()

    def _furnish(self) -> None:
        w, me = self.world, self.setup.account
        self.good = w.cards.make("good", key=self.setup.key)
        self.clone = w.cards.make("clone", key=self.setup.key, clone_of="good")
        self.colleague = w.cards.make("colleague", key=self.setup.key)
        self.stranger = w.cards.make("stranger", key=self.setup.key)
        w.registry.person("p0123", accounts=[me], operator_ids=["m0123-2"],
                          cards={"c-0042": w.cards.certificate("good")})
        w.registry.person("p0124", operator_ids=["m0124-1"], cards={"c-0043": w.cards.certificate("colleague")})
        # Records of this world, among those of others that share the kernel's audit.
        self.terminal = f"t-{os.getpid()}"
        w.registry.terminal(self.terminal)
        w.registry.settings(terminal={"id": self.terminal}, login={"deadline": DEADLINE, "card-wait": 2},
                            audit={"recording": "witnessed" if self.audited else "kernel"})
        w.registry.build()
        w.pam.ours()
        w.services.start(*(() if self.audited else ("card", "jukinetd")))
        self.card = w.cards.put("good", w.pcscd.readers[0].port, extended=self.setup.extended)
        self.mark = w.mark() if self.audited else None
        self.heard = 0

    # an attempt

    def attempt(self, orders: tuple[str, ...] = (), pin: str = PIN,
                meanwhile: Callable[[Desk, Attempt], None] | None = None) -> Seen:
        """orders go to the card first; meanwhile does something while it runs."""
        seen = Seen()
        logged = len(self.card.apdus())
        for order in orders:
            self.card.say(order.format(box=self.world.cards.issued))
            self._wait_for_reader(order.split()[0])
        attempt = Attempt(self.world, self.setup.account, pin)
        if meanwhile:
            meanwhile(self, attempt)
        seen.code, seen.seconds = attempt.finish()
        seen.story = attempt.story
        self._settle(seen)
        seen.apdus = [line for line in self.card.apdus()[logged:].splitlines() if line.strip()]
        seen.verifies = sum(line.split()[2] == "verify" for line in seen.apdus if len(line.split()) > 2)
        if self.world.core_files():
            seen.wrong.append(f"core files: {self.world.core_files()}")
        self._read_records(seen) if self.audited else self._read_syslog(seen)
        self._judge(seen)
        return seen

    def _wait_for_reader(self, order: str) -> None:
        """A person's hands are slower than pcscd, which looks each 0.4 s."""
        if order == "insert":
            self.card.wait_until(powered="yes")
        elif order == "remove":
            time.sleep(0.6)

    def _settle(self, seen: Seen) -> None:
        """What an attempt leaves behind may only be there for the blink of an eye."""
        try:
            self.world.services.wait_until_idle(1.0)
        except Deadline as problem:
            seen.wrong.append(f"a process is left: {problem}")
        left = [str(one) for one in self.world.strays()]
        if left:
            seen.wrong.append(f"strays: {left}")
        dead = [one.name for one in self.world.services.values() if one.process and not one.alive]
        if dead:
            seen.wrong.append(f"services ended: {dead}")

    def _read_records(self, seen: Seen) -> None:
        before, self.mark = self.mark, self.world.mark()
        mine = [one for one in self.world.records(before) if one.get("jterm") == self.terminal]
        seen.records = [one for one in mine if one.op == "auth"]
        crashes = [one.line for one in self.world.log.all(before)
                   if one.type in CRASHES and (self.world.build_dir + "/" in one.line or "/pamtester" in one.line)]
        if crashes:
            seen.wrong.append(f"crashed: {crashes}")
        if len(seen.records) != 1:
            seen.wrong.append(f"{len(seen.records)} records: {[str(one) for one in mine]}")
            return
        record = seen.records[0]
        success = record.get("res") == "success"
        seen.why = "granted" if success else record.get("jwhy")
        if success != (seen.code == "PAM_SUCCESS"):
            seen.wrong.append(f"the record says {record.get('res')}, PAM {seen.code}")

    def _read_syslog(self, seen: Seen) -> None:
        """Where the machine's audit is not ours to use: the reason as the module logs it."""
        text = self.world.syslog()
        reasons = re.findall(r"authentication failure; reason=(\S+)", text[self.heard:])
        self.heard = len(text)
        seen.why = "granted" if seen.code == "PAM_SUCCESS" else " ".join(reasons)

    def _judge(self, seen: Seen) -> None:
        if seen.seconds > DEADLINE + SLACK:
            seen.wrong.append(f"took {seen.seconds:.2f} s")
        if seen.verifies > 1:
            seen.wrong.append(f"{seen.verifies} times VERIFY")

    # afterwards

    def recover(self, seen: Seen) -> None:
        """The card as at the beginning; then it must not be verified, and a clean login must work."""
        w, card = self.world, self.card
        card.clear()
        if not w.pcscd.alive:
            w.pcscd.start()
        status = card.status()
        if status["inserted"] == "no" or status["card"] != self.good.directory:
            card.insert(self.good)
            card.wait_until(powered="yes")
        elif status["connected"] == "no":
            card.wait_until(powered="yes")
        # A card process that was killed is pcscd's to clean up after, once it has the card's answer. Left alone it
        # would power the card off after 0.4 s, and that must not be taken for a reset.
        until = time.monotonic() + (0.3 if seen.why == "attempt.timeout" else 0)
        while (verified := card.counters()["verified"]) and time.monotonic() < until:
            time.sleep(0.005)
        if verified:
            seen.wrong.append("the card was left verified")
        card.set_tries(3)
        card.reset_count()
        clean = self.attempt()
        if clean.why != "granted" or clean.wrong:
            seen.wrong.append(f"then a clean login: {clean.code} {clean.why} {clean.wrong}\n{clean.story}\n"
                              + "\n".join(clean.apdus))
        elif card.counters()["verified"]:
            seen.wrong.append("a clean login left the card verified")
        card.reset_count()
