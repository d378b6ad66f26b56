#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""jukinet-monitor as a service of a booted workstation: from the pulled card to the locked screen, and what happens to those
who open it without a card. Without auditd, so that it waits for nobody: what is recorded is in test_monitor.py."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
import time
from typing import Iterator

from jukinet import PIN, SCRIPTS, WRONG, Deadline, frames, procs, tap, wait_for
from machine import SCREEN_PROGRAMS, Machine, Screen, Unit, machine_missing

ENDED, ACTIVE, LOCKED = range(3)
REMOVED, SCREEN_LOCKED, UNWATCHED, IGNORED = 2, 6, 10, 20
F_UID, F_STATE_ID = 64, 73
CLEAR = "/run/jukinet/monitor"
UNPROVEN = "lock, unproven"
PLASMA = ("ksmserver", "dbus-update-activation-environment")


def stands(m: Machine, account: str = "hanako") -> tuple[int, int]:
    """State and cause, as whoever waits reads it."""
    with open(m.space.path(f"/run/jukinet/sessions/{m.accounts[account].uid}"), "rb") as file:
        fields = dict(frames.decode(file.read())[1])
    return (int.from_bytes(fields[frames.F_STATE], "big"), int.from_bytes(fields[frames.F_CAUSE], "big"))


def state(m: Machine) -> int:
    return stands(m)[0]


@contextlib.contextmanager
def monitor(m: Machine, **settings: dict) -> Iterator[Unit]:
    m.reset()
    m.settings(audit={"recording": "kernel"}, **settings)
    m.registry.build()
    with m.monitoring() as unit:
        yield unit


def back(m: Machine, screen: Screen) -> None:
    m.insert("hanako")
    m.seen()
    time.sleep(0.3)
    screen.unlock(PIN)
    screen.wait_until_open()
    wait_for(lambda: state(m) == ACTIVE, "the session to be active")


def test_pulled(m):
    with monitor(m) as unit, m.screen("hanako", PIN) as screen, m.signals() as heard:
        before = unit.log().count(": lock,")
        for _ in range(3):
            pulled = time.time()
            m.card.remove()
            wait_for(lambda: state(m) == LOCKED, "the lock in jukinetd")
            at = heard.wait("Lock", screen.session).at
            tap.comment(f"told to lock after {(at - pulled) * 1000:.0f} ms")
            screen.wait_until_locked()
            tap.equal(stands(m)[1], REMOVED)
            back(m, screen)
            time.sleep(1)
            tap.equal((state(m), screen.hint), (ACTIVE, False), "it stays open")
        tap.equal(unit.log().count(": lock,") - before, 3, "once each")


def test_locked_by_its_user(m):
    with monitor(m) as unit, m.screen("hanako", PIN) as screen:
        before = unit.log().count(": lock,")
        m.loginctl("lock-session", screen.session, uid="hanako").check()
        wait_for(lambda: stands(m) == (LOCKED, SCREEN_LOCKED), "the lock in jukinetd")
        screen.wait_until_locked()
        back(m, screen)
        time.sleep(0.5)
        tap.equal((state(m), unit.log().count(": lock,") - before), (ACTIVE, 1))


class Plasma:
    """ksmserver, which holds Plasma's locker under X: it grabs, sets LockedHint, and starts kscreenlocker_greet."""

    def __init__(self, m: Machine, screen: Screen) -> None:
        self.m, self.screen = m, screen
        m.pam.write("kde", "".join(f"{kind} include jukinet-unlock\n" for kind in ("auth", "account", "session", "password")))
        screen.command("export XDG_CURRENT_DESKTOP=KDE; dbus-update-activation-environment --systemd DISPLAY")
        screen.command("ksmserver >$XDG_RUNTIME_DIR/ksmserver.log 2>&1 &")
        wait_for(lambda: m.has_locker(screen.session), "the locker to listen", 15, 0.05)

    def shows(self) -> bool:
        return any(one.name.startswith("kscreenlocker") for one in self.m.processes_of(self.screen.account))

    def wait_until_locked(self) -> None:
        wait_for(lambda: self.screen.hint and self.shows() and self.screen.grabbed(), "the screen to be locked", 10, 0.02)

    def answer(self, pin: str) -> None:
        """What is typed before it asks is lost, and it begins when somebody comes."""
        for _ in range(40):
            self.screen.keys("key", "Shift_L")
            with contextlib.suppress(Deadline):
                wait_for(self.m.services.card.children, "a try", 0.25)
                break
        time.sleep(0.7)
        self.screen.keys("type", pin)
        self.screen.keys("key", "Return")

    def wait_until_open(self) -> None:
        wait_for(lambda: not self.screen.hint and not self.shows(), "the screen to be open", 10, 0.02)


@tap.skip_if([f"no {name}" for name in PLASMA if not shutil.which(name)])
def test_plasma(m):
    """Its own locker: card pulled, wrong PIN, right PIN, and what opens it otherwise is locked again."""
    with monitor(m) as unit, m.screen("hanako", PIN, locker="") as screen:
        plasma = Plasma(m, screen)
        before = unit.log().count(UNPROVEN)
        m.card.remove()
        plasma.wait_until_locked()
        tap.equal(stands(m), (LOCKED, REMOVED))
        m.insert("hanako")
        time.sleep(0.6)
        plasma.answer(WRONG)
        wait_for(lambda: m.card.counters()["pin-tries"] == 2, "the wrong PIN")
        time.sleep(1)
        tap.equal((state(m), screen.hint, screen.grabbed()), (LOCKED, True, True))
        plasma.answer(PIN)
        plasma.wait_until_open()
        tap.equal(state(m), ACTIVE)
        m.loginctl("lock-session", screen.session, uid="hanako").check()
        plasma.wait_until_locked()
        m.loginctl("unlock-session", screen.session, uid="hanako").check()
        wait_for(lambda: unit.log().count(UNPROVEN) - before == 1, "it to be noticed", every=0.05)
        plasma.wait_until_locked()
        [greeter] = [one for one in m.processes_of("hanako") if one.name.startswith("kscreenlocker")]
        procs.send(greeter)
        wait_for(lambda: greeter.pid not in [one.pid for one in m.processes_of("hanako")], "its end")
        plasma.wait_until_locked()
        tap.equal(state(m), LOCKED)


def test_opened_without_a_card(m):
    """By its own user's Unlock, and by the end of the locker: locked again, and ended after too many."""
    with monitor(m) as unit, m.screen("hanako", PIN) as screen:
        before = unit.log().count(UNPROVEN)
        m.card.remove()
        screen.wait_until_locked()
        m.loginctl("unlock-session", screen.session, uid="hanako").check()
        wait_for(lambda: unit.log().count(UNPROVEN) - before == 1, "it to be noticed", every=0.05)
        time.sleep(0.5)
        screen.wait_until_locked()
        time.sleep(1)
        procs.send(screen.locker)
        wait_for(lambda: unit.log().count(UNPROVEN) - before == 2, "it to be noticed", every=0.05)
        screen.wait_until_locked()
        tap.equal(stands(m), (LOCKED, REMOVED))
        for _ in range(8):
            if state(m) == ENDED:
                break
            time.sleep(1.1)
            m.loginctl("unlock-session", screen.session, uid="hanako")
            time.sleep(0.4)
        wait_for(lambda: stands(m) == (ENDED, IGNORED), "the end")
        wait_for(lambda: m.shown(screen.session).get("State", "closing") == "closing", "the end of logind's session")


def test_nobody_locks(m):
    """A session without a locker: there is nothing that could hide what it shows."""
    with monitor(m, session={"lock-within": 2}), m.open_login("hanako", PIN) as session:
        tap.check(session.reached, str(session.visit))
        one = m.session_of("hanako")
        m.card.remove()
        wait_for(lambda: state(m) == LOCKED, "the lock")
        took = wait_for(lambda: stands(m) == (ENDED, IGNORED), "the end")
        tap.check(1.5 < took, f"{took:.2f} s")
        wait_for(lambda: not m.shown(one), "the end of logind's session")


def test_nobody_locks_and_somebody_is_a_nuisance(m):
    """What a user may do to his own session puts nothing off."""
    for what in ("idle", "lock type"):
        with monitor(m, session={"lock-within": 2}), m.screen("hanako", PIN, locker="") as screen:
            log = "$XDG_RUNTIME_DIR/nuisance"
            screen.command(f"{sys.executable} -B -I {SCRIPTS}/nuisance.py {what} >{log} 2>&1 &")
            screen.command(f"until grep -q begun {log}; do sleep 0.01; done")
            time.sleep(0.3)
            tap.equal(state(m), LOCKED if "lock" in what else ACTIVE, what)
            m.card.remove()
            wait_for(lambda: state(m) != ACTIVE, "the lock")
            took = wait_for(lambda: stands(m) == (ENDED, IGNORED), f"the end, with {what}")
            tap.comment(f"ended after {took:.2f} s, with {what}")


def test_logind_is_kept_busy(m):
    """Its user fills logind's queue, so that it takes no request for a minute: what it should end is killed."""
    with monitor(m) as unit, m.screen("hanako", PIN, locker="") as screen:
        log = "$XDG_RUNTIME_DIR/nuisance"
        screen.command(f"{sys.executable} -B -I {SCRIPTS}/nuisance.py flood >{log} 2>&1 &")
        screen.command(f"until grep -q begun {log}; do sleep 0.01; done")
        time.sleep(1)
        try:
            pulled = time.monotonic()
            m.card.remove()
            wait_for(lambda: state(m) != ACTIVE, "the lock")
            wait_for(lambda: stands(m) == (ENDED, IGNORED), "the end")
            wait_for(lambda: not m.processes_of("hanako"), "the end of all processes", every=0.05)
            tap.comment(f"all has gone after {time.monotonic() - pulled:.1f} s")
            tap.check("is killed without logind" in unit.log())
        finally:
            for one in m.processes_of("hanako"):
                procs.send(one)
            for name in ("systemd-logind", "polkit"):       # they would be busy for minutes
                m.systemctl("kill", "--signal=KILL", f"{name}.service")
            m.systemctl("start", "systemd-logind.service")
    tap.equal(m.files(CLEAR, "clear.*"), [])


def test_what_is_killed_is_told_by_the_time_since_the_boot(m):
    """A step of the clock drops no request, and what lay there is not obeyed however new it looks."""
    with monitor(m), m.open_login("hanako", PIN) as session:
        tap.check(session.reached, str(session.visit))
        uid, at = m.accounts["hanako"].uid, m.space.path(CLEAR)

        def ask(before: int, modified: float) -> None:
            """A request that was made so many seconds ago, in a file that says another time."""
            name = f"clear.{uid}.{int(time.clock_gettime(time.CLOCK_BOOTTIME)) - before}"
            with open(f"{at}/.new", "wb"):
                pass
            os.utime(f"{at}/.new", (modified, modified))
            os.rename(f"{at}/.new", f"{at}/{name}")
            wait_for(lambda: m.files(CLEAR, "clear.*") == [], "the answer", 5, 0.05)

        for before in (70, -5):
            ask(before, time.time())
            time.sleep(0.3)
            tap.check(m.processes_of("hanako"), f"{before} s ago: nobody remembers why")
        ask(2, time.time() - 7200)
        wait_for(lambda: not m.processes_of("hanako"), "the end of all processes", 5, 0.05)


def test_forged_signals(m):
    """Whoever tells the monitor that a session has gone, or that logind has, is not logind."""
    with monitor(m) as unit, m.screen("hanako", PIN) as screen, m.signals() as heard:
        path = re.sub("^[0-9]|[^0-9A-Za-z]", lambda one: f"_{ord(one[0]):02x}", screen.session)
        said = unit.log()
        uid = os.stat(m.space.path("/run/jukinet/monitor")).st_uid
        screen.command(f"{sys.executable} -B -I {SCRIPTS}/forger.py {uid} {screen.session} {path}", 20)
        m.card.remove()
        heard.wait("Lock", screen.session)
        screen.wait_until_locked()
        tap.equal(unit.log()[len(said):].count("logind"), 0)


def test_more_than_it_can_watch(m):
    """Of 68 sessions four are locked, and the card of any other is still watched."""
    with monitor(m) as unit, m.open_login("hanako", PIN) as session:
        tap.check(session.reached, str(session.visit))
        wait_for(lambda: state(m) == ACTIVE, "the session")
        uid = m.accounts["hanako"].uid
        at, told = m.space.path("/run/jukinet/state"), m.space.path("/run/jukinet/sessions")
        with open(f"{at}/session.{uid}", "rb") as file:
            raw = file.read()
        with open(f"{told}/{uid}", "rb") as file:
            notice = file.read()
        others = range(30001, 30068)
        for one in others:
            forged = frames.replaced(frames.replaced(raw, F_UID, one), F_STATE_ID, f"{one:016x}")
            for place, data in ((f"{at}/session.{one}", forged), (f"{told}/{one}", notice)):
                with open(place, "wb") as file:
                    os.fchmod(file.fileno(), 0o644 if data is notice else 0o600)
                    os.fchown(file.fileno(), os.stat(at).st_uid, os.stat(at).st_gid)
                    file.write(data)
        try:
            def unwatched() -> int:
                found = 0
                for one in (uid, *others):
                    with open(f"{at}/session.{one}", "rb") as file:
                        fields = dict(frames.decode(file.read())[1])
                    found += int.from_bytes(fields[frames.F_CAUSE], "big") == UNWATCHED
                return found
            wait_for(lambda: unwatched() == 4, "four to be locked", every=0.05)
            tap.check("does not answer" not in unit.log(), unit.log())
            time.sleep(0.5)
            tap.equal(unwatched(), 4)
            m.card.remove()
            wait_for(lambda: state(m) == LOCKED, "the lock in jukinetd")
        finally:
            for one in others:
                os.unlink(f"{at}/session.{one}")
                os.unlink(f"{told}/{one}")


def test_leftovers_end(m):
    with monitor(m, session={"leftovers": "end"}):
        with m.open_login("hanako", PIN) as session:
            session.command("setsid sleep 600 </dev/null >/dev/null 2>&1 &")
            session.command("systemd-run --user --quiet sleep 600")
            session.exit()
        tap.check(m.processes_of("hanako"), "something is left")
        wait_for(lambda: not m.processes_of("hanako"), "the end of what is left")


def test_logind_away(m):
    with monitor(m) as unit, m.screen("hanako", PIN) as screen:
        m.systemctl("kill", "--signal=STOP", "systemd-logind.service")
        try:
            m.card.remove()
            took = wait_for(lambda: state(m) == LOCKED, "the lock in jukinetd")
            tap.comment(f"locked after {took:.2f} s")
        finally:
            m.systemctl("kill", "--signal=CONT", "systemd-logind.service")
        screen.wait_until_locked()
        said = unit.log().count("logind answers")
        m.systemctl("restart", "systemd-logind.service")
        wait_for(lambda: unit.log().count("logind answers") > said, "logind again", every=0.1)
        back(m, screen)


def test_sleep_is_delayed_and_watched(m):
    with monitor(m) as unit:
        listed = m.inside.run(["systemd-inhibit", "--list", "--no-pager", "--no-legend"]).check().stdout
        tap.check("jukinet-monitor" in listed and "delay" in listed, listed)
        tap.equal(unit.show("SubState"), "running")
        tap.check(int(unit.show("WatchdogUSec").rstrip("s") or 0) > 0)
        unit.kill(19)       # SIGSTOP: the watchdog notices
        before = unit.show("NRestarts")
        wait_for(lambda: unit.show("NRestarts") != before, "the watchdog", every=0.2)
        wait_for(lambda: unit.show("SubState") == "running", "it to run again", every=0.1)


if __name__ == "__main__":
    tap.main(machine_missing(*SCREEN_PROGRAMS), m=lambda: Machine("machine_monitor", audit=False))
