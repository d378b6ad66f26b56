#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The life of an operator card by the officers of the rule: Tottori's flow of issue (T-10 to T-18) and of return (T-19
to T-24), the hand-over for a day's work (T-02, T-03), and the card that is lost (T-38). Every step by whom it belongs
to, and by everybody else refused, recorded and without any effect; and at every step what the card opens."""

from __future__ import annotations

import re
import time

from office import (CONSOLE, Done, Entry, Officers, PIN, Record, STAFF, missing, opid_row, person_row, role_row, tap)
from world import person as account_of
from world.registry import days_ago

PERSON, ACCOUNT, CARD = "p0300", "newcomer", "c-0300"
ISSUED = ["request", "apply", "approve", "issue", "send", "tell-pin", "receive"]
CHANNEL, OTHER_CHANNEL = "registered mail", "telephone"
PEM = "/tmp/newcomer.pem"

# Who takes each step of both flows, and with which words.
STEPS: dict[str, tuple[str, list[str]]] = {
    "request": ("security-manager", ["--person", PERSON]),
    "apply": ("security-manager", []),
    "approve": ("system-manager", []),
    "issue": ("security-officer", ["--certificate", PEM]),
    "send": ("system-manager", ["--channel", CHANNEL]),
    "tell-pin": ("security-officer", ["--channel", OTHER_CHANNEL]),
    "receive": ("security-manager", []),
    "return-request": ("security-manager", []),
    "return-apply": ("security-manager", []),
    "return-approve": ("system-manager", []),
    "return": ("security-officer", []),
}
OPS = {"checkout": "checkout", "checkin": "checkin", "revoke": "revoke"}


def begin(w: Officers) -> None:
    """Somebody new in the office, who has no card yet."""
    w.reset()
    if ACCOUNT not in w.cards.made:
        w.cards.make(ACCOUNT, key="p256")
    w.space.write(PEM, w.cards.certificate(ACCOUNT))
    w.stage({("person", PERSON): person_row(),
             ("account", ACCOUNT): {"person": [PERSON]},
             ("operator-id", "m0300-1"): opid_row(PERSON)})


def act(w: Officers, who: str, verb: str, *words: str, card: str = CARD) -> Done:
    caller = w.console if who == CONSOLE else w.as_officer(who)
    return caller.ctl("card", verb, card, *words)


def did(w: Officers, who: str, verb: str, *words: str, card: str = CARD) -> tuple[Entry, Record]:
    return done(w, who, verb, *words, card=card)[1:]


def done(w: Officers, who: str, verb: str, *words: str, card: str = CARD) -> tuple[Done, Entry, Record]:
    """Beside what was said: entries of two tests in the same second may be the same, so records count from here on."""
    mark = w.mark()
    told = act(w, who, verb, *words, card=card)
    tap.equal(told.status, 0, str(told))
    entry, record = w.proven(f"card.{verb}", mark, by=who)
    tap.equal((record.op, record["jobj"]), (OPS.get(verb, "card-state"), f"card:{card}"), str(record))
    return told, entry, record


def step(w: Officers, verb: str) -> tuple[Entry, Record]:
    who, words = STEPS[verb]
    return did(w, who, verb, *words)


def until(w: Officers, last: str) -> None:
    """The flow of issue, and where asked that of return, up to and with this step."""
    for verb in STEPS:
        step(w, verb)
        if verb == last:
            return


def refused(w: Officers, who: str, why: str, verb: str, *words: str, card: str = CARD, status: int = 1) -> Done:
    with w.unchanged():
        told = act(w, who, verb, *words, card=card)
        record = w.refused(told, why, op=OPS.get(verb, "card-state"), status=status)
        tap.equal((record["jfor"], record["jobj"]), (f"card.{verb}", f"card:{card}"), str(record))
    return told


def state(w: Officers, card: str = CARD) -> object:
    row = w.row("card", card)
    return row and row.get("state")


def login(w: Officers, account: str = ACCOUNT, holder: str | None = None) -> str:
    """With the card that was made for `holder`: "granted", or the reason in the record."""
    w.insert(holder or account)
    mark = w.mark()
    told = w.ask(account, PIN)
    record = w.happened(mark, "auth")[-1]
    tap.equal(told.ok, record["res"] == "success", f"{told} {record}")
    return "granted" if told.ok else record["jwhy"]


def out(w: Officers) -> list[str]:
    return [one["id"] for one in w.as_officer("security-manager").ctl("card", "list", "--out", "--json").json]


# --- issue ------------------------------------------------------------------------------------------------------------

@tap.limit(240)
def test_t_10_to_t_18_the_whole_flow_of_issue(w: Officers) -> None:
    begin(w)
    opens = {"request": "card.unknown", "apply": "card.unknown", "approve": "card.unknown", "issue": "card.inactive",
             "send": "card.inactive", "tell-pin": "card.inactive", "receive": "granted"}
    states = {"request": "requested", "apply": "applied", "approve": "approved", "issue": "issued", "send": "issued",
              "tell-pin": "issued", "receive": "active"}
    for verb in ISSUED:
        step(w, verb)
        tap.equal(state(w), states[verb], verb)
        tap.equal(login(w), opens[verb], f"login after {verb}")
    row = w.row("card", CARD)
    tap.equal({key: row[key] for key in row if key != "certificate"}, {
        "person": PERSON, "state": "active", "requested-by": "p0004", "applied-by": "p0004", "approved-by": "p0002",
        "issued-by": "p0003", "card-channel": CHANNEL, "pin-channel": OTHER_CHANNEL, "received-by": "p0004",
        "pin-initial": "yes", "pin-set": row["pin-set"]})
    tap.equal(row["pin-set"][:10], w.run(["date", "+%Y-%m-%d"]).stdout.strip())


def test_t_10_the_operator_asks_for_himself(w: Officers) -> None:
    begin(w)
    mark = w.mark()
    told = w.as_officer("clerk").ctl("card", "request")
    entry, _ = w.proven("card.request", mark, by="clerk")
    (kind, card), row = next(iter(entry.rows.items()))
    tap.equal((kind, row), ("card", {"person": "p0010", "state": "requested", "requested-by": "p0010"}))
    tap.check(card in told.stdout and "card apply" in told.stdout, str(told))
    tap.check(re.fullmatch(r"c-\d{4,}", card), card)
    refused(w, "clerk", "role.none", "request", "--person", PERSON)
    refused(w, "clerk", "row.exists", "request", card=card)
    refused(w, "security-manager", "row.none", "request", "--person", "p9999", status=3)
    refused(w, "security-manager", "role.dept", "request", "--person", "p0011")


def test_t_11_the_security_manager_of_the_department_applies(w: Officers) -> None:
    begin(w)
    step(w, "request")
    refused(w, "clerk", "role.none", "apply")
    refused(w, "access-manager", "role.none", "apply")
    refused(w, "system-manager", "role.none", "apply")
    w.stage({("role", "r0006-9"): role_row("p0006", "security-manager", "zeimu")})
    refused(w, "access-manager-zeimu", "role.dept", "apply")
    step(w, "apply")
    refused(w, "security-manager", "flow.order", "apply")


def test_t_12_no_issue_without_approval(w: Officers) -> None:
    begin(w)
    step(w, "request")
    refused(w, "system-manager", "flow.order", "issue", "--certificate", PEM)
    refused(w, "system-manager", "flow.order", "approve")
    step(w, "apply")
    told = refused(w, "system-manager", "flow.order", "issue", "--certificate", PEM)
    tap.check("card approve" in told.stderr, str(told))
    refused(w, "security-manager", "role.none", "approve")
    refused(w, "security-officer", "role.none", "approve")
    told, entry, _ = done(w, "system-manager", "approve", "--reason", "R8-17")
    tap.equal(entry.why, "R8-17")
    tap.check("card issue" in told.stdout, str(told))


def test_t_12_nobody_approves_for_himself(w: Officers) -> None:
    """The holder, who asked, who applied: each of them also a system manager."""
    begin(w)
    did(w, "clerk", "request")
    step(w, "apply")
    w.stage({("role", "r0010-9"): role_row("p0010", "system-manager"),
             ("role", "r0004-9"): role_row("p0004", "system-manager")})
    refused(w, "clerk", "approve.self", "approve")
    refused(w, "security-manager", "approve.self", "approve")
    step(w, "approve")


def test_t_12_the_console_approves_nothing_of_its_own(w: Officers) -> None:
    begin(w)
    told, _, _ = done(w, CONSOLE, "request", "--person", PERSON)
    tap.check("root@console" in told.stderr, str(told))
    step(w, "apply")
    refused(w, CONSOLE, "approve.self", "approve")
    step(w, "approve")


def test_t_14_t_18_nobody_makes_a_card_alone(w: Officers) -> None:
    """Approved, issued and received: no two of them in a row by one officer, whatever he is."""
    begin(w)
    until(w, "approve")
    issue = ("issue", "--certificate", PEM)
    told = refused(w, "system-manager", "approve.self", *issue)
    tap.check("who approved a card does not issue it" in told.stderr, str(told))
    did(w, "security-officer", *issue)
    step(w, "send")
    step(w, "tell-pin")
    told = refused(w, "security-officer", "approve.self", "receive")
    tap.check("who issued a card does not enter its receipt" in told.stderr, str(told))
    did(w, "system-manager", "receive")
    # The console is one of them.
    begin(w)
    until(w, "apply")
    did(w, CONSOLE, "approve")
    refused(w, CONSOLE, "approve.self", *issue)
    did(w, "system-manager", *issue)


def test_t_13_the_entry_to_the_issuing_room_is_noted(w: Officers) -> None:
    begin(w)
    until(w, "apply")
    refused(w, "system-manager", "flow.order", "enter", "--number", "NOC-17")
    step(w, "approve")
    refused(w, "security-manager", "role.none", "enter", "--number", "NOC-17")
    entry, _ = did(w, "system-manager", "enter", "--number", "NOC-17")
    tap.equal((entry.note["entry-number"], w.row("card", CARD)["entry-number"], state(w)),
              ("NOC-17", "NOC-17", "approved"))


def test_t_14_a_card_is_issued_with_a_good_certificate(w: Officers) -> None:
    begin(w)
    until(w, "approve")
    w.space.write("/tmp/no.pem", "nothing\n")
    refused(w, "security-manager", "role.none", "issue", "--certificate", PEM)
    w.space.write("/tmp/secret.pem", w.cards.certificate(ACCOUNT), 0o600)
    w.space.directory("/tmp/secret", 0o700)
    for file in ("/tmp/secret.pem", "/tmp/secret/absent.pem"):
        told = refused(w, "security-officer", "row.bad", "issue", "--certificate", file)
        tap.check("Permission denied" in told.stderr, str(told))
    for file in ("/tmp/no.pem", "/tmp/absent.pem", "/dev/zero", "/etc/shadow"):
        told = refused(w, "security-officer", "row.bad", "issue", "--certificate", file)
        tap.check("root:" not in told.stderr, str(told))
    told = act(w, "security-officer", "issue", "--certificate", PEM, "--dry-run")
    tap.equal((told.status, state(w)), (0, "approved"), str(told))
    # Nobody else's key opens a session under this card's number.
    w.space.write("/tmp/clerk.pem", w.cards.certificate("clerk"))
    refused(w, "security-officer", "row.bad", "issue", "--certificate", "/tmp/clerk.pem")
    step(w, "issue")


def test_t_16_the_ledger_of_cards_tells_all(w: Officers) -> None:
    begin(w)
    until(w, "tell-pin")
    shown = {one["key"]: one["value"]
             for one in w.as_officer("security-officer").ctl("card", "show", CARD, "--json").json}
    tap.equal({key: shown.get(key) for key in ("id", "person", "state", "requested-by", "applied-by", "approved-by",
                                               "issued-by", "card-channel", "pin-channel", "next")},
              {"id": CARD, "person": PERSON, "state": "issued", "requested-by": "p0004", "applied-by": "p0004",
               "approved-by": "p0002", "issued-by": "p0003", "card-channel": CHANNEL, "pin-channel": OTHER_CHANNEL,
               "next": "receive"})
    listed = w.as_officer("security-officer").ctl("card", "list", "--state", "issued", "--json").json
    tap.equal([(one["id"], one["person"], one["department"]) for one in listed], [(CARD, PERSON, "shimin")])
    told = w.as_officer("security-officer").ctl("card", "show", "c-9999")
    tap.equal(told.status, 3, str(told))


def test_t_17_card_and_pin_go_different_ways(w: Officers) -> None:
    begin(w)
    until(w, "issue")
    refused(w, "security-officer", "flow.order", "tell-pin", "--channel", OTHER_CHANNEL)
    refused(w, "security-manager", "role.none", "send", "--channel", CHANNEL)
    entry, _ = step(w, "send")
    tap.equal(entry.note["channel"], CHANNEL)
    refused(w, "system-manager", "flow.order", "send", "--channel", "by hand")
    refused(w, "security-officer", "channel.same", "tell-pin", "--channel", CHANNEL)
    refused(w, "security-officer", "channel.same", "tell-pin", "--channel", " Registered MAIL ")
    refused(w, "security-officer", "channel.same", "tell-pin", "--channel", "")
    entry, _ = step(w, "tell-pin")
    tap.equal(entry.note["channel"], OTHER_CHANNEL)


def test_t_18_usable_only_after_the_receipt(w: Officers) -> None:
    begin(w)
    until(w, "issue")
    refused(w, "security-manager", "flow.order", "receive")
    step(w, "send")
    refused(w, "security-manager", "flow.order", "receive")
    step(w, "tell-pin")
    tap.equal(login(w), "card.inactive")
    refused(w, "access-manager", "role.none", "receive")
    told, _, _ = done(w, "security-manager", "receive")
    tap.check(time.strftime("%Y-%m-%d") in told.stdout, str(told))
    tap.equal(login(w), "granted")


# --- the PIN's last change --------------------------------------------------------------------------------------------

PINS = "/tmp/pins.csv"
OFFICER_CARD = STAFF["security-officer"].card


def hand_in(w: Officers, who: str, text: str | bytes, *more: str) -> Done:
    w.space.write(PINS, text)
    return w.as_officer(who).ctl("card", "pin-dates", "--csv", PINS, *more)


def pin(w: Officers, card: str = CARD) -> tuple[object, object]:
    row = w.row("card", card) or {}
    return row.get("pin-set"), row.get("pin-initial")


def test_t_30_a_change_on_the_issuing_terminal_is_entered(w: Officers) -> None:
    begin(w)
    until(w, "receive")
    tap.equal(pin(w)[1], "yes")
    told, entry, _ = done(w, "security-officer", "pin-date", days_ago(0))
    tap.equal((pin(w), entry.rows["card", CARD].get("pin-initial")), ((days_ago(0), None), None))
    tap.check(CARD in told.stdout and days_ago(0) in told.stdout, str(told))
    # A slip of the pen can be mended, and a minute be named.
    did(w, "system-manager", "pin-date", f"{days_ago(1)} 23:59", "--reason", "list of the issuing room")
    tap.equal(pin(w), (f"{days_ago(1)} 23:59", None))
    did(w, "system-manager", "pin-date", days_ago(0), "--initial")
    tap.equal(pin(w), (days_ago(0), "yes"))
    with w.unchanged():
        told = act(w, "system-manager", "pin-date", days_ago(0), "--dry-run")
        tap.equal((told.status, f"pin-set = {days_ago(0)}" in told.stdout), (0, True), str(told))
    told = w.as_officer("system-manager").ctl("card", "pin-date", CARD, days_ago(0), env={"LANG": "ja_JP.UTF-8"})
    tap.equal((told.status, pin(w)), (0, (days_ago(0), None)), str(told))


def test_t_30_who_enters_a_change_of_the_pin(w: Officers) -> None:
    begin(w)
    until(w, "receive")
    for who in ("clerk", "access-manager", "security-manager", "chief"):
        refused(w, who, "role.none", "pin-date", days_ago(0))
    told = refused(w, "security-officer", "approve.self", "pin-date", days_ago(0), card=OFFICER_CARD)
    tap.check("another officer" in told.stderr, str(told))
    did(w, "system-manager", "pin-date", days_ago(0), card=OFFICER_CARD)
    did(w, CONSOLE, "pin-date", days_ago(0))


def test_t_30_a_date_that_cannot_be_is_refused(w: Officers) -> None:
    begin(w)
    until(w, "receive")
    for day, said in ((days_ago(-1), "still to come"), (f"{days_ago(-1)} 00:00", "still to come"),
                      (days_ago(9), "before card"), ("1970-01-01", "before card"), (days_ago(1), "initial PIN")):
        told = refused(w, "security-officer", "row.bad", "pin-date", day)
        tap.check(said in told.stderr, str(told))
    with w.unchanged():
        for day in ("", "-", "yesterday", "2026-02-30", "2026-1-1", f"{days_ago(0)} 24:00", f"{days_ago(0)}\n"):
            tap.equal(act(w, "security-officer", "pin-date", day).status, 2, day)
        tap.equal(act(w, "security-officer", "pin-date").status, 2)
    refused(w, "security-officer", "row.none", "pin-date", days_ago(0), card="c-9999", status=3)


@tap.limit(240)
def test_t_30_only_of_a_card_that_is_issued(w: Officers) -> None:
    begin(w)
    for count, verb in enumerate(STEPS):
        step(w, verb)
        if verb in ("request", "apply", "approve", "return"):
            refused(w, "system-manager", "flow.order", "pin-date", days_ago(0))
        else:
            did(w, "system-manager", "pin-date", days_ago(count % 2), *(["--initial"] if verb == "tell-pin" else []))
    begin(w)
    until(w, "receive")
    did(w, "security-officer", "revoke", "--lost")
    refused(w, "system-manager", "flow.order", "pin-date", days_ago(0))


def test_t_30_a_list_of_changes_is_one_entry(w: Officers) -> None:
    begin(w)
    until(w, "receive")
    today = days_ago(0)
    lines = ["card,date", f"{CARD},{today}", f"c-0010,{today.replace('-', '/')}", f'"c-0011",{days_ago(1)} 09:30', ""]
    text = "\ufeff" + "\r\n".join(lines)
    with w.unchanged():
        told = hand_in(w, "security-officer", text, "--dry-run")
        tap.equal((told.status, "3 rows would be changed" in told.stdout), (0, True), str(told))
    mark = w.mark()
    told = hand_in(w, "security-officer", text)
    tap.equal((told.status, told.stdout.strip()[-2:]), (0, " 3"), str(told))
    entry, record = w.proven("card.pin-dates", mark, by="security-officer")
    tap.equal((record.op, record["jobj"], entry.note["file"], entry.note["lines"], len(entry.rows)),
              ("card-state", "card:-", "pins.csv", "3", 3), str(record))
    tap.equal((pin(w), pin(w, "c-0010"), pin(w, "c-0011")),
              ((today, None), (today, None), (f"{days_ago(1)} 09:30", None)))
    # Without headings; what stands there already is no change.
    told = hand_in(w, "system-manager", f"c-0010,{days_ago(1)}\nc-0011,{days_ago(1)}")
    tap.equal((told.status, pin(w, "c-0010"), pin(w, "c-0011")), (0, *[(days_ago(1), None)] * 2), str(told))


@tap.limit(240)
def test_t_30_a_list_of_hundreds(w: Officers) -> None:
    begin(w)
    number = 200
    for n in range(number):
        w.cards.make(f"many{n}", key="p256")
    w.stage({("card", f"c-{5000 + n}"): {"person": PERSON, "state": "issued", "pin-initial": "yes",
                                         "certificate": w.keep_certificate(w.cards.certificate(f"many{n}"))}
             for n in range(number)})
    began = time.monotonic()
    told = hand_in(w, "security-officer", "".join(f"c-{5000 + n},{days_ago(n % 2)}\n" for n in range(number)))
    tap.comment(f"{number} lines in {time.monotonic() - began:.2f} s")
    tap.equal((told.status, len(w.ledger()[-1].rows), pin(w, "c-5199")), (0, number, (days_ago(1), None)), str(told))


def test_t_30_a_list_names_every_bad_line_and_does_nothing(w: Officers) -> None:
    begin(w)
    until(w, "approve")
    w.space.write("/etc/jukinet/registry.d/by-hand.conf", f"[card c-0700]\nperson = {PERSON}\nstate = requested\n")
    today = days_ago(0)
    bad = {f"c-9999,{today}": "no card", f"C-0010,{today}": "no card", f",{today}": "no card",
           f"c-0005,{days_ago(-1)}": "still to come", "c-0006,": "no date", "c-0007,1/2/2026": "no date",
           f"c-0008,{days_ago(9)}": "before card", f"{OFFICER_CARD},{today}": "another officer",
           f"{CARD},{today}": "no PIN", f"c-0700,{today}": "no PIN", f"c-0010,{today} ": "no date",
           f"c-0011,{days_ago(1)}": "line 1 too"}
    text = "\n".join([f"c-0011,{today}", *bad]) + "\n"
    with w.unchanged():
        told = hand_in(w, "security-officer", text)
        w.refused(told, "row.bad", op="card-state")
        said = [line for line in told.stderr.splitlines() if line.startswith(f"{PINS}:")]
        tap.equal(len(said), len(bad), str(told))
        for (count, words), line in zip(enumerate(bad.values(), 2), said):
            tap.check(line.startswith(f"{PINS}:{count}: ") and words in line, f"{words}: {line}")
        tap.check(f"{len(bad)} lines" in told.stderr, str(told))
        w.refused(hand_in(w, "security-officer", f"{OFFICER_CARD},{today}\n"), "approve.self", op="card-state")
        for text in ("", f"c-0011,{today},\n", "c-0011\n", f"c-0011,{today}\nc-0010\n", f'"c-0011,{today}\n',
                     b"\x82\xa0,1\n"):
            w.refused(hand_in(w, "security-officer", text), "row.bad", op="card-state")
        for who in ("clerk", "security-manager"):
            w.refused(hand_in(w, who, f"c-0011,{today}\n"), "role.none", op="card-state")
        # Of a file that he cannot read himself an officer sees nothing.
        w.space.write("/tmp/secret.csv", "c-0011,secret\n", 0o600)
        told = w.as_officer("security-officer").ctl("card", "pin-dates", "--csv", "/tmp/secret.csv")
        w.refused(told, "row.bad", op="card-state")
        tap.check("secret\"" not in told.stderr and "Permission denied" in told.stderr, str(told))


# --- return -----------------------------------------------------------------------------------------------------------

@tap.limit(240)
def test_t_19_to_t_24_the_whole_flow_of_return(w: Officers) -> None:
    begin(w)
    until(w, "receive")
    opens = {"return-request": "granted", "return-apply": "card.returned", "return-approve": "card.returned",
             "return": "card.returned"}
    states = {"return-request": "return-requested", "return-apply": "return-applied",
              "return-approve": "return-approved", "return": "returned"}
    for verb in states:
        step(w, verb)
        tap.equal(state(w), states[verb], verb)
        tap.equal(login(w), opens[verb], f"login after {verb}")
        if verb == "return-approve":
            entry, _ = did(w, "security-officer", "enter", "--number", "NOC-18")     # T-22
            tap.equal(entry.note["entry-number"], "NOC-18")


def test_t_19_the_operator_asks_for_the_return_of_his_own_card(w: Officers) -> None:
    begin(w)
    until(w, "receive")
    refused(w, "clerk", "role.none", "return-request")
    entry, _ = did(w, "clerk", "return-request", card="c-0010")
    tap.equal(entry.rows["card", "c-0010"]["return-by"], "p0010")


def test_t_20_no_login_from_the_application_on(w: Officers) -> None:
    begin(w)
    until(w, "receive")
    refused(w, "security-manager", "flow.order", "return-apply")
    step(w, "return-request")
    refused(w, "system-manager", "role.none", "return-apply")
    tap.equal(login(w), "granted")
    step(w, "return-apply")
    tap.equal(login(w), "card.returned")


def test_t_21_nobody_approves_his_own_return(w: Officers) -> None:
    begin(w)
    until(w, "receive")
    step(w, "return-request")
    refused(w, "system-manager", "flow.order", "return-approve")
    step(w, "return-apply")
    w.stage({("role", "r0004-9"): role_row("p0004", "system-manager")})
    refused(w, "security-manager", "approve.self", "return-approve")
    refused(w, "security-officer", "role.none", "return-approve")
    step(w, "return-approve")


def test_t_23_no_return_without_approval(w: Officers) -> None:
    begin(w)
    until(w, "return-apply")
    refused(w, "security-officer", "flow.order", "return")
    step(w, "return-approve")
    refused(w, "security-manager", "role.none", "return")
    step(w, "return")
    tap.equal(login(w), "card.returned")


@tap.limit(240)
def test_t_24_a_returned_card_never_returns(w: Officers) -> None:
    begin(w)
    until(w, "return")
    for verb, (who, words) in STEPS.items():
        refused(w, who, "row.exists" if verb == "request" else "flow.order", verb, *words)
    refused(w, "security-officer", "flow.order", "revoke", "--lost")
    refused(w, "security-officer", "flow.order", "checkout")
    # Nor does its key under another number.
    for verb in ("request", "apply", "approve"):
        who, words = STEPS[verb]
        did(w, who, verb, *words, card="c-0301")
    refused(w, "security-officer", "row.bad", "issue", "--certificate", PEM, card="c-0301")


# --- lost -------------------------------------------------------------------------------------------------------------

def test_t_38_a_lost_card_is_refused_at_once(w: Officers) -> None:
    """From the start of the command to the refusal at the counter."""
    begin(w)
    until(w, "receive")
    tap.equal(login(w), "granted")
    officer = w.as_officer("security-manager")
    w.insert(ACCOUNT)
    mark, began = w.mark(), time.monotonic()
    told = officer.ctl("card", "revoke", CARD, "--lost", "--reason", "on the way home")
    revoked = time.monotonic() - began
    answer = w.ask(ACCOUNT, PIN)
    taken = time.monotonic() - began
    tap.comment(f"revoked after {revoked * 1000:.0f} ms, refused after {taken * 1000:.0f} ms")
    tap.equal(told.status, 0, str(told))
    entry, record = w.proven("card.revoke", mark, by="security-manager")
    tap.equal((answer.ok, answer.asked), (False, []), "no PIN is asked for")
    tap.equal(w.happened(mark, "auth")[-1]["jwhy"], "card.revoked")
    tap.equal((record.op, entry.note["revoked-why"], entry.rows["card", CARD]["revoked-why"]),
              ("revoke", "lost", "lost"))
    tap.check(f"{entry.number}" in told.stdout, f"the number of the registry: {told}")


@tap.limit(240)
def test_t_38_revoked_from_every_state_but_returned(w: Officers) -> None:
    for last in ("request", "apply", "approve", "issue", "receive", "return-request", "return-apply",
                 "return-approve"):
        begin(w)
        until(w, last)
        did(w, "security-officer", "revoke", "--damaged")
        tap.equal(state(w), "revoked", last)
        refused(w, "security-officer", "flow.order", "revoke", "--lost")


def test_t_38_who_revokes_and_why(w: Officers) -> None:
    begin(w)
    until(w, "receive")
    refused(w, "clerk", "role.none", "revoke", "--lost")
    refused(w, "access-manager", "role.none", "revoke", "--lost")
    with w.unchanged():
        for words in ([], ["--lost", "--stolen"]):
            tap.equal(act(w, "system-manager", "revoke", *words).status, 2, str(words))
    # An issued card has to come back, or be named lost, stolen, damaged or left.
    refused(w, "system-manager", "flow.order", "revoke", "--withdrawn")
    entry, _ = did(w, "system-manager", "revoke", "--stolen")
    tap.equal(entry.note["revoked-why"], "stolen")
    refused(w, "security-manager", "row.none", "revoke", "--lost", card="c-9999", status=3)


def test_t_12_an_application_is_declined(w: Officers) -> None:
    begin(w)
    until(w, "apply")
    entry, _ = did(w, "system-manager", "revoke", "--withdrawn", "--reason", "has one already")
    tap.equal((entry.why, state(w)), ("has one already", "revoked"))


# --- a day's work -----------------------------------------------------------------------------------------------------

def test_t_02_no_session_without_a_hand_over(w: Officers) -> None:
    begin(w)
    until(w, "receive")
    # Officers whose own cards are not handed over could not hand over others.
    w.as_officer("security-manager")
    w.stage({("card", STAFF["security-manager"].card):
             {**w.row("card", STAFF["security-manager"].card), "handed-at": "2026-01-01 08:00",
              "handed-by": "p0003"}}, build=False)
    w.shipped_policy(policy={"require-checkout": True})
    w.build()
    tap.equal(login(w), "card.nocheckout")
    refused(w, "security-manager", "flow.order", "checkin")
    entry, record = did(w, "security-manager", "checkout")
    tap.equal((entry.note["person"], entry.rows["card", CARD]["handed-by"]), (PERSON, "p0004"))
    tap.equal(login(w), "granted")
    refused(w, "security-manager", "flow.order", "checkout")
    did(w, "security-manager", "checkin")
    tap.equal(login(w), "card.nocheckout")


def test_t_03_hand_over_names_time_person_and_card(w: Officers) -> None:
    begin(w)
    until(w, "receive")
    refused(w, "access-manager", "role.none", "checkout")
    refused(w, "clerk", "role.none", "checkout")
    told, _, _ = done(w, "security-manager", "checkout")
    handed = w.row("card", CARD)["handed-at"]
    for part in (handed, PERSON, "新人 花子", CARD):
        tap.check(part in told.stdout, str(told))
    tap.check(abs(time.mktime(time.strptime(handed, "%Y-%m-%d %H:%M")) - time.time()) < 120, handed)


def test_t_03_only_an_active_card_is_handed_over(w: Officers) -> None:
    begin(w)
    until(w, "tell-pin")
    refused(w, "security-manager", "flow.order", "checkout")
    step(w, "receive")
    did(w, "security-manager", "checkout")
    step(w, "return-request")
    refused(w, "security-manager", "flow.order", "checkout")
    # What is out comes back whatever became of it meanwhile.
    did(w, "security-manager", "checkin")


def test_t_25_cards_that_are_not_back_are_listed(w: Officers) -> None:
    begin(w)
    until(w, "receive")
    tap.equal(out(w), [])
    tap.check("Every card is back" in w.as_officer("security-manager").ctl("card", "list", "--out").stdout)
    did(w, "security-manager", "checkout")
    did(w, "security-manager", "checkout", card="c-0010")
    tap.equal(out(w), ["c-0010", CARD])
    told = w.as_officer("security-manager").ctl("card", "list", "--out")
    tap.check("not back: 2" in told.stdout, str(told))
    did(w, "security-manager", "checkin")
    # One that is lost is asked for no more, and can still turn up.
    did(w, "security-manager", "revoke", "--lost", card="c-0010")
    tap.equal(out(w), [])
    did(w, "security-manager", "checkin", card="c-0010")
    tap.equal(state(w, "c-0010"), "revoked")


def test_t_26_a_card_is_not_lent(w: Officers) -> None:
    begin(w)
    until(w, "receive")
    did(w, "security-manager", "checkout", "--person", PERSON)
    did(w, "security-manager", "checkin")
    told = refused(w, "security-manager", "card.mismatch", "checkout", "--person", "p0010")
    tap.check("not lent" in told.stderr, str(told))


@tap.limit(240)
def test_t_03_a_spare_card_is_lent_for_a_day(w: Officers) -> None:
    """The holder is named when it is handed over, opens his own sessions with it, and is taken off when it is back."""
    begin(w)
    if "spare" not in w.cards.made:
        w.cards.make("spare", key="p256")
    w.space.write("/tmp/spare.pem", w.cards.certificate("spare"))
    # It is nobody's, so of no department: who asks and applies for it does that for the whole office.
    refused(w, "security-manager", "role.dept", "request", "--spare", card="c-0900")
    w.stage({("role", "r0001-9"): role_row("p0001", "security-manager")})
    did(w, "chief", "request", "--spare", card="c-0900")
    did(w, "chief", "apply", card="c-0900")
    did(w, "system-manager", "approve", card="c-0900")
    did(w, "security-officer", "issue", "--certificate", "/tmp/spare.pem", card="c-0900")
    did(w, "system-manager", "send", "--channel", CHANNEL, card="c-0900")
    did(w, "system-manager", "tell-pin", "--channel", OTHER_CHANNEL, card="c-0900")
    did(w, "chief", "receive", card="c-0900")
    tap.check(login(w, ACCOUNT, "spare") != "granted", "a spare card in the cabinet opens nothing")
    refused(w, "security-manager", "card.mismatch", "checkout", card="c-0900")
    refused(w, "security-manager", "role.dept", "checkout", "--person", "p0011", card="c-0900")
    refused(w, "security-manager", "approve.self", "checkout", "--person", "p0004", card="c-0900")
    refused(w, "security-manager", "row.none", "checkout", "--person", "p9999", card="c-0900", status=3)
    entry, _ = did(w, "security-manager", "checkout", "--person", PERSON, card="c-0900")
    tap.equal((entry.note["person"], entry.rows["card", "c-0900"]["person"]), (PERSON, PERSON))
    tap.equal(login(w, ACCOUNT, "spare"), "granted")
    tap.check(login(w, "clerk", "spare") != "granted", "it opens the sessions of whom it is lent to")
    entry, _ = did(w, "security-manager", "checkin", card="c-0900")
    tap.equal((entry.note["person"], "person" in entry.rows["card", "c-0900"]), (PERSON, False))
    tap.check(login(w, ACCOUNT, "spare") != "granted")


# --- of every step ----------------------------------------------------------------------------------------------------

@tap.limit(240)
def test_every_step_refuses_the_clerk_and_changes_nothing(w: Officers) -> None:
    begin(w)
    for verb, (who, words) in STEPS.items():
        refused(w, "clerk", "role.none", verb, *words)
        step(w, verb)


def test_every_step_can_be_tried_first(w: Officers) -> None:
    begin(w)
    for verb in ISSUED:
        who, words = STEPS[verb]
        with w.unchanged():
            mark = w.mark()
            told = act(w, who, verb, *words, "--dry-run")
            tap.equal(told.status, 0, str(told))
            tap.equal(w.office_records(mark), [], "no record of a trial")
        step(w, verb)


if __name__ == "__main__":
    tap.main(missing(), w=lambda: Officers("office_cards", accounts=[account_of(ACCOUNT, 2130)]))
