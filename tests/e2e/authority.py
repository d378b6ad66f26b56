# SPDX-License-Identifier: BSD-2-Clause
"""Certificates and CRLs by openssl(1), good ones and others. No import from the test world."""

from __future__ import annotations

import os
import subprocess
import time

CONFIG = """[ca]
default_ca = d
[d]
database = $ENV::DATABASE
new_certs_dir = {dir}
serial = {dir}/serial
rand_serial = yes
default_md = {digest}
policy = p
unique_subject = no
copy_extensions = none
crl_extensions = crl
certificate = {dir}/ca.pem
private_key = {dir}/ca.key
[p]
commonName = supplied
[crl]
{crl}
"""
CA_EXTENSIONS = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n" \
                "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
CARD_EXTENSIONS = "basicConstraints=CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
SIGNS = "keyUsage=digitalSignature\n"
DAY = 86400


def openssl(*arguments: str, database: str = "/dev/null") -> str:
    done = subprocess.run(("openssl", *arguments), capture_output=True, text=True,
                          env={**os.environ, "DATABASE": database})
    if done.returncode != 0:
        raise AssertionError(f"openssl {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def moment(seconds: float, form: str = "%Y%m%d%H%M%SZ") -> str:
    """So many seconds from now."""
    return time.strftime(form, time.gmtime(time.time() + seconds))


def make_key(path: str, key: str) -> None:
    if key.startswith("rsa"):
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{key[3:]}", "-out", path)
    else:
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{key}", "-out", path)


class Authority:
    """A CA in a directory of its own: ca.pem, ca.key. `by`: the CA above it, else it is a root."""

    def __init__(self, directory: str, cn: str, by: Authority | None = None, *, start: float = -DAY,
                 end: float = 3000 * DAY, key: str = "P-256", digest: str = "sha256",
                 extensions: str = CA_EXTENSIONS, crl: str = "authorityKeyIdentifier=keyid") -> None:
        self.directory = directory
        self.pem = f"{directory}/ca.pem"
        self.count = 0
        os.makedirs(directory)
        self._write("cnf", CONFIG.format(dir=directory, digest=digest, crl=crl))
        make_key(f"{directory}/ca.key", key)
        openssl("req", "-new", "-key", f"{directory}/ca.key", "-subj", f"/CN={cn}", "-out", f"{directory}/ca.csr")
        (by or self)._sign(f"{directory}/ca.csr", self.pem, extensions, start, end,
                           *(() if by else ("-selfsign",)))

    @classmethod
    def existing(cls, directory: str, pem: str, key: str, crl: str = "authorityKeyIdentifier=keyid") -> Authority:
        """For CRLs of a CA that somebody else has made."""
        self = cls.__new__(cls)
        self.directory, self.pem, self.count = directory, f"{directory}/ca.pem", 0
        os.makedirs(directory)
        self._write("cnf", CONFIG.format(dir=directory, digest="sha256", crl=crl))
        for source, name in ((pem, "ca.pem"), (key, "ca.key")):
            with open(source, encoding="ascii") as file:
                self._write(name, file.read())
        return self

    def _write(self, name: str, text: str) -> str:
        with open(f"{self.directory}/{name}", "w", encoding="utf-8") as file:
            file.write(text)
        return file.name

    def _sign(self, request: str, out: str, extensions: str, start: float, end: float, *more: str) -> None:
        openssl("ca", "-config", f"{self.directory}/cnf", "-batch", "-notext", "-in", request, "-out", out,
                "-extfile", self._write("ext", extensions), "-startdate", moment(start), "-enddate", moment(end), *more,
                database=self._write("index", ""))

    def card(self, name: str, extensions: str = SIGNS, *, key: str = "P-256", start: float = -DAY,
             end: float = 2000 * DAY) -> str:
        """Path of its certificate; the key is thrown away."""
        path = f"{self.directory}/{name}"
        make_key(path + ".key", key)
        openssl("req", "-new", "-key", path + ".key", "-subj", f"/CN={name}", "-out", path + ".csr")
        self._sign(path + ".csr", path + ".pem", CARD_EXTENSIONS + extensions, start, end)
        return path + ".pem"

    def crl(self, *revoked: str, last: float = -3600, next: float = DAY, der: bool = False) -> bytes:
        """A CRL that revokes these certificates, from their paths."""
        lines = ""
        for path in revoked:
            serial = openssl("x509", "-in", path, "-noout", "-serial").strip().partition("=")[2]
            lines += f"R\t{moment(9 * DAY, '%y%m%d%H%M%SZ')}\t{moment(-7200, '%y%m%d%H%M%SZ')}\t{serial}\tunknown\t/CN=x\n"
        self.count += 1
        out = f"{self.directory}/crl-{self.count}"
        openssl("ca", "-config", f"{self.directory}/cnf", "-gencrl", "-crl_lastupdate", moment(last),
                "-crl_nextupdate", moment(next), "-out", out, database=self._write("index", lines))
        if der:
            openssl("crl", "-in", out, "-outform", "DER", "-out", out)
        with open(out, "rb") as file:
            return file.read()
