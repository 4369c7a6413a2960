"""What word vectors know of the training texts, and what to say where that is little."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from ...errors import InputError
from ...formatting import percent
from ..segment import guess_language
from ..vectors.rows import WordVectors

LOW = 0.5
"""A smaller share of running content words with a vector is worth a warning.

8,000 to 9,000 frequent words know 55 to 84 % of the running content words of English reviews,
vectors of another language at most 5 %.
"""
_OTHER_CASE = 0.1  # a smaller share is not worth a word
_EXAMPLES = 3
_NAMES = {"en": "English", "zh": "Chinese"}


@dataclass(frozen=True)
class VectorReport:
    """What loading word vectors gave.

    Attributes:
        figures: for records: the file's ``words``, their length ``dim``, ``skipped_rows``; of the
            training texts the shares that have a vector, of running and of distinct words without
            punctuation and stop words (``content_tokens``, ``content_types``, where there are any);
            the shares of all running words that have one only in another case (``other_case``)
            or, in Chinese, by their characters (``by_characters``).
        summary: the same in a sentence.
        warning: what to warn of, empty for nothing.
        script_warning: of Chinese texts in other characters than the vectors', likewise.
    """

    figures: dict[str, float]
    summary: str
    warning: str
    script_warning: str = ""


def report(
    found: WordVectors,
    counts: Mapping[str, int],
    known: Collection[str],
    by_characters: Collection[str],
    language: str,
) -> VectorReport:
    """Compare word vectors with the training texts.

    Args:
        found: the vectors.
        counts: how often each word occurs in the training texts.
        known: the words among them that have a vector, whatever its case.
        by_characters: words without one that get the mean of their characters' vectors.
        language: of the texts, "en" or "zh".
    """
    usable = {*known, *by_characters}
    content = _content_words(counts, language)
    cased = set(known).difference(found.words)
    figures: dict[str, float] = {
        "words": len(found.words) + found.unused,
        "dim": found.dim,
        "skipped_rows": found.skipped,
        "other_case": _share(counts, cased, counts),
        "by_characters": _share(counts, by_characters, counts),
    }
    warning = ""
    if content:
        figures["content_tokens"] = _share(counts, usable, content)
        figures["content_types"] = len(usable & content) / len(content)
        if figures["content_tokens"] < LOW:
            share = figures["content_tokens"]
            warning = _warning(found, counts, sorted(content - usable), share, language)
    tokens, types = _share(counts, known, counts), len(known) / len(counts)
    return VectorReport(figures, _summary(found, figures, tokens, types), warning)


def unknown_words(found: WordVectors, counts: Mapping[str, int], language: str) -> InputError:
    """The error of vectors that have no word of the training texts."""
    return InputError(
        f"expected vectors for words of the training texts, but {found.source} has none of them: "
        f"are they in another language than {language!r}? "
        f"{_compared(found, counts, sorted(counts), language)}"
    )


def _content_words(counts: Iterable[str], language: str) -> set[str]:
    """The words with a letter; in English those that are no stop words."""
    words = {word for word in counts if any(map(str.isalpha, word))}
    if language == "en":
        from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

        words -= ENGLISH_STOP_WORDS
    return words


def _share(counts: Mapping[str, int], some: Collection[str], among: Collection[str]) -> float:
    """The share that ``some`` have of the running words that are ``among``."""
    inside = sum(counts[word] for word in some if word in among)
    return inside / sum(counts[word] for word in among)


def _summary(found: WordVectors, figures: Mapping[str, float], tokens: float, types: float) -> str:
    parts = [f"{figures['words']:,} words of {found.dim} components from {found.source}"]
    if found.note:
        parts.append(found.note)
    cover = f"they cover {percent(tokens)} % of the running words of the training texts"
    if figures["other_case"] > _OTHER_CASE:
        cover += f" ({percent(figures['other_case'])} % only in another case)"
    if figures["by_characters"]:
        cover += f", {percent(figures['by_characters'])} % more by their characters,"
    parts.append(f"{cover} and {percent(types)} % of the distinct ones")
    return "; ".join(parts)


def _warning(
    found: WordVectors, counts: Mapping[str, int], without: list[str], share: float, language: str
) -> str:
    aside = "punctuation and stop words" if language == "en" else "punctuation"
    return (
        f"the word vectors of {found.source} know only {percent(share)} % of the running words of "
        f"the training texts, {aside} aside; the others get random vectors: are they in another "
        "language or spelling, or cut into words in another way? "
        f"{_compared(found, counts, without, language)}"
    )


def _compared(
    found: WordVectors, counts: Mapping[str, int], without: list[str], language: str
) -> str:
    """Frequent words of the texts without a vector, and the first words of the file."""
    frequent = sorted(without, key=lambda word: -counts[word])[:_EXAMPLES]
    lettered = (word for word in found.words if any(map(str.isalpha, word)))
    theirs = list(islice(lettered, _EXAMPLES)) or found.words[:_EXAMPLES]
    other = guess_language(found.words)
    kind = f" (it looks {_NAMES[other]})" if other == "zh" != language else ""
    return f"The texts have {_listed(frequent)}, the file{kind} {_listed(theirs) or 'others'}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(repr(word[:40]) for word in words)
