"""A target of operations for a run, whose converted network is counted before it is tuned."""

from __future__ import annotations

import copy

from ...engine.engines import make_engine
from ...errors import InputError
from ...models.snn import SpikingTextModel
from ...progress import say
from ..parallel.processes import current
from ..settings.engine import EngineSettings
from ..settings.finetune import FinetuneSettings
from ..training.texts import Texts
from .snn import surrogate_of
from .sops import Counted, OperationsTarget


def operations_target(
    model: SpikingTextModel,
    texts: Texts,
    settings: FinetuneSettings,
    seed: int,
    engine: EngineSettings,
) -> OperationsTarget | None:
    """The target of operations that was asked for; None where none was.

    Args:
        model: the converted SNN, whose operations on dev are counted
        texts: of the run
        settings: of the training
        seed: of the noise of a stochastic encoder
        engine: what runs the SNN

    Raises:
        InputError: several processes train, or the network's neurons are silent.
    """
    if settings.sops_target is None:
        return None
    if current().count > 1:
        raise InputError(
            "expected one process with a target of operations, which is of a whole batch, but got "
            f"{current().count}: start snnconvert without torchrun, or leave --sops-target out"
        )
    shared = {id(model.embedding): model.embedding}  # large, and never tuned
    converted = copy.deepcopy(model, shared).eval()
    before = Counted.by(engine.engine, converted, surrogate_of(settings))
    target = OperationsTarget(before, settings.sops_target, settings.sops_weight)
    dev = texts.sequences["dev"]
    target.running_logits(make_engine(model, **engine.choice(), texts=len(dev)), dev, seed)
    say(
        f"{target.usual:,.0f} of {target.whole:,.0f} operations a text are by spikes of neurons, "
        f"{target.target * target.usual:,.0f} are wanted"
    )
    return target
