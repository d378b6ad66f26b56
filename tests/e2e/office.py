# SPDX-License-Identifier: BSD-2-Clause
"""The office with its officers: who holds which role and which operator ID, a registry that jukinetctl keeps, and the
real jukinetctl as each of them runs it.

    from office import Officers, missing, tap

    def test_something(w):
        with w.unchanged():
            w.refused(w.as_officer("clerk").ctl("person", "add", "p0300", "--name", "N", "--department", "shimin"),
                      "role.none", op="person")
        done = w.as_officer("access-manager").ctl(...)
        tap.equal(done.status, 0, str(done))
        entry, record = w.proven("person.add")          # the ledger's entry and the record, which prove each other

    if __name__ == "__main__":
        tap.main(missing(), w=lambda: Officers("something"))

as_officer() logs the officer in through the real module when that was not done yet, and then runs jukinetctl as root
with the officer's loginuid: what sudo gives. Sessions last until reset(sessions=True), leave() or the end.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Iterable, Iterator, Mapping, Sequence, Union

import frames
from jukinet import (App, BUILD, COUNTER, KEEP, Mark, Office, PIN, Record, ROOT, SCRIPTS, SNAPSHOT, STATE, Told, leave,
                     missing as missing_office, tap)
from world import Finished, person as account_of
from world.registry import days_ago, ini, merged
from world.terminal import Answer, Visit

Row = dict[str, Union[str, list[str]]]      # a list is a key that repeats
Rows = dict[tuple[str, str], Row]           # by kind and id

CTL = f"{BUILD}/tools/ctl/jukinetctl"
REGISTRY = os.path.dirname(SNAPSHOT)
LEDGER = f"{REGISTRY}/ledger"
CONSOLE = "root@console"
GROUP, GROUP_ID = "jukinet-officers", 2900
SHOWN = 16                  # hexadecimal digits of the entry's hash in a record
VALID = {"valid-from": "2020-01-01", "valid-until": "2099-12-31"}
F_STATE, LOCKED = 74, 2     # of a session's file
INSTALLED = "/usr/sbin/jukinetctl"
SUDOERS = f"{BUILD}/conf/jukinet-officers"


@dataclass(frozen=True)
class Staff:
    """One of the office. The account has the same name; `roles` are (role, department), "": of the whole office."""

    account: str
    uid: int
    number: str
    name: str
    department: str
    type: str = "operator-management"
    roles: tuple[tuple[str, str], ...] = ()

    @property
    def card(self) -> str:
        return f"c-{self.number[1:]}"

    @property
    def operator_id(self) -> str:
        return f"m{self.number[1:]}-1"

    def rows(self, certificate: str) -> Rows:
        rows: Rows = {
            ("person", self.number): {"name": self.name, "department": self.department, **VALID},
            ("account", self.account): {"person": [self.number]},
            ("operator-id", self.operator_id): {"person": self.number, "type": self.type,
                                                "department": self.department, **VALID},
            ("card", self.card): {"person": self.number, "certificate": certificate, "state": "active",
                                  "pin-set": days_ago(7)},
        }
        for count, (role, department) in enumerate(self.roles, 1):
            held: Row = {"person": self.number, "role": role, **VALID}
            if department:
                held["department"] = department
            rows["role", f"r{self.number[1:]}-{count}"] = held
        return rows


STAFF = {one.account: one for one in (
    Staff("chief", 2101, "p0001", "副村長", "somu", roles=(("chief-security-officer", ""),)),
    Staff("system-manager", 2102, "p0002", "総務課長", "somu", roles=(("system-manager", ""),)),
    Staff("security-officer", 2103, "p0003", "住民生活課長", "shimin", roles=(("security-officer", ""),)),
    Staff("security-manager", 2104, "p0004", "市民課長", "shimin", roles=(("security-manager", "shimin"),)),
    Staff("access-manager", 2105, "p0005", "市民課長補佐", "shimin", roles=(("access-manager", "shimin"),)),
    Staff("access-manager-zeimu", 2106, "p0006", "税務課長", "zeimu", roles=(("access-manager", "zeimu"),)),
    Staff("identity-info-officer", 2107, "p0007", "本人確認情報責任者", "shimin",
          roles=(("identity-info-officer", ""),)),
    # Types without a role, and type 8, which can do nothing before something is delegated.
    Staff("operator-manager", 2108, "p0008", "操作者管理", "shimin"),
    Staff("site-manager", 2109, "p0009", "支所長", "shisho", type="site-management",
          roles=(("access-manager", "shisho"),)),
    Staff("clerk", 2110, "p0010", "窓口 一郎", "shimin", type="moving-desk"),
    Staff("clerk-zeimu", 2111, "p0011", "税務 二郎", "zeimu", type="public-personal-authentication-desk"),
)}
DEPARTMENTS: Rows = {
    ("department", "shimin"): {"name": "市民課", "contact": "内線 123"},
    ("department", "zeimu"): {"name": "税務課", "contact": "内線 456"},
    ("department", "shisho"): {"name": "支所", "contact": "内線 789"},
    ("department", "somu"): {"name": "総務課"},
}
TERMINALS: Rows = {("terminal", "shimin-03"): {"class": "integrated-terminal",
                                               "department": ["shimin", "zeimu", "shisho", "somu"]}}
GONE = account_of("gone", 2120)         # in the officers' group, but registered no more
SYSADMIN = account_of("sysadmin", 2121)  # administers this machine, and is no officer


def missing(**how: Any) -> list[str]:
    reasons = missing_office(**how)
    return reasons or ([] if os.access(CTL, os.X_OK) else [f"{CTL} is not built"])


def missing_sudo() -> list[str]:
    """Why the real sudo cannot be tried."""
    return ([] if shutil.which("sudo") else ["sudo is not installed"]) + \
           ([] if os.path.exists(SUDOERS) else [f"{SUDOERS} is not there"])


# --- what jukinetctl said ---------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Done:
    """How a run of jukinetctl ended."""

    argv: list[str]
    status: int | None
    stdout: str
    stderr: str
    seconds: float

    @property
    def ok(self) -> bool:
        return self.status == 0

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)

    @property
    def why(self) -> str:
        """The code of the refusal that was said last, "grant.none"; "" when none was."""
        found = re.findall(r"\(([a-z]+(?:\.[a-z]+)+)\)$", self.stderr, re.MULTILINE)
        return found[-1] if found else ""

    def __str__(self) -> str:
        return f"{' '.join(self.argv)}: status {self.status} after {self.seconds:.3f} s\n{self.stdout}{self.stderr}"


class Caller:
    """Somebody who runs jukinetctl. loginuid: None: unset, as of a process that no login began."""

    def __init__(self, office: Officers, name: str, uid: int = 0, loginuid: int | None = None) -> None:
        self.office = office
        self.name = name
        self.uid = uid
        self.loginuid = loginuid

    def ctl(self, *words: str, timeout: float = 30.0, env: Mapping[str, str] | None = None, **how: Any) -> Done:
        """env: beside PATH and an English UTF-8 locale. how: as in World.run."""
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"} | dict(env or {})
        if self.loginuid is not None:
            how["loginuid"] = self.loginuid
        return done(self.office.run([CTL, *words], uid=self.uid or None, env=environment, timeout=timeout, **how))

    def begin(self, *words: str, **how: Any) -> Any:
        """Starts jukinetctl and does not wait for it: the process."""
        if self.loginuid is not None:
            how["loginuid"] = self.loginuid
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
        return self.office.spawn([CTL, *words], uid=self.uid or None, env=environment, **how)


def done(finished: Finished) -> Done:
    return Done(list(finished.argv), finished.status, finished.stdout, finished.stderr, finished.seconds)


# --- the ledger, read without any of the product's code ---------------------------------------------------------------

@dataclass(frozen=True)
class Entry:
    number: int
    hash: str
    at: int
    by: str
    session: str
    opid: str
    terminal: str
    do: str
    why: str
    note: dict[str, str]
    rows: dict[tuple[str, str], Row | None] = field(hash=False)

    @property
    def proof(self) -> str:
        """As a record's jled has it."""
        return f"{self.number}:{self.hash[:SHOWN]}"


def as_row(pairs: Sequence[Sequence[str]]) -> Row:
    row: Row = {}
    for key, value in pairs:
        have = row.get(key)
        row[key] = value if have is None else [*(have if isinstance(have, list) else [have]), value]
    return row


def as_pairs(row: Row) -> list[list[str]]:
    return [[key, one] for key, value in row.items() for one in (value if isinstance(value, list) else [value])]


def read_ledger(data: bytes) -> list[Entry]:
    """Every entry; an error when the chain does not hold."""
    entries: list[Entry] = []
    before = "0" * 64
    for line in data.split(b"\n")[:-1]:
        digest, _, text = line.partition(b" ")
        want = hashlib.sha256(before.encode() + b"\n" + text).hexdigest()
        tap.equal(digest.decode(), want, f"hash of ledger entry {len(entries) + 1}")
        told = json.loads(text)
        tap.equal(told["n"], len(entries) + 1, "number of a ledger entry")
        rows = {(row["kind"], row["id"]): None if row["set"] is None else as_row(row["set"]) for row in told["rows"]}
        entries.append(Entry(told["n"], want, told["at"], told["by"], told["session"], told["opid"], told["terminal"],
                             told["do"], told["why"], told["note"], rows))
        before = want
    return entries


def entry_line(before: Entry | None, rows: Mapping[tuple[str, str], Row | None], do: str, at: int,
               by: str = CONSOLE, why: str = "") -> bytes:
    told = {"n": before.number + 1 if before else 1, "at": at, "by": by, "session": "", "opid": "", "terminal": "",
            "do": do, "why": why, "note": {},
            "rows": [{"kind": kind, "id": name, "set": None if row is None else as_pairs(row)}
                     for (kind, name), row in sorted(rows.items())]}
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    digest = hashlib.sha256((before.hash if before else "0" * 64).encode() + b"\n" + text).hexdigest()
    return digest.encode() + b" " + text + b"\n"


# --- the office -------------------------------------------------------------------------------------------------------

class Officers(Office):
    """All rows stand in the store that jukinetctl keeps, as one first entry of the ledger; policy.conf is the shipped
    one, with `policy` over it: Officers("x", policy={"policy": {"require-function": False}})."""

    def __init__(self, name: str, build_dir: str = "", *, policy: dict[str, dict[str, Any]] | None = None,
                 **how: Any) -> None:
        staff = [account_of(one.account, one.uid) for one in STAFF.values()]
        how["accounts"] = [*staff, GONE, SYSADMIN, *how.get("accounts", ())]
        super().__init__(name, build_dir, **how)
        self._policy = policy or {}
        self._sessions: dict[str, App] = {}
        self._base: Rows = {}

    # how it begins

    def _open_office(self) -> None:
        members = ",".join([*STAFF, GONE.name])
        self.space.append("/etc/group", f"{GROUP}:x:{GROUP_ID}:{members}\n")
        self.space.directory(SCRIPTS)
        for script in ("frames.py", "pamapp.py", "officeloop.py"):
            with open(os.path.join(ROOT, "tests", "e2e", script), "rb") as file:
                self.space.write(f"{SCRIPTS}/{script}", file.read(), 0o755)
        self.settings()
        self.shipped_policy(**self._policy)
        rows = DEPARTMENTS | TERMINALS
        for one in STAFF.values():
            self.cards.make(one.account, key="p256")
            rows |= one.rows(self.keep_certificate(self.cards.certificate(one.account)))
        self._base = rows
        self._begin_anew()
        self.pam.ours()
        self.services.start()
        if self.pcscd:
            self.card = self.cards.put("clerk", self.pcscd.readers[0].port)

    def shipped_policy(self, **changed: dict[str, Any]) -> None:
        """conf/policy.conf with other values of some keys; a section that is named stands for the shipped one."""
        with open(os.path.join(ROOT, "conf", "policy.conf"), encoding="utf-8") as file:
            shipped = read_ini(file.read())
        self.space.write("/etc/jukinet/policy.conf", ini(merged(shipped, changed)))

    def keep_certificate(self, pem: str) -> str:
        """Among the store's certificates; the name that a card's row takes."""
        name = hashlib.sha256(pem.encode()).hexdigest() + ".pem"
        self.space.directory(f"{REGISTRY}/certificates", 0o700)
        self.space.write(f"{REGISTRY}/certificates/{name}", pem, 0o600)
        return name

    def _begin_anew(self) -> None:
        for name in os.listdir(self.space.path(REGISTRY)):
            if name != "certificates":
                os.unlink(self.space.path(f"{REGISTRY}/{name}"))
        for name in self.files("/etc/jukinet/registry.d"):
            os.unlink(self.space.path(f"/etc/jukinet/registry.d/{name}"))
        # Another reason each time, so that no two ledgers have the same hashes and no record speaks of both.
        begun = entry_line(None, self._base, "registry.adopt", int(time.time()), why=f"reset {uuid.uuid4().hex}")
        self.space.write(LEDGER, begun, 0o600)
        self.space.write(f"{REGISTRY}/recorded", "1\n", 0o600)
        self.build()

    def build(self) -> None:
        self.run([CTL, "registry", "build"], timeout=30).check()

    def reset(self, holder: str = "clerk", *, sessions: bool = False) -> None:
        """The registry, the policy and jukinet.conf as at the beginning. Sessions go on unless they are to end too."""
        self.settings()
        self.shipped_policy(**self._policy)
        self._begin_anew()
        self.services.start()
        self.services.wait_until_idle()
        for name in list(self._sessions):
            if sessions or not self._is_active(name):
                self.drop(name)
        if sessions:
            self.insert(holder)

    def close(self) -> None:
        for app in self._sessions.values():
            app.close()
        super().close()

    # rows, without jukinetctl

    def stage(self, rows: Mapping[tuple[str, str], Row | None], do: str = "test.stage", *, build: bool = True) -> Entry:
        """These rows stand in the store from now on (None: no more), as one entry of the ledger by root@console:
        stage({("person", "p0300"): person_row("shimin")}). Its audit record is taken for written."""
        last = self.ledger()[-1]
        with open(self.space.path(LEDGER), "ab") as file:
            file.write(entry_line(last, rows, do, int(time.time())))
        self.space.write(f"{REGISTRY}/recorded", f"{last.number + 1}\n", 0o600)
        if build:
            self.build()
        return self.ledger()[-1]

    # callers

    def as_officer(self, name: str) -> Caller:
        """One of STAFF, with a live session."""
        self.log_in(name)
        return Caller(self, name, loginuid=STAFF[name].uid)

    def as_it_is(self, name: str) -> Caller:
        """The same officer by sudo, whatever the session is by now."""
        return Caller(self, name, loginuid=STAFF[name].uid)

    def without_session(self, name: str) -> Caller:
        """The same officer by sudo, but logged in some other way."""
        self.drop(name)
        return Caller(self, name, loginuid=STAFF[name].uid)

    @property
    def console(self) -> Caller:
        """root, whom no login brought here."""
        return Caller(self, "root")

    @property
    def sysadmin(self) -> Caller:
        """root by a login of somebody who is registered nowhere."""
        return Caller(self, SYSADMIN.name, loginuid=SYSADMIN.uid)

    @property
    def gone(self) -> Caller:
        """root by sudo of a member of the officers' group whose registration has ended."""
        return Caller(self, GONE.name, loginuid=GONE.uid)

    @property
    def as_nobody(self) -> Caller:
        """Not root at all."""
        return Caller(self, "nobody", uid=65534)

    def sudo(self, name: str, *words: str, timeout: float = 30.0) -> Done:
        """By the real sudo, from the officer's own uid in the officer's session, with the shipped sudoers file."""
        self.log_in(name)
        with open(SUDOERS, encoding="utf-8") as file:
            self.space.directory("/etc/sudoers.d", 0o750)
            self.space.write("/etc/sudoers.d/jukinet-officers", file.read().replace(INSTALLED, CTL), 0o440)
        self.space.write("/etc/pam.d/sudo", "auth required pam_deny.so\naccount required pam_permit.so\n"
                                            "session required pam_permit.so\n")
        one = STAFF[name]
        return done(self.run(["sudo", "-n", CTL, *words], uid=name, groups=[GROUP_ID],
                             loginuid=one.uid, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}, timeout=timeout))

    def loop(self, name: str, prefix: str, department: str, count: int) -> dict[str, Any]:
        """The officer, who is logged in, registers so many persons, one command each: officeloop.py."""
        return self.python("officeloop.py", CTL, prefix, department, str(count), loginuid=STAFF[name].uid,
                           timeout=count + 60)

    # sessions

    def log_in(self, name: str) -> None:
        """What the officer's own login does, where it was not done yet."""
        if name in self._sessions and self._sessions[name].process.alive and self._is_active(name):
            return
        self.drop(name)
        self.insert(name)
        app = self.app()
        self._sessions[name] = app
        app.start("jk-session", name)
        for op in ("authenticate", "acct_mgmt", "open_session"):
            app.begin(op)
            told = app.finish_with(lambda event: PIN if "PIN" in event["ask"] else STAFF[name].operator_id)
            tap.equal(told.code, "PAM_SUCCESS", f"{name}: {op}: {told}")

    def leave(self, name: str) -> None:
        """The officer logs out."""
        leave(self._sessions[name])
        self.drop(name)

    def drop(self, name: str) -> None:
        """Nothing is left of the officer's session, whatever its state was."""
        app = self._sessions.pop(name, None)
        if app:
            app.close()
        for file in self.files(STATE, f"session.{STAFF[name].uid}"):
            os.unlink(self.space.path(f"{STATE}/{file}"))

    def lock(self, name: str, state: int = LOCKED) -> None:
        """The officer's screen is locked, as jukinetd notes it."""
        file = f"session.{STAFF[name].uid}"
        self.put_state(file, frames.replaced(self.state(file), F_STATE, state.to_bytes(8, "big")))

    def session_id(self, name: str) -> str:
        kind, fields = frames.decode(self.state(f"session.{STAFF[name].uid}"))
        return (frames.field(fields, 73) or b"").decode()

    def _is_active(self, name: str) -> bool:
        if not self.files(STATE, f"session.{STAFF[name].uid}"):
            return False
        kind, fields = frames.decode(self.state(f"session.{STAFF[name].uid}"))
        return int.from_bytes(frames.field(fields, F_STATE) or b"", "big") == 1

    # what came of it

    def ledger(self) -> list[Entry]:
        with open(self.space.path(LEDGER), "rb") as file:
            return read_ledger(file.read())

    def rows(self) -> Rows:
        """As they follow from the ledger."""
        rows: Rows = {}
        for entry in self.ledger():
            for place, row in entry.rows.items():
                if row is None:
                    rows.pop(place, None)
                else:
                    rows[place] = row
        return rows

    def row(self, kind: str, name: str) -> Row | None:
        return self.rows().get((kind, name))

    def rows_of(self, kind: str, **wanted: str) -> dict[str, Row]:
        """By id, those whose keys have these values: rows_of("operator-id", person="p0010")."""
        return {name: row for (have, name), row in self.rows().items()
                if have == kind and all(row.get(key.replace("_", "-")) == value for key, value in wanted.items())}

    def stored(self) -> Rows:
        """registry.conf, as it stands on disk."""
        text = self.space.read(f"{REGISTRY}/registry.conf") if self.space.exists(f"{REGISTRY}/registry.conf") else ""
        return {tuple(name.split(" ", 1)): row for name, row in read_ini(text).items()}  # type: ignore[misc]

    def office_records(self, since: Mark | None = None, op: str | None = None) -> list[Record]:
        """Those that jukinetctl wrote."""
        return [one for one in self.log.ours(since, op) if one.get("exe") == CTL]

    def proven(self, do: str, since: Mark | None = None, *, by: str | None = None) -> tuple[Entry, Record]:
        """The last entry, which is of that command, and its audit record: number, hash, actor and session agree, and
        registry.conf holds what the ledger says."""
        self.mark()
        entry = self.ledger()[-1]
        tap.equal(entry.do, do, "the ledger's last entry")
        found = [one for one in self.office_records(since) if one.get("jled") == entry.proof]
        tap.equal(len(found), 1, f"records with jled={entry.proof}: {[str(one) for one in found]}")
        record = found[0]
        tap.equal((record["jfor"], record["jper"], record.get("jsess"), record.get("jright"), record.get("jterm"),
                   record["res"]),
                  (entry.do, entry.by, entry.session, entry.opid, entry.terminal, "success"), str(record))
        if by is not None:
            tap.equal(entry.by, CONSOLE if by == CONSOLE else STAFF[by].number, "who acted")
            if by != CONSOLE:
                tap.equal((entry.session, entry.opid), (self.session_id(by), STAFF[by].operator_id))
                tap.equal(record.auid, STAFF[by].uid, "the kernel's auid")
        tap.equal(self.stored(), self.rows(), "registry.conf and the ledger")
        return entry, record

    def did(self, told: Done, do: str, *, by: str | None = None) -> tuple[Entry, Record]:
        """It was done, and proven."""
        tap.equal(told.status, 0, str(told))
        return self.proven(do, by=by)

    def refused(self, told: Done, why: str, *, op: str, status: int = 1, since: Mark | None = None,
                person: str | None = None) -> Record:
        """It was refused for that reason, to people and in the log: the last such record is given."""
        tap.equal((told.status, told.why), (status, why), str(told))
        self.mark()
        found = [one for one in self.office_records(since) if one.get("jwhy") == why and one["res"] == "failed"]
        tap.check(found, f"no record of the refusal {why}\n{told}")
        record = found[-1]
        tap.equal(record.op, op, str(record))
        tap.equal(record.get("jled"), "", "a refusal names no entry")
        if person is not None:
            tap.equal(record.get("jper"), person, str(record))
        return record

    @contextlib.contextmanager
    def unchanged(self) -> Iterator[None]:
        """Nothing inside changes the registry: ledger and snapshot stay, byte for byte, and registry.conf too, but that
        it may be brought up to the ledger after stage()."""
        before, stored = self._contents("ledger", "snapshot.cdb"), self._contents("registry.conf")
        yield
        tap.equal(self._contents("ledger", "snapshot.cdb"), before, "the registry")
        if self._contents("registry.conf") != stored:
            tap.equal(self.stored(), self.rows(), "registry.conf and the ledger")

    def _contents(self, *names: str) -> dict[str, str]:
        contents = {}
        for name in names:
            if self.space.exists(f"{REGISTRY}/{name}"):
                with open(self.space.path(f"{REGISTRY}/{name}"), "rb") as file:
                    contents[name] = hashlib.sha256(file.read()).hexdigest()
        return contents


# Rows for stage(); keys as in the registry with "_" for "-".

def as_keys(keys: Mapping[str, str]) -> Row:
    return {key.replace("_", "-"): value for key, value in keys.items()}


def person_row(department: str = "shimin", name: str = "新人 花子", **keys: str) -> Row:
    return {"name": name, "department": department, **VALID} | as_keys(keys)


def opid_row(person: str, type: str = "moving-desk", department: str = "shimin", **keys: str) -> Row:
    return {"person": person, "type": type, "department": department, **VALID} | as_keys(keys)


def role_row(person: str, role: str, department: str = "", **keys: str) -> Row:
    return {"person": person, "role": role} | ({"department": department} if department else {}) | VALID | as_keys(keys)


def read_ini(text: str) -> dict[str, Row]:
    """Sections by name; a key that repeats is a list."""
    sections: dict[str, list[list[str]]] = {}
    pairs: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith("["):
            pairs = sections.setdefault(line.strip()[1:-1], [])
        elif line.strip() and line[0] not in "#;":
            key, _, value = line.partition("=")
            pairs.append([key.strip(), value.strip()])
    return {name: as_row(one) for name, one in sections.items()}


__all__ = ["Answer", "App", "BUILD", "Caller", "CONSOLE", "COUNTER", "CTL", "DEPARTMENTS", "Done", "Entry", "GONE",
           "GROUP", "KEEP", "LEDGER", "Mark", "Officers", "PIN", "REGISTRY", "Record", "Row", "Rows", "STAFF",
           "SYSADMIN", "Told", "VALID", "Visit", "as_pairs", "entry_line", "missing", "missing_sudo", "opid_row",
           "person_row", "read_ini", "read_ledger", "role_row", "tap"]
