#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The shipped settings of desktops, in the hands of the programs that read them: a user tries to have it otherwise.
Prints TAP. Each test needs its own programs and is skipped without them; /etc is private."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import Callable

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
USER = 48211
HOME = "/mnt/home"
IDLE = "/org/gnome/desktop/session/idle-delay"


class Skip(Exception):
    pass


def skip_all(why: str) -> None:
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def run(*command: str, **how: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=20,     # type: ignore
                          stdin=subprocess.DEVNULL, **how)


def must(*command: str) -> None:
    done = run(*command)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.stdout}{done.stderr}")


def needs(*programs: str) -> None:
    for program in programs:
        if not shutil.which(program):
            raise Skip(f"no {program}")


def enter() -> None:
    if os.geteuid() != 0:
        skip_all("needs root")
    if os.environ.get("JK_PRIVATE") != "yes":
        if run("unshare", "-m", "true").returncode != 0:
            skip_all("no mount namespace of its own")
        os.environ["JK_PRIVATE"] = "yes"
        os.execvp("unshare", ["unshare", "-m", "--propagation", "private", sys.executable, "-B", *sys.argv])
    os.umask(0o022)
    must("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", "/mnt")
    for name in ("upper", "work", "home", "run"):
        os.mkdir(f"/mnt/{name}")
    os.chown(HOME, USER, USER)
    os.chown("/mnt/run", USER, USER)
    os.chmod("/mnt/run", 0o700)
    if run("mount", "-t", "overlay", "-o", "lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work", "overlay",
           "/etc").returncode != 0:
        skip_all("no overlay file system")
    must("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", "/run")
    with open("/etc/passwd", "a", encoding="utf-8") as file:
        file.write(f"jk-user:x:{USER}:{USER}::{HOME}:/bin/sh\n")


def switch(name: str) -> None:
    must("cp", "-r", "--no-preserve=all", f"{ROOT}/conf/terminal/{name}/.", "/")


def user(*command: str, bus: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
    """A program of the user, in a session of its own."""
    known = {"HOME": HOME, "XDG_RUNTIME_DIR": "/mnt/run", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8",
             "XDG_CONFIG_DIRS": "/etc/xdg", "XDG_CURRENT_DESKTOP": "GNOME", "GSETTINGS_BACKEND": "dconf"}
    words = ("dbus-run-session", "--", *command) if bus else command
    return run(*words, user=USER, group=USER, extra_groups=[], cwd="/", env=known | environment)


# --- GNOME ------------------------------------------------------------------------------------------------------------

def gnome() -> None:
    needs("dconf", "gsettings", "dbus-run-session")
    shutil.rmtree(f"{HOME}/.config", ignore_errors=True)
    switch("gnome")
    must("dconf", "update")


def lengthen(**environment: str) -> tuple[int, str]:
    """What it is after the user has tried to have an hour."""
    done = user("sh", "-c", f"dconf write {IDLE} 'uint32 3600' >&2; echo $?; dconf read {IDLE}", **environment)
    status, value = done.stdout.split("\n", 1)
    return int(status), value.strip()


def test_gnome_idle_cannot_be_lengthened() -> None:
    gnome()
    assert lengthen() == (1, "uint32 300")


def test_gnome_without_locks() -> None:
    """The test above can fail."""
    gnome()
    os.unlink("/etc/dconf/db/jukinet.d/locks/00-terminal")
    must("dconf", "update")
    assert lengthen() == (0, "uint32 3600")
    gnome()
    assert lengthen() == (1, "uint32 300")


def test_gnome_by_gsettings() -> None:
    gnome()
    listed = run("gsettings", "list-schemas").stdout.split()
    if "org.gnome.desktop.session" not in listed:
        raise Skip("no schemas of GNOME")
    for schema, key in (("org.gnome.desktop.session", "idle-delay"), ("org.gnome.desktop.screensaver", "lock-enabled"),
                        ("org.gnome.desktop.screensaver", "lock-delay"),
                        ("org.gnome.desktop.lockdown", "disable-lock-screen"),
                        ("org.gnome.desktop.media-handling", "automount")):
        done = user("gsettings", "writable", schema, key)
        assert done.stdout.strip() == "false", (schema, key, done)
    done = user("gsettings", "set", "org.gnome.desktop.session", "idle-delay", "3600")
    assert done.returncode != 0 and "not writable" in done.stderr, done


def test_gnome_every_key_is_locked_and_known() -> None:
    """The list of locks is that of the keys; keys of schemas that are here exist."""
    gnome()
    group, keys = "", set()
    with open(f"{ROOT}/conf/terminal/gnome/etc/dconf/db/jukinet.d/00-terminal", encoding="utf-8") as file:
        for line in file.read().splitlines():
            if line.startswith("["):
                group = line[1:-1]
            elif "=" in line and not line.startswith("#"):
                keys.add(f"/{group}/{line.split('=')[0]}")
    with open(f"{ROOT}/conf/terminal/gnome/etc/dconf/db/jukinet.d/locks/00-terminal", encoding="utf-8") as file:
        locks = {line.strip() for line in file if line.startswith("/")}
    assert keys == locks, keys ^ locks
    known = set(run("gsettings", "list-schemas").stdout.split())
    for path in keys:
        schema, key = path[1:].rsplit("/", 1)
        schema = schema.replace("/", ".")
        if schema in known:
            assert run("gsettings", "range", schema, key).returncode == 0, path


def test_gnome_mandatory_profile() -> None:
    """DCONF_PROFILE of the user would get round it; the file that the page names does not let it."""
    gnome()
    with open(f"{HOME}/own", "w", encoding="utf-8") as file:
        file.write("user-db:user\n")
    assert lengthen(DCONF_PROFILE=f"{HOME}/own") == (0, "uint32 3600"), "the environment has no effect: say so"
    os.makedirs("/run/dconf/user")
    shutil.copy("/etc/dconf/profile/user", f"/run/dconf/user/{USER}")
    assert lengthen(DCONF_PROFILE=f"{HOME}/own") == (1, "uint32 300")


# --- KDE --------------------------------------------------------------------------------------------------------------

def test_kde_idle_cannot_be_lengthened() -> None:
    needs("kreadconfig5", "kwriteconfig5")
    switch("kde")

    def asked(key: str, value: str) -> str:
        where = ("--file", "kscreenlockerrc", "--group", "Daemon", "--key", key)
        user("kwriteconfig5", *where, value, bus=False)
        return user("kreadconfig5", *where, bus=False).stdout.strip()

    os.makedirs(f"{HOME}/.config", exist_ok=True)
    with open(f"{HOME}/.config/kscreenlockerrc", "w", encoding="utf-8") as file:
        file.write("[Daemon]\nTimeout=60\nAutolock=false\n")
    shutil.chown(f"{HOME}/.config", USER, USER)
    shutil.chown(f"{HOME}/.config/kscreenlockerrc", USER, USER)
    assert asked("Timeout", "90") == "5"
    assert asked("Autolock", "false") == "true"
    assert asked("LockGrace", "300000") == "0"
    assert asked("Else", "1") == "", "the group is not closed"
    with open("/etc/xdg/kscreenlockerrc", "r+", encoding="utf-8") as file:
        text = file.read().replace("[$i]", "")
        file.seek(0)
        file.truncate()
        file.write(text)
    assert asked("Timeout", "90") == "90", "the test can fail"


# --- Xfce -------------------------------------------------------------------------------------------------------------

def xfconf(channel: str, path: str, kind: str, value: str) -> str:
    done = user("sh", "-c", f"xfconf-query -c {channel} -p {path} -n -t {kind} -s {value} >&2; "
                f"xfconf-query -c {channel} -p {path}")
    return done.stdout.strip()


def test_xfce_idle_cannot_be_lengthened() -> None:
    needs("xfconf-query", "dbus-run-session")
    switch("xfce")
    delay = "/saver/idle-activation/delay"
    assert xfconf("xfce4-screensaver", delay, "int", "60") == "5"
    assert xfconf("xfce4-screensaver", "/lock/enabled", "bool", "false") == "true"
    presentation = "/xfce4-power-manager/presentation-mode"
    assert xfconf("xfce4-power-manager", presentation, "bool", "true") == "false"
    path = "/etc/xdg/xfce4/xfconf/xfce-perchannel-xml/xfce4-screensaver.xml"
    with open(path, "r+", encoding="utf-8") as file:
        text = file.read().replace(' locked="*" unlocked="root"', "")
        file.seek(0)
        file.truncate()
        file.write(text)
    assert xfconf("xfce4-screensaver", delay, "int", "60") == "60", "the test can fail"


# --- X11, sway --------------------------------------------------------------------------------------------------------

X11 = """
Xvfb $DISPLAY -screen 0 64x64x24 -nolisten tcp -noreset &
tries=0
until xset q >/dev/null 2>&1; do tries=$((tries + 1)); [ $tries -lt 50 ] || exit 1; sleep 0.1; done
sh -ec '. /etc/X11/Xsession.d/90jukinet-lock; echo goes on'
xset q | grep timeout:
sleep 0.3
ps -e -o args= | grep '^xss-lock'
"""


def x11(display: str, **environment: str) -> str:
    """In a namespace of processes that end with it. /tmp is where X11 has its socket."""
    words = ("unshare", "-p", "-f", "--kill-child", "--mount-proc", "setpriv", f"--reuid={USER}", f"--regid={USER}",
             "--clear-groups", "env", "-i", f"HOME={HOME}", "PATH=/usr/bin:/bin", f"DISPLAY={display}",
             *(f"{name}={value}" for name, value in environment.items()), "sh", "-c", X11)
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                          text=True, check=False, timeout=20)
    return done.stdout


def test_x11_watches() -> None:
    """That the watcher runs; it needs logind to do its work."""
    needs("Xvfb", "xset", "xss-lock", "unshare", "setpriv")
    switch("x11")
    must("mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", "/tmp")
    try:
        said = x11(":97")
        assert said.startswith("goes on\n") and "timeout:  300" in said and "-- i3lock --nofork" in said, said
        said = x11(":98", XDG_CURRENT_DESKTOP="XFCE")
        assert said.startswith("goes on\n") and "timeout:  300" not in said and "xss-lock" not in said, said
    finally:
        must("umount", "-l", "/tmp")


def test_x11_without_its_programs() -> None:
    """Debian's Xsession runs under "set -e": a login must not end here."""
    switch("x11")
    done = user("/bin/sh", "-ec", ". /etc/X11/Xsession.d/90jukinet-lock; echo goes on", bus=False, PATH="/nowhere")
    assert done.stdout == "goes on\n", done


def test_sway_reads_it() -> None:
    needs("sway")
    if not os.path.exists("/etc/sway/config"):
        raise Skip("no /etc/sway/config")

    def told() -> list[str]:
        done = user("sway", "-C", "-c", "/etc/sway/config", bus=False, WLR_BACKENDS="headless",
                    WLR_LIBINPUT_NO_DEVICES="1")
        return [line.split("] ", 1)[1] for line in done.stderr.splitlines() if "] [sway/" in line]

    before = told()
    switch("sway")
    assert told() == before, set(told()) - set(before)
    with open("/etc/sway/config.d/jukinet.conf", "a", encoding="utf-8") as file:
        file.write("bindsym\n")
    assert told() != before, "the test can fail"


# --- the bus ----------------------------------------------------------------------------------------------------------

def call(name: str) -> str:
    """The bus's answer to a call, asked of the bus itself: it knows none of them."""
    done = user("dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus", name)
    return done.stderr.strip().splitlines()[-1]


def test_bus_refuses() -> None:
    needs("dbus-send", "dbus-run-session")
    asked = ("org.freedesktop.portal.Screenshot.Screenshot", "org.freedesktop.portal.ScreenCast.CreateSession",
             "org.gnome.Shell.Screenshot.Screenshot", "org.kde.KWin.ScreenShot2.CaptureWorkspace",
             "org.freedesktop.ScreenSaver.Inhibit", "org.gnome.SessionManager.Inhibit",
             "org.freedesktop.portal.Inhibit.Inhibit")
    for name in asked:
        assert "AccessDenied" not in call(name), f"{name} is refused anyway"
    switch("screen")
    switch("idle")
    for name in asked:
        assert "AccessDenied" in call(name), (name, call(name))
    for name in ("org.freedesktop.portal.FileChooser.OpenFile", "org.freedesktop.ScreenSaver.Lock",
                 "org.gnome.SessionManager.Logout"):
        assert "AccessDenied" not in call(name), f"{name} is refused too"


# --- media ------------------------------------------------------------------------------------------------------------

def test_modprobe_refuses() -> None:
    needs("modprobe")
    switch("media")
    for name in ("usb-storage", "uas", "sr_mod"):
        done = run("modprobe", "--showconfig")
        assert f"install {name.replace('-', '_')} /bin/false" in done.stdout, done.stdout[-2000:]


def test_udev_rules() -> None:
    needs("udevadm")
    if run("udevadm", "verify", "--help").returncode != 0:
        raise Skip("udevadm cannot verify")
    must("udevadm", "verify", f"{ROOT}/conf/terminal/media/etc/udev/rules.d/70-jukinet-media.rules")


def test_usbguard_rules() -> None:
    needs("usbguard-rule-parser")
    must("usbguard-rule-parser", "-f", f"{ROOT}/conf/terminal/usbguard/etc/usbguard/rules.d/50-jukinet.conf")


def main() -> int:
    enter()
    tests: list[tuple[str, Callable[[], object]]] = [
        (name, value) for name, value in list(globals().items()) if name.startswith("test_")]
    print(f"1..{len(tests)}")
    failed = 0
    for number, (name, test) in enumerate(tests, 1):
        try:
            test()
            print(f"ok {number} - {name}")
        except Skip as why:
            print(f"ok {number} - {name} # SKIP {why}")
        except Exception as fault:      # each says how it failed
            failed = 1
            print(f"not ok {number} - {name}")
            for line in f"{type(fault).__name__}: {fault}".splitlines():
                print(f"# {line}")
        sys.stdout.flush()
    return failed


if __name__ == "__main__":
    sys.exit(main())
