"""The reference engine in pieces of time: logits and counts are those of whole runs, to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from snnconvert.convert.conversion import convert_model
from snnconvert.convert.recipes.options import from_options, override, to_options
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.energy.layers import total
from snnconvert.energy.spiking import SpikeTally
from snnconvert.engine import reference
from snnconvert.engine.evaluate import StepCounters
from snnconvert.engine.reference import BATCH, ReferenceEngine, ann_logits, snn_positions
from snnconvert.models.batches import by_length
from snnconvert.models.families.dpcnn import DPCNNSpec, build_dpcnn
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.network import Network, Signal
from snnconvert.models.operations import SpikeCounter
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.text_model import TextModel
from snnconvert.pipelines.energy.measure import measure_ann

CHOICES: dict[str, dict[str, Any]] = {
    "saf": {},
    "poisson": {"encoder": "poisson"},
    "direct": {"encoder": "direct"},
    "silenced": {"srp_steps": 5, "encoder": "direct"},
    "burst": {"neuron": "burst"},
    "ttfs": {"neuron": "ttfs", "encoder": "ttfs"},
}


def texts() -> list:
    random = torch.Generator().manual_seed(3)
    return [torch.randint(1, 30, (n,), generator=random).numpy() for n in (9, 1, 3, 8, 13, 0)]


def spiking(changes: dict[str, Any], deep: bool = False) -> SpikingTextModel:
    random = torch.Generator().manual_seed(2)
    vectors = torch.rand(30, 10, generator=random) * 2 - 1
    vectors[0] = 0
    network = build_dpcnn(DPCNNSpec(10, 3, channels=6, blocks=1), 0) if deep else None
    network = network or build_textcnn(TextCNNSpec(10, 3, (2, 3), 6), 0)
    ann = TextModel(vectors, network).eval()
    options = override(to_options(ConversionRecipe(steps=7)), changes)
    return convert_model(ann, from_options(options), texts()).snn


def outcome(model: SpikingTextModel) -> dict[str, Any]:
    """Running logits and everything that is counted, by three counters."""
    engine = ReferenceEngine(model)
    model = engine.model
    analog = not model.encoder.spiking
    order = [i for b in by_length(texts(), BATCH, snn_positions(model)) for i in b]
    counter, tally = SpikeCounter(model.network, analog), SpikeTally(model, order)
    found = {"logits": engine.running_logits(texts(), 1, counter=counter).tolist()}
    found["counter"] = counter.compute()
    engine.running_logits(texts(), 1, counter=tally)
    gathered = tally.gathered()
    for name, fields in {**gathered.by_step, **gathered.once}.items():
        found |= {f"{name} {field}": np.asarray(v).tolist() for field, v in fields.items()}
    if model.encoder.code != "ttfs":
        steps = StepCounters(model, [1, 4, 7])
        engine.running_logits(texts(), 1, counter=steps)
        found["steps"] = {t: counter.compute() for t, counter in steps.counters.items()}
    return found


@pytest.mark.parametrize("name", CHOICES)
def test_logits_and_counts_of_pieces_are_those_of_whole_runs(
    name: str, monkeypatch: pytest.MonkeyPatch
):
    """Sums of networks without a grid (burst, silenced) round: last digits of logits may differ."""
    model = spiking(CHOICES[name])
    whole = outcome(model)
    logits = whole.pop("logits")
    for values in (1, 2500):  # a step at a time, and a few
        monkeypatch.setattr(reference, "PIECE_VALUES", values)
        found = outcome(model)
        if name in ("burst", "silenced"):
            assert np.allclose(found.pop("logits"), logits, rtol=0, atol=1e-6)
        else:
            assert found.pop("logits") == logits
        assert found == whole


@pytest.mark.parametrize("code", ["saf", "direct"])
def test_shortcuts_cost_the_same_in_pieces(code: str, monkeypatch: pytest.MonkeyPatch):
    model = spiking({"encoder": code}, deep=True)
    whole = outcome(model)
    monkeypatch.setattr(reference, "PIECE_VALUES", 1)
    assert outcome(model) == whole


def test_what_runs_at_a_time_does_not_grow_with_t(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reference, "PIECE_VALUES", 3 * 20 * 13 * len(texts()))
    run, seen = Network.resume, []

    def resume(self: Network, signal: Signal, *more: Any, **named: Any) -> dict[str, Signal]:
        seen.append(len(signal.values))
        return run(self, signal, *more, **named)

    monkeypatch.setattr(Network, "resume", resume)
    ReferenceEngine(spiking({})).running_logits(texts())
    assert seen == [3, 3, 1]


def test_a_counter_that_knows_no_pieces_is_shown_the_whole_run(monkeypatch: pytest.MonkeyPatch):
    class Whole:
        steps: list[int] = []

        def update(self, record: dict[str, Signal]) -> None:
            self.steps.append(len(record["conv2"].values))

    monkeypatch.setattr(reference, "PIECE_VALUES", 1 << 20)
    ReferenceEngine(spiking({})).running_logits(texts(), counter=Whole())
    assert Whole.steps == [7]


def test_long_texts_of_an_ann_come_few_at_a_time(monkeypatch: pytest.MonkeyPatch):
    """Logits and work are those of one batch; no batch is larger than it may be."""
    vectors = torch.rand(30, 10, generator=torch.Generator().manual_seed(2)) * 2 - 1
    ann = TextModel(vectors, build_textcnn(TextCNNSpec(10, 3, (2, 3), 6), 0)).eval()
    labels, seen = [0, 1, 2, 0, 1, 2], []
    forward = Network.forward

    def watched(network: Network, signal: Signal, *more: Any) -> torch.Tensor:
        seen.append(signal.values[:, 0].numel())
        return forward(network, signal, *more)

    whole = ann_logits(ann, texts()), [m.layers for m in measure_ann(ann, texts(), labels)]
    monkeypatch.setattr(Network, "forward", watched)
    monkeypatch.setattr(reference, "MOST_VALUES", 4 * 10 * 8 * 18)
    assert torch.allclose(ann_logits(ann, texts()), whole[0], rtol=0, atol=1e-6)
    assert seen == [6 * 13]  # all of them padded to the longest, below 8 * 18
    few = [m.layers for m in measure_ann(ann, texts(), labels)]
    *counted, logits = seen[1:]
    assert counted[:3] == [3 * 3, 2 * 9, 13] and max(counted) <= 18 and logits == 6 * 13
    for mine, its in zip(few, whole[1], strict=True):
        assert [total([layer], "macs").tolist() for layer in mine] == [
            total([layer], "macs").tolist() for layer in its
        ]
