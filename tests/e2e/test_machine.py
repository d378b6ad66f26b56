#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A booted workstation with logind: whose session is it, what belongs to it, and who may lock and end it."""

from __future__ import annotations

from jukinet import BUILD, PIN, STAFF, tap, texts, wait_for
from machine import Machine, machine_missing
from world import PIN_PROMPT
from world.world import SHELL

CTL = f"{BUILD}/tools/ctl/jukinetctl"
SHOW = f"{CTL} session show"
MONITOR = "_jukinet-monitor"
REFUSED = "Interactive authentication required"


def as_service_of(m: Machine, account: str):
    """What `session show` says as a service of that account's user manager, called from outside of every session."""
    return m.inside.run(["systemd-run", "--user", "--wait", "--quiet", "--pipe", CTL, "session", "show"], uid=account,
                        env={"XDG_RUNTIME_DIR": f"/run/user/{m.accounts[account].uid}", "PATH": "/usr/bin:/bin"})


def test_login_on_the_console(m):
    m.reset()
    m.log_in_on_the_console("hanako")
    mark = m.mark()
    shown = m.shown(m.session_of("hanako"))
    tap.equal((shown["TTY"], shown["Service"], shown["Class"], shown["State"]), ("pts/0", "login", "user", "active"))
    tap.check(": active\n" in m.console.command(SHOW, SHELL))
    begun = m.records(op="session-start")[-1]
    tap.equal((begun["acct"], begun["jper"], begun.auid), ("hanako", "p0123", m.accounts["hanako"].uid))
    tap.equal(begun["terminal"], "/dev/pts/0", "nspawn's console is a pseudo-terminal, and ttyname(3) knows it")
    m.console.answer("exit")
    m.console.expect("login: $")
    tap.equal([one["jsess"] for one in m.happened(mark, "session-end")], [begun["jsess"]])
    wait_for(lambda: "hanako" not in m.sessions().values(), "logind to forget the session")


def test_the_caller_is_known_across_the_pid_namespace(m):
    """Inside and outside a process has different numbers; who asked, and under which loginuid, is the kernel's word."""
    m.reset()
    with m.open_login("hanako", PIN) as session:
        mark = m.mark()
        told = session.command(f"{CTL} session switch {STAFF['hanako'].operator_id}; echo $?")
        tap.check(told.endswith("0\n"), told)
        tap.check(": active\n" in session.command(SHOW))
        tap.equal({one.auid for one in m.happened(mark)}, {m.accounts["hanako"].uid})
        other = m.inside.run([CTL, "session", "show"], uid="taro")
        tap.check("(sess.none)" in other.stderr, str(other) + other.stderr)


def test_services_of_the_user_belong_to_the_session(m):
    m.reset()
    with m.open_login("hanako", PIN) as session:
        tap.check(session.reached, str(session.visit))
        said = session.command(SHOW)
        tap.check(": active\n" in said, said)
        tap.equal(session.command(f"systemd-run --user --wait --quiet --pipe {SHOW}"), said)
        tap.equal(as_service_of(m, "hanako").check().stdout, said)
        session.exit()
    tap.check(m.processes_of("hanako"), "the user manager lingers")
    told = as_service_of(m, "hanako")
    tap.equal(told.status, 1)
    tap.check("(sess.none)" in told.stderr, told.stderr)


def test_a_lingering_user_manager_keeps_another_person_out(m):
    """Design 4: the account is free again when every process of it has gone."""
    m.reset()
    m.registry.account("hanako", "p0123", "p0124")
    m.registry.build()
    with m.open_login("hanako", PIN) as session:
        session.exit()
    tap.check(m.processes_of("hanako"), "the user manager lingers")
    m.insert("taro")
    with m.open_login("hanako", PIN) as session:
        tap.check(not session.reached)
        tap.check(texts.text("sess.busy") in session.visit.transcript, str(session.visit))
    m.everybody_out()
    with m.open_login("hanako", PIN) as session:
        tap.check(session.reached, str(session.visit))


def test_lock_is_a_signal(m):
    m.reset()
    with m.open_login("hanako", PIN), m.signals() as heard:
        one = m.session_of("hanako")
        for who in (None, "hanako", MONITOR):
            m.loginctl("lock-session", one, uid=who).check()
            heard.wait("Lock", one)
            m.loginctl("unlock-session", one, uid=who).check()
            heard.wait("Unlock", one)
        tap.check(not m.locked_hint(one), "nobody here locks anything")


def test_the_monitor_alone_may_end_sessions(m):
    m.reset()
    with m.open_login("hanako", PIN) as session, m.signals() as heard:
        one = m.session_of("hanako")
        for who in ("taro", "_jukinet", "_jukinet-card"):
            for order in ("lock-session", "unlock-session", "terminate-session", "kill-session"):
                told = m.loginctl(order, one, uid=who)
                tap.check(not told.ok and REFUSED in told.stderr, f"{who}: {told} {told.stderr}")
            told = m.loginctl("terminate-user", "hanako", uid=who)
            tap.check(not told.ok and REFUSED in told.stderr, f"{who}: {told} {told.stderr}")
        for order in ("reboot", "poweroff"):
            told = m.inside.run(["systemctl", "--no-ask-password", order], uid=MONITOR)
            tap.check(not told.ok, f"{order} is not the monitor's")
        tap.equal(heard.quiet(0.2), [])
        m.loginctl("terminate-session", one, uid=MONITOR).check()
        wait_for(lambda: not m.shown(one), "the session to end")
        tap.equal(session.terminal.rest(), "")
        tap.equal([one for one in m.processes_of("hanako") if one.name == "sh"], [])
        m.loginctl("terminate-user", "hanako", uid=MONITOR).check()
        wait_for(lambda: not m.processes_of("hanako"), "the user manager to end")
    wait_for(lambda: not m.processes_of("hanako"), "everything to end")
    tap.check("(sess.none)" in m.inside.run([CTL, "session", "show"], uid="hanako").stderr)


def test_a_service_of_the_monitors_user(m):
    """How the monitor is started: as its user, without capabilities, with the three sockets in reach."""
    script = ("import os, socket; print(os.getuid(), [line.split()[1] for line in open('/proc/self/status') "
              "if line.startswith('CapEff')])\n"
              "for kind, path in ((socket.SOCK_SEQPACKET, '/run/jukinet/jukinet.sock'),"
              " (socket.SOCK_STREAM, '/run/pcscd/pcscd.comm'), (socket.SOCK_STREAM, '/run/dbus/system_bus_socket')):\n"
              "    socket.socket(socket.AF_UNIX, kind).connect(path)\nprint('ready', flush=True)\n"
              "import time; time.sleep(60)")
    unit = m.start("tried", ["/usr/bin/python3", "-c", script], user=MONITOR, CapabilityBoundingSet="",
                   NoNewPrivileges="yes")
    wait_for(lambda: "ready" in unit.log() or not unit.alive, "the service")
    tap.equal(unit.log().split("\n")[:2], [f"{m.accounts[MONITOR].uid} ['0000000000000000']", "ready"])
    with open(f"/proc/{unit.pid}/status", encoding="utf-8") as file:
        tap.check(f"Uid:\t{m.accounts[MONITOR].uid}\t" in file.read(), "seen from outside")
    unit.kill()
    wait_for(lambda: not unit.alive, "its end")
    unit.stop()


if __name__ == "__main__":
    tap.main(machine_missing(), m=lambda: Machine("machine"))
