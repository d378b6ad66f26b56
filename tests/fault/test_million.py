#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A million lookups, and meanwhile auditd, the witness and jukinetd go and come back: what was answered "allowed" stands in the
log, once, and nothing else does unless it is void. Nor does any log, record, state or core file hold whom it was about.

    test_million.py BUILD [--lookups 1000000]

Eight processes of four accounts ask, sixteen questions of each unanswered at a time; of a hundred one is refused by the matrix,
one names no resident, one is a search with a requirement. The log rotates and all of it is kept, read once at the end, and held
against what the eight have written down.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import signal
import sys
import tempfile
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Iterator

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

from jukinet import AuditDaemon, BUILD, COUNTER, KEEP, Office, STATE, enter, leave, missing, procs, tap, wait_for  # noqa: E402
from remains import core_files, cores_are_files, open_root                                                                      # noqa: E402
from test_lookup import Application, RECEIPT_KEY, SUBJECT_KEY, TYPES, key_file, subject                                 # noqa: E402

CLIENT = os.path.join(BUILD, "tests/support/use-client")
ACCOUNTS = {"hanako": "hanako", "taro": "taro", "jiro": "jiro", COUNTER: "taro"}       # account: whose card
EACH = 2                # processes of an account
IN_FLIGHT = 16
LINE = 47               # bytes of an allowed answer, as use-client writes it
DOWN = 2.5              # seconds without an auditd, longer than a receipt is waited for
RESTART = 0.1           # systemd's RestartSec
RECEIPT_MS = 1500


def digits(count: int) -> str:
    return "".join(random.SystemRandom().choices("0123456789", k=count))


# Of this run alone, so that none is found by chance.
CODES = [digits(11) for _ in range(len(ACCOUNTS) * EACH)]
NUMBER = digits(12)                                             # an individual number: refused, and nowhere
GROUNDS = f"窓口の混雑 {uuid.uuid4().hex[:12]}"
REQUIREMENT = f"転入の届出 {uuid.uuid4().hex[:12]}"


def forms(text: str) -> list[bytes]:
    """As it may stand, and as audit encodes what is not plain."""
    plain = text.encode()
    return [plain, plain.hex().encode(), plain.hex().upper().encode()]


RESIDENTS = [form for text in (*CODES, NUMBER) for form in forms(text)]
TYPED = [form for text in (GROUNDS, REQUIREMENT) for form in forms(text)]


def holds(data: bytes, needles: list[bytes]) -> bool:
    return any(needle in data for needle in needles)


# --- what the log says ------------------------------------------------------------------------------------------------

HEAD = re.compile(rb"^(?:node=\S+ )?type=(\S+) msg=audit\((\d+\.\d+):(\d+)\): (?:pid=\d+ uid=(\d+) )?")
OP = re.compile(rb"msg='op=juki:([a-z-]+) ")
ID, VOID, WHY = (re.compile(rb' %s="([^"]*)"' % name) for name in (b"jid", b"jvoid", b"jwhy"))


@dataclass
class Log:
    """All of it since a mark, read once, a file at a time."""

    exe: bytes
    uid: bytes
    after: int
    granted: dict[bytes, bytes] = field(default_factory=dict)   # id -> event
    twice: list[bytes] = field(default_factory=list)
    void: set[bytes] = field(default_factory=set)
    refused: Counter = field(default_factory=Counter)           # reason -> records
    serials: set[int] = field(default_factory=set)
    clear: list[str] = field(default_factory=list)              # files that name somebody
    subjects: int = 0
    bytes: int = 0

    def read(self, path: str) -> None:
        with open(path, "rb") as file:
            data = file.read()
        self.bytes += len(data)
        if holds(data, RESIDENTS + TYPED):
            self.clear.append(path)
        self.subjects += sum(data.count(subject(code).encode()) for code in CODES)
        for line in data.split(b"\n"):
            self._take(line)

    def _take(self, line: bytes) -> None:
        head = HEAD.match(line)
        if not head or head[1].startswith(b"DAEMON_") or int(head[3]) <= self.after:
            return
        self.serials.add(int(head[3]))
        op = OP.search(line)
        if op and head[4] == self.uid and self.exe in line:
            self._ours(op[1], head[2] + b":" + head[3], line)

    def _ours(self, op: bytes, event: bytes, line: bytes) -> None:
        if op == b"void":
            self.void.add(VOID.search(line)[1])
        elif op == b"lookup" and b" res=success" in line:
            if (own := ID.search(line)[1]) in self.granted:
                self.twice.append(own)
            self.granted[own] = event
        elif op == b"lookup":
            self.refused[WHY.search(line)[1].decode()] += 1

    @property
    def gaps(self) -> int:
        """Serials that no record has: each is one that the log did not get."""
        return max(self.serials) - min(self.serials) + 1 - len(self.serials)


# --- what the clients say ---------------------------------------------------------------------------------------------

class Clients:
    """Eight of use-client at work."""

    def __init__(self, w: Office, lookups: int) -> None:
        self.w, self.lookups = w, lookups
        self.begun = time.monotonic()
        self.running = []
        for i, account in enumerate(account for account in ACCOUNTS for _ in range(EACH)):
            told, answers = f"/tmp/use-client.{i}", f"/tmp/answers.{i}"
            w.space.write(told, b"")
            w.space.write(answers, b"", 0o666)
            # Half of them by an application's number, half by grounds in words.
            grounds = ["--grounds", GROUNDS] if i % 2 else []
            process = w.spawn([CLIENT, "--stay", "--mixed", "--count", str(lookups // len(CODES)), "--in-flight", str(IN_FLIGHT),
                               "--code", CODES[i], "--number", NUMBER, "--requirement", REQUIREMENT, "--answers", answers,
                               *grounds], uid=account, stdout=told, stderr=f"/tmp/use-client.err.{i}")
            self.running.append((told, answers, process))

    def part(self) -> float:
        """How much is done, about."""
        return sum(os.stat(self.w.space.path(answers)).st_size for _, answers, _ in self.running) / LINE / self.lookups

    def until(self, part: float) -> None:
        wait_for(lambda: self.part() >= part or not any(one.alive for *_, one in self.running), f"{part:.0%} of it", 3000, 0.05)

    def end(self) -> None:
        rows = []
        for i, (told, _, process) in enumerate(self.running):
            status = process.wait(3000)
            text = self.w.space.read(told)
            tap.check(status in (0, 1) and text.strip(), f"use-client: {status} {self.w.space.read(f'/tmp/use-client.err.{i}')}")
            rows.append([float(one) for one in text.split()])
        self.took = time.monotonic() - self.begun
        self.unanswered, self.uses = (int(sum(row[i] for row in rows)) for i in (7, 8))
        self.median, self.p99, self.most = (max(row[i] for row in rows) for i in (2, 3, 4))
        self._read()

    def _read(self) -> None:
        self.allowed: dict[bytes, bytes] = {}
        self.refused: Counter = Counter()
        self.twice: list[bytes] = []
        for _, answers, _ in self.running:
            with open(self.w.space.path(answers), "rb") as file:
                for line in file:
                    why, own, receipt = line.split()
                    if why != b"granted":
                        self.refused[why.decode()] += 1
                    elif own in self.allowed:
                        self.twice.append(own)
                    else:
                        self.allowed[own] = receipt


# --- the run ----------------------------------------------------------------------------------------------------------

class Million(Office):
    """All four are logged in, and the keys are there."""

    def open(self) -> Office:
        super().open()
        try:
            self._log_in_all()
        except BaseException:
            self.close()
            raise
        return self

    def _log_in_all(self) -> None:
        self.settings(lookup={"rate": 0}, audit={"receipt": RECEIPT_MS})
        self.registry.policy(**TYPES)
        self.registry.build()
        owner = self.accounts["_jukinet"]
        for name, kind, key in (("k1", "subject", SUBJECT_KEY), ("r1", "receipt", RECEIPT_KEY)):
            self.space.write(f"{KEEP}/keys/{name}", key_file(name, kind, key), 0o600, (owner.uid, owner.gid))
        self.sessions = {account: self.app() for account in ACCOUNTS}
        for account, holder in ACCOUNTS.items():
            self.insert(holder)
            enter(self.sessions[account], account)

    def left(self) -> list[str]:
        return self.files(STATE, "flight.*") + self.files(STATE, "pending.*")

    def settle(self) -> None:
        """Each conversation that begins voids what was left, until nothing is."""
        def settled() -> bool:
            with Application(self) as app:
                app.use()
            self.services.wait_until_idle(20)
            return not self.left()
        wait_for(settled, "what was left to be void", 60)

    def whole_log(self, after: int) -> Log:
        """When all that was sent is in it."""
        word = uuid.uuid4().hex.encode()
        self.run(["auditctl", "-m", word.decode()]).check()

        def arrived() -> bool:
            for path in self.log.files()[:2]:
                with open(path, "rb") as file:
                    file.seek(max(0, os.fstat(file.fileno()).st_size - 65536))
                    if word in file.read():
                        return True
            return False
        wait_for(arrived, "the end of the log", 30)
        log = Log(b'exe="' + self.services.jukinetd.binary.encode() + b'"', str(self.accounts["_jukinet"].uid).encode(), after)
        for path in reversed(self.log.files()):
            log.read(path)
        return log


def disturb(w: Million, clients: Clients) -> None:
    clients.until(0.2)
    w.audit.terminate()
    time.sleep(DOWN)
    w.audit.start()
    clients.until(0.5)
    w.services.witness.kill()
    time.sleep(RESTART)
    w.services.witness.start()
    clients.until(0.75)
    w.services.jukinetd.restart()


def compare(clients: Clients, log: Log) -> None:
    answered, stands = set(clients.allowed), set(log.granted)
    tap.equal((len(clients.twice), len(log.twice)), (0, 0), "answered twice, and recorded twice")
    tap.equal(len(answered - stands), 0, "allowed, and not in the log")
    tap.equal(sum(log.granted[own] != clients.allowed[own] for own in answered), 0, "receipts of another event")
    tap.equal(len(answered & log.void), 0, "allowed, and void")
    tap.equal(sorted(own.decode() for own in stands - answered - log.void)[:9], [], "neither answered nor void")
    tap.equal(len(set(clients.allowed.values())), len(answered), "receipts")
    tap.equal(len(stands) - len(stands & log.void), len(answered), "records that count")
    for why in ("biz.denied", "code.bad"):
        more = log.refused[why] - clients.refused[why]
        tap.check(clients.refused[why] and -log.gaps <= more <= clients.unanswered,
                  f"{why}: {clients.refused[why]} answers, {log.refused[why]} records")


def show(clients: Clients, log: Log, files: int) -> None:
    total = len(clients.allowed) + sum(clients.refused.values())
    tap.comment(f"{total} answers in {clients.took:.0f} s, {total / clients.took:.0f} a second, the restarts included; us, of the "
                f"slowest client: median {clients.median:.0f}, p99 {clients.p99:.0f}, longest {clients.most:.0f}")
    tap.comment(f"answers: {len(clients.allowed)} allowed, refused {dict(clients.refused)}, {clients.unanswered} never came; "
                f"{clients.uses} uses")
    tap.comment(f"log: {log.bytes / 1e6:.0f} MB in {files} files; {len(log.granted)} records of allowed lookups, "
                f"{len(set(log.granted) & log.void)} of them void; {len(log.void)} voids; refused {dict(log.refused)}")
    tap.comment(f"serials: {len(log.serials)} seen, {log.gaps} missing")


def beyond_the_log(w: Million) -> None:
    """Nobody's code anywhere; and what was typed only where it is kept."""
    found, kept = [], b""
    for place in ("/run/jukinet", KEEP, "/var/log", "/run/world/log"):
        for folder, _, names in os.walk(w.space.path(place)):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.islink(path) or not os.path.isfile(path) or name.startswith("audit.log"):
                    continue
                with open(path, "rb") as file:
                    data = file.read() + os.fsencode(name)
                texts = folder.endswith(f"{KEEP}/texts")
                kept += data if texts else b""
                if holds(data, RESIDENTS if texts else RESIDENTS + TYPED):
                    found.append(path)
    tap.equal(found, [], "files that name somebody")
    tap.check(GROUNDS.encode() in kept and REQUIREMENT.encode() in kept, "the texts are not kept: the search is blind")


@tap.skip_if(cores_are_files())
def test_a_killed_worker_leaves_no_core(w):
    """In mid-lookup, when it holds the code."""
    victim = w.spawn(["sleep", "60"])
    victim.signal(signal.SIGSEGV)
    victim.wait(5)
    tap.equal(len(w.core_files()), 1, "core files of an ordinary program")
    os.unlink(w.core_files()[0])
    w.services.jukinetd.stop()
    w.services.jukinetd.start(wrapper=open_root(w))
    with Application(w) as app:
        app.use(reception="", grounds=GROUNDS)
        worker, = w.services.jukinetd.children()
        w.services.witness.sigstop()
        try:
            app.query("search", search="code", code=CODES[0], requirement=REQUIREMENT)
            wait_for(w.left, "a lookup in mid-air")
            time.sleep(0.05)
            tap.check(procs.send(worker, signal.SIGSEGV), "the worker could not be killed")
            wait_for(lambda: not ((seen := procs.look(worker.pid)) and seen.alive), "the worker to end")
        finally:
            w.services.witness.sigcont()
    tap.equal(core_files(w), [], "core files of a worker")


@tap.limit(7200)
def test_allowed_is_in_the_log_once(w):
    w.settle()
    after = w.mark().serial
    clients = Clients(w, OPTIONS.lookups)
    disturb(w, clients)
    clients.end()
    w.settle()
    log = w.whole_log(after)
    show(clients, log, len(w.log.files()))
    for app in w.sessions.values():
        leave(app)
    tap.check(log.subjects >= len(clients.allowed) * 0.9, f"{log.subjects} subjects: the log does not say about whom")
    compare(clients, log)
    tap.equal(log.clear, [], "files of the log that name somebody")
    beyond_the_log(w)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lookups", type=int, default=1000000)
    options, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    return options


OPTIONS = parse()


@contextlib.contextmanager
def kept() -> Iterator[Million]:
    """The office, in front of a log that rotates and loses nothing."""
    # auditd counts in megabytes; a thousand records have less than one.
    size = min(8, max(1, OPTIONS.lookups // 25000))
    with tempfile.TemporaryDirectory(dir="/var/tmp") as disk, \
            AuditDaemon(directory=disk, max_log_file=size, num_logs=999) as audit, \
            Million("million", share_audit=audit, cores=True) as office:
        yield office


if __name__ == "__main__":
    tap.main(missing(own_audit=True), w=kept)
