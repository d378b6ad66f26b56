# SPDX-License-Identifier: BSD-2-Clause
"""The demonstration behind tools/quickstart: quickstart.py BUILD [--interactive | --reader]"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import time

from world import Answer, Session, World, missing

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PIN, WRONG = "123456", "999999"
WIDTH = 78
OURS = re.compile(r"op=juki:")
CLERKS = (
    # account, person, name, operator ID, card
    ("hanako", "p0123", "佐藤 花子", "m0123-2", "c-0042"),
    ("taro", "p0124", "鈴木 太郎", "m0124-1", "c-0043"),
    ("jiro", "p0125", "高橋 次郎", "m0125-1", "c-0044"),
)


def say(text: str = "") -> None:
    print(text, flush=True)


def title(number: int, text: str) -> None:
    say(f"\n{number}. {text}")


def indent(text: str) -> str:
    return textwrap.indent(text.rstrip("\n"), "   | ", lambda line: True)


def register(world: World, certificates: dict[str, str]) -> None:
    """The sample operators, as far as there is a card for them, and the sample policy."""
    world.registry.terminal("shimin-03")
    for account, person, name, right, card in CLERKS:
        if account in certificates:
            world.registry.person(person, name=name, accounts=[account], operator_ids=[right],
                                  cards={card: certificates[account]})
    world.registry.settings(login={"deadline": 45, "card-wait": 30, "contact": "内線 123"})
    with open(os.path.join(SOURCE, "conf", "policy.conf"), encoding="utf-8") as shipped:
        world.space.write("/etc/jukinet/policy.conf", shipped.read())
    made = world.registry.try_build()
    made.check()
    say("   " + made.stdout.strip())


def show_clerks(cards: str) -> None:
    for account, person, name, right, card in CLERKS:
        say(f"   account {account:7} person {person}  {name}  operator ID {right} (moving-desk)  card {card}")
    say(f"   {cards}")


def transcript(session: Session) -> str:
    """What stood on the screen; typed PINs as the person's fingers know them."""
    text = "".join("" if event.who == "end" else event.text for event in session.terminal.events
                   if event.who == "program" or "*" in event.text)
    return text.replace("\r", "")


def log_in(world: World, account: str, pin: str, commands: tuple[str, ...] = ()) -> None:
    begun = time.monotonic()
    session = world.open_login(account, pin=pin, timeout=60)
    took = time.monotonic() - begun
    with session:
        if session.reached:
            for command in commands:
                session.command(command)
            session.exit()
    say(indent(f"shimin-03 login: {account}\n" + transcript(session)))
    say(f"   ({'logged in' if session.reached else 'refused'} after {took:.2f} s)")


def show_records(world: World) -> None:
    """Ours, as ausearch interprets them, a field a word."""
    found = world.ausearch("-m", "USER_AUTH,USER_ACCT,USER_START,USER_END", "-i").stdout
    for line in found.splitlines():
        if OURS.search(line):
            say("\n".join(textwrap.wrap(line, WIDTH, initial_indent="   ", subsequent_indent="     ",
                                        break_long_words=False, break_on_hyphens=False)))


def interact(world: World, hint: str) -> None:
    say(f"\n   You are at the terminal. {hint}\n   `exit` leaves; so does closing this window.\n")
    terminal = world.terminal()
    terminal.start(["/bin/login"], env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"),
                                        "TERM": os.environ.get("TERM", "dumb"),
                                        "LANG": os.environ.get("LANG", "C.UTF-8")})
    terminal.interact()


def with_virtual_reader(build: str, interactive: bool) -> None:
    with World("quickstart", build) as world:
        certificates = {}
        for account, *_ in CLERKS:
            world.cards.make(account, key="p256" if account == "taro" else "rsa2048", pin=PIN)
            certificates[account] = world.cards.certificate(account)
        register(world, certificates)
        show_clerks(f"the PIN of each sample card is {PIN}")
        world.pam.ours()
        world.services.start()
        card = world.cards.put("hanako", world.pcscd.readers[0].port)
        begun = world.mark()

        title(4, "hanako logs in with her card and PIN (the real login on a terminal)")
        log_in(world, "hanako", PIN, ("id -un", "tty"))
        title(5, "a wrong PIN")
        log_in(world, "hanako", WRONG)
        title(6, "taro's card in hanako's login: no PIN is asked for")
        card.remove()
        card.insert_and_wait(world.cards.made["taro"])
        log_in(world, "hanako", PIN)
        world.records(begun)  # waits until all of them stand in the log
        title(7, "their records, as `ausearch -m USER_AUTH,USER_ACCT,USER_START,USER_END -i` shows them")
        show_records(world)
        if interactive:
            card.remove()
            card.insert_and_wait(world.cards.made["hanako"])
            title(8, "now you")
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
