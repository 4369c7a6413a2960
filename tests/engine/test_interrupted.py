"""A call that is cut short, and a change between two calls, leave no wrong answers."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn

from snnconvert.convert.conversion import convert_model
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.engine.classifier import ModelClassifier
from snnconvert.engine.grid import GridConv1d
from snnconvert.engine.incremental.ann import AnnEngine
from snnconvert.engine.incremental.incremental import Incremental
from snnconvert.engine.incremental.noise import Field
from snnconvert.engine.inference import front, store
from snnconvert.engine.inference.fast import FastEngine
from snnconvert.engine.reference import ann_logits, snn_logits
from snnconvert.errors import InputError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.text_model import TextModel
from snnconvert.text.datasets.dataset import Split
from snnconvert.text.stages.words import TextStage

WORDS, DIM = 60, 8
TEXTS = [np.random.default_rng(i).integers(1, WORDS, n) for i, n in enumerate((5, 30, 9, 17))]
FIRST = TEXTS[:1]


def ann() -> TextModel:
    vectors = torch.rand(WORDS, DIM, generator=torch.Generator().manual_seed(1)) * 2 - 1
    vectors[0] = 0
    return TextModel(vectors, build_textcnn(TextCNNSpec(DIM, 2, (2, 3), 6, bound=1.0), 3)).eval()


def snn(code: str) -> SpikingTextModel:
    return convert_model(ann(), ConversionRecipe(5, Encoder(code)), TEXTS).snn


def cut_short(monkeypatch: pytest.MonkeyPatch, cls: type, name: str, error: BaseException) -> None:
    """Let the next call of a method do its work and then raise."""
    method = getattr(cls, name)

    def once(self, *args, **options):
        monkeypatch.setattr(cls, name, method)
        method(self, *args, **options)
        raise error

    monkeypatch.setattr(cls, name, once)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError()])
@pytest.mark.parametrize("code", ["saf", "poisson"])
def test_words_whose_rows_were_not_written_are_projected_again(monkeypatch, code, error):
    one = snn(code)
    expected = Incremental(FastEngine(one)).logits(TEXTS, seed=1)
    engine = Incremental(FastEngine(one))
    engine.logits(FIRST, seed=1)
    cut_short(monkeypatch, front.Front, "project", error)
    for array in engine.engine.store.flat:  # what memory that was never written may hold
        array[array.size // 2 :] = 9
    with pytest.raises(type(error)):
        engine.logits(TEXTS, seed=1)
    assert torch.equal(engine.logits(TEXTS, seed=1), expected)


def test_an_ann_as_well(monkeypatch):
    engine = Incremental(AnnEngine(ann()))
    engine.logits(FIRST)
    cut_short(monkeypatch, GridConv1d, "rounded", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        engine.logits(TEXTS)
    assert torch.equal(engine.logits(TEXTS), ann_logits(engine.engine.model, TEXTS))


def test_a_table_without_memory_to_grow_stays_as_it_was(monkeypatch):
    engine = FastEngine(snn("saf"))
    before = engine.running_logits(FIRST)
    shapes = [array.shape for array in engine.store.arrays]

    def refuse(*args, **options):
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(store.np, "zeros", refuse)
        with pytest.raises(MemoryError):
            engine.store.reserve(engine.store.rows + 5)
    assert [array.shape for array in engine.store.arrays] == shapes
    assert engine.store.rows == len(engine.store.word_of) == shapes[0][1]
    assert torch.equal(engine.running_logits(FIRST), before)


def test_noise_that_could_not_be_kept_is_drawn_again(monkeypatch):
    whole, field = Field(7, 3, 4).reach(600), Field(7, 3, 4)
    field.reach(10)

    def refuse(*args, **options):
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(torch, "cat", refuse)
        with pytest.raises(MemoryError):
            field.reach(600)
    assert torch.equal(field.reach(600)[:600], whole[:600])


@pytest.mark.parametrize("code", [None, "saf"])
def test_weights_assigned_twice_are_noticed(code):
    """The memory of the first ones may be that of the second ones by then."""
    model = ann() if code is None else snn(code)
    engine = AnnEngine(model) if code is None else FastEngine(model)
    running = Incremental(engine)
    name = next(name for name, node in model.network.nodes.items() if hasattr(node, "bias"))
    node = model.network.node(name)
    for trial in range(10):
        running.logits(TEXTS)
        for factor in (1.5, -0.7):
            weight = node.weight.detach().clone()
            node.weight = None
            node.weight = nn.Parameter(weight * factor, requires_grad=False)
            del weight
        fresh = Incremental(type(engine)(model)).logits(TEXTS)
        assert torch.equal(running.logits(TEXTS), fresh), trial


@pytest.fixture(scope="module")
def classifier() -> ModelClassifier:
    texts = [" ".join(f"w{i}" for i in ids) for ids in TEXTS]
    stage, matrix = TextStage.fit(Split(tuple(texts), (0, 1, 0, 1)), "en", "random", dim=DIM)
    network = build_textcnn(TextCNNSpec(DIM, 2, (2, 3), 6, bound=1.0), 3)
    model = TextModel(torch.from_numpy(matrix), network).eval()
    spiking = convert_model(model, ConversionRecipe(5, Encoder("saf")), stage.encode(texts)).snn
    return ModelClassifier(stage, spiking, ("no", "yes"))


def test_threads_that_share_a_classifier_get_their_own_answers(classifier: ModelClassifier):
    draw = np.random.default_rng(0)
    texts = [" ".join(f"w{i}" for i in draw.integers(0, WORDS, 40)) for _ in range(60)]
    expected = classifier.predict_proba(texts)
    shared = copy.deepcopy(classifier)
    shared.engine().refresh()

    def ask(seed: int) -> bool:
        random = np.random.default_rng(seed)
        asked = [random.integers(0, len(texts), random.integers(1, 30)) for _ in range(10)]
        return all(
            np.array_equal(shared.predict_proba([texts[i] for i in some]), expected[some])
            for some in asked
        )

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask, range(8)))


def test_a_copy_is_a_classifier_of_its_own(classifier: ModelClassifier):
    expected = classifier.predict_proba(["w1 w2 w3"])
    for other in (copy.deepcopy(classifier), pickle.loads(pickle.dumps(classifier))):
        assert np.array_equal(other.predict_proba(["w1 w2 w3"]), expected)


@pytest.mark.parametrize("kind", [torch.float64, torch.float16])
def test_another_default_type_is_refused_and_harms_nothing(classifier: ModelClassifier, kind):
    expected = classifier.predict_proba(["w1 w2 w3", "w4 w9"])
    torch.set_default_dtype(kind)
    try:
        with pytest.raises(InputError, match="default type to be float32"):
            classifier.predict_proba(["w5 w6"])
    finally:
        torch.set_default_dtype(torch.float32)
    assert np.array_equal(classifier.predict_proba(["w1 w2 w3", "w4 w9"]), expected)


@pytest.mark.parametrize("code", [None, "saf"])
def test_a_model_made_in_inference_mode_runs(code):
    with torch.inference_mode():
        model = ann() if code is None else snn(code)
    engine = Incremental(AnnEngine(model) if code is None else FastEngine(model))
    on_grid = engine.engine.model
    plain = ann_logits(on_grid, TEXTS) if code is None else snn_logits(on_grid, TEXTS)[-1]
    assert torch.equal(engine.logits(TEXTS), plain)
