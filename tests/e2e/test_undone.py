#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Unlocks that nobody took: whoever hangs up at the worst moment leaves no session active that should not be. strace makes the
moment last. Without auditd: what is looked at is the state."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Iterator

from jukinet import NOTICES, Office, PIN, SCRIPTS, STATE, enter, frames, missing, procs, tap, wait_for

ENDED, ACTIVE, LOCKED = range(3)
REQUEST = 1
CALLER = """\
import sys, time
sys.path.insert(0, "/tmp/jk")
from frames import ASK_PIN, AUTH, F_PIN, PIN, Talk, encode
talk = Talk()
talk.hello()
talk.send(talk.request(AUTH, "hanako"))
while talk.hear()[0] != ASK_PIN:
    pass
talk.send(encode(PIN, (F_PIN, sys.argv[1])))
time.sleep(float(sys.argv[2]))
"""


def state(w: Office) -> int:
    with open(w.space.path(f"{NOTICES}/{w.accounts['hanako'].uid}"), "rb") as file:
        return int.from_bytes(dict(frames.decode(file.read())[1])[frames.F_STATE], "big")


def lock(w: Office) -> None:
    w.python("watch.py", "lock", str(REQUEST), uid="hanako")
    tap.equal(state(w), LOCKED)


@contextlib.contextmanager
def slow(w: Office, inject: str) -> Iterator[str]:
    """Every worker of jukinetd does what is injected; a file that tells it."""
    log = w.space.path("/tmp/undone.trace")
    service = w.services.jukinetd
    tracer = w.spawn(["strace", "-f", "-o", "/tmp/undone.trace", "-e", "trace=sendto,unlinkat", "-e",
                      f"inject={inject}", "-p", str(service.pid)], stderr="/tmp/undone.err")
    try:
        wait_for(lambda: traced(service.pid), "strace to be there")
        yield log
    finally:
        tracer.kill()           # whom it held goes on
        tracer.close()


def traced(pid: int) -> bool:
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return "TracerPid:\t0\n" not in file.read()


@contextlib.contextmanager
def working(w: Office) -> Iterator[None]:
    w.reset()
    w.settings(audit={"recording": "kernel"})
    w.registry.build()
    with w.app() as app:
        enter(app, "hanako")
        yield


def call(w: Office, seconds: float):
    return w.spawn([sys.executable, "-B", "-I", "-c", CALLER, PIN, str(seconds)], uid="hanako")


def test_a_lock_in_between_stands(w):
    """It was active and is active anew; somebody locks it; then the answer finds nobody."""
    with working(w):
        with slow(w, "sendto:delay_enter=100000000:when=6") as log:
            caller = call(w, 100)
            wait_for(lambda: open(log, encoding="utf-8").read().count("sendto(") >= 6, "the answer to be on its way")
            tap.equal(state(w), ACTIVE)
            [worker] = w.services.jukinetd.wait_for_children(1)
            lock(w)
            w.services.jukinetd.sigstop()               # it would end the worker of who hangs up
            caller.kill()
        wait_for(lambda: not (seen := procs.look(worker.pid)) or not seen.alive, "the end of the answer that nobody takes")
        tap.equal(state(w), LOCKED)
        w.services.jukinetd.sigcont()
        w.services.wait_until_idle()
        tap.equal(state(w), LOCKED)
        caller.close()


def test_killed_at_each_step(w):
    """Active by a record that whoever comes next voids: never."""
    with working(w):
        for step in (2, 3, 4):      # each begins by removing something
            lock(w)
            with slow(w, f"unlinkat:delay_enter=1000000:when={step}") as log:
                caller = call(w, 10)
                wait_for(lambda: open(log, encoding="utf-8").read().count("unlinkat(") >= step, f"step {step}")
                caller.kill()
                wait_for(lambda: "killed by SIGKILL" in open(log, encoding="utf-8").read(), "the worker's end")
            caller.close()
            kept = int.from_bytes(dict(frames.decode(w.state("session.*"))[1])[frames.F_STATE], "big")
            tap.check(kept != ACTIVE or not w.files(STATE, "pending.*"), f"killed at step {step}")


if __name__ == "__main__":
    tap.main(missing(programs=("strace",), audit=False), w=lambda: Office("undone", audit=False))
