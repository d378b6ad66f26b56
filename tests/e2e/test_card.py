#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""jukinet-card behind Debian's pcscd with virtual cards.

    test_card.py JUKINET_CARD CARD_CLIENT VCARD VCARD_MAKE [CASE...]

Needs root: everything runs in a mount and a network namespace of its own, on
a fresh /run. Prints TAP. A case is a function whose name begins with case_;
its first line of documentation is the name in the report.
"""

import fcntl
import os
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
SUPPORT = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "..", "support")
sys.path.insert(0, SUPPORT)
import pcsc as pcsc_module  # noqa: E402

DRIVER = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
TOOLS = ("pcscd", "setpriv", "unshare", "mount")
PORT = 35963
UID, NOBODY = 64010, 65534
SOCKET = "/run/jukinet/card.sock"
LIMIT_MS = 3000
RSA_APDUS, EC_APDUS, EXTENDED_APDUS = 11, 9, 6


class Failure(Exception):
    """A case that found something else than it wanted."""


def want(condition, text):
    if not condition:
        raise Failure(text)


def want_same(got, expected, text):
    want(got == expected, f"{text}: {got!r}, not {expected!r}")


def diag(text):
    for line in str(text).splitlines():
        print(f"# {line}", flush=True)


def wait_for(condition, seconds, text):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.005)
    raise Failure(f"not within {seconds} s: {text}")


def loopback_up():
    with socket.socket() as s:
        fcntl.ioctl(s, 0x8914, struct.pack("16sH14s", b"lo", 0x1 | 0x40, b""))


class Process:
    """A child that is always ended by its own pid."""

    def __init__(self, argv, log, **more):
        self.path = log
        self.log = open(log, "ab")
        self.child = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log, **more)
        self.pid = self.child.pid

    def alive(self):
        return self.child.poll() is None

    def stop(self, how=signal.SIGTERM):
        if self.alive():
            self.child.send_signal(how)
            try:
                self.child.wait(5)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        self.log.close()


def answers():
    """Its socket stands there before pcscd listens on it."""
    try:
        pcsc_module.Pcsc().close()
        return True
    except pcsc_module.Error:
        return False


class Pcscd:
    """With the two slots of one virtual reader, or with none."""

    def __init__(self, folder):
        self.log = os.path.join(folder, "pcscd.log")
        self.full = os.path.join(folder, "pcscd-conf")
        self.empty = os.path.join(folder, "pcscd-none")
        os.mkdir(self.full)
        os.mkdir(self.empty)
        with open(os.path.join(self.full, "vpcd"), "w") as f:
            f.write('FRIENDLYNAME "Virtual PCD"\n'
                    f"DEVICENAME /dev/null:{PORT:#x}\n"
                    f"LIBPATH {DRIVER}\nCHANNELID {PORT:#x}\n")

    def start(self, readers=True):
        conf = self.full if readers else self.empty
        self.process = Process(["pcscd", "--foreground", "-c", conf],
                               self.log)
        wait_for(answers, 5, "pcscd answers")

    def stop(self, how=signal.SIGTERM):
        self.process.stop(how)
        for name in os.listdir("/run/pcscd"):
            os.unlink(os.path.join("/run/pcscd", name))


class Vcard:
    def __init__(self, program, folder, slot):
        self.path = os.path.join(folder, f"control{slot}")
        self.apdus = os.path.join(folder, f"apdu{slot}.log")
        self.process = Process(
            [program, "--port", str(PORT + slot), "--control", self.path,
             "--log", self.apdus], os.path.join(folder, f"vcard{slot}.log"))
        wait_for(lambda: os.path.exists(self.path), 5, "control socket")
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(5)
        self.socket.connect(self.path)

    def ask(self, line):
        self.socket.sendall(line.encode() + b"\n")
        reply = b""
        while not reply.endswith(b"\n"):
            piece = self.socket.recv(4096)
            want(piece, f"control connection lost after {line!r}")
            reply += piece
        return reply.decode().rstrip("\n")

    def order(self, line):
        reply = self.ask(line)
        want(reply.split()[0] == "ok", f"{line}: {reply}")
        return dict(w.split("=", 1) for w in reply.split()[1:])

    def stop(self):
        self.socket.close()
        self.process.stop()


class Service:
    """jukinet-card as its unit would start it."""

    def __init__(self, program, folder, *options):
        self.process = Process(
            ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups",
             "--inh-caps=-all", "--bounding-set=-all", program,
             "--socket", SOCKET, *options],
            os.path.join(folder, "service.log"),
            env={"PATH": "/usr/bin", "SECRET_OF_TEST": "74920183",
                 "PCSCLITE_CSOCK_NAME": "/nonexistent"})
        self.pid = self.process.pid
        wait_for(lambda: os.path.exists(SOCKET), 5, "card.sock")

    def children(self):
        with open(f"/proc/{self.pid}/task/{self.pid}/children") as f:
            return [int(p) for p in f.read().split()]

    def stop(self):
        self.process.stop()
        if os.path.exists(SOCKET):
            os.unlink(SOCKET)


def parse_line(line):
    words = shlex.split(line)
    result = dict(word.partition("=")[::2] for word in words[1:])
    result["kind"] = words[0] if words else "nothing"
    return result


class Client:
    """One attempt under way."""

    def __init__(self, room, *options):
        self.child = subprocess.Popen(
            [room.client_program, "--socket", SOCKET, *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        room.clients.append(self)

    def wait_card(self):
        line = self.child.stdout.readline().strip()
        want_same(line, "card", "before the PIN")

    def go(self):
        self.child.stdin.write("go\n")
        self.child.stdin.flush()

    def result(self):
        out, _ = self.child.communicate(timeout=60)
        return parse_line(out.strip().split("\n")[-1])

    def kill(self):
        if self.child.returncode is None:
            self.child.kill()
            self.child.communicate()


class Room:
    """One pcscd, two cards' places, and a service for all cases."""

    CARDS = {
        "rsa": [], "ec": ["--key", "p256"], "rsa2": ["--slots", "1"],
        "ec2": ["--key", "p256", "--slots", "1"],
        "tries": ["--slots", "1"],
        "pin": ["--slots", "1", "--pin", "83016947"],
    }

    def __init__(self, programs, folder):
        (self.card_program, self.client_program, self.vcard_program,
         self.make_program) = programs
        self.folder = folder
        self.clients = []
        self.box = os.path.join(folder, "box")
        self.make("ca", self.box)
        for name, options in self.CARDS.items():
            self.make("card", self.box, name, *options)
        self.pcscd = Pcscd(folder)
        self.pcscd.start()
        self.cards = [Vcard(self.vcard_program, folder, n) for n in (0, 1)]
        self.first, self.second = self.cards
        self.service = Service(self.card_program, folder, "--short-apdus")

    def make(self, *words):
        subprocess.run([self.make_program, *words], check=True)

    def dir(self, name):
        return os.path.join(self.box, name)

    def cert(self, name):
        return os.path.join(self.dir(name), "9a.pem")

    def restart_service(self, *options):
        self.service.stop()
        self.service = Service(self.card_program, self.folder, *options)

    def present(self):
        """For each reader whether pcscd sees a card in it."""
        p = pcsc_module.Pcsc()
        try:
            return [bool(p.state(r) & pcsc_module.PRESENT)
                    for r in p.readers()]
        finally:
            p.close()

    def put(self, first=None, second=None):
        """Good cards, seen by pcscd; whatever happened before."""
        names = (first, second)
        if not self.holds(names):
            self.out()
            for card, name in zip(self.cards, names):
                if name is not None:
                    card.order(f"insert {self.dir(name)}")
            wait_for(lambda: self.present() == [bool(n) for n in names], 5,
                     "pcscd sees the cards")
        for card, name in zip(self.cards, names):
            card.order("clear")
            card.order("slow 0 0")
            card.order("remove-at 0")
            if name is not None:
                card.order("set-tries 3")
                card.order("reset-count")

    def holds(self, names):
        """Whether these very cards are in and in good order."""
        for card, name in zip(self.cards, names):
            status = card.order("status")
            if status["pending"] != "none":
                return False
            if (status["inserted"] == "yes") != (name is not None):
                return False
            if name is not None and status["card"] != self.dir(name):
                return False
        return self.present() == [bool(n) for n in names]

    def out(self):
        for card in self.cards:
            card.order("clear")
            card.order("slow 0 0")
            card.order("remove-at 0")
            card.order("remove")
        try:
            wait_for(lambda: self.present() == [False, False], 5, "empty")
        except Failure:
            # vpcd can lose itself after a card that went in mid-command.
            diag("pcscd does not see the cards go: restarted")
            self.pcscd.stop(signal.SIGKILL)
            self.pcscd.start()
            wait_for(lambda: self.present() == [False, False], 5,
                     "pcscd sees empty readers")

    def run(self, *options):
        return Client(self, *options).result()

    def settle(self):
        """No card process is left over, and the service lives."""
        wait_for(lambda: not self.service.children(), 1, "no card process")
        want(self.service.process.alive(), "the service lives")

    def other(self, what, uid=NOBODY, **more):
        return subprocess.Popen(
            ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups",
             sys.executable, os.path.join(SUPPORT, "pcsc.py"), what],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **more)

    def stop(self):
        self.service.stop()
        for card in self.cards:
            card.stop()
        self.pcscd.stop()


def want_signed(got, text=""):
    want(got["kind"] == "signed" and got["verified"] == "yes",
         f"{text} signed and verified: {got}")


def want_failed(got, reason, text="", tries=None):
    want(got["kind"] == "failed" and got["reason"] == reason,
         f"{text} failed with {reason}: {got}")
    if tries is not None:
        want_same(got["tries"], tries, f"{text} tries")
    want(int(got["ms"]) < LIMIT_MS, f"{text} in time: {got}")


def count(card):
    return int(card.order("counters")["apdus"])


# -- the main job -------------------------------------------------------

def case_rsa(room):
    """RSA-2048: signed and verified with exactly 11 APDUs"""
    room.put("rsa")
    got = room.run()
    want_signed(got)
    want_same(got["tries"], "3", "tries")
    want_same(count(room.first), RSA_APDUS, "APDUs")


def case_p256(room):
    """P-256: signed and verified with exactly 9 APDUs"""
    room.put("ec")
    want_signed(room.run())
    want_same(count(room.first), EC_APDUS, "APDUs")


def case_extended(room):
    """extended length where card and reader have it: 6 APDUs each"""
    room.restart_service()
    try:
        for name in ("rsa", "ec"):
            room.put(name)
            want_signed(room.run(), name)
            want_same(count(room.first), EXTENDED_APDUS, f"APDUs, {name}")
    finally:
        room.restart_service("--short-apdus")


def case_extended_refused(room):
    """a card that announces extended length and then cannot: short form"""
    room.restart_service()
    try:
        for fault in ("sw 6700", "truncated", "garbage", "onebyte"):
            room.put("rsa")
            room.first.order(f"fault {fault} at getdata 1")
            want_signed(room.run("--wait", "2000"), fault)
    finally:
        room.restart_service("--short-apdus")


def case_card_comes_later(room):
    """a card that is put in while the process waits"""
    room.out()
    client = Client(room, "--deadline", "5000", "--wait", "4000")
    time.sleep(0.3)
    room.first.order(f"insert {room.dir('ec')}")
    got = client.result()
    want_signed(got)
    want_same(got["waiting"], "2", "WAITING once, with the readers")


def case_two_readers(room):
    """two cards: the right one is found by its certificate"""
    room.put("rsa", "ec")
    got = room.run("--cert", room.cert("ec"))
    want_signed(got)
    want(got["reader"].endswith("01"), f"second slot: {got}")
    want_same(got["cards"], "2", "cards shown")
    want_same(room.first.order("counters")["pin-tries"], "3",
              "tries of the other card")
    room.put("rsa", "ec")
    want_signed(room.run("--cert", room.cert("rsa")))


def case_second_readable(room):
    """an unreadable card does not hide the right one"""
    room.put("rsa", "ec")
    room.first.order("fault garbage at any")
    want_signed(room.run("--cert", room.cert("ec")))
    room.put("rsa", "ec")
    room.first.order("fault sw 6a82 at select")
    want_signed(room.run("--cert", room.cert("ec")))


def case_all_next(room):
    """no card is the right one: card.unknown, and nobody's PIN is spent"""
    room.put("rsa", "ec")
    got = room.run("--none")
    want_failed(got, "card.unknown")
    want_same(got["cards"], "2", "cards shown")
    for card in room.cards:
        want_same(card.order("counters")["pin-tries"], "3", "tries")


# -- the PIN ---------------------------------------------------------------

def case_wrong_pin(room):
    """wrong PIN: tries left are told; the last but one says so; then locked"""
    room.put("tries")
    want_failed(room.run("--pin", "000000"), "pin.wrong", tries="2")
    want_failed(room.run("--pin", "000000"), "pin.wrong.last", tries="1")
    want_failed(room.run("--pin", "000000"), "pin.locked", tries="0")
    room.first.order("reset-count")
    want_failed(room.run("--pin", "123456"), "pin.locked", tries="0")
    want("verify" not in commands(room.first), "no VERIFY to a blocked card")


def commands(card):
    """Names of the commands since the count was reset."""
    names = []
    with open(card.apdus) as f:
        for _time, number, name, *_rest in (x.split() for x in f):
            if number == "1":
                names = []
            if number != "-":
                names.append(name)
    return names


def case_blocked(room):
    """a blocked card: pin.locked without a VERIFY"""
    room.put("rsa")
    room.first.order("block-pin")
    want_failed(room.run(), "pin.locked", tries="0")
    # SELECT, tries, certificate 1 + 3, and the second SELECT
    want_same(count(room.first), 7, "APDUs")


def case_last_try_kept(room):
    """the last try is kept where the worker says so"""
    room.put("rsa")
    room.first.order("set-tries 1")
    want_failed(room.run("--keep", "1"), "pin.last", tries="1")
    want_same(room.first.order("counters")["pin-tries"], "1", "tries")
    want_signed(room.run("--keep", "0"))
    room.first.order("set-tries 2")
    want_signed(room.run("--keep", "1"))


def case_malformed_pin(room):
    """PINs that no PIV card takes are not sent"""
    room.put("rsa")
    for pin in ("", "123456789", "1" * 64):
        want_failed(room.run("--pin", pin), "pin.malformed")
    want_same(room.first.order("counters")["pin-tries"], "3", "tries")


def case_one_verify(room):
    """VERIFY is sent once even when it is not understood"""
    for fault in ("sw 6f00", "truncated", "garbage", "onebyte"):
        room.put("rsa")
        room.first.order(f"fault {fault} at verify")
        want_failed(room.run(), "card.unreadable", fault)
        want(count(room.first) <= 8, f"no APDU after VERIFY, {fault}")


# -- nothing there ---------------------------------------------------------

def case_no_card(room):
    """no card in time: card.none, after the time to wait"""
    room.out()
    got = room.run("--wait", "600")
    want_failed(got, "card.none")
    want_same(got["waiting"], "2", "WAITING")
    want(int(got["ms"]) >= 600, f"waited: {got}")
    want(cpu_ms(room) < 200, "waiting costs no time")


def cpu_ms(room):
    """User and system time of the service's children that have ended."""
    with open(f"/proc/{room.service.pid}/stat") as f:
        words = f.read().rsplit(")", 1)[1].split()
    return (int(words[13]) + int(words[14])) * 10


def case_no_reader(room):
    """no reader: reader.none; a reader that comes back in time is used"""
    room.pcscd.stop()
    room.pcscd.start(readers=False)
    try:
        got = room.run("--wait", "2500")
        want_failed(got, "reader.none")
        want_same(got["waiting"], "0", "WAITING")
    finally:
        room.pcscd.stop()
        room.pcscd.start()
    room.put("ec")
    want_signed(room.run("--wait", "2000"))


def case_pcscd_down(room):
    """pcscd down: reader.down; one that starts within a second is used"""
    room.put("ec")
    room.pcscd.stop()
    try:
        want_failed(room.run(), "reader.down")
        client = Client(room)
        time.sleep(0.4)
    finally:
        room.pcscd.start()
    got = client.result()
    want_signed(got)


def case_pcscd_dies(room):
    """pcscd killed while waiting, before and after the PIN"""
    room.out()
    client = Client(room, "--deadline", "5000", "--wait", "4000")
    time.sleep(0.3)
    room.pcscd.stop(signal.SIGKILL)
    want_failed(client.result(), "reader.down", "waiting")
    room.pcscd.start()
    room.put("ec")
    client = Client(room, "--ask")
    client.wait_card()
    room.pcscd.stop(signal.SIGKILL)
    client.go()
    want_failed(client.result(), "reader.down", "at the PIN")
    room.pcscd.start()
    room.put("ec")
    room.first.order("slow 0 1500")
    client = Client(room)
    time.sleep(0.5)
    room.pcscd.stop(signal.SIGKILL)
    want_failed(client.result(), "reader.down", "at the signature")
    room.pcscd.start()


def case_pcscd_stopped(room):
    """pcscd stopped at every stage: ended at the deadline; then all is well"""
    for stage in ("start", "waiting", "PIN"):
        room.put("ec")
        if stage == "waiting":
            room.out()
        client = Client(room, "--ask", "--deadline", "1200", "--wait", "1000") \
            if stage != "start" else None
        if stage == "PIN":
            client.wait_card()
        elif stage == "waiting":
            time.sleep(0.2)
        room.pcscd.process.child.send_signal(signal.SIGSTOP)
        try:
            if client is None:
                client = Client(room, "--deadline", "1200")
            elif stage == "PIN":
                client.go()
            got = client.result()
        finally:
            room.pcscd.process.child.send_signal(signal.SIGCONT)
        want_same(got["kind"], "ended", f"{stage}: the conversation")
        want(int(got["ms"]) < 1800, f"{stage}: at the deadline: {got}")
        room.settle()
    room.put("ec")
    want_signed(room.run())


def case_pcscd_restarts(room):
    """pcscd restarted while waiting: the card is found all the same"""
    room.out()
    client = Client(room, "--deadline", "6000", "--wait", "5000")
    time.sleep(0.3)
    room.pcscd.stop()
    room.pcscd.start()
    room.first.order(f"insert {room.dir('ec')}")
    want_signed(client.result())


# -- the card goes ----------------------------------------------------------

def removal_at(room, name, n):
    room.put(name)
    room.first.order(f"remove-at {n}")
    got = room.run()
    want_failed(got, "card.removed", f"{name}, APDU {n}:")
    room.settle()
    return got


def case_removed_everywhere(room):
    """pulled at every APDU: card.removed within 3 s, no process left"""
    worst = 0
    for name, apdus in (("rsa", RSA_APDUS), ("ec", EC_APDUS)):
        for n in range(1, apdus + 1):
            worst = max(worst, int(removal_at(room, name, n)["ms"]))
    diag(f"{RSA_APDUS + EC_APDUS} places, slowest refusal {worst} ms")
    room.put("rsa")
    want_signed(room.run())


def case_removed_at_the_pin(room):
    """pulled, or pulled and put back, or changed, while the person types"""
    for back in (None, "rsa", "ec"):
        room.put("rsa")
        client = Client(room, "--ask", "--deadline", "9000")
        client.wait_card()
        room.first.order("remove")
        time.sleep(1)
        if back is not None:
            room.first.order(f"insert {room.dir(back)}")
            time.sleep(1)
        before = room.first.order("counters")["pin-tries"] if back else "3"
        client.go()
        got = client.result()
        want(got["kind"] == "failed" and got["reason"] == "card.removed",
             f"put back {back}: {got}")
        if back is not None:
            want_same(room.first.order("counters")["pin-tries"], before,
                      "tries")


# -- other programs -----------------------------------------------------------

def case_reset_at_the_pin(room):
    """another program resets the card between certificate and PIN"""
    for name, more in (("rsa", 6), ("ec", 6)):
        room.put(name)
        client = Client(room, "--ask")
        client.wait_card()
        want_same(room.other("reset").wait(10), 0, "reset done")
        client.go()
        want_signed(client.result(), name)
        want_same(count(room.first),
                  (RSA_APDUS if name == "rsa" else EC_APDUS) + more - 1,
                  "APDUs with tries and certificate read again")


def case_other_card_after_reset(room):
    """after a reset another certificate shows: no PIN for that card"""
    room.put("ec")
    client = Client(room, "--ask")
    client.wait_card()
    want_same(room.other("reset").wait(10), 0, "reset done")
    room.first.order(f"fault cert-of {room.dir('ec2')} at any")
    client.go()
    want_failed(client.result(), "card.removed")
    want("verify" not in commands(room.first), "no VERIFY")
    want_same(room.first.order("counters")["pin-tries"], "3", "tries")


def case_spent_tries_after_reset(room):
    """after a reset the tries left are read again before the PIN is risked"""
    room.put("rsa")
    client = Client(room, "--ask", "--keep", "1")
    client.wait_card()
    room.first.order("set-tries 1")
    want_same(room.other("reset").wait(10), 0, "reset done")
    client.go()
    want_failed(client.result(), "pin.last", tries="1")


def case_exclusive(room):
    """a program that has the card for itself: card.busy, not a hang"""
    room.put("ec")
    other = room.other("exclusive")
    want_same(other.stdout.readline(), "held\n", "other program")
    try:
        want_failed(room.run(), "card.busy")
    finally:
        other.communicate("")
    want_signed(room.run())


def case_held(room):
    """a program that holds a transaction: ended at the deadline"""
    room.put("ec")
    other = room.other("hold")
    want_same(other.stdout.readline(), "held\n", "other program")
    try:
        got = room.run("--deadline", "1000")
        want_same(got["kind"], "ended", "the conversation")
        want(int(got["ms"]) < 1500, f"at the deadline: {got}")
        room.settle()
    finally:
        other.communicate("")
    want_signed(room.run())


def case_nothing_left_behind(room):
    """nobody signs right after: login, wrong PIN, bad signature, death"""
    for name in ("rsa", "ec"):
        watcher = pcsc_module.Pcsc()
        room.put(name)
        watcher.connect(watcher.with_card())
        want_signed(room.run())
        want_same(room.first.order("counters")["verified"], "no", "verified")
        check_thief(room)
        room.first.order("fault sw 6f00 at sign 1")
        want_failed(room.run(), "card.unreadable")
        check_thief(room)
        room.first.order("slow 0 700")
        client = Client(room)
        time.sleep(0.35)
        client.kill()
        room.settle()
        check_thief(room)
        watcher.disconnect()
        watcher.close()


def steal(room):
    """The status words that a program of nobody gets for a signature."""
    thief = room.other("steal")
    out, _ = thief.communicate(timeout=20)
    want_same(thief.returncode, 0, "the thief ran")
    return out.split()


def robbed(words):
    return any(w == "9000" or w.startswith("61") for w in words)


def check_thief(room):
    words = steal(room)
    want(words and not robbed(words), f"no signature: {words}")


def case_thief_can_steal(room):
    """control: from a card that is left verified nobody does sign"""
    room.put("ec")
    careless = pcsc_module.Pcsc()
    careless.connect(careless.with_card())
    careless.transmit(pcsc_module.SELECT)
    careless.transmit(b"\x00\x20\x00\x80\x08123456\xff\xff")
    words = steal(room)
    careless.disconnect(pcsc_module.RESET)
    careless.close()
    want(robbed(words), f"a signature: {words}")


def hammered(room, what, logins=20):
    room.put("ec")
    room.first.order("slow 5 60")
    thief = room.other(what)
    want_same(thief.stdout.readline(), "began\n", "the other program")
    results = []
    for _ in range(logins):
        results.append(room.run("--deadline", "4000"))
        time.sleep(0.15)
    out, _ = thief.communicate("", timeout=20)
    tries, stolen = (int(n) for n in out.split())
    bad = [r for r in results if r["kind"] != "signed"]
    diag(f"{what}: {logins} logins, {len(bad)} refused; {tries} tries, "
         f"{stolen} signatures; slowest login "
         f"{max(int(r['ms']) for r in results)} ms")
    want(tries > 2 * logins, "the other program was busy")
    want_same(stolen, 0, "signatures")
    want(len(bad) <= 1, f"logins refused: {bad}")


def case_hammer_sign(room):
    """nobody tries to sign all the time, with pauses: never a signature"""
    hammered(room, "hammer")


def case_hammer_reset(room):
    """nobody resets the card all the time, with pauses: logins go on"""
    hammered(room, "hammer-reset")


# -- faults --------------------------------------------------------------------

STEPS = ("select", "verify-status", "getdata", "getresponse", "verify",
         "sign")
FRAME_FAULTS = ("garbage", "garbage-ok", "truncated", "onebyte", "flood",
                "endless", "sw 6f00", "sw 6982", "sw 6a80", "sw 9000",
                "sw 6100")
# On an empty frame vpcd waits on, as for a card that says nothing.
HANGS = ("silent", "empty")
CERT_FAULTS = ("cert-none", "cert-cut", "cert-derlength", "cert-gzip",
               "length-lie-short", "length-lie-long", "length-indefinite",
               "length-huge", "inner-lie-short", "inner-lie-long")
SIGN_FAULTS = ("sig-wrong", "sig-random", "sig-zero", "sig-short",
               "sig-foreign", "sig-otherdata")
# What is no lie about the one thing the step asks.
HARMLESS = {("select", "garbage-ok"),
            ("verify-status", "garbage-ok"), ("verify-status", "sw 9000"),
            ("verify", "garbage-ok")}
# Depends on what was selected before.
EITHER = {("select", "sw 9000")}


def fault_at(room, name, fault, step):
    room.put(name)
    room.first.order(f"fault {fault} at {step}")
    got = room.run()
    room.settle()
    text = f"{name}, {fault} at {step}:"
    want(int(got["ms"]) < LIMIT_MS, f"{text} in time: {got}")
    want(got["kind"] != "ended", f"{text} an answer: {got}")
    return got, text


def case_frame_faults(room):
    """bad answers at every step: refused in time, with a reason"""
    reasons = {}
    for step in STEPS:
        for fault in FRAME_FAULTS:
            got, text = fault_at(room, "rsa", fault, step)
            if (step, fault) in EITHER:
                continue
            if (step, fault) in HARMLESS:
                want_signed(got, text)
                continue
            want(got["kind"] == "failed", f"{text} {got}")
            key = got["reason"]
            reasons[key] = reasons.get(key, 0) + 1
    diag(f"reasons: {reasons}")


def case_certificate_faults(room):
    """certificates that lie: not shown to the worker"""
    for name in ("rsa", "ec"):
        for fault in CERT_FAULTS:
            got, text = fault_at(room, name, fault, "any")
            expected = ("card.notoperator" if fault == "cert-none"
                        else "card.unreadable")
            want_failed(got, expected, text)
            want_same(got["cards"], "0", f"{text} cards shown")


def case_signature_faults(room):
    """false signatures do not verify"""
    for name in ("rsa", "ec"):
        for fault in SIGN_FAULTS:
            got, text = fault_at(room, name, fault, "any")
            want(got["kind"] == "failed" or got["verified"] == "no",
                 f"{text} {got}")


def case_lying_verify(room):
    """a card that takes any PIN, or claims to: its signature decides"""
    room.put("rsa")
    room.first.order("fault verify-lies-ok at verify")
    got = room.run("--pin", "000000")
    want_failed(got, "card.unreadable")
    room.put("rsa")
    room.first.order("fault sw 6983 at verify")
    want_failed(room.run(), "pin.locked", tries="0")


def case_silent(room):
    """silent at every step: ended at the deadline, next login fine"""
    for step in STEPS:
        for fault in HANGS:
            room.put("rsa")
            room.first.order(f"fault {fault} at {step} 1")
            got = room.run("--deadline", "700")
            want_same(got["kind"], "ended", f"{fault} at {step}")
            want(int(got["ms"]) < 1300, f"{fault} at {step}: {got}")
            room.settle()
            room.out()
    room.put("rsa")
    want_signed(room.run())


def case_slow(room):
    """a slow card is no fault"""
    room.put("rsa")
    room.first.order("slow 20 300")
    got = room.run()
    want_signed(got)
    diag(f"RSA, 20 ms an APDU, 300 ms a signature: {got['ms']} ms")
    room.put("ec")
    room.first.order("slow 20 300")
    got = room.run()
    want_signed(got)
    diag(f"P-256: {got['ms']} ms")


# -- the process ------------------------------------------------------------------

def case_hang_up(room):
    """the worker hangs up while the card hangs: the process is gone"""
    room.put("ec")
    room.first.order("fault silent at verify 1")
    client = Client(room, "--deadline", "20000")
    wait_for(lambda: room.first.order("status")["pending"] == "silent", 3,
             "the card hangs")
    want_same(len(room.service.children()), 1, "card processes")
    before = time.monotonic()
    client.kill()
    wait_for(lambda: not room.service.children(), 1, "process gone")
    diag(f"gone {1000 * (time.monotonic() - before):.0f} ms after hang-up")
    want(time.monotonic() - before < 0.3, "within 300 ms")
    room.put("ec")
    want_signed(room.run())


def case_hang_up_at_the_pin(room):
    """the worker hangs up while the person types"""
    room.put("ec")
    client = Client(room, "--ask")
    client.wait_card()
    client.kill()
    wait_for(lambda: not room.service.children(), 0.3, "process gone")


def case_deadline_of_service(room):
    """the accepter's own deadline holds whatever the worker says"""
    room.restart_service("--short-apdus", "--deadline", "1")
    try:
        room.put("ec")
        room.first.order("fault silent at sign 1")
        got = room.run("--deadline", "20000")
        want_same(got["kind"], "ended", "the conversation")
        want(int(got["ms"]) < 1600, f"after one second: {got}")
        room.settle()
    finally:
        room.restart_service("--short-apdus")


def case_accepter_killed(room):
    """accepter killed while the card hangs: the process dies with it"""
    room.put("ec")
    room.first.order("fault silent at verify 1")
    client = Client(room, "--deadline", "20000")
    wait_for(lambda: room.first.order("status")["pending"] == "silent", 3,
             "the card hangs")
    child = room.service.children()[0]
    room.service.process.stop(signal.SIGKILL)
    try:
        wait_for(lambda: gone(child), 1, "card process gone")
        want_same(client.result()["kind"], "ended", "the conversation")
    finally:
        room.restart_service("--short-apdus")
    room.put("ec")
    want_signed(room.run())


def gone(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def proc(pid, name):
    with open(f"/proc/{pid}/{name}", "rb") as f:
        return f.read()


def case_confined(room):
    """a running card process: no right, no environment, tight limits"""
    room.put("ec")
    client = Client(room, "--ask")
    client.wait_card()
    pid = room.service.children()[0]
    status = dict(line.split(":\t", 1) for line in
                  proc(pid, "status").decode().splitlines() if ":\t" in line)
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        want_same(int(status[name], 16), 0, name)
    want_same(status["NoNewPrivs"], "1", "NoNewPrivs")
    want_same(status["Seccomp"], "2", "Seccomp")
    want_same(status["Uid"].split(), [str(UID)] * 4, "Uid")
    want_same(status["Groups"].split(), [], "Groups")
    want_same(proc(pid, "environ").strip(b"\0"), b"", "environ")
    limits = {line[:26].strip(): line[26:].split()[:2] for line in
              proc(pid, "limits").decode().splitlines()[1:]}
    for name, value in (("Max core file size", "0"),
                        ("Max file size", "0"), ("Max processes", "0"),
                        ("Max open files", "16"), ("Max cpu time", "5")):
        want_same(limits[name], [value, value], name)
    want(int(limits["Max address space"][0]) > 0, "Max address space")
    want(b"jukinet-card" in proc(pid, "cmdline"), "cmdline")
    client.go()
    want_signed(client.result())
    with open(room.service.process.path) as f:
        want("cannot" not in f.read(), "nothing to complain in the log")


def memory_holds(pid, text):
    """How often in what the process can read and write."""
    found = 0
    with open(f"/proc/{pid}/maps") as maps, \
            open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            area, mode = line.split()[:2]
            if not mode.startswith("rw") or "[v" in line:
                continue
            start, end = (int(x, 16) for x in area.split("-"))
            if end - start > 1 << 30:
                continue  # a sanitizer's shadow
            mem.seek(start)
            try:
                found += mem.read(end - start).count(text)
            except OSError:
                continue
    return found


def case_pin_is_gone(room):
    """no PIN in card process or accepter once VERIFY was answered"""
    pin = b"83016947"
    for step, expected in (("verify", True), ("sign", False)):
        room.put("pin")
        room.first.order(f"fault silent at {step} 1")
        client = Client(room, "--pin", pin.decode(), "--deadline", "3000")
        wait_for(lambda: room.first.order("status")["pending"] == "silent",
                 3, "the card hangs")
        child = room.service.children()[0]
        # While VERIFY is under way it is there: the search can find.
        want_same(memory_holds(child, pin) > 0, expected, f"PIN at {step}")
        want_same(memory_holds(room.service.pid, pin), 0, "in the accepter")
        client.kill()
        room.settle()
    room.put("pin")
    want_signed(room.run("--pin", pin.decode()))
    for name in ("service.log", "pcscd.log"):
        with open(os.path.join(room.folder, name), "rb") as f:
            want(pin not in f.read(), f"no PIN in {name}")


def case_root_refused(room):
    """it does not run as root"""
    done = subprocess.run([room.card_program, "--socket", "/run/x.sock"],
                          capture_output=True, text=True, timeout=10)
    want_same(done.returncode, 1, "exit status")
    want("as root" in done.stderr, done.stderr)


def case_bad_frames(room):
    """nonsense on the socket ends the conversation, not the service"""
    packets = (b"", b"\1", b"\1\x20", b"\2\x20\5\0\x08" + bytes(8),
               b"\1\x24", b"\1\x20\5\0\2\0\1\6\0\2\0\1", b"\xff" * 4096,
               # DEADLINE_MS of 2^63
               b"\1\x20\5\0\x08\x80" + bytes(7) + b"\6\0\x08" + bytes(8),
               b"\1\x20\5\0\x08" + bytes(8) + b"\6\0\x08" + bytes(8))
    room.out()
    for packet in packets:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            s.connect(SOCKET)
            s.settimeout(3)
            s.send(packet)
            want_same(s.recv(100), b"", f"after {packet[:8].hex()}")
        room.settle()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.connect(SOCKET)
        s.settimeout(3)
        want_same(s.recv(100), b"", "after two silent seconds")
    room.put("ec")
    want_signed(room.run())


# -- TAP -------------------------------------------------------------------------

def run_cases(room, names):
    cases = [(n, f) for n, f in globals().items() if n.startswith("case_") and
             (not names or n in names)]
    bad = 0
    print(f"1..{len(cases)}", flush=True)
    for number, (name, function) in enumerate(cases, 1):
        title = function.__doc__.splitlines()[0]
        began = time.monotonic()
        try:
            function(room)
            room.settle()
            print(f"ok {number} - {title}", flush=True)
        except Exception as e:  # the next case is worth a try
            bad += 1
            print(f"not ok {number} - {title}", flush=True)
            diag(f"{name}: {type(e).__name__}: {e}")
        while room.clients:
            room.clients.pop().kill()
        if os.environ.get("CARD_TEST_TIMES"):
            diag(f"{name}: {time.monotonic() - began:.1f} s")
    return 1 if bad else 0


def skip(reason):
    print(f"1..0 # SKIP {reason}")
    return 0


def outside(argv):
    if os.geteuid() != 0:
        return skip("needs root")
    missing = [t for t in TOOLS if shutil.which(t) is None]
    missing += [p for p in argv[1:5] + [DRIVER] if not os.path.exists(p)]
    if missing:
        return skip("missing: " + ", ".join(missing))
    return subprocess.call(
        ["unshare", "--mount", "--net", "--propagation", "private",
         sys.executable, argv[0], "--inside", *argv[1:]])


def inside(argv, run):
    """run(room) in a room of its own."""
    loopback_up()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    os.mkdir("/run/pcscd")
    os.mkdir("/run/jukinet", 0o755)
    os.chown("/run/jukinet", UID, UID)
    os.environ.pop("PCSCLITE_CSOCK_NAME", None)
    folder = tempfile.mkdtemp(prefix="jukinet-card-test-")
    room = None
    try:
        room = Room(argv, folder)
        return run(room)
    finally:
        if room is not None:
            room.stop()
        if not os.environ.get("CARD_TEST_KEEP"):
            shutil.rmtree(folder)


def main(argv):
    if argv[1:2] == ["--inside"]:
        return inside(argv[2:6], lambda room: run_cases(room, argv[6:]))
    if len(argv) < 5:
        print(__doc__, file=sys.stderr)
        return 2
    return outside(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
