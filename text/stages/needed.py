"""Which words of a file of vectors a text stage needs: a file may have millions of others."""

from __future__ import annotations

from collections.abc import Iterable


class Needed:
    """Says of each word of a file, in its order, whether its vector is needed.

    What is needed are the words of the training texts in any case, their characters (Chinese words
    without a vector get the mean of these), and the first words beyond them: lower-case ones, and
    others that stand for a lower-case word the file may lack. The choice of the stage is the same
    as if it had them all.

    Args:
        words: of the training texts.
        extra: how many words beyond them are used.
    """

    def __init__(self, words: Iterable[str], extra: int) -> None:
        self._words = set(words)
        self._words |= {character for word in self._words for character in word}
        self._lower = extra
        # At most ``extra`` of these turn out to be in the file in lower case as well, where the
        # lower-case words alone are fewer than that; so there are enough without them.
        self._other = 2 * extra
        self._seen: set[str] = set()

    def __call__(self, word: str) -> bool:
        """Whether the vector of ``word``, which was not asked of before, is needed."""
        lower = word.lower()
        if lower in self._words:
            return True
        if word == lower:
            self._lower -= 1
            return self._lower >= 0
        if lower in self._seen or len(self._seen) >= self._other:
            return False
        self._seen.add(lower)
        return True
