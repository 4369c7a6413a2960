"""An ANN from tables of words: the same bits as its own nodes on the grid, in any company."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snnconvert.engine.classifier import ModelClassifier
from snnconvert.engine.incremental.ann import AnnEngine
from snnconvert.engine.incremental.ann_grid import RowLinear, ann_on_grid
from snnconvert.engine.incremental.ann_runner import AnnRunner
from snnconvert.engine.incremental.incremental import Incremental
from snnconvert.engine.plan import Unsupported
from snnconvert.engine.reference import ann_logits
from snnconvert.errors import InputError
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.network import Network, Node, Signal
from snnconvert.models.nodes.activations import make_activation
from snnconvert.models.nodes.layers import Concat, Conv1d, Dropout
from snnconvert.models.nodes.pooling import MaxOverTime
from snnconvert.models.text_model import TextModel
from snnconvert.tests.helpers.incremental import DIM, WORDS, edited, linear, texts
from snnconvert.text.datasets.dataset import Split
from snnconvert.text.stages.words import TextStage

BATCH = [np.array(ids) for ids in ([1, 2, 3, 4, 5, 6], [1, 2, 7, 4, 5, 6], [3], [], [9, 8, 7, 6])]


@st.composite
def anns(draw: st.DrawFn) -> TextModel:
    """Small ANNs of every kind that has a table."""
    rng = torch.Generator().manual_seed(draw(st.integers(0, 10**6)))
    nodes: list[tuple[str, Node, tuple[str, ...]]] = []
    outputs, features = [], 0
    for b in range(draw(st.integers(1, 3))):
        width, channels = draw(st.integers(1, 4)), draw(st.integers(1, 9))
        sides = st.integers(0, width - 1)
        conv = Conv1d(DIM, channels, width, (draw(sides), draw(sides)))
        conv.weight.data = torch.randn(conv.weight.shape, generator=rng)
        conv.bias.data = 0.3 * torch.randn(channels, generator=rng)
        nodes.append((f"conv{b}", conv, ("input",)))
        if kind := draw(st.sampled_from(["relu", "qcfs", "tcl", ""])):
            options = {"levels": 4} if kind == "qcfs" else {}
            nodes.append((f"act{b}", make_activation(kind, **options), (nodes[-1][0],)))
        nodes.append((f"pool{b}", MaxOverTime(), (nodes[-1][0],)))
        outputs.append(f"pool{b}")
        features += channels
    nodes.append(("concat", Concat(), tuple(outputs)))
    nodes.append(("dropout", Dropout(0.5), ("concat",)))
    if draw(st.booleans()):
        nodes.append(("hidden", linear(features, 4, rng), ("dropout",)))
        nodes.append(("hidden_act", make_activation("relu"), ("hidden",)))
        features = 4
    nodes.append(("readout", linear(features, 2, rng), (nodes[-1][0],)))
    vectors = torch.rand(WORDS, DIM, generator=rng) * 2 - 1
    vectors[0] = 0
    return TextModel(vectors, Network(nodes)).eval()


@given(st.data(), anns(), st.sampled_from([1, 10**6]))
@settings(max_examples=60)
def test_tables_give_the_bits_of_the_network_on_its_grid(data, model, cache_bytes):
    base = np.array(data.draw(texts), np.int64)
    edits = edited(base.tolist()) | texts.map(lambda ids: np.array(ids, np.int64))
    variants = [base, *data.draw(st.lists(edits, min_size=1, max_size=6))]
    expected = ann_logits(ann_on_grid(model), variants)
    engine = AnnEngine(model, cache_bytes)
    assert torch.equal(engine.logits(variants), expected)
    for given_base in (base, base, None):
        assert torch.equal(Incremental(engine).logits(variants, base=given_base), expected)
    torch.testing.assert_close(expected, ann_logits(model, variants), rtol=1e-4, atol=1e-4)


def textcnn(**settings) -> TextModel:
    vectors = torch.rand(WORDS, DIM, generator=torch.Generator().manual_seed(2)) * 2 - 1
    return TextModel(vectors, build_textcnn(TextCNNSpec(DIM, 2, (2, 3), 5, **settings), 4)).eval()


def test_a_text_has_the_same_bits_alone_and_in_company():
    model = ann_on_grid(textcnn(activation="relu"))
    together = ann_logits(model, BATCH * 20)
    for i, ids in enumerate(BATCH):
        assert torch.equal(ann_logits(model, [ids])[0], together[i])
        assert torch.equal(together[i], together[i + 95])


def test_a_row_is_added_up_in_float64():
    layer = linear(3, 1, torch.Generator())
    layer.weight.data = torch.tensor([[1e8, 1.0, -1e8]])
    layer.bias.data = torch.tensor([0.5])
    found = RowLinear.of(layer)(Signal(torch.ones(2, 3))).values
    assert found.tolist() == [[1.5], [1.5]]  # in float32 the 1 is lost


def test_mean_pooling_has_no_table_and_is_run_as_it_is():
    model = textcnn(pooling="mean")
    with pytest.raises(Unsupported, match="maximum over all positions"):
        AnnEngine(model)
    runner = AnnRunner(model, "exact", tables=True)
    assert torch.equal(runner.logits(BATCH), ann_logits(model, BATCH))


def test_new_weights_are_noticed():
    model = textcnn()
    for tables in (True, False):
        runner = AnnRunner(model, "exact", tables)
        before = runner.logits(BATCH)
        with torch.no_grad():
            model.network.node("readout").weight.mul_(2)
        after = runner.logits(BATCH)
        assert not torch.equal(before, after)
        assert torch.equal(after, ann_logits(ann_on_grid(model), BATCH))


def test_no_texts_are_refused():
    with pytest.raises(InputError, match="at least one text"):
        AnnEngine(textcnn()).logits([])


def test_probabilities_do_not_depend_on_the_engine_or_on_how_much_was_asked():
    train = Split((" ".join(f"w{i}" for i in range(WORDS - 2)), "w1 w2"), (0, 1))
    stage, _ = TextStage.fit(train, "en", "random", dim=DIM)
    lines = ["w1 w2 w3 w4 w5", "w1 w2 w7 w4 w5", "w3", ""]
    rows = []
    for engine in ("auto", "fast", "torch", "reference"):
        classifier = ModelClassifier(stage, textcnn(), ("no", "yes"), engine=engine)
        rows += [classifier.probabilities(lines), classifier.probabilities(lines * 30)[:4]]
        assert (classifier.votes(lines, 5) == 5 * np.eye(2)[rows[-1].argmax(axis=1)]).all()
    assert all((other == rows[0]).all() for other in rows)
    inexact = ModelClassifier(stage, textcnn(), ("no", "yes"), precision="fast")
    np.testing.assert_allclose(inexact.probabilities(lines), rows[0], atol=1e-5)
