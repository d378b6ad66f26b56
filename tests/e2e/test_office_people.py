#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Persons, operator IDs, roles, accounts, reviews and the yearly import, as officers handle them: each requirement row has a
test of its name. The right officer's work stands in ledger, registry and audit log, which prove each other; whoever may not
do it is refused with a reason in the log, and nothing has changed."""

from __future__ import annotations

import csv
import datetime
import io
import os
import re
import signal
import threading
import time

from office import (CONSOLE, CTL, GONE, Officers, REGISTRY, STAFF, missing, missing_sudo, opid_row, person_row,
                    role_row, tap, VALID)

NEW = "p0300"
TODAY = datetime.date.today()
FISCAL_END = datetime.date(TODAY.year + (TODAY.month >= 4), 3, 31)
BEFORE_END = (FISCAL_END - datetime.timedelta(days=10)).isoformat()
LATER = datetime.date(FISCAL_END.year + 1, 3, 31).isoformat()
YESTERDAY = (TODAY - datetime.timedelta(days=1)).isoformat()
WIDE = "wide-area-issuance-desk"
MEMBER = "access-manager"


def day(date: datetime.date) -> str:
    return date.isoformat()


def grant(caller, person: str, type: str = WIDE, *more: str):
    return caller.ctl("operator-id", "grant", "--person", person, "--type", type, "--basis", "R8-1", *more)


def opids(w: Officers, person: str, type: str = WIDE) -> dict:
    return w.rows_of("operator-id", person=person, type=type)


def only_id(w: Officers, person: str, type: str = WIDE) -> str:
    found = list(opids(w, person, type))
    tap.equal(len(found), 1, f"operator IDs of {person}")
    return found[0]


def holds(w: Officers, name: str, type: str = WIDE, department: str = "shimin", until: str = "2099-12-31") -> str:
    """An access manager to whom the security officer gave this type before."""
    opid = f"m{STAFF[name].number[1:]}-{type[:4]}"
    w.stage({("operator-id", opid): opid_row(STAFF[name].number, type, department, valid_until=until)})
    return opid


def listed(w: Officers, *words: str) -> list[dict]:
    told = w.console.ctl(*words, "--json")
    tap.equal(told.status, 0, str(told))
    return told.json


# --- S-17, S-18, C-1, M-4: operator IDs -------------------------------------------------------------------------------

def test_S17_two_steps_from_the_security_officer_to_a_clerk(w):
    w.reset()
    manager, clerk = STAFF[MEMBER].number, STAFF["clerk"].number
    told = grant(w.as_officer("security-officer"), manager)
    entry, record = w.did(told, "operator-id.grant", by="security-officer")
    tap.equal((record.op, record["jobj"]), ("grant", f"operator-id:{only_id(w, manager)}"))
    row = w.row("operator-id", only_id(w, manager))
    tap.equal((row["type"], row["department"], row["granted-by"], row["basis"], row["valid-until"]),
              (WIDE, "shimin", "p0003", "R8-1", day(FISCAL_END)))
    told = grant(w.as_officer(MEMBER), clerk)
    w.did(told, "operator-id.grant", by=MEMBER)
    tap.check(day(FISCAL_END) in told.stdout and STAFF["clerk"].name in told.stdout, told.stdout)
    tap.equal(w.row("operator-id", only_id(w, clerk))["granted-by"], manager)


def test_S17_beyond_what_the_access_manager_holds(w):
    w.reset()
    clerk = STAFF["clerk"].number
    with w.unchanged():
        told = grant(w.as_officer(MEMBER), clerk)
        w.refused(told, "grant.none", op="grant", person=STAFF[MEMBER].number)
        tap.check("not granted to your department" in told.stderr, told.stderr)
    holds(w, MEMBER, until=BEFORE_END)
    with w.unchanged():
        w.refused(grant(w.as_officer(MEMBER), clerk, WIDE, "--valid-until", day(FISCAL_END)), "grant.beyond", op="grant")
        w.refused(grant(w.as_officer(MEMBER), clerk, WIDE, "--valid-until", "-"), "grant.beyond", op="grant")
    w.did(grant(w.as_officer(MEMBER), clerk), "operator-id.grant", by=MEMBER)
    tap.equal(w.row("operator-id", only_id(w, clerk))["valid-until"], BEFORE_END, "as long as it can be handed on")


def test_S17_wrong_officer_wrong_department_himself(w):
    w.reset()
    clerk, manager = STAFF["clerk"].number, STAFF[MEMBER].number
    holds(w, MEMBER)
    holds(w, "access-manager-zeimu", department="zeimu")
    w.stage({("person", "p0301"): person_row("shimin")})
    with w.unchanged():
        w.refused(grant(w.as_officer("security-officer"), clerk), "flow.order", op="grant")
        w.refused(grant(w.as_officer("access-manager-zeimu"), clerk), "role.dept", op="grant")
        w.refused(grant(w.as_officer(MEMBER), STAFF["clerk-zeimu"].number), "role.dept", op="grant")
        w.refused(grant(w.as_officer(MEMBER), clerk, WIDE, "--department", "zeimu"), "role.dept", op="grant")
        w.refused(grant(w.as_officer(MEMBER), manager), "approve.self", op="grant")
        w.refused(grant(w.as_officer("security-officer"), STAFF["security-officer"].number), "approve.self", op="grant")
        w.refused(grant(w.as_officer("operator-manager"), "p0301"), "role.none", op="grant")
        w.refused(grant(w.as_officer("system-manager"), "p0301"), "role.none", op="grant")
        w.refused(grant(w.as_officer("security-manager"), "p0301"), "role.none", op="grant")
        w.refused(grant(w.as_officer("clerk"), "p0301"), "func.denied", op="grant")
        w.refused(grant(w.as_officer("site-manager"), "p0301"), "delegation.none", op="grant")


def test_S17_type_that_the_policy_has_switched_off(w):
    w.reset()
    with w.unchanged():
        told = grant(w.as_officer("security-officer"), STAFF[MEMBER].number, "other-department")
        w.refused(told, "grant.none", op="grant")
        tap.check("switched off in the policy" in told.stderr, told.stderr)
        w.refused(grant(w.as_officer("security-officer"), STAFF[MEMBER].number, "no-such-type"), "row.none", op="grant",
                  status=3)
        w.refused(grant(w.as_officer("security-officer"), "p9999"), "row.none", op="grant", status=3)


def test_S17_once_is_enough_and_the_past_is_past(w):
    w.reset()
    holds(w, MEMBER)
    clerk = STAFF["clerk"].number
    w.did(grant(w.as_officer(MEMBER), clerk, "4"), "operator-id.grant", by=MEMBER)
    with w.unchanged():
        w.refused(grant(w.as_officer(MEMBER), clerk), "row.exists", op="grant")
        w.refused(grant(w.as_officer("security-officer"), STAFF[MEMBER].number, "statistics"), "row.none", op="grant",
                  status=3)
    w.stage({("operator-id", only_id(w, clerk)): None})
    with w.unchanged():
        w.refused(grant(w.as_officer(MEMBER), clerk, WIDE, "--valid-until", YESTERDAY), "row.bad", op="grant")
        w.refused(grant(w.as_officer(MEMBER), clerk, WIDE, "--valid-until", "2027-02-30"), "row.bad", op="grant")


def test_S17_in_Japanese(w):
    """C-1: what the access manager reads."""
    w.reset()
    japanese = w.japanese()
    if not japanese:
        tap.skip("no Japanese locale can be made here")
    told = w.as_officer(MEMBER).ctl("operator-id", "grant", "--person", STAFF["clerk"].number, "--type", WIDE, "--basis",
                                    "R8-1", env=japanese)
    w.refused(told, "grant.none", op="grant")
    tap.check("この種別は貴課に付与されていません。" in told.stderr, told.stderr)


def test_S18_return_disable_enable_and_expiry(w):
    w.reset()
    holds(w, MEMBER, until=day(FISCAL_END))
    clerk = STAFF["clerk"].number
    w.did(grant(w.as_officer(MEMBER), clerk), "operator-id.grant", by=MEMBER)
    opid = only_id(w, clerk)
    manager = w.as_officer(MEMBER)
    tap.equal(manager.ctl("operator-id", "disable", opid).status, 2, "a reason is needed")
    entry, record = w.did(manager.ctl("operator-id", "disable", opid, "--reason", "long leave"), "operator-id.disable",
                          by=MEMBER)
    tap.equal((entry.why, record.op, w.row("operator-id", opid)["enabled"]), ("long leave", "disable", "no"))
    w.did(manager.ctl("operator-id", "enable", opid), "operator-id.enable", by=MEMBER)
    tap.check("enabled" not in w.row("operator-id", opid))
    entry, record = w.did(manager.ctl("operator-id", "expiry", opid, "--valid-until", BEFORE_END), "operator-id.expiry",
                          by=MEMBER)
    tap.equal((record.op, w.row("operator-id", opid)["valid-until"]), ("expiry", BEFORE_END))
    w.did(manager.ctl("operator-id", "expiry", opid, "--valid-until", day(FISCAL_END)), "operator-id.expiry", by=MEMBER)
    with w.unchanged():
        w.refused(manager.ctl("operator-id", "expiry", opid, "--valid-until", LATER), "grant.beyond", op="expiry")
        zeimu = w.as_officer("access-manager-zeimu")
        w.refused(zeimu.ctl("operator-id", "disable", opid, "--reason", "x"), "role.dept", op="disable")
        w.refused(zeimu.ctl("operator-id", "return", opid, "--reason", "x"), "role.dept", op="revoke")
    entry, record = w.did(manager.ctl("operator-id", "return", opid, "--reason", "moved to another business"),
                          "operator-id.return", by=MEMBER)
    tap.equal((entry.rows, entry.why, record.op), ({("operator-id", opid): None}, "moved to another business", "revoke"))


def test_S18_a_basis_and_a_reason_say_something(w):
    w.reset()
    officer = w.as_officer("security-officer")
    with w.unchanged():
        for basis in ("", "-", "　"):
            told = officer.ctl("operator-id", "grant", "--person", "p0005", "--type", WIDE, "--basis", basis)
            w.refused(told, "row.bad", op="grant")
        for reason in ("", " ", "\t　"):
            for words in (("operator-id", "return", "m0010-1"), ("operator-id", "disable", "m0010-1"),
                          ("approve", "after-hours", "p0010", "--terminal", "shimin-03")):
                told = w.as_officer(MEMBER).ctl(*words, "--reason", reason)
                tap.equal(told.status, 2, str(told))


def test_S18_enable_follows_the_rule_of_a_grant(w):
    """The access manager's own right has ended meanwhile, or it is his own."""
    w.reset()
    own = holds(w, MEMBER)
    w.stage({("operator-id", "m0010-9"): opid_row(STAFF["clerk"].number, WIDE, enabled="no"),
             ("operator-id", "m0005-8"): opid_row(STAFF[MEMBER].number, "moving-desk", enabled="no"),
             ("operator-id", own): None})
    with w.unchanged():
        w.refused(w.as_officer(MEMBER).ctl("operator-id", "enable", "m0010-9"), "grant.none", op="disable")
        w.refused(w.as_officer(MEMBER).ctl("operator-id", "enable", "m0005-8"), "approve.self", op="disable")
        w.refused(w.as_officer(MEMBER).ctl("operator-id", "expiry", STAFF[MEMBER].operator_id, "--valid-until", "-"),
                  "approve.self", op="expiry")


def test_S18_what_was_handed_on_is_named_or_ends_too(w):
    w.reset()
    own = holds(w, MEMBER)
    w.did(grant(w.as_officer(MEMBER), STAFF["clerk"].number), "operator-id.grant", by=MEMBER)
    opid = only_id(w, STAFF["clerk"].number)
    officer = w.as_officer("security-officer")
    told = officer.ctl("operator-id", "expiry", own, "--valid-until", BEFORE_END)
    w.did(told, "operator-id.expiry", by="security-officer")
    tap.check(opid in told.stderr and "--handed-on" in told.stderr, told.stderr)
    w.did(officer.ctl("operator-id", "expiry", own, "--valid-until", day(TODAY), "--handed-on"), "operator-id.expiry")
    tap.equal(w.row("operator-id", opid)["valid-until"], day(TODAY))
    w.did(officer.ctl("operator-id", "return", own, "--reason", "the business has ended", "--handed-on"),
          "operator-id.return", by="security-officer")
    tap.equal((w.row("operator-id", own), w.row("operator-id", opid)), (None, None))
    # Another access manager of the department could have handed it on: nothing follows.
    own = holds(w, MEMBER)
    w.stage({("role", "r0003-9"): role_row("p0003", "access-manager", "shimin"),
             ("operator-id", "m0003-9"): opid_row("p0003", WIDE), ("operator-id", opid): opid_row("p0010", WIDE)})
    told = w.console.ctl("operator-id", "return", own, "--reason", "x", "--handed-on")
    w.did(told, "operator-id.return", by=CONSOLE)
    tap.check(w.row("operator-id", opid) is not None)


def test_C1_a_new_clerk_until_the_end_of_the_fiscal_year(w):
    w.reset()
    holds(w, MEMBER)
    told = w.as_officer(MEMBER).ctl("person", "add", NEW, "--name", "新人 花子", "--department", "shimin")
    entry, record = w.did(told, "person.add", by=MEMBER)
    tap.equal((record.op, record["jobj"], w.row("person", NEW)["valid-until"]),
              ("person", f"person:{NEW}", day(FISCAL_END)))
    told = grant(w.as_officer(MEMBER), NEW)
    w.did(told, "operator-id.grant", by=MEMBER)
    tap.check(re.search(rf"新人 花子 {WIDE}, until {FISCAL_END}", told.stdout), told.stdout)


def test_C1_not_for_another_department(w):
    w.reset()
    with w.unchanged():
        w.refused(w.as_officer(MEMBER).ctl("person", "add", NEW, "--name", "N", "--department", "zeimu"), "role.dept",
                  op="person")
        w.refused(w.as_officer(MEMBER).ctl("person", "change", "p0011", "--name", "N"), "role.dept", op="person")
        # Nobody hands a person to a department that is not his, nor takes one from there.
        w.refused(w.as_officer(MEMBER).ctl("person", "change", "p0010", "--department", "zeimu"), "role.dept", op="person")
        w.refused(w.as_officer(MEMBER).ctl("person", "change", "p0011", "--department", "shimin"), "role.dept", op="person")
        w.refused(w.as_officer("system-manager").ctl("person", "add", NEW, "--name", "N", "--department", "shimin"),
                  "role.none", op="person")
        w.refused(w.as_officer(MEMBER).ctl("person", "expiry", STAFF[MEMBER].number, "--valid-until", "2100-01-01"),
                  "approve.self", op="expiry")
        w.refused(w.as_officer(MEMBER).ctl("person", "add", "p0010", "--name", "N", "--department", "shimin"),
                  "row.exists", op="person")


def test_M4_the_list_of_operator_ids(w):
    w.reset()
    holds(w, MEMBER)
    w.did(grant(w.as_officer(MEMBER), STAFF["clerk"].number), "operator-id.grant", by=MEMBER)
    opid = only_id(w, STAFF["clerk"].number)
    found = listed(w, "operator-id", "list", "--person", STAFF["clerk"].number, "--type", WIDE)
    tap.equal(found, [{"id": opid, "type": WIDE, "person": "p0010", "name": "窓口 一郎", "department": "shimin",
                       "valid-from": day(TODAY), "valid-until": day(FISCAL_END), "basis": "R8-1", "granted-by": "p0005",
                       "state": "good"}])
    w.stage({("operator-id", "m1"): opid_row("p0010", WIDE, enabled="no"),
             ("operator-id", "m2"): opid_row("p0010", WIDE, valid_until=YESTERDAY),
             ("operator-id", "m3"): opid_row("p0010", WIDE, valid_from=LATER),
             ("operator-id", "m4"): opid_row("p0010", "other-department")})
    states = {one["id"]: one["state"] for one in listed(w, "operator-id", "list", "--person", "p0010")}
    tap.equal([states[name] for name in ("m1", "m2", "m3", "m4")], ["disabled", "ended", "to come", "type is off"])
    tap.check(all(one["department"] == "zeimu" for one in listed(w, "operator-id", "list", "--department", "zeimu")))


# --- S-20, C-2, S-56, T-40, M-7: persons ------------------------------------------------------------------------------

def leaver(w: Officers, **keys: str) -> None:
    """p0300 with an account, a right, a role, an approval and a card."""
    w.stage({("person", NEW): person_row("shimin", **keys), ("account", "mallory"): {"person": [NEW]},
             ("account", "madoguchi"): {"person": [NEW, "p0010"]},
             ("operator-id", "m0300-1"): opid_row(NEW), ("role", "r0300-1"): role_row(NEW, "security-manager", "shimin"),
             ("approval", "a0300"): {"kind": "after-hours", "person": NEW, "by": "p0005", "terminal": "*",
                                     "valid-from": "2026-01-01", "valid-until": "2098-12-31"},
             ("card", "c-0300"): {"person": NEW, "state": "requested"}})


def test_S20_who_leaves_on_a_day(w):
    w.reset()
    leaver(w)
    told = w.as_officer(MEMBER).ctl("person", "remove", NEW, "--date", BEFORE_END, "--reason", "retires")
    entry, record = w.did(told, "person.remove", by=MEMBER)
    tap.equal((record.op, record["jobj"]), ("person", f"person:{NEW}"))
    for kind, name in (("person", NEW), ("operator-id", "m0300-1"), ("role", "r0300-1"), ("approval", "a0300")):
        tap.equal(w.row(kind, name)["valid-until"], BEFORE_END, kind)
    tap.check("c-0300" in told.stdout, told.stdout)
    tap.equal(w.row("account", "mallory"), {"person": NEW}, "the account stays until then")
    # Once more changes nothing, and nobody makes it longer so.
    with w.unchanged():
        told = w.as_officer(MEMBER).ctl("person", "remove", NEW, "--date", LATER)
        tap.check(told.ok and "nothing to change" in told.stdout, str(told))


def test_S20_who_leaves_at_once(w):
    w.reset()
    leaver(w)
    told = w.as_officer(MEMBER).ctl("person", "remove", NEW, "--reason", "dismissed")
    w.did(told, "person.remove", by=MEMBER)
    tap.check("c-0300" in told.stdout, told.stdout)
    tap.equal((w.row("operator-id", "m0300-1"), w.row("account", "mallory")), (None, None))
    tap.equal(w.row("account", "madoguchi"), {"person": "p0010"}, "a shared account is left")
    tap.equal(w.row("person", NEW)["enabled"], "no", "its card is still out")
    tap.check(w.row("role", "r0300-1")["valid-until"] <= time.strftime("%Y-%m-%d %H:%M"))
    w.stage({("card", "c-0300"): None})
    told = w.as_officer(MEMBER).ctl("person", "remove", NEW)
    w.did(told, "person.remove", by=MEMBER)
    tap.equal(w.row("person", NEW), None)


def test_S20_after_the_day_the_login_is_refused(w):
    w.reset()
    w.stage({("person", "p0010"): w.row("person", "p0010") | {"valid-until": YESTERDAY}})
    w.drop("clerk")
    w.insert("clerk")
    told = w.ask("clerk")
    tap.equal(told.code, "PAM_AUTH_ERR", str(told))
    w.mark()            # a refusal does not wait for its record
    tap.equal(w.records(op="auth")[-1]["jwhy"], "person.expired")


def test_S20_moving_to_another_department_leaves_the_rights(w):
    w.reset()
    leaver(w)
    told = w.as_officer("security-officer").ctl("person", "change", NEW, "--department", "zeimu", "--rights-until",
                                                BEFORE_END)
    w.did(told, "person.change", by="security-officer")
    tap.equal((w.row("person", NEW)["department"], w.row("operator-id", "m0300-1")["valid-until"],
               w.row("role", "r0300-1")["valid-until"]), ("zeimu", BEFORE_END, BEFORE_END))


def test_S20_nobody_removes_himself_or_another_department(w):
    w.reset()
    with w.unchanged():
        w.refused(w.as_officer(MEMBER).ctl("person", "remove", STAFF[MEMBER].number), "approve.self", op="person")
        w.refused(w.as_officer(MEMBER).ctl("person", "remove", "p0011", "--date", BEFORE_END), "role.dept", op="person")
        w.refused(w.as_officer("security-manager").ctl("person", "remove", "p0010"), "role.none", op="person")
        w.refused(w.as_officer(MEMBER).ctl("person", "remove", "p9999"), "row.none", op="person", status=3)
        tap.equal(w.as_officer(MEMBER).ctl("person", "remove", "p0010", "--date", "tomorrow").status, 2)


def test_C2_show_everything_of_one_person(w):
    w.reset()
    leaver(w)
    found = listed(w, "person", "show", NEW)
    tap.equal([(one["kind"], one["id"]) for one in found],
              [("person", NEW), ("account", "madoguchi"), ("account", "mallory"), ("operator-id", "m0300-1"),
               ("role", "r0300-1"), ("card", "c-0300"), ("approval", "a0300")])
    tap.equal(w.console.ctl("person", "show", "p9999").status, 3)


def test_S56_a_contractor_is_approved_and_has_an_end(w):
    w.reset()
    officer = w.as_officer("security-officer")
    words = ("person", "add", NEW, "--name", "委託 花子", "--department", "shimin", "--affiliation", "contractor")
    with w.unchanged():
        w.refused(officer.ctl(*words), "row.bad", op="person")
        w.refused(officer.ctl(*words, "--approval", "統括 R8-3"), "row.bad", op="person")
        w.refused(officer.ctl(*words, "--valid-until", BEFORE_END), "row.bad", op="person")
        w.refused(officer.ctl("person", "change", "p0010", "--affiliation", "contractor"), "row.bad", op="person")
    w.did(officer.ctl(*words, "--approval", "統括 R8-3", "--valid-until", BEFORE_END), "person.add", by="security-officer")
    row = w.row("person", NEW)
    tap.equal((row["affiliation"], row["approval"], row["valid-until"]), ("contractor", "統括 R8-3", BEFORE_END))
    tap.equal([one["affiliation"] for one in listed(w, "person", "list") if one["id"] == NEW], ["contractor"])


def test_S56_the_end_of_a_contract_is_not_taken_away(w):
    w.reset()
    w.stage({("person", NEW): person_row(affiliation="contractor", approval="統括 R8-3")})
    for words in (("person", "expiry", NEW, "--valid-until", ""), ("person", "expiry", NEW, "--valid-until", "-"),
                  ("person", "change", NEW, "--valid-until", "-")):
        with w.unchanged():
            w.refused(w.as_officer("security-officer").ctl(*words), "row.bad", op="expiry" if "expiry" in words
                      else "person")
    w.did(w.as_officer("security-officer").ctl("person", "expiry", "p0010", "--valid-until", "-"), "person.expiry",
          by="security-officer")
    tap.check("valid-until" not in w.row("person", "p0010"), "a member of the staff may be without")


def test_S05_an_officer_of_the_whole_office_is_not_ended_by_one_of_a_department(w):
    w.reset()
    with w.unchanged():
        for words in (("remove", "p0003"), ("remove", "p0003", "--date", BEFORE_END), ("disable", "p0003"),
                      ("expiry", "p0003", "--valid-until", BEFORE_END),
                      ("change", "p0003", "--valid-until", BEFORE_END)):
            w.refused(w.as_officer(MEMBER).ctl("person", *words), "role.dept",
                      op="expiry" if "expiry" in words else "person")
    w.did(w.as_officer(MEMBER).ctl("person", "trained", "p0003"), "person.trained", by=MEMBER)
    w.did(w.as_officer(MEMBER).ctl("person", "disable", "p0004"), "person.disable", by=MEMBER)
    w.did(w.as_officer("security-officer").ctl("person", "disable", "p0007"), "person.disable", by="security-officer")


def test_S05_nor_by_his_operator_id(w):
    w.reset()
    opid = holds(w, "security-officer")
    member = w.as_officer(MEMBER)
    with w.unchanged():
        for words, op in ((("return", opid), "revoke"), (("disable", opid), "disable"),
                          (("expiry", opid, "--valid-until", BEFORE_END), "expiry")):
            w.refused(member.ctl("operator-id", *words, "--reason", "R"), "role.dept", op=op)
    # Not by way of the one from which it came either.
    source = holds(w, MEMBER)
    with w.unchanged():
        w.refused(member.ctl("operator-id", "return", source, "--handed-on", "--reason", "R"), "role.dept", op="revoke")
        w.refused(member.ctl("operator-id", "disable", source, "--handed-on", "--reason", "R"), "role.dept", op="disable")
    w.did(w.as_officer("security-officer").ctl("operator-id", "return", opid, "--reason", "R"), "operator-id.return",
          by="security-officer")
    w.did(member.ctl("operator-id", "disable", STAFF["security-manager"].operator_id, "--reason", "R"),
          "operator-id.disable", by=MEMBER)


def test_S05_nor_by_a_review_of_his_account(w):
    w.reset()
    rows = sheet(w, security_officer="remove not used", identity_info_officer="keep")
    with w.unchanged():
        told = sign(w, MEMBER, rows)
        w.refused(told, "role.dept", op="review")
        tap.check("leave this line out" in told.stderr, str(told))
    told = sign(w, MEMBER, [row for row in rows if row["account"] != "security-officer"])
    w.did(told, "review.sign", by=MEMBER)
    tap.check("account security-officer stays open" in told.stderr, str(told))
    tap.check("reviewed" in w.row("account", "identity-info-officer"), "to keep it is no harm")
    rows = sheet(w, security_officer="remove not used")
    w.did(sign(w, "system-manager", rows), "review.sign", by="system-manager")
    tap.equal(w.row("account", "security-officer"), None)
    w.reset(sessions=True)


def test_S20_nobody_extends_his_own_time(w):
    w.reset()
    with w.unchanged():
        for words in (("--valid-until", LATER), ("--valid-until", "-"), ("--valid-from", "-"),
                      ("--affiliation", "staff"), ("--approval", "R9")):
            w.refused(w.as_officer(MEMBER).ctl("person", "change", "p0005", *words), "approve.self", op="person")
    w.did(w.as_officer(MEMBER).ctl("person", "change", "p0005", "--name", "改姓 花子"), "person.change", by=MEMBER)


def test_S65_an_end_is_changed_by_whom_that_is_delegated_to(w):
    w.reset()
    w.stage({("person", NEW): person_row("shisho"),
             ("approval", "d-1"): {"kind": "delegation", "person": "p0009", "by": "p0008", "terminal": "*",
                                   "function": "operator-change-delete", **VALID}})
    officer = w.as_officer("site-manager")
    with w.unchanged():
        w.refused(officer.ctl("person", "expiry", NEW, "--valid-until", LATER), "delegation.none", op="expiry")
        w.refused(officer.ctl("person", "change", NEW, "--valid-until", LATER), "delegation.none", op="person")
    w.did(officer.ctl("person", "change", NEW, "--name", "改姓 花子"), "person.change", by="site-manager")


def test_T40_a_course_is_entered(w):
    w.reset()
    w.did(w.as_officer("security-manager").ctl("person", "trained", "p0010"), "person.trained", by="security-manager")
    tap.equal(w.row("person", "p0010")["trained"], day(TODAY))
    with w.unchanged():
        w.refused(w.as_officer("security-manager").ctl("person", "trained", "p0004"), "approve.self", op="person")
        w.refused(w.as_officer("security-manager").ctl("person", "trained", "p0011"), "role.dept", op="person")
        w.refused(w.as_officer("system-manager").ctl("person", "trained", "p0010"), "role.none", op="person")
        for date in ("2026-02-30", day(TODAY + datetime.timedelta(days=2)), "2099-12-31"):
            w.refused(w.as_officer("security-officer").ctl("person", "trained", "p0010", "--date", date), "row.bad",
                      op="person")


def test_M7_who_had_no_course_since_April(w):
    w.reset()
    first = datetime.date(FISCAL_END.year - 1, 4, 1)
    w.stage({("person", "p0010"): w.row("person", "p0010") | {"trained": day(first)},
             ("person", "p0011"): w.row("person", "p0011") | {"trained": day(first - datetime.timedelta(days=1))},
             ("person", "p0301"): person_row("zeimu", valid_until=YESTERDAY),
             ("person", "p0302"): person_row("zeimu", enabled="no"),
             ("person", "p0303"): person_row("zeimu", valid_from=LATER)})
    untrained = {one["id"] for one in listed(w, "person", "list", "--untrained")}
    tap.check("p0011" in untrained and "p0001" in untrained, f"{untrained}")
    tap.equal(untrained & {"p0010", "p0301", "p0302", "p0303"}, set())
    tap.equal([one["id"] for one in listed(w, "person", "list", "--untrained", "--department", "zeimu")],
              ["p0006", "p0011"])


def test_S20_disabled_and_enabled_persons(w):
    w.reset()
    w.did(w.as_officer(MEMBER).ctl("person", "disable", "p0010"), "person.disable", by=MEMBER)
    tap.equal(w.row("person", "p0010")["enabled"], "no")
    w.did(w.as_officer(MEMBER).ctl("person", "enable", "p0010"), "person.enable", by=MEMBER)
    tap.check("enabled" not in w.row("person", "p0010"))
    w.did(w.as_officer(MEMBER).ctl("person", "expiry", "p0010", "--valid-until", BEFORE_END), "person.expiry", by=MEMBER)
    tap.equal(w.row("person", "p0010")["valid-until"], BEFORE_END)


# --- T-09, S-02 to S-06: roles ----------------------------------------------------------------------------------------

APPOINTS = {"chief-security-officer": set(), "system-manager": {"chief"}, "security-officer": {"chief"},
            "security-manager": {"system-manager"}, "access-manager": {"system-manager"},
            "identity-info-officer": {"security-officer"}, "entry-manager": {"system-manager"}, "auditor": {"chief"}}
OF_DEPARTMENT = {"security-manager", "access-manager"}


def appoint(caller, role: str, person: str = "p0010"):
    more = ("--department", "shimin") if role in OF_DEPARTMENT else ()
    return caller.ctl("role", "add", "--role", role, "--person", person, *more)


@tap.limit(240)
def test_T09_S02_to_S06_who_appoints_whom(w):
    w.reset()
    for role, officers in APPOINTS.items():
        for name in ("chief", "system-manager", "security-officer", "security-manager", MEMBER, "identity-info-officer"):
            told = appoint(w.as_officer(name), role)
            if name not in officers:
                w.refused(told, "role.none", op="role-assign", person=STAFF[name].number)
                continue
            entry, record = w.did(told, "role.add", by=name)
            (place, row), = entry.rows.items()
            tap.equal((record.op, record.type, place[0], row["role"], row["person"], row["valid-from"]),
                      ("role-assign", "ROLE_ASSIGN", "role", role, "p0010", day(TODAY)))
            w.stage({place: None})


def test_S02_the_console_enters_the_chief(w):
    w.reset()
    w.did(appoint(w.console, "chief-security-officer"), "role.add", by=CONSOLE)


def test_S05_an_access_manager_is_of_one_department(w):
    w.reset()
    manager = w.as_officer("system-manager")
    with w.unchanged():
        tap.equal(manager.ctl("role", "add", "--role", "access-manager", "--person", "p0010").status, 2)
        w.refused(manager.ctl("role", "add", "--role", "access-manager", "--person", "p0010", "--department", "nowhere"),
                  "row.bad", op="role-assign")
        w.refused(manager.ctl("role", "add", "--role", "access-manager", "--person", "p0005", "--department", "shimin"),
                  "row.exists", op="role-assign")
        w.refused(manager.ctl("role", "add", "--role", "access-manager", "--person", "p0002", "--department", "somu"),
                  "approve.self", op="role-assign")
        w.refused(manager.ctl("role", "add", "--role", "mayor", "--person", "p0010"), "row.bad", op="role-assign")
    w.did(manager.ctl("role", "add", "--role", "access-manager", "--person", "p0010", "--department", "zeimu"), "role.add",
          by="system-manager")
    # From then on, and only for that department.
    tap.equal([one["department"] for one in listed(w, "role", "list", "--person", "p0010")], ["zeimu"])


def test_T09_roles_end(w):
    w.reset()
    manager = w.as_officer("system-manager")
    told = manager.ctl("role", "end", "r0005-1", "--date", BEFORE_END)
    entry, record = w.did(told, "role.end", by="system-manager")
    tap.equal((record.op, record.type, w.row("role", "r0005-1")["valid-until"]),
              ("role-remove", "ROLE_REMOVE", BEFORE_END))
    tap.check("no access manager" in told.stderr and "m0005-1" in told.stderr, told.stderr)
    w.did(manager.ctl("role", "end", "r0005-1"), "role.end", by="system-manager")
    tap.equal([one["state"] for one in listed(w, "role", "list", "--person", "p0005", "--all")], ["ended"])
    tap.equal(listed(w, "role", "list", "--person", "p0005"), [])
    with w.unchanged():
        w.refused(w.as_officer(MEMBER).ctl("person", "disable", "p0010"), "role.none", op="person")
        w.refused(w.as_officer("security-officer").ctl("role", "end", "r0004-1"), "role.none", op="role-remove")
    w.did(w.as_officer("security-manager").ctl("role", "end", "r0004-1"), "role.end", by="security-manager")


def test_T09_roles_of_the_past_take_no_place(w):
    """More than a person can hold at a time, all but the last long ended."""
    w.reset()
    w.stage({("role", "r0005-1"): None}
            | {("role", f"a{number:02}"): role_row("p0005", "access-manager", "shimin", valid_until=YESTERDAY)
               for number in range(20)}
            | {("role", "z"): role_row("p0005", "access-manager", "shimin")})
    w.did(w.as_officer(MEMBER).ctl("person", "disable", "p0010"), "person.disable", by=MEMBER)


# --- S-27, S-28: accounts ---------------------------------------------------------------------------------------------

def test_S28_accounts_are_the_system_managers(w):
    w.reset()
    manager = w.as_officer("system-manager")
    told = manager.ctl("account", "add", "mallory", "--person", "p0010", "--person", "p0011")
    entry, record = w.did(told, "account.add", by="system-manager")
    tap.equal((record["jobj"], w.row("account", "mallory")), ("account:mallory", {"person": ["p0010", "p0011"]}))
    w.did(manager.ctl("account", "change", "mallory", "--drop-person", "p0010"), "account.change", by="system-manager")
    w.did(manager.ctl("account", "change", "mallory", "--add-person", "p0005"), "account.change", by="system-manager")
    tap.equal(w.row("account", "mallory"), {"person": ["p0011", "p0005"]})
    with w.unchanged():
        w.refused(manager.ctl("account", "change", "mallory", "--drop-person", "p0011", "--drop-person", "p0005"),
                  "row.bad", op="person")
        w.refused(manager.ctl("account", "change", "mallory", "--add-person", "p9999"), "row.none", op="person", status=3)
        w.refused(manager.ctl("account", "add", "clerk", "--person", "p0010"), "row.exists", op="person")
        for name in (MEMBER, "security-officer", "chief"):
            w.refused(w.as_officer(name).ctl("account", "remove", "mallory"), "role.none", op="person")
    w.did(manager.ctl("account", "remove", "mallory"), "account.remove", by="system-manager")


def test_S27_root_is_no_operators_account(w):
    w.reset()
    manager = w.as_officer("system-manager")
    with w.unchanged():
        for caller in (manager, w.console):
            w.refused(caller.ctl("account", "add", "root", "--person", "p0010"), "row.bad", op="person")


def test_S27_an_account_of_the_system_is_no_operators(w):
    w.reset()
    manager = w.as_officer("system-manager")
    with w.unchanged():
        for name in ("daemon", "_jukinet", "nobody"):
            told = manager.ctl("account", "add", name, "--person", "p0010")
            w.refused(told, "row.bad", op="person")
            tap.check("account of the system" in told.stderr, str(told))
    w.stage({("account", "daemon"): {"person": ["p0010"]}, ("account", "nobody"): {"person": ["p0010", "p0011"]}})
    with w.unchanged():
        w.refused(manager.ctl("account", "change", "daemon", "--add-person", "p0011"), "row.bad", op="person")
        w.refused(hand_in(w, f"action,person,account\nchange,p0011,daemon\n", w.console), "row.bad", op="import")
    w.did(manager.ctl("account", "change", "nobody", "--drop-person", "p0011"), "account.change", by="system-manager")
    # What this machine calls an account of people.
    w.space.write("/etc/login.defs", "UID_MIN 2200\n")
    with w.unchanged():
        w.refused(manager.ctl("account", "add", "mallory", "--person", "p0010"), "row.bad", op="person")
    w.space.write("/etc/login.defs", "UID_MIN 1000\n")
    w.shipped_policy(policy={"version": "2026-11", "system-accounts": True})
    w.build()
    w.did(manager.ctl("account", "change", "daemon", "--add-person", "p0011"), "account.change", by="system-manager")
    with w.unchanged():
        w.refused(manager.ctl("account", "add", "root", "--person", "p0010"), "row.bad", op="person")
    w.reset()


def test_S28_an_account_that_is_still_to_be_made(w):
    w.reset()
    told = w.as_officer("system-manager").ctl("account", "add", "later", "--person", "p0010")
    w.did(told, "account.add", by="system-manager")
    tap.check('no account "later"' in told.stderr, str(told))
    told = w.as_officer("system-manager").ctl("account", "add", "mallory", "--person", "p0010")
    tap.check("no account" not in told.stderr, str(told))


def test_S28_nobody_adds_himself_to_an_account(w):
    w.reset()
    w.stage({("account", "mallory"): {"person": ["p0010"]}})
    own = STAFF["system-manager"].number
    manager = w.as_officer("system-manager")
    with w.unchanged():
        w.refused(manager.ctl("account", "change", "mallory", "--add-person", own), "approve.self", op="person")
        w.refused(manager.ctl("account", "add", GONE.name, "--person", "p0010", "--person", own), "approve.self",
                  op="person")
    w.did(w.console.ctl("account", "change", "mallory", "--add-person", own), "account.change", by=CONSOLE)


def test_S28_findings_about_accounts(w):
    w.reset()
    w.stage({("account", "clerk"): {"person": ["p0010"], "reviewed": day(TODAY)},
             ("account", "clerk-zeimu"): {"person": ["p0011"], "reviewed": "2025-01-01"},
             ("account", "not-here"): {"person": ["p0010"], "reviewed": day(TODAY)},
             ("person", "p0301"): person_row("shimin", valid_until=YESTERDAY),
             ("account", "madoguchi"): {"person": ["p0301"], "reviewed": day(TODAY)}})
    found = {one["account"]: one["findings"] for one in listed(w, "account", "list")}
    tap.equal([found[name] for name in ("clerk", "clerk-zeimu", "not-here", "madoguchi", "mallory", GONE.name)],
              ["", "review-due", "no-account", "nobody", "no-person", "no-person"])
    tap.check("root" not in found and "_jukinet" not in found, f"{found}")
    tap.check("clerk" not in {one["account"] for one in listed(w, "account", "list", "--findings")})
    # More than a clerk's, be it by the group that the account begins with (S-27).
    groups = {line.split(":")[0]: line.split(":")[2] for line in w.space.read("/etc/group").splitlines()}
    for number, group in enumerate(("shadow", "_jukinet"), 2201):
        name = f"insider{number}"
        w.space.append("/etc/passwd", f"{name}:x:{number}:{groups[group]}::/tmp:/bin/sh\n")
        w.stage({("account", name): {"person": ["p0010"], "reviewed": day(TODAY)}})
        found = {one["account"]: one["findings"] for one in listed(w, "account", "list")}
        tap.equal(found[name], "privileged", group)


# --- S-28, S-29, C-4: reviews -----------------------------------------------------------------------------------------

def sheet(w: Officers, department: str = "shimin", **judged: str) -> list[dict[str, str]]:
    """What `review start --csv` gives; judged: ACCOUNT="remove REASON" with "_" for "-"."""
    told = w.console.ctl("review", "start", "--department", department, "--csv")
    tap.equal(told.status, 0, str(told))
    tap.check(told.stdout.startswith("\ufeff"), "spreadsheets need the byte order mark")
    rows = list(csv.DictReader(io.StringIO(told.stdout.removeprefix("\ufeff"))))
    for row in rows:
        judgement, _, reason = judged.get(row["account"].replace("-", "_"), "keep").partition(" ")
        row["judgement"], row["reason"] = judgement, reason
    return rows


def sign(w: Officers, name: str, rows: list[dict[str, str]], department: str = "shimin", data: bytes | None = None):
    """The officer hands the sheet in."""
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    w.space.write("/tmp/sheet.csv", data if data is not None else text.getvalue())
    return w.as_officer(name).ctl("review", "sign", "/tmp/sheet.csv", "--department", department)


def test_S28_what_is_due(w):
    w.reset()
    w.stage({("account", "clerk"): {"person": ["p0010"], "reviewed": day(TODAY - datetime.timedelta(days=183))},
             ("account", MEMBER): {"person": ["p0005"], "reviewed": day(TODAY - datetime.timedelta(days=184))}})
    due = {one["account"]: one for one in listed(w, "review", "start", "--department", "shimin")}
    tap.check("clerk" not in due and MEMBER in due, f"{list(due)}")
    tap.equal((due[MEMBER]["owners"], due[MEMBER]["persons"], due[MEMBER]["rights"]),
              ("市民課長補佐", "p0005", "operator-management"))
    tap.check("clerk" in {one["account"] for one in listed(w, "review", "start", "--department", "shimin", "--all")})
    tap.equal({one["account"] for one in listed(w, "review", "start", "--department", "zeimu")},
              {"access-manager-zeimu", "clerk-zeimu"})


def test_S29_C4_a_review_is_signed_and_carried_out(w):
    w.reset()
    w.stage({("account", "madoguchi"): {"person": ["p0010", "p0011"]}, ("account", "mallory"): {"person": ["p0010"]}})
    rows = sheet(w, madoguchi="削除 shared with nobody", mallory="remove not used", clerk="変更 fewer rights")
    told = sign(w, MEMBER, rows)
    entry, record = w.did(told, "review.sign", by=MEMBER)
    tap.equal((record.op, record["jobj"]), ("review", "department:shimin"))
    tap.equal((w.row("account", "mallory"), w.row("account", "madoguchi")),
              (None, {"person": "p0011", "reviewed": day(TODAY)}))
    tap.equal(w.row("account", "clerk")["reviewed"], day(TODAY))
    # The own account stays open, for another officer.
    tap.check(MEMBER in told.stderr and "reviewed" not in w.row("account", MEMBER), told.stderr)
    book = {one["account"]: (one["date"], one["by"], one["department"], one["judgement"], one["reason"])
            for one in listed(w, "review", "list", "--department", "shimin")}
    tap.equal(book["mallory"], (day(TODAY), "p0005", "shimin", "remove", "not used"))
    tap.equal(book["clerk"][3:], ("change", "fewer rights"))
    tap.equal(book["security-manager"][3:], ("keep", ""))
    tap.equal(set(book), {row["account"] for row in rows} - {MEMBER})
    due = {one["account"] for one in listed(w, "review", "start", "--department", "shimin")}
    tap.equal(due, {MEMBER})
    w.did(sign(w, "security-officer", sheet(w)), "review.sign", by="security-officer")
    tap.equal(w.row("account", MEMBER)["reviewed"], day(TODAY))


def test_S29_no_name_is_a_formula_of_the_sheet(w):
    w.reset()
    names = ["=HYPERLINK(\"//x\")", "+1", "-1", "@SUM(1)"]
    w.stage({("person", f"p060{i}"): person_row("zeimu", name) for i, name in enumerate(names)} |
            {("account", f"u{i}"): {"person": f"p060{i}"} for i in range(len(names))})
    rows = sheet(w, "zeimu")
    found = {row["account"]: row["owners"] for row in rows}
    tap.equal([found[f"u{i}"] for i in range(len(names))], [f"'{name}" for name in names])
    tap.equal(found["clerk-zeimu"], STAFF["clerk-zeimu"].name)
    w.did(sign(w, "security-officer", rows, "zeimu"), "review.sign", by="security-officer")


def test_S29_a_sheet_that_is_not_good_is_refused_as_a_whole(w):
    w.reset()
    good = sheet(w)

    def spoilt(**how: str) -> list[dict[str, str]]:
        rows = [dict(row) for row in good]
        rows[0] |= how
        return rows

    with w.unchanged():
        for rows, words in ((spoilt(judgement=""), "not judged"), (spoilt(judgement="perhaps"), "none of keep"),
                            (spoilt(judgement="remove"), "needs a reason"), (spoilt(rights="statistics"), "others by now"),
                            (spoilt(account="clerk-zeimu"), "no such account"), (good[1:], "is missing"),
                            (good + good[:1], "twice")):
            told = sign(w, "security-officer", rows)
            w.refused(told, "row.bad", op="review")
            tap.check(words in told.stderr, f"{words}: {told}")
            tap.check("/tmp/sheet.csv" in told.stderr, "names the file")
        told = sign(w, "security-officer", good, data="判定,理由\n".encode("cp932"))
        w.refused(told, "row.bad", op="review")
        tap.check("iconv" in told.stderr, told.stderr)


def test_S29_a_large_department_is_one_entry(w):
    w.reset()
    w.stage({("person", f"p{number}"): person_row("fukushi") for number in range(5000, 5200)}
            | {("account", f"u{number}"): {"person": [f"p{number}"]} for number in range(5000, 5200)}
            | {("department", "fukushi"): {"name": "福祉課"}})
    told = sign(w, "security-officer", sheet(w, "fukushi", u5007="remove " + "理" * 150), "fukushi")
    entry, record = w.did(told, "review.sign", by="security-officer")
    tap.equal((len(entry.rows), sum(note[0].isdigit() for note in entry.note)), (200, 200))
    book = listed(w, "review", "list", "--department", "fukushi")
    tap.equal((len(book), [one["reason"] for one in book if one["account"] == "u5007"]), (200, ["理" * 150]))


def test_S29_a_larger_one_is_signed_in_parts(w):
    w.reset()
    w.stage({("person", f"p{number}"): person_row("fukushi") for number in range(5000, 5600)}
            | {("account", f"u{number}"): {"person": [f"p{number}"]} for number in range(5000, 5600)}
            | {("department", "fukushi"): {"name": "福祉課"}})
    rows = sheet(w, "fukushi")
    tap.equal(len(rows), 508)
    with w.unchanged():     # all that is due, or a whole sheet of it
        w.refused(sign(w, "security-officer", rows[1:], "fukushi"), "row.bad", op="review")
    told = sign(w, "security-officer", rows, "fukushi")
    entry, _ = w.did(told, "review.sign", by="security-officer")
    tap.equal(sum(note[0].isdigit() for note in entry.note), 508)
    tap.check("92 more accounts are due" in told.stderr, str(told))
    rest = sheet(w, "fukushi")
    tap.equal(len(rest), 92)
    with w.unchanged():
        w.refused(sign(w, "security-officer", rest[1:], "fukushi"), "row.bad", op="review")
        # What is not due fills no sheet.
        w.refused(sign(w, "security-officer", rows[:507] + rest[:1], "fukushi"), "row.bad", op="review")
    w.did(sign(w, "security-officer", rest, "fukushi"), "review.sign", by="security-officer")
    tap.equal((len(listed(w, "review", "list", "--department", "fukushi")),
               listed(w, "review", "start", "--department", "fukushi")), (600, []))
    told = w.console.ctl("review", "start", "--department", "fukushi", "--csv", "--all")
    tap.check("92 more accounts follow" in told.stderr, told.stderr)


def test_S29_who_may_sign(w):
    w.reset()
    rows = sheet(w)
    with w.unchanged():
        w.refused(sign(w, "access-manager-zeimu", rows), "role.dept", op="review")
        w.refused(sign(w, "security-manager", rows), "role.none", op="review")


def test_S29_a_file_that_the_officer_may_not_read(w):
    w.reset()
    w.space.write("/tmp/secret.csv", "account,rights,judgement,reason\nsecret-word,,keep,\n", 0o600)
    with w.unchanged():
        told = w.as_officer(MEMBER).ctl("review", "sign", "/tmp/secret.csv", "--department", "shimin")
        w.refused(told, "row.bad", op="review")
    tap.check("Permission denied" in told.stderr and "secret-word" not in told.stderr + told.stdout, str(told))


# --- who acts ---------------------------------------------------------------------------------------------------------

def test_console_acts_and_it_is_noted(w):
    w.reset()
    for caller in (w.console, w.sysadmin):
        told = caller.ctl("person", "disable", "p0010")
        entry, record = w.did(told, "person.disable", by=CONSOLE)
        tap.check("root@console" in told.stderr, told.stderr)
        tap.equal((entry.by, entry.session, entry.opid, record["jper"]), (CONSOLE, "", "", CONSOLE))
        w.did(w.console.ctl("person", "enable", "p0010"), "person.enable", by=CONSOLE)


def test_S17_the_console_gives_no_more_than_a_department_holds(w):
    w.reset()
    with w.unchanged():
        w.refused(grant(w.console, STAFF["clerk"].number), "grant.none", op="grant", person=CONSOLE)
    w.did(grant(w.console, STAFF[MEMBER].number), "operator-id.grant", by=CONSOLE)
    w.did(grant(w.console, STAFF["clerk"].number), "operator-id.grant", by=CONSOLE)


def test_officer_whose_registration_has_ended_is_not_the_console(w):
    w.reset()
    with w.unchanged():
        w.refused(w.gone.ctl("person", "disable", "p0010"), "account.unknown", op="person")


def test_no_session_and_a_locked_one_are_refused(w):
    w.reset()
    with w.unchanged():
        told = w.without_session(MEMBER).ctl("person", "disable", "p0010")
        w.refused(told, "sess.none", op="person")
        w.log_in(MEMBER)
        w.lock(MEMBER)
        told = w.as_it_is(MEMBER).ctl("person", "disable", "p0010")
        w.refused(told, "sess.locked", op="person")
        tap.check("unlock" in told.stderr, told.stderr)
    w.drop(MEMBER)
    w.did(w.as_officer(MEMBER).ctl("person", "disable", "p0010"), "person.disable", by=MEMBER)


def test_without_root_nothing_is_changed(w):
    w.reset()
    with w.unchanged():
        told = w.as_nobody.ctl("person", "disable", "p0010")
        tap.equal((told.status, told.why), (1, "caller.foreign"), str(told))
        tap.check("sudo" in told.stderr, told.stderr)


def test_wrong_operator_id_is_refused(w):
    """A role alone is not enough: the session must have the function (別紙1)."""
    w.reset()
    w.stage({("role", "r0010-1"): role_row("p0010", "access-manager", "shimin")})
    with w.unchanged():
        w.refused(w.as_officer("clerk").ctl("person", "disable", "p0011"), "func.denied", op="person")
        w.refused(w.as_officer("site-manager").ctl("person", "add", NEW, "--name", "N", "--department", "shisho"),
                  "delegation.none", op="person")


def test_ids_of_any_length_have_their_record(w):
    w.reset()
    longest = "p" + "0" * 63
    told = w.console.ctl("person", "add", longest, "--name", "N", "--department", "shimin")
    entry, record = w.did(told, "person.add", by=CONSOLE)
    tap.equal(record["jobj"], "person:-", "the ledger's entry names it")
    for name in ("mallory", "_madoguchi.1@shimin", "Madoguchi"):
        told = w.console.ctl("account", "add", name, "--person", longest)
        entry, record = w.did(told, "account.add", by=CONSOLE)
        tap.equal(record["jobj"], f"account:{name}" if name.islower() else "account:-")
    with w.unchanged():
        told = w.as_officer("clerk").ctl("approve", "fallback-pin", longest, "--terminal", "shimin-03", "--reason", "R")
        tap.equal(w.refused(told, "role.none", op="approve")["jobj"], "person:-")
    w.stage({("department", longest): {"name": "L"}, ("person", "p0301"): person_row(longest),
             ("account", "p0301"): {"person": ["p0301"]}})
    w.space.write("/tmp/long.csv", "account,rights,judgement,reason\np0301,,keep,\n", 0o644)
    with w.unchanged():
        told = w.as_officer("clerk").ctl("review", "sign", "/tmp/long.csv", "--department", longest)
        tap.equal(w.refused(told, "role.none", op="review")["jobj"], "department:-")
    told = w.as_officer("security-officer").ctl("review", "sign", "/tmp/long.csv", "--department", longest)
    entry, record = w.did(told, "review.sign", by="security-officer")
    tap.equal((entry.note["object"], record["jobj"]), (f"department:{longest}", "department:-"))


def test_a_value_that_cannot_stand_in_a_row_is_refused_by_name(w):
    w.reset()
    officer = w.as_officer("security-officer")
    with w.unchanged():
        for name, words in (("a\x1b[31mb", "control or invisible character"), ("a\u202eb", "control or invisible"),
                            ("a #b", "comment"), ("a" * 200, "190 bytes"), (" a", "blank")):
            told = officer.ctl("person", "add", NEW, "--name", name, "--department", "shimin")
            tap.equal(w.refused(told, "row.bad", op="person")["jobj"], f"person:{NEW}")
            tap.check(words in told.stderr, str(told))
        w.refused(officer.ctl("person", "change", "p0010", "--name", "a\tb"), "row.bad", op="person")
        w.refused(officer.ctl("person", "add", "../p", "--name", "N", "--department", "shimin"), "row.bad", op="person")


def test_a_change_whose_words_are_lost_is_still_made(w):
    w.reset()
    for number, output in ((1, ">/dev/full"), (2, ">&-")):
        told = w.run(["sh", "-c", f"{CTL} department add lost{number} --name L {output}"])
        tap.equal(told.status, 5, f"{output}: {told}")
        entry, _ = w.proven("department.add", by=CONSOLE)
        tap.equal(list(entry.rows), [("department", f"lost{number}")])
        told = w.run(["sh", "-c", f"{CTL} department list {output}"])
        tap.equal(told.status, 1, f"{output}: {told}")


def test_what_is_said_to_nobody_goes_into_no_file(w):
    """Descriptors 0 to 2 may be closed; the next file that is opened must not be one of them."""
    w.reset()
    w.did(w.console.ctl("department", "add", "lost0", "--name", "L"), "department.add", by=CONSOLE)
    before = {name: w.space.read(f"{REGISTRY}/{name}") for name in w.files(REGISTRY)
              if name.endswith(".lock") or name in ("ledger", "registry.conf", "recorded")}
    for closed in (">&-", "2>&-", "<&- 2>&-", "<&- >&- 2>&-"):
        for words in ("department add lost0 --name L", "department list", "person show p0010", "ledger print",
                      "registry check", "account add root --person p0010"):
            w.run(["sh", "-c", f"{CTL} {words} {closed}"])
        after = {name: w.space.read(f"{REGISTRY}/{name}") for name in before}
        changed = {name: after[name][-200:] for name in before if after[name] != before[name]}
        tap.equal(changed, {}, f"{closed}: the store's files")
    told = w.run(["sh", "-c", f"exec 3>/tmp/held <&- >&- 2>&-; {CTL} department add lost9 --name L; echo $? >&3"])
    tap.equal((told.status, w.space.read("/tmp/held").strip()), (0, "5"))
    w.proven("department.add", by=CONSOLE)


def test_dry_run_changes_nothing(w):
    w.reset()
    with w.unchanged():
        told = w.as_officer(MEMBER).ctl("person", "add", NEW, "--name", "新人", "--department", "shimin", "--dry-run")
        tap.check(told.ok and f"[person {NEW}]" in told.stdout and "nothing was changed" in told.stdout, str(told))


@tap.skip_if(missing_sudo())
def test_by_sudo_with_the_shipped_sudoers(w):
    w.reset()
    told = w.sudo(MEMBER, "person", "disable", "p0010")
    entry, record = w.did(told, "person.disable", by=MEMBER)
    tap.equal((record.uid, record["acct"]), (0, MEMBER))


# --- the yearly import ------------------------------------------------------------------------------------------------

HEAD = "action,person,name,department,affiliation,approval,account,type,operator-id,valid-from,valid-until,basis"
APRIL = day(datetime.date(FISCAL_END.year, 4, 1))


def hand_in(w: Officers, text: str | bytes, caller=None, *more: str, timeout: float = 60):
    w.space.write("/tmp/change.csv", text)
    caller = caller or w.as_officer("security-officer")
    return caller.ctl("registry", "import", "/tmp/change.csv", *more, timeout=timeout)


def yearly(count: int) -> str:
    """So many come, with a right."""
    lines = [f"add,p{number},職員 {number},shimin,,,,{WIDE},,{APRIL},,辞令 {number}"
             for number in range(4000, 4000 + count)]
    return "\r\n".join([HEAD, *lines]) + "\r\n"


def test_S20_import_of_a_personnel_change(w):
    w.reset()
    holds(w, MEMBER)
    holds(w, "access-manager-zeimu", department="zeimu")
    leaver(w)
    text = "\ufeff" + "\r\n".join([
        HEAD,
        f"add,p0400,新人 一郎,shimin,,,,{WIDE},,{APRIL.replace('-', '/')},,辞令 1",
        f"change,p0010,,zeimu,,,,4,,{APRIL},{LATER},辞令 2",
        f"retire,{NEW},新人　花子,,,,,,,,{day(FISCAL_END)},",
        f"grant,p0011,,,,,,{WIDE},m0011-4,,,辞令 3",
    ]) + "\r\n"
    with w.unchanged():
        told = hand_in(w, text, None, "--dry-run")
        tap.equal(told.status, 0, str(told))
        tap.check(re.search(rf"^{APRIL}: 3 persons: 1 come, 1 change, 1 leave", told.stdout, re.M), told.stdout)
        tap.check("p0400 新人 一郎" in told.stdout and "1 cards must come back" in told.stdout, told.stdout)
    told = hand_in(w, text)
    entry, record = w.did(told, "registry.import", by="security-officer")
    tap.equal((record.op, entry.note["file"], entry.note["lines"]), ("import", "change.csv", "4"))
    tap.equal((w.row("person", "p0400")["valid-from"], w.row("person", "p0400")["valid-until"]), (APRIL, LATER))
    tap.equal(w.row("operator-id", only_id(w, "p0400"))["valid-from"], APRIL)
    tap.equal((w.row("person", "p0010")["department"], w.row("operator-id", "m0010-1")["valid-until"],
               w.row("operator-id", only_id(w, "p0010"))["department"]), ("zeimu", day(FISCAL_END), "zeimu"))
    tap.equal(w.row("person", NEW)["valid-until"], day(FISCAL_END))
    tap.equal(w.row("operator-id", "m0011-4")["granted-by"], "p0003")


def test_C2_import_counts_what_is_scheduled(w):
    w.reset()
    for number, until in ((1, day(FISCAL_END)), (2, day(FISCAL_END)), (3, "2099-12-31")):
        w.stage({("person", f"p050{number}"): person_row("shimin", valid_until=until)})
    text = "action,person,valid-until\n" + "".join(f"retire,p050{number},{FISCAL_END}\n" for number in (1, 2, 3))
    with w.unchanged():
        told = hand_in(w, text, None, "--dry-run")
        tap.check(f"{APRIL}: 3 persons: 0 come, 0 change, 3 leave (2 scheduled already)" in told.stdout, str(told))


@tap.limit(180)
def test_S20_import_of_500_lines(w):
    w.reset()
    holds(w, MEMBER)
    begun = time.monotonic()
    told = hand_in(w, yearly(500))
    tap.comment(f"500 lines in {time.monotonic() - begun:.2f} s")
    entry, record = w.did(told, "registry.import", by="security-officer")
    tap.equal(len(entry.rows), 1000)
    tap.equal(len(w.rows_of("operator-id", type=WIDE)), 501)


def test_S20_import_names_every_bad_line_and_does_nothing(w):
    w.reset()
    holds(w, MEMBER, until=day(FISCAL_END))
    w.space.write("/etc/jukinet/registry.d/by-hand.conf", "[person p0600]\nname = Hand\ndepartment = shimin\n")
    bad = {
        "add,p0010,N,shimin,,,,,,,,": "already",
        "add,p0401,N,nowhere,,,,,,,,": "no department",
        "add,p0402,,shimin,,,,,,,,": "needs a name",
        "add,P0403,N,shimin,,,,,,,,": "no id",
        f"add,p0404,N,shimin,,,,{WIDE},,,{LATER},B": "until",
        "add,p0405,N,shimin,,,,moving-desk,,,,B": "not granted to your department",
        "add,p0406,N,zeimu,,,,4,,,,B": "not granted to your department",
        "add,p0407,N,shimin,,,,other-department,,,,B": "switched off",
        "add,p0408,N,shimin,,,,no-such-type,,,,B": "no type",
        "add,p0409,N,shimin,,,mallory,,,,,": "system manager's",
        "add,p0410,N,shimin,contractor,,,,,,,": "contractor",
        "change,p9999,N,,,,,,,,,": "no person",
        "change,p0600,N,,,,,,,,,": "by hand",
        "retire,p0011,別人,,,,,,,,,": "registered as",
        f"retire,p0003,,,,,,,,,{FISCAL_END},": "yourself",
        "grant,p0010,,,,,,4,m0010-1,,,B": "already",
        "sack,p0010,,,,,,,,,,": "none of add",
    }
    good = "add,p0499,N,shimin,,,,,,,,"
    twice = [f"grant,p0007,,,,,,{WIDE},,,,B", "grant,p0007,,,,,,4,,,,B"]
    text = "\n".join([HEAD, good, *bad, good, *twice]) + "\n"
    with w.unchanged():
        told = hand_in(w, text)
        w.refused(told, "row.bad", op="import")
    lines = dict(re.findall(r"^/tmp/change\.csv:(\d+): (.*)$", told.stderr, re.M))
    same = 4 + len(bad)     # a type by its id, and in the next line by its number
    tap.equal(sorted(map(int, lines)), [*range(3, same), same + 1], str(told))
    tap.check(f"line {same} too" in lines[str(same + 1)], str(told))
    for number, words in enumerate([*bad.values(), "line 2 too"], 3):
        tap.check(words in lines[str(number)], f"line {number}: {lines[str(number)]!r} and not {words!r}")
    os.unlink(w.space.path("/etc/jukinet/registry.d/by-hand.conf"))


def test_S20_import_of_what_is_no_table(w):
    w.reset()
    with w.unchanged():
        for data, words in (("処理,照合ID\n退職,p0010\n".encode("cp932"), "iconv -f CP932 -t UTF-8"), (b"", "nothing"),
                            ("action,person\nretire,p0010".encode("utf-16"), "UTF-8"), (b"person\np0010\n", "action"),
                            (b"action,person\nretire\n", "columns"), (b"action,person\nretire,\"p0010\n", "quote")):
            told = hand_in(w, data)
            w.refused(told, "row.bad", op="import")
            tap.check(words in told.stderr, f"{words}: {told}")
        told = w.as_officer("security-officer").ctl("registry", "import", "/etc/shadow")
        w.refused(told, "row.bad", op="import")
        tap.check("Permission denied" in told.stderr, told.stderr)


def test_S20_import_by_whom(w):
    w.reset()
    text = f"action,person,valid-until\nretire,p0011,{FISCAL_END}\n"
    with w.unchanged():
        for name in (MEMBER, "chief", "security-manager", "operator-manager"):
            w.refused(hand_in(w, text, w.as_officer(name)), "role.none", op="import")
        w.refused(hand_in(w, text, w.as_officer("clerk")), "func.denied", op="import")
    w.did(hand_in(w, text), "registry.import", by="security-officer")


def test_S20_import_of_what_is_another_officers(w):
    """A line asks for the right that the single command asks for."""
    w.reset()
    holds(w, MEMBER)
    w.stage({("account", "mallory"): {"person": ["p0011"]}})
    officer, manager = w.as_officer("security-officer"), w.as_officer("system-manager")
    with w.unchanged():
        for caller, lines in (
                (officer, ["change,p0010,,,,,mallory,,,,,", "add,p0400,N,shimin,,,later,,,,,"]),
                (manager, ["add,p0400,N,shimin,,,,,,,,", "change,p0010,N,,,,,,,,,", "change,p0010,,zeimu,,,,,,,,",
                           f"change,p0010,,,,,,,,,{LATER},", f"retire,p0010,,,,,,,,,{FISCAL_END},",
                           f"grant,p0010,,,,,,{WIDE},,,,B", f"change,p0010,,,,,,{WIDE},,,,B"])):
            for line in lines:
                told = hand_in(w, f"{HEAD}\n{line}\n", caller)
                w.refused(told, "role.none", op="import")
                tap.check("/tmp/change.csv:2: " in told.stderr, f"{line}: {told}")
        # A person with a role ends by whom that role allows.
        w.refused(hand_in(w, f"{HEAD}\nretire,p0002,,,,,,,,,,\n", manager), "row.bad", op="import")
    w.did(hand_in(w, f"{HEAD}\nchange,p0010,,,,,mallory,,,,,\n", manager), "registry.import", by="system-manager")
    tap.equal(w.row("account", "mallory")["person"], ["p0011", "p0010"])
    with w.unchanged():
        w.refused(hand_in(w, f"{HEAD}\nchange,p0011,,,,,root,,,,,\n", manager), "row.bad", op="import")


# --- at once ----------------------------------------------------------------------------------------------------------

@tap.limit(150)
def test_an_officer_whom_nobody_listens_to_does_not_stop_the_others(w):
    """Complaints that a pipe does not take, in the middle of a change; and then ^Z."""
    w.reset()
    w.log_in("security-officer")
    w.space.write("/tmp/bad.csv", "action,person\n" + "sack,p0010\n" * 300, 0o644)
    path = "/tmp" + "/." * 1900 + "/bad.csv"
    stuck = w.spawn(["sh", "-c", f"mkfifo /tmp/deaf; sleep 140 </tmp/deaf & exec {CTL} registry import {path} 2>/tmp/deaf"],
                    loginuid=STAFF["security-officer"].uid)
    time.sleep(1)
    stuck.signal(signal.SIGTSTP)
    begun = time.monotonic()
    told = w.console.ctl("card", "revoke", "c-0010", "--lost")
    tap.equal(told.status, 4, str(told))
    while told.status == 4 and time.monotonic() - begun < 90:
        told = w.console.ctl("card", "revoke", "c-0010", "--lost")
    w.did(told, "card.revoke", by=CONSOLE)
    tap.comment(f"after {time.monotonic() - begun:.0f} s")
    stuck.kill_tree()


# 1000 in the suite `fault`.
CHANGES = int(os.environ.get("OFFICE_CHANGES", "200"))


@tap.limit(1800)
def test_two_officers_at_once(w):
    """Nothing of all their changes is lost, and none is done twice."""
    w.reset()
    told: dict[str, dict] = {}

    def work(name: str, prefix: str, department: str) -> None:
        told[name] = w.loop(name, prefix, department, CHANGES)

    before = len(w.ledger())
    officers = (("access-manager", "pa", "shimin"), ("access-manager-zeimu", "pb", "zeimu"))
    for name, _, _ in officers:
        w.log_in(name)
    begun = time.monotonic()
    threads = [threading.Thread(target=work, args=officer) for officer in officers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - begun
    tap.comment(f"{2 * CHANGES} changes in {seconds:.1f} s, {1000 * seconds / (2 * CHANGES):.0f} ms each")
    for name, _, _ in officers:
        tap.equal(told[name]["failed"], [], f"{name}: {told[name]}")
    entries = w.ledger()[before:]
    tap.equal(len(entries), 2 * CHANGES)
    tap.equal(len({place for entry in entries for place in entry.rows}), 2 * CHANGES)
    rows = w.rows()
    for prefix in ("pa", "pb"):
        tap.equal(sum(kind == "person" and name.startswith(prefix) for kind, name in rows), CHANGES, prefix)
    tap.equal(w.stored(), rows, "registry.conf and the ledger")
    w.mark()
    proofs = {one["jled"] for one in w.office_records() if one.get("jled")}
    tap.equal([entry.proof for entry in entries if entry.proof not in proofs], [], "every entry has its record")
    verified = w.console.ctl("ledger", "verify", timeout=60)
    tap.equal(verified.status, 0, str(verified))


if __name__ == "__main__":
    tap.main(missing(), w=lambda: Officers("people"))
