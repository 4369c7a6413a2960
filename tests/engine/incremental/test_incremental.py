"""Incremental evaluation against whole evaluation by the reference, spike by spike."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from snnconvert.engine.grid import on_grid
from snnconvert.engine.incremental import bases as bases_module
from snnconvert.engine.incremental.incremental import Incremental
from snnconvert.engine.incremental.kernels import unchanged
from snnconvert.engine.incremental.texts import Texts
from snnconvert.engine.inference.fast import FastEngine
from snnconvert.engine.plan import Unsupported
from snnconvert.errors import InputError
from snnconvert.models.batches import to_batch
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network, Signal
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.nodes.layers import Conv1d
from snnconvert.models.operations import SpikeCounter
from snnconvert.models.snn import SpikingTextModel, running_logits
from snnconvert.models.spikes.pooling import MaxOfSpikes
from snnconvert.tests.helpers.incremental import DIM, WORDS, edited, linear, models, texts


class Whole(FastEngine):
    """The fast engine, counting the texts it is shown as a whole."""

    texts = 0

    def running_logits(self, sequences, seed=0, shared_noise=False, counter=None) -> Tensor:
        self.texts += len(sequences)
        return super().running_logits(sequences, seed, shared_noise, counter)


@given(st.data(), models(), st.sampled_from(["exact", "fast"]), st.sampled_from([1, 10**6]))
@settings(max_examples=60)
def test_spikes_and_logits_of_edited_texts_equal_those_of_the_reference(
    data, model, precision, cache_bytes
):
    base = np.array(data.draw(texts), np.int64)
    edits = edited(base.tolist()) | texts.map(lambda ids: np.array(ids, np.int64))
    variants = [base, *data.draw(st.lists(edits, min_size=1, max_size=6))]
    engine = Whole(model, precision, cache_bytes=cache_bytes)
    record: dict[str, Signal] = {}
    with torch.no_grad():
        expected = running_logits(engine.model(*to_batch(variants), record=record))
    incremental = Incremental(engine)
    for given_base in (base, base, None):  # the second time from the summaries that were kept
        found = incremental.running_logits(variants, base=given_base)
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
        last = incremental.logits(variants, base=given_base)
        torch.testing.assert_close(last, expected[-1], rtol=1e-5, atol=1e-5)
    spikes = torch.cat([record[branch.output].values for branch in engine.plan.branches], dim=2)
    assert torch.equal(pooled_by(incremental, base, variants), spikes)


def pooled_by(incremental: Incremental, base: np.ndarray, variants: list[np.ndarray]) -> Tensor:
    """The pooled signals (T, N, sum of C) that the kernels hand on, in the order of the texts."""
    found = []
    engine = incremental.engine
    known = incremental.bases.known(base, [0])
    with pytest.MonkeyPatch.context() as patch:
        zeros = torch.zeros(len(engine.front.order), 1, 1)

        def pooled_logits(pooled: Tensor, sums: bool) -> Tensor:
            assert not sums
            found.append(pooled.clone())
            return zeros

        patch.setattr(engine, "pooled_logits", pooled_logits)
        for variant in variants:
            same = Texts.of([variant]).same(base)
            incremental.variants.logits(known, [variant], same, sums=False, seeds=[0])
    return torch.cat(found, dim=1)


@given(texts, texts)
def test_common_words_are_counted_once(base, text):
    first, last = unchanged(np.array(base, np.int64), np.array(text, np.int64))
    assert first + last <= min(len(base), len(text))
    assert base[:first] == text[:first]
    assert base[len(base) - last :] == text[len(text) - last :]
    if first + last < min(len(base), len(text)):
        assert base[first] != text[first] and base[-1 - last] != text[-1 - last]


def model_of(width: int = 3, code: str = "saf") -> SpikingTextModel:
    rng = torch.Generator().manual_seed(1)
    encoder = Encoder(code)
    conv = Conv1d(encoder.channels(DIM), 4, width)
    conv.weight.data = 0.3 * torch.randn(conv.weight.shape, generator=rng)
    pool = ("pool", MaxOfSpikes(), ("if",))
    nodes = [("conv", conv, ("input",)), ("if", IF(), ("conv",)), pool]
    network = Network([*nodes, ("readout", linear(4, 2, rng), ("pool",))])
    return on_grid(SpikingTextModel(torch.rand(WORDS, DIM, generator=rng), encoder, network, 4))


def one_word_variants(base: np.ndarray) -> list[np.ndarray]:
    variants = [base.copy() for _ in base]
    for i, variant in enumerate(variants):
        variant[i] = (variant[i] + 1) % WORDS
    return variants


def test_a_batch_of_variants_needs_no_whole_evaluation():
    base = np.arange(1, 11)
    engine = Whole(model_of())
    incremental = Incremental(engine)
    variants = one_word_variants(base)
    deleted = [np.delete(base, i) for i in range(len(base))]
    for batch in (variants, deleted, [variants[3]]):
        found = incremental.running_logits(batch)
        assert engine.texts == 0
        torch.testing.assert_close(found, engine.running_logits(batch), rtol=1e-5, atol=1e-5)
        engine.texts = 0


def test_a_row_is_the_same_in_every_company():
    incremental = Incremental(Whole(model_of()))
    base = np.arange(1, 11)
    together = incremental.running_logits(one_word_variants(base), base=base)
    for i, variant in enumerate(one_word_variants(base)):
        alone = incremental.running_logits([variant], base=base)[:, 0]
        torch.testing.assert_close(together[:, i], alone, rtol=1e-6, atol=1e-6)


def test_texts_that_share_nothing_are_evaluated_as_a_whole():
    engine = Whole(model_of())
    incremental = Incremental(engine)
    unrelated = [np.full(6, word) for word in (1, 2, 3)]
    incremental.running_logits(unrelated)
    assert engine.texts == 3
    incremental.running_logits(unrelated, base=np.arange(1, 11))
    assert engine.texts == 6


def test_bases_are_few_and_bounded(monkeypatch):
    engine = Whole(model_of())
    incremental = Incremental(engine, kept=2)
    for word in range(1, 6):
        incremental.running_logits([np.full(9, word)], base=np.full(9, word))
    assert len(incremental.bases) == 2 and engine.texts == 0
    monkeypatch.setattr(bases_module, "BASE_BYTES", 1)
    incremental.running_logits([np.full(9, 7)], base=np.full(9, 7))
    assert len(incremental.bases) == 2 and engine.texts == 1


def test_the_kernels_need_numba():
    with pytest.raises(Unsupported, match="numba"):
        Incremental(Whole(model_of(), backend="torch"))


def test_no_texts_are_refused_as_by_the_engine():
    for call in (Incremental(Whole(model_of())).running_logits, Whole(model_of()).running_logits):
        with pytest.raises(InputError, match="at least one text"):
            call([])


def test_new_weights_make_old_summaries_worthless():
    model, base = model_of(), np.arange(1, 11)
    incremental = Incremental(Whole(model))
    before = incremental.running_logits([base], base=base)
    with torch.no_grad():
        model.network.node("conv").weight.mul_(2)
    after = incremental.running_logits([base], base=base)
    expected = Whole(model).running_logits([base])
    torch.testing.assert_close(after, expected, rtol=1e-5, atol=1e-5)
    assert not torch.equal(before, after)


def test_what_is_counted_is_evaluated_as_a_whole():
    engine = Whole(model_of())
    counter = SpikeCounter(engine.model.network, False)
    base = np.arange(1, 11)
    Incremental(engine).running_logits([base, base], counter=counter, base=base)
    assert engine.texts == 2 and counter.samples == 2


def test_the_typical_text():
    sequences = [np.array(text) for text in ([1, 2, 9], [1, 8, 3], [7, 2, 3], [5])]
    assert Texts.of(sequences).typical().tolist() == [1, 2, 3]
