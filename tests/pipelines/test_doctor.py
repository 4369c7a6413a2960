"""`snnconvert doctor`: what it finds, what it says about it, and how wide it says so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from snnconvert import installation
from snnconvert.installation import install_hint
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.doctor import data, machine, packages
from snnconvert.pipelines.doctor.check import Check
from snnconvert.pipelines.doctor.page import page


def by_name(checks):
    return {check.name: check for check in checks}


def doctor_json(capsys, *words: str) -> tuple[int, dict]:
    code = main(["doctor", "--json", *words])
    return code, json.loads(capsys.readouterr().out)


def test_everything_that_is_required_is_looked_at(capsys, root):
    code, found = doctor_json(capsys)
    assert (code, found["ok"]) == (0, True)
    named = {check["name"] for check in found["checks"] if check["group"] == "Packages"}
    needs = installation.requirements()[""]
    assert len(needs) > 10 and {need.split(">")[0] for need in needs} < named
    assert {"python", "torch", "scikit-learn", "packaging", "torchvision"} <= named
    assert {check["level"] for check in found["checks"]} <= {"ok", "note"}


@pytest.mark.parametrize("columns", [60, 80, 120, 300])
def test_no_line_is_wider_than_the_terminal(columns, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert 60 * 0.8 < max(map(len, lines)) <= min(columns, 120)


@pytest.mark.long
def test_80_columns_where_there_is_no_terminal(tmp_path):
    variables = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    command = [sys.executable, "-m", "snnconvert", "doctor"]
    done = subprocess.run(
        command, capture_output=True, text=True, env=variables, cwd=tmp_path, check=True
    )
    assert done.stderr == "" and max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize("columns", [1, 24, 40, 80])
def test_page_of_long_and_strange_entries(columns):
    checks = [
        Check("x" * 50, "fail", "/path" * 40, "pip install --force-reinstall " + "y" * 90),
        Check("gpu", "ok", ""),
        Check("short", "note", "one two", "three"),
    ]
    text = page({"A group": checks, "Nothing": []}, columns)
    assert max(map(len, text.splitlines())) <= max(columns, 24)
    assert "To be repaired" in text
    squeezed = "".join(text.split())
    assert "/path" * 40 in squeezed and "y" * 90 in squeezed


def test_missing_old_and_excluded(monkeypatch):
    """A missing or too old package of the core is a fault; one for another system is left out."""
    needs = ["no-such-package>=1", "numpy>=900", "torch", 'nothing; sys_platform == "other"']
    monkeypatch.setattr(packages, "requirements", lambda: {"": needs, "x": ["numpy>=900"]})
    found = by_name(packages.check_core())
    assert set(found) == {"python", "no-such-package", "numpy", "torch"}
    missing, old = found["no-such-package"], found["numpy"]
    assert (missing.level, missing.found, missing.remedy) == ("fail", "missing", install_hint())
    assert (old.level, old.remedy) == (
        "fail",
        install_hint(),
    ) and "but >=900 is needed" in old.found
    assert found["torch"] == Check("torch", "ok", metadata.version("torch"))
    extra = by_name(packages.check_extras())
    assert extra["numpy"].level == "note" and extra["to add"].remedy.endswith(install_hint("x"))


def test_a_missing_package_of_the_core_ends_with_1(capsys, monkeypatch):
    monkeypatch.setattr(packages, "requirements", lambda: {"": ["no-such-package"]})
    code, found = doctor_json(capsys)
    assert (code, found["ok"]) == (1, False)
    assert main(["doctor", "--quiet"]) == 1 and capsys.readouterr().out == ""


def test_an_old_python(monkeypatch):
    monkeypatch.setattr(packages, "python_required", lambda: ">=9")
    assert by_name(packages.check_core())["python"].level == "fail"


def test_where_nothing_says_what_is_required(monkeypatch, tmp_path):
    monkeypatch.setattr(packages, "requirements", dict)
    assert by_name(packages.check_core())["snnconvert"].level == "fail"


def test_an_extra_of_development_in_parts(monkeypatch):
    needs = {"": [], "dev": ["numpy", "no-such-package"], "docs": ["no-such-package"]}
    monkeypatch.setattr(packages, "requirements", lambda: needs)
    found = by_name(packages.check_extras())
    assert found["extra dev"].found == "no-such-package not installed"
    assert found["extra dev"].remedy == install_hint("dev")
    assert found["extra docs"].remedy == ""


def test_a_gpu_is_used_where_a_command_is_told_to():
    seen = machine.gpu("NVIDIA H100")
    assert seen.level == "ok" and "NVIDIA H100, used with --device cuda" in seen.found
    assert machine.gpu(None).level == "ok"
    for name in ("train", "convert", "finetune", "run", "attack", "energy", "evaluate", "predict"):
        assert "--device" in options_of(name)


def options_of(name: str) -> list[str]:
    from snnconvert.pipelines.cli import command_parser

    return command_parser(name).option_names()


def test_threads_and_cores(monkeypatch):
    assert machine._threads(2, 2).level == "ok"
    many = machine._threads(64, 2)
    assert many.level == "note" and many.remedy == "set OMP_NUM_THREADS=2"


@pytest.mark.parametrize(
    ("cuda", "rocm", "says"),
    [(None, None, "for the CPU"), ("13.0", None, "for CUDA 13.0"), (None, "7", "for ROCm 7")],
)
def test_builds_of_torch(cuda, rocm, says):
    assert machine._built_for(cuda, rocm) == says


def test_numba_that_fails_is_a_fault(monkeypatch):
    from snnconvert.pipelines.doctor import kernel

    found = machine._numba()
    assert found.level == "ok"
    folder = Path(found.found.split(" in ", 1)[1])
    assert list(folder.glob("kernel*.nbi"))
    monkeypatch.setattr(kernel, "compile_one", lambda: 1 / 0)
    assert machine._numba().level == "fail"


def test_little_room(monkeypatch, tmp_path):
    assert machine._disk(tmp_path).level in ("ok", "note")
    monkeypatch.setattr(machine, "_LITTLE_ROOM", 2**62)
    assert machine._disk(tmp_path).level == "note"


@pytest.mark.filterwarnings("ignore:NLTK will not read")
@pytest.mark.parametrize(("mode", "refused"), [(0o755, False), (0o775, True), (0o777, True)])
def test_folders_that_nltk_refuses(mode, refused, tmp_path, monkeypatch):
    """What the doctor says of a folder is what NLTK does with it."""
    nltk = pytest.importorskip("nltk", reason="nltk is of the extra attack")
    folder = tmp_path / "nltk_data"
    (folder / "corpora" / "x").mkdir(parents=True)
    (folder / "corpora" / "x" / "words").write_text("a")
    folder.chmod(mode)
    assert bool(data.refused_by_nltk(folder)) == refused
    monkeypatch.setattr(nltk.data, "path", [str(folder), str(tmp_path / "none")])
    try:
        nltk.data.find("corpora/x/words").open().close()
    except (LookupError, PermissionError):
        read = False
    else:
        read = True
    assert read != refused
    checks = list(data.check_nltk_folders())
    assert [check.remedy for check in checks] == [f"chmod -R go-w {folder}"] * refused


def test_many_attacks_are_not_all_named():
    assert data._some(["a", "b", "c", "d"]) == "a, b, c, d"
    assert data._some(list("abcdefgh")) == "a, b, c and 5 more attacks"


def test_without_the_extra_one_entry_says_so(monkeypatch):
    found = data.find_spec
    monkeypatch.setattr(data, "find_spec", lambda name: None if name == "nltk" else found(name))
    (check,) = data.check_attack_data()
    assert check.level == "note" and install_hint("attack") in check.remedy
