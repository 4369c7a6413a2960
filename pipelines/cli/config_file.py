"""A YAML file of options, given with ``--config``: read as words of the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import InputError
from ...files import read_yaml_mapping
from .parser import Parser, suggestion, tell_new_name
from .switches import off_names

# options that say what to do now, not how: a settings file has no place for them
NOT_IN_FILES = {"--config", "--force", "--debug", "--help", "--sweep", "--list"}
NOT_IN_FILES |= {"--quiet", "--json", "--log-file", "--print-config", "--version"}

ALONE = {"--print-config", "--list"}
"""Options with which a command needs no run folder."""


def parse(parser: Parser, words: Sequence[str]) -> dict[str, Any]:
    """The options given in ``words``, with those of a ``--config`` file before them.

    Raises:
        InputError: words or a file that the command does not understand.
    """
    let_alone(parser, words)
    finder = Parser(prog=parser.prog, add_help=False)
    finder.add_argument("--config")
    path = finder.parse_known_args(list(words))[0].config
    if path is None or "--config" not in parser.option_names():
        return vars(parser.parse_words(list(words)))
    return vars(parser.parse_words([*read_config(path, parser), *words]))


def read_config(path: str, parser: Parser) -> list[str]:
    """A YAML settings file as command-line words, so that it is checked by the same rules.

    Raises:
        InputError: not YAML, or a name that is not an option of the command.
    """
    content = read_yaml_mapping(path, "a settings file")
    known = sorted(set(parser.option_names()) - NOT_IN_FILES - off_names(parser))
    words: list[str] = []
    for name, value in _flat(content):
        option = "--" + name.replace("_", "-")
        if option in parser.renamed:
            new = parser.renamed[option]
            tell_new_name(f"{name} in {path}", new.removeprefix("--").replace("-", "_"))
            option = new
        if option not in known:
            raise InputError(
                f"expected options of {parser.prog} in {path}, but it has {name!r}"
                + suggestion(option, known).replace("--", "")
            )
        text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        text = "" if value is None else text  # "none" is a choice of some options
        words.append(f"{option}={text}")
    return words


def _flat(content: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for name, value in content.items():
        if isinstance(value, dict):
            pairs += _flat(value, f"{prefix}{name}.")
        else:
            pairs.append((f"{prefix}{name}", value))
    return pairs


def let_alone(parser: Parser, words: Sequence[str]) -> None:
    """Ask for no run folder where an option is among ``words`` that needs none."""
    if not ALONE.intersection(words):
        return
    for action in parser._actions:
        action.required = False
        if not action.option_strings:
            action.nargs = "*" if action.nargs in ("+", "*") else "?"
