"""Specs that describe no model, or one whose memory nothing backs: one line, before memory."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from snnconvert.errors import InputError
from snnconvert.models.saving import load_code, load_model, save_model
from snnconvert.tests.models.test_saving import models

resource = pytest.importorskip("resource")
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    ann, snn = models()
    save_model(tmp_path / "ann", ann, ("no", "yes"))
    save_model(tmp_path / "snn", snn, ("no", "yes"))
    return {"ann": tmp_path / "ann", "snn": tmp_path / "snn"}


def node(which: str, /, **values: Any) -> Change:
    def change(spec: dict[str, Any]) -> None:
        (found,) = [item for item in spec["nodes"] if item["name"] == which]
        found |= values

    return change


def setting(which: str, /, **values: Any) -> Change:
    def change(spec: dict[str, Any]) -> None:
        (found,) = [item for item in spec["nodes"] if item["name"] == which]
        found["settings"] |= values

    return change


def set_to(**values: Any) -> Change:
    return lambda spec: spec.update(values)


def doubled(spec: dict[str, Any]) -> None:
    """Forty concatenations of a thing with itself: 2^40 channels without a weight."""
    last = spec["nodes"].pop()
    source = last["inputs"][0]
    for k in range(40):
        spec["nodes"].append(
            {"name": f"c{k}", "type": "Concat", "inputs": [source, source], "settings": {}}
        )
        source = f"c{k}"
    spec["nodes"].append(last | {"inputs": [source]})


def chain(spec: dict[str, Any]) -> None:
    """Five thousand nodes one after the other, which do nothing."""
    last = spec["nodes"].pop()
    source = last["inputs"][0]
    for k in range(5000):
        spec["nodes"].append({"name": f"r{k}", "type": "Relu", "inputs": [source], "settings": {}})
        source = f"r{k}"
    spec["nodes"].append(last | {"inputs": [source]})


CASES: list[tuple[str, Change, str]] = [
    ("ann", set_to(vectors=[10**6, 6]), "another shape"),
    ("ann", set_to(vectors=[8, 7]), "another shape"),
    ("ann", set_to(vectors=[8]), "a list with something in it"),
    ("ann", set_to(vectors=[8, 6, 1]), "a list of at most 2"),
    ("ann", set_to(vectors=[8, -6]), "from 0 to"),
    ("ann", set_to(vectors=[8, 6.5]), "a whole number"),
    ("ann", set_to(vectors=[8, True]), "a whole number"),
    ("ann", set_to(vectors=["8", 6]), "a whole number"),
    ("ann", set_to(classes=["a", "a"]), "different names"),
    ("ann", set_to(classes=["a", "b", "c"]), "each of the 3 classes"),
    ("ann", set_to(classes=[1, 2]), "a string"),
    ("ann", set_to(kind="rnn"), "ann or snn"),
    ("ann", set_to(kind="snn"), "steps"),
    ("snn", set_to(kind="ann"), "which has steps"),
    ("snn", set_to(steps=0), "from 1 to"),
    ("snn", set_to(steps=10**9), "from 1 to"),
    ("snn", set_to(srp_steps=10**9), "from 0 to"),
    ("snn", set_to(encoder=[]), "a mapping"),
    ("snn", set_to(encoder={"code": ["saf"], "mapping": "shift"}), "a string"),
    ("snn", set_to(encoder={"code": "saf", "mapping": "shift", "gain": -1}), "of at least 0"),
    ("snn", set_to(encoder={"code": "saf", "mapping": "split"}), "do not fit"),
    ("snn", set_to(encoder={"code": "saf", "mapping": "shift", "slices": 2}), "spec.json|fit"),
    ("ann", node("conv2", name="a.b"), "without a dot"),
    ("ann", node("conv2", name=""), "without a dot"),
    ("ann", node("conv2", name="\x1b[31m"), "without a dot"),
    ("ann", node("conv2", name="conv3"), "unique node names|an earlier node"),
    ("ann", node("conv2", inputs=[]), "do not fit|spec.json"),
    ("ann", node("conv2", inputs=["later"]), "an earlier node"),
    ("ann", node("conv2", inputs=["input", "input"]), "do not fit"),
    ("ann", node("conv2", inputs="input"), "a list"),
    ("ann", node("conv2", type="Linear"), "do not fit"),
    ("ann", setting("conv2", channels=10**9), "within|from"),
    ("ann", setting("conv2", channels=10**6), "another shape"),
    ("ann", setting("conv2", inputs=7), "another shape"),
    ("ann", setting("conv2", width=-1), "spec.json"),
    ("ann", setting("conv2", unknown=1), "do not fit"),
    ("ann", setting("conv2", padding=[0] * 50), "expected a padding"),
    ("ann", doubled, "100,000,000 channels"),
    ("ann", chain, "fit|depth"),
    ("ann", set_to(nodes=[]), "something in it"),
    ("ann", set_to(nodes={"a": 1}), "a list"),
    ("ann", set_to(format=True), "format 1"),
]


@pytest.mark.parametrize(("which", "change", "says"), CASES)
def test_it_is_one_line_at_once(
    which: str, change: Change, says: str, folders: dict[str, Path]
) -> None:
    path = folders[which] / "spec.json"
    spec = json.loads(path.read_text())
    change(spec)
    path.write_text(json.dumps(spec))
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    if change is chain:  # nothing is wrong with it
        load_model(folders[which])
    else:
        with pytest.raises(InputError, match=says) as caught:
            load_model(folders[which])
        assert "\n" not in str(caught.value) and len(str(caught.value)) < 1000
    assert time.process_time() - start < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # kB


def test_the_code_of_an_snn_is_read_as_carefully(folders: dict[str, Path]) -> None:
    assert load_code(folders["snn"])[1] == 4
    with pytest.raises(InputError, match="but it is of an ANN"):
        load_code(folders["ann"])
    path = folders["snn"] / "spec.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"steps": "4"}))
    with pytest.raises(InputError, match="a whole number at .*steps"):
        load_code(folders["snn"])
