"""The page of `snnconvert app` as a browser test needs it: served, visited, touched."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..ports import free_port
from .browser import BrowserError, Tab

LIMIT = 120.0  # seconds until the page must be there, on a busy machine
LAST = "Energy of this sentence"  # the last heading of the page
DONE = (
    "[...document.querySelectorAll('h2')].some(e => e.textContent == '" + LAST + "')"
    " && !document.querySelector('[data-testid=stStatusWidget]')"
    " && !document.querySelector('[data-stale=true]')"
)


@contextmanager
def served(run: Path) -> Iterator[str]:
    """The address of the page of ``run``, for as long as the block lasts."""
    port = free_port()
    words = [sys.executable, "-m", "snnconvert", "app", str(run), "--port", str(port)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert line == f"http://127.0.0.1:{port}", line
        _listening(port)
        yield line
    finally:
        process.terminate()
        try:
            process.wait(3)  # it would wait for the browser to let go
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _listening(port: int) -> None:
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise BrowserError(f"expected a server on port {port} within {LIMIT:g} s, but there is none")


def wait(tab: Tab, condition: str, what: str) -> None:
    """Until a JavaScript ``condition`` holds in the page."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        if tab.js(f"!!({condition})"):
            return
        time.sleep(0.1)
    raise BrowserError(f"expected {what} within {LIMIT:g} s, but it did not come")


def visit(tab: Tab, address: str, width: int) -> None:
    """Open the page, and wait until all of it is there."""
    tab.visit(address, width)
    wait(tab, DONE, "the whole page")


def click(tab: Tab, label: str) -> None:
    """Press the button called ``label``."""
    found = f"[...document.querySelectorAll('button')].find(e => e.innerText.trim() == '{label}')"
    wait(tab, found, f"the button {label}")
    tab.js(f"{found}.click()")


def type_in(tab: Tab, label: str, text: str) -> None:
    """Write ``text`` into the field called ``label``, in the place of what is there."""
    field = f"document.querySelector('textarea[aria-label=\"{label}\"]')"
    wait(tab, field, f"the field {label}")
    tab.js(f"{field}.focus(), {field}.select()")
    tab.send("Input.insertText", text=text)
