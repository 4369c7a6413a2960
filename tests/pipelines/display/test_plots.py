"""Colours and files of plots."""

from __future__ import annotations

from pathlib import Path

from snnconvert.models.encoders import CODES
from snnconvert.pipelines.convert.sweep_outputs import plot
from snnconvert.pipelines.display.plots import (
    PALETTE,
    code_colours,
    colours,
    new_figure,
    save_figure,
)


def test_codes_keep_their_colour_and_others_get_one_that_is_free() -> None:
    found = code_colours(["poisson", "mine", "saf", "ttfs"])
    assert found["poisson"] == CODES["poisson"].colour and found["saf"] == CODES["saf"].colour
    own = {code.colour for code in CODES.values()}
    assert not {found["mine"], found["ttfs"]} & own and found["mine"] != found["ttfs"]


def test_known_names_come_first_and_colours_come_round() -> None:
    found = colours(["mine", "b"], known=("a", "b"))
    assert list(found.values()) == list(PALETTE[:3]) and list(found) == ["a", "b", "mine"]
    many = colours([f"name {i}" for i in range(20)])
    assert set(many.values()) == set(PALETTE)


def test_the_same_figure_is_the_same_file(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg", "c.png"):
        figure = new_figure(2, 1)
        figure.add_subplot().plot([1, 2])
        save_figure(tmp_path / name, figure)
    first, second, picture = ((tmp_path / n).read_bytes() for n in ("a.svg", "b.svg", "c.png"))
    assert first == second and b"<svg" in first and picture[:4] == b"\x89PNG"


def test_a_sweep_draws_codes_that_it_does_not_know(tmp_path: Path) -> None:
    """Every code of the rows is drawn, a user's own too, in a colour of its own."""
    from matplotlib.axes import Axes

    drawn = []
    scatter = Axes.scatter

    def note(axes: Axes, *words: object, **named: object) -> object:
        drawn.append((named["label"], named["color"]))
        return scatter(axes, *words, **named)  # type: ignore[arg-type]

    rows = [
        {"method": "default", "encoder": code, "steps": 4, "sop_equivalents": 10.0 * (i + 1),
         "dev_accuracy": 0.5 + 0.1 * i, "pareto": i == 0}
        for i, code in enumerate(("saf", "ttfs", "mine"))
    ]  # fmt: skip
    Axes.scatter = note  # type: ignore[method-assign, assignment]
    try:
        plot(tmp_path / "sweep.png", rows, 0.9)
    finally:
        Axes.scatter = scatter  # type: ignore[method-assign]
    assert [label for label, _ in drawn] == ["default saf", "default ttfs", "default mine"]
    assert len({colour for _, colour in drawn}) == 3
