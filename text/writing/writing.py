"""What a text stage does to the writing of texts before it cuts them into words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...options import check_value
from .characters import narrow, visible, visible_places
from .choices import LEVELS, SCRIPTS
from .dictionary import UserDictionary
from .script import to_script

DICTIONARY_FILE = "user_dict.txt"


@dataclass(frozen=True)
class Writing:
    """How texts are made alike, and which words of the user's they are cut by.

    Attributes:
        clean: of `choices.LEVELS`.
        script: of `choices.SCRIPTS`.
        dictionary: a user's words for jieba.
        graphemes: marks stay with their letters, and scripts without spaces are cut letter by
            letter (`graphemes.word_pattern`); a stage that says nothing of it was fitted without.
    """

    clean: str = "none"
    script: str = "keep"
    dictionary: UserDictionary | None = None
    graphemes: bool = False

    def __post_init__(self) -> None:
        check_value("clean", self.clean, {"choices": LEVELS})
        check_value("script", self.script, {"choices": SCRIPTS})

    def check_language(self, language: str) -> None:
        """Refuse what is for Chinese alone where the texts are not."""
        given = "--user-dict" if self.dictionary else "--script" if self.script != "keep" else ""
        if given and language != "zh":
            raise InputError(
                f"expected Chinese texts for {given}, but they are in {language!r}: leave it out, "
                "or give --language zh"
            )

    def apply(self, text: str, language: str) -> str:
        """``text`` as it is cut into words."""
        if self.clean == "none" and self.script == "keep":
            return text
        return to_script(self.cleaned(text, language), self.script)

    def cleaned(self, text: str, language: str) -> str:
        """``text`` without invisible and, where that is asked for, full-width characters."""
        if self.clean == "none":
            return text
        text = visible(text)
        return narrow(text, language) if self.clean == "all" else text

    def places(self, text: str) -> list[int]:
        """For every character of what `apply` makes of ``text``, where in ``text`` it comes from.

        Only what is left out moves others: all else is done character by character.
        """
        return list(range(len(text))) if self.clean == "none" else visible_places(text)

    def words(self) -> UserDictionary | None:
        """The user's words, written as the texts are that they are looked up in."""
        return self.dictionary and _rewritten(self)

    def changed(self, texts: Iterable[str], language: str) -> dict[str, int]:
        """How many of ``texts`` are changed: by what, and in all ("texts")."""
        counts = {"texts": 0, "invisible": 0, "wide": 0, "script": 0}
        for text in texts:
            if text.isascii():
                continue
            seen = text if self.clean == "none" else visible(text)
            cleaned = self.cleaned(text, language)
            done = to_script(cleaned, self.script)
            steps = {"invisible": seen != text, "wide": cleaned != seen, "script": done != cleaned}
            for name, did in {"texts": done != text, **steps}.items():
                counts[name] += did
        return counts

    def save(self, folder: Path) -> None:
        """Write the dictionary into ``folder``, where there is one."""
        if self.dictionary:
            self.dictionary.save(folder / DICTIONARY_FILE)

    def to_dict(self) -> dict[str, Any]:
        """For JSON: what differs from doing nothing, the dictionary by its digest."""
        values: dict[str, Any] = {"clean": self.clean, "script": self.script}
        values = {k: v for k, v in values.items() if v not in ("none", "keep")}
        values |= {"user_dict": self.dictionary.digest} if self.dictionary else {}
        return values | ({"graphemes": True} if self.graphemes else {})

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], folder: Path) -> Writing:
        """What `to_dict` and `save` wrote; nothing is done by a stage that says nothing of it.

        Raises:
            InputError: another dictionary lies in ``folder``, or none, or a value is unknown.
        """
        digest = values.get("user_dict")
        dictionary = UserDictionary.read(folder / DICTIONARY_FILE) if digest else None
        if dictionary and dictionary.digest != digest:
            raise InputError(
                f"expected the words that the text stage was fitted with in "
                f"{folder / DICTIONARY_FILE}, but they are others; copy the file again"
            )
        return cls(
            str(values.get("clean", "none")),
            str(values.get("script", "keep")),
            dictionary,
            bool(values.get("graphemes", False)),
        )


AS_IT_STANDS = Writing()
"""Nothing is done to a text, and no dictionary is given."""


@lru_cache(maxsize=16)
def _rewritten(writing: Writing) -> UserDictionary:
    assert writing.dictionary
    return writing.dictionary.rewritten(lambda word: writing.apply(word, "zh"))
