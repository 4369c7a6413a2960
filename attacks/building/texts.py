"""Pieces of TextAttack made anew: a text whose words stay put, a swap, a search without chance.

Each is a class that inherits from TextAttack's, so it is made by a function that imports it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cache
from itertools import zip_longest
from typing import Any

import numpy as np

from .loading import load_textattack

SPLIT_TOKEN = "<SPLIT>"
"""What TextAttack cuts texts at; a text that contains it would be attacked without its end."""


def _folded(text: str) -> str:
    """``text`` in lower case and compatibility form, character by character, length unchanged."""
    forms = (unicodedata.normalize("NFKC", c).lower() for c in text)
    return "".join(form if len(form) == 1 else c for c, form in zip(text, forms, strict=True))


def locate_words(text: str, segments: Iterable[str]) -> tuple[list[str], list[str]]:
    """Find the model's ``segments`` in ``text`` again: N words, and N + 1 gaps around them.

    ``gaps[0] + words[0] + gaps[1] + ... + words[-1] + gaps[-1] == text``. Segments without a
    letter or digit (punctuation, emoji) go into the gaps, as in TextAttack. A segment that the
    model's clean-up changed beyond recognition is passed over.
    """
    folded = _folded(text)
    words: list[str] = []
    gaps: list[str] = []
    done = 0  # text[:done] has been given out
    cursor = 0
    for segment in segments:
        start = text.find(segment, cursor)
        folded_start = folded.find(_folded(segment), cursor)
        if start < 0 or 0 <= folded_start < start:
            start = folded_start
        if start < 0 or not segment:
            continue
        cursor = start + len(segment)
        if any(c.isalnum() for c in segment):
            gaps.append(text[done:start])
            words.append(text[start:cursor])
            done = cursor
    gaps.append(text[done:])
    return words, gaps


@cache
def _tracked_class() -> Any:
    load_textattack()
    from textattack.shared import AttackedText

    class TrackedText(AttackedText):
        """A text whose words are found once, in the original, and keep their places.

        TextAttack cuts every candidate anew. In Chinese one changed character can move the
        borders of its neighbours, and then the positions it remembers point to other words; in
        both languages it takes a third of the time. The victim sees only the whole text, and
        cuts it as it always does. Words are replaced here, never inserted or deleted.
        """

        def __init__(
            self, words: Sequence[str], gaps: Sequence[str], attack_attrs: dict | None = None
        ) -> None:
            self._tracked = list(words)
            self.gaps = gaps
            pieces = [piece for pair in zip(gaps, words, strict=False) for piece in pair]
            self._whole = "".join(pieces) + gaps[-1]
            super().__init__(self._whole, attack_attrs)

        @property
        def text(self) -> str:  # asked for at every comparison; TextAttack joins it anew each time
            return self._whole

        @property
        def words(self) -> list[str]:
            return self._tracked

        def generate_new_attacked_text(self, new_words: Iterable[str]) -> TrackedText:
            replaced = list(new_words)
            attrs = _attributes(self.attack_attrs, self._tracked, replaced)
            return TrackedText(replaced, self.gaps, attrs)

    return TrackedText


def _attributes(
    before: Mapping[str, Any], old: Sequence[str], new: Sequence[str]
) -> dict[str, Any]:
    """What TextAttack keeps of a text whose words ``old`` were replaced by as many ``new`` ones."""
    pairs = enumerate(zip(old, new, strict=True))
    changed = {i for i, (a, b) in pairs if a != b}
    return {
        "newly_modified_indices": changed,
        "modified_indices": before["modified_indices"] | changed,
        "original_index_map": before["original_index_map"],
    }


def tracked_text(text: str, segment: Callable[[str], list[str]] | None = None) -> Any:
    """``text`` as TextAttack attacks it, cut by ``segment`` (default: TextAttack's own words)."""
    tracked = _tracked_class()
    if segment is None:
        from textattack.shared.utils import words_from_text

        segment = words_from_text
    return tracked(*locate_words(text, segment(text)))


def attacked_text(
    text: str, attack: Any, segment: Callable[[str], list[str]] | None, plain: bool
) -> Any:
    """``text`` for ``attack``: with words that stay put, or as TextAttack's own.

    Args:
        text: the text.
        attack: what it is for.
        segment: what cuts it into the model's words; None for TextAttack's words.
        plain: whether the attack is the user's own, which gets TextAttack's own texts; with words
            of the model's nevertheless where ``segment`` is given and it only swaps words.
    """
    if plain:
        from textattack.shared import AttackedText
        from textattack.shared.validators import transformation_consists_of_word_swaps

        if segment is None or not transformation_consists_of_word_swaps(attack.transformation):
            return AttackedText(text)
    return tracked_text(text, segment)


def changed_words(before: Sequence[str], after: Sequence[str]) -> list[list[str]]:
    """Pairs of an old and a new word, in the order of the text; "" for a word that is not there."""
    if len(before) == len(after):
        return [[a, b] for a, b in zip(before, after, strict=True) if a != b]
    pairs: list[list[str]] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            pairs += map(list, zip_longest(before[a:b], after[c:d], fillvalue=""))
    return pairs


def candidate_swap(candidates: Callable[[str], list[str]]) -> Any:
    """A TextAttack transformation that replaces a word by each of ``candidates(word)``."""
    return _swap_class()(candidates)


@cache
def _swap_class() -> Any:
    load_textattack()
    from textattack.transformations import WordSwap

    class CandidateSwap(WordSwap):
        """Replaces words by what a function of the word gives."""

        def __init__(self, candidates: Callable[[str], list[str]]) -> None:
            super().__init__()
            self.candidates = candidates

        def _get_replacement_words(self, word: str) -> list[str]:
            return self.candidates(word)

    return CandidateSwap


def greedy_search(wir_method: str) -> Any:
    """TextAttack's greedy search by word importance, with ties in the order of the text.

    ``wir_method`` is "unk", "delete" or "weighted-saliency". TextAttack sorts importance with an
    unstable sort, which orders equal words differently on different processors, and builds a
    candidate for every word of a text, also for those beyond the query budget.
    """
    return greedy_class()(wir_method=wir_method)


@cache
def greedy_class() -> Any:
    """The class of `greedy_search`, for searches that go on from it."""
    load_textattack()
    from textattack.search_methods import GreedyWordSwapWIR

    class StableGreedyWIR(GreedyWordSwapWIR):
        """Greedy word swap whose ranking is the same everywhere."""

        def _get_index_order(self, initial_text: Any, max_len: int = -1) -> tuple[Any, bool]:
            _, allowed = self.get_indices_to_order(initial_text)
            left = self.goal_function.query_budget - self.goal_function.num_queries
            # Where the budget ends within the ranking no word is swapped, as in TextAttack.
            indices = sorted(allowed)[: int(min(left, len(allowed)))]
            if self.wir_method == "delete":
                masked = [initial_text.delete_word_at_index(i) for i in indices]
            else:
                masked = [initial_text.replace_word_at_index(i, self.unk_token) for i in indices]
            results, over = self.get_goal_results(masked)
            scores = np.array([result.score for result in results])
            if self.wir_method == "weighted-saliency" and len(scores):
                best, over = _best_swaps(self, initial_text, indices, over)
                weights = np.exp(scores - scores.max())
                scores = weights / weights.sum() * best
            order = np.argsort(-scores, kind="stable")
            return np.array(indices, dtype=int)[order], over

    return StableGreedyWIR


def _best_swaps(
    search: Any, text: Any, indices: Sequence[int], over: bool
) -> tuple[np.ndarray, bool]:
    """The highest score that swapping each word can reach; 0 without candidates.

    ``over``: whether the budget has ended; the same is given back.
    """
    best = np.zeros(len(indices))
    for place, index in enumerate(indices):
        if over:
            break
        swapped = search.get_transformations(text, original_text=text, indices_to_modify=[index])
        if swapped:
            results, over = search.get_goal_results(swapped)
            best[place] = max((result.score for result in results), default=0.0)
    return best, over
