"""Candidates that a masked language model fills in, from a folder of the user's.

Weights are read from safetensors alone: a ``.bin`` file is a pickle, which can run anything.
"""

from __future__ import annotations

import heapq
import re
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
        """Each character of a word is masked, and the model fills them all in.

        Words are ranked by the sum of the log-probabilities of their characters, each by itself.
        """

        def __init__(self) -> None:
            super().__init__()
            self._tokenizer, self._model = masked_model("zh")
            self._length = min(MOST_TOKENS, int(self._model.config.max_position_embeddings))
            vocabulary = self._tokenizer.get_vocab()
            self._characters = sorted((i, c) for c, i in vocabulary.items() if _CHARACTER.match(c))
            self._characters = [(i, c) for i, c in self._characters if len(c) == 1]

        def _get_transformations(self, current_text: Any, indices_to_modify: Any) -> list[Any]:
            texts = []
            for index in sorted(indices_to_modify):
                for word in self._fill(current_text, index):
                    texts.append(current_text.replace_word_at_index(index, word))
            return texts

        def _fill(self, text: Any, index: int) -> list[str]:
            """Words of as many characters for word ``index``, most likely first."""
            import torch

            word = text.words[index]
            if not 0 < len(word) <= LONGEST or not all(map(_CHARACTER.match, word)):
                return []
            mask = self._tokenizer.mask_token
            before, after = self._around(text, index)
            encoding = self._tokenizer(
                before + mask * len(word) + after,
                max_length=self._length,
                truncation=True,
                return_tensors="pt",
            )
            places = (encoding["input_ids"][0] == self._tokenizer.mask_token_id).nonzero()[:, 0]
            if len(places) != len(word) or not self._characters:
                return []
            ids = torch.tensor([i for i, _ in self._characters])
            with torch.no_grad():
                logits = self._model(**encoding).logits[0, places]  # (len(word), V)
            scores = logits.log_softmax(dim=-1)[:, ids]  # (len(word), C)
            top = scores.topk(min(PER_CHARACTER, len(ids)), dim=-1)
            columns = [
                [(float(s), self._characters[int(i)][1]) for s, i in zip(*row, strict=True)]
                for row in zip(top.values, top.indices, strict=True)
            ]
            words = ("".join(c for _, c in parts) for parts in _best_first(columns))
            return list(islice((w for w in words if w != word), PER_WORD))

        def _around(self, text: Any, index: int) -> tuple[str, str]:
            """What stands before and after a word, as much as the model can read."""
            words, gaps = text.words, text.gaps
            pairs = zip(gaps, words, strict=False)
            pieces = [piece for pair in pairs for piece in pair] + [gaps[-1]]
            room = (self._length - 2 - LONGEST) // 2
            before = "".join(pieces[: 2 * index + 1])[-room:]
            return before, "".join(pieces[2 * index + 2 :])[:room]

    return ChineseMaskedSwap


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
