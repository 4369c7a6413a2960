"""A headless Chromium, driven over its own pipe: the DevTools protocol without a driver program.

Chromium reads commands from file descriptor 3 and writes answers and events to 4, each a JSON text
that ends with a zero byte.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "chromium-headless-shell")
FLAGS = (
    "--headless",
    "--no-sandbox",  # it would not start as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
    "--remote-debugging-pipe",
)
# puts the two ends of the pipes where Chromium looks for them, then becomes Chromium
LAUNCH = "import os, sys; r, w = map(int, sys.argv[1:3]); os.dup2(r, 3); os.dup2(w, 4); "
LAUNCH += "os.execv(sys.argv[3], sys.argv[3:])"


def find_browser() -> str | None:
    """The path of a Chromium on this machine, or None."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


class BrowserError(Exception):
    """The browser does not start, or does not answer."""


class Tab:
    """One page of the browser, and what happened in it since it was opened."""

    def __init__(self, commands: int, answers: int, limit: float = 60.0) -> None:
        self.commands, self.answers, self.limit = commands, answers, limit
        self.rest, self.number, self.session = b"", 0, ""
        self.events: list[dict[str, Any]] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        attached = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Give a command and return its result."""
        self.number += 1
        message: dict[str, Any] = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read(f"an answer to {method}")
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']}")
                return dict(answer["result"])

    def read(self, what: str) -> dict[str, Any]:
        """The next message; events are also kept."""
        end = time.monotonic() + self.limit
        while b"\0" not in self.rest:
            left = max(end - time.monotonic(), 0)
            if not select.select([self.answers], [], [], left)[0]:
                raise BrowserError(f"expected {what} within {self.limit:g} s, but none came")
            block = os.read(self.answers, 1 << 20)
            if not block:
                raise BrowserError(f"expected {what}, but the browser has ended")
            self.rest += block
        message, self.rest = self.rest.split(b"\0", 1)
        found = dict(json.loads(message))
        if "method" in found:
            self.events.append(found)
        return found

    def open(self, path: Path, width: int = 1440, height: int = 900, scheme: str = "light") -> None:
        """Show a file in a window of ``width`` x ``height`` CSS pixels."""
        self.visit(path.resolve().as_uri(), width, height, scheme)

    def visit(self, url: str, width: int = 1440, height: int = 900, scheme: str = "light") -> None:
        """Show what lies at an address."""
        self.resize(width, height)
        self.media(scheme=scheme)
        self.events.clear()
        self.send("Page.navigate", url=url)
        while not self.of("Page.loadEventFired"):
            self.read("the page to load")
        self.js("document.fonts.ready.then(() => true)")

    def resize(self, width: int, height: int = 900, scale: float = 1.0) -> None:
        """Give the window another size."""
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=scale, mobile=False)  # fmt: skip

    def media(self, scheme: str = "light", medium: str = "") -> None:
        """Prefer light or dark colours; ``medium`` "print" shows what would be printed."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.send("Emulation.setEmulatedMedia", media=medium, features=[feature])

    def js(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        found = self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in found:
            raise BrowserError(f"{expression}: {found['exceptionDetails']}")
        return found["result"].get("value")

    def key(self, name: str, code: int) -> None:
        """Press and release a key."""
        for kind in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=name, code=name,
                      windowsVirtualKeyCode=code)  # fmt: skip

    def of(self, method: str) -> list[dict[str, Any]]:
        """The events of a kind since the page was opened."""
        return [event["params"] for event in self.events if event["method"] == method]

    def requests(self) -> list[str]:
        """The addresses that the page asked for, its own among them."""
        return [event["request"]["url"] for event in self.of("Network.requestWillBeSent")]

    def complaints(self) -> list[str]:
        """Everything that came to the console: errors, warnings, and what a policy forbade."""
        said = [event["entry"]["text"] for event in self.of("Log.entryAdded")]
        said += [str(event["args"]) for event in self.of("Runtime.consoleAPICalled")]
        thrown = self.of("Runtime.exceptionThrown")
        return said + [str(event["exceptionDetails"]) for event in thrown]

    def screenshot(self, clip: dict[str, float] | None = None, whole: bool = False) -> bytes:
        """The window, a part of the page, or all of it, as PNG."""
        if whole:
            size = self.js("[innerWidth, document.documentElement.scrollHeight]")
            clip = {"x": 0, "y": 0, "width": size[0], "height": size[1]}
        more = {"clip": {**clip, "scale": 1}, "captureBeyondViewport": True} if clip else {}
        return base64.b64decode(self.send("Page.captureScreenshot", format="png", **more)["data"])

    def pdf(self) -> bytes:
        """The page as it would be printed on A4."""
        return base64.b64decode(
            self.send("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)["data"]
        )


def _pipe() -> tuple[int, int]:
    """A pipe whose descriptors lie above those that the browser uses."""
    ends = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in ends)
    for end in ends:
        os.close(end)
    return high[0], high[1]


@contextmanager
def browser(path: str) -> Iterator[Tab]:
    """A tab of a fresh browser, which is ended afterwards.

    Raises:
        BrowserError: it does not start.
    """
    there, mine_out = _pipe()
    mine_in, back = _pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        words = [sys.executable, "-S", "-E", "-c", LAUNCH, str(there), str(back), path, *FLAGS]
        process = subprocess.Popen(
            [*words, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(there, back),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(there)
        os.close(back)
        try:
            tab = Tab(mine_out, mine_in)
            yield tab
            tab.session = ""
            with suppress(BrowserError, OSError):
                tab.send("Browser.close")
        finally:
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)
            process.kill()
            process.wait()
            os.close(mine_out)
            os.close(mine_in)


def a_tab() -> Iterator[Tab]:
    """A tab for a fixture; what needs it is skipped, with the reason, where there is no browser.

    Where CHROMIUM names one it must start.
    """
    path = find_browser()
    if path is None:
        pytest.skip("there is no Chromium here: install chromium, or name one in CHROMIUM")
    try:
        with browser(path) as opened:
            yield opened
    except BrowserError as error:
        if os.environ.get("CHROMIUM"):
            raise
        pytest.skip(f"Chromium does not start here: {error}")
