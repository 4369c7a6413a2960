"""Gradients that stay at their step, and those of mean currents, against spikingjelly's neurons."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from spikingjelly.activation_based import layer, neuron, surrogate
from torch import Tensor, nn

from snnconvert.engine.training.rate import dsr_run
from snnconvert.engine.training.surrogate import Surrogate
from snnconvert.errors import InputError
from snnconvert.models.network import Network, Node, Signal
from snnconvert.models.neurons.cuba import CubaLIF
from snnconvert.models.neurons.integrate_and_fire import IF, IFParameters
from snnconvert.models.neurons.lif import LIF
from snnconvert.models.nodes.layers import Linear
from snnconvert.pipelines.cli import main
from snnconvert.seeds import generator

SIZES = (5, 6, 4, 2)
STEPS, BATCH = 6, 3


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=generator(seed, "drawn"), dtype=torch.float64)


def network_of(neurons: Any) -> Network:
    """Three linear layers, two of them with neurons, in float64."""
    nodes: list[tuple[str, Node, tuple[str, ...]]] = []
    last = "input"
    for number in range(3):
        nodes.append((f"linear{number}", Linear(*SIZES[number : number + 2]), (last,)))
        last = f"linear{number}"
        if number < 2:
            nodes.append((f"neurons{number}", neurons(), (last,)))
            last = f"neurons{number}"
    network = Network(nodes).double()
    with torch.no_grad():
        for number, parameter in enumerate(network.parameters()):
            parameter.copy_(drawn(*parameter.shape, seed=number))
    return network


def ours(network: Network, backward: Any, x: Tensor, given: Tensor) -> dict[str, Tensor]:
    """The gradients of sum(outputs * given), by name."""
    network.zero_grad()
    with Surrogate("atan", 1.0, backward).neurons(network):
        (network(Signal(x)) * given).sum().backward()  # type: ignore[no-untyped-call]
    return {
        n.removeprefix("nodes."): p.grad
        for n, p in network.named_parameters()
        if p.grad is not None
    }


def theirs(network: Network, node: Any, bias: bool) -> nn.Sequential:
    """Its layers with spikingjelly's neurons ``node``; atan of width 1."""
    made: list[nn.Module] = []
    for name in network.inputs:
        mine = network.node(name)
        if isinstance(mine, Linear):
            linear = nn.Linear(mine.inputs, mine.outputs, bias=bias, dtype=torch.float64)
            linear.weight.data = mine.weight.detach().clone()
            if bias:
                linear.bias.data = mine.bias.detach().clone()
            made.append(linear)
        else:
            fire = surrogate.ATan(alpha=2.0)
            more = {"decay_input": False, "v_reset": None, "surrogate_function": fire}
            made.append(node(tau=2.0, step_mode="s", **more))
    return nn.Sequential(*made)


def test_sltt_is_that_of_spikingjelly() -> None:
    network = network_of(lambda: LIF(0.0, leak=0.5))
    x, wanted = drawn(STEPS, BATCH, 5, seed=20), drawn(STEPS, BATCH, 2, seed=21)
    found = ours(network, "sltt", x, wanted)
    peer = theirs(network, neuron.SLTTLIFNode, bias=True).train()
    for step in range(STEPS):  # each step goes backward at once, so nothing can go back in time
        (peer(x[step]) * wanted[step]).sum().backward()
    for number in range(3):
        linear = peer[2 * number]
        assert torch.allclose(found[f"linear{number}.weight"], linear.weight.grad)
        assert torch.allclose(found[f"linear{number}.bias"], linear.bias.grad)
    assert float(found["linear0.weight"].norm()) > 0


def test_ottt_is_that_of_spikingjelly() -> None:
    network = network_of(lambda: LIF(0.0, leak=0.5))
    with torch.no_grad():
        for number in range(3):
            network.get_parameter(f"nodes.linear{number}.bias").zero_()
    x, wanted = drawn(STEPS, BATCH, 5, seed=20), drawn(STEPS, BATCH, 2, seed=21)
    found = ours(network, "ottt", x, wanted)
    peer = layer.OTTTSequential(*theirs(network, neuron.OTTTLIFNode, bias=False)).train()
    trace = torch.zeros_like(x[0])
    for step in range(STEPS):
        trace = 0.5 * trace + x[step]
        output = peer([x[step], trace])
        output = output[0] if isinstance(output, list) else output
        (output * wanted[step]).sum().backward()
    for number in range(2):  # they give the readout, which has no potential, a trace too
        assert torch.allclose(found[f"linear{number}.weight"], peer[2 * number].weight.grad)
    exact = ours(network, "exact", x, wanted)
    assert torch.equal(found["linear2.weight"], exact["linear2.weight"])
    assert not torch.allclose(found["linear1.weight"], exact["linear1.weight"])


@given(st.integers(0, 99))
def test_dsr_is_that_of_spikingjelly(seed: int) -> None:
    currents = drawn(STEPS, 40, seed=seed).requires_grad_()
    wanted = drawn(STEPS, 40, seed=seed + 100)
    spikes = dsr_run()(currents, IFParameters(1.0, 0.5, True))
    (spikes * wanted).sum().backward()  # type: ignore[no-untyped-call]
    other = currents.detach().clone().requires_grad_()
    peer = neuron.DSRIFNode(T=STEPS, v_threshold=1.0, alpha=0.5, v_threshold_training=False)
    made = peer(other)
    (made * wanted).sum().backward()
    assert torch.equal(spikes, made.double())
    assert currents.grad is not None and other.grad is not None
    # theirs come back in float32
    assert torch.allclose(currents.grad, other.grad, atol=1e-6)


def test_a_bias_is_the_weight_of_a_synapse_at_which_one_arrives() -> None:
    """OTTT's gradient of a bias is that of a weight whose input is 1."""
    network = network_of(lambda: LIF(0.0, leak=0.25))
    x, wanted = drawn(STEPS, BATCH, 5, seed=20), drawn(STEPS, BATCH, 2, seed=21)
    x[..., 4] = 1.0
    found = ours(network, "ottt", x, wanted)
    assert torch.allclose(found["linear0.weight"][:, 4], found["linear0.bias"])


def test_one_layer_by_ottt_is_exact_where_the_reset_is_cut() -> None:
    """Of one layer of neurons only the path through the reset is left out."""
    steps = drawn(STEPS, 30, seed=7).requires_grad_()
    wanted = drawn(STEPS, 30, seed=8)
    node = neuron.IFNode(
        v_reset=None, surrogate_function=surrogate.ATan(2.0), detach_reset=True, step_mode="m"
    )
    (node(steps) * wanted).sum().backward()
    from snnconvert.engine.training.online_neurons import online_run

    again = steps.detach().clone().requires_grad_()
    spikes = online_run(traced=True)(again, IFParameters(1.0, 0.0, True))
    (spikes * wanted).sum().backward()  # type: ignore[no-untyped-call]
    assert again.grad is not None and torch.allclose(again.grad, steps.grad, atol=1e-12)


def test_hooks_are_gone_after_the_block_and_copies_use_their_own_weights() -> None:
    network = network_of(lambda: IF(0.5))
    x = drawn(STEPS, BATCH, 5, seed=20)
    plain = network(Signal(x))
    surrogate_ = Surrogate(backward="ottt")
    with surrogate_.neurons(network):
        assert torch.equal(network(Signal(x.requires_grad_())).detach(), plain.detach())
        other = copy.deepcopy(network)
        with torch.no_grad():
            other.get_parameter("nodes.linear1.weight").zero_()
            other.get_parameter("nodes.linear1.bias").zero_()
        readout = other.get_parameter("nodes.linear2.bias").detach()
        assert torch.equal(other(Signal(x)).detach(), readout.expand(STEPS, BATCH, 2))
    assert not any(node._forward_hooks for node in network.nodes.values())


@pytest.mark.parametrize(
    ("neurons", "backward", "says"),
    [
        (lambda: CubaLIF(), "sltt", "expected if or lif neurons for the backward passes sltt and"),
        (lambda: LIF(0.5, leak=0.5), "dsr", "expected if neurons for the backward pass dsr, but"),
        (lambda: IF(0.5, False), "dsr", "expected neurons of soft reset for the backward pass dsr"),
    ],
)
def test_neurons_without_such_gradients_say_so(neurons: Any, backward: Any, says: str) -> None:
    with (
        pytest.raises(InputError, match=says),
        Surrogate(backward=backward).neurons(network_of(neurons)),
    ):
        pass


def test_what_cannot_be_trained_leaves_the_run_as_it_was(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = shutil.copytree(tiny_run, tmp_path / "run")
    assert main(["convert", str(run), "--reset", "hard", "--steps", "2", "--force", "--quiet"]) == 0
    assert main(["finetune", str(run), "--epochs", "1", "--quiet"]) == 0
    before = (run / "results.json").read_bytes()
    capsys.readouterr()
    assert main(["finetune", str(run), "--epochs", "1", "--backward", "dsr", "--force"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert "soft reset for the backward pass dsr" in said[-1]
    assert (run / "results.json").read_bytes() == before and (run / "finetuned").is_dir()
