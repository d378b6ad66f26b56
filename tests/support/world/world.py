# SPDX-License-Identifier: BSD-2-Clause
"""A whole private machine for tests: real login programs, auditd, pcscd with virtual cards, and our services.

    with World("unlock", build_dir) as w:
        w.pam.ours()
        ...
        assert w.login("hanako", pin="123456").reached

Nothing on the host's file system changes; the kernel's audit state is as before at the end; no process is left.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from dataclasses import dataclass
from typing import Any, Iterable, Sequence

from . import auditd, pcsc, procs, services, users
from .auditd import AuditDaemon
from .namespace import PATH, WORK, Space
from .pam import Pam
from .pcsc import Cards, Pcscd
from .process import PATIENCE, Conversation, Deadline, Finished, Process
from .records import AuditLog, Mark, Record
from .registry import Registry
from .services import Activated, Services
from .terminal import Answer, Session, Terminal, Visit

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
PIN_PROMPT = r"(?i)(PIN|暗証番号)[^\n]*[:：] ?$"
PASSWORD_PROMPT = r"Password: ?$"
SHELL = re.escape(users.SHELL_PROMPT) + "$"
NO_SHELL = r"(?!)"
HOSTNAME = "shimin-03"
REMEMBERED = 4          # finished terminals, for the report
CORES = "/tmp/cores"
SYSLOG = f"{WORK}/log/syslog"

LAYOUT = [
    {"do": "tmpfs", "at": "/run"},
    {"do": "tmpfs", "at": WORK, "mode": "700", "make": True, "size": "256m"},
    {"do": "overlay", "at": "/etc", "copy": True},
    {"do": "overlay", "at": "/var/lib"},
    {"do": "tmpfs", "at": "/var/log"},
    {"do": "tmpfs", "at": "/var/tmp", "mode": "1777"},
    {"do": "tmpfs", "at": "/tmp", "mode": "1777", "size": "256m"},
    {"do": "tmpfs", "at": "/home"},
    {"do": "tmpfs", "at": "/root", "mode": "711"},
    {"do": "dev", "at": "/dev"},
    {"do": "readonly_host"},
]

PAM_TEXTS = {
    "Success": "PAM_SUCCESS", "Critical error - immediate abort": "PAM_ABORT",
    "Failed to load module": "PAM_OPEN_ERR", "Symbol not found": "PAM_SYMBOL_ERR",
    "Error in service module": "PAM_SERVICE_ERR", "System error": "PAM_SYSTEM_ERR",
    "Memory buffer error": "PAM_BUF_ERR", "Permission denied": "PAM_PERM_DENIED",
    "Authentication failure": "PAM_AUTH_ERR", "Insufficient credentials to access authentication data":
    "PAM_CRED_INSUFFICIENT", "Authentication service cannot retrieve authentication info": "PAM_AUTHINFO_UNAVAIL",
    "User not known to the underlying authentication module": "PAM_USER_UNKNOWN",
    "Have exhausted maximum number of retries for service": "PAM_MAXTRIES",
    "Authentication token is no longer valid; new one required": "PAM_NEW_AUTHTOK_REQD",
    "User account has expired": "PAM_ACCT_EXPIRED",
    "Cannot make/remove an entry for the specified session": "PAM_SESSION_ERR",
    "Authentication service cannot retrieve user credentials": "PAM_CRED_UNAVAIL",
    "User credentials expired": "PAM_CRED_EXPIRED", "Failure setting user credentials": "PAM_CRED_ERR",
    "No module specific data is present": "PAM_NO_MODULE_DATA", "Conversation error": "PAM_CONV_ERR",
    "Authentication token manipulation error": "PAM_AUTHTOK_ERR",
    "Authentication information cannot be recovered": "PAM_AUTHTOK_RECOVERY_ERR",
    "Authentication token lock busy": "PAM_AUTHTOK_LOCK_BUSY", "Authentication token aging disabled":
    "PAM_AUTHTOK_DISABLE_AGING", "Failed preliminary check by password service": "PAM_TRY_AGAIN",
    "The return value should be ignored by PAM dispatch": "PAM_IGNORE", "Module is unknown": "PAM_MODULE_UNKNOWN",
    "Authentication token expired": "PAM_AUTHTOK_EXPIRED", "Conversation is waiting for event":
    "PAM_CONV_AGAIN", "Application needs to call libpam again": "PAM_INCOMPLETE",
}


@dataclass(frozen=True)
class PamResult:
    """What pamtester said. `code` is the PAM code's name, or the text where it is none."""

    ok: bool
    code: str
    seconds: float
    visit: Visit

    @property
    def transcript(self) -> str:
        return self.visit.transcript

    def __str__(self) -> str:
        return f"{self.code} after {self.seconds:.3f} s\n{self.visit.story}"


class World:
    def __init__(self, name: str, build_dir: str, share_audit: AuditDaemon | None = None, *, audit: bool = True,
                 audit_options: dict[str, Any] | None = None, card_reader: bool = True, readers: int = 1,
                 pinpad: bool = False, socket_mode: str = pcsc.OPEN, network: str = "private", hostname: str = HOSTNAME,
                 passwords: dict[str, str] | None = None, accounts: Iterable[users.Account] = (),
                 table: Sequence[services.Service] = services.SERVICES, extra_layout: Sequence[dict] = (),
                 keep: dict[str, bool] | None = None, cores: bool = False) -> None:
        """share_audit: an open AuditDaemon; without, the one that this program has open, or a new one with audit_options;
        none with audit=False; on a machine that runs its own auditd that one's log is followed (`host_auditd`).
        pinpad: the first reader has a PIN pad, `pcscd.pinpad`. socket_mode: pcsc.OPEN or pcsc.SHIPPED. network:
        "private" or "host". passwords: account -> password for pam_unix. keep: further paths of the host to show, True:
        writable. extra_layout: steps of keeper.Mounts."""
        self.name = name
        self.build_dir = os.path.realpath(build_dir)
        self.host_auditd = False
        self.audit = share_audit
        self.leftovers: list[str] = []
        self.started_in = 0.0
        self._wants_audit = audit
        self._audit_options = audit_options or {}
        self._own_audit: AuditDaemon | None = None
        self._card_reader = (card_reader, readers, socket_mode)
        self._pinpad = self.build_dir if pinpad else None
        self._network = network == "private"
        self._hostname = hostname
        self._passwords = passwords or {}
        self._more_accounts = list(accounts)
        self._table = table
        self._layout = [*LAYOUT[:-1], *extra_layout, LAYOUT[-1]]
        self._keep = {SOURCE: False, **python(), self.build_dir: True} | (keep or {})
        self._cores = CORES if cores else None
        self.space: Space
        self.accounts: users.Accounts
        self.services: Services
        self.monitor: Activated         # started by who wants it
        self.registry: Registry
        self.pam: Pam
        self.cards: Cards
        self.pcscd: Pcscd | None = None
        self.log: AuditLog
        self._terminals: list[Terminal] = []

    def __enter__(self) -> World:
        return self.open()

    def __exit__(self, *_: object) -> None:
        self.close()

    # beginning and end

    def open(self) -> World:
        begun = time.monotonic()
        try:
            self._open_audit()
            self.space = Space(self.name, self._layout, keep=self._keep, network=self._network,
                               hostname=self._hostname, parent=self.audit.space if self.audit else None)
            self._furnish()
            self._equip()
        except BaseException:
            self.close()
            raise
        self.started_in = time.monotonic() - begun - (self._own_audit.waited if self._own_audit else 0.0)
        return self

    def close(self) -> None:
        """Everything ends, in order where it can. What was still running unasked stands in `leftovers`."""
        for terminal in self._terminals:
            terminal.close()
        if hasattr(self, "monitor") and self.monitor.alive:
            self.monitor.kill_tree()
        if hasattr(self, "services"):
            self.services.stop()
            for service in self.services.values():
                service.close_socket()
        if hasattr(self, "cards"):
            self.cards.stop()
        if self.pcscd and self.pcscd.alive:
            self.pcscd.kill()
        if hasattr(self, "space"):
            self.leftovers = self.space.end()
            self.space.close()
        if self._own_audit:
            self._own_audit.close()
            self._own_audit = None

    def _open_audit(self) -> None:
        """The one given, the one this program already has, one of our own, or the host's."""
        if self._wants_audit and not self.audit:
            self.audit = AuditDaemon.current
        if self._wants_audit and not self.audit:
            daemon = AuditDaemon(**self._audit_options)
            try:
                self._own_audit = self.audit = daemon.open()
            except auditd.HostAudit:
                self.host_auditd = True
        if self.audit or self.host_auditd:
            self._keep[auditd.LOG_DIRECTORY] = self.audit is not None

    def _furnish(self) -> None:
        """Files, accounts and directories."""
        space = self.space
        passwd, group, shadow = (space.read(f"/etc/{name}") for name in ("passwd", "group", "shadow"))
        self.accounts = users.Accounts.choose(passwd, group, self._more_accounts).with_passwords(self._passwords)
        space.write("/etc/passwd", self.accounts.passwd(passwd))
        space.write("/etc/group", self.accounts.group(group))
        space.write("/etc/shadow", self.accounts.shadow(shadow), 0o640, (0, self._gid("shadow")))
        space.write("/etc/nsswitch.conf", users.NSSWITCH)
        space.write("/etc/hostname", f"{self._hostname}\n")
        space.write("/etc/hosts", f"127.0.0.1 localhost {self._hostname}\n")
        space.write("/etc/profile", f"PATH={PATH}\nexport PATH\n")
        space.write("/etc/motd", "")
        space.write("/etc/login.defs", without_delay(space.read("/etc/login.defs")))
        if space.exists("/etc/nologin"):
            os.unlink(space.path("/etc/nologin"))
        for path, mode in (("/run/utmp", 0o664), ("/var/log/wtmp", 0o664), ("/var/log/btmp", 0o660),
                           ("/var/log/lastlog", 0o664)):
            space.write(path, "", mode, (0, self._gid("utmp")))
        for path, directory_mode in ((f"{WORK}/log", 0o700), (f"{WORK}/cards", 0o700), ("/run/lock", 0o1777),
                                     (CORES, 0o1777)):
            space.directory(path, directory_mode)
        self._homes()
        for place in services.DIRECTORIES:
            owner = self.accounts.get(place.owner)
            space.directory(place.path, place.mode, (owner.uid, owner.gid) if owner else (0, 0))
        if self.audit:
            space.directory("/etc/audit", 0o750)
            space.write("/etc/audit/auditd.conf", self.audit.config(), 0o640)

    def _homes(self) -> None:
        profile = f"PS1='{users.SHELL_PROMPT}'\n"
        for one in self.accounts.values():
            if one.is_person:
                self.space.directory(one.home, 0o700, (one.uid, one.gid))
                self.space.write(f"{one.home}/.profile", profile, 0o644, (one.uid, one.gid))
        self.space.write("/root/.profile", profile)
        self.space.write("/root/.bash_profile", profile)

    def _equip(self) -> None:
        try:
            self.space.collect_syslog(SYSLOG)
        except OSError as problem:
            self.space.notes.append(str(problem))
        self.pam = Pam(self.space, self.build_dir)
        self.registry = Registry(self.space, self.build_dir)
        self.registry.settings()
        self.registry.policy()
        self.registry.terminal(self._hostname)
        self.cards = Cards(self.space, self.build_dir)
        self.log = AuditLog(self.space, auditd.LOG)
        self.services = Services()
        for row in self._table:
            self.services[row.name] = Activated(self.space, row, self.build_dir, self.accounts,
                                                log_group=self.log_group(), cores=self._cores)
            self.services[row.name].listen()
        self.monitor = Activated(self.space, services.MONITOR, self.build_dir, self.accounts, log_group=None,
                                 cores=self._cores)
        if self.host_auditd:
            self._see_host_log()
        wanted, readers, mode = self._card_reader
        if wanted:
            self.pcscd = Pcscd(self.space, readers, mode, self.accounts["_jukinet-card"].gid, self._pinpad)
            self.pcscd.start()

    def _see_host_log(self) -> None:
        try:
            self.log.mark()
        except Deadline:
            raise OSError(f"the machine's own auditd does not write to {auditd.LOG}") from None

    # who and where

    @property
    def loginuid_problem(self) -> str:
        """Why a loginuid of the calling session could not be taken off; empty when all is well."""
        return self.space.loginuid_problem

    @property
    def notes(self) -> list[str]:
        """What could not be made as wanted."""
        return self.space.notes + ([self.loginuid_problem] if self.loginuid_problem else [])

    def log_group(self) -> int | None:
        """The gid that may read the audit log; None when only root may."""
        try:
            seen = os.stat(self.space.path(auditd.LOG))
        except FileNotFoundError:
            return None
        return seen.st_gid if seen.st_mode & 0o040 and seen.st_gid else None

    def _gid(self, group: str) -> int:
        for line in self.space.read("/etc/group").splitlines():
            if line.startswith(f"{group}:"):
                return int(line.split(":")[2])
        return 0

    def identity(self, who: str | int | None) -> dict[str, Any]:
        """uid, gid, groups for spawn, from an account's name or a bare number."""
        if who is None:
            return {}
        if isinstance(who, str):
            if who == "root":
                return {}
            if who not in self.accounts:
                row = next(line.split(":") for line in self.space.read("/etc/passwd").splitlines()
                           if line.startswith(f"{who}:"))
                return {"uid": int(row[2]), "gid": int(row[3])}
            return {"uid": self.accounts[who].uid, "gid": self.accounts[who].gid}
        return {"uid": who, "gid": who}

    # programs

    def run(self, argv: Iterable[str], *, uid: str | int | None = None, nnp: bool = False, **how: Any) -> Finished:
        """Any command as any account, to its end or the deadline. how: as in Space.run and Space.spawn."""
        return self.space.run(argv, **self._how(uid, nnp, how))

    def spawn(self, argv: Iterable[str], *, uid: str | int | None = None, nnp: bool = False, **how: Any) -> Process:
        return self.space.spawn(argv, **self._how(uid, nnp, how))

    def converse(self, argv: Iterable[str], *, uid: str | int | None = None, nnp: bool = False,
                 **how: Any) -> Conversation:
        """A program that the test talks to, line by line."""
        return self.space.converse(argv, **self._how(uid, nnp, how))

    def terminal(self) -> Terminal:
        terminal = Terminal(self.space)
        finished = [one for one in self._terminals if one.closed]
        self._terminals = [one for one in self._terminals if one not in finished[:-REMEMBERED]] + [terminal]
        return terminal

    def open_login(self, account: str, pin: str | None = None, answers: Sequence[Answer] = (), *,
                   timeout: float = PATIENCE, **how: Any) -> Session:
        """The real login on a terminal of its own, at the shell when `.reached`; the caller ends it."""
        return self.open_session(["/bin/login", "--", account], pin, answers,
                                 ends=[rf"(?m)^{re.escape(self._hostname)} login: $"], timeout=timeout, **how)

    def login(self, account: str, pin: str | None = None, answers: Sequence[Answer] = (), *,
              commands: Sequence[str] = (), timeout: float = PATIENCE, **how: Any) -> Visit:
        """Logs in, runs the commands in the shell, logs out."""
        return self._visit(self.open_login(account, pin, answers, timeout=timeout, **how), commands, timeout)

    def su(self, account: str, pin: str | None = None, answers: Sequence[Answer] = (), *,
           as_user: str | int | None = None, commands: Sequence[str] = (), timeout: float = PATIENCE,
           **how: Any) -> Visit:
        session = self.open_session(["/bin/su", "-", account], pin, answers, timeout=timeout, uid=as_user, **how)
        return self._visit(session, commands, timeout)

    def open_session(self, argv: Sequence[str], pin: str | None = None, answers: Sequence[Answer] = (), *,
                     shell: str = SHELL, ends: Sequence[str] = (), timeout: float = PATIENCE,
                     uid: str | int | None = None, nnp: bool = False, **how: Any) -> Session:
        """Any program that asks and then gives a shell. `pin` answers the first PIN prompt."""
        terminal = self.terminal()
        terminal.start(argv, **self._how(uid, nnp, how))
        asked = ([Answer(PIN_PROMPT, pin, hidden=True)] if pin is not None else []) + list(answers)
        return Session(terminal, asked, shell, ends, timeout).reach()

    def pamtester(self, service: str, user: str, *operations: str, as_uid: str | int | None = None,
                  pin: str | None = None, answers: Sequence[Answer] = (), items: dict[str, str] | None = None,
                  timeout: float = PATIENCE, **how: Any) -> PamResult:
        """operations: authenticate (default), acct_mgmt, open_session, close_session, setcred …
        items: rhost=, tty=, ruser= …"""
        set_items = [word for name, value in (items or {}).items() for word in ("-I", f"{name}={value}")]
        begun = time.monotonic()
        session = self.open_session(["pamtester", *set_items, service, user, *(operations or ("authenticate",))], pin,
                                    answers, shell=NO_SHELL, timeout=timeout, uid=as_uid, **how)
        visit = session.close()
        seconds = time.monotonic() - begun
        return PamResult(visit.status == 0, pam_code(visit), seconds, visit)

    def _visit(self, session: Session, commands: Sequence[str], timeout: float) -> Visit:
        with session:
            if session.reached:
                for command in commands:
                    session.command(command, timeout)
                session.exit(timeout)
        return session.visit

    def _how(self, who: str | int | None, nnp: bool, how: dict[str, Any]) -> dict[str, Any]:
        given = self.identity(who) | how
        if nnp:
            given["no_new_privs"] = True
        if self._cores and "limits" not in given:
            given |= {"limits": {"CORE": [-1, -1]}, "cwd": given.get("cwd", CORES)}
        return given

    # what happened

    def mark(self) -> Mark:
        return self.log.mark()

    def records(self, since: Mark | None = None, op: str | None = None) -> list[Record]:
        """Ours, as they stand in the log now."""
        return self.log.ours(since, op)

    def ausearch(self, *arguments: str) -> Finished:
        return self.log.ausearch(*arguments)

    def aureport(self, *arguments: str) -> Finished:
        return self.log.aureport(*arguments)

    def aulast(self, *arguments: str) -> Finished:
        return self.log.aulast(*arguments)

    def syslog(self) -> str:
        return self.space.read(SYSLOG) if self.space.exists(SYSLOG) else ""

    def processes(self) -> list[procs.Seen]:
        """All that runs in the world, equipment included."""
        return self.space.processes()

    def processes_of(self, account: str) -> list[procs.Seen]:
        uid = self.accounts[account].uid
        return [one for one in self.processes() if one.uid() == uid]

    def strays(self) -> list[procs.Seen]:
        """What is neither test equipment, nor a service's resident process, nor on a terminal: workers, card processes,
        whatever a killed one left behind."""
        expected = [self.pcscd, *self.services.values(), *self.cards.inserted, *self._terminals]
        known = {one.process.pid for one in expected if one and one.process}
        below = {child.pid for terminal in self._terminals if terminal.process
                 for child in procs.descendants(terminal.process.pid)}
        return [one for one in self.processes() if one.pid not in known | below]

    def core_files(self) -> list[str]:
        """Paths of core files as seen from outside. Only where the host's core_pattern is a plain name."""
        directory = self.space.path(CORES)
        return [os.path.join(directory, name) for name in os.listdir(directory) if name.startswith("core")]

    def report(self) -> str:
        """What a person wants to see when a test has failed."""
        parts = [(f"{name} stderr", one.stderr()) for name, one in getattr(self, "services", {}).items()]
        if self.monitor.process:
            parts.append(("monitor", self.monitor.stderr()))
        if self.pcscd:
            parts.append(("pcscd", self.pcscd.stderr()))
        parts += [(f"card at {card.port}", card.stderr() + card.apdus()) for card in self.cards.inserted]
        parts.append(("syslog", self.syslog()))
        parts.append(("records", "".join(f"{one}\n" for one in self.log.all()[-15:])))
        parts += [(f"terminal {number}", one.story()) for number, one in enumerate(self._terminals[-2:])]
        parts.append(("processes", "".join(f"{one}\n" for one in self.processes())))
        return "\n".join(f"-- {self.name}: {title}\n{tail(text)}" for title, text in parts if text.strip())


def python() -> dict[str, bool]:
    """Where this Python lives, unless the system's: it may lie in a home directory."""
    return {path: False for path in (sys.prefix, sys.base_prefix) if path != "/usr"}


def tail(text: str, lines: int = 25) -> str:
    return "\n".join(text.rstrip().splitlines()[-lines:])


def without_delay(login_defs: str) -> str:
    """A refused login asks again at once, where login and not pam_faildelay makes it wait."""
    return re.sub(r"(?m)^(\s*FAIL_DELAY\s+).*$", r"\g<1>0", login_defs)


def pam_code(visit: Visit) -> str:
    said = re.findall(r"^pamtester: (.*)$", visit.transcript, re.MULTILINE)
    if visit.timed_out:
        return "no end before the deadline"
    if visit.status == 0:
        return "PAM_SUCCESS"
    last = said[-1].strip() if said else f"status {visit.status}"
    return PAM_TEXTS.get(last, last)


def missing(*, build: str | None = None, programs: Iterable[str] = ("login", "su", "pamtester", "setpriv"),
            audit: bool = True, card_reader: bool = True, own_audit: bool = False) -> list[str]:
    """Why no world can be made here; empty when one can. own_audit: the machine must not run its own auditd."""
    if os.geteuid() != 0:
        return ["needs root"]
    reasons = [f"{name} is not installed" for name in programs if not shutil.which(name, path=PATH)]
    if audit:
        reasons += missing_audit(own_audit)
    if card_reader:
        reasons += [] if shutil.which("pcscd", path=PATH) else ["pcscd is not installed"]
        reasons += [] if pcsc.driver() else ["the virtual reader (vpcd) is not installed"]
    if build is not None:
        reasons += missing_build(build)
    return reasons


def missing_audit(own: bool) -> list[str]:
    absent = [f"{name} is not installed" for name in ("auditd", "auditctl", "ausearch")
              if not shutil.which(name, path=PATH)]
    if absent:
        return absent
    state = auditd.kernel_state()
    if not state:
        return ["the kernel's audit cannot be asked (auditctl -s fails)"]
    if state["enabled"] == 2:
        return ["the kernel's audit is locked (auditctl -e 2)"]
    if own and auditd.host_daemon():
        return ["the machine runs its own auditd"]
    return []


def missing_build(build: str) -> list[str]:
    binaries = [service.binary for service in services.SERVICES] + ["pam_jukinet/module/pam_jukinet.so"]
    return [f"{binary} is not built" for binary in binaries if not os.path.exists(os.path.join(build, binary))]
