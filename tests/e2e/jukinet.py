# SPDX-License-Identifier: BSD-2-Clause
"""The office in which the end-to-end tests play: who works there, their cards, policy and services, all real.

    from jukinet import Office, tap, missing

    def test_something(w): assert w.login("hanako", pin=PIN).reached

    if __name__ == "__main__":
        tap.main(missing(), w=lambda: Office("something"))

Run a file alone as `python3 tests/e2e/test_login.py [BUILD_DIR] [TEST…]`, or set BUILD_DIR.
"""

from __future__ import annotations

import contextlib
import copy
import fnmatch
import json
import os
import re
import select
import sys
import time
from dataclasses import dataclass, field
from typing import Any, Callable, Iterator

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))

import frames                                                                                       # noqa: E402
import texts                                                                                        # noqa: E402
from world import AuditDaemon, Answer, Card, Mark, Process, Record, World, person, procs, tap       # noqa: E402
from world import missing as missing_world                                                          # noqa: E402
from world.process import PATIENCE, Deadline                                                        # noqa: E402


def build_directory() -> str:
    """The first argument when it is a directory, $BUILD_DIR, or build/ beside the sources."""
    if len(sys.argv) > 1 and os.path.isdir(sys.argv[1]):
        return os.path.realpath(sys.argv.pop(1))
    return os.path.realpath(os.environ.get("BUILD_DIR") or os.path.join(ROOT, "build"))


BUILD = build_directory()
PIN = "123456"
WRONG = "654321"
TRIES = 3
STATE = "/run/jukinet/state"
NOTICES = "/run/jukinet/sessions"
MONITOR = "_jukinet-monitor"
KEEP = "/var/lib/jukinet"
SNAPSHOT = "/var/lib/jukinet-registry/snapshot.cdb"
SCRIPTS = "/tmp/jk"
LOCALES = "/tmp/jk-locale"
SYSTEM_LOCALES = [{"do": "overlay", "at": "/usr/lib/locale"}]
REPORTER = "tools/breakglass/jukinet-breakglass"
NOBODY = 4294967295
COUNTER = "madoguchi"       # an account that two persons may use
CODES = ["PAM_SUCCESS", "PAM_OPEN_ERR", "PAM_SYMBOL_ERR", "PAM_SERVICE_ERR", "PAM_SYSTEM_ERR", "PAM_BUF_ERR",
         "PAM_PERM_DENIED", "PAM_AUTH_ERR", "PAM_CRED_INSUFFICIENT", "PAM_AUTHINFO_UNAVAIL", "PAM_USER_UNKNOWN",
         "PAM_MAXTRIES", "PAM_NEW_AUTHTOK_REQD", "PAM_ACCT_EXPIRED", "PAM_SESSION_ERR", "PAM_CRED_UNAVAIL",
         "PAM_CRED_EXPIRED", "PAM_CRED_ERR", "PAM_NO_MODULE_DATA", "PAM_CONV_ERR", "PAM_AUTHTOK_ERR"]


@dataclass(frozen=True)
class Staff:
    account: str
    number: str
    name: str
    card: str
    operator_id: str
    key: str


STAFF = {one.account: one for one in (
    Staff("hanako", "p0123", "佐藤花子", "c-0042", "m0123-2", "rsa2048"),
    Staff("taro", "p0124", "鈴木太郎", "c-0043", "m0124-1", "p256"),
    Staff("jiro", "p0125", "Jiro Tanaka", "c-0044", "m0125-1", "p256"),
)}
SPARE = "c-0045"            # hanako's second card
SETTINGS = {"login": {"deadline": 12, "card-wait": 2, "contact": "内線 123"}, "audit": {"receipt": 4000}}


def missing(**how: Any) -> list[str]:
    return missing_world(build=BUILD, **how)


class Office(World):
    """hanako (RSA), taro and jiro (P-256), a spare card of hanako, an account that two share; all in order."""

    def __init__(self, name: str, build_dir: str = "", **how: Any) -> None:
        how["accounts"] = [person(COUNTER, 2010), *how.get("accounts", ())]
        how["extra_layout"] = [{"do": "overlay", "at": "/usr/share/locale"}, *how.get("extra_layout", ())]
        super().__init__(name, build_dir or BUILD, **how)
        self.card: Card
        self._apps: list[App] = []

    def open(self) -> Office:
        super().open()
        try:
            self._open_office()
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        for app in self._apps:
            app.close()
        super().close()

    def _open_office(self) -> None:
        self.space.directory(SCRIPTS)
        for name in ("frames.py", "pamapp.py", "hostile.py", "inside.py", "watch.py", "attack.py", "actor.py",
                     "asking.py", "nuisance.py", "forger.py", "deaf.py", "library.py"):
            path = os.path.join(HERE, name)
            if os.path.exists(path):
                with open(path, "rb") as file:
                    self.space.write(f"{SCRIPTS}/{name}", file.read(), 0o755)
        with open(os.path.join(ROOT, "tests", "support", "world", "scard.py"), "rb") as file:
            self.space.write(f"{SCRIPTS}/scard.py", file.read(), 0o755)
        for one in STAFF.values():
            self.cards.make(one.account, key=one.key)
            self.registry.person(one.number, name=one.name, accounts=[one.account], operator_ids=[one.operator_id],
                                 cards={one.card: self.cards.certificate(one.account)})
        self.cards.make("spare", key="p256")
        self.registry.card(SPARE, STAFF["hanako"].number, self.cards.certificate("spare"))
        self.registry.account(COUNTER, STAFF["hanako"].number, STAFF["taro"].number)
        self._rows = copy.deepcopy(self.registry.rows)
        self.settings()
        self.registry.policy()
        self.registry.build()
        self.pam.ours()
        self.services.start()
        if self.pcscd:
            self.card = self.cards.put("hanako", self.pcscd.readers[0].port)

    # the state of things

    def settings(self, **changed: dict[str, Any]) -> None:
        """jukinet.conf over the office's own defaults."""
        merged = {name: dict(keys) for name, keys in SETTINGS.items()}
        for name, keys in changed.items():
            merged.setdefault(name, {}).update(keys)
        self.registry.settings(**merged)

    def reset(self, holder: str = "hanako") -> None:
        """As it was at the beginning: registry, services, the holder's card with all its tries, no session."""
        self.registry.rows = copy.deepcopy(self._rows)
        self.settings()
        self.registry.policy()
        if self.space.exists(SNAPSHOT):
            os.unlink(self.space.path(SNAPSHOT))
        self.registry.build()
        self.services.start()
        self.services.wait_until_idle()
        for directory, pattern in ((STATE, "session.*"), (STATE, "ticket.*"), (KEEP, "last-record"), (KEEP, "used.*"),
                                   (KEEP, "open.*"), (KEEP, "last.*"), (NOTICES, "*"), (KEEP, "tally.*"),
                                   (STATE, "usebook.*")):
            for name in self.files(directory, pattern):
                os.unlink(self.space.path(f"{directory}/{name}"))
        self.insert(holder)

    def insert(self, holder: str, tries: int = TRIES) -> Card:
        """That person's card is in the reader, with so many tries left."""
        made = self.cards.made[holder]
        self.card.clear()
        if self.card.made != made or self.card.status()["inserted"] != "yes":
            self.card.insert_and_wait(made)
        self.card.set_tries(tries)
        self.card.slow(0, 0)
        return self.card

    def pull(self) -> None:
        """The card is out, and pcscd has noticed: it looks every 0.4 s, and may just be about to tell of one that has gone."""
        self.card.remove()
        time.sleep(0.5)
        self.seen(False)

    def seen(self, present: bool = True) -> None:
        """Until pcscd sees a card in the first reader, or none: it looks every 0.4 s, and may be late."""
        self.run([sys.executable, "-B", "-I", f"{SCRIPTS}/scard.py", "present" if present else "empty"]).check()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """jukinet-monitor runs, and has seen the reader."""
        said = len(self.monitor.stderr())
        self.monitor.start()
        try:
            wait_for(lambda: "pcscd answers" in self.monitor.stderr()[said:], "the monitor's first look")
            yield
        finally:
            self.monitor.stop()

    def files(self, directory: str = STATE, pattern: str = "*") -> list[str]:
        names = os.listdir(self.space.path(directory))
        return sorted(name for name in names if fnmatch.fnmatch(name, pattern))

    def tickets(self) -> list[str]:
        return self.files(STATE, "ticket.*")

    def state(self, pattern: str) -> bytes:
        """The one state file of that name."""
        found = self.files(STATE, pattern)
        tap.equal(len(found), 1, f"state files {pattern}: {found}")
        with open(self.space.path(f"{STATE}/{found[0]}"), "rb") as file:
            return file.read()

    def put_state(self, name: str, data: bytes, directory: str = STATE) -> None:
        owner = self.accounts["_jukinet"]
        self.space.write(f"{directory}/{name}", data, 0o600, (owner.uid, owner.gid))

    def write_last_record(self, seconds: int) -> None:
        self.put_state("last-record", frames.encode(frames.STATE_TIME, (frames.F_REAL_S, seconds)), KEEP)

    # what came of it

    def records(self, since: Mark | None = None, op: str | None = None) -> list[Record]:
        """Of our own jukinetd: the log is the machine's, and others may be at work on it."""
        return [one for one in super().records(since, op) if one.get("exe") == self.services.jukinetd.binary]

    def happened(self, since: Mark, op: str | None = None) -> list[Record]:
        """All of ours since then, also what is still on its way."""
        self.services.wait_until_idle()
        self.mark()
        return self.records(since, op)

    def one(self, since: Mark, op: str | None = None) -> Record:
        found = self.happened(since, op)
        tap.equal(len(found), 1, f"records of {op or 'any kind'}: {[str(one) for one in found]}")
        return found[0]

    # programs

    def app(self, uid: str | int | None = None, **how: Any) -> App:
        made = App(self, uid, **how)
        self._apps.append(made)
        return made

    def ask(self, account: str, pin: str | None = PIN, *, uid: str | int | None = None, service: str = "jk-test",
            op: str = "authenticate", at_prompt: Callable[[], object] | None = None, flags: int = 0,
            items: dict[str, str] | None = None, timeout: float = PATIENCE, **how: Any) -> Told:
        """One PAM call of a fresh program: its code, and every text that was shown."""
        with self.app(uid, **how) as app:
            app.start(service, account, items)
            return app.do(op, pin, at_prompt=at_prompt, flags=flags, timeout=timeout)

    def python(self, script: str, *arguments: str, timeout: float = 60.0, **how: Any) -> Any:
        """A script of tests/e2e as somebody inside; what it printed as JSON."""
        done = self.run([sys.executable, "-B", "-I", f"{SCRIPTS}/{script}", *arguments], timeout=timeout, **how)
        tap.equal(done.status, 0, f"{script} {arguments}: {done}\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def shipped(self) -> None:
        """The service files of conf/pam.d as they are installed, with the module and the reporter of this build."""
        for name in os.listdir(f"{ROOT}/conf/pam.d"):
            with open(f"{self.build_dir}/conf/{name}", encoding="utf-8") as file:
                text = re.sub(r"\S+/jukinet-breakglass", f"{self.build_dir}/{REPORTER}", file.read())
            text = text.replace("delay=3000000", "delay=0").replace("pam_jukinet.so", self.pam.module)
            self.space.write(f"/etc/pam.d/{name}", text)

    def japanese(self) -> dict[str, str]:
        """An environment in which messages are Japanese; {} where this machine can make none."""
        if not self.space.exists("/usr/share/locale/ja/LC_MESSAGES/jukinet.mo"):
            with open(f"{self.build_dir}/po/ja/LC_MESSAGES/jukinet.mo", "rb") as file:
                self.space.directory("/usr/share/locale/ja/LC_MESSAGES")
                self.space.write("/usr/share/locale/ja/LC_MESSAGES/jukinet.mo", file.read())
        name = f"{LOCALES}/ja_JP.UTF-8"
        if not self.space.exists(name):
            self.space.directory(LOCALES)
            self.run(["localedef", "--no-archive", "-i", "ja_JP", "-f", "UTF-8", name], timeout=60)
        if self.space.exists(f"{name}/LC_CTYPE"):
            return {"LANG": "ja_JP.UTF-8", "LOCPATH": LOCALES}
        return {}

    def system_japanese(self) -> dict[str, str]:
        """The same in the place of the system's own, which set-user-ID programs and cleared environments have too; the
        office was made with extra_layout=SYSTEM_LOCALES."""
        made = self.japanese()
        if not made:
            return {}
        self.run(["cp", "-a", f"{LOCALES}/ja_JP.UTF-8", "/usr/lib/locale/"]).check()
        return {"LANG": made["LANG"]}


@dataclass
class Told:
    """What a PAM call said: the code's name, the prompts, the other texts in order."""

    code: str
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.code == "PAM_SUCCESS"


class App:
    """pamapp.py inside the office: a PAM application in the test's hands."""

    def __init__(self, office: Office, uid: str | int | None = None, env: dict[str, str] | None = None,
                 wrapper: tuple[str, ...] = (), **how: Any) -> None:
        theirs_in, self._in = os.pipe2(os.O_CLOEXEC)
        self._out, theirs_out = os.pipe2(os.O_CLOEXEC)
        self._read = b""
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"} | (env or {})
        try:
            self.process: Process = office.spawn(
                [*wrapper, sys.executable, "-B", "-I", f"{SCRIPTS}/pamapp.py"], uid=uid, env=environment,
                fds={0: theirs_in, 1: theirs_out}, stderr=f"/tmp/pamapp.err.{uid or 0}", **how)
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        self.pid = int(self.hear()["ready"])

    def __enter__(self) -> App:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def order(self, **what: Any) -> None:
        os.write(self._in, json.dumps(what).encode() + b"\n")

    def hear(self, timeout: float = PATIENCE) -> dict[str, Any]:
        until = time.monotonic() + timeout
        while b"\n" not in self._read:
            ready, _, _ = select.select([self._out], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise Deadline(f"the application said nothing for {timeout:g} s")
            piece = os.read(self._out, 65536)
            if not piece:
                raise EOFError("the application has ended")
            self._read += piece
        line, _, self._read = self._read.partition(b"\n")
        return json.loads(line)

    def start(self, service: str, user: str | None, items: dict[str, str] | None = None) -> None:
        self.order(start=service, user=user, items=items or {})
        tap.equal(self.hear()["code"], 0, "pam_start")

    def begin(self, op: str, flags: int = 0) -> None:
        self.order(do=op, flags=flags)

    def until_prompt(self, timeout: float = PATIENCE) -> list[str]:
        """The texts before the prompt, and the prompt."""
        heard = []
        while True:
            event = self.hear(timeout)
            if "ask" in event:
                return [*heard, event["ask"]]
            tap.check("say" in event, f"ended before it asked: {heard} {event}")
            heard.append(event["say"])

    def do(self, op: str, pin: str | None = None, *, flags: int = 0, timeout: float = PATIENCE,
           at_prompt: Callable[[], object] | None = None) -> Told:
        self.begin(op, flags)
        return self.finish(pin, timeout=timeout, at_prompt=at_prompt)

    def finish_prompted(self, pin: str, timeout: float = PATIENCE) -> Told:
        """After until_prompt(): the answer, and what follows."""
        self.order(answer=pin)
        return self.finish(timeout=timeout)

    def finish(self, pin: str | None = None, *, timeout: float = PATIENCE,
               at_prompt: Callable[[], object] | None = None) -> Told:
        def answer(_: dict[str, Any]) -> str | None:
            if at_prompt:
                at_prompt()
            return pin
        return self.finish_with(answer, timeout)

    def finish_with(self, answer: Callable[[dict[str, Any]], str | None], timeout: float = PATIENCE) -> Told:
        """Each prompt is an event with its text (`ask`) and whether it is `visible`; None: this program cannot ask."""
        told = Told("")
        while True:
            event = self.hear(timeout)
            if "ask" in event:
                told.asked.append(event["ask"])
                self.order(answer=answer(event))
            elif "say" in event:
                told.said.append(event["say"])
            else:
                told.code = CODES[event["code"]] if event["code"] < len(CODES) else str(event["code"])
                return told

    def item(self, name: str) -> str | None:
        """What pam_get_item says; None: it is not set."""
        self.order(item=name)
        return self.hear()["value"]

    def loginuid(self, uid: int) -> None:
        """As pam_loginuid does for a session."""
        self.order(loginuid=uid)
        self.hear()

    def user_login(self, uid: int, tty: str) -> None:
        """The record that aulast wants to see for a login, with id= and terminal=."""
        self.order(userlogin=uid, tty=tty)
        tap.equal(self.hear()["code"], 0, "USER_LOGIN")

    def kill(self) -> None:
        self.process.kill()

    def close(self) -> None:
        for fd in (self._in, self._out):
            if fd >= 0:
                os.close(fd)
        self._in = self._out = -1
        if self.process.alive:
            self.process.terminate(2)


def wait_for(done: Callable[[], object], what: str, timeout: float = PATIENCE, every: float = 0.003) -> float:
    """How long it took, in seconds."""
    begun = time.monotonic()
    while not done():
        if time.monotonic() - begun > timeout:
            raise Deadline(f"waited {timeout:g} s for {what}")
        time.sleep(every)
    return time.monotonic() - begun


def enter(app: App, account: str, pin: str = PIN, service: str = "jk-session") -> Told:
    """What a login program does up to the session, each step granted; app is root's."""
    app.start(service, account)
    for op in ("authenticate", "acct_mgmt", "open_session"):
        told = app.do(op, pin)
        tap.equal(told.code, "PAM_SUCCESS", f"{op}: {told}")
    return told


def leave(app: App) -> None:
    tap.equal(app.do("close_session").code, "PAM_SUCCESS", "close_session")


__all__ = ["Answer", "App", "AuditDaemon", "BUILD", "Card", "COUNTER", "Deadline", "Mark", "NOBODY", "Office", "PIN",
           "Record", "SCRIPTS", "SPARE", "STAFF", "STATE", "KEEP", "PATIENCE", "SNAPSHOT", "SYSTEM_LOCALES",
           "Told", "TRIES", "WRONG", "enter", "frames", "leave", "missing", "procs", "tap", "texts", "wait_for", "World"]
