# SPDX-License-Identifier: BSD-2-Clause
"""The logins that the faults meet: a kind of card, what the terminal knows of it, and when the PIN comes."""

from __future__ import annotations

from dataclasses import dataclass

# A place in a login -> what the virtual card calls that command.
COMMANDS = {
    # PIV
    "select": "select", "chuid": "chuid", "tries": "verify-status", "certificate": "getdata", "more": "getresponse",
    "select2": "select", "verify": "verify", "chain": "chain", "sign": "sign", "more2": "getresponse",
    # My Number card
    "ef-cert": "select", "head": "read", "ef-pin": "select", "ef-cert2": "select", "part": "read", "ef-pin2": "select",
    "ef-key": "select",
}
LOOK = ("select", "chuid", "tries")
SHORT = ("certificate", "more", "more", "more")
JPKI_LOOK = ("select", "ef-cert", "head", "ef-pin", "tries")
JPKI_READ = ("ef-cert2", "part", "part", "part", "part")
JPKI_SIGN = ("ef-pin2", "verify", "ef-key", "sign")
SIGN = {"rsa2048": ("verify", "chain", "sign", "more2"), "rsa3072": ("verify", "chain", "sign", "more2"),
        "p256": ("verify", "sign"), "p384": ("verify", "sign")}


@dataclass(frozen=True)
class Setup:
    """known: this terminal saw the card prove its key. typed: the PIN comes when the transaction has been ended."""

    name: str
    key: str
    kind: str = "card"          # vcard-make's word: card (PIV), jpki
    extended: bool = False
    known: bool = False
    typed: bool = True
    part: bool = False          # only some of the faults: the kind differs little from another

    @property
    def places(self) -> tuple[str, ...]:
        if self.kind == "jpki":
            look, read, sign = JPKI_LOOK, JPKI_READ, JPKI_SIGN
        elif self.extended:
            look, read, sign = LOOK, ("certificate",), ("verify", "sign")
        else:
            look, read, sign = LOOK, SHORT + ("more",) * (self.key == "rsa3072"), SIGN[self.key]
        return look + (() if self.known else read) + (("select2",) if self.typed else ()) + sign

    @property
    def commands(self) -> tuple[str, ...]:
        return tuple(COMMANDS[place] for place in self.places)

    @property
    def pin(self) -> str:
        return "1234" if self.kind == "jpki" else "123456"

    @property
    def wrong_pin(self) -> str:
        return "4321" if self.kind == "jpki" else "654321"


def both(name: str, key: str, **how: object) -> tuple[Setup, Setup]:
    """The longest login of such a card, and the shortest."""
    return (Setup(f"{name}-fresh", key, **how), Setup(f"{name}-known", key, known=True, typed=False, **how))


SETUPS = (*both("rsa-short", "rsa2048"), *both("ec-short", "p256"), *both("rsa-extended", "rsa2048", extended=True),
          *both("ec-extended", "p256", extended=True), *both("jpki", "rsa2048", kind="jpki"),
          Setup("rsa3072", "rsa3072", part=True), Setup("p384", "p384", known=True, typed=False, part=True))
