# SPDX-License-Identifier: BSD-2-Clause
"""Somebody who sends signals in logind's and the bus's name to whoever runs as a user. Arguments: the uid, the id of a
session and the last part of its path."""

import ctypes
import json
import subprocess
import sys

BUS, LOGIN = "org.freedesktop.DBus", "org.freedesktop.login1"
AT = "/org/freedesktop/login1"
uid, ident, path = int(sys.argv[1]), sys.argv[2].encode(), f"{AT}/session/{sys.argv[3]}"
sd = ctypes.CDLL("libsystemd.so.0")


def ask(*words):
    said = subprocess.run(["busctl", "--json=short", "call", BUS, "/org/freedesktop/DBus", BUS, *words],
                          capture_output=True, text=True, check=False)
    return json.loads(said.stdout)["data"][0] if said.returncode == 0 else None


def send(to, place, interface, member, types, *values):
    made = ctypes.c_void_p()
    assert sd.sd_bus_message_new_signal(bus, ctypes.byref(made), place.encode(), interface.encode(), member.encode()) >= 0
    assert sd.sd_bus_message_append(made, types, *values) >= 0
    assert sd.sd_bus_message_set_destination(made, to.encode()) >= 0
    assert sd.sd_bus_send(bus, made, None) >= 0 and sd.sd_bus_flush(bus) >= 0


bus = ctypes.c_void_p()
assert sd.sd_bus_open_system(ctypes.byref(bus)) >= 0
found = [name for name in ask("ListNames") if name[0] == ":" and ask("GetConnectionUnixUser", "s", name) == uid]
assert found
for name in found:
    send(name, AT, f"{LOGIN}.Manager", "PrepareForSleep", b"b", ctypes.c_int(1))
    send(name, AT, f"{LOGIN}.Manager", "UserRemoved", b"uo", ctypes.c_uint32(uid), AT.encode())
    send(name, path, f"{LOGIN}.Session", "Unlock", b"")
    send(name, "/org/freedesktop/DBus", BUS, "NameOwnerChanged", b"sss", LOGIN.encode(), b":1.1", b"")
    send(name, AT, f"{LOGIN}.Manager", "SessionRemoved", b"so", ident, path.encode())
