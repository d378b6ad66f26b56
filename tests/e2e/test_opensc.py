#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""jukinet-card by way of OpenSC's PKCS#11 module, with the same virtual cards as by the direct way.

    test_opensc.py BUILD_DIR [TEST...]

What is tried at every place of a conversation is tried here at some; tests/fault/test_opensc_faults.py has all.
"""

import gzip
import os
import re
import select
import socket
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]

import test_card                                        # noqa: E402
from test_card import (Client, FRAME_FAULTS, SIGN_FAULTS, STEPS, check_thief, commands, count, cpu_ms, gone,    # noqa: E402
                       memory_holds, proc, removed, wait_for, want_failed, want_same, want_signed)
from world import missing, procs, scard, tap            # noqa: E402
from world.process import PATIENCE                      # noqa: E402
from world.tap import check as want, comment as diag    # noqa: E402

CONF = os.path.join(HERE, "..", "..", "conf", "opensc.conf")
CONF_AT = "/etc/jukinet/opensc.conf"
MODULES = ("/usr/lib/x86_64-linux-gnu/pkcs11/opensc-pkcs11.so", "/usr/lib/aarch64-linux-gnu/pkcs11/opensc-pkcs11.so",
           "/usr/lib64/pkcs11/opensc-pkcs11.so", "/usr/lib/pkcs11/opensc-pkcs11.so")
PROBE = "tests/support/p11probe.so"
PROBE_SOCKET = "/tmp/p11probe.sock"
# What OpenSC 0.23 needs; another may need a few more or fewer.
RSA_APDUS, EC_APDUS, MOST_APDUS = 27, 25, 39
BOMB_CPU_MS, MORE_MIB = 100, 8
CARDS = test_card.CARDS | {"four": {"slots": 4}, "ecfour": {"key": "p256", "slots": 4}, "bomb": {"slots": 1}}


class Room(test_card.Room):
    options = ("--kind", "opensc")

    def furnish(self):
        test_card.CARDS = CARDS
        super().furnish()
        self.conf()

    def conf(self, change=lambda text: text, mode=0o644):
        """The shipped configuration, or what a test makes of it, where an administrator's would stand."""
        with open(CONF, encoding="utf-8") as file:
            self.world.space.directory(os.path.dirname(CONF_AT))
            self.world.space.write(CONF_AT, change(file.read()), mode=mode)


def replaced(old, new):
    def change(text):
        want(old in text, f"{old} stands in opensc.conf")
        return text.replace(old, new)
    return change


# -- the main job -------------------------------------------------------

def test_rsa(room):
    """RSA-2048: signed and verified"""
    room.put("rsa")
    got = room.run()
    want_signed(got)
    want(got["reader"].startswith("Virtual PCD"), f"reader: {got}")
    diag(f"{count(room.first)} APDUs, {got['ms']} ms")
    want(count(room.first) <= RSA_APDUS, f"{count(room.first)} APDUs")


def test_p256(room):
    """P-256: signed and verified, the signature as DER"""
    room.put("ec")
    got = room.run()
    want_signed(got)
    diag(f"{count(room.first)} APDUs, {got['ms']} ms")
    want(count(room.first) <= EC_APDUS, f"{count(room.first)} APDUs")


def test_many(room):
    """a hundred logins, as OpenSC's threads race with the confinement"""
    for name in ("rsa", "ec"):
        room.put(name)
        took = []
        for _ in range(50):
            got = room.run()
            want_signed(got, name)
            took.append(int(got["ms"]))
        diag(f"{name}: median {sorted(took)[25]} ms, longest {max(took)} ms")
    want_same(room.service.stderr(), "", "the log")


def signed_in_time(room, name, client, what):
    got = client.result()
    want_signed(got, name)
    diag(f"{name}, {what}: {count(room.first)} APDUs, {got['ms']} ms")
    want(count(room.first) <= MOST_APDUS, f"{name}, {what}: {count(room.first)} APDUs")


def test_four_certificates(room):
    """each certificate is shown; the one that jukinetd wants is signed with, with at most 39 APDUs"""
    for name in ("four", "ecfour"):
        room.put(name)
        signed_in_time(room, name, Client(room, "--cert", room.cert(name)), "at hand")
        room.put(name)
        client = Client(room, "--cert", room.cert(name), "--ask")
        client.wait_card()
        room.let_go()
        client.go()
        signed_in_time(room, name, client, "typed")
    room.put("four")
    got = room.run("--none")
    want_failed(got, "card.unknown")
    want_same(got["cards"], "4", "certificates shown")
    want_same(room.first.counters()["pin-tries"], 3, "tries")


def test_keys_that_do_not_do(room):
    """a key that signs without the PIN, wants it each time, or does not sign: no signature"""
    for slot in ("9c", "9d", "9e"):
        room.put("four")
        want_failed(room.run("--cert", f"{room.made['four'].directory}/{slot}.pem"), "card.unreadable", slot)
        want_same(room.first.counters()["signatures"], 0, f"signatures, {slot}")
        want_same(room.first.counters()["verified"], 0, f"verified, {slot}")


def test_card_comes_later(room):
    """a card that is put in while the process waits"""
    room.out()
    client = Client(room, "--deadline", "30000", "--wait", "29000", "--tell")
    client.wait_waiting()
    room.first.insert(room.made["ec"])
    got = client.result()
    want_signed(got)
    want_same(got["waiting"], "2", "WAITING once, with the readers")


def test_two_readers(room):
    """two cards: the right one is found, and the other's PIN is not spent"""
    for name, other in (("ec", room.first), ("rsa", room.second)):
        room.put("rsa", "ec")
        got = room.run("--cert", room.cert(name))
        want_signed(got, name)
        want_same(other.counters()["pin-tries"], 3, "tries of the other card")
        want_same(other.counters()["verified"], 0, "the other card")


def test_slow(room):
    """a slow card is no fault"""
    for name in ("rsa", "ec"):
        room.put(name)
        room.first.slow(20, 300)
        got = room.run("--deadline", "8000")
        want_signed(got, name)
        diag(f"{name}, 20 ms an APDU, 300 ms a signature: certificate {got['card_ms']} ms, all {got['ms']} ms")


# -- the PIN ---------------------------------------------------------------

def test_wrong_pin(room):
    """wrong PIN: how many are left is told"""
    room.put("tries")
    want_failed(room.run("--pin", "000000"), "pin.wrong", tries="2")
    want_same(room.first.counters()["pin-tries"], 2, "one VERIFY")
    want_failed(room.run("--pin", "000000"), "pin.wrong.last", tries="1")
    want_failed(room.run("--pin", "000000"), "pin.locked", tries="0")
    room.first.reset_count()
    want_failed(room.run("--pin", "123456"), "pin.locked", tries="0")
    want("verify" not in commands(room.first), "no VERIFY to a blocked card")


def test_last_try_kept(room):
    """the last try is kept where the worker says so"""
    room.put("rsa")
    room.first.set_tries(1)
    want_failed(room.run("--keep", "1"), "pin.last", tries="1")
    want_same(room.first.counters()["pin-tries"], 1, "tries")
    got = room.run("--keep", "0")
    want_signed(got)
    want_same(got["tries"], "1", "tries shown")
    room.first.set_tries(2)
    want_signed(room.run("--keep", "1"))


def test_tries_spent_at_the_pin(room):
    """tries are read again before the PIN is risked"""
    room.put("rsa")
    client = Client(room, "--ask", "--keep", "1")
    client.wait_card()
    room.first.set_tries(1)
    client.go()
    want_failed(client.result(), "pin.last", tries="1")
    want_same(room.first.counters()["pin-tries"], 1, "tries")


def test_asked_in_the_pins_transaction(room):
    """what is read again there is what must be: whether the card's application is selected, and the tries"""
    for name, signing in (("rsa", ["chain", "sign", "getresponse"]), ("ec", ["sign"])):
        room.put(name)
        client = Client(room, "--ask")
        client.wait_card()
        before = count(room.first)
        client.go()
        want_signed(client.result(), name)
        want_same(commands(room.first)[before:], ["getdata", "verify-status", "verify", *signing], name)


def test_malformed_pin(room):
    """PINs that this card cannot have are not sent"""
    room.put("rsa")
    for pin in ("", "1", "123456789", "1" * 64):
        want_failed(room.run("--pin", pin), "pin.malformed")
    want("verify" not in commands(room.first), "no VERIFY")
    want_same(room.first.counters()["pin-tries"], 3, "tries")


def test_one_verify(room):
    """VERIFY is sent once even when it is not understood"""
    for fault in ("sw 6f00", "truncated", "garbage", "onebyte"):
        room.put("rsa")
        room.first.fault(fault, "verify")
        want_failed(room.run(), "card.unreadable", fault)
        want_same(commands(room.first).count("verify"), 1, f"VERIFY, {fault}")


# -- nothing there, or going ---------------------------------------------------

def test_no_card(room):
    """no card in time: card.none, after the time to wait"""
    room.out()
    got = room.run("--wait", "600")
    want_failed(got, "card.none")
    want(int(got["ms"]) >= 600, f"waited: {got}")
    want(cpu_ms(room) < 60000, "waiting costs no time")


def test_pcscd_down(room):
    """pcscd down, or killed at the PIN: reader.down"""
    room.put("ec")
    room.pcscd.stop()
    try:
        want_failed(room.run(), "reader.down")
    finally:
        room.pcscd.start()
    room.put("ec")
    client = Client(room, "--ask")
    client.wait_card()
    room.pcscd.kill()
    client.go()
    want_failed(client.result(), "reader.down", "at the PIN")
    room.pcscd.start()
    room.put("ec")
    want_signed(room.run())


def test_foreign_card(room):
    """a card that no driver knows: card.notoperator"""
    room.put("rsa")
    room.first.fault("sw 6a82", "any")
    want_failed(room.run(), "card.notoperator")


def test_removed(room):
    """pulled at some APDUs, where OpenSC alone would wait for ever: card.removed"""
    removed(room, (("ec", 1), ("rsa", 5), ("rsa", 13), ("ec", 17), ("rsa", 22), ("ec", 24), ("rsa", 26)))


def test_removed_at_the_pin(room):
    """pulled, or pulled and put back, or changed, while the person types"""
    for back in (None, "rsa", "ec"):
        room.put("rsa")
        client = Client(room, "--ask", "--deadline", "30000")
        client.wait_card()
        room.first.remove()
        wait_for(lambda: room.present() == [False, False], PATIENCE, "pcscd sees it go")
        if back is not None:
            room.first.insert(room.made[back])
            wait_for(lambda: room.present() == [True, False], PATIENCE, "pcscd sees the card")
        client.go()
        want_failed(client.result(), "card.removed", f"put back {back}:")
        if back is not None:
            want_same(room.first.counters()["pin-tries"], 3, "tries")
            want("verify" not in commands(room.first), "no VERIFY")


def test_silent(room):
    """silent at the signature: ended at the deadline, next login fine"""
    test_card.silent(room, (("sign", "silent"),))


def test_hang_up(room):
    """the worker hangs up while the card hangs: the process is gone"""
    room.put("ec")
    room.first.fault("silent", "verify", 1)
    client = Client(room, "--deadline", "60000")
    wait_for(lambda: room.first.status()["pending"] == "silent", PATIENCE, "the card hangs")
    want_same(len(room.children()), 1, "card processes")
    before = time.monotonic()
    client.kill()
    wait_for(lambda: not room.children(), PATIENCE, "process gone")
    diag(f"gone {1000 * (time.monotonic() - before):.0f} ms after hang-up")
    room.put("ec")
    want_signed(room.run())


def test_accepter_killed(room):
    """accepter killed while the card hangs: the process dies with it"""
    room.put("ec")
    room.first.fault("silent", "verify", 1)
    client = Client(room, "--deadline", "60000")
    wait_for(lambda: room.first.status()["pending"] == "silent", PATIENCE, "the card hangs")
    child = room.children()[0]
    room.service.kill()
    try:
        wait_for(lambda: gone(child), PATIENCE, "card process gone")
        want_same(client.result()["kind"], "ended", "the conversation")
    finally:
        room.service.start("--short-apdus")
    room.put("ec")
    want_signed(room.run())


# -- other programs -----------------------------------------------------------

def test_reset_at_the_pin(room):
    """another program resets the card between certificate and PIN: the login goes on"""
    for name in ("rsa", "ec"):
        room.put(name)
        client = Client(room, "--ask")
        client.wait_card()
        want_same(test_card.reset(room), 0, "reset done")
        client.go()
        want_signed(client.result(), name)


def test_exclusive(room):
    """a program that has the card for itself: card.busy, not a hang"""
    room.put("ec")
    other = room.other("exclusive")
    want_same(other.hear(), "held", "other program")
    try:
        want_failed(room.run(), "card.busy")
    finally:
        other.finish()
    want_signed(room.run())


def test_held(room):
    """a program that holds a transaction: said after two seconds, and card.busy at the deadline"""
    room.put("ec")
    other = room.other("hold")
    want_same(other.hear(), "held", "other program")
    try:
        for deadline, told in ((1000, False), (2500, True)):
            got = room.run("--deadline", str(deadline))
            want_failed(got, "card.busy")
            want(int(got["ms"]) < deadline + 500, f"at the deadline: {got}")
            want_same(got["busy"] != "-", told, f"said before: {got}")
        room.settle()
    finally:
        other.finish()
    want_signed(room.run())


def test_idle_neighbour(room):
    """a program that has the card open keeps nobody out, and signs with nothing afterwards"""
    for name in ("rsa", "ec"):
        watcher = scard.Client()
        room.put(name)
        watcher.connect(watcher.with_card())
        want_signed(room.run())
        want_same(room.first.counters()["verified"], 0, "verified")
        check_thief(room)
        room.first.fault("sw 6f00", "sign", 1)
        want_failed(room.run(), "card.unreadable")
        check_thief(room)
        room.first.slow(0, 700)
        client = Client(room)
        wait_for(lambda: room.first.status()["pending"] == "timed", PATIENCE, "the card signs")
        client.kill()
        room.settle()
        check_thief(room)
        watcher.disconnect()
        watcher.close()


def test_hammer_sign(room):
    """nobody tries to sign all the time, with pauses: never a signature"""
    test_card.hammered(room, "hammer", 4)


def test_hammer_reset(room):
    """nobody resets the card all the time, with pauses: logins go on"""
    test_card.hammered(room, "hammer-reset", 4)


# -- faults --------------------------------------------------------------------

def faults(room, pairs):
    """An answer in time, and no false one; which reason is OpenSC's to find."""
    reasons = {}
    for step, fault in pairs:
        got, text = test_card.fault_at(room, "rsa", fault, step)
        if got["kind"] == "signed":
            key = "signed" if got["verified"] == "yes" else "not verified"
        else:
            key = got["reason"]
        reasons[key] = reasons.get(key, 0) + 1
        if step == "sign":
            want(key != "signed", text)
        want_same(room.first.counters()["verified"], 0, f"{text} verified")
    diag(f"{reasons}")


def test_frame_faults(room):
    """some bad answers at every step"""
    faults(room, [(step, fault) for at, step in enumerate(STEPS) for number, fault in enumerate(FRAME_FAULTS)
                  if (at + number) % 5 == 0])


def test_garbage_without_end(room):
    """noise and 9000 to every command: it ends"""
    room.put("rsa")
    room.first.fault("garbage-ok", "any")
    got = room.run("--deadline", "5000")
    diag(f"{got}, {count(room.first)} APDUs")
    want_same(got["kind"], "failed", "the conversation")
    want(count(room.first) <= 3000, "bounded")


def test_signature_faults(room):
    """false signatures do not verify"""
    for name in ("rsa", "ec"):
        for fault in SIGN_FAULTS:
            got, text = test_card.fault_at(room, name, fault, "any")
            want(got["kind"] == "failed" or got["verified"] == "no", f"{text} {got}")


def tlv(tag, value):
    n = len(value)
    return tag + (b"\x82" + n.to_bytes(2, "big")) + value


def test_bomb(room):
    """60 kB on the card that are 60 MB unpacked: below 100 ms of the processor and 8 MB more"""
    packed = gzip.compress(bytes(60 << 20), 9)
    want(50000 < len(packed) < 62000, f"{len(packed)} bytes")
    path = f"{room.made['bomb'].directory}/9a.obj"
    room.world.space.write(path, tlv(b"\x70", packed) + b"\x71\1\1\xfe\0")
    room.put("rsa")
    plain = spent(room)
    room.out()
    room.first.insert(room.made["bomb"])
    wait_for(lambda: room.present() == [True, False], PATIENCE, "pcscd sees the card")
    bomb = spent(room, lambda got: want_failed(got, "card.notoperator"))
    diag(f"{bomb} ms with {count(room.first)} APDUs; a good card {plain} ms")
    want(count(room.first) > 200, "the whole object was read")
    want(bomb - plain < BOMB_CPU_MS, f"{bomb} ms, and {plain} ms for a good card")


def spent(room, check=want_signed):
    """ms of the processor for one of five attempts: how long it takes depends on who else is at work."""
    before = cpu_ms(room)
    for _ in range(5):
        room.first.reset_count()
        check(room.run("--deadline", "30000"))
    room.settle()
    return (cpu_ms(room) - before) / 5


# -- the module and its configuration ---------------------------------------------

def with_service(room, check, *arguments, environment=()):
    """A service with these arguments, and the usual one again afterwards."""
    before = dict(room.service.extra_environment)
    room.service.extra_environment |= dict(environment)
    room.service.restart("--short-apdus", *arguments)
    try:
        check()
    finally:
        room.service.extra_environment = before
        room.service.restart("--short-apdus")


def test_no_module(room):
    """no such module: no further cards are known, and the log says why"""
    room.put("rsa")

    def check():
        want_failed(room.run(), "card.notoperator")
        want("there is no /nonexistent.so" in room.service.stderr(), room.service.stderr())
        want_same(count(room.first), 0, "APDUs")
        want_signed(test_card.Client(Direct(room)).result(), "the direct way")
    with_service(room, check, "--module", "/nonexistent.so")


class Direct:
    """The same room, by the default way."""
    options = ()

    def __init__(self, room):
        self.room = room

    def __getattr__(self, name):
        return getattr(self.room, name)


def test_no_such_way(room):
    """a way to cards that is not known ends the conversation"""
    room.put("rsa")
    client = Client(Direct(room), "--kind", "direkt")
    want_same(client.result()["kind"], "ended", "the conversation")


def test_no_pkcs11_module(room):
    """something else than a PKCS#11 module: service.down"""
    room.put("rsa")
    for path in ("/etc/passwd", next(p for p in LIBRARIES if os.path.exists(p))):
        with_service(room, lambda: want_failed(room.run(), "service.down"), "--module", path)


LIBRARIES = ("/lib/x86_64-linux-gnu/libz.so.1", "/lib/aarch64-linux-gnu/libz.so.1", "/lib64/libz.so.1")


def test_configuration(room):
    """without a configuration that root alone can change, and OpenSC can read, there is no login"""
    room.put("rsa")
    broken = (
        ("writable by others", dict(mode=0o666)),
        ("without the line", dict(change=replaced('provider_library = "";', ""))),
        ("with another library", dict(change=replaced('provider_library = ""', 'provider_library = "libpcsclite.so.1"'))),
        ("cut off", dict(change=lambda text: text[:text.index("framework pkcs15")])),
        ("nonsense", dict(change=lambda text: "}}}} = {" + text)),
        ("empty", dict(change=lambda text: "")),
    )
    try:
        for name, how in broken:
            room.conf(**how)
            want_failed(room.run(), "service.down", name)
        want("opensc.conf" in room.service.stderr(), room.service.stderr())
        want("verify" not in commands(room.first), "no VERIFY")
        room.conf(replaced("card_drivers = PIV-II, ", "card_drivers = "))
        want_failed(room.run(), "card.notoperator", "without the driver")
    finally:
        room.conf()
    want_signed(room.run())


def test_hostile_environment(room):
    """what the service was started with says nothing to OpenSC"""
    space = room.world.space
    space.directory("/tmp/loot", mode=0o777)
    space.write("/tmp/hostile.conf", 'app default { debug = 9; debug_file = /tmp/loot/debug; card_drivers = jpki; }\n')
    room.put("rsa")

    def check():
        want_signed(room.run())
        want_same(os.listdir(space.path("/tmp/loot")), [], "files made")
        want_same(room.service.stderr(), before, "what was printed")
    before = room.service.stderr()
    with_service(room, check, environment={
        "OPENSC_CONF": "/tmp/hostile.conf", "OPENSC_DEBUG": "9", "OPENSC_DRIVER": "jpki", "HOME": "/tmp/loot",
        "XDG_CACHE_HOME": "/tmp/loot", "PKCS11_MODULE": "/nonexistent.so", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/x"})


def test_debugging(room):
    """a configuration that has OpenSC print APDUs prints no PIN"""
    room.put("pin")
    try:
        room.conf(replaced("debug = 0;", "debug = 9;"))
        got = room.run("--pin", "83016947", "--deadline", "30000")
        want_signed(got)
    finally:
        room.conf()
    for text in (room.service.stderr(), room.pcscd.stderr()):
        want("83016947" not in text and "38 33 30 31" not in text, "the PIN in a log")


# -- the process ------------------------------------------------------------------

def test_confined(room):
    """a running card process: no right, an environment of its own, tight limits"""
    room.put("ec")
    client = Client(room, "--ask")
    client.wait_card()
    pid = room.children()[0]
    want(len(os.listdir(f"/proc/{pid}/task")) > 1, "OpenSC's thread is there, so that looking at it says something")
    for task in os.listdir(f"/proc/{pid}/task"):
        status = dict(line.split(":\t", 1) for line in
                      proc(pid, f"task/{task}/status").decode().splitlines() if ":\t" in line)
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            want_same(int(status[name], 16), 0, name)
        want_same(status["NoNewPrivs"], "1", "NoNewPrivs")
        want_same(status["Seccomp"], "2", "Seccomp")
        want_same(status["Uid"].split(), [str(room.service.account.uid)] * 4, "Uid")
    limits = {line[:26].strip(): line[26:].split()[:2] for line in proc(pid, "limits").decode().splitlines()[1:]}
    for name, value in (("Max core file size", "0"), ("Max file size", "0"), ("Max open files", "32"),
                        ("Max cpu time", "5")):
        want_same(limits[name], [value, value], name)
    status = proc(pid, "status").decode()
    size, peak = (int(re.search(rf"{name}:\s+(\d+) kB", status).group(1)) << 10 for name in ("VmSize", "VmHWM"))
    room_left = int(limits["Max address space"][0]) - size
    diag(f"peak {peak >> 10} kB resident, {room_left >> 10} kB of addresses left")
    want(0 < room_left <= MORE_MIB << 20, f"{room_left} bytes left")
    client.go()
    want_signed(client.result())


def test_pin_in_memory(room):
    """ours is gone once C_Login was answered; what OpenSC keeps is told, and dies with the process"""
    pin = b"83016947"
    for step in ("verify", "sign"):
        room.put("pin")
        room.first.fault("silent", step, 1)
        client = Client(room, "--pin", pin.decode(), "--deadline", "30000")
        wait_for(lambda: room.first.status()["pending"] == "silent", PATIENCE, "the card hangs")
        child = room.children()[0]
        found = memory_holds(child, pin)
        diag(f"at {step}: {found} times in the card process")
        want_same(memory_holds(room.service.pid, pin), 0, "in the accepter")
        client.kill()
        room.settle()
        want_same(procs.look(child), None, "the process")
    room.put("pin")
    want_signed(room.run("--pin", pin.decode()))
    for one in (room.service, room.pcscd):
        want(pin.decode() not in one.stderr(), f"no PIN in the log of {one.name}")


class Probe:
    """The other end of a module that has been taken over."""

    def __init__(self, room):
        self.room = room
        self.link = None
        path = room.world.space.path(PROBE_SOCKET)
        if os.path.lexists(path):
            os.unlink(path)
        self.listener = socket.socket(fileno=room.world.space.listen(PROBE_SOCKET, mode=0o666, kind="SOCK_STREAM"))

    def __enter__(self):
        self.client = Client(self.room, "--deadline", "60000")
        want(select.select([self.listener], [], [], PATIENCE)[0], "the module asks what to do")
        self.link, _ = self.listener.accept()
        self.link.settimeout(PATIENCE)
        return self

    def __exit__(self, *_):
        self.link.close()
        self.listener.close()
        self.client.kill()

    def ask(self, order):
        self.link.send(order.encode() + b"\n")
        return self.link.recv(2000).decode().strip()


def with_probe(room, check):
    room.put("rsa")
    room.world.space.write("/tmp/mine", "mine", mode=0o666)

    def run():
        with Probe(room) as probe:
            check(probe)
        room.settle()
    with_service(room, run, "--module", os.path.join(room.world.build_dir, PROBE))


REFUSED = ("read /etc/passwd", "read /etc/jukinet/jukinet.conf", "read /tmp/mine", "read /proc/1/status",
           "read /proc/self/maps", "write /tmp/mine", "write /dev/null", "make /tmp/made", "inet", "fork", "kill", "code",
           "print", f"memory {MORE_MIB}")
ALLOWED = ("unix", "memory 1", "read /usr/lib/os-release", f"read {CONF_AT}")
DEADLY = ("exec", "ptrace")


def test_module_taken_over(room):
    """a module can read no file, start nothing, reach no network; its threads neither"""
    def check(probe):
        for thread in ("", "thread "):
            for order in REFUSED:
                want(probe.ask(thread + order).startswith("no "), f"{thread}{order}")
            for order in ALLOWED:
                want_same(probe.ask(thread + order), "ok", f"{thread}{order}")
        words = probe.ask("env").split()[1:]
        want_same(sorted(words), ["DBUS_SESSION_BUS_ADDRESS=disabled:", "HOME=/nonexistent", f"OPENSC_CONF={CONF_AT}"],
                  "environment")
    with_probe(room, check)
    want("printed" not in room.service.stderr(), "what it prints is not in the log")


def test_module_that_must_die(room):
    """what only an intruder does ends the process"""
    for thread in ("", "thread "):
        for order in DEADLY:
            def check(probe, order=thread + order):
                want_same(probe.ask(order), "", order)
                want_same(probe.client.result()["kind"], "ended", order)
            with_probe(room, check)


def test_module_that_crashes_or_hangs(room):
    """a crash or a hang of the module is the end of one attempt"""
    def crash(probe):
        want_same(probe.ask("crash"), "", "crash")
        want_same(probe.client.result()["kind"], "ended", "crash")

    def hang(probe):
        probe.link.send(b"hang\n")
        probe.client.kill()
        wait_for(lambda: not room.children(), PATIENCE, "process gone")
        with_probe(room, crash)
    with_probe(room, hang)
    room.put("ec")
    want_signed(room.run())


if __name__ == "__main__":
    directory = tap.build_directory()
    reasons = missing(programs=("setpriv",), audit=False, build=directory)
    if not any(map(os.path.exists, MODULES)):
        reasons.append("OpenSC's PKCS#11 module is not installed")
    tap.main(reasons, room=lambda: Room(directory))
