"""What one attack on one text needs, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from .presets.catalogue import preset as find_preset
from .records import Record


@dataclass(frozen=True)
class Example:
    """A text to attack: its row in its split, the text, its true class as a number."""

    index: int
    text: str
    label: int


@dataclass(frozen=True)
class Job:
    """What the texts of one file of records have in common, apart from the classifier itself.

    Attributes:
        victim: its name.
        preset: name of the attack.
        seed: of the whole attack.
        query_budget: texts that one attack may show the victim.
        verify_draws: noise draws on which an adversarial text of a stochastic victim is verified.
        data: the digest of the preset's language data.
        versions: of the libraries that decide what an attack does, as pairs.
    """

    victim: str
    preset: str
    seed: int
    query_budget: int
    verify_draws: int
    data: str = ""
    versions: tuple[tuple[str, str | None], ...] = ()


def failure(example: Example, error: str) -> Record:
    """The record of a text whose attack did not end, for the reason ``error`` (one line)."""
    return Record(
        index=int(example.index),
        label=int(example.label),
        text=example.text,
        clean_prediction=None,
        clean_probability=None,
        status="error",
        adversarial_text=None,
        adversarial_prediction=None,
        words=0,
        words_changed=0,
        queries=0,
        changed_words=[],
        error=error,
    )


def data_digest(preset: str) -> str:
    """What tells the language data of a preset from other data."""
    return find_preset(preset).digest()


def library_versions() -> tuple[tuple[str, str | None], ...]:
    """The libraries that decide what an attack does, with their versions."""
    return tuple((name, _version(name)) for name in ("textattack", "nltk", "jieba", "pinyin"))


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
