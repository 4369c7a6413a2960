"""Texts into words: English by a small tokenizer, Chinese by jieba.

The English tokenizer, in this order:

1. curly quotes become straight ones, lone surrogates U+FFFD; NFC; lower case;
2. HTML line breaks become spaces; Penn Treebank escapes become what they stand for
   (``-lrb-`` "(", ``-rrb-`` ")", likewise ``-lsb- -rsb- -lcb- -rcb-``, ``\\/`` "/", and the lone
   quotes two backticks and two apostrophes a double quote);
3. contractions that the Penn Treebank cuts are joined again ("do n't" to "don't", "it 's" to
   "it's");
4. a word is a run of letters and digits, with at most one inner apostrophe followed by letters;
   every other character that is not white space is a word of its own.

With ``graphemes`` the words of 4. are those of `graphemes.word_pattern`, which keeps marks with
their letters and cuts scripts without spaces letter by letter.

On ASCII text without 2. and 3. the words are those of ``[a-z0-9]+(?:'[a-z]+)?|[^\\sa-z0-9]``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import partial

from ..errors import InputError
from .decoding.decoding import replace_surrogates
from .inputs import TextsLike, as_text, as_texts, as_words
from .writing.dictionary import UserDictionary
from .writing.graphemes import word_pattern
from .writing.jieba_words import chinese_words

LANGUAGES = ("en", "zh")

_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"'})
_BREAK = re.compile(r"<br\s*/?>")
_ESCAPES = {
    "-lrb-": "(",
    "-rrb-": ")",
    "-lsb-": "[",
    "-rsb-": "]",
    "-lcb-": "{",
    "-rcb-": "}",
    "\\/": "/",
}
_ESCAPE = re.compile("|".join(map(re.escape, _ESCAPES)))
_TREEBANK_QUOTE = re.compile(r"(?<!\S)(?:``|'')(?!\S)")
_CONTRACTION = re.compile(r"(?<=[^\W\d_])[ \t]+(?=(?:n't|'(?:s|re|ve|ll|d|m))(?!\S))")
_WORD = re.compile(r"[^\W_]+(?:'[^\W\d_]+)?|[^\w\s]|_")
_CJK = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def segmenter(
    language: str, dictionary: UserDictionary | None = None, graphemes: bool = False
) -> Callable[[str], list[str]]:
    """The function that cuts texts of ``language`` into words.

    Args:
        language: of `LANGUAGES`
        dictionary: words of the user's, which Chinese texts are cut by too
        graphemes: keep marks with their letters and cut scripts without spaces letter by letter;
            Chinese is cut by jieba all the same

    Raises:
        InputError: ``language`` is not one of `LANGUAGES`.
    """
    functions: dict[str, Callable[[str], list[str]]] = {
        "en": partial(_english, word=word_pattern()) if graphemes else _english,
        "zh": partial(chinese_words, dictionary=dictionary) if dictionary else chinese_words,
    }
    if language not in functions:
        raise InputError(f"unknown language {language!r}: expected {' or '.join(LANGUAGES)}")
    return functions[language]


def segment(text: str, language: str) -> list[str]:
    """The words of ``text``; none for an empty text.

    >>> segment("It 's not bad, is n't it?", "en")
    ["it's", 'not', 'bad', ',', "isn't", 'it', '?']
    """
    return segmenter(language)(as_text(text))


def join(words: Sequence[str], language: str) -> str:
    """``words`` as one text: with spaces in English, without in Chinese."""
    segmenter(language)  # refuses an unknown language
    words = as_words(words)
    return (" " if language == "en" else "").join(words)


def guess_language(texts: TextsLike) -> str:
    """Chinese where at least a fifth of the letters of the first 1,000 texts are, else English."""
    head = "".join(as_texts(texts)[:1000])
    letters = sum(map(str.isalpha, head))
    return "zh" if letters and len(_CJK.findall(head)) >= 0.2 * letters else "en"


def _english(text: str, word: re.Pattern[str] = _WORD) -> list[str]:
    if not text.isascii():
        text = unicodedata.normalize("NFC", replace_surrogates(text).translate(_QUOTES))
    text = _BREAK.sub(" ", text.lower())
    text = _ESCAPE.sub(lambda match: _ESCAPES[match[0]], text)
    text = _CONTRACTION.sub("", _TREEBANK_QUOTE.sub('"', text))
    return word.findall(text)
