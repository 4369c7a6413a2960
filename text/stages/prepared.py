"""A text on its way to a stage's cutter, and its words found again where they came from."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from typing import Any, Protocol

from ...errors import InputError
from ..writing.writing import Writing
from .fitting import Cutter


class Cuts(Protocol):
    """What says how texts are cut: a class of text stages."""

    kind: str

    def cutter(self, language: str) -> Cutter:
        """What cuts a text; it may take a dictionary and graphemes as well."""


def prepared(stage: Cuts, language: str, writing: Writing) -> Cutter:
    """What cuts a text after ``writing`` has made it alike, by the user's words where given.

    Raises:
        InputError: an unknown language, something for Chinese in another one, or a dictionary for
            a stage that has no use for one.
    """
    writing.check_language(language)
    words, known = writing.words(), signature(stage.cutter).parameters
    if words is not None and "dictionary" not in known:
        raise InputError(
            f"expected the text stage words for --user-dict, but it is {stage.kind}, which does "
            "not cut texts by a dictionary: leave one of the two out"
        )
    given: dict[str, Any] = {} if words is None else {"dictionary": words}
    if writing.graphemes and "graphemes" in known:  # a cutter of one's own knows its letters
        given["graphemes"] = True
    cut = stage.cutter(language, **given)
    if writing.clean == "none" and writing.script == "keep":
        return cut
    return lambda text: cut(writing.apply(text, language))


def as_they_stand(
    words: Sequence[str], written: str, text: str, places: Sequence[int]
) -> list[str]:
    """``words`` of ``written`` as the parts of ``text`` that they were made of.

    Args:
        words: in lower case, in the order of the text; one that is not found is passed over
        written: what was cut
        text: what it was made of
        places: of each character of ``written``, the place in ``text`` that it comes from
    """
    lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in written)
    found: list[str] = []
    cursor = 0
    for word in words:
        start = lower.find(word, cursor)
        if start >= 0 and word:
            cursor = start + len(word)
            found.append(text[places[start] : places[cursor - 1] + 1])
    return found
