"""Options: dataclass fields with their help text, choices and bounds, and how these are checked.

They stand where they are used, on the parameters of a neuron or of a model family, and light
enough for the command line, which reads them there.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import Field, field
from typing import Any

from .errors import InputError
from .formatting import meant


class Choices(Collection[str]):
    """Words and the names of registries, one after the other, as they are when they are asked for.

    A name that is added to a registry later is a choice from then on; nothing is loaded.

    Args:
        parts: a word, or a collection of words such as a registry

    Example:
        >>> list(Choices("auto", {"saf": 1, "direct": 2}))
        ['auto', 'saf', 'direct']
    """

    def __init__(self, *parts: str | Collection[str]) -> None:
        self.parts = tuple((part,) if isinstance(part, str) else part for part in parts)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(word for part in self.parts for word in part))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, word: object) -> bool:
        return any(word in part for part in self.parts)


def option(
    default: Any,
    text: str,
    choices: Collection[str] = (),
    shown: str = "",
    old_names: tuple[str, ...] = (),
    called: str = "",
    **bounds: float,
) -> Any:
    """A dataclass field with its help text and, where it has them, its choices or bounds.

    Args:
        default: its value where it is not given
        text: its help
        choices: the words that it takes, as a tuple, a registry or `Choices`; what they hold when
            they are asked counts
        shown: says in the help what is done by default, where the value itself does not
        old_names: what it was called before, as fields are; the command line and config files take
            these too, and say the new one
        called: its name on the command line and in config files, where that cannot be a field's
        bounds: ``least`` and ``most`` are allowed values themselves, ``above`` and ``below`` not
    """
    metadata: dict[str, Any] = {"help": text, "choices": choices, "bounds": bounds}
    more = {"shown": shown, "old_names": old_names, "called": called}
    return field(default=default, metadata=metadata | {k: v for k, v in more.items() if v})


def called(item: Field[Any]) -> str:
    """What an option is called on the command line: the field's name, or as its metadata say."""
    return str(item.metadata.get("called", item.name))


def bounds_text(bounds: Mapping[str, float]) -> str:
    """Bounds in words, as in "of at least 1" or "above 0 and at most 100"."""
    words = {"least": "of at least", "above": "above", "most": "at most", "below": "below"}
    return " and ".join(f"{words[kind]} {bounds[kind]}" for kind in words if kind in bounds)


def check_value(name: str, value: Any, metadata: Mapping[str, Any]) -> None:
    """Refuse a value outside its option's choices or bounds; None and words without them pass.

    Args:
        name: what to call it in the error, as in ``--epochs``
        value: one value, or the values of an option that takes several
        metadata: of the option's dataclass field

    Raises:
        InputError: says what was expected and what came.
    """
    parts = value if isinstance(value, tuple) else (value,)
    if not parts or len(set(parts)) < len(parts):
        raise InputError(f"expected one or more different values for {name}, but got {parts}")
    choices, bounds = metadata.get("choices"), metadata.get("bounds", {})
    for part in parts:
        if part is None:
            continue
        if choices and part not in choices:
            raise InputError(
                f"expected {name} to be of {', '.join(choices)}, but got {part!r}"
                f"{meant(str(part), choices)}"
            )
        if isinstance(part, bool | str):
            continue
        inside = (
            math.isfinite(part)
            and part >= bounds.get("least", -math.inf)
            and part <= bounds.get("most", math.inf)
            and part > bounds.get("above", -math.inf)
            and part < bounds.get("below", math.inf)
        )
        if not inside:
            wanted = bounds_text(bounds) or "that is finite"
            raise InputError(f"expected a number {wanted} for {name}, but got {part}")
