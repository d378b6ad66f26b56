#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every refusal that an operator can meet: its text in English and Japanese, its PAM code, its one record, and the PIN
counter of the card, untouched where no PIN may be sent (design rules 3, 4, 8 and 11)."""

from __future__ import annotations

import os
import re
import struct
import sys
import time
from dataclasses import dataclass, field
from typing import Any, Callable

from jukinet import (Office, PIN, SNAPSHOT, STAFF, TRIES, WRONG, missing, tap, texts, wait_for)

AUTH_ERR, UNAVAIL, MAXTRIES, UNKNOWN = "PAM_AUTH_ERR", "PAM_AUTHINFO_UNAVAIL", "PAM_MAXTRIES", "PAM_USER_UNKNOWN"
HANAKO = STAFF["hanako"]
DAY = 86400
UNKNOWN_NAME = "hunter2typed"


def nothing(_: Any) -> None:
    pass


@dataclass
class Row:
    """One way to be refused. `left`: tries on the card afterwards; `verify`: whether a PIN may reach the card."""

    name: str
    why: str
    code: str
    prepare: Callable[[Office], object] = nothing
    pin: str = PIN
    asks: bool = False
    verify: bool = False
    left: int | None = TRIES
    prompt: str = "pin.prompt"
    at_prompt: Callable[[Office], object] | None = None
    restore: Callable[[Office], object] = nothing
    user: str = "hanako"
    parameters: dict[str, Any] = field(default_factory=dict)
    record: dict[str, str] = field(default_factory=dict)
    records: int = 1


def change(kind: str, name: str, **keys: Any) -> Callable[[Office], None]:
    """A registry in which one thing is different."""
    def apply(w: Office) -> None:
        w.registry.change(kind, name, **keys)
        w.registry.build()
    return apply


def without_operator_id(w: Office) -> None:
    w.registry.remove("operator-id", HANAKO.operator_id)
    w.registry.build()


def elsewhere(w: Office) -> None:
    w.registry.terminal("zeimu-01", terminal_class="integrated-terminal-other-dept", department="zeimu")
    w.settings(terminal={"id": "zeimu-01"})
    w.registry.build()


def type_seven(w: Office) -> None:
    w.registry.policy(**{"type counter-identity-desk": {"number": 7, "enabled": False,
                                                        "terminal-class": "integrated-terminal-other-dept"}})
    w.registry.change("operator-id", HANAKO.operator_id, type="counter-identity-desk")
    w.registry.build()


def holding(card: str, tries: int = TRIES) -> Callable[[Office], None]:
    return lambda w: w.insert(card, tries)


def registered(validity: str) -> Callable[[Office], None]:
    """hanako's registered card is one whose certificate is valid at another time."""
    def apply(w: Office) -> None:
        w.registry.card("c-0099", HANAKO.number, w.cards.certificate(validity))
        w.registry.build()
        w.insert(validity)
    return apply


def certificate_date(w: Office, name: str, which: str) -> str:
    """As openssl prints it, in the form of the messages."""
    told = w.run(["openssl", "x509", "-noout", f"-{which}date", "-dateopt", "iso_8601"],
                 stdin=w.cards.certificate(name)).stdout
    found = re.search(r"\d{4}-\d{2}-\d{2}", told)
    tap.check(found, told)
    return found[0]


def without_reader(w: Office) -> None:
    w.pcscd.kill()
    w.kept_readers, w.pcscd.readers = w.pcscd.readers, []
    for name in os.listdir(w.space.path("/etc/reader.conf.d")):
        os.unlink(w.space.path(f"/etc/reader.conf.d/{name}"))
    w.pcscd.start()


def with_reader(w: Office) -> None:
    w.pcscd.kill()
    w.pcscd.readers = w.kept_readers
    for number, reader in enumerate(w.pcscd.readers):
        w.space.write(f"/etc/reader.conf.d/reader-{number}", reader.config())
    with_pcscd(w)


def with_pcscd(w: Office) -> None:
    w.pcscd.start()
    w.card.wait_until(powered="yes")


def down(service: str) -> Callable[[Office], None]:
    """Not running, and no socket either."""
    def apply(w: Office) -> None:
        w.services[service].stop()
        w.services[service].close_socket()
        os.unlink(w.space.path(w.services[service].service.socket.path))
    return apply


def up(service: str) -> Callable[[Office], None]:
    return lambda w: w.services[service].start()


def damage(w: Office) -> None:
    """A snapshot whose every row is noise."""
    path = w.space.path(SNAPSHOT)
    with open(path, "rb") as file:
        size = len(file.read())
    w.space.write(SNAPSHOT, os.urandom(size))


def shifted(days: int) -> Callable[[Office], None]:
    """The same snapshot, made so many days later: where it says when it was made and until when it counts."""
    def apply(w: Office) -> None:
        with open(w.space.path(SNAPSHOT), "rb") as file:
            data = file.read()
        now = int(time.time())
        for at in range(len(data) - 16):
            made, until = struct.unpack(">QQ", data[at:at + 16])
            if now - 600 < made <= now + 1 and until - made == 7 * DAY:
                dates = struct.pack(">QQ", made + days * DAY, until + days * DAY)
                w.space.write(SNAPSHOT, data[:at] + dates + data[at + 16:])
                return
        raise AssertionError("no dates in the snapshot")
    return apply


def pulled_now(w: Office) -> None:
    w.pull()


def pulled_at_verify(w: Office) -> None:
    """SELECT, CHUID, tries of a card that is known, then SELECT and VERIFY, or VERIFY at once and the signature."""
    w.card.reset_count()
    w.card.remove_at(5)


def soon(w: Office) -> None:
    """An attempt with an end that a test can wait for."""
    w.settings(login={"deadline": 3, "card-wait": 2})
    w.registry.build()


def keep(how: str) -> Callable[[Office], None]:
    """Another user's program has the card for itself."""
    def apply(w: Office) -> None:
        soon(w)
        here = os.path.dirname(os.path.abspath(__file__))
        for path in (f"{here}/neighbour.py", f"{here}/../support/world/scard.py"):
            with open(path, "rb") as file:
                w.space.write(f"/tmp/{os.path.basename(path)}", file.read())
        w.keeper = w.converse([sys.executable, "-B", "-I", "/tmp/neighbour.py", how], uid="mallory")
        tap.equal(w.keeper.hear(), "held")
    return apply


def silent(at: str) -> Callable[[Office], None]:
    return lambda w: (soon(w), w.card.fault("silent", at))


def inserted_again(w: Office) -> None:
    w.card.clear()
    if w.card.status()["inserted"] != "yes":
        w.card.insert_and_wait()


ROWS = [
    # PIN
    Row("wrong_pin", "pin.wrong", AUTH_ERR, pin=WRONG, asks=True, verify=True, left=2, parameters={"n": 2},
        record={"jtry": "2"}),
    Row("wrong_pin_of_two_tries", "pin.wrong.last", AUTH_ERR, holding("hanako", 2), pin=WRONG, asks=True, verify=True, left=1,
        record={"jtry": "1"}),
    Row("wrong_pin_at_the_last_try", "pin.locked", MAXTRIES, holding("hanako", 1), pin=WRONG, asks=True, verify=True, left=0,
        prompt="pin.prompt.last", parameters={"contact": "内線 123"}, record={"jtry": "0"}),
    Row("nothing_typed_at_the_last_try", "pin.malformed", AUTH_ERR, holding("hanako", 1), pin="", asks=True, left=1,
        prompt="pin.prompt.last", parameters={"min": 4, "max": 16}, record={"jtry": "1"}),
    Row("blocked_pin", "pin.locked", MAXTRIES, holding("hanako", 0), left=0, parameters={"contact": "内線 123"},
        record={"jtry": "0"}),
    *[Row(f"ill_formed_pin_{name}", "pin.malformed", AUTH_ERR, pin=pin, asks=True, parameters={"min": 4, "max": 16})
      for name, pin in (("empty", ""), ("short", "123"), ("long", "1" * 17), ("very_long", "1" * 400), ("blank", "123 456"),
                        ("tab", "1234\t"), ("control", "1234\x01"), ("wide", "１２３４５６"), ("nine", "123456789"))],
    # the card
    Row("unknown_card", "card.unknown", AUTH_ERR, holding("stranger")),
    Row("other_persons_card", "card.mismatch", AUTH_ERR, holding("taro"), record={"jcard": "c-0043", "jper": "p0124"}),
    Row("revoked_card", "card.revoked", AUTH_ERR, change("card", "c-0042", state="revoked"), record={"jcard": "c-0042"}),
    Row("expired_certificate", "card.expired", AUTH_ERR, registered("expired"),
        parameters={"date": lambda w: certificate_date(w, "expired", "end")}),
    Row("certificate_of_the_future", "card.notyet", AUTH_ERR, registered("future"),
        parameters={"date": lambda w: certificate_date(w, "future", "start")}),
    Row("card_without_certificate", "card.notoperator", AUTH_ERR, lambda w: w.card.fault("cert-none", "getdata"),
        restore=lambda w: w.card.clear()),
    Row("cloned_card", "card.forged", AUTH_ERR, holding("clone"), asks=True, verify=True),
    *[Row(f"signature_{name}", why, code, lambda w, name=name: w.card.fault(f"sig-{name}", "sign"), asks=True, verify=True,
          restore=lambda w: w.card.clear())
      for name, why, code in (("wrong", "card.forged", AUTH_ERR), ("foreign", "card.forged", AUTH_ERR),
                              ("otherdata", "card.forged", AUTH_ERR), ("replayed", "card.forged", AUTH_ERR),
                              ("random", "card.forged", AUTH_ERR))],
    Row("pin_that_the_card_only_claims_to_have_verified", "card.forged", AUTH_ERR,
        lambda w: (w.card.fault("verify-any", "verify"), w.card.fault("sig-random", "sign")), pin=WRONG, asks=True,
        verify=True, left=None, restore=lambda w: w.card.clear()),
    # the person and the right
    Row("person_disabled", "person.disabled", AUTH_ERR, change("person", "p0123", enabled=False)),
    Row("person_expired", "person.expired", AUTH_ERR, change("person", "p0123", valid_until="2021-03-31"),
        parameters={"date": "2021-03-31"}),
    Row("person_of_the_future", "person.notyet", AUTH_ERR, change("person", "p0123", valid_from="2098-04-01"),
        parameters={"date": "2098-04-01"}),
    Row("no_operator_id", "opid.none", AUTH_ERR, without_operator_id),
    Row("operator_id_disabled", "opid.disabled", AUTH_ERR, change("operator-id", "m0123-2", enabled=False),
        record={"jright": "m0123-2"}),
    Row("operator_id_expired", "opid.expired", AUTH_ERR, change("operator-id", "m0123-2", valid_until="2022-03-31"),
        parameters={"date": "2022-03-31"}, record={"jright": "m0123-2"}),
    Row("operator_id_of_the_future", "opid.notyet", AUTH_ERR, change("operator-id", "m0123-2", valid_from="2098-04-01"),
        parameters={"date": "2098-04-01"}),
    Row("wrong_terminal_class", "opid.terminal", AUTH_ERR, elsewhere,
        parameters={"type": "moving-desk", "classes": "integrated-terminal"},
        record={"jterm": "zeimu-01", "jcls": "integrated-terminal-other-dept", "jtype": "moving-desk"}),
    Row("disabled_type_7", "opid.disabled", AUTH_ERR, type_seven, record={"jtype": "counter-identity-desk"}),
    # reader and hand
    Row("no_reader", "reader.none", UNAVAIL, without_reader, left=None, restore=with_reader),
    Row("reader_service_down", "reader.down", UNAVAIL, lambda w: w.pcscd.kill(), left=None, restore=with_pcscd),
    Row("no_card_in_time", "card.none", UNAVAIL, lambda w: w.pull(), restore=inserted_again),
    Row("card_pulled_before_the_pin", "card.removed", UNAVAIL, asks=True, at_prompt=pulled_now, restore=inserted_again),
    Row("card_pulled_at_verify", "card.removed", UNAVAIL, pulled_at_verify, asks=True, verify=True, restore=inserted_again),
    Row("unreadable_card", "card.unreadable", UNAVAIL, lambda w: w.card.fault("garbage", "select"),
        restore=lambda w: w.card.clear()),
    Row("card_that_does_not_answer", "card.silent", UNAVAIL, silent("select"), restore=lambda w: w.card.clear()),
    Row("card_that_does_not_answer_to_verify", "card.silent", UNAVAIL, silent("verify"), asks=True, verify=True, left=None,
        restore=lambda w: w.card.clear()),
    *[Row(f"card_that_others_{how}", "card.busy", UNAVAIL, keep(how), restore=lambda w: w.keeper.kill(), left=None)
      for how in ("hold", "exclusive")],
    # the machine
    Row("no_snapshot", "policy.bad", UNAVAIL, lambda w: os.unlink(w.space.path(SNAPSHOT)),
        record={"acct": "(unknown)", "jterm": ""}, parameters={"contact": ""}),
    Row("damaged_snapshot", "policy.bad", UNAVAIL, damage, record={"acct": "(unknown)"}, parameters={"contact": ""}),
    Row("snapshot_that_others_can_write", "policy.bad", UNAVAIL, lambda w: os.chmod(w.space.path(SNAPSHOT), 0o666),
        record={"acct": "(unknown)"}, parameters={"contact": ""}),
    Row("stale_snapshot", "policy.stale", UNAVAIL, shifted(-8)),
    Row("clock_before_the_snapshot", "clock.bad", UNAVAIL, shifted(1)),
    Row("clock_before_the_last_record", "clock.bad", UNAVAIL, lambda w: w.write_last_record(int(time.time()) + 3600)),
    Row("unknown_account", "account.unknown", UNKNOWN, user=UNKNOWN_NAME, record={"acct": "(unknown)"}),
    Row("card_service_down", "service.down", UNAVAIL, down("card"), restore=up("card")),
    Row("witness_down", "audit.down", UNAVAIL, down("witness"), restore=up("witness")),
    Row("jukinetd_down", "service.down", UNAVAIL, down("jukinetd"), restore=up("jukinetd"), records=0, parameters={"contact": ""}),
]


def verifies(w: Office) -> int:
    """How often a PIN has reached the card."""
    return len(re.findall(r" verify 0020", w.card.apdus()))


def refused(w: Office, row: Row, language: str) -> None:
    environment = w.japanese() if language == "ja" else {}
    w.reset()
    parameters = {name: value(w) if callable(value) else value for name, value in row.parameters.items()}
    mark = w.mark()
    row.prepare(w)
    try:
        before = verifies(w)
        told = w.ask(row.user, row.pin, env=environment, at_prompt=(lambda: row.at_prompt(w)) if row.at_prompt else None)
        sent = verifies(w) - before
        left = w.card.counters()["pin-tries"]
    finally:
        row.restore(w)
    tap.equal(told.code, row.code, str(told))
    tap.equal(told.said[-1:], [texts.text(row.why, language, **parameters)], "the text")
    tap.equal(told.asked, [texts.text(row.prompt, language)] if row.asks else [], "prompts")
    tap.equal(sent, 1 if row.verify else 0, "PINs that reached the card")
    if row.left is not None:
        tap.equal(left, row.left, "tries left")
    check_records(w, w.happened(mark), row)
    no_crash(w)


def check_records(w: Office, records: list, row: Row) -> None:
    tap.equal(len(records), row.records, f"records: {[str(one) for one in records]}")
    for one in records:
        wanted = {"op": "juki:auth", "acct": row.user, "jwhy": row.why, "res": "failed", "jfor": "login",
                  "jsvc": "jk-test"} | row.record
        tap.equal({name: one.get(name) for name in wanted}, wanted, str(one))
        tap.equal(one.type, "USER_AUTH")


def no_crash(w: Office) -> None:
    for service in w.services.values():
        said = service.stderr()
        tap.check("Sanitizer" not in said and "runtime error" not in said, said)


def make_test(row: Row) -> Callable[[Office], None]:
    def test(w: Office) -> None:
        refused(w, row, "en")
        if w.japanese():
            refused(w, row, "ja")
        else:
            tap.comment("no Japanese locale here")
    test.__name__ = f"test_{row.name}"
    return test


for _row in ROWS:
    globals()[f"test_{_row.name}"] = make_test(_row)


# --- what is not a row ------------------------------------------------------------------------------------------------

def test_unknown_name_is_in_no_log(w):
    """It may be a password typed into the wrong place: not as text, not as the hexadecimal of audit."""
    w.reset()
    w.mark()
    for service in ("jk-test", "login"):
        w.ask(UNKNOWN_NAME, service=service)
    w.mark()
    found = [one.line for one in w.log.all() if UNKNOWN_NAME in one.line or UNKNOWN_NAME.encode().hex().upper() in one.line]
    tap.equal(found, [], "audit log")
    tap.check(UNKNOWN_NAME not in w.syslog(), w.syslog())
    tap.check("reason=account.unknown" in w.syslog(), "the module says so much")
    tap.check(UNKNOWN_NAME not in w.services.jukinetd.stderr())


def test_name_that_nobody_looked_up_is_in_no_log(w):
    """The same while nobody can say whether it is an account."""
    w.reset()
    w.services.jukinetd.stop()
    try:
        w.services.jukinetd.close_socket()
        told = w.ask(UNKNOWN_NAME)
    finally:
        w.services.jukinetd.listen()
        w.services.jukinetd.start()
    tap.equal(told.code, "PAM_AUTHINFO_UNAVAIL")
    tap.check("reason=service.down" in w.syslog(), "the module says so much")
    tap.check(UNKNOWN_NAME not in w.syslog(), w.syslog())


def test_wrong_then_right(w):
    """The card counts anew after the right PIN; the first try left no trace in the second."""
    w.reset()
    tap.equal(w.ask("hanako", WRONG).code, AUTH_ERR)
    tap.equal(w.card.counters()["pin-tries"], 2)
    tap.check(w.ask("hanako").ok)
    tap.equal(w.card.counters()["pin-tries"], TRIES)


# Keeps a shared connection to the card, so that nothing but our reset takes the verification away.
HOLDER = """
import ctypes, sys, time
pcsc = ctypes.CDLL("libpcsclite.so.1")
context, handle, protocol, size = (ctypes.c_long() for _ in range(4))
assert pcsc.SCardEstablishContext(2, None, None, ctypes.byref(context)) == 0
size.value = 1024
names = ctypes.create_string_buffer(size.value)
assert pcsc.SCardListReaders(context, None, names, ctypes.byref(size)) == 0
assert pcsc.SCardConnect(context, names.value, 2, 3, ctypes.byref(handle), ctypes.byref(protocol)) == 0
open("/tmp/card-held", "w").close()
time.sleep(60)
"""


def test_card_is_never_left_verified(w):
    """After each end: success, wrong PIN, foreign signature, an answer that is none (design rule 5)."""
    w.reset()
    holder = w.spawn([sys.executable, "-I", "-c", HOLDER], uid="mallory")
    try:
        wait_for(lambda: w.space.exists("/tmp/card-held"), "the other program to have the card")
        for pin, fault in ((PIN, ""), (WRONG, ""), (PIN, "sig-wrong"), (PIN, "garbage"), (PIN, "sw 6f00")):
            w.card.set_tries(TRIES)
            if fault:
                w.card.fault(fault, "sign")
            told = w.ask("hanako", pin)
            tap.equal(told.ok, pin == PIN and not fault, f"{fault or pin}: {told}")
            w.services.wait_until_idle()
            tap.equal(w.card.counters()["verified"], 0, f"after {fault or pin}")
            w.card.clear()
    finally:
        holder.kill()
        os.unlink(w.space.path("/tmp/card-held"))


def test_no_receipt_is_no_access_and_a_void(w):
    """The witness falls silent at the prompt: everything was right, but nobody saw the record (design rule 1)."""
    w.reset()
    mark = w.mark()
    told = w.ask("hanako", at_prompt=w.services.witness.sigstop)
    w.services.witness.sigcont()
    tap.equal((told.code, told.said), (UNAVAIL, [texts.text("audit.down")]))
    tap.equal(w.files("/run/jukinet/state", "ticket.*"), [])
    w.ask("hanako")         # settles what the first left behind
    records = w.happened(mark)
    granted = [one for one in records if one.op == "auth" and one["res"] == "success"]
    voided = {one.get("jvoid") for one in records if one.op == "void"}
    tap.equal(len(granted), 2, str(records))
    tap.check(granted[0]["jid"] in voided, f"{granted[0]} is not void")
    tap.check(granted[1]["jid"] not in voided, f"{granted[1]} is void")
    tap.equal([one["jwhy"] for one in records if one.op == "auth" and one["res"] == "failed"], ["audit.down"])


def test_one_attempt_has_one_deadline(w):
    """Nobody types: the attempt ends on its own, and says so."""
    w.reset()
    w.settings(login={"deadline": 3})
    w.registry.build()
    mark = w.mark()
    with w.app() as app:
        app.start("jk-test", "hanako")
        app.begin("authenticate")
        app.until_prompt()
        wait_for(lambda: not w.services.workers(), "the worker to give up")
        told = app.finish_prompted(PIN)
    tap.equal((told.code, told.said), (UNAVAIL, [texts.text("attempt.timeout")]))
    tap.equal(w.one(mark)["jwhy"], "attempt.timeout")
    tap.equal(w.card.counters()["pin-tries"], TRIES)


def test_told_of_others_before_the_deadline(w):
    """Who waits for another program hears of it after a while, once, and is let in when that one goes."""
    for how in ("hold", "exclusive"):
        w.reset()
        keep(how)(w)
        w.settings(login={"deadline": 50})
        w.registry.build()
        with w.app() as app:
            app.start("jk-test", "hanako")
            begun = time.monotonic()
            app.begin("authenticate")
            tap.equal(app.hear()["say"], texts.text("card.busy"))
            took = time.monotonic() - begun
            tap.comment(f"{how}: told after {took:.2f} s")
            tap.check(1.9 < took, f"{took:.2f} s")
            time.sleep(3)
            w.keeper.kill()
            begun = time.monotonic()
            app.until_prompt()
            told = app.finish_prompted(PIN)
            tap.comment(f"{how}: let in {time.monotonic() - begun:.2f} s after the other had gone")
        tap.check(told.ok, str(told))
        tap.check(texts.text("card.busy") not in told.said, f"told twice: {told.said}")


def test_card_swapped_at_the_prompt(w):
    """At the prompt the card is swapped for another person's: the PIN does not meet it."""
    w.reset()
    mark = w.mark()
    taken = verifies(w)
    told = w.ask("hanako", at_prompt=lambda: w.insert("taro"))
    tap.equal(told.code, UNAVAIL, str(told))
    tap.equal(verifies(w), taken, "PINs that reached the other card")
    tap.equal(w.one(mark)["jwhy"], "card.removed")


def test_the_right_card_of_several(w):
    """Two slots: a stranger's card in one, hanako's in the other."""
    w.reset()
    other = w.cards.put("stranger", w.pcscd.readers[0].port + 1)
    try:
        told = w.ask("hanako")
        tap.check(told.ok, str(told))
        w.insert("taro")
        mark = w.mark()
        tap.equal(w.ask("hanako").said, [texts.text("card.mismatch")], "the registered one gives the reason")
        tap.equal(w.one(mark)["jcard"], STAFF["taro"].card)
        tap.equal(len(re.findall(r" verify 0020", other.apdus())), 0, "PINs that reached the stranger's card")
    finally:
        w.cards.inserted.remove(other)
        other.stop()


def identifier(w: Office, name: str) -> str:
    found = re.search(r"(?m)^guid=.*$", w.space.read(f"{w.cards.made[name].directory}/state"))
    tap.check(found, "an identifier")
    return found[0] if found else ""


def test_known_card_with_a_key_of_another_kind(w):
    """Issued anew with its CHUID kept: it is taken for the one before and cannot sign; once, then its certificate counts."""
    w.reset()
    tap.check(w.ask("hanako").ok, "the one before is known")
    path = f"{w.cards.made['spare'].directory}/state"
    before = w.space.read(path)
    w.pull()
    w.space.write(path, before.replace(identifier(w, "spare"), identifier(w, "hanako")))
    try:
        w.insert("spare")
        mark = w.mark()
        told = w.ask("hanako")
        tap.equal((told.code, w.one(mark)["jwhy"]), (UNAVAIL, "card.unreadable"))
        told = w.ask("hanako")
        tap.check(told.ok, str(told))
    finally:
        w.pull()
        w.space.write(path, before)


class Refusals(Office):
    """With the cards that nobody should accept."""

    def _open_office(self) -> None:
        super()._open_office()
        self.cards.make("stranger", key="p256")
        self.cards.make("clone", clone_of="hanako")
        self.cards.make("expired", key="p256", validity="expired")
        self.cards.make("future", key="p256", validity="future")


if __name__ == "__main__":
    tap.main(missing(), w=lambda: Refusals("refusals"))
