# SPDX-License-Identifier: BSD-2-Clause
"""What the product may say: the table of reasons and the catalogue, read from the sources."""

from __future__ import annotations

import os
import re

CONTACT = "内線 123"         # of jukinet.conf in these tests
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def reasons() -> dict[str, int]:
    """code -> number, from the one table."""
    with open(f"{SOURCE}/policy/base/reason.h", encoding="utf-8") as file:
        return {code: int(number) for number, code in re.findall(r'X\(JK_WHY_\w+, (\d+), "([a-z.-]+)"\)', file.read())}


def catalogue() -> dict[str, tuple[str, str]]:
    """code -> English, Japanese; places for parameters as {name}."""
    with open(f"{SOURCE}/po/ja.po", encoding="utf-8") as file:
        entries = file.read().split("\n\n")
    found = {}
    for entry in entries:
        named = re.search(r"^#\. ([a-z.-]+)$", entry, re.MULTILINE)
        if named:
            found[named[1]] = (quoted(entry, "msgid"), quoted(entry, "msgstr"))
    return found


def types() -> dict[str, tuple[str, str]]:
    """id of a type of operator IDs -> English, Japanese."""
    with open(f"{SOURCE}/po/ja.po", encoding="utf-8") as file:
        entries = file.read().split("\n\n")
    named = [(re.search(r"^#\. type ([a-z-]+)$", entry, re.MULTILINE), entry) for entry in entries]
    return {match[1]: (quoted(entry, "msgid"), quoted(entry, "msgstr")) for match, entry in named if match}


def classes() -> dict[str, tuple[str, str]]:
    """id of a class of terminals -> English, Japanese."""
    with open(f"{SOURCE}/po/ja.po", encoding="utf-8") as file:
        found = re.findall(r"^#\. class ([a-z-]+)\n(msgid .*\nmsgstr .*\n)", file.read(), re.MULTILINE)
    return {name: (quoted(entry, "msgid"), quoted(entry, "msgstr")) for name, entry in found}


def quoted(entry: str, key: str) -> str:
    block = re.search(rf'^{key} ((?:".*"\n?)+)', entry, re.MULTILINE)
    assert block, entry
    return "".join(re.findall(r'"(.*)"', block[1])).replace('\\"', '"')


def era_day(day: str) -> str:
    """2026-11-21 as it is read in Japan: 令和8年11月21日; what is no day stays."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", day):
        return day
    name, first = next((era for begin, *era in (("2019-05-01", "令和", 2018), ("1989-01-08", "平成", 1988),
                                                ("1926-12-25", "昭和", 1925)) if day >= begin), ("", 0))
    year, month, date = (int(number) for number in day.split("-"))
    return f"{name}{'元' if name and year - first == 1 else year - first}年{month}月{date}日"


def text(code: str, language: str = "en", **parameters: object) -> str:
    """A type is given by its id, and shown by its name; a day as YYYY-MM-DD. The label of a PIN is the default one.
    Whom to call is what jukinet.conf of these tests says, or another; "": nobody."""
    number = 0 if language == "en" else 1
    wanted = catalogue()[code][number]
    if "type" in parameters and (name := types().get(str(parameters["type"]))):
        parameters["type"] = name[number]
    if "classes" in parameters:
        names = [classes()[one][number] for one in str(parameters["classes"]).split(", ")]
        parameters["classes"] = (", ", "、")[number].join(names)
    if "date" in parameters and language == "ja":
        parameters["date"] = era_day(str(parameters["date"]))
    parameters |= {"pin": ("PIN", "暗証番号")[number], "Pin": ("PIN", "暗証番号")[number]}
    around = (" (Contact: {contact})", "（連絡先: {contact}）")[number] if parameters.setdefault("contact", CONTACT) else ""
    wanted = re.sub(" ?{contact}", around, wanted)
    return re.sub(r"\{(\w+)\}", lambda place: str(parameters.get(place[1], "")), wanted)
