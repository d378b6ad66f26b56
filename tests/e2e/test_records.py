#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the audit tools of the system make of our records, in both log formats; and what must not stand in them."""

from __future__ import annotations

import os
import re

from jukinet import COUNTER, Office, STAFF, enter, leave, missing, tap, texts

SECRET = "qz7!Xw9k"         # a PIN that is nowhere by chance
GUESS = "wR0ng#pn"
OWN_CARD = "c-0077"
UNSEEN = [SECRET, GUESS, *(one.name for one in STAFF.values())]


class Records(Office):
    """One morning at the counter, made once; the tests read what it left."""

    def _open_office(self) -> None:
        super()._open_office()
        self.cards.make("own", key="p256", pin=SECRET)
        self.registry.card(OWN_CARD, STAFF["hanako"].number, self.cards.certificate("own"))
        self._rows["card"] = dict(self.registry.rows["card"])
        self.begun = self.mark()
        self.logins = 0         # by login, which writes acct= only: aureport shows it, aulast does not
        self.greeted = 0        # by something that writes id= as sshd and gdm do: aulast shows it
        for form in ("ENRICHED", "RAW"):
            assert self.audit
            self.audit.restart(log_format=form)
            self.morning()
        self.audit.restart(log_format="ENRICHED")
        self.mark()

    def morning(self) -> None:
        """A login by login, one by su, an unlock, a wrong PIN, a colleague's card, a session without a terminal."""
        self.reset()
        self.insert("own")
        session = self.open_login("hanako", pin=SECRET)
        tap.check(session.reached, str(session.visit))
        self.logins += 1
        locker = self.app("hanako", loginuid=self.accounts["hanako"].uid)
        locker.start("jk-test", "hanako")
        for op in ("authenticate", "acct_mgmt"):
            tap.check(locker.do(op, SECRET).ok, op)
        tap.equal(self.ask("hanako", GUESS, uid="hanako").code, "PAM_AUTH_ERR")
        session.exit()
        tap.equal(self.ask("hanako", GUESS).code, "PAM_AUTH_ERR")
        tap.equal(self.ask(GUESS).code, "PAM_USER_UNKNOWN")
        self.insert("taro")
        tap.equal(self.ask("hanako").code, "PAM_AUTH_ERR")
        tap.check(self.su("taro", pin="123456", as_user="mallory").reached)
        with self.app() as app:
            enter(app, COUNTER)
            leave(app)
        self.greeter()
        self.happened(self.begun)

    def greeter(self) -> None:
        """A display manager: card and PIN by our module, then the record of a login, then the session."""
        self.insert("jiro")
        with self.app() as app:
            app.start("jk-session", "jiro", {"tty": ":0"})
            for op in ("authenticate", "acct_mgmt", "open_session"):
                tap.check(app.do(op, "123456").ok, op)
            app.user_login(self.accounts["jiro"].uid, "/dev/tty7")
            leave(app)
        self.greeted += 1


def ours(w):
    return w.records(w.begun)


def events(text: str) -> dict[str, list[str]]:
    """ausearch's output: serial -> lines."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if number := re.search(r"msg=audit\([^)]*?:(\d+)\)", line):
            found.setdefault(number[1], []).append(line)
    return found


@tap.limit(240)     # the whole morning is in it
def test_every_record_is_found_and_readable(w):
    said = w.ausearch("-m", "USER_AUTH,USER_START,USER_END,USER_ACCT", "-i")
    tap.equal(said.status, 0, said.stderr)
    told = events(said.stdout)
    wanted = [one for one in ours(w) if one.op != "void"]
    tap.check(len(wanted) >= 30, f"{len(wanted)} records")
    for one in wanted:
        lines = told.get(str(one.serial), [])
        tap.equal(len(lines), 1, f"{one}: {lines}")
        account = "(unknown)" if one["acct"] == "(unknown)" else one["acct"]
        for part in (f"op=juki:{one.op}", f"acct={account}", f"res={one['res']}", f"jid={one['jid']}"):
            tap.check(part in lines[0].replace('"', ""), f"{part} in {lines[0]}")
        tap.check("uid=_jukinet" in lines[0], lines[0])


def test_both_formats_were_written(w):
    lines = [one.line for one in ours(w)]
    enriched = [line for line in lines if "\x1d" in line]
    tap.check(enriched and len(enriched) < len(lines), f"{len(enriched)} of {len(lines)} are enriched")


def test_each_event_is_one_line(w):
    """Nothing else shares our serials, and no record is told twice."""
    everything = w.log.all(w.begun)
    for one in ours(w):
        tap.equal([str(other) for other in everything if other.serial == one.serial and other.type not in
                   ("SYSCALL", "PROCTITLE")], [str(one)])
    ids = [one["jid"] for one in ours(w)]
    tap.equal(len(ids), len(set(ids)), "ids")


def test_account_is_found_by_its_loginuid(w):
    """Unlock and session records carry the account's loginuid; a login's own is found by acct."""
    uid = w.accounts["hanako"].uid
    said = w.ausearch("-ul", "hanako", "-m", "USER_AUTH,USER_START,USER_END,USER_ACCT").stdout
    carried = [one for one in ours(w) if one.auid == uid]
    tap.check({"auth", "account", "session-start", "session-end"} <= {one.op for one in carried}, str(carried))
    tap.check({"unlock"} <= {one.get("jfor") for one in carried}, str(carried))
    for one in carried:
        tap.check(f'jid="{one["jid"]}"' in said, f"not found by -ul: {one}")
    by_account = w.ausearch("-ua", str(w.accounts["_jukinet"].uid)).stdout
    tap.check(all(f'jid="{one["jid"]}"' in by_account for one in ours(w)), "by the service's own uid")


def test_authentication_report(w):
    """aureport -au counts ours as authentications, with account and result."""
    said = w.aureport("-au", "-i").stdout
    rows = [line.split() for line in said.splitlines() if re.match(r"^\d+\. ", line)]
    numbers = {row[-1]: row for row in rows}
    auth = [one for one in ours(w) if one.op == "auth"]
    for one in auth:
        row = numbers.get(str(one.serial))
        tap.check(row, f"not in the report: {one}")
        tap.check(("yes" if one["res"] == "success" else "no") in row, f"{row} for {one}")
        if one["acct"] != "(unknown)":
            tap.check(one["acct"] in row, f"{row} for {one}")


def aulast(w) -> list[str]:
    said = w.aulast()
    tap.equal(said.status, 0, said.stderr)
    return [line for line in said.stdout.splitlines() if line.strip()]


def test_no_phantom_logins(w):
    """aulast shows the greeter's logins, whose USER_LOGIN has id= and a terminal, and nothing else: our records, each with
    a LOGIN event of its worker, add none."""
    rows = aulast(w)
    tap.comment(f"aulast: {rows}")
    tap.equal([row.split()[:2] for row in rows], [["jiro", "tty7"]] * w.greeted)
    workers = [one for one in w.log.all(w.begun) if one.type == "LOGIN" and one.uid == w.accounts["_jukinet"].uid]
    tap.check(len(workers) >= 10, "each conversation of a known login name makes a LOGIN event")


def test_control_one_more_login_is_seen(w):
    """The same count goes up with one more real login, so it can fail."""
    before = aulast(w)
    w.greeter()
    w.mark()
    tap.equal(len(aulast(w)), len(before) + 1)


def test_login_report(w):
    """aureport -l: one line for each real login, by login or by the greeter."""
    rows = [line for line in w.aureport("-l", "-i").stdout.splitlines() if re.match(r"^\d+\. ", line)]
    tap.equal([row for row in rows if "jukinetd" in row], [], "ours are no logins")
    tap.equal(len(rows), w.logins + w.greeted, str(rows))


def test_reasons_are_those_of_the_table(w):
    known = set(texts.reasons())
    for one in ours(w):
        tap.equal("jwhy" in one.fields, one["res"] == "failed", str(one))
        tap.check(one.get("jwhy", "internal") in known, str(one))
    tap.check({"pin.wrong", "account.unknown", "card.mismatch"} <= {one.get("jwhy") for one in ours(w)})


def test_nothing_secret_and_no_name_in_the_log(w):
    """PINs, right and wrong, names of persons and what was typed as an account: neither as text nor in hexadecimal."""
    lines = [one.line for one in w.log.all(w.begun)]
    tap.check(any(OWN_CARD in line for line in lines), "the search does find what is there")
    for word in UNSEEN:
        encoded = word.encode()
        for shape in (word, encoded.hex(), encoded.hex().upper(), encoded.ljust(8, b"\xff").hex().upper()):
            tap.equal([line for line in lines if shape in line], [], word)


def test_nothing_secret_anywhere_else(w):
    """Messages of services, syslog, files of state and snapshot, the world's own logs, arguments of processes."""
    places = {"syslog": w.syslog(), "pcscd": w.pcscd.stderr()}
    places |= {name: service.stderr() for name, service in w.services.items()}
    places |= {str(one): one.command() for one in w.processes()}
    for directory in ("/run/jukinet/state", "/var/lib/jukinet"):
        places |= {f"{directory}/{name}": w.space.read(f"{directory}/{name}") for name in w.files(directory)
                   if not os.path.isdir(w.space.path(f"{directory}/{name}"))}
    tap.check("pam_jukinet" in places["syslog"], "the module logs")
    for where, what in places.items():
        for word in (SECRET, GUESS):
            tap.check(word not in what, f"a PIN in {where}")


def test_receipts_are_true(w):
    """What a later record calls the proof of its login stands there, under that time and serial, of the same person."""
    by_event = {one.event: one for one in ours(w)}
    linked = [one for one in ours(w) if one.get("jrct")]
    tap.check(len(linked) >= 10, str(len(linked)))
    for one in linked:
        proof = by_event.get(one["jrct"])
        tap.check(proof, f"no record at {one['jrct']}: {one}")
        tap.equal((proof.op, proof["res"], proof["jper"], proof["jkey"]), ("auth", "success", one["jper"], one["jkey"]))


def test_every_session_that_began_has_ended(w):
    begun = {one["jsess"] for one in ours(w) if one.op == "session-start" and one["res"] == "success"}
    ended = {one["jsess"] for one in ours(w) if one.op == "session-end" and one["jfor"] == "last-logout"}
    tap.check(begun, "no session")
    tap.equal(begun, ended)


if __name__ == "__main__":
    tap.main(missing(own_audit=True), w=lambda: Records("records"))
