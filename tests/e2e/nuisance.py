# SPDX-License-Identifier: BSD-2-Clause
"""Somebody who does in his own session of logind whatever may keep others from locking or ending it. Arguments: what.

type: it is of no type that has a screen. lock: it is asked to lock, all the time. idle: it changes, all the time.
flood: logind is asked what it has to ask polkit about, more than it can answer, over four connections."""

import ctypes
import os
import sys
import time

LOGIN = b"org.freedesktop.login1"
sd = ctypes.CDLL("libsystemd.so.0")


def message(bus, member, types, value):
    made = ctypes.c_void_p()
    assert sd.sd_bus_message_new_method_call(bus, ctypes.byref(made), LOGIN, b"/org/freedesktop/login1/session/self",
                                             LOGIN + b".Session", member) >= 0
    if types:
        assert sd.sd_bus_message_append(made, types, value) >= 0
    return made


def call(bus, member, types=None, value=None):
    made = message(bus, member, types, value)
    assert sd.sd_bus_call(bus, made, ctypes.c_uint64(0), None, None) >= 0, member
    sd.sd_bus_message_unref(made)


def send(bus, member, types=None, value=None):
    made = message(bus, member, types, value)
    sd.sd_bus_message_set_expect_reply(made, 0)
    assert sd.sd_bus_send(bus, made, None) >= 0, member
    sd.sd_bus_message_unref(made)


def flood(bus):
    while True:
        made = ctypes.c_void_p()
        assert sd.sd_bus_message_new_method_call(bus, ctypes.byref(made), LOGIN, b"/org/freedesktop/login1",
                                                 LOGIN + b".Manager", b"CanPowerOff") >= 0
        sd.sd_bus_message_set_expect_reply(made, 0)
        if sd.sd_bus_send(bus, made, None) < 0:
            time.sleep(0.001)
            sd.sd_bus_flush(bus)
        sd.sd_bus_message_unref(made)


if "flood" in sys.argv:
    os.fork(), os.fork()
bus = ctypes.c_void_p()
assert sd.sd_bus_open_system(ctypes.byref(bus)) >= 0
if "flood" in sys.argv:
    call(bus, b"SetIdleHint", b"b", ctypes.c_int(0))
    print("begun", flush=True)
    flood(bus)
if "type" in sys.argv:
    call(bus, b"TakeControl", b"b", ctypes.c_int(0))
    call(bus, b"SetType", b"s", b"unspecified")
print("begun", flush=True)
turn = 0
while True:
    if "lock" in sys.argv and turn % 512 == 0:
        send(bus, b"Lock")
    if "idle" in sys.argv:
        send(bus, b"SetIdleHint", b"b", ctypes.c_int(turn & 1))
    turn += 1
    if "idle" not in sys.argv:
        time.sleep(0.001)
    if turn % 1024 == 0:        # logind shall still be there for the next test
        call(bus, b"SetIdleHint", b"b", ctypes.c_int(0))
