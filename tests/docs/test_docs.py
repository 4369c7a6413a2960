"""The documentation: its commands run or at least parse, its examples work, its pages are listed.

``<!-- tested -->`` before a block has it run: the blocks of a page in their order, in one folder
for all pages, the quick start first. Of every other block of a shell language the commands must
exist and their options be read; ``<!-- parsed: why -->`` says why it is not run.
``<!-- file: NAME -->`` writes a block to a file.
"""

from __future__ import annotations

import ast
import configparser
import json
import re
import shlex
import shutil
from pathlib import Path

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
    if program == "torchrun":  # which starts several processes of a command
        words = words[words.index("snnconvert") :]
        program = words[0]
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


@pytest.mark.long
@pytest.mark.timeout(1200)  # all pages, one after the other
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
