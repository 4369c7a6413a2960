"""The perceptron on one vector a text: as an ANN, converted, on a grid, counted, saved."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snnconvert.convert.conversion import convert_model
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.energy.ann import ann_layers, count_ann, with_quantised_inputs
from snnconvert.energy.layers import Layer
from snnconvert.energy.peers import neuromc_joules, spikesim_joules
from snnconvert.energy.spiking import SpikeTally, spiking_layers
from snnconvert.engine.engines import make_engine, training_by
from snnconvert.engine.gradients.text import WordGradients
from snnconvert.engine.incremental.ann_grid import ann_on_grid
from snnconvert.engine.reference import ReferenceEngine, ann_logits
from snnconvert.engine.training.surrogate import Surrogate
from snnconvert.errors import InputError
from snnconvert.models.batches import to_batch
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.mlp import MLPSpec, build_mlp
from snnconvert.models.network import Signal
from snnconvert.models.neurons.spec import NeuronSpec
from snnconvert.models.nodes.layers import Linear
from snnconvert.models.saving import load_model, save_model
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.text_model import TextModel

DIM = 6


def vectors(count: int, seed: int = 0) -> list[np.ndarray]:
    """One vector a text; the first text has nothing that is known."""
    drawn = np.random.default_rng(seed).uniform(-1, 1, (count, 1, DIM)).astype(np.float32)
    drawn[0] = 0
    return list(drawn)


def perceptron(seed: int = 0, **changes: Any) -> TextModel:
    spec = {"hidden": (8, 5), "activation": "relu"} | changes
    network = build_mlp(MLPSpec(DIM, 3, **spec), seed)
    random = torch.Generator().manual_seed(seed)
    for name in network.inputs:
        node = network.node(name)
        if isinstance(node, Linear):
            node.bias.data = torch.randn(node.bias.shape, generator=random) * 0.1
    return TextModel(torch.zeros(0, DIM), network).eval()


def converted(steps: int = 4, ann: TextModel | None = None, **choices: Any) -> SpikingTextModel:
    recipe = ConversionRecipe(steps, **choices)
    return convert_model(ann or perceptron(), recipe, vectors(40)).snn


def test_the_network_is_numpys() -> None:
    model = perceptron()
    x = np.concatenate(vectors(5))  # (N, D)
    for name in ("dense1", "dense2", "readout"):
        node = model.network.node(name)
        assert isinstance(node, Linear)
        x = x @ node.weight.detach().numpy().T + node.bias.detach().numpy()
        x = x if name == "readout" else np.maximum(x, 0)
    np.testing.assert_allclose(ann_logits(model, vectors(5)).numpy(), x, atol=1e-6)


@pytest.mark.parametrize("hidden", [(), (0,), (4, -1)])
def test_bad_sizes_are_refused(hidden: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="hidden"):
        build_mlp(MLPSpec(DIM, 2, hidden))


def test_values_outside_the_range_are_clamped() -> None:
    model = perceptron()
    wide = [np.full((1, DIM), 3.0, np.float32)]
    assert torch.equal(ann_logits(model, wide), ann_logits(model, [np.ones((1, DIM), np.float32)]))


def test_a_linear_layer_reads_one_position_only() -> None:
    values = torch.rand(2, DIM, 3)
    with pytest.raises(InputError, match="3 positions: pool"):
        perceptron().network(Signal(values, torch.tensor([3, 2])))


@pytest.mark.parametrize("what", [[1, 2], np.zeros(DIM, np.float32), np.zeros((1, 2)), "text"])
def test_other_texts_than_vectors_are_refused(what: Any) -> None:
    with pytest.raises(InputError, match=f"expected vectors .L, {DIM}., one array per text"):
        ann_logits(perceptron(), [what])


def test_numbers_that_are_not_finite_are_refused() -> None:
    with pytest.raises(InputError, match="not finite"):
        ann_logits(perceptron(), [np.full((1, DIM), np.nan, np.float32)])


@pytest.mark.parametrize(
    "choices",
    [
        {"encoder": Encoder("saf", "split")},
        {"encoder": Encoder("saf", "shift")},
        {"encoder": Encoder("direct", "none")},
        {"encoder": Encoder("direct", "split")},
        {"encoder": Encoder("poisson", "split")},
        {"encoder": Encoder("bitplane", "split"), "steps": 7},
        {"encoder": Encoder("ttfs", "split"), "neuron": NeuronSpec("ttfs"), "steps": 16},
        {"encoder": Encoder("saf", "split"), "normalise": "weights"},
        {"encoder": Encoder("saf", "split"), "correction": "weights"},
        {"encoder": Encoder("saf", "split"), "initial": 0.0, "bias_shift": True},
        {"encoder": Encoder("saf", "split"), "srp_steps": 2},
    ],
    ids=str,
)
def test_it_converts_and_is_verified(choices: dict[str, Any]) -> None:
    """`convert_model` compares every current with the ANN's, to a thousandth of its range."""
    steps = choices.pop("steps", 4)
    snn = converted(steps, **choices)
    assert snn.reads_vectors and snn.embedding.weight.shape == (0, DIM)
    logits = ReferenceEngine(snn).logits(vectors(6))
    assert logits.shape == (6, 3) and torch.isfinite(logits).all()


def test_many_steps_of_direct_input_are_the_ann() -> None:
    ann = perceptron()
    snn = converted(512, ann, encoder=Encoder("direct", "none"))
    found = ReferenceEngine(snn).logits(vectors(30))
    expected = ann_logits(ann, vectors(30))
    assert float((found - expected).abs().max()) < 0.05 * float(expected.abs().max())


@settings(max_examples=20)
@given(st.lists(st.integers(1, 11), max_size=4), st.sampled_from(["saf", "direct", "bitplane"]))
def test_a_split_in_batches_changes_nothing(cuts: list[int], code: str) -> None:
    """The same bits of ANN and SNN whatever texts stand beside a text."""
    texts, ends = vectors(12, seed=3), [0, *sorted(set(cuts)), 12]
    ann = ann_on_grid(perceptron())
    snn = converted(3, encoder=Encoder(code, "split"))
    run = ReferenceEngine(snn)
    whole, logits = run.running_logits(texts), ann_logits(ann, texts)
    parts = [texts[a:b] for a, b in pairwise(ends) if a < b]
    assert torch.equal(torch.cat([run.running_logits(p) for p in parts], dim=1), whole)
    assert torch.equal(torch.cat([ann_logits(ann, p) for p in parts]), logits)


def test_shared_noise_makes_texts_independent() -> None:
    texts, run = vectors(7), ReferenceEngine(converted(4, encoder=Encoder("poisson", "split")))
    whole = run.running_logits(texts, seed=2, shared_noise=True)
    alone = [run.running_logits([text], seed=2, shared_noise=True) for text in texts]
    assert torch.equal(torch.cat(alone, dim=1), whole)


def test_the_grid_moves_no_logit_far() -> None:
    snn = converted(4)
    exact = ReferenceEngine(snn, "exact").logits(vectors(30))
    plain = ReferenceEngine(snn, "fast").logits(vectors(30))
    assert (exact - plain).abs().mean() < 1e-3


def test_engines_for_words_refuse_and_auto_goes_on() -> None:
    snn = converted(4)
    for engine in ("fast", "torch"):
        with pytest.raises(InputError, match="it reads one vector a text"):
            make_engine(snn, engine)
        with pytest.raises(InputError, match="it reads one vector a text"):
            training_by(engine, snn, Surrogate())
    assert isinstance(make_engine(snn, "auto", texts=500), ReferenceEngine)
    currents = training_by("auto", snn, Surrogate())(*to_batch(vectors(3)))
    assert currents.shape == (4, 3, 3) and currents.requires_grad
    with pytest.raises(InputError, match="attack it without gradients"):
        WordGradients(snn)


@pytest.mark.parametrize("spiking", [False, True])
def test_it_is_saved_without_a_table_of_words(tmp_path: Path, spiking: bool) -> None:
    model = converted() if spiking else perceptron()
    save_model(tmp_path, model, ("a", "b", "c"))
    again, _ = load_model(tmp_path)
    assert again.reads_vectors and again.embedding.embedding_dim == DIM
    assert (tmp_path / "weights.safetensors").stat().st_size < 4000
    if isinstance(again, SpikingTextModel) and isinstance(model, SpikingTextModel):
        first, second = (ReferenceEngine(m).logits(vectors(5)) for m in (model, again))
    else:
        assert isinstance(again, TextModel) and isinstance(model, TextModel)
        first, second = ann_logits(model, vectors(5)), ann_logits(again, vectors(5))
    assert torch.equal(first, second)


def spiking_work(model: SpikingTextModel, texts: list[np.ndarray]) -> dict[str, Layer]:
    tally = SpikeTally(model, list(range(len(texts))))
    ReferenceEngine(model, "fast").running_logits(texts, counter=tally)
    return {x.name: x for x in spiking_layers(model, tally.gathered(), texts)}


def test_work_by_hand() -> None:
    """D = 2, one hidden layer of 3, K = 2, T = 2, saf by split: every count worked out."""
    network = build_mlp(MLPSpec(2, 2, (3,), "relu", dropout=0.0))
    for name in ("dense1", "readout"):
        torch.nn.init.ones_(network.node(name).get_parameter("weight"))
    ann = TextModel(torch.zeros(0, 2), network).eval()
    texts = [np.array([[1.0, 0.5]], np.float32), np.array([[0.0, -1.0]], np.float32)]
    dense = {x.name: x for x in ann_layers(ann, count_ann(ann, texts, [[0, 1]]), "padding")}
    assert dense["encoder"].counts["components"].tolist() == [2, 2]
    assert dense["dense1"].counts["macs"].tolist() == [6, 6]  # D * 3
    assert dense["readout"].counts["macs"].tolist() == [6, 6]  # 3 * K
    assert dense["act1"].counts["updates"].tolist() == [3, 3]
    sparse = {x.name: x for x in ann_layers(ann, count_ann(ann, texts, [[0, 1]]), "zeros")}
    assert sparse["dense1"].counts["macs"].tolist() == [6, 3]  # one component of two is zero
    recipe = ConversionRecipe(2, encoder=Encoder("saf", "split"))
    work = spiking_work(convert_model(ann, recipe, texts).snn, texts)
    # V(0) = 1/2: 1 fires at both steps, 1/2 once
    assert work["encoder"].counts["spikes_out"].tolist() == [3, 2]
    assert work["encoder"].counts["components"].tolist() == [2, 2]
    # an addition and a comparison for every value and step, and a subtraction a spike
    assert work["encoder"].counts["encode_adds"].tolist() == [2 * 2 * 2 + 3, 2 * 1 * 2 + 2]
    # every spike reaches all three neurons, and a fully connected layer works out no windows
    assert work["dense1"].counts["sops"].tolist() == [9, 6]
    assert work["dense1"].counts["synapses"].tolist() == [12, 12]  # either sign
    assert "address_macs" not in work["dense1"].counts
    fired = work["act1"].counts["spikes_out"]
    assert work["readout"].counts["sops"].tolist() == (2 * fired).tolist()


def test_direct_input_is_multiplied_once() -> None:
    texts = vectors(3)
    work = spiking_work(converted(4, encoder=Encoder("direct", "none")), texts)
    assert work["dense1"].counts["macs"].tolist() == [0, DIM * 8, DIM * 8]  # zeros need none


def test_the_quantised_ann_reads_rounded_vectors() -> None:
    ann, texts = perceptron(), vectors(5)
    rounded = [(np.sign(v) * np.floor(np.abs(v) * 3 + 0.5) / 3).astype(np.float32) for v in texts]
    found = ann_logits(with_quantised_inputs(ann, 3), texts)
    torch.testing.assert_close(found, ann_logits(ann, rounded))


def test_models_of_convolutions_price_nothing_here() -> None:
    assert neuromc_joules(perceptron(), vectors(2)) is None
    assert spikesim_joules(converted(2), vectors(2)) is None


def test_a_soft_threshold_needs_a_table() -> None:
    with pytest.raises(InputError, match="soft threshold to 0"):
        converted(4, soft_threshold=0.1)
