#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The world's own tests: real programs run in it, and nothing of it stays behind."""

from __future__ import annotations

import ast
import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from world import AuditDaemon, Answer, Listener, SHIPPED, Service, World, missing, pcsc, procs, records, tap  # noqa: E402
from world.auditd import host_daemon, kernel_state  # noqa: E402
from world.process import PATIENCE, Deadline  # noqa: E402

BUILD = tap.build_directory()
WATCHED = ["/etc", "/run", "/var", "/home", "/root", "/dev", "/usr/local", "/opt", "/srv"]
KEPT_STATE = ("enabled", "failure", "rate_limit", "backlog_limit", "backlog_wait_time")
SET_PRIVATE = 0x20000000        # 1 << CAP_AUDIT_WRITE

own_audit_only = tap.skip_if(["the machine runs its own auditd"] if host_daemon() else [])


def standin(name: str = "one", **changed) -> Service:
    """A service whose program is standin.py."""
    row = {"user": "_jukinet", "socket": Listener(f"/run/jukinet/{name}.sock", "_jukinet", "root", 0o600),
           "capabilities": ("audit_write",), "arguments": ()} | changed
    return Service(name, "standin", **row)


class StandIns:
    """A build directory that holds only stand-ins."""

    def __enter__(self) -> StandIns:
        self.place = tempfile.TemporaryDirectory(prefix="world-test-")
        os.chmod(self.place.name, 0o755)
        program = os.path.join(self.place.name, "standin")
        with open(program, "w") as file:
            file.write(f'#!/bin/sh\nexec {sys.executable} -B -I {HERE}/standin.py "$@"\n')
        os.chmod(program, 0o755)
        return self

    def __exit__(self, *_: object) -> None:
        self.place.cleanup()

    def world(self, *table: Service, **how) -> World:
        return World("standins", self.place.name, table=table or (standin(),), **({"card_reader": False} | how))


def ask(w: World, path: str, word: str, timeout: float = PATIENCE) -> dict[str, str]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as link:
        link.settimeout(timeout)
        link.connect(w.space.path(path))
        link.send(word.encode())
        return dict(pair.split("=", 1) for pair in link.recv(4096).decode().split())


def children() -> list[procs.Seen]:
    return [one for one in procs.descendants(os.getpid()) if one.alive]


def changed_since(stamp: str) -> list[str]:
    """Files of the host that are newer than the stamp."""
    found = subprocess.run(["find", *filter(os.path.isdir, WATCHED), "-xdev", "-newer", stamp, "-not", "-path", "/dev/*"],
                           capture_output=True, text=True, check=False)
    return found.stdout.splitlines()


def expect_audit_state(state: dict[str, int], now: dict[str, int]) -> None:
    tap.equal({name: now[name] for name in KEPT_STATE}, {name: state[name] for name in KEPT_STATE})


# --- the world as a whole ---------------------------------------------------------------------------------------------

def test_starts_without_complaints(w):
    tap.equal([note for note in w.notes if "no overlay" not in note], [])
    for note in w.notes:
        tap.comment(note)
    tap.comment(f"world up in {w.started_in * 1000:.0f} ms")


def test_login_reaches_a_shell_and_is_recorded(w):
    w.pam.permit("login")
    mark = w.mark()
    visit = w.login("hanako", commands=["id -un", "tty", "cat /proc/self/loginuid; echo", "who", "hostname"])
    tap.check(visit.reached and visit.status == 0, str(visit))
    name, terminal, loginuid, who, host = (said.strip() for said in visit.outputs)
    tap.equal((name, loginuid, host), ("hanako", "2001", "shimin-03"))
    tap.check(terminal.startswith("/dev/pts/") and who.startswith("hanako"), f"{terminal} {who}")
    w.mark()
    started = [one for one in w.log.all(mark) if one.type == "USER_START"]
    tap.equal([(one["acct"], one.auid) for one in started], [("hanako", 2001)])
    tap.check("acct=hanako" in w.ausearch("-m", "USER_START", "-i").stdout)
    tap.check("/usr/bin/login" in w.aureport("-l").stdout)


def test_refused_login_ends_with_the_next_prompt(w):
    w.pam.write("login", "auth required pam_deny.so\naccount required pam_deny.so\n")
    visit = w.login("hanako", timeout=PATIENCE)
    tap.check(not visit.reached and "Login incorrect" in visit.transcript and "refused" in visit.phases, str(visit))


def test_hidden_answers_wait_for_the_echo(w):
    w.space.write("/etc/shadow", w.accounts.with_passwords({"taro": "s3cret"}).shadow(w.space.read("/etc/shadow")), 0o640)
    w.pam.write("su", "auth required pam_unix.so nodelay\naccount required pam_unix.so\nsession required pam_permit.so\n")
    w.pam.write("su-l", w.pam.read("su"))
    visit = w.su("taro", as_user="mallory", answers=[Answer("Password: $", "s3cret", hidden=True)], commands=["id -un"])
    tap.equal([said.strip() for said in visit.outputs], ["taro"], str(visit))
    tap.check("s3cret" not in visit.transcript and "s3cret" not in visit.story)
    visit = w.su("taro", as_user="mallory", answers=[Answer("Password: $", "wrong", hidden=True)])
    tap.check(not visit.reached and visit.status == 1, str(visit))


def test_pamtester_names_the_pam_code(w):
    w.pam.permit("jk-test")
    result = w.pamtester("jk-test", "hanako", "authenticate", "acct_mgmt", as_uid="hanako")
    tap.equal((result.ok, result.code), (True, "PAM_SUCCESS"), str(result))
    w.pam.write("jk-test", "auth required pam_deny.so\naccount required pam_permit.so\n")
    tap.equal(w.pamtester("jk-test", "hanako").code, "PAM_AUTH_ERR")


def test_open_session_holds_and_hang_up_ends_it(w):
    w.pam.permit("login")
    with w.open_login("jiro") as session:
        tap.check(session.reached, str(session.visit))
        tap.equal(session.command("echo $((6*7))").strip(), "42")
        tap.check(w.processes_of("jiro"))
        session.terminal.hang_up()
        session.terminal.process.wait()
    wait_until(lambda: not w.processes_of("jiro"), "jiro's processes to end")


def test_syslog_is_kept(w):
    w.run(["logger", "-t", "world", "a line for syslog"]).check()
    wait_until(lambda: "a line for syslog" in w.syslog(), "the line")


def live_a_while() -> tuple[list[str], dict[str, int], dict[str, int]]:
    """A world comes and goes; what is newer on the host, and the audit state that it found and left."""
    with tempfile.NamedTemporaryFile() as stamp:
        time.sleep(0.02)
        with World("traces", BUILD) as w:
            w.pam.permit("login")
            tap.check(w.login("hanako", commands=["touch /tmp/world-was-here /var/tmp/y ~/z"]).reached)
            w.run(["sh", "-c", "touch /etc/x /var/lib/x /run/x /var/log/x /root/x /dev/x"]).check()
            tap.check(not w.run(["touch", "/usr/x"]).ok and not w.run(["touch", "/opt/x"]).ok, "the host is writable")
            inside = [str(one) for one in w.processes()]
            tap.check(any("pcscd" in one for one in inside), str(inside))
            audit = w.audit
            state = audit.before if audit else kernel_state()
        return changed_since(stamp.name), state, audit.after if audit else kernel_state()


@tap.alone
def test_nothing_changes_on_the_host():
    before = {one.pid for one in children()}
    changed, *state = live_a_while()
    for _ in range(2):              # what the world changes it changes every time; another program's file is left out
        again, *state = live_a_while() if changed else ([], *state)
        changed = [path for path in changed if path in again]
    tap.equal(changed, [])
    tap.check(not os.path.exists("/tmp/world-was-here"))
    expect_audit_state(*state)
    tap.equal([str(one) for one in children() if one.pid not in before], [])


def test_leftovers_are_found_and_ended():
    with World("leftovers", BUILD, audit=False, card_reader=False) as w:
        w.run(["sh", "-c", "setsid sleep 1234 >/dev/null 2>&1 </dev/null & setsid unshare -m sleep 1235 & exit 0"]).check()
        wait_until(lambda: sum(one.name == "sleep" for one in w.processes()) == 2, "the sleepers")
        pids = [one.pid for one in w.processes()]
    tap.check(len(w.leftovers) >= 2 and any("1235" in one for one in w.leftovers), str(w.leftovers))
    tap.equal([pid for pid in pids if procs.look(pid)], [])


def theirs(pid: int, number: int) -> int:
    """A descriptor of another process; -1: none is wanted."""
    if number < 0:
        return -1
    pidfd = os.pidfd_open(pid)
    try:
        fd = ctypes.CDLL(None, use_errno=True).syscall(438, pidfd, number, 0)       # pidfd_getfd
    finally:
        os.close(pidfd)
    tap.check(fd >= 0, "pidfd_getfd")
    return fd


@tap.alone
def test_killed_test_program_leaves_nothing():
    script = (f"import sys, time; sys.path.insert(0, {os.path.dirname(HERE)!r})\n"
              f"from world import World\nfrom world.auditd import kernel_state\n"
              f"w = World('orphan', {BUILD!r}).open()\n"
              f"w.spawn(['sleep', '4321'])\n"
              f"print(w.space.keeper, w.audit.space.keeper if w.audit else 0, flush=True)\n"
              f"print(w.audit.lock.fileno() if w.audit else -1, flush=True)\n"
              f"print(w.audit.before if w.audit else kernel_state(), flush=True); time.sleep(600)\n")
    program = subprocess.Popen([sys.executable, "-B", "-c", script], stdout=subprocess.PIPE, text=True)
    keepers = [int(word) for word in program.stdout.readline().split()]
    lock = theirs(program.pid, int(program.stdout.readline()))      # nobody else gets the audit before we have looked
    state = ast.literal_eval(program.stdout.readline())
    below = [one.pid for keeper in keepers if keeper for one in procs.descendants(keeper)]
    tap.check(len(below) >= 2, f"{keepers} {below}")
    program.kill()
    program.wait()
    program.stdout.close()
    wait_until(lambda: not any((seen := procs.look(pid)) and seen.alive for pid in keepers + below), "all to end")
    expect_audit_state(state, kernel_state())
    if lock >= 0:
        os.close(lock)


@own_audit_only
@tap.alone
def test_two_worlds_share_one_auditd():
    with AuditDaemon(log_format="RAW") as audit:
        with World("left", BUILD, audit) as left, World("right", BUILD, audit, card_reader=False) as right:
            left.run(["auditctl", "-m", "from the left"]).check()
            right.mark()
            tap.check(any("from the left" in one.line for one in right.log.all()))
            left.space.write("/etc/only-left", "x")
            tap.check(not right.space.exists("/etc/only-left"))


# --- any command ------------------------------------------------------------------------------------------------------

def test_run_as_somebody_under_conditions(w):
    tap.equal(w.run(["id", "-u"], uid="taro").stdout.strip(), "2002")
    tap.equal(w.run(["cat"], stdin="さくら").stdout, "さくら")
    tap.check("NoNewPrivs:\t1" in w.run(["cat", "/proc/self/status"], uid="taro", nnp=True).stdout)
    tap.equal(w.run(["id", "-u"], uid="taro", userns="root").stdout.strip(), "0")
    tap.equal(w.run(["id", "-u"], uid="taro", userns="self").stdout.strip(), "2002")
    tap.equal(w.run(["sh", "-c", "ulimit -n; umask"], limits={"NOFILE": (20, 20)}, umask=0o077).stdout, "20\n0077\n")
    tap.equal(w.run(["sh", "-c", "echo $LD_PRELOAD$HOME"], env={"PATH": "/bin", "HOME": "/x"}).stdout, "/x\n")
    tap.check("(deleted)" in w.run(["readlink", "/proc/self/cwd"], uid="taro", cwd="/tmp", cwd_deleted=True).stdout)
    listing = w.run(["ls", "/proc/self/fd"], closed=[0, 2]).stdout.split()
    tap.check("1" in listing and "2" not in listing, str(listing))
    tap.equal(w.run(["cat", "/proc/self/loginuid"], uid="taro", loginuid=2002).stdout, "2002")
    tap.equal(w.run(["cat", "/proc/self/loginuid"], uid="taro").stdout, "4294967295")
    ignored = w.run(["grep", "SigIgn", "/proc/self/status"], ignored=[signal.SIGCHLD]).stdout.split()[1]
    tap.equal(int(ignored, 16), 1 << (signal.SIGCHLD - 1))


def test_run_ends_at_the_deadline_with_all_below(w):
    before = len(w.processes())
    done = w.run(["sh", "-c", "sleep 77 & sleep 78 & echo up; wait"], timeout=2)
    tap.check(done.timed_out and done.stdout == "up\n" and done.seconds < 70, str(done))
    wait_until(lambda: len(w.processes()) == before, "the sleepers to end")


def test_run_says_when_there_is_no_such_program(w):
    try:
        w.run(["no-such-program"])
    except OSError as problem:
        tap.check("FileNotFoundError" in str(problem), str(problem))
    else:
        tap.check(False, "no error")


def test_core_files_are_found():
    with open("/proc/sys/kernel/core_pattern") as file:
        if "/" in file.read():
            tap.skip("the machine sends core files elsewhere")
    with World("cores", BUILD, audit=False, card_reader=False, cores=True) as w:
        tap.equal(w.run(["sh", "-c", "kill -SEGV $$"], uid="taro").status, -signal.SIGSEGV)
        tap.equal(len(w.core_files()), 1)


def test_processes_of_others_can_be_hidden():
    with World("hidden", BUILD, audit=False, card_reader=False) as w:
        w.space.mount("proc", "/proc", hidepid=2)
        tap.check(not w.run(["ls", "/proc/1"], uid="taro").ok and w.run(["ls", "/proc/1"]).ok)


def test_host_network_uses_free_ports():
    with World("first", BUILD, audit=False, network="host") as one, World("second", BUILD, audit=False,
                                                                         network="host") as two:
        tap.check(one.pcscd.readers[0].port != two.pcscd.readers[0].port)


# --- services ---------------------------------------------------------------------------------------------------------

def test_service_has_exactly_the_rights_of_its_row():
    with StandIns() as programs, programs.world() as w:
        service = w.services.one
        seen = os.stat(w.space.path("/run/jukinet/one.sock"))
        tap.equal((seen.st_uid, seen.st_mode & 0o777), (w.accounts["_jukinet"].uid, 0o600))
        service.start("--extra")
        me = str(w.accounts["_jukinet"].uid)
        told = ask(w, "/run/jukinet/one.sock", "who")
        tap.equal(told["Uid"], ",".join([me] * 4))
        tap.equal(told["Groups"], "")
        tap.equal({name: int(told[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")},
                  dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"), SET_PRIVATE))
        tap.equal((told["NoNewPrivs"], told["cwd"]), ("1", "/"))
        tap.check(set(told["env"].split(",")) <= {"LISTEN_FDS", "LISTEN_PID", "PWD", "LC_CTYPE"}, told["env"])
        tap.check("--extra" in service.stderr(), service.stderr())
        tap.equal(service.stop(), -signal.SIGTERM)


def test_service_without_capabilities_reads_the_log_by_group():
    row = standin(user="_jukinet-witness", capabilities=(), reads_log=True)
    with StandIns() as programs, programs.world(row) as w:
        w.services.one.start()
        told = ask(w, "/run/jukinet/one.sock", "who")
        if w.log_group():
            tap.equal((told["Groups"], int(told["CapPrm"], 16)), (str(w.log_group()), 0))
            read = w.run(["head", "-c1", "/var/log/audit/audit.log"], **w.identity("_jukinet-witness"),
                         groups=[w.log_group()])
            tap.check(read.ok, str(read))
        else:
            tap.equal(int(told["CapPrm"], 16), 1 << 2)


def test_callers_wait_at_the_socket_while_the_service_is_down():
    with StandIns() as programs, programs.world() as w:
        service = w.services.one
        service.start()
        service.kill()
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as link:
            link.settimeout(PATIENCE)
            link.connect(w.space.path("/run/jukinet/one.sock"))
            link.send(b"who")
            service.start()
            tap.check(link.recv(4096))


def test_service_can_be_stopped_and_its_workers_seen():
    with StandIns() as programs, programs.world() as w:
        service = w.services.one
        service.start()
        ask(w, "/run/jukinet/one.sock", "worker")
        worker = service.wait_for_children(1)[0]
        service.sigstop()
        try:
            ask(w, "/run/jukinet/one.sock", "who", timeout=0.2)
        except TimeoutError:
            pass
        else:
            tap.check(False, "a stopped service answered")
        service.sigcont()
        ask(w, "/run/jukinet/one.sock", "who")
        service.kill()
        tap.check(procs.look(worker.pid), "kill() ended the worker too")
        tap.equal([one.pid for one in w.strays()], [worker.pid], "the orphan was lost")


# --- audit ------------------------------------------------------------------------------------------------------------

@own_audit_only
def test_auditd_can_be_disturbed(w):
    audit = w.audit
    audit.stop()
    w.run(["auditctl", "-m", "while stopped"]).check()
    tap.check(not any("while stopped" in one.line for one in w.log.all()))
    audit.cont()
    w.log.wait_for(lambda one: "while stopped" in one.line)

    audit.enabled(0)
    w.run(["auditctl", "-m", "while disabled"]).check()
    audit.enabled(1)
    w.mark()
    tap.check(not any("while disabled" in one.line for one in w.log.all()))

    audit.rotate()
    tap.equal(len(w.log.files()), 2)
    tap.check(any("while stopped" in one.line for one in w.log.all()))

    audit.kill()
    audit.start()
    w.mark()
    audit.restart(log_format="RAW")
    mark = w.mark()
    audit.unlink_log()
    w.run(["auditctl", "-m", "into nothing"]).check()
    tap.check(not w.log.all(mark))
    audit.restart()
    w.mark()


@own_audit_only
@tap.alone
def test_log_disk_can_be_full():
    with AuditDaemon(size="1m", disk_full_action="IGNORE") as audit:
        with World("full", BUILD, audit, card_reader=False) as w:
            w.mark()
            audit.fill()
            w.run(["auditctl", "-m", "no room"]).check()
            time.sleep(0.1)
            tap.check(not any("no room" in one.line for one in w.log.all()))
            audit.empty()
            w.run(["auditctl", "-m", "glued to a half line, perhaps"]).check()
            w.mark()


def test_records_are_decoded():
    line = ("type=TRUSTED_APP msg=audit(1700000000.123:45): pid=7 uid=990 auid=2001 ses=3 msg='op=juki:login id=\"ab12\" "
            "acct=\"hanako\" person=E4BD90E897A4 num=\"1234\" exe=\"/x y\" hostname=? addr=? terminal=? "
            "res=success'\x1dUID=\"x\"")
    one = records.decode(line)
    assert one
    tap.equal((one.type, one.serial, one.pid, one.uid, one.auid, one.ses), ("TRUSTED_APP", 45, 7, 990, 2001, 3))
    tap.equal((one.op, one["person"], one["num"], one["exe"], one["res"]),
              ("login", "佐藤", "1234", "/x y", "success"))
    tap.check(records.decode("no record") is None)


SEND = """
import ctypes
library = ctypes.CDLL("libaudit.so.1")
fd = library.audit_open()
text = b'op=juki:unlock id="ab12" acct="hanako" reason=E78A83E58CBA'
print(library.audit_log_user_message(fd, 1121, text, None, None, None, 1))
"""


def test_our_records_come_back(w):
    mark = w.mark()
    sent = w.run([sys.executable, "-I", "-c", SEND], loginuid=2001)
    tap.check(sent.ok and sent.stdout.strip() not in ("0", "-1"), f"{sent}\n{sent.stderr}")
    w.mark()
    ours = w.records(mark, op="unlock")
    tap.equal([(one.type, one.auid, one["acct"], one["reason"], one["id"]) for one in ours],
              [("TRUSTED_APP", 2001, "hanako", "犃区", "ab12")])
    tap.equal(w.records(mark, op="login"), [])


# --- the registry -----------------------------------------------------------------------------------------------------

def test_registry_files(w):
    w.registry.person("p0123", name="佐藤花子", accounts=["hanako"], operator_ids=["m0123-2"],
                      cards={"c-0042": "-----BEGIN CERTIFICATE-----\n"})
    w.registry.account("hanako", "p0124")
    w.registry.change("card", "c-0042", state="revoked")
    w.registry.write()
    tap.equal(w.space.read("/etc/jukinet/registry.d/20-accounts.conf"),
              "[account hanako]\nperson = p0123\nperson = p0124\n")
    tap.check("certificate = c-0042.pem\nstate = revoked\n" in w.space.read("/etc/jukinet/registry.d/40-cards.conf"))
    tap.check("enabled = yes" in w.space.read("/etc/jukinet/registry.d/10-persons.conf"))
    tap.check(w.space.exists("/etc/jukinet/registry.d/c-0042.pem"))
    w.registry.settings(login={"deadline": 5}, extra={"key": "value"})
    text = w.space.read("/etc/jukinet/jukinet.conf")
    tap.check("deadline = 5\ncard-wait = 20" in text and "[extra]\nkey = value" in text, text)


# --- cards ------------------------------------------------------------------------------------------------------------

def test_pcscd_socket_modes_and_disturbances():
    with World("readers", BUILD, audit=False, readers=2, socket_mode=SHIPPED) as w:
        seen = os.stat(w.space.path(pcsc.SOCKET))
        tap.equal((seen.st_gid, seen.st_mode & 0o777), (w.accounts["_jukinet-card"].gid, 0o660))
        listing = w.run(["opensc-tool", "--list-readers"], timeout=PATIENCE).stdout
        tap.equal(listing.count("Virtual PCD"), 4, listing)
        tap.check("No smart card readers" in w.run(["opensc-tool", "-l"], uid="mallory", timeout=PATIENCE).stdout)
        tap.check("Virtual PCD" in w.run(["opensc-tool", "-l"], uid="_jukinet-card", timeout=PATIENCE).stdout)
        w.pcscd.unship()
        tap.check("Virtual PCD" in w.run(["opensc-tool", "-l"], uid="mallory", timeout=PATIENCE).stdout)
        w.pcscd.sigstop()
        tap.check(w.run(["opensc-tool", "-l"], timeout=0.5).timed_out)
        w.pcscd.sigcont()
        w.pcscd.restart()
        tap.check("Virtual PCD" in w.run(["opensc-tool", "-l"], timeout=PATIENCE).stdout)


def test_virtual_card():
    with World("card", BUILD, audit=False) as w:
        if not w.cards.available():
            tap.skip("the virtual card is not built")
        made = w.cards.make("hanako")
        tap.check(w.cards.certificate("hanako").startswith("-----BEGIN CERTIFICATE-----"))
        begun = time.monotonic()
        card = w.cards.put(made, w.pcscd.readers[0].port)
        tap.comment(f"card seen by pcscd after {(time.monotonic() - begun) * 1000:.0f} ms")
        said = w.run(["pkcs11-tool", "--login", "--pin", "123456", "--sign", "--mechanism", "SHA256-RSA-PKCS", "--id",
                      "01"], stdin="data", timeout=30)
        tap.check(said.ok and card.counters()["signatures"] == 1 and card.apdus(), f"{said}\n{said.stderr}")
        card.block_pin()
        tap.equal(card.counters()["pin-tries"], 0)
        card.fault("garbage", "any", 1)
        card.clear()
        card.remove()
        card.insert_and_wait()
        try:
            card.say("nonsense")
        except AssertionError:
            pass
        else:
            tap.check(False, "nonsense was accepted")


def wait_until(done, what: str, timeout: float = PATIENCE) -> None:
    until = time.monotonic() + timeout
    while not done():
        if time.monotonic() > until:
            raise Deadline(f"waited {timeout:g} s for {what}")
        time.sleep(0.01)


if __name__ == "__main__":
    tap.main(missing(), w=lambda: World("world", BUILD))
