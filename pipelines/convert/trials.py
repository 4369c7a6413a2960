"""The trials of a sweep: which there are, and which of them is best."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from operator import itemgetter
from typing import Any

from ...convert.recipes.methods import changes_of
from ...convert.recipes.options import from_options, override, to_options
from ...convert.recipes.recipe import ConversionRecipe
from ...errors import InputError
from ..settings.convert import SweepSettings

Row = dict[str, Any]

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
        not recipe.encoder.coding.contains_shorter
        or recipe.correction != "none"
        or recipe.fits_gain
        or recipe.threshold.member.uses_steps
        or recipe.bias_shift
        or recipe.srp_steps > 0
        or recipe.neuron.layer.windowed
    )
    return not depends_on_steps


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
    from ...models.encoders.encoder import code_named  # heavy, and the names of codes are not

    trials, refused = [], []
    for method in choices.methods:
        changes = changes_of(method)
        for code in choices.encoders:
            recipes = {}
            coding = code_named(code)
            wanted = {coding.largest_steps(t) for t in choices.steps}
            for steps in sorted(wanted):
                options = override(to_options(base), changes)
                options = override(options, {"encoder": code, "steps": steps})
                if options["srp_steps"]:
                    options["srp_steps"] = coding.largest_steps(options["srp_steps"])
                try:
                    recipes[steps] = from_options(options)
                except InputError as error:
                    refused.append(_refusal(method, code, steps, error))
            if recipes:
                trials.append(Trial(method, code, recipes))
    return trials, refused


def _refusal(method: str, code: str, steps: int, error: InputError) -> Row:
    return {"method": method, "encoder": code, "steps": steps, "why": str(error)}


def pareto(
    rows: Sequence[Row],
    cost: str = "sop_equivalents",
    value: Callable[[Row], float] = itemgetter("dev_accuracy"),
) -> set[int]:
    """Indices of rows that no other one equals or beats in dev accuracy and operations both.

    Of rows that are equal in both, the first is kept; ``cost`` is the column of operations,
    ``value`` gives what stands for accuracy.
    """
    front, most = set(), -inf
    order = sorted(range(len(rows)), key=lambda i: (rows[i][cost], -value(rows[i]), i))
    for i in order:
        if value(rows[i]) > most:
            most = value(rows[i])
            front.add(i)
    return front


def winner(rows: Sequence[Row], tolerance: float) -> Row:
    """The row with the fewest operations within ``tolerance`` points of the best dev accuracy.

    Of equal ones the more accurate, then the one with the lower latency.
    """
    most = max(row["dev_accuracy"] for row in rows)
    near = [row for row in rows if 100 * (most - row["dev_accuracy"]) <= tolerance + 1e-9]
    return min(near, key=lambda r: (r["sop_equivalents"], -r["dev_accuracy"], r["latency_steps"]))
