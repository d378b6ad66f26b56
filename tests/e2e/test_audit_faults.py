#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""No receipt, no access (design rule 1): whatever is wrong with audit, nobody gets in, and all is well again when the cause
has gone. Runs alone: it breaks the machine's only audit, and starts its own auditd."""

from __future__ import annotations

import contextlib
import fcntl
import signal
import time
from typing import Callable, Iterator

from jukinet import AuditDaemon, Office, PIN, STATE, enter, leave, missing, procs, tap, texts, wait_for

DEADLINE = 8        # seconds: of an attempt in these tests


class Faulty(Office):
    """An office with an auditd to itself."""

    def __init__(self, name: str, **options) -> None:
        self.daemon = AuditDaemon(**({"size": "4m"} | options))
        super().__init__(name)

    def open(self) -> "Faulty":
        self.audit = self.daemon.open()
        try:
            return super().open()
        except BaseException:
            self.daemon.close()
            raise

    def close(self) -> None:
        super().close()
        if AuditDaemon.current is self.daemon:
            self.daemon.close()

    def reset(self, holder: str = "hanako") -> None:
        super().reset(holder)
        recording(self)


@contextlib.contextmanager
def office(name: str, **options) -> Iterator[Faulty]:
    with Faulty(name, **options) as w:
        w.reset()
        yield w


def refused(w: Faulty, what: str, **how) -> float:
    """audit.down; how long it took."""
    before = w.tickets()
    begun = time.monotonic()
    told = w.ask("hanako", **how)
    took = time.monotonic() - begun
    tap.equal((told.code, told.said), ("PAM_AUTHINFO_UNAVAIL", [texts.text("audit.down")]), what)
    tap.equal(w.tickets(), before, f"{what}: tickets")
    tap.comment(f"{what}: refused after {took:.2f} s, {'at once' if not told.asked else 'after the PIN'}")
    return took


def well_again(w: Faulty, mark, services: dict[str, int]) -> list:
    """The next login is fine, by the same processes, and every record that let nobody in is void."""
    told = w.ask("hanako")
    tap.check(told.ok, f"when the cause is gone: {told}\n{w.report()}")
    tap.equal({name: w.services[name].pid for name in services}, services, "restarted")
    wait_for(lambda: not w.files(STATE, "pending.*"), "announcements to be settled")
    records = w.happened(mark)
    granted = [one for one in records if one.op == "auth" and one["res"] == "success"]
    voided = {one["jvoid"] for one in records if one.op == "void"}
    tap.check(granted, "the last login has its record")
    tap.equal([one["jid"] for one in granted[:-1] if one["jid"] not in voided], [], "grants that nobody got, not void")
    tap.check(granted[-1]["jid"] not in voided, "the good one is void")
    w.card.set_tries(3)
    return records


def pids(w: Faulty) -> dict[str, int]:
    return {name: service.pid for name, service in w.services.items()}


def through(w: Faulty, what: str, breaks: Callable[[], object], mends: Callable[[], object]) -> list:
    """Before, during and after a fault; and in its middle, at the prompt."""
    before = pids(w)
    tap.check(w.ask("hanako").ok, "before")
    mark = w.mark()
    breaks()
    try:
        refused(w, what)
        tap.check(not w.login("hanako", pin=PIN).reached, f"{what}: login reached a shell")
    finally:
        mends()
    records = well_again(w, mark, before)
    mark = w.mark()
    try:
        refused(w, f"{what}, at the prompt", at_prompt=breaks)
    finally:
        mends()
    return records + well_again(w, mark, before)


# --- auditd and the kernel --------------------------------------------------------------------------------------------

def test_audit_switched_off():
    with office("off") as w:
        through(w, "audit off", lambda: w.audit.enabled(0), lambda: w.audit.enabled(1))


def test_auditd_killed():
    with office("killed") as w:
        through(w, "auditd dead", w.audit.kill, w.audit.start)


def test_auditd_stopped_and_continued():
    """Its late records stand in the log afterwards; each has a void twin."""
    with office("stopped") as w:
        records = through(w, "auditd stopped", w.audit.stop, w.audit.cont)
        late = [one for one in records if one.op == "void"]
        tap.check(late, "no void: nothing came late")


@tap.limit(240)
def test_log_disk_full():
    for action in ("IGNORE", "SUSPEND"):
        with office("full", size="1m", disk_full_action=action, disk_error_action=action) as w:
            def mend() -> None:
                w.audit.empty()
                if action == "SUSPEND":
                    w.audit.resume()
                wait_until_recorded(w)
            through(w, f"disk full, {action}", w.audit.fill, mend)


def wait_until_recorded(w: Faulty) -> None:
    """The first line after a full disk is glued to half a line: not ours to mend."""
    def seen() -> bool:
        w.audit.control("-m", "is anybody there")
        time.sleep(0.05)
        return any("is anybody there" in one.line for one in w.log.all()[-3:])
    wait_for(seen, "auditd to write again")


def test_log_unlinked():
    with office("unlinked") as w:
        def mend() -> None:
            w.audit.restart()
        through(w, "log unlinked", w.audit.unlink_log, mend)


def test_log_moved():
    with office("moved") as w:
        number = iter(range(100))
        through(w, "log moved", lambda: w.audit.rename_log(f"moved-{next(number)}"), w.audit.restart)


def test_log_rotated():
    """No fault: the witness follows."""
    with office("rotated") as w:
        for number in range(10):
            told = w.ask("hanako", at_prompt=w.audit.rotate)
            tap.check(told.ok, f"rotation {number}, at the prompt: {told}")
            w.audit.rotate()
            told = w.ask("hanako")
            tap.check(told.ok, f"rotation {number}, before: {told}")


# --- the witness ------------------------------------------------------------------------------------------------------

def test_witness_dead():
    with office("dead") as w:
        def mend() -> None:
            w.services.witness.start()
        before = pids(w)
        mark = w.mark()
        w.services.witness.kill()
        w.services.witness.close_socket()
        refused(w, "witness dead")
        mend()
        well_again(w, mark, {name: pid for name, pid in before.items() if name != "witness"})
        mark = w.mark()
        refused(w, "witness dead at the prompt", at_prompt=w.services.witness.kill)
        mend()
        well_again(w, mark, {name: pid for name, pid in before.items() if name != "witness"})


def test_witness_stopped():
    with office("asleep") as w:
        through(w, "witness stopped", w.services.witness.sigstop, w.services.witness.sigcont)


# --- records of grants that nobody got --------------------------------------------------------------------------------

def late_login(w: Faulty) -> list:
    mark = w.mark()
    refused(w, "auditd stopped at the prompt", at_prompt=w.audit.stop)
    w.audit.cont()
    w.mark()
    return w.happened(mark)


def test_late_record_has_its_void_twin():
    with office("late") as w:
        records = late_login(w)
        [granted] = [one for one in records if one.op == "auth" and one["res"] == "success"]
        voids = [one for one in records if one.op == "void"]
        tap.equal([(one.type, one["jvoid"]) for one in voids], [("TRUSTED_APP", granted["jid"])])
        [refusal] = [one for one in records if one["res"] == "failed" and one.op == "auth"]
        tap.equal(refusal["jwhy"], "audit.down")


def test_worker_killed_before_its_answer():
    """Between record and answer: the next conversation voids it, and proves that."""
    with office("worker") as w:
        mark = w.mark()
        with w.app() as app:
            app.start("jk-test", "hanako")
            app.begin("authenticate")
            app.until_prompt()
            [worker] = w.services.jukinetd.wait_for_children(1)
            w.services.witness.sigstop()
            app.order(answer=PIN)
            wait_for(lambda: w.files(STATE, "pending.*"), "the announcement")
            wait_for(lambda: w.card.counters()["signatures"], "the signature")
            time.sleep(0.1)
            tap.check(procs.send(worker, signal.SIGKILL))
            told = app.finish()
            w.services.witness.sigcont()
        tap.equal(told.code, "PAM_AUTHINFO_UNAVAIL")
        [pending] = w.files(STATE, "pending.*")
        [granted] = [one for one in w.happened(mark) if one.op == "auth"]
        tap.equal((granted["res"], pending), ("success", f"pending.{granted['jid']}"))
        tap.check(w.ask("hanako").ok)
        tap.equal(w.files(STATE, "pending.*"), [])
        tap.equal([one["jvoid"] for one in w.happened(mark, "void")], [granted["jid"]])


def test_settling_leaves_a_login_alone_that_was_just_proven():
    """One conversation settles what the dead left; meanwhile another, whose announcement it has seen too, gets its receipt
    and takes the announcement back. That grant stands."""
    dead = [f"{number:016x}" for number in range(0xa0, 0xa6)]
    with office("settle") as w:
        mark = w.mark()
        with w.app() as app, w.app() as other:
            for one in (app, other):
                one.start("jk-test", "hanako")
            app.begin("authenticate")
            app.until_prompt()
            w.audit.stop()
            for one in dead[:3]:
                w.put_state(f"pending.{one}", b"")
            app.order(answer=PIN)
            wait_for(lambda: len(w.files(STATE, "pending.*")) == 4, "the announcement")
            [announced] = {name.removeprefix("pending.") for name in w.files(STATE, "pending.*")} - set(dead)
            for one in dead[3:]:
                w.put_state(f"pending.{one}", b"")
            other.begin("authenticate")
            time.sleep(0.15)    # the directory has been read, the first one's receipt is awaited
            w.audit.cont()
            told = app.finish()
            other.finish(PIN)
        records = w.happened(mark)
        voided = {one["jvoid"] for one in records if one.op == "void"}
        tap.equal(told.code, "PAM_SUCCESS", f"{told}")
        tap.equal(set(dead) - voided, set(), "left behind and not void")
        tap.check(announced not in voided, f"a login that was granted is void: {[str(one) for one in records]}")
        tap.equal(w.files(STATE, "pending.*"), [])


def test_worker_killed_before_it_stored_the_session():
    """Between receipt and session: nobody got the session that the record tells of."""
    with office("stored") as w:
        mark = w.mark()
        with w.app() as app:
            app.start("jk-session", "hanako")
            tap.check(app.do("authenticate", PIN).ok)
            w.services.wait_until_idle()
            w.services.witness.sigstop()
            app.begin("open_session")
            wait_for(lambda: w.files(STATE, "lock.*"), "the lock of the account")
            time.sleep(0.1)         # it waits to be heard by the witness
            [worker] = w.services.jukinetd.wait_for_children(1)
            with open(w.space.path(f"{STATE}/lock.{w.accounts['hanako'].uid}")) as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                w.services.witness.sigcont()
                time.sleep(0.25)    # the receipt has come; for the lock it waits half a second
                tap.check(procs.send(worker, signal.SIGKILL))
                told = app.finish()
        tap.equal((told.code, w.files(STATE, "session.*")), ("PAM_SESSION_ERR", []))
        tap.check(w.ask("hanako").ok)
        records = w.happened(mark)
        [start] = [one for one in records if one.op == "session-start"]
        tap.equal(start["res"], "success", "it was proven")
        tap.equal([one["jvoid"] for one in records if one.op == "void"], [start["jid"]])


def test_session_is_not_opened_without_a_receipt():
    """Authenticated, and then the disk: the session's own record is needed too."""
    with office("session") as w:
        with w.app() as app:
            app.start("jk-session", "hanako")
            tap.check(app.do("authenticate", PIN).ok)
            mark = w.mark()
            w.audit.stop()
            told = app.do("open_session")
            w.audit.cont()
            tap.equal((told.code, told.said), ("PAM_SESSION_ERR", [texts.text("audit.down")]))
        tap.equal(w.files(STATE, "session.*"), [], "a session")
        records = w.happened(mark)
        [start] = [one for one in records if one.op == "session-start" and one["res"] == "success"]
        tap.equal([one["jvoid"] for one in records if one.op == "void"], [start["jid"]])


def test_session_ends_though_nothing_can_be_recorded():
    with office("end") as w:
        with w.app() as app:
            enter(app, "hanako")
            w.audit.stop()
            told = app.do("close_session")
            w.audit.cont()
        tap.equal((told.code, told.said), ("PAM_SESSION_ERR", [texts.text("audit.down")]))
        tap.equal(w.ask("hanako", uid="hanako").said, [texts.text("sess.none")])


def test_end_that_was_lost_is_recorded_by_the_next():
    with office("lost-end") as w:
        mark = w.mark()
        with w.app() as app:
            enter(app, "hanako")
            lost = w.happened(mark, "session-start")[0]["jsess"]
            w.audit.enabled(0)
            app.do("close_session")
            w.audit.enabled(1)
        tap.equal(w.happened(mark, "session-end"), [], "audit was off")
        with w.app() as app:
            enter(app, "hanako")
            leave(app)
        ends = w.happened(mark, "session-end")
        tap.equal([(end["jsess"] == lost, end["jfor"]) for end in ends], [(True, "leader-lost"), (False, "last-logout")])


# --- modes ------------------------------------------------------------------------------------------------------------

def recording(w: Faulty, mode: str = "witnessed") -> None:
    w.settings(login={"deadline": DEADLINE}, audit={"recording": mode, "receipt": 1500})
    w.registry.build()


def test_durable():
    with office("durable") as w:
        recording(w, "durable")
        mark = w.mark()
        with w.app() as app:
            enter(app, "hanako")
            leave(app)
        auth, *later = w.happened(mark)
        tap.equal({one["jrct"] for one in later}, {auth.event})
        w.audit.stop()
        refused(w, "durable, auditd stopped")
        w.audit.cont()


def test_kernel_mode_and_what_it_cannot_see():
    """The kernel says "sent" and drops the record: this mode lets in, and its manual page says so."""
    with office("kernel", size="1m", disk_full_action="IGNORE") as w:
        recording(w, "kernel")
        mark = w.mark()
        w.services.witness.stop()
        with w.app() as app:
            enter(app, "hanako")
            leave(app)
        auth, *later = w.happened(mark)
        tap.equal({one["jrct"] for one in later}, {"kernel"})
        w.audit.fill()
        before = len(w.records())
        tap.check(w.ask("hanako").ok, "a full disk is not seen")
        time.sleep(0.3)
        tap.equal(len(w.records()), before, "and nothing of it stands in the log")
        w.audit.empty()
        w.services.witness.start()


def test_the_log_is_believed_only_of_jukinetd():
    """A record with our text from another process is no receipt: forged lines by root's own tool change nothing."""
    with office("forged") as w:
        w.audit.stop()
        with w.app() as app:
            app.start("jk-test", "hanako")
            app.begin("authenticate")
            app.until_prompt()
            app.order(answer=PIN)
            [pending] = wait_for_pending(w)
            forged = f'op=juki:auth acct="hanako" jid="{pending.removeprefix("pending.")}" res=success'
            w.audit.control("-m", forged)
            told = app.finish()
        w.audit.cont()
        tap.equal(told.said, [texts.text("audit.down")])


def wait_for_pending(w: Faulty) -> list[str]:
    wait_for(lambda: w.files(STATE, "pending.*"), "the announcement")
    return w.files(STATE, "pending.*")


if __name__ == "__main__":
    tap.main(missing(own_audit=True))
