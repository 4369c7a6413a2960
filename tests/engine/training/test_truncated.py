"""Gradients that are cut in time, against potentials that spikingjelly detaches."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch
from spikingjelly.activation_based import functional, neuron

from snnconvert.engine.plan import Unsupported
from snnconvert.engine.training.fast import FastTraining
from snnconvert.engine.training.online import streamed
from snnconvert.engine.training.online.cut import in_time
from snnconvert.engine.training.surrogate import Surrogate
from snnconvert.errors import InputError
from snnconvert.models.network import Signal
from snnconvert.models.neurons.cuba import CubaLIF
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.neurons.lif import LIF
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.text_model import set_generator
from snnconvert.pipelines.settings.finetune import FinetuneSettings
from snnconvert.pipelines.training.surgery import with_dropout
from snnconvert.seeds import generator
from snnconvert.tests.engine.test_training import assert_equal, gradients, reference
from snnconvert.tests.engine.training.test_online import (
    BATCH,
    STEPS,
    drawn,
    network_of,
    ours,
    theirs,
)
from snnconvert.tests.engine.training.test_streamed import BATCH as TEXTS
from snnconvert.tests.engine.training.test_streamed import small

X, WANTED = drawn(STEPS, BATCH, 5, seed=20), drawn(STEPS, BATCH, 2, seed=21)
NEURONS = [IF, partial(IF, 0.25, False), partial(LIF, 0.0, leak=0.5), CubaLIF]


def cut(steps: int, neurons: Callable[[], object]) -> dict[str, torch.Tensor]:
    """Gradients of a network of two layers of neurons, cut after every ``steps`` steps."""
    network = network_of(neurons)
    network.zero_grad()
    with Surrogate("atan", 1.0, "exact", steps).neurons(network):
        (network(Signal(X)) * WANTED).sum().backward()  # type: ignore[no-untyped-call]
    return {name: p.grad for name, p in network.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("steps", [1, 2, 4, 5])
def test_it_is_what_detached_potentials_give(steps: int) -> None:
    """The same layers in spikingjelly, all of whose states are detached after so many steps."""
    neurons = partial(LIF, 0.0, leak=0.5)
    peer = theirs(network_of(neurons), neuron.LIFNode, bias=True)
    total = torch.zeros((), dtype=X.dtype)
    for step in range(STEPS):
        if step % steps == 0:
            functional.detach_net(peer)
        total = total + (peer(X[step]) * WANTED[step]).sum()
    total.backward()  # type: ignore[no-untyped-call]
    found = cut(steps, neurons)
    for number in range(3):
        linear = peer[2 * number]
        assert torch.allclose(found[f"nodes.linear{number}.weight"], linear.weight.grad)
        assert torch.allclose(found[f"nodes.linear{number}.bias"], linear.bias.grad)


@pytest.mark.parametrize("neurons", NEURONS)
def test_no_cut_within_the_run_is_the_exact_gradient_to_the_bit(neurons: Callable[[], object]):
    exact = cut(0, neurons)
    for steps in (STEPS, STEPS + 3):
        found = cut(steps, neurons)
        assert all(torch.equal(found[name], exact[name]) for name in exact)
    assert not torch.equal(
        cut(STEPS - 1, neurons)["nodes.linear0.weight"], exact["nodes.linear0.weight"]
    )


@pytest.mark.parametrize("neurons", NEURONS[:3])
def test_cut_at_each_step_it_is_sltt(neurons: Callable[[], object]) -> None:
    """Both have d(t) = g(t) h(u(t)): what a potential keeps is a constant of the step before."""
    found, sltt = cut(1, neurons), ours(network_of(neurons), "sltt", X, WANTED)
    for name, gradient in sltt.items():
        assert torch.allclose(found[f"nodes.{name}"], gradient, rtol=1e-12, atol=1e-14)


def test_two_steps_by_hand() -> None:
    """d(1) = g(1) h(u(1)) + d(2) (1 - h(u(1))) with soft reset; the second part is cut off.

    A rectangle of width 2 has h = 1/2 within one threshold. Currents 0.75 and 0.25 and V(0) = 1/2:
    u(1) = 1.25 fires, u(2) = 0.25 + 0.25 = 0.5 does not, and h is 1/2 at both. With g = 1 and 4,
    d(2) = 2, d(1) = 1/2 + 2 * 1/2 = 1.5; cut, d(1) = 1/2.
    """
    for steps, first in ((0, 1.5), (2, 1.5), (1, 0.5)):
        currents = torch.tensor([[[0.75]], [[0.25]]], requires_grad=True)
        layer = network_of(IF)
        with Surrogate("rectangle", 2.0, "exact", steps).neurons(layer):
            spikes = layer.node("neurons0")(Signal(currents)).values
        (spikes * torch.tensor([1.0, 4.0]).reshape(2, 1, 1)).sum().backward()
        assert spikes.flatten().tolist() == [1, 0]
        assert currents.grad is not None and currents.grad.flatten().tolist() == [first, 2.0]


@pytest.mark.parametrize("kernels", [True, False])
def test_the_fast_engine_gives_the_bits_of_its_other_ways(kernels: bool) -> None:
    model = small("saf", 6, "counts")

    def made(*how: object) -> dict[str, torch.Tensor]:
        return gradients(model, Surrogate("atan", 1.0, *how), *TEXTS, True, kernels)[1]  # type: ignore[arg-type]

    for one, other in ((("exact",), ("exact", 6)), (("sltt",), ("exact", 1))):
        first, second = made(*one), made(*other)
        assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("soft", [True, False])
@pytest.mark.parametrize("steps", [1, 2, 3, 7])
@pytest.mark.parametrize(("code", "total"), [("saf", 11), ("bitplane", 15), ("direct", 9)])
def test_in_pieces_of_time_it_is_the_same(
    code: str, total: int, steps: int, soft: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, surrogate = small(code, total, "mean", soft), Surrogate("atan", 1.0, "exact", steps)
    assert streamed.streams(FastTraining(model, surrogate))
    found = gradients(model, surrogate, *TEXTS, fast=True)
    assert_equal(found, reference(model, surrogate, *TEXTS))
    monkeypatch.setattr(streamed, "AT_ONCE", {})
    assert_equal(found, gradients(model, surrogate, *TEXTS, fast=True), 1e-6)


def test_pieces_draw_the_same_dropout(monkeypatch: pytest.MonkeyPatch) -> None:
    model, surrogate = small("saf", 9), Surrogate("atan", 1.0, "exact", 2)
    model.network = with_dropout(model.network, 0.5).train()

    def made() -> object:
        set_generator(model.network, generator(3, "dropout"))
        return gradients(model, surrogate, *TEXTS, fast=True)

    pieces = made()
    monkeypatch.setattr(streamed, "AT_ONCE", {})
    assert_equal(pieces, made(), 1e-6)


@pytest.mark.parametrize("steps", [0, 50, 60])
def test_without_a_cut_there_are_no_pieces(steps: int) -> None:
    model = small("saf", 50)
    assert not streamed.streams(FastTraining(model, Surrogate("atan", 1.0, "exact", steps)))


def test_a_piece_is_as_long_as_from_cut_to_cut() -> None:
    def longest(model: SpikingTextModel, steps: int) -> int:
        training = FastTraining(model, Surrogate("atan", 1.0, "exact", steps))
        run = streamed._Run(training, *TEXTS, None)
        return max(words.shape[0] for words in run.pieces())

    for total in (12, 50):
        assert [longest(small("saf", total), steps) for steps in (1, 2, 5)] == [2, 2, 5]
        whole = next(in_time(small("saf", total), *TEXTS, total, None))
        assert whole.shape[0] == total


def test_only_the_exact_pass_is_cut() -> None:
    for backward in ("rate", "dsr", "sltt", "ottt"):
        with pytest.raises(InputError, match="leave --backward or --truncate out"):
            FinetuneSettings(truncate=2, backward=backward)


def test_the_gpu_kernels_say_that_they_do_not_truncate() -> None:
    pytest.importorskip("triton")
    from snnconvert.engine.triton.training import TritonTraining

    with pytest.raises(Unsupported, match="do not truncate"):
        TritonTraining(small("saf", 6), Surrogate("atan", 1.0, "exact", 3))
