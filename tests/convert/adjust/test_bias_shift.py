"""The bias shift theta/(2T): what it shares with V(0) = theta/2, and what it does not."""

from __future__ import annotations

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from snnconvert.convert.adjust.bias_shift import shift_biases
from snnconvert.convert.build import build_snn
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.errors import InputError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.network import Network, Signal
from snnconvert.models.neurons.integrate_and_fire import IF, IFParameters, if_run
from snnconvert.models.nodes.layers import Conv1d, Linear, initialise
from snnconvert.models.nodes.merge import Add, Scale
from snnconvert.models.snn import running_logits
from snnconvert.seeds import generator

LENGTHS = torch.tensor([6, 3])


def counts(currents: torch.Tensor, initial: float) -> torch.Tensor:
    return if_run(currents, IFParameters(1.0, initial))[0].cumsum(0)


def test_by_hand():
    # T = 4, z = 0.4 thresholds: V(0) = 1/2 spikes at 0.9 + ... = 1.3 (step 2), 1.1 (step 4)
    z = torch.full((4, 1), 0.4)
    assert counts(z, 0.5)[:, 0].tolist() == [0, 1, 1, 2]
    # with 1/8 more a step from 0: .525, 1.05 (spike), .575, 1.1 (spike)
    assert counts(z + 1 / 8, 0.0)[:, 0].tolist() == [0, 1, 1, 2]
    # z = 0.7: 1.2, .9, 1.6, 1.3 against .825, 1.65, 1.475, 1.3: the same count, other times
    z = torch.full((4, 1), 0.7)
    assert counts(z, 0.5)[:, 0].tolist() == [1, 1, 2, 3]
    assert counts(z + 1 / 8, 0.0)[:, 0].tolist() == [0, 1, 2, 3]


@given(st.floats(-3, 3), st.integers(1, 32))
def test_the_counts_after_t_steps_are_those_of_the_initial_potential(z: float, steps: int):
    """Equal at T for any constant current; before T the shift is behind, never ahead."""
    # a potential exactly at the threshold may fall either way in floating point
    assume(abs((z * steps + 0.5) % 1 - 0.5) < 0.5 - 1e-6)
    current = torch.full((steps, 1), z, dtype=torch.float64)
    shifted = counts(current + 1 / (2 * steps), 0.0)
    initial = counts(current, 0.5)
    assert torch.equal(shifted[-1], initial[-1])
    assert int(initial[-1]) == min(max(int((z * steps + 0.5) // 1), 0), steps)
    assert (shifted <= initial).all() and (initial - shifted <= 1).all()


def test_for_changing_currents_they_differ():
    # T = 2, currents 0.5 and -0.5: V(0) = 1/2 spikes at once, the shift is at .75 and never does
    z = torch.tensor([[0.5], [-0.5]])
    assert counts(z, 0.5)[-1].item() == 1 and counts(z + 0.25, 0.0)[-1].item() == 0


@pytest.mark.parametrize("pooling", ["max", "mean"])
@pytest.mark.parametrize("seed", range(3))
def test_a_whole_network_with_constant_input_has_the_same_logits(pooling: str, seed: int):
    """One layer of neurons and direct input: equal logits after T steps, QCFS or not."""
    spec = TextCNNSpec(4, 3, (1, 2), 5, activation="relu", pooling=pooling)
    ann = build_textcnn(spec, seed).double().eval()
    x = torch.rand(2, 4, 6, generator=generator(seed, "x"), dtype=torch.float64) * 2 - 1
    x[1, :, 3:] = 0
    thresholds = {"act1": torch.tensor([1.1]), "act2": torch.tensor([0.9])}
    logits = []
    for initial, shift in ((0.5, False), (0.0, True)):
        recipe = ConversionRecipe(
            5, Encoder("direct", "none"), initial=initial, bias_shift=shift, pooling="auto"
        )
        snn, _ = build_snn(ann, recipe, thresholds)
        snn = snn.double()
        if shift:
            shift_biases(snn, recipe.steps)
        frames = recipe.encoder.encode(x, LENGTHS, 5)
        with torch.no_grad():
            logits.append(running_logits(snn(Signal(frames, LENGTHS)))[-1])
    torch.testing.assert_close(logits[0], logits[1], atol=1e-12, rtol=1e-12)


def test_only_layers_of_neurons_are_shifted():
    ann = build_textcnn(TextCNNSpec(4, 3, (1, 2), 5), 0)
    recipe = ConversionRecipe(initial=0.0, bias_shift=True)
    snn, _ = build_snn(ann, recipe, {"act1": torch.ones(1), "act2": torch.ones(1)})
    before = {name: value.clone() for name, value in snn.state_dict().items()}
    shift_biases(snn, 4)
    for name, value in snn.state_dict().items():
        moved = 0.125 if name in ("nodes.conv1.bias", "nodes.conv2.bias") else 0.0
        torch.testing.assert_close(value, before[name] + moved)


def test_one_branch_of_a_sum_is_shifted():
    snn = Network(
        [
            ("one", Linear(2, 2), ("input",)),
            ("short", Scale(2), ("input",)),
            ("sum", Add(), ("short", "one")),
            ("act", IF(0.0), ("sum",)),
            ("out", Linear(2, 2), ("act",)),
        ]
    )
    shift_biases(snn, 2)
    assert snn.node("one").bias.tolist() == [0.25, 0.25]
    assert snn.node("out").bias.tolist() == [0, 0]


def test_what_cannot_be_shifted_is_refused():
    started = Network([("one", Linear(2, 2), ("input",)), ("act", IF(0.5), ("one",))])
    with pytest.raises(InputError, match=r"V\(0\) = 0 at act"):
        shift_biases(started, 4)
    shared = Network(
        [
            ("one", Conv1d(2, 2, 1), ("input",)),
            ("act", IF(0.0), ("one",)),
            ("sum", Add(), ("one", "act")),
            ("again", IF(0.0), ("sum",)),
        ]
    )
    initialise(shared.node("one").weight, generator(0, "w"))
    with pytest.raises(InputError, match="cannot shift the current of act"):
        shift_biases(shared, 4)
    with pytest.raises(InputError, match="either V.0. or the bias shift"):
        ConversionRecipe(bias_shift=True)
