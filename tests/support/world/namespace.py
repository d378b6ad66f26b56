# SPDX-License-Identifier: BSD-2-Clause
"""A private place on this machine: its own mounts, devices, host name and network, held open by a keeper process.

Processes start inside through `spawn`; files are reached from outside through `path`. When the place closes, or the
test program dies, everything in it ends and nothing of it remains.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from typing import Any, Iterable, Mapping, Union

from . import procs
from .process import PATIENCE, Collector, Conversation, Finished, Process

HERE = os.path.dirname(os.path.abspath(__file__))
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
WORK = "/run/world"         # the place's own files: overlays' upper sides, logs, sockets of the test equipment

Stream = Union[None, int, str]      # nothing, a descriptor, or a path inside to append to


class Space:
    def __init__(self, name: str, layout: list[dict], *, keep: Mapping[str, bool] | None = None,
                 network: bool = False, hostname: str = "", parent: Space | None = None,
                 hold: Iterable[int] = ()) -> None:
        """layout: steps of keeper.Mounts. keep: paths that stay visible under what covers them; True: writable.
        hold: descriptors that the keeper keeps open to its very end."""
        held = list(hold)
        self.name = name
        self.notes: list[str] = []
        self.loginuid_problem = ""
        self._lock = threading.Lock()
        self._asked = 0
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(PATIENCE)
        with theirs:
            self._keeper = subprocess.Popen(
                [sys.executable, "-B", "-I", "-S", os.path.join(HERE, "keeper.py"), f"keep-{name}",
                 str(theirs.fileno()), *map(str, held)],
                pass_fds=[theirs.fileno(), *held], stdin=subprocess.DEVNULL, env={"PATH": PATH})
        try:
            self._open(layout, dict(keep or {}), network, hostname, parent)
        except BaseException:
            self.close()
            raise

    def _open(self, layout: list[dict], keep: dict[str, bool], network: bool, hostname: str,
              parent: Space | None) -> None:
        fds = [os.open(f"/proc/{parent.keeper}/ns/mnt", os.O_RDONLY)] if parent else []
        try:
            told, _ = self.ask({"op": "open", "layout": layout, "keep": keep, "network": network, "hostname": hostname,
                                "work": WORK}, fds)
        finally:
            for fd in fds:
                os.close(fd)
        self.notes, self.loginuid_problem = told["notes"], told["loginuid"]

    @property
    def keeper(self) -> int:
        return self._keeper.pid

    # files

    def path(self, inside: str) -> str:
        """The same file seen from outside. Absolute symbolic links on the way would lead outside."""
        return f"/proc/{self.keeper}/root{inside}"

    def read(self, inside: str) -> str:
        with open(self.path(inside), encoding="utf-8", errors="surrogateescape") as file:
            return file.read()

    def write(self, inside: str, text: str | bytes, mode: int = 0o644, owner: tuple[int, int] = (0, 0)) -> None:
        """By rename, so that nobody sees half a file."""
        data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
        final = self.path(inside)
        fresh = f"{final}.new-{os.getpid()}"
        with open(fresh, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), mode)
            os.fchown(file.fileno(), *owner)
        os.replace(fresh, final)

    def append(self, inside: str, text: str) -> None:
        with open(self.path(inside), "a", encoding="utf-8") as file:
            file.write(text)

    def exists(self, inside: str) -> bool:
        return os.path.lexists(self.path(inside))

    def directory(self, inside: str, mode: int = 0o755, owner: tuple[int, int] = (0, 0)) -> None:
        path = self.path(inside)
        os.makedirs(path, exist_ok=True)
        os.chown(path, *owner)
        os.chmod(path, mode)

    def mount(self, do: str, at: str, **arguments: Any) -> None:
        """A later step of the layout: mount("tmpfs", "/x", size="64k"), mount("proc", "/proc", hidepid=2),
        mount("umount", "/x"), mount("resize", "/x", size="1m"), mount("bind", "/x", source="/y")."""
        self.ask({"op": "mount", "step": {"do": do, "at": at, **arguments}})

    # processes

    def spawn(self, argv: Iterable[str], *, fds: Mapping[int, int] | None = None, stdin: Stream = None,
              stdout: Stream = None, stderr: Stream = None, env: Mapping[str, str] | None = None,
              **how: Any) -> Process:
        """Starts a program inside.

        fds: number there -> descriptor here, instead of or beside the three streams; closed=[…] leaves some of 0-2
        closed. how: uid, gid, groups, cwd, cwd_deleted, umask, limits={"NOFILE": (soft, hard)}, no_new_privs,
        userns="root"|"self", loginuid, session (own session, default yes), controlling (descriptor 0 becomes the
        controlling terminal), ignored and blocked (signals), listen (how many sockets stand at 3…).
        """
        closed = set(how.pop("closed", ()))
        opened: list[int] = []
        table = dict(fds or {})
        for number, stream in enumerate((stdin, stdout, stderr)):
            if number not in table and number not in closed:
                table[number] = self._stream(stream, number, opened)
        report, told = os.pipe2(os.O_CLOEXEC)
        argv = list(argv)
        try:
            request = {"op": "spawn", "argv": argv, "env": dict({"PATH": PATH} if env is None else env),
                       "targets": list(table), **how}
            reply, given = self.ask(request, [told, *table.values()])
        except BaseException:
            os.close(report)
            raise
        finally:
            os.close(told)
            for fd in opened:
                os.close(fd)
        return Process(argv, reply["pid"], given[0], report)

    def _stream(self, stream: Stream, number: int, opened: list[int]) -> int:
        if isinstance(stream, int):
            return stream
        if stream is None:
            fd = os.open(os.devnull, os.O_RDONLY if number == 0 else os.O_WRONLY)
        elif number == 0:
            fd = os.open(self.path(stream), os.O_RDONLY)
        else:
            fd = os.open(self.path(stream), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        opened.append(fd)
        return fd

    def run(self, argv: Iterable[str], *, stdin: str | bytes | None = None, timeout: float = PATIENCE,
            **how: Any) -> Finished:
        """Runs a program to its end, or to the deadline. `how` as in spawn."""
        argv = list(argv)
        begun = time.monotonic()
        closed = set(how.get("closed", ()))
        pipes = {number: os.pipe2(os.O_CLOEXEC) for number in (1, 2) if number not in closed}
        fds = {number: pipe[1] for number, pipe in pipes.items()} | dict(how.pop("fds", {}))
        feed = -1
        ends = [pipe[1] for pipe in pipes.values()]
        data = stdin.encode() if isinstance(stdin, str) else stdin
        if data is not None:
            fds[0], feed = os.pipe2(os.O_CLOEXEC)
            ends.append(fds[0])
        try:
            process = self.spawn(argv, fds=fds, **how)
        except BaseException:
            for fd in [pipe[0] for pipe in pipes.values()] + ([feed] if feed >= 0 else []):
                os.close(fd)
            raise
        finally:
            for fd in ends:
                os.close(fd)
        outputs = {pipe[0]: bytearray() for pipe in pipes.values()}
        status = Collector(process, (feed, data or b""), outputs).run(timeout)
        said = {number: bytes(outputs[pipe[0]]).decode("utf-8", "replace") for number, pipe in pipes.items()}
        return Finished(argv, status, said.get(1, ""), said.get(2, ""), time.monotonic() - begun, process.usage)

    def converse(self, argv: Iterable[str], **how: Any) -> Conversation:
        """Starts a program that the test talks to, line by line. `how` as in spawn."""
        theirs_in, feed = os.pipe2(os.O_CLOEXEC)
        output, theirs_out = os.pipe2(os.O_CLOEXEC)
        try:
            process = self.spawn(argv, fds={0: theirs_in, 1: theirs_out} | dict(how.pop("fds", {})), **how)
        except BaseException:
            os.close(feed)
            os.close(output)
            raise
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        return Conversation(process, feed, output)

    def listen(self, path: str, *, uid: int = 0, gid: int = 0, mode: int = 0o600, kind: str = "SOCK_SEQPACKET",
               backlog: int = 128) -> int:
        """A listening unix socket; the descriptor is the caller's to close."""
        _, given = self.ask({"op": "listen", "path": path, "uid": uid, "gid": gid, "mode": mode, "kind": kind,
                             "backlog": backlog})
        return given[0]

    def serve(self) -> socket.socket:
        """A listening TCP socket in the network inside, at a port of the kernel's choice."""
        _, given = self.ask({"op": "serve"})
        return socket.socket(fileno=given[0])

    def processes(self) -> list[procs.Seen]:
        """What runs inside now, the keeper not counted."""
        return [one for one in procs.descendants(self.keeper) if one.alive]

    # the keeper

    def at_end(self, *commands: list[str]) -> None:
        """Commands the keeper runs after everything has ended, also when the test program was killed."""
        self.ask({"op": "finally", "commands": list(commands)})

    def collect_syslog(self, file: str) -> None:
        self.ask({"op": "syslog", "file": file})

    def ask(self, request: dict, fds: Iterable[int] = ()) -> tuple[dict, list[int]]:
        """One request to the keeper and its reply. A reply that nobody took, after a test's deadline, is passed over."""
        with self._lock:
            self._asked += 1
            socket.send_fds(self._control, [json.dumps(request | {"number": self._asked}).encode()], list(fds))
            while True:
                data, given, _, _ = socket.recv_fds(self._control, 1 << 18, 8)
                if not data:
                    raise RuntimeError(f"{self.name}: the keeper has gone")
                reply = json.loads(data)
                if reply["number"] == self._asked:
                    break
                for fd in given:
                    os.close(fd)
        if "error" in reply:
            raise OSError(f"{self.name}: {request['op']}: {reply['error']}")
        return reply, given

    def end(self) -> list[str]:
        """Ends everything inside; returns what still ran."""
        return self.ask({"op": "end"})[0]["left"]

    def close(self) -> None:
        """The keeper ends everything and goes."""
        if self._control.fileno() >= 0:
            self._control.close()
        try:
            self._keeper.wait(2 * PATIENCE)    # it puts the audit state back
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()
