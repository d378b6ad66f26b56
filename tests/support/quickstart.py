# SPDX-License-Identifier: BSD-2-Clause
"""The demonstration behind tools/quickstart: quickstart.py BUILD [--interactive | --reader]"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import time
from typing import Callable

from world import Session, World, missing, person
from world.users import SHELL_PROMPT

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.dirname(os.path.abspath(__file__))
PIN, WRONG, CODE = "123456", "999999", "12345678903"
WIDTH = 78
OURS = re.compile(r"op=juki:")
MANAGER = "kacho"
CLERKS = (
    # account, person, name, operator ID, its type of 別紙1, card
    ("hanako", "p0123", "佐藤 花子", "m0123-2", "municipal-management", "c-0042"),
    ("taro", "p0124", "鈴木 太郎", "m0124-1", "municipal-management", "c-0043"),
    (MANAGER, "p0001", "田中 一郎", "m0001-1", "operator-management", "c-0001"),
)
# What is shown of a record; the rest says which program, rule, key and card it was.
TYPES = "USER_AUTH,USER_ACCT,USER_START,USER_END,TRUSTED_APP,USYS_CONFIG"
SHOWN = ("op", "acct", "jper", "jfor", "jact", "jbiz", "jrcp", "jsub", "jobj", "jconf", "jwhy", "res")


def say(text: str = "") -> None:
    print(text, flush=True)


def title(number: int, text: str) -> None:
    say(f"\n{number}. {text}")


def indent(text: str) -> str:
    return "\n".join(fold(line, "   | ", "   |     ") or "   |" for line in text.rstrip("\n").split("\n"))


def fold(text: str, first: str, more: str) -> str:
    return "\n".join(textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=more, break_long_words=False,
                                   break_on_hyphens=False))


def register(world: World, certificates: dict[str, str]) -> None:
    """The sample operators, as far as there is a card for them, and the sample policy."""
    world.registry.terminal("shimin-03")
    for account, number, name, right, kind, card in CLERKS:
        if account in certificates:
            world.registry.person(number, name=name, accounts=[account], cards={card: certificates[account]})
            world.registry.operator_id(right, number, type=kind)
    if MANAGER in certificates:
        world.registry.role("r0001-1", "p0001", "system-manager")
    world.registry.settings(login={"deadline": 45, "card-wait": 30, "contact": "内線 123"})
    with open(os.path.join(SOURCE, "conf", "policy.conf"), encoding="utf-8") as shipped:
        world.space.write("/etc/jukinet/policy.conf", shipped.read())
    made = world.registry.try_build()
    made.check()
    say("   " + made.stdout.strip())


def show_clerks(cards: str) -> None:
    for account, number, name, right, kind, card in CLERKS:
        say(f"   account {account:7} person {number}  {name}  operator ID {right} ({kind})  card {card}")
    say(f"   {cards}")


def transcript(session: Session) -> str:
    """What stood on the screen; typed PINs as the person's fingers know them."""
    text = "".join("" if event.who == "end" else event.text if event.who == "program" else event.text.rstrip("\n")
                   for event in session.terminal.events if event.who == "program" or "*" in event.text)
    return text.replace("\r", "").replace("\n\n", "\n")


def log_in(world: World, account: str, pin: str, work: Callable[[Session], None] | None = None) -> None:
    begun = time.monotonic()
    session = world.open_login(account, pin=pin, timeout=60)
    took = time.monotonic() - begun
    with session:
        if session.reached:
            if work:
                work(session)
            session.exit()
    say(indent(f"shimin-03 login: {account}\n" + transcript(session)))
    say(f"   ({'the login took' if session.reached else 'refused after'} {took:.2f} s)")


def make_keys(world: World) -> None:
    """By whom the rules name, in his session: what `sudo jukinetctl key create` does."""
    uid = world.accounts[MANAGER].uid
    with world.open_login(MANAGER, pin=PIN, timeout=60) as session:
        if not session.reached:
            sys.exit("quickstart: the system manager cannot log in\n" + transcript(session))
        for kind in ("subject", "receipt"):
            say(f"   # jukinetctl key create --kind {kind}")
            say(indent(world.run([f"{world.build_dir}/tools/ctl/jukinetctl", "key", "create", "--kind", kind],
                                 loginuid=uid).check().stdout))
        session.exit()


class Desk:
    """hanako's shell, and who stands around it."""

    def __init__(self, world: World, change_card: Callable[[str], None]) -> None:
        self.world, self.change_card = world, change_card

    def work(self, session: Session) -> None:
        self.terminal = session.terminal
        self.ask(session, "identity-confirmation")
        self.ask(session, "information-provision")
        self.update()
        session.command("jukinetctl session lock")
        self.ask(session, "identity-confirmation")

    def ask(self, session: Session, business: str) -> None:
        self.terminal.answer(f"jukinet-lookup ask --purpose moving-in --reception R08-1121-014 --business {business} --action view")
        self.type_code()
        self.terminal.expect(re.escape(SHELL_PROMPT))

    def type_code(self) -> None:
        self.terminal.expect(r"not shown\): $")
        self.terminal.answer(CODE, hidden=True)

    def update(self) -> None:
        """taro comes, reads, confirms with his own card, and hanako's goes back."""
        self.terminal.answer("./update R08-1121-015")
        self.type_code()
        self.terminal.expect("your own card")
        self.change_card("taro")
        self.terminal.expect("second person: $", timeout=60)
        self.terminal.answer(PIN, hidden=True)
        self.terminal.expect("card reader")
        self.change_card("hanako")
        self.terminal.expect(re.escape(SHELL_PROMPT), timeout=60)


def at_home(world: World) -> None:
    """The programs of this build are found, and hanako has the small business application."""
    programs = ":".join(f"{world.build_dir}/tools/{one}" for one in ("lookup", "ctl"))
    world.space.write("/etc/profile", f"PATH={programs}:/usr/bin:/bin\nLANG=C.UTF-8\nexport PATH LANG\n")
    hanako = world.accounts["hanako"]
    with open(os.path.join(HERE, "update.py"), encoding="utf-8") as file:
        text = file.read().replace("#!/usr/bin/env python3", f"#!{sys.executable} -BI")
    world.space.write(f"{hanako.home}/update", text, 0o755, (hanako.uid, hanako.gid))


def show_records(world: World) -> None:
    """Ours, as ausearch interprets them: when, and what they say."""
    say(f"   # ausearch -m {TYPES} -i")
    say("   of each the time, the serial number and the main fields: jper is the person,")
    say("   jact and jbiz what was asked for, jsub the resident as a keyed hash, jwhy why")
    say("   not, jconf who confirmed")
    for line in world.ausearch("-m", TYPES, "-i").stdout.splitlines():
        # The log is the machine's: somebody else may try jukinet too.
        if not OURS.search(line) or world.build_dir not in line:
            continue
        fields = dict(re.findall(r"""\b([a-z]+)=("[^"]*"|[^\s']+)""", line.partition("msg='")[2]))
        told = " ".join(f"{name}={fields[name]}".replace('"', "") for name in SHOWN if fields.get(name, '""') != '""')
        when = re.search(r"audit\(\S+ ([\d:]+)\.\d+:(\d+)\)", line)
        say(fold(f"{when[1]} {when[2]} {told}" if when else told, "   ", "       "))


def interact(world: World, hint: str) -> None:
    say(f"\n   You are at the terminal. {hint}\n   `exit` leaves; so does closing this window.\n")
    terminal = world.terminal()
    terminal.start(["/bin/login"], env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"),
                                        "TERM": os.environ.get("TERM", "dumb"),
                                        "LANG": os.environ.get("LANG", "C.UTF-8")})
    terminal.interact()


def with_virtual_reader(build: str, interactive: bool) -> None:
    with World("quickstart", build, accounts=[person(MANAGER, 2011)]) as world:
        certificates = {}
        for account, *_ in CLERKS:
            world.cards.make(account, key="rsa2048" if account == "hanako" else "p256", pin=PIN)
            certificates[account] = world.cards.certificate(account)
        register(world, certificates)
        show_clerks(f"the PIN of each sample card is {PIN}")
        at_home(world)
        world.pam.ours()
        world.services.start()
        card = world.cards.put(MANAGER, world.pcscd.readers[0].port)

        def change_card(account: str) -> None:
            card.remove()
            card.insert_and_wait(world.cards.made[account])

        begun = world.mark()
        title(4, "the system manager makes the keys under which residents stand in the log")
        make_keys(world)
        title(5, "hanako logs in with her card and PIN (the real login on a terminal) and works")
        change_card("hanako")
        log_in(world, "hanako", PIN, Desk(world, change_card).work)
        title(6, "a wrong PIN")
        log_in(world, "hanako", WRONG)
        title(7, "taro's card in hanako's login: no PIN is asked for")
        change_card("taro")
        log_in(world, "hanako", PIN)
        world.records(begun)  # waits until all of them stand in the log
        title(8, "the records of all that, as ausearch finds them")
        show_records(world)
        if interactive:
            change_card("hanako")
            title(9, "now you")
            interact(world, f"hanako's card is in the reader; her PIN is {PIN}.")
        notes(world)


def read_certificate() -> str:
    """The PIV authentication certificate of the card in the machine's reader, as PEM."""
    read = subprocess.run(["pkcs11-tool", "--read-object", "--type", "cert", "--id", "01"],
                          capture_output=True, timeout=60, check=False)
    if read.returncode != 0:
        sys.exit("quickstart: no PIV card could be read (is the package opensc installed, pcscd running, "
                 "the card in the reader?)\n" + read.stderr.decode(errors="replace"))
    pem = subprocess.run(["openssl", "x509", "-inform", "DER"], input=read.stdout, capture_output=True,
                         timeout=10, check=True)
    return pem.stdout.decode()


def with_real_reader(build: str) -> None:
    if not os.path.exists("/run/pcscd/pcscd.comm"):
        sys.exit("quickstart: the machine's pcscd does not run; start it (systemctl start pcscd.socket) and try again")
    certificate = read_certificate()
    with World("quickstart", build, card_reader=False, keep={"/run/pcscd": True}) as world:
        register(world, {"hanako": certificate})
        say("   your card is registered here as the card of 佐藤 花子, account hanako")
        world.pam.ours()
        world.services.start()
        begun = world.mark()
        title(4, "log in")
        interact(world, "Log in as hanako with your own PIN; a wrong one costs a try of your card.")
        world.records(begun)
        title(5, "the records")
        show_records(world)
        notes(world)


def notes(world: World) -> None:
    say("\nAll of this lived in a mount namespace of its own and is gone now: no file, account, PAM stack, audit setting")
    say("or service of this machine was changed. Its build is in " + os.path.relpath(world.build_dir) + "/ (yours to delete).")
    for note in world.notes:
        say(f"Note: {note}")


def main(arguments: list[str]) -> None:
    build, *options = arguments
    reader = "--reader" in options
    reasons = missing(build=build, card_reader=not reader)
    if reasons:
        sys.exit("quickstart: this machine cannot show it:\n  " + "\n  ".join(reasons))
    if reader:
        with_real_reader(build)
    else:
        with_virtual_reader(build, "--interactive" in options)


if __name__ == "__main__":
    main(sys.argv[1:])
