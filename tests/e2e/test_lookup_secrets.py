#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Whom a lookup was about is found nowhere afterwards but as the HMAC in the log, and what was typed only where it is kept;
meanwhile both are only in memory that no core file takes, of processes that leave none.

Asked by an application on libjukinet, by jukinet-lookup, and by one that is refused. Searched: the audit log, what every service
and the system's log say, all files, command lines, the memory of services, workers, jukinet-lookup and the application, and core
files. Each kind of search must also find what was left lying about on purpose.
"""

from __future__ import annotations

import os
import random
import signal

from jukinet import BUILD, KEEP, Office, missing, procs, tap, wait_for
from remains import Search, core_files, cores_are_files, forms, kill, open_root, undumpable
from test_lookup import Inside, subject
from test_lookup_tool import Tool
from world.namespace import WORK

HOST = os.path.join(BUILD, "tests/support/code-host")
CHANCE = random.SystemRandom()
# Letters that no number and no hexadecimal dump has: the log is long, and chance must not find them in it.
LETTERS = "ghkmnpqrtuvwxyzGHKMNPQRTUVWXYZ"


def digits(count: int) -> str:
    return "".join(CHANCE.choices("123456789", k=count))


def divided(count: int) -> str:
    """A number as people divide it, with the check digit that belongs there."""
    while True:
        some = digits(count)
        rest = sum(int(one) * weight for one, weight in zip(some[-2::-1], [2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6])) % 11
        if int(some[-1]) == (0 if rest < 2 else 11 - rest):
            return f"{some[:4]}-{some[4:8]}-{some[8:]}"


def phrase(what: str) -> tuple[str, str]:
    """A text as it is typed, and the word in it that is looked for."""
    word = "".join(CHANCE.choices(LETTERS, k=12))
    return f"{what} {word} 届出", word


def typed(code: str) -> str:
    """As people type it: wide digits, a hyphen, a blank."""
    return "".join(chr(ord(one) + 0xfee0) for one in code[:3]) + f"-{code[3:7]} {code[7:]}"


CODE, OTHER, NUMBER = digits(11), digits(11), digits(12)        # an individual number is refused, and nowhere
MISPLACED = [digits(11), NUMBER, divided(11), divided(12)]      # typed where everybody reads it
(GROUNDS, A), (REQUIREMENT, B), (ENTRY, C) = (phrase(what) for what in ("窓口", "転入", "確認"))
RESIDENTS = [CODE, OTHER, NUMBER, typed(CODE), typed(OTHER), typed(CODE)[:3], typed(OTHER)[:3], CODE[3:7] + " " + CODE[7:], *MISPLACED]
TEXTS = f"{KEEP}/texts/"                # where what was typed is kept
UNDER = f"{WORK}/overlay-var-lib/upper" # the same place from below
NOBODY = Search(RESIDENTS)
NOTHING = Search([*RESIDENTS, A, B, C], but=(TEXTS, TEXTS.replace("/var/lib", UNDER, 1)))


class Desk(Office):
    """The office, whose services would leave their core files where they are found."""

    def _open_office(self) -> None:
        super()._open_office()
        self.root = open_root(self)
        self.services.jukinetd.stop()
        self.services.jukinetd.start(wrapper=self.root)

    def reset(self, holder: str = "hanako") -> None:
        super().reset(holder)
        for path in core_files(self):
            os.unlink(path)


class Application:
    """code-host as hanako."""

    def __init__(self, w: Office, *more: str, code: str = CODE) -> None:
        self.w, self.told = w, f"/tmp/code-host.{CHANCE.randrange(1 << 30)}"
        w.space.write(self.told, "")
        ends, self.feed = os.pipe()
        halves = []
        for text in (typed(code), GROUNDS, REQUIREMENT):
            mask = CHANCE.randbytes(len(text.encode()))
            halves += [mask.hex(), bytes(a ^ b for a, b in zip(mask, text.encode())).hex()]
        self.process = w.spawn([HOST, *halves, *more], uid="hanako", stdin=ends, stdout=self.told, cwd="/tmp/cores",
                               limits={"CORE": [-1, -1]})
        os.close(ends)

    def __enter__(self) -> Application:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.feed)
        if self.process.alive:
            self.process.wait(25)

    def lines(self) -> list[str]:
        return [line.strip() for line in self.w.space.read(self.told).splitlines()]

    def until(self, line: str, count: int = 1) -> None:
        wait_for(lambda: self.lines().count(line) >= count, f"{line!r}")

    def go(self) -> None:
        os.write(self.feed, b"\n")


LONG = {"receipt": 10000}       # the search takes its time


class MidAir:
    """Lookups whose record has no receipt yet: nobody has forgotten whom they are about."""

    def __init__(self, w: Office) -> None:
        self.w = w

    def __enter__(self) -> None:
        self.w.services.witness.sigstop()

    def __exit__(self, *_: object) -> None:
        self.w.services.witness.sigcont()


def worker(w: Office) -> procs.Seen:
    wait_for(lambda: len(w.services.jukinetd.children()) == 1, "the one worker")
    return w.services.jukinetd.children()[0]


def nothing(found: list, where: str) -> None:
    tap.equal([str(one) for one in found], [], where)


def no_core_has_it(pid: int, where: str) -> None:
    nothing([place for place in NOTHING.memory(pid) if not place.is_ours], where)


def services_hold_nothing(w: Office) -> None:
    """The workers have gone."""
    w.services.wait_until_idle()
    for name, service in w.services.items():
        if service.process:
            nothing(NOTHING.memory(service.pid), f"memory of {name}")


def flying(w: Office) -> list[str]:
    return w.files("/run/jukinet/state", "flight.*")


# --- tests ------------------------------------------------------------------------------------------------------------

def test_each_search_finds_what_was_planted(w):
    with Inside(w):
        with Application(w, "plant") as a:
            a.until("begun no error")
            found = NOTHING.memory(a.process.pid)
            tap.check(len(found) >= 3 and not any(place.is_ours for place in found), str(found))
            tap.equal(undumpable(a.process.pid), "dumpable, core files of unlimited and unlimited")
        for name, text in (("/var/log/planted", f"code {CODE}\n"), ("/run/jukinet/planted", typed(OTHER)),
                           ("/tmp/planted", REQUIREMENT.encode().hex().upper()), ("/home/planted", GROUNDS)):
            w.space.write(name, text)
            tap.equal(NOTHING.files(w), [name])
            os.unlink(w.space.path(name))
        shell = w.spawn(["sh", "-c", "sleep 60; exit 0", CODE])
        tap.equal(len(NOTHING.words(w)), 1)
        shell.kill_tree()


def work(w: Office) -> None:
    """A morning of lookups: allowed, refused, of nobody, with results and an entry of the ledger."""
    with Application(w) as a:
        for line, count in (("begun no error", 1), ("answer granted", 2)):
            a.until(line, count)
            a.go()
        a.until("done granted")
        a.until("ended")
        nothing(NOTHING.memory(a.process.pid), "the application, after jukinet_end()")
    for text in MISPLACED:
        for where in ("purpose", "reception"):
            with Tool(w) as t:
                tap.equal(t.begin(**{where: text})["why"], "number.long", where)
    with Tool(w) as t:
        t.begin(grounds=GROUNDS)
        for text in MISPLACED:
            for where in ("object", "permission"):
                tap.equal(t.view(**{where: text})["why"], "number.long", where)
        seen = t.view(code=typed(OTHER), search="code", requirement=REQUIREMENT)
        tap.equal(seen["why"], "granted", str(seen))
        tap.equal(t.view(code=NUMBER)["why"], "code.bad")
        tap.equal(t.view(code=typed(OTHER), business="statistics", requirement=REQUIREMENT)["why"], "biz.denied")
        t.raw(f'{{"v":1,"do":"query","action":"view","business":"moving","code":"{CODE}{"x" * 200}"}}\n'.encode())
        tap.equal(t.answer()["field"], "code")
        t.ask("result", record=seen["record"], count=1)
        no_core_has_it(worker(w).pid, "the worker, between two questions")
        nothing(NOTHING.memory(t.process.pid), "jukinet-lookup, between two questions")
        tap.equal(t.ask("done", text=ENTRY, count=1)["why"], "granted")
        nothing(NOTHING.memory(t.process.pid), "jukinet-lookup, after its use")


def test_nobody_is_found_after_work(w):
    with Inside(w) as inside:
        work(w)
        services_hold_nothing(w)
        nothing(NOTHING.words(w), "command lines and environments")
        nothing(NOTHING.files(w), "files")
        w.mark()
        with open(w.audit.log, "rb") as file:
            log = file.read()
        tap.check(not NOTHING.holds(log), "the audit log")
        tap.check({subject(CODE), subject(OTHER)} <= {one.get("jsub") for one in w.records(inside.mark, "lookup")}, "no subject")
        tap.check(not w.ask("taro", uid="hanako").ok)
        tap.check("pam_jukinet" in w.syslog(), "the refusal is in the system's log")
        tap.check(not NOTHING.holds(w.syslog().encode()), "the system's log")
        for service in w.services.values():
            tap.check(not NOTHING.holds(service.stderr().encode("utf-8", "surrogateescape")), service.name)
        kept = b"".join(open(w.space.path(TEXTS + name), "rb").read() for name in w.files(TEXTS))
        tap.check(all(text.encode() in kept for text in (GROUNDS, REQUIREMENT, ENTRY)), "the texts are not kept")
        tap.check(not NOBODY.holds(kept), "a code among the texts")


def test_in_mid_air_it_is_only_where_no_core_takes_it(w):
    with Inside(w, audit=LONG):
        with Application(w) as a:
            a.until("begun no error")
            one = worker(w)
            with MidAir(w):
                a.go()
                a.until("asked no error", 2)
                wait_for(lambda: flying(w), "a lookup in mid-air")
                tap.check(NOBODY.memory(one.pid), "the worker does not hold the code: the search is blind")
                no_core_has_it(one.pid, "the worker")
                no_core_has_it(a.process.pid, "the application")
                for name in ("card", "witness"):
                    nothing(NOTHING.memory(w.services[name].pid), name)
                nothing(NOTHING.memory(w.services.jukinetd.pid), "jukinetd's accepter")
                nothing(NOTHING.words(w), "command lines and environments")
                nothing(NOTHING.files(w), "files")
                for pid in (one.pid, w.services.jukinetd.pid, *(w.services[name].pid for name in ("card", "witness"))):
                    tap.equal(undumpable(pid), "", str(procs.look(pid)))
            a.until("answer granted", 2)
        with Tool(w) as t:
            t.begin()
            with MidAir(w):
                t.say("query", action="search", business="moving", search="code", code=typed(OTHER), requirement=REQUIREMENT)
                wait_for(lambda: flying(w), "a lookup in mid-air")
                no_core_has_it(t.process.pid, "jukinet-lookup")
                tap.equal(undumpable(t.process.pid), "", "jukinet-lookup")
            tap.equal(t.answer()["why"], "granted")


def end(w: Office, number: int) -> None:
    """A lookup in mid-air; its worker gets the signal, and then who asked."""
    with Tool(w) as t:
        t.begin()
        one = worker(w)
        with MidAir(w):
            t.say("query", action="search", business="moving", search="code", code=typed(OTHER), requirement=REQUIREMENT)
            wait_for(lambda: flying(w), "a lookup in mid-air")
            kill(procs.look(t.process.pid), number)
            nothing(core_files(w), "jukinet-lookup")
    with Application(w) as a:
        a.until("begun no error")
        one = worker(w)
        with MidAir(w):
            a.go()
            a.until("asked no error", 2)
            wait_for(lambda: flying(w), "a lookup in mid-air")
            kill(one, number)
            nothing(core_files(w), "the worker")


@tap.skip_if(cores_are_files())
def test_killed_in_mid_air_there_is_no_core(w):
    with Inside(w, audit=LONG):
        for number in (signal.SIGSEGV, signal.SIGABRT):
            # Where a service works, and where an application does, an ordinary program of that user leaves one.
            account = w.accounts["_jukinet"]
            user = ["setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups", "sleep", "60"]
            for argv in ([*w.root, *user], user):
                victim = w.spawn(argv, cwd="/tmp/cores", limits={"CORE": [-1, -1]})
                wait_for(lambda: "sleep" == procs.look(victim.pid).command().split()[0], "sleep")
                victim.signal(number)
                victim.wait(5)
                tap.equal(len(core_files(w)), 1, f"core files of {argv}")
                os.unlink(core_files(w)[0])
            end(w, number)


@tap.skip_if(cores_are_files())
def test_core_of_an_application_names_nobody(w):
    """Its core is not ours to forbid; what the library holds must not be in it."""
    with Inside(w, audit=LONG):
        for more, expected in (("plant",), True), ((), False):
            with Application(w, *more) as a:
                a.until("begun no error")
                with MidAir(w):
                    a.go()
                    a.until("asked no error", 2)
                    a.process.signal(signal.SIGABRT)
                    a.process.wait(10)
            cores = core_files(w)
            tap.equal(len(cores), 1, "core files of the application")
            with open(cores[0], "rb") as file:
                tap.equal(NOTHING.holds(file.read()), expected, f"whom it is about in the core, with {more}")
            os.unlink(cores[0])


if __name__ == "__main__":
    tap.main(missing(), w=lambda: Desk("lookup_secrets", cores=True))
