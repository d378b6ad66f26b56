#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""jukinet as it is installed, under a real systemd, auditd, logind and USB reader, and what sleep does to it:

    test_vm.py BUILD_DIR WORK_DIR [TEST…]

A Debian 12 in QEMU without KVM. WORK_DIR takes 2 GB and keeps the Debian for the next time: the first run downloads it
and takes some minutes, each other about seven. It needs root, qemu-system-x86 and mmdebstrap; no other suite runs it.
"""

from __future__ import annotations

import os
import shutil
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "support"))

from machine import Disk, Machine       # noqa: E402
from world import tap                   # noqa: E402

BUILD, WORK = (os.path.realpath(sys.argv.pop(1)) for _ in range(2))
GRANTED = ["auth:login", "account", "session-start"]
UNLOCKED = ["auth:unlock", "unlock", "account", "session-start", "session-end:logout"]


def machine() -> Machine:
    m = Machine(Disk(WORK, BUILD))
    m.root_in()
    return m


def ours(seen: list[str]) -> list[str]:
    """Without what is said of cards alone."""
    return [one for one in seen if not one.startswith("card-")]


class At:
    """hanako works, with her card in the reader; how many records there are."""

    def __init__(self, m: Machine) -> None:
        self.m = m

    def __enter__(self) -> At:
        self.m.insert()
        self.m.login()
        self.since = len(self.m.records())
        self.shell = self.m.shell()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.m.logout()

    def seen(self) -> list[str]:
        return ours(self.m.happened(self.since))


@tap.limit(600)
def test_units(m):
    tap.equal(m.sh("systemctl is-system-running --wait", 120).strip(), "running")
    units = "/lib/systemd/system/jukinet*.{service,socket,path,timer}"
    tap.equal(m.sh(f"systemd-analyze verify --man=no {units} 2>&1").strip(), "")
    for unit in ("jukinetd", "jukinet-card", "jukinet-witness", "jukinet-monitor"):
        tap.equal(m.sh(f"systemctl show -P NRestarts -P ActiveState {unit}").split(), ["0", "active"], unit)
    tap.check("jukinet-monitor" in m.sh("systemd-inhibit --list --no-pager"), "sleep waits for the monitor")
    told = m.sh("jukinetctl doctor")
    for line in told.splitlines():
        if line.split()[1:2] and line.split()[1].partition(".")[0] in ("service", "socket", "snapshot", "audit"):
            tap.check(line.startswith("OK"), line)


CHANGES = ("echo '#' >>jukinet.conf", "sed -i 's/^#$//' jukinet.conf", "cp policy.conf new; mv new policy.conf",
           "touch registry.d/new; mv registry.d/new registry.d/new.conf", "rm registry.d/new.conf")


@tap.limit(300)
def test_changes_are_noticed(m):
    for change in CHANGES:
        took = m.sh("cd /etc/jukinet; f=/var/lib/jukinet-registry/snapshot.cdb; old=$(stat -c %i $f); " + change + "; n=0; "
                    "while [ $(stat -c %i $f) = $old ] && [ $n -lt 100 ]; do sleep 0.1; n=$((n+1)); done; echo $n").strip()
        print(f"# {change}: {took}", flush=True)
        tap.check(int(took) < 100, change)
        time.sleep(3)


def test_login(m):
    since = len(m.records())
    with At(m):
        tap.equal(ours(m.happened(since)), GRANTED)
    tap.equal(m.happened(since)[-1], "session-end:last-logout")


def test_a_card_left_is_told_to_programs(m):
    with At(m):
        m.suspend(1)
        time.sleep(62)
        tap.check("left" in m.sh("ls /run/jukinet/monitor"), m.sh("journalctl -b -u jukinet-monitor -o cat --no-pager"))


def test_sleep_in_a_session(m):
    with At(m) as work:
        m.suspend(15)
        tap.equal(m.shell(), work.shell, "the same shell in the same session")
        time.sleep(5)
        tap.equal(work.seen(), ["lock:sleep"])
        m.unlock()
        time.sleep(5)
        tap.equal(work.seen(), ["lock:sleep", *UNLOCKED])


def test_card_pulled_asleep(m):
    with At(m) as work:
        m.suspend(8, m.pull)
        time.sleep(3)
        m.user.send("su hanako -c true\n")
        m.user.expect("No card was inserted in time", 40)
        m.insert()
        m.unlock()
        tap.equal(work.seen(), ["lock:sleep", "auth:unlock:card.none", *UNLOCKED])
        tap.check("card-remove" in m.happened(work.since), "seen after the sleep")


def test_login_waits_for_a_card(m):
    m.pull()
    time.sleep(1)
    since = len(m.records())
    m.name()
    m.user.expect("Insert your operator IC card")
    m.suspend(5)
    m.insert()
    m.pin()
    m.user.expect(r"\$ $")
    tap.equal(ours(m.happened(since)), GRANTED)
    m.logout()


def test_login_waits_too_long(m):
    m.pull()
    time.sleep(1)
    since = len(m.records())
    m.name()
    m.user.expect("Insert your operator IC card")
    m.suspend(30)
    m.user.expect("No card was inserted in time", 5)
    tap.equal(ours(m.happened(since)), ["auth:login:card.none"])


def test_sleep_at_the_pin(m):
    m.insert()
    m.name()
    m.user.expect("PIN: $")
    m.suspend(5)
    time.sleep(1)
    m.user.send("123456\n")
    m.user.expect(r"\$ $")
    m.logout()


def test_sleep_too_long_at_the_pin(m):
    m.insert()
    m.name()
    m.user.expect("PIN: $")
    m.suspend(50)
    time.sleep(1)
    m.user.send("123456\n")
    m.user.expect("This took too long", 5)
    m.user.expect("login: $", 10)


if __name__ == "__main__":
    tap.main([f"{name} is missing" for name in ("qemu-system-x86_64", "mmdebstrap", "mke2fs", "systemd-sysusers")
              if not shutil.which(name)] + ["root is needed"] * (os.geteuid() != 0), m=machine)
