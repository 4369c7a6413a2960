"""The training of a spiking network: made ready, run through time, saved with its figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from ...convert.diagnosis.activity import layer_activity
from ...engine.engines import make_engine, training_by
from ...engine.kinds.kind import Training
from ...engine.training.surrogate import Surrogate
from ...files import write_json
from ...models.saving import save_model
from ...models.snn import SpikingTextModel
from ...models.surrogates import Backward
from ...progress import say
from ...typed_json import made, to_json
from ..measure import measure, write_raster
from ..run_folder.records.spikes import Activity
from ..run_folder.run_folder import RunFolder
from ..settings.engine import EngineSettings
from ..settings.finetune import FinetuneSettings
from ..training.checkpoint import State
from ..training.loop import Loop
from ..training.losses import make_loss
from ..training.surgery import tie_signs, with_dropout, with_outputs
from ..training.text_loop import Trainee
from ..training.texts import Texts
from ..training.weights.leaks import keep_leaks, learn_leaks
from ..training.weights.sparse import Rewired
from .sops import OperationsTarget


@dataclass
class SpikingOutputs:
    """What a loss reads of ``currents`` (T, B, K), with gradients.

    every_step: the currents themselves; otherwise their means over time (B, K)
    random_steps: of the first steps alone, of which a batch has a random number
    """

    currents: Training
    every_step: bool = False
    random_steps: bool = False
    _drawn: int | None = field(init=False, default=None)  # steps of this batch, 0 until drawn

    @property
    def fused(self) -> bool:
        """Whether kernels with their own threads do most of the work."""
        return self.currents.fused

    def __call__(self, ids: Tensor, lengths: Tensor, random: torch.Generator) -> Tensor:
        """Outputs of padded ids (B, L)."""
        currents = self.currents(ids, lengths, random)  # (T, B, K)
        if self.random_steps:
            currents = currents[: self._steps(len(currents), random)]
        return currents if self.every_step else currents.mean(dim=0)

    @contextmanager
    def one_batch(self) -> Iterator[None]:
        """Inside, all calls are of the number of steps that the first one draws.

        Two passes of R-Drop must agree on the same steps.
        """
        self._drawn = 0
        try:
            yield
        finally:
            self._drawn = None

    def _steps(self, most: int, random: torch.Generator) -> int:
        """So many first steps, from 1 to ``most``."""
        steps = self._drawn or int(torch.randint(1, most + 1, (1,), generator=random))
        if self._drawn is not None:
            self._drawn = steps
        return steps


def prepare_snn(
    model: SpikingTextModel,
    texts: Texts,
    settings: FinetuneSettings,
    seed: int,
    engine: EngineSettings,
    target: OperationsTarget | None = None,
) -> Trainee:
    """Make the network ready to be tuned; the converted one is the first candidate.

    ``target`` is that of `operations.operations_target`.

    Raises:
        InputError: an engine or a loss that the network is not fit for.
    """
    loss = make_loss(settings.loss, settings)
    if settings.tied:
        tie_signs(model)
    if settings.learn_leaks:
        learn_leaks(model.network)
    model.network = with_outputs(model, loss.outputs, texts.sequences["dev"])
    model.network = with_dropout(model.network, settings.dropout)
    surrogate = surrogate_of(settings)
    with surrogate.neurons(model.network):
        pass  # neurons that have no such gradients are refused before any work
    trained = target.training if target else training_by
    training = trained(engine.engine, model, surrogate)
    outputs = SpikingOutputs(training, loss.every_step, settings.random_steps)
    running = loss.every_step or settings.random_steps

    def logits(sequences: Sequence[np.ndarray]) -> Tensor:
        runner = make_engine(model, **engine.choice(), texts=len(sequences))
        run = partial(target.running_logits, runner) if target else runner.running_logits
        found: Tensor = run(sequences, seed)  # (T, N, K)
        return found if running else found[-1]

    return Trainee(
        model,
        outputs,
        logits,
        loss,
        score_start=True,
        one_thread=outputs.fused,
        random_steps=settings.random_steps,
        one_batch=outputs.one_batch,
        penalty=target.penalty if target else None,
        judge=target.judged if target else None,
    )


def run_snn(loop: Loop, model: SpikingTextModel, settings: FinetuneSettings) -> State:
    """Train to the end of ``loop``; the model keeps its best parameters and no dropout.

    Raises:
        InputError: synapses are to be cut, and the network has no layer for it.
    """
    share = settings.weight_sparsity
    rewired = Rewired(model.network, share) if share else None
    if rewired:
        rewired.follow(loop.optimizer)
    with surrogate_of(settings).neurons(model.network):
        state = loop.run()
    model.network = with_dropout(model.network, 0.0)
    keep_leaks(model.network)
    if rewired:
        rewired.end()
        say("{:,} of {:,} weights are zero".format(*rewired.zeros))
    return state


def save_snn(
    run: RunFolder,
    stage: str,
    model: SpikingTextModel,
    classes: tuple[str, ...],
    texts: Texts,
    seed: int,
    engine: EngineSettings,
) -> dict[str, Any]:
    """Write a tuned SNN with what the report shows of it; returns its figures."""
    save_model(run.folder(stage), model, classes)
    figures = measure(model, texts, seed, stage, engine)
    activity = [made(Activity, row) for row in layer_activity(model, texts.sequences["dev"], seed)]
    write_json(run.folder(stage) / "activity.json", [to_json(row) for row in activity])
    write_raster(run, model, texts, seed, stage)
    return figures


def surrogate_of(settings: FinetuneSettings) -> Surrogate:
    """The backward pass that was asked for."""
    backward = cast(Backward, settings.backward)
    return Surrogate(settings.surrogate, settings.width, backward, settings.truncate)
