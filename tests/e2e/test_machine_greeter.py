#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A session that a display manager began, on a machine with logind: lightdm, its GTK greeter, a seat, xss-lock."""

from __future__ import annotations

import contextlib
import time
from typing import Iterator

from jukinet import PIN, WRONG, tap, wait_for
from machine import GRABBED, SCREEN_PROGRAMS, Machine, machine_missing
from test_greeter import AUTHORITY, CONFIGURATION, DESKTOP, DISPLAY, HOME, LISTENER, PROGRAMS, XSERVER, Greeter
from world.namespace import PATH
from world.pam import LOGIN

MONITOR = "_jukinet-monitor"
ON_SCREEN = {"PATH": PATH, "DISPLAY": DISPLAY, "XAUTHORITY": AUTHORITY}
SESSION = "#!/bin/sh\nxss-lock -- i3lock --nofork &\nexec sleep 600\n"
# lightdm names virtual terminal 7, whether there is one or not; logind refuses one that its seat has not.
NO_VT = "session optional pam_env.so readenv=0 conffile=/etc/lightdm/no-vt\nsession optional pam_systemd.so\n"
GREETER = "auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_loginuid.so\n" + NO_VT


class OnSeat(Greeter):
    """As in the greeter's own test, but for where it runs."""

    def log(self, what: str) -> int:
        log = "/var/log/lightdm/lightdm.log"
        return self.w.space.read(log).count(what) if self.w.space.exists(log) else 0

    def keys(self, *words: str) -> None:
        self.w.inside.run(["xdotool", *words], env=ON_SCREEN).check()

    def grabbed(self) -> bool:
        return self.w.inside.run(["/usr/bin/python3", "-c", GRABBED], env=ON_SCREEN).ok


@contextlib.contextmanager
def display_manager(m: Machine, holder: str) -> Iterator[OnSeat]:
    m.reset(holder)
    m.settings(login={"nameless": "lightdm", "deadline": 30, "card-wait": 20})
    m.registry.build()
    for name in (HOME, f"{HOME}/sessions", "/var/log/lightdm"):
        m.space.directory(name)
    for name, text, mode in (("lightdm.conf", CONFIGURATION, 0o644), ("xserver", XSERVER, 0o755),
                             ("listener", LISTENER, 0o755),
                             ("session", SESSION, 0o755), ("sessions/proof.desktop", DESKTOP, 0o644),
                             ("no-vt", "XDG_VTNR DEFAULT=\n", 0o644)):
        m.space.write(f"{HOME}/{name}", text, mode)
    m.pam.write("lightdm", LOGIN + NO_VT)
    m.space.write("/etc/pam.d/lightdm-greeter", GREETER)
    manager = m.start("display", ["/usr/sbin/lightdm", "--debug"])
    try:
        yield OnSeat(m)
    finally:
        manager.stop()


def test_a_session_on_a_seat(m):
    with display_manager(m, "jiro") as g:
        mark = m.mark()
        g.wait_for_prompt()
        g.answer(PIN)
        wait_for(lambda: "jiro" in m.sessions().values(), "the session")
        one = m.session_of("jiro")
        wait_for(lambda: m.has_locker(one), "xss-lock", every=0.02)
        shown = m.shown(one)
        tap.equal((shown["Seat"], shown["Display"], shown["Type"], shown["Class"], shown["Service"], shown["State"]),
                  ("seat0", DISPLAY, "x11", "user", "lightdm", "active"))
        begun = m.records(mark, "session-start")[-1]
        tap.equal((begun["acct"], begun["jsvc"], begun["terminal"]), ("jiro", "lightdm", DISPLAY))
        with m.signals() as heard:
            m.loginctl("lock-session", one, uid=MONITOR).check()
            heard.wait("Lock", one)
            wait_for(lambda: m.locked_hint(one), "LockedHint")
        m.loginctl("terminate-session", one, uid=MONITOR).check()
        wait_for(lambda: not m.shown(one), "logind to forget the session")
        ended = [seen["jsess"] for seen in m.happened(mark, "session-end")]
        tap.equal(ended, [begun["jsess"]], "lightdm closes the session of PAM")
        g.wait_for("Started with service 'lightdm', username", 2)


def test_card_pulled(m):
    """From lightdm's session to its locker and back: jukinet-monitor, logind, xss-lock, i3lock."""
    with display_manager(m, "jiro") as g, m.monitoring():
        g.wait_for_prompt()
        g.answer(PIN)
        wait_for(lambda: "jiro" in m.sessions().values(), "the session")
        one = m.session_of("jiro")
        wait_for(lambda: m.has_locker(one), "xss-lock", every=0.02)
        begun = m.records(op="session-start")[-1]
        mark = m.mark()
        m.card.remove()
        wait_for(lambda: m.locked_hint(one) and g.grabbed(), "the locker", 10, every=0.05)
        [lock] = m.happened(mark, "lock")
        tap.equal((lock["jfor"], lock["acct"], lock["jper"], lock["jsess"]),
                  ("card-removed", "jiro", "p0125", begun["jsess"]))
        m.insert("jiro")
        time.sleep(0.6)
        for pin, came in ((WRONG, ("failed", "pin.wrong")), (PIN, ("success", ""))):
            mark = m.mark()
            g.answer(pin)
            wait_for(lambda: m.records(mark, "auth"), "the record", 10, every=0.05)
            [auth] = m.records(mark, "auth")
            tap.equal((auth["res"], auth.get("jwhy"), auth["acct"], auth["jfor"]), (*came, "jiro", "unlock"))
        wait_for(lambda: not m.locked_hint(one), "the locker to open", 10, every=0.05)
        tap.equal([unlock["jsess"] for unlock in m.happened(mark, "unlock")], [lock["jsess"]])
        m.loginctl("terminate-session", one, uid=MONITOR).check()
        wait_for(lambda: not m.shown(one), "logind to forget the session")


if __name__ == "__main__":
    tap.main(machine_missing(*PROGRAMS, *SCREEN_PROGRAMS), m=lambda: Machine("machine_greeter"))
