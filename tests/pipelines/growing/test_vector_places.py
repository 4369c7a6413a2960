"""Runs whose file of word vectors lies elsewhere now: known by its content, not by its name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from snnconvert.files import sha256
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.run_folder.records.data import DataStage
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.sources.near import MOST_RENAMED
from snnconvert.tests.helpers.golden import GOLDEN

from .tools import NETWORK, bytes_of, done, results

Capture = pytest.CaptureFixture[str]
Train = Callable[..., list[str]]
WORDS = ("the", "dull", "fine", "cake", "soup")
LINES = "".join(f"{word} {i}.5 -1 0.2 {0.1 * i:.1f}\n" for i, word in enumerate(WORDS))
OTHER = LINES.replace("0.2", "0.3")  # as long, and another


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table of texts, ``vectors/old.txt``, and ``runs/a`` made of both."""
    base = tmp_path_factory.mktemp("vectors")
    rows = (f"{('bad', 'good')[i % 2]}\tthe {WORDS[1 + i % 2]} cake {i}\n" for i in range(60))
    (base / "own.tsv").write_text("".join(rows), "utf-8")
    (base / "vectors").mkdir()
    (base / "vectors" / "old.txt").write_text(LINES, "utf-8")
    done(*command(base, base / "runs" / "a", base / "vectors" / "old.txt"), "--quiet")
    return base


def command(base: Path, run: Path, vectors: Path) -> list[str]:
    """The command that makes the run."""
    words = ["train", "--out", str(run), "--dataset", str(base / "own.tsv")]
    return [*words, "--vectors", str(vectors), *NETWORK]


@pytest.fixture
def run(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the run elsewhere; what it knows as its vectors has gone."""
    monkeypatch.delenv("SNNCONVERT_DATA", raising=False)
    shutil.copytree(trained / "runs" / "a", tmp_path / "runs" / "a")
    known = trained / "vectors" / "old.txt"
    known.unlink()
    monkeypatch.chdir(tmp_path)
    yield tmp_path / "runs" / "a"
    known.write_text(LINES, "utf-8")


def test_a_run_keeps_what_tells_its_file(run: Path) -> None:
    kept = {"name": "old.txt", "bytes": len(LINES), "sha256": sha256(LINES.encode())}
    assert results(run)["data"]["vectors_file"] == kept
    found = RunFolder(run).record("data", DataStage).vectors_file
    assert found is not None and (found.name, found.sha256) == ("old.txt", kept["sha256"])


def test_the_same_vectors_by_another_name_are_the_same(trained: Path, run: Path) -> None:
    moved = run.parent / "renamed.txt"
    moved.write_text(LINES, "utf-8")
    before = bytes_of(run)
    done(*command(trained, run, moved))
    assert bytes_of(run) == before


def test_other_vectors_of_the_same_name_are_others(
    trained: Path, run: Path, capsys: Capture
) -> None:
    moved = run.parent / "old.txt"
    moved.write_text(OTHER, "utf-8")
    before = bytes_of(run)
    assert main(command(trained, run, moved)) == 2
    assert "done with other settings (vectors was" in capsys.readouterr().err
    assert bytes_of(run) == before


@pytest.mark.parametrize("name", ["old.txt", "renamed.vec"])
@pytest.mark.parametrize("folder", ["runs", "runs/a", "embeddings", "named"])
def test_they_are_found_where_they_are_needed(
    name: str,
    folder: str,
    trained: Path,
    run: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`--force` fits anew: by the old path, whatever file of that size lies before it."""
    base = run.parent.parent
    if folder == "named":
        monkeypatch.setenv("SNNCONVERT_DATA", str(base / "far" / "away" / folder))
        folder = f"far/away/{folder}"
    (base / folder).mkdir(parents=True, exist_ok=True)
    (base / folder / "aaa.txt").write_text(OTHER, "utf-8")
    (base / folder / name).write_text(LINES, "utf-8")
    before = bytes_of(run, "text/v*")
    old = trained / "vectors" / "old.txt"
    done(*command(trained, run, old), "--force")
    place = base / folder / name
    assert f"the word vectors of this run were found at {place}" in capsys.readouterr().err
    assert bytes_of(run, "text/v*") == before
    done(*command(trained, run, old))  # which is still the command of this run
    assert "already done" in capsys.readouterr().err


def test_what_is_nowhere_is_refused(trained: Path, run: Path, capsys: Capture) -> None:
    for number in range(MOST_RENAMED + 2):
        (run.parent / f"{number:03}.txt").write_text(OTHER, "utf-8")
    before = bytes_of(run)
    assert main([*command(trained, run, trained / "vectors" / "old.txt"), "--force"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "expected word vectors at" in line and bytes_of(run) == before


def test_a_run_of_before_goes_by_the_name(trained: Path, run: Path, capsys: Capture) -> None:
    found = results(run)
    del found["data"]["vectors_file"]
    (run / "results.json").write_text(json.dumps(found), "utf-8")
    moved = run.parent / "old.txt"
    moved.write_text(LINES, "utf-8")
    done(*command(trained, run, moved))
    other = run.parent / "new.txt"
    moved.rename(other)
    assert main(command(trained, run, other)) == 2
    assert RunFolder(GOLDEN / "run").record("data", DataStage).vectors_file is None
