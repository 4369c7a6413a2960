"""Pictures of the terminal for docs/images: commands run in a terminal of 80 columns, as SVG.

What is shown is what the commands print there; progress bars, which are gone at the end, are not.
"""

from __future__ import annotations

import argparse
import fcntl
import io
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from rich.console import Console
from rich.text import Text

from snnconvert.tools.pictures import IMAGES

COLUMNS = 80
TEXTS = {
    "en": ("friendly staff and a great room", "cold food and rude waiters"),
    "zh": ("服务热情,房间也很干净", "菜是冷的,服务员态度很差"),
}
FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # which come from the network
WIDE = re.compile(r'(<text [^>]*?) textLength="[^"]*"([^>]*>[\u3000-\u9fff\uff00-\uffef])')
MOVES = re.compile(r"\x1b\[[0-9;]*[A-LN-Za-ln-z]")  # all that is no colour


def commands(language: str) -> list[str]:
    """What is typed."""
    run = f"runs/{language}"
    texts = " ".join(f'"{text}"' for text in TEXTS[language])
    return [
        f"snnconvert train --dataset builtin-{language} --epochs 6 --out {run}",
        f"snnconvert convert {run} --steps 4",
        f"snnconvert predict {run} {texts}",
    ]


def printed(command: str, folder: Path) -> str:
    """What a command shows on a terminal at its end."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
    words = [sys.executable, "-m", *shlex.split(command)]
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": str(COLUMNS)}
    working = subprocess.Popen(words, stdout=theirs, stderr=theirs, cwd=folder, env=environment)
    os.close(theirs)
    parts = []
    while True:
        try:
            parts.append(os.read(ours, 1 << 16))
        except OSError:  # the terminal has no one who writes to it any more
            break
    os.close(ours)
    if working.wait():
        raise SystemExit(f"{command} ended with {working.returncode}")
    text = MOVES.sub("", b"".join(parts).decode("utf-8"))
    lines = [line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n")]
    return "\n".join(lines).strip("\n")


def apart(text: Text) -> Text:
    """Chinese characters as parts of their own, since fonts differ in how wide they make them."""
    text.highlight_regex(r"[\u3000-\u9fff\uff00-\uffef]+", "#c6c8c7")
    return text


def draw(language: str, folder: Path, path: Path) -> None:
    """Run the commands of a language and write their picture."""
    screen = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    for command in commands(language):
        screen.print(apart(Text(f"$ {command}", style="bold")))
        screen.print(apart(Text.from_ansi(printed(command, folder))), soft_wrap=True)
        screen.print()
    picture = screen.export_svg(title="snnconvert", unique_id=f"terminal-{language}")
    picture = WIDE.sub(r"\1\2", FONTS.sub("", picture))
    path.write_text(picture.rstrip() + "\n", "utf-8")


def main() -> None:
    """Write the pictures of both languages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--languages", nargs="+", default=list(TEXTS), choices=TEXTS)
    for language in parser.parse_args().languages:
        with tempfile.TemporaryDirectory() as folder:
            draw(language, Path(folder), IMAGES / f"terminal-{language}.svg")


if __name__ == "__main__":
    main()
