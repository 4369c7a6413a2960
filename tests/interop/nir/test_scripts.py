"""load.py of every simulator, where snnconvert cannot be imported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from snnconvert import TextClassifier
from snnconvert.convert.conversion import convert_model
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.interop import nir
from snnconvert.models.neurons.spec import NeuronSpec
from snnconvert.tests.helpers.nir import builtin_texts, run_scripts

pytest.importorskip("nir")
SIMULATORS = ("norse", "snntorch", "spikingjelly", "sinabs")
for name in SIMULATORS:
    pytest.importorskip(name, reason=f"{name} is not installed (extra interop-tests)")

GOOD = "5 texts: 0 spikes differ, 0 pooled spikes differ, 0 outputs differ, 0 predictions differ"


def test_every_script(classifiers: dict[str, TextClassifier], tmp_path: Path) -> None:
    """It sees what it should, with either reset, and notices a spike that is not."""
    texts = builtin_texts(5)
    folders = []
    for case in ("fine-tuned", "hard"):
        for simulator in (*SIMULATORS, *(["any"] if case == "hard" else [])):
            network = nir.export(classifiers[case], simulator=simulator, positions=20)
            folders.append(tmp_path / f"{case} {simulator}")
            network.save(folders[-1], texts)
    for simulator, graph in (("spikingjelly", "branches"), ("snntorch", "branches")):
        network = nir.export(classifiers["default"], simulator=simulator, positions=20, graph=graph)
        folders.append(tmp_path / f"branches {simulator}")
        network.save(folders[-1], texts)
    plain = nir.export(classifiers["default"], simulator="norse", positions=20, bits="float")
    plain.save(tmp_path / "float", texts)
    wrong = tmp_path / "wrong"
    network.save(wrong, texts)
    with np.load(wrong / "examples.npz") as file:
        arrays = dict(file)
    arrays["spikes"][1, 2, 3] ^= 16
    np.savez(wrong / "examples.npz", **arrays)

    found = run_scripts(*(folder / "load.py" for folder in (*folders, tmp_path / "float", wrong)))
    for folder, (code, said) in zip(folders, found, strict=False):
        name = folder.name.split()[1].replace("any", "norse")
        assert (code, said) == (0, f"{name}, {GOOD}"), folder
        lines = (folder / "load.py").read_text("utf-8").splitlines()
        assert 20 <= sum(bool(line.strip()) for line in lines) <= 40
    (code, said), (bad, noticed) = found[len(folders) :]
    assert code == 0 and "0 predictions differ" in said
    assert bad == 1 and "5 texts: 1 spikes differ, 0 pooled spikes differ" in noticed


def test_plain_nir_with_a_leak(tiny_run: Path, tmp_path: Path) -> None:
    """By spikingjelly's, since norse's LIF leaves out the resistance."""
    ann = TextClassifier.load(tiny_run, "ann")
    texts = builtin_texts(5)
    recipe = ConversionRecipe(steps=3, reset="hard", neuron=NeuronSpec("lif", leak=0.5))
    snn = convert_model(ann.model, recipe, ann.stage.encode(texts)).snn  # type: ignore[arg-type]
    network = nir.export(TextClassifier(ann.stage, snn, ann.classes), simulator="any", positions=20)
    network.save(tmp_path / "out", texts)
    assert network.form.leak == 0.5 and "v = 0.5 v + I" in (tmp_path / "out/README.md").read_text()
    assert run_scripts(tmp_path / "out" / "load.py") == [(0, f"spikingjelly, {GOOD}")]
