#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A session that a display manager began, on a machine with logind: lightdm, its GTK greeter, a seat, xss-lock."""

from __future__ import annotations

import contextlib
from typing import Iterator

from jukinet import PIN, tap, wait_for
from machine import SCREEN_PROGRAMS, Machine, machine_missing
from test_greeter import AUTHORITY, CONFIGURATION, DESKTOP, DISPLAY, HOME, PROGRAMS, XSERVER, Greeter
from world.namespace import PATH
from world.pam import LOGIN

MONITOR = "_jukinet-monitor"
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
        self.w.inside.run(["xdotool", *words],
                          env={"PATH": PATH, "DISPLAY": DISPLAY, "XAUTHORITY": AUTHORITY}).check()


@contextlib.contextmanager
def display_manager(m: Machine, holder: str) -> Iterator[OnSeat]:
    m.reset(holder)
    m.settings(login={"nameless": "lightdm", "deadline": 30, "card-wait": 20})
    m.registry.build()
    for name in (HOME, f"{HOME}/sessions", "/var/log/lightdm"):
        m.space.directory(name)
    for name, text, mode in (("lightdm.conf", CONFIGURATION, 0o644), ("xserver", XSERVER, 0o755),
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
        wait_for(lambda: "jiro" in m.sessions().values(), "the session", 15)
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


if __name__ == "__main__":
    tap.main(machine_missing(*PROGRAMS, *SCREEN_PROGRAMS), m=lambda: Machine("machine_greeter"))
