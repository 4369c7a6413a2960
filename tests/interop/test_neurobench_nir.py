"""A network that went by NIR into snntorch, in NeuroBench's harness, beside our own count.

It does more: windows that reach beyond a text, channels that are none of the code, and neurons that
count. Each of these is worked out here by itself, and their sum is the difference to the last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from snnconvert import TextClassifier
from snnconvert.convert.conversion import convert_model
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.interop import neurobench as ours
from snnconvert.interop import nir
from snnconvert.interop.nir.graph.exported import ExportedNetwork
from snnconvert.interop.nir.graph.form import Branch
from snnconvert.tests.helpers.nir import builtin_texts

for package in ("neurobench", "snntorch", "nir", "nirtorch"):
    pytest.importorskip(package, reason=f"{package} is not installed (extra interop-tests)")

# of one word, which is shorter than the filters, and of none
TEXTS = [*builtin_texts(6), "good", ""]
LABELS = [0, 1] * 4
POSITIONS = 24


def classifier_of(run: Path, pooling: str) -> TextClassifier:
    ann = TextClassifier.load(run, "ann")
    recipe = ConversionRecipe(steps=3, pooling=pooling)
    snn = convert_model(ann.model, recipe, ann.stage.encode(TEXTS)).snn  # type: ignore[arg-type]
    snn.network.node("conv3").weight.data[0, :3] = 0  # no synapses
    return TextClassifier(ann.stage, snn, ann.classes)


def theirs(network: Any, folder: Path) -> dict[str, Any]:
    """What the harness says of snntorch's own module of the file."""
    from neurobench.benchmarks import Benchmark
    from neurobench.metrics.workload import ClassificationAccuracy, SynapticOperations
    from neurobench.models import SNNTorchModel
    from torch.utils.data import DataLoader, TensorDataset

    network.save(folder, TEXTS)
    module = nir.load(folder, "snntorch").module
    data = TensorDataset(network.frames(TEXTS).transpose(0, 1), torch.tensor(LABELS))
    metrics = [[], [ClassificationAccuracy, SynapticOperations]]
    classify = [lambda out: out.flatten(2).mean(dim=1).argmax(dim=1)]
    wrapped = SNNTorchModel(module)
    return Benchmark(wrapped, DataLoader(data, batch_size=1), [], classify, metrics).run(quiet=True)


def beyond(branch: Branch, spikes: np.ndarray, windows: int, all_windows: int) -> int:
    """Spikes (T, D', n) of a text that windows behind its last one see, times their weights."""
    weights = (branch.weight != 0).sum(dim=0).numpy()  # (D', k)
    work = spikes.sum(axis=0).T @ weights  # (n, k), of each word under each tap
    return sum(
        int(work[word, tap])
        for word, tap in np.ndindex(*work.shape)
        if windows <= word - tap + branch.padding[0] < all_windows
    )


def more_work(network: ExportedNetwork, sequences: Sequence[np.ndarray]) -> dict[str, int]:
    """Accumulations of all texts that the package's own network does not have, by their reason."""
    form, layout = network.form, network.layout
    places = layout.unfolded(network.frames_of(sequences)).numpy()  # (T, n, D, P)
    found = dict.fromkeys(("beyond", "start", "absent"), 0)
    for number, ids in enumerate(sequences):
        words = places[:, number, : form.inputs, layout.lead : layout.lead + len(ids)]
        for branch in form.branches:
            (windows,) = layout.counts(branch, [len(ids)]).tolist()
            found["beyond"] += beyond(branch, words, windows, layout.windows)
            found["absent"] += form.steps * branch.channels * (layout.windows - windows)
        found["start"] += (form.channels + form.counts) * layout.windows
    return found


def counting(network: ExportedNetwork, sequences: Sequence[np.ndarray]) -> tuple[int, int]:
    """What the neurons that count take: accumulations, and what the harness takes for products.

    Those are the inputs of `first`, sums over windows: where one is 2 and more, it sees no spikes.
    """
    form, windows = network.form, network.layout.windows
    spikes = network.expected(sequences).spikes
    levels = network.counted(spikes)[:, :, :-1].sum(dim=3)  # (T, n, C T), windows that reach it
    size = form.channels * form.steps
    clock = len(sequences) * windows * (size - form.channels + 1)
    additions = form.steps * int(spikes[:, :, :-1].sum()) + clock
    products = 0
    for step, reached in enumerate(levels):
        for sums in reached:
            arriving = int((sums > 0).sum()) + (size if step == 0 else 0)
            if step == 0 or sums.max() > 1:  # the clock's sum is W
                products += arriving
            else:
                additions += arriving
    return additions, products


def dense(network: ExportedNetwork) -> int:
    """All synapses of the grid at every step, zero taps too, a text."""
    form, layout = network.form, network.layout
    folds, _, taps = layout.shape
    own, size = form.channels + form.counts, form.channels * form.steps
    convolution = own * folds * taps * taps * layout.windows
    if not form.counts:
        return form.steps * (convolution + form.weight.numel())
    between = (size + 1) * own * layout.windows + size * (size + 1)
    return form.steps * (convolution + between + form.steps * form.weight.numel())


@pytest.mark.parametrize("pooling", ["spikes", "counts"])
def test_what_it_does_more_is_known_to_the_last_one(
    pooling: str, tiny_run: Path, tmp_path: Path
) -> None:
    classifier = classifier_of(tiny_run, pooling)
    network = nir.export(classifier, simulator="snntorch", positions=POSITIONS)
    assert any((branch.weight == 0).any() for branch in network.form.branches)
    sequences = classifier.stage.encode(TEXTS)
    found = theirs(network, tmp_path / "nir")
    rounded = TextClassifier(classifier.stage, network.model, classifier.classes)
    own = ours.benchmark(rounded, TEXTS, LABELS)
    assert found["ClassificationAccuracy"] == own["ClassificationAccuracy"]

    work, count = own["SynapticOperations"], len(TEXTS)
    more = more_work(network, sequences)
    assert all(more.values())
    additions, products = counting(network, sequences) if network.form.counts else (0, 0)
    expected = work["Effective_ACs"] * count + sum(more.values()) + additions
    assert found["SynapticOperations"]["Effective_ACs"] * count == expected
    assert found["SynapticOperations"]["Effective_MACs"] * count == products
    assert found["SynapticOperations"]["Dense"] == dense(network) > work["Dense"]
