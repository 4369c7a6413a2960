"""SRP: who is silenced, by hand and by a loop over steps, and what its pre-steps cost."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network, Signal
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.neurons.lif import LIF
from snnconvert.models.nodes.layers import Conv1d, Linear
from snnconvert.models.operations import SpikeCounter
from snnconvert.models.saving import load_model, save_model
from snnconvert.models.silenced import (
    SilencedTextModel,
    find_silent,
    residual_potentials,
    run_silenced,
    spiking_model,
)
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import MaxOfSpikes
from snnconvert.tests.helpers.own_codes import odd_code


def network(neurons=None, seed: int = 0) -> Network:
    """Input channels 2 -> conv width 1, 3 neurons -> hidden layer of 3 neurons -> 2 outputs."""
    conv, hidden, readout = Conv1d(2, 3, 1), Linear(3, 3), Linear(3, 2)
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for node in (conv, hidden, readout):
            node.weight.normal_(0, 1, generator=random)
            node.bias.normal_(0, 0.3, generator=random)
    return Network(
        [
            ("conv", conv, ("input",)),
            ("act", neurons or IF(), ("conv",)),
            ("pool", MaxOfSpikes(), ("act",)),
            ("hidden", hidden, ("pool",)),
            ("hact", IF(0.25), ("hidden",)),
            ("readout", readout, ("hact",)),
        ]
    ).eval()


def identity() -> Network:
    """One neuron that receives what comes in: conv weight 1, readout weight 1, no biases."""
    conv, readout = Conv1d(1, 1, 1), Linear(1, 1)
    with torch.no_grad():
        conv.weight.fill_(1.0)
        readout.weight.fill_(1.0)
    nodes = [("conv", conv, ("input",)), ("act", IF(0.5), ("conv",))]
    return Network([*nodes, ("pool", MaxOfSpikes(), ("act",)), ("readout", readout, ("pool",))])


def currents(*values: float) -> Signal:
    """Currents of one neuron at one position over the steps."""
    return Signal(torch.tensor(values).reshape(-1, 1, 1, 1), torch.tensor([1]))


@torch.no_grad()
def test_a_neuron_that_fired_too_early_is_silenced():
    """V(0) .5, currents 1, -.75, -.75: U = 1.5 fires, V = .5, -.25, -1; its charge is 0, so a = 0.

    The same currents then pass nothing on. One whose current comes evenly is kept.
    """
    net, early = identity(), currents(1.0, -0.75, -0.75)
    record: dict[str, Signal] = {}
    keep = find_silent(net, early, record)
    assert record["act"].values.flatten().tolist() == [1, 0, 0]
    assert residual_potentials(net, record)["act"].item() == -1.0
    assert keep["act"].item() == 0
    after: dict[str, Signal] = {}
    assert run_silenced(net, early, keep, after).flatten().tolist() == [0, 0, 0]
    assert after["act"].values.sum() == 0

    even = currents(0.5, 0.5, 0.25)  # V: .5, 1.0 fires -> 0, .5, .75: kept
    keep = find_silent(net, even)
    assert keep["act"].item() == 1
    assert run_silenced(net, even, keep).flatten().tolist() == [1, 0, 0]


@torch.no_grad()
def test_a_potential_of_zero_is_not_below_zero():
    assert find_silent(identity(), currents(0.5))["act"].item() == 1  # U = 1 fires, V = 0


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), tau=st.integers(1, 5), steps=st.integers(1, 5))
def test_equals_neurons_stepped_one_by_one(seed: int, tau: int, steps: int):
    """An independent loop: potentials stepped in plain Python, the mask set after tau steps."""
    net = network(seed=seed).double()
    random = torch.Generator().manual_seed(seed)
    frames = (torch.rand(tau + steps, 2, 2, 4, generator=random) < 0.5).double()
    lengths = torch.tensor([4, 2])
    with torch.no_grad():
        keep = find_silent(net, Signal(frames[:tau], lengths))
        got = run_silenced(net, Signal(frames[tau:], lengths), keep)

        v: dict[str, torch.Tensor] = {}
        alive = {"act": torch.tensor(1.0), "hact": torch.tensor(1.0)}
        expected = []
        for t in range(tau + steps):
            values = Signal(frames[t : t + 1], lengths)
            for name in ("conv", "act", "pool", "hidden", "hact", "readout"):
                if name not in alive:
                    values = net.node(name)(values)
                    continue
                u = v.get(name, torch.full_like(values.values[0], net.node(name).initial))
                u = u + values.values[0]
                spikes = (u >= 1).double()
                v[name] = u - spikes
                mask = values.mask()
                spikes = spikes if mask is None else spikes * mask
                values = Signal((spikes * alive[name]).unsqueeze(0), values.lengths)
            if t >= tau:
                expected.append(values.values)
            if t == tau - 1:
                alive = {name: (u >= 0).double() for name, u in v.items()}
                v = {}
    assert torch.equal(got, torch.cat(expected))


def model(srp_steps: int, code: str = "saf") -> SpikingTextModel:
    vectors = torch.tensor([[0.0], [1.0], [-1.0], [0.5], [0.25]])
    return spiking_model(vectors, Encoder(code, "split"), network(), 3, srp_steps).eval()


IDS, LENGTHS = torch.tensor([[1, 2, 3], [4, 1, 0]]), torch.tensor([3, 2])


@torch.no_grad()
def test_pre_steps_are_charged_to_latency_and_spikes():
    plain, silenced = model(0), model(2)
    assert type(plain) is SpikingTextModel and plain.latency == 3
    assert isinstance(silenced, SilencedTextModel) and silenced.latency == 5
    record: dict[str, Signal] = {}
    out = silenced(IDS, LENGTHS, record=record)
    assert out.shape == (3, 2, 2)  # the answer is read from the T steps alone
    assert all(len(signal.values) == 5 for signal in record.values())
    assert torch.equal(record["readout"].values[2:], out)

    counter = SpikeCounter(silenced.network, input_is_analog=False)
    counter.update(record)
    early = silenced.frames(IDS, LENGTHS, steps=2)
    late = silenced.frames(IDS, LENGTHS)
    spikes = float(early.sum() + late.sum())
    assert counter.compute()["input_spikes_per_sample"] == spikes / 2 > float(late.sum()) / 2


@torch.no_grad()
def test_the_noise_of_pre_steps_and_steps_is_not_the_same():
    silenced = model(3, "poisson")
    record: dict[str, Signal] = {}
    silenced(IDS, LENGTHS, torch.Generator().manual_seed(0), record=record)
    values = record["input"].values
    assert not torch.equal(values[:3], values[3:])


def test_a_saved_model_keeps_its_pre_steps(tmp_path):
    before = model(2)
    save_model(tmp_path / "snn", before, ("no", "yes"))
    after, _ = load_model(tmp_path / "snn")
    assert isinstance(after, SilencedTextModel) and after.srp_steps == 2
    with torch.no_grad():
        assert torch.equal(after(IDS, LENGTHS), before(IDS, LENGTHS))


@pytest.mark.parametrize("neurons", [IF(0.5, soft_reset=False), LIF(0.5, 0.1)])
def test_neurons_without_that_account_are_refused(neurons):
    net = network(neurons)
    frames = Signal(torch.ones(2, 1, 2, 3), torch.tensor([3]))
    with pytest.raises(InputError, match="IF neurons with soft reset for SRP, but act"):
        find_silent(net, frames)


def test_bad_steps_are_refused():
    with pytest.raises(InputError, match="1 or more steps"):
        SilencedTextModel(torch.zeros(2, 1), Encoder(), network(), 3, -1)
    with odd_code() as code, pytest.raises(InputError, match="1, 3, 5"), torch.no_grad():
        vectors = torch.zeros(5, 1)
        spiking_model(vectors, Encoder(code), network(), 3, 2)(IDS, LENGTHS)
