#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A real browser without a screen, as somebody inside, with the example extension and page: for each business given, what the
page shows, in JSON.

    browser.py chromium|firefox HOST-MANIFEST EXAMPLE-DIRECTORY CODE BUSINESS...
"""

from __future__ import annotations

import functools
import http.server
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

LIMIT = time.monotonic() + 60
FILL = """{
const filled = document.getElementById("form");
filled.elements.code.value = %s;
filled.elements.business.value = %s;
document.getElementById("result").textContent = "";
filled.requestSubmit();
}"""
READY = "location.protocol === 'http:' && document.readyState === 'complete'"
SHOWN = "[...['result', 'record', 'state'].map((id) => document.getElementById(id).textContent), " \
        "document.getElementById('result').className, document.getElementById('record').className]"


def left() -> float:
    if time.monotonic() >= LIMIT:
        raise TimeoutError("the browser takes too long")
    return LIMIT - time.monotonic()


class Pages(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def serve(directory: str) -> str:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Pages, directory=directory))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/index.html"


class Chromium:
    """By the debugging protocol over descriptors 3 and 4: no port for others."""

    def __init__(self, home: str, extension: str, url: str) -> None:
        theirs_in, self._in = os.pipe()
        self._out, theirs_out = os.pipe()
        self._read, self._n = b"", 0

        def place() -> None:
            one, two = os.dup(theirs_in), os.dup(theirs_out)
            os.dup2(one, 3)
            os.dup2(two, 4)

        binary = "/usr/lib/chromium/chromium" if os.path.exists("/usr/lib/chromium/chromium") else "chromium"
        self.process = subprocess.Popen(
            [binary, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--remote-debugging-pipe", "--enable-unsafe-extension-debugging",
             f"--user-data-dir={home}/chromium", "about:blank"],
            preexec_fn=place, pass_fds=(3, 4), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(f"{home}/chromium.err", "wb"))
        os.close(theirs_in)
        os.close(theirs_out)
        self.call("Extensions.loadUnpacked", path=extension)
        target = self.call("Target.createTarget", url=url)["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def call(self, method: str, session: str | None = None, **params: object) -> dict:
        self._n += 1
        order = {"id": self._n, "method": method, "params": params} | ({"sessionId": session} if session else {})
        os.write(self._in, json.dumps(order).encode() + b"\0")
        while True:
            while b"\0" not in self._read:
                if not select.select([self._out], [], [], left())[0]:
                    raise TimeoutError(method)
                piece = os.read(self._out, 65536)
                if not piece:
                    raise EOFError(f"chromium has ended at {method}")
                self._read += piece
            text, _, self._read = self._read.partition(b"\0")
            said = json.loads(text)
            if said.get("id") == self._n:
                if "error" in said:
                    raise RuntimeError(f"{method}: {said['error']}")
                return said["result"]

    def run(self, script: str) -> object:
        said = self.call("Runtime.evaluate", self.session, expression=script, returnByValue=True)
        if "exceptionDetails" in said:
            raise RuntimeError(str(said["exceptionDetails"]))
        return said["result"].get("value")

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(10)


class Firefox:
    """By marionette."""

    def __init__(self, home: str, extension: str, url: str) -> None:
        profile = f"{home}/firefox"
        os.mkdir(profile)
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        with open(f"{profile}/user.js", "w", encoding="utf-8") as file:
            file.write(f'user_pref("marionette.port", {port});\nuser_pref("xpinstall.signatures.required", false);\n'
                       'user_pref("datareporting.policy.dataSubmissionEnabled", false);\n'
                       'user_pref("app.update.enabled", false);\n')
        self.process = subprocess.Popen(["firefox-esr", "--headless", "--marionette", "--no-remote", "--profile", profile],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=open(f"{home}/firefox.err", "wb"))
        self._n, self._read = 0, b""
        while True:
            try:
                self.link = socket.create_connection(("127.0.0.1", port), timeout=1)
                break
            except OSError:
                left()
                time.sleep(0.2)
        self._hear()
        self.call("WebDriver:NewSession", capabilities={})
        self.call("Addon:Install", path=extension, temporary=True)
        self.call("WebDriver:Navigate", url=url)

    def _hear(self) -> object:
        while b":" not in self._read or len(self._read.partition(b":")[2]) < int(self._read.partition(b":")[0]):
            self.link.settimeout(left())
            piece = self.link.recv(65536)
            if not piece:
                raise EOFError("firefox has ended")
            self._read += piece
        size, _, rest = self._read.partition(b":")
        self._read = rest[int(size):]
        return json.loads(rest[:int(size)])

    def call(self, name: str, **params: object) -> object:
        self._n += 1
        text = json.dumps([0, self._n, name, params])
        self.link.sendall(f"{len(text.encode())}:{text}".encode())
        _, _, error, result = self._hear()
        if error:
            raise RuntimeError(f"{name}: {error}")
        return result

    def run(self, script: str) -> object:
        wrapped = script if script.startswith("{") else f"return {script}"
        return self.call("WebDriver:ExecuteScript", script=wrapped, args=[])["value"]

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def main() -> None:
    which, manifest, example, code, *businesses = sys.argv[1:]
    home = tempfile.mkdtemp(prefix="browser.")
    os.environ.update(HOME=home, XDG_RUNTIME_DIR=home)
    # Where each looks for those of one user.
    for directory in (f"{home}/chromium/NativeMessagingHosts", f"{home}/.mozilla/native-messaging-hosts"):
        os.makedirs(directory)
        shutil.copy(manifest, f"{directory}/jp.jukinet.lookup.json")
    browser = {"chromium": Chromium, "firefox": Firefox}[which](home, f"{example}/extension", serve(f"{example}/page"))
    told = []
    try:
        while not browser.run(READY):
            left()
            time.sleep(0.1)
        for business in businesses:
            browser.run(FILL % (json.dumps(code), json.dumps(business)))
            while not (shown := browser.run(SHOWN))[0]:
                left()
                time.sleep(0.05)
            told.append(dict(zip(("result", "record", "state", "kind", "hidden"), shown)))
    finally:
        browser.close()
        print(json.dumps(told))
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
