"""What looks like a terminal, and how wide a text is on one."""

from __future__ import annotations

import io
import unicodedata


class Screen(io.StringIO):
    """A stream that says it is a terminal, and keeps what is shown."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def wide(text: str) -> int:
    """Columns of a line: by Unicode's table, for characters that stand alone."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
