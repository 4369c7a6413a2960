"""The argument parser of every command: one-line errors that say what may have been meant."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from ...errors import InputError
from ...formatting import meant
from .help_page import Page
from .switches import spelled_out

PLACES = frozenset(
    (
        "RUN",
        "FILE",
        "PATH",
        "FOLDER",
        "DIR",
        "DATA_DIR",
        "VECTORS",
        "USER_DICT",
        "VOCABULARY",
        "SPACE",
    )
)
"""What the help calls a place on the disk."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one-line `InputError`s instead of exits.

    Attributes:
        renamed: options that had another name before, as ``{"--tau": "--soft-threshold"}``; the
            old one is taken like the new one, and a line on standard error says so
        settings: the settings classes whose options it has, and the prefix of each
        grid: options that a sweep does not read, and which of its own stands in their place
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **({"formatter_class": Page} | settings))
        self.renamed: dict[str, str] = {}
        self.settings: list[tuple[type, str]] = []
        self.grid: dict[str, str] = {}
        self.groups: dict[str, argparse._ArgumentGroup] = {}
        self._positionals.title, self._optionals.title = "arguments", "general"

    def group(self, title: str, line: str = "") -> argparse._ArgumentGroup:
        """The group of options called ``title``, with a line that says what they are about."""
        if title not in self.groups:
            self.groups[title] = self.add_argument_group(title, line or None)
        return self.groups[title]

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As of argparse, with old names of options made new ones, and switches spelled out."""
        words = list(sys.argv[1:] if args is None else args)
        end = words.index("--") if "--" in words else len(words)
        options = spelled_out([self._renamed(word) for word in words[:end]], self)
        return super().parse_known_args([*options, *words[end:]], namespace)

    def parse_words(self, words: Sequence[str]) -> argparse.Namespace:
        """The options in ``words``, with those between the other words.

        Where the words at the end may be none, argparse would take them to be none as soon as an
        option stands before them.
        """
        if not any(not a.option_strings and a.nargs in ("?", "*") for a in self._actions):
            return self.parse_args(words)
        end = words.index("--") if "--" in words else len(words)
        # which argparse would look at once more, now without the two dashes before them
        after = {f"\0{number}": word for number, word in enumerate(words[end + 1 :])}
        found = self.parse_intermixed_args([*words[:end], *after])
        for name, value in vars(found).items():
            if isinstance(value, list):
                setattr(found, name, [after.get(word, word) for word in value])
            elif isinstance(value, str):
                setattr(found, name, after.get(value, value))
        return found

    def _renamed(self, word: str) -> str:
        """A word of the command line by the name of today."""
        option, equals, value = str(word).partition("=")
        if option not in self.renamed:
            return word
        tell_new_name(option, self.renamed[option])
        return f"{self.renamed[option]}{equals}{value}"

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a word that is none of the choices, and say which it may have been meant to be.

        Neither is an empty one a place: it would be the current folder, or as if it were left out.
        """
        if value == "" and action.metavar in PLACES:
            message = "expected a path, but it is empty: see whether a variable is unset"
            raise argparse.ArgumentError(action, message)
        if action.choices is not None and value not in action.choices:
            names = [str(choice) for choice in action.choices]
            message = f"expected one of {', '.join(names)}, but got {value!r}"
            raise argparse.ArgumentError(action, message + meant(str(value), names))

    def error(self, message: str) -> NoReturn:
        """Raise `InputError` with the parser's message and where to look."""
        text = " ".join(message.split())
        unknown = [word for word in text.split() if word.startswith("--")]
        if "unrecognized" in text and unknown:
            text += suggestion(unknown[0].split("=")[0], self.option_names())
        raise InputError(f"{text}; see {self.prog} --help")

    def option_names(self) -> list[str]:
        """Every option of this parser, as in ``--epochs``."""
        return [o for action in self._actions for o in action.option_strings if o[:2] == "--"]


def tell_new_name(old: str, new: str) -> None:
    """Say on standard error what an option is called today."""
    print(f"snnconvert: {old} is called {new} now; the old name still works", file=sys.stderr)


def suggestion(option: str, known: Sequence[str]) -> str:
    """What the user may have meant by ``option``; empty where nothing is near.

    ``--epochs`` of `train` is ``--train.epochs`` of `run`, and the other way round.
    """
    ending = re.split(r"[.]|^--", option)[-1]
    near = [name for name in known if name[2:].rsplit(".", 1)[-1] == ending]
    return f"; did you mean {' or '.join(near)}?" if near else meant(option, known)
