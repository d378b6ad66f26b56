# SPDX-License-Identifier: BSD-2-Clause
"""The process that holds a private place open.

It is started as a program of its own, makes the namespaces and mounts it is told, then starts, reaps and finally ends
every process inside. It is a child subreaper, so whatever a process leaves behind stays below it. When its owner goes,
in whatever way, the control socket closes: the keeper ends all that is left, runs the clean-up commands and exits, and
the kernel takes the mounts away with it.

One request is one JSON datagram, file descriptors beside it; one reply likewise. The other side is namespace.py.
"""

from __future__ import annotations

import errno
import fcntl
import grp
import json
import os
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import termios
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import kernel   # noqa: E402
import procs    # noqa: E402

LARGEST = 1 << 18
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
HIGH = 200          # descriptors wait here while the low numbers are laid out
UNSET = 4294967295
SYSLOG_LARGEST = 1 << 24
VIRTUAL = {"proc", "sysfs", "devtmpfs", "devpts", "tmpfs", "ramfs", "cgroup", "cgroup2", "mqueue", "bpf", "pstore",
           "securityfs", "debugfs", "tracefs", "configfs", "fusectl", "hugetlbfs", "efivarfs", "binfmt_misc",
           "autofs", "rpc_pipefs", "nsfs", "selinuxfs"}
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")


# --- mounts -----------------------------------------------------------------------------------------------------------

class Mounts:
    """Carries out a layout: a list of steps, each a dict with `do` and `at`."""

    def __init__(self, work: str, keep: dict[str, bool]) -> None:
        self.work = work
        self.notes: list[str] = []
        self.kept = {path: (os.open(path, os.O_PATH), writable)
                     for path, writable in keep.items() if os.path.exists(path)}

    def apply(self, steps: list[dict]) -> None:
        for step in steps:
            arguments = {key: value for key, value in step.items() if key != "do"}
            getattr(self, "do_" + step["do"])(**arguments)

    def do_tmpfs(self, at: str, mode: str = "755", size: str = "64m", make: bool = False,
                 owner: list[int] | None = None) -> None:
        """An empty private directory; what the caller wants kept below it shows through at the same path."""
        if make:
            os.makedirs(at, exist_ok=True)
        if not os.path.isdir(at):
            return
        options = f"mode={mode},size={size}"
        if owner:
            options += f",uid={owner[0]},gid={owner[1]}"
        kernel.mount("tmpfs", at, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, options)
        self._show_kept(at)

    def do_overlay(self, at: str, copy: bool = False) -> None:
        """The host's directory, writable; where no overlay can be mounted, a copy of it or nothing."""
        place = f"{self.work}/overlay{at.replace('/', '-')}"
        upper, scratch = f"{place}/upper", f"{place}/work"
        os.makedirs(upper)
        os.makedirs(scratch)
        inside = os.stat(at)
        os.chmod(upper, inside.st_mode & 0o7777)
        os.chown(upper, inside.st_uid, inside.st_gid)
        try:
            kernel.mount("overlay", at, "overlay", 0, f"lowerdir={at},upperdir={upper},workdir={scratch}")
        except OSError as error:
            self.notes.append(f"{at}: no overlay ({error.strerror}), " + ("copied" if copy else "left empty"))
            if copy:
                subprocess.run(["cp", "-a", f"{at}/.", upper], check=True)
            kernel.mount(upper, at, None, kernel.MS_BIND)
        self._show_kept(at)

    def do_bind(self, at: str, source: str, writable: bool = True, make: bool = False) -> None:
        if make:
            os.makedirs(at, exist_ok=True)
        kernel.mount(source, at, None, kernel.MS_BIND | kernel.MS_REC)
        remount(at, writable)

    def do_file(self, at: str, text: str, mode: int = 0o644) -> None:
        """A file of ours in front of the host's."""
        source = f"{self.work}/file{at.replace('/', '-')}"
        with open(source, "w") as file:
            file.write(text)
        os.chmod(source, mode)
        kernel.mount(source, at, None, kernel.MS_BIND)

    def do_dev(self, at: str = "/dev") -> None:
        """Own /dev with an own devpts and room for a log socket; no host device but the harmless ones."""
        nodes = {name: os.open(f"{at}/{name}", os.O_PATH) for name in DEVICES}
        kernel.mount("tmpfs", at, "tmpfs", kernel.MS_NOSUID, "mode=755,size=1m")
        for name, fd in nodes.items():
            os.close(os.open(f"{at}/{name}", os.O_CREAT | os.O_WRONLY, 0o666))
            kernel.mount(f"/proc/self/fd/{fd}", f"{at}/{name}", None, kernel.MS_BIND)
            os.close(fd)
        for name, target in (("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
                             ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx")):
            os.symlink(target, f"{at}/{name}")
        os.mkdir(f"{at}/pts")
        os.mkdir(f"{at}/shm")
        terminals = grp.getgrnam("tty").gr_gid
        kernel.mount("devpts", f"{at}/pts", "devpts", kernel.MS_NOSUID | kernel.MS_NOEXEC,
                     f"newinstance,gid={terminals},mode=620,ptmxmode=666")
        kernel.mount("tmpfs", f"{at}/shm", "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=1777,size=16m")
        self._show_kept(at)

    def do_proc(self, at: str = "/proc", hidepid: int = 0, gid: int = 0) -> None:
        kernel.mount("proc", at, "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC,
                     f"hidepid={hidepid},gid={gid}")

    def do_umount(self, at: str) -> None:
        kernel.umount(at)

    def do_resize(self, at: str, size: str) -> None:
        kernel.mount(None, at, None, kernel.MS_REMOUNT | kernel.MS_NOSUID | kernel.MS_NODEV, f"size={size}")

    def do_readonly_host(self) -> None:
        """Everything of the host that is still visible becomes read-only here; what is kept keeps its own right."""
        for path, (_, writable) in self.kept.items():
            if not os.path.ismount(path):
                self._show(path)
            remount(path, writable)
        for at, fstype in mounted():
            if fstype not in VIRTUAL and at not in self.kept and not at.startswith(self.work):
                if fstype == "overlay" and os.path.isdir(f"{self.work}/overlay{at.replace('/', '-')}"):
                    continue
                try:
                    remount(at, writable=False)
                except OSError as error:
                    self.notes.append(f"{at} stays writable: {error.strerror}")

    def _show_kept(self, below: str) -> None:
        for path in self.kept:
            if path.startswith(below.rstrip("/") + "/"):
                self._show(path)

    def _show(self, path: str) -> None:
        fd, writable = self.kept[path]
        if os.path.isdir(f"/proc/self/fd/{fd}"):
            os.makedirs(path, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if not os.path.exists(path):
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))
        kernel.mount(f"/proc/self/fd/{fd}", path, None, kernel.MS_BIND | kernel.MS_REC)
        remount(path, writable)


def mounted() -> list[tuple[str, str]]:
    """(mount point, type) of what is visible, a covered mount point only once."""
    points: dict[str, str] = {}
    with open("/proc/self/mountinfo") as file:
        for line in file:
            before, _, after = line.partition(" - ")
            point = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), before.split()[4])
            points[point] = after.split()[0]
    return list(points.items())


def remount(at: str, writable: bool) -> None:
    have = os.statvfs(at).f_flag
    flags = 0 if writable else kernel.MS_RDONLY
    for bit, flag in ((os.ST_NOSUID, kernel.MS_NOSUID), (os.ST_NODEV, kernel.MS_NODEV), (os.ST_NOEXEC, kernel.MS_NOEXEC),
                      (os.ST_NOATIME, kernel.MS_NOATIME), (os.ST_RELATIME, kernel.MS_RELATIME)):
        if have & bit:
            flags |= flag
    kernel.mount(None, at, None, kernel.MS_REMOUNT | kernel.MS_BIND | flags)


def loopback_up() -> None:
    """`ip link set lo up` without needing the tool."""
    siocsifflags, up_and_running = 0x8914, 0x41
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, siocsifflags, b"lo".ljust(16, b"\0") + up_and_running.to_bytes(2, "little") + bytes(22))


# --- a new process ----------------------------------------------------------------------------------------------------

def lay_out(targets: list[int], fds: list[int], error: int) -> int:
    """Puts each descriptor at its number, closes 0-2 where nothing was given; returns the new number of `error`."""
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, HIGH) for fd in fds]
    error = fcntl.fcntl(error, fcntl.F_DUPFD_CLOEXEC, HIGH)
    for number in {0, 1, 2} - set(targets):
        try:
            os.close(number)
        except OSError:
            pass
    for target, fd in zip(targets, high):
        os.dup2(fd, target, inheritable=True)
    return error


def set_limits(limits: dict[str, list[int]], raising: bool) -> None:
    """Hard limits that rise need root, so they come first; the others come last, or Python itself might not survive."""
    for name, (soft, hard) in limits.items():
        number = getattr(resource, "RLIMIT_" + name)
        now = resource.getrlimit(number)[1]
        rises = now != resource.RLIM_INFINITY and (hard == resource.RLIM_INFINITY or hard > now)
        if rises == raising:
            resource.setrlimit(number, (soft, hard))


def enter_user_namespace(kind: str, uid: int, gid: int) -> None:
    """kind: "root" maps the caller to root inside, "self" to itself."""
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)
    kernel.unshare(kernel.CLONE_NEWUSER)
    inner_uid, inner_gid = (0, 0) if kind == "root" else (uid, gid)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{inner_uid} {uid} 1"), ("gid_map", f"{inner_gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def default_signals(ignored: list[int]) -> None:
    signal.set_wakeup_fd(-1)
    for number in range(1, signal.NSIG):
        if number in (signal.SIGKILL, signal.SIGSTOP, 32, 33):
            continue
        try:
            signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)
        except (OSError, ValueError):
            pass


def go_to(directory: str, deleted: bool) -> None:
    os.chdir(directory)
    if deleted:
        name = f"gone-{os.getpid()}"
        os.mkdir(name)
        os.chdir(name)
        os.rmdir(f"../{name}")


def located(program: str, path: str) -> str:
    if "/" in program:
        return program
    for directory in path.split(":"):
        if os.access(f"{directory}/{program}", os.X_OK):
            return f"{directory}/{program}"
    raise FileNotFoundError(errno.ENOENT, "no such program", program)


def become(spec: dict, targets: list[int], fds: list[int], error: int) -> None:
    """Turns this new process into what the request asks for; comes back only by an exception."""
    try:
        default_signals(spec.get("ignored", []))
        if spec.get("session", True):
            os.setsid()
        error = lay_out(targets, fds, error)
        if spec.get("controlling"):
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        if spec.get("loginuid") is not None:
            with open("/proc/self/loginuid", "w") as file:
                file.write(str(spec["loginuid"]))
        go_to(spec.get("cwd") or "/", bool(spec.get("cwd_deleted")))
        os.umask(spec.get("umask", 0o022))
        limits = spec.get("limits", {})
        set_limits(limits, raising=True)
        uid, gid = spec.get("uid", 0), spec.get("gid", 0)
        os.setgroups(spec.get("groups", []))
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
        if spec.get("userns"):
            enter_user_namespace(spec["userns"], uid, gid)
        if spec.get("no_new_privs"):
            kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        environment = dict(spec.get("env", {}))
        if spec.get("listen"):
            environment |= {"LISTEN_FDS": str(spec["listen"]), "LISTEN_PID": str(os.getpid())}
        signal.pthread_sigmask(signal.SIG_SETMASK, spec.get("blocked", []))
        set_limits(limits, raising=False)
        os.execve(located(spec["argv"][0], environment.get("PATH", PATH)), spec["argv"], environment)
    except BaseException as problem:    # whatever it is, the owner must hear of it
        os.write(error, f"{type(problem).__name__}: {problem}".encode()[:500])
    finally:
        os._exit(127)


# --- the loop ---------------------------------------------------------------------------------------------------------

class Keeper:
    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.status: dict[int, int] = {}        # pid -> where its end is reported
        self.finally_run: list[list[str]] = []
        self.syslog: socket.socket | None = None
        self.syslog_file = -1
        self.mounts: Mounts | None = None

    # requests

    def on_open(self, request: dict, fds: list[int]) -> dict:
        problems = reset_loginuid()
        if fds:
            kernel.setns(fds[0], kernel.CLONE_NEWNS)
        kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWUTS | (kernel.CLONE_NEWNET if request["network"] else 0))
        kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
        if request["network"]:
            loopback_up()
        if request["hostname"]:
            socket.sethostname(request["hostname"])
        self.mounts = Mounts(request["work"], request["keep"])
        self.mounts.apply(request["layout"])
        return {"notes": self.mounts.notes, "loginuid": problems}

    def on_mount(self, request: dict, fds: list[int]) -> dict:
        assert self.mounts
        self.mounts.apply([request["step"]])
        return {}

    def on_spawn(self, request: dict, fds: list[int]) -> tuple[dict, list[int]]:
        """fds: where to report the end, then one for each number in request["targets"]."""
        failed, error = os.pipe2(os.O_CLOEXEC)
        pid = os.fork()
        if pid == 0:
            become(request, request["targets"], fds[1:], error)
        os.close(error)
        problem = b""
        while piece := os.read(failed, 512):
            problem += piece
        os.close(failed)
        if problem:
            os.waitpid(pid, 0)
            return {"error": problem.decode(errors="replace")}, []
        self.status[pid] = os.dup(fds[0])
        return {"pid": pid}, [os.pidfd_open(pid)]

    def on_listen(self, request: dict, fds: list[int]) -> tuple[dict, list[int]]:
        """A listening socket made by root with the right owner and mode, as systemd makes it."""
        path = request["path"]
        if os.path.lexists(path):
            os.unlink(path)
        listener = socket.socket(socket.AF_UNIX, getattr(socket, request["kind"]))
        old = os.umask(0o777)
        try:
            listener.bind(path)
        finally:
            os.umask(old)
        os.chown(path, request["uid"], request["gid"])
        os.chmod(path, request["mode"])
        if request["kind"] != "SOCK_DGRAM":
            listener.listen(request["backlog"])
        return {}, [listener.detach()]

    def on_serve(self, request: dict, fds: list[int]) -> tuple[dict, list[int]]:
        return {}, [socket.create_server(("127.0.0.1", 0)).detach()]

    def on_finally(self, request: dict, fds: list[int]) -> dict:
        self.finally_run = request["commands"]
        return {}

    def on_syslog(self, request: dict, fds: list[int]) -> dict:
        """Collects what programs send to /dev/log."""
        self.syslog = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.syslog.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        self.syslog.setblocking(False)
        self.syslog_file = os.open(request["file"], os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        return {}

    def on_end(self, request: dict, fds: list[int]) -> dict:
        return {"left": self.end_everything()}

    # the loop itself

    def run(self) -> None:
        woken, wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        poll.register(woken, select.POLLIN)
        watched = False
        while True:
            if self.syslog and not watched:
                poll.register(self.syslog, select.POLLIN)
                watched = True
            for fd, _ in poll.poll():
                if fd == woken:
                    os.read(woken, 4096)
                    self.reap()
                elif self.syslog and fd == self.syslog.fileno():
                    self.collect_syslog()
                elif not self.answer():
                    return

    def answer(self) -> bool:
        data, fds, _, _ = socket.recv_fds(self.control, LARGEST, 80)
        if not data:
            return False
        request = json.loads(data)
        number = request.pop("number")
        given: list[int] = []
        try:
            reply = getattr(self, "on_" + request.pop("op"))(request, fds)
            if isinstance(reply, tuple):
                reply, given = reply
        except Exception as problem:
            reply = {"error": f"{type(problem).__name__}: {problem}"}
        for fd in fds:
            os.close(fd)
        socket.send_fds(self.control, [json.dumps(reply | {"number": number}).encode()], given)
        for fd in given:
            os.close(fd)
        return True

    def reap(self) -> None:
        while True:
            try:
                pid, status, used = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            report = self.status.pop(pid, None)
            if report is not None:
                text = json.dumps({"status": status, "at": time.monotonic(), "user": used.ru_utime,
                                   "system": used.ru_stime, "rss": used.ru_maxrss})
                try:
                    os.write(report, text.encode())
                except OSError:
                    pass        # nobody waits for it any more
                os.close(report)

    def collect_syslog(self) -> None:
        assert self.syslog
        try:
            while True:
                line = self.syslog.recv(65536)
                if os.fstat(self.syslog_file).st_size < SYSLOG_LARGEST:
                    os.write(self.syslog_file, line.rstrip(b"\n\0") + b"\n")
        except BlockingIOError:
            pass

    def end_everything(self, limit: float = 20.0) -> list[str]:
        """Kills all that is below; returns what was still running when it began."""
        found: list[str] = []
        until = time.monotonic() + limit
        first = True
        while True:
            alive = [one for one in procs.descendants(os.getpid()) if one.alive]
            if first:
                found = [str(one) for one in alive]
                first = False
            if not alive or time.monotonic() > until:
                self.reap()
                return found
            for one in alive:
                procs.send(one, signal.SIGKILL)
            time.sleep(0.003)
            self.reap()

    def close(self) -> None:
        self.end_everything()
        for command in self.finally_run:
            try:
                subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               timeout=20, check=False)
            except (OSError, subprocess.TimeoutExpired):
                pass


def reset_loginuid() -> str:
    """A loginuid inherited from somebody's login would be in every record; returns why it could not be unset."""
    try:
        with open("/proc/self/loginuid", "r+") as file:
            if int(file.read()) != UNSET:
                file.seek(0)
                file.write(str(UNSET))
    except OSError as error:
        if error.errno != errno.ENOENT:
            return f"the loginuid of the calling session stays set: {error.strerror}"
    return ""


def main() -> None:
    name, *given = sys.argv[1:]
    for fd in given:
        os.set_inheritable(int(fd), False)
    control = socket.socket(fileno=int(given[0]))
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)     # it ends when its owner does, not before
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    kernel.set_process_name(name)
    os.setsid()
    os.chdir("/")
    keeper = Keeper(control)
    try:
        keeper.run()
    finally:
        keeper.close()


if __name__ == "__main__":
    main()
