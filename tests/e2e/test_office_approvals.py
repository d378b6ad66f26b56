#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What officers allow for a time (S-25, S-34, after hours), what a holder of operator management delegates (S-65,
S-66), and the terminals and departments for which they do so (T-08, T-38, S-47)."""

from __future__ import annotations

import datetime
import os
import time

from office import (CONSOLE, Done, Entry, Officers, PIN, REGISTRY, Record, STAFF, missing, role_row, tap)

TERMINAL = "shimin-03"
TODAY = datetime.date.today()


def ahead(days: int) -> str:
    return (TODAY + datetime.timedelta(days=days)).isoformat()


FAR = ahead(365)
WHY = ("--reason", "right hand in bandages")
OPS = {"terminal revoke": "revoke", "terminal": "config", "department": "config", "delegate": "delegate",
       "approve": "approve", "approval": "approve"}
DELEGATE = ("delegate", "p0009", "--terminal", TERMINAL, "--until", FAR, "--reason", "the branch office registers")


def op_of(words: tuple[str, ...]) -> str:
    return OPS.get(" ".join(words[:2])) or OPS[words[0]]


def do_of(words: tuple[str, ...]) -> str:
    return words[0] if words[0] == "delegate" else ".".join(words[:2])


def act(w: Officers, who: str, *words: str) -> Done:
    return (w.console if who == CONSOLE else w.as_officer(who)).ctl(*words)


def did(w: Officers, who: str, *words: str, op: str = "") -> tuple[Entry, Record]:
    return done(w, who, *words, op=op)[1:]


def done(w: Officers, who: str, *words: str, op: str = "") -> tuple[Done, Entry, Record]:
    """Beside what was said: entries of two tests in the same second may be the same, so records count from here on."""
    mark = w.mark()
    told = act(w, who, *words)
    tap.equal(told.status, 0, str(told))
    entry, record = w.proven(do_of(words), mark, by=who)
    tap.equal(record.op, op or op_of(words), str(record))
    return told, entry, record


def refused(w: Officers, who: str, why: str, *words: str, status: int = 1, op: str = "") -> Done:
    with w.unchanged():
        told = act(w, who, *words)
        record = w.refused(told, why, op=op or op_of(words), status=status)
        tap.equal(record["jfor"], do_of(words), str(record))
    return told


def made(entry: Entry) -> tuple[str, dict]:
    """The one approval of an entry: its number and its row."""
    (kind, number), row = next(iter(entry.rows.items()))
    tap.equal((kind, len(entry.rows)), ("approval", 1))
    return number, dict(row or {})


def in_snapshot(w: Officers, number: str) -> bool:
    with open(w.space.path(f"{REGISTRY}/snapshot.cdb"), "rb") as file:
        return number.encode() in file.read()


def login(w: Officers, account: str) -> str:
    """"granted", or the reason in the record; without a session."""
    w.drop(account)
    w.insert(account)
    mark = w.mark()
    told = w.ask(account, PIN)
    record = w.happened(mark, "auth")[-1]
    return "granted" if told.ok else record["jwhy"]


def fallback(person: str = "p0010", terminal: str = TERMINAL, *more: str) -> tuple[str, ...]:
    return ("approve", "fallback-pin", person, "--terminal", terminal, *WHY, *more)


# --- approvals --------------------------------------------------------------------------------------------------------

def test_s_25_the_fallback_pin_is_approved_for_a_day(w: Officers) -> None:
    w.reset()
    told, entry, record = done(w, "access-manager", *fallback())
    number, row = made(entry)
    tap.equal(record["jobj"], f"approval:{number}")
    begin, end = (time.mktime(time.strptime(row.pop(key), "%Y-%m-%d %H:%M")) for key in ("valid-from", "valid-until"))
    tap.equal(row, {"kind": "fallback-pin", "person": "p0010", "by": "p0005", "terminal": TERMINAL, "reason": WHY[1]})
    tap.check(abs(begin - time.time()) < 120 and end - begin == 86400, f"{begin} {end}")
    tap.check(number in told.stdout and "until" in told.stdout, str(told))
    tap.check(in_snapshot(w, number), "it stands in the snapshot")
    listed = w.as_officer("access-manager").ctl("approval", "list", "--person", "p0010", "--json").json
    tap.equal([(one["id"], one["kind"], one["by"]) for one in listed], [(number, "fallback-pin", "p0005")])


def test_s_25_the_policy_says_for_how_long(w: Officers) -> None:
    w.reset()
    w.shipped_policy(limits={"fallback-days": 3})
    w.build()
    _, row = made(did(w, "access-manager", *fallback())[0])
    begin, end = (time.mktime(time.strptime(row[key], "%Y-%m-%d %H:%M")) for key in ("valid-from", "valid-until"))
    tap.equal(end - begin, 3 * 86400)
    _, row = made(did(w, "access-manager", *fallback("p0010", TERMINAL, "--from", "2099-01-01", "--until", "2099-01-31",
                                                     "--once"))[0])
    tap.equal((row["valid-from"], row["valid-until"], row["once"]), ("2099-01-01", "2099-01-31", "yes"))
    # Without an end it is as long when it begins later.
    _, row = made(did(w, "access-manager", *fallback("p0010", TERMINAL, "--from", "2099-01-01 08:00"))[0])
    tap.equal(row["valid-until"], "2099-01-04 08:00")


def test_s_25_no_approval_lasts_longer_than_the_policy_says(w: Officers) -> None:
    w.reset()
    hours = ("approve", "after-hours", "p0010", "--terminal", TERMINAL, *WHY)
    for command in (fallback(), hours):
        for days in (("--until", ahead(31)), ("--until", "2999-12-31"), ("--from", ahead(1), "--until", ahead(32))):
            told = refused(w, "access-manager", "row.bad", *command, *days)
            tap.check("31 days" in told.stderr, str(told))
        did(w, "access-manager", *command, "--until", ahead(30))
    permission = ("approve", "identity-info", "p0010", "--terminal", TERMINAL, *WHY)
    refused(w, "identity-info-officer", "row.bad", *permission, "--until", ahead(31))
    w.shipped_policy(limits={"approval-days": 2, "fallback-days": 3, "delegation-days": 2})
    w.build()
    # What names no end lasts as long as it may.
    _, row = made(did(w, "access-manager", *fallback())[0])
    begin, end = (time.mktime(time.strptime(row[key], "%Y-%m-%d %H:%M")) for key in ("valid-from", "valid-until"))
    tap.equal(end - begin, 2 * 86400)
    did(w, "identity-info-officer", *permission)
    delegate = (*DELEGATE[:4], *DELEGATE[6:], "--function", "operator-register")
    refused(w, "operator-manager", "row.bad", *delegate, "--until", ahead(2))
    did(w, "operator-manager", *delegate, "--until", ahead(1))


def test_s_65_no_delegation_lasts_longer_than_the_policy_says(w: Officers) -> None:
    w.reset()
    delegate = (*DELEGATE[:4], *DELEGATE[6:], "--function", "operator-register")
    for until in (ahead(366), "9999-12-31"):
        refused(w, "operator-manager", "row.bad", *delegate, "--until", until)
    did(w, "operator-manager", *delegate, "--until", ahead(365))


def test_s_25_no_approval_begins_before_it_is_given(w: Officers) -> None:
    w.reset()
    ago = datetime.datetime.now() - datetime.timedelta(minutes=10)
    for begin in ("1970-01-02", ahead(-1), ago.strftime("%Y-%m-%d %H:%M")):
        told = refused(w, "access-manager", "row.bad", *fallback("p0010", TERMINAL, "--from", begin))
        tap.check("before it was given" in told.stderr, str(told))
    refused(w, "operator-manager", "row.bad", *DELEGATE, "--function", "operator-register", "--from", ahead(-1))
    # Of today what has passed does not count, and a clock may be late.
    _, row = made(did(w, "access-manager", *fallback("p0010", TERMINAL, "--from", ahead(0)))[0])
    begin = time.mktime(time.strptime(row["valid-from"], "%Y-%m-%d %H:%M"))
    tap.check(abs(begin - time.time()) < 120, row["valid-from"])
    late = time.strftime("%Y-%m-%d %H:%M", time.localtime(time.time() - 60))
    _, row = made(did(w, "access-manager", *fallback("p0010", TERMINAL, "--from", late))[0])
    tap.equal(row["valid-from"], late)


def test_a_long_approval_by_hand_is_warned_of(w: Officers) -> None:
    w.reset()
    w.space.write("/etc/jukinet/registry.d/by-hand.conf", "[approval a-long]\nkind = after-hours\nperson = p0010\n"
                  f"by = p0005\nterminal = *\nvalid-from = 2020-01-01\nvalid-until = 2099-12-31\nreason = then\n")
    for verb in ("check", "build"):
        told = w.console.ctl("registry", verb)
        tap.equal(told.status, 0, str(told))
        tap.check("warning: [approval a-long] lasts longer than the 31 days" in told.stderr, str(told))
    os.unlink(w.space.path("/etc/jukinet/registry.d/by-hand.conf"))


def test_s_25_only_the_access_manager_of_the_department(w: Officers) -> None:
    w.reset()
    for who in ("security-manager", "security-officer", "system-manager", "clerk"):
        refused(w, who, "role.none", *fallback())
    refused(w, "access-manager-zeimu", "role.dept", *fallback())
    refused(w, "access-manager", "role.dept", *fallback("p0011"))
    refused(w, "access-manager", "row.none", *fallback("p9999"), status=3)
    refused(w, "access-manager", "row.none", *fallback("p0010", "nowhere"), status=3)


def test_s_05_only_for_terminals_of_the_department(w: Officers) -> None:
    w.reset()
    w.stage({("terminal", "zeimu-01"): {"class": "integrated-terminal", "department": "zeimu"},
             ("terminal", "cs-01"): {"class": "cs"}})
    for terminal in ("zeimu-01", "cs-01", "*"):
        refused(w, "access-manager", "role.dept", *fallback("p0010", terminal))
    w.stage({("role", "r0005-9"): role_row("p0005", "access-manager")})
    for terminal in ("zeimu-01", "cs-01", "*"):
        did(w, "access-manager", *fallback("p0010", terminal))


def test_s_25_nobody_approves_for_himself(w: Officers) -> None:
    w.reset()
    refused(w, "access-manager", "approve.self", *fallback("p0005"))
    refused(w, CONSOLE, "role.none", *fallback())


def test_s_25_an_approval_says_why_and_ends(w: Officers) -> None:
    w.reset()
    command = ("approve", "fallback-pin", "p0010", "--terminal", TERMINAL)
    with w.unchanged():
        for words in (command, (*command, *WHY, "--until", "2020-01-01"), (*command, *WHY, "--until", "soon"),
                      ("approve", "fallback-pin", "p0010", "--terminal", "*", "--once", *WHY)):
            told = act(w, "access-manager", *words)
            tap.equal(told.status, 2, str(told))


def test_s_34_identity_information_is_handled_with_permission(w: Officers) -> None:
    """S-41 and S-46 too: a permission for one use of one business."""
    w.reset()
    command = ("approve", "identity-info", "p0010", "--terminal", TERMINAL, "--reason", "R8-3")
    refused(w, "access-manager", "role.none", *command)
    refused(w, "identity-info-officer", "approve.self", "approve", "identity-info", "p0007", *command[3:])
    entry, _ = did(w, "identity-info-officer", *command, "--business", "identity-info-update", "--business", "moving")
    number, row = made(entry)
    tap.equal((row["business"], row["by"]), (["identity-info-update", "moving"], "p0007"))
    fiscal_end = f"{TODAY.year + (TODAY.month > 3)}-03-31"
    want = min(fiscal_end, ahead(31))
    tap.equal(row["valid-until"][:10], want, "as long as any approval may last")
    w.shipped_policy(limits={"approval-days": 366})
    w.build()
    _, row = made(did(w, "identity-info-officer", *command, "--once")[0])
    tap.equal(row["valid-until"], fiscal_end, "the end of the fiscal year")
    tap.check(in_snapshot(w, number))
    _, row = made(did(w, "identity-info-officer", *command, "--once")[0])
    tap.equal((row["once"], "business" in row), ("yes", False))
    with w.unchanged():
        told = act(w, "identity-info-officer", *command, "--business", "flying")
        tap.equal(told.status, 2, str(told))


def test_work_after_hours_is_approved(w: Officers) -> None:
    w.reset()
    command = ("approve", "after-hours", "p0010", "--terminal", TERMINAL, "--reason", "the end of the year")
    refused(w, "system-manager", "role.none", *command)
    refused(w, "access-manager-zeimu", "role.dept", *command)
    _, row = made(did(w, "security-manager", *command)[0])
    tap.equal(row["valid-until"], time.strftime("%Y-%m-%d"), "today")
    _, row = made(did(w, "security-manager", *command, "--from", "2098-12-28 18:00")[0])
    tap.equal(row["valid-until"], "2098-12-28", "that day")
    did(w, "access-manager", *command)
    w.shipped_policy(hours={"open": "00:00", "close": "24:00", "closed-day": time.strftime("%Y-%m-%d")})
    w.build()
    tap.equal(login(w, "clerk"), "granted")
    tap.equal(login(w, "clerk-zeimu"), "time.out")


def test_an_approval_is_taken_back(w: Officers) -> None:
    w.reset()
    number, _ = made(did(w, "access-manager", *fallback())[0])
    refused(w, "clerk", "role.none", "approval", "end", number)
    refused(w, "security-manager", "role.none", "approval", "end", number)
    refused(w, "access-manager-zeimu", "role.dept", "approval", "end", number)
    entry, record = did(w, "access-manager", "approval", "end", number)
    tap.equal((entry.rows, entry.note["kind"], entry.note["person"], record["jobj"]),
              ({("approval", number): None}, "fallback-pin", "p0010", f"approval:{number}"))
    tap.check(not in_snapshot(w, number), "it stands in the snapshot no more")
    refused(w, "access-manager", "row.none", "approval", "end", number, status=3)
    # Its number is never given to another one: records name it.
    again, _ = made(did(w, "access-manager", *fallback())[0])
    tap.check(again != number, again)
    did(w, "security-officer", "approval", "end", again)


def test_approvals_that_have_ended_are_listed_on_demand(w: Officers) -> None:
    w.reset()
    w.stage({("approval", "a-old"): {"kind": "fallback-pin", "person": "p0010", "by": "p0005", "terminal": TERMINAL,
                                     "valid-from": "2026-01-01", "valid-until": "2026-01-02", "reason": "then"}})
    caller = w.as_officer("access-manager")
    tap.equal([one["id"] for one in caller.ctl("approval", "list", "--json").json], [])
    tap.equal([one["id"] for one in caller.ctl("approval", "list", "--all", "--json").json], ["a-old"])
    did(w, "access-manager", "approval", "end", "a-old")
    tap.equal(caller.ctl("approval", "list", "--all", "--json").json, [])


# --- delegation -------------------------------------------------------------------------------------------------------

def register(number: str) -> tuple[str, ...]:
    return ("person", "add", number, "--name", "支所 三郎", "--department", "shisho")


def test_s_65_a_site_manager_acts_only_while_it_is_delegated(w: Officers) -> None:
    w.reset()
    refused(w, "site-manager", "delegation.none", *register("p0400"), op="person")
    entry, record = did(w, "operator-manager", *DELEGATE, "--function", "operator-register")
    number, row = made(entry)
    row.pop("valid-from")
    tap.equal(row, {"kind": "delegation", "person": "p0009", "by": "p0008", "terminal": TERMINAL, "valid-until": FAR,
                    "function": "operator-register", "reason": DELEGATE[-1]})
    tap.equal(record["jobj"], f"approval:{number}")
    did(w, "site-manager", *register("p0400"), op="person")
    # What was not delegated is still not his.
    refused(w, "site-manager", "delegation.none", "person", "disable", "p0400", op="person")
    did(w, "operator-manager", "approval", "end", number, op="undelegate")
    refused(w, "site-manager", "delegation.none", *register("p0401"), op="person")


def test_s_65_nobody_delegates_what_is_not_his(w: Officers) -> None:
    w.reset()
    refused(w, "site-manager", "func.denied", "delegate", "p0008", *DELEGATE[2:], "--function", "operator-register")
    refused(w, "clerk", "func.denied", *DELEGATE, "--function", "operator-register")
    refused(w, "operator-manager", "approve.self", "delegate", "p0008", *DELEGATE[2:], "--function",
            "operator-register")
    refused(w, CONSOLE, "role.none", *DELEGATE, "--function", "operator-register")
    # A type 9 that may not set expiries does not delegate that either.
    w.shipped_policy(**{"type operator-management": {
        "number": 9, "terminal-class": "integrated-terminal",
        "function": ["operator-register", "permission-add-return", "operator-change-delete"]}})
    w.build()
    refused(w, "operator-manager", "grant.beyond", *DELEGATE, "--function", "operator-register", "--function",
            "operator-expiry-change")
    did(w, "operator-manager", *DELEGATE, "--function", "operator-register")


def test_s_65_only_to_a_holder_of_site_management(w: Officers) -> None:
    w.reset()
    refused(w, "operator-manager", "grant.none", "delegate", "p0010", *DELEGATE[2:], "--function",
            "operator-register")
    refused(w, "operator-manager", "grant.none", *DELEGATE, "--function", "permission-set")
    refused(w, "operator-manager", "row.none", "delegate", "p9999", *DELEGATE[2:], "--function", "operator-register",
            status=3)
    opid = STAFF["site-manager"].operator_id
    w.stage({("operator-id", opid): {**w.row("operator-id", opid), "valid-until": "2026-01-01"}})
    refused(w, "operator-manager", "grant.none", *DELEGATE, "--function", "operator-register")
    with w.unchanged():
        for words in (DELEGATE, (*DELEGATE, "--function", "flying")):
            tap.equal(act(w, "operator-manager", *words).status, 2, str(words))


def test_s_65_who_ends_a_delegation(w: Officers) -> None:
    w.reset()
    for who in ("operator-manager", "security-officer"):
        number, _ = made(did(w, "operator-manager", *DELEGATE, "--function", "operator-register")[0])
        for other in ("site-manager", "access-manager-zeimu", "system-manager"):
            refused(w, other, "role.none", "approval", "end", number, op="undelegate")
        did(w, who, "approval", "end", number, op="undelegate")


def test_s_66_delegations_stay_as_history(w: Officers) -> None:
    w.reset()
    number, row = made(did(w, "operator-manager", *DELEGATE, "--function", "operator-register")[0])
    did(w, "security-officer", "approval", "end", number, op="undelegate")
    told = [(one.do, one.by) for one in w.ledger() if ("approval", number) in one.rows]
    tap.equal(told, [("delegate", "p0008"), ("approval.end", "p0003")])
    tap.equal(next(one.rows["approval", number] for one in w.ledger() if one.do == "delegate"), row)


# --- terminals and departments ----------------------------------------------------------------------------------------

def test_t_08_a_terminal_has_a_class_a_site_and_departments(w: Officers) -> None:
    w.reset()
    command = ("terminal", "add", "shisho-01", "--class", "integrated-terminal")
    for who in ("security-officer", "security-manager", "access-manager", "clerk"):
        refused(w, who, "role.none", *command)
    entry, _ = did(w, "system-manager", *command, "--department", "shisho", "--department", "zeimu", "--site", "kita")
    tap.equal(entry.rows["terminal", "shisho-01"],
              {"class": "integrated-terminal", "department": ["shisho", "zeimu"], "site": "kita"})
    refused(w, "system-manager", "row.exists", *command)
    did(w, "system-manager", "terminal", "change", "shisho-01", "--department", "shisho", "--site", "-")
    tap.equal(w.row("terminal", "shisho-01"), {"class": "integrated-terminal", "department": "shisho"})
    refused(w, "system-manager", "row.bad", "terminal", "change", "shisho-01", "--department", "nowhere")
    refused(w, "system-manager", "row.bad", "terminal", "change", "shisho-01", "--class", "laptop")
    refused(w, "system-manager", "row.none", "terminal", "change", "shisho-99", "--site", "kita", status=3)
    listed = w.as_officer("system-manager").ctl("terminal", "list", "--department", "shisho", "--json").json
    tap.equal([one["id"] for one in listed], ["shimin-03", "shisho-01"])


def test_s_47_a_terminal_stands_in_a_room_of_a_level(w: Officers) -> None:
    w.reset()
    did(w, "system-manager", "terminal", "add", "cs-01", "--class", "cs", "--room-level", "2")
    tap.equal(w.row("terminal", "cs-01"), {"class": "cs", "room-level": "2"})
    refused(w, "system-manager", "row.bad", "terminal", "change", "cs-01", "--room-level", "4")
    w.shipped_policy(**{"class integrated-terminal": {"method": "card-pin", "room-level": 1}})
    w.build()
    tap.equal(login(w, "clerk"), "terminal.room")


def test_t_38_a_stolen_terminal_lets_nobody_in(w: Officers) -> None:
    w.reset()
    refused(w, "security-manager", "role.none", "terminal", "revoke", TERMINAL)
    told, entry, record = done(w, "security-officer", "terminal", "revoke", TERMINAL)
    tap.equal((record.op, record["jobj"], entry.rows["terminal", TERMINAL]["state"]),
              ("revoke", f"terminal:{TERMINAL}", "revoked"))
    tap.check(f"number {entry.number}" in told.stdout, str(told))
    tap.equal(login(w, "clerk"), "terminal.revoked")
    # Nobody has a session there any more: it is taken back elsewhere, or by the console.
    did(w, CONSOLE, "terminal", "restore", TERMINAL)
    tap.equal(login(w, "clerk"), "granted")


def test_t_38_a_terminal_is_restored_by_the_system_manager(w: Officers) -> None:
    w.reset()
    did(w, "system-manager", "terminal", "add", "shimin-09", "--class", "integrated-terminal")
    did(w, "security-officer", "terminal", "revoke", "shimin-09")
    refused(w, "security-officer", "role.none", "terminal", "restore", "shimin-09")
    did(w, "system-manager", "terminal", "restore", "shimin-09")
    tap.equal(w.row("terminal", "shimin-09"), {"class": "integrated-terminal"})


def test_t_39_a_department_says_whom_to_call(w: Officers) -> None:
    w.reset()
    command = ("department", "add", "koho", "--name", "広報課", "--contact", "内線 9")
    refused(w, "security-officer", "role.none", *command)
    did(w, "system-manager", *command)
    refused(w, "system-manager", "row.exists", *command)
    did(w, "system-manager", "department", "change", "koho", "--contact", "内線 10")
    tap.equal(w.row("department", "koho"), {"name": "広報課", "contact": "内線 10"})
    listed = w.as_officer("system-manager").ctl("department", "list", "--json").json
    tap.check({"id": "koho", "name": "広報課", "contact": "内線 10"} in listed, str(listed))
    did(w, "system-manager", "department", "remove", "koho")
    tap.equal(w.row("department", "koho"), None)


def test_a_department_with_members_is_not_removed(w: Officers) -> None:
    w.reset()
    told = refused(w, "system-manager", "row.bad", "department", "remove", "zeimu")
    tap.check("2 persons" in told.stderr and "1 terminals" in told.stderr, str(told))
    refused(w, "system-manager", "row.none", "department", "remove", "koho", status=3)


if __name__ == "__main__":
    tap.main(missing(), w=lambda: Officers("office_approvals"))
