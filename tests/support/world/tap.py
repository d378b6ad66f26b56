# SPDX-License-Identifier: BSD-2-Clause
"""A small test runner: functions named test_* in, TAP out.

    from world import tap

    def test_something(w): ...          # parameters are fixtures, by name
    def test_other(): tap.skip("why")

    if __name__ == "__main__":
        tap.main(w=lambda: World("suite", build_dir))

A fixture is a factory of a context manager; it is made at the first test that wants it and shared by the rest, unless
it is wrapped: fresh(factory) makes one for every test. With a `report()` method it is asked what happened when a test
fails; an `after()` method is called after each of its tests, which fails where that raises. Command line: names or
patterns of tests, --list, --shell (stop at a failure with the world open), --fail-fast.
"""

from __future__ import annotations

import argparse
import contextlib
import fnmatch
import inspect
import os
import signal
import sys
import time
import traceback
from typing import Any, Callable, ContextManager, Iterable, NoReturn

Factory = Callable[[], ContextManager[Any]]
LIMIT = 120     # seconds a test may take unless it says otherwise


class Skip(Exception):
    """Raised by skip()."""


class TookTooLong(BaseException):
    """The test's own deadline; not an Exception, so that a test does not swallow it."""


def skip(reason: str) -> NoReturn:
    raise Skip(reason)


def limit(seconds: float) -> Callable[[Callable], Callable]:
    """Decorator: how long this test may take."""
    def mark(function: Callable) -> Callable:
        function.tap_limit = seconds      # type: ignore[attr-defined]
        return function
    return mark


def skip_if(reasons: Iterable[str]) -> Callable[[Callable], Callable]:
    """Decorator: skipped when there is any reason."""
    told = "; ".join(reasons)

    def mark(function: Callable) -> Callable:
        if told:
            function.tap_skip = told      # type: ignore[attr-defined]
        return function
    return mark


def alone(function: Callable) -> Callable:
    """Decorator: shared fixtures are closed before this test; those after it get new ones."""
    function.tap_alone = True             # type: ignore[attr-defined]
    return function


class fresh:
    """A fixture made anew for every test."""

    def __init__(self, factory: Factory) -> None:
        self.factory = factory


def check(value: object, what: str = "") -> None:
    """An assertion that python -O keeps, with something to read."""
    if not value:
        raise AssertionError(what or f"{value!r}")


def equal(have: object, want: object, what: str = "") -> None:
    if have != want:
        raise AssertionError(f"{what + ': ' if what else ''}have {have!r}, want {want!r}")


class Fixtures:
    def __init__(self, factories: dict[str, Factory | fresh]) -> None:
        self.factories = factories
        self.shared = contextlib.ExitStack()
        self.made: dict[str, Any] = {}

    def give(self, names: Iterable[str], stack: contextlib.ExitStack) -> dict[str, Any]:
        given = {}
        for name in names:
            factory = self.factories[name]
            if isinstance(factory, fresh):
                given[name] = stack.enter_context(factory.factory())
            else:
                if name not in self.made:
                    self.made[name] = self.shared.enter_context(factory())
                given[name] = self.made[name]
        return given

    def close(self) -> None:
        self.made.clear()
        self.shared.close()


class Runner:
    def __init__(self, tests: list[Callable], fixtures: Fixtures, options: argparse.Namespace) -> None:
        self.tests = tests
        self.fixtures = fixtures
        self.options = options
        self.failed: list[str] = []

    def run(self) -> int:
        say(f"1..{len(self.tests)}")
        for number, test in enumerate(self.tests, 1):
            self._one(number, test)
            if self.failed and self.options.fail_fast:
                say("Bail out! stopped at the first failure")
                break
        try:
            self.fixtures.close()
        except Exception:
            comment(traceback.format_exc())
            self.failed.append("closing")
        if self.failed:
            comment(f"failed: {', '.join(self.failed)}")
        return 1 if self.failed else 0

    def _one(self, number: int, test: Callable) -> None:
        name = test.__name__.removeprefix("test_")
        begun = time.monotonic()
        result, after = "ok", ""
        try:
            self._call(test)
        except Skip as reason:
            after = f" # SKIP {reason}"
        except KeyboardInterrupt:
            raise
        except BaseException:
            result = "not ok"
            self.failed.append(name)
        milliseconds = (time.monotonic() - begun) * 1000
        say(f"{result} {number} - {name}{after}")
        comment(f"time={milliseconds:.0f}ms")

    def _call(self, test: Callable) -> None:
        """A failure is described while its fixtures are still open."""
        if reason := getattr(test, "tap_skip", None):
            raise Skip(reason)
        if getattr(test, "tap_alone", False):
            self.fixtures.close()
        with contextlib.ExitStack() as stack:
            given: dict[str, Any] = {}
            try:
                # Not on the test's time: a world may have to wait for its turn with the machine's audit.
                given = self.fixtures.give(inspect.signature(test).parameters, stack)
                with deadline(getattr(test, "tap_limit", LIMIT)):
                    test(**given)
                    tidy(given)
            except (Skip, KeyboardInterrupt):
                raise
            except BaseException:
                self._describe(given)
                with contextlib.suppress(Exception):
                    tidy(given)
                raise

    def _describe(self, given: dict[str, Any]) -> None:
        comment(traceback.format_exc())
        for fixture in given.values():
            if hasattr(fixture, "report"):
                try:
                    comment(fixture.report())
                except Exception as problem:
                    comment(f"no report: {problem}")
            if self.options.shell and hasattr(fixture, "space"):
                comment("the world stays open; the shell below is inside")
                keeper = str(fixture.space.keeper)
                os.spawnvp(os.P_WAIT, "nsenter", ["nsenter", "-t", keeper, "-m", "-n", "-u", "/bin/bash"])


def tidy(given: dict[str, Any]) -> None:
    for fixture in given.values():
        if hasattr(fixture, "after"):
            fixture.after()


@contextlib.contextmanager
def deadline(seconds: float):
    def ring(*_: object) -> None:
        raise TookTooLong(f"the test took longer than {seconds:g} s")
    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def comment(text: str) -> None:
    for line in text.rstrip("\n").split("\n"):
        say(f"# {line}".encode("utf-8", "backslashreplace").decode())


def collect(module: dict[str, Any]) -> list[Callable]:
    """In the order of the file."""
    found = [value for name, value in module.items() if name.startswith("test_") and inspect.isfunction(value)]
    return sorted(found, key=lambda test: test.__code__.co_firstlineno)


def build_directory() -> str:
    """Takes the first word off the command line of a test: test_X.py BUILD_DIR [TEST...]."""
    if len(sys.argv) < 2 or not os.path.isdir(sys.argv[1]):
        sys.exit(f"usage: {os.path.basename(sys.argv[0])} BUILD_DIR [TEST...]")
    return os.path.realpath(sys.argv.pop(1))


def main(missing: Iterable[str] = (), module: dict[str, Any] | None = None,
         **fixtures: Factory | fresh) -> NoReturn:
    """Runs the calling module's tests and exits. missing: reasons to skip all of them."""
    if module is None:
        frame = inspect.currentframe()
        assert frame and frame.f_back
        module = frame.f_back.f_globals
    parser = argparse.ArgumentParser()
    parser.add_argument("tests", nargs="*", help="names or patterns, without test_")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--fail-fast", action="store_true")
    parser.add_argument("--shell", action="store_true", help="at a failure, a shell inside the world")
    options = parser.parse_args()
    tests = collect(module)
    if options.tests:
        tests = [test for test in tests
                 if any(fnmatch.fnmatch(test.__name__.removeprefix("test_"), pattern.removeprefix("test_"))
                        for pattern in options.tests)]
    if options.list:
        for test in tests:
            say(test.__name__.removeprefix("test_"))
        sys.exit(0)
    reasons = list(missing)
    if reasons:
        say(f"1..0 # SKIP {'; '.join(reasons)}")
        sys.exit(0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))     # so that fixtures are closed
    runner = Runner(tests, Fixtures(fixtures), options)
    try:
        status = runner.run()
    finally:
        runner.fixtures.close()
    sys.exit(status)
