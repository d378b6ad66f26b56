#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tests of the reader with a PIN pad behind Debian's pcscd, and of OpenSC with it.

    test_pinpad.py BUILD_DIR [TEST...]
"""

from __future__ import annotations

import dataclasses
import os
import struct
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from world import World, missing, scard, tap                # noqa: E402
from world.pcsc import SOCKET, pinpad_driver                # noqa: E402

BUILD = tap.build_directory()
PIN, OTHER, NEW = "123456", "654321", "24680135"
VERIFY, MODIFY, PROPERTIES, TLV = 0x06, 0x07, 0x0A, 0x12
SELECT = bytes.fromhex("00a404000ba00000030800001000010000")
STATUS = bytes.fromhex("00200080")
OPENSC = """app default {
    reader_driver pcsc { enable_pinpad = %s; }
    framework pkcs15 { use_file_caching = no; }
}
"""


@dataclasses.dataclass(frozen=True)
class Verify:
    """PIN_VERIFY_STRUCTURE for a PIV card, unless told otherwise."""

    timeout: int = 5
    timeout2: int = 0
    format: int = 0x82              # bytes, position 0, left, ASCII
    block: int = 0x08
    length: int = 0
    least: int = 6
    most: int = 8
    validation: int = 0x02          # the OK key
    messages: int = 0xFF
    language: int = 0x0411
    index: int = 0
    prologue: bytes = bytes(3)
    apdu: bytes = bytes.fromhex("0020008008") + b"\xff" * 8
    apdu_length: int | None = None

    def __bytes__(self) -> bytes:
        length = len(self.apdu) if self.apdu_length is None else self.apdu_length
        return struct.pack("<BBBBBHBBHB3sI", self.timeout, self.timeout2, self.format, self.block, self.length,
                           self.least << 8 | self.most, self.validation, self.messages, self.language, self.index,
                           self.prologue, length) + self.apdu


@dataclasses.dataclass(frozen=True)
class Modify:
    """PIN_MODIFY_STRUCTURE for a PIV card, unless told otherwise."""

    timeout: int = 5
    timeout2: int = 0
    format: int = 0x82
    block: int = 0x08
    length: int = 0
    old: int = 0
    new: int = 8
    least: int = 6
    most: int = 8
    confirm: int = 0x03             # old PIN, new PIN, new PIN again
    validation: int = 0x02
    messages: int = 3
    language: int = 0x0411
    index: bytes = bytes((0, 1, 2))
    prologue: bytes = bytes(3)
    apdu: bytes = bytes.fromhex("0024008010") + b"\xff" * 16

    def __bytes__(self) -> bytes:
        return struct.pack("<BBBBBBBHBBBH3s3sI", self.timeout, self.timeout2, self.format, self.block, self.length,
                           self.old, self.new, self.least << 8 | self.most, self.confirm, self.validation,
                           self.messages, self.language, self.index, self.prologue, len(self.apdu)) + self.apdu


class Bench:
    """A world whose reader has keys, a PIV card in it, and a PC/SC application."""

    def __init__(self) -> None:
        self.world = World("pinpad", BUILD, audit=False, table=(), pinpad=True)
        self.seen = 0

    def __enter__(self) -> Bench:
        self.world.open()
        try:
            os.environ["PCSCLITE_CSOCK_NAME"] = self.world.space.path(SOCKET)
            self.pcscd = self.world.pcscd
            self.pad = self.pcscd.pinpad
            self.made = self.world.cards.make("hanako")
            self.card = self.world.cards.put(self.made, self.pcscd.readers[0].port)
            self.client = scard.Client()
            self.connect()
        except BaseException:
            self.world.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.world.close()

    def connect(self) -> None:
        self.client.connect(self.client.with_card(), protocol=scard.T1)
        tap.equal(self.client.transmit(SELECT)[-2:].hex(), "9000")
        self.codes = self.client.features()

    def after(self) -> None:
        """No PIN of any test came from the host, and none is written down."""
        log = "\n".join(self.lines(""))
        tap.equal(self.pad.status()["host-pins"], "0", log)
        for pin in (PIN, OTHER, NEW):
            tap.check(pin not in log and pin.encode().hex() not in log, log)
        self.renew()
        self.seen = len(self.pad.log().splitlines())

    def renew(self) -> None:
        self.pad.reset()
        self.card.clear()
        self.card.insert(self.made) if self.card.status()["inserted"] == "no" else self.card.change(self.made)
        self.card.set_tries(3)
        self.card.wait_until(powered="yes")
        self.client.wait(self.client.with_card(), scard.PRESENT)
        self.client.disconnect(scard.RESET)
        self.connect()

    def report(self) -> str:
        return f"{self.pad.log()}\n{self.card.apdus()}\n{self.world.report()}"

    def ask(self, feature: int, request: bytes | Verify | Modify) -> str:
        """The status word, as it comes."""
        return self.client.control(self.codes[feature], bytes(request)).hex()

    def verify(self, **different: object) -> str:
        return self.ask(VERIFY, Verify(**different))

    def modify(self, **different: object) -> str:
        return self.ask(MODIFY, Modify(**different))

    def lines(self, what: str) -> list[str]:
        """The log's lines of this test that begin so, without their time."""
        lines = [line.partition(" ")[2] for line in self.pad.log().splitlines()[self.seen:]]
        return [line for line in lines if line.startswith(what)]

    def verified(self) -> bool:
        return self.client.transmit(STATUS).hex() == "9000"

    def tool(self, *words: str, program: str = "pkcs11-tool", pinpad: bool = True, timeout: float = 30) -> str:
        """A program of OpenSC in the world, while we let go of the card."""
        self.world.space.directory("/etc/opensc")
        self.world.space.write("/etc/opensc/opensc.conf", OPENSC % ("true" if pinpad else "false"))
        self.client.disconnect(scard.RESET)
        done = self.world.run([program, *words], timeout=timeout)
        self.connect()
        return f"{done}\n{done.stdout}{done.stderr}"


class Later(threading.Thread):
    """A request under way; `answer` waits for what came of it."""

    def __init__(self, ask, *words: object, **different: object) -> None:
        super().__init__(daemon=True)
        self.call = lambda: ask(*words, **different)
        self.result: object = None
        self.start()

    def run(self) -> None:
        try:
            self.result = self.call()
        except Exception as problem:
            self.result = problem

    def answer(self, timeout: float = 10.0) -> object:
        self.join(timeout)
        tap.check(not self.is_alive(), "no answer from the reader")
        return self.result


def error_of(function, *words: object, **different: object) -> int:
    try:
        said = function(*words, **different)
    except scard.Error as error:
        return error.code
    raise AssertionError(f"no error but {said}")


# --- what the reader says of itself -----------------------------------------------------------------------------------

def test_reader_has_one_slot_and_lists_its_features(b):
    tap.equal(b.client.readers(), [b"Virtual PIN pad 00 00"])
    tap.equal(sorted(b.codes), [VERIFY, MODIFY, PROPERTIES, TLV])
    tap.equal(len(set(b.codes.values())), 4)
    tap.equal(b.client.control(b.codes[PROPERTIES]).hex(), "10020701")
    tlv, told = b.client.control(b.codes[TLV]), {}
    while tlv:
        told[tlv[0]] = int.from_bytes(tlv[2:2 + tlv[1]], "little")
        tlv = tlv[2 + tlv[1]:]
    tap.equal(told, {1: 0x0210, 2: 7, 3: 1, 4: 16, 5: 2, 6: 4, 7: 15, 10: 0x10000})


def test_features_without_a_card(b):
    b.client.disconnect()
    b.card.remove()
    reader = b.client.readers()[0]
    b.client.wait(reader, scard.EMPTY)
    b.client.connect(reader, scard.DIRECT, 0)
    tap.equal(b.client.features(), b.codes)
    tap.equal(error_of(b.verify), scard.NOT_TRANSACTED)


def test_features_can_be_fewer(b):
    codes = b.codes
    b.pad.features("verify", "tlv")
    tap.equal(sorted(b.client.features()), [VERIFY, TLV])
    tap.equal(error_of(b.modify), scard.UNSUPPORTED)
    b.pad.features()
    tap.equal(b.client.features(), {})
    b.pad.reset()
    tap.equal(b.client.features(), codes)


def test_unknown_control_and_small_buffers(b):
    tap.equal(error_of(b.client.control, 0x42000001), scard.UNSUPPORTED)
    tap.equal(error_of(b.client.control, scard.GET_FEATURES, b"", 6), scard.INSUFFICIENT_BUFFER)
    for feature, room in ((PROPERTIES, 3), (TLV, 10)):
        tap.equal(error_of(b.client.control, b.codes[feature], b"", room), scard.INSUFFICIENT_BUFFER)


# --- VERIFY -----------------------------------------------------------------------------------------------------------

def test_right_pin_verifies(b):
    b.pad.keys(PIN)
    tap.equal(b.verify(), "9000")
    tap.check(b.verified(), "the card is not verified")
    tap.equal(b.lines("verify"), ["verify timeout=5/0 format=82 block=08 length=00 min=6 max=8 end=02 messages=ff "
                                  "lang=0411 old=0 confirm=0 apdu=00200080 lc=8"])
    tap.equal(b.lines("card"), ["card ins=20 sw=9000"])
    tap.check("verify 00200080 lc=8" in b.card.apdus(), b.card.apdus())


def test_keys_are_pressed_while_it_waits(b):
    later = Later(b.verify)
    b.pad.wait_for_prompt("pin")
    b.pad.press("9", "correction", PIN[:2])
    b.pad.press(PIN[2:])
    until = time.monotonic() + 30
    while b.pad.status()["digits"] != "6" and time.monotonic() < until:
        time.sleep(0.005)
    tap.equal(b.pad.status()["asking"], "pin")
    b.pad.press("ok")
    tap.equal(later.answer(), "9000")
    tap.equal(b.pad.status()["asking"], "none")


def test_wrong_pin_spends_a_try(b):
    b.pad.keys(OTHER)
    tap.equal(b.verify(), "63c2")
    b.pad.keys(OTHER)
    tap.equal(b.verify(), "63c1")
    tap.equal(b.card.counters()["pin-tries"], 1)
    b.card.block_pin()
    b.pad.keys(PIN)
    tap.equal(b.verify(), "6983")


def test_cancel(b):
    later = Later(b.verify)
    b.pad.wait_for_prompt("pin")
    b.pad.press("1", "2", "cancel", "3")
    tap.equal(later.answer(), "6401")
    tap.equal((b.card.counters()["pin-tries"], b.lines("card")), (3, []))
    tap.equal(b.pad.status()["queued"], "0", "a key was left for the next entry")


def test_timeout(b):
    begun = time.monotonic()
    tap.equal(b.verify(timeout=1), "6400")
    tap.check(0.9 < time.monotonic() - begun, f"{time.monotonic() - begun:.2f} s")
    tap.equal(b.lines("card"), [])


def test_timeout_of_the_pad_where_the_host_gives_none(b):
    b.pad.second(20)
    begun = time.monotonic()
    tap.equal(b.verify(timeout=0), "6400")
    tap.check(0.2 < time.monotonic() - begun, f"{time.monotonic() - begun:.2f} s")


def test_second_timeout_begins_with_the_first_key(b):
    """Else it would be the first one's, after minutes."""
    b.pad.second(1000)
    b.pad.press("1")
    tap.equal(b.verify(timeout=200, timeout2=1), "6400")


def test_pin_of_wrong_length_never_reaches_the_card(b):
    for digits in ("12345", "123456789", "1" * 60):
        b.pad.keys(digits)
        tap.equal(b.verify(), "6403", f"{len(digits)} digits")
    b.pad.press("ok")
    tap.equal(b.verify(), "6403", "no digit")
    tap.equal((b.card.counters()["pin-tries"], b.lines("card")), (3, []))


def test_entry_may_end_without_the_ok_key(b):
    b.pad.press(PIN)
    tap.equal(b.verify(most=6, validation=0x01), "9000", "largest number of digits")
    b.pad.second(100)
    b.pad.press(PIN)
    tap.equal(b.verify(timeout=2, validation=0x04), "9000", "time")
    b.pad.press(PIN[:3])
    tap.equal(b.verify(timeout=2, validation=0x04), "6400", "time, with too few digits")
    b.pad.keys(PIN)
    tap.equal(b.verify(timeout=2, validation=0x01), "6400", "the OK key does not count")


def test_card_pulled_while_it_waits(b):
    later = Later(b.verify)
    b.pad.wait_for_prompt("pin")
    b.card.remove()
    problem = later.answer()
    tap.check(isinstance(problem, scard.Error) and problem.code == scard.NOT_TRANSACTED, str(problem))


def test_always(b):
    b.pad.always(PIN)
    for _ in range(3):
        tap.equal(b.verify(), "9000")
    b.pad.keys(OTHER)
    tap.equal(b.verify(), "63c2", "what is pressed comes first")


def test_host_that_sends_a_pin_is_seen(b):
    b.client.transmit(bytes.fromhex("0020008008") + b"\xff" * 8)
    b.client.transmit(STATUS)
    tap.equal((b.pad.status()["host-pins"], b.lines("host-pin")), ("1", ["host-pin ins=20"]))
    b.pad.reset()


# --- what the card gets, by the structure -----------------------------------------------------------------------------

def command(b, **different: object) -> str:
    """The data of the command for the card. The card does not know it, and its log shows what it does not know."""
    b.card.fault("sw 9000", "any", 1)
    b.pad.keys("12345")
    tap.equal(b.verify(least=4, most=5, **different), "9000")
    return b.card.apdus().splitlines()[-1]


def test_variable_block_has_the_length_of_the_pin(b):
    said = command(b, block=0, apdu=STATUS)
    tap.check("lc=5" in said, said)
    said = command(b, block=0, apdu=bytes.fromhex("0020008008") + b"\xff" * 8)
    tap.check("lc=8" in said, said)


# --- structures that are wrong ----------------------------------------------------------------------------------------

FILL = b"\xff" * 8
BAD_VERIFY = {
    "binary": {"format": 0x80}, "no such type": {"format": 0x83}, "position in a byte": {"format": 0x02 | 1 << 3},
    "position": {"format": 0x82 | 1 << 3}, "block too large": {"block": 0x09}, "range over the block": {"block": 0x07},
    "length reserved": {"length": 0x20}, "length unused": {"length": 0x04}, "length of three bits": {"block": 0x38},
    "length in the block": {"block": 0x88, "length": 0x10}, "length of 4 bits at 3": {"block": 0x48, "length": 3},
    "no least": {"least": 0}, "least over most": {"least": 8, "most": 6}, "below the pad's": {"least": 3},
    "range turned around": {"least": 8, "most": 4}, "over the pad's": {"most": 16},
    "no validation": {"validation": 0}, "validation": {"validation": 8}, "messages": {"messages": 2},
    "message index": {"index": 1}, "prologue": {"prologue": b"\0\0\1"},
    "class": {"apdu": b"\x80\x20\0\x80\x08" + FILL}, "chained": {"apdu": b"\x10\x20\0\x80\x08" + FILL},
    "not VERIFY": {"apdu": b"\0\x24\0\x80\x08" + FILL}, "Le": {"apdu": b"\0\x20\0\x80\x08" + FILL + b"\0"},
    "Lc": {"apdu": b"\0\x20\0\x80\x07" + FILL}, "no data": {"apdu": STATUS}, "Lc 0": {"apdu": STATUS + b"\0"},
    "cut": {"apdu": STATUS[:3]}, "a PIN in it": {"apdu": b"\0\x20\0\x80\x08" + b"1" + FILL[1:]},
    "zeros": {"apdu": b"\0\x20\0\x80\x08" + bytes(8)}, "long": {"apdu": b"\0\x20\0\x80\xff" + b"\xff" * 256},
}
BAD_MODIFY = {
    "confirm": {"confirm": 0x04}, "old without": {"confirm": 0x01, "messages": 2, "old": 8, "new": 0},
    "overlap": {"new": 7}, "same": {"new": 0}, "new outside": {"new": 9}, "old outside": {"old": 16, "new": 0},
    "messages": {"messages": 2}, "messages 4": {"messages": 4}, "index": {"index": bytes((0, 1, 3))},
    "variable": {"block": 0}, "VERIFY": {"apdu": b"\0\x20\0\x80\x10" + FILL * 2},
    "filled": {"apdu": b"\0\x24\0\x80\x10" + FILL + bytes(8)}, "range": {"least": 9}, "validation": {"validation": 0},
    "prologue": {"prologue": b"\1\0\0"}, "Lc": {"apdu": b"\0\x24\0\x80\x11" + FILL * 2},
}


def test_bad_structures_are_refused(b):
    b.pad.always(PIN)
    for ask, table in ((b.verify, BAD_VERIFY), (b.modify, BAD_MODIFY)):
        for name, different in table.items():
            tap.equal(ask(**different), "6b80", f"{ask.__name__}, {name}")
    status = b.pad.status()
    tap.equal((int(status["refusals"]), status["verifications"], status["changes"]),
              (len(BAD_VERIFY) + len(BAD_MODIFY), "0", "0"))
    tap.equal((b.lines("asking"), b.lines("card")), ([], []))
    reasons = set(b.lines("refused"))
    tap.check(len(reasons) > 20, str(reasons))


def test_structures_of_wrong_length_are_no_request(b):
    whole = bytes(Verify())
    wrong = [b"", whole[:18], whole[:-1], whole + b"\0", bytes(Verify(apdu_length=14)), bytes(Verify(apdu_length=12)),
             whole[:15] + struct.pack(">I", 13) + whole[19:], bytes(Modify())]
    for request in wrong:
        tap.equal(error_of(b.ask, VERIFY, request), scard.UNSUPPORTED, request.hex())
    for request in (b"", bytes(Modify())[:23], bytes(Modify()) + b"\0", whole):
        tap.equal(error_of(b.ask, MODIFY, request), scard.UNSUPPORTED, request.hex())
    tap.equal(int(b.pad.status()["refusals"]), len(wrong) + 4)
    b.pad.keys(PIN)
    tap.equal(b.verify(), "9000", "a good one after that")


# --- MODIFY -----------------------------------------------------------------------------------------------------------

def test_new_pin(b):
    later = Later(b.modify)
    for prompt, digits in (("old", PIN), ("new", NEW), ("confirm", NEW)):
        b.pad.wait_for_prompt(prompt)
        b.pad.keys(digits)
    tap.equal(later.answer(), "9000")
    b.pad.keys(NEW)
    tap.equal(b.verify(), "9000")
    for digits in (NEW, PIN, PIN):
        b.pad.keys(digits)
    tap.equal(b.modify(messages=0xFF, index=bytes(3)), "9000", "back again")
    b.pad.keys(PIN)
    tap.equal(b.verify(), "9000")


def test_new_pins_that_differ(b):
    for digits in (PIN, NEW, OTHER):
        b.pad.keys(digits)
    tap.equal(b.modify(), "6402")
    tap.equal((b.card.counters()["pin-tries"], b.lines("card")), (3, []))


def test_new_pin_without_confirmation(b):
    for digits in (OTHER, NEW):
        b.pad.keys(digits)
    tap.equal(b.modify(confirm=0x02, messages=2), "63c2", "the old one was wrong")
    tap.equal(b.lines("asking"), ["asking old", "asking new"])


def test_change_that_is_not_finished(b):
    b.pad.keys(PIN)
    b.pad.cancel()
    b.pad.keys(NEW)
    tap.equal(b.modify(), "6401")
    b.pad.keys(PIN)
    tap.equal(b.modify(timeout=1), "6400")
    b.pad.keys("123")
    tap.equal(b.modify(), "6403")
    tap.equal((b.card.counters()["pin-tries"], b.lines("card")), (3, []))


# --- pcscd and OpenSC -------------------------------------------------------------------------------------------------

def test_opensc_logs_in_by_the_pin_pad(b):
    said = b.tool("--list-token-slots")
    tap.check("PIN pad present" in said, said)
    b.pad.reset()
    b.pad.always(PIN)
    said = b.tool("--login", "--sign", "--mechanism", "SHA256-RSA-PKCS", "--id", "01", "--input-file", "/etc/hostname",
                  "--output-file", "/tmp/signature")
    tap.check("status 0" in said and b.world.space.exists("/tmp/signature"), said)
    status = b.pad.status()
    tap.check(int(status["verifications"]) >= 1 and status["refusals"] == "0", f"{said}\n{status}")
    tap.check(b.card.counters()["signatures"] == 1, said)


def test_opensc_without_its_option(b):
    said = b.tool("--list-token-slots", pinpad=False)
    tap.check("token flags" in said and "PIN pad present" not in said, said)


def test_opensc_tells_cancel_timeout_and_wrong_pin(b):
    b.pad.second(20)
    said = b.tool("--login", "--list-objects")
    tap.check("status 0" not in said and "card ins" not in b.pad.log().splitlines()[-1], said)
    tap.equal(b.lines("answer")[-1], "answer sw=6400", said)
    b.pad.cancel()
    said = b.tool("--login", "--list-objects")
    tap.check("CKR_FUNCTION_CANCELED" in said, said)
    b.pad.keys(OTHER)
    said = b.tool("--login", "--list-objects")
    tap.check("CKR_PIN_INCORRECT" in said, said)
    tap.equal(b.pad.status()["refusals"], "0")


def test_opensc_sets_a_new_pin_by_the_pin_pad(b):
    for digits in (b.made.puk, NEW, NEW):
        b.pad.keys(digits)
    said = b.tool("--unblock-pin", program="pkcs15-tool")
    tap.check("status 0" in said, said)
    tap.equal((b.lines("asking"), b.lines("card")),
              (["asking old", "asking new", "asking confirm"], ["card ins=2c sw=9000"]))
    b.pad.keys(NEW)
    tap.equal(b.verify(), "9000")
    for digits in (NEW, PIN, PIN):
        b.pad.keys(digits)
    tap.equal(b.modify(), "9000", "back again")


def with_another_pcscd(b):
    b.client.disconnect()
    b.client.close()
    b.pcscd.restart()
    b.card.wait_until(powered="yes")
    b.client = scard.Client()
    b.connect()
    b.pad.keys(PIN)
    tap.equal(b.verify(), "9000")


def test_pad_is_back_after_pcscd(b):
    with_another_pcscd(b)


def test_unplugged_while_it_waits(b):
    later = Later(b.verify)
    b.pad.wait_for_prompt("pin")
    b.pad.unplug()
    problem = later.answer()
    b.pad.reset()
    with_another_pcscd(b)       # this one looks no more for a reader that it has lost
    tap.check(isinstance(problem, scard.Error) and problem.code == scard.NO_READER, str(problem))


def test_plain_reader_beside_it():
    with World("beside", BUILD, audit=False, table=(), readers=2, pinpad=True) as w:
        first, second = w.cards.make("hanako"), w.cards.make("jiro", pin=OTHER)
        cards = [w.cards.put(made, reader.port) for made, reader in zip((first, second), w.pcscd.readers)]
        listing = w.run(["opensc-tool", "--list-readers"], timeout=20).stdout
        lines = [line for line in listing.splitlines() if " Virtual " in line]
        slots = {line.split(" Virtual ")[1].strip(): line.split() for line in lines}
        tap.equal({name: words[2:4] == ["PIN", "pad"] for name, words in slots.items()},
                  {"PIN pad 00 00": True, "PCD B 00 00": False, "PCD B 00 01": False}, listing)
        w.pcscd.pinpad.always(PIN)
        for name, words, card in (("PIN pad 00 00", [], cards[0]), ("PCD B 00 00", ["--pin", OTHER], cards[1])):
            said = w.run(["pkcs11-tool", "--slot-index", slots[name][0], "--login", *words, "--list-objects"],
                         timeout=30)
            tap.check(said.ok and card.counters()["verified"] == 1, f"{said}\n{said.stdout}{said.stderr}")
        tap.equal(w.pcscd.pinpad.status()["verifications"], "1", w.pcscd.pinpad.log())


def reasons() -> list[str]:
    return missing(programs=("pkcs11-tool", "opensc-tool"), audit=False) + \
        ([] if os.path.exists(pinpad_driver(BUILD)) else ["the PIN pad is not built"])


if __name__ == "__main__":
    tap.main(reasons(), b=Bench)
