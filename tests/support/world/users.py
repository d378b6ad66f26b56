# SPDX-License-Identifier: BSD-2-Clause
"""The accounts inside a world: system users of the product and people who log in."""

from __future__ import annotations

import ctypes
import ctypes.util
from dataclasses import dataclass, replace
from typing import Iterable

SYSTEM = ("_jukinet", "_jukinet-card", "_jukinet-witness", "_jukinet-monitor")
PEOPLE = {"hanako": 2001, "taro": 2002, "jiro": 2003, "mallory": 2004}
HIGHEST_SYSTEM_ID = 990
SHELL_PROMPT = "world$ "
NSSWITCH = "passwd: files\ngroup: files\nshadow: files\ngshadow: files\nhosts: files\nservices: files\nprotocols: files\n"


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int
    home: str
    shell: str
    gecos: str = ""
    password: str | None = None     # None: locked

    @property
    def is_person(self) -> bool:
        return self.shell != "/usr/sbin/nologin"

    def passwd(self) -> str:
        return f"{self.name}:x:{self.uid}:{self.gid}:{self.gecos}:{self.home}:{self.shell}\n"

    def group(self) -> str:
        return f"{self.name}:x:{self.gid}:\n"

    def shadow(self) -> str:
        return f"{self.name}:{hashed(self.password) if self.password else '!'}:19000:0:99999:7:::\n"


class Accounts(dict[str, Account]):
    """Chosen from the host's files alone, so that every world of a run gives the same numbers."""

    @classmethod
    def choose(cls, passwd: str, group: str, extra: Iterable[Account] = ()) -> Accounts:
        taken = {int(line.split(":")[2]) for text in (passwd, group) for line in text.splitlines()
                 if line.count(":") >= 3 and line.split(":")[2].isdigit() and line.split(":")[0] not in SYSTEM}
        chosen = cls()
        number = HIGHEST_SYSTEM_ID
        for name in SYSTEM:
            while number in taken:
                number -= 1
            chosen[name] = Account(name, number, number, "/nonexistent", "/usr/sbin/nologin")
            number -= 1
        for name, uid in PEOPLE.items():
            chosen[name] = person(name, uid)
        for one in extra:
            chosen[one.name] = one
        return chosen

    def with_passwords(self, passwords: dict[str, str]) -> Accounts:
        return Accounts({name: replace(one, password=passwords.get(name, one.password)) for name, one in self.items()})

    def passwd(self, host: str) -> str:
        return self._without_ours(host, "uid") + "".join(one.passwd() for one in self.values())

    def group(self, host: str) -> str:
        return self._without_ours(host, "gid") + "".join(one.group() for one in self.values())

    def shadow(self, host: str) -> str:
        kept = [line for line in host.splitlines(True) if line.split(":")[0] not in self]
        return "".join(kept) + "".join(one.shadow() for one in self.values())

    def _without_ours(self, host: str, number: str) -> str:
        numbers = {str(getattr(one, number)) for one in self.values()}
        return "".join(line for line in host.splitlines(True)
                       if line.split(":")[0] not in self and (line.split(":") + ["", ""])[2] not in numbers)


def person(name: str, uid: int, gecos: str = "") -> Account:
    return Account(name, uid, uid, f"/home/{name}", "/bin/sh", gecos or name.capitalize())


def hashed(password: str) -> str:
    """As shadow holds it; few rounds, for a machine that lives for seconds."""
    library = ctypes.CDLL(ctypes.util.find_library("crypt") or "libcrypt.so.1")
    library.crypt.restype = ctypes.c_char_p
    made = library.crypt(password.encode(), b"$6$rounds=1000$testworld$")
    if not made or made.startswith(b"*"):
        raise OSError("crypt: this method is not available")
    return made.decode()
