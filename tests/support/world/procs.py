# SPDX-License-Identifier: BSD-2-Clause
"""Processes as /proc shows them: found by descent, ended by pidfd."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """A process at the moment it was looked at. `start` tells it from a later one of the same number."""

    pid: int
    ppid: int
    state: str
    start: int
    name: str

    @property
    def alive(self) -> bool:
        return self.state not in "ZX"

    def command(self) -> str:
        try:
            with open(f"/proc/{self.pid}/cmdline", "rb") as file:
                words = file.read().rstrip(b"\0").split(b"\0")
            return " ".join(os.fsdecode(word) for word in words) or f"[{self.name}]"
        except OSError:
            return f"[{self.name}]"

    def uid(self) -> int:
        """The effective uid, -1 when the process has gone."""
        try:
            with open(f"/proc/{self.pid}/status") as file:
                return next(int(line.split()[2]) for line in file if line.startswith("Uid:"))
        except (OSError, StopIteration):
            return -1

    def __str__(self) -> str:
        return f"{self.pid} (uid {self.uid()}, {self.state}) {self.command()}"


def look(pid: int) -> Seen | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read().decode(errors="replace")
    except OSError:
        return None
    head, _, rest = text.rpartition(")")
    fields = rest.split()
    return Seen(pid, int(fields[1]), fields[0], int(fields[19]), head.partition("(")[2])


def everybody() -> list[Seen]:
    seen = (look(int(name)) for name in os.listdir("/proc") if name.isdigit())
    return [one for one in seen if one]


def descendants(pid: int) -> list[Seen]:
    """Everything below `pid`, zombies included, parents before children."""
    children: dict[int, list[Seen]] = {}
    for one in everybody():
        children.setdefault(one.ppid, []).append(one)
    found: list[Seen] = []
    queue = [pid]
    while queue:
        below = children.get(queue.pop(0), [])
        found += below
        queue += [one.pid for one in below]
    return found


def send(one: Seen, number: int = signal.SIGKILL) -> bool:
    """Sends a signal to exactly this process, never to a later one with its number."""
    try:
        fd = os.pidfd_open(one.pid)
    except OSError:
        return False
    try:
        now = look(one.pid)
        if now is None or now.start != one.start:
            return False
        signal.pidfd_send_signal(fd, number)
        return True
    except OSError:
        return False
    finally:
        os.close(fd)
