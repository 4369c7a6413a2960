"""Imports of the names that modules had before: they work, and say where the names are."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys

import pytest

import snnconvert
from snnconvert.convert.conversion import convert_model
from snnconvert.moved import MODULES, NAMES
from snnconvert.text.datasets.dataset import Split


@pytest.mark.parametrize("old", MODULES)
def test_old_modules_give_the_names_of_today(old: str) -> None:
    module = importlib.import_module(f"snnconvert.{old}")
    for place in MODULES[old]:
        today = importlib.import_module(f"snnconvert.{place}")
        own = [k for k, v in vars(today).items() if getattr(v, "__module__", "") == today.__name__]
        names = [*own, *(k for k in vars(today) if k.isupper())]  # constants tell no module
        name = next(name for name in names if not name.startswith("_"))
        with pytest.warns(FutureWarning, match=re.escape(f"import it from snnconvert.{place}")):
            assert getattr(module, name) is getattr(today, name)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        module.nothing  # noqa: B018


@pytest.mark.parametrize("place", sorted({p for places in NAMES.values() for p in places}))
def test_places_exist(place: str) -> None:
    importlib.import_module(f"snnconvert.{place}")


def test_folders_with_the_name_of_an_old_module() -> None:
    with pytest.warns(FutureWarning, match=r"import it from snnconvert\.text\.datasets\.dataset"):
        assert importlib.import_module("snnconvert.text.datasets").Split is Split
    with pytest.warns(FutureWarning, match=r"import it from snnconvert\.convert\.conversion"):
        assert (
            importlib.import_module("snnconvert.pipelines.convert").convert_model is convert_model
        )
    with pytest.warns(FutureWarning):
        old = importlib.import_module("snnconvert.engine.classifier").TextClassifier
    assert old is snnconvert.TextClassifier


def test_nothing_of_ours_uses_an_old_name() -> None:
    code = (
        "import pkgutil, importlib, snnconvert.pipelines as p, snnconvert.attacks as a\n"
        "for m in [*pkgutil.walk_packages(p.__path__, p.__name__ + '.')]:\n"
        "    importlib.import_module(m.name)\n"
    )
    words = [sys.executable, "-W", "error::FutureWarning:snnconvert", "-c", code]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0 and "has moved" not in done.stderr, done.stderr
