"""What is held while a conversion is looked at does not grow with T, and nothing changes by it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import torch

from snnconvert.convert.adjust.correction import correct
from snnconvert.convert.conversion import convert_model
from snnconvert.convert.diagnosis.activity import layer_activity, raster
from snnconvert.convert.diagnosis.budget import ErrorBudget, error_budget
from snnconvert.convert.graph.canonical import canonical
from snnconvert.convert.recipes.options import from_options, override, to_options
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.convert.totals import position_values
from snnconvert.models.batches import to_batch
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.network import Network, Signal
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.text_model import TextModel

WORDS = 12
CHOICES: dict[str, dict[str, Any]] = {
    "saf": {},
    "poisson": {"encoder": "poisson"},
    "direct": {"encoder": "direct"},
    "silenced": {"srp_steps": 5},
    "shifted": {"bias_shift": True, "initial": 0.0},
    "signed": {"neuron": "signed"},
    "currents": {"pooling": "currents"},
    "ttfs": {"neuron": "ttfs", "encoder": "ttfs"},
}


def texts(count: int = 9) -> list:
    random = torch.Generator().manual_seed(3)
    lengths = [WORDS, 0, 1, *range(3, 3 + count)]
    return [torch.randint(1, 30, (min(n, WORDS),), generator=random).numpy() for n in lengths]


def converted(changes: dict[str, Any], steps: int = 7) -> Any:
    random = torch.Generator().manual_seed(2)
    vectors = torch.rand(30, 10, generator=random) * 2 - 1
    vectors[0] = 0
    ann = TextModel(vectors, build_textcnn(TextCNNSpec(10, 3, (2, 3), 6), 0)).eval()
    options = override(to_options(ConversionRecipe(steps=steps)), changes)
    return convert_model(ann, from_options(options), texts())


def budget(made: Any, sequences: list, most: int) -> list[dict[str, Any]]:
    return error_budget(made.ann, made.snn, made.thresholds, sequences, 4, most=most)


def a_step(model: SpikingTextModel, sequences: list) -> int:
    """Values of one step of all texts as one batch."""
    return position_values(model.network, 2 * 10) * len(sequences) * WORDS


@pytest.mark.parametrize("name", [name for name in CHOICES if name != "ttfs"])
def test_step_by_step_the_error_budget_is_the_same_to_the_bit(name: str):
    made = converted(CHOICES[name])
    few = a_step(made.snn, texts())
    assert budget(made, texts(), few) == budget(made, texts(), few * 1000)


@torch.no_grad()
@pytest.mark.parametrize("name", ["saf", "silenced", "currents"])
def test_sums_over_time_are_those_of_the_recorded_run(name: str):
    made = converted(CHOICES[name])
    ids, lengths = to_batch(texts())
    records: list[dict[str, Signal]] = [{}, {}]
    network = canonical(made.ann.network)
    network(Signal(made.ann.embed(ids), lengths), records[0])
    made.snn(ids, lengths, record=records[1])
    whole = ErrorBudget(network, made.snn.network, made.thresholds, made.snn.steps)
    whole.update(records[0], records[1], records[1])
    few = {row["name"]: row for row in budget(made, texts(), a_step(made.snn, texts()))}
    for row in whole.compute():
        for part in ("total", "clipping", "quantisation", "pooling"):
            assert row[f"{part}_mean"] == few[row["name"]][f"{part}_mean"]
            assert row[f"{part}_rms"] == few[row["name"]][f"{part}_rms"]


@pytest.mark.parametrize("name", [name for name in CHOICES if name != "poisson"])
def test_fewer_texts_at_a_time_give_the_same_figures(name: str):
    """Counts to the bit; of errors, to the rounding of float32 convolutions of one text or many.

    Noise is left out: it is drawn batch by batch, so fewer texts have other draws.
    """
    made = converted(CHOICES[name])
    counts = [layer_activity(made.snn, texts(), 4, most) for most in (1, 1 << 40)]
    assert counts[0] == counts[1]
    if name == "ttfs":
        return
    for one, other in zip(*(budget(made, texts(), most) for most in (1, 1 << 40)), strict=True):
        for key, value in one.items():
            alike = pytest.approx(other[key], abs=1e-6) if isinstance(value, float) else other[key]
            assert value == alike, key


@pytest.mark.parametrize("kind", ["bias", "potential", "weights"])
def test_step_by_step_the_correction_is_the_same_to_the_bit(kind: str):
    made = converted({})
    recipe = from_options(override(to_options(ConversionRecipe(steps=7)), {}))
    ids, lengths = to_batch(texts())
    batches = [(made.ann.embed(ids), lengths)]
    each = made.ann.network, made.snn.network, recipe, made.thresholds, batches, kind
    most = 2 * a_step(made.snn, texts())
    few, many = (correct(*each, most=n) for n in (most, 1 << 40))
    assert few[1] == many[1]
    for name, values in few[0].state_dict().items():
        assert torch.equal(values, many[0].state_dict()[name])


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Of every piece of a run the steps, and the values on the input and all nodes."""
    found: list[tuple[int, int]] = []
    run = Network.resume

    def resume(self: Network, *given: Any, **more: Any) -> dict[str, Signal]:
        record = run(self, *given, **more)
        values = sum(signal.values.numel() for signal in record.values())
        found.append((len(record["input"].values), values))
        return record

    monkeypatch.setattr(Network, "resume", resume)
    return found


@pytest.mark.parametrize("steps", [8, 64, 512])
@pytest.mark.parametrize("code", ["saf", "poisson", "direct"])
def test_held_values_do_not_grow_with_t_and_steps_grow_as_t(
    seen: list[tuple[int, int]], steps: int, code: str
):
    made = converted({"encoder": code}, steps)
    seen.clear()
    most = 2 * a_step(made.snn, texts())
    layer_activity(made.snn, texts(), 0, most)
    budget(made, texts(), most)
    raster(made.snn, texts()[0], ["word"] * WORDS)
    runs = 3 if code == "direct" else 4  # with exact input once more, where it is not so anyway
    assert sum(n for n, _ in seen) == runs * steps
    one_text_whole = steps * a_step(made.snn, texts()[:1])
    assert max(values for _, values in seen) <= max(most, one_text_whole)


GROWTH = """
from pathlib import Path
import torch
from snnconvert.models.network import Signal
from snnconvert.tests.convert.diagnosis.test_memory import *
torch.set_num_threads(1)
random = torch.Generator().manual_seed(0)
vectors = torch.rand(200, 60, generator=random) * 2 - 1
vectors[0] = 0
ann = TextModel(vectors, build_textcnn(TextCNNSpec(60, 2, (2, 3), 20), 0)).eval()
sequences = [torch.randint(1, 200, (40,), generator=random).numpy() for _ in range(64)]
for steps in (2, 300):
    made = convert_model(ann, ConversionRecipe(steps=steps), sequences)
    error_budget(made.ann, made.snn, made.thresholds, sequences, most=1 << 20)
    layer_activity(made.snn, sequences, most=1 << 20)
    print(next(x for x in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in x))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of a process from /proc")
@pytest.mark.long
def test_peak_memory_of_three_hundred_steps_is_that_of_two():
    """Input frames of 300 steps alone take 369 MB (64 texts, 40 words, 120 channels, float32)."""
    done = subprocess.run(
        [sys.executable, "-c", GROWTH], capture_output=True, text=True, check=True, timeout=600
    )
    few, many = (int(line.split()[1]) for line in done.stdout.splitlines())  # KiB
    assert (many - few) * 1024 < 64e6
