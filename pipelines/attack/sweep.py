"""`snnconvert attack --sweep`: robustness against T, input code and threshold rule.

The ANN of the run is converted in memory for every combination, and all are attacked on the same
texts. Records lie in RUN/attack-sweep, so that a sweep goes on where it was stopped, and a larger
one takes over what a smaller one has found.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...attacks.presets.requirements import check_assets, check_language, chosen_presets
from ...attacks.runs import select_examples
from ...attacks.statistics.tables import table_rows
from ...errors import InputError
from ...files import write_json, write_text
from ...formatting import csv_text
from ..data import load_run_data
from ..display.plots import colours, new_figure, save_figure
from ..display.tables import robustness_table
from ..run_folder.fingerprints import settings_dict
from ..run_folder.run_folder import RunFolder
from ..run_folder.versions import versions
from ..settings.attack import AttackSettings, AttackSweepSettings
from ..settings.engine import ENGINE, EngineSettings
from .campaign import Campaign
from .victims import make_recipe, parse_victim, victim_digest

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
    run = RunFolder(out)
    with run.locked():
        run.require("ann")
        data = run.require("data")
        check_language(settings.presets, str(data["language"]))
        presets, left_out = chosen_presets(settings.presets, str(data["language"]))
        check_assets(presets)
        variants, refused = combinations(run, choices)
        victims = ["ann", *variants]
        digests = {name: victim_digest(run, name, seed) for name in victims}
        test = load_run_data(run).test
        examples = select_examples(test.texts, test.labels, settings.examples, seed)
        folder = run.path / FOLDER
        campaign = Campaign(run, folder, settings, examples, digests, seed, engine)
        figures = campaign.carry_out([(v, name) for name in presets for v in victims])
    rules = {victim: parse_victim(victim).rule or None for victim in victims}
    rows = [
        {**row, "threshold": rules[row["victim"]], "seed": seed}
        for row in table_rows(figures["rows"], str(data["name"]))
    ]
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    chosen = settings_dict(settings) | settings_dict(choices) | {"seed": seed}
    content = {"machine": machine, "versions": versions(), "settings": chosen, "rows": rows}
    content |= {key: figures[key] for key in ("comparisons", "transfer", "conclusions", "dropped")}
    write_json(folder / "sweep.json", content | {"refused": refused, "left_out": left_out})
    write_text(folder / "sweep.csv", csv_text(rows, tuple(rows[0])))
    plot(folder / "sweep.png", rows)
    lines = [robustness_table(figures["rows"]), *(f"- {s}" for s in figures["conclusions"])]
    lines += [f"left out: {row['victim']}: {row['why']}" for row in refused]
    return "\n".join([*lines, f"written to {folder}"])


def combinations(run: RunFolder, choices: AttackSweepSettings) -> tuple[list[str], list[Row]]:
    """Names of the variants that can be converted, and those that are refused, with the reason.

    Raises:
        InputError: nothing is left.
    """
    names, refused = [], []
    for code in choices.encoders:
        for steps in choices.steps:
            for rule in choices.thresholds:
                name = f"snn@{code}:{steps}" + (f":{rule}" if rule != "recipe" else "")
                try:
                    make_recipe(run, parse_victim(name)).encoder.check_steps(steps)
                    names.append(name)
                except InputError as error:
                    refused.append({"victim": name, "why": str(error)})
    if not names:
        raise InputError(f"expected a combination that can be converted: {refused[0]['why']}")
    return names, refused


def plot(path: Path, rows: Sequence[Row]) -> None:
    """Accuracy under attack against T: a panel for each attack, the ANN as a line."""
    attacks = list(dict.fromkeys(row["attack"] for row in rows))
    figure = new_figure(1 + 4 * len(attacks), 3.6)
    colour_of = colours(row["encoder"] for row in rows if row["encoder"])
    for axes, attack in zip(
        figure.subplots(1, len(attacks), squeeze=False, sharey=True)[0], attacks, strict=True
    ):
        own = [row for row in rows if row["attack"] == attack and row["n"]]
        for row in own:
            if row["victim"] == "ann":
                axes.axhline(
                    100 * row["accuracy_under_attack"], color="black", ls="--", label="ANN"
                )
        for key in dict.fromkeys((r["encoder"], r["threshold"]) for r in own if r["encoder"]):
            line = sorted(
                (r for r in own if (r["encoder"], r["threshold"]) == key), key=lambda r: r["steps"]
            )
            value = [100 * r["accuracy_under_attack"] for r in line]
            reach = [
                [v - 100 * r["low"] for v, r in zip(value, line, strict=True)],
                [100 * r["high"] - v for v, r in zip(value, line, strict=True)],
            ]
            label = key[0] + (f" {key[1]}" if key[1] else "")
            axes.errorbar(
                [r["steps"] for r in line],
                value,
                yerr=reach,
                marker="o",
                capsize=2,
                color=None if key[1] else colour_of[key[0]],
                label=label,
            )
        axes.set_xscale("log", base=2)
        axes.set(title=attack, xlabel="time steps T")
    figure.axes[0].set_ylabel("accuracy under attack, %")
    figure.axes[-1].legend(fontsize="small")
    save_figure(path, figure, dpi=150)
