"""A run's model and our attacks for TextAttack's own command line (see docs/textattack.md).

``textattack attack --model-from-file FILE`` imports FILE and takes its variable ``model``;
``--attack-from-file FILE`` calls its function ``attack`` with that model.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...attacks.building.loading import load_textattack
from ...attacks.presets.catalogue import preset
from ...attacks.presets.requirements import check_assets
from ...attacks.victims import Victim
from ...errors import InputError


def wrapped_model(run: Path | str, which: str = "snn", draws: int = 8, seed: int = 0) -> Victim:
    """A model of a run folder as a TextAttack model wrapper.

    Args:
        run: folder of a run
        which: ``ann``, ``snn``, ``finetuned``, or another model of the run
        draws: noise draws averaged for a stochastic encoder
        seed: of the noise. TextAttack gives texts no seeds of their own, as `runs.run_attack` does,
            so one noise field serves them all

    Raises:
        InputError: there is no such model, or TextAttack is not installed.
    """
    from ..classifier import TextClassifier

    load_textattack()  # which makes `Victim` a model wrapper
    return Victim(TextClassifier.load(run, which, draws), seed)


def load_victim(run: Path | str, which: str = "snn", draws: int = 8, seed: int = 0) -> Victim:
    """The name that `wrapped_model` had before."""
    warnings.warn("load_victim of model_file is now wrapped_model", FutureWarning, stacklevel=2)
    return wrapped_model(run, which, draws, seed)


def load_attack(name: str, query_budget: int = 500) -> Callable[[Any], Any]:
    """The preset ``name`` as a function that makes its ``textattack.Attack`` for a model.

    Args:
        name: see `presets.PRESETS`
        query_budget: texts that one attack may show the victim

    Raises:
        InputError: no such preset, or its data are missing. The function raises it for a model
            that is not of `wrapped_model`, or of another language.
    """
    chosen = preset(name)
    check_assets([name])

    def attack(model: Any) -> Any:
        language = getattr(getattr(model, "model", None), "language", None)
        if not isinstance(model, Victim) or not chosen.reads(str(language)):
            raise InputError(
                f"expected a model of wrapped_model that reads {chosen.language!r} for the attack "
                f"{name}, but got {type(model).__name__} that reads {language!r}"
            )
        return chosen.build(model, query_budget)

    return attack
