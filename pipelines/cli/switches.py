"""Options that are on or off: ``--x`` and ``--no-x``, and ``--x true`` as before."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

from ...errors import InputError

WORDS = ("true", "false", "yes", "no", "none")


class Switch(argparse.Action):
    """An option that is on or off; the words of the command line are made ``--x=true`` first."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, value: Any, *_: Any
    ) -> None:
        """Keep the value that the option's type has made of the word."""
        setattr(namespace, self.dest, value)


def off_name(option: str) -> str:
    """What switches ``option`` off: ``--no-x`` of ``--x``."""
    return f"--no-{option.removeprefix('--')}"


def off_names(parser: argparse.ArgumentParser) -> set[str]:
    """What switches the options of a command off."""
    return {off_name(a.option_strings[0]) for a in parser._actions if isinstance(a, Switch)}


def spelled_out(words: Sequence[str], parser: argparse.ArgumentParser) -> Iterator[str]:
    """``words`` with every switch as ``--x=true`` or ``--x=false``.

    The word behind ``--x`` belongs to it where it says true or false, or where the command takes
    no other words, so that what was meant for it is not taken for something else.

    Raises:
        InputError: ``--no-x`` with a value.
    """
    switches = {a.option_strings[0] for a in parser._actions if isinstance(a, Switch)}
    offs = {off_name(option): option for option in switches}
    takes_words = any(not action.option_strings for action in parser._actions)
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word.partition("=")[0] in offs and "=" in word:
            off = word.partition("=")[0]
            raise InputError(f"expected {off} without a value: write {off} or {offs[off]}")
        if word in offs:
            yield f"{offs[word]}=false"
        elif word in switches:
            own = rest and not rest[0].startswith("-")
            own = own and (rest[0].lower() in WORDS or not takes_words)
            yield f"{word}={rest.pop(0) if own else 'true'}"
        else:
            yield word
