#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""sddm, which takes name and PIN first, gives the PIN as the answer to whatever is asked then, and shows no text."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from typing import Iterator

from jukinet import PIN, STAFF, SYSTEM_LOCALES, WRONG, Office, missing, tap, texts, wait_for
from world.pam import LOGIN

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
HOME = "/etc/sddm"
STATE = "/var/lib/sddm"
RUN = "/run/sddm"
XARGS, WHO = "/tmp/xargs", "/tmp/who"
PROGRAMS = ("sddm", "sddm-greeter", "dbus-daemon", "Xvfb", "xdotool", "xauth")
NEEDS = [f"no {name}" for name in PROGRAMS if not shutil.which(name, path=PATH)]
# Its own theme, which every sddm has built in.
CONFIGURATION = f"""\
[Theme]
Current=
[X11]
ServerPath={HOME}/xserver
SessionDir={HOME}/sessions
SessionCommand={HOME}/session
[Wayland]
SessionDir={HOME}/none
"""
# sddm's own arguments are those of Xorg.
XSERVER = f"""\
#!/bin/sh
while [ $# -gt 0 ]; do
	[ "$1" = -auth ] && auth=$2
	[ "$1" = -displayfd ] && fd=$2
	shift
done
echo "$auth" >{XARGS}
exec Xvfb -displayfd "$fd" -screen 0 1024x600x24 -nolisten tcp -auth "$auth"
"""
SESSION = f"#!/bin/sh\nid -un >{WHO}\nexec sleep 600\n"
DESKTOP = "[Desktop Entry]\nName=proof\nExec=true\nType=Application\n"


class Greeter:
    def __init__(self, w: Office) -> None:
        self.w = w
        wait_for(lambda: w.space.exists(XARGS) and w.space.read(XARGS), "the X server", 15)
        self.env = {"PATH": PATH, "DISPLAY": ":0", "XAUTHORITY": w.space.read(XARGS).strip()}
        wait_for(lambda: w.run(["xdotool", "search", "--onlyvisible", "--class", "sddm-greeter"], env=self.env).ok,
                 "the greeter's window", 20, 0.05)
        time.sleep(1.5)         # the greeter has no log of when it takes keys

    def keys(self, *words: str) -> None:
        self.w.run(["xdotool", *words], env=self.env).check()

    def answer(self, pin: str) -> None:
        """The field for it has the keyboard, and is empty after a refusal."""
        self.keys("type", pin)
        self.keys("key", "Return")

    def is_refused(self, pin: str, why: str) -> None:
        mark = self.w.mark()
        self.answer(pin)
        wait_for(lambda: self.w.records(mark, "auth"), "the record", 15, 0.02)
        [one] = self.w.records(mark, "auth")
        tap.equal((one["res"], one["jwhy"], one["acct"], one["jsvc"]), ("failed", why, "jiro", "sddm"))
        self.screenshot(why)
        time.sleep(0.7)         # the greeter hears of it

    def screenshot(self, name: str) -> None:
        """Where somebody wants to look: SCREENSHOTS names a directory."""
        if not (directory := os.environ.get("SCREENSHOTS")) or not shutil.which("import"):
            return
        time.sleep(1)
        self.w.run(["import", "-window", "root", "/tmp/screen.png"], env=self.env).check()
        shutil.copyfile(self.w.space.path("/tmp/screen.png"), f"{directory}/sddm-{name}.png")


@contextlib.contextmanager
def greeter(w: Office) -> Iterator[Greeter]:
    """jiro is the user that it offers. On a bus without logind, so that it takes the seat for granted."""
    w.reset("jiro")
    w.shipped()
    w.pam.permit("sddm-greeter")
    for name in (HOME, f"{HOME}/sessions", STATE, "/run/dbus"):
        w.space.directory(name)
    for name, text, mode in (("/etc/sddm.conf", CONFIGURATION, 0o644), (f"{HOME}/xserver", XSERVER, 0o755),
                             (f"{HOME}/session", SESSION, 0o755), (f"{HOME}/sessions/proof.desktop", DESKTOP, 0o644),
                             (f"{STATE}/state.conf", f"[Last]\nUser=jiro\nSession={HOME}/sessions/proof.desktop\n", 0o644)):
        w.space.write(name, text, mode)
    w.run(["chown", "-R", "sddm:", STATE]).check()
    w.run(["rm", "-f", WHO, XARGS]).check()
    bus = w.spawn(["dbus-daemon", "--system", "--nofork", "--nopidfile"], stderr="/tmp/dbus.log")
    wait_for(lambda: w.space.exists("/run/dbus/system_bus_socket"), "the system bus")
    manager = w.spawn(["sddm"], env={"PATH": PATH, "LANG": "C.UTF-8"} | w.system_japanese(), stderr="/tmp/sddm.log")
    try:
        yield Greeter(w)
    finally:
        manager.kill_tree()
        bus.terminate(5)
        w.run(["rm", "-f", "/run/dbus/system_bus_socket"]).check()


@tap.skip_if(NEEDS)
def test_login(w):
    """Wrong PIN, another's card, no card, the right one; and the session ends with its program."""
    with greeter(w) as g:
        g.screenshot("begin")
        g.is_refused(WRONG, "pin.wrong")
        w.insert("taro")
        g.is_refused(PIN, "card.mismatch")
        tap.equal(w.card.counters()["pin-tries"], 3, "his card met no PIN")
        w.pull()
        g.is_refused(PIN, "card.none")
        w.insert("jiro", tries=1)
        g.is_refused(WRONG, "pin.last")
        tap.equal(w.card.counters()["pin-tries"], 1, "not the last one")
        tap.check(not w.space.exists(WHO), "nobody has a session")
        w.insert("jiro")
        mark = w.mark()
        g.answer(PIN)
        wait_for(lambda: w.space.exists(WHO) and w.space.read(WHO), "the session", 15)
        tap.equal(w.space.read(WHO), "jiro\n")
        records = w.happened(mark)
        tap.equal([(one.op, one["res"], one["acct"], one["jsvc"]) for one in records],
                  [(op, "success", "jiro", "sddm") for op in ("auth", "account", "session-start")])
        [sleeper] = [one for one in w.processes() if one.name == "sleep"]
        w.run(["kill", str(sleeper.pid)]).check()
        wait_for(lambda: w.records(mark, "session-end"), "the end of the session", 10, 0.05)
        tap.equal([one["jsess"] for one in w.records(mark, "session-end")], [records[-1]["jsess"]])


def test_the_last_try_is_not_spent(w):
    """Nobody has been told that it is the last one. That, and what follows, needs no sddm."""
    w.reset("jiro")
    w.pam.write("sddm", LOGIN)
    w.insert("jiro", tries=1)
    mark = w.mark()
    told = w.ask("jiro", PIN, service="sddm")
    tap.equal((told.code, told.said, told.asked), ("PAM_MAXTRIES", [texts.text("pin.last")], []))
    tap.equal((w.one(mark)["jwhy"], w.card.counters()["pin-tries"]), ("pin.last", 1))
    w.insert("jiro", tries=2)
    tap.check(w.ask("jiro", PIN, service="sddm").ok)


def test_nothing_is_chosen(w):
    """The PIN would be the answer: the first operator ID counts, as where nobody can be asked."""
    w.reset("jiro")
    w.registry.operator_id("m0125-9", STAFF["jiro"].number)
    w.registry.build()
    w.pam.write("sddm", LOGIN)
    mark = w.mark()
    told = w.ask("jiro", PIN, service="sddm")
    tap.equal((told.code, len(told.asked), told.said),
              ("PAM_SUCCESS", 1, [texts.text("opid.taken", opid="m0125-1", type="moving-desk")]))
    tap.equal(w.one(mark)["jright"], "m0125-1")


if __name__ == "__main__":
    tap.main(missing(), w=lambda: Office("sddm", extra_layout=SYSTEM_LOCALES))
