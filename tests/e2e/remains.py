# SPDX-License-Identifier: BSD-2-Clause
"""Looking for what must not be left anywhere: in memory, in files, in command lines, in core files."""

from __future__ import annotations

import os
import re
import stat
import time
from dataclasses import dataclass
from typing import Iterable, Iterator

from world import World, procs, tap
from world.world import CORES

# Where a program of ours, or somebody at it, can write. The rest of a world is the host's, read-only.
PLACES = ("/run", "/etc", "/var/lib/jukinet", "/var/lib/jukinet-registry", "/var/log", "/var/tmp", "/tmp", "/home",
          "/root")
OPEN_ROOT = f"{CORES}/root"
# What has not changed since then is the host's. Nobody can set a file's ctime.
BEGUN = time.time() - 1


def forms(text: str) -> list[bytes]:
    """As it may stand: characters, or hexadecimal digits of a dump."""
    plain = text.encode()
    return [plain, plain.hex().encode(), plain.hex().upper().encode(), plain.hex(" ").encode()]


@dataclass(frozen=True)
class Place:
    """Memory that holds what is looked for."""

    address: int
    name: str
    flags: frozenset[str]       # the kernel's VmFlags

    @property
    def is_ours(self) -> bool:
        """dd: not in a core file; dc: not in a forked child."""
        return {"dd", "dc"} <= self.flags

    def __str__(self) -> str:
        return f"{self.address:x} {self.name or 'anonymous'} {' '.join(sorted(self.flags))}"


def mappings(pid: int) -> Iterator[tuple[int, int, str, frozenset[str]]]:
    """Start, end, name and flags of what can be read."""
    current: tuple[int, int, str, str] | None = None
    with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as file:
        for line in file:
            if head := re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)", line):
                current = int(head[1], 16), int(head[2], 16), head[3], head[4].strip()
            elif line.startswith("VmFlags:") and current and current[2].startswith("r"):
                yield current[0], current[1], current[3], frozenset(line.split()[1:])


class Search:
    """For some words, in each of their forms."""

    def __init__(self, words: Iterable[str], *, but: tuple[str, ...] = ()) -> None:
        """but: beginnings of paths in which they may be."""
        self.needles = [form for word in words for form in forms(word)]
        self.but = but

    def holds(self, data: bytes) -> bool:
        return any(needle in data for needle in self.needles)

    def memory(self, pid: int) -> list[Place]:
        """All of it, stacks and libraries too."""
        found = []
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for start, end, name, flags in mappings(pid):
                try:
                    memory.seek(start)
                    data = memory.read(end - start)
                except (OSError, OverflowError, ValueError):
                    continue        # [vvar] and the like
                for needle in self.needles:
                    found += [Place(start + at.start(), name, flags) for at in re.finditer(re.escape(needle), data)]
        return found

    def files(self, w: World, places: tuple[str, ...] = PLACES) -> list[str]:
        """Paths whose content or name holds one, of what has changed in this world."""
        found = []
        for place in places:
            for folder, below, names in os.walk(w.space.path(place)):
                below[:] = [name for name in below if not os.path.join(folder, name).endswith(OPEN_ROOT)]
                for name in names:
                    path = os.path.join(folder, name)
                    inside = path.removeprefix(w.space.path(""))
                    st = os.lstat(path)
                    if inside.startswith(self.but) or not stat.S_ISREG(st.st_mode) or st.st_ctime < BEGUN:
                        continue
                    with open(path, "rb") as file:
                        if self.holds(file.read()) or self.holds(os.fsencode(inside)):
                            found.append(inside)
        return found

    def words(self, w: World) -> list[str]:
        """Command lines and environments of everything in the world."""
        found = []
        for one in w.processes():
            for name in ("cmdline", "environ"):
                try:
                    with open(f"/proc/{one.pid}/{name}", "rb") as file:
                        if self.holds(file.read()):
                            found.append(f"{one}: {name}")
                except OSError:
                    pass
        return found


# --- core files -------------------------------------------------------------------------------------------------------

def cores_are_files() -> list[str]:
    with open("/proc/sys/kernel/core_pattern", encoding="ascii") as file:
        pattern = file.read().strip()
    return [] if re.fullmatch(r"core[.%\w]*", pattern) else [f"core_pattern is {pattern}"]


def open_root(w: World) -> tuple[str, ...]:
    """A wrapper for services: the same files under a "/" that anybody may write into. A service works in "/", where the
    world's own would take no core file, whatever it holds; so it takes one."""
    if not w.space.exists(OPEN_ROOT):
        w.run(["sh", "-ec", f"""mkdir {OPEN_ROOT}
            mount -t tmpfs -o mode=1777 tmpfs {OPEN_ROOT}
            for one in /*; do
                if [ -L "$one" ]; then cp -P "$one" {OPEN_ROOT}
                elif [ -d "$one" ]; then mkdir "{OPEN_ROOT}$one"; mount --rbind "$one" "{OPEN_ROOT}$one"
                fi
            done"""]).check()
    return ("chroot", OPEN_ROOT)


def core_files(w: World) -> list[str]:
    """Of programs that work in the world's directory for them, and of services in an open root."""
    root = w.space.path(OPEN_ROOT)
    found = [os.path.join(root, name) for name in os.listdir(root) if name.startswith("core")] if os.path.isdir(root) else []
    return w.core_files() + found


def kill(one: procs.Seen, number: int) -> None:
    tap.check(procs.send(one, number), f"{one} could not be killed")
    until = time.monotonic() + 5
    while (seen := procs.look(one.pid)) and seen.alive:
        tap.check(time.monotonic() < until, f"{one} lives on")
        time.sleep(0.003)


def undumpable(pid: int) -> str:
    """Why the kernel would make a core of this process; "" when it would not, wherever cores go."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        uid = int(re.search(r"^Uid:\t(\d+)", file.read(), re.MULTILINE)[1])
    with open(f"/proc/{pid}/limits", encoding="utf-8") as file:
        limit = re.search(r"^Max core file size +(\d+|unlimited) +(\d+|unlimited)", file.read(), re.MULTILINE)
    wrong = []
    if uid != 0 and os.stat(f"/proc/{pid}/mem").st_uid != 0:     # the kernel gives those of an undumpable process to root
        wrong.append("dumpable")
    if limit.groups() != ("0", "0"):
        wrong.append(f"core files of {limit[1]} and {limit[2]}")
    return ", ".join(wrong)
