"""Bad input: for each the exact command, its exit code and the words of its one-line error."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from snnconvert.errors import SnnConvertError
from snnconvert.pipelines.cli import main
from snnconvert.tests.cli.bad_input_cases import MODELS, OPTIONS, RUNS
from snnconvert.tests.cli.bad_input_files import DATA, VECTORS
from snnconvert.tests.cli.bad_input_tools import Case

CASES = [*DATA, *VECTORS, *MODELS, *RUNS, *OPTIONS]


def tree(folder: Path) -> dict[str, bytes]:
    """Every file under ``folder`` but the lock."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_one_line(
    case: Case,
    tiny_run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tmp, run = tmp_path / "work", tmp_path / "run"
    tmp.mkdir()
    if "{run}" in case.words:
        shutil.copytree(tiny_run, run)
    monkeypatch.delenv("SNNCONVERT_DATA", raising=False)
    held = case.prepare(tmp, run, monkeypatch) if case.prepare else None
    if case.early:
        monkeypatch.setattr(
            "snnconvert.pipelines.sources.place.load_dataset",
            lambda *_: pytest.fail("data were read"),
        )
    capsys.readouterr()
    before = tree(run), tree(tmp)

    code = main(case.words.format(tmp=tmp, run=run, out=tmp_path / "out").split())

    printed, said = capsys.readouterr()
    assert said.startswith("snnconvert: ") and said.endswith("\n") and said.count("\n") == 1, said
    assert "Traceback" not in said and printed == ""
    missing = [word for word in case.says if word not in said]
    assert not missing, f"{missing} not in: {said}"
    assert code == case.code
    assert (tree(run), tree(tmp)) == before  # nothing lost, nothing half written
    if case.name != "disk full at once":
        assert not (tmp_path / "out").exists()
    del held


def test_there_are_enough() -> None:
    assert len(CASES) >= 45 and len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("train --dataset {tmp}/none.tsv --out {tmp}/out", 2, "no such file"),
        ("train --epochs 0 --out {tmp}/out", 2, "--epochs"),
    ],
)
def test_as_a_process(words: str, code: int, says: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "snnconvert", *words.format(tmp=tmp_path).split()]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("snnconvert: ") and done.stderr.count("\n") == 1
    assert says in done.stderr


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    with pytest.raises(SnnConvertError):
        main(["convert", str(tmp_path / "none"), "--debug"])


def test_an_unforeseen_error_is_one_line(
    tiny_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a\nb")

    monkeypatch.setattr("snnconvert.text.stages.words.TextStage.load", broken)
    assert main(["predict", str(tiny_run), "hi"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "KeyError" in said and "--debug" in said
