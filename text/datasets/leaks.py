"""Texts that must not be trained on: those that give away a dev or test text.

Corpora share sentences (MR, SST-2 and SST-5 are cut from the same reviews), treebanks hold the
parts of their test sentences, and pools of unlabelled text hold all kinds of copies. What is
learned from those is remembered and not understood. Texts are compared by their letters and digits
alone (`overlap.keys.plain_text`), and of an auxiliary source is left out what

- **equals** a held-out text;
- **contains** one as a whole. A held-out text of fewer than `LEAST_WORDS` words counts only where
  it is equal: it is a phrase of the language ("a good film"), which says nothing of where it is
  from;
- is a **part** of one, itself of at least `LEAST_WORDS` words: the labelled phrases of a treebank,
  of which every one of a test sentence tells something of its label;
- has a long run of letters **in common** with one: half of the held-out text, but at least
  32 letters (seven to eight English words; 12 Chinese characters), since shorter ones are
  commonplaces ("one of the best films of the year" has 26), and 64 (24) are enough in a long one,
  since nobody writes fourteen words in a row as someone else has by chance;
- **repeats** an earlier text of the source. The first one stays.

One text is counted once, by the first of these that holds for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np

from ...errors import InputError
from ..inputs import as_texts
from ..segment import LANGUAGES
from .overlap.inside import Sought
from .overlap.keys import plain_text
from .overlap.runs import RunBounds, Runs
from .overlap.windows import Joined, chunks

LEAST_WORDS = {"en": 4, "zh": 6}
"""From how many words on (Chinese characters count as words) a text is more than a phrase."""

RUN_BOUNDS = {"en": RunBounds(32, 64), "zh": RunBounds(12, 24)}
"""Letters in a row that are more than a commonplace; see above."""

_KINDS = ("equal", "contains", "part", "shared", "repeated")
_KEPT = len(_KINDS)
_SAID = {
    "equal": "equal a dev or test text",
    "contains": "contain one",
    "part": "are a part of one",
    "shared": "have a long run of words in common with one",
    "repeated": "repeated",
}


@dataclass(frozen=True, kw_only=True)
class Leaks:
    """How many texts of an auxiliary source were left out and why (see above), and are kept."""

    equal: int = 0
    contains: int = 0
    part: int = 0
    shared: int = 0
    repeated: int = 0
    kept: int = 0

    def to_dict(self) -> dict[str, int]:
        """For JSON."""
        return asdict(self)

    def __str__(self) -> str:
        """One line of words for the terminal.

        >>> print(Leaks(equal=2, part=1, kept=1500))
        1,500 texts kept, left out 3: 2 equal a dev or test text, 1 are a part of one
        """
        counts = {name: value for name, value in asdict(self).items() if name != "kept" and value}
        out = ", ".join(f"{value:,} {_SAID[name]}" for name, value in counts.items())
        none = "none left out"
        return f"{self.kept:,} texts kept, " + (
            f"left out {sum(counts.values()):,}: {out}" if out else none
        )


class HeldOut:
    """Texts that nothing is learned from, as an index that several sources are checked against.

    Args:
        texts: dev and test texts of a data set
        language: "en" or "zh": what counts as long, and whether scripts are made one

    Raises:
        InputError: another language.
    """

    def __init__(self, texts: Iterable[str], language: str) -> None:
        if language not in LANGUAGES:
            raise InputError(f"unknown language {language!r}: expected {' or '.join(LANGUAGES)}")
        self._language = language
        words = {}
        for text in texts:
            plain = plain_text(text, language)
            words[plain.key] = plain.words
        self._keys = list(words)
        self._equal = frozenset(words)
        self._runs = Runs(self._keys, RUN_BOUNDS[language])
        self._whole = Sought()
        long = np.array([n >= LEAST_WORDS[language] for n in words.values()], dtype=bool)
        for first, part in chunks(self._keys):
            self._whole.add(Joined.of(part), long[first : first + len(part)], first)

    def screen(self, texts: Sequence[str]) -> tuple[list[int], Leaks]:
        """Numbers of those of ``texts`` that may be learned from, in order, and what was left out.

        Time and memory grow with the number of letters: `docs/leaks.md` has measurements.
        """
        texts = as_texts(texts)
        kinds = np.full(len(texts), _KEPT, dtype=np.int8)
        seen: set[int] = set()
        sought = Sought()
        for first, part in chunks(texts):
            own = kinds[first : first + len(part)]
            plain = [plain_text(text, self._language) for text in part]
            keys = [one.key for one in plain]
            for number, key in enumerate(keys):
                # 64 bits of each: whole texts would be kept twice
                if (short := hash(key)) in seen:
                    own[number] = _KINDS.index("repeated")
                seen.add(short)
            joined = Joined.of(keys)
            self._mark(own, keys, joined)
            long = np.array([one.words >= LEAST_WORDS[self._language] for one in plain])
            sought.add(joined, long & (own > _KINDS.index("part")), first)
        for numbers in sought.found_in_any(self._keys):
            kinds[numbers] = _KINDS.index("part")
        counts = np.bincount(kinds, minlength=_KEPT + 1).tolist()
        names = [field.name for field in fields(Leaks)]
        kept: list[int] = np.flatnonzero(kinds == _KEPT).tolist()
        return kept, Leaks(**dict(zip(names, counts, strict=True)))

    def _mark(self, kinds: np.ndarray, keys: Sequence[str], joined: Joined) -> None:
        """Write into ``kinds`` (N,) which of ``keys`` equal, contain or share; the first holds."""
        for number in self._runs.sharing(joined, keys):
            kinds[number] = _KINDS.index("shared")
        kinds[self._whole.found_in(joined)[0]] = _KINDS.index("contains")
        for number, key in enumerate(keys):
            if key in self._equal:
                kinds[number] = _KINDS.index("equal")


def without_leaks(
    texts: Sequence[str], held_out: Iterable[str], language: str
) -> tuple[list[int], Leaks]:
    """Leave out of ``texts`` what gives away a held-out text, and repeated ones.

    Args:
        texts: those of an auxiliary source
        held_out: dev and test texts of the data set that is trained on
        language: "en" or "zh"

    Returns:
        Numbers of the texts kept, in order, and how many were left out and why.

    Raises:
        InputError: something that is no text, or another language.

    >>> some = ["A slow film, but fine!", "it was a slow film but fine to me", "slow", "SLOW"]
    >>> without_leaks(some, ["a slow film , but fine"], "en")[0]
    [2]
    """
    return HeldOut(as_texts(held_out), language).screen(texts)
