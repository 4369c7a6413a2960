"""The documentation: its commands run or at least parse, its examples work, its pages are listed.

``<!-- tested -->`` before a block has it run: the blocks of a page in their order, in one folder
for all pages, the quick start first. Of every other block of a shell language the commands must
exist and their options be read; ``<!-- parsed: why -->`` says why it is not run.
``<!-- file: NAME -->`` writes a block to a file.
"""

from __future__ import annotations

import ast
import configparser
import importlib.util
import json
import math
import re
import shlex
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from snnconvert.pipelines import settings
from snnconvert.pipelines.cli import command_parser, main
from snnconvert.pipelines.cli.arguments import settings_from
from snnconvert.pipelines.cli.config_file import parse

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = {
    path.relative_to(DOCS).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(DOCS.rglob("*.md"))
    if "tutorials" not in path.parts
}
BLOCK = re.compile(
    r"(?:<!-- (?P<mark>\w+)(?:: (?P<note>[^>]*?))? -->\n)?^```(?P<kind>\w+)\n(?P<body>.*?)^```",
    re.DOTALL | re.MULTILINE,
)
INCLUDED = re.compile(r'^--8<-- "(.+)"$', re.MULTILINE)
INLINE = re.compile(r"`snnconvert ([a-z]+)([^`\n]*)`")
INDENTED = re.compile(r"^    (snnconvert .*)$", re.MULTILINE)
ELSEWHERE = {"textattack.md": "attacks/test_model_file.py"}  # pages that another file runs
SHELL = ("sh", "bash")
STAGES = {
    "train": [settings.DataSettings, settings.TrainSettings],
    "convert": [settings.ConvertSettings],
    "finetune": [settings.FinetuneSettings, settings.AdversarialSettings],
    "attack": [settings.AttackSettings],
    "energy": [settings.EnergySettings],
    "run": [settings.RunSettings],
}


def blocks(text: str) -> list[dict[str, str]]:
    return [found.groupdict() for found in BLOCK.finditer(text)]


def lines(body: str) -> list[list[str]]:
    """The commands of a shell block, in words, without comments and ``NAME=value`` before them."""
    joined = body.replace("\\\n", " ")
    found = [shlex.split(line, comments=True) for line in joined.splitlines()]
    return [words for words in found if words and words[0] != "export"]


def check_command(words: list[str]) -> None:
    """Refuse a command that does not exist or an option that it does not have."""
    program = words[0].rsplit("/", 1)[-1]
    if program == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
        assert set(words[1:]) <= set(targets), words
    elif program == "pip":
        extras = configparser.ConfigParser()
        extras.read(ROOT / "setup.cfg", encoding="utf-8")
        asked = re.findall(r"\[([\w,]+)\]", " ".join(words))
        known = set(extras["options.extras_require"])
        assert {name for group in asked for name in group.split(",")} <= known, words
    elif program == "snnconvert":
        name = words[1]
        if name == "--version":
            return
        try:
            given = parse(command_parser(name), words[2:])
        except SystemExit as end:  # --help, and other options that print and end
            assert not end.code, words
            return
        for cls in STAGES.get(name, []):
            settings_from(cls, given)
    else:
        assert program in ("textattack", "python", "python3.11", "mpirun", "ray"), words


@pytest.mark.parametrize("page", PAGES)
def test_commands_parse(page):
    text = PAGES[page]
    for block in blocks(text):
        if block["kind"] in SHELL:
            for words in lines(block["body"]):
                if "--config" not in words:  # that file is not here; the block that runs has it
                    check_command(words)
    for found in INDENTED.findall(text):
        check_command(shlex.split(found, comments=True))
    for name, rest in INLINE.findall(text):
        known = command_parser(name).option_names()
        assert set(re.findall(r"--[a-z][\w.-]*", rest)) <= set(known), (name, rest)


def test_commands_of_the_readme_parse():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for block in blocks(text):
        if block["kind"] in SHELL:
            for words in lines(block["body"]):
                check_command(words)


@pytest.mark.parametrize("page", PAGES)
def test_blocks_are_sound(page):
    assert all((DOCS / name).is_file() for name in INCLUDED.findall(PAGES[page]))
    for block in blocks(PAGES[page]):
        start = block["body"].splitlines()[0]
        assert block["mark"] in (None, "tested", "parsed", "file", "begin", "end"), start
        assert block["mark"] not in ("parsed", "file") or block["note"], f"{start}: say more"
        if block["kind"] == "python":
            tree = ast.parse(block["body"])
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom) and str(node.module).startswith("snnconvert."):
                    path = ROOT.joinpath(*str(node.module).split(".")[1:])
                    assert path.with_suffix(".py").is_file() or path.is_dir(), node.module


def in_order() -> list[str]:
    """Pages with blocks to run: the quick start, which makes the run, then the others."""
    runnable = [p for p, text in PAGES.items() if any(b["mark"] == "tested" for b in blocks(text))]
    rest = [page for page in runnable if page != "quickstart.md" and page not in ELSEWHERE]
    return ["quickstart.md", *rest]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory, textattack):
    """The folder where all pages run, with the examples beside them."""
    folder = tmp_path_factory.mktemp("docs")
    for path in (DOCS / "examples").glob("*.py"):
        shutil.copy(path, folder)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield folder
    torch.set_num_threads(threads)


def test_blocks_run(workplace, monkeypatch, capsys):
    monkeypatch.chdir(workplace)
    for page in in_order():
        for block in blocks(PAGES[page]):
            if block["mark"] == "file":
                Path(block["note"]).write_text(block["body"], encoding="utf-8")
            elif block["mark"] == "tested" and block["kind"] == "python":
                exec(compile(block["body"], page, "exec"), {})
            elif block["mark"] == "tested":
                run_block(page, block["body"], capsys)
        check_outcome(page)


def check_outcome(page: str) -> None:
    """What some pages promise to have made."""
    run = json.loads(Path("runs/en/results.json").read_text(encoding="utf-8"))
    if page == "quickstart.md":
        assert Path("runs/en/report.html").is_file() and run["energy"]["sentences"] == 20
        for stage in ("ann", "snn", "finetuned"):
            assert run[stage]["test_accuracy"] >= 0.8, stage
    if page == "own_model.md":
        own = json.loads(Path("runs/own/results.json").read_text(encoding="utf-8"))
        assert own["ann"]["test_accuracy"] == own["ann"]["module_test_accuracy"]
        assert min(own[name]["test_accuracy"] for name in ("ann", "snn", "finetuned")) > 0.85
    if page == "extending/attack.md":
        (row,) = [row for row in run["attack"]["rows"] if row["victim"] == "snn"]
        assert row["attack"] == "attack.py" and row["n"] == 2 and row["errors"] == 0


def run_block(page: str, body: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Run the commands of a block; the quick start's `run` must find everything done."""
    for words in lines(body):
        assert words[0] == "snnconvert", f"{page}: {words}"
        results = Path("runs/en/results.json")
        before = results.read_bytes() if page == "quickstart.md" and words[1] == "run" else None
        assert main(words[1:]) == 0, f"{page}: {shlex.join(words)}: {capsys.readouterr().err}"
        assert before is None or results.read_bytes() == before


def test_pages_run_elsewhere_are():
    for page, file in ELSEWHERE.items():
        assert page in (ROOT / "tests" / file).read_text(encoding="utf-8")


def example(name: str):
    """An example's file as a module."""
    name, file = f"example_{name}", name
    spec = importlib.util.spec_from_file_location(name, DOCS / "examples" / f"{file}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses look for the types of their fields
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def trained(tiny_run):
    """ANN and texts of a tiny run."""
    from snnconvert.models.text_model import TextModel
    from snnconvert.pipelines.data import load_run_model, load_run_texts
    from snnconvert.pipelines.run_folder.run_folder import RunFolder

    run = RunFolder(tiny_run)
    return load_run_model(run, "ann", TextModel)[0], load_run_texts(run)


@pytest.mark.parametrize("path", sorted((DOCS / "examples").glob("*.py")), ids=lambda p: p.stem)
def test_examples_are_short_and_shown(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < 40
    pages = [text for page, text in PAGES.items() if page.startswith("extending/")]
    assert sum(f'--8<-- "examples/{path.name}"' in text for text in pages) == 1


def test_example_of_an_encoder(tiny_run, tmp_path):
    from snnconvert.models.encoders import CODES

    module = example("encoder")
    try:
        assert module.halves(4) == [0.5, 0.25, 0.75, 0.125]
        x = torch.linspace(0, 1, 101).reshape(1, 1, -1)
        frames = CODES["corput"].encode(x, 7, None, False)  # (T, 1, 1, 101)
        assert set(frames.unique().tolist()) == {0.0, 1.0} and frames[..., 0].sum() == 0
        # 7 steps are the thresholds 1/8 ... 7/8, so the count is the number of those below x
        below = (x[0, 0][:, None] > torch.arange(1, 8) / 8).sum(dim=1)
        assert torch.equal(frames.sum(dim=0)[0, 0].long(), below)
        run = str(shutil.copytree(tiny_run, tmp_path / "run"))
        assert main(["convert", run, "--encoder", "corput", "--steps", "7", "--force"]) == 0
    finally:
        CODES.remove("corput")


def test_example_of_an_energy_table(tiny_run, tmp_path):
    from snnconvert.energy.tables import TABLES

    run = shutil.copytree(tiny_run, tmp_path / "run")
    module = example("energy_table")
    try:
        priced = module.price(run)
    finally:
        TABLES.remove("ours-22nm")
    assert {name.partition(",")[0] for name in priced} >= {"ann", "sparse-ann", "snn", "finetuned"}
    assert priced["ann, dense"] > max(v for k, v in priced.items() if k.startswith("sparse")) > 0


def test_example_of_an_export(tiny_run, tmp_path):
    from snnconvert.interop import EXPORTS

    run = shutil.copytree(tiny_run, tmp_path / "run")
    try:
        path = example("export").table_of(run)
    finally:
        EXPORTS.remove("layers")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert path == run / "export" / "finetuned.csv" and lines[0] == "node,type,reads,numbers"
    assert any(line.startswith("readout,Linear,concat,") for line in lines)


def test_example_of_a_threshold_rule(trained):
    from snnconvert.convert.conversion import balance, convert_model
    from snnconvert.convert.recipes.recipe import ConversionRecipe
    from snnconvert.convert.thresholds import RULES
    from snnconvert.convert.thresholds.spec import ThresholdRule

    ann, texts = trained
    sequences = texts.sequences["train"][:20]
    example("threshold")
    try:
        recipe = ConversionRecipe(steps=3, threshold=ThresholdRule("sigma"))
        thresholds, used = balance(ann, recipe, sequences)
        assert set(thresholds) == {"act2", "act3"} and set(used.values()) == {"sigma"}
        values = np.concatenate([active(ann, ids, "act2") for ids in sequences])
        expected = values.mean() + 3 * values.std(ddof=1)
        assert float(thresholds["act2"]) == pytest.approx(expected, rel=1e-4)
        snn = convert_model(ann, recipe, sequences).snn
    finally:
        RULES.remove("sigma")
    ids = torch.from_numpy(sequences[0]).unsqueeze(0)
    assert snn(ids, torch.tensor([ids.shape[1]])).shape == (3, 1, 2)


@torch.no_grad()
def active(ann, ids: np.ndarray, name: str) -> np.ndarray:
    """Activations above zero of one text, by itself: no padding that could count."""
    from snnconvert.models.network import Signal

    record: dict[str, Signal] = {}
    batch = torch.from_numpy(ids).unsqueeze(0)
    ann.network(Signal(ann.embed(batch), torch.tensor([len(ids)])), record)
    values = record[name].masked().numpy().ravel()
    return values[values > 0]


def test_example_of_a_loss(tiny_run, tmp_path):
    from snnconvert.pipelines.training.losses import LOSSES

    run = shutil.copytree(tiny_run, tmp_path / "run")
    module = example("loss")
    try:
        # gamma 0 is the cross entropy; at p = 1/2 a text counts (1/2)^gamma
        outputs, labels = torch.randn(5, 3), torch.tensor([0, 2, 1, 1, 0])
        weight = torch.tensor([1.0, 2.0, 0.5])
        for shares in (None, weight):
            expected = torch.nn.functional.cross_entropy(outputs, labels, shares)
            torch.testing.assert_close(module.Focal(0.0).loss(outputs, labels, shares), expected)
        even = torch.zeros(1, 2)
        found = module.Focal(3.0).loss(even, torch.tensor([1]))
        assert float(found) == pytest.approx(0.5**3 * math.log(2))
        words = ["finetune", str(run), "--epochs", "1", "--loss", "focal", "--gamma", "1"]
        assert main([*words, "--tensorboard", "false", "--force"]) == 0
        config = yaml.safe_load((run / "config.yaml").read_text("utf-8"))["finetuned"]
        assert (config["loss"], config["gamma"]) == ("focal", 1.0)
    finally:
        LOSSES.remove("focal")


def test_example_of_a_neuron(trained):
    from snnconvert.convert.conversion import convert_model
    from snnconvert.convert.recipes.recipe import ConversionRecipe
    from snnconvert.models.neurons import NEURONS
    from snnconvert.models.neurons.spec import NeuronSpec

    ann, texts = trained
    module = example("neuron")
    try:
        # by hand, floor 1, V(0) 0.5, I = -3, 2, 2: V = -1, 1*, 2*
        spikes = module.Floored().run(torch.tensor([[-3.0], [2.0], [2.0]]))
        assert spikes.flatten().tolist() == [0, 1, 1]
        recipe = ConversionRecipe(steps=8, neuron=NeuronSpec("floored", floor=0.5))
        snn = convert_model(ann, recipe, texts.sequences["train"][:20]).snn
        assert {n.floor for n in snn.network.nodes.values() if hasattr(n, "floor")} == {0.5}
    finally:
        NEURONS.remove("floored")


def test_example_of_a_family(tmp_path):
    from snnconvert.models.families import FAMILIES

    example("family")
    try:
        words = ["--limit", "40", "--dim", "4", "--epochs", "1", "--tensorboard", "false"]
        network = ["--model", "stack", "--depth", "2", "--channels", "3"]
        assert main(["train", "--out", str(tmp_path / "run"), *words, *network]) == 0
        spec = json.loads((tmp_path / "run" / "ann" / "spec.json").read_text(encoding="utf-8"))
        names = [node["name"] for node in spec["nodes"]]
        assert names == ["conv0", "act0", "conv1", "act1", "pool", "readout"]
        assert main(["convert", str(tmp_path / "run"), "--steps", "4"]) == 0
    finally:
        FAMILIES.remove("stack")


def test_example_of_a_data_set(tmp_path, capsys):
    module = example("dataset")
    rows = [
        ("good" if i % 2 else "bad", f"text number {i} is {'fine' if i % 2 else 'poor'}")
        for i in range(60)
    ]
    path = module.write(rows, tmp_path / "mine.jsonl")
    run = module.train_on(path, tmp_path / "run")
    assert run.results()["data"]["sizes"] == {"train": 48, "dev": 6, "test": 6}
    assert "en ('bad', 'good')" in capsys.readouterr().out


def test_navigation_names_every_page():
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    named = set(flat(config["nav"]))
    assert all((DOCS / name).is_file() for name in named)
    outside = ("reproduction/", "examples/")
    forgotten = {page for page in PAGES if not page.startswith(outside)} - named
    assert not forgotten, f"give {forgotten} a place in the nav of mkdocs.yml"
    assert {f"tutorials/{p.name}" for p in (ROOT / "notebooks").glob("*.ipynb")} <= named


def flat(nav) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    parts = nav if isinstance(nav, list) else nav.values()
    return [name for part in parts for name in flat(part)]


def test_reference_names_modules_that_exist():
    for page, text in PAGES.items():
        for name in re.findall(r"^::: snnconvert\.([\w.]+)$", text, re.MULTILINE):
            path = ROOT / name.replace(".", "/")
            assert path.with_suffix(".py").is_file() or path.is_dir(), f"{page}: {name}"
