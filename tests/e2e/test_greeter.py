#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A display manager whose first attempt has no user name: lightdm with its GTK greeter on a virtual screen."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from typing import Iterator

from jukinet import COUNTER, PIN, STAFF, SYSTEM_LOCALES, WRONG, Office, missing, tap, texts, wait_for
from world.pam import LOGIN

DISPLAY = ":97"
AUTHORITY = f"/run/lightdm/root/{DISPLAY}"
LOG = "/tmp/lightdm.log"
WHO = "/tmp/who"
HOME = "/etc/lightdm"
USER_NAME = ("370", "191")  # where it is typed, on a screen of 640x480 with a text of one line or with none
ERROR_MSG, TEXT_INFO = 3, 4
PROGRAMS = ("lightdm", "lightdm-gtk-greeter", "dbus-daemon", "Xvfb", "xdotool")
CONFIGURATION = f"""\
[LightDM]
minimum-display-number={DISPLAY[1:]}
sessions-directory={HOME}/sessions
[Seat:*]
type=local
xserver-command={HOME}/xserver
greeter-session=lightdm-gtk-greeter
greeter-wrapper={HOME}/listener
greeter-hide-users=true
user-session=proof
session-wrapper=/bin/sh
"""
# lightdm's own arguments are those of Xorg.
XSERVER = """\
#!/bin/sh
display=$1
while [ $# -gt 0 ]; do
	[ "$1" = -auth ] && auth=$2
	shift
done
exec Xvfb "$display" -screen 0 640x480x24 -nolisten tcp -auth "$auth"
"""
# What the greeter is told is in a file too.
HEARD = "/tmp/heard"
LISTENER = f"""\
#!/bin/bash
exec {{heard}}< <(exec tee {HEARD} <&"$LIGHTDM_FROM_SERVER_FD")
LIGHTDM_FROM_SERVER_FD=$heard exec "$@"
"""
SESSION = f"#!/bin/sh\nid -un >{WHO}\n"
DESKTOP = f"[Desktop Entry]\nName=proof\nExec={HOME}/session\nType=Application\n"
WITH_OWN_BUS = {"DBUS_SESSION_BUS_ADDRESS": "disabled:", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


def needs() -> list[str]:
    return missing() + [f"no {name}" for name in PROGRAMS if not shutil.which(name, path=WITH_OWN_BUS["PATH"])]


class Greeter:
    """What stands on the screen is known from lightdm's log: it says which prompts it has handed on."""

    def __init__(self, w: Office) -> None:
        self.w = w
        self.asked = 0

    def log(self, what: str) -> int:
        return self.w.space.read(LOG).count(what)

    def wait_for(self, what: str, times: int = 1) -> None:
        wait_for(lambda: self.log(what) >= times, f"{what!r} in lightdm's log")

    def wait_for_prompt(self) -> None:
        self.asked += 1
        self.wait_for("Prompt greeter with", self.asked)
        time.sleep(0.7)         # the greeter redraws, and has no log of that

    def keys(self, *words: str) -> None:
        self.w.run(["xdotool", *words], env=WITH_OWN_BUS | {"DISPLAY": DISPLAY, "XAUTHORITY": AUTHORITY}).check()

    def answer(self, text: str) -> None:
        self.keys("type", text)
        self.keys("key", "Return")

    def screenshot(self, name: str) -> None:
        """Where somebody wants to look: SCREENSHOTS names a directory."""
        if not (directory := os.environ.get("SCREENSHOTS")) or not shutil.which("import"):
            return
        self.w.run(["import", "-window", "root", "/tmp/screen.png"],
                   env=WITH_OWN_BUS | {"DISPLAY": DISPLAY, "XAUTHORITY": AUTHORITY}).check()
        shutil.copyfile(self.w.space.path("/tmp/screen.png"), f"{directory}/{name}.png")

    def heard(self) -> str:
        """All that the greeter was told, without blanks and line ends: where lines end is another matter."""
        return "".join(self.w.space.read(HEARD).split()) if self.w.space.exists(HEARD) else ""

    def was_told(self, text: str, times: int = 1) -> None:
        """The greeter was, and has had time to draw it."""
        wanted = "".join(text.split())
        wait_for(lambda: self.heard().count(wanted) >= times, f"{text!r} to be told")
        time.sleep(0.7)

    def session(self) -> str:
        """Whose session has run."""
        wait_for(lambda: self.w.space.exists(WHO) and self.w.space.read(WHO), "the session")
        return self.w.space.read(WHO).strip()


@contextlib.contextmanager
def greeter(w: Office, holder: str, card: bool = True, **env: str) -> Iterator[Greeter]:
    w.reset(holder)
    if not card:
        w.pull()
    w.settings(login={"nameless": "lightdm", "deadline": 30, "card-wait": 20})
    w.registry.build()
    for name in (HOME, f"{HOME}/sessions", "/run/dbus", "/var/log/lightdm"):
        w.space.directory(name)
    for name, text, mode in (("lightdm.conf", CONFIGURATION, 0o644), ("xserver", XSERVER, 0o755),
                             ("listener", LISTENER, 0o755),
                             ("session", SESSION, 0o755), ("sessions/proof.desktop", DESKTOP, 0o644)):
        w.space.write(f"{HOME}/{name}", text, mode)
    w.shipped()
    w.pam.permit("lightdm-greeter")
    w.run(["rm", "-f", WHO, LOG, HEARD]).check()
    bus = w.spawn(["dbus-daemon", "--system", "--nofork", "--nopidfile"], stderr="/tmp/dbus.log")
    wait_for(lambda: w.space.exists("/run/dbus/system_bus_socket"), "the system bus")
    manager = w.spawn(["lightdm", "--debug"], env=WITH_OWN_BUS | env, stderr=LOG)
    try:
        yield Greeter(w)
    finally:
        manager.terminate(5)
        bus.terminate(5)
        w.run(["rm", "-f", "/run/dbus/system_bus_socket"]).check()


def test_card_and_pin_are_enough(w):
    with greeter(w, "jiro") as g:
        mark = w.mark()
        g.wait_for("Started with service 'lightdm', username '(null)'")
        g.wait_for_prompt()
        g.screenshot("pin")
        g.answer(PIN)
        tap.equal(g.session(), "jiro")
        g.wait_for("Authenticate result for user jiro: Success")
        records = [one for one in w.happened(mark) if one["res"] == "success"]
        tap.equal([(one.op, one["acct"], one["jsvc"]) for one in records][:3],
                  [(op, "jiro", "lightdm") for op in ("auth", "account", "session-start")])


def test_wrong_pin(w):
    """The greeter begins anew, and the right one does."""
    again = "Started with service 'lightdm', username '(null)'"
    with greeter(w, "jiro") as g:
        mark = w.mark()
        g.wait_for_prompt()
        g.answer(WRONG)
        g.wait_for_prompt()                     # the text that says so
        g.wait_for(again, 2)
        g.wait_for_prompt()
        g.answer(PIN)
        tap.equal(g.session(), "jiro")
        tap.equal([(one["acct"], one["res"], one.get("jwhy")) for one in w.happened(mark, "auth")],
                  [("jiro", "failed", "pin.wrong"), ("jiro", "success", "")])
        tap.equal(g.log("Terminated with signal"), 0, "before there is a name")


def test_a_refusal_is_information(w):
    """The greeter would put a sentence of its own in the place of an error."""
    w.reset("jiro")
    for service, style in (("lightdm", TEXT_INFO), ("jk-test", ERROR_MSG)):
        w.pam.write(service, LOGIN)
        with w.app() as app:
            app.start(service, "jiro")
            app.begin("authenticate")
            app.until_prompt()
            app.order(answer="1")
            said = app.hear()
        tap.equal((" ".join(said["say"].split()), said["style"]),
                  (texts.text("pin.malformed", min=4, max=16), style), service)


def test_gnome_cuts_questions_off(w):
    """So the question alone is one, and it stands in the place of "insert your card" too."""
    question = texts.text("pin.prompt")
    warning = texts.text("pin.prompt.last").removesuffix(question)
    for service in ("gdm-password", "gdm-smartcard"):
        w.reset("jiro")
        w.pam.write(service, LOGIN)
        w.insert("jiro", tries=1)
        told = w.ask("jiro", PIN, service=service)
        tap.equal((told.code, told.said[:1], told.asked), ("PAM_SUCCESS", [warning], [question]), service)
        w.pull()
        with w.app() as app:
            app.start(service, "jiro")
            app.begin("authenticate")
            tap.equal(app.hear()["say"], texts.text("card.insert"))
            w.insert("jiro")
            tap.equal(app.until_prompt(), [question.rstrip(": "), question])


def test_card_of_somebody_else(w):
    """taro's card does not do for jiro, whose name he types."""
    japanese = w.system_japanese()
    with greeter(w, "taro", **japanese) as g:
        mark = w.mark()
        g.wait_for_prompt()
        g.keys("mousemove", *USER_NAME, "click", "1")
        g.answer("jiro")
        g.wait_for("Authenticate result for user jiro: Authentication failure")
        g.was_told(texts.text("card.mismatch", "ja" if japanese else "en"))
        g.screenshot("card.mismatch")
        tap.equal([(one.op, one["acct"], one["jwhy"]) for one in w.happened(mark)], [("auth", "jiro", "card.mismatch")])
        tap.check(not w.space.exists(WHO))


def test_somebody_has_left_something_running(w):
    """light-locker and dm-tool have lightdm ask the same for a screen that was left, and open it by the answer."""
    left = w.spawn(["sleep", "600"], uid=COUNTER)
    try:
        with greeter(w, "taro") as g:
            mark = w.mark()
            g.wait_for_prompt()
            g.keys("mousemove", *USER_NAME, "click", "1")
            g.answer(COUNTER)
            g.wait_for(f"Started with service 'lightdm', username '{COUNTER}'")
            g.wait_for_prompt()
            g.answer(PIN)
            g.wait_for(f"Authenticate result for user {COUNTER}: Authentication failure")
            g.was_told(texts.text("sess.busy"))
            tap.equal([(one.op, one["jwhy"], one["jper"]) for one in w.records(mark)],     # it has begun anew
                      [("auth", "sess.busy", STAFF["taro"].number)])
    finally:
        left.kill()
        left.close()


def test_two_accounts_are_asked_about(w):
    with greeter(w, "hanako", **w.system_japanese()) as g:
        mark = w.mark()
        g.wait_for_prompt()
        g.answer(PIN)
        g.wait_for_prompt()
        g.screenshot("choice")
        g.answer("2")
        tap.equal(g.session(), COUNTER)
        tap.equal({one["acct"] for one in w.happened(mark) if one["res"] == "success"}, {COUNTER})


def test_an_attempt_without_a_name_is_given_up(w):
    """While no card is there somebody types a name: the first attempt ends as cancelled, which is no record."""
    with greeter(w, "jiro", card=False) as g:
        mark = w.mark()
        g.wait_for_prompt()                     # a text: to insert the card
        g.keys("mousemove", *USER_NAME, "click", "1")
        g.answer("jiro")
        g.wait_for("Started with service 'lightdm', username 'jiro'")
        g.wait_for_prompt()                     # the same once more
        w.card.insert()
        g.wait_for_prompt()
        g.answer(PIN)
        tap.equal(g.session(), "jiro")
        tap.equal([(one["acct"], one["res"]) for one in w.happened(mark, "auth")], [("jiro", "success")])


def test_in_japanese(w):
    """lightdm asks PAM in a process that has no locale; the language is that of its environment, as systemd gives it."""
    if not (japanese := w.system_japanese()):
        tap.skip("no Japanese locale")
    with greeter(w, "jiro", **japanese) as g, w.watching():
        mark = w.mark()
        g.was_told(texts.text("pin.prompt", "ja"))
        g.screenshot("pin")
        g.answer(WRONG)
        g.was_told(texts.text("pin.wrong", "ja", n=2))
        g.screenshot("pin.wrong")
        g.was_told(texts.text("pin.prompt", "ja"), 2)
        w.pull()
        g.answer(PIN)
        g.was_told(texts.text("card.removed", "ja"))
        g.screenshot("card.removed")
        tap.equal([one["jwhy"] for one in w.records(mark, "auth")], ["pin.wrong", "card.removed"])
        g.was_told(texts.text("card.insert", "ja"))
        g.screenshot("card.insert")
        w.card.insert()
        g.was_told(texts.text("pin.prompt", "ja").rstrip(": "), 4)
        g.screenshot("pin.late")
        tap.equal(g.heard().count(texts.text("pin.prompt", "ja").strip()), 3, "asked, and told in place of the other text")
        w.pull()
        g.answer(PIN)
        g.was_told(texts.text("card.insert", "ja"), 2)
        w.card.set_tries(1)
        w.card.insert()
        # The greeter shows no hidden question: what this one says beside asking is information.
        warning = texts.text("pin.prompt.last", "ja").removesuffix(texts.text("pin.prompt", "ja"))
        g.was_told(warning)
        g.was_told(texts.text("pin.prompt", "ja"), 4)
        g.screenshot("pin.prompt.last")
        tap.check(warning + texts.text("pin.prompt", "ja").strip() not in g.heard(), "they are two texts")


if __name__ == "__main__":
    tap.main(needs(), w=lambda: Office("greeter", extra_layout=SYSTEM_LOCALES))
