"""The spiking encoder: what it computes, in both codings, with padding, saved and loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from snnconvert.errors import InputError
from snnconvert.models.families.spiking_bert import SpikingBertSpec, build_spiking_bert
from snnconvert.models.network import Network, Signal
from snnconvert.models.neurons.direct.node import BPSN
from snnconvert.models.nodes.tokens.attention import SpikeAttention
from snnconvert.models.nodes.tokens.linear import TokenLinear
from snnconvert.models.nodes.tokens.norm import TokenBatchNorm
from snnconvert.models.saving import load_model, save_model
from snnconvert.models.text_model import TextModel

DIM = 6
CHOICES: list[dict[str, Any]] = [
    {},
    {"coding": "repeat"},
    {"attention": "sdsa"},
    {"attention": "sdsa", "coding": "repeat"},
    {"attention": "softmax"},
    {"norm": "layer"},
    {"passes": 2, "direction": "forward"},
    {"shift_decays": True},
    {"pairs": True},
]


def encoder(seed: int = 0, **choices: Any) -> Network:
    sizes = {"size": 8, "layers": 2, "heads": 2, "expansion": 2, "positions": 16}
    return build_spiking_bert(SpikingBertSpec(DIM, 3, **(sizes | choices)), seed).double()


def texts(count: int = 4, length: int = 9, seed: int = 0) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(seed)
    values = torch.randn(count, DIM, length, generator=random, dtype=torch.float64)
    lengths = torch.randint(1, length + 1, (count,), generator=random)
    lengths[0] = length
    return values, lengths


def trained(network: Network) -> Network:
    """With running statistics and thresholds as after some training."""
    network.train()
    for seed in range(8):
        network(Signal(*texts(16, seed=100 + seed)))
    for name in network.inputs:
        node = network.node(name)
        if isinstance(node, BPSN):
            with torch.no_grad():
                node.threshold.mul_(0.4)
    return network.eval()


@pytest.mark.parametrize("choices", CHOICES, ids=str)
def test_padding_changes_nothing(choices: dict[str, Any]) -> None:
    """Neither logits, spikes and gradients nor running statistics, whatever stands there."""
    values, lengths = texts()
    found = []
    for more, stands in ((0, 0.0), (1, float("nan")), (30, float("inf"))):
        network = encoder(token_dropout=0.0, **choices).train()
        wide = functional.pad(values, (0, more), value=stands)
        for row, length in enumerate(lengths.tolist()):
            wide[row, :, length:] = stands
        record: dict[str, Signal] = {}
        logits = network(Signal(wide, lengths), record)
        logits.square().sum().backward()
        spikes = record["last_fire"].values[..., : values.shape[-1]]
        gradients = {name: p.grad for name, p in network.named_parameters()}
        found.append((logits, spikes, gradients, dict(network.named_buffers())))
    for logits, spikes, gradients, buffers in found[1:]:
        torch.testing.assert_close(logits, found[0][0], rtol=1e-10, atol=1e-12)
        assert torch.equal(spikes, found[0][1])
        for name, gradient in gradients.items():
            assert gradient is not None and found[0][2][name] is not None, name
            torch.testing.assert_close(gradient, found[0][2][name], rtol=1e-8, atol=1e-11)
        for name, buffer in buffers.items():
            torch.testing.assert_close(buffer, found[0][3][name], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("choices", CHOICES, ids=str)
def test_a_text_is_what_it_is_alone(choices: dict[str, Any]) -> None:
    network, (values, lengths) = trained(encoder(**choices)), texts()
    whole = network(Signal(values, lengths))
    for row, length in enumerate(lengths.tolist()):
        alone = network(Signal(values[row : row + 1, :, :length], lengths[row : row + 1]))
        torch.testing.assert_close(alone[0], whole[row], rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("choices", CHOICES, ids=str)
def test_it_is_saved_and_loaded(choices: dict[str, Any], tmp_path: Path) -> None:
    network = trained(encoder(**choices)).float()
    model = TextModel(torch.rand(5, DIM), network).eval()
    save_model(tmp_path, model, ("a", "b", "c"))
    loaded, classes = load_model(tmp_path)
    ids, lengths = torch.tensor([[1, 2, 3, 4], [4, 2, 0, 0]]), torch.tensor([4, 2])
    assert isinstance(loaded, TextModel) and classes == ("a", "b", "c")
    assert torch.equal(loaded(ids, lengths), model(ids, lengths))
    assert (tmp_path / "spec.json").is_file() and (tmp_path / "weights.safetensors").is_file()


def test_both_codings_have_the_same_weights_but_for_decays() -> None:
    one, other = encoder(), encoder(coding="repeat")
    left, right = one.state_dict(), other.state_dict()
    only = {name for name in left if name not in right}
    assert all(name.endswith(("forward_logit", "backward_logit")) for name in only) and only
    assert set(right) <= set(left)
    assert all(torch.equal(left[name], right[name]) for name in right)


def test_shown_once_to_neurons_without_memory_the_codings_are_one() -> None:
    one = encoder(token_dropout=0.0)
    other = encoder(coding="repeat", shows=1, token_dropout=0.0)
    for name in one.inputs:
        node = one.node(name)
        if isinstance(node, BPSN):
            node.forward_logit.data.fill_(-1e3)  # a decay of 0
            node.backward_logit.data.fill_(-1e3)
    signal = Signal(*texts())
    with torch.no_grad():
        assert torch.equal(one.train()(signal), other.train()(signal))
        assert torch.equal(one.eval()(signal), other.eval()(signal))


def test_the_stream_is_only_added_to_and_products_have_spikes() -> None:
    """Every matrix but the first and every attention reads zeros and ones alone."""
    network, record = trained(encoder()), dict[str, Signal]()
    network(Signal(*texts()), record)
    read = []
    for name, inputs in network.inputs.items():
        if isinstance(network.node(name), TokenLinear | SpikeAttention) and inputs[0] != "input":
            values = record[inputs[0]].values
            assert bool(((values == 0) | (values == 1)).all()), name
            read.append(float(values.detach().mean()))
    assert len(read) == 2 * 5 and all(0 < rate < 1 for rate in read)


def test_texts_may_be_longer_than_those_of_training() -> None:
    network = trained(encoder())
    values, lengths = texts(2, 128)
    assert bool(torch.isfinite(network(Signal(values, lengths))).all())


def test_attention_is_the_loop_over_pairs() -> None:
    random = torch.Generator().manual_seed(0)
    spikes = (torch.rand(2, 12, 5, generator=random) < 0.4).double()  # D = 4, H = 2
    found = SpikeAttention(2)(Signal(spikes, torch.tensor([5, 5]))).values
    expected = torch.zeros(2, 4, 5, dtype=torch.float64)
    for b in range(2):
        for head in (0, 1):
            q, k, v = (spikes[b, part * 4 + head * 2 :][:2] for part in range(3))
            for i in range(5):
                for j in range(5):
                    score = sum(int(q[c, i]) * int(k[c, j]) for c in range(2))
                    expected[b, head * 2 : head * 2 + 2, i] += score * v[:, j] / 8
    torch.testing.assert_close(found, expected)


def test_softmax_attention_is_torchs() -> None:
    random = torch.Generator().manual_seed(0)
    spikes = (torch.rand(2, 12, 5, generator=random) < 0.4).double()
    lengths = torch.tensor([5, 3])
    spikes[1, :, 3:] = 0
    found = SpikeAttention(2, softmax=True)(Signal(spikes, lengths)).values
    q, k, v = (part.unflatten(1, (2, 2)).transpose(-1, -2) for part in spikes.chunk(3, dim=1))
    valid = (torch.arange(5) < lengths[:, None])[:, None, None, :]
    expected = functional.scaled_dot_product_attention(q, k, v, attn_mask=valid)
    torch.testing.assert_close(found, expected.transpose(-1, -2).flatten(1, 2))


def test_a_norm_is_torchs_on_the_valid_tokens() -> None:
    values, lengths = texts()
    ours, theirs = TokenBatchNorm(DIM).double(), torch.nn.BatchNorm1d(DIM).double()
    rows = torch.cat([values[b, :, :n].T for b, n in enumerate(lengths.tolist())])
    found, expected = ours(Signal(values, lengths)).values, theirs(rows)
    got = torch.cat([found[b, :, :n].T for b, n in enumerate(lengths.tolist())])
    torch.testing.assert_close(got, expected)
    torch.testing.assert_close(ours.running_var, theirs.running_var)
    shown = values.expand(3, *values.shape)
    again = TokenBatchNorm(DIM).double()
    torch.testing.assert_close(again(Signal(shown, lengths)).values[2], found)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"heads": 3}, "divide the size 8"),
        ({"coding": "twice"}, "individual or repeat"),
        ({"attention": "no"}, "ssa or sdsa or softmax"),
        ({"norm": "no"}, "batch or layer"),
        ({"shows": 2}, "only with the coding repeat"),
        ({"coding": "repeat", "passes": 1}, "only with the coding individual"),
        ({"coding": "repeat", "direction": "forward"}, "only with the coding individual"),
        ({"coding": "repeat", "shift_decays": True}, "only with the coding individual"),
        ({"layers": 0}, "at least 1"),
        ({"token_dropout": 1.0}, "dropout"),
    ],
    ids=str,
)
def test_bad_specs_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        encoder(**wrong)


@pytest.mark.slow
def test_it_learns_texts_by_heart() -> None:
    random = torch.Generator().manual_seed(0)
    values = torch.randn(32, DIM, 8, generator=random)
    lengths = torch.randint(3, 9, (32,), generator=random)
    labels = torch.randint(0, 3, (32,), generator=random)
    network = encoder(size=32, token_dropout=0.0).float().train()
    optimizer = torch.optim.AdamW(network.parameters(), 5e-3)
    for _ in range(80):
        optimizer.zero_grad()
        functional.cross_entropy(network(Signal(values, lengths)), labels).backward()
        optimizer.step()
    assert bool((network(Signal(values, lengths)).argmax(1) == labels).all())
