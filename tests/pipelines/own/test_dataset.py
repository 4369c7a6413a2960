"""A data set that a user adds: one file says what it is, and every command takes its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from snnconvert.errors import InputError
from snnconvert.pipelines.cli import main
from snnconvert.tests.helpers.journey import journey
from snnconvert.text.datasets.named import NAMED, read_named
from snnconvert.text.download.download import list_datasets

ENTRY = """
language: en
classes: [calm, loud]
sizes: {all: 60}
origin: a user, 2026
"""


@pytest.fixture
def noises(tmp_path: Path):
    """The data set ``noises``, its file and its rows in temporary folders."""
    (tmp_path / "noises.yaml").write_text(ENTRY, "utf-8")
    rows = [f"{i % 2}\ta {'loud' if i % 2 else 'calm'} sound of kind {i}\n" for i in range(60)]
    (tmp_path / "data" / "noises").mkdir(parents=True)
    (tmp_path / "data" / "noises" / "all.tsv").write_text("".join(rows), "utf-8")
    NAMED.add("noises", read_named(tmp_path / "noises.yaml"))
    yield tmp_path / "data"
    NAMED.remove("noises")


def test_it_is_trained_converted_swept_priced_and_reported(noises: Path, tmp_path: Path) -> None:
    words = ("--dataset", "noises", "--data-dir", str(noises))
    found = journey(tmp_path / "run", train=words)
    assert found["data"]["name"] == "noises" and found["data"]["classes"] == ["calm", "loud"]
    assert found["energy"]["dataset"] == "noises" and "noises" in found["html"]


def test_it_is_listed(noises: Path) -> None:
    (entry,) = [row for row in list_datasets(noises) if row["name"] == "noises"]
    assert entry["present"] and entry["sizes"] == {"all": 60} and entry["source"] == "a user, 2026"


def test_without_an_address_it_cannot_be_fetched(
    noises: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "get", "noises", "--data-dir", str(tmp_path / "other")]) == 2
    assert "noises" in capsys.readouterr().err


@pytest.mark.parametrize("field", ["language", "classes", "sizes", "origin"])
def test_a_missing_field_is_one_line(tmp_path: Path, field: str) -> None:
    lines = [line for line in ENTRY.splitlines() if not line.startswith(field)]
    (tmp_path / "mine.yaml").write_text("\n".join(lines), "utf-8")
    with pytest.raises(InputError, match=f"expected language, classes.*{field}"):
        read_named(tmp_path / "mine.yaml")
