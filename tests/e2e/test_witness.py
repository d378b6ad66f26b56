#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""jukinet-witness against a real auditd: no receipt while the log is broken,
receipts again without a restart of the witness.

    test_witness.py BUILD_DIR [TEST...]
"""

import contextlib
import os
import re
import shutil
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

from world import AuditDaemon, World, missing, tap      # noqa: E402
from world.auditd import LOG, LOG_DIRECTORY             # noqa: E402
from world.services import SERVICES                     # noqa: E402
from world.tap import comment                           # noqa: E402

OPTIONS = {"log_format": "RAW", "disk_full_action": "IGNORE", "disk_error_action": "IGNORE", "max_log_file": 8}


def wait_until(condition, seconds=30):
    """Whether the condition came true before the deadline."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


class Place:
    """One auditd, one witness, and clients; `anew` for every test."""

    def __init__(self, build):
        self.audit = AuditDaemon(**OPTIONS)
        table = [one for one in SERVICES if one.name == "witness"]
        self.world = World("witness", build, self.audit, card_reader=False, table=table)
        self.client_program = os.path.join(build, "tests/support/witness-client")
        self.clients = []
        self.open = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.audit)
            stack.enter_context(self.world)
            self.open = stack.pop_all()
        self.witness = self.world.services.witness
        account = self.world.accounts["_jukinet"]
        self.client_uid = account.uid
        self.client = ["setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups",
                       "--inh-caps=-all,+audit_write", "--ambient-caps=-all,+audit_write"]
        return self

    def __exit__(self, *_):
        self.open.close()

    def report(self):
        return self.world.report()

    def after(self):
        while self.clients:
            self.clients.pop().kill()
        if self.witness.alive:
            self.witness.stop()

    def anew(self, size=None, **options):
        """An auditd with an empty log."""
        self.audit.anew(size, **options)

    def start(self, **options):
        self.anew(**options)
        self.start_witness()

    def start_witness(self, by_hand=False):
        self.witness.log_group = self.world.log_group()
        if by_hand:
            self.witness.start_by_hand()
        else:
            self.witness.start()
        # It is reached before it is confined: wait for the end of that.
        assert wait_until(lambda: self.status("Seccomp") == "2"), "the witness did not start"

    def status(self, name):
        with open(f"/proc/{self.witness.pid}/status") as f:
            return re.search(rf"^{name}:\t(.*)$", f.read(), re.M)[1].strip()

    def command(self, *arguments, prefix=None):
        return [*(self.client if prefix is None else prefix), self.client_program, "--socket", self.witness.path,
                *arguments]

    def run(self, *arguments, prefix=None, **how):
        return self.world.run(self.command(*arguments, prefix=prefix), timeout=60, **how).stdout

    def ask(self, *arguments, prefix=None):
        """The client's lines, each as a list of words."""
        return [line.split(" ", 4) for line in self.run(*arguments, prefix=prefix).splitlines()]

    def begin(self, *arguments):
        self.clients.append(self.world.converse(self.command(*arguments)))
        return self.clients[-1]

    def begin_watching(self, *arguments):
        """A client that has been told WATCHING and not yet written."""
        client = self.begin("--gate", *arguments)
        line = client.hear()
        assert line == "watching", line
        return client

    def noise(self, number):
        """Records of others; the process that writes them."""
        return self.world.spawn([*self.client, self.client_program, "--noise", str(number)])

    def logs(self):
        return os.listdir(os.path.dirname(self.audit.log))

    def text(self):
        with open(self.audit.log, errors="replace") as f:
            return f.read()


def is_receipt(lines):
    return len(lines) > 0 and all(line[0] == "receipt" for line in lines)


def check_receipt(place):
    lines = place.ask()
    assert is_receipt(lines), lines
    return lines[0]


def check_comes_back(place):
    """Receipts again, without anything done to the witness."""
    assert wait_until(lambda: is_receipt(place.ask())), \
        "no receipt afterwards"
    check_receipt(place)


def check_none(place, *arguments):
    lines = place.ask("--timeout", "300", *arguments)
    assert [line[0] for line in lines] == ["none"], lines


def check_failed(place):
    lines = place.ask()
    assert lines == [["failed", "audit.down"]], lines


def check_stands(place, receipt):
    """The receipt says what the log says."""
    _, name, ms, serial, text = receipt
    stamp = f"audit({int(ms) // 1000}.{int(ms) % 1000:03}:{serial})"
    found = [line for line in place.text().splitlines()
             if name in line]
    assert len(found) == 1, found
    assert f"msg={stamp}: " in found[0], found
    assert f"uid={place.client_uid} " in found[0], found
    assert f"msg='{text}'" in found[0], (found, text)
    assert text.startswith("op=juki:auth acct=\"hanako\" jid="), text
    assert text.endswith(" res=success"), text


def test_receipts_raw(place):
    place.start()
    check_stands(place, check_receipt(place))


def test_receipts_enriched(place):
    place.start(log_format="ENRICHED")
    check_stands(place, check_receipt(place))
    assert "\x1dUID=" in place.text()


def test_receipts_with_node_name(place):
    place.start(log_format="ENRICHED", name_format="HOSTNAME")
    check_stands(place, check_receipt(place))
    assert place.text().startswith("node=")


def test_services_own_terminal_is_not_recorded(place):
    place.start()
    with place.world.terminal() as terminal:
        out = place.run(fds={0: terminal.slave, 2: terminal.slave})
    assert " terminal=? " in out, out


def test_receipts_durable(place):
    place.start()
    lines = place.ask("--durable", "--count", "20")
    assert is_receipt(lines) and len(lines) == 20, lines


def test_receipts_by_capability_only(place):
    place.start(log_group="root")
    check_receipt(place)
    # CAP_DAC_READ_SEARCH is number 2.
    assert int(place.status("CapPrm"), 16) == 1 << 2
    assert int(place.status("CapEff"), 16) == 1 << 2


def test_no_capability_where_group_suffices(place):
    place.anew()
    place.start_witness(by_hand=True)
    check_receipt(place)
    assert int(place.status("CapPrm"), 16) == 0
    assert place.status("NoNewPrivs") == "1"


def test_root_is_refused(place):
    place.anew()
    done = place.world.run([place.witness.binary, "--log", LOG, "--socket", "/run/x.sock"])
    assert done.status == 1, done
    assert "not permitted" in done.stderr, done


def test_other_process_gets_none(place):
    place.start()
    check_none(place, "--fork")
    check_receipt(place)


def test_other_uid_gets_none(place):
    place.start()
    lines = place.ask("--timeout", "300", "--ruid", str(place.client_uid),
                      prefix=[])
    assert [line[0] for line in lines] == ["none"], lines
    assert is_receipt(place.ask(prefix=[]))


def test_auditd_stopped_receipt_comes_late(place):
    place.start()
    place.audit.stop()
    check_none(place)
    late = place.begin("--timeout", "20000")
    time.sleep(0.3)
    assert late.process.alive
    place.audit.cont()
    line = late.hear()
    assert line.startswith("receipt "), line
    check_comes_back(place)


def test_auditd_killed(place):
    place.start()
    check_receipt(place)
    place.audit.kill()
    check_none(place)
    place.audit.start()
    check_comes_back(place)


def test_audit_switched_off(place):
    place.start()
    place.audit.enabled(0)
    check_none(place)
    place.audit.enabled(1)
    check_comes_back(place)


def small_disk(place, action):
    place.start(size="1m", disk_full_action=action)
    check_receipt(place)
    place.audit.fill()
    # What is left of the last page of the log takes a few records.
    assert wait_until(lambda: not is_receipt(
        place.ask("--timeout", "300"))), "the disk is not full"
    check_none(place)


def test_disk_full_ignore(place):
    small_disk(place, "IGNORE")
    place.audit.empty()
    check_comes_back(place)
    glued = [line for line in place.text().splitlines()
             if line.count("type=") > 1]
    comment(f"{len(glued)} glued line(s) in the log")


def test_disk_full_suspend(place):
    small_disk(place, "SUSPEND")
    place.audit.empty()
    check_none(place)
    place.audit.resume()
    check_comes_back(place)


def test_log_unlinked(place):
    place.start()
    check_receipt(place)
    waiting = place.begin_watching("--timeout", "300")
    place.audit.unlink_log()
    waiting.say()
    line = waiting.hear()
    assert line.startswith("none "), line
    check_failed(place)
    place.audit.restart()
    check_comes_back(place)


def test_log_moved_away_and_back(place):
    place.start()
    elsewhere = place.audit.log + ".elsewhere"
    waiting = place.begin_watching("--timeout", "20000")
    os.rename(place.audit.log, elsewhere)
    waiting.say()
    time.sleep(0.3)
    assert waiting.process.alive
    check_failed(place)
    os.rename(elsewhere, place.audit.log)
    line = waiting.hear()
    assert line.startswith("receipt "), line
    check_comes_back(place)


def test_log_moved_away_for_good(place):
    place.start()
    waiting = place.begin_watching("--timeout", "300")
    away = place.audit.space.path(f"{LOG_DIRECTORY}/away")
    os.mkdir(away)
    os.rename(place.audit.log, f"{away}/stolen")
    waiting.say()
    line = waiting.hear()
    assert line.startswith("none "), line
    check_failed(place)
    place.audit.restart()
    check_comes_back(place)


def test_log_replaced_by_a_copy(place):
    place.start()
    waiting = place.begin_watching("--timeout", "300")
    copy = place.audit.log + ".copy"
    shutil.copy2(place.audit.log, copy)
    os.chown(copy, 0, place.world.log_group())
    os.rename(copy, place.audit.log)
    waiting.say()
    line = waiting.hear()
    assert line.startswith("none "), line
    check_none(place)
    place.audit.restart()
    check_comes_back(place)


def test_log_is_a_symbolic_link(place):
    place.start()
    check_receipt(place)
    real = place.audit.log + ".real"
    os.rename(place.audit.log, real)
    os.symlink(f"{LOG}.real", place.audit.log)
    check_failed(place)
    os.unlink(place.audit.log)
    os.rename(real, place.audit.log)
    check_comes_back(place)


def test_log_appears_while_watching(place):
    place.anew()
    place.audit.terminate()
    place.audit.unlink_log()
    place.start_witness()
    check_failed(place)
    place.audit.start()
    check_comes_back(place)


def test_rotation_under_load(place):
    place.start(max_log_file=1, num_logs=99)
    noise = place.noise(30000)
    assert wait_until(lambda: len(place.logs()) > 1), "no rotation"
    rotated, out = 0, ""
    while rotated < 3 and noise.alive:
        first = len(place.logs())
        out = place.run("--count", "500", "--in-flight", "4", "--timeout", "10000", "--figures")
        assert out.startswith("2000 receipts, 0 lost"), out
        rotated += len(place.logs()) - first
    noise.kill()
    comment(f"{rotated} rotations; {out.strip()}")
    assert rotated >= 3, rotated


def test_witness_stopped_through_rotations(place):
    place.start(num_logs=9)
    first = place.begin_watching("--timeout", "20000")
    second = place.begin_watching("--timeout", "20000")
    third = place.begin_watching("--timeout", "20000")
    place.witness.sigstop()
    first.say()
    time.sleep(0.1)
    place.audit.rotate()
    place.audit.rotate()
    second.say()
    time.sleep(0.1)
    place.audit.rotate()
    third.say()
    time.sleep(0.1)
    place.witness.sigcont()
    for process in first, second, third:
        line = process.hear()
        assert line.startswith("receipt "), line
    check_comes_back(place)


def test_witness_restarted(place):
    place.start()
    check_receipt(place)
    place.witness.stop()
    place.start_witness()
    check_receipt(place)


def test_idle_costs_nothing(place):
    place.start(max_log_file=500)
    check_receipt(place)

    def write_noise():
        assert place.noise(200).wait() == 0

    # The first record after the last receipt tells it to look away.
    before = place.status("voluntary_ctxt_switches")
    write_noise()
    assert wait_until(lambda: place.status("voluntary_ctxt_switches") != before
                      and place.status("State").startswith("S")), "it has not looked"
    before = place.status("voluntary_ctxt_switches")
    write_noise()
    assert place.status("voluntary_ctxt_switches") == before
    check_receipt(place)


if __name__ == "__main__":
    directory = tap.build_directory()
    tap.main(missing(programs=("setpriv",), card_reader=False, own_audit=True, build=directory),
             place=lambda: Place(directory))
