"""The picture of the table: nothing of it hides anything else."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.pipelines.reproduce.lv2023.data.published import DATASETS
from snnconvert.pipelines.reproduce.lv2023.data.records import Record
from snnconvert.pipelines.reproduce.lv2023.pages.plots import apart, figure

HEIGHTS = st.lists(st.floats(0, 100).map(lambda x: round(x, 2)), min_size=1, max_size=9)


@given(HEIGHTS, st.sampled_from([0.1, 1.0, 7.0]))
def test_names_stand_apart_in_the_order_of_their_lines(values: list[float], least: float) -> None:
    found = apart(values, least)
    order = sorted(range(len(values)), key=lambda i: values[i])
    assert all(found[b] - found[a] >= least - 1e-9 for a, b in pairwise(order))
    assert sum(found) == pytest.approx(sum(values), abs=1e-6)
    if all(values[b] - values[a] >= least for a, b in pairwise(order)):
        assert found == values


def record(model: str, steps: int, joules: float, mean: float = 0.8) -> Record:
    return Record(
        dataset=DATASETS[0],
        model=model,
        setting="",
        steps=steps,
        system=model,
        seeds=1,
        mean=mean,
        std=None,
        dev_mean=0.8,
        sops_per_sentence=1.0,
        macs_per_sentence=None,
        input_spikes_per_value=1.0,
        joules_per_sentence=joules,
        parameters=360_000,
        beside=None,
        published=None,
        limit=None,
        seconds=1.0,
    )


def test_one_legend_above_all_panels_and_none_in_them() -> None:
    """In a panel it stood on the points of T = 50, which are the dearest."""
    drawn = figure([record("published", 50, 1.5e-4), record("ours", 2, 5e-6)])
    assert not any(axes.get_legend() for axes in drawn.axes)
    (legend,) = drawn.legends
    assert [text.get_text() for text in legend.get_texts()] == ["published", "ours"]
    drawn.canvas.draw()
    top = max(axes.get_window_extent().y1 for axes in drawn.axes)
    assert legend.get_window_extent().y0 >= top
    assert not figure([]).legends


def test_labels_end_in_their_panel_and_those_of_points_beside_each_other_are_apart() -> None:
    """That of T = 50, the dearest, stood on the names of the published systems."""
    high, low = record("ours", 2, 5e-6, 0.82), record("ours-converted", 2, 5.5e-6, 0.81)
    drawn = figure([record("published", 50, 1.5e-4), high, low])
    drawn.canvas.draw()
    for axes in drawn.axes[:2]:
        panel = axes.get_window_extent()
        labels = [text.get_window_extent() for text in axes.texts if "T=" in text.get_text()]
        assert labels and all(panel.x0 <= label.x0 and label.x1 <= panel.x1 for label in labels)
    first, second = [text for text in drawn.axes[0].texts if text.get_text() == "T=2"]
    assert not first.get_window_extent().overlaps(second.get_window_extent())
