"""Every input code of the package on every engine: the spikes of the network's own nodes."""

from __future__ import annotations

import pytest
import torch

from snnconvert.convert.diagnosis.budget import with_direct_input
from snnconvert.engine.engines import make_engine
from snnconvert.engine.inference.fast import FastEngine
from snnconvert.engine.plan import Unsupported
from snnconvert.engine.reference import snn_logits
from snnconvert.engine.training.fast import FastTraining
from snnconvert.engine.training.surrogate import Surrogate
from snnconvert.models.batches import to_batch
from snnconvert.models.encoders import CODES
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.operations import SpikeCounter
from snnconvert.tests.helpers.own_codes import SEQUENCES, STEPS, model_of

NAMES = [name for name in CODES if not CODES[name].own_neurons]
CASES = [(name, mapping) for name in NAMES for mapping in ("split", "shift")]


@pytest.mark.parametrize(("name", "mapping"), CASES)
@pytest.mark.parametrize("converted", [True, False], ids=["converted", "tuned"])
def test_spikes_are_those_of_the_networks_own_nodes(name: str, mapping: str, converted: bool):
    encoder = Encoder(name, mapping, gain=1.25)
    model = model_of(encoder, converted)
    for backend in ("torch", "numba"):
        engine = FastEngine(model, backend=backend)
        assert engine.front.opposite == (converted and mapping == "split")
        assert engine.table.by_position == (name in ("poisson", "sigma_delta", "individual"))
        for shared in (False, True):
            counters = [SpikeCounter(engine.model.network, not encoder.spiking) for _ in range(2)]
            found = engine.running_logits(SEQUENCES, 3, shared, counters[0])
            expected = snn_logits(engine.model, SEQUENCES, 3, shared, counters[1])
            torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-6)
            counted, recorded = (counter.compute() for counter in counters)
            assert counted.pop("sops_by_layer") == pytest.approx(recorded.pop("sops_by_layer"))
            assert counted == pytest.approx(recorded)


def test_words_that_send_nothing_are_answered_by_the_biases():
    model = model_of(Encoder("individual"))
    model.embedding.weight.data *= 0.4  # below one half: no spike at all
    model.network.node("conv").bias.data.fill_(0.3)
    engine = FastEngine(model)
    expected = snn_logits(engine.model, SEQUENCES)
    torch.testing.assert_close(engine.running_logits(SEQUENCES), expected, atol=1e-6, rtol=1e-6)
    assert float(expected.abs().max()) > 0


@pytest.mark.parametrize("name", NAMES)
def test_training_sees_the_same_spikes(name: str):
    model = model_of(Encoder(name))
    ids, lengths = to_batch(SEQUENCES[:3])
    with torch.no_grad():
        noise = torch.Generator().manual_seed(1)
        expected = model(ids, lengths, noise)
        noise = torch.Generator().manual_seed(1)
        found = FastTraining(model, Surrogate())(ids, lengths, noise)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", ["individual", "sigma_delta"])
def test_words_that_differ_by_place_are_not_served_by_word(name: str):
    engine = FastEngine(model_of(Encoder(name)))
    with pytest.raises(Unsupported, match="every place of a word|draws depend on more"):
        engine.serve_windows()
    assert make_engine(model_of(Encoder(name)), "auto").logits(SEQUENCES).shape == (4, 2)


@pytest.mark.parametrize("name", NAMES)
def test_exact_input_of_folded_weights_is_that_of_the_vectors(name: str):
    """The error budget's twin: whatever spikes are worth, currents are those of direct input."""
    coded, plain = (model_of(Encoder(code, "split", 1.25)) for code in (name, "direct"))
    ids, lengths = to_batch(SEQUENCES[:3])
    with torch.no_grad():
        found = with_direct_input(coded)(ids, lengths)
        torch.testing.assert_close(found, plain(ids, lengths))
    assert coded.steps == STEPS
