#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A cancelled conversation ends everything at once and counts as nothing (design rule 7)."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import time
from typing import Callable

from jukinet import App, Office, PIN, STATE, TRIES, enter, leave, missing, tap, texts, wait_for

DEADLINE = 55       # seconds: nothing else ends a conversation as long as these tests wait; the rule says 200 ms, and the
#                     figure is printed


def at_work(w: Office) -> list:
    """Workers and card processes."""
    return w.services.jukinetd.children() + w.services.card.children()


class Patient(Office):
    """Where every wait is long, so that what ends was cancelled."""

    def reset(self, holder: str = "hanako") -> None:
        super().reset(holder)
        self.settings(login={"deadline": DEADLINE, "card-wait": DEADLINE})
        self.registry.build()


def cancelled(w: Office, what: str, cancel: Callable[[], object]) -> None:
    """Everything ends long before its time, nothing is recorded, no try is lost, and the next login is fine."""
    tap.check(at_work(w), f"{what}: nothing was at work")
    cancel()
    took = wait_for(lambda: not at_work(w), f"{what}: all to end", every=0.001)
    tap.comment(f"{what}: all ended after {took * 1000:.1f} ms")


def in_order(w: Office, mark, tries: int | None = TRIES) -> None:
    w.card.clear()
    w.card.slow(0, 0)
    if w.card.status()["inserted"] != "yes":
        w.card.insert_and_wait()
    tap.equal([str(one) for one in w.happened(mark)], [], "records of a cancelled conversation")
    tap.equal(w.tickets() + w.files(STATE, "pending.*"), [], "left in the state")
    wait_for(lambda: w.card.counters()["verified"] == 0, "the card to be reset")
    if tries is not None:
        tap.equal(w.card.counters()["pin-tries"], tries)
    tap.check(w.ask("hanako").ok, "the next login")
    w.reset()


def prompted(w: Office, **how) -> App:
    app = w.app(**how)
    app.start("jk-test", "hanako")
    app.begin("authenticate")
    app.until_prompt()
    return app


def test_killed_at_the_prompt(w):
    w.reset()
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP):
        mark = w.mark()
        app = prompted(w)
        cancelled(w, f"signal {number} at the prompt", lambda: app.process.signal(number))
        in_order(w, mark)


def test_killed_locker_at_the_prompt(w):
    w.reset()
    with w.app() as login:
        enter(login, "hanako")
        mark = w.mark()
        app = prompted(w, uid="hanako")
        cancelled(w, "locker killed at the prompt", app.kill)
        tap.equal(w.happened(mark), [])
        tap.check(w.ask("hanako", uid="hanako").ok)
        leave(login)


def test_conversation_refused_by_the_application(w):
    """A dialog's "cancel": no answer instead of a PIN."""
    w.reset()
    mark = w.mark()
    app = prompted(w)
    app.order(answer=None)
    told = app.finish()
    tap.equal((told.code, told.said), ("PAM_CONV_ERR", []))
    wait_for(lambda: not at_work(w), "everything to end")
    app.close()
    in_order(w, mark)


def test_ctrl_c_at_the_prompt(w):
    for name, argv in (("pamtester", ["pamtester", "jk-test", "hanako", "authenticate"]),
                       ("su", ["/bin/su", "-", "hanako"]), ("login", ["/bin/login", "--", "hanako"])):
        w.reset()
        mark = w.mark()
        terminal = w.terminal()
        terminal.start(argv, **({"uid": w.accounts["mallory"].uid, "gid": w.accounts["mallory"].gid} if name == "su" else {}))
        terminal.expect(r"PIN: $")
        terminal.wait_for_echo(False)
        cancelled(w, f"^C at {name}", lambda: terminal.control("C"))
        terminal.close()
        in_order(w, mark)


def test_hang_up_of_the_terminal(w):
    w.reset()
    mark = w.mark()
    terminal = w.terminal()
    terminal.start(["/bin/login", "--", "hanako"])
    terminal.expect(r"PIN: $")
    cancelled(w, "terminal hung up", terminal.hang_up)
    in_order(w, mark)


def test_killed_while_waiting_for_a_card(w):
    w.reset()
    w.pull()
    mark = w.mark()
    with w.app() as app:
        app.start("jk-test", "hanako")
        app.begin("authenticate")
        tap.equal(app.hear()["say"], texts.text("card.insert"))
        cancelled(w, "waiting for a card", app.kill)
    in_order(w, mark)


def test_killed_while_the_card_is_looked_for(w):
    """In the middle of a slow exchange before the prompt."""
    w.reset()
    w.card.slow(400, 0)
    mark = w.mark()
    with w.app() as app:
        app.start("jk-test", "hanako")
        before = w.card.counters()["apdus"]
        app.begin("authenticate")
        wait_for(lambda: w.card.counters()["apdus"] > before, "the first APDU")
        cancelled(w, "slow card before the prompt", app.kill)
    in_order(w, mark)


def test_killed_during_the_signature(w):
    """The PIN was right, the card is at work: no record, no session, and the card does not stay verified."""
    w.reset()
    w.card.slow(0, 5000)
    mark = w.mark()
    app = prompted(w)
    before = len(w.card.apdus())
    app.order(answer=PIN)
    wait_for(lambda: re.search(r" (sign|chain) ", w.card.apdus()[before:]), "the signature to begin")
    cancelled(w, "during the signature", app.kill)
    wait_for(lambda: w.card.status()["pending"] == "none", "the virtual card to finish what it began")
    in_order(w, mark)


def test_killed_while_the_card_is_silent(w):
    w.reset()
    w.card.fault("silent", "select")
    mark = w.mark()
    with w.app() as app:
        app.start("jk-test", "hanako")
        before = w.card.counters()["apdus"]
        app.begin("authenticate")
        wait_for(lambda: w.card.counters()["apdus"] > before or w.card.status()["pending"] == "silent", "the first APDU")
        cancelled(w, "silent card", app.kill)
    in_order(w, mark, None)


def test_child_of_the_caller_keeps_the_connection_open(w):
    """The caller forks, its child lives on with the socket: the caller's end is the end all the same."""
    w.reset()
    mark = w.mark()
    app = w.app()
    app.start("jk-test", "hanako")
    app.begin("authenticate")
    app.until_prompt()
    holder = keep_descriptors(w, app.pid)
    try:
        cancelled(w, "caller dead, connection held by another", app.kill)
    finally:
        holder()
    in_order(w, mark)


def keep_descriptors(w: Office, pid: int) -> Callable[[], None]:
    """Copies of the process's sockets, taken from outside; what ends them again."""
    libc = ctypes.CDLL(None, use_errno=True)
    pidfd = os.pidfd_open(pid)
    copies = []
    for number in os.listdir(f"/proc/{pid}/fd"):
        if os.readlink(f"/proc/{pid}/fd/{number}").startswith("socket:"):
            copies.append(libc.syscall(438, pidfd, int(number), 0))     # pidfd_getfd
    os.close(pidfd)
    tap.check(copies and min(copies) >= 0, f"sockets of the caller: {copies}")
    return lambda: [os.close(fd) for fd in copies] and None


def test_twenty_in_a_row(w):
    """Each leaves the place it had: more than a caller may have at once."""
    w.reset()
    mark = w.mark()
    took = []
    for _ in range(20):
        app = prompted(w)
        app.kill()
        took.append(wait_for(lambda: not at_work(w), "everything to end", every=0.001))
        app.close()
    tap.comment(f"twenty times killed at the prompt: median {sorted(took)[10] * 1000:.1f} ms, most {max(took) * 1000:.1f} ms")
    in_order(w, mark)


def test_services_ended_with_a_caller_waiting(w):
    """jukinetd restarted under a prompt: the caller hears so, and nothing is left of the attempt."""
    w.reset()
    mark = w.mark()
    app = prompted(w)
    w.services.jukinetd.stop()
    wait_for(lambda: not w.services.card.children(), "the card process to end")
    told = app.finish_prompted(PIN)
    tap.equal(told.code, "PAM_AUTHINFO_UNAVAIL")
    w.services.jukinetd.start()
    app.close()
    in_order(w, mark)


def test_jukinetd_killed_with_a_caller_waiting(w):
    """Nobody would end a worker that outlives it."""
    w.reset()
    app = prompted(w)
    [worker] = w.services.jukinetd.wait_for_children(1)
    w.services.jukinetd.kill()
    wait_for(lambda: worker.pid not in [one.pid for one in w.processes() if one.alive], "the worker to end")
    wait_for(lambda: not w.services.card.children(), "the card process to end")
    told = app.finish_prompted(PIN)
    tap.equal(told.code, "PAM_AUTHINFO_UNAVAIL")
    app.close()
    w.services.jukinetd.start()
    tap.check(w.ask("hanako").ok)


def test_card_service_ended_with_a_caller_waiting(w):
    w.reset()
    mark = w.mark()
    app = prompted(w)
    w.services.card.stop()
    told = app.finish_prompted(PIN)
    tap.equal((told.code, told.said), ("PAM_AUTHINFO_UNAVAIL", [texts.text("card.unreadable")]))
    w.services.card.start()
    app.close()
    tap.equal([one["jwhy"] for one in w.happened(mark)], ["card.unreadable"])
    tap.check(w.ask("hanako").ok)


def test_stopped_card_service(w):
    """SIGSTOP: nobody waits for it longer than the attempt may last."""
    w.reset()
    w.settings(login={"deadline": 3, "card-wait": 2})
    w.registry.build()
    w.services.card.sigstop()
    begun = time.monotonic()
    told = w.ask("hanako")
    took = time.monotonic() - begun
    w.services.card.sigcont()
    tap.equal((told.code, told.said), ("PAM_AUTHINFO_UNAVAIL", [texts.text("attempt.timeout")]))
    tap.comment(f"jukinet-card stopped: refused after {took:.1f} s")
    w.services.wait_until_idle()
    tap.check(w.ask("hanako").ok)


def test_stopped_jukinetd(w):
    """The module has a deadline of its own."""
    w.reset()
    w.services.jukinetd.sigstop()
    begun = time.monotonic()
    told = w.ask("hanako", timeout=60)
    took = time.monotonic() - begun
    w.services.jukinetd.sigcont()
    tap.equal(told.code, "PAM_AUTHINFO_UNAVAIL")
    tap.comment(f"jukinetd stopped: refused after {took:.1f} s")
    w.services.wait_until_idle()
    tap.check(w.ask("hanako").ok)


if __name__ == "__main__":
    tap.main(missing(), w=lambda: Patient("cancel"))
