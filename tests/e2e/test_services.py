#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The service files of conf/pam.d as they are shipped, with the programs that they are for."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import sys
from typing import Any, Callable, Iterator, Sequence

from jukinet import (HERE, NOTICES, PIN, SCRIPTS, STATE, SYSTEM_LOCALES, WRONG, Office, enter, frames, leave, missing, tap,
                     texts, wait_for)
from world import PIN_PROMPT, Account, Answer
from world.namespace import PATH
from world.users import person
from world.world import NO_SHELL

INCLUDING = ("i3lock", "kde", "kde-smartcard", "swaylock", "xscreensaver", "xsecurelock")
PASSWORD = "correct horse"
POSTGRES = Account("postgres", 951, 951, "/home/postgres", "/bin/sh", "", PASSWORD)
REMOTE = person("kanri", 2011)      # administers from afar and is no operator
SUDOERS = """\
Defaults passwd_tries=1, timestamp_timeout=0, !lecture
root ALL=(ALL:ALL) ALL
hanako ALL=(ALL:ALL) ALL
postgres ALL=(root) ALL
taro ALL=(ALL) NOPASSWD: /usr/bin/id
"""
OUT = "/tmp/services"
LOCKED = 2
KDGETMODE, KD_TEXT = 0x4B3B, 0
TRIED = Callable[[str], bool]


def needs(*programs: str) -> None:
    for one in programs:
        if not shutil.which(one, path=PATH):
            tap.skip(f"no {one}")


class Services(Office):
    """An office whose services have the shipped files."""

    def _open_office(self) -> None:
        super()._open_office()
        self.shipped()
        self.pam.permit("greetd-greeter")
        self.space.write("/etc/sudoers", SUDOERS, 0o440)
        self.space.append("/etc/group", f"jukinet-remote:x:952:{REMOTE.name}\n")
        self.space.directory(OUT, 0o1777)
        self.space.directory("/root", 0o711)    # Python may live there
        with open(f"{HERE}/greeter.py", "rb") as file:
            self.space.write(f"{SCRIPTS}/greeter.py", file.read(), 0o755)

    def reset(self, holder: str = "hanako") -> None:
        super().reset(holder)
        self.settings(login={"card-wait": 1})
        self.registry.build()

    def do(self, argv: Sequence[str], pin: str | None = None, **how: Any) -> tuple[bool, str]:
        """A program on a terminal that asks at most once; whether it succeeded, and all that was seen."""
        visit = self.open_session(argv, pin, shell=NO_SHELL, **how).close()
        return visit.status == 0, visit.transcript

    def start_daemon(self, argv: Sequence[str], ready: Callable[[], object], what: str) -> Any:
        process = self.spawn(argv, stderr=f"{OUT}/log")
        try:
            wait_for(ready, f"{what} to be there")
        except BaseException:
            process.kill()
            raise
        return process

    def told(self, name: str) -> str:
        wait_for(lambda: self.space.exists(f"{OUT}/{name}") and self.space.read(f"{OUT}/{name}"), name)
        return self.space.read(f"{OUT}/{name}").strip()


@contextlib.contextmanager
def without_jukinet(w: Services) -> Iterator[None]:
    """Nothing of it runs, and nobody listens."""
    socket = w.space.path("/run/jukinet/jukinet.sock")
    w.services.stop()
    os.rename(socket, f"{socket}.aside")
    try:
        yield
    finally:
        os.rename(f"{socket}.aside", socket)
        w.services.start()


def four_tries(w: Services, service: str, attempt: TRIED, ops: list[str]) -> None:
    """The right card with its records; wrong PIN, another person's card and no card are refused."""
    w.reset()
    mark = w.mark()
    tap.check(attempt(PIN), f"{service}: the right card and PIN")
    tap.equal([(one.op, one["acct"], one["jper"], one["jsvc"], one["res"]) for one in w.happened(mark)],
              [(op, "hanako", "p0123", service, "success") for op in ops])
    for why, prepare in (("pin.wrong", lambda: None), ("card.mismatch", lambda: w.insert("taro")),
                         ("card.none", w.pull)):
        prepare()
        mark = w.mark()
        tap.check(not attempt(WRONG if why == "pin.wrong" else PIN), f"{service}: {why}")
        tap.equal([(one.op, one["acct"], one["jwhy"], one["res"]) for one in w.happened(mark)],
                  [("auth", "hanako", why, "failed")])
    w.insert("hanako")


VISIT = ["auth", "account", "session-start", "session-end"]


# --- logins -----------------------------------------------------------------------------------------------------------

def test_login(w):
    def attempt(pin: str) -> bool:
        return w.login("hanako", pin=pin, commands=["id -un"]).reached
    four_tries(w, "login", attempt, VISIT)


def test_su(w):
    def attempt(pin: str) -> bool:
        return w.su("hanako", pin=pin, as_user="mallory").reached
    four_tries(w, "su-l", attempt, VISIT)


@contextlib.contextmanager
def greetd(w: Services, more: str = "", **env: str) -> Iterator[Any]:
    """With a greeter that does once what stands in `order`."""
    who = next(line.split(":")[0] for line in w.space.read("/etc/passwd").splitlines() if "greetd" in line)
    files = " ".join(f"{OUT}/{name}" for name in ("order", "told", "idle"))
    command = f"{sys.executable} -B -I {SCRIPTS}/greeter.py {files}"
    w.space.write(f"{OUT}/greetd.toml", f'[terminal]\nvt = "none"\n[default_session]\ncommand = "{command}"\n'
                                        f'user = "{who}"\n{more}')
    w.space.write(f"{OUT}/session", f"id -un >{OUT}/who\n")
    process = w.spawn(["greetd", "--config", f"{OUT}/greetd.toml"], env={"PATH": PATH} | env, stderr=f"{OUT}/greetd.log")
    try:
        yield process
    finally:
        if process.alive:
            process.terminate(5)


def greet(w: Services, user: str, pin: str, at_prompt: Callable[[], object] | None = None, **env: str) -> dict[str, Any]:
    """One run of greetd with one try; what its greeter was told."""
    w.run(["rm", "-f", *(f"{OUT}/{name}" for name in ("told", "who", "idle", "asked", "go"))]).check()
    order = {"user": user, "pin": pin, "command": ["/bin/sh", f"{OUT}/session"]}
    if at_prompt:
        order |= {"asked": f"{OUT}/asked", "go": f"{OUT}/go"}
    w.space.write(f"{OUT}/order", json.dumps(order))
    with greetd(w, **env):
        if at_prompt:
            wait_for(lambda: w.space.exists(f"{OUT}/asked"), "the prompt")
            at_prompt()
            w.space.write(f"{OUT}/go", "")
        told = json.loads(w.told("told"))
        if not told["error"]:
            tap.equal(w.told("who"), user)
            wait_for(lambda: w.space.exists(f"{OUT}/idle"), "the greeter to be back")
        return told


def test_greetd(w):
    needs("greetd")

    def attempt(pin: str) -> bool:
        told = greet(w, "hanako", pin)
        tap.check(told["asked"] in ([], ["PIN: "]), str(told))
        return not told["error"]
    four_tries(w, "greetd", attempt, VISIT)


def mode_in_front() -> int:
    """Of the machine's virtual terminals; -1: it has none."""
    try:
        with open("/dev/tty0", "rb", buffering=0) as console:
            return int.from_bytes(fcntl.ioctl(console, KDGETMODE, bytes(4)), sys.byteorder)
    except OSError:
        return -1


def test_greetd_in_japanese(w):
    """greetd asks PAM in a process that has no locale; the language is that of its environment, as systemd gives it. The card
    is pulled while its PIN is asked for."""
    needs("greetd")
    if not (japanese := w.system_japanese()):
        tap.skip("no Japanese locale")
    w.reset()
    mark = w.mark()
    told = greet(w, "hanako", PIN, w.pull, **japanese)
    tap.equal((told["asked"], told["said"]), ([texts.text("pin.prompt", "ja")], [texts.text("card.removed", "ja")]))
    tap.check(told["error"])
    tap.equal([(one.op, one["acct"], one["jwhy"], one["jsvc"]) for one in w.happened(mark)],
              [("auth", "hanako", "card.removed", "greetd")])
    w.insert("hanako")
    w.run(["mknod", "/dev/tty0", "c", "4", "0"]).check()
    if mode_in_front() == KD_TEXT:
        told = greet(w, "hanako", PIN, **japanese)
        tap.equal(told["asked"], [texts.text("pin.prompt")], "a greeter may be a text on the console that the kernel draws")
    w.run(["rm", "/dev/tty0"]).check()


def test_greetd_and_root(w):
    """root does not log in on a graphical screen: not with a password, nor with a card where the registry has one."""
    needs("greetd")
    w.reset()
    told = greet(w, "root", PASSWORD)
    tap.equal((bool(told["error"]), told["asked"]), (True, []))
    w.registry.account("root", "p0123")
    w.registry.build()
    told = greet(w, "root", PIN)
    tap.equal((bool(told["error"]), told["asked"], w.space.exists(f"{OUT}/who")), (True, ["PIN: "], False))


def test_greetd_without_asking(w):
    """A session that greetd's own configuration begins: nothing of it runs where the service is enforced."""
    needs("greetd")
    for services, begun in ((["greetd"], False), ([], True)):
        w.reset()
        w.settings(session={"enforce": services})
        w.registry.build()
        mark = w.mark()
        w.run(["rm", "-f", "/run/greetd.run", f"{OUT}/who"]).check()
        with greetd(w, f'[initial_session]\ncommand = "sh {OUT}/session"\nuser = "hanako"\n') as process:
            wait_for(lambda: w.space.exists(f"{OUT}/who") or not process.alive, "greetd")
        tap.equal(w.space.exists(f"{OUT}/who"), begun)
        tap.equal([(one.op, one["jwhy"]) for one in w.happened(mark)], [] if begun else [("account", "sess.unproven")])


# --- for a moment -----------------------------------------------------------------------------------------------------

def sudo(w: Services, who: str, *argv: str, pin: str | None = None, **how: Any) -> tuple[bool, str]:
    return w.do(["sudo", *argv], pin, uid=who, **how)


def test_sudo(w):
    needs("sudo")

    def attempt(pin: str) -> bool:
        done, said = sudo(w, "hanako", "id", "-un", pin=pin)
        return done and "root" in said
    four_tries(w, "sudo", attempt, ["auth", "account"])
    tap.equal(w.files(STATE, "session.*"), [])


def test_sudo_belongs_to_the_session(w):
    """Within a session only its person's card; and it neither joins nor ends that."""
    needs("sudo")
    w.reset()
    with w.app() as app:
        enter(app, "hanako")
        mark = w.mark()
        done, said = sudo(w, "hanako", "-i", "id", "-un", pin=PIN)
        tap.check(done and "root" in said, said)
        tap.equal([one.op for one in w.happened(mark)], ["auth", "account"])
        tap.check(w.ask("hanako", uid="hanako").ok, "the session lives")
        leave(app)


def test_sudo_for_others(w):
    """Whoever has a password, or a rule that asks for none, needs no card, and no jukinet."""
    needs("sudo")
    w.reset()
    mark = w.mark()

    def others() -> None:
        word = [Answer("password for postgres: ?$", PASSWORD, hidden=True)]
        tap.check(sudo(w, "postgres", "id", answers=word)[0], "a system account by its password")
        for target in ("root", "postgres", "nobody"):
            tap.check(sudo(w, "root", "-u", target, "id")[0], f"root becomes {target}")
    others()
    tap.check(sudo(w, "taro", "id")[0], "a rule with NOPASSWD")
    tap.equal(w.happened(mark), [])
    with without_jukinet(w):
        others()


def test_sudo_makes_nobody_a_person(w):
    needs("sudo")
    w.reset()
    for who in ("root", "taro"):
        done, said = sudo(w, who, "-u", "hanako", "id", "-un")
        tap.check(not done and "hanako\n" not in said, f"{who}: {said}")


# --- a card that is pulled --------------------------------------------------------------------------------------------

def test_card_pulled_at_the_prompt(w):
    """The attempt ends, whatever is typed then."""
    needs("sudo")
    w.reset()
    env = {"PATH": PATH, "TERM": "dumb", "LANG": "C.UTF-8"} | w.system_japanese()
    language = "ja" if "ja" in env["LANG"] else "en"
    for service, argv, who in (("login", ["/bin/login", "-p", "--", "hanako"], None),
                               ("su-l", ["/bin/su", "-", "hanako"], "mallory"), ("sudo", ["sudo", "id"], "hanako")):
        w.insert("hanako")
        mark = w.mark()
        with w.terminal() as terminal:
            terminal.start(argv, env=env, **w.identity(who))
            terminal.expect(PIN_PROMPT)
            w.pull()
            terminal.answer(PIN, hidden=True)
            terminal.expect(re.escape(texts.text("card.removed", language)))
            tap.equal([(one.op, one["acct"], one["jwhy"], one["jsvc"]) for one in w.happened(mark)],
                      [("auth", "hanako", "card.removed", service)])
            terminal.process.kill_tree()
    w.insert("hanako")


def test_card_pulled_from_a_session(w):
    """jukinet-monitor has it locked; from then on its own programs want the card of its person again."""
    needs("sudo")
    w.reset()

    def tries(card: str) -> list[tuple[str, str, str | None]]:
        mark = w.mark()
        done, _ = sudo(w, "hanako", "id", "-un", pin=PIN)
        tap.equal((done, w.su("hanako", pin=PIN, as_user="hanako").reached), (card == "hanako", card == "hanako"), card)
        return [(one.op, one["res"], one.get("jwhy")) for one in w.happened(mark, "auth")]

    def stands() -> int:
        with open(w.space.path(f"{NOTICES}/{w.accounts['hanako'].uid}"), "rb") as file:
            return int.from_bytes(dict(frames.decode(file.read())[1])[frames.F_STATE], "big")
    with w.watching(), w.open_login("hanako", PIN) as session:
        tap.check(session.reached, str(session.visit))
        begun = w.records(op="session-start")[-1]
        mark = w.mark()
        w.card.remove()
        wait_for(lambda: stands() == LOCKED, "the lock")
        [lock] = w.happened(mark, "lock")
        tap.equal((lock["jfor"], lock["acct"], lock["jper"], lock["jsess"]),
                  ("card-removed", "hanako", "p0123", begun["jsess"]))
        tap.equal(tries(""), [("auth", "failed", "card.none")] * 2)
        w.insert("taro")
        tap.equal(tries("taro"), [("auth", "failed", "card.mismatch")] * 2)
        tap.equal(stands(), LOCKED)
        w.insert("hanako")
        mark = w.mark()
        tap.equal(tries("hanako"), [("auth", "success", "")] * 2)
        tap.equal([one["jper"] for one in w.happened(mark, "unlock")], ["p0123"], "the first of them unlocks")
        session.exit()
    w.insert("hanako")


# The agent is there before it is needed; that of pkexec itself is refused by polkitd.
PKEXEC = """\
rm -f /tmp/agent.$$ && mkfifo /tmp/agent.$$
pkttyagent --process $$ --notify-fd 3 3>/tmp/agent.$$ &
cat /tmp/agent.$$
pkexec --disable-internal-agent --user {target} id -un
code=$?
kill $!
exit $code
"""


@contextlib.contextmanager
def polkit(w: Services) -> Iterator[None]:
    w.space.directory("/run/dbus")
    w.space.directory("/etc/polkit-1/rules.d")
    w.space.write("/etc/polkit-1/rules.d/10-test.rules",
                  'polkit.addAdminRule(function(action, subject) { return ["unix-user:" + subject.user]; });\n')
    bus = w.start_daemon(["dbus-daemon", "--system", "--nofork", "--nopidfile"],
                         lambda: w.space.exists("/run/dbus/system_bus_socket"), "the system bus")
    daemon = next(path for path in ("/usr/lib/polkit-1/polkitd", "/usr/libexec/polkitd") if os.path.exists(path))
    told = w.spawn([daemon, "--no-debug"], stderr=f"{OUT}/polkit.log")
    try:
        yield
    finally:
        told.terminate(5)
        bus.terminate(5)
        w.run(["rm", "-f", "/run/dbus/system_bus_socket"]).check()


def test_polkit(w):
    needs("pkexec", "dbus-daemon")

    def pkexec(target: str, who: str, **how: Any) -> tuple[bool, str]:
        return w.do(["sh", "-c", PKEXEC.format(target=target)], uid=who, **how)

    def attempt(pin: str) -> bool:
        done, said = pkexec("root", "hanako", pin=pin)
        return done and "root" in said
    with polkit(w):
        four_tries(w, "polkit-1", attempt, ["auth", "account"])
        done, said = pkexec("taro", "hanako", pin=PIN)
        tap.check(not done and "COMPLETE" in said, said)
        with without_jukinet(w):
            done, said = pkexec("root", "postgres", answers=[Answer("Password: ?$", PASSWORD, hidden=True)])
            tap.check(done and "root" in said, said)


# --- from afar --------------------------------------------------------------------------------------------------------

SSHD = f"""\
Port 2222
ListenAddress 127.0.0.1
HostKey {OUT}/host
AuthorizedKeysFile {OUT}/key.pub
StrictModes no
PermitRootLogin prohibit-password
UsePAM yes
PidFile none
"""
SSH = ["ssh", "-p", "2222", "-i", f"{OUT}/key", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
       "-o", "BatchMode=yes", "-o", "LogLevel=ERROR"]


@contextlib.contextmanager
def sshd(w: Services) -> Iterator[Callable[[str], tuple[bool, str]]]:
    for name in ("host", "key"):
        if not w.space.exists(f"{OUT}/{name}"):
            w.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{OUT}/{name}"]).check()
    w.space.write(f"{OUT}/sshd_config", SSHD)
    w.space.directory("/run/sshd")
    w.run(["rm", "-f", f"{OUT}/log"]).check()
    server = w.start_daemon(["/usr/sbin/sshd", "-D", "-e", "-f", f"{OUT}/sshd_config"],
                            lambda: "listening on" in w.space.read(f"{OUT}/log"), "sshd")

    def come_in(account: str) -> tuple[bool, str]:
        done = w.run([*SSH, f"{account}@127.0.0.1", "id -un; cat /proc/self/loginuid"], timeout=20)
        return done.status == 0, done.stdout + done.stderr
    try:
        yield come_in
    finally:
        server.terminate(5)


def test_sshd(w):
    """root and who is listed come in as ever, with no session of ours; an operator, whose session it would be, does not."""
    needs("sshd", "ssh")
    w.reset()
    with sshd(w) as come_in, w.app() as app:
        enter(app, "hanako")
        mark = w.mark()
        tap.equal(come_in("hanako")[0], False)
        tap.equal(w.processes_of("hanako"), [])
        for account, number in (("root", 0), (REMOTE.name, REMOTE.uid), ("postgres", POSTGRES.uid)):
            tap.equal(come_in(account), (True, f"{account}\n{number}"))
        tap.equal((w.happened(mark), w.files(STATE, "session.*")), ([], ["session.2001"]))
        refused = [one.get("acct") for one in w.log.all(mark) if one.type == "USER_ACCT" and one["res"] == "failed"]
        tap.equal(refused, ["hanako"], "in the kernel's log")
        tap.check(w.ask("hanako", uid="hanako").ok, "her session lives")
        leave(app)
        with without_jukinet(w):
            tap.equal(come_in("root")[0], True)
            tap.equal(come_in("hanako")[0], False)


# --- system jobs ------------------------------------------------------------------------------------------------------

def test_system_jobs(w):
    """su by root without a terminal, and runuser: with jukinet, and without."""
    w.reset()
    mark = w.mark()

    def jobs() -> None:
        for argv, who in ((["su", "-", "postgres", "-c", "id -un"], "postgres"),
                          (["su", "root", "-c", "id -un"], "root"),
                          (["su", "-s", "/bin/sh", "nobody", "-c", "id -un"], "nobody"),
                          (["runuser", "-u", "postgres", "--", "id", "-un"], "postgres"),
                          (["runuser", "-l", "hanako", "-c", "id -un"], "hanako")):
            done = w.run(argv)
            tap.equal((done.status, done.stdout.strip()), (0, who), f"{argv}: {done.stderr}")
    jobs()
    tap.equal(w.happened(mark), [])
    with without_jukinet(w):
        jobs()
    tap.check(w.run(["su", "-", "hanako", "-c", "id"]).status != 0, "a person's account")


def test_cron(w):
    needs("cron")
    w.reset()
    mark = w.mark()
    for number, who in enumerate(("root", "postgres")):
        w.space.write(f"/etc/cron.d/test-{who}", f"@reboot {who} id -un >{OUT}/cron.{who}\n")
    with without_jukinet(w):
        cron = w.spawn(["cron", "-f"], stderr=f"{OUT}/cron.log")
        try:
            for who in ("root", "postgres"):
                tap.equal(w.told(f"cron.{who}"), who)
        finally:
            cron.terminate(5)
    tap.equal(w.happened(mark), [])


# --- dialogs ----------------------------------------------------------------------------------------------------------

def test_texts_are_fit_for_the_dialog(w):
    """Some break no lines, one draws a single line, and one shows no first hidden question: each hears of the last try."""
    w.reset()
    prompt = texts.text("pin.prompt")
    warning = texts.text("pin.prompt.last").removesuffix(prompt).strip()
    with w.app() as session:
        enter(session, "hanako")
        for service, pieces in (("login", 1), ("su", 1), ("xscreensaver", 1), ("lightdm", 2), ("xsecurelock", 3)):
            w.card.set_tries(1)
            with w.app() as app:
                app.start(service, "hanako")
                app.begin("authenticate")
                told = app.until_prompt()
                app.order(answer="")
                app.finish()
            tap.equal(" ".join(" ".join(told).split()), f"{warning} {prompt.strip()}", service)
            tap.equal(len(told), pieces, f"{service}: {told}")
            columns = max(len(line) for text in told[:-1] for line in text.split("\n")) if pieces > 1 else 0
            tap.check(columns <= {"lightdm": 60, "xsecurelock": 76}.get(service, 0), str(told))
            tap.equal(any("\n" in text for text in told), service in ("lightdm", "xscreensaver"), str(told))
        w.card.set_tries(3)
        leave(session)


# --- lockers ----------------------------------------------------------------------------------------------------------

def test_lockers(w):
    """What a locker's program asks, as the user that it runs as."""
    w.reset()
    with w.app() as app:
        enter(app, "hanako")
        for service in INCLUDING:
            mark = w.mark()
            with w.app("hanako") as locker:
                locker.start(service, "hanako")
                for op in ("authenticate", "setcred", "acct_mgmt"):
                    tap.equal(locker.do(op, PIN).code, "PAM_SUCCESS", f"{service} {op}")
                tap.check(not locker.do("open_session").ok and not locker.do("chauthtok", PIN).ok, service)
            tap.equal([(one.op, one["jfor"]) for one in w.happened(mark, "auth")], [("auth", "unlock")])
        w.insert("taro")
        for service in INCLUDING:
            told = w.ask("hanako", uid="hanako", service=service)
            tap.equal((told.code, told.asked), ("PAM_AUTH_ERR", []), service)
        w.insert("hanako")
        leave(app)


def test_lockers_hear_no(w):
    """And nothing else, which some take for a fault of PAM: physlock ends then."""
    w.reset()
    hers = ("setpriv", f"--ruid={w.accounts['hanako'].uid}")
    ways = {"i3lock": {"uid": "hanako"}, "physlock": {"wrapper": hers}, "vlock": {"wrapper": hers}}
    with w.app() as app:
        enter(app, "hanako")
        w.pull()
        for service, how in ways.items():
            told = w.ask("hanako", service=service, **how)
            tap.equal((told.code, told.said[-1]), ("PAM_AUTH_ERR", texts.text("card.none")), service)
        # GNOME's greeter and lock screen never ask that service again.
        told = w.ask("hanako", service="gdm-smartcard-jukinet")
        tap.equal((told.code, told.said[-1]), ("PAM_AUTH_ERR", texts.text("card.none")))
        with without_jukinet(w):
            tap.equal(w.ask("hanako", service="physlock", wrapper=hers).code, "PAM_AUTH_ERR")
        w.insert("hanako")
        leave(app)


def test_lockers_of_consoles(w):
    """Set-user-ID programs: who started them says whether root's password counts."""
    w.reset()
    hers = ("setpriv", f"--ruid={w.accounts['hanako'].uid}")
    with w.app() as app:
        enter(app, "hanako")
        for service in ("physlock", "vlock"):
            tap.check(w.ask("hanako", service=service, wrapper=hers).ok, service)
            told = w.ask("hanako", WRONG, service=service, wrapper=hers)
            tap.equal(told.said, [texts.text("pin.wrong", n=2)], service)
            told = w.ask("root", PASSWORD, service=service, wrapper=hers)
            tap.equal((told.code, told.asked), ("PAM_AUTH_ERR", []), f"{service}: root's password on her lock")
            told = w.ask("root", PASSWORD, service=service)
            tap.equal((told.ok, told.asked), (True, ["Password: "]), f"{service}: root's own")
            w.card.set_tries(3)
        tap.equal(w.ask("root", WRONG, service=service).code, "PAM_AUTH_ERR")
        leave(app)


def test_vlock(w):
    needs("vlock")
    w.reset()
    with w.app() as app:
        enter(app, "hanako")
        done, said = w.do(["vlock"], PIN, uid="hanako", answers=[Answer("(?s)ENTER.*$", "")])
        tap.check(done, said)
        leave(app)


# --- passwd, the last: the card's PIN is another one then -------------------------------------------------------------

def test_passwd(w):
    w.reset()
    for who, words in (("postgres", (("Current password: ?$", PASSWORD), ("New password: ?$", "battery staple 7"),
                                     ("Retype new password: ?$", "battery staple 7"))),
                       ("hanako", ((re.escape(texts.text("pin.old")) + "$", PIN),
                                   (re.escape(texts.text("pin.new")) + "$", "284951"),
                                   (re.escape(texts.text("pin.again")) + "$", "284951")))):
        done, said = w.do(["passwd"], uid=who, answers=[Answer(prompt, word, hidden=True) for prompt, word in words])
        tap.check(done, f"{who}: {said}")
    tap.equal((w.ask("hanako").ok, w.ask("hanako", "284951").ok), (False, True))


if __name__ == "__main__":
    root = Account("root", 0, 0, "/root", "/bin/sh", "root", PASSWORD)
    tap.main(missing(), w=lambda: Services("services", accounts=[root, POSTGRES, REMOTE], extra_layout=SYSTEM_LOCALES))
