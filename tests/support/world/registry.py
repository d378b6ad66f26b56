# SPDX-License-Identifier: BSD-2-Clause
"""The product's configuration in a world. What the files look like stands in this module and nowhere else."""

from __future__ import annotations

import datetime
from typing import Iterable, Mapping, Union

from .namespace import Space
from .process import Finished

Value = Union[str, int, bool, Iterable[str]]

ROOT = "/etc/jukinet"
REGISTRY = f"{ROOT}/registry.d"
BUILD = ("tools/ctl/jukinetctl", "registry", "build")
VALID = ("2020-01-01", "2099-12-31")
FILES = {"department": "05-departments.conf", "person": "10-persons.conf", "account": "20-accounts.conf",
         "operator-id": "30-operator-ids.conf", "card": "40-cards.conf", "terminal": "50-terminals.conf",
         "role": "60-roles.conf", "approval": "70-approvals.conf"}

POLICY: dict[str, dict[str, Value]] = {
    "policy": {"version": "test-1"},
    "type moving-desk": {"number": 3, "enabled": True, "terminal-class": "integrated-terminal"},
}
SETTINGS: dict[str, dict[str, Value]] = {
    "terminal": {"id": "shimin-03"},
    "login": {"deadline": 45, "card-wait": 20},
    "audit": {"recording": "witnessed"},
    "session": {"enforce": "login"},
}


def ini(sections: Mapping[str, Mapping[str, Value]]) -> str:
    """A list becomes a repeated key, a truth yes or no."""
    return "\n".join(section(name, keys) for name, keys in sections.items())


def section(name: str, keys: Mapping[str, Value]) -> str:
    lines = [f"[{name}]"]
    for key, value in keys.items():
        if isinstance(value, bool):
            lines.append(f"{key} = {'yes' if value else 'no'}")
        elif isinstance(value, (str, int)):
            lines.append(f"{key} = {value}")
        else:
            lines += [f"{key} = {one}" for one in value]
    return "\n".join(lines) + "\n"


class Registry:
    """The `files` source. Rows are kept here, `write` lays them out, `build` makes the snapshot.

        w.registry.person("p0123", name="佐藤花子", accounts=["hanako"], operator_ids=["m0123-2"],
                          cards={"c-0042": w.cards.certificate("hanako")})
        w.registry.build()
    """

    def __init__(self, space: Space, build_dir: str) -> None:
        self.space = space
        self.build_dir = build_dir
        self.rows: dict[str, dict[str, dict[str, Value]]] = {kind: {} for kind in FILES}
        self.certificates: dict[str, str] = {}

    def person(self, number: str, *, name: str = "Test Person", department: str = "shimin",
               accounts: Iterable[str] = (), operator_ids: Iterable[str] = (), cards: Mapping[str, str] | None = None,
               valid_from: str = VALID[0], valid_until: str = VALID[1], enabled: bool = True) -> None:
        """A person with all that is theirs, everything valid; use the others to change a part."""
        self.rows["person"][number] = {"name": name, "department": department, "valid-from": valid_from,
                                       "valid-until": valid_until, "enabled": enabled}
        for account in accounts:
            self.account(account, number)
        for operator_id in operator_ids:
            self.operator_id(operator_id, number, department=department)
        for card, certificate in (cards or {}).items():
            self.card(card, number, certificate)

    def account(self, name: str, *persons: str) -> None:
        """Adds to the persons who may use it."""
        listed = self.rows["account"].setdefault(name, {"person": []})["person"]
        assert isinstance(listed, list)
        listed += [one for one in persons if one not in listed]

    def operator_id(self, number: str, person: str, *, type: str = "moving-desk", department: str = "shimin",
                    valid_from: str = VALID[0], valid_until: str = VALID[1], enabled: bool = True) -> None:
        self.rows["operator-id"][number] = {"person": person, "type": type, "department": department,
                                            "valid-from": valid_from, "valid-until": valid_until, "enabled": enabled}

    def card(self, number: str, person: str, certificate: str, state: str = "active") -> None:
        """certificate: PEM text; it is written beside the registry. Its PIN is a week old, and its holder's own."""
        self.certificates[f"{number}.pem"] = certificate
        self.rows["card"][number] = {"person": person, "certificate": f"{number}.pem", "state": state,
                                     "pin-set": days_ago(7)}

    def terminal(self, name: str, *, terminal_class: str = "integrated-terminal",
                 department: str | Iterable[str] = "shimin", room_level: int | None = None) -> None:
        self.rows["terminal"][name] = {"class": terminal_class, "department": department}
        if room_level is not None:
            self.rows["terminal"][name]["room-level"] = room_level

    def department(self, name: str, *, title: str = "Test Department", contact: str | None = None) -> None:
        """Where there is one row, every department that is named needs one."""
        self.rows["department"][name] = {"name": title}
        if contact is not None:
            self.rows["department"][name]["contact"] = contact

    def role(self, number: str, person: str, role: str, *, department: str | None = None,
             valid_from: str = VALID[0], valid_until: str = VALID[1]) -> None:
        """An officer: role("r-1", "p0009", "access-manager", department="shimin")."""
        self.rows["role"][number] = {"person": person, "role": role, "valid-from": valid_from,
                                     "valid-until": valid_until}
        if department is not None:
            self.rows["role"][number]["department"] = department

    def approval(self, number: str, kind: str, person: str, by: str, *, terminal: str = "*", once: bool = False,
                 functions: Iterable[str] = (), businesses: Iterable[str] = (),
                 valid_from: str = VALID[0], valid_until: str = VALID[1]) -> None:
        """approval("v-1", "fallback-pin", "p0123", "p0009", terminal="shimin-03", once=True)."""
        self.rows["approval"][number] = {"kind": kind, "person": person, "by": by, "terminal": terminal,
                                         "valid-from": valid_from, "valid-until": valid_until, "once": once}
        if functions:
            self.rows["approval"][number]["function"] = list(functions)
        if businesses:
            self.rows["approval"][number]["business"] = list(businesses)

    def change(self, kind: str, name: str, **keys: Value) -> None:
        """change("card", "c-0042", state="revoked"); valid_until becomes valid-until."""
        self.rows[kind][name] |= {key.replace("_", "-"): value for key, value in keys.items()}

    def remove(self, kind: str, name: str) -> None:
        del self.rows[kind][name]

    # files

    def write(self) -> None:
        for kind, file in FILES.items():
            self.space.write(f"{REGISTRY}/{file}", ini({f"{kind} {name}": keys for name, keys in self.rows[kind].items()}))
        for file, text in self.certificates.items():
            self.space.write(f"{REGISTRY}/{file}", text)

    def raw(self, file: str, text: str | bytes, mode: int = 0o644, owner: tuple[int, int] = (0, 0)) -> None:
        """Any text as a file of the registry, for what must be refused."""
        self.space.write(f"{REGISTRY}/{file}", text, mode, owner)

    def settings(self, **changed: Mapping[str, Value]) -> None:
        """jukinet.conf: settings(login={"deadline": 5}, audit={"recording": "kernel"}) over the defaults."""
        self.space.write(f"{ROOT}/jukinet.conf", ini(merged(SETTINGS, changed)))

    def policy(self, **changed: Mapping[str, Value]) -> None:
        """policy.conf: policy(**{"type moving-desk": {"enabled": False}}) over the defaults."""
        self.space.write(f"{ROOT}/policy.conf", ini(merged(POLICY, changed)))

    def try_build(self, *arguments: str) -> Finished:
        """Writes the files and runs the builder; the caller looks at what it said."""
        self.write()
        program, *fixed = BUILD
        return self.space.run([f"{self.build_dir}/{program}", *fixed, *arguments], timeout=60)

    def build(self) -> None:
        self.try_build().check()


def days_ago(days: int) -> str:
    return (datetime.date.today() - datetime.timedelta(days=days)).isoformat()


def merged(base: Mapping[str, Mapping[str, Value]],
           changed: Mapping[str, Mapping[str, Value]]) -> dict[str, dict[str, Value]]:
    names = list(base) + [name for name in changed if name not in base]
    return {name: {**base.get(name, {}), **changed.get(name, {})} for name in names}
