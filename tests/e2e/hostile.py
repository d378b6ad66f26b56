#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Conversations that no module of ours would hold. Usage: hostile.py SCENARIO ACCOUNT [PIN] [JSON]; prints JSON."""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from frames import (AUTH, CLOSE, F_ACCOUNT, F_COMMAND, F_FLAGS, F_NONCE, F_PIN, F_SERVICE, HELLO, MANAGE,  # noqa: E402
                    OPEN, PIN, ACCOUNT, ASK_PIN, VERDICT, Talk, encode)


def in_child(work) -> object:
    """What `work` returns in a child that shares every descriptor."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(theirs, json.dumps(work()).encode())
        os._exit(0)
    os.close(theirs)
    told = b""
    while piece := os.read(ours, 65536):
        told += piece
    os.waitpid(pid, 0)
    return json.loads(told)


def ask(account: str, pin: str | None, extra: dict) -> object:
    """As the module asks; also with claims of any bytes, given in hexadecimal."""
    claims = {name: bytes.fromhex(value) for name, value in extra.items()}
    return Talk().ask(AUTH, account, pin, **claims)


def inherited(account: str, pin: str | None, extra: dict) -> object:
    """One process connects, its child asks."""
    talk = Talk()
    talk.hello()

    def child() -> object:
        talk.send(talk.request(AUTH, account))
        return talk.verdict(pin)
    return in_child(child)


def passed(account: str, pin: str | None, extra: dict) -> object:
    """The child connects and hands the connection up over a socket; it stays alive, and the parent asks."""
    up, down = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        talk = Talk()
        socket.send_fds(down, [b"x"], [talk.link.fileno()])
        down.recv(1)
        os._exit(0)
    _, fds, _, _ = socket.recv_fds(up, 1, 1)
    talk = Talk.__new__(Talk)
    talk.link = socket.socket(fileno=fds[0])
    talk.link.settimeout(10)
    talk.nonce = b""
    talk.hello()
    talk.send(talk.request(AUTH, account))
    verdict = talk.verdict(pin)
    up.send(b"x")
    os.waitpid(pid, 0)
    return verdict


def orphaned(account: str, pin: str | None, extra: dict) -> object:
    """The one that connected has gone when the request comes."""
    def child() -> object:
        talk = Talk()
        talk.hello()
        ours, theirs = os.pipe()
        if os.fork() == 0:
            os.close(ours)
            while os.getppid() == parent_pid[0]:
                time.sleep(0.002)
            talk.send(talk.request(AUTH, account))
            os.write(result[1], json.dumps(talk.verdict(pin)).encode())
            os._exit(0)
        return None
    result = os.pipe()
    parent_pid = [0]
    middle = os.fork()
    if middle == 0:
        os.close(result[0])
        parent_pid[0] = os.getpid()
        child()
        os._exit(0)
    os.close(result[1])
    os.waitpid(middle, 0)
    return json.loads(os.read(result[0], 4096) or b"null")


def wrong_nonce(account: str, pin: str | None, extra: dict) -> object:
    talk = Talk()
    talk.hello()
    nonce = bytes([talk.nonce[0] ^ 1]) + talk.nonce[1:]
    talk.send(talk.request(AUTH, account, nonce=nonce))
    return talk.verdict(pin)


def other_nonce(account: str, pin: str | None, extra: dict) -> object:
    """That of another conversation of the same process."""
    one, two = Talk(), Talk()
    one.hello()
    two.hello()
    one.send(one.request(AUTH, account, nonce=two.nonce))
    return one.verdict(pin)


def silent(account: str, pin: str | None, extra: dict) -> object:
    """Seconds until a connection that says nothing is ended."""
    talk = Talk(timeout=20)
    talk.hello()
    begun = time.monotonic()
    ended = talk.hear() is None
    return {"ended": ended, "seconds": time.monotonic() - begun}


def garbage(account: str, pin: str | None, extra: dict) -> object:
    """Each as the first frame of a conversation; the verdicts."""
    nonce = b"\0" * 32
    frames = {
        "nothing": b"", "one byte": b"\1", "zeros": bytes(64), "noise": os.urandom(512),
        "version 2": bytes([2, AUTH]) + b"\1\0\1x", "long field": bytes([1, AUTH, 1, 0xff, 0xff]) + b"x" * 10,
        "cut": encode(AUTH, (F_NONCE, nonce), (F_ACCOUNT, account))[:-2],
        "disorder": encode(AUTH, (F_ACCOUNT, account), (F_NONCE, nonce), (F_FLAGS, 0)),
        "NUL": encode(AUTH, (F_NONCE, nonce), (F_ACCOUNT, f"{account}\0x"), (F_FLAGS, 0)),
        "no account": encode(ACCOUNT, (F_NONCE, nonce), (F_SERVICE, "x"), (F_FLAGS, 0)),
        "empty account": encode(AUTH, (F_NONCE, nonce), (F_ACCOUNT, ""), (F_FLAGS, 0)),
        "hello": encode(HELLO, (F_NONCE, nonce)), "PIN": encode(PIN, (F_PIN, "123456")),
        "verdict": encode(9, (2, 1)), "find": encode(32, (5, 1000), (6, 1000)), "unknown type": encode(250),
        "largest": encode(AUTH, (F_NONCE, nonce), (F_ACCOUNT, "a" * 16300)),
        "larger": encode(AUTH, (F_NONCE, nonce), (F_ACCOUNT, "a" * 60000)),
        "huge": b"\1\2" + bytes(150000),
    }
    told = {}
    for name, data in frames.items():
        for proven in (False, True):
            talk = Talk(timeout=6)
            talk.hello()
            sent = data.replace(nonce, talk.nonce) if proven else data
            try:
                told[f"{name} {proven}"] = talk.verdict() if talk.send(sent) else "closed"
            except OSError as problem:
                told[f"{name} {proven}"] = type(problem).__name__
            talk.close()
            time.sleep(0.3 if extra.get("slowly") else 0)
    return told


def pin_twice(account: str, pin: str | None, extra: dict) -> object:
    """Two PINs at one prompt."""
    talk = Talk()
    talk.hello()
    talk.send(talk.request(AUTH, account))
    while (heard := talk.hear()) and heard[0] != ASK_PIN:
        if heard[0] == 9:
            return {"early": int.from_bytes(heard[1][0][1], "big")}
    for _ in range(2):
        talk.send(encode(PIN, (F_PIN, pin or "")))
    return {"verdict": talk.verdict(), "after": talk.hear() is None}


def be_deaf(talk: Talk, data: bytes) -> None:
    """The last word to the service, which finds nobody with its own, though nobody hangs up before the end. Deaf first: who is
    held up between the two would take the answer."""
    talk.link.shutdown(socket.SHUT_RD)
    talk.send(data)
    over = select.poll()
    over.register(talk.link, 0)         # the service's end alone, not what we have shut ourselves
    over.poll(60000)


def deaf(account: str, pin: str | None, extra: dict) -> object:
    """Answers, and takes no answer."""
    talk = Talk()
    talk.hello()
    talk.send(talk.request(AUTH, account))
    while (heard := talk.hear()) and heard[0] != ASK_PIN:
        if heard[0] == VERDICT:
            return {"early": int.from_bytes(heard[1][0][1], "big")}
    be_deaf(talk, encode(PIN, (F_PIN, pin or "")))
    return {}


def deaf_manage(account: str, pin: str | None, extra: dict) -> object:
    """The same, with an act of a session."""
    talk = Talk()
    nonce = talk.hello()
    be_deaf(talk, encode(MANAGE, (F_NONCE, nonce), (F_COMMAND, "card.approve")))
    return {}


def two_requests(account: str, pin: str | None, extra: dict) -> object:
    talk = Talk()
    talk.hello()
    talk.send(talk.request(AUTH, account))
    talk.send(talk.request(AUTH, account))
    return talk.verdict(pin)


def no_pin(account: str, pin: str | None, extra: dict) -> object:
    """At the prompt: the frame as given, a PIN frame that is ill-formed."""
    talk = Talk()
    talk.hello()
    talk.send(talk.request(AUTH, account))
    while (heard := talk.hear()) and heard[0] != ASK_PIN:
        pass
    talk.send(bytes.fromhex(extra["frame"]))
    return talk.verdict()


def phases(account: str, pin: str | None, extra: dict) -> object:
    """ACCOUNT, OPEN and CLOSE with what was guessed or stolen."""
    told = {}
    for ticket in extra["tickets"]:
        told[f"account {ticket}"] = Talk().ask(ACCOUNT, account, service="login", ticket=ticket)
        told[f"open {ticket}"] = Talk().ask(OPEN, account, service="login", ticket=ticket)
    for session in extra["sessions"]:
        told[f"close {session}"] = Talk().ask(CLOSE, account, service="login", session=session)
    return told


def crowd(account: str, pin: str | None, extra: dict) -> object:
    """Opens as many conversations as it is let, and keeps them; how many said hello within a second."""
    talks = []
    for _ in range(extra["count"]):
        try:
            talks.append(Talk(timeout=1.0))
        except OSError:
            break
    until = time.monotonic() + 1.0
    greeted = 0
    for talk in talks:
        talk.link.settimeout(max(0.001, until - time.monotonic()))
        try:
            greeted += talk.hear() is not None
        except OSError:
            pass
    return {"connected": len(talks), "greeted": greeted}


if __name__ == "__main__":
    scenario, account_name, *rest = sys.argv[1:]
    given = rest[0] if rest and rest[0] else None
    print(json.dumps(globals()[scenario](account_name, given, json.loads(rest[1]) if len(rest) > 1 else {})))
