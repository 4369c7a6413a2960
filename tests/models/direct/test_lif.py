"""The LIF neuron that is trained, against spikingjelly's."""

from __future__ import annotations

import torch

from snnconvert.models.neurons.direct.lif import trained_lif_run


def test_it_is_spikingjellys() -> None:
    from spikingjelly.activation_based import neuron, surrogate

    theirs = neuron.LIFNode(
        tau=2.0,
        decay_input=False,
        v_threshold=0.7,
        v_reset=0.0,
        detach_reset=True,
        surrogate_function=surrogate.ATan(alpha=2.0),
        step_mode="m",
    )
    random = torch.Generator().manual_seed(0)
    x = torch.randn(4, 3, 5, 6, generator=random, dtype=torch.float64) * 1.5
    above = torch.randn(x.shape, generator=random, dtype=torch.float64)
    left, right = x.clone().requires_grad_(), x.clone().requires_grad_()
    theta = torch.full((5,), 0.7, dtype=torch.float64)
    spikes, expected = trained_lif_run(left, theta), theirs(right)
    assert torch.equal(spikes, expected) and 0 < float(spikes.detach().mean()) < 1
    (spikes * above).sum().backward()
    (expected * above).sum().backward()
    torch.testing.assert_close(left.grad, right.grad)


def test_a_trace_by_hand() -> None:
    """U = 0.75, then 1.125 (fires, reset to 0), then 0.75 again."""
    spikes = trained_lif_run(torch.full((4, 1, 1, 1), 0.75), torch.ones(1))
    assert spikes.flatten().tolist() == [0, 1, 0, 1]


def test_padding_never_fires_whatever_stands_there() -> None:
    x = torch.full((2, 1, 1, 3), float("nan"))
    x[..., 0] = 2.0
    assert trained_lif_run(x, torch.ones(1), torch.tensor([1])).flatten().tolist() == [
        1,
        0,
        0,
        1,
        0,
        0,
    ]
