#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A PAM application that does as it is told, for the tests. One order a line on stdin, one event a line on stdout, JSON.

orders:  {"start": SERVICE, "user": NAME, "items": {"tty": …}}, {"do": "authenticate", "flags": 0}, {"answer": TEXT},
         {"loginuid": UID}, {"userlogin": UID, "tty": NAME} (the record that sshd and gdm write),
         {"item": "user"} (the event has its "value"), {"end": 0}
events:  {"ready": PID}, {"ask": TEXT, "visible": TRUE}, {"say": TEXT, "style": N}, {"done": WHAT, "code": N}
"""

from __future__ import annotations

import ctypes
import json
import locale
import os
import sys

LIBPAM = ctypes.CDLL("libpam.so.0")
LIBC = ctypes.CDLL(None)
LIBC.calloc.restype = LIBC.strdup.restype = ctypes.c_void_p
LIBC.calloc.argtypes = [ctypes.c_size_t, ctypes.c_size_t]
LIBC.strdup.argtypes = [ctypes.c_char_p]
PROMPT_OFF, PROMPT_ON = 1, 2
ITEMS = {"service": 1, "user": 2, "tty": 3, "rhost": 4, "ruser": 8}


class Message(ctypes.Structure):
    _fields_ = [("style", ctypes.c_int), ("text", ctypes.c_char_p)]


class Response(ctypes.Structure):
    _fields_ = [("text", ctypes.c_void_p), ("code", ctypes.c_int)]


CONVERSE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.POINTER(ctypes.POINTER(Message)),
                            ctypes.POINTER(ctypes.POINTER(Response)), ctypes.c_void_p)


class Conv(ctypes.Structure):
    _fields_ = [("function", CONVERSE), ("data", ctypes.c_void_p)]


def tell(**event: object) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def order() -> dict:
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    return json.loads(line)


def answered(message: Message) -> int | None:
    """The address of the answer, None where none was asked for."""
    text = (message.text or b"").decode("utf-8", "backslashreplace")
    if message.style in (PROMPT_OFF, PROMPT_ON):
        tell(ask=text, visible=message.style == PROMPT_ON)
        reply = order()
        return LIBC.strdup(reply["answer"].encode("utf-8", "surrogateescape")) if reply.get("answer") is not None else -1
    tell(say=text, style=message.style)
    return None


@CONVERSE
def converse(count, messages, responses, _):
    replies = ctypes.cast(LIBC.calloc(count, ctypes.sizeof(Response)), ctypes.POINTER(Response))
    for number in range(count):
        reply = answered(messages[number].contents)
        if reply == -1:
            return 19       # PAM_CONV_ERR
        replies[number].text = reply
    responses[0] = replies
    return 0


def write_user_login(uid: int, tty: str) -> int:
    audit = ctypes.CDLL("libaudit.so.1")
    fd = audit.audit_open()
    sent = audit.audit_log_user_message(fd, 1112, f"op=login id={uid}".encode(), None, None, tty.encode(), 1)
    audit.audit_close(fd)
    return 0 if sent > 0 else 1


def main() -> None:
    locale.setlocale(locale.LC_ALL, "")
    handle = ctypes.c_void_p()
    conv = Conv(converse, None)
    code = 0
    tell(ready=os.getpid())
    while True:
        told = order()
        if "start" in told:
            code = LIBPAM.pam_start(told["start"].encode(), told["user"].encode() if told["user"] is not None else None, ctypes.byref(conv), ctypes.byref(handle))
            for name, value in told.get("items", {}).items():
                LIBPAM.pam_set_item(handle, ITEMS[name], ctypes.c_char_p(value.encode("utf-8", "surrogateescape")))
            tell(done="start", code=code)
        elif "do" in told:
            names = {"open_session": "pam_open_session", "close_session": "pam_close_session", "setcred": "pam_setcred"}
            function = getattr(LIBPAM, names.get(told["do"], f"pam_{told['do']}"))
            code = function(handle, told.get("flags", 0))
            tell(done=told["do"], code=code)
        elif "item" in told:
            value = ctypes.c_char_p()
            code = LIBPAM.pam_get_item(handle, ITEMS[told["item"]], ctypes.byref(value))
            tell(done="item", code=code, value=value.value.decode() if value.value is not None else None)
        elif "loginuid" in told:
            with open("/proc/self/loginuid", "w") as file:
                file.write(str(told["loginuid"]))
            tell(done="loginuid", code=0)
        elif "userlogin" in told:
            tell(done="userlogin", code=write_user_login(told["userlogin"], told["tty"]))
        elif "end" in told:
            LIBPAM.pam_end(handle, code)
            tell(done="end", code=0)
            return


def alone(service: str, user: str, pin: str, file: str) -> None:
    """Without stdin and stdout: answers every prompt with the PIN and leaves the code in a file."""
    global tell, order
    tell = lambda **_: None                         # noqa: E731
    order = lambda: {"answer": pin}                 # noqa: E731
    handle = ctypes.c_void_p()
    conv = Conv(converse, None)
    code = LIBPAM.pam_start(service.encode(), user.encode(), ctypes.byref(conv), ctypes.byref(handle))
    code = code or LIBPAM.pam_authenticate(handle, 0)
    LIBPAM.pam_end(handle, code)
    with open(file, "w") as told:
        told.write(str(code))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        alone(*sys.argv[1:])
    else:
        main()
