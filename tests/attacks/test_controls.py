"""Controls share one property with an SNN; noise alone is an attack that changes nothing."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.attacks.controls.coded_ann import CodedAnn
from snnconvert.attacks.controls.deterministic import without_noise
from snnconvert.attacks.controls.quantised_scores import QuantisedScores, largest_remainders
from snnconvert.attacks.noise import run_noise
from snnconvert.attacks.victims import check_probabilities
from snnconvert.engine.classifier import ModelClassifier
from snnconvert.errors import InputError, SnnConvertError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.text_model import TextModel
from snnconvert.tests.helpers.attacks import ENGLISH, EXAMPLES, Bag
from snnconvert.text.datasets.dataset import Split
from snnconvert.text.stages.words import TextStage

TEXTS = ["a good film", "dull", "the plot is dull but the cast is great great fun"]


@pytest.fixture(scope="module")
def ann():
    split = Split(tuple(TEXTS), (1, 0, 1))
    stage, vectors = TextStage.fit(split, "en", "random", dim=6, seed=1, progress=False)
    spec = TextCNNSpec(dim=6, classes=2, widths=(1, 2), channels=5, activation="relu")
    model = TextModel(torch.from_numpy(vectors), build_textcnn(spec, seed=2)).eval()
    return ModelClassifier(stage, model, ("neg", "pos"), draws=3)


@pytest.mark.parametrize("mapping", ["split", "shift"])
@pytest.mark.parametrize("code", ["saf", "bitplane"])
def test_a_code_of_many_steps_leaves_the_ann_as_it_is(ann, code, mapping):
    coded = CodedAnn(ann, Encoder(code, mapping), 255)
    assert not coded.stochastic
    assert np.abs(coded.probabilities(TEXTS) - ann.probabilities(TEXTS)).max() < 0.01


def test_a_coarse_code_rounds_every_component(ann):
    """At T = 1 every component becomes -1, 0 or 1: the ANN on rounded vectors, by hand."""
    coded = CodedAnn(ann, Encoder("saf", "split"), 1)
    vectors = ann.model.embedding.weight.clamp(-1, 1)
    rounded = torch.sign(vectors) * (vectors.abs() >= 0.5)
    by_hand = TextModel(rounded, ann.model.network).eval()
    other = ModelClassifier(ann.stage, by_hand, ann.classes)
    np.testing.assert_allclose(coded.probabilities(TEXTS), other.probabilities(TEXTS), atol=1e-6)


def test_poisson_noise_is_shared_by_texts_and_averaged(ann):
    coded = CodedAnn(ann, Encoder("poisson", "split"), 4, draws=3)
    together, alone = coded.probabilities(TEXTS, 5), coded.probabilities(TEXTS[1:2], 5)
    check_probabilities(together, 3, 2)
    np.testing.assert_allclose(together[1:2], alone, atol=1e-6)
    assert np.abs(coded.probabilities(TEXTS, 6) - together).max() > 1e-4
    votes = coded.votes(TEXTS, 51, 7)
    assert votes.dtype == np.int64 and (votes.sum(axis=1) == 51).all()
    mean = votes[:, 1] / 51
    assert ((mean > 0.5) == (ann.probabilities(TEXTS)[:, 1] > 0.5)).sum() >= 2


def test_the_input_of_many_draws_is_the_vector(ann):
    encoder = Encoder("poisson", "shift")
    x = torch.rand(1, 6, 3, generator=torch.Generator().manual_seed(0)) * 2 - 1
    frames = encoder.encode(x, torch.tensor([3]), 20_000, torch.Generator().manual_seed(1))
    assert (encoder.decode(frames.mean(dim=0)) - x).abs().max() < 0.05


@given(
    st.lists(st.floats(0.001, 1), min_size=2, max_size=5).map(np.array),
    st.integers(1, 64),
)
def test_quantised_rows_are_on_levels_and_keep_the_winner(weights, levels):
    row = weights / weights.sum()
    whole = largest_remainders(row[None], levels)
    assert whole.sum() == levels and (whole >= 0).all()
    assert np.abs(whole - row * levels).max() < 1 + 1e-9
    inner = SimpleNamespace(
        language="en", classes=range(len(row)), probabilities=lambda texts, seed: row[None]
    )
    found = QuantisedScores(inner, levels).probabilities(["x"])
    check_probabilities(found, 1, len(row))
    assert found[0].argmax() == row.argmax()
    assert np.abs(found * levels - whole).max() < 1e-6 * levels


def test_deterministic_snn_has_the_same_weights(ann):
    network = torch.nn.Identity()
    snn = SpikingTextModel(
        ann.model.embedding.weight.detach(), Encoder("poisson", "shift"), network, 7
    )
    quiet = without_noise(ModelClassifier(ann.stage, snn, ann.classes))
    assert quiet.model.network is network and quiet.model.steps == 7
    assert quiet.model.encoder == Encoder("saf", "shift") and not quiet.stochastic
    with pytest.raises(InputError, match="its code is saf"):
        without_noise(quiet)


def test_direct_input_has_no_noise_to_share(ann):
    with pytest.raises(InputError, match="direct input"):
        CodedAnn(ann, Encoder("direct", "none"), 4)


def test_noise_alone_fools_no_victim_without_noise(tmp_path):
    records = run_noise(Bag("en", ENGLISH), EXAMPLES, "bag", tmp_path / "r.jsonl")
    assert {r.status for r in records} == {"failed", "skipped"}


def test_noise_alone_fools_a_noisy_victim_and_is_verified(tmp_path):
    out, bag = tmp_path / "r.jsonl", Bag("en", ENGLISH, noise=9.0)
    examples = [replace(e, index=6 * i + e.index) for i in range(5) for e in EXAMPLES]
    records = run_noise(bag, examples, "bag", out, seed=3, verify_draws=51)
    found = [r for r in records if r.status == "success"]
    assert found, "with noise this strong a second look differs for some text"
    assert all(r.adversarial_text == r.text and r.verify_draws == 51 for r in found)
    assert all(r.verified == (r.wrong_draws > 25) for r in found)
    before = out.read_bytes()
    assert run_noise(bag, examples, "bag", out, seed=3, verify_draws=51) == records
    assert out.read_bytes() == before, "what is there is not looked at again"


def test_a_label_out_of_range_is_a_record(tmp_path):
    odd = [SimpleNamespace(index=0, text="good", label=7)]
    (record,) = run_noise(Bag("en", ENGLISH), odd, "bag", tmp_path / "r.jsonl")
    assert record.status == "error" and "label 7" in record.error


def test_noise_looks_again_where_this_machine_ran_out_of_memory(tmp_path):
    class Short(Bag):
        def probabilities(self, texts, seed=0):
            raise MemoryError

    out, bag = tmp_path / "r.jsonl", Bag("en", ENGLISH)
    with pytest.raises(SnnConvertError, match="ran out of memory"):
        run_noise(Short("en", ENGLISH), EXAMPLES, "bag", out)
    records = run_noise(bag, EXAMPLES, "bag", out)
    assert {r.status for r in records} == {"failed", "skipped"}
    changed = [replace(EXAMPLES[0], label=1 - EXAMPLES[0].label)]
    with pytest.raises(InputError, match="another text or label"):
        run_noise(bag, changed, "bag", out)
