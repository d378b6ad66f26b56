# SPDX-License-Identifier: BSD-2-Clause
"""A directory of our own: slapd on the loopback of a private network, in files on a private tmpfs, with certificates
of a CA that was made a moment ago. Nothing of the machine's directory, where it has one, is touched.

    enter()                         # once, first: into the private place
    place = Place(build)            # configuration, certificates, the source to be tested
    with Slapd(place) as slapd:
        slapd.load(place.rows_ldif(rows))
        place.drive("rows")
"""

from __future__ import annotations

import base64
import fcntl
import glob
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Callable, Iterable

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
TOP = "/mnt"
ETC, POLICY, KEYS = f"{TOP}/etc", f"{TOP}/policy", f"{TOP}/keys"
HOST, OTHER = "ldap.example.test", "other.example.test"
PLAIN, TLS, RELAY = 389, 636, 1636          # ports; the network is ours alone
SUFFIX = "dc=example,dc=test"
BASE = f"ou=jukinet,{SUFFIX}"
TERMINALS, PUBLISHER = f"cn=terminals,{SUFFIX}", f"cn=publisher,{SUFFIX}"
SECRET, PUBLISH_SECRET = "horse battery 42", "correct staple 43"
PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/libexec"
SCHEMAS = ["/etc/ldap/schema", "/etc/openldap/schema"]
OCTETS = "1.3.6.1.4.1.1466.115.121.1.40"

Rows = dict[tuple[str, str], dict[str, list]]


def missing() -> str:
    """Why there can be no directory here; empty when there can."""
    if os.geteuid() != 0:
        return "needs root"
    for tool in ("slapd", "slapadd"):
        if not shutil.which(tool, path=PATH):
            return f"no {tool}"
    if not schema_directory():
        return "no schema of slapd"
    if subprocess.run(["unshare", "-mn", "true"], check=False).returncode != 0:
        return "no namespaces of its own"
    return ""


def schema_directory() -> str:
    return next((name for name in SCHEMAS if os.path.exists(f"{name}/core.schema")), "")


def enter() -> None:
    """Into a mount and network namespace of our own, by starting this program again."""
    if os.environ.get("JK_PRIVATE_NET") != "yes":
        os.environ["JK_PRIVATE_NET"] = "yes"
        os.execvp("unshare", ["unshare", "-mn", "--propagation", "private", sys.executable, "-B", *sys.argv])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", TOP], check=True)
    os.umask(0o022)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        # SIOCSIFFLAGS: up and running
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 0x41))
    for name, text in (
            ("hosts", f"127.0.0.1 localhost {HOST} {OTHER}\n"),
            ("resolv.conf", "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n"),
            ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\nservices: files\n")):
        write(f"{TOP}/{name}", text)
        subprocess.run(["mount", "--bind", f"{TOP}/{name}", os.path.realpath(f"/etc/{name}")], check=True)


def write(path: str, data: str | bytes, mode: int = 0o644) -> None:
    with open(path, "wb") as file:
        file.write(data.encode() if isinstance(data, str) else data)
    os.chmod(path, mode)


def rights() -> str:
    """Index, limits and access as jukinet-ldap.conf(5) shows them, so that what it says is what was tried."""
    with open(f"{ROOT}/conf/jukinet-ldap.conf.5.scd", encoding="utf-8") as file:
        shown = re.search(r"^```\n(index .*?)^```$", file.read(), re.M | re.S)
    assert shown
    return shown[1].replace("dc=example,dc=jp", SUFFIX)


def openssl(*arguments: str) -> None:
    subprocess.run(("openssl",) + arguments, check=True, capture_output=True)


class Certificates:
    """ca.pem; server, expired, other-host and stranger, each with NAME.pem and NAME.key."""

    def __init__(self) -> None:
        os.makedirs(KEYS, 0o755, exist_ok=True)
        self.ca("ca", "Test CA")
        self.ca("stranger-ca", "Another CA")
        self.server("server", HOST)
        self.server("other-host", OTHER)
        self.server("by-name-only", None, HOST)
        self.server("stranger", HOST, ca="stranger-ca")
        self.server("expired", HOST, start="20200101000000Z", end="20210101000000Z")

    @staticmethod
    def ca(name: str, title: str) -> None:
        openssl("req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", f"/CN={title}",
                "-days", "3000", "-keyout", f"{KEYS}/{name}.key", "-out", f"{KEYS}/{name}.pem")

    @staticmethod
    def server(name: str, host: str | None, common: str = "directory", ca: str = "ca", start: str = "20250101000000Z",
               end: str = "20400101000000Z") -> None:
        path = f"{KEYS}/{name}"
        openssl("req", "-new", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", f"/CN={common}",
                "-keyout", f"{path}.key", "-out", f"{path}.csr")
        write(f"{path}.index", "")
        write(f"{path}.serial", "%016x\n" % (time.time_ns() & (1 << 60) - 1))
        write(f"{path}.cnf", f"[ca]\ndefault_ca=it\n[it]\ndatabase={path}.index\nserial={path}.serial\nnew_certs_dir={KEYS}\n"
              f"default_md=sha256\npolicy=p\nx509_extensions=x\nunique_subject=no\n[p]\ncommonName=supplied\n[x]\n"
              "basicConstraints=CA:FALSE\n" + (f"subjectAltName=DNS:{host}\n" if host else ""))
        openssl("ca", "-batch", "-config", f"{path}.cnf", "-cert", f"{KEYS}/{ca}.pem", "-keyfile", f"{KEYS}/{ca}.key",
                "-startdate", start, "-enddate", end, "-in", f"{path}.csr", "-out", f"{path}.pem")

    @staticmethod
    def card(name: str) -> bytes:
        """A certificate as a card has it, DER."""
        openssl("req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", f"/CN={name}",
                "-days", "3000", "-keyout", f"{KEYS}/card.key", "-outform", "DER", "-out", f"{KEYS}/card.der")
        with open(f"{KEYS}/card.der", "rb") as file:
            return file.read()


@dataclass(frozen=True)
class Told:
    """What the driver printed."""

    status: str
    code: int
    rows: Rows
    serial: int | None
    applied: dict[str, tuple[int, int]]
    stderr: str
    seconds: float

    @property
    def errors(self) -> list[str]:
        return [line for line in self.stderr.splitlines() if line.startswith("error: ")]


def parse(stdout: bytes, stderr: bytes, code: int, seconds: float) -> Told:
    rows: Rows = {}
    status, serial, applied = "", None, {}
    for line in stdout.splitlines():
        kind, _, rest = line.decode().partition(" ")
        if kind == "status":
            status = rest
        elif kind == "serial":
            serial = int(rest)
        elif kind == "applied":
            terminal, its, at = rest.split()
            applied[terminal] = (int(its), int(at))
        else:
            name, _, pair = rest.partition(" ")
            row = rows.setdefault((kind, name), {})
            if pair:
                key, _, value = pair.partition("=")
                row.setdefault(key.rstrip(":"), []).append(bytes.fromhex(value) if key.endswith(":") else value)
    return Told(status, code, rows, serial, applied, stderr.decode(errors="replace"), seconds)


def lines(rows: Rows) -> bytes:
    """As the driver's publish reads them."""
    out = []
    for (kind, name), values in rows.items():
        out.append(f"{kind} {name}\n")
        for key, each in values.items():
            out += [f"{kind} {name} {key}" + (f":={value.hex()}\n" if isinstance(value, bytes) else f"={value}\n")
                    for value in each]
    return "".join(out).encode()


def camel(word: str) -> str:
    return "".join(part.capitalize() for part in word.split("-"))


def attribute(key: str) -> str:
    return "userCertificate;binary" if key == "certificate" else f"jukinet{camel(key)}"


def ldif_value(name: str, value: str | bytes) -> str:
    data = value.encode() if isinstance(value, str) else value
    return f"{name}:: {base64.b64encode(data).decode()}\n"


def ldif_entry(dn: str, attributes: Iterable[tuple[str, str | bytes]]) -> str:
    return ldif_value("dn", dn) + "".join(ldif_value(name, value) for name, value in attributes) + "\n"


CONTAINERS = {"person": "persons", "account": "accounts", "operator-id": "operator-ids", "role": "roles",
              "approval": "approvals", "card": "cards", "terminal": "terminals", "department": "departments"}


def base_ldif(serial: int | None = 41) -> str:
    domain = ldif_entry(SUFFIX, [("objectClass", "organization"), ("objectClass", "dcObject"), ("o", "example"), ("dc", "example")])
    roles = "".join(
        ldif_entry(dn, [("objectClass", "organizationalRole"), ("objectClass", "simpleSecurityObject"),
                        ("cn", dn.split(",")[0][3:]), ("userPassword", secret)])
        for dn, secret in ((TERMINALS, SECRET), (PUBLISHER, PUBLISH_SECRET)))
    entry = [("objectClass", "organizationalUnit"), ("objectClass", "jukinetRegistry"), ("ou", "jukinet")]
    if serial is not None:
        entry.append(("jukinetSerial", str(serial)))
    return domain + roles + ldif_entry(BASE, entry)


def rows_ldif(rows: Rows, binary: bool = True) -> str:
    """Below one container for each kind."""
    out = []
    for kind in sorted({kind for kind, _ in rows}):
        out.append(ldif_entry(f"ou={CONTAINERS[kind]},{BASE}", [("objectClass", "organizationalUnit"),
                                                               ("ou", CONTAINERS[kind])]))
    for (kind, name), values in rows.items():
        given = [("objectClass", f"jukinet{camel(kind)}"), ("jukinetId", name)]
        for key, each in values.items():
            given += [(attribute(key) if binary else attribute(key).partition(";")[0], value) for value in each]
        out.append(ldif_entry(f"jukinetId={name},ou={CONTAINERS[kind]},{BASE}", given))
    return "".join(out)


class Place:
    """Configuration, certificates and the module, as an installed system has them."""

    def __init__(self, build: str) -> None:
        self.build = build
        self.driver = f"{build}/tests/support/source-driver"
        for path in (ETC, POLICY):
            os.makedirs(path, 0o755, exist_ok=True)
        shutil.copy(f"{build}/policy/sources/ldap/libjukinet_policy_ldap.so.1", POLICY)
        os.chmod(f"{POLICY}/libjukinet_policy_ldap.so.1", 0o644)
        self.certificates = Certificates()
        self.settings()

    def settings(self, *, uri: str | list[str] = f"ldaps://{HOST}", publish: bool = True, more: str = "",
                 **changed: str | None) -> None:
        """ldap.conf and its neighbours anew."""
        for name in os.listdir(ETC):
            if not os.path.isdir(f"{ETC}/{name}"):
                os.unlink(f"{ETC}/{name}")
        shutil.copy(f"{KEYS}/ca.pem", f"{ETC}/ca.pem")
        write(f"{ETC}/ldap.password", SECRET + "\n", 0o600)
        write(f"{ETC}/publish.password", PUBLISH_SECRET + "\n", 0o640)
        keys: dict[str, str | None] = {"base": BASE, "bind-dn": TERMINALS, "password-file": "ldap.password",
                                       "ca-file": "ca.pem", "timeout": "5"}
        keys |= {name.replace("_", "-"): value for name, value in changed.items()}
        text = "[ldap]\n" + "".join(f"uri = {one}\n" for one in ([uri] if isinstance(uri, str) else uri))
        text += "".join(f"{name} = {value}\n" for name, value in keys.items() if value is not None) + more
        if publish:
            text += f"[publish]\nbind-dn = {PUBLISHER}\npassword-file = publish.password\n"
        write(f"{ETC}/ldap.conf", text)

    def command(self, *words: str, timeout_ms: int = 20000) -> list[str]:
        return [self.driver, "--policydir", POLICY, "--config-dir", ETC, "--timeout", str(timeout_ms), "ldap", *words]

    def drive(self, *words: str, rows: Rows | None = None, timeout_ms: int = 20000, wait: float = 120.0,
              env: dict[str, str] | None = None, wrapper: tuple[str, ...] = ()) -> Told:
        begun = time.monotonic()
        done = subprocess.run([*wrapper, *self.command(*words, timeout_ms=timeout_ms)], timeout=wait, check=False,
                              input=lines(rows) if rows is not None else b"", capture_output=True,
                              env=os.environ | (env or {}))
        for sign in (b"ended early", b"runtime error", b"Sanitizer"):
            assert sign not in done.stderr, done.stderr.decode(errors="replace")
        return parse(done.stdout, done.stderr, done.returncode, time.monotonic() - begun)

    def start(self, *words: str, rows: Rows | None = None, timeout_ms: int = 20000) -> subprocess.Popen:
        """Not waited for."""
        given = f"{TOP}/given"
        write(given, lines(rows or {}))
        with open(given, "rb") as file:
            return subprocess.Popen(self.command(*words, timeout_ms=timeout_ms), stdin=file, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE)


@dataclass
class Slapd:
    """One slapd; `tls` names a certificate of Certificates, "" is none; `hostile`: a schema that takes any bytes."""

    place: Place
    tls: str = "server"
    hostile: bool = False
    limits: str = "size.prtotal=unlimited size=unlimited"
    directory: str = f"{TOP}/slapd"
    process: subprocess.Popen | None = None

    def __enter__(self) -> Slapd:
        self.fresh(base_ldif())
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def fresh(self, *ldif: str) -> None:
        """An empty database, then these entries."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(f"{self.directory}/db", 0o700)
        self.configure()
        for text in ldif:
            self.slapadd(text)

    def slapadd(self, text: str) -> None:
        path = f"{self.directory}/add.ldif"
        write(path, text)
        done = subprocess.run([shutil.which("slapadd", path=PATH) or "slapadd", "-q", "-f", self.conf, "-b", SUFFIX,
                               "-l", path], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()

    def load(self, rows: Rows, serial: int | None = 41) -> None:
        """These rows and nothing else."""
        self.fresh(base_ldif(serial) + rows_ldif(rows, binary=not self.hostile))
        self.start()

    @property
    def conf(self) -> str:
        return f"{self.directory}/slapd.conf"

    @property
    def audit(self) -> str:
        return f"{self.directory}/audit.ldif"

    def schema(self) -> None:
        with open(f"{schema_directory()}/core.schema", encoding="utf-8") as core, \
                open(f"{ROOT}/conf/ldap/jukinet.schema", encoding="utf-8") as ours:
            text = core.read(), ours.read()
        if self.hostile:
            text = tuple(re.sub(r"EQUALITY \w+\s+SYNTAX [0-9.]+(?= SINGLE)|EQUALITY caseExactMatch\s+SYNTAX [0-9.]+",
                                f"EQUALITY octetStringMatch SYNTAX {OCTETS}", one) for one in text[1:])
            with open(f"{schema_directory()}/core.schema", encoding="utf-8") as core:
                text = (re.sub(r"(NAME 'userCertificate'.*?)EQUALITY \w+\s+SYNTAX [0-9.]+", rf"\1SYNTAX {OCTETS}",
                               core.read(), flags=re.S), *text)
            text = (text[0], text[1].replace(" SINGLE-VALUE", "").replace(
                "( jukinetName $ jukinetDepartment", "( jukinetBogus $ jukinetName $ jukinetDepartment") .replace(
                "objectclass ", f"attributetype ( jukinetOID:1.99 NAME 'jukinetBogus' SYNTAX {OCTETS} )\n\nobjectclass ", 1))
        write(f"{self.directory}/core.schema", text[0])
        write(f"{self.directory}/jukinet.schema", text[1])

    def configure(self) -> None:
        self.schema()
        modules = next(iter(glob.glob("/usr/lib/ldap") + glob.glob("/usr/lib*/openldap")), "")
        tls = f"TLSCACertificateFile {KEYS}/ca.pem\nTLSCertificateFile {KEYS}/{self.tls}.pem\n" \
              f"TLSCertificateKeyFile {KEYS}/{self.tls}.key\n" if self.tls else ""
        write(self.conf, f"""\
include {self.directory}/core.schema
include {self.directory}/jukinet.schema
modulepath {modules}
moduleload back_mdb
moduleload auditlog
pidfile {self.directory}/slapd.pid
{tls}
database mdb
suffix "{SUFFIX}"
rootdn "cn=admin,{SUFFIX}"
rootpw admin
directory {self.directory}/db
maxsize 1073741824
{rights().replace("size.prtotal=unlimited size=unlimited", self.limits, 1)}
overlay auditlog
auditlog {self.audit}
access to * by * none
""")

    def start(self) -> None:
        urls = f"ldap://127.0.0.1:{PLAIN}/" + (f" ldaps://127.0.0.1:{TLS}/" if self.tls else "")
        with open(f"{self.directory}/log", "ab") as log:
            self.process = subprocess.Popen([shutil.which("slapd", path=PATH) or "slapd", "-d", "0", "-h", urls, "-f",
                                             self.conf], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until = time.monotonic() + 20
        while not listens(PLAIN):
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < until, "slapd did not listen\n" + self.log()
            time.sleep(0.01)

    def log(self) -> str:
        with open(f"{self.directory}/log", encoding="utf-8", errors="replace") as file:
            return file.read()

    def restart(self, **changed: str) -> None:
        self.stop()
        for name, value in changed.items():
            setattr(self, name, value)
        self.configure()
        self.start()

    def signal(self, number: int) -> None:
        assert self.process
        self.process.send_signal(number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        assert self.process
        self.process.wait()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def values(self, kind: str, name: str, attribute_name: str) -> list[str]:
        """What an entry has, past all access rules."""
        done = subprocess.run([shutil.which("slapcat", path=PATH) or "slapcat", "-f", self.conf, "-b", SUFFIX, "-o",
                               "ldif-wrap=no", "-a", f"(&(objectClass=jukinet{camel(kind)})(jukinetId={name}))"],
                              capture_output=True, text=True, check=True)
        return re.findall(rf"^{attribute_name}: (.*)$", done.stdout, re.M)

    def altered(self, change: Callable[[str], str]) -> None:
        """Started again with another text of its configuration and our schema, until it is configured anew."""
        self.stop()
        for file in (self.conf, f"{self.directory}/jukinet.schema"):
            with open(file, encoding="utf-8") as old:
                text = change(old.read())
            write(file, text)
        self.start()

    def changes(self) -> dict[str, int]:
        """How many of each the directory has seen since this was asked last."""
        text = b""
        if os.path.exists(self.audit):
            with open(self.audit, "rb") as file:
                text = file.read()
            os.truncate(self.audit, 0)
        return {word: len(re.findall(rb"^# %s [0-9]" % word.encode(), text, re.M)) for word in ("add", "modify", "delete")}


def listens(port: int) -> bool:
    with socket.socket() as trial:
        trial.settimeout(1)
        return trial.connect_ex(("127.0.0.1", port)) == 0
