#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What goes into a record comes out of it: every field of the table of policy/record, in records of every kind, with hostile
and random values; written by our encoder through the kernel into auditd's log, in both of its formats, and read back by
ausearch, auparse and our own decoder.

    test_roundtrip.py BUILD [--rounds 12] [--seed NUMBER]

The table is asked for by record-tool, so a field that is added is tried without this file.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import random
import re
import sys
from dataclasses import dataclass
from typing import Iterator

from jukinet import AuditDaemon, BUILD, missing, tap
from world.auditd import LOG
from world.namespace import WORK

TOOL = os.path.join(BUILD, "tests/support/record-tool")
LIMIT = 8000                    # bytes of a record's text, of the 8,560 that the kernel keeps
FORMATS = ("RAW", "ENRICHED")
# Stands as it is, so the last ones may not be.
TERMINALS = ["", "/dev/tty1", ":0", "pts/3", "t" * 63, "a:b/c.d-e", "a,", "a)", "(none)", "res=failed", "a b", "a'", 'a"', "東", "t" * 64]
LOGINUID, FOREIGN = 4242, 3131  # whose records they are; whom hostile values name
OFTEN = 'a"\'\\ =,()\x01\x1b\x1d\x7f\té東𠮷'.encode()
ID_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789.-_:@"
# kind of a value: the bytes it may have, and how many
KINDS = {"ID": (ID_BYTES, 64), "IDS": (ID_BYTES + b",", 255), "TEXT": (bytes(range(1, 256)), 255)}
HOSTILE = [one if isinstance(one, bytes) else one.encode() for one in (
    "", "a", '"', '""', "'", "\\", " ", "  ", "=", ",", ")", "(null)", "(none)", "?", "-1", "%s%n", 'a"b', "o'brien", "a b",
    "\\x41", "jres=success", "res=failed", "res=success'", "x exe=/bin/false res=failed'", 'x" res=failed', "jid=abc", "jsub=k1:0",
    "acct=root", 'acct="root"', "uid=3131", "auid=3131", "ses=3131", "pid=3131", "terminal=stolen", "hostname=stolen",
    "addr=192.0.2.1", "exe=/bin/stolen", "key=stolen", "op=juki:void", "id=3131", "uuid=stolen", "vm=stolen", "comm=stolen",
    "subj=stolen", "msg='op=juki:auth", "type=USER_AUTH msg=audit(1.000:1): pid=3131 uid=3131 auid=3131 ses=3131 msg='",
    " msg=audit(1.000:1): ", "node=stolen ", "東京都千代田区", "東京 千代田", "𠮷野家😀", "e\u0301\u202e", "\x01", "\x1b[31m", "\t", "\n",
    "\r\n", '\x1dUID="root" AUID="root"', "\x7f", "\x1f", b"\xff\xfe", b"\xe6\x9d", b"\x80", b"ab\0cd", b"\0",
    "414243", "41424", "DEADBEEF", "abcdef", "00", "0x41", "E69DB1", "0000123", "0", "1", "255", "65536", "4294967295",
    "4294967296", "9223372036854775807", "18446744073709551615", "a.-_:@", "--", ":", ".", "@", "a,b", ",,", "p0123", "unset", "stolen")]


@dataclass(frozen=True)
class Row:
    """What a record is to say; without what is empty."""

    op: str
    success: bool
    terminal: str
    values: dict[str, bytes]

    def text(self) -> str:
        values = "".join(f" {name}={value.hex()}" for name, value in self.values.items())
        return f"{self.op} {'success' if self.success else 'failed'} {self.terminal.encode().hex() or '-'}{values}\n"


@dataclass(frozen=True)
class Trip:
    """The log of one format: the lines of our records beside what they are to say."""

    form: str
    log: str
    rows: list[Row]
    lines: list[bytes]
    serials: list[int]

    def __iter__(self) -> Iterator[tuple[int, Row, bytes]]:
        return zip(self.serials, self.rows, self.lines)


class Table:
    def __init__(self, text: str) -> None:
        words = [line.split() for line in text.splitlines()]
        self.types = {one[1]: one[2] for one in words if one[0] == "op"}
        self.kinds = {one[1]: one[2] for one in words if one[0] == "field"}
        self.longest = {one[1]: int(one[3]) for one in words if one[0] == "field"}

    @staticmethod
    def takes_terminal(name: str) -> bool:
        return len(name) < 64 and all("!" <= one <= "~" and one not in "\"'=,()" for one in name)

    def takes(self, name: str, value: bytes) -> bool:
        characters, most = KINDS[self.kinds[name]]
        return len(value) <= most and not set(value) - set(characters)


# --- what is put in ---------------------------------------------------------------------------------------------------

def c_string(value: bytes) -> bytes:
    return value.partition(b"\0")[0]


def longest(kind: str) -> list[bytes]:
    """The longest, in what takes least and most room, and one byte more."""
    most = KINDS[kind][1]
    return [one for n in (most, most + 1) for one in (b"a" * n, b"\xe6" * n, b"=" * n, b"\x1d" * n, b"4" * n)]


def random_value(rng: random.Random, kind: str) -> bytes:
    characters, most = KINDS[kind]
    size = rng.choice((1, 2, 8, 16, most - 1, most, rng.randint(1, most)))
    if kind == "TEXT" and rng.random() < 0.5:
        return bytes(rng.choices(OFTEN, k=size))
    if rng.random() < 0.3:
        characters = b"0123456789abcdef"
    return bytes(rng.choices(characters, k=size))


def one_at_a_time(rng: random.Random, table: Table) -> Iterator[Row]:
    """Each field with each hostile value, alone in its record; the operations take turns."""
    ops = list(table.types)
    number = rng.randrange(len(ops))
    for name, kind in table.kinds.items():
        for value in [*HOSTILE, *longest(kind)]:
            yield Row(ops[number % len(ops)], number % 3 > 0, TERMINALS[number % 6], {name: value})
            number += 1
    for terminal in TERMINALS:
        yield Row(ops[0], True, terminal, {})


def many_at_a_time(rng: random.Random, table: Table, rounds: int) -> Iterator[Row]:
    for _ in range(rounds):
        for op in table.types:
            values = {}
            for name, kind in table.kinds.items():
                if rng.random() < 0.75:
                    hostile = [one for one in HOSTILE if table.takes(name, c_string(one)) and c_string(one)]
                    values[name] = rng.choice(hostile) if rng.random() < 0.5 else random_value(rng, kind)
            yield Row(op, rng.random() < 0.5, rng.choice(TERMINALS[:6]), values)


def largest(table: Table) -> list[Row]:
    """Every field at its longest, encoded where it may be."""
    values = {name: (b"\xe6" if kind == "TEXT" else b"z") * table.longest[name] for name, kind in table.kinds.items()}
    return [Row(op, good, "t" * 63, values) for op in table.types for good in (True, False)]


# --- how it is written ------------------------------------------------------------------------------------------------

class Trips:
    """One auditd; everything is written once into a log of each format."""

    def __enter__(self) -> Trips:
        self.audit = AuditDaemon().open()
        try:
            self.table = Table(self.run(TOOL, "table"))
            self.rng = random.Random(OPTIONS.seed)
            tap.comment(f"seed {OPTIONS.seed}, {OPTIONS.rounds} rounds")
            self.trips = [self.travel(form) for form in FORMATS]
        except BaseException:
            self.audit.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.audit.close()

    def __iter__(self) -> Iterator[Trip]:
        """Each with its log where auditd keeps it."""
        return iter(self.trips)

    def run(self, *argv: str, stdin: bytes | None = None, **how: object) -> str:
        done = self.audit.space.run(argv, stdin=stdin, timeout=300, **how)
        tap.equal(done.status, 0, str(done))
        return done.stdout

    def output(self, *argv: str) -> bytes:
        """What a program wrote, to the byte; nothing when an ausearch found nothing."""
        told = f"{WORK}/told"
        self.audit.space.write(told, b"")
        status = self.audit.space.spawn(argv, stdout=told).wait(300)
        with open(self.audit.space.path(told), "rb") as file:
            said = file.read()
        tap.check(status == 0 or (argv[0] == "ausearch" and status == 1 and not said), f"{argv}: {status}")
        return said

    def ausearch(self, trip: Trip, *words: str) -> bytes:
        return self.output("ausearch", "-if", trip.log, *words)

    def travel(self, form: str) -> Trip:
        self.audit.anew(log_format=form, max_log_file=0, max_log_file_action="IGNORE")
        rows = [*one_at_a_time(self.rng, self.table), *many_at_a_time(self.rng, self.table, OPTIONS.rounds), *largest(self.table)]
        said = self.run(TOOL, "write", stdin="".join(row.text() for row in rows).encode(), loginuid=LOGINUID).splitlines()
        tap.equal(len(said), len(rows), "answers of the writer")
        self.run("auditctl", "-m", "all is written")
        sent = self.sort_out(rows, said)
        self.wait_for_log()
        kept = f"{WORK}/{form}.log"
        with open(self.audit.log, "rb") as file:
            data = file.read()
        self.audit.space.write(kept, data)
        lines = [line for line in data.split(b"\n") if is_ours(line)]
        serials = [int(re.match(rb"[^(]*\([\d.]+:(\d+)\)", line)[1]) for line in lines]
        tap.equal(len(lines), len(sent), f"records in the {form} log")
        tap.comment(f"{form}: {len(sent)} records, {len(rows) - len(sent)} refused, {len(data)} bytes of log")
        return Trip(form, kept, sent, lines, serials)

    def sort_out(self, rows: list[Row], said: list[str]) -> list[Row]:
        """What was sent, as it is to come back; what was refused is what the table forbids."""
        sent, sizes = [], []
        for row, answer in zip(rows, said):
            values = {name: c_string(value) for name, value in row.values.items()}
            forbidden = [name for name, value in values.items() if not self.table.takes(name, value)]
            if not self.table.takes_terminal(row.terminal):
                forbidden.insert(0, "terminal")
            if forbidden:
                tap.equal(answer, f"refused {forbidden[0]}", str(row))
                continue
            tap.check(answer.startswith("sent "), f"{row}: {answer}")
            sizes.append(int(answer.split()[1]))
            sent.append(Row(row.op, row.success, row.terminal, {name: value for name, value in values.items() if value}))
        self.largest_text = max(sizes)
        return sent

    def wait_for_log(self) -> None:
        def arrived() -> bool:
            with open(self.audit.log, "rb") as file:
                return b"all is written" in file.read()
        self.audit._wait_for(arrived, "the end of the log", 30)


# --- what comes out ---------------------------------------------------------------------------------------------------

def is_ours(line: bytes) -> bool:
    """The log is the machine's: somebody else may write into it."""
    return b" msg='op=juki:" in line and b' exe="%s" ' % TOOL.encode() in line


def unquoted(text: bytes) -> bytes:
    """audit_encode_nv_string(3) backwards."""
    if len(text) >= 2 and text[:1] == text[-1:] == b'"':
        return text[1:-1]
    return bytes.fromhex(text.decode("ascii"))


def told_by(text: bytes) -> tuple[list[tuple[str, bytes]], bytes]:
    """The fields of a record's text in their order, as they stand; and what libaudit appends."""
    own, _, tail = text.partition(b" exe=")
    return [(name.decode(), value) for name, value in (word.split(b"=", 1) for word in own.split(b" "))], tail


def expected_order(w: Trips, row: Row) -> list[tuple[str, bytes]]:
    return [(name, row.values[name]) for name in w.table.kinds if name in row.values]


def tail_of(row: Row) -> bytes:
    """libaudit names this machine where there is a terminal."""
    return (rb"hostname=[\w?.-]+ addr=\S+ terminal=%s res=%s"
            % (re.escape(row.terminal.encode() or b"?"), b"success" if row.success else b"failed"))


def test_the_table_is_one_that_is_known_here(w):
    tap.check(len(w.table.kinds) >= 41 and len(w.table.types) >= 37, "the table has lost something")
    for name, kind in w.table.kinds.items():
        tap.check(kind in KINDS, f"{name} has a kind of value that this test has no values for: {kind}")
        tap.equal(w.table.longest[name], KINDS[kind][1], name)
    for trip in w:
        tap.equal({name for row in trip.rows for name in row.values}, set(w.table.kinds), "fields that were written")
        tap.equal({row.op for row in trip.rows}, set(w.table.types), "operations that were written")
        pairs = {(w.table.types[row.op], name) for row in trip.rows for name in row.values}
        tap.equal(len(pairs), len(set(w.table.types.values())) * len(w.table.kinds), "each field in each type of record")


def test_own_decoder(w):
    for trip in w:
        said = w.run(TOOL, "read", stdin=b"\n".join(trip.lines) + b"\n").splitlines()
        tap.equal(len(said), len(trip.lines))
        for (serial, row, line), answer in zip(trip, said):
            number, _, rest = answer.partition(" ")
            want = Row(row.op, row.success, row.terminal if row.terminal != "?" else "", dict(expected_order(w, row)))
            tap.equal((number, rest.partition(" ")[2] + "\n"), (str(serial), want.text()), f"{trip.form}: {line!r}")


def test_ausearch_raw(w):
    for trip in w:
        out = w.ausearch(trip, "-m", ",".join(sorted(set(w.table.types.values()))), "--raw")
        lines = [line for line in out.split(b"\n") if is_ours(line)]
        tap.equal(len(lines), len(trip.lines), trip.form)
        for (serial, row, _), line in zip(trip, lines):
            head = re.match(rb"type=(\w+) msg=audit\([\d.]+:(\d+)\): pid=\d+ uid=0 auid=4242 ses=\d+ (?:subj=\S+ )?msg='(.*)'", line)
            tap.check(head, f"{trip.form}: {line!r}")
            fields, tail = told_by(head[3])
            tap.equal((head[1].decode(), int(head[2]), fields[0]),
                      (w.table.types[row.op], serial, ("op", f"juki:{row.op}".encode())))
            tap.equal([(name, unquoted(value)) for name, value in fields[1:]], expected_order(w, row), f"{trip.form}: {line!r}")
            tap.check(re.fullmatch(rb'"%s" ' % re.escape(TOOL.encode()) + tail_of(row), tail), f"{row}: {tail!r}")


def shown(w: Trips, row: Row, name: str, value: bytes) -> set[bytes]:
    """What ausearch -i and auparse may make of it: they decode acct everywhere, and what they do not know in a TRUSTED_APP only,
    where 3.0 leaves digits without a letter among them as they are, and 4.2 does not. Elsewhere it stands as in the log."""
    encoded = b'"%s"' % value if is_quoted(value) else value.hex().upper().encode()
    if name == "acct":
        return {value}
    if w.table.types[row.op] == "TRUSTED_APP":
        return {value, encoded} if encoded.isdigit() else {value}
    return {encoded}


def is_quoted(value: bytes) -> bool:
    return not any(byte < 0x21 or byte > 0x7e or byte in b"\"'=" for byte in value)


@tap.limit(600)        # of many rounds
def test_ausearch_interpreted(w):
    for trip in w:
        out = w.ausearch(trip, "-m", ",".join(sorted(set(w.table.types.values()))), "-i", "--escape", "raw")
        at = 0
        for serial, row, line in trip:
            fields = b"".join(b" %s=(?:%s)" % (name.encode(), b"|".join(re.escape(one) for one in shown(w, row, name, value)))
                              for name, value in expected_order(w, row))
            want = b":%d) : pid=" % serial
            begun = out.find(want, at)
            tap.check(begun >= 0, f"{trip.form}: {serial} is missing")
            end = out.find(b"\n----\n", begun)
            have = out[begun:end if end >= 0 else len(out)]
            want = rb"[^']* msg='op=juki:%s%s exe=%s %s'" % (row.op.encode(), fields, re.escape(TOOL.encode()), tail_of(row))
            tap.check(re.match(want, have, re.DOTALL), f"{trip.form}: {line!r}\nhave {have!r}\nwant {want!r}")
            at = begun


def serials(out: bytes) -> set[int]:
    return {int(one) for one in re.findall(rb"^type=\w+ msg=audit\([\d.]+:(\d+)\)", out, re.MULTILINE)}


@tap.limit(600)        # of many rounds
def test_ausearch_finds_by_what_is_and_not_by_what_is_said(w):
    """Each search gives exactly the records that are so; a value that only looks like the field gives none."""
    for trip in w:
        everything = set(trip.serials)
        searches = [(("-ul", str(LOGINUID)), everything), (("-x", TOOL), everything)]
        searches += [(("-sv", word), {serial for serial, row, _ in trip if row.success is good})
                     for word, good in (("yes", True), ("no", False))]
        searches += [(("-tm", name), {serial for serial, row, _ in trip if row.terminal == name}) for name in TERMINALS[1:6]]
        searches += [(("-m", kind), {serial for serial, row, _ in trip if w.table.types[row.op] == kind})
                     for kind in sorted(set(w.table.types.values()))]
        searches += [(words, set()) for words in (
            ("-ul", str(FOREIGN)), ("-ui", str(FOREIGN)), ("-ua", str(FOREIGN)), ("--session", str(FOREIGN)), ("-p", str(FOREIGN)),
            ("-tm", "stolen"), ("-hn", "stolen"), ("-hn", "192.0.2.1"), ("-x", "/bin/stolen"), ("-k", "stolen"), ("-c", "stolen"),
            ("-uu", "stolen"), ("-vm", "stolen"), ("-se", "stolen"), ("-n", "stolen"), ("-gi", str(FOREIGN)),
            ("-o", "stolen"), ("-f", "stolen"))]
        for words, want in searches:
            found = serials(w.ausearch(trip, *words, "--raw")) & everything
            wrong = sorted(found ^ want)
            rows = dict(zip(trip.serials, trip.lines))
            tap.check(not wrong, f"{trip.form} {words}: {len(found)} found, {len(want)} are so; {[rows[one] for one in wrong[:3]]}")


class Parser:
    """libauparse, as any program uses it."""

    def __init__(self, path: str) -> None:
        self.lib = lib = ctypes.CDLL("libauparse.so.0")
        for name in ("auparse_get_field_name", "auparse_get_field_str", "auparse_interpret_field", "auparse_get_type_name"):
            getattr(lib, name).argtypes, getattr(lib, name).restype = [ctypes.c_void_p], ctypes.c_char_p
        for name in ("auparse_next_event", "auparse_first_record", "auparse_next_record", "auparse_first_field",
                     "auparse_next_field", "auparse_destroy"):
            getattr(lib, name).argtypes = [ctypes.c_void_p]
        lib.auparse_get_serial.argtypes, lib.auparse_get_serial.restype = [ctypes.c_void_p], ctypes.c_ulong
        lib.auparse_set_escape_mode.argtypes = [ctypes.c_void_p, ctypes.c_int]
        lib.auparse_init.argtypes, lib.auparse_init.restype = [ctypes.c_int, ctypes.c_char_p], ctypes.c_void_p
        self.state = lib.auparse_init(1, path.encode())         # AUSOURCE_FILE
        tap.check(self.state, "auparse_init")
        lib.auparse_set_escape_mode(self.state, 0)              # AUPARSE_ESC_RAW

    def __iter__(self) -> Iterator[tuple[int, str, list[tuple[str, bytes, bytes]]]]:
        """Serial, type and the fields: name, as it stands, as it is interpreted."""
        lib, state = self.lib, self.state
        while lib.auparse_next_event(state) > 0:
            more = lib.auparse_first_record(state)
            while more > 0:
                fields = []
                more = lib.auparse_first_field(state)
                while more > 0:
                    fields.append((lib.auparse_get_field_name(state).decode("utf-8", "replace"), lib.auparse_get_field_str(state),
                                   lib.auparse_interpret_field(state)))
                    more = lib.auparse_next_field(state)
                yield lib.auparse_get_serial(state), lib.auparse_get_type_name(state).decode(), fields
                more = lib.auparse_next_record(state)
        lib.auparse_destroy(state)


STANDARD = ["type", "pid", "uid", "auid", "ses", "subj", "msg", "op", "exe", "hostname", "addr", "terminal", "res", "UID", "AUID"]


@tap.limit(600)        # of many rounds
def test_auparse(w):
    for trip in w:
        heard = {serial: (kind, fields) for serial, kind, fields in Parser(w.audit.space.path(trip.log))}
        for serial, row, line in trip:
            kind, fields = heard.get(serial, ("", []))
            tap.equal(kind, w.table.types[row.op], f"{trip.form}: {line!r}")
            own = [one for one in fields if one[0] not in STANDARD]
            tap.equal([(name, unquoted(value)) for name, value, _ in own], expected_order(w, row), f"{trip.form}: {line!r}")
            for name, _, told in own:
                tap.check(told in shown(w, row, name, row.values[name]), f"{trip.form}: {name} is told as {told!r} of {line!r}")
            others = {name: value for name, value, _ in fields}
            tap.equal(len(others), len(fields), f"a field twice: {fields}")
            tap.equal((others["op"], others["uid"], others["auid"], others["terminal"], others["res"]),
                      (f"juki:{row.op}".encode(), b"0", b"4242", (row.terminal or "?").encode(),
                       b"success" if row.success else b"failed"))


def test_the_largest_comes_through_whole(w):
    for trip in w:
        most = max(len(re.search(rb"msg='(.*)'", line)[1]) for line in trip.lines)
        whole = [row for row in trip.rows if all(len(row.values.get(name, b"")) == size for name, size in w.table.longest.items())]
        tap.equal(len(whole), 2 * len(w.table.types), "records with everything at its longest")
        tap.check(w.largest_text < most < LIMIT, f"{most} bytes")
        tap.comment(f"{trip.form}: {w.largest_text} bytes are ours, {most} with what libaudit appends")


# --- names ------------------------------------------------------------------------------------------------------------

# Looked for in records of rules and of the kernel only, or at the beginning of a line: that the searches above do not find
# "stolen" in jkey, jobj and jtype says so for the tools of this machine.
HARMLESS = {"key=", "obj=", "type="}


def looked_for() -> set[str]:
    """What the installed tools look for in a line: every word with = that stands in them, with the blank before it."""
    found = {"uid=", "auid=", "ses=", "acct=", "hostname=", "addr=", "terminal=", "exe=", "res=", "comm=", "pid=", "vm="}
    for name in ("ausearch", "aureport", "aulast", "aulastlog"):
        for directory in ("/usr/sbin", "/usr/bin", "/sbin", "/bin"):
            path = f"{directory}/{name}"
            if os.path.exists(path):
                with open(path, "rb") as file:
                    found |= {word.decode() for word in re.findall(rb"(?<=\0)( ?[a-z][a-z_-]+=)\0", file.read())}
    return found - HARMLESS


def test_no_name_is_taken_for_another(w):
    """A search by substring for one name, own or standard, does not stop in another."""
    words = looked_for()
    tap.check(len(words) >= 20, f"{sorted(words)}: the search in the tools is blind")
    names = [name for name in w.table.kinds if name != "acct"]
    tap.equal([(name, word) for name in names for word in words if f" {name}=".endswith(word)], [])
    tap.equal([(name, other) for name in w.table.kinds for other in w.table.kinds if name != other and other.endswith(name)], [])
    tap.equal([name for name in names if not re.fullmatch("j[a-z]+", name)], [], "own names begin with j")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    return options


OPTIONS = parse()

if __name__ == "__main__":
    tap.main(missing(own_audit=True, card_reader=False), w=Trips)
