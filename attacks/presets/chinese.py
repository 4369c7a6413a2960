"""The attacks on Chinese texts, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..assets.nltk import locate
from ..building.builders import chinese_stopwords, substitution
from ..building.loading import load_textattack
from ..building.texts import candidate_swap
from ..candidates.candidates import Candidates, chinese_synonyms, cilin_synonyms, homophones
from ..candidates.glyphs import glyph_alikes
from ..candidates.masked import chinese_masked_swap
from ..preset import Build, Preset

MAX_CHANGED = 0.4
"""Chinese attacks change at most this share of a text's words (rounded up)."""

_RECIPE = "ChineseRecipe in TextAttack 0.3.11 (Morris et al. 2020, EMNLP demos)"
_LIMIT = f"most important words first; at most {MAX_CHANGED:.0%} of the words"
_SEARCH = (
    "words are ranked by masking them, not by trying every candidate",
    f"at most {MAX_CHANGED:.0%} of the words change",
)
_SYNONYMS = {"omw-cmn": chinese_synonyms, "cilin": cilin_synonyms}


def _greedy(*sources: Callable[[], Candidates]) -> Build:
    """Greedy substitution by the candidates of ``sources``."""
    return substitution(lambda: _swaps(sources), chinese_stopwords, MAX_CHANGED)


def _swaps(sources: Iterable[Callable[[], Candidates]], *more: Any) -> Any:
    """One transformation for the candidates of ``sources``, in their order, and ``more``."""
    swaps = [candidate_swap(made()) for made in sources] + list(more)
    if len(swaps) == 1:
        return swaps[0]
    load_textattack()
    from textattack.transformations import CompositeTransformation

    return CompositeTransformation(swaps)


def everything() -> Any:
    """The candidates of all sources that are here."""
    synonyms = [made for name, made in _SYNONYMS.items() if locate(name)]
    masked = [chinese_masked_swap()] if locate("masked-zh") else []
    return _swaps([homophones, glyph_alikes, *synonyms], *masked)


ZH_HOMOPHONE = Preset(
    "zh-homophone",
    "zh",
    (),
    _greedy(homophones),
    f"replaces one character of a word by one of the same sound, {_LIMIT}",
    f"the homophone part of {_RECIPE}, candidates from Unihan readings",
    _SEARCH,
    auto=True,
)
ZH_GLYPH = Preset(
    "zh-glyph",
    "zh",
    ("glyphs",),
    _greedy(glyph_alikes),
    f"replaces one character of a word by one that looks like it, {_LIMIT}",
    "Eger et al. 2019, Text Processing Like Humans Do: Visually Attacking and Shielding NLP "
    "Systems, NAACL N19-1165, whose neighbours are of pictures of characters too; search: "
    "greedy word importance ranking as in ChineseRecipe",
    (*_SEARCH, "characters are chosen by the victim's scores, not at random"),
    auto=True,
)
ZH_WORDNET = Preset(
    "zh-wordnet",
    "zh",
    ("omw-cmn",),
    _greedy(chinese_synonyms),
    f"replaces words by synonyms of the Chinese Open Wordnet, {_LIMIT}",
    "candidates: Wang and Bond 2013, Building the Chinese Open Wordnet, ACL W13-4302; "
    "search: greedy word importance ranking as in ChineseRecipe",
    _SEARCH,
    auto=True,
)
ZH_CILIN = Preset(
    "zh-cilin",
    "zh",
    ("cilin",),
    _greedy(cilin_synonyms),
    f"replaces words by synonyms of the extended Cilin, {_LIMIT}",
    "candidates: Mei et al. 1983, Tongyici Cilin, extended by HIT-IR; search: greedy word "
    "importance ranking as in ChineseRecipe",
    _SEARCH,
)
ZH_MASKED = Preset(
    "zh-masked",
    "zh",
    ("masked-zh",),
    substitution(chinese_masked_swap, chinese_stopwords, MAX_CHANGED),
    "replaces words by others of as many characters that a masked language model finds "
    f"likely there, {_LIMIT}",
    f"the masked part of {_RECIPE}, as in Li et al. 2020, BERT-ATTACK, arXiv:2004.09984",
    (*_SEARCH, "whole words are filled in, where ChineseRecipe mixes up tokens and words"),
)
ZH_ALL = Preset(
    "zh-all",
    "zh",
    ("glyphs",),
    substitution(everything, chinese_stopwords, MAX_CHANGED),
    "homophones, look-alike characters, synonyms and a masked model, of every source that is "
    f"here; {_LIMIT}",
    f"all parts of {_RECIPE}",
    _SEARCH,
    uses=("omw-cmn", "cilin", "masked-zh"),
)
