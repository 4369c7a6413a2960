"""Words of a batch: each distinct one is multiplied once, and nothing of it is kept."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from snnconvert.engine.tokens.kept import kept_bytes
from snnconvert.engine.tokens.words import Words, word_linear, words_of
from snnconvert.models.families.spiking_bert import SpikingBertSpec, build_spiking_bert
from snnconvert.models.text_model import TextModel

DIM = 6


def drawn(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0)).double() * 2 - 1


def model(words: int, train: bool = False) -> TextModel:
    table = drawn(words, DIM)
    table[:1] = 0
    network = build_spiking_bert(SpikingBertSpec(DIM, 2, size=8, layers=1, heads=2), 0)
    return TextModel(table, network.double(), train)


IDS = torch.tensor([[3, 1, 3, 0], [2, 3, 1, 1]])


def test_padded_words_are_what_the_model_reads() -> None:
    own = model(5)
    assert torch.equal(words_of(own, IDS).padded(), own.embed(IDS))
    assert torch.equal(words_of(own, IDS).last_components(), own.embed(IDS)[:, -1])
    read = model(0)  # texts that come as vectors
    texts = drawn(2, 4, DIM)
    assert torch.equal(words_of(read, texts).padded(), read.embed(texts))
    assert torch.equal(words_of(read, texts).last_components(), read.embed(texts)[:, -1])


@pytest.mark.parametrize("train", [False, True])
def test_products_and_gradients_are_those_of_every_word(train: bool) -> None:
    own, weight = model(5, train), drawn(8, DIM).requires_grad_()
    found = word_linear(IDS.flatten(), weight, words_of(own, IDS).look_up)
    every = own.embed(IDS).transpose(1, 2).flatten(0, 1) @ weight.T
    torch.testing.assert_close(found, every)
    above = drawn(8, 8)
    of = [weight, own.embedding.weight] if train else [weight]
    for one, other in zip(
        torch.autograd.grad(found, of, above), torch.autograd.grad(every, of, above), strict=True
    ):
        torch.testing.assert_close(one, other)


def test_vectors_are_not_kept() -> None:
    own, weight = model(5), drawn(8, DIM).requires_grad_()
    words = words_of(own, IDS)
    kept = kept_bytes(lambda: word_linear(IDS.flatten(), weight, words.look_up), [weight])
    assert kept == 8 * (4 + 8)  # which words they are and where they stand, in int64


def test_what_stands_at_no_place_is_not_read() -> None:
    vectors = drawn(2, DIM, 4)
    vectors[0, :, 3] = float("nan")
    words = Words.of_vectors(vectors)
    weight = drawn(8, DIM).requires_grad_()
    found = word_linear(words.ids.flatten()[:3], weight, words.look_up)
    found.sum().backward()
    assert found.isfinite().all() and weight.grad is not None and weight.grad.isfinite().all()
