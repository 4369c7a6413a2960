"""Neurons, families and node types: all of them have their names, and answer what is asked."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import torch

from snnconvert import models
from snnconvert.energy.layers import FIELDS
from snnconvert.models.families import BUILT_IN as FAMILY_NAMES
from snnconvert.models.families import FAMILIES
from snnconvert.models.network import Network, Node, Signal
from snnconvert.models.neurons import BUILT_IN, NEURONS
from snnconvert.models.neurons.base import Neurons
from snnconvert.models.neurons.gradients import WAYS
from snnconvert.models.neurons.options import OPTIONS, RESETS
from snnconvert.models.neurons.spec import NeuronSpec
from snnconvert.models.nodes import NODES
from snnconvert.models.saving import node_type
from snnconvert.pipelines.settings.convert import ConvertSettings
from snnconvert.pipelines.settings.train import FROM_TEXTS, TrainSettings

LIGHT = """
import sys
from snnconvert.models.encoders import CODES
from snnconvert.models.families import FAMILIES
from snnconvert.models.neurons import NEURONS
from snnconvert.models.neurons.options import added_options
from snnconvert.models.nodes import NODES
names = [*CODES, *NEURONS, *NODES, *added_options()]
assert all(family.defaults() for family in FAMILIES.values())
assert not {"torch", "numpy"} & set(sys.modules)
"""


def test_names_and_options_are_there_without_torch(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT], cwd=tmp_path, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def node_types() -> dict[str, type[Node]]:
    """Every node type of the package that can stand in a network, by name."""
    found = {}
    for info in pkgutil.walk_packages(models.__path__, f"{models.__name__}."):
        module = importlib.import_module(info.name)
        for cls in vars(module).values():
            own = isinstance(cls, type) and issubclass(cls, Node) and cls.__module__ == info.name
            if own and cls is not Node and not any(issubclass(c, cls) for c in found.values()):
                found[cls.__name__] = cls
    return {n: c for n, c in found.items() if c.__subclasses__() == [] or n in NODES}


def test_every_node_type_is_found_by_its_name() -> None:
    types = node_types()
    assert {"Conv1d", "LIF", "RampReadout", "SpikingReadout"} <= set(types)
    for name, cls in types.items():
        assert node_type(name) is cls
    assert set(NODES) <= set(types) and all(cls.__name__ == name for name, cls in NODES.items())


@pytest.mark.parametrize("kind", BUILT_IN)
def test_a_neuron_answers_what_is_asked(kind: str) -> None:
    layer = NEURONS[kind]
    assert issubclass(layer, Neurons) and layer.kind == kind
    assert set(layer.resets) <= set(RESETS) and set(layer.operations) <= set(FIELDS)
    assert {item.name for item in layer.options} <= set(layer.fields)
    assert all(isinstance(layer.has(way), bool) for way in WAYS)
    least, most = layer.spike_size
    assert least <= 0 < most
    spec = NeuronSpec(kind)
    assert spec.layer is layer and NeuronSpec(kind, **dict(spec.options)) == spec
    assert spec.with_reset("soft") == spec


def test_options_stand_once() -> None:
    """What the command line shows without torch is what the neurons have."""
    used = {item.name: item for kind in BUILT_IN for item in NEURONS[kind].options}
    assert used == {item.name: item for item in OPTIONS}
    given = {item.name: item.metadata for item in fields(ConvertSettings)}
    for item in OPTIONS:
        assert given[item.name]["bounds"] == item.bounds
        assert given[item.name]["help"] == item.text


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_a_family_answers_what_is_asked(name: str) -> None:
    family = FAMILIES[name]
    settings = TrainSettings(model=name)
    assert settings.of_network() == family.defaults()
    words = family.reads == "ids"
    small = settings.of_network() | ({"channels": 3} if "channels" in family.options() else {})
    network = family.network(4, 2, small, seed=1).eval()
    assert isinstance(network, Network)
    values = torch.rand(2, 4, 6 if words else 1, generator=torch.Generator().manual_seed(0))
    lengths = torch.tensor([6, 3] if words else [1, 1])
    logits = network(Signal(values, lengths))
    again = family.network(4, 2, small, seed=1).eval()(Signal(values, lengths))
    assert logits.shape == (2, 2) and torch.equal(logits, again)
    given = {item.name: item.metadata for item in fields(TrainSettings)}
    for option, item in family.options().items():
        choices = item.metadata["choices"]
        if option in FROM_TEXTS:
            assert given[option]["choices"] == ("auto", *choices)
        else:
            assert given[option] == item.metadata
