"""The attacks on English texts, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..building.builders import from_recipe
from ..building.checklist import without_names
from ..candidates.homoglyphs import homoglyph_swap
from ..candidates.hownet import hownet_swap
from ..candidates.masked import masked_swap
from ..candidates.neighbours import list_embedding, vector_embedding
from ..candidates.sentence_encoder import sentence_encoder
from ..candidates.wordnet import wordnet_swap
from ..preset import Preset

_LISTS = "candidates are lists of up to 8 neighbours, not the 50 nearest vectors"
_NO_ENCODER = "no sentence encoder"
_ENCODER = {"UniversalSentenceEncoder": sentence_encoder}
_DISTANCES = ["UniversalSentenceEncoder", "WordEmbeddingDistance"]
_DEEPWORDBUG = (
    "Gao et al. 2018, Black-box Generation of Adversarial Text Sequences to Evade Deep Learning "
    "Classifiers, arXiv:1801.04354"
)
_PWWS = (
    "Ren et al. 2019, Generating Natural Language Adversarial Examples through Probability "
    "Weighted Word Saliency, ACL P19-1103"
)
_TEXTBUGGER = (
    "Li et al. 2019, TextBugger: Generating Adversarial Text Against Real-world Applications, NDSS"
)
_TEXTFOOLER = "Jin et al. 2020, Is BERT Really Robust?, AAAI, arXiv:1907.11932"
_IGA = (
    "Wang et al. 2019, Natural Language Adversarial Attacks and Defenses in Word Level, "
    "arXiv:1909.06723"
)
_PSO = (
    "Zang et al. 2020, Word-level Textual Adversarial Attacking as Combinatorial Optimization, "
    "ACL 2020.acl-main.540"
)
_PRUTHI = "Pruthi et al. 2019, Combating Adversarial Misspellings, ACL P19-1561"
_BAE = "Garg and Ramakrishnan 2020, BAE, EMNLP 2020.emnlp-main.498"
_BERT_ATTACK = "Li et al. 2020, BERT-ATTACK, EMNLP 2020.emnlp-main.500"
_CHECKLIST = "Ribeiro et al. 2020, Beyond Accuracy: CheckList, ACL 2020.acl-main.442"
_BUGS = (
    "puts a space into a word, deletes or swaps letters, puts a look-alike letter, or replaces the "
    "word by one of its 5 nearest; most important words first"
)
_SYNONYMS = (
    "replaces words by counter-fitted neighbours of the same part of speech, most important words "
    "first"
)
_GENETIC = "a genetic algorithm over counter-fitted neighbours; at most 20% of the words change"
_FILLED = "replaces words by what a masked language model fills in, most important words first"
# name, recipe of TextAttack, paper, data, what limits the words, what is left out
_BAE_PARTS = (
    "bae",
    "BAEGarg2019",
    _BAE,
    ("tagger",),
    "of the same part of speech",
    "replaces words (BAE-R), inserts none",
)
_BERT_ATTACK_PARTS = (
    "bert-attack",
    "BERTAttackLi2020",
    _BERT_ATTACK,
    (),
    "at most 40% of the words",
    "8 candidates a word instead of 48, as in TextAttack",
)


def _masked(
    parts: tuple[str, str, str, tuple[str, ...], str, str], sentences: bool = True
) -> Preset:
    """An attack by a masked model, with a sentence encoder (``sentences``) or without."""
    name, recipe, paper, data, limit, left_out = parts
    exchange: dict[str, Callable[..., Any]] = {"WordSwapMaskedLM": masked_swap}
    build = (
        from_recipe(recipe, exchange=exchange | _ENCODER)
        if sentences
        else from_recipe(recipe, exchange=exchange, drop=["UniversalSentenceEncoder"])
    )
    return Preset(
        name if sentences else f"{name}-nouse",
        "en",
        ("stopwords", "masked-en", *data, *(["use"] if sentences else [])),
        build,
        f"{_FILLED}; {limit}",
        paper,
        (left_out,) if sentences else (_NO_ENCODER, left_out),
    )


DEEPWORDBUG = Preset(
    "deepwordbug",
    "en",
    ("stopwords",),
    from_recipe("DeepWordBugGao2018"),
    "swaps, replaces, deletes or inserts one random letter per word, most important words "
    "first; edit distance at most 30",
    _DEEPWORDBUG,
    ("words are ranked by masking them, not by the paper's temporal scores, as in TextAttack",),
    auto=True,
)
PWWS = Preset(
    "pwws",
    "en",
    ("stopwords", "wordnet"),
    from_recipe("PWWSRen2019", exchange={"WordSwapWordNet": wordnet_swap}),
    "replaces words by WordNet synonyms in the order of saliency times best effect",
    _PWWS,
    ("no swap of named entities",),
    auto=True,
)
TEXTBUGGER = Preset(
    "textbugger",
    "en",
    ("stopwords", "vectors", "use"),
    from_recipe(
        "TextBuggerLi2018",
        vector_embedding,
        {"WordSwapHomoglyphSwap": homoglyph_swap, **_ENCODER},
    ),
    f"{_BUGS}; similarity of sentences at least 0.8",
    _TEXTBUGGER,
    ("the 5 nearest words are of counter-fitted vectors, not of GloVe, as in TextAttack",),
)
TEXTBUGGER_NOUSE = Preset(
    "textbugger-nouse",
    "en",
    ("stopwords", "neighbours"),
    from_recipe(
        "TextBuggerLi2018",
        list_embedding,
        {"WordSwapHomoglyphSwap": homoglyph_swap},
        drop=["UniversalSentenceEncoder"],
    ),
    _BUGS,
    _TEXTBUGGER,
    (_NO_ENCODER, "the 5 nearest words are of counter-fitted lists, not of GloVe"),
)
TEXTFOOLER = Preset(
    "textfooler",
    "en",
    ("stopwords", "vectors", "tagger", "use"),
    from_recipe("TextFoolerJin2019", vector_embedding, _ENCODER),
    _SYNONYMS,
    _TEXTFOOLER,
    ("cosine of at least 0.5, as in the authors' code; the paper says 0.7",),
)
TEXTFOOLER_NOUSE = Preset(
    "textfooler-nouse",
    "en",
    ("stopwords", "neighbours", "tagger"),
    from_recipe("TextFoolerJin2019", list_embedding, drop=_DISTANCES),
    _SYNONYMS,
    _TEXTFOOLER,
    (_NO_ENCODER, _LISTS),
)
IGA = Preset(
    "iga",
    "en",
    ("stopwords", "vectors"),
    from_recipe("IGAWang2019", vector_embedding),
    _GENETIC,
    _IGA,
)
IGA_LISTS = Preset(
    "iga-lists",
    "en",
    ("stopwords", "neighbours"),
    from_recipe("IGAWang2019", list_embedding, drop=_DISTANCES),
    _GENETIC,
    _IGA,
    (_LISTS, "no limit on their distance of its own"),
)
PSO = Preset(
    "pso",
    "en",
    ("stopwords", "hownet", "tagger"),
    from_recipe("PSOZang2020", exchange={"WordSwapHowNet": hownet_swap}),
    "a particle swarm over HowNet substitutes of the same part of speech",
    _PSO,
    ("parts of speech by NLTK's tagger, not flair's",),
)
PSO_WORDNET = Preset(
    "pso-wordnet",
    "en",
    ("stopwords", "wordnet"),
    from_recipe("PSOZang2020", exchange={"WordSwapHowNet": wordnet_swap}),
    "a particle swarm over WordNet synonyms",
    _PSO,
    ("WordNet synonyms instead of HowNet substitutes",),
)
PRUTHI = Preset(
    "pruthi",
    "en",
    ("stopwords",),
    from_recipe("Pruthi2019"),
    "one misspelling in one word: letters swapped, dropped, added, or hit beside the key",
    _PRUTHI,
)
BAE = _masked(_BAE_PARTS)
BAE_NOUSE = _masked(_BAE_PARTS, sentences=False)
BERT_ATTACK = _masked(_BERT_ATTACK_PARTS)
BERT_ATTACK_NOUSE = _masked(_BERT_ATTACK_PARTS, sentences=False)
CHECKLIST_NONAMES = Preset(
    "checklist-nonames",
    "en",
    (),
    without_names,
    "writes contractions out or in, and changes numbers",
    _CHECKLIST,
    ("no names and no places are changed, which takes a tagger of named entities",),
)
