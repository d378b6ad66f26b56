#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""jukinetctl doctor on a terminal that is as it should be, and with each thing wrong in turn. Prints TAP.

The terminal lies in a mount namespace of its own: /etc, /run, /var/lib and /dev are new, /usr lies over the machine's.
What is not a file is real where it can be: sockets that listen, the kernel's clock and audit (whose state is asked by
other means), a snapshot that the product has built. Only auditd is a program of that name, because the kernel has one
for the whole machine."""

from __future__ import annotations

import contextlib
import ctypes
import grp
import json
import os
import pwd
import re
import shutil
import socket
import stat
import subprocess
import sys
from typing import Callable, Iterator

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.realpath(sys.argv[1])
CTL = f"{BUILD}/tools/ctl/jukinetctl"
SWITCHES = ("gnome", "kde", "xfce", "sway", "x11", "idle", "screen", "media")
# What the machine itself decides; asked for by itself below.
MACHINE = {"audit.kernel", "clock"}
LOCKERS = ("i3lock", "swaylock", "xscreensaver", "xsecurelock", "xfce4-screensaver", "mate-screensaver",
           "cinnamon-screensaver", "vlock", "physlock")
SOCKETS: list[socket.socket] = []


def skip_all(why: str) -> None:
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def run(*command: str, **how: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, **how)  # type: ignore[call-overload]


def must(*command: str) -> None:
    done = run(*command)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.stdout}{done.stderr}")


def write(path: str, text: str, mode: int = 0o644) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


# --- the terminal -----------------------------------------------------------------------------------------------------

def enter() -> None:
    if os.geteuid() != 0:
        skip_all("needs root")
    if os.environ.get("JK_PRIVATE") != "yes":
        if run("unshare", "-m", "true").returncode != 0:
            skip_all("no mount namespace of its own")
        os.environ["JK_PRIVATE"] = "yes"
        os.execvp("unshare", ["unshare", "-m", "--propagation", "private", sys.executable, "-B", *sys.argv])
    os.umask(0o022)
    os.environ.pop("SUDO_UID", None)
    os.environ["LC_ALL"] = "C.UTF-8"
    kept = {name: read(f"/etc/{name}") for name in ("ld.so.conf",) if os.path.exists(f"/etc/{name}")}
    cache = "/etc/ld.so.cache"
    with open(cache, "rb") as file:
        libraries = file.read()
    must("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", "/mnt")
    for name in ("upper", "work"):
        os.mkdir(f"/mnt/{name}")
    if run("mount", "-t", "overlay", "-o", "lowerdir=/usr,upperdir=/mnt/upper,workdir=/mnt/work", "overlay",
           "/usr").returncode != 0:
        skip_all("no overlay file system")
    for place in ("/etc", "/run", "/var/lib", "/var/spool", "/dev"):
        must("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", place)
    for number, name in ((3, "null"), (5, "zero"), (8, "random"), (9, "urandom")):
        os.mknod(f"/dev/{name}", 0o666 | stat.S_IFCHR, os.makedev(1, number))
        os.chmod(f"/dev/{name}", 0o666)
    for name, text in kept.items():
        write(f"/etc/{name}", text)
    with open(cache, "wb") as file:
        file.write(libraries)


def make_accounts() -> None:
    write("/etc/nsswitch.conf", "passwd: files\ngroup: files\n")
    write("/etc/passwd", "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"
          "_jukinet:x:901:901::/:/bin/false\n_jukinet-card:x:902:902::/:/bin/false\n"
          "_jukinet-witness:x:903:903::/:/bin/false\n_jukinet-monitor:x:904:904::/:/bin/false\n"
          "hanako:x:1001:1001::/home/hanako:/bin/sh\nmadoguchi:x:1003:1003::/mnt/home/madoguchi:/bin/sh\nkeeper:x:1002:1002::/home/keeper:/bin/sh\n")
    write("/etc/group", "root:x:0:\nadm:x:4:\nsudo:x:27:keeper\ndisk:x:6:\nnogroup:x:65534:\n_jukinet:x:901:\n"
          "_jukinet-card:x:902:\n_jukinet-witness:x:903:\n_jukinet-monitor:x:904:\njukinet-officers:x:905:hanako\n"
          "jukinet-remote:x:906:\n"
          "hanako:x:1001:\nkeeper:x:1002:\n")


def listen(path: str, owner: str, group: str, mode: int, backlog: int | None = 8) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.bind(path)
    if backlog is not None:
        s.listen(backlog)
    os.chown(path, pwd.getpwnam(owner).pw_uid, grp.getgrnam(group).gr_gid)
    os.chmod(path, mode)
    SOCKETS.append(s)


def make_services() -> None:
    for path, owner, mode in (("/run/jukinet", "root", 0o755), ("/run/jukinet/state", "_jukinet", 0o700),
                              ("/run/jukinet/monitor", "_jukinet-monitor", 0o755),
                              ("/var/lib/jukinet", "_jukinet", 0o700), ("/var/lib/jukinet-registry", "root", 0o755)):
        os.makedirs(path)
        shutil.chown(path, owner, owner)
        os.chmod(path, mode)
    listen("/run/jukinet/jukinet.sock", "root", "root", 0o666)
    listen("/run/jukinet/card.sock", "_jukinet", "_jukinet", 0o600)
    listen("/run/jukinet/witness.sock", "_jukinet", "_jukinet", 0o600)
    listen("/run/pcscd/pcscd.comm", "root", "_jukinet-card", 0o660)
    os.makedirs("/run/systemd/system")
    for link in ("sockets.target.wants/jukinetd.socket", "sockets.target.wants/jukinet-card.socket",
                 "sockets.target.wants/jukinet-witness.socket", "multi-user.target.wants/jukinetd.service",
                 "multi-user.target.wants/jukinet-monitor.service",
                 "multi-user.target.wants/jukinet-registry.service", "multi-user.target.wants/jukinet-registry.path",
                 "timers.target.wants/jukinet-registry.timer"):
        os.makedirs(f"/etc/systemd/system/{os.path.dirname(link)}", exist_ok=True)
        os.symlink("/lib/systemd/system/x", f"/etc/systemd/system/{link}")


def make_stacks() -> None:
    for name in ("login", "su", "jukinet-unlock", "vlock", "physlock"):
        write(f"/etc/pam.d/{name}", read(f"{ROOT}/conf/pam.d/{name}"))
    for name in LOCKERS:        # whatever this machine has
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"/usr/bin/{name}")
    for name in ("i3lock", "vlock"):
        write(f"/usr/bin/{name}", "", 0o755)
    write("/etc/pam.d/other", "@include common-auth\n")
    for name in ("i3lock", "swaylock"):
        write(f"/etc/pam.d/{name}", "@include jukinet-unlock\n")
    write("/etc/pam.d/common-auth", "auth [success=1 default=ignore] pam_unix.so nullok\n"
          "auth requisite pam_deny.so\nauth required pam_permit.so\n")
    write("/etc/pam.d/lightdm", "auth requisite pam_nologin.so\nauth required pam_jukinet.so\n"
          "session required pam_jukinet.so\n")
    write("/etc/pam.d/lightdm-autologin", "auth requisite pam_deny.so\n@include common-auth\n")


def make_registry() -> None:
    write("/usr/share/jukinet/policy.conf", read(f"{ROOT}/conf/policy.conf"))
    write("/etc/jukinet/jukinet.conf", "[terminal]\nid = t-1\n")
    write("/etc/jukinet/registry.d/all.conf",
          "[department shimin]\nname = 住民生活課\n[person p0123]\nname = 住基 花子\ndepartment = shimin\n"
          "valid-from = 2020-01-01\nvalid-until = 2099-01-01\n[account hanako]\nperson = p0123\n"
          "[person p0124]\nname = 鈴木太郎\ndepartment = shimin\nvalid-from = 2020-01-01\nvalid-until = 2099-01-01\n"
          "[account madoguchi]\nperson = p0123\nperson = p0124\n"
          "[terminal t-1]\nclass = integrated-terminal\ndepartment = shimin\n")
    must(CTL, "registry", "build")


def make_home() -> None:
    """As doctor says it has to be done."""
    os.makedirs(COUNTER_HOME, 0o700)
    write(THROW_AWAY, read(f"{ROOT}/packaging/systemd/jukinet-home.conf"))


def make_audit() -> subprocess.Popen[bytes]:
    write("/etc/audit/auditd.conf", "log_file = /var/log/audit/audit.log\nlog_group = adm\n", 0o640)
    shutil.copy("/bin/sleep", "/run/auditd")
    auditd = subprocess.Popen(["/run/auditd", "120"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    write("/run/auditd.pid", f"{auditd.pid}\n")
    return auditd


def make_desktops() -> None:
    for place in ("/usr/share/xsessions", "/usr/share/wayland-sessions", "/usr/local/share/xsessions",
                  "/usr/local/share/wayland-sessions"):
        shutil.rmtree(place, ignore_errors=True)
        os.makedirs(place)
    for path, text in {
            "xsessions/gnome-xorg": "Exec=gnome-session\nDesktopNames=GNOME", "xsessions/plasmax11": "Exec=startplasma",
            "xsessions/xfce": "Exec=startxfce4\nDesktopNames=XFCE", "xsessions/i3": "Exec=i3",
            "wayland-sessions/gnome": "Exec=gnome-session\nDesktopNames=GNOME",
            "wayland-sessions/sway": "Exec=sway --config /etc/sway/config",
            "wayland-sessions/hyprland": "Exec=Hyprland\nHidden=true"}.items():
        write(f"/usr/share/{path}.desktop", f"[Desktop Entry]\nName=x\n{text}\n")
    for name in ("swayidle", "swaylock", "xss-lock", "xset"):
        write(f"/usr/bin/{name}", "", 0o755)
    # Whatever this machine has.
    for name in re.findall(r'"([a-z0-9-]+)"', re.search(r"takers\[\].*?NULL.*?keepers\[\].*?NULL",     # type: ignore
                                                        read(f"{ROOT}/tools/ctl/doctorscreen.c"), re.S)[0]):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"/usr/bin/{name}")


def make_switches() -> None:
    """As doctor says it has to be done."""
    shutil.copytree(f"{ROOT}/conf/terminal", "/usr/share/jukinet/terminal")
    for name in SWITCHES:
        must("cp", "-r", "--no-preserve=all", f"/usr/share/jukinet/terminal/{name}/.", "/")
    if run("dconf", "update").returncode != 0 or not os.path.exists("/etc/dconf/db/jukinet"):
        write("/etc/dconf/db/jukinet", "")
    write("/etc/audit/audit.rules", read("/etc/audit/rules.d/50-jukinet-media.rules"), 0o640)
    write("/etc/cups/printers.conf", "<DefaultPrinter counter>\nState Idle\n</DefaultPrinter>\n<Printer other>\n"
          "DenyUser all\n</Printer>\n", 0o600)
    write("/etc/sudoers", "Defaults env_reset\nroot ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL:ALL) ALL\n"
          "@includedir /etc/sudoers.d\n", 0o440)
    write("/etc/sudoers.d/jukinet-officers", read(f"{ROOT}/conf/sudoers.d/jukinet-officers"), 0o440)
    for name in ("crontab", "at"):
        write(f"/usr/bin/{name}", "", 0o755)
    write("/etc/cron.allow", "root\nhanako2\n")
    write("/etc/at.allow", "")
    write("/run/modules", "ext4 1 0 - Live 0x0\n")
    if os.path.exists("/proc/modules"):
        must("mount", "--bind", "/run/modules", "/proc/modules")


# --- asking -----------------------------------------------------------------------------------------------------------

def doctor(*words: str, **how: object) -> tuple[dict[str, dict[str, str]], int]:
    done = run(CTL, "doctor", "--json", *words, **how)
    assert done.stderr == "", done.stderr
    return {item["id"]: item for item in json.loads(done.stdout)}, done.returncode


def results(items: dict[str, dict[str, str]], result: str) -> set[str]:
    return {name for name, item in items.items() if item["result"] == result} - MACHINE


@contextlib.contextmanager
def changed(path: str, change: object) -> Iterator[None]:
    """A mode, another text, a piece of text for another (old, new), or None: away with it. Times stay."""
    before = os.lstat(path) if os.path.lexists(path) else None
    mode = stat.S_IMODE(before.st_mode) if before else 0o755 if "/bin/" in path else 0o644
    kept = os.path.join(os.path.dirname(path), f".kept-{os.path.basename(path)}")
    if isinstance(change, int):
        os.chmod(path, change)
        yield
        os.chmod(path, mode)
        return
    if before:
        os.rename(path, kept)
    try:
        if isinstance(change, tuple):
            old, new = change
            text = read(kept)
            assert old in text, f"{old} is not in {path}"
            write(path, text.replace(old, new), mode)
        elif isinstance(change, str):
            write(path, change, mode)
        elif callable(change):
            change(path)
        if before and os.path.isfile(path) and not callable(change):
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        yield
    finally:
        if os.path.lexists(path):
            os.unlink(path)
        if before:
            os.rename(kept, path)


def disk(path: str) -> None:
    os.mknod(path, 0o666 | stat.S_IFBLK, os.makedev(8, 240))
    os.chmod(path, 0o666)


COUNTER_HOME = "/mnt/home/madoguchi"
THROW_AWAY = "/etc/systemd/system/user@1003.service.d/jukinet-home.conf"
DCONF = "/etc/dconf/db/jukinet.d/00-terminal"
LOCKS = "/etc/dconf/db/jukinet.d/locks/00-terminal"
XFCONF = "/etc/xdg/xfce4/xfconf/xfce-perchannel-xml"
LOGIN = "auth     [success=done default=die] pam_jukinet.so\n"
FAMILY = "idle.gnome screen.gnome media.gnome"
# What is wrong then, where, and how it is done.
WRONG: list[tuple[str, str, object]] = [
    ("service.users", "/etc/passwd", ("_jukinet-witness:", "witness:")),
    ("service.units", "/etc/systemd/system/timers.target.wants/jukinet-registry.timer", None),
    ("service.run", "/run/jukinet", 0o777),
    ("service.state", "/run/jukinet/state", 0o755),
    ("service.lasting", "/var/lib/jukinet", None),
    ("service.monitor", "/run/jukinet/monitor", 0o777),
    ("socket.jukinetd", "/run/jukinet/jukinet.sock", None),
    ("socket.card", "/run/jukinet/card.sock", 0o666),
    ("socket.witness", "/run/jukinet/witness.sock", 0o660),
    ("socket.pcscd", "/run/pcscd/pcscd.comm", 0o666),
    ("socket.pcscd", "/run/pcscd/pcscd.comm", None),
    ("pam.login pam.root", "/etc/pam.d/login", (LOGIN, "")),
    ("pam.login pam.root", "/etc/pam.d/login", (LOGIN, f"auth sufficient pam_unix.so\n{LOGIN}")),
    ("pam.login pam.root", "/etc/pam.d/login", (LOGIN, f"auth [success=1 default=ignore] pam_unix.so\n{LOGIN}")),
    # A password and the card: nobody is let past, but root's jumps have become too short.
    ("pam.root", "/etc/pam.d/login", (LOGIN, f"@include common-auth\n{LOGIN}")),
    ("pam.login", "/etc/pam.d/login", (LOGIN, "auth optional pam_jukinet.so\n")),
    ("pam.login", "/etc/pam.d/login",
     (LOGIN, "auth [success=done authinfo_unavail=ignore default=die] pam_jukinet.so\n")),
    ("pam.su", "/etc/pam.d/su", ("uid < 1000", "uid < 10000")),
    ("pam.vlock", "/etc/pam.d/vlock", ("quiet uid = 0", "quiet uid = 1001")),
    ("pam.vlock", "/etc/pam.d/vlock", None),
    ("pam.xsecurelock", "/usr/bin/xsecurelock", ""),
    ("pam.physlock", "/etc/pam.d/physlock", ("quiet uid = 0", "quiet user = hanako")),
    ("pam.login pam.root", "/etc/pam.d/login", 0o666),
    ("pam.login", "/etc/pam.d/login", ("session  required   pam_jukinet.so\n", "")),
    ("pam.login pam.root", "/etc/pam.d/login", ("uid = 0 tty", "uid = 1001 tty")),
    ("pam.su", "/etc/pam.d/su", None),
    ("pam.i3lock", "/etc/pam.d/i3lock", "@include common-auth\n"),
    ("pam.i3lock pam.swaylock", "/etc/pam.d/jukinet-unlock", ("auth     required", "auth sufficient")),
    ("pam.lightdm", "/etc/pam.d/lightdm", ("session required pam_jukinet.so\n", "")),
    ("pam.lightdm-autologin", "/etc/pam.d/lightdm-autologin", "auth required pam_permit.so\n"),
    ("pam.kde", "/etc/pam.d/kde", "auth required pam_unix.so\n"),
    ("audit.auditd", "/run/auditd.pid", None),
    ("audit.auditd", "/run/auditd.pid", f"{os.getpid()}\n"),
    ("audit.log", "/etc/audit/auditd.conf", ("= adm", "= root")),
    ("idle.sessions", "/usr/share/wayland-sessions/hyprland.desktop", ("Hidden=true", "")),
    ("idle.gnome", DCONF, ("uint32 300", "uint32 301")),
    ("idle.gnome", DCONF, ("uint32 300", "uint32 0")),
    ("idle.gnome", DCONF, ("lock-enabled=true", "lock-enabled=false")),
    ("idle.gnome", DCONF, ("lock-delay=uint32 0", "lock-delay=uint32 9")),
    ("idle.gnome", LOCKS, ("/org/gnome/desktop/session/idle-delay\n", "")),
    ("idle.gnome", "/etc/dconf/db/jukinet.d/locks/00-terminal", ("session/idle-delay", "session/idle-delayed")),
    (FAMILY, "/etc/dconf/profile/user", ("system-db:jukinet", "system-db:local")),
    (FAMILY, "/etc/dconf/db/jukinet", None),
    (FAMILY, DCONF, lambda path: write(path, read(f"{ROOT}/conf/terminal/gnome{path}"))),
    (FAMILY, DCONF, 0o666),
    ("idle.kde", "/etc/xdg/kscreenlockerrc", ("Timeout=5", "Timeout=6")),
    ("idle.kde", "/etc/xdg/kscreenlockerrc", ("Timeout=5\n", "")),
    ("idle.kde", "/etc/xdg/kscreenlockerrc", ("[Daemon][$i]", "[Daemon]")),
    ("idle.xfce", f"{XFCONF}/xfce4-screensaver.xml", ('name="delay" type="int" value="5"',
                                                      'name="delay" type="int" value="50"')),
    ("idle.xfce", f"{XFCONF}/xfce4-screensaver.xml", (' locked="*" unlocked="root"', "")),
    ("idle.xfce", f"{XFCONF}/xfce4-power-manager.xml", None),
    ("idle.sway", "/etc/sway/config.d/jukinet.conf", ("timeout 300", "timeout 900")),
    ("idle.sway", "/etc/sway/config.d/jukinet.conf", ("exec swayidle", "# exec swayidle")),
    ("idle.sway", "/etc/sway/config.d/jukinet.conf", ("before-sleep", "unlock true before-sleep")),
    ("idle.sway", "/usr/bin/swaylock", None),
    ("idle.sway-start", "/usr/share/wayland-sessions/sway.desktop", ("sway --config /etc/sway/config", "sway")),
    ("idle.x11", "/etc/X11/Xsession.d/90jukinet-lock", None),
    ("idle.x11", "/etc/X11/Xsession.d/90jukinet-lock", ("xset s 300", "xset s 3000")),
    ("idle.x11", "/usr/bin/xss-lock", None),
    ("idle.inhibit", "/etc/dbus-1/session.d/jukinet-idle.conf", ('context="mandatory"', 'context="default"')),
    ("screen.gnome", DCONF, ("screenshot=@as []", "screenshot=['Print']")),
    ("screen.gnome", LOCKS, ("/org/gnome/desktop/lockdown/disable-save-to-disk\n", "")),
    ("screen.kde", "/etc/xdg/kglobalshortcutsrc", ("_launch=none", "_launch=Print")),
    ("screen.kde", "/etc/xdg/klipperrc", None),
    ("screen.bus", "/etc/dbus-1/session.d/jukinet-screen.conf",
     ('<deny send_interface="org.gnome.Shell.Screenshot"/>',
      '<!-- <deny send_interface="org.gnome.Shell.Screenshot"/> -->')),
    ("screen.programs", "/usr/bin/scrot", ""),
    ("screen.clipboard", "/usr/bin/copyq", ""),
    ("print.queues", "/etc/cups/printers.conf", ("DenyUser all\n", "")),
    ("print.browsed", "/etc/systemd/system/multi-user.target.wants/cups-browsed.service", ""),
    ("media.drivers", "/etc/modprobe.d/jukinet-media.conf", ("install uas", "#install uas")),
    ("media.udev", "/etc/udev/rules.d/70-jukinet-media.rules", ('authorized}="0"', 'authorized}="1"')),
    ("media.record", "/etc/audit/audit.rules", ("key=jukinet-media", "key=other")),
    ("media.gnome", DCONF, ("automount=false", "automount=true")),
    ("account.groups", "/etc/group", ("disk:x:6:", "disk:x:6:hanako")),
    ("account.groups", "/etc/group", ("jukinet-remote:x:906:", "jukinet-remote:x:906:hanako")),
    ("account.jobs", "/etc/cron.allow", None),
    ("account.jobs", "/etc/cron.allow", "root\nhanako \n"),
    ("account.jobs", "/etc/at.allow", None),
    ("account.jobs", "/var/spool/cron/crontabs/hanako", "@hourly true\n"),
    ("account.jobs", "/var/lib/systemd/linger/hanako", ""),
    ("account.home", COUNTER_HOME, 0o755),
    ("account.home", COUNTER_HOME, 0o770),
    ("account.home", COUNTER_HOME, None),
    ("account.home", THROW_AWAY, None),
    ("account.home", THROW_AWAY, ("ExecStartPre", "#ExecStartPre")),
    ("account.sudoers", "/etc/sudoers.d/local", "hanako ALL=(ALL) NOPASSWD: ALL\n"),
    ("account.sudoers", "/etc/sudoers.d/local", "#1001 ALL=(ALL) ALL\n"),
    ("account.sudoers", "/etc/sudoers.d/local", "root , hanako ALL=(ALL) ALL\n"),
    ("account.sudoers", "/etc/sudoers.d/local", "@include /srv/sudoers\n"),
    ("account.sudoers", "/etc/sudoers.d/jukinet-officers", ("%jukinet-officers ALL", "%users ALL")),
    ("account.devices", "/dev/sdz", disk),
]


# --- tests ------------------------------------------------------------------------------------------------------------

def test_a_good_terminal() -> None:
    items, status = doctor()
    assert not results(items, "ng"), {name: items[name]["text"] for name in results(items, "ng")}
    assert not results(items, "unknown"), results(items, "unknown")
    assert status == (1 if any(items[name]["result"] == "ng" for name in MACHINE) else 0), status


def test_each_thing_wrong_in_turn() -> None:
    """Exactly that is not good, and what to do is said."""
    faults = []
    for names, path, change in WRONG:
        with changed(path, change):
            items, status = doctor()
        bad = results(items, "ng")
        if bad != set(names.split()) or status != 1:
            faults.append(f"{names} by {path}: {bad ^ set(names.split())}, {status}: "
                          f"{[items[name]['text'] for name in bad]}")
        faults += [f"{name}: nothing to do" for name in bad if not items[name]["next"] + items[name]["run"]]
    assert not faults, "\n".join(faults)
    test_a_good_terminal()


def test_every_item_was_wrong_once() -> None:
    never = set(doctor()[0]) - {name for names, _, _ in WRONG for name in names.split()} - MACHINE
    assert never == {"service.proc", "snapshot.age", "snapshot.terminal", "audit.recording"}, never


def rebuild(conf: str, *words: str) -> None:
    write("/etc/jukinet/jukinet.conf", f"[terminal]\nid = t-1\n{conf}")
    must(*words, CTL, "registry", "build")


def test_snapshot() -> None:
    rebuild("[audit]\nrecording = kernel\n")
    assert results(doctor()[0], "ng") == {"audit.recording"}
    write("/etc/jukinet/jukinet.conf", "[terminal]\nid = t-1\n")
    text = read("/etc/jukinet/registry.d/all.conf")
    write("/etc/jukinet/registry.d/all.conf", text.replace("[terminal t-1]\n", "[terminal t-1]\nstate = revoked\n"))
    must(CTL, "registry", "build")
    assert results(doctor()[0], "ng") == {"snapshot.terminal"}
    write("/etc/jukinet/registry.d/all.conf", text)
    os.unlink("/var/lib/jukinet-registry/snapshot.cdb")
    # Without it nobody knows which accounts are operators: the administrator's counts too.
    assert results(doctor()[0], "ng") == {"account.groups", "audit.recording", "snapshot.age", "snapshot.terminal"}
    rebuild("")
    test_a_good_terminal()


def test_home_of_somebody_who_is_there() -> None:
    """In memory it goes when he does; on the disk, or in memory that stays, it is the next one's."""
    with contextlib.ExitStack() as stack:
        stack.callback(os.chown, COUNTER_HOME, 0, 0)
        os.chown(COUNTER_HOME, 1003, 1003)
        assert results(doctor()[0], "ng") == {"account.home"}
        must("mount", "-t", "tmpfs", "-o", "mode=0700,uid=1003", "tmpfs", COUNTER_HOME)
        stack.callback(must, "umount", COUNTER_HOME)
        assert not results(doctor()[0], "ng")
        assert doctor(user=1001, group=1001)[0]["account.home"]["result"] != "ng"
        with changed(THROW_AWAY, None):
            assert results(doctor()[0], "ng") == {"account.home"}


def test_socket_that_is_left_over() -> None:
    SOCKETS[0].close()
    items = doctor()[0]
    listen("/run/jukinet/jukinet.sock", "root", "root", 0o666)
    assert results(items, "ng") == {"socket.jukinetd"} and "nobody listens" in items["socket.jukinetd"]["text"]


def test_proc_that_hides_callers_from_jukinetd() -> None:
    for options, group, good in (("hidepid=2", "", False), ("hidepid=1,gid=907", "", False),
                                 ("hidepid=2,gid=907", "_jukinet", True), ("hidepid=2,gid=901", "", True),
                                 ("hidepid=4,gid=901", "", False), ("hidepid=0", "", True)):
        must("mount", "-t", "proc", "-o", options, "proc", "/proc")
        try:
            with changed("/etc/group", ("jukinet-remote:x:906:\n", f"jukinet-remote:x:906:\nproc:x:907:{group}\n")):
                item = doctor()[0]["service.proc"]
        finally:
            must("umount", "/proc")
        assert item["result"] == ("ok" if good else "ng"), (options, group, item)
        assert good or ("hidepid=" in item["text"] and item["next"] and item["run"]), item


def test_driver_that_is_loaded() -> None:
    if not os.path.exists("/proc/modules"):
        return      # a kernel without modules
    with open("/proc/modules", "w", encoding="utf-8") as file:
        file.write("usb_storage 1 0 - Live 0x0\n")
    items = doctor()[0]
    assert results(items, "ng") == {"media.drivers"} and "usb_storage" in items["media.drivers"]["text"]
    with open("/proc/modules", "w", encoding="utf-8") as file:
        file.write("ext4 1 0 - Live 0x0\n")


def test_what_the_kernel_says() -> None:
    class Timex(ctypes.Structure):
        _fields_ = [("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long),
                    ("maxerror", ctypes.c_long), ("esterror", ctypes.c_long), ("status", ctypes.c_int),
                    ("rest", ctypes.c_long * 24)]
    t = Timex()
    state = ctypes.CDLL(None).adjtimex(ctypes.byref(t))
    items = doctor()[0]
    good = state != 5 and t.status & 0x40 == 0 and t.maxerror <= 5_000_000
    assert items["clock"]["result"] == ("ok" if good else "ng"), (state, t.status, t.maxerror, items["clock"])
    asked = re.search(r"^enabled (\d)", run("auditctl", "-s").stdout, re.M)
    if asked:
        assert items["audit.kernel"]["result"] == ("ng" if asked[1] == "0" else "ok"), items["audit.kernel"]


def test_only_what_is_installed() -> None:
    """Without desktops, CUPS and sudo nothing is said of them."""
    with contextlib.ExitStack() as stack:
        for place in ("/usr/share/xsessions", "/usr/share/wayland-sessions", "/etc/cups", "/etc/sudoers"):
            stack.enter_context(changed(place, None))
        items = doctor()[0]
    assert not results(items, "ng"), results(items, "ng")
    assert not [name for name in items if name.startswith(("screen.", "print.")) or name in (
        "account.sudoers", "idle.gnome", "idle.inhibit")], set(items)


def test_an_officer() -> None:
    """What he may not read is not known, and never taken for bad or good."""
    items, status = doctor(user=1001, group=1001, extra_groups=[905])
    assert not results(items, "ng"), {name: items[name]["text"] for name in results(items, "ng")}
    unknown = {name for name, item in items.items() if item["result"] == "unknown"}
    assert unknown - {"clock"} >= {"audit.kernel", "audit.log", "print.queues", "account.sudoers",
                                   "account.groups", "media.record"}, unknown
    assert "root" in items["account.sudoers"]["text"]
    assert status == (1 if items["clock"]["result"] == "ng" else 0)


def test_lines_for_people() -> None:
    with changed("/etc/sway/config.d/jukinet.conf", None):
        done = run(CTL, "doctor")
    lines = done.stdout.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("NG  idle.sway "))
    assert lines[at].endswith("/etc/sway/config.d/jukinet.conf is missing  [T-33]"), lines[at]
    assert lines[at + 2] == "      # cp -r --no-preserve=all /usr/share/jukinet/terminal/sway/. /", lines[at + 2]
    assert any(line.startswith("OK  socket.jukinetd") for line in lines)
    assert re.search(r"^\d+ good, \d+ not good, 0 not known$", done.stdout, re.M), lines[-2:]


def test_nothing_was_changed() -> None:
    """Read-only: it runs where nothing can be written."""
    before, status = doctor()
    for place in ("/etc", "/run", "/var/lib"):
        must("mount", "-o", "remount,ro", place)
    try:
        assert doctor() == (before, status)
    finally:
        for place in ("/etc", "/run", "/var/lib"):
            must("mount", "-o", "remount,rw", place)


def main() -> int:
    enter()
    make_accounts()
    make_services()
    make_stacks()
    make_registry()
    make_home()
    make_desktops()
    make_switches()
    auditd = make_audit()
    tests: list[tuple[str, Callable[[], object]]] = [
        (name, value) for name, value in list(globals().items()) if name.startswith("test_")]
    print(f"1..{len(tests)}")
    failed = 0
    for number, (name, test) in enumerate(tests, 1):
        try:
            test()
            print(f"ok {number} - {name}")
        except Exception as fault:      # each says how it failed
            failed = 1
            print(f"not ok {number} - {name}")
            for line in f"{type(fault).__name__}: {fault}".splitlines():
                print(f"# {line}")
        sys.stdout.flush()
    auditd.kill()
    return failed


if __name__ == "__main__":
    sys.exit(main())
