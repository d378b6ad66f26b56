#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""One account, two persons, in all orders of logins, logouts, crashes, locks and programs left over: no program ever acts in a
session of another person than the one in whose session it was started.

    test_shared.py BUILD [--steps 250] [--seed N]
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from dataclasses import dataclass, field

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", name) for name in ("e2e", "support")]

from jukinet import COUNTER, MONITOR, Office, PIN, STAFF, missing, tap, texts  # noqa: E402

NUMBER = texts.reasons()
GRANTED, NONE, LOCKED = NUMBER["granted"], NUMBER["sess.none"], NUMBER["sess.locked"]
STEPS, SEED = 250, 20261129
MOST_PROGRAMS = 4
ORDERS = ("login", "login", "login", "logout", "crash", "program", "program", "end-program", "lock", "unlock", "end", "look")


@dataclass
class Model:
    """What is so, as far as the test has done it."""

    person: str = ""                # whose session lives; "": none
    locked: bool = False
    apps: list = field(default_factory=list)
    programs: list = field(default_factory=list)       # (program, of whom)
    steps: dict = field(default_factory=dict)


class Play:
    def __init__(self, w: Office, seed: int) -> None:
        self.w, self.random, self.m = w, random.Random(seed), Model()
        self.uid = w.accounts[COUNTER].uid

    def count(self, what: str) -> None:
        self.m.steps[what] = self.m.steps.get(what, 0) + 1

    def watch(self, *words: str) -> list[dict]:
        return self.w.python("watch.py", *words, uid=MONITOR)

    def session(self) -> str:
        found = [one["session"] for one in self.watch("look") if one.get("uid") == self.uid and "session" in one]
        return found[0] if found else ""

    # what may happen

    def login(self) -> None:
        who = self.random.choice(("hanako", "taro"))
        self.w.insert(who)
        app = self.w.app()
        app.start("jk-session", COUNTER)
        told = [app.do(op, PIN).code for op in ("authenticate", "acct_mgmt", "open_session")]
        person = STAFF[who].number
        foreign = self.m.person not in ("", person)
        left = any(of != person for _, of in self.m.programs)
        if told == ["PAM_SUCCESS"] * 3:
            tap.check(not foreign, f"{who} got into the session of {self.m.person}")
            tap.check(self.m.person != "" or not left, f"{who} got in beside {self.m.programs}")
            self.m.person = person
            self.m.locked = False       # a login beside a locked session unlocks it
            self.m.apps.append(app)
            self.count("login")
        else:
            tap.check(foreign or left, f"{who} was kept out: {told}")
            app.close()
            self.count("kept out")

    def logout(self) -> None:
        if self.m.apps:
            app = self.m.apps.pop(self.random.randrange(len(self.m.apps)))
            tap.equal(app.do("close_session").code, "PAM_SUCCESS")
            app.close()
            self.gone()

    def crash(self) -> None:
        if self.m.apps:
            app = self.m.apps.pop(self.random.randrange(len(self.m.apps)))
            app.process.kill()
            app.close()
            self.gone()

    def gone(self) -> None:
        if not self.m.apps:
            self.m.person, self.m.locked = "", False

    def program(self) -> None:
        """Started in the session: whatever becomes of that, it is this person's."""
        if self.m.person and len(self.m.programs) < MOST_PROGRAMS:
            made = self.w.converse([sys.executable, "-B", "-I", "/tmp/jk/actor.py"], uid=COUNTER)
            tap.equal(made.hear().strip(), "ready")
            self.m.programs.append((made, self.m.person))

    def end_program(self) -> None:
        if self.m.programs:
            made, _ = self.m.programs.pop(self.random.randrange(len(self.m.programs)))
            made.kill()
            made.close()

    def lock(self) -> None:
        if (session := self.session()):
            self.watch("lock", "2", session)
            self.m.locked = True

    def unlock(self) -> None:
        if self.m.person:
            who = self.random.choice(("hanako", "taro"))
            self.w.insert(who)
            told = self.w.ask(COUNTER, uid=COUNTER)
            tap.equal(told.ok, STAFF[who].number == self.m.person, f"{who} at {self.m.person}'s screen: {told}")
            self.m.locked = self.m.locked and not told.ok

    def end(self) -> None:
        if self.random.random() < 0.3 and (session := self.session()):
            self.watch("end", "21", session)
            for app in self.m.apps:
                app.close()
            self.m.apps.clear()
            self.gone()

    def look(self) -> None:
        tap.equal(bool(self.session()), self.m.person != "")

    # what must be so

    def act(self) -> None:
        """One of them, as there is a budget of one conversation a second for each uid."""
        for made, of in self.random.sample(self.m.programs, min(1, len(self.m.programs))):
            made.say("act")
            why, person = made.hear().split()
            if int(why) == GRANTED:
                tap.equal((person, self.m.locked), (of, False), "a program acted in another's session")
                self.count("acted")
            else:
                tap.check(self.m.person != of or self.m.locked, f"{of}'s program was refused: {why} {self.m}")
                self.count("acted not")

    def play(self, steps: int) -> None:
        for _ in range(steps):
            what = self.random.choice(ORDERS)
            self.count(what) if what != "login" else None
            getattr(self, what.replace("-", "_"))()
            self.act()

    def close(self) -> None:
        while self.m.programs:
            self.end_program()
        while self.m.apps:
            self.logout()


@tap.limit(1500)
def test_nobody_acts_in_anothers_session(w: Office) -> None:
    w.reset()
    w.settings(session={"leftovers-wait": 0})
    w.registry.build()
    play = Play(w, SEED)
    play.play(STEPS)
    play.close()
    tap.comment(f"seed {SEED}: {play.m.steps}")
    for what in ("login", "kept out", "acted", "acted not", "crash", "unlock", "lock"):
        tap.check(play.m.steps.get(what, 0) > 5, f"too little of: {what}")


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--steps", type=int, default=STEPS)
    options.add_argument("--seed", type=int, default=SEED)
    given, rest = options.parse_known_args()
    STEPS, SEED = given.steps, given.seed
    sys.argv[1:] = rest
    tap.main(missing(), w=lambda: Office("shared"))
