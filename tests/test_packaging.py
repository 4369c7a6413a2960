"""The wheel holds the package, all of it and nothing else, and works without the extras."""

from __future__ import annotations

import configparser
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from snnconvert import __version__
from snnconvert.pipelines.cli import main

ROOMS = ("text", "models", "convert", "engine", "attacks", "pipelines")


def source_files(root: Path) -> list[Path]:
    """What is or may be committed; every file but the usual litter where git is not there."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        parts = {"__pycache__", ".venv", "build", "dist", ".git"}
        found = [p.relative_to(root) for p in root.rglob("*") if p.is_file()]
        return [p for p in found if not parts & set(p.parts)]
    return [Path(line) for line in done.stdout.split("\0") if (root / line).is_file()]


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that nothing is left in the tree."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in source_files(root):
        (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, folder / "source" / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
    command += ["--disable-pip-version-check", "--no-build-isolation", "-w", str(folder / "dist")]
    subprocess.run([*command, str(folder / "source")], check=True, timeout=200)
    (made,) = (folder / "dist").glob("*.whl")
    return made


@pytest.fixture(scope="module")
def unpacked(wheel: Path) -> Path:
    folder = wheel.parent / "unpacked"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def setup_cfg(root: Path) -> configparser.ConfigParser:
    config = configparser.ConfigParser()
    config.read(root / "setup.cfg", "utf-8")
    return config


def test_the_list_of_packages_is_the_folders_there_are(root: Path) -> None:
    listed = set(setup_cfg(root)["options"]["packages"].split())
    folders = {name.parts[:2] for name in source_files(root) if name.parts[0] in ROOMS}
    expected = {"snnconvert", *(f"snnconvert.{room}" for room in ROOMS)}
    expected |= {f"snnconvert.{a}.{b}" for a, b in folders if (root / a / b).is_dir()}
    assert listed == expected


def test_the_wheel_holds_every_file_of_the_package_and_no_other(wheel: Path, root: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {n for n in archive.namelist() if ".dist-info/" not in n and not n.endswith("/")}
    base = {"__init__.py", "__main__.py", "errors.py", "files.py", "seeds.py", "py.typed"}
    there = {str(p) for p in source_files(root) if p.parts[0] in ROOMS or str(p) in base}
    assert names == {f"snnconvert/{name}" for name in there}
    for needed in ("text/builtin/en.tsv", "text/builtin/zh.tsv", "pipelines/templates/report.html"):
        assert f"snnconvert/{needed}" in names
    assert any(name.endswith("corpora/stopwords/english") for name in names)


def test_metadata(unpacked: Path, root: Path) -> None:
    (info,) = unpacked.glob("*.dist-info")
    assert info.name == f"snnconvert-{__version__}.dist-info"
    entry_points = (info / "entry_points.txt").read_text("utf-8")
    assert "snnconvert = snnconvert.pipelines.cli:main" in entry_points
    metadata = (info / "METADATA").read_text("utf-8")
    for extra in setup_cfg(root)["options.extras_require"]:
        assert f"Provides-Extra: {extra}" in metadata
    assert list(info.rglob("LICENSE"))


def test_no_textattack_in_the_core(root: Path) -> None:
    core = setup_cfg(root)["options"]["install_requires"]
    assert "textattack" not in core and "transformers" not in core and "nltk" not in core


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["-m", "snnconvert", "--version"], f"snnconvert {__version__}"),
        (["-m", "snnconvert", "data", "list"], "builtin-zh"),
        (["-c", "import snnconvert.pipelines.cli as c; print(c.__file__)"], "unpacked"),
    ],
)
def test_it_works_where_it_is_unpacked(
    words: list[str], says: str, unpacked: Path, tmp_path: Path
) -> None:
    environment = os.environ | {"PYTHONPATH": str(unpacked)}
    command = [sys.executable, *words]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert says in done.stdout and done.stderr == ""


@pytest.mark.parametrize("missing", ["textattack", "nltk", "pinyin"])
def test_attack_without_the_extra(
    missing: str,
    tiny_run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, package=None: None if name == missing else found(name, package),
    )
    shutil.copytree(tiny_run, tmp_path / "run")
    before = (tmp_path / "run" / "results.json").read_bytes()
    assert main(["attack", str(tmp_path / "run")]) == 2
    printed, said = capsys.readouterr()
    assert printed == "" and said.count("\n") == 1
    assert 'pip install "snnconvert[attack]"' in said
    assert (tmp_path / "run" / "results.json").read_bytes() == before
