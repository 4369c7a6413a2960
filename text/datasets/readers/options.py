"""What a user may say about a labelled file, where its content does not say it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from ....errors import InputError

DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
OPTION_NAMES = ("text_column", "label_column", "delimiter", "encoding")


@dataclass(frozen=True)
class FileOptions:
    """How to read labelled files; None leaves it to their content.

    Attributes:
        text_column: name of the column of texts, or its number from 1.
        label_column: name of the column of labels, or its number from 1.
        delimiter: one character, or a name of `DELIMITERS`.
        encoding: a name as UTF-8, UTF-16, GB18030, BIG5 or CP1252.
        known: labels that there may be; a first line with one of them is no header.
        plain: the files are known to be ``label<TAB>text`` lines of clean UTF-8, as those of the
            named sets are, and are read as they stand.
        pairs: with ``plain``: the lines are ``label<TAB>text<TAB>text``, whose texts become one
            (`text.pairs`).
    """

    text_column: str | None = None
    label_column: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    known: Collection[str] = ()
    plain: bool = False
    pairs: bool = False

    def given(self) -> dict[str, str]:
        """The options that were given, by the names of `OPTION_NAMES`."""
        values: dict[str, Any] = {name: getattr(self, name) for name in OPTION_NAMES}
        return {name: value for name, value in values.items() if value is not None}

    def refuse(self, what: str, names: Collection[str] = OPTION_NAMES) -> None:
        """Refuse options that ``what`` would ignore.

        Raises:
            InputError: one of ``names`` was given.
        """
        wrong = [name for name in self.given() if name in names]
        if wrong:
            option = wrong[0].replace("_", "-")
            raise InputError(
                f"expected --{option} with a file or folder of one's own only, but the data set is "
                f"{what}: leave it out"
            )

    def separator(self) -> str | None:
        """The delimiter as a character.

        Raises:
            InputError: it is none.
        """
        if self.delimiter is None:
            return None
        char = DELIMITERS.get(self.delimiter.lower(), self.delimiter)
        if len(char) != 1 or char in '"\r\n' or char.isalnum():
            raise InputError(
                "expected --delimiter to be one character, or of "
                f"{', '.join(name for name in DELIMITERS if name.isalpha())}, "
                f"but got {self.delimiter!r}"
            )
        return char


BY_CONTENT = FileOptions()
"""Nothing is said; all is told by content."""
