#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A greeter of greetd: does what a file says, once, and leaves in another what it was told. Started again, it waits.

    greeter.py ORDER TOLD IDLE  {"user": NAME, "pin": PIN, "command": [WORD…]}
                                with "asked" and "go": makes one file when it is asked, and answers when there is the other
                                {"asked": [TEXT…], "said": [TEXT…], "error": TEXT}
                                is there while it waits
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import sys
import time


class Greetd:
    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(os.environ["GREETD_SOCK"])

    def ask(self, **what: object) -> dict:
        data = json.dumps(what).encode()
        self.socket.sendall(struct.pack("=I", len(data)) + data)
        [size] = struct.unpack("=I", self._take(4))
        return json.loads(self._take(size))

    def _take(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            data += self.socket.recv(size - len(data)) or sys.exit("greetd has gone")
        return data


def main(order_file: str, told_file: str, idle_file: str) -> None:
    if os.path.exists(told_file):
        with open(idle_file, "w", encoding="utf-8"):
            signal.pause()
    with open(order_file, encoding="utf-8") as file:
        order = json.load(file)
    told: dict = {"asked": [], "said": [], "error": ""}
    greetd = Greetd()
    reply = greetd.ask(type="create_session", username=order["user"])
    while reply["type"] == "auth_message":
        asks = reply["auth_message_type"] in ("secret", "visible")
        told["asked" if asks else "said"].append(reply["auth_message"])
        answer = {"response": order["pin"]} if asks else {}
        if asks and "go" in order:
            with open(order["asked"], "w", encoding="utf-8"):
                pass
            while not os.path.exists(order["go"]):
                time.sleep(0.01)
        reply = greetd.ask(type="post_auth_message_response", **answer)
    if reply["type"] == "success":
        reply = greetd.ask(type="start_session", cmd=order["command"], env=[])
    if reply["type"] == "error":
        told["error"] = reply["description"]
    with open(f"{told_file}.new", "w", encoding="utf-8") as file:
        json.dump(told, file)
    os.rename(f"{told_file}.new", told_file)


if __name__ == "__main__":
    main(*sys.argv[1:])
