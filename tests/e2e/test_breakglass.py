#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""root on a local terminal gets in whatever of jukinet is broken, and it is reported (design rule 12).

Usage: test_breakglass.py BUILD_DIR [TEST...]

The shipped stacks of conf/pam.d with the real login and su. A bind mount gives a pty the name of a local terminal.
"""

from __future__ import annotations

import fcntl
import os
import re
import struct
import sys
import termios
from contextlib import contextmanager
from typing import Iterator

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

from world import Account, Answer, Session, Terminal, World, missing, tap   # noqa: E402
from world.tap import check as want                                         # noqa: E402

MODULE = "pam_jukinet/module/pam_jukinet.so"
REPORTER = "tools/breakglass/jukinet-breakglass"
RESCUE = "tools/breakglass/jukinet-rescue-shell"
LOG = "/var/log/jukinet/break-glass.log"
SHELL = re.escape("world$ ") + "$"
PASSWORD = "correct horse"
AGAIN = [r"(?m)^\S+ login: $", r"(?m)^su: .*$"]
TIOCGPTN = 0x80045430
WAIT = 2.0              # seconds from the password to the shell: nothing is waited for

ROOT = Account("root", 0, 0, "/root", "/bin/sh", "root", PASSWORD)


class Place:
    """One world for all cases; `breaking` breaks one thing of jukinet at a time."""

    def __init__(self, world: World, build: str) -> None:
        self.world = world
        self.build = build
        self.space = world.space
        self.space.write("/dev/kmsg", "", 0o600)
        self.module(os.path.join(build, MODULE))
        self.services(False)

    def report(self) -> str:
        return self.world.report()

    def services(self, listening: bool) -> None:
        """Sockets that nobody accepts from, as when every service is stopped by SIGSTOP; or no sockets at all."""
        for one in self.world.services.values():
            if listening:
                one.listen()
            else:
                one.close_socket()
                os.unlink(self.space.path(one.service.socket.path))

    def module(self, path: str) -> None:
        """The shipped stacks, with this file for the module."""
        for service in ("login", "su"):
            with open(os.path.join(self.build, "conf", service), encoding="utf-8") as file:
                text = file.read()
            text = re.sub(r"\S+/jukinet-breakglass", os.path.join(self.build, REPORTER), text)
            text = text.replace("delay=3000000", "delay=0").replace("pam_jukinet.so", path)
            self.space.write(f"/etc/pam.d/{service}", text)

    def local(self, name: str) -> Terminal:
        """A pty that is opened as /dev/NAME, so that ttyname(3) says so."""
        terminal = self.world.terminal()
        number = struct.unpack("i", fcntl.ioctl(terminal.master, TIOCGPTN, bytes(4)))[0]
        if self.space.exists(f"/dev/{name}"):
            self.space.mount("umount", f"/dev/{name}")      # the pty before is gone, but its name is covered still
        else:
            self.space.write(f"/dev/{name}", "")
        self.space.mount("bind", f"/dev/{name}", source=f"/dev/pts/{number}")
        os.close(terminal.slave)
        terminal.slave = os.open(self.space.path(f"/dev/{name}"), os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        want(termios.tcgetattr(terminal.slave), "no terminal")
        return terminal

    def visit(self, terminal: Terminal, argv: list[str], password: str = PASSWORD, who: str = "root",
              timeout: float = 20.0) -> Session:
        terminal.start(argv, **self.world.identity(who))
        asked = [Answer(r"[Pp]assword: ?$", password, hidden=True)]
        return Session(terminal, asked, SHELL, AGAIN, timeout).reach()

    def login(self, account: str, tty: str | None, password: str = PASSWORD) -> Session:
        terminal = self.local(tty) if tty else self.world.terminal()
        return self.visit(terminal, ["/bin/login", "--", account], password)

    def read(self, path: str) -> str:
        return self.space.read(path) if self.space.exists(path) else ""


def root_gets_in(place: Place, tty: str = "tty63") -> None:
    mark = place.world.mark()
    logged = place.read(LOG)
    with place.login("root", tty) as session:
        want(session.reached, session.visit.story)
        want(session.visit.phases["shell"] < WAIT, session.visit.story)
        want("uid=0(root)" in session.command("id"), "not root")
        want(session.exit().status == 0, session.visit.story)
    new = place.read(LOG)[len(logged):]
    want(re.fullmatch(rf"\S+Z break-glass: .*user=root tty=(/dev/)?{tty} service=login\n", new), new)
    place.world.mark()      # what was sent before stands in the log now
    found = [one.type for one in place.world.log.all(mark) if one.get("op") == "juki:break-glass"]
    want(found == ["USER_AUTH", "ANOM_LOGIN_ACCT"], found)


def person_does_not(place: Place, tty: str | None = "tty63") -> None:
    """With the right password of the account: a password is not asked for at all."""
    with place.login("hanako", tty) as session:
        want(not session.reached, session.visit.story)
        want(session.visit.unanswered, f"a password was asked for\n{session.visit.story}")


def both(place: Place) -> None:
    root_gets_in(place)
    person_does_not(place)


@contextmanager
def module_as(place: Place, data: bytes | None) -> Iterator[None]:
    path = "/tmp/pam_jukinet.so"
    if data is not None:
        place.space.write(path, data, 0o755)
    place.module(path)
    try:
        yield
    finally:
        place.module(os.path.join(place.build, MODULE))
        if data is not None:
            os.unlink(place.space.path(path))


def module_bytes(place: Place) -> bytes:
    with open(os.path.join(place.build, MODULE), "rb") as file:
        return file.read()


# --- tests ------------------------------------------------------------------------------------------------------------

def test_service_not_there(place: Place) -> None:
    both(place)


def test_service_stopped(place: Place) -> None:
    place.services(True)
    try:
        both(place)
    finally:
        place.services(False)


def test_module_missing(place: Place) -> None:
    with module_as(place, None):
        both(place)


def test_module_is_garbage(place: Place) -> None:
    with module_as(place, b"no module\n" * 400):
        both(place)


def test_module_cut_short_is_noticed(place: Place) -> None:
    with module_as(place, module_bytes(place)[:60]):
        both(place)


def test_module_that_kills_login(place: Place) -> None:
    """As a full disk may leave it: whole to the dynamic loader, which then falls over it. sulogin needs no PAM."""
    with module_as(place, module_bytes(place)[:4096]):
        person_does_not(place)
        rescue(place)


def rescue(place: Place) -> None:
    before = place.read(LOG)
    shell = "/tmp/rescue-shell"
    with open(os.path.join(place.build, RESCUE), encoding="utf-8") as file:
        text = re.sub(r"\S+/jukinet-breakglass", os.path.join(place.build, REPORTER), file.read())
    place.space.write(shell, text, 0o755)
    terminal = place.local("tty12")
    terminal.start(["/usr/sbin/sulogin"], env={"PATH": "/usr/sbin:/usr/bin", "SUSHELL": shell})
    with Session(terminal, [Answer("password.*: ?$|\\(or press[^)]*\\): ?$", PASSWORD, hidden=True)], SHELL,
                 ["incorrect"], 20).reach() as session:
        want(session.reached, session.visit.story)
        want("uid=0(root)" in session.command("id"), "not root")
    want(re.search(r"tty=/dev/tty12 service=sulogin\n$", place.read(LOG)[len(before):]), place.read(LOG))


def test_configuration_is_garbage(place: Place) -> None:
    place.space.write("/etc/jukinet/jukinet.conf", b"\0\xff[terminal\n" * 1000)
    place.space.write("/var/lib/jukinet-registry/snapshot", os.urandom(5000))
    try:
        both(place)
    finally:
        place.world.registry.settings()
        os.unlink(place.space.path("/var/lib/jukinet-registry/snapshot"))


def test_reporter_missing(place: Place) -> None:
    text = place.space.read("/etc/pam.d/login")
    place.space.write("/etc/pam.d/login", text.replace("/jukinet-breakglass", "/no-such-program"))
    try:
        with place.login("root", "tty63") as session:
            want(session.reached, session.visit.story)
    finally:
        place.space.write("/etc/pam.d/login", text)


def test_nothing_can_be_reported(place: Place) -> None:
    """Log directory unusable, auditd stopped, nobody reads /dev/log: root still gets in."""
    world = place.world
    aside = place.read(LOG)
    if place.space.exists("/var/log/jukinet"):
        change_attribute(place, "-a")
        os.rename(place.space.path("/var/log/jukinet"), place.space.path("/var/log/aside"))
    place.space.write("/var/log/jukinet", "in the way")
    want(world.audit, "no auditd")
    world.audit.stop()
    try:
        with place.login("root", "tty63") as session:
            want(session.reached, session.visit.story)
            want(session.visit.phases["shell"] < WAIT, session.visit.story)
    finally:
        world.audit.cont()
        os.unlink(place.space.path("/var/log/jukinet"))
        if place.space.exists("/var/log/aside"):
            os.rename(place.space.path("/var/log/aside"), place.space.path("/var/log/jukinet"))
    want(place.read(LOG) == aside, "the log changed")


def test_every_kind_of_local_terminal(place: Place) -> None:
    for tty in ("console", "tty1", "tty9", "tty10", "tty63", "ttyS0", "hvc0"):
        root_gets_in(place, tty)


def test_root_elsewhere_is_not_exempt(place: Place) -> None:
    for tty in (None, "tty0", "ttyUSB0", "ttyp1"):
        with place.login("root", tty) as session:
            want(not session.reached, f"{tty}: {session.visit.story}")
            want(session.visit.unanswered, f"{tty}: a password was asked for\n{session.visit.story}")


def test_person_elsewhere_is_refused(place: Place) -> None:
    person_does_not(place, None)


def test_wrong_password_is_refused(place: Place) -> None:
    with place.login("root", "tty63", "wrong") as session:
        want(not session.reached and not session.visit.unanswered, session.visit.story)


def test_local_means_the_terminal_of_login(place: Place) -> None:
    """Nothing that a person sets makes a pty a local terminal."""
    terminal = place.world.terminal()
    terminal.start(["/bin/login", "-p", "--", "root"], env={"PATH": "/bin", "TTY": "/dev/tty1", "PAM_TTY": "/dev/tty1"})
    session = Session(terminal, [Answer("[Pp]assword: ?$", PASSWORD, hidden=True)], SHELL, AGAIN, 20).reach()
    want(not session.reached and session.visit.unanswered, session.visit.story)
    session.close()


def test_every_place_hears_of_it(place: Place) -> None:
    world = place.world
    place.space.write("/dev/kmsg", "", 0o600)
    mark = world.mark()
    root_gets_in(place)
    first, second = [one for one in world.log.all(mark) if one.get("op") == "juki:break-glass"]
    want((first["acct"], first["jmeth"], first["jsvc"], first["res"]) == ("root", "break-glass", "login", "success"),
         first)
    want(re.fullmatch("[0-9a-f]{16}", first["jid"]) and second["jid"] != first["jid"], second)
    want(second["acct"] == "root" and second.pid == first.pid, second)
    want(first.uid == 0 and first.auid == 0, first)
    said = place.read("/dev/kmsg")
    want(re.fullmatch(r"<81>jukinet-breakglass: break-glass: .*user=root tty=\S*tty63 service=login\n", said), said)
    want(re.search(r"<81>\S+ +\S+ \S+ jukinet-breakglass\[\d+\]: break-glass: .*user=root", world.syslog()),
         world.syslog())
    shown = world.ausearch("-m", "ANOM_LOGIN_ACCT", "-i").stdout
    want("op=juki:break-glass" in shown and "acct=root" in shown, shown)


def test_log_can_only_grow(place: Place) -> None:
    root_gets_in(place)
    path = place.space.path(LOG)
    want(os.stat(path).st_mode & 0o777 == 0o600 and os.stat(os.path.dirname(path)).st_mode & 0o777 == 0o700, "mode")
    if "a" not in attributes(place):
        tap.skip("this file system knows no append-only files")
    try:
        with open(path, "w", encoding="utf-8"):
            raise AssertionError("the log could be emptied")
    except PermissionError:
        pass


def test_su_to_root_on_local_terminal(place: Place) -> None:
    session = place.visit(place.local("tty63"), ["/bin/su", "-"], who="hanako")
    want(session.reached and session.exit().status == 0, session.visit.story)
    want(re.search(r"tty63 service=su(-l)?\n$", place.read(LOG)), place.read(LOG))


def test_su_to_root_elsewhere_is_not_exempt(place: Place) -> None:
    session = place.visit(place.world.terminal(), ["/bin/su", "-"], who="hanako")
    want(not session.reached and session.visit.unanswered, session.visit.story)
    session.close()


def test_su_by_root(place: Place) -> None:
    """To a system account as ever, to a person's account not without the card."""
    def su(account: str) -> tuple[int, str]:
        done = place.world.run(["/bin/su", "-s", "/bin/sh", "-c", "id -un", account])
        return done.status, done.stdout.strip()

    want(su("daemon") == (0, "daemon"), su("daemon"))
    want(su("root") == (0, "root"), su("root"))
    want(su("hanako")[0] != 0, su("hanako"))


def attributes(place: Place) -> str:
    return place.world.run(["lsattr", LOG]).stdout.partition(" ")[0]


def change_attribute(place: Place, how: str) -> None:
    place.world.run(["chattr", how, LOG])


@contextmanager
def place_for(build: str) -> Iterator[Place]:
    with World("breakglass", build, card_reader=False, accounts=[ROOT], passwords={"hanako": PASSWORD}) as world:
        yield Place(world, build)


if __name__ == "__main__":
    directory = os.path.abspath(sys.argv.pop(1))
    tap.main(missing(programs=("login", "su", "lsattr"), card_reader=False, own_audit=True),
             place=lambda: place_for(directory))
