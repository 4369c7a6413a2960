"""The examples in docstrings give what they say that they give."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch

ROOT = Path(__file__).resolve().parents[2]
APART = {"benchmarks", "tests"}  # packages of the checkout that are not part of the package
FOLDERS = (p for p in ROOT.iterdir() if (p / "__init__.py").is_file() and p.name not in APART)
FILES = sorted(
    str(path.relative_to(ROOT))
    for path in (*ROOT.glob("*.py"), *(path for folder in FOLDERS for path in folder.rglob("*.py")))
    if ">>> " in path.read_text("utf-8")
)


def test_there_are_examples() -> None:
    assert len(FILES) > 30


@pytest.mark.parametrize("file", FILES)
def test_examples(file: str) -> None:
    name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    module = import_module(f"snnconvert.{name}")
    tests = doctest.DocTestFinder().find(module, extraglobs={"torch": torch, "np": np})
    said: list[str] = []
    for test in tests:
        doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    assert sum(len(test.examples) for test in tests) and not said, "".join(said)
