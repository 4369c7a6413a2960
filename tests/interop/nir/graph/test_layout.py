"""Windows beside a text are silent: a text alone, in a batch, and in a longer input is the same."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snnconvert.interop.nir.graph.layout import Layout
from snnconvert.tests.helpers.nir import Simulated, exported, random_snn, random_texts

nir = pytest.importorskip("nir")


@pytest.mark.parametrize("padding", ["same", 0, (0, 1), (2, 1)])
@pytest.mark.parametrize("pooling", ["spikes", "counts"])
def test_each_text_alone(padding: object, pooling: str) -> None:
    """Of 0, 1, ..., K and N words, in a batch, alone, and with positions to spare."""
    model = random_snn((3, 4), padding=padding, pooling=pooling)  # type: ignore[arg-type]
    texts = random_texts([0, 1, 2, 3, 4, 5, 9])
    network = exported(model, positions=9)
    together = network.expected(texts)
    run = Simulated(network.graph, ["act"])
    outputs = run.run(together.frames.numpy())
    for number, text in enumerate(texts):
        alone = exported(model, positions=max(len(text), 1))
        expected = alone.expected([text])
        assert torch.equal(expected.outputs[:, 0], together.outputs[:, number])
        assert np.array_equal(outputs[:, number], expected.outputs[:, 0].numpy())
        single = Simulated(alone.graph, ["act"])
        assert np.array_equal(single.run(expected.frames.numpy())[:, 0], outputs[:, number])


@pytest.mark.parametrize("padding", ["same", 0])
def test_without_the_mask_windows_beside_a_text_fire(padding: object) -> None:
    """So that the test above could fail."""
    network = exported(random_snn((3, 4), padding=padding, seed=1), positions=9)  # type: ignore[arg-type]
    expected = network.expected(random_texts([1, 2, 3]))
    graph = network.graph
    layout = network.layout
    weights = graph.nodes["conv"].weight  # (C, A, K, K)
    for number in range(len(layout.reaches)):
        channel = layout.start + 1 + number
        weights[:, channel // layout.taps, :, channel % layout.taps] = 0
    run = Simulated(graph, ["act"])
    run.run(expected.frames.numpy())
    assert run.trace("act").sum() > expected.spikes.sum()


@given(
    widths=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    sides=st.data(),
    positions=st.integers(1, 12),
    words=st.integers(0, 12),
)
@settings(max_examples=60)
def test_windows_are_those_of_the_convolution(
    widths: list[int], sides: st.DataObject, positions: int, words: int
) -> None:
    """A window is masked where the package has none, and sees the words that its filter sees."""
    words = min(words, positions)
    shapes = tuple(
        (k, sides.draw(st.integers(0, k - 1)), sides.draw(st.integers(0, k - 1))) for k in widths
    )
    layout = Layout(1, positions, shapes)
    marks = torch.arange(1.0, words + 1).reshape(1, 1, 1, -1)  # word i is i + 1
    frames = layout.frames(marks, torch.tensor([words]))
    places = layout.unfolded(frames)[0, 0]  # (D, P)
    assert frames.shape[2:] == layout.shape
    for width, left, right in shapes:
        count = max(words + left + right, width) - width + 1
        absent = places[layout.start + 1 + layout.reaches.index(width - left - right)]
        assert absent[:count].sum() == 0 and bool(absent[count : layout.windows].all())
        text = np.concatenate([np.zeros(left), np.arange(1.0, words + 1), np.zeros(right + width)])
        for p in range(count):
            first = p + layout.lead - left
            seen = places[0, first : first + width].numpy()
            assert np.array_equal(seen, text[p : p + width])
    assert bool((places[layout.start] == 1).all())
