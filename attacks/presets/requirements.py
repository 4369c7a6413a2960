"""Which attacks can run here: language, data files, libraries, gradients of the victim."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import InputError, one_line
from ..assets.nltk import ASSETS, locate, missing_extra, prepare_nltk
from ..preset import Preset
from ..victims import Classifier, check_gradient
from . import PRESETS
from .catalogue import for_language, preset


def asset_status() -> list[dict[str, Any]]:
    """Every asset: ``name``, ``found``, ``path`` (None where missing), ``needed_by``, ``remedy``.

    Does not import TextAttack. Without NLTK every asset is missing.
    """
    try:
        prepare_nltk()
        there = {name: locate(name) or [] for name in ASSETS}
        remedies = {name: asset.remedy() for name, asset in ASSETS.items()}
    except InputError as error:
        there = {name: [] for name in ASSETS}
        remedies = dict.fromkeys(ASSETS, one_line(error))
    return [
        {
            "name": name,
            "found": bool(files),
            "path": str(Path(str(files[0])).parent) if files else None,
            "needed_by": [p.name for p in PRESETS.values() if name in (*p.needs, *p.uses)],
            "remedy": remedies[name],
        }
        for name, files in there.items()
    ]


def check_assets(presets: Sequence[str]) -> None:
    """Make sure that everything ``presets`` need is there; quick, does not import TextAttack.

    Raises:
        InputError: an unknown preset, a missing package or missing data: what is missing, for
            which preset, where it comes from and how to get it.
    """
    wanted = [preset(name) for name in presets]
    if any(importlib.util.find_spec(package) is None for package in ("textattack", "pinyin")):
        raise InputError(missing_extra())
    missing = {row["name"] for row in asset_status() if not row["found"]}
    for item in wanted:
        for name in item.needs:
            if name in missing:
                raise InputError(f"the attack {item.name} needs {ASSETS[name].missing()}")


def default_presets(
    language: str, status: Sequence[Mapping[str, Any]] | None = None
) -> tuple[list[str], dict[str, str]]:
    """The presets to run for ``language`` where nothing was chosen.

    Args:
        language: "en" or "zh".
        status: what is there, default `asset_status()`.

    Returns:
        The names whose assets are all there, and for each that is left out the reason, one line
        to print: nothing is left out in silence.
    """
    missing = {r["name"]: r["remedy"] for r in status or asset_status() if not r["found"]}
    names: list[str] = []
    left_out: dict[str, str] = {}
    for item in PRESETS.values():
        if not item.auto or not item.reads(language):
            continue
        lacking = [name for name in item.needs if name in missing]
        if lacking:
            left_out[item.name] = f"needs {lacking[0]}: {missing[lacking[0]]}"
        else:
            names.append(item.name)
    if not names and not left_out:
        known = ", ".join(sorted({item.language for item in PRESETS.values()} - {"any"}))
        raise InputError(f"no attack for language {language!r}: expected one of {known}")
    return names, left_out


def check_language(wanted: Sequence[str], language: str) -> None:
    """Refuse attacks by name that are for texts of another language.

    Raises:
        InputError: an unknown attack, or one of another language.
    """
    for name in wanted:
        if name != "auto" and not preset(name).reads(language):
            raise InputError(
                f"expected attacks for texts of language {language!r}, but {name} is for "
                f"{preset(name).language!r}"
            )


def with_words_of_language(wanted: Iterable[str]) -> list[str]:
    """Those of the attacks ``wanted`` that take what they put in from data of one language.

    Others change letters alone, whatever the words.
    """
    presets = [PRESETS[name] for name in wanted if name in PRESETS]
    return [p.name for p in presets if p.language == "zh" or (p.language == "en" and _has_data(p))]


def _has_data(item: Preset) -> bool:
    """Whether an attack needs more than a list of words that it leaves alone."""
    return bool({*item.needs} - {"stopwords"})


def chosen_presets(wanted: tuple[str, ...], language: str) -> tuple[list[str], dict[str, str]]:
    """The attacks to run, and those of the default ones that are left out, with the reason.

    Raises:
        InputError: none of the default ones can run here.
    """
    if wanted != ("auto",):
        return list(wanted), {}
    names, left_out = default_presets(language, asset_status())
    if not names:
        reasons = "; ".join(f"{name}: {why}" for name, why in left_out.items())
        raise InputError(f"no attack can run here: {reasons}")
    return list(names), dict(left_out)


def check_classifier(classifier: Classifier, name: str) -> None:
    """Make sure that the attack ``name`` is for the language of ``classifier``.

    Raises:
        InputError: it is for another; the message lists those that fit.
    """
    language = preset(name).language
    if language not in (classifier.language, "any"):
        fitting = ", ".join(item.name for item in for_language(classifier.language))
        raise InputError(
            f"the attack {name} is for texts in {language!r}, but the model reads "
            f"{classifier.language!r}: choose from {fitting or 'none'}"
        )


def check_gradients(jobs: Iterable[tuple[str, str]], load: Callable[[str], Classifier]) -> None:
    """`check_gradient` for all white-box attacks among ``jobs``, before any of them runs.

    Args:
        jobs: victim and attack
        load: makes a victim from its name

    Raises:
        InputError: one cannot be done.
    """
    for victim, name in jobs:
        kind = preset(name).gradient
        if kind:
            check_gradient(load(victim), name, kind)
