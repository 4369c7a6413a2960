"""Words and their ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ...errors import InputError
from ...files import read_text, write_text

PAD, UNK = "<pad>", "<unk>"
PAD_ID, UNK_ID = 0, 1
FILL = "<fill>"  # an ordinary word, which no text has: it fills up texts that must not be short


class Vocabulary:
    """A fixed list of words; id 0 is padding, id 1 stands for every word that is not in it.

    Args:
        words: the words without the two special ones, in the order of their ids (from 2).

    Raises:
        InputError: a word is empty, occurs twice, is a special one, or cannot be stored as a line.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.words: tuple[str, ...] = (PAD, UNK, *words)
        self._ids = {word: i for i, word in enumerate(self.words)}
        if len(self._ids) != len(self.words):
            repeated = next(w for i, w in enumerate(self.words) if self._ids[w] != i)
            raise InputError(f"expected different words, but {repeated!r} is in the list twice")
        for word in words:
            if not storable(word):
                raise InputError(f"expected words of one line of UTF-8 text, but got {word!r}")

    @classmethod
    def build(
        cls,
        counts: Mapping[str, int],
        min_count: int = 1,
        max_words: int | None = None,
        extra_words: Iterable[str] = (),
    ) -> Vocabulary:
        """The words that occur ``min_count`` times, most frequent first, equal ones by name.

        Args:
            counts: how often each word occurs.
            min_count: least count of a word that is kept.
            max_words: at most so many of them; None for all.
            extra_words: further words, appended in their order where they are not yet in.
        """
        kept = [w for w, n in counts.items() if n >= min_count and w not in (PAD, UNK)]
        kept.sort(key=lambda word: (-counts[word], word))
        kept = kept[:max_words]
        seen = {PAD, UNK, *kept}
        for word in extra_words:
            if word not in seen:
                seen.add(word)
                kept.append(word)
        return cls(kept)

    def ids(self, words: Iterable[str]) -> list[int]:
        """The id of each word, `UNK_ID` for unknown ones."""
        return [self._ids.get(word, UNK_ID) for word in words]

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._ids

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.words == other.words

    def __hash__(self) -> int:
        return hash(self.words)

    def __repr__(self) -> str:
        return f"Vocabulary({len(self)} words)"

    def save(self, path: Path | str) -> None:
        """Write one word a line (UTF-8), the two special ones first, atomically."""
        write_text(path, "\n".join(self.words) + "\n")

    @classmethod
    def load(cls, path: Path | str) -> Vocabulary:
        """Read what `save` wrote.

        Raises:
            InputError: missing, cut off, without the special words, or with a word twice.
        """
        lines = read_text(path, "a vocabulary").split("\n")
        if lines[:2] != [PAD, UNK] or lines.pop() != "":
            raise InputError(
                f"expected a vocabulary that begins with {PAD} and {UNK} and ends with a line "
                f"break, but {path} is cut off or of another kind"
            )
        try:
            return cls(lines[2:])
        except InputError as error:
            raise InputError(f"{path}: {error}") from None


def storable(word: str) -> bool:
    """Whether a vocabulary can hold ``word``, as a line of UTF-8 text."""
    try:
        word.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return bool(word) and "\n" not in word
