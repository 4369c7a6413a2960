"""A text as it is compared for leaks: its letters and digits, however they are typed."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass

from ...writing.script import to_script

LETTERS_A_WORD = 8
"""So many letters count as a word at least, so that words written together are not one word."""

_MARKUP = re.compile(
    r"<br\s*/?>|-[lr][rsc]b-"
)  # line breaks of HTML, brackets of the Penn Treebank
_ENTITY = re.compile(r"&#?\w+;")
_OTHERS = bytes(code for code in range(128) if not chr(code).isalnum())
_BLANKS = bytes(code if chr(code).isalnum() else 32 for code in range(128)) + bytes(128)
_APOSTROPHES = str.maketrans("", "", "'’‘")
_NO_LETTERS = re.compile(r"[\W_]+")
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(f"[{_HAN}]|[^\\W_{_HAN}]+")


@dataclass(frozen=True)
class Plain:
    """``key``: letters and digits in a row; ``words``: how many words they are.

    Every Chinese character is a word, and so is a run of other letters.
    """

    key: str
    words: int


class _Simplified(dict[int, str]):
    """Simplified Chinese by the number of a character, each looked up once.

    Character by character and never by phrase: a part of a text must look as it does in the whole.
    """

    def __missing__(self, code: int) -> str:
        self[code] = to_script(chr(code), "simplified")
        return self[code]


_SIMPLIFIED = _Simplified()


def plain_text(text: str, language: str) -> Plain:
    """What is left of ``text``: letters and digits alone, one after the other.

    Compatibility forms (full-width letters), accents, case, white space, punctuation, invisible
    characters, line breaks and entities of HTML and brackets of the Penn Treebank make no
    difference, and in Chinese neither does traditional or simplified writing. A text without
    letters (of emoji, say) is its characters without white space.

    >>> plain_text("Ｉｔ 's <br />a CAFÉ!", "en")
    Plain(key='itsacafe', words=4)
    >>> plain_text("服務 很好。", "zh")
    Plain(key='服务很好', words=4)
    """
    if "&" in text and _ENTITY.search(text):
        text = html.unescape(text)
    plain = text.lower() if text.isascii() else unicodedata.normalize("NFKD", text).casefold()
    if "<" in plain or "-" in plain:
        plain = _MARKUP.sub(" ", plain)
    if plain.isascii():
        raw = plain.encode()
        key = raw.translate(None, _OTHERS).decode()
        words = len(raw.translate(_BLANKS, b"'").split())
    else:
        plain = unicodedata.normalize("NFKD", plain)  # some letters fold to what is composed
        plain = plain.translate(_SIMPLIFIED) if language == "zh" else plain
        key = _NO_LETTERS.sub("", plain)
        words = len(_WORD.findall(_without_marks(plain.translate(_APOSTROPHES))))
    if not key:
        return Plain("".join(plain.split()), 0)
    return Plain(key, max(words, len(key) // LETTERS_A_WORD))


def _without_marks(text: str) -> str:
    """``text`` without accents and invisible characters, which would cut words in two."""
    return "".join(c for c in text if c.isascii() or unicodedata.category(c) not in ("Mn", "Cf"))
