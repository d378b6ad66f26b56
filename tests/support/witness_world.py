# SPDX-License-Identifier: BSD-2-Clause
"""A private auditd, a jukinet-witness that follows its log, and clients."""
import os
import re
import signal
import subprocess

import auditd as support

WITNESS_UID = 64901
CLIENT_UID = 64902
CLIENT = ["setpriv", "--pdeathsig=KILL", f"--reuid={CLIENT_UID}", f"--regid={CLIENT_UID}",
          "--clear-groups", "--inh-caps=-all,+audit_write",
          "--ambient-caps=-all,+audit_write"]


class World:
    """One private auditd, one witness, and clients."""

    def __init__(self, machine, number, witness, client, **options):
        self.witness_program = witness
        self.client_program = client
        self.directory = os.path.join(machine.directory, str(number))
        self.run = os.path.join(self.directory, "run")
        self.socket = os.path.join(self.run, "witness.sock")
        os.makedirs(self.run)
        os.chown(self.run, WITNESS_UID, -1)
        self.mounted = False
        self.clients = []
        self.witness = None
        self.auditd = support.Auditd(self.directory, **options)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for process in self.clients:
            process.kill()
            process.wait()
        self.stop_witness()
        self.auditd.stop()
        if self.mounted:
            subprocess.run(["umount", "-l", self.auditd.log_directory])

    def start(self):
        self.auditd.start()
        self.start_witness()
        return self

    def start_witness(self, capability=False):
        command = ["setpriv", "--pdeathsig=KILL", f"--reuid={WITNESS_UID}",
                   "--clear-groups"]
        if capability:
            command += [f"--regid={WITNESS_UID}",
                        "--inh-caps=-all,+dac_read_search",
                        "--ambient-caps=-all,+dac_read_search"]
        else:
            command += [f"--regid={support.NOBODY_GID}", "--inh-caps=-all"]
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        self.witness = subprocess.Popen(
            command + [self.witness_program, "--log", self.auditd.log,
                       "--socket", self.socket],
            umask=0)
        # It listens before it is confined: wait for the end of that.
        assert support.wait_until(lambda: self.status("Seccomp") == "2"), \
            "the witness did not start"

    def stop_witness(self):
        if self.witness is not None:
            self.witness.send_signal(signal.SIGCONT)
            self.witness.kill()
            self.witness.wait()
            self.witness = None

    def status(self, name):
        with open(f"/proc/{self.witness.pid}/status") as f:
            return re.search(rf"^{name}:\t(.*)$", f.read(), re.M)[1].strip()

    def command(self, *arguments, prefix=CLIENT):
        return prefix + [self.client_program, "--socket", self.socket,
                         *arguments]

    def ask(self, *arguments, prefix=CLIENT):
        """The client's lines, each as a list of words."""
        out = subprocess.run(self.command(*arguments, prefix=prefix),
                             stdout=subprocess.PIPE, text=True).stdout
        return [line.split(" ", 4) for line in out.splitlines()]

    def begin(self, *arguments):
        process = subprocess.Popen(
            self.command(*arguments), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.clients.append(process)
        return process

    def begin_watching(self, *arguments):
        """A client that has been told WATCHING and not yet written."""
        process = self.begin("--gate", *arguments)
        line = process.stdout.readline()
        assert line == "watching\n", line
        return process

    def fill(self):
        fd = os.open(self.filler(), os.O_WRONLY | os.O_CREAT)
        try:
            while True:
                os.write(fd, b"\0" * 4096)
        except OSError:
            os.close(fd)

    def free(self):
        os.truncate(self.filler(), 0)

    def filler(self):
        return os.path.join(self.auditd.log_directory, "filler")
