"""Candidates that a masked language model fills in, from a folder of the user's.

Weights are read from safetensors alone: a ``.bin`` file is a pickle, which can run anything.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Sequence
from functools import cache
from itertools import islice
from typing import Any

from ...errors import InputError, one_line
from ..assets.nltk import ASSETS
from ..building.loading import load_textattack

PER_WORD = 20
"""Words that fill the place of one Chinese word."""
PER_CHARACTER = 12
"""Characters tried in each place of a Chinese word."""
LONGEST = 4
"""Characters of a Chinese word that is replaced; longer ones are names and set phrases."""
MOST_TOKENS = 512

_CHARACTER = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")


@cache
def masked_model(language: str) -> tuple[Any, Any]:
    """Tokeniser and masked language model for ``language``, on the CPU, in evaluation.

    Raises:
        InputError: it is not there, or it is no such model in safetensors.
    """
    asset = ASSETS[f"masked-{language}"]
    folder = asset.folder()  # type: ignore[union-attr]
    if folder is None:
        raise InputError(f"this attack needs {asset.missing()}")
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModelForMaskedLM.from_pretrained(
            folder, local_files_only=True, use_safetensors=True
        )
    except Exception as error:  # a damaged model fails in any way there is
        raise InputError(
            f"expected a masked language model in safetensors in {folder}, but transformers "
            f"cannot load it: {one_line(error)[:200]}"
        ) from error
    if tokenizer.mask_token_id is None:
        raise InputError(f"expected a masked language model in {folder}, but it has no mask token")
    return tokenizer, model.eval()


def masked_swap(**settings: Any) -> Any:
    """TextAttack's `WordSwapMaskedLM` with ``settings`` and the English model that is here."""
    tokenizer, model = masked_model("en")
    length = min(MOST_TOKENS, int(model.config.max_position_embeddings))
    return _english_class()(
        masked_language_model=model, tokenizer=tokenizer, max_length=length, **settings
    )


@cache
def _english_class() -> Any:
    load_textattack()
    from textattack.shared import utils
    from textattack.transformations import WordSwapMaskedLM

    class ShortMaskedLM(WordSwapMaskedLM):
        """The swap, which pads no text to 512 tokens; what is predicted is the same."""

        def _encode_text(self, text: Any) -> Any:
            encoding = self._lm_tokenizer(
                text, max_length=self.max_length, truncation=True, padding=True, return_tensors="pt"
            )
            return encoding.to(utils.device)

    return ShortMaskedLM


def chinese_masked_swap() -> Any:
    """A swap of Chinese words for others of as many characters that the model finds likely."""
    return _chinese_class()()


@cache
def _chinese_class() -> Any:
    load_textattack()
    from textattack.transformations import WordSwap

    class ChineseMaskedSwap(WordSwap):
        """Words for others that a masked model finds likely there (see `WordFiller`)."""

        def __init__(self) -> None:
            super().__init__()
            self._filler = WordFiller(*masked_model("zh"))

        def _get_transformations(self, current_text: Any, indices_to_modify: Any) -> list[Any]:
            return [
                current_text.replace_word_at_index(index, word)
                for index in sorted(indices_to_modify)
                for word in self._filler.fill(current_text.words, current_text.gaps, index)
            ]

    return ChineseMaskedSwap


class WordFiller:
    """Chinese words by a masked model: each character is masked, and it fills them all in.

    Words are ranked by the sum of the log-probabilities of their characters, each by itself.

    Args:
        tokenizer: of the model.
        model: the masked model.
    """

    def __init__(self, tokenizer: Any, model: Any) -> None:
        self._tokenizer, self._model = tokenizer, model
        self._length = min(MOST_TOKENS, int(model.config.max_position_embeddings))
        vocabulary = tokenizer.get_vocab()
        characters = sorted((i, c) for c, i in vocabulary.items() if _CHARACTER.match(c))
        self._characters = [(i, c) for i, c in characters if len(c) == 1]

    def fill(self, words: Sequence[str], gaps: Sequence[str], index: int) -> list[str]:
        """Words of as many characters for word ``index``, most likely first; itself is none.

        Args:
            words: of the text, N.
            gaps: around the words, N + 1.
            index: of the word.
        """
        word = words[index]
        if not 0 < len(word) <= LONGEST or not all(map(_CHARACTER.match, word)):
            return []
        scores = self._scores(words, gaps, index)  # (len(word), C)
        if scores is None:
            return []
        top = scores.topk(min(PER_CHARACTER, len(self._characters)), dim=-1)
        columns = [
            [(float(s), self._characters[int(i)][1]) for s, i in zip(*row, strict=True)]
            for row in zip(top.values, top.indices, strict=True)
        ]
        filled = ("".join(c for _, c in parts) for parts in _best_first(columns))
        return list(islice((w for w in filled if w != word), PER_WORD))

    def _scores(self, words: Sequence[str], gaps: Sequence[str], index: int) -> Any:
        """Log-probabilities (len(word), C) of the characters in each place of the word.

        None where the model does not read the whole word, or knows no Chinese character.
        """
        import torch

        masks = self._tokenizer.mask_token * len(words[index])
        before, after = self._around(words, gaps, index)
        encoding = self._tokenizer(
            before + masks + after, max_length=self._length, truncation=True, return_tensors="pt"
        )
        places = (encoding["input_ids"][0] == self._tokenizer.mask_token_id).nonzero()[:, 0]
        if len(places) != len(words[index]) or not self._characters:
            return None
        ids = torch.tensor([i for i, _ in self._characters])
        with torch.no_grad():
            logits = self._model(**encoding).logits[0, places]  # (len(word), V)
        return logits.log_softmax(dim=-1)[:, ids]

    def _around(self, words: Sequence[str], gaps: Sequence[str], index: int) -> tuple[str, str]:
        """What stands before and after a word, as much as the model can read."""
        pairs = zip(gaps, words, strict=False)
        pieces = [piece for pair in pairs for piece in pair] + [gaps[-1]]
        room = (self._length - 2 - LONGEST) // 2
        before = "".join(pieces[: 2 * index + 1])[-room:]
        return before, "".join(pieces[2 * index + 2 :])[:room]


def _best_first(columns: list[list[tuple[float, str]]]) -> Any:
    """One entry of each column, by the sum of their scores; each column is sorted by score."""
    start = (0,) * len(columns)

    def cost(places: tuple[int, ...]) -> float:
        return -sum(column[place][0] for column, place in zip(columns, places, strict=True))

    waiting, seen = [(cost(start), start)], {start}
    while waiting:
        _, places = heapq.heappop(waiting)
        yield [column[place] for column, place in zip(columns, places, strict=True)]
        for i, place in enumerate(places):
            following = (*places[:i], place + 1, *places[i + 1 :])
            if place + 1 < len(columns[i]) and following not in seen:
                seen.add(following)
                heapq.heappush(waiting, (cost(following), following))
