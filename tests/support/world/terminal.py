# SPDX-License-Identifier: BSD-2-Clause
"""A pseudo-terminal inside a world and the conversation on it."""

from __future__ import annotations

import codecs
import fcntl
import os
import re
import select
import struct
import sys
import termios
import time
import tty
from dataclasses import dataclass, field
from typing import Any, Iterable, Sequence

from .namespace import PATH, Space
from .process import PATIENCE, Deadline, Process

TIOCSPTLCK = 0x40045431
TIOCGPTN = 0x80045430
TIOCGPTPEER = 0x5441
SIZE = (24, 80)


class Unexpected(AssertionError):
    """The program said something else, or ended; the transcript is in the message."""


class Ended(Unexpected):
    """The program closed the terminal."""


@dataclass(frozen=True)
class Event:
    at: float           # seconds since the terminal was opened
    who: str            # "program", "user" or "end"
    text: str


@dataclass(frozen=True)
class Prompted:
    """Which pattern was found, and the match itself."""

    index: int
    match: re.Match[str]
    before: str


@dataclass
class Answer:
    """What the user types where a prompt matches."""

    prompt: str
    reply: str
    hidden: bool = False        # typed only once the echo is off
    after: float = 0.0          # the user thinks


class Terminal:
    """The user's side of a pty.

        with Terminal(space) as t:
            t.start(["login", "hanako"])
            t.expect(r"PIN: $"); t.answer("123456", hidden=True)
    """

    def __init__(self, space: Space) -> None:
        self.space = space
        self.events: list[Event] = []
        self.process: Process | None = None
        self._opened = time.monotonic()
        self._pending = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._ended = False
        self.master = os.open(space.path("/dev/pts/ptmx"), os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        fcntl.ioctl(self.master, TIOCSPTLCK, struct.pack("i", 0))
        self.slave = fcntl.ioctl(self.master, TIOCGPTPEER, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        number = struct.unpack("I", fcntl.ioctl(self.master, TIOCGPTN, struct.pack("I", 0)))[0]
        self.path = f"/dev/pts/{number}"        # inside
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
        os.set_blocking(self.master, False)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, argv: Iterable[str], **how: Any) -> Process:
        """The program gets a session of its own with this as its controlling terminal."""
        how.setdefault("env", {"PATH": PATH, "TERM": "dumb"})
        if how.get("uid"):
            os.fchown(self.slave, how["uid"], -1)
        self.process = self.space.spawn(argv, fds={0: self.slave, 1: self.slave, 2: self.slave}, controlling=True,
                                        **how)
        os.close(self.slave)
        self.slave = -1
        return self.process

    # conversation

    def expect(self, *patterns: str, timeout: float = PATIENCE) -> Prompted:
        """Waits for the pattern that comes first in what was not yet consumed."""
        until = time.monotonic() + timeout
        compiled = [re.compile(pattern) for pattern in patterns]
        while True:
            found = first_match(compiled, self._pending)
            if found:
                index, match = found
                before, self._pending = self._pending[:match.start()], self._pending[match.end():]
                return Prompted(index, match, before)
            if self._ended:
                raise Ended(f"ended while waiting for {' or '.join(patterns)}\n{self.transcript()}")
            if not self._read(until):
                raise Deadline(f"waited {timeout:g} s for {' or '.join(patterns)}\n{self.transcript()}")

    def answer(self, text: str, hidden: bool = False, timeout: float = PATIENCE) -> None:
        """Types a line. Hidden: not before the program has turned the echo off, as a person would see it."""
        if hidden:
            self.wait_for_echo(False, timeout)
        self.send(text + "\n", shown="*" * len(text) + "\n" if hidden else None)

    def send(self, text: str, shown: str | None = None) -> None:
        self._event("user", text if shown is None else shown)
        data = text.encode()
        while data:
            select.select([], [self.master], [], 5)
            data = data[os.write(self.master, data):]

    def control(self, letter: str) -> None:
        """control("C"), control("D") …"""
        self.send(chr(ord(letter.upper()) & 0x1f))

    @property
    def ended(self) -> bool:
        return self._ended

    @property
    def closed(self) -> bool:
        return self.master < 0

    def echo(self) -> bool:
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def wait_for_echo(self, on: bool, timeout: float = PATIENCE) -> None:
        until = time.monotonic() + timeout
        while self.echo() != on:
            if time.monotonic() > until:
                raise Deadline(f"the echo did not turn {'on' if on else 'off'} in {timeout:g} s\n{self.transcript()}")
            self._read(time.monotonic() + 0.002)

    def rest(self, timeout: float = PATIENCE) -> str:
        """Reads to the end; what was not consumed before."""
        until = time.monotonic() + timeout
        while not self._ended:
            if not self._read(until):
                raise Deadline(f"no end after {timeout:g} s\n{self.transcript()}")
        left, self._pending = self._pending, ""
        return left

    def quiet(self, seconds: float) -> str:
        """Listens for a while; what came."""
        until = time.monotonic() + seconds
        had = len(self._pending)
        while not self._ended and time.monotonic() < until:
            self._read(until)
        return self._pending[had:]

    def command(self, line: str, prompt: str, timeout: float = PATIENCE) -> str:
        """One line to a shell, its output back."""
        self.answer(line)
        said = self.expect(prompt, timeout=timeout).before
        return said.partition("\n")[2]      # without the echo of the line

    def wait(self, timeout: float = PATIENCE) -> int:
        """Until the program has ended; its exit status."""
        assert self.process
        until = time.monotonic() + timeout
        while self.process.poll() is None:
            if time.monotonic() > until:
                raise Deadline(f"{self.process} still runs after {timeout:g} s\n{self.transcript()}")
            if self._ended:
                return self.process.wait(max(0.0, until - time.monotonic()))
            self._read(min(until, time.monotonic() + 0.02))
        while not self._ended and self._read(time.monotonic()):
            pass
        return self.process.wait(0)

    def transcript(self) -> str:
        return "".join(event.text for event in self.events if event.who == "program")

    def story(self) -> str:
        """The conversation with times, hidden answers as stars."""
        return "\n".join(f"{event.at:7.3f} {event.who:7} {event.text!r}" for event in self.events)

    def hang_up(self) -> None:
        """The user closes the terminal."""
        for fd in (self.master, self.slave):
            if fd >= 0:
                os.close(fd)
        self.master = self.slave = -1
        self._ended = True

    def close(self) -> None:
        self.hang_up()
        if self.process and self.process.alive:
            self.process.kill_tree()

    def interact(self, timeout: float | None = None) -> None:
        """Joins the caller's own terminal to this one until the program ends."""
        until = None if timeout is None else time.monotonic() + timeout
        saved = termios.tcgetattr(0) if os.isatty(0) else None
        if saved:
            tty.setraw(0)
            fcntl.ioctl(self.master, termios.TIOCSWINSZ, fcntl.ioctl(0, termios.TIOCGWINSZ, bytes(8)))
        try:
            self._relay(until)
        finally:
            if saved:
                termios.tcsetattr(0, termios.TCSADRAIN, saved)

    def _relay(self, until: float | None) -> None:
        sources = [self.master, 0]
        while not self._ended and (until is None or time.monotonic() < until):
            ready, _, _ = select.select(sources, [], [], 0.2)
            if self.master in ready:
                before = len(self.events)
                self._read(time.monotonic())
                for event in self.events[before:]:
                    if event.who == "program":
                        sys.stdout.write(event.text.replace("\n", "\r\n"))
                sys.stdout.flush()
            if 0 in ready:
                typed = os.read(0, 1024)
                if not typed:
                    sources.remove(0)
                os.write(self.master, typed or b"\x04")

    def _read(self, until: float) -> bool:
        """Takes in what is there; False when nothing came in time."""
        if self._ended:
            return False
        ready = select.poll()
        ready.register(self.master, select.POLLIN)
        if not ready.poll(max(0.0, until - time.monotonic()) * 1000):
            return False
        try:
            data = os.read(self.master, 65536)
        except BlockingIOError:
            return True
        except OSError:         # EIO: nobody holds the other side any more
            data = b""
        if data:
            text = self._decoder.decode(data).replace("\r\n", "\n")
            self._pending += text
            self._event("program", text)
        else:
            self._ended = True
            self._event("end", "")
        return True

    def _event(self, who: str, text: str) -> None:
        self.events.append(Event(time.monotonic() - self._opened, who, text))


def first_match(patterns: Sequence[re.Pattern[str]], text: str) -> tuple[int, re.Match[str]] | None:
    found = [(match.start(), index, match) for index, pattern in enumerate(patterns) if (match := pattern.search(text))]
    if not found:
        return None
    _, index, match = min(found, key=lambda one: one[:2])
    return index, match


@dataclass
class Visit:
    """What came of a login, su or other program that leads to a shell."""

    reached: bool = False               # the shell's prompt was seen
    status: int | None = None
    transcript: str = ""
    story: str = ""
    outputs: list[str] = field(default_factory=list)            # of the commands, in order
    phases: dict[str, float] = field(default_factory=dict)      # seconds: prompt N, shell, end …
    unanswered: list[Answer] = field(default_factory=list)
    timed_out: bool = False

    def __str__(self) -> str:
        how = "shell reached" if self.reached else "no shell"
        return f"{how}, status {self.status}, phases {self.phases}\n{self.story}"


class Session:
    """A program on a terminal that leads to a shell: prompts are answered in whatever order they come.

    ends: patterns after which no shell will come, such as the next "login: ".
    """

    def __init__(self, terminal: Terminal, answers: Sequence[Answer], shell: str, ends: Sequence[str] = (),
                 timeout: float = PATIENCE) -> None:
        self.terminal = terminal
        self.shell = shell
        self.visit = Visit(unanswered=list(answers))
        self._ends = list(ends)
        self._until = time.monotonic() + timeout
        self._phase_began = time.monotonic()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def reached(self) -> bool:
        return self.visit.reached

    def reach(self) -> Session:
        """Until the shell's prompt, a refusal, or the deadline."""
        try:
            self.visit.reached = self._talk()
            self._phase("shell" if self.visit.reached else "refused")
        except Ended:
            self._phase("refused")
        except Deadline:
            self.visit.timed_out = True
        self._note()
        return self

    def command(self, line: str, timeout: float = PATIENCE) -> str:
        said = self.terminal.command(line, self.shell, timeout)
        self.visit.outputs.append(said)
        return said

    def exit(self, timeout: float = PATIENCE) -> Visit:
        """Leaves the shell and waits for the program's end."""
        self._phase_began = time.monotonic()
        try:
            self.terminal.answer("exit")
            self.visit.status = self.terminal.wait(timeout)
            self._phase("end")
        except Deadline:
            self.visit.timed_out = True
        return self.close()

    def close(self) -> Visit:
        """Whatever still runs on the terminal is killed."""
        process = self.terminal.process
        if process and self.visit.status is None:
            try:
                self.visit.status = self.terminal.wait(0.5 if self.terminal.ended else 0)
            except Deadline:
                self.visit.status = process.kill_tree()
        self._note()
        self.terminal.close()
        return self.visit

    def _talk(self) -> bool:
        while True:
            left = self.visit.unanswered
            patterns = [self.shell, *self._ends, *(answer.prompt for answer in left)]
            found = self.terminal.expect(*patterns, timeout=self._until - time.monotonic())
            if found.index <= len(self._ends):
                return found.index == 0
            answer = left.pop(found.index - len(self._ends) - 1)
            self._phase(f"prompt {answer.prompt}")
            if answer.after:
                time.sleep(answer.after)
            self.terminal.answer(answer.reply, answer.hidden)
            self._phase_began = time.monotonic()

    def _phase(self, name: str) -> None:
        now = time.monotonic()
        self.visit.phases[name] = self.visit.phases.get(name, 0.0) + now - self._phase_began
        self._phase_began = now

    def _note(self) -> None:
        self.visit.transcript = self.terminal.transcript()
        self.visit.story = self.terminal.story()
