"""Which options are tried next: Optuna's tree-structured Parzen estimator on the rows so far.

Nothing of Optuna is stored: its study is made anew of the rows, and the sampler's seed is that of
the trial's number, so a search that was stopped asks for the same trials as one that was not.
Source: Bergstra et al. 2011, "Algorithms for Hyper-Parameter Optimization" (NeurIPS); Akiba et al.
2019, "Optuna" (KDD).
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from ...errors import InputError
from ...installation import install_hint
from ...seeds import derive
from .space import OneOf, Space

if TYPE_CHECKING:
    from optuna import Study
    from optuna.samplers import BaseSampler

FIRST = 8
"""Trials that are drawn at random before the estimator has enough to go by."""
Row = dict[str, Any]


def check_installed() -> None:
    """Refuse a search where Optuna is missing.

    Raises:
        InputError: it is.
    """
    try:
        import optuna
    except ImportError:
        raise InputError(
            f"expected the package optuna, which is not installed: {install_hint('search')}"
        ) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def ask(space: Space, rows: Sequence[Row], count: int, spare: bool, seed: int) -> list[Row]:
    """What the next ``count`` trials set, values by name of option.

    Args:
        space: what is searched
        rows: trials that are done; refused ones are left out
        count: trials that are made at the same time
        spare: whether few operations are wanted too
        seed: of the search
    """
    study = study_of(space, rows, spare, seed, len(rows))
    made = {name: found.distribution() for name, found in space.items()}
    asked = [study.ask(made).params for _ in range(count)]
    return [{name: space[name].value(value) for name, value in p.items()} for p in asked]


def scored(row: Row, figure: str = "dev_accuracy") -> float:
    """What a row is judged by: the score of its task, where that is another than accuracy.

    Args:
        row: of a trial
        figure: one of its accuracies
    """
    score = figure.replace("accuracy", "score")
    return float(row[score if score in row else figure])


def study_of(space: Space, rows: Sequence[Row], spare: bool, seed: int, number: int) -> Study:
    """A study that knows the rows, ready for the trial ``number``."""
    import optuna

    directions: list[Literal["minimize", "maximize"]] = ["maximize"]
    directions += ["minimize"] if spare else []
    study = optuna.create_study(directions=directions, sampler=_sampler(seed, number))
    made = {name: found.distribution() for name, found in space.items()}
    for row in rows:
        if "refused" in row or row["chosen"].keys() != space.keys():
            continue
        chosen = row["chosen"]
        params = {
            name: json.dumps(chosen[name]) if isinstance(found, OneOf) else chosen[name]
            for name, found in space.items()
        }
        values = [scored(row), *([row["sops_per_sample"]] if spare else [])]
        study.add_trial(optuna.trial.create_trial(params=params, distributions=made, values=values))
    return study


def _sampler(seed: int, number: int) -> BaseSampler:
    import optuna

    with warnings.catch_warnings():  # of options that may change with another version
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.TPESampler(
            seed=derive(seed, "search", number) % 2**32,
            n_startup_trials=FIRST,
            multivariate=True,
            constant_liar=True,
        )


def importances(space: Space, rows: Sequence[Row], seed: int) -> dict[str, float]:
    """The share of the differences on dev that goes back to each option; {} of too few trials.

    By the variances of a random forest (Hutter et al. 2014, "An Efficient Approach for Assessing
    Hyperparameter Importance", ICML).
    """
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    study = study_of(space, rows, False, seed, 0)
    values = [trial.value for trial in study.trials]
    if len(values) < FIRST or len(set(values)) < 2:
        return {}
    return dict(get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=seed)))
