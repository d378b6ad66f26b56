# SPDX-License-Identifier: BSD-2-Clause
"""Long-running programs of a world: ours started the way systemd starts them, and control over any of them."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass

from . import procs
from .namespace import WORK, Space
from .process import PATIENCE, Deadline, Process
from .users import Accounts


@dataclass(frozen=True)
class Listener:
    path: str
    owner: str
    group: str
    mode: int


@dataclass(frozen=True)
class Service:
    """What its unit file says. Paths are relative to the build directory."""

    name: str
    binary: str
    user: str
    socket: Listener | None = None  # none: it only asks
    capabilities: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    reads_log: bool = False         # joins auditd's log_group


@dataclass(frozen=True)
class Directory:
    path: str
    owner: str
    mode: int


SERVICES = (
    Service("jukinetd", "pam_jukinet/daemon/jukinetd", "_jukinet",
            Listener("/run/jukinet/jukinet.sock", "root", "root", 0o666), capabilities=("audit_write",)),
    Service("card", "pam_jukinet/card/jukinet-card", "_jukinet-card",
            Listener("/run/jukinet/card.sock", "_jukinet", "root", 0o600)),
    Service("witness", "pam_jukinet/witness/jukinet-witness", "_jukinet-witness",
            Listener("/run/jukinet/witness.sock", "_jukinet", "root", 0o600),
            arguments=("--log", "/var/log/audit/audit.log"), reads_log=True),
)

# Not among them: it locks sessions, which most tests do not want.
MONITOR = Service("monitor", "pam_jukinet/monitor/jukinet-monitor", "_jukinet-monitor")

DIRECTORIES = (
    Directory("/run/jukinet", "root", 0o755),
    Directory("/run/jukinet/state", "_jukinet", 0o700),
    Directory("/run/jukinet/sessions", "_jukinet", 0o755),
    Directory("/run/jukinet/monitor", "_jukinet-monitor", 0o755),
    Directory("/var/lib/jukinet", "_jukinet", 0o700),
    Directory("/var/lib/jukinet/keys", "_jukinet", 0o700),
    Directory("/var/lib/jukinet-registry", "root", 0o755),
    Directory("/etc/jukinet", "root", 0o755),
    Directory("/etc/jukinet/registry.d", "root", 0o755),
)


class Controlled:
    """Anything that runs on and can be disturbed."""

    def __init__(self, space: Space, name: str) -> None:
        self.space = space
        self.name = name
        self.log = f"{WORK}/log/{name}.err"
        self.process: Process | None = None

    @property
    def pid(self) -> int:
        return self.running().pid

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.alive

    def running(self) -> Process:
        if self.process is None:
            raise AssertionError(f"{self.name} was not started")
        return self.process

    def stop(self, timeout: float = PATIENCE) -> int:
        """SIGTERM, and SIGKILL when that does not do; the exit status. Orphans of it are killed."""
        return self._end(lambda process: process.terminate(timeout))

    def kill(self) -> int:
        """SIGKILL to it alone: what it leaves behind is the test's to look at."""
        return self.running().kill()

    def kill_tree(self) -> int:
        return self._end(lambda process: process.kill_tree())

    def sigstop(self) -> None:
        self.running().signal(signal.SIGSTOP)
        self._wait_for_state("T")

    def sigcont(self) -> None:
        self.running().signal(signal.SIGCONT)

    def children(self) -> list[procs.Seen]:
        """Below it now: accepters' workers."""
        return self.process.children() if self.alive and self.process else []

    def wait_for_children(self, count: int, timeout: float = PATIENCE) -> list[procs.Seen]:
        until = time.monotonic() + timeout
        while len(found := self.children()) != count:
            if time.monotonic() > until:
                raise Deadline(f"{self.name} has {len(found)} children, not {count}: {[str(one) for one in found]}")
            time.sleep(0.003)
        return found

    def stderr(self) -> str:
        return self.space.read(self.log) if self.space.exists(self.log) else ""

    def _end(self, how) -> int:
        below = self.children()
        status = how(self.running())
        for one in below:
            procs.send(one)
        return status

    def _wait_for_state(self, state: str, timeout: float = PATIENCE) -> None:
        until = time.monotonic() + timeout
        while (seen := procs.look(self.pid)) and seen.state.upper() != state:
            if time.monotonic() > until:
                raise Deadline(f"{self.name} is {seen.state}, not {state}")
            time.sleep(0.002)


class Activated(Controlled):
    """A service of ours. Its socket, where it has one, stands from `listen` on, also while the program does not run."""

    def __init__(self, space: Space, service: Service, build_dir: str, accounts: Accounts, *, log_group: int | None,
                 cores: str | None = None) -> None:
        super().__init__(space, service.name)
        self.service = service
        self.binary = os.path.join(build_dir, service.binary)
        self.account = accounts[service.user]
        self.accounts = accounts
        self.log_group = log_group
        self.cores = cores
        self.extra_environment: dict[str, str] = {}
        self.path = service.socket.path if service.socket else ""       # where it is reached
        self._listener = -1

    def listen(self) -> None:
        """A fresh socket; callers waiting at the old one are gone."""
        self.close_socket()
        socket = self.service.socket
        if socket is None:
            return
        uid = self.accounts[socket.owner].uid if socket.owner in self.accounts else 0
        gid = self.accounts[socket.group].gid if socket.group in self.accounts else 0
        self._listener = self.space.listen(socket.path, uid=uid, gid=gid, mode=socket.mode)

    def start(self, *arguments: str, wrapper: tuple[str, ...] = ()) -> None:
        """arguments come after the service's own. wrapper: such as ("strace", "-f", "-o", FILE)."""
        if self._listener < 0:
            self.listen()
        given = {"fds": {3: self._listener}, "listen": 1} if self._listener >= 0 else {}
        if self.service.socket:
            self.path = self.service.socket.path
        limits = {"CORE": [-1, -1]} if self.cores else {}
        self.process = self.space.spawn(
            [*wrapper, *self.confinement(), self.binary, *self.service.arguments, *arguments],
            env=dict(self.extra_environment), stdout=self.log, stderr=self.log, cwd=self.cores or "/", limits=limits,
            **given)

    def start_by_hand(self, *arguments: str, timeout: float = PATIENCE) -> None:
        """As somebody tries it in the foreground: its own socket, and nothing taken from it but what its user and
        capabilities are."""
        self.path = f"/tmp/{self.name}-by-hand.sock"
        if self.space.exists(self.path):
            os.unlink(self.space.path(self.path))
        confined = [word for word in self.confinement() if word != "--no-new-privs"]
        self.process = self.space.spawn(
            [*confined, self.binary, *self.service.arguments, "--socket", self.path, *arguments], umask=0,
            env=dict(self.extra_environment), stdout=self.log, stderr=self.log)
        until = time.monotonic() + timeout
        while not self.space.exists(self.path):
            if not self.alive or time.monotonic() > until:
                raise Deadline(f"{self.name} did not come up\n{self.stderr()}")
            time.sleep(0.003)

    def restart(self, *arguments: str) -> None:
        self.stop()
        self.start(*arguments)

    def confinement(self) -> list[str]:
        """What the unit file says, as setpriv's arguments."""
        capabilities = list(self.service.capabilities)
        groups = "--clear-groups"
        if self.service.reads_log:
            if self.log_group:
                groups = f"--groups={self.log_group}"
            else:
                capabilities.append("dac_read_search")
        granted = ",".join(["-all", *(f"+{name}" for name in capabilities)])
        return ["/usr/bin/setpriv", f"--reuid={self.account.uid}", f"--regid={self.account.gid}", groups,
                f"--inh-caps={granted}", f"--ambient-caps={granted}", f"--bounding-set={granted}", "--no-new-privs"]

    def close_socket(self) -> None:
        if self._listener >= 0:
            os.close(self._listener)
            self._listener = -1

    def installed(self) -> bool:
        return os.access(self.binary, os.X_OK)


class Services(dict[str, Activated]):
    """By name; also as attributes: services.jukinetd, services.card, services.witness."""

    def __getattr__(self, name: str) -> Activated:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def start(self, *names: str) -> None:
        """All, or those named; what others connect to first."""
        for name in names or reversed(list(self)):
            if not self[name].alive:
                self[name].start()

    def stop(self) -> None:
        for one in self.values():
            if one.alive:
                one.stop()

    def workers(self) -> list[procs.Seen]:
        """Whatever is left below the accepters."""
        return [child for one in self.values() for child in one.children()]

    def wait_until_idle(self, timeout: float = PATIENCE) -> None:
        until = time.monotonic() + timeout
        while left := self.workers():
            if time.monotonic() > until:
                raise Deadline(f"still at work: {[str(one) for one in left]}")
            time.sleep(0.005)
