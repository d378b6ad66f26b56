#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Somebody else's source: built outside the tree with nothing but the installed header, then loaded and asked. Prints
TAP. Runs as root in a mount namespace of its own, where the parents of everything belong to root."""

from __future__ import annotations

import glob
import os
import re
import shutil
import subprocess
import sys
from typing import Callable

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.realpath(sys.argv[1])
TOP = "/mnt"
DEST, OUT, ETC, POLICY = f"{TOP}/dest", f"{TOP}/out", f"{TOP}/etc", f"{TOP}/policy"
EXAMPLE = f"{ROOT}/tests/support/source-example"
PAGE = f"{ROOT}/policy/sources/jukinet-policy-source.3.scd"


def enter() -> None:
    if os.geteuid() != 0:
        skip_all("needs root")
    if os.environ.get("JK_PRIVATE") != "yes":
        if subprocess.run(["unshare", "-m", "true"], check=False).returncode != 0:
            skip_all("no mount namespace of its own")
        os.environ["JK_PRIVATE"] = "yes"
        os.execvp("unshare", ["unshare", "-m", "--propagation", "private", sys.executable, "-B", *sys.argv])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", TOP], check=True)
    os.umask(0o022)
    for path in (ETC, POLICY):
        os.mkdir(path)
    shutil.copytree(EXAMPLE, OUT)


def skip_all(why: str) -> None:
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def run(*command: str, **how: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, **how)  # type: ignore[call-overload]


def good(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode != 0:
        raise AssertionError(f"{done.args}: {done.stdout}{done.stderr}"[-3000:])


def header_directory() -> str:
    found = glob.glob(f"{DEST}/**/jukinet/policy.h", recursive=True)
    assert len(found) == 1, found
    return os.path.dirname(os.path.dirname(found[0]))


def drive(*words: str) -> subprocess.CompletedProcess[str]:
    return run(f"{BUILD}/tests/support/source-driver", "--policydir", POLICY, "--config-dir", ETC, "example", *words)


def test_header_is_installed() -> None:
    """Beside that of the library, and no other."""
    good(run("meson", "install", "-C", BUILD, "--no-rebuild", "--tags", "devel", "--destdir", DEST))
    assert header_directory().endswith("/include")
    assert sorted(os.listdir(f"{header_directory()}/jukinet")) == ["jukinet.h", "policy.h"]


def test_header_alone_is_c99() -> None:
    for language in ("c", "c++"):
        compiler = shutil.which("cc" if language == "c" else "c++")
        if compiler:
            good(run(compiler, "-x", language, "-std=" + ("c99" if language == "c" else "c++11"), "-Wall", "-Wextra",
                     "-pedantic", "-Werror", "-fsyntax-only", "-I", header_directory(), "-",
                     input="#include <jukinet/policy.h>\nint x = JUKINET_POLICY_VERSION;\n"))


def test_example_is_built_outside_the_tree() -> None:
    good(run("meson", "setup", f"{OUT}/build", OUT, f"-Dc_args=-I{header_directory()}"))
    good(run("ninja", "-C", f"{OUT}/build"))
    good(run("install", "-m", "644", f"{OUT}/build/libjukinet_policy_example.so.1", POLICY))


def test_example_yields_its_rows() -> None:
    with open(f"{ETC}/example.txt", "w", encoding="utf-8") as file:
        file.write("person p0123 name=住基 花子\nperson p0124 name=a=b\n")
    done = drive("rows")
    assert (done.returncode, done.stderr) == (0, ""), done
    assert done.stdout == "person p0123 name=住基 花子\nperson p0124 name=a=b\nstatus SUCCESS\n", done.stdout


def test_example_names_file_and_line() -> None:
    with open(f"{ETC}/example.txt", "w", encoding="utf-8") as file:
        file.write("person p0123 name=x\nperson\n")
    assert f"error: {ETC}/example.txt:2: not KIND ID KEY=VALUE" in drive("rows").stderr


def test_example_without_its_file() -> None:
    os.unlink(f"{ETC}/example.txt")
    done = drive("rows")
    assert done.returncode == 1 and "status NOTFOUND" in done.stdout and "No such file" in done.stderr, done


def test_example_has_rows_only() -> None:
    for words in (["status"], ["report", "t", "1", "1"], ["publish", "1"]):
        assert drive(*words).returncode == 64, words


def test_by_the_line_that_its_build_file_names() -> None:
    with open(f"{EXAMPLE}/meson.build", encoding="utf-8") as file:
        line = re.search(r"#     (cc .*)", file.read())
    assert line
    good(run("sh", "-c", f"cd {OUT} && {line[1]} -I{header_directory()}"))
    good(run("install", "-m", "644", f"{OUT}/libjukinet_policy_example.so.1", POLICY))
    assert drive("rows").returncode == 1


def test_page_shows_the_example() -> None:
    """Word for word, from its first include on; scdoc wants each backslash twice."""
    with open(f"{EXAMPLE}/source.c", encoding="utf-8") as file:
        code = file.read()
    with open(PAGE, encoding="utf-8") as file:
        shown = re.findall(r"^```\n(.*?)^```$", file.read(), re.M | re.S)
    assert code[code.index("#include"):].replace("\\", "\\\\") in shown, "the page shows another text"


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
        except Exception as fault:      # each says how it failed
            failed = 1
            print(f"not ok {number} - {name}")
            for line in f"{type(fault).__name__}: {fault}".splitlines():
                print("# " + line)
    return failed


if __name__ == "__main__":
    sys.exit(main())
