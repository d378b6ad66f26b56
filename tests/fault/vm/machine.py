# SPDX-License-Identifier: BSD-2-Clause
"""A whole Debian machine in QEMU, without KVM: its disk with jukinet as installed, its consoles, its reader."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from typing import Callable

HERE = os.path.dirname(os.path.abspath(__file__))
MIRROR = "http://deb.debian.org/debian"
PACKAGES = ("linux-image-amd64", "initramfs-tools", "systemd-sysv", "udev", "kmod", "dbus", "libpam-systemd", "polkitd",
            "pcscd", "libccid", "auditd", "opensc", "login", "passwd", "procps", "sudo", "zstd",
            "libinih1", "libcdb1", "libjansson4", "libseccomp2", "libldap-2.5-0", "libsystemd0")
UNITS = ("jukinetd.socket", "jukinet-card.socket", "jukinet-witness.socket", "jukinetd.service", "jukinet-monitor.service",
         "jukinet-registry.service", "jukinet-registry.path", "jukinet-registry.timer")
PASSWORD = "of-root"
PIN = "123456"
PORT = 0x8D01
SETTINGS = """\
[terminal]
id = shimin-03
[login]
deadline = {deadline}
card-wait = {card_wait}
[card]
pinpad = no
[session]
enforce = login
lock-within = 0
"""
REGISTRY = """\
[person p0123]
name = 佐藤花子
department = shimin
[account hanako]
person = p0123
[operator-id m0123-2]
person = p0123
type = moving-desk
department = shimin
[card c-0042]
person = p0123
certificate = c-0042.pem
pin-set = {today}
[terminal shimin-03]
class = integrated-terminal
department = shimin
"""


def run(*argv: str, **how: object) -> str:
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **how)  # type: ignore[call-overload]
    if done.returncode != 0:
        sys.exit(f"{shlex.join(argv)}: {done.returncode}\n{done.stdout[-4000:]}")
    return str(done.stdout)


def write(path: str, text: str, mode: int = 0o644) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def debian(work: str) -> str:
    """A Debian without jukinet, packed; made once."""
    made = f"{work}/debian.tar"
    if not os.path.exists(made):
        modules = "".join(f"{name}\\n" for name in ("virtio_pci", "virtio_blk", "ext4"))
        run("mmdebstrap", "--mode=root", "--variant=minbase", "--skip=check/empty",
            "--aptopt=Apt::Install-Recommends false", "--include=" + ",".join(PACKAGES),
            *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale")),
            '--customize-hook=printf "MODULES=list\\n" >$1/etc/initramfs-tools/conf.d/small',
            f'--customize-hook=printf "{modules}" >>$1/etc/initramfs-tools/modules',
            "--customize-hook=chroot $1 update-initramfs -u", "bookworm", f"{work}/new.tar", MIRROR)
        os.rename(f"{work}/new.tar", made)
    return made


class Disk:
    """That Debian, with jukinet installed as README.md says and one operator registered."""

    def __init__(self, work: str, build: str, deadline: int = 45, card_wait: int = 20) -> None:
        self.work, self.build, self.root = work, build, f"{work}/root"
        self.box = f"{work}/box"
        self.image = f"{work}/disk.ext4"
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.rmtree(self.box, ignore_errors=True)
        os.makedirs(self.root)
        run("tar", "-C", self.root, "--numeric-owner", "-xpf", debian(work))
        self._install()
        self._register(deadline, card_wait)
        self._accounts()
        self._pack()

    def _install(self) -> None:
        run("meson", "install", "-C", self.build, "--no-rebuild", env={**os.environ, "DESTDIR": self.root})
        run("systemd-sysusers", f"--root={self.root}")
        for name in ("login", "su"):
            shutil.copy(f"{self.root}/usr/share/jukinet/pam.d/{name}", f"{self.root}/etc/pam.d/{name}")
        run("systemctl", f"--root={self.root}", "enable", *UNITS, "serial-getty@ttyS0", "serial-getty@ttyS1")
        run("systemctl", f"--root={self.root}", "mask", "serial-getty@ttyS2")

    def _register(self, deadline: int, card_wait: int) -> None:
        make = f"{self.build}/tests/support/vcard/vcard-make"
        run(make, "ca", self.box)
        run(make, "card", self.box, "hanako", "--key", "p256", "--pin", PIN)
        etc = f"{self.root}/etc/jukinet"
        write(f"{etc}/jukinet.conf", SETTINGS.format(deadline=deadline, card_wait=card_wait))
        shutil.copy(f"{self.root}/usr/share/jukinet/policy.conf", f"{etc}/policy.conf")
        write(f"{etc}/registry.d/vm.conf", REGISTRY.format(today=time.strftime("%Y-%m-%d")))
        shutil.copy(f"{self.box}/hanako/9a.pem", f"{etc}/registry.d/c-0042.pem")

    def _accounts(self) -> None:
        run("chroot", self.root, "useradd", "--create-home", "--shell", "/bin/bash", "hanako")
        run("chroot", self.root, "chpasswd", input=f"root:{PASSWORD}\n")
        write(f"{self.root}/etc/hostname", "vm\n")
        write(f"{self.root}/etc/fstab", "/dev/vda / ext4 rw 0 1\n")

    def _pack(self) -> None:
        for name in ("vmlinuz", "initrd.img"):
            shutil.copy(os.path.realpath(f"{self.root}/boot/" + next(
                one for one in os.listdir(f"{self.root}/boot") if one.startswith(name))), f"{self.work}/{name}")
        if os.path.exists(self.image):
            os.unlink(self.image)
        run("mke2fs", "-q", "-t", "ext4", "-d", self.root, self.image, "3G")


class Console:
    """A serial line of the machine."""

    def __init__(self, path: str) -> None:
        self.link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.link.connect(path)
        self.seen = ""
        self.at = 0

    def read(self, seconds: float) -> None:
        self.link.settimeout(seconds)
        try:
            data = self.link.recv(65536)
        except TimeoutError:
            return
        if not data:
            raise EOFError("the machine has gone")
        self.seen += data.decode(errors="replace")

    def expect(self, pattern: str, timeout: float = 60) -> re.Match[str]:
        """What comes after all that was expected before."""
        until = time.monotonic() + timeout
        while not (found := re.search(pattern, self.seen[self.at:])):
            if time.monotonic() > until:
                raise TimeoutError(f"no {pattern!r} in {timeout:g} s: {self.seen[self.at:][-1500:]!r}")
            self.read(0.2)
        self.at += found.end()
        return found

    def drain(self, seconds: float) -> str:
        """What comes in that time."""
        until, begun = time.monotonic() + seconds, len(self.seen)
        while time.monotonic() < until:
            self.read(0.1)
        return self.seen[begun:]

    def send(self, text: str) -> None:
        self.link.sendall(text.encode())


class Machine:
    """hanako's terminal is ttyS0; root, who came in past jukinet, is at ttyS1."""

    def __init__(self, disk: Disk) -> None:
        self.disk, self.work = disk, disk.work
        self.card_log = open(f"{self.work}/card.log", "wb")
        for name in ("s0", "s1", "monitor", "ccid", "vcard"):
            if os.path.exists(f"{self.work}/{name}.sock"):
                os.unlink(f"{self.work}/{name}.sock")
        self.children = [self._qemu()]
        self._until(lambda: os.path.exists(f"{self.work}/ccid.sock"), "QEMU")
        self._plug()
        self.user, self.root = Console(f"{self.work}/s0.sock"), Console(f"{self.work}/s1.sock")
        self.monitor = Console(f"{self.work}/monitor.sock")

    def _start(self, *argv: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=self.card_log, stderr=self.card_log)

    def _qemu(self) -> subprocess.Popen[bytes]:
        line = [f"-serial unix:{self.work}/{name}.sock,server=on,wait=off" for name in ("s0", "s1")]
        return self._start("qemu-system-x86_64", *shlex.split(
            "-machine pc,accel=tcg -smp 2 -m 1024 -display none -nic none -no-reboot -global PIIX4_PM.disable_s3=0 "
            f"-kernel {self.work}/vmlinuz -initrd {self.work}/initrd.img "
            "-append 'root=/dev/vda rw console=ttyS2 no_console_suspend' "
            f"-drive file={self.disk.image},if=virtio,format=raw,cache=unsafe {' '.join(line)} "
            f"-serial file:{self.work}/console.log -monitor unix:{self.work}/monitor.sock,server=on,wait=off "
            f"-device qemu-xhci,id=usb -chardev socket,id=ccid,path={self.work}/ccid.sock,server=on,wait=off "
            "-device usb-ccid,bus=usb.0 -device ccid-card-passthru,chardev=ccid"))

    def _plug(self) -> None:
        """The reader, and vcard, which holds no card yet."""
        self.children.append(self._start(sys.executable, "-B", f"{HERE}/vscard.py", f"{self.work}/ccid.sock", str(PORT)))
        self.children.append(self._start(f"{self.disk.build}/tests/support/vcard/vcard", "--port", str(PORT), "--control",
                                         f"{self.work}/vcard.sock", "--log", f"{self.work}/apdu.log", "--no-extended"))
        self._until(lambda: os.path.exists(f"{self.work}/vcard.sock"), "vcard")

    def _until(self, done: Callable[[], bool], what: str, timeout: float = 10) -> None:
        until = time.monotonic() + timeout
        while not done():
            if time.monotonic() > until or any(one.poll() is not None for one in self.children):
                self.close()
                raise TimeoutError(f"{what} did not come: see {self.card_log.name}")
            time.sleep(0.02)

    def card(self, order: str) -> str:
        return run(f"{self.disk.build}/tests/support/vcard/vcard", "--control", f"{self.work}/vcard.sock", "--send", order)

    def insert(self) -> None:
        self.card(f"insert {self.disk.box}/hanako")

    def pull(self) -> None:
        self.card("remove")

    def order(self, command: str) -> None:
        """To QEMU."""
        self.monitor.send(command + "\n")
        self.monitor.expect(re.escape("(qemu) "), 10)

    def root_in(self, timeout: float = 300) -> None:
        """Past jukinet: a local terminal and a password."""
        self.root.expect("login: $", timeout)
        self.root.send("root\n")
        self.root.expect("Password: ", 30)
        self.root.send(PASSWORD + "\n")
        self.root.expect("# $", 60)
        self.root.send("stty -echo; PS1=; unset PROMPT_COMMAND; export SYSTEMD_PAGER= SYSTEMD_COLORS=0; "
                       "bind 'set enable-bracketed-paste off'; echo re''ady\n")
        self.root.expect("ready\r\n", 30)

    def sh(self, command: str, timeout: float = 60) -> str:
        """As root inside: what it wrote."""
        self.root.send(f"{command}; echo; echo \"@@$?@@\"\n")
        begun = self.root.at
        self.root.expect(r"@@\d+@@\r\n", timeout)
        return re.sub(r"\n?@@\d+@@\n$", "", self.root.seen[begun:self.root.at].replace("\r", ""))

    def records(self, since: int = 0) -> list[dict[str, str]]:
        """Of jukinetd, in the machine's own audit log, after so many."""
        lines = self.sh("ausearch -m ALL -x jukinetd -ts boot 2>/dev/null").splitlines()
        return [{name: value.strip("\"'") for name, value in re.findall(r"(\w+)=(\"[^\"]*\"|\S+)", line.split("msg='")[1])}
                for line in lines if "msg='op=juki:" in line][since:]

    def happened(self, since: int) -> list[str]:
        """op, or op:why."""
        return [":".join((one["op"].removeprefix("juki:"), *(one[name] for name in ("jfor", "jwhy") if name in one)))
                for one in self.records(since)]

    def name(self) -> None:
        """hanako, at the prompt for a name."""
        self.user.drain(0.5)
        self.user.at = len(self.user.seen)
        self.user.send("\n")
        self.user.expect("login: $")
        self.user.send("hanako\n")

    def pin(self) -> None:
        self.user.expect("PIN: $")
        self.user.send(PIN + "\n")

    def login(self) -> None:
        self.name()
        self.pin()
        self.user.expect(r"\$ $")

    def logout(self) -> None:
        self.user.send("exit\n")
        self.user.expect("login: $")

    def shell(self) -> str:
        """Which shell and which session of logind hanako has."""
        self.user.drain(0.2)
        self.user.at = len(self.user.seen)
        self.user.send("echo =$$,$XDG_SESSION_ID=\n")
        return self.user.expect(r"=(\d+,\d*)=")[1]

    def unlock(self) -> None:
        """By su(1) to herself, as a text console has no locker."""
        self.user.send("su hanako -c 'echo un''locked'\n")
        self.pin()
        self.user.expect("unlocked")

    def awakenings(self) -> int:
        with open(f"{self.work}/console.log", encoding="utf-8", errors="replace") as file:
            return file.read().count("PM: suspend exit")

    def suspend(self, seconds: float, asleep: Callable[[], object] = lambda: None) -> float:
        """By logind, to RAM; what happens asleep; how long it took to be back."""
        before = self.awakenings()
        self.root.send("systemctl suspend\n")
        self._until(lambda: "suspended" in self.status(), "sleep", 60)
        time.sleep(seconds)
        asleep()
        begun = time.monotonic()
        self.order("system_wakeup")
        self._until(lambda: self.awakenings() > before, "the end of sleep", 60)
        return time.monotonic() - begun

    def status(self) -> str:
        at = len(self.monitor.seen)
        self.order("info status")
        return self.monitor.seen[at:]

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for child in reversed(self.children):
            if child.poll() is None:
                child.terminate()
                child.wait(10)
        self.card_log.close()
