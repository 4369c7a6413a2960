"""Formats of a user's own: a file, or a folder, with options that the command line takes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from snnconvert.errors import InputError
from snnconvert.interop import EXPORTS
from snnconvert.interop.export import Export, Exported, Outcome
from snnconvert.options import option
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.export import export
from snnconvert.pipelines.settings.export import ExportSettings


class Names(Export):
    suffix, about = ".txt", "names of the nodes"

    def refuses(self, model: object) -> str:
        return "" if len(list(model.network.nodes)) > 2 else "too few nodes"  # type: ignore[attr-defined]

    def write(self, exported: Exported, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(exported.model.network.inputs), "utf-8")


@dataclass(frozen=True)
class SheetOptions:
    rows: int = option(3, "test texts", least=1)
    reader: str = option("any", "who reads it", ("any", "sheets"), called="from")


class Sheets(Export):
    about = "a folder of test texts"
    Options = SheetOptions

    def name(self, which: str, options: SheetOptions) -> str:
        return f"sheets-{options.reader}"

    def write(self, exported: Exported, path: Path) -> Outcome:
        rows, stage = exported.options.rows, exported.stage
        if rows == 13:
            raise InputError("expected another number than 13")
        if rows == 15:
            return Outcome()
        if rows == 14:
            (path / "half.txt").write_text("half")
            raise OSError(28, "No space left on device")
        texts = exported.splits()["test"].texts[:rows]
        (path / "texts.txt").write_text("\n".join(texts), "utf-8")
        facts = {"model": exported.facts["model"], "language": stage.language if stage else ""}
        (path / "export.json").write_text(json.dumps(facts))
        return Outcome({"rows": len(texts)}, f"{len(texts)} rows", rows != 9)


@pytest.fixture
def formats() -> Iterator[None]:
    EXPORTS.add("names", Names())
    EXPORTS.add("sheets", Sheets())
    yield
    EXPORTS.remove("names")
    EXPORTS.remove("sheets")


@pytest.fixture
def copy(tiny_run: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_run, tmp_path / "run")


@pytest.mark.usefixtures("formats")
def test_a_file(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = export(copy, "names")
    content = path.read_bytes()
    path.unlink()
    assert main(["export", str(copy), "--format", "names"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(path)
    assert path.read_bytes() == content
    assert path == copy / "export" / "finetuned.txt"
    assert "readout" in path.read_text("utf-8").split("\n")


@pytest.mark.usefixtures("formats")
def test_a_folder_with_options(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "names,sheets}" in shown and "--rows N" in shown and "(default: 3)" in shown
    assert "format sheets: With --format sheets: a folder of test texts." in shown
    words = ["export", str(copy), "--format", "sheets", "--model", "snn"]
    assert main([*words, "--rows", "2", "--from", "sheets"]) == 0
    folder = copy / "export" / "sheets-sheets"
    assert capsys.readouterr().out.split("\n")[:2] == [str(folder), "2 rows"]
    assert len((folder / "texts.txt").read_text("utf-8").split("\n")) == 2
    assert json.loads((folder / "export.json").read_text()) == {"model": "snn", "language": "en"}
    assert main([*words, "--json", "--rows", "9"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found == {"export": str(copy / "export" / "sheets-any"), "rows": 9}
    assert export(copy, "sheets", "snn", copy / "here", rows=1) == copy / "here"


@pytest.mark.usefixtures("formats")
def test_a_settings_file(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["export", "--format", "sheets", "--from", "sheets", "--rows", "4"]
    assert main([*words, "--print-config"]) == 0
    (copy / "export.yaml").write_text(capsys.readouterr().out)
    assert main(["export", str(copy), "--config", str(copy / "export.yaml")]) == 0
    assert (copy / "export" / "sheets-sheets" / "texts.txt").read_text("utf-8").count("\n") == 3


@pytest.mark.usefixtures("formats")
def test_a_folder_is_whole_or_not_there(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["export", str(copy), "--format", "sheets"]
    faults = (("13", "another number than 13", 2), ("14", "No space left", 1))
    for rows, says, code in (*faults, ("15", "to write export.json too", 2)):
        assert main([*words, "--rows", rows]) == code
        assert says in capsys.readouterr().err
        assert not list((copy / "export").glob("*")) + list((copy / "export").glob(".*"))
    assert main([*words, "--rows", "2"]) == 0
    folder = copy / "export" / "sheets-any"
    before = (folder / "texts.txt").read_bytes()
    assert main([*words, "--rows", "3"]) == 2
    assert "holds an export already" in capsys.readouterr().err
    assert main([*words, "--rows", "14", "--force"]) == 1
    assert (folder / "texts.txt").read_bytes() == before
    assert main([*words, "--rows", "3", "--force"]) == 0
    assert (folder / "texts.txt").read_bytes() != before
    assert sorted(p.name for p in folder.parent.iterdir()) == ["sheets-any"]
    capsys.readouterr()
    assert main([*words, "--out", str(copy / "ann"), "--force"]) == 2
    assert "holds something else" in capsys.readouterr().err and (copy / "ann").is_dir()


@pytest.mark.usefixtures("formats")
def test_options_of_other_formats_are_refused(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(copy), "--from", "sheets"]) == 2
    said = capsys.readouterr().err
    assert "--from only with the format sheets" in said and "with npz: leave it out" in said
    assert main(["export", str(copy), "--format", "sheets", "--rows", "0"]) == 2
    assert "expected a number of at least 1 for --rows, but got 0" in capsys.readouterr().err
    with pytest.raises(InputError, match="expected reader to be of any, sheets"):
        export(copy, "sheets", reader="nobody")


def test_an_option_of_two_formats(copy: Path) -> None:
    @dataclass(frozen=True)
    class One:
        grain: str = option("all", "how many", ("all", "none"))

    @dataclass(frozen=True)
    class Two:
        grain: str = option("8", "how many", ("8", "16"))

    @dataclass(frozen=True)
    class Other:
        grain: int = option(8, "how many")

    @dataclass(frozen=True)
    class Flag:
        reader: str = option("me", "who", called="for")

    def made(options: type) -> Export:
        return type("Made", (Names,), {"Options": options})()

    EXPORTS.add("one", made(One))
    EXPORTS.add("two", made(Two))
    try:
        assert ExportSettings(format="two").of_format() == Two("8")
        assert ExportSettings(format="one", grain="none").of_format() == One("none")  # type: ignore[call-arg]
        with pytest.raises(InputError, match="expected --grain to be of 8, 16, but got 'none'"):
            ExportSettings(format="two", grain="none").of_format()  # type: ignore[call-arg]
        EXPORTS.add("fourth", made(Flag))
        with pytest.raises(InputError, match="fourth that no other has.*but --for is taken"):
            ExportSettings(format="one")
        EXPORTS.remove("fourth")
        EXPORTS.add("other", made(Other))
        with pytest.raises(InputError, match="grain of the export format other to be of the type"):
            ExportSettings(format="one")
    finally:
        for name in ("one", "two", "fourth", "other"):
            if name in EXPORTS.added():
                EXPORTS.remove(name)
