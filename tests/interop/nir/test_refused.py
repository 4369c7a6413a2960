"""What does not go to NIR is refused in one line that says what to do instead."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from snnconvert import TextClassifier
from snnconvert.errors import InputError
from snnconvert.interop import nir as interop
from snnconvert.interop.nir.dialects import DIALECTS
from snnconvert.interop.nir.graph.form import refusal
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.dpcnn import DPCNNSpec, build_dpcnn
from snnconvert.models.network import Network
from snnconvert.models.neurons.burst import BurstIF
from snnconvert.models.neurons.cuba import CubaLIF
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.neurons.lif import LIF
from snnconvert.models.neurons.readout import SpikingReadout
from snnconvert.models.neurons.signed import SignedIF
from snnconvert.models.nodes.layers import Linear
from snnconvert.models.nodes.pooling import MeanOverTime
from snnconvert.models.silenced import SilencedTextModel
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import GatedMax, MaxOfCurrents, MaxOfSpikes
from snnconvert.tests.helpers.nir import builtin_texts, exported, random_snn, random_texts

nir = pytest.importorskip("nir")


def with_nodes(change: Callable[[dict[str, Any], dict[str, tuple[str, ...]]], None]) -> Any:
    """A small network with other nodes."""
    model = random_snn((2, 3))
    nodes = {name: model.network.node(name) for name in model.network.inputs}
    inputs = dict(model.network.inputs)
    change(nodes, inputs)
    network = Network([(name, nodes[name], inputs[name]) for name in inputs])
    return SpikingTextModel(model.table, model.encoder, network, model.steps).eval()


def replaced(name: str, node: Any) -> Any:
    return with_nodes(lambda nodes, _: nodes.update({name: node}))


def of_currents() -> Any:
    def change(nodes: dict[str, Any], inputs: dict[str, tuple[str, ...]]) -> None:
        nodes["pool2"], nodes["act2"] = IF(), MaxOfCurrents()

    return with_nodes(change)


def with_output_neurons() -> Any:
    def change(nodes: dict[str, Any], inputs: dict[str, tuple[str, ...]]) -> None:
        nodes["spikes"], inputs["spikes"] = SpikingReadout(), ("readout",)

    return with_nodes(change)


def deeper() -> Any:
    def change(nodes: dict[str, Any], inputs: dict[str, tuple[str, ...]]) -> None:
        nodes["last"], inputs["last"] = Linear(2, 2), ("readout",)
        torch.nn.init.ones_(nodes["last"].weight)

    return with_nodes(change)


def dpcnn() -> Any:
    model = random_snn()
    network = build_dpcnn(DPCNNSpec(dim=3, classes=2, channels=4, blocks=1))
    return SpikingTextModel(model.table, Encoder("direct", "none"), network, 3)


def silenced() -> Any:
    model = random_snn()
    return SilencedTextModel(model.table, model.encoder, model.network, 3, 2)  # type: ignore[arg-type]


def with_nan() -> Any:
    model = random_snn()
    with torch.no_grad():
        model.network.node("conv3").weight[0, 0, 0] = math.nan  # type: ignore[index]
    return model


CASES: list[tuple[Callable[[], Any], str]] = [
    (of_currents, r"act2 is a MaxOfCurrents, and no node of NIR.*--pooling spikes or --pooling c"),
    (lambda: replaced("pool3", GatedMax()), "pool3 is a GatedMax.*convert again with --pooling"),
    (lambda: replaced("pool2", MeanOverTime()), "divides by the length.*train again with --pooli"),
    (lambda: replaced("act2", SignedIF()), "act2 holds signed neurons.*convert again with --neur"),
    (lambda: replaced("act3", BurstIF(burst=2)), "act3 holds burst neurons, which NIR does not"),
    (lambda: replaced("act3", CubaLIF()), "act3 holds cuba neurons, which NIR does not have"),
    (lambda: replaced("act2", LIF(leak=0.25)), "differ in the reset, the leak or the pooling"),
    (lambda: replaced("act2", IF(soft_reset=False)), "differ in the reset, the leak or the pool"),
    (lambda: replaced("pool2", MaxOfSpikes(2, 2)), "expected pooling of spikes over all positions"),
    (with_output_neurons, "output neurons.*fine-tune again with --loss mean_logits"),
    (deeper, "expected pooled spikes, joined and read once, but last is a Linear"),
    (dpcnn, "only networks of that form can go to NIR"),
    (silenced, "SRP silences: convert without --srp-steps"),
    (with_nan, "the weights of conv3 hold NaN or inf: train it again"),
]


@pytest.mark.parametrize(("make", "says"), CASES, ids=[says[:30] for _, says in CASES])
def test_networks(make: Callable[[], Any], says: str) -> None:
    model = make()
    with pytest.raises(InputError, match=says) as caught:
        exported(model)
    assert refusal(model) == str(caught.value) and "\n" not in str(caught.value)


def test_a_lif_without_leak_is_an_if() -> None:
    network = exported(replaced("act2", LIF(leak=0.0)))
    plain = exported(random_snn((2, 3)))
    texts = random_texts([3, 8])
    assert torch.equal(network.expected(texts).outputs, plain.expected(texts).outputs)


def test_leaks() -> None:
    with pytest.raises(InputError, match="loses? 0.1 of their potential a step: give --bits float"):
        exported(random_snn(leak=0.1))
    with pytest.raises(InputError, match="that sinabs runs.*lose 0.5.*hard.*give --for any or nor"):
        exported(random_snn(leak=0.5, soft=False), "sinabs")
    with pytest.raises(InputError, match="that snntorch runs.*soft.*give --for norse or spikingje"):
        exported(random_snn(leak=0.5), "snntorch")
    with pytest.raises(InputError, match="too large .* at T = 9 and a leak of 0.125"):
        exported(random_snn(leak=0.125, steps=9))


def test_an_ann(tiny_run: Path) -> None:
    with pytest.raises(InputError, match="it is an ANN: convert it first"):
        interop.export(TextClassifier.load(tiny_run, "ann"))
    with pytest.raises(InputError, match="expected a classifier, but got PosixPath: give TextCla"):
        interop.export(tiny_run)  # type: ignore[arg-type]


def test_analog_input_has_no_grid() -> None:
    model = random_snn(encoder=Encoder("direct", "none"), pooling="spikes")
    with pytest.raises(
        InputError, match="the encoder direct sends analog values: give --bits float"
    ):
        exported(model)
    network = exported(model, bits="float")
    expected = network.expected(random_texts([1, 4, 8]))
    from snnconvert.tests.helpers.nir import Simulated

    outputs = Simulated(network.graph, ["act"]).run(expected.frames.numpy())
    assert np.array_equal(outputs.mean(0).argmax(1), expected.predictions.numpy())


def test_choices(classifiers: dict[str, TextClassifier], tmp_path: Path) -> None:
    classifier = classifiers["default"]
    for options, says in (
        ({"simulator": "brian"}, "expected --for to be of any, norse.*but got 'brian'"),
        ({"simulator": "any"}, "expected a network with hard reset for --for any.*act2 resets by"),
        ({"simulator": "norse", "bits": "30"}, "expected at most .* bits.*but got --bits 30"),
        ({"simulator": "norse", "bits": "-1"}, "expected --bits to be a whole number, auto or"),
        ({"simulator": "norse", "positions": 0}, "of at least 1 for --positions, but got 0"),
        ({"simulator": "norse", "graph": "branches"}, "one chain of nodes for --for norse"),
        ({"simulator": "sinabs", "graph": "branches"}, "one chain of nodes for --for sinabs"),
        ({"simulator": "norse", "graph": "tree"}, "expected --graph to be of chain, branches"),
    ):
        with pytest.raises(InputError, match=says):
            interop.export(classifier, **options)  # type: ignore[arg-type]
    network = interop.export(classifier, simulator="norse", positions=3)
    with pytest.raises(
        InputError, match="at most 3 words.*but one has 5: export with --positions 5"
    ):
        network.frames("a text of five words")
    network.save(tmp_path / "out", ["good food"])
    with pytest.raises(InputError, match="holds an export already"):
        network.save(tmp_path / "out", ["good food"])
    for simulator, says in (
        (
            "sinabs",
            "expected neurons of the kind IF for sinabs.*has CubaLIF .*export with --for sinabs",
        ),
        ("any", "expected a simulator of norse, snntorch"),
        ("brian", "expected the simulator to be of any, norse"),
    ):
        with pytest.raises(InputError, match=says):
            interop.load(tmp_path / "out", simulator)


def test_a_simulator_that_was_not_tested(
    classifiers: dict[str, TextClassifier], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib import metadata

    network = interop.export(classifiers["default"], simulator="spikingjelly", positions=20)
    network.save(tmp_path / "out", builtin_texts(2))
    real = metadata.version
    other = {"spikingjelly": "3.0"}
    monkeypatch.setattr(metadata, "version", lambda name: other.get(name) or real(name))
    with pytest.raises(InputError, match="expected spikingjelly 2.0.0.*found 3.0.*--unchecked"):
        interop.load(tmp_path / "out", "spikingjelly")
    assert interop.load(tmp_path / "out", "spikingjelly", unchecked=True).module

    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    with pytest.raises(InputError, match="expected spikingjelly to be installed, but it is not: "):
        interop.load(tmp_path / "out", "spikingjelly")


def test_without_nir(
    classifiers: dict[str, TextClassifier], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, p=None: None if name == "nir" else found(name, p)
    )
    with pytest.raises(InputError, match=r"expected the package nir.*install.*nir"):
        interop.export(classifiers["default"], simulator="norse")
    with pytest.raises(InputError, match="expected the package nir"):
        interop.read(tmp_path)


def test_every_dialect_says_what_it_is() -> None:
    for name, dialect in DIALECTS.items():
        assert bool(dialect.package) == bool(dialect.tested) == (name != "any")


def test_kernels_must_be_square() -> None:
    """Why channels are folded on a second axis; if this fails, nir takes k x 1."""
    conv = nir.Conv2d(
        input_shape=(9, 1),
        weight=np.ones((2, 3, 3, 1), np.float32),
        bias=np.zeros(2, np.float32),
        stride=(1, 1),
        padding=(0, 0),
        dilation=(1, 1),
        groups=1,
    )
    one = np.ones((2, 7, 1), np.float32)
    nodes = {
        "input": nir.Input({"input": np.array([3, 9, 1])}),
        "conv": conv,
        "act": nir.IF(one, one),
        "output": nir.Output({"output": np.array([2, 7, 1])}),
    }
    edges = [("input", "conv"), ("conv", "act"), ("act", "output")]
    with pytest.raises(ValueError, match="type mismatch"):
        nir.NIRGraph(nodes, edges)
