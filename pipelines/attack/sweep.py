"""`snnconvert attack --sweep`: robustness against T, input code and threshold rule.

The ANN of the run is converted in memory for every combination, and all are attacked on the same
texts. Records lie in RUN/attack-sweep, so that a sweep goes on where it was stopped, and a larger
one takes over what a smaller one has found.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from ...attacks.presets.requirements import check_assets, check_language, chosen_presets
from ...attacks.records import check_apart
from ...attacks.runs import select_examples
from ...attacks.statistics.tables import table_rows
from ...attacks.victim_name import VictimName
from ...errors import InputError
from ...files import write_json, write_text
from ...formatting import csv_text
from ...models.devices import find_device
from ..data import load_run_data
from ..display.names import with_names
from ..display.plots import LINES, MARKERS, code_colours, new_figure, save_figure
from ..display.tables import robustness_table
from ..run_folder.fingerprints import settings_dict
from ..run_folder.run_folder import RunFolder
from ..settings.attack import AttackSettings, AttackSweepSettings
from ..settings.engine import ENGINE, EngineSettings
from ..versions import versions
from .campaign import Campaign
from .models import AttackedModel

Row = dict[str, Any]
FOLDER = "attack-sweep"


def attack_sweep(
    out: Path | str,
    settings: AttackSettings,
    choices: AttackSweepSettings,
    seed: int = 0,
    engine: EngineSettings = ENGINE,
) -> str:
    """Attack every combination; write sweep.json, sweep.csv and sweep.png to RUN/attack-sweep.

    Args:
        out: run folder with a trained ANN
        settings: attacks, texts, budget and draws; its victims and controls are not used
        choices: codes, steps and threshold rules
        seed: of every draw
        engine: what runs SNNs

    Returns:
        The table for the terminal.

    Raises:
        InputError: no trained ANN, or nothing that can be tried.
    """
    find_device(engine.device)
    run = RunFolder(out)
    folder = run.path / FOLDER
    with run.locked():
        run.require("ann")
        data = run.require("data")
        check_language(settings.presets, str(data["language"]))
        presets, left_out = chosen_presets(settings.presets, str(data["language"]))
        check_assets(presets)
        check_apart(presets)
        variants, refused = combinations(run, choices)
        names = [VictimName("ann"), *variants]
        digests = {str(name): AttackedModel(run, name).digest(seed) for name in names}
        test = load_run_data(run).test
        examples = select_examples(test.texts, test.labels, settings.examples, seed)
        campaign = Campaign(run, folder, settings, examples, digests, seed, engine)
        figures = campaign.carry_out([(str(name), attack) for attack in presets for name in names])
    rules = {str(name): name.rule or None for name in names}
    rows = [
        {**row, "threshold": rules[row["victim"]], "seed": seed}
        for row in table_rows(figures["rows"], str(data["name"]))
    ]
    chosen = settings_dict(settings) | settings_dict(choices) | {"seed": seed}
    write_sweep(folder, rows, chosen, figures | {"refused": refused, "left_out": left_out})
    victims = {row["victim"] for row in figures["rows"]}
    lines = [robustness_table(figures["rows"])]
    lines += [f"- {with_names(sentence, victims)}" for sentence in figures["conclusions"]]
    lines += [f"left out: {row['victim']}: {row['why']}" for row in refused]
    return "\n".join([*lines, f"written to {folder}"])


def write_sweep(folder: Path, rows: Sequence[Row], chosen: Row, figures: Row) -> None:
    """Write sweep.json, sweep.csv and sweep.png.

    Args:
        folder: where to.
        rows: the flat table.
        chosen: the settings.
        figures: of the campaign, with what was refused and left out.
    """
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    content = {"machine": machine, "versions": versions(), "settings": chosen, "rows": rows}
    names = ("comparisons", "transfer", "conclusions", "dropped", "refused", "left_out")
    write_json(folder / "sweep.json", content | {name: figures[name] for name in names})
    write_text(folder / "sweep.csv", csv_text(rows, tuple(rows[0])))
    plot(folder / "sweep.png", rows)


def combinations(
    run: RunFolder, choices: AttackSweepSettings
) -> tuple[list[VictimName], list[Row]]:
    """Names of the variants that can be converted, and those that are refused, with the reason.

    Raises:
        InputError: nothing is left.
    """
    names, refused = [], []
    for code, steps, rule in product(choices.encoders, choices.steps, choices.thresholds):
        name = VictimName("snn", "", code, steps, rule if rule != "recipe" else "")
        try:
            AttackedModel(run, name).recipe().encoder.check_steps(steps)
            names.append(name)
        except InputError as error:
            refused.append({"victim": str(name), "why": str(error)})
    if not names:
        raise InputError(f"expected a combination that can be converted: {refused[0]['why']}")
    return names, refused


def plot(path: Path, rows: Sequence[Row]) -> None:
    """Accuracy under attack against T: a panel for each attack, the ANN as a line."""
    attacks = list(dict.fromkeys(row["attack"] for row in rows))
    figure = new_figure(1 + 4 * len(attacks), 3.6)
    colours = code_colours(row["encoder"] for row in rows if row["encoder"])
    panels = figure.subplots(1, len(attacks), squeeze=False, sharey=True)[0]
    drawn = [row for row in rows if row["accuracy_under_attack"] is not None]  # not all errors
    for axes, attack in zip(panels, attacks, strict=True):
        _panel(axes, [row for row in drawn if row["attack"] == attack], colours)
        axes.set_xscale("log", base=2)
        axes.set(title=attack, xlabel="time steps T")
    figure.axes[0].set_ylabel("accuracy under attack, %")
    if drawn:
        figure.axes[-1].legend(fontsize="small")
    save_figure(path, figure, dpi=150)


def _panel(axes: Any, rows: Sequence[Row], colours: Mapping[str, str]) -> None:
    """One attack: the ANN, and a line with intervals for every code and threshold rule.

    The colour is the code's; the rule has a marker and a line, by its place.
    """
    rules = list(dict.fromkeys(row["threshold"] for row in rows if row["encoder"]))
    for row in rows:
        if row["victim"] == "ann":
            axes.axhline(100 * row["accuracy_under_attack"], color="black", ls="--", label="ANN")
    for code, rule in dict.fromkeys((r["encoder"], r["threshold"]) for r in rows if r["encoder"]):
        line = sorted(
            (r for r in rows if (r["encoder"], r["threshold"]) == (code, rule)),
            key=lambda r: r["steps"],
        )
        value = [100 * r["accuracy_under_attack"] for r in line]
        below = [v - 100 * r["low"] for v, r in zip(value, line, strict=True)]
        above = [100 * r["high"] - v for v, r in zip(value, line, strict=True)]
        axes.errorbar(
            [r["steps"] for r in line],
            value,
            yerr=[below, above],
            marker=MARKERS[rules.index(rule) % len(MARKERS)],
            ls=LINES[rules.index(rule) % len(LINES)],
            capsize=2,
            color=colours[code],
            label=code + (f" {rule}" if rule else ""),
        )
