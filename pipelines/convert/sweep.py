"""`snnconvert convert --sweep`: methods, encoders and numbers of steps side by side, on dev.

Each row is one recipe. Rows are kept in RUN/snn/sweep.json as they end, and a row that is there is
not computed again. Where the first t frames of a code are the code of t steps, one run of the
longest T gives the rows of all. Test texts are never looked at.
"""

from __future__ import annotations

import os
import platform
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...convert.conversion import convert_model
from ...convert.recipes.file import save_recipe
from ...convert.recipes.old_names import by_names_of_today
from ...convert.recipes.options import from_options, to_options
from ...convert.recipes.recipe import ConversionRecipe
from ...engine.evaluate import accuracy, evaluate_steps
from ...engine.reference import ann_logits
from ...errors import InputError
from ...files import write_json
from ...models.devices import find_device
from ...models.text_model import TextModel
from ...progress import bar
from ..data import calibration_texts, load_run_model, load_run_texts
from ..run_folder.fingerprints import fingerprint
from ..run_folder.records.sweep import read_sweep
from ..run_folder.run_folder import RunFolder
from ..settings.convert import ConvertSettings, SweepSettings
from ..settings.engine import ENGINE, EngineSettings
from ..training.texts import Texts
from ..versions import versions
from .choices import recipe_from, with_run_recipe
from .sweep_outputs import plot, sweep_table, write_csv
from .trials import MAC_IN_SOPS, Row, Trial, _refusal, pareto, plan, winner

SWEEP_FILE = Path("snn") / "sweep.json"
"""Of a run folder."""


def sweep(
    out: Path | str,
    settings: ConvertSettings,
    choices: SweepSettings,
    seed: int = 0,
    force: bool = False,
    engine: EngineSettings = ENGINE,
) -> str:
    """Try every combination on dev; write table, plot and the recipe that wins.

    Makes RUN/snn/sweep.json (machine, versions, settings, rows, refused, best), sweep.csv and
    sweep.png, and RUN/recipes/best.yaml.

    Args:
        out: run folder with a trained ANN
        settings: the recipe that the methods change, and the calibration texts
        choices: methods, encoders, steps
        seed: of every draw
        force: compute rows again that are there
        engine: what runs the SNNs, and where

    Returns:
        The table for the terminal.

    Raises:
        InputError: no trained ANN in the folder, or nothing that can be tried.
    """
    find_device(engine.device)
    run = RunFolder(out)
    settings = with_run_recipe(run.path, settings)
    base = recipe_from(settings)
    trials, refused = plan(base, choices)
    with run.locked():
        below_it = {"ann": run.identity("ann"), "seed": seed}
        below_it |= {"calibration": settings.calibration}
        ann, _ = load_run_model(run, "ann", TextModel)
        texts = load_run_texts(run)
        sweeper = _Sweeper(run.path / SWEEP_FILE, ann, texts, below_it, refused, engine)
        if not force:
            sweeper.load()
        sweeper.run(trials)
        return sweeper.finish(run.path, settings, choices)


class _Sweeper:
    """The rows of a sweep, kept in a file as they are made."""

    def __init__(
        self,
        path: Path,
        ann: TextModel,
        texts: Texts,
        below_it: Row,
        refused: list[Row],
        engine: EngineSettings,
    ) -> None:
        self.path, self.ann, self.texts = path, ann, texts
        self.below_it, self.refused, self.engine = below_it, refused, engine
        self.known: dict[str, Row] = {}
        self.keys: list[str] = []
        dev = texts.sequences["dev"]
        self.ann_accuracy = accuracy(ann_logits(ann, dev), texts.labels["dev"])
        self.largest = max(Counter(texts.labels["dev"]).values()) / len(dev)

    def load(self) -> None:
        """Take over the rows that are there; those of another ANN or seed are never looked up."""
        if self.path.is_file():
            rows = map(self._today, read_sweep(self.path))
            self.known = {row["key"]: row for row in rows}

    def _today(self, row: Row) -> Row:
        """A row of an older version by the names of today; its key is a hash of them."""
        recipe = row["recipe"]
        today = by_names_of_today(recipe)
        if today == recipe or row["key"] != fingerprint(self.below_it | recipe):
            return row
        return row | {"recipe": today, "key": fingerprint(self.below_it | today)}

    def key(self, recipe: ConversionRecipe) -> str:
        """What tells a row from all others: the recipe, the ANN, the texts and the seed."""
        return fingerprint(self.below_it | to_options(recipe))

    def run(self, trials: list[Trial]) -> None:
        """Make every row that is not there yet."""
        self.keys = [self.key(recipe) for trial in trials for recipe in trial.recipes.values()]
        with bar(total=len(self.keys), desc="sweep", always=True) as drawn:
            for trial in trials:
                missing = [t for t, r in trial.recipes.items() if self.key(r) not in self.known]
                drawn.update(len(trial.recipes) - len(missing))
                for recipe, steps in trial.runs(missing) if missing else ():
                    drawn.set_postfix_str(f"{trial.method} {trial.encoder} T={max(steps)}")
                    self._measure(trial, recipe, steps)
                    drawn.update(len(steps))
                    self._save()

    def _measure(self, trial: Trial, recipe: ConversionRecipe, steps: tuple[int, ...]) -> None:
        """Convert by ``recipe``, run it on dev, and keep one row for each of ``steps``."""
        seed = int(self.below_it["seed"])
        calibration = calibration_texts(self.texts, self.below_it["calibration"], seed)
        try:
            snn = convert_model(self.ann, recipe, calibration, seed).snn
        except InputError as error:  # a combination that does not converge, or has no rule here
            self.refused += [_refusal(trial.method, trial.encoder, t, error) for t in steps]
            return
        snn.to(find_device(self.engine.device))
        texts, labels = self.texts.sequences["dev"], self.texts.labels["dev"]
        by_steps = evaluate_steps(snn, texts, labels, steps, seed, **self.engine.choice())
        for t, figures in by_steps.items():
            row = self._row(trial, replace(recipe, steps=t), figures)
            row["key"] = self.key(trial.recipes[t])
            self.known[row["key"]] = row

    def _row(self, trial: Trial, recipe: ConversionRecipe, figures: Row) -> Row:
        """What is kept of one recipe on dev."""
        macs, sops = figures["input_macs_per_sample"], figures["sops_per_sample"]
        return {
            "method": trial.method,
            "encoder": trial.encoder,
            "steps": recipe.steps,
            "latency_steps": figures["latency_steps"],
            "dev_accuracy": figures["accuracy"],
            "ann_dev_accuracy": self.ann_accuracy,
            "loss_points": 100 * (self.ann_accuracy - figures["accuracy"]),
            "input_spikes_per_sample": figures["input_spikes_per_sample"],
            "sops_per_sample": sops,
            "input_macs_per_sample": macs,
            "sop_equivalents": sops + MAC_IN_SOPS * macs,
            "recipe": to_options(recipe),
        }

    def rows(self) -> list[Row]:
        """The rows of this sweep that are made, in its order, each once."""
        return [self.known[key] for key in dict.fromkeys(self.keys) if key in self.known]

    def _save(self, **more: Any) -> None:
        # rows of other sweeps of this run stay in the file, after those of this one
        own = set(self.keys)
        others = [{**r, "pareto": False} for k, r in self.known.items() if k not in own]
        machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
        head = {"machine": machine, "versions": versions()}
        content = head | {"settings": self.below_it} | more
        write_json(self.path, content | {"rows": self.rows() + others, "refused": self.refused})

    def finish(self, run: Path, settings: ConvertSettings, choices: SweepSettings) -> str:
        """Mark the front, choose, write every file; returns the table."""
        rows = self.rows()
        if not rows:
            why = self.refused[0]["why"] if self.refused else "no methods were given"
            raise InputError(f"expected a combination that can be converted, but found none: {why}")
        front = pareto(rows)
        for i, row in enumerate(rows):
            row |= {"pareto": i in front, "largest_class_share": self.largest}
        best = winner(rows, choices.tolerance)
        save_recipe(run / "recipes" / "best.yaml", from_options(best["recipe"]))
        self._save(best=best["key"])
        write_csv(self.path.with_suffix(".csv"), rows)
        plot(self.path.with_suffix(".png"), rows, self.ann_accuracy)
        left_out = f"\n{len(self.refused)} combinations refused, see sweep.json"
        return (
            f"{sweep_table(rows, best)}\n* on the Pareto front of dev accuracy and operations"
            f"{left_out if self.refused else ''}\n"
            f"best: {best['method']} {best['encoder']} T = {best['steps']}, written to "
            f"{run / 'recipes' / 'best.yaml'}\nuse it: snnconvert convert {run} --recipe best"
        )
