"""The attacks on English texts, by name."""

from __future__ import annotations

from ..building.builders import from_recipe
from ..building.checklist import without_names
from ..building.reduction import input_reduction
from ..candidates.homoglyphs import homoglyph_swap
from ..candidates.hownet import hownet_swap
from ..candidates.masked import masked_swap
from ..candidates.neighbours import list_embedding, vector_embedding
from ..candidates.sentence_encoder import sentence_encoder
from ..candidates.wordnet import wordnet_swap
from ..preset import Preset
from . import lv2023
from .unlimited import english as unlimited

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
_MASKED = ("BAEGarg2019", "BERTAttackLi2020")


def _masked_recipe(recipe: str, encoder: bool) -> Preset:
    """BAE or BERT-Attack, with or without its sentence encoder."""
    bae = recipe.startswith("BAE")
    name = ("bae" if bae else "bert-attack") + ("" if encoder else "-nouse")
    dropped = [] if encoder else [_NO_ENCODER]
    if bae:
        dropped.append("replaces words (BAE-R), inserts none")
    else:
        dropped.append("8 candidates a word instead of 48, as in TextAttack")
    return Preset(
        name,
        "en",
        ("stopwords", "masked-en", *(["tagger"] if bae else []), *(["use"] if encoder else [])),
        from_recipe(
            recipe,
            exchange={"WordSwapMaskedLM": masked_swap, **(_ENCODER if encoder else {})},
            drop=[] if encoder else ["UniversalSentenceEncoder"],
        ),
        _FILLED + ("; of the same part of speech" if bae else "; at most 40% of the words"),
        _BAE if bae else _BERT_ATTACK,
        tuple(dropped),
    )


_PAPERS = (
    Preset(
        "deepwordbug",
        "en",
        ("stopwords",),
        from_recipe("DeepWordBugGao2018"),
        "swaps, replaces, deletes or inserts one random letter per word, most important words "
        "first; edit distance at most 30",
        _DEEPWORDBUG,
        ("words are ranked by masking them, not by the paper's temporal scores, as in TextAttack",),
        auto=True,
    ),
    Preset(
        "pwws",
        "en",
        ("stopwords", "wordnet"),
        from_recipe("PWWSRen2019", exchange={"WordSwapWordNet": wordnet_swap}),
        "replaces words by WordNet synonyms in the order of saliency times best effect",
        _PWWS,
        ("no swap of named entities",),
        auto=True,
    ),
    Preset(
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
    ),
    Preset(
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
    ),
    Preset(
        "textfooler",
        "en",
        ("stopwords", "vectors", "tagger", "use"),
        from_recipe("TextFoolerJin2019", vector_embedding, _ENCODER),
        _SYNONYMS,
        _TEXTFOOLER,
        ("cosine of at least 0.5, as in the authors' code; the paper says 0.7",),
    ),
    Preset(
        "textfooler-nouse",
        "en",
        ("stopwords", "neighbours", "tagger"),
        from_recipe("TextFoolerJin2019", list_embedding, drop=_DISTANCES),
        _SYNONYMS,
        _TEXTFOOLER,
        (_NO_ENCODER, _LISTS),
    ),
    Preset(
        "iga",
        "en",
        ("stopwords", "vectors"),
        from_recipe("IGAWang2019", vector_embedding),
        _GENETIC,
        _IGA,
    ),
    Preset(
        "iga-lists",
        "en",
        ("stopwords", "neighbours"),
        from_recipe("IGAWang2019", list_embedding, drop=_DISTANCES),
        _GENETIC,
        _IGA,
        (_LISTS, "no limit on their distance of its own"),
    ),
    Preset(
        "pso",
        "en",
        ("stopwords", "hownet", "tagger"),
        from_recipe("PSOZang2020", exchange={"WordSwapHowNet": hownet_swap}),
        "a particle swarm over HowNet substitutes of the same part of speech",
        _PSO,
        ("parts of speech by NLTK's tagger, not flair's",),
    ),
    Preset(
        "pso-wordnet",
        "en",
        ("stopwords", "wordnet"),
        from_recipe("PSOZang2020", exchange={"WordSwapHowNet": wordnet_swap}),
        "a particle swarm over WordNet synonyms",
        _PSO,
        ("WordNet synonyms instead of HowNet substitutes",),
    ),
    Preset(
        "pruthi",
        "en",
        ("stopwords",),
        from_recipe("Pruthi2019"),
        "one misspelling in one word: letters swapped, dropped, added, or hit beside the key",
        _PRUTHI,
    ),
    *(_masked_recipe(recipe, encoder) for recipe in _MASKED for encoder in (True, False)),
    Preset(
        "checklist-nonames",
        "en",
        (),
        without_names,
        "writes contractions out or in, and changes numbers",
        _CHECKLIST,
        ("no names and no places are changed, which takes a tagger of named entities",),
    ),
)
PRESETS = (
    *_PAPERS,
    *lv2023.PRESETS,
    Preset(
        "unlimited",
        "en",
        ("stopwords", "wordnet", "neighbours"),
        unlimited,
        "a control, not an attack of any paper: neighbours, WordNet synonyms and edits of letters "
        "in any word, again and again, without the query budget; accuracy must come close to zero",
        "the sanity check of Carlini et al. 2019, On Evaluating Adversarial Robustness, "
        "arXiv:1902.06705: an unbounded attack succeeds",
    ),
    Preset(
        "inputreduction",
        "any",
        ("stopwords",),
        input_reduction,
        "a diagnostic, not an attack: deletes the least important words while the prediction "
        "stays; words changed are those deleted",
        "Feng et al. 2018, Pathologies of Neural Models Make Interpretations Difficult, "
        "EMNLP D18-1407",
        ("no beam search, and stop words stay, as in TextAttack",),
    ),
)
