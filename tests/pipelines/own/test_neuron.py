"""A neuron that a user adds: every command takes its name and its options, as any other's."""

from __future__ import annotations

import csv
import shutil
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from snnconvert.convert.recipes.file import read_recipe
from snnconvert.engine.engines import make_engine
from snnconvert.engine.gradients.text import WordGradients
from snnconvert.engine.plan import Unsupported, plan_of
from snnconvert.engine.reference import ReferenceEngine
from snnconvert.engine.training.rate import rate_neurons
from snnconvert.errors import InputError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network, Node, Signal
from snnconvert.models.neurons import NEURONS
from snnconvert.models.neurons.base import (
    NeuronParameters,
    Neurons,
    an_update,
    fire,
    neurons_run_by,
)
from snnconvert.models.neurons.build import make_neurons
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.neurons.options import RESETS, NeuronOption
from snnconvert.models.neurons.spec import NeuronSpec
from snnconvert.models.neurons.stepped import Fire, SteppedNeuron
from snnconvert.models.nodes.layers import Conv1d, Linear, initialised
from snnconvert.models.saving import load_model
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import MaxOfSpikes
from snnconvert.models.spikingjelly import spikingjelly_neurons
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.convert.choices import recipe_from
from snnconvert.pipelines.settings.convert import ConvertSettings
from snnconvert.tests.helpers.journey import command, conversion_journey, refused, results, without


@dataclass(frozen=True, eq=False)
class Resting(SteppedNeuron):
    """Integrate and fire, with ``rest`` silent steps after every spike."""

    rest: int = 1
    soft_reset: bool = True

    def start(self, current: Tensor) -> tuple[Tensor, Tensor]:
        return super().start(current), torch.zeros_like(current)

    def step(self, current: Tensor, state: Any, fire: Fire) -> tuple[Tensor, Any]:
        v, left = state[0] + current, state[1]
        spikes = fire(v - self.threshold) * (left <= 0)
        v = v - self.threshold * spikes if self.soft_reset else v * (1 - spikes)
        return spikes, (v, torch.where(spikes > 0, self.rest, left - 1))


class RestingIF(Neurons):
    kind, Parameters, resets = "resting", Resting, RESETS
    options = (NeuronOption("rest", 1, "steps that a resting neuron is silent", least=0),)
    operations = an_update(updates=2.0)


class Threshold:
    """Parameters without gradients: a neuron that forgets at every step."""

    def __init__(self, threshold: float, initial: float | Tensor) -> None:
        self.start = initial

    def run(self, currents: Tensor) -> Tensor:
        return (currents + self.start >= 1).to(currents.dtype)


class Forgetful(Neurons):
    kind, Parameters = "forgetful", Threshold


class OtherIF(IF):
    """A subclass of IF, whose equations might be any."""


class SameIF(IF):
    """A subclass of IF that says that it is one."""

    plain = True


@pytest.fixture(autouse=True)
def _added():
    for layer in (RestingIF, Forgetful):
        NEURONS.add(layer.kind, layer)
    yield
    for layer in (RestingIF, Forgetful):
        NEURONS.remove(layer.kind)


CHOSEN = ("--neuron", "resting", "--rest", "2")
SWEEP = ("--sweep.methods", "default,srp", "--sweep.encoders", "saf", "--sweep.steps", "2,3")


def test_it_is_trained_converted_swept_tuned_priced_reported_and_loaded(tmp_path: Path) -> None:
    run = tmp_path / "run"
    found = conversion_journey(run, CHOSEN, (*CHOSEN, *SWEEP))
    chosen, sweep = found["recipe"], found["sweep"]
    assert (chosen["neuron"], chosen["rest"], chosen["leak"]) == ("resting", 2, 0.0)
    assert "RestingIF" in found["conversion"]
    assert len(sweep["rows"]) == 2 and all(row["recipe"]["rest"] == 2 for row in sweep["rows"])
    assert {row["method"] for row in sweep["refused"]} == {"srp"}
    best = read_recipe(run / "recipes" / "best.yaml")
    assert (best["neuron"], best["rest"]) == ("resting", 2)
    assert "resting" in found["html"]
    with (run / "energy" / "layers.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "neurons"]
    spiking = [row for row in rows if row["victim"] == "snn"]
    for row in spiking:  # two comparisons a step, as its layer says
        assert float(row["updates"]) == 2 * float(row["reads_state"]) > 0
    assert spiking
    command("finetune", str(run), "--epochs", "1", "--tensorboard", "false")
    model, _ = load_model(run / "finetuned")
    layers = [node.settings() for node in model.network.nodes.values() if isinstance(node, Neurons)]
    assert {(s["rest"], s["soft_reset"]) for s in layers} == {(2, True)}
    assert 0 <= results(run)["finetuned"]["test_accuracy"] <= 1


def test_without_the_file_that_adds_it_a_model_is_refused_in_one_line(
    tmp_path: Path, tiny_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = shutil.copytree(tiny_run, tmp_path / "run")
    command("convert", str(run), *CHOSEN, "--force")
    with without(NEURONS, "resting"):
        for words in (["predict", str(run), "good"], ["convert", str(run), *CHOSEN[:2]]):
            said = refused(words, capsys)
            assert "RestingIF" in said or "resting" in said
        with pytest.raises(InputError, match="rest"):
            NeuronSpec("if", rest=2)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--rest", "2"], "rest only with the resting neuron"),
        (["--neuron", "resting", "--rest", "-1"], "of at least 0 for --rest, but got -1"),
        (["--neuron", "resting", "--leak", "0.5"], "leak only with the lif neuron"),
        (["--neuron", "forgetful", "--reset", "hard"], "soft reset for the forgetful neuron"),
        (["--neuron", "restive"], "if, lif, cuba, signed, burst, ttfs, resting, forgetful"),
    ],
)
def test_bad_options_are_one_line(
    words: list[str], says: str, tiny_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert says in refused(["convert", str(tiny_run), *words], capsys)


def test_its_options_are_shown_and_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "--help"]) == 0
    assert "steps that a resting neuron is silent" in capsys.readouterr().out
    settings = ConvertSettings(neuron="resting", rest=3)  # type: ignore[call-arg]
    assert recipe_from(settings).neuron == NeuronSpec("resting", rest=3)
    assert replace(settings, steps=2).rest == 3  # type: ignore[attr-defined]
    with without(NEURONS, "resting"), pytest.raises(TypeError, match="rest"):
        ConvertSettings(neuron="if", rest=3)  # type: ignore[call-arg]


def model(neurons: Neurons) -> SpikingTextModel:
    """Words, neurons, a maximum of spikes and a readout; weights are drawn."""
    nodes: list[tuple[str, Node, tuple[str, ...]]] = [
        ("conv", Conv1d(8, 5, 2), ("input",)),
        ("act", neurons, ("conv",)),
        ("pool", MaxOfSpikes(), ("act",)),
        ("readout", Linear(5, 2), ("pool",)),
    ]
    vectors = torch.rand(9, 4, generator=torch.Generator().manual_seed(0)) * 2 - 1
    vectors[0] = 0
    return SpikingTextModel(vectors, Encoder(), initialised(Network(nodes), 1), 6).eval()


@pytest.mark.parametrize(
    "neurons", [RestingIF(rest=2), Forgetful(), OtherIF()], ids=lambda n: type(n).__name__
)
def test_engines_leave_it_to_the_reference(neurons: Neurons) -> None:
    snn = model(neurons)
    with pytest.raises(Unsupported, match=f"act holds {type(neurons).__name__}"):
        plan_of(snn.network)
    with pytest.raises(InputError, match="engine fast cannot run this network"):
        make_engine(snn, "fast")
    engine = make_engine(snn, "auto")
    assert isinstance(engine, ReferenceEngine) and "not IF neurons" in engine.reason
    assert engine.logits([np.array([1, 2, 3]), np.array([4])]).isfinite().all()


def test_a_layer_that_says_it_is_the_if_neuron_runs_on_the_fast_engine() -> None:
    texts = [np.array([1, 2, 3, 4, 5]), np.array([6, 7])]
    found = make_engine(model(SameIF()), "fast").running_logits(texts)
    assert torch.equal(found, make_engine(model(IF()), "reference").running_logits(texts))


def test_gradients_where_it_has_some() -> None:
    currents = torch.linspace(-1, 2, 60).reshape(6, 2, 5).requires_grad_()
    layer = RestingIF([0.1, 0.2, 0.3, 0.4, 0.5], rest=1)
    plain = layer(Signal(currents.detach())).values
    network = Network([("act", layer, ("input",))])
    with spikingjelly_neurons(network):
        spikes = layer(Signal(currents)).values
    assert torch.equal(spikes, plain) and plain.any()
    (gradient,) = torch.autograd.grad(spikes.sum(), currents)
    assert bool(gradient.abs().sum() > 0)
    assert WordGradients(model(RestingIF()))(np.array([1, 2]), 0).shape == (2, 4)
    with pytest.raises(InputError, match="if or lif neurons for the rate-based backward pass, but"):
        with rate_neurons(network):
            pass
    with pytest.raises(InputError, match="if or lif or cuba or resting.*but got forgetful"):
        with spikingjelly_neurons(Network([("act", Forgetful(), ("input",))])):
            pass
    with pytest.raises(InputError, match="if or lif or cuba or resting neurons, for an attack"):
        WordGradients(model(Forgetful()))


def test_a_block_ends_with_the_run_that_was_before() -> None:
    """Also where it ends in an error; and other threads are not in it."""
    currents, p = torch.full((3, 1), 0.5), Threshold(1.0, 0.5)
    seen: list[Tensor] = []

    def silent(currents: Tensor, p: NeuronParameters) -> Tensor:
        return torch.zeros_like(currents)

    def elsewhere() -> None:
        seen.append(fire(currents, p))

    with pytest.raises(ZeroDivisionError), neurons_run_by(silent):
        assert not fire(currents, p).any()
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        raise ZeroDivisionError
    assert fire(currents, p).all() and seen[0].all()


def test_resting_by_hand() -> None:
    """I = 0.75 from V(0) = 0.5: U = 1.25* .25, 1.0 rests, 1.75* .75, 1.5 rests, 2.25*."""
    layer = make_neurons(NeuronSpec("resting", rest=1), 0.5, 1)
    assert layer(Signal(torch.full((5, 1, 1), 0.75))).values.flatten().tolist() == [1, 0, 1, 0, 1]
    hard = make_neurons(NeuronSpec("resting", rest=0, reset="hard"), 0.5, 1)
    assert hard(Signal(torch.full((4, 1, 1), 0.75))).values.flatten().tolist() == [1, 0, 1, 0]
