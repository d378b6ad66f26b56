# SPDX-License-Identifier: BSD-2-Clause
"""A process inside a private place, and what came of a finished one."""

from __future__ import annotations

import json
import os
import select
import signal
import time
from dataclasses import dataclass

from . import procs


PATIENCE = 30.0     # seconds for what comes at once; a loaded machine takes its time, and only a failure waits so long


class Deadline(AssertionError):
    """Something took longer than the test allowed."""


@dataclass(frozen=True)
class Usage:
    user: float         # seconds
    system: float
    rss: int            # KiB at the most


class Process:
    """Signals go through a pidfd; the keeper is the parent and reports the end."""

    def __init__(self, argv: list[str], pid: int, pidfd: int, report: int) -> None:
        self.argv = argv
        self.pid = pid
        self.usage: Usage | None = None
        self.started = time.monotonic()
        self.ended: float | None = None
        self._pidfd = pidfd
        self._report = report
        self._code: int | None = None

    def poll(self) -> int | None:
        """The exit status, negative for a signal, None while it runs."""
        return self._look(0)

    def wait(self, timeout: float = PATIENCE) -> int:
        code = self._look(timeout)
        if code is None:
            raise Deadline(f"{self} still runs after {timeout:g} s")
        return code

    def signal(self, number: int) -> None:
        try:
            signal.pidfd_send_signal(self._pidfd, number)
        except ProcessLookupError:
            pass

    def kill(self, timeout: float = PATIENCE) -> int:
        self.signal(signal.SIGKILL)
        return self.wait(timeout)

    def kill_tree(self, timeout: float = PATIENCE) -> int:
        """Also everything below it; orphans are the keeper's to find."""
        below = procs.descendants(self.pid)
        self.signal(signal.SIGKILL)
        for one in below:
            procs.send(one)
        return self.wait(timeout)

    def terminate(self, timeout: float = PATIENCE) -> int:
        """SIGTERM, and SIGKILL when that does not do."""
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)
        if self._look(timeout) is None:
            self.kill()
        assert self._code is not None
        return self._code

    @property
    def alive(self) -> bool:
        return self.poll() is None

    def children(self) -> list[procs.Seen]:
        return [one for one in procs.descendants(self.pid) if one.alive]

    def __str__(self) -> str:
        return f"{os.path.basename(self.argv[0])} ({self.pid})"

    def fileno(self) -> int:
        """Readable when the process has ended."""
        return self._report

    def close(self) -> None:
        for fd in (self._pidfd, self._report):
            if fd >= 0:
                os.close(fd)
        self._pidfd = self._report = -1

    def _look(self, timeout: float) -> int | None:
        if self._code is None and self._report >= 0:
            ready = select.poll()
            ready.register(self._report, select.POLLIN)
            if ready.poll(max(0, timeout) * 1000):
                self._take_report(os.read(self._report, 4096))
        return self._code

    def _take_report(self, data: bytes) -> None:
        if not data:
            raise RuntimeError(f"the keeper went away before {self} ended")
        told = json.loads(data)
        self._code = os.waitstatus_to_exitcode(told["status"])
        self.ended = told["at"]
        self.usage = Usage(told["user"], told["system"], told["rss"])
        self.close()


class Conversation:
    """A process whose stdin and stdout are the test's: lines to it, lines from it."""

    def __init__(self, process: Process, feed: int, output: int) -> None:
        self.process = process
        self._feed = feed
        self._output = output
        self._read = b""

    def say(self, line: str = "") -> None:
        os.write(self._feed, line.encode() + b"\n")

    def hear(self, timeout: float = PATIENCE) -> str:
        """The next line without its end; "" when there is no more."""
        until = time.monotonic() + timeout
        while b"\n" not in self._read and self._more(until):
            pass
        line, _, self._read = self._read.partition(b"\n")
        return line.decode("utf-8", "replace")

    def finish(self, timeout: float = 60.0) -> str:
        """No more is said to it: all that it still says, to its end."""
        self._close_feed()
        until = time.monotonic() + timeout
        while self._more(until):
            pass
        rest, self._read = self._read.decode("utf-8", "replace"), b""
        self.process.wait(max(1.0, until - time.monotonic()))
        self.close()
        return rest

    def kill(self) -> None:
        if self.process.alive:
            self.process.kill()
        self.close()

    def close(self) -> None:
        self._close_feed()
        if self._output >= 0:
            os.close(self._output)
            self._output = -1

    def _more(self, until: float) -> bool:
        """Reads on; False at the end."""
        if self._output < 0:
            return False
        ready = select.poll()
        ready.register(self._output, select.POLLIN)
        if not ready.poll(max(0.0, until - time.monotonic()) * 1000):
            raise Deadline(f"{self.process} said no more in time, after {self._read!r}")
        piece = os.read(self._output, 65536)
        self._read += piece
        return bool(piece)

    def _close_feed(self) -> None:
        if self._feed >= 0:
            os.close(self._feed)
            self._feed = -1


@dataclass(frozen=True)
class Finished:
    """What a command did. `status` is negative for a signal, None when the deadline came first."""

    argv: list[str]
    status: int | None
    stdout: str
    stderr: str
    seconds: float
    usage: Usage | None

    @property
    def ok(self) -> bool:
        return self.status == 0

    @property
    def timed_out(self) -> bool:
        return self.status is None

    def check(self) -> Finished:
        if not self.ok:
            raise AssertionError(f"{self}\n{self.stdout}{self.stderr}")
        return self

    def __str__(self) -> str:
        how = "no end before the deadline" if self.timed_out else f"status {self.status}"
        return f"{' '.join(self.argv)}: {how} after {self.seconds:.3f} s"


class Collector:
    """Feeds a process and reads what it says until it ends or the deadline comes."""

    def __init__(self, process: Process, stdin: tuple[int, bytes], outputs: dict[int, bytearray]) -> None:
        self.process = process
        self.feed, self.rest = stdin
        self.outputs = outputs
        self.poll = select.poll()
        self.poll.register(process, select.POLLIN)
        for fd in outputs:
            os.set_blocking(fd, False)
            self.poll.register(fd, select.POLLIN)
        if self.feed >= 0:
            os.set_blocking(self.feed, False)
            self.poll.register(self.feed, select.POLLOUT)

    def run(self, timeout: float) -> int | None:
        """The exit status, or None: then it has been killed with all that is below it."""
        until = time.monotonic() + timeout
        report = self.process.fileno()
        code = None
        while code is None:
            left = until - time.monotonic()
            if left <= 0:
                self.process.kill_tree()
                break
            for fd, _ in self.poll.poll(left * 1000):
                if fd == report:
                    code = self.process.poll()
                elif fd == self.feed:
                    self._write()
                else:
                    self._read(fd)
        for fd in list(self.outputs):
            self._read(fd)
            os.close(fd)
        self._stop_feeding()
        return code

    def _read(self, fd: int) -> None:
        try:
            while piece := os.read(fd, 65536):
                self.outputs[fd] += piece
            self.poll.unregister(fd)
        except (BlockingIOError, KeyError):
            pass

    def _write(self) -> None:
        try:
            sent = os.write(self.feed, self.rest)
            self.rest = self.rest[sent:]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self.rest = b""
        if not self.rest:
            self._stop_feeding()

    def _stop_feeding(self) -> None:
        if self.feed >= 0:
            self.poll.unregister(self.feed)
            os.close(self.feed)
            self.feed = -1
