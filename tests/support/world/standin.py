# SPDX-License-Identifier: BSD-2-Clause
"""A stand-in for a service: it is started like one, says on its socket who it is, and forks a worker when asked to."""

import os
import socket
import sys
import time


def status(*names: str) -> str:
    with open("/proc/self/status") as file:
        rows = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    return " ".join(f"{name}={','.join(rows[name].split())}" for name in names)


def main() -> None:
    if os.environ.get("LISTEN_FDS") != "1" or os.environ.get("LISTEN_PID") != str(os.getpid()):
        sys.exit("standin: no socket was given")
    print("standin: up", sys.argv[1:], file=sys.stderr, flush=True)
    listener = socket.socket(fileno=3)
    while True:
        link, _ = listener.accept()
        asked = link.recv(100).decode()
        if asked == "worker" and os.fork() == 0:
            time.sleep(60)
        told = status("Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs")
        told += f" env={','.join(sorted(os.environ))} cwd={os.getcwd()}"
        try:
            link.send(told.encode())
        except BrokenPipeError:
            pass
        link.close()


if __name__ == "__main__":
    main()
