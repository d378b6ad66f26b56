#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A booted workstation with logind: whose session is it, what belongs to it, and who may lock and end it."""

from __future__ import annotations

import re
import time

from jukinet import BUILD, COUNTER, PIN, STAFF, WRONG, tap, texts, wait_for
from machine import SCREEN_PROGRAMS, Machine, machine_missing
from world import PIN_PROMPT
from world.users import SHELL_PROMPT
from world.world import SHELL, SOURCE

CTL = f"{BUILD}/tools/ctl/jukinetctl"
SHOW = f"{CTL} session show"
MONITOR = "_jukinet-monitor"
SCREEN = [] if machine_missing() else machine_missing(*SCREEN_PROGRAMS)
SUPPORT = f"{SOURCE}/tests/support/world"
WATCHER = """\
import os, socket, sys, time
sys.path.insert(0, sys.argv[1])
from scard import EMPTY, PRESENT, Client
print(os.getuid(), next(line.split()[1] for line in open("/proc/self/status") if line.startswith("CapEff")))
for kind, path in ("SOCK_SEQPACKET", "/run/jukinet/jukinet.sock"), ("SOCK_STREAM", "/run/dbus/system_bus_socket"):
    socket.socket(socket.AF_UNIX, getattr(socket, kind)).connect(path)
client = Client()
reader = client.with_card()
print("in", time.time())
client.wait(reader, EMPTY)
print("out", time.time())
time.sleep(60)
"""
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


def throw_away(m: Machine) -> None:
    """As jukinet-terminal(7) has the administrator do it."""
    with open(f"{m.build_dir}/packaging/systemd/jukinet-home@.service", encoding="utf-8") as file:
        m.unit("jukinet-home@.service", re.sub(r"(?m)^(Exec\w+=)/\S+/", rf"\1{SOURCE}/pam_jukinet/home/", file.read()))
    with open(f"{SOURCE}/packaging/systemd/jukinet-home.conf", encoding="utf-8") as file:
        m.unit(f"user@{m.accounts[COUNTER].uid}.service.d/jukinet-home.conf", file.read())
    m.space.write("/etc/skel/.profile", f"PS1='{SHELL_PROMPT}'\n")


# What somebody does for whoever comes next: from his own files, and where everybody may write.
HOME = f"/home/{COUNTER}"
EVERYWHERE = ("/tmp/left", "/var/tmp/left", "/dev/shm/left")
SERVICE = "[Service]\\nType=oneshot\\nExecStart=/bin/touch /run/user/%%U/service-ran\\n[Install]\\nWantedBy=default.target\\n"
TRAPS = "; ".join((
    "mkdir -p .config/systemd/user", f"printf '{SERVICE}' >.config/systemd/user/left.service",
    "systemctl --user --quiet enable left", "echo 'touch $XDG_RUNTIME_DIR/profile-ran' >>.profile",
    "mkdir /tmp/left; ln -s /etc/passwd /tmp/left/link", "touch /var/tmp/left /dev/shm/left"))
LEFT = f"systemctl --user start default.target; ls -d ~/.config {' '.join(EVERYWHERE)} $XDG_RUNTIME_DIR/*-ran 2>/dev/null; pwd"


def at_the_counter(m: Machine, holder: str, line: str) -> list[str]:
    """Somebody's session at the account of several persons; what the line says."""
    m.insert(holder)
    with m.open_login(COUNTER, PIN) as session:
        tap.check(session.reached, str(session.visit))
        said = session.command(line).split()
        session.exit()
    return said


def test_a_home_that_is_kept(m):
    """What taro leaves runs in hanako's session: the next test would see it."""
    m.reset()
    at_the_counter(m, "taro", TRAPS)
    m.everybody_out()
    run = f"/run/user/{m.accounts[COUNTER].uid}"
    tap.equal(set(at_the_counter(m, "hanako", LEFT)),
              {*EVERYWHERE, f"{HOME}/.config", f"{run}/profile-ran", f"{run}/service-ran", HOME})


def test_a_home_that_is_thrown_away(m):
    """Over what is there since the test before, and however the user manager ends."""
    m.reset()
    throw_away(m)
    manager = f"user@{m.accounts[COUNTER].uid}.service"
    at_the_counter(m, "taro", TRAPS)
    m.everybody_out()
    m.insert("hanako")
    with m.open_login(COUNTER, PIN) as session:
        tap.equal(session.command(LEFT).split(), [HOME])
        session.command("touch mine")
        with m.open_login(COUNTER, PIN) as other:
            tap.equal(other.command("ls").split(), ["mine"], "the same person again")
            other.exit()
        # Where nothing can be started beside it, as a user can have it in his own slice.
        m.systemctl("set-property", "--runtime", f"user-{m.accounts[COUNTER].uid}.slice", "TasksMax=1")
        m.systemctl("kill", "--kill-whom=main", "--signal=KILL", manager)
        wait_for(lambda: not m.inside.exists(f"{HOME}/mine"), "the home to go")
        tap.check("denied" in session.command("ls ~/.; touch ~/more"), "nobody writes there without it")
        m.systemctl("set-property", "--runtime", f"user-{m.accounts[COUNTER].uid}.slice", "TasksMax=infinity")
        session.exit()


def test_no_fresh_home(m):
    """The session has none, and what lies below is not shown."""
    m.reset()
    throw_away(m)
    m.unit("jukinet-home@.service.d/broken.conf", "[Service]\nEnvironment=LIMITS=bad\n")
    m.insert("hanako")
    with m.open_session(["/bin/login", "--", COUNTER], PIN, shell=r"\$ $") as session:
        tap.check("No directory" in session.visit.transcript, str(session.visit))
        tap.check("denied" in session.command(f"ls {HOME}/.; touch {HOME}/more"))
        session.exit()
    m.everybody_out()
    asked = m.inside.run(["runuser", "-l", COUNTER, "-c", "touch ~/left"])
    tap.check(not asked.ok and not m.inside.exists(f"{HOME}/left"), f"root by another way: {asked.stderr}")


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


@tap.skip_if(SCREEN)
def test_a_locker_says_that_it_is_locked(m):
    """LockedHint comes from the locker. Its PIN dialogue is real, and so is the record of it."""
    m.reset()
    with m.screen("hanako") as screen, m.signals() as heard:
        shown = m.shown(screen.session)
        tap.equal((shown["Type"], shown["Class"], shown["State"]), ("x11", "user", "active"))
        tap.check(not screen.hint and not screen.locker)
        m.loginctl("lock-session", screen.session, uid=MONITOR).check()
        asked = heard.wait("Lock", screen.session)
        screen.wait_until_locked()
        tap.comment(f"from Lock to LockedHint {heard.wait('PropertiesChanged', screen.session).at - asked.at:.3f} s")
        mark = m.mark()
        screen.unlock(WRONG)
        wait_for(lambda: m.records(mark, "auth"), "the record of the wrong PIN")
        tap.check(screen.hint, "still locked")
        m.insert("hanako")
        screen.unlock(PIN)
        screen.wait_until_open()
        wrong, right = m.happened(mark, "auth")
        tap.equal((wrong["jwhy"], wrong["res"]), ("pin.wrong", "failed"))
        tap.equal((right["jfor"], right["res"]), ("unlock", "success"))
        tap.equal((right.auid, right["jclaim"]), (m.accounts["hanako"].uid, f"i3lock,{screen.display},"))


@tap.skip_if(SCREEN)
def test_a_screen_opens_without_a_card(m):
    """Why the screen is not the boundary: unlock-session and a signal to the locker are the user's own to send. Neither
    is a record, and both are seen at LockedHint."""
    m.reset()
    with m.screen("hanako") as screen:
        mark = m.mark()
        for way in (f"loginctl unlock-session {screen.session}", "pkill -KILL i3lock"):
            m.loginctl("lock-session", screen.session, uid=MONITOR).check()
            screen.wait_until_locked()
            m.pull()
            screen.command(way)
            screen.wait_until_open()
            m.insert("hanako")
        tap.equal(m.happened(mark), [])


@tap.skip_if(SCREEN)
def test_a_session_that_ignores_the_lock(m):
    m.reset()
    with m.screen("hanako", locker="") as screen, m.signals() as heard:
        m.loginctl("lock-session", screen.session, uid=MONITOR).check()
        heard.wait("Lock", screen.session)
        tap.equal([one.member for one in heard.quiet(1.0)], [])
        tap.check(not screen.hint and not screen.grabbed())
        m.loginctl("terminate-session", screen.session, uid=MONITOR).check()
        wait_for(lambda: not m.shown(screen.session), "logind to forget the session")
        wait_for(lambda: not [one for one in m.processes_of("hanako") if one.name == "Xvfb"], "the screen to go")


def test_a_service_of_the_monitors_user(m):
    """How the monitor is started: as its user, without capabilities, in the card group, in a sandbox like that of the
    other services. It sees a card come and go, and has the sockets of jukinetd and of the system bus."""
    m.reset()
    m.pcscd.ship()
    m.inside.run(["systemctl", "start", "pcscd.socket"])        # as its unit wants it: the one outside stays
    sandbox = {"CapabilityBoundingSet": "", "NoNewPrivileges": "yes", "PrivateDevices": "yes", "PrivateTmp": "yes",
               "PrivateNetwork": "yes", "ProtectHome": "yes", "ProtectProc": "invisible", "ProtectSystem": "strict",
               "RestrictAddressFamilies": "AF_UNIX", "RestrictNamespaces": "yes", "SystemCallFilter": "@system-service"}
    unit = m.start("tried", ["/usr/bin/python3", "-B", "-u", "-c", WATCHER, SUPPORT], user=MONITOR,
                   SupplementaryGroups="_jukinet-card", **sandbox)
    try:
        wait_for(lambda: "in" in unit.log().split() or not unit.alive, "the card to be seen")
        pulled = time.time()
        m.card.remove()
        wait_for(lambda: "out" in unit.log().split() or not unit.alive, "the pull to be seen")
        uid, capabilities, *seen = unit.log().split()
        tap.equal((uid, capabilities, seen[0], seen[2]), (str(m.accounts[MONITOR].uid), "0" * 16, "in", "out"))
        tap.comment(f"from the pull to the monitor's user {float(seen[3]) - pulled:.3f} s")
        with open(f"/proc/{unit.pid}/status", encoding="utf-8") as file:
            tap.check(f"Uid:\t{uid}\t" in file.read(), "the same process, seen from outside")
        unit.kill()
        wait_for(lambda: not unit.alive, "its end")
    finally:
        unit.stop()
        m.pcscd.unship()


if __name__ == "__main__":
    tap.main(machine_missing(), m=lambda: Machine("machine"))
