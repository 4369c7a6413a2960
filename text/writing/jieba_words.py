"""Chinese texts into words by jieba, with its own dictionary or that and a user's."""

from __future__ import annotations

import logging
import warnings
from functools import cache, lru_cache
from typing import Any

from ..decoding.decoding import replace_surrogates
from .dictionary import UserDictionary

_KEPT_BLOCK = 200  # characters; longer blocks are rare, and would fill the cache
_KEPT_TOKENIZERS = 4  # some 40 MB each


def chinese_words(text: str, dictionary: UserDictionary | None = None) -> list[str]:
    """The words of ``text`` in lower case, by the words of ``dictionary`` too."""
    words: list[str] = []
    for block in _jieba().re_han_default.split(replace_surrogates(text)):
        cut = _cut_block if len(block) <= _KEPT_BLOCK else _cut_block.__wrapped__
        words += cut(block, dictionary)
    return words


@lru_cache(maxsize=1 << 14)
def _cut_block(block: str, dictionary: UserDictionary | None) -> tuple[str, ...]:
    """The words of a run of Chinese text or of what lies between two, which jieba cuts alone.

    An attack shows the same text with one word changed, again and again: only its block is new.
    """
    words = (_base() if dictionary is None else tokenizer(dictionary)).lcut(block)
    return tuple(word.lower() for word in words if not word.isspace())


@lru_cache(maxsize=_KEPT_TOKENIZERS)
def tokenizer(dictionary: UserDictionary) -> Any:
    """A tokenizer of jieba's that knows ``dictionary`` besides the words that come with jieba.

    It shares nothing that changes with another: neither words that are added to jieba's global one
    nor a second dictionary can disturb it. (A frequency of 0 would set a list that all tokenizers
    of a process share; `UserDictionary.read` refuses it.)
    """
    base = _base()
    own = _jieba().Tokenizer()
    own.FREQ, own.total, own.initialized = dict(base.FREQ), base.total, True
    for word, frequency, tag in dictionary.entries:
        own.add_word(word, frequency, tag)
    return own


@cache
def _base() -> Any:
    """A tokenizer with the words that come with jieba, whatever was added to the global one.

    So a model reads a text as the same words whatever else runs in the process.
    """
    base = _jieba().Tokenizer()
    base.initialize()
    return base


@cache
def _jieba() -> Any:
    """Jieba with its start-up messages silenced."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba's own escapes and its import of pkg_resources
        import jieba
    jieba.setLogLevel(logging.ERROR)
    return jieba
