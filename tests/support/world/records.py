# SPDX-License-Identifier: BSD-2-Clause
"""Audit records: lines of auditd's log as values, and what the audit tools say about them."""

from __future__ import annotations

import os
import re
import time
import uuid
from dataclasses import dataclass, field
from typing import Callable

from .namespace import Space
from .process import PATIENCE, Deadline, Finished

OURS = "juki:"
HEAD = re.compile(r"^(?:node=\S+ )?type=(\S+) msg=audit\((\d+\.\d+):(\d+)\): ?(.*)$", re.DOTALL)
FIELD = re.compile(r"""([A-Za-z][\w.-]*)=("[^"]*"|\S*)""")
NEVER_ENCODED = {"op", "grantors", "hostname", "addr", "terminal", "res"}
ENRICHED = "\x1d"       # what follows was added by auditd


@dataclass(frozen=True)
class Record:
    """pid, uid, auid and ses are the kernel's word; `fields` are the sender's, decoded."""

    type: str
    time: float
    serial: int
    pid: int
    uid: int
    auid: int
    ses: int
    fields: dict[str, str]
    line: str

    @property
    def op(self) -> str:
        """Of ours without the prefix: "login", "unlock" …"""
        return self.fields.get("op", "").removeprefix(OURS)

    @property
    def event(self) -> str:
        return f"{self.time:.3f}:{self.serial}"

    def __getitem__(self, name: str) -> str:
        return self.fields[name]

    def get(self, name: str, default: str = "") -> str:
        return self.fields.get(name, default)

    def __str__(self) -> str:
        return self.line.partition(ENRICHED)[0]


def decode_value(name: str, text: str) -> str:
    """audit_encode_nv_string backwards: hexadecimal without quotes, but only where it had to be used."""
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return text[1:-1]
    if name not in NEVER_ENCODED and len(text) % 2 == 0 and re.fullmatch(r"[0-9A-F]+", text):
        data = bytes.fromhex(text)
        if any(byte < 0x21 or byte > 0x7e or byte == 0x22 for byte in data):
            return data.decode("utf-8", "backslashreplace")
    return text


def decode(line: str) -> Record | None:
    """One line of the log; None when it is no record."""
    found = HEAD.match(line.rstrip("\n"))
    if not found:
        return None
    kind, stamp, serial, body = found.groups()
    body = body.partition(ENRICHED)[0]
    front, quoted, message = body.partition("msg='")
    kernel = dict(FIELD.findall(front))
    inner = message.rpartition("'")[0] if quoted else ""
    fields = {name: decode_value(name, value) for name, value in FIELD.findall(inner)}
    numbers = {name: int(kernel[name]) if kernel.get(name, "").isdigit() else -1 for name in ("pid", "uid", "auid", "ses")}
    return Record(kind, float(stamp), int(serial), fields=fields, line=line.rstrip("\n"), **numbers)


@dataclass(frozen=True)
class Mark:
    """A place in the log: records with a higher serial came later."""

    serial: int
    taken: float


@dataclass
class Part:
    """What was read of one file of the log."""

    read: int = 0
    records: list[Record] = field(default_factory=list)

    def follow(self, path: str) -> None:
        """Takes in the complete lines that came since the last time."""
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size < self.read:
                self.read = 0
                self.records.clear()
            file.seek(self.read)
            data = file.read()
        whole = data[:data.rfind(b"\n") + 1]
        self.read += len(whole)
        lines = whole.decode("utf-8", "surrogateescape").split("\n")
        self.records += [one for line in lines if (one := decode(line)) and not one.type.startswith("DAEMON_")]


def identity(path: str) -> tuple[int, bytes]:
    """Of a file that rotation renames: its inode may come back for another file, but not with the same first line."""
    with open(path, "rb") as file:
        return os.fstat(file.fileno()).st_ino, file.read(64)


class AuditLog:
    """The log as a world sees it, rotated files included."""

    def __init__(self, space: Space, path: str) -> None:
        self.space = space
        self.log = path
        self._parts: dict[tuple[int, bytes], Part] = {}

    def files(self) -> list[str]:
        """Newest first."""
        base = self.space.path(self.log)
        found = [base] if os.path.exists(base) else []
        number = 1
        while os.path.exists(f"{base}.{number}"):
            found.append(f"{base}.{number}")
            number += 1
        return found

    def all(self, since: Mark | None = None) -> list[Record]:
        """Every record but auditd's own, whose serials are random."""
        after = since.serial if since else -1
        found: list[Record] = []
        for path in reversed(self.files()):
            try:
                part = self._parts.setdefault(identity(path), Part())
                part.follow(path)
            except FileNotFoundError:
                continue        # rotated away meanwhile
            found += [one for one in part.records if one.serial > after]
        return found

    def ours(self, since: Mark | None = None, op: str | None = None) -> list[Record]:
        return [one for one in self.all(since) if one.get("op").startswith(OURS) and op in (None, one.op)]

    def wait_for(self, wanted: Callable[[Record], bool], since: Mark | None = None, timeout: float = PATIENCE) -> Record:
        until = time.monotonic() + timeout
        while True:
            for one in self.all(since):
                if wanted(one):
                    return one
            if time.monotonic() > until:
                raise Deadline(f"no such record in {timeout:g} s")
            time.sleep(0.01)

    def mark(self) -> Mark:
        """Now. Everything sent before this is in the log when it returns, so it needs a working auditd."""
        word = f"mark-{uuid.uuid4().hex}"
        self.space.run(["auditctl", "-m", word]).check()
        found = self.wait_for(lambda one: word in one.line)
        return Mark(found.serial, time.time())

    def last(self) -> Mark:
        """The highest serial in the log; asks nobody."""
        return Mark(max((one.serial for one in self.all()), default=-1), time.time())

    # the tools, with the world's own names for uids

    def ausearch(self, *arguments: str, timeout: float = PATIENCE) -> Finished:
        """Status 1 with "<no matches>" when there is nothing."""
        return self.space.run(["ausearch", "--input-logs", *arguments], timeout=timeout)

    def aureport(self, *arguments: str, timeout: float = PATIENCE) -> Finished:
        return self.space.run(["aureport", "--input-logs", *arguments], timeout=timeout)

    def aulast(self, *arguments: str, timeout: float = PATIENCE) -> Finished:
        return self.space.run(["aulast", "-f", self.log, *arguments], timeout=timeout)
