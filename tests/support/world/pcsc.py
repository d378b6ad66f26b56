# SPDX-License-Identifier: BSD-2-Clause
"""pcscd of the world, the virtual cards in its readers, and the keys of a reader with a PIN pad."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass

from .namespace import WORK, Space
from .process import PATIENCE, Deadline, Process
from .services import Controlled

FIRST_PORT = 0x8C7B
READER_CONF = "/etc/reader.conf.d"
SOCKET = "/run/pcscd/pcscd.comm"
DRIVERS = ("/usr/lib/pcsc/drivers/serial/libifdvpcd.so", "/usr/lib64/pcsc/drivers/serial/libifdvpcd.so",
           "/usr/lib/x86_64-linux-gnu/pcsc/drivers/serial/libifdvpcd.so")
OPEN, SHIPPED = "open", "shipped"       # who may use the socket: everybody, or our card group only


def driver() -> str | None:
    return next((path for path in DRIVERS if os.path.exists(path)), None)


def pinpad_driver(build_dir: str) -> str:
    return os.path.join(build_dir, "tests/support/pinpad/libifdpinpad.so")


@dataclass(frozen=True)
class Reader:
    name: str
    port: int           # slot 1; slot 2 is the next

    def config(self) -> str:
        return (f'FRIENDLYNAME "{self.name}"\nDEVICENAME {self.device()}\nLIBPATH {self.library()}\n'
                f"CHANNELID 0x{self.port:X}\n")

    def device(self) -> str:
        return f"/dev/null:0x{self.port:X}"

    def library(self) -> str | None:
        return driver()


@dataclass(frozen=True)
class PinPadReader(Reader):
    """One slot, and keys."""

    build_dir: str

    @property
    def socket(self) -> str:
        return f"{WORK}/pinpad-{self.port}.sock"

    def device(self) -> str:
        return f"{super().device()}:{self.socket}:{driver()}"

    def library(self) -> str:
        return pinpad_driver(self.build_dir)


class Pcscd(Controlled):
    """Sees no real reader: it has no USB bus and looks for drivers in an empty directory."""

    def __init__(self, space: Space, readers: int = 1, mode: str = OPEN, group: int = 0,
                 pinpad: str | None = None) -> None:
        """pinpad: the build directory; the first reader is then one with a PIN pad, `pinpad`."""
        super().__init__(space, "pcscd")
        self.mode = mode
        self.group = group
        ports = free_ports(space, readers)
        names = ["Virtual PCD"] + [f"Virtual PCD {letter}" for letter in "BCDEFGH"]
        self.readers = [Reader(name, port) for name, port in zip(names, ports)]
        self.pinpad: PinPad | None = None
        if pinpad is not None:
            first = PinPadReader("Virtual PIN pad", ports[0], pinpad)
            self.readers[0] = first
            self.pinpad = PinPad(space, first.socket)
        space.directory(READER_CONF)
        space.directory(f"{WORK}/no-drivers")
        for name in os.listdir(space.path(READER_CONF)):
            os.unlink(space.path(f"{READER_CONF}/{name}"))
        for number, reader in enumerate(self.readers):
            space.write(f"{READER_CONF}/reader-{number}", reader.config())

    def start(self, debug: bool = False, timeout: float = PATIENCE, readers: bool = True) -> None:
        """Until it listens for clients and for cards. readers=False: as if none were plugged in."""
        for name in ("pcscd.comm", "pcscd.pid"):
            if self.space.exists(f"/run/pcscd/{name}"):
                os.unlink(self.space.path(f"/run/pcscd/{name}"))
        argv = ["pcscd", "--foreground", "--config", READER_CONF if readers else f"{WORK}/no-drivers"]
        argv += ["--debug", "--apdu"] if debug else []
        ports = {reader.port for reader in self.readers} if readers else set()
        self.process = self.space.spawn(argv, stdout=self.log, stderr=self.log,
                                        env={"PCSCLITE_HP_DROPDIR": f"{WORK}/no-drivers"})
        until = time.monotonic() + timeout
        sockets = [SOCKET] + ([self.pinpad.path] if self.pinpad and readers else [])
        while not (all(accepting(self.space, path) for path in sockets) and ports <= listening(self.space)):
            if not self.process.alive or time.monotonic() > until:
                raise Deadline(f"pcscd did not come up\n{self.stderr()}")
            time.sleep(0.003)
        if self.mode == SHIPPED:
            self.ship()

    def ship(self) -> None:
        """The socket as shipped: only the card group. Clients that are already connected stay."""
        os.chown(self.space.path(SOCKET), 0, self.group)
        os.chmod(self.space.path(SOCKET), 0o660)

    def unship(self) -> None:
        os.chmod(self.space.path(SOCKET), 0o666)

    def restart(self, debug: bool = False) -> None:
        self.kill()
        self.start(debug)


def listening(space: Space) -> set[int]:
    """Ports with a listener in the world's network, seen without connecting to them."""
    found = set()
    for name in ("tcp", "tcp6"):
        try:
            with open(f"/proc/{space.keeper}/net/{name}") as file:
                rows = [line.split() for line in file.readlines()[1:]]
        except FileNotFoundError:
            continue
        found |= {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A"}
    return found


def accepting(space: Space, path: str) -> bool:
    """Whether somebody listens at this unix socket, seen without connecting to it."""
    with open(f"/proc/{space.keeper}/net/unix", encoding="utf-8", errors="replace") as file:
        rows = [line.split() for line in file.readlines()[1:]]
    return any(row[3] == "00010000" and row[7:] == [path] for row in rows)


def free_ports(space: Space, readers: int) -> list[int]:
    """A pair for each reader."""
    taken = listening(space)
    ports: list[int] = []
    port = FIRST_PORT
    while len(ports) < readers:
        if port not in taken and port + 1 not in taken:
            ports.append(port)
        port += 2
    return ports


PINS = {"card": "123456", "jpki": "1234", "nq": "123456"}     # what vcard-make gives


class PinPadError(AssertionError):
    """The PIN pad refused an order."""


class PinPad:
    """The keys of a reader, and what it was asked. Each order is a connection of its own: pcscd may come and go."""

    def __init__(self, space: Space, path: str) -> None:
        self.space = space
        self.path = path

    def keys(self, digits: str) -> None:
        """The digits and the OK key: now, or at the next prompt."""
        self.say(f"keys {digits}")

    def press(self, *keys: str) -> None:
        """Digits, "ok", "correction", "cancel"."""
        self.say(f"press {' '.join(keys)}")

    def cancel(self) -> None:
        self.press("cancel")

    def always(self, digits: str) -> None:
        """The digits and the OK key at each prompt that finds no key pressed, until reset()."""
        self.say(f"always {digits}")

    def second(self, milliseconds: int) -> None:
        """How long a second of its timeouts takes."""
        self.say(f"second {milliseconds}")

    def features(self, *names: str) -> None:
        """It offers these only: "verify", "modify", "properties", "tlv"."""
        self.say(f"features {' '.join(names)}".rstrip())

    def unplug(self) -> None:
        """Its cable is pulled, until reset()."""
        self.say("unplug")

    def reset(self) -> None:
        """No key pressed, nothing counted, all features, seconds that last one."""
        self.say("reset")

    def status(self) -> dict[str, str]:
        """asking (none, pin, old, new, confirm), digits, queued, verifications, changes, refusals, host-pins."""
        return {name: value for name, _, value in (word.partition("=") for word in self.say("status").split())}

    def wait_for_prompt(self, prompt: str, timeout: float = PATIENCE) -> None:
        until = time.monotonic() + timeout
        while (asking := self.status()["asking"]) != prompt:
            if time.monotonic() > until:
                raise Deadline(f"the PIN pad asks for {asking}, not {prompt}\n{self.log()}")
            time.sleep(0.005)

    def log(self) -> str:
        """What it was asked and what it answered; never a digit."""
        path = f"{self.path}.log"
        return self.space.read(path) if self.space.exists(path) else ""

    def say(self, order: str) -> str:
        """One order; its answer without the leading "ok"."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(PATIENCE)
            link.connect(self.space.path(self.path))
            link.sendall(order.encode() + b"\n")
            answer = b""
            while piece := link.recv(4096):
                answer += piece
        word, _, rest = answer.decode().strip().partition(" ")
        if word != "ok":
            raise PinPadError(f"{order.split()[0]}: {answer.decode().strip() or 'no answer'}")
        return rest


@dataclass
class Made:
    """A card as vcard-make left it in the world's card directory."""

    name: str
    directory: str                  # inside the world
    key: str = "rsa2048"
    pin: str = "123456"
    puk: str = "12345678"
    kind: str = "card"              # vcard-make's word: card (PIV), jpki, nq

    @property
    def login(self) -> str:
        """The stem of the files of the certificate for the login."""
        return "9a" if self.kind == "card" else "auth"


class CardError(AssertionError):
    """The virtual card refused a command."""


class Card:
    """One virtual card in front of one slot of a reader. Orders and their answers are lines of text."""

    def __init__(self, space: Space, program: str, port: int, made: Made, *, apdu_ms: int = 0,
                 sign_ms: int = 0, extended: bool = True) -> None:
        self.space = space
        self.program = program
        self.port = port
        self.made = made
        self.delays = (apdu_ms, sign_ms)
        self.extended = extended
        self.control = f"{WORK}/cards/slot-{port}.sock"
        self.log = f"{WORK}/cards/slot-{port}.log"
        self.process: Process | None = None
        self._link: socket.socket | None = None

    def start(self, timeout: float = PATIENCE) -> None:
        """Without a card in the slot."""
        if self.space.exists(self.control):
            os.unlink(self.space.path(self.control))
        self.process = self.space.spawn(
            [self.program, "--port", str(self.port), "--control", self.control, "--log", self.log,
             "--apdu-ms", str(self.delays[0]), "--sign-ms", str(self.delays[1]),
             *([] if self.extended else ["--no-extended"])],
            stdout=f"{self.log}.err", stderr=f"{self.log}.err")
        until = time.monotonic() + timeout
        while not self._connect():
            if not self.process.alive or time.monotonic() > until:
                raise Deadline(f"the virtual card did not come up\n{self.stderr()}")
            time.sleep(0.003)

    def _connect(self) -> bool:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            link.connect(self.space.path(self.control))
        except OSError:
            link.close()
            return False
        link.settimeout(PATIENCE)
        self._link = link
        return True

    def say(self, order: str) -> str:
        """One order; its answer without the leading "ok"."""
        answer = self.ask(order)
        word, _, rest = answer.partition(" ")
        if word != "ok":
            raise CardError(f"{order}: {answer}")
        return rest

    def ask(self, order: str) -> str:
        """One order; its answer, whatever it is."""
        if not self._link:
            raise CardError(f"{order}: the virtual card is not running")
        self._link.sendall(order.encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            piece = self._link.recv(65536)
            if not piece:
                raise CardError(f"{order}: the virtual card hung up\n{self.stderr()}")
            answer += piece
        return answer.decode().strip()

    def _table(self, order: str) -> dict[str, str]:
        return {name: value for name, _, value in (word.partition("=") for word in self.say(order).split())}

    def insert(self, made: Made | None = None) -> None:
        """The same card again, or another."""
        self.made = made or self.made
        self.say(f"insert {self.made.directory}")

    def insert_and_wait(self, made: Made | None = None, timeout: float = PATIENCE) -> None:
        """Until pcscd has powered it: it looks every 0.4 s."""
        self.insert(made)
        self.wait_until(powered="yes", timeout=timeout)

    def change(self, made: Made) -> None:
        """Another card in the place of the one that is in, behind pcscd's back: for between two tests."""
        self.made = made
        self.say(f"change {made.directory}")

    def remove(self) -> None:
        self.say("remove")

    def remove_at(self, number: int) -> None:
        """Pulled at the Nth APDU."""
        self.say(f"remove-at {number}")

    def remove_after(self, number: int) -> None:
        self.say(f"remove-after {number}")

    def fault(self, kind: str, at: str, count: int | str | None = None) -> None:
        self.say(f"fault {kind} at {at}" + (f" {count}" if count is not None else ""))

    def clear(self) -> None:
        self.say("clear")

    def counters(self) -> dict[str, int]:
        """pin-tries, puk-tries, sign-pin-tries, apdus, signatures, verified (0 or 1)."""
        return {name: {"yes": 1, "no": 0}[value] if value in ("yes", "no") else int(value)
                for name, value in self._table("counters").items()}

    def status(self) -> dict[str, str]:
        return self._table("status")

    def wait_until(self, timeout: float = PATIENCE, **wanted: str) -> None:
        until = time.monotonic() + timeout
        while not wanted.items() <= (status := self.status()).items():
            if time.monotonic() > until:
                raise Deadline(f"the card is {status}, not {wanted}")
            time.sleep(0.005)

    def reset_count(self) -> None:
        self.say("reset-count")

    def slow(self, apdu_ms: int, sign_ms: int) -> None:
        self.say(f"slow {apdu_ms} {sign_ms}")

    def set_tries(self, number: int, secret: str = "pin") -> None:
        """secret: pin, puk or sign-pin."""
        self.say(f"set-tries {number} {secret}")

    def block_pin(self, secret: str = "pin") -> None:
        self.say(f"block-pin {secret}")

    def kill(self) -> None:
        self._hang_up()
        if self.process:
            self.process.kill()

    def stop(self) -> None:
        """Asked to go, and made to."""
        if not self.process or not self.process.alive:
            return
        try:
            self.say("quit")
        except (OSError, CardError):
            pass
        self._hang_up()
        self.process.terminate(2)

    def _hang_up(self) -> None:
        if self._link:
            self._link.close()
            self._link = None

    def apdus(self) -> str:
        """The log of what was exchanged."""
        return self.space.read(self.log) if self.space.exists(self.log) else ""

    def stderr(self) -> str:
        path = f"{self.log}.err"
        return self.space.read(path) if self.space.exists(path) else ""


class Cards:
    """Makes cards with vcard-make and puts them into readers."""

    DIRECTORY = f"{WORK}/cards"

    def __init__(self, space: Space, build_dir: str) -> None:
        self.space = space
        self.programs = os.path.join(build_dir, "tests/support/vcard")
        self.made: dict[str, Made] = {}
        self.inserted: list[Card] = []
        self.issued = f"{self.DIRECTORY}/issued"
        space.directory(self.issued, 0o755)

    def available(self) -> bool:
        return all(os.access(os.path.join(self.programs, name), os.X_OK) for name in ("vcard", "vcard-make"))

    def make(self, name: str, *, kind: str = "card", key: str = "rsa2048", pin: str | None = None,
             puk: str = "12345678", **options: str | int | bool) -> Made:
        """options: validity="expired", ca="other", slots=4, clone_of=NAME, cn=TEXT, tries=N,
        no_digital_signature=True, chuid_signed=True, sign_pin=TEXT (jpki)."""
        pin = pin or PINS[kind]
        if kind == "nq":
            key = "rsa3072"     # it has no other
        given = {"key": key, "pin": pin} | ({"puk": puk} if kind == "card" else {})
        if not self.made:
            self._run("ca", self.issued)
        words: list[str] = []
        for option, value in (given | options).items():
            words += [f"--{option.replace('_', '-')}"] + ([] if value is True else [str(value)])
        self._run(kind, self.issued, name, *words)
        self.made[name] = Made(name, f"{self.issued}/{name}", key, pin, puk, kind)
        return self.made[name]

    def certificate(self, name: str) -> str:
        """PEM, the one to register."""
        made = self.made[name]
        return self.space.read(f"{made.directory}/{made.login}.pem")

    def crl(self, *names: str) -> None:
        """A revocation list that names these cards, beside the CA."""
        self._run("crl", self.issued, *names)

    def put(self, made: Made | str, port: int, *, insert: bool = True, apdu_ms: int = 0, sign_ms: int = 0,
            extended: bool = True) -> Card:
        """A virtual card at a reader's slot, seen by pcscd when this returns. insert=False: the slot is empty.
        extended=False: a card that does not announce extended length."""
        if isinstance(made, str):
            made = self.made[made]
        card = Card(self.space, os.path.join(self.programs, "vcard"), port, made, apdu_ms=apdu_ms, sign_ms=sign_ms,
                    extended=extended)
        card.start()
        self.inserted.append(card)
        if insert:
            card.insert_and_wait()
        return card

    def stop(self) -> None:
        for card in self.inserted:
            card.stop()
        self.inserted.clear()

    def _run(self, *arguments: str) -> None:
        self.space.run([os.path.join(self.programs, "vcard-make"), *arguments], timeout=60).check()
