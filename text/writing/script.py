"""Traditional and simplified Chinese characters: converted by OpenCC, and told from each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Any, TypeVar

from ..decoding.decoding import replace_surrogates

# From what Taiwan and Hong Kong write, one after the other; and to what Taiwan writes: OpenCC's own
# standard has characters that hardly any text has.
_CONFIGS = {"simplified": ("tw2s", "hk2s"), "traditional": ("s2tw",)}
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_JAPANESE = 0.1  # the least share of texts with kana that says so; of Chinese reviews few have の
T = TypeVar("T")
_LOOKED_AT = 2000  # texts, evenly spread: enough to tell what most are


def to_script(text: str, script: str) -> str:
    """``text`` in ``script`` of `choices.SCRIPTS`, of the same length.

    Phrases decide where a character has several counterparts. OpenCC's dictionaries of these two
    conversions give a character for a character.

    >>> to_script("這個酒店的服務很好", "simplified")
    '这个酒店的服务很好'
    """
    if script == "keep" or text.isascii():
        return text
    made = text
    for config in _CONFIGS[script]:
        made = _converted(made, config)
    if script == "simplified" and "幺" in made and "么" in text:  # tw2s takes 么 for the other's 幺
        pairs = zip(text, made, strict=True)
        made = "".join(old if (old, new) == ("么", "幺") else new for old, new in pairs)
    return made


def _converted(text: str, config: str) -> str:
    parts = replace_surrogates(text).split("\0")  # at which some of OpenCC's conversions end
    return "\0".join(map(_converter(config).convert, parts))


@cache
def _converter(config: str) -> Any:
    from opencc import OpenCC

    return OpenCC(config)


@lru_cache(maxsize=1 << 15)
def _side(character: str) -> int:
    """1 for a character that only traditional texts have, -1 for simplified, 0 for one of both."""
    if character.isascii():
        return 0
    if _converted(character, "t2s") != character:
        return 1
    return -all(_converted(character, config) != character for config in ("s2tw", "s2hk"))


def script_of(text: str) -> str:
    """What most telling characters of ``text`` are of; "" where there are as many of both, or none.

    Single ones tell little: some simplified characters (those of "after", "inside", "dry") are
    traditional ones of another meaning. What Taiwan or Hong Kong writes as it is told by none.

    >>> script_of("這個酒店的服務很好"), script_of("这个酒店的服务很好"), script_of("好吃")
    ('traditional', 'simplified', '')
    """
    balance = sum(map(_side, text))
    return ("traditional" if balance > 0 else "simplified") if balance else ""


def traditional_share(texts: Iterable[str]) -> float | None:
    """The share of traditional ones among the texts that `script_of` tells.

    None without any, and of Japanese texts, which have characters of both side by side.
    """
    texts = list(texts)
    if is_japanese(texts):
        return None
    told = [found for found in map(script_of, texts) if found]
    return told.count("traditional") / len(told) if told else None


def is_japanese(texts: Sequence[str]) -> bool:
    """Whether so many of ``texts`` have kana as hardly any set of Chinese ones has."""
    return sum(bool(_KANA.search(text)) for text in texts) > _JAPANESE * len(texts)


def sample(texts: Sequence[T], most: int = _LOOKED_AT) -> Sequence[T]:
    """About ``most`` of ``texts``, evenly spread: enough to tell what they are like."""
    return texts[:: max(len(texts) // most, 1)]
