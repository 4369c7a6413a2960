"""Words and vectors as a file gives them: the first row of each word is kept, bad ones counted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ..decoding.invisible import clean_text

_BATCH = 1024  # rows that are checked at once
_GROWTH = 1.25
_BAD_SHARE = 0.05  # more bad rows than this, and the file is not what it seems to be,
_FEW_BAD, _BAD_SHARE_OF_FEW = 10, 0.2  # unless they are few, which says little in a small file
_HOPELESS = 1000  # so many bad rows, most of those read: no need to read on
Wanted = Callable[[str], bool]
KINDS = "word vectors (word2vec text or binary, or GloVe text)"


@dataclass(frozen=True)
class WordVectors:
    """Words and their vectors.

    Attributes:
        words: N different words.
        matrix: (N, D) float32, finite.
        source: where they come from, for records.
        skipped: rows of the file that could not be used; repeated words are not among them.
        note: what was skipped and why, in words; empty where nothing was.
        unused: further rows of the file, of words that nobody asked for.
    """

    words: list[str]
    matrix: np.ndarray
    source: str
    skipped: int = 0
    note: str = ""
    unused: int = 0

    @property
    def dim(self) -> int:
        """D, the length of a vector."""
        return int(self.matrix.shape[1])


class Rows:
    """Collects the rows of a file of word vectors.

    Args:
        dim: D, the length of a vector.
        unit: what a row is called in messages: "line" or "row".
        source: what the file is called in messages.
        wanted: is asked of each new word whether to keep its row; None keeps all.
    """

    def __init__(self, dim: int, unit: str, source: str, wanted: Wanted | None = None) -> None:
        self.dim, self.unit, self.source, self._wanted = dim, unit, source, wanted
        self._unused = 0
        self.hint = ""
        """What else to say where no row is good."""
        self._good = self._bad = 0  # words with blanks and repeated ones are good
        self._lost = 0  # rows that the bad ones may have been: two that are glued together are one
        self._first: tuple[int, str] | None = None
        self._foreign = self._last_bad = 0
        self._phrases, self._first_phrase = 0, ""
        self._words: dict[str, None] = {}
        self._matrix = np.empty((0, dim), np.float32)
        self._used = 0  # rows of it
        self._pending: list[tuple[int, bytes, np.ndarray]] = []

    def add(self, number: int, word: bytes, vector: np.ndarray) -> None:
        """Row ``number`` of the file: its word, and its vector (D,) float32."""
        self._pending.append((number, word, vector))
        if len(self._pending) == _BATCH:
            self._flush()

    def add_bad(self, number: int, reason: str, rows: int = 1) -> None:
        """Count a row that cannot be used.

        Args:
            number: of the row in the file.
            reason: follows "line 7" or "row 7" in messages.
            rows: as many as it may have been before it was damaged.

        Raises:
            InputError: most rows so far are bad, and they are many.
        """
        if self._first is None or number < self._first[0]:
            self._first = number, f"{self.unit} {number}{reason}"
        self._last_bad = number
        self._bad += 1
        self._lost += rows
        if self._bad >= _HOPELESS and self._bad > self._good + len(self._pending):
            self._flush()
            raise self._refusal()

    def _flush(self) -> None:
        """Check the rows that are waiting, and keep what is good and new."""
        if not self._pending:
            return
        waiting, self._pending = self._pending, []
        block = np.stack([vector for _, _, vector in waiting])
        finite = np.isfinite(block).all(axis=1)  # (rows,)
        kept = []
        for i, (number, raw, _) in enumerate(waiting):
            word = self._word(number, raw, bool(finite[i]))
            if word is None or word in self._words:
                continue
            if self._wanted is None or self._wanted(word):
                self._words[word] = None
                kept.append(i)
            else:
                self._unused += 1
        self._append(block[kept])

    def _word(self, number: int, raw: bytes, finite: bool) -> str | None:
        """The word of a row, or None where the row is not used."""
        try:
            word = raw.decode("utf-8")
        except UnicodeDecodeError:
            self._foreign += 1
            self.add_bad(number, f": the word {_short(raw)} is not in UTF-8")
            return None
        parts = word.split()
        if not parts:
            self.add_bad(number, " has a blank word")
        elif not finite:
            reason = f"the vector of {_short(word)} has nan or infinity"
            self.add_bad(number, f": expected finite numbers, but {reason}")
        elif len(parts) > 1:  # a phrase: no segmenter gives them
            self._good += 1
            self._phrases += 1
            self._first_phrase = self._first_phrase or f"{self.unit} {number}: {_short(word)}"
        else:
            self._good += 1
            return clean_text(parts[0]) or parts[0]
        return None

    def _append(self, block: np.ndarray) -> None:
        """Append rows; the matrix grows in place, so that it is in memory once."""
        end = self._used + len(block)
        if end > len(self._matrix):
            room = max(end, math.ceil(_GROWTH * len(self._matrix)))
            self._matrix.resize((room, self.dim), refcheck=False)
        self._matrix[self._used : end] = block
        self._used = end

    def finish(self, promised: int | None, last: int) -> WordVectors:
        """The words and vectors, once all rows are in.

        Args:
            promised: rows that the header promises, None without a header.
            last: number of the last row in the file.

        Raises:
            InputError: too many rows are bad, or they are fewer or more than promised.
        """
        self._flush()
        allowed = _BAD_SHARE if self._bad > _FEW_BAD else _BAD_SHARE_OF_FEW
        if self._bad > allowed * (self._good + self._bad):
            raise self._refusal()
        if promised is not None and not self._good <= promised <= self._good + self._lost:
            raise self.miscounted(promised, f"but there are {self._good + self._bad}")
        if not self._words and not self._unused:
            raise InputError(f"expected word vectors, but {self.source} has none")
        self._matrix.resize((self._used, self.dim), refcheck=False)
        return WordVectors(
            words=list(self._words),
            matrix=self._matrix,
            source=self.source,
            skipped=self._bad + self._phrases,
            note=self._note(last),
            unused=self._unused,
        )

    def miscounted(self, promised: int, found: str) -> InputError:
        """The error of a header that does not fit."""
        return InputError(
            f"expected {KINDS}, but {self.source} is cut off, damaged or of another kind (the "
            f"header promises {promised} rows, {found}): fetch it again, or write it anew"
        )

    def _refusal(self) -> InputError:
        _, first = self._first or (0, "")
        told = f"{first}; {self._bad} of {self._good + self._bad} rows are bad"
        if self._foreign > self._bad / 2:
            return InputError(
                f"expected words in UTF-8, but {self.source} has other bytes ({told}): convert it "
                "from the encoding it has: iconv -f ENCODING -t UTF-8"
            )
        hint = f"{self.hint}; " if self.hint and not self._good else ""
        return InputError(
            f"expected {KINDS}, but {self.source} is cut off, damaged or of another kind "
            f"({hint}{told}): fetch it again, or write it anew"
        )

    def _note(self, last: int) -> str:
        """What was skipped; rows that only repeat a word are as good as the first."""
        parts = []
        if self._first is not None:
            cut = "; the last is bad: the file may be cut off" if self._last_bad == last else ""
            first = "the first: " if self._bad > 1 else ""
            parts.append(f"{self._bad:,} bad ({first}{self._first[1]}{cut})")
        if self._phrases:
            parts.append(f"{self._phrases:,} of words with blanks ({self._first_phrase})")
        count = self._bad + self._phrases
        return f"{count:,} row{'s'[: count > 1]} skipped: {', '.join(parts)}" if parts else ""


def _short(word: str | bytes) -> str:
    """``word`` for a message of one line."""
    return repr(word if len(word) <= 40 else word[:40])
