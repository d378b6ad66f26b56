# SPDX-License-Identifier: BSD-2-Clause
"""The machine's audit: the kernel's state, and one auditd of ours that several worlds share."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from typing import Any

from . import procs, users
from .namespace import PATH, WORK, Space
from .process import PATIENCE, Deadline, Process

LOG_DIRECTORY = "/var/log/audit"
LOG = f"{LOG_DIRECTORY}/audit.log"
CONFIG = f"{WORK}/auditd"
PAGE = os.sysconf("SC_PAGE_SIZE")
FILLER = f"{LOG_DIRECTORY}/filler"
RESTORED = {"enabled": "-e", "failure": "-f", "rate_limit": "-r", "backlog_limit": "-b",
            "backlog_wait_time": "--backlog_wait_time"}
OPTIONS: dict[str, Any] = {
    "local_events": "yes", "write_logs": "yes", "log_file": LOG, "log_group": "root", "log_format": "ENRICHED",
    "flush": "INCREMENTAL_ASYNC", "freq": 50, "max_log_file": 64, "num_logs": 5, "priority_boost": 4,
    "name_format": "NONE", "max_log_file_action": "ROTATE", "space_left": 2, "space_left_action": "IGNORE",
    "verify_email": "no", "action_mail_acct": "root", "admin_space_left": 1, "admin_space_left_action": "IGNORE",
    "disk_full_action": "SUSPEND", "disk_error_action": "SUSPEND", "distribute_network": "no", "q_depth": 2000,
    "overflow_action": "IGNORE", "max_restarts": 10, "plugin_dir": f"{CONFIG}/plugins.d", "end_of_event_timeout": 2,
}


def auditctl(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["auditctl", *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False,
                          env={"PATH": PATH})


def kernel_state() -> dict[str, int]:
    """What `auditctl -s` says; empty when the kernel has no audit or we may not ask."""
    try:
        said = auditctl("-s")
    except (OSError, subprocess.TimeoutExpired):
        return {}
    if said.returncode != 0:
        return {}
    return {name: int(value) for name, value in re.findall(r"^(\w+) (\d+)", said.stdout, re.MULTILINE)}


def foreign_daemon() -> procs.Seen | None:
    """An auditd that no world started. The kernel may still name a dead one."""
    if MachineLock.taken():
        return None
    return living_daemon()


def host_daemon() -> int:
    """The pid of the machine's own auditd, 0 when there is none."""
    found = foreign_daemon()
    return found.pid if found and not is_experiment(found) else 0


def living_daemon() -> procs.Seen | None:
    pid = kernel_state().get("pid", 0)
    seen = procs.look(pid) if pid else None
    return seen if seen and seen.alive else None


def is_experiment(daemon: procs.Seen) -> bool:
    """One with a configuration of its own is somebody's test and will go; the machine's has none named."""
    return " -c" in daemon.command()


class MachineLock:
    """Only one test run on the machine may own the kernel's audit. An abstract socket leaves no file behind. The audit
    keeper holds it too, so that the next run begins when the state has been put back, whatever became of this one."""

    NAME = "\0jukinet-tests-own-the-audit"

    def __init__(self, wait: float) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        until = time.monotonic() + wait
        while True:
            try:
                self._socket.bind(self.NAME)
                return
            except OSError:
                if time.monotonic() > until:
                    self._socket.close()
                    raise Deadline(f"another test run kept the machine's audit for {wait:g} s") from None
                time.sleep(0.1)

    def fileno(self) -> int:
        return self._socket.fileno()

    def release(self) -> None:
        self._socket.close()

    @classmethod
    def taken(cls) -> bool:
        """By whatever test run, this one too."""
        with open("/proc/net/unix", encoding="utf-8", errors="replace") as file:
            return any(line.rstrip().endswith("@" + cls.NAME[1:]) for line in file)


class HostAudit(OSError):
    """The machine runs its own auditd, so none of ours can be started."""


class AuditDaemon:
    """auditd in the foreground in a place of its own, its log on a file system of its own.

        with AuditDaemon(log_format="RAW", size="2m", disk_full_action="IGNORE") as audit:
            with World("one", build, share_audit=audit) as w: ...

    size: of the tmpfs that holds the log. directory: a real directory of the host instead. backlog: the kernel's queue,
    as Debian's rules set it. Other options are auditd's own, by name.
    """

    current: AuditDaemon | None = None      # the one that this program has open

    def __init__(self, *, size: str = "512m", directory: str | None = None, backlog: int = 8192, wait: float = 300.0,
                 **options: Any) -> None:
        self.size = size
        self.backlog = backlog
        self.directory = directory
        self.given = OPTIONS | {"log_group": default_log_group()} | options
        self.options = dict(self.given)
        self.wait_for_machine = wait
        self.waited = 0.0               # seconds until other test runs had left the kernel's audit
        self.before: dict[str, int] = {}
        self.after: dict[str, int] = {}     # when all was put back, and nobody else had the kernel's audit yet
        self.daemon: Process | None = None
        self.space: Space

    def __enter__(self) -> AuditDaemon:
        return self.open()

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> AuditDaemon:
        if AuditDaemon.current:
            raise OSError("this program already has an auditd running, and the kernel has room for one")
        begun = time.monotonic()
        self.lock = MachineLock(self.wait_for_machine)
        try:
            self._wait_for_others()
            self.waited = time.monotonic() - begun
            self._take_over()
        except BaseException:
            self.lock.release()
            raise
        AuditDaemon.current = self
        return self

    def _wait_for_others(self) -> None:
        until = time.monotonic() + self.wait_for_machine
        while found := living_daemon():
            if not is_experiment(found):
                raise HostAudit(f"the machine runs its own auditd: {found}")
            if time.monotonic() > until:
                raise Deadline(f"another experiment's auditd stayed for {self.wait_for_machine:g} s: {found}")
            time.sleep(0.1)

    def _take_over(self) -> None:
        self.before = kernel_state()
        self.space = Space("audit", self._layout(), hold=[self.lock.fileno()])
        try:
            self.space.at_end(*restoring(self.before))
            self.control("-b", str(self.backlog))
            self.start()
        except BaseException:
            self.space.close()
            raise

    def close(self) -> None:
        AuditDaemon.current = None
        if self.daemon and self.daemon.alive:
            self.daemon.terminate()
        self.space.close()
        self.after = kernel_state()
        self.lock.release()

    def _layout(self) -> list[dict]:
        with open("/etc/passwd", encoding="utf-8") as passwd, open("/etc/group", encoding="utf-8") as group:
            host_passwd, host_group = passwd.read(), group.read()
        accounts = users.Accounts.choose(host_passwd, host_group)
        log = {"do": "tmpfs", "at": LOG_DIRECTORY, "size": self.size, "mode": "700", "make": True}
        if self.directory:
            log = {"do": "bind", "at": LOG_DIRECTORY, "source": self.directory, "make": True}
        return [
            {"do": "tmpfs", "at": "/run"},
            {"do": "tmpfs", "at": WORK, "mode": "700", "make": True},
            {"do": "file", "at": "/etc/passwd", "text": accounts.passwd(host_passwd)},
            {"do": "file", "at": "/etc/group", "text": accounts.group(host_group)},
            {"do": "file", "at": "/etc/nsswitch.conf", "text": users.NSSWITCH},
            {"do": "tmpfs", "at": "/var/log"},
            log,
        ]

    # the daemon

    def start(self, **options: Any) -> None:
        """Until the kernel names it as its auditd."""
        self.options |= options
        self.space.directory(CONFIG, 0o750)
        self.space.directory(f"{CONFIG}/plugins.d", 0o750)
        self.space.write(f"{CONFIG}/auditd.conf", self.config(), 0o640)
        self.daemon = self.space.spawn(["auditd", "-n", "-c", CONFIG], stdout=f"{WORK}/auditd.err",
                                       stderr=f"{WORK}/auditd.err")
        self._wait_for(lambda: kernel_state().get("pid") == self.pid, "the kernel to accept auditd")

    def restart(self, **options: Any) -> None:
        self.terminate()
        self.start(**options)

    def anew(self, size: str | None = None, **options: Any) -> None:
        """Starts over with an empty log of this size, and with these options beside those given at first."""
        if self.running:
            self.cont()
            self.terminate()
        self.enabled(1)
        for name in os.listdir(self.space.path(LOG_DIRECTORY)):
            remove(self.space.path(f"{LOG_DIRECTORY}/{name}"))
        if not self.directory:
            self.resize(size or self.size)
        self.options = dict(self.given)
        self.start(**options)
        self._wait_for(lambda: os.path.exists(self.log) and os.path.getsize(self.log), "its first record")

    def terminate(self) -> None:
        assert self.daemon
        self.daemon.terminate()

    def kill(self) -> None:
        assert self.daemon
        self.daemon.kill()

    def stop(self) -> None:
        """SIGSTOP: it keeps the kernel's place and reads nothing."""
        self._signal(signal.SIGSTOP)
        self._wait_for(lambda: self._state() == "T", "auditd to stop")

    def cont(self) -> None:
        self._signal(signal.SIGCONT)

    def rotate(self) -> None:
        before = os.stat(self.log).st_ino
        self._signal(signal.SIGUSR1)
        self._wait_for(lambda: os.path.exists(self.log) and os.stat(self.log).st_ino != before, "the log to rotate")

    def resume(self) -> None:
        """Ends a SUSPEND after a full disk."""
        self._signal(signal.SIGUSR2)

    def reconfigure(self, **options: Any) -> None:
        """SIGHUP with changed options."""
        self.options |= options
        self.space.write(f"{CONFIG}/auditd.conf", self.config(), 0o640)
        self._signal(signal.SIGHUP)

    def config(self) -> str:
        return "".join(f"{name} = {value}\n" for name, value in self.options.items())

    @property
    def pid(self) -> int:
        assert self.daemon
        return self.daemon.pid

    @property
    def running(self) -> bool:
        return self.daemon is not None and self.daemon.alive

    def stderr(self) -> str:
        return self.space.read(f"{WORK}/auditd.err")

    # the kernel

    def enabled(self, value: int) -> None:
        self.control("-e", str(value))

    def control(self, *arguments: str) -> None:
        """auditctl; what it changed of the state is put back at the end."""
        auditctl(*arguments).check_returncode()

    def state(self) -> dict[str, int]:
        return kernel_state()

    # the log

    @property
    def log(self) -> str:
        """The log as seen from outside."""
        return self.space.path(LOG)

    def unlink_log(self) -> None:
        """auditd goes on writing into a file without a name."""
        os.unlink(self.log)

    def rename_log(self, name: str = "moved.log") -> None:
        os.rename(self.log, self.space.path(f"{LOG_DIRECTORY}/{name}"))

    def fill(self, leave: int = 0) -> None:
        """Fills the log's file system until `leave` bytes are free. With 0 also the rest of the log's last page, by
        records of no meaning, so that auditd has met the full disk when this returns."""
        with open(self.space.path(FILLER), "ab", buffering=0) as file:
            while (free := self.free() - leave) > 0:
                try:
                    file.write(bytes(min(free, 1 << 20)))
                except OSError:
                    break
        for _ in range(PAGE // 900 + 2 if leave == 0 else 0):
            self.control("-m", "filler " + "x" * 900)

    def free(self) -> int:
        told = os.statvfs(self.space.path(LOG_DIRECTORY))
        return told.f_bavail * told.f_frsize

    def empty(self) -> None:
        """Gives the filled space back."""
        path = self.space.path(FILLER)
        if os.path.exists(path):
            os.unlink(path)

    def resize(self, size: str) -> None:
        self.space.mount("resize", LOG_DIRECTORY, size=size)

    def _signal(self, number: int) -> None:
        assert self.daemon
        self.daemon.signal(number)

    def _state(self) -> str:
        seen = procs.look(self.pid)
        return seen.state if seen else "X"

    def _wait_for(self, done: Any, what: str, timeout: float = PATIENCE) -> None:
        until = time.monotonic() + timeout
        while not done():
            if not self.running:
                raise OSError(f"auditd ended while waiting for {what}:\n{self.stderr()}")
            if time.monotonic() > until:
                raise Deadline(f"waited {timeout:g} s for {what}\n{self.stderr()}")
            time.sleep(0.005)


def default_log_group() -> str:
    """adm where there is one, as Debian has it; else root."""
    with open("/etc/group", encoding="utf-8") as file:
        return "adm" if any(line.startswith("adm:") for line in file) else "root"


def remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def restoring(before: dict[str, int]) -> list[list[str]]:
    """One auditctl a value, enabled last. The first makes the kernel notice a daemon that was killed."""
    tool = shutil.which("auditctl", path=PATH) or "auditctl"
    order = sorted((name for name in RESTORED if name in before), key=lambda name: name == "enabled")
    return [[tool, "-m", "end of test"]] + [[tool, RESTORED[name], str(before[name])] for name in order]
