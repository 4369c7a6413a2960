"""Codes of a user's own on every engine: frames by word, by position, analog, drawn anew."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from snnconvert.engine.engines import make_engine
from snnconvert.engine.inference.fast import FastEngine
from snnconvert.engine.reference import snn_logits
from snnconvert.engine.training.words import words_of
from snnconvert.errors import InputError
from snnconvert.models.batches import to_batch
from snnconvert.models.encoders import CODES
from snnconvert.models.encoders.code import Code
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.operations import SpikeCounter
from snnconvert.tests.helpers.own_codes import SEQUENCES, model_of


class Phased(Code):
    """round(T x) spikes in a row, from a step on that goes by channel and position."""

    elementwise = False

    def encode(self, values, steps, generator=None, shared_noise=False) -> Tensor:
        counts = (values * steps).round()
        phase = torch.arange(values.shape[1])[:, None] + torch.arange(values.shape[2])  # (C, L)
        return torch.stack([(counts > (t + phase) % steps).to(values.dtype) for t in range(steps)])


class Twofold(Code):
    """Two frames in turn, told by `frame_order` alone."""

    def encode(self, values, steps, generator=None, shared_noise=False) -> Tensor:
        _, _, _ = values.shape  # texts, channels, positions, and nothing else
        return torch.stack([(values > (0.5, 0.25)[t % 2]).to(values.dtype) for t in range(steps)])

    def frame_order(self, steps: int) -> tuple[int, ...]:
        return tuple(t % 2 for t in range(steps))


class Squared(Code):
    """An analog value that is not the component itself: x + x^2, also of a negative one."""

    spiking = False

    def encode(self, values, steps, generator=None, shared_noise=False) -> Tensor:
        return (values + values.square()).expand(steps, *values.shape)


class Frozen(Code):
    """Analog, with noise that is drawn once for all steps."""

    spiking = False
    stochastic = True
    default_mapping = "none"

    def encode(self, values, steps, generator=None, shared_noise=False) -> Tensor:
        texts, channels, positions = values.shape
        size = (positions, 1 if shared_noise else texts, channels)
        noise = torch.rand(size, generator=generator).permute(1, 2, 0)  # (B or 1, C, L)
        return (values * (0.5 + noise)).expand(steps, *values.shape)


class Doubled(Code):
    """Bernoulli spikes of twice the value at every other step."""

    stochastic = True

    def encode(self, values, steps, generator=None, shared_noise=False) -> Tensor:
        texts, channels, positions = values.shape
        size = (positions, steps, 1 if shared_noise else texts, channels)
        draws = torch.rand(size, generator=generator).permute(1, 2, 3, 0)  # (T, B or 1, C, L)
        often = 2 * (1 - torch.arange(steps) % 2).reshape(-1, 1, 1, 1)
        return (draws < values * often).to(values.dtype)


CASES = [
    (cls, mapping)
    for cls in (Phased, Twofold, Squared, Frozen, Doubled)
    for mapping in ("split", "shift", *(() if cls.spiking else ("none",)))
]


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0].__name__}-{case[1]}")
def encoder(request: pytest.FixtureRequest) -> Iterator[Encoder]:
    CODES.add("mine", request.param[0]())
    yield Encoder("mine", request.param[1])
    CODES.remove("mine")


@pytest.mark.parametrize("converted", [True, False], ids=["converted", "tuned"])
@pytest.mark.parametrize("backend", ["torch", "numba"])
def test_spikes_are_those_of_the_networks_own_nodes(encoder, backend, converted) -> None:
    if backend == "numba":
        pytest.importorskip("numba")
    model = model_of(encoder, converted)
    engine = FastEngine(model, backend=backend)
    assert engine.front.opposite == (converted and encoder.mapping == "split")
    for shared in (False, True):
        counters = [SpikeCounter(engine.model.network, not encoder.spiking) for _ in range(2)]
        found = engine.running_logits(SEQUENCES, 3, shared, counters[0])
        expected = snn_logits(engine.model, SEQUENCES, 3, shared, counters[1])
        torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-6)
        counted, recorded = (counter.compute() for counter in counters)
        assert counted.pop("sops_by_layer") == pytest.approx(recorded.pop("sops_by_layer"))
        assert counted == pytest.approx(recorded)


def test_texts_that_differ_in_few_words(encoder) -> None:
    pytest.importorskip("numba")
    base = [1, 2, 3, 4, 5, 6, 7, 8]
    texts = [np.array([*base[:i], 9, *base[i + 1 :]], np.int64) for i in range(len(base))]
    engine = make_engine(model_of(encoder), "fast", similar=True)
    expected = snn_logits(engine.model, texts, 3, True)
    torch.testing.assert_close(
        engine.running_logits(texts, 3, True), expected, atol=1e-6, rtol=1e-6
    )


def test_training_reads_the_same_frames(encoder) -> None:
    model = model_of(encoder)
    ids, lengths = to_batch(SEQUENCES[:3])
    words = words_of(model, ids, lengths, torch.Generator().manual_seed(2), kernels=False)
    expected = model.frames(ids, lengths, torch.Generator().manual_seed(2))  # (T, B, D', L)
    for t, number in enumerate(words.order):
        for text, length in enumerate(lengths.tolist()):
            sent = words.frame(number)[words.rows[text, :length]]  # (length, D')
            assert torch.equal(sent, expected[t, text, :, :length].t())


class Placed(Phased):
    """Says nothing of looking at the place of a value."""

    elementwise = True


class Loud(Code):
    """Is not silent for padding."""

    def encode(self, values, steps, generator=None, shared_noise=False) -> Tensor:
        return torch.ones(steps, *values.shape)


class Graded(Code):
    """Analog frames, called spikes."""

    def encode(self, values, steps, generator=None, shared_noise=False) -> Tensor:
        return values.expand(steps, *values.shape)


class Global(Doubled):
    """Draws from the generator of the process."""

    def encode(self, values, steps, generator=None, shared_noise=False) -> Tensor:
        return super().encode(values, steps, None, shared_noise)


class Unshared(Doubled):
    """Draws for every text, also where they are to share."""

    def encode(self, values, steps, generator=None, shared_noise=False) -> Tensor:
        return super().encode(values, steps, generator, False)


class NotBernoulli(Doubled):
    bernoulli = True


class Disordered(Twofold):
    def frame_order(self, steps: int) -> tuple[int, ...]:
        return (0, *super().frame_order(steps - 1))


class Short(Code):
    def encode(self, values, steps, generator=None, shared_noise=False) -> Tensor:
        return torch.zeros(1, *values.shape)


class Wide(Code):
    def encode(self, values, steps, generator=None, shared_noise=False) -> Tensor:
        return torch.zeros(steps, *values.shape, dtype=torch.float64)


@pytest.mark.parametrize(
    ("cls", "words"),
    [
        (Wide, "give float32 frames"),
        (Placed, "elementwise = False"),
        (Loud, "be silent for zero"),
        (Graded, "send spikes, 0 or 1"),
        (Global, "draw from the generator alone"),
        (Unshared, "share its noise"),
        (NotBernoulli, "bernoulli = False"),
        (Disordered, "in the order of frame_order"),
        (Short, r"frames of shape \(T, B, C, L\)"),
    ],
)
def test_a_code_that_does_not_do_as_it_says_is_refused(cls: type[Code], words: str) -> None:
    CODES.add("mine", cls())
    try:
        with pytest.raises(InputError, match=f"expected the code mine to .*{words}") as caught:
            make_engine(model_of(Encoder("mine")), "auto")
        assert "\n" not in str(caught.value)
    finally:
        CODES.remove("mine")
