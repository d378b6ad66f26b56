#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The processes as /proc shows them: with no more rights than they need, and out of reach of the caller's traps."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import sys

from jukinet import NOBODY, Office, PATIENCE, PIN, SCRIPTS, enter, leave, missing, procs, tap, texts, wait_for

AUDIT_WRITE = 1 << 29
CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
CATCHABLE = [number for number in range(1, 65) if number not in (signal.SIGKILL, signal.SIGSTOP, 32, 33)]


def status(pid: int) -> dict[str, str]:
    with open(f"/proc/{pid}/status") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def limits(pid: int) -> dict[str, tuple[str, str]]:
    with open(f"/proc/{pid}/limits") as file:
        rows = [re.split(r"  +", line.strip()) for line in file.readlines()[1:]]
    return {row[0]: (row[1], row[2]) for row in rows}


def descriptors(pid: int) -> dict[int, str]:
    """What is open, with its kind; not what is closed while we look."""
    have = {}
    for number in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            have[int(number)] = os.readlink(f"/proc/{pid}/fd/{number}")
    return have


def text(pid: int, name: str) -> str:
    with open(f"/proc/{pid}/{name}", "rb") as file:
        return file.read().decode(errors="replace")


def is_dumpable(pid: int) -> bool:
    """A process that is not has its /proc entries given to root."""
    return os.stat(f"/proc/{pid}/environ").st_uid != 0


def is_listening(inode: str) -> bool:
    with open("/proc/net/unix") as file:
        return any(line.split()[6] == inode and line.split()[3] == "00010000" for line in file.readlines()[1:])


def look(pid: int) -> dict[str, object]:
    """All of a process that a caller might have had a hand in."""
    told = status(pid)
    return {name: told[name] for name in (*CAPABILITIES, "Uid", "Gid", "Groups", "NoNewPrivs", "Seccomp", "Umask", "SigBlk",
                                          "SigIgn", "SigCgt")} | {
        "environ": text(pid, "environ"), "cwd": os.readlink(f"/proc/{pid}/cwd"), "root": os.readlink(f"/proc/{pid}/root"),
        "limits": limits(pid), "dumpable": is_dumpable(pid), "exe": os.readlink(f"/proc/{pid}/exe"),
        "nice": os.getpriority(os.PRIO_PROCESS, pid), "scheduler": os.sched_getscheduler(pid),
        "libraries": sorted({line.split()[-1] for line in text(pid, "maps").splitlines() if ".so" in line}),
        "session": os.getsid(pid)}


class AtPrompt:
    """A conversation that waits for the PIN; its worker and its card process."""

    def __init__(self, w: Office, uid: str | None = None, **how) -> None:
        w.reset()
        self.w, self.app = w, w.app(uid, **how)

    def __enter__(self) -> AtPrompt:
        self.app.start("jk-test", "hanako")
        self.app.begin("authenticate")
        self.app.until_prompt()
        [self.worker] = self.w.services.jukinetd.wait_for_children(1)
        [self.card] = self.w.services.card.wait_for_children(1)
        return self

    def __exit__(self, *_: object) -> None:
        self.app.close()
        self.w.services.wait_until_idle()


def check_confined(w: Office, pid: int, service: str, capabilities: int) -> None:
    account = w.services[service].account
    told = status(pid)
    tap.equal(told["Uid"].split(), [str(account.uid)] * 4, f"{service}: uid")
    tap.equal(told["Gid"].split(), [str(account.gid)] * 4, f"{service}: gid")
    for name in CAPABILITIES:
        if name != "CapBnd" or capabilities:
            tap.equal(int(told[name], 16), capabilities, f"{service}: {name}")
    tap.equal(told["NoNewPrivs"], "1", service)
    tap.equal(limits(pid)["Max core file size"], ("0", "0"), service)
    tap.check(not is_dumpable(pid), f"{service} can be dumped")
    tap.equal(text(pid, "environ").strip("\0"), "", f"{service}: environment")
    tap.equal(os.readlink(f"/proc/{pid}/cwd"), "/", service)
    tap.equal(told["Umask"], "0077", service)


def test_worker_has_cap_audit_write_and_nothing_else(w):
    with AtPrompt(w) as at:
        check_confined(w, at.worker.pid, "jukinetd", AUDIT_WRITE)
        check_confined(w, w.services.jukinetd.pid, "jukinetd", AUDIT_WRITE)
        tap.equal(status(at.worker.pid)["Groups"].strip(), "")


def test_card_process_and_witness_have_no_capability(w):
    with AtPrompt(w) as at:
        check_confined(w, at.card.pid, "card", 0)
        check_confined(w, w.services.card.pid, "card", 0)
        tap.equal(status(at.card.pid)["Seccomp"], "2", "filter")
    told = status(w.services.witness.pid)
    tap.equal([int(told[name], 16) & ~(1 << 2) for name in ("CapPrm", "CapEff", "CapAmb")], [0, 0, 0],
              "the witness has at most cap_dac_read_search")
    tap.equal((told["NoNewPrivs"], is_dumpable(w.services.witness.pid)), ("1", False))


def test_worker_takes_the_callers_loginuid(w):
    for loginuid in (None, w.accounts["taro"].uid):
        with AtPrompt(w, loginuid=loginuid) as at:
            tap.equal(int(text(at.worker.pid, "loginuid")), NOBODY if loginuid is None else loginuid)
            tap.equal(int(text(w.services.jukinetd.pid, "loginuid")), NOBODY, "the accepter keeps none")
            tap.equal(int(text(at.card.pid, "loginuid")), NOBODY)


def test_descriptors(w):
    """One caller each: no listener, nobody else's connection."""
    with AtPrompt(w) as one:
        with w.app() as other:
            other.start("jk-test", "hanako")
            other.begin("authenticate")
            other.until_prompt()
            workers = w.services.jukinetd.wait_for_children(2)
            open_in = [descriptors(worker.pid) for worker in workers]
            for have in open_in:
                files = [target for target in have.values() if target.startswith("/") and target != "/dev/null"]
                wrong = [name for name in files
                         if not re.match(r"/proc/\d+$|/run/jukinet/state$|/var/lib/jukinet$|"
                                         r"/var/lib/jukinet-registry/snapshot\.cdb|/run/world/log/jukinetd\.err", name)]
                tap.equal(wrong, [], "files")
                tap.check(len(have) <= 12, f"{len(have)} descriptors: {have}")
                tap.check(not any(is_listening(target[8:-1]) for target in have.values() if target.startswith("socket:")),
                          f"a worker holds the listener: {have}")
            sockets = [{target for target in have.values() if target.startswith("socket:")} for have in open_in]
            tap.equal(sockets[0] & sockets[1], set(), "connections shared by two workers")
            for process in w.services.card.wait_for_children(2):
                have = descriptors(process.pid)
                files = [target for target in have.values()
                         if target.startswith("/") and target not in ("/dev/null", "/run/world/log/card.err")]
                tap.equal(files, [], "files of a card process")
                tap.check(not any(is_listening(target[8:-1]) for target in have.values() if target.startswith("socket:")),
                          f"a card process holds the listener: {have}")
        tap.check(one.worker.alive)


def test_workers_can_be_reached_by_nobody(w):
    """A user can neither signal nor trace nor read them."""
    with AtPrompt(w) as at:
        script = ("import os, sys\nfor pid in map(int, sys.argv[1:]):\n"
                  "    for what in (lambda: os.kill(pid, 0), lambda: open(f'/proc/{pid}/mem'),\n"
                  "                 lambda: open(f'/proc/{pid}/environ').read(), lambda: os.listdir(f'/proc/{pid}/fd'),\n"
                  "                 lambda: os.setpriority(os.PRIO_PROCESS, pid, 19)):\n"
                  "        try:\n            what()\n            print('reached', pid)\n"
                  "        except PermissionError:\n            pass\n")
        pids = [str(pid) for pid in (at.worker.pid, at.card.pid, w.services.jukinetd.pid, w.services.card.pid)]
        for who in ("hanako", "mallory"):
            done = w.run([sys.executable, "-I", "-c", script, *pids], uid=who)
            tap.equal((done.status, done.stdout), (0, ""), str(done.stderr))


# --- starting ---------------------------------------------------------------------------------------------------------

def answers(w: Office, path: str) -> bool:
    """jukinetd greets who comes, as soon as it is satisfied; its socket stands there before."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as link:
        link.settimeout(PATIENCE)
        try:
            link.connect(w.space.path(path))
            return bool(link.recv(4096))
        except OSError:
            return False


def started(w: Office, service: str, *, uid: str | None = None, capabilities: str = "-all", **how):
    """The program in the foreground with a socket of its own; status and stderr, None for one that runs on."""
    row = w.services[service]
    confinement = ["/usr/bin/setpriv"]
    if uid:
        account = w.accounts[uid]
        confinement += [f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"]
    confinement += [f"--inh-caps={capabilities}", f"--ambient-caps={capabilities}", f"--bounding-set={capabilities}"]
    w.space.directory("/tmp/start", 0o1777)
    process = w.spawn([*confinement, row.binary, *row.service.arguments, "--socket", "/tmp/start/socket"],
                      stderr="/tmp/start/err", stdout="/tmp/start/err", **how)
    try:
        wait_for(lambda: not process.alive or answers(w, "/tmp/start/socket"), "it to start or to refuse")
        code = process.poll()
    finally:
        if process.alive:
            process.terminate()
    said = re.sub("jukinetd: conversation with uid 0 ended: .*\n", "", w.space.read("/tmp/start/err"))   # our own
    for name in ("err", "socket"):
        if w.space.exists(f"/tmp/start/{name}"):
            os.unlink(w.space.path(f"/tmp/start/{name}"))
    return code, said


def test_services_refuse_to_run_as_root(w):
    for service in ("jukinetd", "card", "witness"):
        code, said = started(w, service, capabilities="-all,+audit_write")
        tap.equal(code, 1, f"{service} as root: {said}")
        tap.check(said, f"{service} says nothing")


def test_jukinetd_wants_one_capability_exactly(w):
    for capabilities in ("-all", "-all,+audit_write,+kill", "-all,+audit_write,+audit_control", "-all,+sys_admin",
                         "-all,+audit_write,+bpf"):
        code, said = started(w, "jukinetd", uid="_jukinet", capabilities=capabilities)
        tap.equal(code, 1, f"{capabilities}: {said}")
        tap.check("cap_audit_write" in said, said)
    code, said = started(w, "jukinetd", uid="_jukinet", capabilities="-all,+audit_write")
    tap.equal((code, said), (None, ""), "with that one it runs")


def test_services_hold_descriptors_0_to_2(w):
    """Closed at the start: what is opened later, the listening socket too, is none of them."""
    closed = ("/bin/sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh")
    w.services.stop()
    for one in reversed(list(w.services.values())):
        one.start(wrapper=closed)
    w.services.wait_until_idle()
    for one in w.services.values():
        wait_for(lambda: os.readlink(f"/proc/{one.pid}/exe") == one.binary and
                 [descriptors(one.pid).get(number) for number in (0, 1, 2)] == ["/dev/null"] * 3,
                 f"{one.name} with /dev/null as descriptors 0 to 2")
    w.insert("hanako")
    tap.check(w.ask("hanako", PIN).ok, "and they do their work")
    w.services.stop()
    w.reset()


def test_jukinetd_says_when_its_loginuid_is_set(w):
    code, said = started(w, "jukinetd", uid="_jukinet", capabilities="-all,+audit_write", loginuid=2001)
    tap.equal(code, None)
    tap.check("started with loginuid 2001" in said, said)


def test_a_proc_that_hides_its_callers_from_jukinetd(w):
    """It can know nobody then. What is told is "busy"; its log says what to do."""
    w.insert("hanako")
    log = w.services.jukinetd.stderr
    for options, works in (({"hidepid": 1}, False), ({"hidepid": 2}, False), ({"hidepid": 4}, False),
                           ({"hidepid": 2, "gid": w.accounts["_jukinet"].gid}, True)):
        w.space.mount("proc", "/proc", **options)
        try:
            before = len(log())
            if options["hidepid"] == 4:
                w.services.jukinetd.stop()
                w.services.jukinetd.start()
                wait_for(lambda: "hidepid" in log()[before:], "what it says when it starts")
                before = len(log())
            told = w.ask("hanako", PIN)
        finally:
            w.space.mount("umount", "/proc")
        tap.equal((told.ok, "hidepid" in log()[before:]), (works, not works), f"{options}: {told} {log()[before:]}")
    tap.check(w.ask("hanako", PIN).ok, "as before")


# --- traps ------------------------------------------------------------------------------------------------------------

ENVIRONMENT = {
    "LD_PRELOAD": "/usr/lib/x86_64-linux-gnu/libpcsclite.so.1", "LD_LIBRARY_PATH": "/tmp/evil", "LD_AUDIT": "/tmp/evil.so",
    "LD_DEBUG": "files", "LD_DEBUG_OUTPUT": "/tmp/ld-debug",
    "PCSCLITE_CSOCK_NAME": "/tmp/evil.comm", "PCSCLITE_DEBUG": "0", "OPENSC_CONF": "/tmp/evil.conf", "OPENSC_DEBUG": "9",
    "OPENSSL_CONF": "/tmp/evil.cnf", "OPENSSL_MODULES": "/tmp/evil", "SSL_CERT_FILE": "/tmp/evil", "TZ": "Pacific/Apia",
    "LANG": "tr_TR.UTF-8", "LC_ALL": "xx_YY", "LANGUAGE": "ja", "NLSPATH": "/tmp/%N", "MALLOC_PERTURB_": "90",
    "GCONV_PATH": "/tmp/evil", "TMPDIR": "/tmp/evil", "HOME": "/tmp/evil", "IFS": "x", "NOTIFY_SOCKET": "/tmp/evil.sock",
    "LISTEN_FDS": "1", "LISTEN_PID": "1", "JOURNAL_STREAM": "1:1", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/tmp/evil",
}
TRAPS = {
    "environment": {"env": {name: value for name, value in ENVIRONMENT.items() if name not in ("LC_ALL", "LANG")}},
    "locale": {"env": {"LANG": "C.UTF-8", "LANGUAGE": "de:ja", "TZ": ":/tmp/evil"}},
    "few descriptors": {"limits": {"NOFILE": (24, 24)}},
    "no file may grow": {"limits": {"FSIZE": (0, 0)}},
    "no locked memory": {"limits": {"MEMLOCK": (0, 0)}, "uid": None},
    "cores wanted": {"limits": {"CORE": (-1, -1)}},
    "one process": {"limits": {"NPROC": (1, 1)}},
    "little processor time": {"limits": {"CPU": (20, 20)}},
    "deleted directory": {"cwd": "/tmp", "cwd_deleted": True},
    "umask 777": {"umask": 0o777},
    "umask 0": {"umask": 0},
    "signals ignored": {"ignored": CATCHABLE},
    "signals blocked": {"blocked": CATCHABLE},
    "no_new_privs": {"nnp": True},
    "no session of its own": {"session": False},
}


def test_traps_of_the_caller(w):
    """The login works as ever, and worker and card process look the same as without the trap."""
    with AtPrompt(w) as at:
        plain = [look(at.worker.pid), look(at.card.pid)]
    for name, how in TRAPS.items():
        with AtPrompt(w, **how) as at:
            for process, usual in zip((at.worker, at.card), plain):
                have = look(process.pid)
                differ = {key: (have[key], usual[key]) for key in usual if have[key] != usual[key]}
                tap.equal(differ, {}, name)
            told = at.app.finish_prompted(PIN)
            tap.equal((told.code, told.said), ("PAM_SUCCESS", []), name)
    tap.comment(f"{len(TRAPS)} traps")


def test_traps_of_an_unprivileged_caller(w):
    """The same at a locker, where nothing is root's."""
    w.reset()
    with w.app() as login:
        enter(login, "hanako")
        for name, how in TRAPS.items():
            w.services.jukinetd.restart()
            told = w.ask("hanako", **({"uid": "hanako"} | {key: value for key, value in how.items() if key != "uid"}))
            tap.check(told.ok, f"{name}: {told}")
        leave(login)


def test_descriptors_0_to_2_closed(w):
    """The module's connection may become descriptor 0, 1 or 2."""
    for closed in ((0, 1, 2), (0,), (1, 2), (2,)):
        w.reset()
        w.space.directory("/tmp/closed", 0o1777)
        done = w.spawn([sys.executable, "-B", "-I", f"{SCRIPTS}/pamapp.py", "jk-test", "hanako", PIN, "/tmp/closed/said"],
                       closed=closed)
        done.wait()
        tap.equal(w.space.read("/tmp/closed/said"), "0", f"{closed} closed")
        os.unlink(w.space.path("/tmp/closed/said"))


def test_a_stopped_caller_holds_nothing(w):
    """It takes its place until the deadline, and others go on."""
    w.reset()
    w.settings(login={"deadline": 3})
    w.registry.build()
    with w.app() as app:
        app.start("jk-test", "hanako")
        app.begin("authenticate")
        app.until_prompt()
        app.process.signal(signal.SIGSTOP)
        tap.check(w.ask("hanako").ok, "meanwhile")
        took = wait_for(lambda: not w.services.workers(), "the stopped one's worker to end")
        tap.comment(f"its worker ended after {took:.1f} s")
        app.process.signal(signal.SIGCONT)
        tap.equal(app.finish_prompted(PIN).said, [texts.text("attempt.timeout")])


def test_the_accepters_survive(w):
    """No process of the services has ended in all of this."""
    tap.check(all(service.alive for service in w.services.values()))
    tap.equal([str(one) for one in w.strays() if procs.look(one.pid)], [])


if __name__ == "__main__":
    tap.main(missing(), w=lambda: Office("worker"))
