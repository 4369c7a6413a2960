"""Graphs of ONNX beside the networks that they are made of, run by ONNX Runtime."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings

from snnconvert.engine.grid import GridSums
from snnconvert.engine.reference import ann_logits, snn_logits
from snnconvert.errors import InputError
from snnconvert.interop.onnx.grid import written_model
from snnconvert.models.encoders import CODES
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.network import Network
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.neurons.lif import LIF
from snnconvert.models.neurons.readout import SpikingReadout
from snnconvert.models.neurons.signed import SignedIF
from snnconvert.models.nodes.layers import Conv1d, Linear, initialised
from snnconvert.models.silenced import spiking_model
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import MaxOfSpikes
from snnconvert.models.text_model import TextModel
from snnconvert.tests.helpers.incremental import DIM, WORDS, models
from snnconvert.tests.helpers.own_codes import SEQUENCES, model_of

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
ort = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
from snnconvert.interop.onnx.model import onnx_model, padded  # noqa: E402

CLASSES = ("no", "yes")
SOME = [np.array(ids, np.int64) for ids in ([1, 2, 3], [4], [], [5, 1, 6, 9, 10, 1, 1, 7])]


def answers(model, sequences, inputs: str = "auto", given: np.ndarray | None = None) -> np.ndarray:
    """What ONNX Runtime gives for the graph of a model."""
    graph = onnx_model(model, CLASSES, inputs)
    onnx.checker.check_model(graph, full_check=True)
    session = ort.InferenceSession(graph.SerializeToString())
    table, lengths = padded(sequences)
    name = session.get_inputs()[0].name
    return session.run(None, {name: table if given is None else given, "lengths": lengths})[0]


def expected(model: SpikingTextModel, sequences) -> np.ndarray:
    return snn_logits(model, sequences).numpy()


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(models(codes=("saf", "bitplane")))
def test_snns_on_a_grid_are_equal_to_the_bit(model: SpikingTextModel) -> None:
    """Any widths, paddings, poolings, resets, V(0), codes and T."""
    nodes = [model.network.node(name) for name in model.network.inputs]
    assume(not any(isinstance(node, GridSums) for node in nodes))  # means, which have no such grid
    found = answers(model, SOME)
    assert found.shape == (model.steps, len(SOME), 2)
    assert (found == expected(model, SOME)).all()
    alone = [answers(model, [ids]) for ids in SOME[:2]]  # another batch, other free axes
    assert all((one[:, 0] == found[:, i]).all() for i, one in enumerate(alone))


@pytest.mark.parametrize("activation", ["qcfs", "relu", "tcl"])
@pytest.mark.parametrize("pooling", ["max", "mean"])
@pytest.mark.parametrize("padding", ["same", "none"])
def test_anns(activation: str, pooling: str, padding: str) -> None:
    more = {"activation": activation, "pooling": pooling, "padding": padding}
    spec = TextCNNSpec(DIM, 2, (1, 2, 4), 5, levels=4, bound=1.5, **more)
    vectors = torch.rand(WORDS, DIM, generator=torch.Generator().manual_seed(1)) * 2 - 1
    vectors[0] = 0
    model = TextModel(vectors, build_textcnn(spec, 3)).eval()
    wanted = ann_logits(model, SOME).numpy()
    assert np.abs(answers(model, SOME) - wanted).max() < 1e-5
    table, _ = padded(SOME)
    given = vectors[torch.from_numpy(table)].numpy()
    assert np.abs(answers(model, SOME, "vectors", given) - wanted).max() < 1e-5


def test_the_staircase_of_qcfs_at_its_edges() -> None:
    """Halves go up, as floor(z + 1/2) has them; rounding halves to even would send 1/2 to 0."""
    network = build_textcnn(TextCNNSpec(1, 2, (1,), 1, levels=4, padding="same"), 0)
    network.node("conv1").weight.data.fill_(1.0)
    network.node("readout").weight.data = torch.tensor([[1.0], [0.0]])
    bound = network.node("act1").bound.item()
    values = torch.tensor([0.0, *(bound * (k + 0.5) / 4 for k in range(-1, 4))]).reshape(-1, 1)
    model = TextModel(values.clamp(-1, 1), network).eval()
    words = [np.array([k], np.int64) for k in range(1, 5)]
    assert np.allclose(answers(model, words)[:, 0], [0, 0.25 * bound, 0.5 * bound, 0.75 * bound])
    assert (answers(model, words) == ann_logits(model, words).numpy()).all()


@pytest.mark.parametrize("code", ["direct", "saf", "bitplane", "even"])
@pytest.mark.parametrize("mapping", ["split", "shift"])
def test_codes(code: str, mapping: str) -> None:
    """Those worked out in the graph, and the others by a table of each word's frames."""
    model = model_of(Encoder(code, mapping, gain=1.5))
    exact, bits = written_model(model, "auto")
    assert bits == ("float" if code == "direct" else "auto")
    found = answers(exact, SEQUENCES)
    if bits == "auto":
        assert (found == expected(exact, SEQUENCES)).all()
    else:
        assert np.abs(found - expected(exact, SEQUENCES)).max() < 1e-5


def test_every_code_is_written_or_refused() -> None:
    for code in CODES:
        model = model_of(Encoder(code, CODES[code].default_mapping))
        if code in ("poisson", "ttfs") or not model.encoder.by_word:
            continue
        exact, _ = written_model(model, "auto")
        assert np.abs(answers(exact, SEQUENCES) - expected(exact, SEQUENCES)).max() < 1e-5


def test_frames_of_a_code_that_is_drawn() -> None:
    model = model_of(Encoder("poisson", "split"))
    with pytest.raises(InputError, match=r"poisson are drawn .*: give --inputs frames"):
        onnx_model(model, CLASSES)
    exact, _ = written_model(model, "auto")
    table, lengths = padded(SEQUENCES)
    seed = torch.Generator().manual_seed(3)
    frames = exact.frames(torch.from_numpy(table), torch.from_numpy(lengths), seed)
    found = answers(exact, SEQUENCES, "frames", frames.numpy())
    from snnconvert.models.network import Signal
    from snnconvert.models.snn import running_logits

    with torch.no_grad():
        currents = exact.network(Signal(frames, torch.from_numpy(lengths)))
    assert (found == running_logits(currents).numpy()).all()


def network_with(neurons, last=()) -> SpikingTextModel:
    encoder = Encoder("saf", "split")
    nodes = [
        ("conv", Conv1d(2 * DIM, 7, 2, 1), ("input",)),
        ("fire", neurons, ("conv",)),
        ("pool", MaxOfSpikes(), ("fire",)),
        ("out", Linear(7, 2), ("pool",)),
        *last,
    ]
    vectors = torch.rand(WORDS, DIM, generator=torch.Generator().manual_seed(2)) * 2 - 1
    vectors[0] = 0
    return SpikingTextModel(vectors, encoder, initialised(Network(nodes), 1), 6).eval()


@pytest.mark.parametrize("soft", [True, False])
def test_leaky_neurons_and_output_neurons(soft: bool) -> None:
    model = network_with(LIF(0.25, 0.25, soft), [("fired", SpikingReadout(0.5), ("out",))])
    exact, bits = written_model(model, "auto")
    assert bits == "float" and exact is model  # a leak rounds
    with pytest.raises(InputError, match="with --bits 12: give float"):
        written_model(model, "12")
    assert np.abs(answers(exact, SOME) - expected(exact, SOME)).max() < 1e-6


def test_bits() -> None:
    model = network_with(IF())
    eight, _ = written_model(model, "8")
    weight = eight.network.node("conv").weight
    assert torch.equal(weight * 256, (weight * 256).round())
    assert (answers(eight, SOME) == expected(eight, SOME)).all()
    assert written_model(model, "float")[0] is model
    with pytest.raises(InputError, match=r"with --bits 23: give \d+ or fewer, auto or float"):
        written_model(model, "23")
    with pytest.raises(InputError, match="no --bits for an ANN"):
        written_model(TextModel(torch.zeros(3, 2), build_textcnn(TextCNNSpec(2, 2))), "8")


def test_what_is_refused() -> None:
    with pytest.raises(InputError, match="its node fire, a SignedIF"):
        onnx_model(network_with(SignedIF()), CLASSES)
    windows = network_with(IF())
    windows.network.nodes["pool"] = MaxOfSpikes(2, 2)
    with pytest.raises(InputError, match="pool, a MaxOfSpikes, pools in windows"):
        onnx_model(windows, CLASSES)
    plain = network_with(IF())
    silenced = spiking_model(plain.table, plain.encoder, plain.network, 4, 2)
    with pytest.raises(InputError, match="more than once for an answer"):
        onnx_model(silenced, CLASSES)
    ann = TextModel(torch.zeros(3, 2), build_textcnn(TextCNNSpec(2, 2))).eval()
    with pytest.raises(InputError, match="an ANN has no frames"):
        onnx_model(ann, CLASSES, "frames")
    vectors = SpikingTextModel(torch.zeros(0, DIM), plain.encoder, plain.network, 4)
    with pytest.raises(InputError, match="no table of words: give --inputs vectors"):
        onnx_model(vectors, CLASSES, "ids")


def test_names_that_mean_something_and_one_copy_of_the_weights() -> None:
    graph = onnx_model(network_with(IF()), CLASSES).graph
    names = {node.name for node in graph.node}
    assert {"conv/step1", "fire/step2", "pool/step6", "out/step3", "logits"} <= names
    weights = [tensor.name for tensor in graph.initializer]
    assert len(weights) == len(set(weights)) and weights.count("conv.weight") == 1
