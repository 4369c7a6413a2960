"""Runs whose data set, or whose own folder, lies elsewhere now."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from snnconvert.pipelines.cli import main
from snnconvert.pipelines.sources import place as places

from .tools import NETWORK, SMALL, bytes_of, done, results

Capture = pytest.CaptureFixture[str]
ROWS = [(("bad", "good")[i % 2], f"the {('dull', 'fine')[i % 2]} cake {i}") for i in range(60)]


def write(path: Path, rows: list[tuple[str, str]] = ROWS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{label}\t{text}\n" for label, text in rows), "utf-8")
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``data/own.tsv`` and ``runs/a``, a run of it."""
    base = tmp_path_factory.mktemp("places")
    path = write(base / "data" / "own.tsv")
    out = ("--out", base / "runs" / "a")
    done("train", *out, "--dataset", path, "--vectors", "random", *SMALL, *NETWORK)
    return base


@pytest.fixture
def base(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy elsewhere, and nothing where the run knows its data."""
    monkeypatch.delenv("SNNCONVERT_DATA", raising=False)
    shutil.copytree(trained, tmp_path / "base")
    hidden = trained / "data" / "own.tsv"
    hidden.rename(trained / "away")
    monkeypatch.chdir(tmp_path)
    yield tmp_path / "base"
    (trained / "away").rename(hidden)


def place(run: Path) -> str | None:
    return yaml.safe_load((run / "config.yaml").read_text("utf-8"))["data"].get("place")


@pytest.mark.parametrize("where", ["runs/own.tsv", "runs/a/own.tsv", "own.tsv", "runs/new/own.tsv"])
def test_the_file_is_found_near_the_run(where: str, base: Path, capsys: Capture) -> None:
    shutil.rmtree(base / "data")
    write(base / where)
    run = base / "runs" / "a"
    models = bytes_of(run, "ann/*")
    capsys.readouterr()
    done("convert", run, "--steps", "3")
    assert str(base / where) in capsys.readouterr().err and place(run) == str(base / where)
    done("evaluate", run)
    assert "was found" not in capsys.readouterr().err, "it is known from then on"
    assert bytes_of(run, "ann/*") == models


@pytest.mark.parametrize("how", ["SNNCONVERT_DATA", "the current folder"])
def test_the_file_is_found_in_named_folders(
    how: str, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(base / "data")
    far = write(tmp_path / "far" / "away" / "from" / "it" / "own.tsv").parent
    assert main(["evaluate", str(base / "runs" / "a")]) == 2
    if how == "SNNCONVERT_DATA":
        monkeypatch.setenv(how, str(far))
    else:
        monkeypatch.chdir(far)
    done("evaluate", base / "runs" / "a")


def test_a_renamed_file_is_found_by_its_content(base: Path) -> None:
    shutil.rmtree(base / "data")
    other = [(label, text.replace("cake", "soup")) for label, text in ROWS]
    write(base / "runs" / "first.tsv", other)  # as long, and another
    write(base / "runs" / "second.tsv")
    done("evaluate", base / "runs" / "a")
    done("convert", base / "runs" / "a", "--quiet")
    assert place(base / "runs" / "a") == str(base / "runs" / "second.tsv")


def test_another_file_of_the_name_is_not_taken(base: Path, capsys: Capture) -> None:
    shutil.rmtree(base / "data")
    write(base / "runs" / "own.tsv", ROWS[::-1][:40])
    assert main(["evaluate", str(base / "runs" / "a")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "--dataset PATH" in line and "SNNCONVERT_DATA" in line
    write(base / "own.tsv")
    done("evaluate", base / "runs" / "a")


@pytest.mark.parametrize("command", ["evaluate", "convert", "attack", "energy", "finetune"])
def test_the_user_says_where_it_is(
    command: str, base: Path, tmp_path: Path, capsys: Capture
) -> None:
    shutil.rmtree(base / "data")
    run = base / "runs" / "a"
    there = write(tmp_path / "x" / "y" / "z" / "renamed.tsv")
    wrong = write(tmp_path / "x" / "wrong.tsv", ROWS[:50])
    assert main([command, str(run), "--dataset", str(wrong)]) == 2
    assert "its texts or labels are others" in capsys.readouterr().err and place(run) is None
    code = main([command, str(run), "--dataset", str(there), "--help"])
    assert code == 0 and "--dataset PATH" in capsys.readouterr().out
    done("evaluate", run, "--dataset", there)
    assert place(run) == str(there)
    done("convert", run, "--steps", "3", "--quiet")


def test_the_command_of_the_run_again_with_its_data_elsewhere(base: Path, capsys: Capture) -> None:
    """As where a whole project is moved: the same relative paths, from another place."""
    moved = base / "data" / "own.tsv"
    before = results(base / "runs" / "a")
    train = ["train", "--out", str(base / "runs" / "a"), "--dataset", str(moved)]
    done(*train, "--vectors", "random", *SMALL, *NETWORK)
    assert results(base / "runs" / "a") == before and place(base / "runs" / "a") == str(moved)
    write(moved, ROWS[:50])
    assert main([*train, "--vectors", "random", *SMALL, *NETWORK]) == 2
    assert "done with other settings (dataset was" in capsys.readouterr().err


@pytest.mark.long
def test_a_moved_run_goes_on(base: Path, tmp_path: Path, capsys: Capture) -> None:
    """Data and run side by side, both moved: every command works, and nothing is trained again."""
    done("convert", base / "runs" / "a", "--steps", "3", "--quiet")
    shutil.move(base, tmp_path / "elsewhere" / "moved")
    run = tmp_path / "elsewhere" / "moved" / "runs" / "a"
    done("convert", run, "--steps", "3", "--quiet")
    done("finetune", run, "--epochs", "1", "--tensorboard", "false", "--quiet")
    done("energy", run, "--quiet")
    done("evaluate", run)
    done("predict", run, "a fine cake")
    done("report", run)
    assert list(results(run)) == ["data", "ann", "snn", "finetuned", "energy"]


def test_a_folder_that_cannot_be_written_is_read(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from snnconvert.errors import SnnConvertError
    from snnconvert.pipelines.run_folder import run_files

    def refuses(*_: object) -> None:
        raise SnnConvertError("could not write")

    shutil.rmtree(base / "data")
    write(base / "own.tsv")
    monkeypatch.setattr(run_files, "write_config", refuses)
    done("evaluate", base / "runs" / "a")
    assert place(base / "runs" / "a") is None


def test_the_search_has_bounds(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(base / "data")
    for number in range(places.MOST_RENAMED + 10):
        write(base / "runs" / f"{number:03}.tsv", [(a, b.replace("cake", "soup")) for a, b in ROWS])
    read = []
    load = places.load_settings_data
    monkeypatch.setattr(
        places, "load_settings_data", lambda s: read.append(s["dataset"]) or load(s)
    )
    assert main(["evaluate", str(base / "runs" / "a")]) == 2
    assert len(read) <= places.MOST_RENAMED + 5
