# SPDX-License-Identifier: BSD-2-Clause
"""The table of faults: what card, reader or pcscd do wrong at which step, and what must come of it.

The steps are the APDUs of a login (setups.py). Before VERIFY an attempt may start afresh: at once-only faults that look
like a lost card or another program's reset, and, with a card that announces extended length, once more in the short
form. From VERIFY on nothing is tried twice. What goes wrong with the identifier costs nothing: the certificate is read.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Callable, Iterator

from login import DEADLINE, TYPED, Attempt, Desk
from setups import COMMANDS, Setup

AUTH_ERR, UNAVAIL = "PAM_AUTH_ERR", "PAM_AUTHINFO_UNAVAIL"
CODES = {
    "granted": "PAM_SUCCESS", "reader.down": UNAVAIL, "reader.none": UNAVAIL, "card.none": UNAVAIL,
    "card.removed": UNAVAIL, "card.unreadable": UNAVAIL, "card.busy": UNAVAIL, "card.silent": UNAVAIL,
    "card.notoperator": AUTH_ERR, "card.unknown": AUTH_ERR, "card.mismatch": AUTH_ERR, "card.forged": AUTH_ERR,
    "card.revoked": AUTH_ERR, "card.expired": AUTH_ERR, "card.notyet": AUTH_ERR, "pin.malformed": AUTH_ERR,
    "pin.wrong": AUTH_ERR, "pin.wrong.last": AUTH_ERR, "pin.locked": "PAM_MAXTRIES",
}
GRANTED, DOWN, BUSY, SILENT = "granted", "reader.down", "card.busy", "card.silent"
REMOVED, UNREADABLE, NOT_OURS, FORGED = "card.removed", "card.unreadable", "card.notoperator", "card.forged"
UNKNOWN, OTHERS = "card.unknown", "card.mismatch"
LOCKED, WRONG, WRONG_LAST, MALFORMED = "pin.locked", "pin.wrong", "pin.wrong.last", "pin.malformed"
BUSY_TEXT = "Another program is using the card"


@dataclass(frozen=True)
class Case:
    """One run. `why`: the reason that must stand in the record. `verifies`: how many VERIFY the card may see."""

    group: str
    name: str
    why: str
    orders: tuple[str, ...] = ()
    pin: str | None = None
    meanwhile: Callable[[Desk, Attempt], None] | None = None
    at_prompt: Callable[[Desk], None] | None = None
    verifies: int = 1
    before: Callable[[Desk], None] | None = None
    after: Callable[[Desk], None] | None = None     # before the card is put right again
    exactly: tuple[str, ...] = ()                   # the commands that the card must see
    told: str = ""                                  # what the terminal must have shown besides
    cards: tuple[str, ...] = ()                     # those of at_prompt

    def all_cards(self) -> set[str]:
        return set(self.cards) | set(re.findall(r"{box}/(\w+)", " ".join(self.orders)))


@dataclass(frozen=True)
class Step:
    """One APDU of a clean login."""

    number: int
    place: str
    before_verify: bool         # VERIFY itself too: a fault there that ends all comes before a try is spent
    extended: bool


def steps(setup: Setup) -> list[Step]:
    verify = setup.places.index("verify")
    return [Step(number, place, number <= verify, setup.extended)
            for number, place in enumerate(setup.places, 1)]


def at(places: str, why: str = GRANTED) -> dict[str, str]:
    return {place: why for place in places.split()}


# The answers of these have nothing but a status: half of it is one byte.
BARE = {"card": "tries", "jpki": "select ef-cert ef-pin tries ef-cert2 select2"}
LOST = "select chuid tries certificate more select2 ef-cert head ef-pin ef-cert2 part"     # read again from the beginning

# An answer that is wrong once: place -> what comes of it where it is not UNREADABLE.
ONCE: dict[str, dict[str, str]] = {
    "sw 6f00": at("chuid"),
    "sw 6982": at("chuid"),
    # The application, or the object, is not there.
    "sw 6a82": at("chuid") | at("select select2 certificate more ef-cert head ef-pin ef-cert2 part ef-pin2 ef-key",
                                NOT_OURS),
    "sw 6983": at("chuid") | at("tries verify", LOCKED),
    "sw 6984": at("chuid") | at("tries verify", LOCKED),
    "sw 63c1": at("chuid tries") | {"verify": WRONG_LAST},
    "sw 63c2": at("chuid tries") | {"verify": WRONG},
    # Not done, and said to be. SELECT was done before; 9000 to the question for tries left says nothing of them.
    "sw 9000": at("chuid tries select2"),
    "sw 6110": at("chuid"),
    "endless": at("chuid"),
    "garbage": at("chuid"),
    # The command was run and the status is right: nothing of the data is needed there.
    "garbage-ok": at("select chuid tries select2 verify chain ef-cert ef-pin ef-cert2 ef-pin2 ef-key"),
    "truncated": at("chuid"),
    # As from a reader that lost its card: started afresh while that is allowed.
    "onebyte": at(LOST),
    "flood": {},
}
ALWAYS = ("sw 6f00", "endless", "garbage", "garbage-ok", "truncated", "onebyte", "flood")

CERTIFICATES = {"cert-none": NOT_OURS, "cert-cut": UNREADABLE, "cert-derlength": UNREADABLE, "cert-gzip": UNREADABLE,
                "cert-of {box}/colleague": OTHERS, "cert-of {box}/stranger": UNKNOWN}
LENGTHS = ("length-lie-short", "length-lie-long", "length-indefinite", "length-huge", "inner-lie-short",
           "inner-lie-long")
SIGNATURES = {"sig-wrong": FORGED, "sig-random": FORGED, "sig-zero": FORGED, "sig-short": UNREADABLE,
              "sig-empty": UNREADABLE, "sig-long": UNREADABLE, "sig-replayed": FORGED, "sig-foreign": FORGED,
              "sig-otherdata": FORGED}
SPOILT = ("void", "empty", "missing", "noise", "nested", "twice", "noise-in-it", "junk-in-it", "junk-behind", "gzip",
          "gzip-cut", "gzip-of-noise", "gzip-bomb", "gzip-unsaid")
SPOILT_JPKI = {"void": NOT_OURS, "noise": UNREADABLE, "nested": UNKNOWN, "junk-behind": GRANTED}


def once(setup: Setup, kind: str, step: Step) -> str:
    """What comes of a fault that acts one time only."""
    place, why = step.place, ONCE[kind].get(step.place, UNREADABLE)
    if kind == "truncated" and place in BARE[setup.kind].split():
        return GRANTED
    if kind == "sw 9000" and place == "select" and not step.extended:
        return NOT_OURS if setup.kind == "jpki" else UNREADABLE     # the next command finds nothing selected
    if kind == "sw 9000" and place == "ef-pin2" and not setup.typed:
        return GRANTED          # it is selected already
    if why == UNREADABLE and step.extended and step.before_verify:
        return GRANTED          # the second try, in the short form, is a good one
    return why


def always(setup: Setup, kind: str, command: str) -> str:
    """What comes of a fault that acts on each such command."""
    places = [place for place in setup.places if COMMANDS[place] == command]
    good = at("chuid" if kind not in ("onebyte", "flood") else "")
    if kind == "garbage-ok":
        good |= ONCE[kind]
    return GRANTED if all(good.get(place) == GRANTED for place in places) else UNREADABLE


def answers_once(setup: Setup) -> Iterator[Case]:
    kinds = ("sw 6f00", "truncated", "onebyte") if setup.part else tuple(ONCE)
    for kind in kinds:
        for step in steps(setup):
            why = once(setup, kind, step)
            # A card that only claims to have selected its PIN is asked to verify one.
            lured = (kind, step.place) == ("sw 9000", "ef-pin2")
            yield Case(f"{kind}, once", f"{step.number} {step.place}", why, (f"fault {kind} at {step.number} 1",),
                       verifies=0 if step.before_verify and why != GRANTED and not lured else 1)


def answers_always(setup: Setup) -> Iterator[Case]:
    if setup.part:
        return
    commands = list(dict.fromkeys(setup.commands))
    verify = setup.commands.index("verify")
    for kind in ALWAYS:
        for command in commands:
            early = setup.commands.index(command) < verify
            why = always(setup, kind, command)
            yield Case(f"{kind}, always", command, why, (f"fault {kind} at {command}",),
                       verifies=0 if early and why != GRANTED else 1)
    yield Case("garbage-ok, always", "every command", UNREADABLE, ("fault garbage-ok at any",), verifies=0)


def certificates(setup: Setup) -> Iterator[Case]:
    """Rule 4: none of these cards meets the PIN. What is not read is not looked at."""
    jpki = setup.kind == "jpki"
    for kind, why in CERTIFICATES.items():
        if setup.known and (not jpki or kind == "cert-cut"):
            continue            # the beginning is that of the card that is known
        yield Case("certificate", kind, why, (f"fault {kind} at {'read' if jpki else 'getdata'}",), verifies=0)
    for name in SPOILT_JPKI if jpki else SPOILT:
        why = SPOILT_JPKI[name] if jpki else NOT_OURS if name in ("void", "empty", "missing") else UNREADABLE
        if setup.known and not jpki:
            continue
        yield Case("certificate", f"its object is {name}", why, (f"change {{box}}/spoilt-{name}",),
                   verifies=1 if why == GRANTED else 0)


def lengths(setup: Setup) -> Iterator[Case]:
    for kind in LENGTHS:
        if setup.kind == "jpki":
            # It parses, and is nobody's.
            why = UNKNOWN if kind in ("length-lie-short", "inner-lie-short", "inner-lie-long") else UNREADABLE
            yield Case("lengths", f"{kind} at read", why, (f"fault {kind} at read",), verifies=0)
            continue
        for command in ("select", "chuid"):
            yield Case("lengths", f"{kind} at {command}", GRANTED, (f"fault {kind} at {command}",))
        if not setup.known:
            yield Case("lengths", f"{kind} at getdata", UNREADABLE, (f"fault {kind} at getdata",), verifies=0)
        yield Case("lengths", f"{kind} at sign", UNREADABLE, (f"fault {kind} at sign",))


def signatures(setup: Setup) -> Iterator[Case]:
    for kind, why in SIGNATURES.items():
        yield Case("signature", kind, why, (f"fault {kind} at sign",))


def cards(setup: Setup) -> Iterator[Case]:
    group = "cards"
    yield Case(group, "nothing wrong", GRANTED, exactly=setup.commands)
    yield Case(group, "no card", "card.none", ("remove",), verifies=0)
    yield Case(group, "cloned certificate", FORGED, ("change {box}/clone",))
    others = {"a colleague's": ("colleague", OTHERS), "a stranger's": ("stranger", UNKNOWN),
              "revoked": ("revoked", "card.revoked"), "expired": ("expired", "card.expired"),
              "not yet valid": ("future", "card.notyet"), "of another CA": ("otherca", UNKNOWN),
              "of a CA of the same name": ("twinca", UNKNOWN), "without digitalSignature": ("nousage", UNKNOWN)}
    if setup.kind == "card":
        others["a stranger's with four keys"] = ("fourslots", UNKNOWN)
    for name, (card, why) in others.items():
        yield Case(group, name, why, (f"change {{box}}/{card}",), verifies=0)
    if setup.kind == "card":
        # By its identifier it is the one that is known; the PIN is at stake and the signature decides.
        yield Case(group, "a stranger's that says it is hers", FORGED if setup.known else UNKNOWN,
                   ("change {box}/copycat",), verifies=1 if setup.known else 0)


def pins(setup: Setup) -> Iterator[Case]:
    group, wrong = "PINs", setup.wrong_pin
    yield Case(group, "wrong", WRONG, pin=wrong)
    yield Case(group, "wrong, two tries left", WRONG_LAST, ("set-tries 2",), pin=wrong)
    yield Case(group, "wrong, one try left", LOCKED, ("set-tries 1",), pin=wrong)
    yield Case(group, "blocked", LOCKED, ("block-pin",), verifies=0)
    yield Case(group, "wrong, VERIFY lies", UNREADABLE, ("fault verify-lies-ok at verify",), pin=wrong)
    # A card that takes any PIN: no reader can know.
    yield Case(group, "wrong, the card takes any", GRANTED, ("fault verify-any at verify",), pin=wrong)
    for name, pin in (("empty", ""), ("three digits", "123"), ("nine digits", "123456789"), ("400 digits", "1" * 400)):
        if setup.kind == "card" or name != "nine digits":
            yield Case(group, name, MALFORMED, pin=pin, verifies=0)


# what happens to the card while the PIN is typed

def typed(*actions: Callable[[Desk], object]) -> Callable[[Desk], None]:
    """After the card process has let go of its transaction."""
    def at_prompt(desk: Desk) -> None:
        time.sleep(TYPED)
        for action in actions:
            action(desk)
    return at_prompt


def reset(desk: Desk) -> None:
    desk.neighbour("reset").finish()


def say(order: str) -> Callable[[Desk], object]:
    return lambda desk: desk.card.say(order.format(box=desk.world.cards.issued))


def wait(seconds: float) -> Callable[[Desk], None]:
    return lambda _: time.sleep(seconds)


def between(setup: Setup) -> Iterator[Case]:
    """VERIFY goes to the card that was shown, or to none."""
    group = "while the PIN is typed"
    yield Case(group, "nothing", GRANTED, at_prompt=typed())
    yield Case(group, "reset by others", GRANTED, at_prompt=typed(reset))
    for name, card in (("a colleague's card", "colleague"), ("a stranger's card", "stranger")):
        yield Case(group, f"{name} in its place", REMOVED, at_prompt=typed(say(f"change {{box}}/{card}"), reset),
                   verifies=0, cards=(card,))
        yield Case(group, f"taken out, {name} put in", REMOVED, verifies=0, cards=(card,),
                   at_prompt=typed(say("remove"), wait(0.5), say(f"insert {{box}}/{card}"), wait(0.5)))
    yield Case(group, "taken out", REMOVED, at_prompt=typed(say("remove"), wait(0.6)), verifies=0)
    yield Case(group, "taken out and put back", REMOVED, verifies=0,
               at_prompt=typed(say("remove"), wait(0.5), say("insert"), wait(0.5)))
    yield Case(group, "a clone in its place", FORGED, at_prompt=typed(say("change {box}/clone"), reset),
               cards=("clone",))
    if setup.kind == "card":
        yield Case(group, "one of the same identifier in its place", FORGED if setup.known else REMOVED,
                   at_prompt=typed(say("change {box}/copycat"), reset), verifies=1 if setup.known else 0,
                   cards=("copycat",))


def removals(setup: Setup) -> Iterator[Case]:
    for step in steps(setup):
        yield Case("card pulled at", f"{step.number} {step.place}", REMOVED, (f"remove-at {step.number}",),
                   verifies=0 if step.before_verify else 1)
    for step in steps(setup):
        last = step.number == len(setup.places)      # all was done
        yield Case("card pulled after", f"{step.number} {step.place}", GRANTED if last else REMOVED,
                   (f"remove-after {step.number}",), verifies=0 if step.before_verify else 1)


def waits(setup: Setup) -> Iterator[Case]:
    some = ("select", "tries", "verify", "sign")
    for group, fault, why, places in (("slow answer", "delay 400", GRANTED, ()), ("slower", "delay 1500", GRANTED, some),
                                      ("silent", "silent", SILENT, some if setup.part else ()),
                                      ("too late", "delay 20000", SILENT, some),
                                      ("empty frame", "empty", SILENT, some)):
        for step in steps(setup):
            if not places or step.place in places:
                yield Case(group, f"{step.number} {step.place}", why, (f"fault {fault} at {step.number} 1",),
                           verifies=0 if step.before_verify and why != GRANTED else 1,
                           after=pull if fault == "empty" else None)


def pull(desk: Desk) -> None:
    """Nothing else makes pcscd give up waiting for the rest of an empty frame."""
    desk.card.remove()


# other programs at the reader

def keeper(how: str) -> Callable[[Desk], None]:
    def before(desk: Desk) -> None:
        if desk.neighbour(how).hear() != "held":
            raise AssertionError(f"the other program does not {how}")
    return before


def goes_after(seconds: float) -> Callable[[Desk, Attempt], None]:
    def meanwhile(desk: Desk, attempt: Attempt) -> None:
        end = time.monotonic() + seconds
        attempt.until(lambda: time.monotonic() > end, seconds + 1)
        desk.guests.pop().kill()
    return meanwhile


def busy(setup: Setup) -> Iterator[Case]:
    for how in ("hold", "exclusive"):
        group = f"others {how} the card"
        yield Case(group, "for ever", BUSY, before=keeper(how), verifies=0, told=BUSY_TEXT)
        yield Case(group, "for 1 s", GRANTED, before=keeper(how), meanwhile=goes_after(1.0))
        yield Case(group, "for 2.2 s", GRANTED, before=keeper(how), meanwhile=goes_after(2.2), told=BUSY_TEXT)
    yield Case("others hold the card", "from the prompt on", BUSY, at_prompt=typed(keeper("hold")), verifies=0)


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
    yield Case("pcscd killed", "before", DOWN, before=kill, verifies=0)
    yield Case("pcscd stopped", "before", DOWN, before=stop, after=let_go_on, verifies=0)
    yield Case("pcscd stopped", "while the PIN is typed", DOWN, at_prompt=typed(stop), after=let_go_on, verifies=0)
    for group, action, why, after in (("pcscd killed", kill, DOWN, None), ("pcscd restarted", restart, DOWN, None),
                                      ("pcscd stopped", stop, SILENT, let_go_on),
                                      ("pcscd stopped a while", stop_a_while, GRANTED, None)):
        for step in steps(setup):
            yield Case(group, f"{step.number} {step.place}", why, (f"fault silent at {step.number} 1",),
                       meanwhile=at_step(action), verifies=0 if step.before_verify and why != GRANTED else 1,
                       after=after)


PARTS = (cards, pins, between, answers_once, answers_always, certificates, lengths, signatures, removals, waits, busy,
         reader_service)
OF_PART = (cards, pins, answers_once, signatures, removals, waits)


def cases(setup: Setup) -> list[Case]:
    return [case for part in (OF_PART if setup.part else PARTS) for case in part(setup)]


assert 2.2 < DEADLINE
