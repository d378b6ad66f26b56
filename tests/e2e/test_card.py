#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""jukinet-card behind Debian's pcscd with virtual cards.

    test_card.py BUILD_DIR [TEST...]

What is tried at every place of a conversation is tried here at some; tests/fault/test_card_faults.py has all.
"""

import contextlib
import os
import shlex
import socket
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
SUPPORT = os.path.join(HERE, "..", "support")
sys.path.insert(0, SUPPORT)

from world import World, missing, procs, scard, tap     # noqa: E402
from world.pcsc import SOCKET as PCSCD_SOCKET           # noqa: E402
from world.process import PATIENCE, Deadline            # noqa: E402
from world.services import SERVICES                     # noqa: E402
from world.tap import check as want, comment as diag    # noqa: E402

NOBODY = 65534
SELECT = bytes.fromhex("00a4040009a00000030800001000")
RSA_APDUS, EC_APDUS, EXTENDED_APDUS = 11, 9, 6
# SELECT, CHUID, the certificate in four, tries
AGAIN_APDUS = 7
CARDS = {
    "rsa": {"slots": 1}, "ec": {"key": "p256", "slots": 1}, "ec2": {"key": "p256", "slots": 1},
    "tries": {"key": "p256", "slots": 1}, "pin": {"key": "p256", "slots": 1, "pin": "83016947"},
}


def want_same(got, expected, text):
    want(got == expected, f"{text}: {got!r}, not {expected!r}")


def wait_for(condition, seconds, text):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.005)
    raise Deadline(f"not within {seconds} s: {text}")


def parse_line(line):
    words = shlex.split(line)
    result = dict(word.partition("=")[::2] for word in words[1:])
    result["kind"] = words[0] if words else "nothing"
    return result


class Client:
    """One attempt under way."""

    def __init__(self, room, *options):
        self.talk = room.world.converse([room.client_program, "--socket", room.service.path, *room.options, *options])
        room.clients.append(self)

    def wait_card(self):
        want_same(self.talk.hear(), "card", "before the PIN")

    def wait_waiting(self):
        """With --tell: it waits for a card."""
        want_same(self.talk.hear(), "waiting", "while there is no card")

    def go(self):
        self.talk.say("go")

    def result(self):
        return parse_line(self.talk.finish().strip().split("\n")[-1])

    def kill(self):
        self.talk.kill()


class Room:
    """One pcscd, two cards' places, and a service for all tests."""

    options: tuple[str, ...] = ()       # of every attempt

    def __init__(self, build):
        table = [one for one in SERVICES if one.name == "card"]
        self.world = World("card", build, audit=False, table=table)
        self.client_program = os.path.join(build, "tests/support/card-client")
        self.clients = []

    def __enter__(self):
        self.world.open()
        try:
            self.furnish()
        except BaseException:
            self.world.close()
            raise
        return self

    def __exit__(self, *_):
        self.world.close()

    def furnish(self):
        os.environ["PCSCLITE_CSOCK_NAME"] = self.world.space.path(PCSCD_SOCKET)
        for path in (f"{SUPPORT}/world/scard.py", f"{HERE}/neighbour.py"):
            with open(path, "rb") as file:
                self.world.space.write(f"/tmp/{os.path.basename(path)}", file.read())
        self.made = {name: self.world.cards.make(name, **options) for name, options in CARDS.items()}
        self.pcscd = self.world.pcscd
        port = self.pcscd.readers[0].port
        self.cards = [self.world.cards.put("rsa", port + slot, insert=False) for slot in (0, 1)]
        self.first, self.second = self.cards
        self.service = self.world.services.card
        self.service.extra_environment = {"PATH": "/usr/bin", "SECRET_OF_TEST": "74920183",
                                          "PCSCLITE_CSOCK_NAME": "/nonexistent"}
        self.service.start("--short-apdus")

    def report(self):
        return self.world.report()

    def after(self):
        """Also after the last conversation the service is as before."""
        try:
            self.settle()
        finally:
            while self.clients:
                self.clients.pop().kill()

    def cert(self, name):
        return f"{self.made[name].directory}/9a.pem"

    def children(self):
        """Dead ones that nobody has waited for are counted too."""
        return [one.pid for one in procs.descendants(self.service.pid)]

    def present(self):
        """For each reader whether pcscd sees a card in it."""
        client = scard.Client()
        try:
            return [bool(client.state(reader) & scard.PRESENT) for reader in client.readers()]
        finally:
            client.close()

    def put(self, first=None, second=None):
        """Good cards, seen by pcscd; whatever happened before."""
        names = (first, second)
        if not self.in_order([name is not None for name in names]):
            self.out()
            for card, name in zip(self.cards, names):
                if name is not None:
                    card.insert(self.made[name])
            wait_for(lambda: self.present() == [bool(name) for name in names], PATIENCE, "pcscd sees the cards")
        for card, name in zip(self.cards, names):
            card.clear()
            card.slow(0, 0)
            card.remove_at(0)
            if name is not None:
                if card.made is not self.made[name]:
                    card.change(self.made[name])
                card.set_tries(3)
                card.reset_count()

    def in_order(self, wanted):
        """Whether cards are where they should be, whichever, and nothing hangs."""
        for card, there in zip(self.cards, wanted):
            status = card.status()
            if status["pending"] != "none" or (status["inserted"] == "yes") != there:
                return False
        return self.present() == wanted

    def out(self):
        for card in self.cards:
            card.clear()
            card.slow(0, 0)
            card.remove_at(0)
            card.wait_until(pending="none")
            card.remove()
        try:
            wait_for(lambda: self.present() == [False, False], 4, "empty")
        except Deadline:
            # vpcd can lose itself after a card that went in mid-command.
            diag("pcscd does not see the cards go: restarted")
            self.pcscd.restart()
            wait_for(lambda: self.present() == [False, False], PATIENCE, "pcscd sees empty readers")

    def run(self, *options):
        return Client(self, *options).result()

    def let_go(self):
        """Until the card process holds the card no longer: it does so for a PIN that is at hand."""
        other = scard.Client()
        other.connect(other.with_card())
        other.call("SCardBeginTransaction", other.card)
        other.call("SCardEndTransaction", other.card, scard.LEAVE)
        other.disconnect()
        other.close()

    def settle(self):
        """No card process is left over, and the service lives."""
        wait_for(lambda: not self.children(), PATIENCE, "no card process")
        want(self.service.alive, "the service lives")

    def other(self, what, uid=NOBODY):
        return self.world.converse([sys.executable, "-B", "-I", "/tmp/neighbour.py", what], uid=uid)


def want_signed(got, text=""):
    want(got["kind"] == "signed" and got["verified"] == "yes",
         f"{text} signed and verified: {got}")


def want_failed(got, reason, text="", tries=None):
    want(got["kind"] == "failed" and got["reason"] == reason,
         f"{text} failed with {reason}: {got}")
    if tries is not None:
        want_same(got["tries"], tries, f"{text} tries")


def count(card):
    return card.counters()["apdus"]


# -- the main job -------------------------------------------------------

def test_rsa(room):
    """RSA-2048: signed and verified with exactly 11 APDUs"""
    room.put("rsa")
    got = room.run()
    want_signed(got)
    want_same(got["tries"], "3", "tries")
    want_same(count(room.first), RSA_APDUS, "APDUs")


def test_p256(room):
    """P-256: signed and verified with exactly 9 APDUs"""
    room.put("ec")
    want_signed(room.run())
    want_same(count(room.first), EC_APDUS, "APDUs")


def test_known_card(room):
    """a card that is known by its identity: 7 and 5 APDUs with the PIN at hand, 8 and 6 when it is typed"""
    for name, at_hand in (("rsa", 7), ("ec", 5)):
        room.put(name)
        want_signed(room.run("--known", "--cert", f"{room.made[name].directory}/9a.pem"), name)
        want_same(count(room.first), at_hand, f"APDUs, {name}")
        room.put(name)
        client = Client(room, "--known", "--cert", f"{room.made[name].directory}/9a.pem", "--ask")
        client.wait_card()
        room.let_go()
        client.go()
        want_signed(client.result(), name)
        want_same(count(room.first), at_hand + 1, f"APDUs of {name}, typed")


def test_extended(room):
    """extended length where card and reader have it: 6 APDUs each"""
    room.service.restart()
    try:
        for name in ("rsa", "ec"):
            room.put(name)
            want_signed(room.run(), name)
            want_same(count(room.first), EXTENDED_APDUS, f"APDUs, {name}")
    finally:
        room.service.restart("--short-apdus")


def test_extended_refused(room):
    """a card that announces extended length and then cannot: short form"""
    room.service.restart()
    try:
        for fault in ("sw 6700", "truncated", "garbage", "onebyte"):
            room.put("rsa")
            room.first.fault(fault, "getdata", 1)
            want_signed(room.run("--wait", "2000"), fault)
    finally:
        room.service.restart("--short-apdus")


def test_card_comes_later(room):
    """a card that is put in while the process waits"""
    room.out()
    client = Client(room, "--deadline", "30000", "--wait", "29000", "--tell")
    client.wait_waiting()
    room.first.insert(room.made['ec'])
    got = client.result()
    want_signed(got)
    want_same(got["waiting"], "2", "WAITING once, with the readers")


def test_two_readers(room):
    """two cards: the right one is found by its certificate"""
    room.put("rsa", "ec")
    got = room.run("--cert", room.cert("ec"))
    want_signed(got)
    want(got["reader"].endswith("01"), f"second slot: {got}")
    want_same(got["cards"], "2", "cards shown")
    want_same(room.first.counters()["pin-tries"], 3,
              "tries of the other card")
    room.put("rsa", "ec")
    want_signed(room.run("--cert", room.cert("rsa")))


def test_second_readable(room):
    """an unreadable card does not hide the right one"""
    room.put("rsa", "ec")
    room.first.fault("garbage", "any")
    want_signed(room.run("--cert", room.cert("ec")))
    room.put("rsa", "ec")
    room.first.fault("sw 6a82", "select")
    want_signed(room.run("--cert", room.cert("ec")))


def test_all_next(room):
    """no card is the right one: card.unknown, and nobody's PIN is spent"""
    room.put("rsa", "ec")
    got = room.run("--none")
    want_failed(got, "card.unknown")
    want_same(got["cards"], "2", "cards shown")
    for card in room.cards:
        want_same(card.counters()["pin-tries"], 3, "tries")


# -- the PIN ---------------------------------------------------------------

def test_wrong_pin(room):
    """wrong PIN: tries left are told; the last but one says so; then locked"""
    room.put("tries")
    want_failed(room.run("--pin", "000000"), "pin.wrong", tries="2")
    want_failed(room.run("--pin", "000000"), "pin.wrong.last", tries="1")
    want_failed(room.run("--pin", "000000"), "pin.locked", tries="0")
    room.first.reset_count()
    want_failed(room.run("--pin", "123456"), "pin.locked", tries="0")
    want("verify" not in commands(room.first), "no VERIFY to a blocked card")


def commands(card):
    """Names of the commands since the count was reset."""
    names = []
    for _time, number, name, *_rest in map(str.split, card.apdus().splitlines()):
        if number == "1":
            names = []
        if number != "-":
            names.append(name)
    return names


def test_blocked(room):
    """a blocked card: pin.locked without a VERIFY"""
    room.put("rsa")
    room.first.block_pin()
    want_failed(room.run(), "pin.locked", tries="0")
    # SELECT, tries, certificate 1 + 3, and the second SELECT
    want_same(count(room.first), 7, "APDUs")


def test_last_try_kept(room):
    """the last try is kept where the worker says so"""
    room.put("rsa")
    room.first.set_tries(1)
    want_failed(room.run("--keep", "1"), "pin.last", tries="1")
    want_same(room.first.counters()["pin-tries"], 1, "tries")
    want_signed(room.run("--keep", "0"))
    room.first.set_tries(2)
    want_signed(room.run("--keep", "1"))


def test_malformed_pin(room):
    """PINs that no PIV card takes are not sent"""
    room.put("rsa")
    for pin in ("", "123456789", "1" * 64):
        want_failed(room.run("--pin", pin), "pin.malformed")
    want_same(room.first.counters()["pin-tries"], 3, "tries")


def test_one_verify(room):
    """VERIFY is sent once even when it is not understood"""
    for fault in ("sw 6f00", "truncated", "garbage", "onebyte"):
        room.put("rsa")
        room.first.fault(fault, "verify")
        want_failed(room.run(), "card.unreadable", fault)
        want(count(room.first) <= 8, f"no APDU after VERIFY, {fault}")


# -- nothing there ---------------------------------------------------------

def test_no_card(room):
    """no card in time: card.none, after the time to wait"""
    room.out()
    before = cpu_ms(room)
    got = room.run("--wait", "600")
    want_failed(got, "card.none")
    want_same(got["waiting"], "2", "WAITING")
    want(int(got["ms"]) >= 600, f"waited: {got}")
    want(cpu_ms(room) - before < 200, "waiting costs no time")


def cpu_ms(room):
    """User and system time of the service's children that have ended."""
    with open(f"/proc/{room.service.pid}/stat") as f:
        words = f.read().rsplit(")", 1)[1].split()
    return (int(words[13]) + int(words[14])) * 10


def test_no_reader(room):
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


def test_pcscd_down(room):
    """pcscd down: reader.down; one that starts within a second is used"""
    room.put("ec")
    room.pcscd.stop()
    try:
        want_failed(room.run(), "reader.down")
        client = Client(room)
        time.sleep(0.1)
    finally:
        room.pcscd.start()
    got = client.result()
    want_signed(got)


def test_pcscd_dies(room):
    """pcscd killed while waiting, before and after the PIN"""
    room.out()
    client = Client(room, "--deadline", "30000", "--wait", "29000", "--tell")
    client.wait_waiting()
    room.pcscd.kill()
    want_failed(client.result(), "reader.down", "waiting")
    room.pcscd.start()
    room.put("ec")
    client = Client(room, "--ask")
    client.wait_card()
    room.pcscd.kill()
    client.go()
    want_failed(client.result(), "reader.down", "at the PIN")
    room.pcscd.start()
    room.put("ec")
    room.first.slow(0, 1500)
    client = Client(room, "--deadline", "30000")
    wait_for(lambda: "sign" in commands(room.first), PATIENCE, "the signature to begin")
    room.pcscd.kill()
    want_failed(client.result(), "reader.down", "at the signature")
    room.pcscd.start()


def test_pcscd_stopped(room):
    """pcscd stopped at every stage: reader.down at the deadline; then all is well"""
    for stage in ("start", "waiting", "PIN"):
        room.put("ec")
        if stage == "waiting":
            room.out()
        client = Client(room, "--ask", "--tell", "--deadline", "2500", "--wait", "2400") if stage != "start" else None
        if stage == "PIN":
            client.wait_card()
            room.let_go()
        elif stage == "waiting":
            client.wait_waiting()
        room.pcscd.sigstop()
        try:
            if client is None:
                client = Client(room, "--deadline", "800")
            elif stage == "PIN":
                client.go()
            got = client.result()
        finally:
            room.pcscd.sigcont()
        want_failed(got, "reader.down", stage)
        room.settle()
    room.put("ec")
    want_signed(room.run())


def test_pcscd_restarts(room):
    """pcscd restarted while waiting: the card is found all the same"""
    room.out()
    client = Client(room, "--deadline", "30000", "--wait", "29000", "--tell")
    client.wait_waiting()
    room.pcscd.stop()
    room.pcscd.start()
    room.first.insert(room.made['ec'])
    want_signed(client.result())


# -- the card goes ----------------------------------------------------------

def removal_at(room, name, n):
    room.put(name)
    room.first.remove_at(n)
    got = room.run()
    want_failed(got, "card.removed", f"{name}, APDU {n}:")
    room.settle()
    return got


def removed(room, places):
    """Card pulled: card.removed, no process left."""
    worst = max(int(removal_at(room, name, place)["ms"]) for name, place in places)
    diag(f"{len(places)} places, slowest refusal {worst} ms")
    room.put("rsa")
    want_signed(room.run())


def test_removed(room):
    """pulled at some APDUs: the first, the certificate, VERIFY"""
    removed(room, (("ec", 1), ("rsa", 5), ("ec", EC_APDUS - 1)))


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
        before = room.first.counters()["pin-tries"] if back else 3
        client.go()
        got = client.result()
        want(got["kind"] == "failed" and got["reason"] == "card.removed",
             f"put back {back}: {got}")
        if back is not None:
            want_same(room.first.counters()["pin-tries"], before,
                      "tries")


# -- other programs -----------------------------------------------------------

def test_reset_at_the_pin(room):
    """another program resets the card between certificate and PIN"""
    for name, all_of_it in (("rsa", RSA_APDUS), ("ec", EC_APDUS)):
        room.put(name)
        client = Client(room, "--ask")
        client.wait_card()
        want_same(reset(room), 0, "reset done")
        client.go()
        want_signed(client.result(), name)
        want_same(count(room.first), all_of_it + AGAIN_APDUS, "APDUs with tries and certificate read again")


def test_other_card_after_reset(room):
    """after a reset another certificate shows: no PIN for that card"""
    room.put("ec")
    client = Client(room, "--ask")
    client.wait_card()
    want_same(reset(room), 0, "reset done")
    room.first.fault(f"cert-of {room.made['ec2'].directory}", "any")
    client.go()
    want_failed(client.result(), "card.removed")
    want("verify" not in commands(room.first), "no VERIFY")
    want_same(room.first.counters()["pin-tries"], 3, "tries")


def test_spent_tries_after_reset(room):
    """after a reset the tries left are read again before the PIN is risked"""
    room.put("rsa")
    client = Client(room, "--ask", "--keep", "1")
    client.wait_card()
    room.first.set_tries(1)
    want_same(reset(room), 0, "reset done")
    client.go()
    want_failed(client.result(), "pin.last", tries="1")


def test_spent_tries_without_reset(room):
    """tries that others spent while a person typed, and left no reset behind, are seen before the PIN is risked"""
    for left, reason in (("1", "pin.last"), ("0", "pin.locked")):
        room.put("rsa")
        room.first.set_tries(2)
        client = Client(room, "--ask", "--keep", "1")
        client.wait_card()
        room.let_go()
        room.first.set_tries(int(left))
        client.go()
        want_failed(client.result(), reason, tries=left)
        want("verify" not in commands(room.first), "no VERIFY of a PIN")


KEEPERS = ("exclusive", "hold")


@contextlib.contextmanager
def kept(room, how):
    """Another user's program has the card for itself."""
    other = room.other(how)
    want_same(other.hear(), "held", "other program")
    try:
        yield other
    finally:
        other.finish()


def test_kept_for_ever(room):
    """a program that keeps the card: told after 2 s, card.busy at the deadline, no process left"""
    for how in KEEPERS:
        room.put("ec")
        with kept(room, how):
            got = room.run("--deadline", "4500")
            want_failed(got, "card.busy", how)
            want(1900 < int(got["busy"]), f"{how}: told after a while: {got}")
            want(4000 < int(got["ms"]), f"{how}: at the deadline: {got}")
            room.settle()
        want_signed(room.run(), how)


def test_kept_too_short_to_tell(room):
    """a deadline before anybody is told"""
    for how in KEEPERS:
        room.put("ec")
        with kept(room, how):
            got = room.run("--deadline", "1000")
            want_failed(got, "card.busy", how)
            want_same(got["busy"], "-", f"{how}: told")
        want_signed(room.run(), how)


def test_kept_for_a_while(room):
    """the login goes on at once when the other program lets go"""
    for how in KEEPERS:
        room.put("ec")
        with kept(room, how) as other:
            client = Client(room, "--deadline", "30000")
            time.sleep(5)
            begun = time.monotonic()
            other.finish()
            got = client.result()
            took = time.monotonic() - begun
        want_signed(got, how)
        diag(f"{how}: signed {took * 1000:.0f} ms after the other had let go")
        want(1900 < int(got["busy"]), f"{how}: told: {got}")


def test_kept_while_the_pin_is_typed(room):
    """the same between the two transactions"""
    room.put("ec")
    client = Client(room, "--deadline", "30000", "--ask")
    client.wait_card()
    room.let_go()
    with kept(room, "hold") as other:
        client.go()
        time.sleep(4)
        other.finish()
        got = client.result()
    want_signed(got)
    want(got["busy"] != "-", f"told: {got}")


def test_kept_beside_another_reader(room):
    """a card that others keep does not hide the one in the other reader"""
    for how in KEEPERS:
        room.put("rsa", "ec")
        with kept(room, how):
            got = room.run("--cert", room.cert("ec"))
            want_signed(got, how)
            want_same(got["busy"], "-", f"{how}: told")


def test_kept_and_cancelled(room):
    """whoever waits for others ends as soon as jukinetd hangs up"""
    for how in KEEPERS:
        room.put("ec")
        with kept(room, how):
            client = Client(room, "--deadline", "60000")
            time.sleep(0.5)
            want_same(len(room.children()), 1, "card processes")
            begun = time.monotonic()
            client.kill()
            wait_for(lambda: not room.children(), PATIENCE, "no card process")
            took = time.monotonic() - begun
            diag(f"{how}: ended {took * 1000:.0f} ms after the worker")


def test_nothing_left_behind(room):
    """nobody signs right after: login, wrong PIN, bad signature, death"""
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
        wait_for(lambda: "sign" in commands(room.first), PATIENCE, "the signature to begin")
        client.kill()
        room.settle()
        check_thief(room)
        watcher.disconnect()
        watcher.close()


def reset(room):
    """The exit status of a program that resets the card."""
    other = room.other("reset")
    other.finish()
    return other.process.wait()


def steal(room):
    """The status words that a program of nobody gets for a signature."""
    thief = room.other("steal")
    out = thief.finish()
    want_same(thief.process.wait(), 0, "the thief ran")
    return out.split()


def robbed(words):
    return any(w == "9000" or w.startswith("61") for w in words)


def check_thief(room):
    words = steal(room)
    want(words and not robbed(words), f"no signature: {words}")


def test_thief_can_steal(room):
    """control: from a card that is left verified nobody does sign"""
    room.put("ec")
    careless = scard.Client()
    careless.connect(careless.with_card())
    careless.transmit(SELECT)
    careless.transmit(b"\x00\x20\x00\x80\x08123456\xff\xff")
    words = steal(room)
    careless.disconnect(scard.RESET)
    careless.close()
    want(robbed(words), f"a signature: {words}")


def hammered(room, what, logins):
    """The other program gets three tries for each login. How long they take nobody knows: pcscd and its library look
    every 100 ms whether a transaction of somebody else is over."""
    room.put("ec")
    room.first.slow(5, 60)
    thief = room.other(what)
    want_same(thief.hear(), "began", "the other program")
    results = []
    for _ in range(logins):
        thief.say()
        results.append(room.run("--deadline", "10000"))
        time.sleep(0.15)
        want_same(thief.hear(), "tried", "the other program")
    tries, stolen = (int(n) for n in thief.finish().split())
    bad = [r for r in results if r["kind"] != "signed"]
    diag(f"{what}: {logins} logins, {len(bad)} refused; {tries} tries, "
         f"{stolen} signatures; slowest login "
         f"{max(int(r['ms']) for r in results)} ms")
    want(tries > 2 * logins, "the other program was busy")
    want_same(stolen, 0, "signatures")
    want(len(bad) <= 1, f"logins refused: {bad}")


def test_hammer_sign(room):
    """nobody tries to sign all the time, with pauses: never a signature"""
    hammered(room, "hammer", 4)


def test_hammer_reset(room):
    """nobody resets the card all the time, with pauses: logins go on"""
    hammered(room, "hammer-reset", 4)


# -- faults --------------------------------------------------------------------

STEPS = ("select", "verify-status", "chuid", "getdata", "getresponse", "verify",
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
            ("verify", "garbage-ok"),
            # A card without a CHUID has its certificate read.
            *(("chuid", fault) for fault in FRAME_FAULTS if fault not in ("onebyte", "flood"))}
# Depends on what was selected before.
EITHER = {("select", "sw 9000")}


def fault_at(room, name, fault, step):
    room.put(name)
    room.first.fault(fault, step)
    got = room.run()
    room.settle()
    text = f"{name}, {fault} at {step}:"
    want(got["kind"] != "ended", f"{text} an answer: {got}")
    return got, text


def frame_faults(room, pairs):
    """Refused in time, with a reason."""
    reasons = {}
    for step, fault in pairs:
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


def test_frame_faults(room):
    """some bad answers at every step, and each of them at some"""
    frame_faults(room, [(step, fault) for at, step in enumerate(STEPS) for number, fault in enumerate(FRAME_FAULTS)
                        if (at + number) % 5 == 0])


def test_certificate_faults(room):
    """certificates that lie: not shown to the worker"""
    for name in ("rsa", "ec"):
        for fault in CERT_FAULTS:
            got, text = fault_at(room, name, fault, "any")
            expected = ("card.notoperator" if fault == "cert-none"
                        else "card.unreadable")
            want_failed(got, expected, text)
            want_same(got["cards"], "0", f"{text} cards shown")


def test_signature_faults(room):
    """false signatures do not verify"""
    for name in ("rsa", "ec"):
        for fault in SIGN_FAULTS:
            got, text = fault_at(room, name, fault, "any")
            want(got["kind"] == "failed" or got["verified"] == "no",
                 f"{text} {got}")


def test_lying_verify(room):
    """a card that takes any PIN, or claims to: its signature decides"""
    room.put("rsa")
    room.first.fault("verify-lies-ok", "verify")
    got = room.run("--pin", "000000")
    want_failed(got, "card.unreadable")
    room.put("rsa")
    room.first.fault("sw 6983", "verify")
    want_failed(room.run(), "pin.locked", tries="0")


def silent(room, pairs):
    """A card that says nothing: card.silent at the deadline, next login fine."""
    for step, fault in pairs:
        room.put("rsa")
        room.first.fault(fault, step, 1)
        got = room.run("--deadline", "700")
        want_failed(got, "card.silent", f"{fault} at {step}")
        room.settle()
        room.out()
    room.put("rsa")
    want_signed(room.run())


def test_silent(room):
    """silent at the signature: card.silent at the deadline, next login fine"""
    silent(room, (("sign", "silent"),))


def test_slow(room):
    """a slow card is no fault"""
    room.put("rsa")
    room.first.slow(20, 300)
    got = room.run()
    want_signed(got)
    diag(f"RSA, 20 ms an APDU, 300 ms a signature: {got['ms']} ms")
    room.put("ec")
    room.first.slow(20, 300)
    got = room.run()
    want_signed(got)
    diag(f"P-256: {got['ms']} ms")


# -- the process ------------------------------------------------------------------

def test_hang_up(room):
    """the worker hangs up while the card hangs: the process is gone"""
    room.put("ec")
    room.first.fault("silent", "verify", 1)
    client = Client(room, "--deadline", "60000")
    wait_for(lambda: room.first.status()["pending"] == "silent", PATIENCE,
             "the card hangs")
    want_same(len(room.children()), 1, "card processes")
    before = time.monotonic()
    client.kill()
    wait_for(lambda: not room.children(), PATIENCE, "process gone")
    diag(f"gone {1000 * (time.monotonic() - before):.0f} ms after hang-up")
    room.put("ec")
    want_signed(room.run())


def test_hang_up_at_the_pin(room):
    """the worker hangs up while the person types"""
    room.put("ec")
    client = Client(room, "--ask", "--deadline", "60000")
    client.wait_card()
    client.kill()
    wait_for(lambda: not room.children(), PATIENCE, "process gone")


def test_deadline_of_service(room):
    """the accepter's own deadline holds whatever the worker says"""
    room.service.restart("--short-apdus", "--deadline", "1")
    try:
        room.put("ec")
        room.first.fault("silent", "sign", 1)
        got = room.run("--deadline", "60000")
        want_same(got["kind"], "ended", "the conversation")
        want(int(got["ms"]) < 60000, f"before the worker's own: {got}")
        room.settle()
    finally:
        room.service.restart("--short-apdus")


def test_accepter_killed(room):
    """accepter killed while the card hangs: the process dies with it"""
    room.put("ec")
    room.first.fault("silent", "verify", 1)
    client = Client(room, "--deadline", "60000")
    wait_for(lambda: room.first.status()["pending"] == "silent", PATIENCE,
             "the card hangs")
    child = room.children()[0]
    room.service.kill()
    try:
        wait_for(lambda: gone(child), PATIENCE, "card process gone")
        want_same(client.result()["kind"], "ended", "the conversation")
    finally:
        room.service.start("--short-apdus")
    room.put("ec")
    want_signed(room.run())


def gone(pid):
    seen = procs.look(pid)
    return seen is None or not seen.alive


def proc(pid, name):
    with open(f"/proc/{pid}/{name}", "rb") as f:
        return f.read()


def test_confined(room):
    """a running card process: no right, no environment, tight limits"""
    room.put("ec")
    room.service.stop()
    room.service.start_by_hand("--short-apdus")
    try:
        confined(room)
    finally:
        room.service.restart("--short-apdus")


def confined(room):
    client = Client(room, "--ask")
    client.wait_card()
    pid = room.children()[0]
    status = dict(line.split(":\t", 1) for line in
                  proc(pid, "status").decode().splitlines() if ":\t" in line)
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        want_same(int(status[name], 16), 0, name)
    want_same(status["NoNewPrivs"], "1", "NoNewPrivs")
    want_same(status["Seccomp"], "2", "Seccomp")
    want_same(status["Uid"].split(), [str(room.service.account.uid)] * 4, "Uid")
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
    want("cannot" not in room.service.stderr(), "nothing to complain in the log")


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


def test_pin_is_gone(room):
    """no PIN in card process or accepter once VERIFY was answered"""
    pin = b"83016947"
    for step, expected in (("verify", True), ("sign", False)):
        room.put("pin")
        room.first.fault("silent", step, 1)
        client = Client(room, "--pin", pin.decode(), "--deadline", "30000")
        wait_for(lambda: room.first.status()["pending"] == "silent",
                 PATIENCE, "the card hangs")
        child = room.children()[0]
        # While VERIFY is under way it is there: the search can find.
        want_same(memory_holds(child, pin) > 0, expected, f"PIN at {step}")
        want_same(memory_holds(room.service.pid, pin), 0, "in the accepter")
        client.kill()
        room.settle()
    room.put("pin")
    want_signed(room.run("--pin", pin.decode()))
    for one in (room.service, room.pcscd):
        want(pin.decode() not in one.stderr(), f"no PIN in the log of {one.name}")


def test_root_refused(room):
    """it does not run as root"""
    done = room.world.run([room.service.binary, "--socket", "/run/x.sock"])
    want_same(done.status, 1, "exit status")
    want("as root" in done.stderr, done.stderr)


def test_reader_without_keys(room):
    """a PIN by the keys of a reader that has none, or also in the frame: no VERIFY, and the end"""
    room.put("ec")
    for options in (("--pad",), ("--pad", "--pin", "123456")):
        room.first.reset_count()
        want_same(room.run(*options)["kind"], "ended", f"{options}: the conversation")
        want("verify" not in commands(room.first), f"{options}: VERIFY was sent")
        room.settle()
    want_signed(room.run())


def test_bad_frames(room):
    """nonsense on the socket ends the conversation, not the service"""
    packets = (b"", b"\1", b"\1\x20", b"\2\x20\5\0\x08" + bytes(8),
               b"\1\x24", b"\1\x20\5\0\2\0\1\6\0\2\0\1", b"\xff" * 4096,
               # DEADLINE_MS of 2^63
               b"\1\x20\5\0\x08\x80" + bytes(7) + b"\6\0\x08" + bytes(8),
               b"\1\x20\5\0\x08" + bytes(8) + b"\6\0\x08" + bytes(8))
    path = room.world.space.path(room.service.path)
    room.out()
    for packet in packets:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            s.connect(path)
            s.settimeout(PATIENCE)
            s.send(packet)
            want_same(s.recv(100), b"", f"after {packet[:8].hex()}")
        room.settle()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.connect(path)
        s.settimeout(PATIENCE)
        want_same(s.recv(100), b"", "after two silent seconds")
    room.put("ec")
    want_signed(room.run())


if __name__ == "__main__":
    directory = tap.build_directory()
    tap.main(missing(programs=("setpriv",), audit=False, build=directory), room=lambda: Room(directory))
