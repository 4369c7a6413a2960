"""Advice in plain words: what to change about a conversion, from its error budget and activity.

Each rule looks at one figure and names the layer, the figure and the remedy. The limits are fields
of :class:`Limits`; below them a figure is not worth a change. Advice is ordered by how much of the
error it speaks of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..recipes.recipe import ConversionRecipe

Row = dict[str, Any]
SPLIT = ("clipping", "quantisation", "carried_in", "encoder", "unevenness", "pooling")


@dataclass(frozen=True)
class Limits:
    """When a figure is worth a word.

    clipped: share of a layer's summed activation that clipping takes away (1 %: the 99.9
    percentile normally takes less).
    error: root mean square of a layer's total error, in thresholds, below which the layer is good
    enough (0.05 is a twentieth of the largest value a neuron can pass on).
    dominant: share of a layer's summed squared parts that one part needs to dominate (a half).
    silent: share of channels that never fire (a tenth).
    saturated: share of neurons that fire at every step (5 %).
    biased: how large the mean of the error is beside its root mean square (a half: the errors have
    one sign, and a constant can take most of them away).
    """

    clipped: float = 0.01
    error: float = 0.05
    dominant: float = 0.5
    silent: float = 0.1
    saturated: float = 0.05
    biased: float = 0.5


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"


def _entry(kind: str, layer: str, value: float, text: str) -> Row:
    return {"kind": kind, "layer": layer, "value": value, "text": text}


def dominant_part(row: Row) -> tuple[str, float]:
    """The part of a budget row with the largest mean square, and its share of all parts'."""
    squares = {part: row[f"{part}_rms"] ** 2 for part in SPLIT}
    largest = max(squares, key=lambda part: squares[part])
    whole = sum(squares.values())
    return largest, squares[largest] / whole if whole > 0 else 0.0


def _clipping(row: Row, recipe: ConversionRecipe, limits: Limits) -> list[Row]:
    if row["kind"] != "neurons" or row["clipped"] < limits.clipped:
        return []
    remedy = recipe.threshold.member.against_clipping()
    text = f"layer {row['layer']} clips {_percent(row['clipped'])} of its activation: {remedy}"
    return [_entry("clipping", row["layer"], row["clipped"], text)]


def _remedy(part: str, recipe: ConversionRecipe) -> str:
    """What to do where ``part`` dominates."""
    coding, steps = recipe.encoder.coding, recipe.steps
    if part == "clipping":
        return "raise its threshold"
    if part == "quantisation":
        how = f"train with QCFS at L = {steps} or raise T"
        return how if recipe.initial or recipe.bias_shift else f"set V(0) to 0.5, {how}"
    if part == "unevenness":
        return coding.against_unevenness()
    if part == "encoder":
        return coding.against_error(steps)
    if part == "pooling":
        return "use the pooling rule counts, which passes exactly the largest count"
    return "its own neurons are not the cause: begin with the layers before it"


def _dominant(row: Row, recipe: ConversionRecipe, limits: Limits) -> list[Row]:
    if row["kind"] == "output" or row["total_rms"] < limits.error:
        return []
    part, share = dominant_part(row)
    if share < limits.dominant or (part == "clipping" and row["clipped"] >= limits.clipped):
        return []  # a layer that clips much has its own advice
    pooling = row["kind"] == "pooling"
    if pooling and part != "pooling":
        return []  # the row of the neurons says what comes in
    layer = row["name"] if pooling else row["layer"]
    name = {"carried_in": "error carried in", "encoder": "the error of the input code"}
    what = name.get(part, part)
    at = f" at T = {recipe.steps}" if part == "quantisation" else ""
    text = (
        f"{what} dominates in layer {layer}{at} ({_percent(share)} of its squared error): "
        f"{_remedy(part, recipe)}"
    )
    return [_entry(part, layer, row["total_rms"], text)]


def _biased(row: Row, recipe: ConversionRecipe, limits: Limits) -> list[Row]:
    error, mean = row["total_rms"], row["total_mean"]
    if row["kind"] != "neurons" or error < limits.error or abs(mean) < limits.biased * error:
        return []
    if recipe.correction != "none":
        return []
    side = "too little" if mean < 0 else "too much"
    text = (
        f"layer {row['layer']} fires {side} nearly everywhere ({mean:+.3f} thresholds on "
        "average): correct it on unlabelled texts (correction bias or potential)"
    )
    return [_entry("bias", row["layer"], abs(mean), text)]


def _activity(row: Row, recipe: ConversionRecipe, limits: Limits) -> list[Row]:
    if row["name"] == "input":
        return []
    advice = []
    name = row["name"]
    if row["silent"] >= limits.silent:
        rule = recipe.threshold
        coarse = rule.granularity == "layer" and rule.member.measures
        finer = "use one threshold per channel, or " if coarse else ""
        text = (
            f"{_percent(row['silent'])} of the channels of {name} never fire: {finer}raise T, or "
            "train with fewer channels"
        )
        advice.append(_entry("silent", name, row["silent"], text))
    if row["saturated"] >= limits.saturated:
        text = (
            f"{_percent(row['saturated'])} of the neurons of {name} fire at every step and can say "
            "no more: raise the threshold"
        )
        if recipe.steps == 1:
            text = f"{text}, or use more than one step"
        advice.append(_entry("saturated", name, row["saturated"], text))
    return advice


def advise(
    budget: Sequence[Row],
    activity: Sequence[Row],
    recipe: ConversionRecipe,
    limits: Limits | None = None,
) -> list[Row]:
    """What to change, in plain words.

    Args:
        budget: rows of `convert.budget.error_budget`
        activity: rows of `convert.diagnosis.layer_activity`
        recipe: what was chosen, so that no advice names what is already so
        limits: when a figure is worth a word

    Returns:
        Rows kind (clipping, quantisation, unevenness, encoder, carried_in, pooling, bias, silent,
        saturated, or none where nothing is to be changed), layer, value (the figure) and text; the
        layer with the largest error first.
    """
    limits = limits or Limits()
    entries: list[tuple[float, Row]] = []
    for row in budget:
        for rule in (_clipping, _dominant, _biased):
            entries += [(row["total_rms"], entry) for entry in rule(row, recipe, limits)]
    entries.sort(key=lambda pair: -pair[0])
    advice = [entry for _, entry in entries]
    for row in activity:
        advice += _activity(row, recipe, limits)
    if not advice:
        worst = max((row["total_rms"] for row in budget if row["kind"] != "output"), default=0.0)
        text = f"no layer is off by more than {worst:.3f} of its threshold: nothing to change"
        advice = [_entry("none", "", worst, text)]
    return advice
