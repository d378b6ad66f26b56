#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A PIN is found nowhere afterwards, and meanwhile only in memory that no core file takes.

    test_secrets.py BUILD [--without-audit]

Searched: the memory of our three services and of their workers, of a PAM application that lives on, core files, all
files that a login could have written, command lines and environments. Not ours, and told as a comment where the PIN is
found there: pcscd, which carries the command, and the virtual card, which knows its PIN. Each kind of search must
also find a PIN that was left lying about on purpose.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from typing import Callable

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

from remains import Search, core_files, cores_are_files, open_root  # noqa: E402
from world import Deadline, World, missing, procs, tap  # noqa: E402
from world.namespace import WORK  # noqa: E402

AUDIT = "--without-audit" not in sys.argv
sys.argv = [word for word in sys.argv if word != "--without-audit"]
BUILD = os.path.realpath(sys.argv.pop(1) if len(sys.argv) > 1 else "build")
HOST = os.path.join(BUILD, "tests/support/pam-host")
# Letters that no number and no hexadecimal dump has: the log is long, and chance must not find eight digits in it.
LETTERS = "ghkmnpqrtuvwxyzGHKMNPQRTUVWXYZ23456789"
PIN = "".join(random.SystemRandom().sample(LETTERS, 8))
WRONG = "".join(random.SystemRandom().sample(LETTERS, 8))
KNOWS_ITS_PIN = f"{WORK}/cards/issued/"         # the virtual card's own state


class Clerk(World):
    """One person with a card whose PIN is this run's; everything runs."""

    def __init__(self, build: str = BUILD) -> None:
        super().__init__("secrets", build, audit=AUDIT, cores=True)

    def open(self) -> World:
        super().open()
        try:
            self.cards.make("hanako", pin=PIN)
            self.registry.person("p0123", accounts=["hanako"], operator_ids=["m0123-2"],
                                 cards={"c-0042": self.cards.certificate("hanako")})
            self.registry.settings(login={"deadline": 20}, audit={"recording": "witnessed" if AUDIT else "kernel"})
            self.registry.build()
            self.pam.ours()
            self.services.start(*(() if AUDIT else ("card", "jukinetd")))
            for service in (self.services.card, self.services.jukinetd):
                service.stop()
                service.start(wrapper=open_root(self))
            self.card = self.cards.put("hanako", self.pcscd.readers[0].port)
        except BaseException:
            self.close()
            raise
        return self


# --- searching --------------------------------------------------------------------------------------------------------

SEARCH = Search((PIN, WRONG), but=(KNOWS_ITS_PIN,))
holds, search_memory, search_files, search_words = SEARCH.holds, SEARCH.memory, SEARCH.files, SEARCH.words


# --- a login that can be stopped in the middle ------------------------------------------------------------------------

def halves(pin: str) -> list[str]:
    mask = random.SystemRandom().randbytes(len(pin))
    return [mask.hex(), bytes(a ^ b for a, b in zip(mask, pin.encode())).hex()]


class Host:
    """pam-host, from before its login to its end."""

    def __init__(self, w: World, *more: str, pin: str = PIN) -> None:
        self.told = f"{WORK}/log/pam-host"
        self.w = w
        w.space.write(self.told, "")
        ends, self.feed = os.pipe()
        self.process = w.spawn([HOST, "jk-test", "hanako", *halves(pin), *more], stdin=ends, stdout=self.told)
        os.close(ends)

    def lines(self) -> list[str]:
        return self.w.space.read(self.told).splitlines()

    def searched(self) -> list[str]:
        """What it found in its own memory."""
        wait_for(lambda: "searched" in self.lines(), "the application's search", 30)
        return [line for line in self.lines() if line.startswith("found")]

    def end(self) -> None:
        os.close(self.feed)
        self.process.wait()


class Held:
    """A login whose card does not answer a command: everybody waits with what they hold."""

    def __init__(self, w: World, command: str) -> None:
        self.w = w
        w.card.fault("silent", command, 1)
        self.host = Host(w)
        wait_for(lambda: w.card.status()["pending"] == "silent", f"the card to be silent at {command}")

    def worker(self) -> procs.Seen:
        return self.w.services.jukinetd.wait_for_children(1)[0]

    def card_process(self) -> procs.Seen:
        return self.w.services.card.wait_for_children(1)[0]

    def __enter__(self) -> Held:
        return self

    def __exit__(self, *_: object) -> None:
        self.w.card.clear()
        if self.host.process.alive:
            self.host.searched()
            self.host.end()
        self.w.services.wait_until_idle()
        self.w.card.set_tries(3)


def wait_for(done: Callable[[], bool], what: str, timeout: float = 30.0) -> None:
    until = time.monotonic() + timeout
    while not done():
        if time.monotonic() > until:
            raise Deadline(f"waited {timeout:g} s for {what}")
        time.sleep(0.005)


def nothing(found: list, where: str) -> None:
    tap.equal([str(one) for one in found], [], where)


# --- tests ------------------------------------------------------------------------------------------------------------

def test_each_search_finds_what_was_planted(w):
    host = Host(w, "plant")
    tap.check(host.searched(), "pam-host did not find its own copy")
    places = search_memory(host.process.pid)
    tap.check(any(place.name == "[heap]" and not place.is_ours for place in places), str(places))
    host.end()
    w.space.write("/var/log/planted", f"the PIN {PIN} was wrong\n")
    w.space.write("/tmp/planted", f"{PIN.encode().hex(' ')}\n")
    tap.equal(search_files(w), ["/var/log/planted", "/tmp/planted"])
    for name in ("/var/log/planted", "/tmp/planted"):
        os.unlink(w.space.path(name))
    sleeper = w.spawn(["sleep", "60"], env={"PIN": PIN})
    tap.check(any("environ" in one for one in search_words(w)), str(search_words(w)))
    sleeper.kill()
    shell = w.spawn(["sh", "-c", "sleep 60; exit 0", PIN])
    tap.check(any("cmdline" in one for one in search_words(w)), str(search_words(w)))
    shell.kill_tree()


def test_nothing_stays_after_logins(w):
    w.card.reset_count()
    for pin, code in ((PIN, "PAM_SUCCESS"), (WRONG, "PAM_AUTH_ERR"), (PIN, "PAM_SUCCESS")):
        tap.equal(w.pamtester("jk-test", "hanako", pin=pin).code, code)
    visit = w.login("hanako", pin=PIN, commands=["id -un"])
    tap.check(visit.reached, str(visit))
    # Typed for a card that has gone, and one that cannot be a PIN.
    w.pamtester("jk-test", "hanako", pin=PIN + PIN + PIN)
    with Held(w, "verify"):
        w.card.remove()
    w.card.insert_and_wait()
    w.card.set_tries(3)
    w.services.wait_until_idle()
    for name, service in w.services.items():
        if service.process:
            nothing(search_memory(service.pid), f"memory of {name}")
    nothing(search_words(w), "command lines and environments")
    for one in (w.pcscd.pid, w.card.process.pid):
        tap.comment(f"not ours: {procs.look(one)}: {len(search_memory(one))} places")


def test_nothing_stays_in_files_and_records(w):
    tap.equal(w.pamtester("jk-test", "hanako", pin=WRONG).code, "PAM_AUTH_ERR")
    tap.equal(w.pamtester("jk-test", "hanako", pin=PIN).code, "PAM_SUCCESS")
    if AUDIT:
        w.mark()
        tap.check(w.records(), "there are no records to search")
        nothing([one for one in w.log.all() if holds(one.line.encode())], "the audit log")
    else:
        tap.comment("without an auditd: records were not searched")
    tap.check("authentication failure" in w.syslog() and " verify " in w.card.apdus(), "the logs are empty")
    nothing(search_files(w), "files")


def test_application_keeps_nothing(w):
    host = Host(w)
    nothing(host.searched(), "the application's own search")
    tap.equal(host.lines()[0], "pam 0")
    nothing(search_memory(host.process.pid), "the application's memory")
    host.end()


def test_application_keeps_nothing_after_a_refusal(w):
    host = Host(w, pin=WRONG)
    nothing(host.searched(), "the application's own search")
    tap.equal(host.lines()[0], "pam 7")
    nothing(search_memory(host.process.pid), "the application's memory")
    host.end()
    w.card.set_tries(3)


def test_application_keeps_nothing_of_a_long_answer(w):
    """free() writes over the first 16 bytes of an answer that was not erased: a PIN alone would go unnoticed."""
    for more, found in (("plant",), True), ((), False):
        host = Host(w, *more, pin="x" * 16 + WRONG)
        tap.equal(bool(host.searched()), found, f"the application's own search, with {more}")
        tap.equal(bool(search_memory(host.process.pid)), found, f"the application's memory, with {more}")
        tap.equal(host.lines()[0], "pam 7")
        host.end()
    w.card.set_tries(3)


def test_held_pin_is_only_where_no_core_takes_it(w):
    """While VERIFY is under way."""
    with Held(w, "verify") as login:
        places = search_memory(login.worker().pid)
        tap.check(places, "the worker does not hold the PIN: the search is blind")
        nothing([place for place in places if not place.is_ours], "the worker")
        tap.comment(f"worker: {len(places)} places, all dd dc")
        places = search_memory(login.card_process().pid)
        tap.check(places, "the card process does not hold the PIN: the search is blind")
        outside = [place for place in places if not place.is_ours]
        tap.comment(f"card process: {[str(place) for place in places]}")
        nothing(outside, "the card process")
        nothing(search_memory(login.host.process.pid), "the application, which has sent it")


def test_after_verify_the_card_process_has_no_pin(w):
    with Held(w, "sign") as login:
        nothing(search_memory(login.card_process().pid), "the card process")
        nothing([place for place in search_memory(login.worker().pid) if not place.is_ours], "the worker")
        nothing(search_memory(login.host.process.pid), "the application")


def test_held_new_pin_is_only_where_no_core_takes_it(w):
    """While passwd's change is under way; and afterwards it is nowhere."""
    w.card.fault("silent", "change", 1)
    with w.terminal() as terminal:
        account = w.accounts["hanako"].uid
        terminal.start(["/usr/bin/passwd"], uid=account, loginuid=account)
        for prompt, pin in (("Present PIN: $", PIN), ("New PIN: $", WRONG), ("once more: $", WRONG)):
            terminal.expect(prompt)
            terminal.answer(pin, hidden=True)
        wait_for(lambda: w.card.status()["pending"] == "silent", "the card to be silent at change")
        for service in (w.services.jukinetd, w.services.card):
            one = service.wait_for_children(1)[0]
            places = search_memory(one.pid)
            tap.check(places or service is w.services.jukinetd, f"{one} holds no PIN: the search is blind")
            nothing([place for place in places if not place.is_ours], str(one))
        nothing(search_memory(terminal.process.pid), "passwd, which has sent them")
        nothing(search_words(w), "command lines and environments")
        w.card.clear()
        terminal.wait()
    w.services.wait_until_idle()
    for name, service in w.services.items():
        if service.process:
            nothing(search_memory(service.pid), f"memory of {name}")
    nothing(search_files(w), "files")
    w.card.set_tries(3)


@tap.skip_if(cores_are_files())
def test_aborted_processes_leave_no_core(w):
    """Neither a worker nor a card process; an ordinary program does."""
    victim = w.spawn(["sleep", "60"])
    victim.signal(signal.SIGABRT)
    victim.wait(5)
    tap.equal(len(core_files(w)), 1, "core files of an ordinary program")
    for path in core_files(w):
        os.unlink(path)
    for command in ("verify", "sign"):
        for who in (Held.worker, Held.card_process):
            with Held(w, command) as login:
                one = who(login)
                tap.check(procs.send(one, signal.SIGABRT), f"{one} could not be aborted")
                wait_for(lambda: not ((seen := procs.look(one.pid)) and seen.alive), f"{one} to end")
            nothing(core_files(w), f"core files of {who.__name__} at {command}")


@tap.skip_if(cores_are_files())
def test_core_of_an_application_has_no_pin(w):
    """Its core is not ours to forbid; the PIN must not be in it."""
    for more, expected in (("plant",), True), ((), False):
        w.card.fault("silent", "sign", 1)
        host = Host(w, *more)
        wait_for(lambda: w.card.status()["pending"] == "silent", "the card to be silent")
        host.process.signal(signal.SIGABRT)
        host.process.wait(10)
        os.close(host.feed)
        w.card.clear()
        w.services.wait_until_idle()
        cores = core_files(w)
        tap.equal(len(cores), 1, "core files of the application")
        with open(cores[0], "rb") as file:
            tap.equal(holds(file.read()), expected, f"PIN in the core, with {more}")
        os.unlink(cores[0])


if __name__ == "__main__":
    tap.main(missing(build=BUILD, audit=AUDIT), w=Clerk)
