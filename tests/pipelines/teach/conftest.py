"""A sentence encoder small enough to be made for the tests, and texts that it can learn."""

from __future__ import annotations

from pathlib import Path

import pytest

from snnconvert.tests.helpers.sentence_encoder import encoder_folder

WORDS = [
    "food",
    "was",
    "it",
    "the",
    "very",
    "rather",
    "and",
    "so",
    "room",
    "here",
    "there",
    "again",
]
GOOD, BAD = ["good", "fine", "great", "tasty", "warm"], ["bad", "poor", "awful", "bland", "cold"]


@pytest.fixture(scope="module", autouse=True)
def _one_thread(one_thread: None) -> None:
    """In every file here."""


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny BERT with random weights, mean pooling and vectors of length 1."""
    pytest.importorskip("sentence_transformers", reason="needs the extra sentence")
    return encoder_folder(tmp_path_factory.mktemp("teacher"), [*WORDS, *GOOD, *BAD])


def texts(split: str, count: int) -> list[tuple[str, str]]:
    """(label, text) of ``count`` different texts, of which no two splits share one."""
    place = {"train": "here", "dev": "there", "test": "again"}[split]
    found = []
    for number in range(count):
        label = ("bad", "good")[number % 2]
        own = (BAD, GOOD)[number % 2]
        first, second = WORDS[number // 2 % 7], WORDS[number // 14 % 7]
        found.append((label, f"the {first} {second} {own[number // 2 % 5]} food {place}"))
    return found


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of two classes: the folder of its three files."""
    folder = tmp_path_factory.mktemp("data")
    for split, count in (("train", 60), ("dev", 20), ("test", 20)):
        lines = [f"{label}\t{text}\n" for label, text in texts(split, count)]
        (folder / f"{split}.tsv").write_text("".join(lines), "utf-8")
    return folder
