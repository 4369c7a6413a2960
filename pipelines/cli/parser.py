"""The argument parser of every command: one-line errors that say what may have been meant."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from ...errors import InputError


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one-line `InputError`s instead of exits.

    Attributes:
        renamed: options that had another name before, as ``{"--tau": "--soft-threshold"}``; the
            old one is taken like the new one, and a line on standard error says so
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)
        self.renamed: dict[str, str] = {}

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As of argparse, with old names of options made new ones first."""
        words = list(sys.argv[1:] if args is None else args)
        end = words.index("--") if "--" in words else len(words)
        words[:end] = [self._renamed(word) for word in words[:end]]
        return super().parse_known_args(words, namespace)

    def _renamed(self, word: str) -> str:
        """A word of the command line by the name of today."""
        option, equals, value = str(word).partition("=")
        if option not in self.renamed:
            return word
        tell_new_name(option, self.renamed[option])
        return f"{self.renamed[option]}{equals}{value}"

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
    import difflib

    ending = option[2:].rsplit(".", 1)[-1]
    near = [name for name in known if name[2:].rsplit(".", 1)[-1] == ending]
    near = near or difflib.get_close_matches(option, known, n=1)
    return f"; did you mean {' or '.join(near)}?" if near else ""
