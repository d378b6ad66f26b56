#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""jukinet-monitor with a real pcscd: no session is active without its card, whatever is pulled, killed or stopped, and each
of it locks once."""

from __future__ import annotations

import os
import re
import sys
import time

from jukinet import (NOTICES, Office, PIN, STAFF, enter, frames, leave, missing, procs, tap, texts, wait_for)

ENDED, ACTIVE, LOCKED = range(3)


def notice(w: Office, account: str = "hanako") -> tuple[int, int]:
    """State and cause, as whoever waits reads it."""
    with open(w.space.path(f"{NOTICES}/{w.accounts[account].uid}"), "rb") as file:
        fields = dict(frames.decode(file.read())[1])
    return (int.from_bytes(fields[frames.F_STATE], "big"), int.from_bytes(fields[frames.F_CAUSE], "big"))


def is_locked(w: Office) -> bool:
    return notice(w)[0] == LOCKED


def readers_are_known(w: Office, since: int = 0) -> bool:
    return "pcscd answers" in w.monitor.stderr()[since:]


class Working:
    """hanako works, and the monitor watches; the card is in the reader."""

    def __init__(self, w: Office, *arguments: str, reset: bool = True, **settings: dict) -> None:
        self.w, self.arguments, self.fresh, self.settings = w, arguments, reset, settings

    def __enter__(self) -> Working:
        w = self.w
        w.reset()
        if self.settings:
            w.settings(**self.settings)
            w.registry.build()
        self.said = len(w.monitor.stderr())
        w.monitor.start(*self.arguments)
        wait_for(lambda: readers_are_known(w, self.said), "the monitor's first look")
        self.app = w.app()
        self.mark = w.mark()
        enter(self.app, "hanako")
        tap.equal(notice(w), (ACTIVE, 0))
        time.sleep(0.2)
        tap.equal(notice(w), (ACTIVE, 0), "it stays so")
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        w = self.w
        try:
            if kind is None:
                leave(self.app)
        finally:
            self.app.close()
            w.monitor.stop()
            if not w.pcscd.alive:
                w.pcscd.start()

    def locks(self) -> list[str]:
        return [one["jfor"] for one in self.w.happened(self.mark, "lock")]

    def seen(self) -> list[str]:
        return [one.op for one in self.w.happened(self.mark) if one.op.startswith("card-")]

    def unlock(self) -> None:
        told = self.w.ask("hanako", uid="hanako")
        tap.check(told.ok, str(told))
        tap.equal(notice(self.w), (ACTIVE, 0))
        time.sleep(0.3)
        tap.equal(notice(self.w), (ACTIVE, 0), "it stays unlocked")


def test_card_pulled(w):
    with Working(w) as work:
        w.card.remove()
        took = wait_for(lambda: is_locked(w), "the lock")
        tap.comment(f"{took:.3f} s")
        tap.equal(work.locks(), ["card-removed"])
        one = w.one(work.mark, "lock")
        tap.equal((one["jper"], one["acct"], one["res"]), (STAFF["hanako"].number, "hanako", "success"))
        w.insert("hanako")
        wait_for(lambda: work.seen() == ["card-remove", "card-insert"], "the card to be noticed")
        time.sleep(0.3)
        tap.equal(notice(w)[0], LOCKED, "a card alone unlocks nothing")
        work.unlock()
        tap.equal(work.locks(), ["card-removed"], "once")
        tap.equal(work.seen(), ["card-remove", "card-insert"])


def test_another_card(w):
    with Working(w):
        w.insert("taro")
        took = wait_for(lambda: is_locked(w), "the lock")
        tap.comment(f"{took:.3f} s")
        w.insert("hanako")


def test_pcscd_killed(w):
    with Working(w) as work:
        w.pcscd.kill()
        took = wait_for(lambda: is_locked(w), "the lock")
        tap.comment(f"{took:.3f} s")
        time.sleep(1)
        said = len(w.monitor.stderr())
        w.pcscd.start()
        w.card.kill()
        w.card = w.cards.put("hanako", w.pcscd.readers[0].port)
        wait_for(lambda: readers_are_known(w, said), "readers again")
        work.unlock()
        tap.equal(work.locks(), ["reader-down"], "once in an outage")


def test_pcscd_stopped(w):
    with Working(w) as work:
        time.sleep(1)       # in the midst of its turns
        w.pcscd.sigstop()
        try:
            took = wait_for(lambda: is_locked(w), "the lock")
            tap.comment(f"{took:.3f} s")
            time.sleep(2)
        finally:
            said = len(w.monitor.stderr())
            w.pcscd.sigcont()
        wait_for(lambda: readers_are_known(w, said), "readers again")
        work.unlock()
        tap.equal(work.locks(), ["reader-down"], "once in an outage")


def test_monitor_killed(w):
    with Working(w) as work:
        child = w.monitor.wait_for_children(1)[0]
        w.monitor.kill()
        wait_for(lambda: procs.look(child.pid) is None, "the end of the watching process")
        w.pull()
        tap.equal(notice(w)[0], ACTIVE)
        w.monitor.start()
        took = wait_for(lambda: is_locked(w), "the lock")
        tap.comment(f"{took:.3f} s")
        w.insert("hanako")
        w.seen()
        time.sleep(0.3)
        work.unlock()
        tap.equal(work.locks(), ["monitor-start"], "once")


def test_watching_process_killed(w):
    with Working(w) as work:
        child = w.monitor.wait_for_children(1)[0]
        procs.send(child)
        wait_for(lambda: is_locked(w), "the lock")
        w.monitor.wait_for_children(1)
        time.sleep(0.5)
        work.unlock()
        tap.equal(work.locks(), ["reader-down"])


def test_jukinetd_stopped(w):
    """What was not heard is said again, and nothing else waits for it."""
    with Working(w) as work:
        w.services.jukinetd.sigstop()
        w.card.remove()
        time.sleep(2.5)
        tap.equal(notice(w)[0], ACTIVE, "jukinetd is away")
        w.services.jukinetd.sigcont()
        took = wait_for(lambda: is_locked(w), "the lock")
        tap.comment(f"{took:.3f} s")
        tap.equal(work.locks(), ["card-removed"])
        w.insert("hanako")
        w.seen()
        time.sleep(0.3)
        work.unlock()


CROWD = """\
import sys, threading
sys.path.insert(0, "/tmp/jk")
from frames import Talk
def stand():
    while True:
        try:
            Talk(timeout=1)
        except Exception:
            pass
for _ in range(700):
    threading.Thread(target=stand, daemon=True).start()
threading.Event().wait()
"""


def test_crowd_at_the_socket(w):
    """Somebody who fills jukinetd's socket keeps no session active without its card."""
    with Working(w) as work:
        crowd = w.spawn([sys.executable, "-B", "-I", "-c", CROWD], uid="mallory")
        try:
            time.sleep(1.5)
            w.card.remove()
            took = wait_for(lambda: is_locked(w), "the lock")
            tap.comment(f"{took:.3f} s")
            tap.comment(f"locked in a crowd after {took * 1000:.0f} ms")
        finally:
            crowd.kill()
        w.insert("hanako")
        w.seen()
        time.sleep(0.5)
        work.unlock()


def test_login_program_killed(w):
    with Working(w) as work:
        work.app.process.kill()
        took = wait_for(lambda: notice(w)[0] == ENDED, "the end of the session")
        tap.comment(f"{took:.3f} s")
        tap.equal(w.one(work.mark, "session-end")["jfor"], "leader-lost")
        work.app = w.app()
        enter(work.app, "hanako")


def test_card_left(w):
    """Told at the terminals and in a file, and recorded, until it is taken or used."""
    left = w.space.path("/run/jukinet/monitor/left")
    with w.terminal() as console:
        os.chmod(w.space.path(console.path), 0o666)
        console.start(["cat"])
        with Working(w, "--terminal", console.path, session={"card-left": 1}) as work:
            w.card.remove()
            wait_for(lambda: is_locked(w), "the lock")
            tap.check(not os.path.exists(left), "nothing is left")
            w.insert("hanako")
            wait_for(lambda: os.path.exists(left), "the file")
            console.expect("\a" + re.escape(texts.text("card.left")))
            wait_for(lambda: w.happened(work.mark, "card-left"), "the record")
            w.pull()
            wait_for(lambda: not os.path.exists(left), "the end of it")
            one = w.happened(work.mark, "card-remove")[-1]
            tap.check(int(one["jdur"]) >= 1, str(one))
            w.insert("hanako")
            w.seen()
            time.sleep(0.3)
            work.unlock()
            time.sleep(1.2)
            tap.check(not os.path.exists(left), "it is in use")
        console.control("d")


def spent(w: Office) -> float:
    """Seconds of processor time that it and its watching process have used."""
    total = 0
    for pid in (w.monitor.pid, *(one.pid for one in w.monitor.children())):
        with open(f"/proc/{pid}/schedstat") as file:
            total += int(file.read().split()[0])
    return total / 1e9


def test_costs_nothing(w):
    with Working(w):
        for what, seconds in (("while a session depends on its card", 6.0),):
            before = spent(w)
            time.sleep(seconds)
            share = (spent(w) - before) / seconds
            tap.check(share < 0.001, f"{what}: {share:.5f}")
            print(f"# {what}: {share * 100:.4f} % of a processor")


if __name__ == "__main__":
    tap.main(missing(), w=lambda: Office("monitor"))
