"""`snnconvert convert --sweep`: methods, encoders and numbers of steps side by side, on dev.

Each row is one recipe. Rows are kept in RUN/snn/sweep.json as they end, and a row that is there is
not computed again. Where the first t frames of a code are the code of t steps, one run of the
longest T gives the rows of all. Test texts are never looked at.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ...convert.recipes.options import from_options, override, save_recipe, to_options
from ...convert.recipes.published import PRESETS
from ...convert.recipes.recipe import ConversionRecipe
from ...engine.by_step import evaluate_steps
from ...engine.evaluate import accuracy, ann_logits
from ...errors import InputError
from ...files import read_json, write_json
from ...models.families.textcnn import TextModel
from ..data import Texts, load_run_model, load_run_texts
from ..run_folder.run_folder import RunFolder, fingerprint, versions
from ..settings.base import ConvertSettings, SweepSettings
from .convert import calibration_texts, convert_model, recipe_from, with_run_recipe
from .sweep_outputs import plot, sweep_table, write_csv

Row = dict[str, Any]

# what each method changes of the recipe that the command's other options name
METHODS: dict[str, dict[str, Any]] = {
    "default": {},
    "max": {"threshold": "max"},
    "percentile": {"threshold": "percentile"},
    "nonzero": {"threshold": "percentile_nonzero"},
    "mse": {"threshold": "mse"},
    "channel": {"threshold": "percentile", "grain": "channel"},
    "balance": {"threshold": "balance", "grain": "channel"},
    "relu": {"source": "relu"},
    "neurons": {"location": "neurons"},
    "floor": {"initial": 0.0},
    "bias": {"correction": "bias"},
    "potential": {"correction": "potential"},
    "weights": {"correction": "weights"},
    "srp": {"srp_steps": 4},
}
# 45 nm, Horowitz 2014: an fp32 MAC costs 4.6 pJ, an addition 0.9 pJ; direct input multiplies
MAC_IN_SOPS = 4.6 / 0.9


@dataclass(frozen=True)
class Trial:
    """One method with one encoder: the recipes of its rows, by their number of steps."""

    method: str
    encoder: str
    recipes: dict[int, ConversionRecipe]

    def runs(self, steps: Sequence[int]) -> Iterator[tuple[ConversionRecipe, tuple[int, ...]]]:
        """Which recipe to convert and run for which of ``steps``."""
        longest = self.recipes[max(steps)]
        if one_run_for_all(longest):
            yield longest, tuple(steps)
        else:
            yield from ((self.recipes[t], (t,)) for t in steps)


def one_run_for_all(recipe: ConversionRecipe) -> bool:
    """Whether a run of T steps begins as one of fewer steps does, converted for that many."""
    depends_on_steps = (
        recipe.encoder.code == "bitplane"
        or recipe.correction != "none"
        or recipe.threshold.rule == "mse"
        or recipe.bias_shift
        or recipe.srp_steps > 0
        or recipe.neuron.kind == "ttfs"
    )
    return not depends_on_steps


def below(steps: int) -> int:
    """The largest 2^b - 1 that is at most ``steps``: what the bitplane code can run for."""
    return (1 << ((steps + 1).bit_length() - 1)) - 1


def changes_of(method: str) -> dict[str, Any]:
    """The options that a method changes; several methods may be joined, as in ``channel+bias``.

    Raises:
        InputError: a name that is neither a method nor a preset.
    """
    known = {name: preset.options for name, preset in PRESETS.items()} | METHODS
    changes: dict[str, Any] = {}
    for name in method.split("+"):
        if name not in known:
            raise InputError(
                f"expected methods of {', '.join(known)}, or several joined by +, but got {name!r}"
            )
        changes = override(changes, known[name])
    return changes


def plan(base: ConversionRecipe, choices: SweepSettings) -> tuple[list[Trial], list[Row]]:
    """Every trial of a sweep.

    Args:
        base: the recipe that the methods change
        choices: methods, encoders and steps

    Returns:
        The trials, and one row for each combination that is refused: method, encoder, steps, why.

    Raises:
        InputError: an unknown method.
    """
    trials, refused = [], []
    for method in choices.methods:
        changes = changes_of(method)
        for code in choices.encoders:
            recipes = {}
            wanted = {below(t) if code == "bitplane" else t for t in choices.steps}
            for steps in sorted(wanted):
                options = override(to_options(base), changes)
                options = override(options, {"encoder": code, "steps": steps})
                if code == "bitplane" and options["srp_steps"]:
                    options["srp_steps"] = below(options["srp_steps"])
                try:
                    recipes[steps] = from_options(options)
                except InputError as error:
                    refused.append(_refusal(method, code, steps, error))
            if recipes:
                trials.append(Trial(method, code, recipes))
    return trials, refused


def _refusal(method: str, code: str, steps: int, error: InputError) -> Row:
    return {"method": method, "encoder": code, "steps": steps, "why": str(error)}


def sweep(
    out: Path | str,
    settings: ConvertSettings,
    choices: SweepSettings,
    seed: int = 0,
    force: bool = False,
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

    Returns:
        The table for the terminal.

    Raises:
        InputError: no trained ANN in the folder, or nothing that can be tried.
    """
    run = RunFolder(out)
    settings = with_run_recipe(run.path, settings)
    base = recipe_from(settings)
    trials, refused = plan(base, choices)
    with run.locked():
        below_it = {"ann": run.identity("ann"), "seed": seed}
        below_it |= {"calibration": settings.calibration}
        ann, _ = load_run_model(run, "ann", TextModel)
        texts = load_run_texts(run)
        sweeper = _Sweeper(run.path / "snn" / "sweep.json", ann, texts, below_it, refused)
        if not force:
            sweeper.load()
        sweeper.run(trials)
        return sweeper.finish(run.path, settings, choices)


class _Sweeper:
    """The rows of a sweep, kept in a file as they are made."""

    def __init__(
        self, path: Path, ann: TextModel, texts: Texts, below_it: Row, refused: list[Row]
    ) -> None:
        self.path, self.ann, self.texts = path, ann, texts
        self.below_it, self.refused = below_it, refused
        self.known: dict[str, Row] = {}
        self.keys: list[str] = []
        dev = texts.sequences["dev"]
        self.ann_accuracy = accuracy(ann_logits(ann, dev), texts.labels["dev"])

    def load(self) -> None:
        """Take over the rows that are there; those of another ANN or seed are never looked up."""
        if self.path.is_file():
            content = read_json(self.path, "the rows of a sweep")
            rows = content.get("rows") if isinstance(content, dict) else None
            if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
                raise InputError(
                    f"expected the rows of a sweep in {self.path}, but it holds something else; "
                    "remove it, or sweep again with --force"
                )
            self.known = {str(row.get("key")): row for row in rows}

    def key(self, recipe: ConversionRecipe) -> str:
        """What tells a row from all others: the recipe, the ANN, the texts and the seed."""
        return fingerprint(self.below_it | to_options(recipe))

    def run(self, trials: list[Trial]) -> None:
        """Make every row that is not there yet."""
        self.keys = [self.key(recipe) for trial in trials for recipe in trial.recipes.values()]
        with tqdm(total=len(self.keys), desc="sweep") as bar:
            for trial in trials:
                missing = [t for t, r in trial.recipes.items() if self.key(r) not in self.known]
                bar.update(len(trial.recipes) - len(missing))
                for recipe, steps in trial.runs(missing) if missing else ():
                    bar.set_postfix_str(f"{trial.method} {trial.encoder} T={max(steps)}")
                    self._measure(trial, recipe, steps)
                    bar.update(len(steps))
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
        found = evaluate_steps(
            snn, self.texts.sequences["dev"], self.texts.labels["dev"], steps, seed
        )
        for t, figures in found.items():
            macs, sops = figures["input_macs_per_sample"], figures["sops_per_sample"]
            key = self.key(trial.recipes[t])
            self.known[key] = {
                "method": trial.method,
                "encoder": trial.encoder,
                "steps": t,
                "latency_steps": figures["latency_steps"],
                "dev_accuracy": figures["accuracy"],
                "ann_dev_accuracy": self.ann_accuracy,
                "loss_points": 100 * (self.ann_accuracy - figures["accuracy"]),
                "input_spikes_per_sample": figures["input_spikes_per_sample"],
                "sops_per_sample": sops,
                "input_macs_per_sample": macs,
                "sop_equivalents": sops + MAC_IN_SOPS * macs,
                "recipe": to_options(replace(recipe, steps=t)),
                "key": key,
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
            row["pareto"] = i in front
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


def pareto(rows: Sequence[Row]) -> set[int]:
    """Indices of rows that no other one equals or beats in dev accuracy and operations both.

    Of rows that are equal in both, the first is kept.
    """
    front, most = set(), -1.0
    order = sorted(
        range(len(rows)), key=lambda i: (rows[i]["sop_equivalents"], -rows[i]["dev_accuracy"], i)
    )
    for i in order:
        if rows[i]["dev_accuracy"] > most:
            most = rows[i]["dev_accuracy"]
            front.add(i)
    return front


def winner(rows: Sequence[Row], tolerance: float) -> Row:
    """The row with the fewest operations within ``tolerance`` points of the best dev accuracy.

    Of equal ones the more accurate, then the one with the lower latency.
    """
    most = max(row["dev_accuracy"] for row in rows)
    near = [row for row in rows if 100 * (most - row["dev_accuracy"]) <= tolerance + 1e-9]
    return min(near, key=lambda r: (r["sop_equivalents"], -r["dev_accuracy"], r["latency_steps"]))
