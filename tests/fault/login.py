# SPDX-License-Identifier: BSD-2-Clause
"""One login by card in a world of its own, taken step by step, and all that can be said about it afterwards."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import sys
import time
from dataclasses import dataclass, field
from typing import Callable

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

from setups import Setup  # noqa: E402
from world import PIN_PROMPT, AuditDaemon, Conversation, Deadline, Record, Terminal, Unexpected, Visit, World  # noqa: E402
from world.world import pam_code  # noqa: E402

ACCOUNT = "hanako"
DEADLINE = 3        # seconds, of an attempt, as the world's jukinet.conf has it
SLACK = 1           # beyond it
TYPED = 0.25        # seconds until a person has typed: longer than the card process keeps its transaction
CRASHES = {"ANOM_ABEND", "SECCOMP"}
STUCK = {"attempt.timeout", "card.silent", "card.busy", "reader.down"}      # reasons after which pcscd has to clean up
KNOWN = "/var/lib/jukinet"
E2E = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e")


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
    hung: bool = False
    crashed: bool = False
    told: str = ""                  # all that stood on the terminal
    story: str = ""

    @property
    def commands(self) -> tuple[str, ...]:
        """What the card was asked, in its order."""
        rows = [line.split() for line in self.apdus]
        return tuple(row[2] for row in rows if len(row) > 2 and row[1] != "-")


class Attempt:
    """pamtester on a terminal, and the person in front of it, who does something at the prompt and then answers."""

    def __init__(self, w: World, pin: str, at_prompt: Callable[[], object], deadline: float = DEADLINE) -> None:
        self.pin = pin
        self.deadline = deadline
        self.at_prompt = at_prompt
        self.terminal = Terminal(w.space)
        self.begun = time.monotonic()
        self.terminal.start(["pamtester", "jk-test", ACCOUNT, "authenticate"])
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
            self.at_prompt()
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
        end = self.begun + 2 * self.deadline + SLACK
        while self.go_on(0.05) and time.monotonic() < end:
            pass
        visit = Visit()
        try:
            visit.status = self.terminal.wait(0.5)
        except Deadline:
            visit.timed_out = True
        seconds = time.monotonic() - self.begun
        self.told = visit.transcript = self.terminal.transcript()
        self.story = self.terminal.story()
        self.terminal.close()
        return pam_code(visit), seconds


def at_once(_: object) -> None:
    """The PIN was at hand."""


def typing(_: object) -> None:
    time.sleep(TYPED)


def tlv(tag: int, value: bytes) -> bytes:
    n = len(value)
    head = [tag, n] if n < 0x80 else [tag, 0x82, n >> 8, n & 255]
    return bytes(head) + value


def spoilt(good: bytes, kind: str) -> dict[str, bytes]:
    """What may stand in the place of the certificate's object, beside the faults that the virtual card has."""
    if kind == "jpki":
        return {"void": b"", "nested": tlv(0x30, good), "noise": os.urandom(1000), "junk-behind": good + os.urandom(4000)}
    at = 4 if good[1] == 0x82 else 3
    certificate = good[at:at + int.from_bytes(good[2:at], "big")]
    plain, packed, end = tlv(0x71, b"\0"), tlv(0x71, b"\1"), tlv(0xFE, b"")
    zipped = gzip.compress(certificate)
    return {
        "void": b"", "empty": tlv(0x70, b"") + plain + end, "missing": plain + end, "noise": os.urandom(1000),
        "nested": tlv(0x70, tlv(0x70, certificate)) + plain + end, "twice": tlv(0x70, certificate) * 2 + plain + end,
        "noise-in-it": tlv(0x70, os.urandom(900)) + plain + end, "junk-in-it": tlv(0x70, certificate + bytes(9)) + plain + end,
        "junk-behind": good + os.urandom(60000), "gzip": tlv(0x70, zipped) + packed + end,
        "gzip-cut": tlv(0x70, zipped[:len(zipped) // 2]) + packed + end,
        "gzip-of-noise": tlv(0x70, zipped[:10] + os.urandom(500)) + packed + end,
        "gzip-bomb": tlv(0x70, gzip.compress(bytes(50_000_000))[:60000]) + packed + end,
        "gzip-unsaid": tlv(0x70, zipped) + plain + end,
    }


def forget_cards(w: World) -> None:
    """As if no card had been here."""
    for name in os.listdir(w.space.path(KNOWN)):
        if name.startswith("card."):
            os.unlink(w.space.path(f"{KNOWN}/{name}"))


class Desk:
    """A world with one person, her card in the reader, and the services running."""

    def __init__(self, build: str, setup: Setup, audit: AuditDaemon | None, cards: set[str]) -> None:
        """Without an auditd no record is looked at, and none is needed for a login. cards: besides the good one."""
        self.setup = setup
        self.wanted = cards
        self.audited = audit is not None
        self.guests: list[Conversation] = []
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
        w = self.world
        self._make_cards()
        self._register()
        w.pam.ours()
        for path in ("../support/world/scard.py", "neighbour.py"):
            with open(os.path.join(E2E, path), "rb") as file:
                w.space.write(f"/tmp/{os.path.basename(path)}", file.read())
        w.services.start(*(() if self.audited else ("card", "jukinetd")))
        self.card = w.cards.put("good", w.pcscd.readers[0].port, extended=self.setup.extended)
        self.mark = w.mark() if self.audited else None
        self.heard = 0
        first = self.attempt(at_prompt=at_once)
        if first.wrong or first.why != "granted":
            raise SystemExit(f"no login without a fault: {first.code} {first.why} {first.wrong}\n{w.report()}")
        self.card.reset_count()

    def _make_cards(self) -> None:
        make, setup = self.world.cards.make, self.setup
        how = {"kind": setup.kind, "key": setup.key}
        signed = {"chuid_signed": True} if setup.part else {}
        self.good = make("good", **how, **signed)
        # Whoever is refused by the certificate may have a key that is made sooner.
        quick = how | ({"key": "p256"} if setup.kind == "card" else {})
        for name, more in {"clone": {"clone_of": "good"}, "copycat": {}}.items():
            if name in self.wanted:
                make(name, **how, **more)
        for name, more in {"colleague": {}, "stranger": {}, "revoked": {}, "expired": {"validity": "expired"},
                           "future": {"validity": "future"}, "otherca": {"ca": "other"}, "twinca": {"ca": "twin"},
                           "nousage": {"no_digital_signature": True}, "fourslots": {"slots": 4}}.items():
            if name in self.wanted:
                make(name, **quick, **more)
        if "copycat" in self.wanted:
            self._copy_guid("copycat")
        for name, content in spoilt(self._object("good"), setup.kind).items():
            self._copy(f"spoilt-{name}", "good")
            self._object(f"spoilt-{name}", content)

    def _register(self) -> None:
        w = self.world
        own = {name: w.cards.certificate(name) for name in ("good", "expired", "future", "revoked") if name in w.cards.made}
        w.registry.person("p0123", accounts=[ACCOUNT], operator_ids=["m0123-2"],
                          cards={f"c-{name}": certificate for name, certificate in own.items()})
        if "revoked" in own:
            w.registry.change("card", "c-revoked", state="revoked")
        if "colleague" in w.cards.made:
            w.registry.person("p0124", operator_ids=["m0124-1"], cards={"c-0043": w.cards.certificate("colleague")})
        # Records of this world, among those of others that share the kernel's audit.
        self.terminal = f"t-{os.getpid()}"
        w.registry.terminal(self.terminal)
        w.registry.settings(terminal={"id": self.terminal}, login={"deadline": DEADLINE, "card-wait": 2},
                            card={"kind": "jpki" if self.setup.kind == "jpki" else "piv"},
                            audit={"recording": "witnessed" if self.audited else "kernel"})
        w.registry.build()

    # cards that no vcard-make makes

    def _folder(self, name: str) -> str:
        return self.world.space.path(f"{self.world.cards.issued}/{name}")

    def _copy(self, name: str, of: str) -> None:
        shutil.copytree(self._folder(of), self._folder(name))

    def _copy_guid(self, name: str) -> None:
        """Says that it is the good card, with a certificate and a key of its own."""
        with open(f"{self._folder('good')}/state") as file:
            guid = next(line for line in file if line.startswith("guid="))
        with open(f"{self._folder(name)}/state") as file:
            lines = [guid if line.startswith("guid=") else line for line in file]
        with open(f"{self._folder(name)}/state", "w") as file:
            file.writelines(lines)
        if self.setup.part:         # the identifier as it was signed
            shutil.copy(f"{self._folder('good')}/chuid.obj", self._folder(name))

    def _object(self, name: str, content: bytes | None = None) -> bytes:
        path = f"{self._folder(name)}/{self.good.login}.obj"
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
        with open(path, "rb") as file:
            return file.read()

    # an attempt

    def attempt(self, orders: tuple[str, ...] = (), pin: str | None = None,
                meanwhile: Callable[[Desk, Attempt], None] | None = None,
                at_prompt: Callable[[Desk], object] | None = None) -> Seen:
        """orders go to the card first; meanwhile does something while it runs, at_prompt when it asks for the PIN."""
        seen = Seen()
        if not self.setup.known:
            forget_cards(self.world)
        logged = len(self.card.apdus())
        for order in orders:
            self.card.say(order.format(box=self.world.cards.issued))
            self._wait_for_reader(order.split()[0])
        do = at_prompt or (typing if self.setup.typed else at_once)
        attempt = Attempt(self.world, self.setup.pin if pin is None else pin, lambda: do(self))
        if meanwhile:
            meanwhile(self, attempt)
        seen.code, seen.seconds = attempt.finish()
        seen.story, seen.told = attempt.story, attempt.told
        self._settle(seen)
        seen.apdus = [line for line in self.card.apdus()[logged:].splitlines() if line.strip()]
        seen.verifies = sum(line.split()[2] == "verify" for line in seen.apdus if len(line.split()) > 2)
        if self.world.core_files():
            seen.crashed = True
            seen.wrong.append(f"core files: {self.world.core_files()}")
        self._read_records(seen) if self.audited else self._read_syslog(seen)
        self._judge(seen)
        return seen

    def neighbour(self, what: str) -> Conversation:
        """Another user's program at the same card, under way; recover() ends it."""
        self.guests.append(self.world.converse([sys.executable, "-B", "-I", "/tmp/neighbour.py", what], uid="mallory"))
        return self.guests[-1]

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
        guests = [one.process.pid for one in self.guests]
        left = [str(one) for one in self.world.strays() if one.pid not in guests]
        if left:
            seen.wrong.append(f"strays: {left}")
        dead = [one.name for one in self.world.services.values() if one.process and not one.alive]
        if dead:
            seen.crashed = True
            seen.wrong.append(f"services ended: {dead}")

    def _read_records(self, seen: Seen) -> None:
        before, self.mark = self.mark, self.world.mark()
        mine = [one for one in self.world.records(before) if one.get("jterm") == self.terminal]
        seen.records = [one for one in mine if one.op == "auth"]
        crashes = [one.line for one in self.world.log.all(before)
                   if one.type in CRASHES and (self.world.build_dir + "/" in one.line or "/pamtester" in one.line)]
        if crashes:
            seen.crashed = True
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
            seen.hung = True
            seen.wrong.append(f"took {seen.seconds:.2f} s")
        if seen.verifies > 1:
            seen.wrong.append(f"{seen.verifies} times VERIFY")

    # afterwards

    def recover(self, seen: Seen) -> None:
        """The card as at the beginning; then it must not be verified, and a clean login must work."""
        w, card = self.world, self.card
        card.clear()
        while self.guests:
            self.guests.pop().kill()
        if not w.pcscd.alive:
            w.pcscd.start()
        status = card.status()
        if status["inserted"] == "no":
            card.insert(self.good)
            card.wait_until(powered="yes")
        elif status["card"] != self.good.directory:
            card.change(self.good)
        elif status["connected"] == "no":
            card.wait_until(powered="yes")
        # A card process that was killed is pcscd's to clean up after, once it has the card's answer. Left alone it
        # would power the card off after 0.4 s, and that must not be taken for a reset.
        until = time.monotonic() + (0.3 if seen.why in STUCK else 0)
        while (verified := card.counters()["verified"]) and time.monotonic() < until:
            time.sleep(0.005)
        if verified:
            seen.wrong.append("the card was left verified")
        card.set_tries(3)
        card.reset_count()
        clean = self.attempt(at_prompt=at_once)
        if clean.why != "granted" or clean.wrong:
            seen.wrong.append(f"then a clean login: {clean.code} {clean.why} {clean.wrong}\n{clean.story}\n"
                              + "\n".join(clean.apdus))
        elif card.counters()["verified"]:
            seen.wrong.append("a clean login left the card verified")
        card.reset_count()
