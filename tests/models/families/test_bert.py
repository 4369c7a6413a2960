"""The ANN of the spiking encoder's matrices: against torch's own functions, with padding."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from snnconvert.errors import InputError
from snnconvert.models.families.bert import BertSpec, build_bert
from snnconvert.models.families.spiking_bert import SpikingBertSpec, build_spiking_bert
from snnconvert.models.network import Network, Signal
from snnconvert.models.saving import load_model, save_model
from snnconvert.models.text_model import TextModel

DIM, SIZES = 6, {"size": 8, "layers": 2, "heads": 2, "expansion": 2, "positions": 6}


def encoder(seed: int = 0) -> Network:
    """With biases, norms and positions that are no zeros and ones."""
    network = build_bert(BertSpec(DIM, 3, **SIZES, token_dropout=0.0), seed).double()
    random = torch.Generator().manual_seed(seed)
    for name, parameter in network.named_parameters():
        if not name.endswith("weight") or "norm" in name:
            parameter.data += 0.2 * torch.randn(parameter.shape, generator=random).double()
    return network


def texts(length: int = 9) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(0)
    values = torch.randn(4, DIM, length, generator=random, dtype=torch.float64)
    return values, torch.tensor([length, 1, 4, 7])


def by_torch(network: Network, text: Tensor) -> Tensor:
    """Logits (K,) of one text (L, D_e), written with torch's functions alone."""
    weights = dict(network.named_parameters())

    def of(name: str, kind: str = "weight") -> Tensor:
        return weights[f"nodes.{name}.{kind}"]

    def norm(name: str, x: Tensor) -> Tensor:
        return functional.layer_norm(x, (SIZES["size"],), of(name), of(name, "bias"))

    def linear(name: str, x: Tensor) -> Tensor:
        return functional.linear(x, of(name), of(name, "offset"))

    places = torch.arange(len(text)).clamp(max=SIZES["positions"] - 1)
    x = norm("embed_norm", text @ of("embed").T + of("positions", "table")[places])
    for block in ("block1", "block2"):
        qkv = linear(f"{block}_qkv", norm(f"{block}_norm", x))  # (L, 3 D)
        query, key, value = (
            part.unflatten(1, (SIZES["heads"], -1)).transpose(0, 1) for part in qkv.chunk(3, 1)
        )
        mixed = functional.scaled_dot_product_attention(query, key, value)  # (H, L, d)
        x = x + linear(f"{block}_out", mixed.transpose(0, 1).flatten(1))
        inner = functional.gelu(linear(f"{block}_up", norm(f"{block}_inner_norm", x)))
        x = x + linear(f"{block}_down", inner)
    pooled = norm("last_norm", x).mean(0)
    return functional.linear(pooled, of("readout"), of("readout", "bias"))


@torch.no_grad()
def test_it_is_what_torch_computes() -> None:
    network, (values, lengths) = encoder().eval(), texts()
    found = network(Signal(values, lengths))
    for row, length in enumerate(lengths.tolist()):
        alone = by_torch(network, values[row, :, :length].T)
        torch.testing.assert_close(found[row], alone, rtol=1e-9, atol=1e-11)


def test_padding_changes_neither_logits_nor_gradients() -> None:
    values, lengths = texts()
    found = []
    for more, stands in ((0, 0.0), (7, float("nan")), (3, float("inf"))):
        network = encoder().train()
        wide = functional.pad(values, (0, more), value=stands)
        for row, length in enumerate(lengths.tolist()):
            wide[row, :, length:] = stands
        logits = network(Signal(wide, lengths))
        logits.square().sum().backward()
        found.append((logits, {name: p.grad for name, p in network.named_parameters()}))
    for logits, gradients in found[1:]:
        torch.testing.assert_close(logits, found[0][0], rtol=1e-10, atol=1e-12)
        for name, gradient in gradients.items():
            torch.testing.assert_close(gradient, found[0][1][name], rtol=1e-8, atol=1e-11)


def test_its_matrices_are_those_of_the_spiking_encoder() -> None:
    """Of the same names and shapes, and alike at the start."""
    ann = build_bert(BertSpec(DIM, 3, **SIZES), 3)
    spiking = build_spiking_bert(SpikingBertSpec(DIM, 3, **SIZES), 3)
    there = {n: p for n, p in spiking.named_parameters() if p.dim() > 1}
    own = {n: p for n, p in ann.named_parameters() if p.dim() > 1}
    assert own.keys() == there.keys() and len(own) == 2 + 2 * 4 + 1
    assert all(torch.equal(own[name], there[name]) for name in own)


def test_it_is_saved_and_loaded(tmp_path: Path) -> None:
    model = TextModel(torch.rand(5, DIM), encoder().float()).eval()
    save_model(tmp_path, model, ("a", "b", "c"))
    loaded, _ = load_model(tmp_path)
    ids, lengths = torch.tensor([[1, 2, 3, 4], [4, 2, 0, 0]]), torch.tensor([4, 2])
    assert torch.equal(loaded(ids, lengths), model(ids, lengths))


def test_bad_specs_are_refused() -> None:
    with pytest.raises(InputError, match="divide the size 8"):
        build_bert(BertSpec(DIM, 3, size=8, heads=3))
