"""What the conversion benchmark shows: the choice on dev, the table, the targets, the plot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from snnconvert.benchmarks.conversion.compare import TEXTS, comparison
from snnconvert.formatting import markdown_table
from snnconvert.pipelines.display.plots import colours, new_figure, save_figure

Row = dict[str, Any]
Place = tuple[str, str, str]  # dataset, pooling, activation
CONVERTERS = ("ours", "spikingjelly", "lv2023")
COLOURS = colours(CONVERTERS, CONVERTERS)

NOTES = """\
Loss is the ANN's test accuracy less the SNN's, in points; below zero the SNN is the better. Mean \
over the seeds, in brackets the standard deviation. No converter fine-tunes, all calibrate on the \
same training texts. Where a converter has several recipes, the one with the best mean accuracy on \
dev at that T stands in the first table, and all of them in the second; lv2023 was run on test \
only, for its cost, and is given its best there.

- One run of the longest T gives the whole curve where the first t frames of the code are those \
of a run of t steps and nothing is fitted to T: direct, saf and poisson input. The recipe `bias` \
is fitted to each T up to 16 and run for each, and so are thresholds by `mse`.
- Our recipes are joined methods of `convert --sweep` (docs/conversion.md): `default` is the \
learned bound or the 99.9 percentile of a layer; `channel` one threshold a channel; `balance` \
local threshold balancing; `mse` the threshold of least squared error (for max only: the search \
over all positions takes longest); `relu` measures the ReLU of the pre-activations instead of the \
QCFS activation, so that its bound clips nothing; `neurons` measures behind the maximum of \
currents; `floor` is V(0) = 0; `bias` corrects biases. The recipes with `balance`, `mse`, `relu` \
and `floor` were added, for what they do on dev, after a table without them had been seen; `floor` \
(for mean only) after one with the others.
- spikingjelly is `spikingjelly.activation_based.ann2snn` with its own module, neurons and \
`reset_net`, fed the text at every step as its examples are. The TextCNN is written for it as \
`nn.Conv2d` over (words, 1), because it moves pooling before the neurons for `nn.MaxPool2d` only; \
its logits equal ours (checked in double precision to 1e-5 for every network, on 256 dev texts). \
`max` and `99.9%` are one threshold a layer, `channel` one a channel, `half, pool first` its \
options half_threshold and pre_spike_maxpool, `local threshold balancing` its recipe of that name. \
Without pool first it takes the maximum of spikes at each step.
- ann2snn has no rule for QCFS: it is given ReLU in place of QCFS, its neurons standing for the \
staircase, and reads its thresholds from the ReLU. `QCFS bound` is a subclass of its recipe whose \
calibration takes the learned bound instead (its messages name such a subclass for what the recipe \
does not do); with that its neurons are ours with direct input.
- Its accuracies are measured on the same network written in nodes of ours, which is faster; for \
every network and recipe its module gave the same outputs at every step on 64 texts of dev (a \
spike may come a step earlier or later where its potential lies within rounding of the threshold: \
at most 5 % of the outputs so moved and 0.5 % of the classes were allowed).
- lv2023 is our restatement of Lv et al. (ICLR 2023), without its fine-tuning: vectors shifted to \
[0, 1] and drawn as Bernoulli spikes, weights of a layer over the largest, V(0) = 0. `published` \
divides every layer and nothing else, and takes the maximum of currents (one seed); `rescaled` \
multiplies the next layer by what its inputs were divided by. Theirs is trained on shifted vectors \
without biases; here the same network as for all is converted, the shift is taken back in the \
weights, biases are divided with them, and the outputs are currents, not spikes.
"""


def losses(rows: Sequence[Row]) -> dict[tuple[Place, str, str, str, int], np.ndarray]:
    """Loss in points over the seeds, by place, converter, recipe, encoder and steps."""
    found: dict[tuple[Place, str, str, str, int], list[float]] = defaultdict(list)
    for row in rows:
        loss = 100 * (row["ann_accuracy"] - row["snn_accuracy"])
        found[(place(row), row["converter"], row["recipe"], row["encoder"], row["steps"])].append(
            loss
        )
    return {key: np.array(values) for key, values in found.items()}


def place(row: Row) -> Place:
    """The network of a row, whatever the seed."""
    return row["dataset"], row["pooling"], row["activation"]


def chosen(rows: Sequence[Row]) -> dict[tuple[Place, str, int], tuple[str, str]]:
    """Recipe and encoder with the best mean dev accuracy, by place, converter and steps.

    Of equal ones the first in the rows' order. A converter that was not run on dev (lv2023, for its
    cost) is given its best on test.
    """
    dev: dict[tuple[Place, str, int], dict[tuple[str, str], list[float]]] = {}
    for row in rows:
        recipes = dev.setdefault((place(row), row["converter"], row["steps"]), {})
        dev_accuracy = row["snn_dev_accuracy"]
        known = row["snn_accuracy"] if dev_accuracy is None else dev_accuracy
        recipes.setdefault((row["recipe"], row["encoder"]), []).append(known)
    return {
        key: max(recipes, key=lambda r: round(float(np.mean(recipes[r])), 9))
        for key, recipes in dev.items()
    }


def targets(rows: Sequence[Row]) -> list[tuple[str, bool]]:
    """What the table must show, and whether it does; only what was measured."""
    found, best = losses(rows), chosen(rows)
    mean = {
        (where, converter, t): float(found[(where, converter, *recipe, t)].mean())
        for (where, converter, t), recipe in best.items()
    }
    lines = []
    wanted = [(("max", "qcfs"), {2: 1.0, 4: 0.5, 16: 0.2}), (("max", "relu"), {16: 1.0})]
    for kind, limits in wanted:
        for (where, converter, t), loss in sorted(mean.items()):
            if converter == "ours" and where[1:] == kind and t in limits:
                text = f"{' '.join(where)}, T = {t}: loses {loss:.2f}, at most {limits[t]:.1f}"
                lines.append((text, loss <= limits[t] + 1e-9))
    for (where, converter, t), loss in sorted(mean.items()):
        own = mean.get((where, "ours", t))
        if converter != "ours" and own is not None and loss < own - 1e-9:
            text = (
                f"{' '.join(where)}, T = {t}: {converter} loses less, {loss:.2f} against {own:.2f}"
            )
            lines.append((text, False))
    return lines


def cell(values: np.ndarray | None) -> str:
    """Mean and standard deviation of losses."""
    if values is None:
        return "-"
    spread = f" ({values.std(ddof=1):.2f})" if len(values) > 1 else ""
    return f"{values.mean():.2f}{spread}"


def markdown(rows: Sequence[Row], settings: Row) -> str:
    """The whole page."""
    found, best = losses(rows), chosen(rows)
    steps = sorted({row["steps"] for row in rows})
    heads = [f"T = {t}" for t in steps]
    short = []
    for where in dict.fromkeys(place(row) for row in rows):
        ann = np.mean([row["ann_accuracy"] for row in rows if place(row) == where])
        for converter in CONVERTERS:
            recipes = [best.get((where, converter, t), ("", "")) for t in steps]
            cells = [
                cell(found.get((where, converter, *recipe, t)))
                for recipe, t in zip(recipes, steps, strict=True)
            ]
            short.append([" ".join(where), f"{100 * ann:.2f}", converter, *cells])
    whole = []
    for where, converter, recipe, encoder in dict.fromkeys(key[:-1] for key in found):
        cells = [cell(found.get((where, converter, recipe, encoder, t))) for t in steps]
        whole.append([" ".join(where), converter, recipe, encoder, *cells])
    met = [f"- {'met' if met else 'MISSED'}: {text}" for text, met in targets(rows)]
    parts = [
        "# Conversion beside the peers",
        NOTES.rstrip(),
        "Settings: " + "; ".join(f"{name} {value}" for name, value in settings.items()),
        "## Loss of the recipe chosen on dev",
        markdown_table(["network", "ANN %", "converter", *heads], short),
        "## Is the difference more than chance?",
        comparison(rows, best, TEXTS if settings.get("limit") is None else None)
        or "No two converters were measured on the same networks.",
        "## Targets",
        "\n".join(met) or "None of their networks was measured.",
        "## Recipe chosen on dev",
        markdown_table(["network", "converter", *heads], _choices(best, steps)),
        "## Loss of every recipe",
        markdown_table(["network", "converter", "recipe", "input", *heads], whole),
    ]
    return "\n\n".join(parts) + "\n"


def _choices(best: dict[tuple[Place, str, int], tuple[str, str]], steps: list[int]) -> list:
    """Lines of recipe and input for every network and converter that is chosen on dev."""
    lines = []
    for where in dict.fromkeys(where for where, _, _ in best):
        for converter in ("ours", "spikingjelly"):
            found = [best.get((where, converter, t)) for t in steps]
            if any(found):
                cells = [", ".join(pair) if pair else "-" for pair in found]
                lines.append([" ".join(where), converter, *cells])
    return lines


def plot(path: Path, rows: Sequence[Row]) -> None:
    """Loss over T: one panel a network, thick the recipe chosen on dev, thin every recipe."""
    found, best = losses(rows), chosen(rows)
    places = list(dict.fromkeys(place(row) for row in rows))
    across = min(4, len(places))
    down = -(-len(places) // across)
    figure = new_figure(3.4 * across, 3.0 * down + 0.6)
    grid = figure.subplots(down, across, squeeze=False)
    for axes, where in zip(grid.flat, places, strict=False):
        for key in dict.fromkeys(key[:-1] for key in found if key[0] == where):
            curve = {k[-1]: v.mean() for k, v in found.items() if k[:-1] == key}
            points = sorted(curve.items())
            axes.plot(*zip(*points, strict=True), color=COLOURS[key[1]], linewidth=0.6, alpha=0.4)
        for converter in CONVERTERS:
            points = sorted(
                (t, float(found[(where, converter, *recipe, t)].mean()))
                for (at, of, t), recipe in best.items()
                if at == where and of == converter
            )
            if points:
                xs, ys = zip(*points, strict=True)
                axes.plot(xs, ys, "o-", ms=3, color=COLOURS[converter], label=converter)
        axes.axhline(0, color="grey", linestyle="--", linewidth=0.8)
        axes.set_title(" ".join(where), fontsize=9)
        axes.set_xscale("log", base=2)
        axes.set_yscale("symlog", linthresh=1)
        axes.set_xlabel("T")
    for axes in list(grid.flat)[len(places) :]:
        axes.axis("off")
    grid[0, 0].set_ylabel("loss against the ANN, points")
    grid[0, 0].legend(fontsize=8)
    save_figure(path, figure)
