"""The wheel holds the package, all of it and nothing else, and works without the extras."""

from __future__ import annotations

import ast
import configparser
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from snnconvert import __version__
from snnconvert.installation import install_hint
from snnconvert.pipelines.cli import main
from snnconvert.tools.rooms import ROOMS


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
    code = [p.parent for p in source_files(root) if p.suffix == ".py" and p.parts[0] in ROOMS]
    assert listed == {"snnconvert", *(".".join(["snnconvert", *folder.parts]) for folder in code)}


def test_the_wheel_holds_every_file_of_the_package_and_no_other(wheel: Path, root: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {n for n in archive.namelist() if ".dist-info/" not in n and not n.endswith("/")}
    base = {
        "__init__.py",
        "__main__.py",
        "errors.py",
        "files.py",
        "options.py",
        "progress.py",
        "registry.py",
        "seeds.py",
        "version.py",
    }
    base |= {"installation.py", "moved.py", "version.py", "py.typed"}
    base |= {"checked_json.py", "formatting.py", "turns.py", "typed_json.py"}
    there = {str(p) for p in source_files(root) if p.parts[0] in ROOMS or str(p) in base}
    assert names == {f"snnconvert/{name}" for name in there}
    for needed in (
        "text/datasets/builtin/en.tsv",
        "text/datasets/builtin/zh.tsv",
        "pipelines/report/templates/page/report.html",
    ):
        assert f"snnconvert/{needed}" in names
    assert any(name.endswith("corpora/stopwords/english") for name in names)


def test_every_file_that_is_no_code_is_on_the_page_of_what_comes_with_it(root: Path) -> None:
    """Its origin and licence: docs/bundled.md. A row whose files are gone is found too."""
    page = (root / "docs/bundled.md").read_text("utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    patterns = [cell for row in rows for cell in re.findall("`([^`]+)`", row)]
    by_pattern = {name: set(root.glob(name)) for name in patterns}
    assert len(by_pattern) > 10 and all(by_pattern.values())
    there = {root / p for p in source_files(root) if p.parts[0] in ROOMS and p.suffix != ".py"}
    assert there - set().union(*by_pattern.values()) == set()


def test_metadata(unpacked: Path, root: Path) -> None:
    (info,) = unpacked.glob("*.dist-info")
    assert info.name == f"snnconvert-{__version__}.dist-info"
    entry_points = (info / "entry_points.txt").read_text("utf-8")
    assert "snnconvert = snnconvert.pipelines.cli:main" in entry_points
    text = (info / "METADATA").read_text("utf-8")
    for extra in setup_cfg(root)["options.extras_require"]:
        assert f"Provides-Extra: {extra}" in text
    assert "Requires-Dist: scikit-learn" in text
    assert list(info.rglob("LICENSE"))


def third_party(path: Path) -> set[str]:
    """The first parts of what a file imports, our own and the standard library's left out."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(str(node.module))
    return {name.split(".")[0] for name in names} - set(sys.stdlib_module_names)


def test_everything_that_is_imported_is_required(root: Path) -> None:
    """By the core, or by one of the extras that a user installs."""
    config = setup_cfg(root)
    required = config["options"]["install_requires"]
    extras = config["options.extras_require"]
    optional = " ".join(
        extras[name]
        for name in (
            *(
                "attack",
                "sentence",
                "ray",
                "search",
                "app",
                "datasets",
                "torchtext",
                "gpu",
                "nir",
                "onnx",
                "hub",
            ),
            "interop-tests",
        )
    )
    modules = {name for room in ROOMS for path in (root / room).rglob("*.py") for name in
               third_party(path)}  # fmt: skip
    assert {"torch", "sklearn", "numba"} <= modules | {"sklearn"}
    distributions = metadata.packages_distributions()
    wanted = {module: {canonicalize_name(name) for name in distributions.get(module, [module])}
              for module in modules - {"snnconvert"}}  # fmt: skip
    given = {Requirement(line).name.lower() for line in (required + optional).split("\n") if line}
    # what comes with another: its parts, and what the code imports only where it is there
    given |= {"llvmlite", "triton", "huggingface-hub", "pyarrow"}
    given |= {"h5py"}  # of nir
    given |= {"pillow", "markupsafe", "editdistance"}  # of matplotlib, jinja2 and textattack
    assert {m: names for m, names in wanted.items() if not names & given} == {}


def locked(root: Path) -> dict[str, str]:
    lines = (root / "constraints.txt").read_text("utf-8").split()
    return {canonicalize_name(name): version for name, version in (li.split("==") for li in lines)}


def test_the_lock_has_what_is_required_in_versions_that_will_do(root: Path) -> None:
    config, lock = setup_cfg(root), locked(root)
    groups = [config["options"]["install_requires"], *config["options.extras_require"].values()]
    for need in (Requirement(line) for text in groups for line in text.split("\n") if line):
        assert need.specifier.contains(lock[canonicalize_name(need.name)]), need
    assert {"scikit-learn", "scipy", "joblib", "threadpoolctl", "packaging"} <= set(lock)


def test_every_locked_package_has_hashes_but_those_of_several_indexes(root: Path) -> None:
    """Of the same versions: a lock that was changed alone is found, and says what to do."""
    entries = (root / "hashes.txt").read_text("utf-8").replace("\\\n", " ").splitlines()
    hashed = {}
    for name_version, *hashes in (entry.split() for entry in entries):
        name, version = name_version.split("==")
        hashed[canonicalize_name(name)] = version
        assert hashes and all(re.fullmatch("--hash=sha256:[0-9a-f]{64}", h) for h in hashes), name
    lock = locked(root)
    builds = {name: lock.pop(name) for name in ("torch", "torchvision", "torchaudio")}
    assert hashed == lock, "run `make hashes` after a change of constraints.txt"
    assert not set(builds) & set(hashed)


def test_torch_and_what_is_built_for_it_are_locked_together(root: Path) -> None:
    """Another triton than torch's own wish, and pip refuses the whole; torchvision is exact too."""
    lock = locked(root)
    releases = {name: lock[name] for name in ("torch", "torchvision", "triton")}
    assert releases == {"torch": "2.13.0", "torchvision": "0.28.0", "triton": "3.7.1"}


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
    assert install_hint("attack") in said
    assert (tmp_path / "run" / "results.json").read_bytes() == before
