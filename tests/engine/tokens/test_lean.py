"""A token encoder with little memory: what its nodes give, to the last spike and gradient."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from snnconvert.engine.plan import Unsupported
from snnconvert.engine.tokens.kept import kept_bytes
from snnconvert.engine.tokens.lean import LeanRun, check_lean
from snnconvert.engine.tokens.packing import Packing
from snnconvert.engine.tokens.words import Words
from snnconvert.models.families.spiking_bert import SpikingBertSpec, build_spiking_bert
from snnconvert.models.network import Network, Signal
from snnconvert.models.spike_share import spike_share
from snnconvert.models.text_model import set_generator

DIM = 6
CHOICES: list[dict[str, Any]] = [
    {},
    {"direction": "forward"},
    {"shift_decays": True},
    {"pairs": True},
    {"coding": "repeat"},
    {"coding": "repeat", "shows": 2},
]


def encoder(**choices: Any) -> Network:
    sizes = {"size": 8, "layers": 2, "heads": 2, "expansion": 2, "positions": 6}
    network = build_spiking_bert(SpikingBertSpec(DIM, 3, **(sizes | choices)), 0).double().train()
    for name, parameter in network.named_parameters():
        if name.endswith("threshold"):
            parameter.data.mul_(0.5)
    return network


def texts(lengths: list[int], width: int, stands: float = 0.0) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(1)
    values = torch.randn(len(lengths), DIM, width, generator=random, dtype=torch.float64)
    for row, length in enumerate(lengths):
        values[row, :, length:] = stands
    return values, torch.tensor(lengths)


@pytest.mark.parametrize("lengths", [[5, 5, 5], [9, 1, 4, 0]], ids=["whole", "padded"])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("choices", CHOICES, ids=str)
def test_it_is_the_network_of_nodes(
    choices: dict[str, Any], dropout: float, lengths: list[int]
) -> None:
    values, counts = texts(lengths, max(lengths))
    found = []
    for lean in (False, True):
        network = encoder(token_dropout=dropout, **choices)
        set_generator(network, torch.Generator().manual_seed(5))
        if lean:
            check_lean(network)
            run = LeanRun(network, counts)
            logits = run(Words.of_vectors(values))
            assert run.share is not None
            share = run.share
        else:
            record: dict[str, Signal] = {}
            logits = network(Signal(values, counts), record)
            share = spike_share(network, record)
        (logits.square().sum() + 3 * share).backward()
        gradients = {name: p.grad for name, p in network.named_parameters()}
        found.append((logits, share, gradients, dict(network.named_buffers())))
    plain, lean_ = found
    torch.testing.assert_close(lean_[0], plain[0], rtol=1e-9, atol=1e-11)
    torch.testing.assert_close(lean_[1], plain[1], rtol=1e-9, atol=1e-12)
    for name, gradient in plain[2].items():
        assert gradient is not None and lean_[2][name] is not None, name
        torch.testing.assert_close(lean_[2][name], gradient, rtol=1e-7, atol=1e-10, msg=name)
    for name, buffer in plain[3].items():
        torch.testing.assert_close(lean_[3][name], buffer, rtol=1e-9, atol=1e-12)


@torch.no_grad()
@pytest.mark.parametrize("choices", CHOICES, ids=str)
def test_padding_is_not_read_and_evaluation_is_that_of_the_nodes(choices: dict[str, Any]) -> None:
    network = encoder(**choices).eval()
    values, counts = texts([9, 1, 4], 12, float("nan"))
    found = LeanRun(network, counts)(Words.of_vectors(values))
    torch.testing.assert_close(found, network(Signal(values, counts)), rtol=1e-9, atol=1e-11)


def test_packing_and_back() -> None:
    padded = torch.arange(24.0).reshape(3, 2, 4)  # L = 3, B = 2
    packing = Packing(torch.tensor([3, 1]), 3)
    packed = packing.packed(padded)
    assert packed.tolist() == padded.reshape(6, 4)[[0, 1, 2, 4]].tolist()
    assert packing.texts.tolist() == [0, 1, 0, 0] and packing.positions.tolist() == [0, 0, 1, 2]
    back = packing.padded(packed)
    assert torch.equal(back[:, 0], padded[:, 0]) and torch.equal(back[0, 1], padded[0, 1])
    assert not back[1:, 1].any()
    whole = Packing(torch.tensor([3, 3]), 3)
    assert whole.packed(padded).data_ptr() == padded.data_ptr()


@pytest.mark.parametrize(
    "choices", [{"norm": "layer"}, {"passes": 1}, {"attention": "sdsa"}, {"attention": "softmax"}]
)
def test_what_it_does_not_run_is_said(choices: dict[str, Any]) -> None:
    with pytest.raises(Unsupported):
        check_lean(encoder(**choices))


def test_showing_a_text_four_times_keeps_nearly_four_times_as_much() -> None:
    """And the plain nodes keep far more than either: bytes, so the same on every machine."""
    kept: dict[str, int] = {}
    random = torch.Generator().manual_seed(0)
    table, lengths = torch.randn(600, 300, generator=random), torch.tensor([25, 24, 23] * 10)
    words = Words(torch.randint(0, 600, (30, 25), generator=random), table.__getitem__)
    for coding in ("individual", "repeat"):
        spec = SpikingBertSpec(300, 2, size=128, layers=2, token_dropout=0.2, coding=coding)
        network = build_spiking_bert(spec, 0).train()
        set_generator(network, random)
        parameters = list(network.parameters())
        kept[coding] = kept_bytes(lambda n=network: LeanRun(n, lengths)(words), parameters)
        kept[f"plain {coding}"] = kept_bytes(
            lambda n=network: n(Signal(words.padded(), lengths)), parameters
        )
    assert 3.8 < kept["repeat"] / kept["individual"] <= 4
    assert kept["plain individual"] > 3 * kept["individual"]
