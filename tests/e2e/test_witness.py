#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""jukinet-witness against a real auditd: no receipt while the log is broken,
receipts again without a restart of the witness. Prints TAP.

Usage: test_witness.py WITNESS CLIENT [NAME...]
"""
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import auditd as support  # noqa: E402
from witness_world import CLIENT, CLIENT_UID, World  # noqa: E402

def let_write(process):
    process.stdin.write("\n")
    process.stdin.flush()


def is_receipt(lines):
    return len(lines) > 0 and all(line[0] == "receipt" for line in lines)


def check_receipt(world):
    lines = world.ask()
    assert is_receipt(lines), lines
    return lines[0]


def check_comes_back(world):
    """Receipts again, without anything done to the witness."""
    assert support.wait_until(lambda: is_receipt(world.ask())), \
        "no receipt afterwards"
    check_receipt(world)


def check_none(world, *arguments):
    lines = world.ask("--timeout", "300", *arguments)
    assert [line[0] for line in lines] == ["none"], lines


def check_failed(world):
    lines = world.ask()
    assert lines == [["failed", "audit.down"]], lines


def check_stands(world, receipt):
    """The receipt says what the log says."""
    _, name, ms, serial, text = receipt
    stamp = f"audit({int(ms) // 1000}.{int(ms) % 1000:03}:{serial})"
    found = [line for line in world.auditd.text().splitlines()
             if name in line]
    assert len(found) == 1, found
    assert f"msg={stamp}: " in found[0], found
    assert f"uid={CLIENT_UID} " in found[0], found
    assert f"msg='{text}'" in found[0], (found, text)
    assert text.startswith("op=juki:auth acct=\"hanako\" jid="), text
    assert text.endswith(" res=success"), text


def receipts_raw(make):
    world = make().start()
    check_stands(world, check_receipt(world))


def receipts_enriched(make):
    world = make(log_format="ENRICHED").start()
    check_stands(world, check_receipt(world))
    assert "\x1dUID=" in world.auditd.text()


def receipts_with_node_name(make):
    world = make(log_format="ENRICHED", name_format="HOSTNAME").start()
    check_stands(world, check_receipt(world))
    assert world.auditd.text().startswith("node=")


def services_own_terminal_is_not_recorded(make):
    world = make().start()
    master, slave = pty.openpty()
    out = subprocess.run(world.command(), stdin=slave, stderr=slave,
                         stdout=subprocess.PIPE, text=True).stdout
    os.close(slave)
    os.close(master)
    assert " terminal=? " in out, out


def receipts_durable(make):
    world = make().start()
    lines = world.ask("--durable", "--count", "20")
    assert is_receipt(lines) and len(lines) == 20, lines


def receipts_by_capability_only(make):
    world = make(group="root")
    world.auditd.start()
    world.start_witness(capability=True)
    check_receipt(world)
    # CAP_DAC_READ_SEARCH is number 2.
    assert int(world.status("CapPrm"), 16) == 1 << 2
    assert int(world.status("CapEff"), 16) == 1 << 2


def no_capability_where_group_suffices(make):
    world = make()
    world.auditd.start()
    world.start_witness()
    check_receipt(world)
    assert int(world.status("CapPrm"), 16) == 0
    assert world.status("NoNewPrivs") == "1"


def root_is_refused(make):
    world = make()
    world.auditd.start()
    done = subprocess.run([world.witness_program, "--log", world.auditd.log,
                           "--socket", world.socket],
                          stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1, done
    assert "not permitted" in done.stderr, done


def other_process_gets_none(make):
    world = make().start()
    check_none(world, "--fork")
    check_receipt(world)


def other_uid_gets_none(make):
    world = make().start()
    lines = world.ask("--timeout", "300", "--ruid", str(CLIENT_UID),
                      prefix=[])
    assert [line[0] for line in lines] == ["none"], lines
    assert is_receipt(world.ask(prefix=[]))


def auditd_stopped_receipt_comes_late(make):
    world = make().start()
    world.auditd.send(signal.SIGSTOP)
    check_none(world)
    late = world.begin("--timeout", "20000")
    time.sleep(0.3)
    assert late.poll() is None
    world.auditd.send(signal.SIGCONT)
    line = late.stdout.readline()
    assert line.startswith("receipt "), line
    check_comes_back(world)


def auditd_killed(make):
    world = make().start()
    check_receipt(world)
    world.auditd.stop(signal.SIGKILL)
    check_none(world)
    world.auditd.start()
    check_comes_back(world)


def audit_switched_off(make):
    world = make().start()
    subprocess.run(["auditctl", "-e", "0"], stdout=subprocess.DEVNULL)
    check_none(world)
    subprocess.run(["auditctl", "-e", "1"], stdout=subprocess.DEVNULL)
    check_comes_back(world)


def small_disk(make, action):
    world = make(disk_full_action=action)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none",
                    world.auditd.log_directory], check=True)
    world.mounted = True
    world.start()
    check_receipt(world)
    world.fill()
    # What is left of the last page of the log takes a few records.
    assert support.wait_until(lambda: not is_receipt(
        world.ask("--timeout", "300"))), "the disk is not full"
    check_none(world)
    return world


def disk_full_ignore(make):
    world = small_disk(make, "IGNORE")
    world.free()
    check_comes_back(world)
    glued = [line for line in world.auditd.text().splitlines()
             if line.count("type=") > 1]
    print(f"# {len(glued)} glued line(s) in the log")


def disk_full_suspend(make):
    world = small_disk(make, "SUSPEND")
    world.free()
    check_none(world)
    world.auditd.send(signal.SIGUSR2)
    check_comes_back(world)


def log_unlinked(make):
    world = make().start()
    check_receipt(world)
    waiting = world.begin_watching("--timeout", "300")
    os.unlink(world.auditd.log)
    let_write(waiting)
    line = waiting.stdout.readline()
    assert line.startswith("none "), line
    check_failed(world)
    world.auditd.stop()
    world.auditd.start()
    check_comes_back(world)


def log_moved_away_and_back(make):
    world = make().start()
    elsewhere = world.auditd.log + ".elsewhere"
    waiting = world.begin_watching("--timeout", "20000")
    os.rename(world.auditd.log, elsewhere)
    let_write(waiting)
    time.sleep(0.3)
    assert waiting.poll() is None
    check_failed(world)
    os.rename(elsewhere, world.auditd.log)
    line = waiting.stdout.readline()
    assert line.startswith("receipt "), line
    check_comes_back(world)


def log_moved_away_for_good(make):
    world = make().start()
    waiting = world.begin_watching("--timeout", "300")
    os.rename(world.auditd.log, os.path.join(world.directory, "stolen"))
    let_write(waiting)
    line = waiting.stdout.readline()
    assert line.startswith("none "), line
    check_failed(world)
    world.auditd.stop()
    world.auditd.start()
    check_comes_back(world)


def log_replaced_by_a_copy(make):
    world = make().start()
    waiting = world.begin_watching("--timeout", "300")
    copy = world.auditd.log + ".copy"
    shutil.copy2(world.auditd.log, copy)
    os.chown(copy, 0, support.NOBODY_GID)
    os.rename(copy, world.auditd.log)
    let_write(waiting)
    line = waiting.stdout.readline()
    assert line.startswith("none "), line
    check_none(world)
    world.auditd.stop()
    world.auditd.start()
    check_comes_back(world)


def log_is_a_symbolic_link(make):
    world = make().start()
    check_receipt(world)
    real = world.auditd.log + ".real"
    os.rename(world.auditd.log, real)
    os.symlink(real, world.auditd.log)
    check_failed(world)
    os.unlink(world.auditd.log)
    os.rename(real, world.auditd.log)
    check_comes_back(world)


def log_appears_while_watching(make):
    world = make()
    world.auditd.start()
    world.auditd.stop()
    os.unlink(world.auditd.log)
    world.start_witness()
    check_failed(world)
    world.auditd.start()
    check_comes_back(world)


def rotation_under_load(make):
    world = make(max_log_file=1, num_logs=99).start()
    noise = subprocess.Popen(
        CLIENT + [world.client_program, "--noise", "30000"],
        stdout=subprocess.DEVNULL)
    world.clients.append(noise)
    out = subprocess.run(
        world.command("--count", "500", "--in-flight", "4", "--timeout",
                      "10000", "--figures"),
        stdout=subprocess.PIPE, text=True).stdout
    noise.terminate()
    rotated = len(os.listdir(world.auditd.log_directory)) - 1
    print(f"# {rotated} rotations; {out.strip()}")
    assert out.startswith("2000 receipts, 0 lost"), out
    assert rotated >= 3, rotated


def witness_stopped_through_rotations(make):
    world = make(num_logs=9).start()
    first = world.begin_watching("--timeout", "20000")
    second = world.begin_watching("--timeout", "20000")
    third = world.begin_watching("--timeout", "20000")
    world.witness.send_signal(signal.SIGSTOP)
    let_write(first)
    time.sleep(0.1)
    world.auditd.rotate()
    world.auditd.rotate()
    let_write(second)
    time.sleep(0.1)
    world.auditd.rotate()
    let_write(third)
    time.sleep(0.1)
    world.witness.send_signal(signal.SIGCONT)
    for process in first, second, third:
        line = process.stdout.readline()
        assert line.startswith("receipt "), line
    check_comes_back(world)


def witness_restarted(make):
    world = make().start()
    check_receipt(world)
    world.stop_witness()
    world.start_witness()
    check_receipt(world)


def idle_costs_nothing(make):
    world = make(max_log_file=500).start()
    check_receipt(world)

    def write_noise():
        subprocess.run(CLIENT + [world.client_program, "--noise", "200"],
                       stdout=subprocess.DEVNULL, check=True)

    # The first record after the last receipt tells it to look away.
    write_noise()
    time.sleep(0.2)
    before = world.status("voluntary_ctxt_switches")
    write_noise()
    assert world.status("voluntary_ctxt_switches") == before
    check_receipt(world)


TESTS = [
    receipts_raw,
    receipts_enriched,
    receipts_with_node_name,
    services_own_terminal_is_not_recorded,
    receipts_durable,
    receipts_by_capability_only,
    no_capability_where_group_suffices,
    root_is_refused,
    other_process_gets_none,
    other_uid_gets_none,
    auditd_stopped_receipt_comes_late,
    auditd_killed,
    audit_switched_off,
    disk_full_ignore,
    disk_full_suspend,
    log_unlinked,
    log_moved_away_and_back,
    log_moved_away_for_good,
    log_replaced_by_a_copy,
    log_is_a_symbolic_link,
    log_appears_while_watching,
    rotation_under_load,
    witness_stopped_through_rotations,
    witness_restarted,
    idle_costs_nothing,
]


def run(machine, number, test, witness, client):
    worlds = []

    def make(**options):
        worlds.append(World(machine, number, witness, client, **options))
        return worlds[-1]

    try:
        test(make)
        print(f"ok {number} - {test.__name__}", flush=True)
    except Exception:
        for line in traceback.format_exc().splitlines():
            print(f"# {line}")
        print(f"not ok {number} - {test.__name__}", flush=True)
    finally:
        for world in worlds:
            world.__exit__()


def main():
    witness, client = (os.path.abspath(path) for path in sys.argv[1:3])
    tests = [t for t in TESTS
             if not sys.argv[3:] or t.__name__ in sys.argv[3:]]
    reason = support.why_not()
    if reason:
        print(f"1..0 # SKIP {reason}")
        return
    try:
        machine = support.Machine().__enter__()
    except (support.Busy, support.Deadline) as error:
        print(f"1..0 # SKIP {error}")
        return
    try:
        print(f"1..{len(tests)}", flush=True)
        for number, test in enumerate(tests, 1):
            run(machine, number, test, witness, client)
    finally:
        machine.__exit__()


main()
