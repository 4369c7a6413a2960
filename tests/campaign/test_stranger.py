"""A run folder that somebody else has made: what it asks for, and what becomes of the reader's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from snnconvert.errors import InputError
from snnconvert.pipelines.cli import main
from snnconvert.tests.campaign.given import SAMPLE
from snnconvert.text.stages.load import load_stage

Prepare = Callable[[Path, Path], object]  # the run folder, and a folder of the reader's


@pytest.fixture
def run(tmp_path: Path) -> Path:
    shutil.copytree(SAMPLE, tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A folder of the reader's, outside of the run."""
    folder = tmp_path / "mine"
    (folder / "inside").mkdir(parents=True)
    (folder / "precious.txt").write_text("precious")
    (folder / "inside" / "more.txt").write_text("more")
    return folder


def changed(name: str, change: Callable[[Any], object]) -> Prepare:
    """A JSON or YAML file of the run with something in it changed."""

    def prepare(run: Path, mine: Path) -> None:
        text = (run / name).read_text("utf-8")
        tree = yaml.safe_load(text) if name.endswith("yaml") else json.loads(text)
        change(tree)
        kept = yaml.safe_dump(tree) if name.endswith("yaml") else json.dumps(tree)
        (run / name).write_text(kept, "utf-8")

    return prepare


def data(**values: Any) -> Prepare:
    return changed("config.yaml", lambda tree: tree["data"].update(values))


def spec(**values: Any) -> Prepare:
    return changed("snn/spec.json", lambda tree: tree.update(values))


def figures(stage: str, **values: Any) -> Prepare:
    return changed("results.json", lambda tree: tree[stage].update(values))


def link(name: str, target: str) -> Prepare:
    """What is at ``name`` becomes a link to a file or folder of the reader's."""

    def prepare(run: Path, mine: Path) -> None:
        path = run / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        path.symlink_to(target if target.startswith("/") else mine / target)

    return prepare


def pipe(name: str) -> Prepare:
    def prepare(run: Path, mine: Path) -> None:
        (run / name).unlink(missing_ok=True)
        os.mkfifo(run / name)

    return prepare


def text(name: str, content: str) -> Prepare:
    return lambda run, mine: (run / name).write_text(content, "utf-8")


def stage_folder(name: str) -> Prepare:
    """A conversion whose name leads out of the run, and the folder that makes its path one."""

    def prepare(run: Path, mine: Path) -> None:
        changed(name, lambda tree: tree.update({"snn@/../../mine": tree["snn"]}))(run, mine)
        (run / "snn-").mkdir()

    return prepare


def evil(run: Path, mine: Path) -> None:
    """The run says that it was attacked with a Python file, and that it is not whole."""
    (run / "evil.py").write_text(f"open({str(mine / 'ran')!r}, 'w')\ndef build(v): return v\n")

    def change(tree: Any) -> None:
        attack = tree["attack"]
        attack["rows"].append(attack["rows"][0] | {"attack": str(run / "evil.py")})
        attack["files"]["gone.jsonl"] = [1, "0" * 64]

    changed("results.json", change)(run, mine)


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 8)}]\n" for i in range(1, 14)
)
CASES: list[tuple[str, str, Prepare, str]] = [
    ("a pipe for results", "evaluate {run}", pipe("results.json"), "is a pipe"),
    ("a pipe for the config", "evaluate {run}", pipe("config.yaml"), "is a pipe"),
    ("a pipe for weights", "predict {run} hi", pipe("finetuned/weights.safetensors"), "is a pipe"),
    ("a pipe for the lock", "convert {run} --force", pipe(".lock"), "is a pipe"),
    ("a device", "report {run}", link("results.json", "/dev/zero"), "leads out of it"),
    ("a stage elsewhere", "convert {run} --force", link("snn", "inside"), "leads out of it"),
    ("texts elsewhere", "predict {run} hi", link("text", "inside"), "leads out of it"),
    ("results elsewhere", "evaluate {run}", link("results.json", "precious.txt"), "leads out"),
    ("a lock elsewhere", "convert {run} --force", link(".lock", "precious.txt"), "leads out"),
    ("records elsewhere", "report {run}", link("attack/x.jsonl", "precious.txt"), "leads out"),
    ("the page elsewhere", "report {run}", link("report.html", "precious.txt"), "leads out"),
    ("a name up", "convert {run} --force", stage_folder("results.json"), "name of a conversion"),
    ("a name up, config", "convert {run} --force", stage_folder("config.yaml"), "of a conversion"),
    ("the network", "evaluate {run}", data(dataset="hf:some/set"), "--dataset hf:some/set"),
    ("the network, again", "convert {run} --force", data(dataset="hf:a"), "--dataset hf:a"),
    ("a pipe of data", "evaluate {run}", data(dataset="/dev/zero"), "is a device"),
    ("a name of zeros", "evaluate {run}", data(dataset="a\0b"), "is not there"),
    ("an attack", "attack {run} --presets deepwordbug", evil, "run only where you name it"),
    ("steps", "predict {run} hi --model snn", spec(steps=10**9), "from 1 to"),
    ("steps before", "predict {run} hi --model snn", spec(srp_steps=10**9), "from 0 to"),
    ("rows", "predict {run} hi --model snn", spec(vectors=[10**9, 300]), "from 0 to"),
    ("many rows", "predict {run} hi --model snn", spec(vectors=[10**6, 300]), "another shape"),
    ("classes", "predict {run} hi --model snn", spec(classes=["a", "b", "c"]), "3 classes"),
    ("another code", "predict {run} hi --model snn", spec(encoder={"code": "x"}), "spec.json"),
    ("the kind", "predict {run} hi --model snn", spec(kind="ann"), "snn"),
    ("aliases", "evaluate {run}", text("config.yaml", BOMB), "values, those of aliases"),
    ("a date", "evaluate {run}", text("config.yaml", "data: {limit: 2020-01-01}"), "whole number"),
    ("bytes", "evaluate {run}", text("config.yaml", "data: {limit: !!binary YQ==}"), "kind bytes"),
    ("depth", "evaluate {run}", text("results.json", "[" * 100_000), "in one another"),
    ("digits", "report {run}", text("results.json", '{"ann": ' + "9" * 5000 + "}"), "5000 digits"),
    ("NaN", "report {run}", text("results.json", '{"ann": {"x": NaN}}'), "NaN is no number"),
    ("a rate", "report {run}", figures("ann", test_accuracy=1e308), "from -1e-06 to 1"),
    ("a sum", "report {run}", figures("snn", sops_per_sample=1e308), "within 1e+30 of 0"),
    ("below zero", "report {run}", figures("snn", seconds=-1), "of at least 0"),
    ("of another kind", "report {run}", figures("ann", epochs="many"), "a whole number"),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_one_line_and_nothing_of_the_readers_is_touched(
    case: tuple[str, str, Prepare, str],
    run: Path,
    mine: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, words, prepare, says = case
    monkeypatch.delenv("SNNCONVERT_ENCODER", raising=False)
    prepare(run, mine)
    capsys.readouterr()
    assert main(words.format(run=run).split()) == 2
    *_, said = capsys.readouterr().err.splitlines(keepends=True)
    assert said.startswith("snnconvert: ") and len(said) < 1500, said
    assert says in said
    assert (mine / "precious.txt").read_text() == "precious" and (mine / "inside/more.txt").exists()
    assert sorted(os.listdir(mine)) == ["inside", "precious.txt"]


def test_a_run_alone_opens_no_encoder(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text stage that asks for an encoder by a folder, whose modules can be code."""
    stage = {"format": "snnconvert text stage 1", "kind": "sentence", "language": "en", "dim": 8}
    stage |= {"range_map": {"mean": 0, "std": 1}, "coverage": {}, "vectors_source": "x"}
    stage |= {"encoder": str(run / "encoder"), "probe": "0"}
    (run / "encoder").mkdir()
    (run / "encoder" / "modules.json").write_text("[]")
    (run / "text" / "stage.json").write_text(json.dumps(stage))
    monkeypatch.delenv("SNNCONVERT_ENCODER", raising=False)
    with pytest.raises(InputError, match="is no installed package.* SNNCONVERT_ENCODER="):
        load_stage(run / "text").encode(["hi"])


def test_leftovers_of_any_name_stop_nothing(run: Path) -> None:
    left = [
        run / f".config.yaml.{pid}.tmp" for pid in ("9" * 24, "0", "2147483648", "²", "-1", "x")
    ]
    for path in left:
        path.write_text("half")
        Path(str(path).replace("config.yaml", "results.json")).mkdir()
    assert main(["convert", str(run), "--steps", "2", "--force", "--quiet"]) == 0
    assert [path.exists() for path in left] == [False] * 3 + [True] * 3


def test_a_link_within_the_run_is_nothing_bad(run: Path, mine: Path) -> None:
    shutil.move(run / "snn" / "raster.json", run / "snn" / "kept.json")
    (run / "snn" / "raster.json").symlink_to("kept.json")
    shutil.copytree(run, mine / "run", symlinks=True)
    (mine / "link").symlink_to(mine / "run")  # the user's own way to the folder
    assert main(["predict", str(mine / "link"), "a good film", "--quiet"]) == 0
    assert main(["report", str(mine / "link"), "--quiet"]) == 0


WATCHED = """
import os, socket, sys
run, words = sys.argv[1], sys.argv[2:]
opened, asked = set(), []
def watch(event, given):
    if event == "open" and isinstance(given[0], (str, bytes)):
        opened.add(os.path.realpath(os.fsdecode(given[0])))
    elif event in ("socket.connect", "socket.getaddrinfo", "socket.bind", "subprocess.Popen"):
        asked.append((event, str(given)[:200]))
sys.addaudithook(watch)
from snnconvert.errors import InputError
from snnconvert.pipelines.cli import main
import snnconvert
code = main(words)
package = os.path.dirname(os.path.realpath(snnconvert.__file__))
ours = [run, sys.prefix, sys.base_prefix, package, os.environ["HOME"]]
ours += ["/proc", "/sys", "/dev/null", "/usr", "/lib", "/etc/ld.so", "/etc/mime.types"]
ours = [os.path.realpath(path) for path in ours]
out = [path for path in opened if not any(path == o or path.startswith(o + "/") for o in ours)]
print("WATCHED", code, sorted(out), [a for a in asked if "socket" in a[0]], file=sys.stderr)
"""


@pytest.mark.parametrize(
    "words", ["report {run}", "evaluate {run}", "predict {run} hi", "explain {run} hi"]
)
def test_opening_a_run_asks_no_network_and_opens_no_file_outside(
    words: str, run: Path, mine: Path
) -> None:
    (mine / "home").mkdir()
    environment = os.environ | {"HOME": str(mine / "home"), "TMPDIR": str(mine / "home")}
    environment |= {"NUMBA_CACHE_DIR": str(mine / "home")}
    command = [sys.executable, "-c", WATCHED, str(run), *words.format(run=run).split(), "--quiet"]
    done = subprocess.run(
        command, env=environment, cwd=mine, capture_output=True, text=True, timeout=200
    )
    (said,) = [line for line in done.stderr.splitlines() if line.startswith("WATCHED")]
    assert said == "WATCHED 0 [] []", done.stderr
