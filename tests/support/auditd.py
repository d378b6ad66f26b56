# SPDX-License-Identifier: BSD-2-Clause
"""A private auditd with a log of its own.

The kernel has one auditd at a time: Machine takes a lock for as long as the
test runs and gives back the state it found. What auditd writes below /run
stays in a private mount namespace.
"""
import grp
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from world import kernel
from world.auditd import (MachineLock, auditctl, kernel_state, living_daemon,
                          restoring)
from world.process import Deadline  # noqa: F401

NOBODY_GID = 65534
WAIT = 120  # seconds for other test runs

CONFIG = """\
local_events = yes
write_logs = yes
log_file = {log}
log_group = {group}
log_format = {format}
flush = INCREMENTAL_ASYNC
freq = 50
max_log_file = {max_log_file}
max_log_file_action = ROTATE
num_logs = {num_logs}
name_format = {name_format}
space_left = 2
space_left_action = IGNORE
admin_space_left = 1
admin_space_left_action = IGNORE
disk_full_action = {disk_full_action}
disk_error_action = IGNORE
plugin_dir = {directory}/plugins.d
"""


def why_not():
    """Why this machine cannot run a private auditd; "" if it can."""
    if os.geteuid() != 0:
        return "needs root"
    if not shutil.which("auditd") or not shutil.which("auditctl"):
        return "auditd is not installed"
    return "" if kernel_state() else "no kernel audit here"


def wait_until(condition, seconds=5):
    """Whether the condition came true before the deadline."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def die_with_parent():
    """An auditd that outlives a killed test would hold the machine's audit."""
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)


class Busy(Exception):
    """The machine runs an auditd of its own."""


class Machine:
    """Holds the kernel's audit, a scratch directory and a /run of our own."""

    def __enter__(self):
        # So that a test that is ended gives everything back.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        self.lock = MachineLock(WAIT)
        daemon = living_daemon()
        if daemon is not None:
            self.lock.release()
            raise Busy(f"the machine runs its own auditd: {daemon}")
        self.before = kernel_state()
        kernel.unshare(kernel.CLONE_NEWNS)
        kernel.mount(None, "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
        kernel.mount("none", "/run", "tmpfs")
        self.directory = tempfile.mkdtemp(prefix="jukinet-")
        os.chmod(self.directory, 0o755)
        return self

    def __exit__(self, *unused):
        for command in restoring(self.before):
            subprocess.run(command, stdout=subprocess.DEVNULL)
        kernel.umount("/run")
        shutil.rmtree(self.directory, ignore_errors=True)
        self.lock.release()


class Auditd:
    def __init__(self, directory, log_format="RAW", disk_full_action="IGNORE",
                 max_log_file=8, num_logs=5, name_format="NONE", group=None):
        self.directory = directory
        self.log_directory = os.path.join(directory, "log")
        self.log = os.path.join(self.log_directory, "audit.log")
        os.makedirs(os.path.join(directory, "plugins.d"), exist_ok=True)
        os.makedirs(self.log_directory, exist_ok=True)
        with open(os.path.join(directory, "auditd.conf"), "w") as f:
            f.write(CONFIG.format(
                directory=directory, log=self.log, format=log_format,
                group=group or grp.getgrgid(NOBODY_GID).gr_name,
                max_log_file=max_log_file, num_logs=num_logs,
                name_format=name_format, disk_full_action=disk_full_action))
        self.process = None

    def start(self):
        size = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        self.process = subprocess.Popen(
            ["auditd", "-n", "-c", self.directory],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent)
        # Its own DAEMON_START in the log: from here on it writes.
        if not wait_until(lambda: kernel_state()["pid"] == self.process.pid
                          and os.path.exists(self.log)
                          and os.path.getsize(self.log) > size):
            raise RuntimeError("auditd did not start")
        auditctl("-e", "1").check_returncode()
        return self

    def send(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(number)
        self.process.wait()
        self.process = None

    def rotate(self):
        """Makes auditd rotate and waits until it has."""
        inode = os.stat(self.log).st_ino

        def is_new():
            return (os.path.exists(self.log)
                    and os.stat(self.log).st_ino != inode)
        self.send(signal.SIGUSR1)
        if not wait_until(is_new):
            raise RuntimeError("auditd did not rotate")

    def text(self):
        with open(self.log, errors="replace") as f:
            return f.read()
