#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The policy as officers see it, and what the ledger proves: tables of 別紙1, changes in words, explanations that agree
with the real jukinetd, ledgers on paper, tampering, taking over a hand-written registry, which terminal has applied what,
another operator ID inside a session, and the real sudo."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import html.parser
import json
import os
import re
from dataclasses import dataclass, field
from typing import Any, Callable, Iterator

from office import (BUILD, CTL, LEDGER, REGISTRY, STAFF, Done, Officers, Rows, missing, missing_sudo, opid_row,
                    person_row, read_ini, tap)

TERMINAL = "shimin-03"
SHIPPED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../conf/policy.conf")
COPY = "/var/lib/jukinet-copy"
DRAFT = "/var/lib/jukinet-draft.conf"
BY_HAND = "/etc/jukinet/registry.d/90-by-hand.conf"
SOURCES = "/var/lib/jukinet-sources"

# 別紙1, from the lists of roles: what each type may do. Everything else is ×.
BUSINESSES = ["identity-confirmation", "identity-info-search", "identity-info-update", "moving", "wide-area-issuance",
              "statistics", "resident-code-management", "identity-info-reconciliation", "provision-disclosure",
              "character-code-management", "public-personal-authentication", "counter-identity-confirmation",
              "information-provision", "family-register-supplement"]
ANNEX = {
    "municipal-management": (set(BUSINESSES) - {"counter-identity-confirmation", "information-provision"},
                             {"cs", "integrated-terminal"}),
    "municipal-counter": ({"identity-confirmation", "identity-info-search", "moving", "wide-area-issuance",
                           "public-personal-authentication", "family-register-supplement"}, {"integrated-terminal"}),
    "moving-desk": ({"identity-confirmation", "identity-info-search", "moving", "family-register-supplement"},
                    {"integrated-terminal"}),
    "wide-area-issuance-desk": ({"identity-confirmation", "identity-info-search", "wide-area-issuance"},
                                {"integrated-terminal"}),
    "other-department": ({"information-provision"}, {"integrated-terminal-other-dept"}),
    "public-personal-authentication-desk": ({"public-personal-authentication"}, {"integrated-terminal"}),
    "counter-identity-desk": ({"counter-identity-confirmation"}, {"integrated-terminal-other-dept"}),
    "site-management": (set(), {"integrated-terminal"}),
    "operator-management": (set(), {"integrated-terminal"}),
}
DELEGATED = ["operator-register", "permission-add-return", "operator-change-delete", "biometric-reenroll",
             "operator-expiry-change", "operator-id-disable"]
OWN = ["operator-status-query", "permission-status-query", "delegation-history-query", "permission-set"]


def table(text: str) -> dict[str, dict[str, str]]:
    """Tab-separated values with heads: by row, then by column."""
    lines = [line.split("\t") for line in text.splitlines()]
    return {line[0]: dict(zip(lines[0][1:], line[1:], strict=True)) for line in lines[1:]}


def good(told: Done) -> str:
    tap.equal(told.status, 0, str(told))
    return told.stdout


def draft(w: Officers, old: str = "", new: str = "") -> str:
    """A copy of the shipped policy in which this stands for that."""
    with open(SHIPPED, encoding="utf-8") as file:
        text = file.read()
    tap.check(old in text, f"the shipped policy has no {old!r}")
    w.space.write(DRAFT, text.replace(old, new, 1) if old else text)
    return DRAFT


# --- the policy as a table and in words -------------------------------------------------------------------------------

def test_s_61_matrix_of_the_shipped_policy_is_annex_1(w):
    """28 ○ and 70 × in 98 cells of types 1 to 7, as the rule's own lists say."""
    told = table(good(w.console.ctl("policy", "matrix", draft(w))))
    tap.equal(list(told), list(ANNEX), "types, in their order")
    for name, (businesses, _) in ANNEX.items():
        tap.equal(list(told[name]), BUSINESSES, "businesses, in their order")
        tap.equal({one for one, mark in told[name].items() if mark == "o"}, businesses, name)
    marks = [mark for name in list(ANNEX)[:7] for mark in told[name].values()]
    tap.equal((marks.count("o"), marks.count("x")), (28, 70))


def test_s_65_matrix_of_functions_says_what_hangs_on_a_delegation(w):
    told = table(good(w.console.ctl("policy", "matrix", "--functions", draft(w))))
    tap.equal(list(told["site-management"]), DELEGATED + OWN)
    tap.equal("".join(told["site-management"].values()), "d" * 6 + "x" * 4)
    tap.equal("".join(told["operator-management"].values()), "o" * 10)
    tap.equal("".join(told["moving-desk"].values()), "x" * 10)


def test_s_12_matrix_of_terminals(w):
    told = table(good(w.console.ctl("policy", "matrix", "--terminals", draft(w))))
    for name, (_, classes) in ANNEX.items():
        tap.equal({one for one, mark in told[name].items() if mark == "o"}, classes, name)


def test_s_61_matrix_in_the_words_of_annex_1(w):
    told = table(good(w.console.ctl("policy", "matrix", "--ja", draft(w))))
    tap.equal(list(told)[2], "転入転出")
    tap.equal(told["転入転出"]["転入転出(全般)"], "○")
    tap.equal(told["広域交付"]["戸籍附票"], "×")
    tap.equal(table(good(w.console.ctl("policy", "matrix", "--ja", "--functions", draft(w))))["拠点管理"]["操作者登録"], "△")


def test_matrix_answers_in_json_too(w):
    for option in ((), ("--functions",), ("--terminals",)):
        told = w.console.ctl("policy", "matrix", *option, "--json", draft(w)).json
        tap.equal({one["type"]: one["may"] for one in told},
                  table(good(w.console.ctl("policy", "matrix", *option, draft(w)))))


def test_matrix_of_the_policy_that_holds_here(w):
    w.shipped_policy(**{"type moving-desk": {"number": 3, "terminal-class": "cs", "business": "statistics"}})
    told = table(good(w.as_nobody.ctl("policy", "matrix")))
    tap.equal([one for one, mark in told["moving-desk"].items() if mark == "o"], ["statistics"])
    w.reset()


def test_y_5_a_change_of_policy_in_words(w):
    old = "/var/lib/jukinet-old.conf"
    w.space.write(old, w.space.read(draft(w)))
    new = draft(w, "business = moving\nbusiness = family-register-supplement\n\n# 4",
                "business = moving\nbusiness = wide-area-issuance\nbusiness = family-register-supplement\n\n# 4")
    tap.equal(good(w.as_nobody.ctl("policy", "diff", old, new)), "type moving-desk: wide-area-issuance x -> o\n")
    tap.equal(good(w.as_nobody.ctl("policy", "diff", "--ja", old, new)), "種別 転入転出: 広域交付(全般) ×→○\n")
    told = w.as_nobody.ctl("policy", "diff", "--json", old, new).json
    tap.equal([(one["section"], one["id"], one["key"], one["item"], one["from"], one["to"]) for one in told],
              [("type", "moving-desk", "business", "wide-area-issuance", "x", "o")])
    tap.equal(good(w.as_nobody.ctl("policy", "diff", old, old)), "no difference in what they say\n")
    japanese = w.japanese()
    if japanese:
        tap.equal(w.console.ctl("policy", "diff", old, new, env=japanese).stdout, "種別 転入転出: 広域交付(全般) ×→○\n")


def test_a_3_a_policy_file_is_checked_before_it_holds(w):
    told = w.as_nobody.ctl("policy", "check", draft(w, "version = 2026-11", "version = 2027-04\neffective-from = 2027-04-01"))
    data = w.space.read(DRAFT).encode()
    tap.check("version: 2027-04" in good(told) and "effective from: 2027-04-01" in told.stdout, str(told))
    tap.check(f"digest: {hashlib.sha256(data).hexdigest()}" in told.stdout, str(told))
    tap.check("switched off: other-department, counter-identity-desk" in told.stdout, str(told))
    told = w.as_nobody.ctl("policy", "check", draft(w, "number = 3", "number = 33"))
    line = w.space.read(DRAFT).splitlines().index("number = 33") + 1
    tap.equal((told.status, told.stdout), (1, ""), str(told))
    tap.check(f"{DRAFT}:{line}: number = 33: " in told.stderr, str(told))
    with w.unchanged():
        tap.equal(w.as_nobody.ctl("policy", "check", "/nonexistent").status, 1)
        tap.equal(w.as_nobody.ctl("policy", "check", "/etc/shadow").status, 1)


def test_s_60_the_edition_stands_in_each_record(w):
    """What policy check calls the digest is what records carry."""
    w.shipped_policy(policy={"version": "2027-04"})
    w.build()
    digest = w.console.ctl("policy", "check", "--json").json["digest"]
    w.insert("clerk")
    mark = w.mark()
    tap.check(w.ask("clerk").ok, "logged in")
    tap.equal(w.happened(mark, "auth")[-1]["jpol"], digest[:8])
    w.reset()


# --- explain agrees with jukinetd -------------------------------------------------------------------------------------

CLERK = STAFF["clerk"]
PAST, FUTURE = "2020-01-01", "2099-01-01"


def changed(kind: str, name: str, **keys: str) -> Callable[[Officers], None]:
    """That row with other values; "" takes a key away."""
    def change(w: Officers) -> None:
        row = {**(w.row(kind, name) or {}), **{key.replace("_", "-"): value for key, value in keys.items()}}
        w.stage({(kind, name): {key: value for key, value in row.items() if value != ""}}, build=False)
    return change


def policy(**sections: dict[str, Any]) -> Callable[[Officers], None]:
    def change(w: Officers) -> None:
        w.shipped_policy(**{name.replace("__", " ").replace("_", "-"): keys for name, keys in sections.items()})
    return change


def other_weekday() -> str:
    names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    return names[(datetime.date.today().weekday() + 3) % 7]


def closed() -> list[str]:
    return [str(datetime.date.today() + datetime.timedelta(days=n)) for n in (-1, 0, 1)]


@dataclass(frozen=True)
class Situation:
    why: str
    change: list[Callable[[Officers], None]] = field(default_factory=list)
    line: str = ""      # that an explanation must name


LOGINS = {
    "in order": Situation("granted", line=f"[operator-id {CLERK.operator_id}]"),
    "person expired (S-20)": Situation("person.expired", [changed("person", CLERK.number, valid_until="2020-12-31")],
                                       "valid-until = 2020-12-31"),
    "person not yet": Situation("person.notyet", [changed("person", CLERK.number, valid_from=FUTURE)],
                                f"valid-from = {FUTURE}"),
    "person disabled": Situation("person.disabled", [changed("person", CLERK.number, enabled="no")], "enabled = no"),
    "no course this year (T-40)": Situation("person.untrained", [policy(limits={"training-days": 1})], "training-days = 1"),
    "card revoked (T-38)": Situation("card.revoked", [changed("card", CLERK.card, state="revoked")], "state = revoked"),
    "card not received (T-18)": Situation("card.inactive", [changed("card", CLERK.card, state="issued")], "state = issued"),
    "card on its way back (T-20)": Situation("card.returned", [changed("card", CLERK.card, state="return-applied")],
                                             "state = return-applied"),
    "card returned (T-23)": Situation("card.returned", [changed("card", CLERK.card, state="returned")], "state = returned"),
    "card not handed over (T-02)": Situation("card.nocheckout", [policy(policy={"require-checkout": True})],
                                             "require-checkout = yes"),
    "card of another's account": Situation("card.mismatch", [changed("account", "clerk", person="p0011")],
                                           'does not say "person = p0010"'),
    "operator ID expired": Situation("opid.expired", [changed("operator-id", CLERK.operator_id, valid_until="2020-12-31")],
                                     "valid-until = 2020-12-31"),
    "operator ID not yet": Situation("opid.notyet", [changed("operator-id", CLERK.operator_id, valid_from=FUTURE)],
                                     f"valid-from = {FUTURE}"),
    "operator ID disabled": Situation("opid.disabled", [changed("operator-id", CLERK.operator_id, enabled="no")],
                                      "enabled = no"),
    "type switched off (S-64)": Situation("opid.disabled",
                                          [changed("operator-id", CLERK.operator_id, type="other-department")],
                                          "[type other-department] enabled = no"),
    "no operator ID": Situation("opid.none", [lambda w: w.stage({("operator-id", CLERK.operator_id): None}, build=False)],
                                f"[person {CLERK.number}]"),
    "class of terminal (S-12)": Situation("opid.terminal", [changed("terminal", TERMINAL, **{"class": "cs"}, room_level="2")],
                                          'does not say "terminal-class = cs"'),
    "terminal revoked (T-38)": Situation("terminal.revoked", [changed("terminal", TERMINAL, state="revoked")],
                                         "state = revoked"),
    "room (S-47)": Situation("terminal.room", [changed("terminal", TERMINAL, **{"class": "cs"}, room_level="1")],
                             'does not say "room-level = 1"'),
    "another weekday": Situation("time.out", [policy(hours={"open": "00:00", "close": "24:00", "weekday": other_weekday()})],
                                 "[hours] does not say"),
    "closed day": Situation("time.out", [policy(hours={"closed-day": closed()})], "closed-day = "),
    "after hours, approved (O-7)": Situation("granted", [
        policy(hours={"closed-day": closed()}),
        lambda w: w.stage({("approval", "a-1"): {"kind": "after-hours", "person": CLERK.number, "by": "p0005",
                                                 "terminal": TERMINAL, "valid-from": PAST, "valid-until": FUTURE}},
                          build=False)], "[approval a-1]"),
    "method": Situation("method.denied", [policy(**{"class__integrated_terminal": {"method": "biometric"}})],
                        'does not say "method = card-pin"'),
}


def explain(w: Officers, *words: str, person: str = CLERK.number) -> Done:
    return w.console.ctl("policy", "explain", "--person", person, "--terminal", TERMINAL, *words)


def lines_are_there(w: Officers, told: dict[str, Any]) -> None:
    """Each line that is named stands there, in that file."""
    for one in told["because"]:
        lines = w.space.read(one["file"]).splitlines()
        tap.check(1 <= one["line"] <= len(lines), f"{one}: {len(lines)} lines")
        found = re.match(r"(\[[^]]*\])(?: ([a-z-]+ = .*))?", one["text"])
        if "does not say" in one["text"] or "says nothing" in one["text"] or not found or not found[2]:
            tap.equal(lines[one["line"] - 1], found[1] if found else "", str(one))
        else:
            tap.equal(lines[one["line"] - 1].replace("  ", " "), found[2], str(one))


@tap.limit(300)
def test_explain_agrees_with_jukinetd_about_logins(w):
    """The same reason from the tool and from a real login, for every way to be refused, and with its line."""
    wrong = []
    for name, situation in LOGINS.items():
        w.reset()
        for change in situation.change:
            change(w)
        # By a real command, which lays all rows out in registry.conf.
        good(w.console.ctl("department", "add", "kosei", "--name", "厚生課"))
        w.insert("clerk")
        mark = w.mark()
        told = w.ask("clerk")
        record = w.happened(mark, "auth")[-1]
        real = "granted" if told.ok else record["jwhy"]
        answer = explain(w, "--account", "clerk", "--json")
        one = answer.json["answers"][0]
        lines = [line["text"] for line in one["because"]]
        if (real, one["reason"], answer.status) != (situation.why, situation.why, 0 if told.ok else 1) or \
                not any(situation.line in line for line in lines):
            wrong.append(f"{name}: jukinetd {real}, explain {one['reason']}, status {answer.status}, {lines}")
        else:
            lines_are_there(w, one)
    w.reset()
    tap.equal(wrong, [])


def test_explain_agrees_with_jukinetd_about_functions(w):
    """Types 8 and 9, and a clerk, ask for a function of operator management."""
    delegation = {("approval", "a-2"): {"kind": "delegation", "person": STAFF["site-manager"].number, "by": "p0008",
                                        "terminal": "*", "valid-from": PAST, "valid-until": FUTURE,
                                        "function": "operator-register"}}
    ended = {("operator-id", STAFF["operator-manager"].operator_id):
             opid_row("p0008", type="operator-management", valid_until="2020-12-31")}
    for officer, rows, why in (("clerk", {}, "func.denied"), ("site-manager", {}, "delegation.none"),
                               ("site-manager", delegation, "granted"), ("operator-manager", {}, "granted"),
                               # The right of the one who delegated has ended, and the delegation with it.
                               ("site-manager", delegation | ended, "delegation.none")):
        w.reset()
        if rows:
            w.stage(rows)
        one = STAFF[officer]
        mark = w.mark()
        told = w.as_officer(officer).ctl("person", "add", "p0300", "--name", "N", "--department", "somu")
        asked = [record for record in w.happened(mark, "manage") if record["jper"] == one.number][-1]
        real = "granted" if asked["res"] == "success" else asked["jwhy"]
        answer = explain(w, "--function", "operator-register", "--json", person=one.number)
        tap.equal((real, answer.json["answers"][0]["reason"]), (why, why), f"{officer}: {told}")
        tap.equal(answer.status, 0 if why == "granted" else 1)
    w.reset()


def test_explain_of_a_business_asks_each_operator_id(w):
    w.reset()
    w.stage({("operator-id", "m0010-2"): opid_row(CLERK.number, type="wide-area-issuance-desk")})
    told = explain(w, "--business", "wide-area-issuance", "--json")
    tap.equal({one["operator-id"]: one["reason"] for one in told.json["answers"]},
              {"m0010-1": "biz.denied", "m0010-2": "granted"})
    tap.equal(told.status, 0)
    told = explain(w, "--business", "wide-area-issuance", "--operator-id", "m0010-1")
    tap.equal(told.status, 1)
    tap.check("refused: biz.denied" in told.stdout and 'does not say "business = wide-area-issuance"' in told.stdout, str(told))
    tap.check("taken as given: card c-0010 proven with its PIN" in told.stdout, "what was assumed is said")
    w.reset()


def test_s_39_explain_wants_a_second_person(w):
    w.reset()
    w.stage({("operator-id", CLERK.operator_id): opid_row(CLERK.number, type="municipal-management")})
    for words, why in (((), "confirm.none"), (("--confirmer", CLERK.number), "confirm.same"),
                       (("--confirmer", "p0011"), "granted")):
        told = explain(w, "--business", "identity-info-update", "--action", "input", *words, "--json").json["answers"][0]
        tap.equal(told["reason"], why, f"{words}: {told}")
    w.reset()


def test_explain_at_another_time(w):
    w.reset()
    w.shipped_policy(hours={"open": "08:30", "close": "17:15", "weekday": ["mon", "tue", "wed", "thu", "fri"]})
    for at, why in (("2027-01-06 08:29", "time.out"), ("2027-01-06 08:30", "granted"), ("2027-01-06 17:14", "granted"),
                    ("2027-01-06 17:15", "time.out"), ("2027-01-09 12:00", "time.out"), ("2100-06-01 12:00", "person.expired")):
        tap.equal(explain(w, "--at", at, "--json").json["answers"][0]["reason"], why, at)
    w.reset()


def test_explain_of_what_there_is_not(w):
    for words, status in ((("--business", "nothing"), 2), (("--at", "tomorrow"), 2), (("--login", "--business", "moving"), 2),
                          (("--card", "c-9999"), 3), (("--operator-id", "m-9"), 3), (("--account", "nobody"), 3),
                          (("--confirmer", "p9999"), 3)):
        told = explain(w, *words)
        tap.equal((told.status, told.stdout), (status, ""), str(told))
    tap.equal(explain(w, person="p9999").status, 3)
    tap.equal(w.console.ctl("policy", "explain", "--person", CLERK.number, "--terminal", "nowhere").status, 3)


# --- the ledger on paper ----------------------------------------------------------------------------------------------

class Tags(html.parser.HTMLParser):
    """The table of a page, and every element there is."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.heads: list[str] = []
        self.rows: list[list[str]] = []
        self._where = ""
        self._body = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.seen.add(tag)
        for name, _ in attrs:
            tap.check(not name.startswith("on"), f"{tag} has {name}")
        if tag == "tbody":
            self._body = True
        if tag == "tr" and self._body:
            self.rows.append([])
        if tag == "th":
            self.heads.append("")
        if tag == "td" and self._body:
            self.rows[-1].append("")
        if tag in ("td", "th"):
            self._where = tag

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._where = ""
        if tag == "tbody":
            self._body = False

    def handle_data(self, data: str) -> None:
        if self._where == "th":
            self.heads[-1] += data
        elif self._where == "td" and self._body:
            self.rows[-1][-1] += data


def page(w: Officers, *words: str, env: dict[str, str] | None = None) -> Tags:
    text = good(w.console.ctl("ledger", "print", "--html", *words, env=env))
    tags = Tags(text)
    tap.check(tags.seen <= {"html", "head", "meta", "title", "style", "body", "h1", "p", "table", "thead", "tbody", "tfoot",
                            "tr", "th", "td", "span"}, f"elements: {tags.seen}")
    tap.check("default-src 'none'" in text and "@page" in text, "a page for paper")
    last = w.ledger()[-1]
    tap.check(f"{last.number} {last.hash}" in text, "the ledger's head stands in the foot")
    return tags


EVIL = "<script>alert(1)</script>&\"'"


def test_s_19_m_4_ledger_of_operator_ids(w):
    """操作者ID管理簿: what was granted, by whom, why, until when, and what became of it."""
    w.reset()
    officer = w.as_officer("access-manager")
    w.stage({("person", "p0300"): person_row("shimin", name=EVIL),
             ("operator-id", "m0005-9"): opid_row("p0005", type="moving-desk")})
    told = officer.ctl("operator-id", "grant", "--person", "p0300", "--type", "moving-desk", "--basis", f"人事発令 {EVIL}")
    entry, _ = w.did(told, "operator-id.grant", by="access-manager")
    name = next(name for kind, name in entry.rows if kind == "operator-id")
    japanese = w.japanese()
    if japanese:
        told = page(w, "--ledger", "operator", env=japanese)
        tap.equal(told.heads, ["操作者ＩＤ", "種別", "照合ＩＤ", "氏名", "所属", "付与", "有効期限", "根拠", "状態", "台帳番号"])
        row = next(one for one in told.rows if one[0] == name)
        tap.equal((row[1], row[2], row[3], row[7], row[8]), ("転入転出", "p0300", EVIL, f"人事発令 {EVIL}", "有効"), str(row))
        tap.check("操作者ＩＤ管理簿" in w.console.ctl("ledger", "print", "--ledger", "operator", env=japanese).stdout, "its title")
    w.did(officer.ctl("operator-id", "disable", name, "--reason", "長期休暇"), "operator-id.disable")
    told = page(w, "--ledger", "operator")
    tap.check(next(one for one in told.rows if one[0] == name)[8].startswith("disabled "), "what became of it")
    w.did(officer.ctl("operator-id", "return", name, "--reason", "異動"), "operator-id.return")
    row = next(one for one in page(w, "--ledger", "operator").rows if one[0] == name)
    tap.check(row[8].startswith("deleted "), f"it stays in the ledger: {row}")
    text = good(w.console.ctl("ledger", "print", "--ledger", "operator"))
    tap.check(name in text and "m0005-9" in text and "\f" in text, "on plain paper too")
    w.reset()


def test_t_16_t_24_ledger_of_issued_cards(w):
    """操作者用ICカード発行簿: one line for each card, with the day and the officer of each step."""
    w.reset()
    w.did(w.as_officer("clerk").ctl("card", "request", "c-0900", "--person", CLERK.number), "card.request")
    w.did(w.as_officer("security-manager").ctl("card", "apply", "c-0900"), "card.apply")
    w.did(w.as_officer("system-manager").ctl("card", "approve", "c-0900"), "card.approve")
    told = w.console.ctl("ledger", "print", "--ledger", "card", "--json").json
    row = next(one for one in told if one["card"] == "c-0900")
    today = str(datetime.date.today())
    tap.equal((row["person"], row["requested"], row["applied"], row["approved"], row["issued"], row["state"]),
              (CLERK.number, f"{today} p0010", f"{today} p0004", f"{today} p0002", "", "approved"), str(row))
    w.did(w.as_officer("security-manager").ctl("card", "revoke", CLERK.card, "--lost", "--reason", "紛失"), "card.revoke")
    row = next(one for one in page(w, "--ledger", "card").rows if one[0] == CLERK.card)
    tap.check(f"{today} p0004" in row and "revoked" in row, str(row))
    w.reset()


def test_s_29_c_4_record_of_reviews(w):
    """ユーザID見直し記録簿: each account that was judged, by whom, and why."""
    w.reset()
    sheet = good(w.as_officer("access-manager").ctl("review", "start", "--department", "shimin", "--csv", "--all"))
    lines = sheet.splitlines()
    filled = [lines[0]] + [re.sub(r',"",""$', ',"keep","窓口担当"', line) for line in lines[1:]]
    w.space.write("/tmp/sheet.csv", "\r\n".join(filled) + "\r\n")
    told = w.as_officer("access-manager").ctl("review", "sign", "--department", "shimin", "/tmp/sheet.csv")
    w.did(told, "review.sign", by="access-manager")
    rows = {row[1]: row for row in page(w, "--ledger", "review").rows}
    tap.check("clerk" in rows and "access-manager" not in rows, f"nobody judges himself: {rows}")
    tap.equal(rows["clerk"][2:8], ["p0010 窓口 一郎", "moving-desk", "keep", "窓口担当", "p0005", "shimin"])
    w.reset()


def test_journal_says_who_changed_what(w):
    w.reset()
    w.did(w.as_officer("access-manager").ctl("person", "change", CLERK.number, "--name", "窓口 花子", "--reason", "改姓"),
          "person.change", by="access-manager")
    told = w.console.ctl("ledger", "print", "--kind", "person", "--json").json[-1]
    tap.equal((told["by"], told["command"], told["row"], told["changed"], told["reason"], told["terminal"]),
              ("p0005", "person.change", f"person {CLERK.number}", "name = 窓口 花子", "改姓", TERMINAL))
    tomorrow = str(datetime.date.today() + datetime.timedelta(days=1))
    tap.equal(w.console.ctl("ledger", "print", "--from", tomorrow, "--json").json, [])
    for words, status in ((("--ledger", "x"), 2), (("--from", "x"), 2), (("--json", "--html"), 2)):
        tap.equal(w.console.ctl("ledger", "print", *words).status, status, str(words))
    w.reset()


def test_kinds_of_rows_are_named_where_one_is_unknown(w):
    for words in (("ledger", "print"), ("ledger", "print", "--json"), ("registry", "export"),
                  ("registry", "export", "--format", "csv")):
        told = w.console.ctl(*words, "--kind", "crad")
        tap.equal((told.status, told.stdout), (2, ""), str(told))
        tap.check('"crad"' in told.stderr and "operator-id, role, approval, card" in told.stderr, told.stderr)


def test_every_listing_answers_in_json(w):
    w.reset()
    for words in ("department list", "person list", f"person show {CLERK.number}", "account list", "operator-id list", "role list",
                  "card list", "card list --out", f"card show {CLERK.card}", "terminal list", "approval list",
                  "review start --department shimin", "review list", "policy check", "policy matrix", "ledger verify",
                  "ledger print", "ledger print --ledger operator", "ledger print --ledger card",
                  "ledger print --ledger review", "registry build", "registry check", "registry options", "registry status",
                  "registry export"):
        told = w.console.ctl(*words.split(), "--json")
        tap.equal(told.status, 0, str(told))
        json.loads(told.stdout)
    for words in ("switch", "show"):
        tap.equal(in_session(w, "clerk", words, "--json").json["person"], CLERK.number)
    for words in ("registry export --format ini", "review start --department shimin --csv"):
        told = w.console.ctl(*words.split(), "--json")
        tap.equal((told.status, told.stdout), (2, ""), str(told))
    told = w.console.ctl("registry", "check", "--json").json
    tap.equal((told["good"], told["persons"], told["errors"]), (True, len(STAFF), []))
    told = w.console.ctl("registry", "build", "--json").json
    tap.check(told["good"] and told["serial"] > 0 and told["snapshot"].endswith("/snapshot.cdb"), str(told))
    told = {(one["section"], one["key"]): one for one in w.console.ctl("registry", "options", "--json").json}
    tap.equal((told["person", "name"]["needed"], told["account", "person"]["repeats"],
               told["limits", "review-days"]["default"]), ("yes", "yes", "184"))
    w.space.write(BY_HAND, "[person p0400]\nname = A\ndepartment = nowhere\n")
    for verb in ("check", "build"):
        told = w.console.ctl("registry", verb, "--json")
        tap.equal((told.status, told.json["good"]), (1, False), str(told))
        tap.check('there is no department "nowhere"' in told.json["errors"][0], str(told))
    os.unlink(w.space.path(BY_HAND))
    w.reset()


# --- a ledger that somebody has tampered with -------------------------------------------------------------------------

def copy_of_the_store(w: Officers) -> None:
    for name in ("ledger", "registry.conf", "recorded"):
        w.space.directory(COPY, 0o700)
        w.space.write(f"{COPY}/{name}", w.space.read(f"{REGISTRY}/{name}"), 0o600)
    w.space.directory(f"{COPY}/certificates", 0o700)
    for name in w.files(f"{REGISTRY}/certificates"):
        w.space.write(f"{COPY}/certificates/{name}", w.space.read(f"{REGISTRY}/certificates/{name}"), 0o600)


def verify(w: Officers, *words: str) -> Done:
    return w.console.ctl("ledger", "verify", "--state-dir", COPY, *words)


def forged(lines: list[str], n: int, old: str, new: str) -> list[str]:
    """Entry n says something else, and every hash from there on is made anew."""
    before = lines[n - 2].split(" ", 1)[0] if n > 1 else "0" * 64
    told = lines[:n - 1]
    for line in lines[n - 1:]:
        text = line.split(" ", 1)[1]
        text = text.replace(old, new) if len(told) == n - 1 else text
        before = hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()
        told.append(f"{before} {text}")
    return told


def test_ledger_verify_names_what_was_tampered_with(w):
    w.reset()
    for n in range(1, 5):
        w.did(w.as_officer("access-manager").ctl("person", "change", CLERK.number, "--name", f"窓口 {n}"), "person.change")
    head = w.ledger()[-1]
    told = w.console.ctl("ledger", "verify", "--head", head.proof)
    tap.check("whole: 5 entries" in good(told), str(told))
    whole = w.space.read(LEDGER).splitlines()
    copy_of_the_store(w)
    tap.equal(verify(w, "--head", head.proof).status, 0)
    for name, lines, entry in (
            ("changed", [*whole[:2], whole[2].replace("窓口 2", "窓口 9"), *whole[3:]], 3),
            ("missing", [*whole[:2], *whole[3:]], 3),
            ("swapped", [*whole[:2], whole[3], whole[2], whole[4]], 4),
            ("cut off", whole[:4], 5),
            ("forged to its end", forged(whole, 3, "窓口 2", "窓口 9"), 0)):
        w.space.write(f"{COPY}/ledger", "\n".join(lines) + "\n", 0o600)
        told = verify(w, "--head", head.proof)
        tap.equal(told.status, 1, f"{name}: {told}")
        if entry:
            tap.check(f"entry {entry}: " in told.stdout, f"{name}: {told}")
        tap.check("call the auditor" in told.stdout, str(told))
        printed = w.console.ctl("ledger", "print", "--state-dir", COPY)
        if name in ("changed", "missing", "swapped"):
            tap.equal((printed.status, printed.stdout), (1, ""), f"nothing is printed of it: {name}")
    w.space.write(f"{COPY}/ledger", "\n".join(whole) + "\n", 0o600)
    w.space.write(f"{COPY}/registry.conf", w.space.read(f"{COPY}/registry.conf").replace("窓口 4", "窓口 9"), 0o600)
    tap.equal(verify(w).status, 1, "a row that no entry made")
    for words in (("--head", "5"), ("--head", "5:xyz"), ("--head", f"0:{head.hash}")):
        tap.equal(verify(w, *words).status, 2, str(words))
    w.reset()


def test_ledger_verify_misses_a_ledger_that_was_removed(w):
    w.reset()
    w.did(w.as_officer("access-manager").ctl("person", "change", CLERK.number, "--name", "窓口 1"), "person.change")
    last = w.ledger()[-1].number
    kept = {name: w.space.read(f"{REGISTRY}/{name}") for name in ("ledger", "registry.conf", "recorded")}
    for name in kept:
        os.unlink(w.space.path(f"{REGISTRY}/{name}"))
    told = w.console.ctl("ledger", "verify")
    tap.equal(told.status, 1, str(told))
    tap.check(f"entry 1: was cut off, with all behind it: the snapshot speaks of entry {last}" in told.stdout, str(told))
    told = w.console.ctl("ledger", "verify", "--json").json
    tap.equal((told["whole"], told["entries"], told["faults"]), (False, 0, 1))
    # One that came back out of an older copy.
    w.space.write(f"{REGISTRY}/ledger", kept["ledger"].splitlines(keepends=True)[0], 0o600)
    tap.check(f"entry {last}: was cut off" in w.console.ctl("ledger", "verify").stdout)
    # A terminal of a directory has its registry's number, and no ledger.
    os.unlink(w.space.path(f"{REGISTRY}/ledger"))
    w.settings(registry={"sources": "ldap [UNAVAIL=continue] files"})
    tap.equal(w.console.ctl("ledger", "verify").status, 0)
    w.reset()


# --- a registry that was written by hand ------------------------------------------------------------------------------

def by_hand(w: Officers, text: str = "") -> None:
    w.space.write("/etc/jukinet/registry.d/by-hand.pem", w.cards.certificate("clerk-zeimu"))
    w.space.write(BY_HAND, text or "[person p0400]\nname = 手書き 太郎\ndepartment = zeimu\n\n[account byhand]\nperson = p0400\n"
                                   "person = p0011\n\n[operator-id m0400-1]\nperson = p0400\ntype = moving-desk\n")


def test_adopt_takes_a_file_over_in_one_entry(w):
    w.reset()
    by_hand(w)
    tap.equal(w.as_officer("access-manager").ctl("person", "change", "p0400", "--name", "N").why, "row.foreign")
    with w.unchanged():
        w.refused(w.as_officer("clerk").ctl("registry", "adopt", BY_HAND), "role.none", op="import")
        w.refused(w.as_officer("access-manager").ctl("registry", "adopt", BY_HAND), "role.none", op="import")
        told = good(w.as_officer("system-manager").ctl("registry", "adopt", "--dry-run", BY_HAND))
        tap.check("[account byhand]\nperson = p0400\n" in told and "3 rows would be changed; nothing" in told, told)
    tap.check(w.space.exists(BY_HAND), "it is still there")
    told = w.as_officer("system-manager").ctl("registry", "adopt", BY_HAND, "--reason", "台帳へ移行")
    entry, _ = w.did(told, "registry.adopt", by="system-manager")
    tap.equal(set(entry.rows), {("person", "p0400"), ("account", "byhand"), ("operator-id", "m0400-1")})
    tap.equal(entry.rows["account", "byhand"], {"person": ["p0400", "p0011"]})
    tap.equal(entry.note["file"], BY_HAND)
    tap.check(not w.space.exists(BY_HAND) and w.space.exists(BY_HAND + ".adopted"), "the file is put aside")
    tap.equal(w.console.ctl("registry", "check").status, 0, "nothing stands twice")
    w.did(w.as_officer("access-manager-zeimu").ctl("person", "change", "p0400", "--name", "N"), "person.change")
    os.unlink(w.space.path(BY_HAND + ".adopted"))
    w.reset()


def test_adopt_keeps_certificates(w):
    w.reset()
    w.stage({("card", STAFF["clerk-zeimu"].card): None})
    by_hand(w, "[card c-0401]\nperson = p0011\ncertificate = by-hand.pem\n")
    entry, _ = w.did(w.console.ctl("registry", "adopt", BY_HAND), "registry.adopt", by="root@console")
    name = entry.rows["card", "c-0401"]["certificate"]
    tap.equal(w.space.read(f"{REGISTRY}/certificates/{name}"), w.cards.certificate("clerk-zeimu"))
    w.insert("clerk-zeimu")
    tap.check(w.ask("clerk-zeimu").ok, "and it opens what it opened before")
    os.unlink(w.space.path(BY_HAND + ".adopted"))
    w.reset()


def test_adopt_is_tried_with_all_that_it_checks(w):
    """What a trial lets pass the adoption takes, and the other way round."""
    w.reset()
    card = "[card c-0401]\nperson = {}\ncertificate = {}\n"
    manager = w.as_officer("system-manager")
    with w.unchanged():
        for text in ("[person p0400]\nname = A\ndepartment = nowhere\n", card.format("p9999", "by-hand.pem"),
                     card.format("p0011", "by-hand.pem"), card.format("p0010", "none.pem"),
                     "[account byhand]\nperson = p9999\n"):
            for where in (BY_HAND, "/var/lib/jukinet-trial/staff.conf"):
                by_hand(w)
                w.space.directory("/var/lib/jukinet-trial", 0o700)
                w.space.write("/var/lib/jukinet-trial/by-hand.pem", w.cards.certificate("clerk-zeimu"))
                w.space.write(where, text)
                if where != BY_HAND:
                    os.unlink(w.space.path(BY_HAND))
                for trial in ((), ("--dry-run",)):
                    tap.equal(manager.ctl("registry", "adopt", where, *trial).status, 1, f"{text} {trial}")
                tap.check(w.space.exists(where), "it is left as it was")
    w.stage({("card", STAFF["clerk-zeimu"].card): None})
    by_hand(w, card.format("p0011", "by-hand.pem"))
    with w.unchanged():
        good(manager.ctl("registry", "adopt", BY_HAND, "--dry-run"))
    w.did(manager.ctl("registry", "adopt", BY_HAND), "registry.adopt", by="system-manager")
    os.unlink(w.space.path(BY_HAND + ".adopted"))
    w.reset()


def test_adopt_refuses_what_stands_twice(w):
    w.reset()
    good(w.console.ctl("department", "add", "kosei", "--name", "厚生課"))
    double = "[person p0400]\nname = A\n\n[person p0400]\nname = B\n"
    for text, where in ((double, "/var/lib/jukinet-by-hand.conf"), (f"[person {CLERK.number}]\nname = A\n",
                                                                   "/var/lib/jukinet-by-hand.conf")):
        w.space.write(where, text)
        with w.unchanged():
            told = w.as_officer("system-manager").ctl("registry", "adopt", where)
            w.refused(told, "row.exists", op="import")
        tap.check(w.space.exists(where), "it is left as it was")
    w.space.write("/var/lib/jukinet-by-hand.conf", "[person p0400]\nname = A\nx = 1\n")
    with w.unchanged():
        tap.equal(w.as_officer("system-manager").ctl("registry", "adopt", "/var/lib/jukinet-by-hand.conf").status, 1)
        tap.equal(w.as_officer("system-manager").ctl("registry", "adopt", "/nonexistent").status, 1)
    w.reset()


def test_export_is_every_row(w):
    w.reset()
    by_hand(w, "[person p0400]\nname = 手書き, \"太郎\"\n")
    want: Rows = w.rows() | {("person", "p0400"): {"name": "手書き, \"太郎\""}}
    ini = read_ini(good(w.console.ctl("registry", "export")))
    tap.equal({tuple(name.split(" ", 1)): row for name, row in ini.items()}, want)
    told = w.console.ctl("registry", "export", "--json").json
    tap.equal({(one["kind"], one["id"]) for one in told}, set(want))
    account = next(one for one in told if (one["kind"], one["id"]) == ("account", "clerk"))
    tap.equal(account["values"], {"person": [CLERK.number]}, "a key that may repeat is a list")
    lines = good(w.console.ctl("registry", "export", "--format", "csv", "--kind", "person")).split("\r\n")
    tap.check(lines[0].startswith("id,name,department,"), lines[0])
    tap.check(any(line.startswith('p0400,"手書き, ""太郎""",') for line in lines), "quoted as RFC 4180 says")
    tap.equal(w.console.ctl("registry", "export", "--format", "csv").status, 2)
    w.reset()


# --- which terminal has applied what ----------------------------------------------------------------------------------

@contextlib.contextmanager
def board(w: Officers) -> Iterator[tuple[str, str]]:
    """A source that other terminals ask and report to."""
    w.space.directory(SOURCES)
    with open(f"{BUILD}/tests/support/board-source.so", "rb") as file:
        w.space.write(f"{SOURCES}/libjukinet_policy_board.so.1", file.read(), 0o755)
    w.settings(registry={"sources": "files board"})
    w.space.write(f"{REGISTRY}/board.applied", "")
    try:
        yield "--policy-dir", SOURCES
    finally:
        for name in w.files(REGISTRY, "board.*"):
            os.unlink(w.space.path(f"{REGISTRY}/{name}"))
        w.reset()


def test_m_3_status_says_where_a_lost_card_is_stopped(w):
    """反映済み n台／未反映 m台: 一覧."""
    w.reset()
    with board(w) as where:
        w.stage({("terminal", "shimin-04"): {"class": "integrated-terminal"},
                 ("terminal", "zeimu-01"): {"class": "integrated-terminal"},
                 ("terminal", "old-01"): {"class": "integrated-terminal", "state": "revoked"}}, build=False)
        told = w.as_officer("security-manager").ctl("card", "revoke", CLERK.card, "--lost", "--reason", "紛失")
        entry, _ = w.did(told, "card.revoke") if told.status == 0 else (w.ledger()[-1], None)
        good(w.console.ctl("registry", "publish", *where))
        published = w.space.read(f"{REGISTRY}/board.published").splitlines()
        tap.equal(published[0], f"serial {entry.number}")
        tap.equal(len(published) - 1, len(w.rows()), "every row")
        pem = len(w.cards.certificate("clerk"))
        tap.check(any(line.startswith(f"card {CLERK.card} ") and f"certificate={pem}" in line for line in published),
                  "with the certificate itself")
        good(w.console.ctl("registry", "build", *where))
        w.space.append(f"{REGISTRY}/board.applied", f"shimin-04 {entry.number - 1} 1795000000\n")
        told = w.console.ctl("registry", "status", *where)
        tap.check(f"registry {entry.number}: applied on 1 terminals, not yet on 2" in good(told), str(told))
        tap.check(f"shimin-04: registry {entry.number - 1}, 2026-11-18" in told.stdout and "zeimu-01: never" in told.stdout and
                  "old-01" not in told.stdout, str(told))
        w.space.append(f"{REGISTRY}/board.applied", f"shimin-04 {entry.number} 1795000100\nzeimu-01 {entry.number} 1795000200\n")
        told = w.console.ctl("registry", "status", "--json", *where).json
        tap.equal((told["terminal"], told["registry"], told["current"], told["known"]),
                  (TERMINAL, entry.number, entry.number, True))
        tap.check(all(one["applied"] for one in told["terminals"]), str(told))
        tap.equal({one["terminal"] for one in told["terminals"]}, {TERMINAL, "shimin-04", "zeimu-01"})
        japanese = w.japanese()
        if japanese:
            told = w.console.ctl("registry", "status", *where, env=japanese)
            tap.check("反映済み3台／未反映0台" in told.stdout, str(told))
        w.space.write(f"{REGISTRY}/board.down", "")
        told = w.console.ctl("registry", "publish", *where)
        tap.equal(told.status, 4, str(told))
        told = w.console.ctl("registry", "status", *where)
        tap.check("did not say" in told.stderr and "no source knows" in told.stdout, str(told))


def test_status_says_when_the_snapshot_is_behind_or_too_old(w):
    w.reset()
    told = w.console.ctl("registry", "status")
    tap.check("no source knows what other terminals have applied" in good(told), str(told))
    number = w.stage({("department", "kosei"): {"name": "厚生課"}}, build=False).number
    tap.check(f"the registry stands at {number}" in w.console.ctl("registry", "status").stdout)
    os.unlink(w.space.path(f"{REGISTRY}/snapshot.cdb"))
    tap.equal(w.console.ctl("registry", "status").status, 3)
    w.reset()
    tap.equal(w.console.ctl("registry", "publish").status, 3, "nobody takes it")


# --- another operator ID inside a session -----------------------------------------------------------------------------

def in_session(w: Officers, name: str, *words: str, **how: Any) -> Done:
    """The officer himself, in his session, without sudo."""
    one = STAFF[name]
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"} | how.pop("env", {})
    finished = w.run([CTL, "session", *words], uid=one.uid, loginuid=one.uid, env=environment, **how)
    return Done(list(finished.argv), finished.status, finished.stdout, finished.stderr, finished.seconds)


def test_s_63_another_operator_id_without_a_new_login(w):
    w.reset(sessions=True)
    w.log_in("clerk")
    w.stage({("operator-id", "m0010-2"): opid_row(CLERK.number, type="wide-area-issuance-desk"),
             ("operator-id", "m0010-3"): opid_row(CLERK.number, type="moving-desk", enabled="no")})
    told = in_session(w, "clerk", "show", "--json").json
    tap.equal((told["person"], told["operator-id"], told["type"], told["locked"]), ("p0010", "m0010-1", "moving-desk", False))
    tap.equal([one["operator-id"] for one in told["choices"]], ["m0010-1", "m0010-2"])
    told = in_session(w, "clerk", "switch")
    tap.check("* m0010-1" in good(told) and "m0010-2" in told.stdout and "m0010-3" not in told.stdout, str(told))
    mark = w.mark()
    told = in_session(w, "clerk", "switch", "m0010-2")
    tap.check("you now work under operator ID m0010-2" in good(told), str(told))
    record = w.one(mark, "switch")
    tap.equal((record["res"], record["jper"], record["jright"], record.auid), ("success", "p0010", "m0010-2", CLERK.uid))
    tap.equal(in_session(w, "clerk", "show", "--json").json["operator-id"], "m0010-2")
    told = in_session(w, "clerk", "switch", "m0010-3")
    tap.equal((told.status, told.why), (1, "opid.disabled"), str(told))
    told = in_session(w, "clerk", "switch", "m0011-1")
    tap.equal((told.status, told.why), (1, "opid.none"), "somebody else's")
    w.reset(sessions=True)


def test_session_commands_are_the_users_own(w):
    w.reset(sessions=True)
    w.log_in("clerk")
    tap.equal(w.as_officer("clerk").ctl("session", "show").why, "caller.foreign", "not with sudo")
    w.lock("clerk")
    tap.equal(in_session(w, "clerk", "switch", "m0010-1").why, "sess.locked")
    w.drop("clerk")
    told = in_session(w, "clerk", "show")
    tap.equal((told.status, told.why), (1, "sess.none"), str(told))
    w.services.stop()
    tap.equal(in_session(w, "clerk", "show").status, 4, "nobody answers")
    w.reset(sessions=True)


# --- sudo -------------------------------------------------------------------------------------------------------------

@tap.skip_if(missing_sudo())
def test_sudo_lets_officers_do_their_work_and_nothing_else(w):
    w.reset()
    told = w.sudo("access-manager", "person", "add", "p0300", "--name", "新人 花子", "--department", "shimin")
    w.did(told, "person.add", by="access-manager")
    tap.check("p0300" in good(w.sudo("access-manager", "person", "list")))
    good(w.sudo("access-manager", "ledger", "verify"))
    with w.unchanged():
        for words in (("registry", "build"), ("registry", "adopt", BY_HAND), ("registry", "publish"), ("policy", "check"),
                      ("registry", "build", "--snapshot", "/etc/shadow"), ("commands",), ()):
            told = w.sudo("access-manager", *words)
            tap.check(told.status != 0 and "a password is required" in told.stderr, f"{words}: {told}")
        for words in (("person", "list", "--state-dir", "/home/access-manager"), ("person", "list", "--config-dir", "/tmp"),
                      ("person", "add", "p0301", "--name", "N", "--department", "shimin", "--vendor-dir", "/tmp"),
                      ("ledger", "print", "--state-dir=/tmp"), ("registry", "status", "--policy-dir", "/tmp"),
                      ("registry", "export", "--config", "/tmp")):
            told = w.sudo("access-manager", *words)
            tap.equal((told.status, told.stdout), (1, ""), f"{words}: {told}")
            tap.check("leave out the options that name directories" in told.stderr, str(told))
    w.reset()


def test_options_that_name_directories_are_the_consoles(w):
    """As sudo gives root, and as an officer's session gives it; root's own login may."""
    w.reset()
    with w.unchanged():
        for name in ("SUDO_UID", "PKEXEC_UID", "DOAS_USER"):
            told = w.console.ctl("registry", "check", "--config-dir", "/etc/jukinet", env={name: "2105"})
            tap.equal((told.status, told.stdout), (1, ""), f"{name}: {told}")
        told = w.as_officer("access-manager").ctl("person", "add", "p0300", "--name", "N", "--department", "shimin",
                                                  "--vendor-dir", "/usr/share/jukinet")
        w.refused(told, "caller.foreign", op="person")
    good(w.console.ctl("registry", "check", "--config-dir", "/etc/jukinet", env={"SUDO_UID": "0"}))


if __name__ == "__main__":
    tap.main(missing(), w=lambda: Officers("office_policy"))
