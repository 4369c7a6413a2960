"""Learned leaks: spikes and gradients beside spikingjelly's, and in a run from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from spikingjelly.activation_based import neuron, surrogate

from snnconvert.errors import InputError
from snnconvert.files import read_json, read_yaml_mapping
from snnconvert.models.network import Network, Signal
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.neurons.lif import LIF
from snnconvert.models.spikingjelly import spikingjelly_neurons
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.settings.finetune import FinetuneSettings
from snnconvert.pipelines.training.weights.leaks import keep_leaks, learn_leaks

DATA = ["--limit", "48", "--dim", "6", "--max-length", "20", "--vectors", "random"]
NETWORK = ["--widths", "2", "--channels", "4", "--tensorboard", "false"]
LOOP = ["--epochs", "2", "--batch-size", "16", "--lr", "0.05"]


def network(node: LIF | IF) -> Network:
    return Network([("act", node, ("input",))])


@pytest.mark.parametrize("soft", [True, False])
def test_spikes_and_gradients_are_those_of_spikingjelly(soft: bool):
    currents = torch.randn(7, 3, 5, 4, generator=torch.Generator().manual_seed(0)) + 0.3
    weights = torch.randn(7, 3, 5, 4, generator=torch.Generator().manual_seed(1))
    ours = network(LIF(0.0, leak=0.25, soft_reset=soft))
    learn_leaks(ours)
    mine, theirs = currents.clone().requires_grad_(), currents.clone().requires_grad_()
    with spikingjelly_neurons(ours):
        spikes = ours(Signal(mine))
    node = neuron.ParametricLIFNode(
        init_tau=4.0,
        decay_input=False,
        v_reset=None if soft else 0.0,
        surrogate_function=surrogate.ATan(2.0),
        step_mode="m",
    )
    expected = node(theirs)
    assert torch.equal(spikes, expected) and 0 < spikes.mean() < 1
    (spikes * weights).sum().backward()
    (expected * weights).sum().backward()
    torch.testing.assert_close(mine.grad, theirs.grad)
    logit = ours.node("act").leak_logit
    assert logit is not None
    torch.testing.assert_close(logit.grad, node.w.grad)


def test_what_was_learned_stays_as_a_number():
    ours = network(LIF(0.5, leak=0.25))
    learn_leaks(ours)
    layer = ours.node("act")
    assert isinstance(layer, LIF) and [n for n, _ in ours.named_parameters()]
    with torch.no_grad():
        layer.leak_logit.fill_(
            0.0
        )  # sigmoid(0) = 1/2: 0.75 of the text at V(0) = 1/2 fires as here
    frames = Signal(torch.full((4, 1, 1), 0.75))
    assert ours(frames).flatten().tolist() == [1, 0, 1, 0]
    keep_leaks(ours)
    assert layer.leak == 0.5 and not list(ours.parameters()) and not ours.state_dict()
    assert ours(frames).flatten().tolist() == [1, 0, 1, 0]


def test_by_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    run = str(tmp_path / "run")
    assert main(["train", "--out", run, *DATA, *NETWORK, *LOOP]) == 0
    assert main(["convert", run, "--steps", "3", "--neuron", "lif", "--leak", "0.2"]) == 0
    tune = ["finetune", run, *LOOP, "--learn-leaks", "--tensorboard", "false"]
    assert main(tune) == 0
    spec = read_json(tmp_path / "run" / "finetuned" / "spec.json", "the network")
    (leak,) = [node["settings"]["leak"] for node in spec["nodes"] if node["type"] == "LIF"]
    best = read_json(tmp_path / "run" / "results.json", "results")["finetuned"]["best_epoch"]
    assert 0 < leak < 1 and (leak != 0.2) == (best > 0)
    assert read_yaml_mapping(tmp_path / "run" / "config.yaml", "x")["finetuned"]["learn_leaks"]
    assert main(["evaluate", run, "--model", "finetuned"]) == 0
    assert main(["convert", run, "--steps", "3", "--force"]) == 0
    capsys.readouterr()
    assert main([*tune, "--force"]) == 2
    assert "expected lif neurons with a leak above 0" in capsys.readouterr().err


def test_what_cannot_be():
    with pytest.raises(InputError, match="some without one"):
        learn_leaks(network(LIF(leak=0.0)))
    with pytest.raises(InputError, match="leave --backward or --learn-leaks out"):
        FinetuneSettings(learn_leaks=True, backward="sltt")
