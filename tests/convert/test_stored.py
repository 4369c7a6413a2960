"""Stored spikes: the ANN on bits is the ANN on decoded vectors, and its SNN sends the bits."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from snnconvert.convert.conversion import convert_model
from snnconvert.convert.recipes.options import from_options, to_options
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.convert.stored import sender, store
from snnconvert.energy.encoding import encoder_layer
from snnconvert.engine.engines import make_engine
from snnconvert.errors import InputError
from snnconvert.models.batches import to_batch
from snnconvert.models.encoders import BOOKS
from snnconvert.models.encoders.bit_table import BitTable
from snnconvert.models.encoders.books.filled import decoded
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.network import Signal
from snnconvert.models.saving import load_model, save_model
from snnconvert.models.text_model import TextModel
from snnconvert.tests.models.encoders.books.test_autoencoder import vectors

DIM, WORDS, CHANNELS = 20, 60, 7


def ann() -> TextModel:
    spec = TextCNNSpec(dim=DIM, classes=2, widths=(2, 3), channels=CHANNELS)
    table = torch.cat([torch.zeros(2, DIM), vectors(WORDS - 2)])
    return TextModel(table, build_textcnn(spec, seed=1)).eval()


def texts(count: int = 24) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(1, WORDS, random.integers(1, 9)) for _ in range(count)]


def some_bits(slices: int, channels: int, seed: int = 0) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    bits = torch.randint(0, 2, (WORDS, slices, channels), generator=random, dtype=torch.uint8)
    bits[0] = 0
    return bits


@pytest.mark.parametrize("slices", [1, 2, 3])
def test_the_ann_on_bits_is_that_on_decoded_vectors(slices: int) -> None:
    model, bits = ann(), some_bits(slices, 9)
    readout = torch.randn(DIM, 9, generator=torch.Generator().manual_seed(2)) / 9
    coded = store(model, bits, readout)
    ids, lengths = to_batch(texts())
    read = decoded(bits, readout)[ids].transpose(1, 2)
    read = Signal(read, lengths).masked()
    assert torch.allclose(coded(ids, lengths), model.network(Signal(read, lengths)), atol=1e-5)
    assert isinstance(coded.embedding, BitTable)
    assert all(p.shape != model.embedding.weight.shape for p in coded.parameters())


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_slices_are_sent_in_turn(steps: int) -> None:
    """Slice t mod S at step t; padding is silent."""
    bits = some_bits(2, 4)
    encoder = sender(bits)
    ids, lengths = torch.tensor([[3, 9, 0], [5, 0, 0]]), torch.tensor([2, 1])
    x = BitTable.of(bits.flatten(1))(ids).transpose(1, 2)
    frames = encoder.encode(x, lengths, steps)
    assert frames.shape == (steps, 2, 4, 3)
    for step in range(steps):
        assert torch.equal(frames[step, 0, :, 1], bits[9, step % 2].float())
    assert not bool(frames[..., 2].any()) and not bool(frames[:, 1, :, 1:].any())
    pieces = list(encoder.pieces(x, lengths, steps, 2))
    assert torch.equal(torch.cat(pieces), frames)


@pytest.mark.parametrize("name", BOOKS)
@pytest.mark.parametrize("steps", [1, 2])
def test_conversion_with_a_book(name: str, steps: int, tmp_path: Path) -> None:
    """Verified, saved without floats for words, the same on every engine, priced as reads."""
    options = {"encoder": name, "steps": steps} | ({"bits": 16} if name == "autoencoder" else {})
    found = convert_model(ann(), from_options(options), texts())
    snn, book = found.snn, found.book
    assert book is not None and 0 < book["error"] < 1 and book["steps"] == steps
    assert from_options(to_options(found.recipe)) == found.recipe
    assert snn.encoder == Encoder(name, "none", bits=options.get("bits", 0), slices=steps)
    save_model(tmp_path, snn, ("a", "b"))
    assert not any(p.is_floating_point() and WORDS in p.shape for p in snn.state_dict().values())
    packed = snn.state_dict()["embedding.packed"]
    assert packed.shape == (WORDS, book["bytes_per_word"]) and packed.dtype == torch.uint8
    again, _ = load_model(tmp_path)
    sequences = texts()
    reference = make_engine(snn, "reference").running_logits(sequences)
    assert torch.equal(make_engine(again, "fast").running_logits(sequences), reference)
    own = snn(*to_batch(sequences)).cumsum(0) / torch.arange(1, steps + 1)[:, None, None]
    assert torch.allclose(own, reference, atol=1e-3)
    work = encoder_layer(snn, sequences, np.full(len(sequences), steps), 9)
    words = np.array([len(ids) for ids in sequences])
    bits = steps * book["channels"]
    assert np.array_equal(work.get("components"), words * -(-bits // 32))
    assert not np.any(work.get("encode_adds")) and not np.any(work.get("encode_draws"))


def test_more_bits_come_nearer_to_the_ann() -> None:
    """With many steps and exact neurons the SNN of a book is near the ANN."""
    model, sequences = ann(), texts(60)
    wanted = model(*to_batch(sequences)).detach()
    away = []
    for steps in (1, 4, 32):
        snn = convert_model(
            model, from_options({"encoder": "median", "steps": steps}), sequences
        ).snn
        logits = make_engine(snn).logits(sequences)
        away.append(float((logits - wanted).abs().mean()))
    assert away[0] > away[1] > away[2] and away[2] < away[0] / 3


def test_the_public_path() -> None:
    """Bits and a read-out in, an SNN out, by a recipe whose encoder sends them."""
    bits = some_bits(2, 9)
    coded = store(ann(), bits, torch.randn(DIM, 9) / 9)
    recipe = replace(ConversionRecipe(steps=2), encoder=sender(bits))
    found = convert_model(coded, recipe, texts())
    assert found.book is None and found.snn.encoder.code == "stored"
    assert torch.equal(found.snn.embedding.weight, bits.flatten(1).float())
    assert from_options(to_options(found.recipe)).steps == 2


def test_bad_input() -> None:
    model, bits = ann(), some_bits(2, 4)
    with pytest.raises(InputError, match="bits \\(V, S, C\\) of 60 words"):
        store(model, bits, torch.zeros(DIM, 5))
    with pytest.raises(InputError, match="expected an ANN on bits"):
        convert_model(model, ConversionRecipe(encoder=Encoder("stored", "none")), texts())
    vectors_alone = TextModel(torch.zeros(0, DIM), model.network)
    some = [np.zeros((3, DIM), np.float32)]
    with pytest.raises(
        InputError, match="expected a model with a table of words for the book sign"
    ):
        convert_model(vectors_alone, from_options({"encoder": "sign"}), some)
    for options, message in (
        ({"encoder": "sign", "mapping": "split"}, "no mapping and no gain"),
        ({"encoder": "sign", "gain": 2.0}, "no mapping and no gain"),
        ({"encoder": "gray", "bits": 9}, "1 to 8 bits a value"),
        ({"encoder": "saf", "bits": 2}, "bits for a book of sign"),
        ({"encoder": "sing"}, "encoder to be of direct.*sign"),
    ):
        with pytest.raises(InputError, match=message):
            from_options(options)
