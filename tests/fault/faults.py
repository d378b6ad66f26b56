# SPDX-License-Identifier: BSD-2-Clause
"""The table of faults: what card, reader or pcscd do wrong at which step, and what must come of it.

The steps are the APDUs of a login. Before VERIFY an attempt may start afresh: at once-only faults that look like a
lost card or another program's reset, and, with a card that announces extended length, once more in the short form.
From VERIFY on nothing is tried twice.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Callable, Iterator

from login import PIN, WRONG_PIN, Attempt, Desk, Setup

CODES = {
    "granted": "PAM_SUCCESS", "attempt.timeout": "PAM_AUTHINFO_UNAVAIL", "reader.down": "PAM_AUTHINFO_UNAVAIL",
    "card.none": "PAM_AUTHINFO_UNAVAIL", "card.removed": "PAM_AUTHINFO_UNAVAIL",
    "card.unreadable": "PAM_AUTHINFO_UNAVAIL", "card.notoperator": "PAM_AUTH_ERR", "card.unknown": "PAM_AUTH_ERR",
    "card.mismatch": "PAM_AUTH_ERR", "card.forged": "PAM_AUTH_ERR", "pin.wrong": "PAM_AUTH_ERR",
    "pin.wrong.last": "PAM_AUTH_ERR", "pin.locked": "PAM_MAXTRIES",
}
GRANTED, TIMEOUT, DOWN = "granted", "attempt.timeout", "reader.down"
REMOVED, UNREADABLE, NOT_OURS, FORGED = "card.removed", "card.unreadable", "card.notoperator", "card.forged"
LOCKED, WRONG, WRONG_LAST = "pin.locked", "pin.wrong", "pin.wrong.last"


@dataclass(frozen=True)
class Case:
    """One run. `why`: the reason that must stand in the record. `verifies`: how many VERIFY the card may see."""

    group: str
    name: str
    why: str
    orders: tuple[str, ...] = ()
    pin: str = PIN
    meanwhile: Callable[[Desk, Attempt], None] | None = None
    verifies: int = 1
    after: Callable[[Desk], None] | None = None     # before the card is put right again


@dataclass(frozen=True)
class Step:
    """One APDU of a clean login. `look` is the first SELECT to the last GET RESPONSE of the certificate."""

    number: int
    command: str
    look: bool
    before_verify: bool
    extended: bool

    @property
    def place(self) -> str:
        """As the table below names it."""
        return f"{self.command}2" if self.command in ("select", "getresponse") and not self.look else self.command


def steps(setup: Setup) -> list[Step]:
    verify = setup.steps.index("verify")
    return [Step(number, command, number < verify, number <= verify, setup.extended)
            for number, command in enumerate(setup.steps, 1)]


# An answer that is wrong once. "select2" and "getresponse2" are those of the signing half. kind -> what comes of it where it is not UNREADABLE.
ONCE: dict[str, dict[str, str]] = {
    "sw 6f00": {},
    "sw 6982": {},
    # The application, or the object, is not there.
    "sw 6a82": {"select": NOT_OURS, "select2": NOT_OURS, "getdata": NOT_OURS,
                "getresponse": NOT_OURS},
    "sw 6983": {"verify-status": LOCKED, "verify": LOCKED},
    "sw 63c1": {"verify-status": GRANTED, "verify": WRONG_LAST},
    "sw 63c2": {"verify-status": GRANTED, "verify": WRONG},
    # Not done, and said to be: SELECT was done before; 9000 to the question for tries left says nothing of them.
    "sw 9000": {"verify-status": GRANTED, "select2": GRANTED},
    "sw 6110": {},
    "endless": {},
    "garbage": {},
    # The command was run and the status is right: nothing of the data is needed there.
    "garbage-ok": {"select": GRANTED, "select2": GRANTED, "verify-status": GRANTED, "verify": GRANTED,
                   "chain": GRANTED},
    # Half of two bytes is one byte: as below.
    "truncated": {"verify-status": GRANTED},
    # As from a reader that lost its card: started afresh while that is allowed.
    "onebyte": {"select": GRANTED, "select2": GRANTED, "verify-status": GRANTED, "getdata": GRANTED,
                "getresponse": GRANTED},
    "flood": {},
}

ALWAYS = ("sw 6f00", "endless", "garbage", "garbage-ok", "truncated", "onebyte", "flood")

CERTIFICATES = {"cert-none": NOT_OURS, "cert-cut": UNREADABLE, "cert-derlength": UNREADABLE,
                "cert-gzip": UNREADABLE, "cert-of {box}/colleague": "card.mismatch",
                "cert-of {box}/stranger": "card.unknown"}
LENGTHS = ("length-lie-short", "length-lie-long", "length-indefinite", "length-huge", "inner-lie-short",
           "inner-lie-long")
SIGNATURES = {"sig-wrong": FORGED, "sig-random": FORGED, "sig-zero": FORGED, "sig-short": UNREADABLE,
              "sig-replayed": FORGED, "sig-foreign": FORGED, "sig-otherdata": FORGED}


def once(kind: str, step: Step) -> str:
    """What comes of a fault that acts one time only."""
    table = ONCE[kind]
    why = table.get(step.place, UNREADABLE)
    if why == UNREADABLE and step.extended and step.before_verify:
        return GRANTED          # the second try, in the short form, is a good one
    return why


def always(kind: str, command: str) -> str:
    """What comes of a fault that acts on each such command."""
    if kind == "garbage-ok":
        return ONCE[kind].get(command, UNREADABLE)
    return UNREADABLE


def answers_once(setup: Setup) -> Iterator[Case]:
    for kind in ONCE:
        for step in steps(setup):
            yield Case(f"{kind}, once", f"{step.number} {step.command}", once(kind, step),
                       (f"fault {kind} at {step.number} 1",), verifies=0 if never_verified(kind, step) else 1)


def never_verified(kind: str, step: Step) -> bool:
    return step.before_verify and once(kind, step) != GRANTED


def answers_always(setup: Setup) -> Iterator[Case]:
    commands = list(dict.fromkeys(setup.steps))
    for kind in ALWAYS:
        for command in commands:
            early = command in ("select", "verify-status", "getdata") or (
                command == "getresponse" and not setup.extended)
            why = always(kind, command)
            yield Case(f"{kind}, always", command, why, (f"fault {kind} at {command}",),
                       verifies=0 if early and why != GRANTED else 1)


def certificates(setup: Setup) -> Iterator[Case]:
    """Rule 4: none of these cards meets the PIN."""
    for kind, why in CERTIFICATES.items():
        yield Case("certificate", kind, why, (f"fault {kind} at getdata",), verifies=0)
    for kind in LENGTHS:
        yield Case("lengths", f"{kind} at select", GRANTED, (f"fault {kind} at select",))
        yield Case("lengths", f"{kind} at getdata", UNREADABLE, (f"fault {kind} at getdata",), verifies=0)
        yield Case("lengths", f"{kind} at sign", UNREADABLE, (f"fault {kind} at sign",))


def signatures(setup: Setup) -> Iterator[Case]:
    for kind, why in SIGNATURES.items():
        yield Case("signature", kind, why, (f"fault {kind} at sign",))


def cards_and_pins(setup: Setup) -> Iterator[Case]:
    group = "cards and PINs"
    yield Case(group, "nothing wrong", GRANTED)
    yield Case(group, "cloned certificate", FORGED, ("insert {box}/clone",))
    yield Case(group, "a colleague's card", "card.mismatch", ("insert {box}/colleague",), verifies=0)
    yield Case(group, "a stranger's card", "card.unknown", ("insert {box}/stranger",), verifies=0)
    yield Case(group, "no card", "card.none", ("remove",), verifies=0)
    yield Case(group, "wrong PIN", WRONG, pin=WRONG_PIN)
    yield Case(group, "wrong PIN, two tries left", WRONG_LAST, ("set-tries 2",), pin=WRONG_PIN)
    yield Case(group, "wrong PIN, one try left", LOCKED, ("set-tries 1",), pin=WRONG_PIN)
    yield Case(group, "blocked PIN", LOCKED, ("block-pin",), verifies=0)
    yield Case(group, "wrong PIN, VERIFY lies", UNREADABLE, ("fault verify-lies-ok at verify",), pin=WRONG_PIN)
    # A card that takes any PIN: no reader can know.
    yield Case(group, "wrong PIN, the card takes any", GRANTED, ("fault verify-any at verify",), pin=WRONG_PIN)


def removals(setup: Setup) -> Iterator[Case]:
    for step in steps(setup):
        yield Case("card pulled at", f"{step.number} {step.command}", REMOVED, (f"remove-at {step.number}",),
                   verifies=0 if step.before_verify else 1)
    for step in steps(setup):
        last = step.number == len(setup.steps)      # all was done
        yield Case("card pulled after", f"{step.number} {step.command}", GRANTED if last else REMOVED,
                   (f"remove-after {step.number}",), verifies=0 if step.before_verify else 1)


def waits(setup: Setup) -> Iterator[Case]:
    for group, fault, why in (("slow answer", "delay 400", GRANTED), ("silent", "silent", TIMEOUT),
                              ("too late", "delay 20000", TIMEOUT), ("empty frame", "empty", TIMEOUT)):
        for step in steps(setup):
            yield Case(group, f"{step.number} {step.command}", why, (f"fault {fault} at {step.number} 1",),
                       verifies=0 if step.before_verify and why != GRANTED else 1,
                       after=pull if fault == "empty" else None)


def pull(desk: Desk) -> None:
    """Nothing else makes pcscd give up waiting for the rest of an empty frame."""
    desk.card.remove()


# pcscd

def at_step(action: Callable[[Desk], None]) -> Callable[[Desk, Attempt], None]:
    """Something done to pcscd while the card holds its answer back, which then goes out."""
    def meanwhile(desk: Desk, attempt: Attempt) -> None:
        attempt.until(lambda: desk.card.status()["pending"] == "silent", 2.0)
        action(desk)
        desk.card.clear()
    return meanwhile


def kill(desk: Desk) -> None:
    desk.world.pcscd.kill()


def restart(desk: Desk) -> None:
    desk.world.pcscd.kill()
    desk.world.pcscd.start()


def stop(desk: Desk) -> None:
    desk.world.pcscd.sigstop()


def stop_a_while(desk: Desk) -> None:
    desk.world.pcscd.sigstop()
    time.sleep(0.3)
    desk.world.pcscd.sigcont()


def let_go_on(desk: Desk) -> None:
    desk.world.pcscd.sigcont()


def reader_service(setup: Setup) -> Iterator[Case]:
    for group, action, why, after in (("pcscd killed", kill, DOWN, None), ("pcscd restarted", restart, DOWN, None),
                                      ("pcscd stopped", stop, TIMEOUT, let_go_on),
                                      ("pcscd stopped a while", stop_a_while, GRANTED, None)):
        for step in steps(setup):
            yield Case(group, f"{step.number} {step.command}", why, (f"fault silent at {step.number} 1",),
                       meanwhile=at_step(action), verifies=0 if step.before_verify and why != GRANTED else 1,
                       after=after)


def cases(setup: Setup) -> list[Case]:
    parts = (cards_and_pins, answers_once, answers_always, certificates, signatures, removals, waits, reader_service)
    return [case for part in parts for case in part(setup)]
