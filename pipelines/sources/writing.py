"""How the texts of a run are written: by its settings, and told on the terminal and in results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...formatting import percent
from ...text.datasets.dataset import Dataset
from ...text.stages.stage import Stage
from ...text.writing.dictionary import UserDictionary
from ...text.writing.graphemes import found
from ...text.writing.script import sample, traditional_share
from ...text.writing.writing import Writing
from ..display.output import note, warn
from ..settings.data import DataSettings

AUTO = {"zh": "all", "en": "invisible"}
"""What is made alike where nothing is said.

Chinese texts are typed with full-width letters and digits and with narrow ones, and mean the same.
In English they are all but absent, while a published attack writes a full-width m: there they stay,
so that its success is the model's and not this option's. No attack writes invisible characters.
"""
NONE = {"clean": "none", "script": "keep", "user_dict": None}
"""What runs did that say nothing of it."""
_MIXED = 0.1  # a smaller share of texts in the other script is not worth a word


def read_dictionary(settings: DataSettings) -> UserDictionary | None:
    """The user's words for jieba, where a file is given; raises `InputError` for a bad one."""
    return UserDictionary.read(settings.user_dict) if settings.user_dict else None


def resolved_writing(
    settings: DataSettings,
    dictionary: UserDictionary | None,
    had: Mapping[str, Any] | None,
    force: bool,
) -> dict[str, Any]:
    """The settings that tell a run by how its texts are written; none of them at `NONE`.

    Args:
        settings: as given
        dictionary: what `read_dictionary` gave; it is told by its content, wherever it lies
        had: the data settings that the run has; None for a new one
        force: whether it is made anew
    """
    clean = settings.clean
    if had is not None and not force and clean == "auto":
        clean = "auto" if had.get("clean") == "auto" else "none"
    values = {"clean": clean, "script": settings.script}
    values |= {"user_dict": dictionary.digest} if dictionary else {}
    return {name: value for name, value in values.items() if value != NONE[name]}


def writing_of(
    settings: DataSettings,
    dictionary: UserDictionary | None,
    language: str,
    texts: Sequence[str] = (),
) -> Writing:
    """What is done to texts of ``language``.

    Args:
        settings: as given
        dictionary: what `read_dictionary` gave
        language: of the texts
        texts: training texts, for a stage that `Stage.takes_graphemes`: letters with marks of
            their own, or of scripts without spaces, in any of them say how words are cut
    """
    clean = AUTO[language] if settings.clean == "auto" else settings.clean
    graphemes = language != "zh" and found(texts) > 0
    return Writing(clean, settings.script, dictionary, graphemes)


def tell_writing(dataset: Dataset, stage: Stage) -> dict[str, Any]:
    """Say what was made alike in how many texts, and what was left as it is.

    Returns:
        Figures for the results; nothing where nothing is done.
    """
    writing, language = stage.writing, dataset.language
    texts = [*dataset.train.texts, *dataset.dev.texts, *dataset.test.texts]
    changed = writing.changed(texts, language)
    tell_changed(changed, len(texts), writing)
    if writing.dictionary:
        _tell_dictionary(writing.dictionary)
    if writing.graphemes:
        train = dataset.train.texts
        note(
            f"{found(train):,} of {len(train):,} training texts have letters with marks of their "
            "own, or of scripts without spaces: marks stay with their letters, and letters of such "
            "scripts are words"
        )
    if language == "zh" and writing.script == "keep" and stage.vector_report is None:
        _tell_mixed(dataset)
    done = writing.to_dict()
    return {"writing": done | {"changed": changed}} if done else {}


def tell_changed(changed: Mapping[str, int], texts: int, writing: Writing) -> None:
    """Say in how many texts something was made alike; nothing where it was in none.

    Args:
        changed: what `Writing.changed` counted
        texts: how many it looked at
        writing: of the text stage
    """
    if not changed["texts"]:
        return
    what = {
        "invisible": "invisible characters left out of",
        "wide": "full-width letters and digits made narrow in",
        "script": f"{writing.script} characters written in",
    }
    parts = [f"{words} {changed[name]:,}" for name, words in what.items() if changed[name]]
    note(f"{changed['texts']:,} of {texts:,} texts made alike: {', '.join(parts)}")


def _tell_dictionary(dictionary: UserDictionary) -> None:
    note(f"{len(dictionary):,} words of the user's for jieba")
    never = dictionary.never_found
    if never:
        warn(
            f"{len(never):,} of the {len(dictionary):,} words of --user-dict are never found: "
            f"jieba cuts at every character that is no Chinese one, letter, digit or of + # & . _ "
            f"% -, as in {never[0]!r}"
        )


def _tell_mixed(dataset: Dataset) -> None:
    share = traditional_share(sample(dataset.train.texts))
    if share is not None and _MIXED <= share <= 1 - _MIXED:
        warn(
            f"{percent(share)} % of the training texts are in traditional characters, the others "
            "in simplified ones, so that the same word is two: --script simplified (or "
            "traditional) makes them one"
        )
