"""What to change about a conversion: one entry a cause and remedy, with the layers that have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ....run_folder.records.conversion import Advice

TERMS = {
    "clipping": ("Clipping", "the ANN’s activation is above what a neuron can pass on, which is "
                             "one threshold a step; the rest is lost"),
    "quantisation": ("Quantisation", "T steps can tell only T + 1 values apart, so that values in "
                                     "between are rounded"),
    "unevenness": ("Unevenness", "spikes come at other times than a steady current would bring "
                                 "them, so that a neuron fires too often or too seldom"),
    "encoder": ("Input code", "the spikes of the input differ from the vectors of the words"),
    "carried_in": ("Error carried in", "what a layer reads is wrong already; its own neurons add "
                                       "less"),
    "pooling": ("Pooling", "the spikes that pass the pooling are not those of the largest value"),
    "bias": ("One-sided error", "a layer fires too little, or too much, nearly everywhere"),
    "silent": ("Silent channels", "they never fire, so that nothing behind them can read them"),
    "saturated": ("Saturated neurons", "they fire at every step and cannot say more"),
}  # fmt: skip
"""The name of each kind of advice, and what it means."""


@dataclass
class Change:
    """One thing to change.

    Attributes:
        name, meaning: of the cause, "" where it is not known
        remedy: what to do
        found: what was found, by layer
    """

    name: str
    meaning: str
    remedy: str
    found: dict[str, str] = field(default_factory=dict)


def changes(advice: Sequence[Advice]) -> list[Change]:
    """Advice grouped by its cause and remedy, in the order in which they first come."""
    groups: dict[tuple[str, str], Change] = {}
    for item in advice:
        if item.kind not in TERMS or not item.layer:
            groups[item.text, ""] = Change("", "", item.text)
            continue
        found, _, remedy = item.text.partition(": ")
        name, meaning = TERMS[item.kind]
        group = groups.setdefault((item.kind, remedy), Change(name, meaning, remedy))
        group.found[item.layer] = _figure(item, found)
    return list(groups.values())


def _figure(item: Advice, found: str) -> str:
    """The figure of a finding in few letters; all of it where it has none of its own."""
    if item.value is None:
        return found
    if item.kind in ("clipping", "silent", "saturated"):
        return f"{100 * item.value:.1f}\u00a0%"
    return f"{item.value:.3f}"


UNITS = {
    "Clipping": "share of the activation that is lost",
    "Silent channels": "share of the channels",
    "Saturated neurons": "share of the neurons",
    "One-sided error": "mean error, in thresholds",
}
"""What the figure beside a layer is, by the name of the cause; of others it is `ERROR`."""
ERROR = "error of the layer (root mean square), in thresholds"
