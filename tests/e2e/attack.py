#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A local user who wants nobody to work. Runs until its standard input ends, then prints how much it did.

attack.py idle | halves | deaf | tries ACCOUNT | locks | looks
"""

from __future__ import annotations

import os
import select
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import frames                                                                                       # noqa: E402

CROWD = 1000
THREADS = 16
done = threading.Event()
count = 0


def connect() -> socket.socket | None:
    link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    link.settimeout(0.5)
    try:
        link.connect(frames.SOCKET)
        return link
    except OSError:
        link.close()
        return None


def idle() -> None:
    """As many connections as there may be, each silent, each replaced when it is ended."""
    global count
    held: list[socket.socket] = []
    while not done.is_set():
        while len(held) < CROWD and not done.is_set():
            if (link := connect()) is None:
                break
            held.append(link)
            count += 1
        ready, _, _ = select.select(held[:512], [], [], 0.05)
        for link in ready:
            try:
                ended = not link.recv(65536)
            except OSError:
                ended = True
            if ended:
                held.remove(link)
                link.close()


def each(act) -> None:
    """Many at once, one conversation after another."""
    def loop() -> None:
        global count
        while not done.is_set():
            try:
                talk = frames.Talk(timeout=1.0)
                act(talk)
                talk.close()
                count += 1
            except (OSError, AssertionError, IndexError):
                pass
    threads = [threading.Thread(target=loop, daemon=True) for _ in range(THREADS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


def halves(talk: frames.Talk) -> None:
    talk.hello()
    whole = talk.request(frames.AUTH, "taro")
    talk.send(whole[:len(whole) // 2])
    talk.hear()


def deaf(talk: frames.Talk) -> None:
    """Asks, and never reads."""
    talk.hello()
    talk.send(talk.request(frames.AUTH, "taro"))
    time.sleep(1)


def tries(talk: frames.Talk) -> None:
    talk.link.settimeout(20)
    talk.ask(frames.AUTH, sys.argv[2], "000000")


def simple(kind: int, *fields) -> object:
    def act(talk: frames.Talk) -> None:
        talk.send(frames.encode(kind, (frames.F_NONCE, talk.hello()), *fields))
        talk.hear()
    return act


def main() -> None:
    what = sys.argv[1]
    work = {"idle": idle, "halves": lambda: each(halves), "deaf": lambda: each(deaf), "tries": lambda: each(tries),
            "locks": lambda: each(simple(frames.LOCK, (frames.F_CAUSE, 8))),
            "looks": lambda: each(simple(frames.LOOK))}[what]
    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    sys.stdin.read()
    done.set()
    worker.join(3)
    print(count, flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
