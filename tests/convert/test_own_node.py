"""A node type that a user adds, with its conversion rule: converted, verified, counted, saved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from snnconvert.convert.conversion import convert_model
from snnconvert.convert.graph.builder import RULES, Builder, Wire, rule
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.convert.rules.activations import convert_activation
from snnconvert.energy.layers import stored_weights
from snnconvert.engine.reference import snn_logits
from snnconvert.errors import InputError
from snnconvert.models.network import Network, Node, Signal
from snnconvert.models.nodes import NODES, register
from snnconvert.models.nodes.activations import Activation
from snnconvert.models.nodes.fan_out import single_operations
from snnconvert.models.nodes.layers import Conv1d, Linear, initialised
from snnconvert.models.nodes.pooling import MaxOverTime
from snnconvert.models.operations import SpikeCounter
from snnconvert.models.outputs import output_count
from snnconvert.models.saving import load_model, save_model
from snnconvert.models.text_model import TextModel


class Gain(Node):
    """Every value times the same number: linear, and currents pass it."""

    fields = ("factor",)
    passing = True

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, *inputs: Signal) -> Signal:
        return Signal(inputs[0].values * self.factor, inputs[0].lengths)


class Ceiling(Activation):
    """min(max(z, 0), 2)."""

    def activate(self, values: Tensor) -> Tensor:
        return values.clamp(0, 2)


class Twice(Node):
    """Two copies of every channel, each over a synapse of its own, with a weight for all."""

    synaptic = True

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def channels_out(self, below: list[int]) -> int:  # type: ignore[override]
        return 2 * below[0]

    def synaptic_operations(self, arriving: Tensor, lengths: Tensor | None) -> Tensor:
        return 2 * single_operations(arriving)

    def forward(self, *inputs: Signal) -> Signal:
        values = inputs[0].values * self.weight
        return Signal(torch.cat([values, values], dim=-1))


def convert_gain(builder: Builder, name: str, node: Gain) -> None:
    """The same node: it commutes with time."""
    ((_, wire),) = builder.inputs(name)
    builder.add(name, Gain(node.factor), (wire.name,))
    builder.wires[name] = Wire(name, wire.value, wire.analog)
    builder.report(name, "kept", "it is linear")


def convert_twice(builder: Builder, name: str, node: Twice) -> None:
    """The same node, in the unit of the output."""
    wire = builder.spikes(name)
    new = Twice()
    new.weight.data = wire.value.reshape(()) / builder.units.of_currents(name).reshape(())
    builder.add(name, new, (wire.name,))
    builder.wires[name] = Wire(name, builder.units.of_currents(name), analog=True)
    builder.report(name, "folded", "what a spike stands for is in its weight")


@pytest.fixture(autouse=True)
def _added() -> Iterator[None]:
    kinds = (Gain, Ceiling, Twice)
    for kind in kinds:
        register(kind)
    rule(Gain)(convert_gain)
    rule(Ceiling)(convert_activation)
    rule(Twice)(convert_twice)
    yield
    for kind in kinds:
        NODES.remove(kind.__name__)
        del RULES[kind]


def ann(*ending: tuple[str, Node, tuple[str, ...]]) -> TextModel:
    """Words, a convolution with a gain, a ceiling, a maximum, and ``ending``."""
    nodes: list[tuple[str, Node, tuple[str, ...]]] = [
        ("conv", Conv1d(4, 3, 2), ("input",)),
        ("gain", Gain(0.5), ("conv",)),
        ("act", Ceiling(), ("gain",)),
        ("pool", MaxOverTime(), ("act",)),
        *ending,
    ]
    vectors = torch.rand(9, 4, generator=torch.Generator().manual_seed(0)) * 2 - 1
    vectors[0] = 0
    return TextModel(vectors, initialised(Network(nodes), 1)).eval()


TEXTS = [np.array([1, 2, 3, 4]), np.array([5, 6, 7, 8, 1]), np.array([2, 8])]


def test_it_is_converted_verified_saved_and_loaded(tmp_path: Path) -> None:
    model = ann(("out", Linear(3, 2), ("pool",)))
    made = convert_model(model, ConversionRecipe(steps=32), TEXTS)
    rows = {row["name"]: row for row in made.rows}
    assert rows["gain"]["action"] == "kept" and rows["act"]["action"] == "replaced"
    assert rows["conv"]["verify_error"] < 1e-5
    save_model(tmp_path, made.snn, ("no", "yes"))
    loaded, _ = load_model(tmp_path)
    logits = snn_logits(made.snn, TEXTS)
    assert torch.equal(snn_logits(loaded, TEXTS), logits)  # type: ignore[arg-type]
    assert isinstance(loaded.network.node("gain"), Gain)


def test_its_synapses_are_counted() -> None:
    made = convert_model(ann(("twice", Twice(), ("pool",))), ConversionRecipe(steps=8), TEXTS)
    counter = SpikeCounter(made.snn.network, input_is_analog=False)
    record: dict[str, Signal] = {}
    with torch.no_grad():
        made.snn(torch.tensor([[1, 2, 3, 4]]), torch.tensor([4]), record=record)
    counter.update(record)
    spikes = float(record["pool"].values.sum())
    assert spikes > 0 and counter.sops["twice"] == 2 * spikes
    assert stored_weights(made.snn.network.node("twice")) == 1
    assert output_count(made.snn.network) == 6


def test_what_could_not_be_loaded_is_not_saved(tmp_path: Path) -> None:
    model = ann(("out", Linear(3, 2), ("pool",)))
    NODES.remove("Gain")
    try:
        with pytest.raises(InputError, match="gain is a Gain, which is none: decorate the class"):
            save_model(tmp_path / "ann", model, ("no", "yes"))
        assert not (tmp_path / "ann").exists()
    finally:
        register(Gain)
    save_model(tmp_path / "ann", model, ("no", "yes"))
    NODES.remove("Gain")
    try:
        with pytest.raises(InputError, match="but the file names 'Gain': where it is of your own"):
            load_model(tmp_path / "ann")
    finally:
        register(Gain)


def test_a_name_is_taken_once() -> None:
    with pytest.raises(InputError, match="new name for the node type"):
        register(type("Conv1d", (Node,), {}))
