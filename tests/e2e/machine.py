# SPDX-License-Identifier: BSD-2-Clause
"""A workstation that has booted: systemd, D-Bus, logind, polkit and user managers around the office's people and cards.

    from machine import Machine, machine_missing

    def test_something(m):
        m.reset()                                           # nobody logged in, hanako's card in the reader
        with m.open_login("hanako", PIN) as session:        # /bin/login with the shipped stack, on a terminal inside
            session.command("loginctl session-status")
            m.pull()

    if __name__ == "__main__":
        tap.main(machine_missing(), m=lambda: Machine("something"))

It is the host's own root seen through an overlay, booted by systemd-nspawn in about a second; nothing is installed and
nothing remains. The kernel refuses the audit to a container, so jukinetd, jukinet-card, jukinet-witness, auditd and
pcscd run outside, in the world, as in every other end-to-end test: what is known of World and Office holds
(`m.services`, `m.records()`, `m.insert("hanako")`, `m.pull()`, `m.card`). Programs inside reach them by the sockets in
/run/jukinet and /run/pcscd. Users, /etc, /home and /var/log are the same on both sides; /tmp, the rest of /run and the
network are not.

Where no record is looked at, a test need not wait for its turn with the machine's audit: Machine(NAME, audit=False),
and after each reset() m.settings(audit={"recording": "kernel"}); m.registry.build(). With the pcscd socket of the
package, m.pcscd.ship(), a service needs SupplementaryGroups="_jukinet-card".

Inside:

    m.inside.run(["loginctl"], uid="hanako")    a command to its end, outside of every session
    m.inside.read("/run/x"), .path("/run/x")    files
    m.start("jukinet-monitor", [PROGRAM, ...], user="_jukinet-monitor", env={...}, Type="notify")
        a service of the system manager: a Unit with .pid (as seen outside), .alive, .stop(), .kill(), .log()
    m.unit("jukinet-monitor.service"), m.start("jukinet-monitor.service")
        the same with the unit file of the build; a drop-in: m.unit("jukinet-monitor.service.d/x.conf", TEXT)
    m.open_login("hanako", PIN)                 a session on a terminal; m.console is agetty's on /dev/console
    m.session_of("hanako")                      its logind id; m.shown(ID): what `loginctl show-session` says
    with m.signals() as heard: heard.wait("Lock", ID)
    with m.screen("hanako", PIN) as screen:     Xvfb, xss-lock and i3lock in a session of type x11: see Screen. A test
        that wants one starts with machine_missing(*SCREEN_PROGRAMS).

From a pulled card to a locked screen, with something that sees to it running as a service inside:

    pulled = time.time(); m.card.remove()       # m.pull() also waits until pcscd must have noticed
    heard.wait("Lock", screen.session).at - pulled
    screen.wait_until_locked()                  # LockedHint, which xss-lock sets, and i3lock holds the keyboard
    m.insert("hanako"); screen.unlock(PIN)
"""

from __future__ import annotations

import contextlib
import dataclasses
import glob
import json
import os
import re
import shutil
import signal
import time
from typing import Any, Iterable, Iterator, Mapping

from jukinet import PATIENCE, PIN, Deadline, Office, missing, procs, tap, wait_for
from world import PIN_PROMPT
from world.namespace import PATH, WORK
from world.process import Conversation, Finished, Process
from world.terminal import Session, Terminal
from world.world import SHELL, SOURCE

ROOT = f"{WORK}/machine"
PROGRAMS = ("systemd-nspawn", "systemd-run", "loginctl", "dbus-daemon", "dbus-monitor", "busctl",
            "pkcheck", "nsenter", "agetty")
# These stand outside: a unit that wants one of them must not put another in its place.
MASKED = ("pcscd.socket", "pcscd.service", "jukinetd.socket", "jukinet-card.socket", "jukinet-witness.socket")
SHOWN_INSIDE = ("/etc", "/home", "/root", "/run/jukinet", "/run/pcscd", "/var/lib/jukinet-registry", "/tmp/jk")
SCREEN_PROGRAMS = ("Xvfb", "xdotool", "xss-lock", "i3lock")
# login hands this on with -p, as agetty lets it: pam_systemd takes the type from it.
X_SESSION = {"PATH": PATH, "TERM": "dumb", "XDG_SESSION_TYPE": "x11"}
LOCKER = "xss-lock -- i3lock --nofork"
XVFB = "Xvfb -displayfd 3 -screen 0 320x240x24 -nolisten tcp"
GRABBED = """\
import ctypes
x = ctypes.CDLL("libX11.so.6")
x.XOpenDisplay.restype = ctypes.c_void_p
x.XDefaultRootWindow.argtypes = [ctypes.c_void_p]
x.XDefaultRootWindow.restype = ctypes.c_ulong
x.XGrabKeyboard.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_ulong]
display = x.XOpenDisplay(None)
raise SystemExit(0 if x.XGrabKeyboard(display, x.XDefaultRootWindow(display), 1, 1, 1, 0) == 1 else 1)
"""
# The host's own units are not wanted, but for those that a vendor enables for everybody.
TARGET = """\
[Unit]
Requires=basic.target dbus.service systemd-logind.service systemd-user-sessions.service
After=basic.target dbus.service systemd-logind.service systemd-user-sessions.service
Wants=console-getty.service machine-ready.service
AllowIsolate=yes
"""
READY = """\
[Unit]
After=dbus.service systemd-logind.service systemd-user-sessions.service
[Service]
Type=oneshot
ExecStart=/bin/touch /run/machine-ready
"""
# $1: where; $2: its control group; the rest: the program. A cgroup2 of its own view, because hosts differ.
BOOT = """\
set -e
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir "/sys/fs/cgroup/$2"
echo $$ >"/sys/fs/cgroup/$2/cgroup.procs"
mkdir -p "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
shift 2
exec "$@"
"""
SWEEP = """\
mount -t cgroup2 cgroup2 /sys/fs/cgroup && cd /sys/fs/cgroup || exit
for try in 1 2 3 4 5; do
	find "$1" -depth -type d -exec rmdir {} + 2>/dev/null && exit
	sleep 0.1
done
"""


def module_place() -> str:
    """Where this system's PAM looks for modules."""
    places = ["/lib64/security", "/lib/security", *glob.glob("/lib/*-linux-gnu/security")]
    return next((place for place in places if os.path.exists(f"{place}/pam_unix.so")), "")


def machine_missing(*programs: str, **how: Any) -> list[str]:
    """Why no machine can be booted here. programs: more that the test needs inside."""
    reasons = missing(**how)
    reasons += [f"{name} is not installed" for name in (*PROGRAMS, *programs) if not shutil.which(name, path=PATH)]
    if not module_place():
        reasons.append("no directory of PAM modules")
    elif not os.path.exists(f"{module_place()}/pam_systemd.so"):
        reasons.append("pam_systemd.so is not installed")
    return reasons


class Machine(Office):
    def __init__(self, name: str, build_dir: str = "", **how: Any) -> None:
        super().__init__(name, build_dir, **how)
        self.inside: Inside
        self.console: Terminal
        self._nspawn: Process | None = None
        self.booted_in = 0.0

    # beginning and end

    def _open_office(self) -> None:
        super()._open_office()
        self._prepare()
        self._boot()

    def close(self) -> None:
        if self._nspawn and self._nspawn.alive:
            self._nspawn.kill()
        super().close()

    def _prepare(self) -> None:
        """Files that are there before the boot: in the world's /etc, and in the overlay what would be installed."""
        space = self.space
        for directory in ("/etc/systemd/system", "/etc/systemd/user"):
            shutil.rmtree(space.path(directory), ignore_errors=True)
            space.directory(directory)
        space.write("/etc/systemd/system/machine.target", TARGET)
        space.write("/etc/systemd/system/machine-ready.service", READY)
        for name in MASKED:
            os.symlink("/dev/null", space.path(f"/etc/systemd/system/{name}"))
        space.directory("/etc/systemd/system/console-getty.service.d")
        space.write("/etc/systemd/system/console-getty.service.d/at-once.conf", "[Service]\nType=exec\n")
        for name in ("login", "su", "jukinet-unlock"):
            with open(f"{self.build_dir}/conf/{name}", encoding="utf-8") as file:
                space.write(f"/etc/pam.d/{name}", file.read())
        with open(f"{self.build_dir}/conf/jukinet-unlock", encoding="utf-8") as file:
            space.write("/etc/pam.d/i3lock", file.read())
        space.directory(f"{ROOT}/upper")
        self.install(self.pam.module, f"{module_place()}/pam_jukinet.so", 0o755)
        self.install(f"{SOURCE}/packaging/polkit/50-jukinet-monitor.rules",
                     "/usr/share/polkit-1/rules.d/50-jukinet-monitor.rules")

    def install(self, file: str, at: str, mode: int = 0o644) -> None:
        """A file of the host at a place of the machine's own, before it boots."""
        directory = "/"
        for part in os.path.realpath(os.path.dirname(at)).strip("/").split("/"):
            directory = os.path.join(directory, part)
            seen = os.stat(directory)
            self.space.directory(f"{ROOT}/upper{directory}", seen.st_mode & 0o7777, (seen.st_uid, seen.st_gid))
        with open(file, "rb") as source:
            self.space.write(f"{ROOT}/upper{directory}/{os.path.basename(at)}", source.read(), mode)

    def _boot(self, timeout: float = 30.0) -> None:
        begun = time.monotonic()
        group = f"jukinet-machine-{self.space.keeper}"
        self.space.at_end(["unshare", "--mount", "sh", "-c", SWEEP, "sweep", group])
        shown = [*SHOWN_INSIDE, *self._keep_inside()]
        self.console = Terminal(self.space)
        self._terminals.append(self.console)
        self._nspawn = self.console.start([
            "unshare", "--mount", "--propagation", "private", "sh", "-c", BOOT, "boot", ROOT, group,
            "systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-users=no", "--link-journal=no",
            "--console=interactive", "--private-network",
            "--system-call-filter=@memlock landlock_create_ruleset landlock_add_rule landlock_restrict_self", f"--directory={ROOT}/root",
            "--bind=/var/log:/var/log:norbind",
            *(f"--bind={path}" for path in shown), "--boot", "systemd.unit=machine.target"])
        self.inside = Inside(self)
        wait_for(self._ready, "the machine to boot", timeout, 0.01)
        self.booted_in = time.monotonic() - begun

    def _keep_inside(self) -> list[str]:
        """The build and the sources, where they are no part of the root file system's own view."""
        return [path for path in self._keep if os.path.isdir(path) and not path.startswith("/var/log")]

    def _ready(self) -> bool:
        assert self._nspawn
        if not self._nspawn.alive:
            raise Deadline(f"systemd-nspawn ended\n{self.console.story()}\n{self.console.quiet(0.2)}")
        return bool(self.inside.leader) and self.inside.exists("/run/machine-ready")

    def report(self) -> str:
        said = super().report()
        if self._nspawn and self._nspawn.alive and self.inside.leader:
            journal = self.inside.run(["journalctl", "--no-pager", "-n", "60", "-o", "short-monotonic"]).stdout
            said += f"\n-- {self.name}: journal\n{journal}"
        return said

    # services and sessions

    def systemctl(self, *arguments: str) -> str:
        return self.inside.run(["systemctl", *arguments]).check().stdout

    def loginctl(self, *arguments: str, uid: str | int | None = None) -> Finished:
        return self.inside.run(["loginctl", "--no-ask-password", *arguments], uid=uid)

    def unit(self, name: str, text: str = "") -> None:
        """A unit file, to be started with start(NAME). Without text that of the build, as it will be installed, but for
        the programs, which are where the build has them."""
        if not text:
            built, plain = (f"{directory}/packaging/systemd/{name}" for directory in (self.build_dir, SOURCE))
            with open(built if os.path.exists(built) else plain, encoding="utf-8") as file:
                text = re.sub(r"(?m)^(ExecStart=)/\S+/jukinet-(\w+)",
                              rf"\1{self.build_dir}/pam_jukinet/\2/jukinet-\2", file.read())
        self.space.directory(f"/etc/systemd/system/{os.path.dirname(name)}")
        self.space.write(f"/etc/systemd/system/{name}", text)
        self.systemctl("daemon-reload")

    def start(self, name: str, argv: Iterable[str] = (), *, user: str | int | None = None,
              env: Mapping[str, str] | None = None, **properties: str) -> Unit:
        """A transient service of the system manager inside; without argv the unit file of that name is started.
        properties: as in a unit file's [Service]."""
        argv = list(argv)
        if not argv:
            self.systemctl("start", name)
        else:
            given = {"Type": "exec"} | ({"User": str(user)} if user is not None else {}) | properties
            self.inside.run(["systemd-run", "--quiet", f"--unit={name}",
                             *(f"--property={key}={value}" for key, value in given.items()),
                             *(f"--setenv={key}={value}" for key, value in (env or {}).items()),
                             "--", *argv], timeout=60).check()
        return Unit(self, name)

    def sessions(self) -> dict[str, str]:
        """logind's sessions: id -> account."""
        rows = self.loginctl("list-sessions", "--no-legend").check().stdout.splitlines()
        return {row.split()[0]: row.split()[2] for row in rows}

    def session_of(self, account: str) -> str:
        """The id of the one session of that account that is not about to close."""
        found = [one for one, whose in self.sessions().items()
                 if whose == account and self.shown(one)["State"] != "closing"]
        tap.equal(len(found), 1, f"sessions of {account}: {found}")
        return found[0]

    def shown(self, session: str) -> dict[str, str]:
        """Its properties: State, Type, Class, LockedHint, Leader, Scope …; none when it has gone."""
        said = self.loginctl("show-session", session)
        return dict(line.split("=", 1) for line in said.stdout.splitlines()) if said.ok else {}

    def locked_hint(self, session: str) -> bool:
        return self.shown(session).get("LockedHint") == "yes"

    def has_locker(self, session: str) -> bool:
        """Whether a program listens to the signals of this very session, as lockers do."""
        said = self.inside.run(["busctl", "--json=short", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                "org.freedesktop.DBus.Debug.Stats", "GetAllMatchRules"]).check().stdout
        rules = [rule for one in json.loads(said)["data"][0].values() for rule in one]
        path = re.sub("^[0-9]|[^0-9A-Za-z]", lambda one: f"_{ord(one[0]):02x}", session)
        return any("interface='org.freedesktop.login1.Session'" in rule
                   and f"path='/org/freedesktop/login1/session/{path}'" in rule for rule in rules)

    @contextlib.contextmanager
    def signals(self) -> Iterator[Signals]:
        """What logind says of its sessions from now on."""
        heard = Signals(self)
        try:
            yield heard
        finally:
            heard.close()

    @contextlib.contextmanager
    def monitoring(self) -> Iterator[Unit]:
        """jukinet-monitor as its service; it knows logind and the readers."""
        service = "jukinet-monitor.service"
        # pcscd is the world's: the machine's own would take its socket away.
        masked = self.space.path("/etc/systemd/system/pcscd.socket")
        if not os.path.lexists(masked):
            os.symlink("/dev/null", masked)
        self.unit(service)
        self.unit(f"{service}.d/quick.conf", "[Service]\nWatchdogSec=2\n")
        with open(f"{self.build_dir}/packaging/systemd/jukinet-clear.service", encoding="utf-8") as file:
            self.unit("jukinet-clear.service",
                      re.sub("(?m)^ExecStart=.*/", f"ExecStart={SOURCE}/pam_jukinet/monitor/", file.read()))
        self.unit("jukinet-clear.path")
        said = len(Unit(self, service).log())
        unit = self.start(service)
        try:
            wait_for(lambda: all(f"{who} answers" in unit.log()[said:] for who in ("logind", "pcscd")), "it to know all",
                     every=0.05)
            yield unit
        finally:
            unit.stop()

    def everybody_out(self, timeout: float = PATIENCE) -> None:
        """No session, no user manager, no process of an operator."""
        uids = {one.uid() for one in self.processes()} & {one.uid for one in self.accounts.values() if one.is_person}
        for uid in uids:
            self.systemctl("stop", f"user-{uid}.slice")
        wait_for(lambda: not uids & {one.uid() for one in self.processes()} and not self.sessions(),
                 "everybody to be out", timeout, 0.01)

    def reset(self, holder: str = "hanako") -> None:
        self.everybody_out()
        super().reset(holder)

    @contextlib.contextmanager
    def screen(self, account: str, pin: str = PIN, **how: Any) -> Iterator[Screen]:
        """A graphical session of that account, its card in the reader; it is left by logging out."""
        with self.open_session(["/bin/login", "-p", "--", account], pin, env=X_SESSION) as session:
            tap.check(session.reached, str(session.visit))
            made = Screen(self, session, account, **how)
            yield made
            made.close()
            if not session.terminal.ended:
                session.exit()

    # terminals inside

    def log_in_on_the_console(self, account: str, pin: str = PIN) -> None:
        """At agetty's prompt on /dev/console; afterwards m.console is at the shell."""
        self.console.expect(r"login: $")
        self.console.answer(account)
        self.console.expect(PIN_PROMPT)
        self.console.answer(pin, hidden=True)
        self.console.expect(SHELL)

    def terminal(self) -> Terminal:
        super().terminal().close()
        made = Terminal(self.inside)    # type: ignore[arg-type]
        self._terminals[-1] = made
        return made


class Inside:
    """The machine's own side, with as much of Space as a Terminal wants."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._leader = 0
        self._units = 0

    @property
    def leader(self) -> int:
        """Its first process as seen outside; 0 while there is none."""
        if not self._leader:
            nspawn = self.machine._nspawn
            assert nspawn
            self._leader = next((one.pid for one in procs.descendants(nspawn.pid)
                                 if one.ppid == nspawn.pid and inner_pid(one.pid) == 1), 0)
        return self._leader

    def outer(self, pid: int) -> int:
        """The number outside of a process inside; 0 when it has gone."""
        return next((one.pid for one in procs.descendants(self.leader) if inner_pid(one.pid) == pid), 0)

    # files

    def path(self, inside: str) -> str:
        return f"/proc/{self.leader}/root{inside}"

    def read(self, inside: str) -> str:
        with open(self.path(inside), encoding="utf-8", errors="surrogateescape") as file:
            return file.read()

    def write(self, inside: str, text: str, mode: int = 0o644) -> None:
        with open(self.path(inside), "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)

    def exists(self, inside: str) -> bool:
        return os.path.lexists(self.path(inside))

    # programs

    def entering(self, argv: Iterable[str], uid: str | int | None = None) -> list[str]:
        """The command that runs this one inside, in no session and no unit."""
        who = self.machine.identity(uid)
        as_whom = [f"--setuid={who['uid']}", f"--setgid={who['gid']}"] if who else []
        return ["nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup",
                "--root", "--wd=/", *as_whom, "--", *argv]

    def run(self, argv: Iterable[str], *, uid: str | int | None = None, **how: Any) -> Finished:
        return self.machine.space.run(self.entering(argv, uid), **how)

    def converse(self, argv: Iterable[str], *, uid: str | int | None = None, **how: Any) -> Conversation:
        return self.machine.space.converse(self.entering(argv, uid), **how)

    def spawn(self, argv: Iterable[str], *, fds: Mapping[int, int], env: Mapping[str, str], uid: int = 0, gid: int = 0,
              controlling: bool = True, **how: Any) -> OnTerminal:
        """For Terminal: the program is a unit of its own on this terminal, as a getty is."""
        assert controlling and not how, how
        self._units += 1
        unit = f"terminal-{self._units}"
        place = f"/dev/pts/{os.minor(os.fstat(fds[0]).st_rdev)}"
        given = {"Type": "exec", "User": str(uid), "Group": str(gid), "StandardInput": "tty-force", "TTYPath": place,
                 "StandardOutput": "tty", "StandardError": "tty", "IgnoreSIGPIPE": "no", "SendSIGHUP": "yes",
                 "KillMode": "process", "TimeoutStopSec": "2"}
        asker = self.machine.space.spawn(
            self.entering(["systemd-run", "--quiet", "--wait", "--collect", f"--unit={unit}",
                           *(f"--property={key}={value}" for key, value in given.items()),
                           *(f"--setenv={key}={value}" for key, value in env.items()), "--", *argv]),
            stderr=f"{WORK}/log/{unit}.err")
        pid = 0

        def begun() -> bool:
            nonlocal pid
            said = self.run(["systemctl", "show", "--property=MainPID,ActiveState", unit]).stdout
            if "ActiveState=active" in said:
                pid = self.outer(int(re.search(r"MainPID=(\d+)", said)[1]))     # type: ignore[index]
            return bool(pid) or not asker.alive
        wait_for(begun, f"{' '.join(argv)} on {place}", every=0.005)
        return OnTerminal(asker, unit, pid)


class OnTerminal:
    """As a Process: the program that a terminal was given. Its end is told by systemd-run, which waits for it."""

    def __init__(self, asker: Process, unit: str, pid: int) -> None:
        self.unit = unit
        self.pid = pid
        self._asker = asker

    @property
    def alive(self) -> bool:
        return self._asker.alive

    def poll(self) -> int | None:
        return self._asker.poll()

    def wait(self, timeout: float = PATIENCE) -> int:
        return self._asker.wait(timeout)

    def kill_tree(self, timeout: float = PATIENCE) -> int:
        root = procs.look(self.pid)
        for one in [*([root] if root else []), *procs.descendants(self.pid)]:
            procs.send(one)
        return self._asker.wait(timeout)

    def __str__(self) -> str:
        return self.unit


class Unit:
    """A service inside, by its unit's name."""

    def __init__(self, machine: Machine, name: str) -> None:
        self.machine = machine
        self.name = name

    def show(self, name: str) -> str:
        return self.machine.systemctl("show", f"--property={name}", "--value", self.name).strip()

    @property
    def pid(self) -> int:
        """As seen outside; 0 when it does not run."""
        inner = int(self.show("MainPID"))
        return self.machine.inside.outer(inner) if inner else 0

    @property
    def alive(self) -> bool:
        return self.show("ActiveState") in ("active", "activating", "reloading", "deactivating")

    def kill(self, number: int = signal.SIGKILL) -> None:
        self.machine.systemctl("kill", "--kill-whom=main", f"--signal={int(number)}", self.name)

    def stop(self) -> None:
        self.machine.systemctl("stop", self.name)
        self.machine.inside.run(["systemctl", "reset-failed", self.name])

    def log(self) -> str:
        return self.machine.inside.run(["journalctl", "--no-pager", "-o", "cat", "-u", self.name]).stdout


class Screen:
    """A virtual screen, a shell in its session, and a locker that obeys logind.

    session: logind's id. command(LINE): in the session's shell.
    """

    def __init__(self, machine: Machine, shell: Session, account: str, locker: str = LOCKER) -> None:
        """locker: a shell command that is started in the session; "" for a session that ignores every lock."""
        self.machine = machine
        self.shell = shell
        self.account = account
        self.session = machine.session_of(account)
        shell.command(f"{XVFB} 3>$XDG_RUNTIME_DIR/display 2>/dev/null &")
        shell.command("until [ -s $XDG_RUNTIME_DIR/display ]; do sleep 0.01; done")
        self.display = ":" + shell.command("cat $XDG_RUNTIME_DIR/display").strip()
        shell.command(f"export DISPLAY={self.display}")
        if locker:
            shell.command(f"{locker} >$XDG_RUNTIME_DIR/locker.log 2>&1 &")
            wait_for(lambda: machine.has_locker(self.session), "the locker to listen", every=0.02)

    def command(self, line: str, timeout: float = PATIENCE) -> str:
        return self.shell.command(line, timeout)

    def run(self, *argv: str) -> Finished:
        """A program on the screen, of its user."""
        return self.machine.inside.run(argv, uid=self.account, env={"PATH": PATH, "DISPLAY": self.display})

    def keys(self, *words: str) -> None:
        """xdotool's own words: keys("type", "123456"), keys("key", "Return")."""
        self.run("xdotool", *words).check()

    @property
    def locker(self) -> procs.Seen | None:
        """The process that holds the screen."""
        return next((one for one in self.machine.processes_of(self.account) if one.name == "i3lock"), None)

    @property
    def hint(self) -> bool:
        """LockedHint, as the session's locker sets it."""
        return self.machine.locked_hint(self.session)

    def grabbed(self) -> bool:
        """Whether somebody holds the keyboard."""
        return self.run("/usr/bin/python3", "-c", GRABBED).ok

    def wait_until_locked(self, timeout: float = PATIENCE) -> float:
        return wait_for(lambda: self.hint and self.locker and self.grabbed(), "the screen to be locked", timeout)

    def wait_until_open(self, timeout: float = PATIENCE) -> float:
        return wait_for(lambda: not self.hint and not self.locker, "the screen to be open", timeout)

    def close(self) -> None:
        """The screen goes, and with it what is on it."""
        for one in self.machine.processes_of(self.account):
            if one.name == "Xvfb":
                procs.send(one)

    def unlock(self, pin: str = PIN) -> None:
        """Typed at the locker; whether that opens the screen is seen with wait_until_open()."""
        self.wait_until_locked()
        self.keys("type", pin)
        self.keys("key", "Return")


@dataclasses.dataclass(frozen=True)
class Signal:
    at: float           # time.time(), when the bus had it
    member: str
    path: str

    @property
    def session(self) -> str:
        """The id; logind writes it as a part of a D-Bus path."""
        return re.sub(r"_([0-9a-f]{2})", lambda code: chr(int(code[1], 16)), self.path.rpartition("/")[2])


class Signals:
    """dbus-monitor on the system bus."""

    RULES = ("type='signal',sender='org.freedesktop.login1',interface='org.freedesktop.login1.Session'",
             "type='signal',sender='org.freedesktop.login1',interface='org.freedesktop.login1.Manager'",
             "type='signal',sender='org.freedesktop.login1',interface='org.freedesktop.DBus.Properties'")

    def __init__(self, machine: Machine) -> None:
        self.seen: list[Signal] = []
        self._bus = machine.inside.converse(["dbus-monitor", "--system", "--profile", *self.RULES])
        while "NameLost" not in self._bus.hear():      # it has become a monitor
            pass

    def hear(self, timeout: float = PATIENCE) -> Signal:
        """The next one."""
        fields = self._bus.hear(timeout).split("\t")
        if len(fields) < 8:
            raise Deadline(f"the bus said {fields}")
        found = Signal(float(fields[1]), fields[7], fields[5])
        self.seen.append(found)
        return found

    def wait(self, member: str, session: str, timeout: float = PATIENCE) -> Signal:
        """The next such signal: Lock, Unlock, SessionRemoved, PropertiesChanged …"""
        until = time.monotonic() + timeout
        while True:
            found = self.hear(max(0.0, until - time.monotonic()))
            if found.member == member and found.session == session:
                return found

    def quiet(self, seconds: float) -> list[Signal]:
        """What comes in that time."""
        until, heard = time.monotonic() + seconds, []
        with contextlib.suppress(Deadline):
            while True:
                heard.append(self.hear(max(0.0, until - time.monotonic())))
        return heard

    def close(self) -> None:
        if self._bus.process.alive:
            self._bus.process.kill_tree()
        self._bus.close()


def inner_pid(pid: int) -> int:
    """What the innermost namespace calls it; 0 when it has gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
            return next(int(line.split()[-1]) for line in file if line.startswith("NSpid:"))
    except (OSError, StopIteration):
        return 0
