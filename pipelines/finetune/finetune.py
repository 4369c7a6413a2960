"""`snnconvert finetune`: train the SNN's weights through time with surrogate gradients."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from ...convert.diagnosis.activity import layer_activity
from ...engine.engines import make_engine
from ...engine.plan import Unsupported
from ...engine.training.fast import Backward, FastTraining, Surrogate
from ...errors import InputError
from ...files import write_json
from ...models.network import Signal
from ...models.saving import save_model
from ...models.snn import SpikingTextModel
from ...typed_json import made, to_json
from ..data import Texts, load_run_model, load_run_texts, training_texts
from ..measure import measure, write_raster
from ..run_folder.fingerprints import settings_dict
from ..run_folder.records.spikes import Activity
from ..run_folder.run_folder import RunFolder
from ..settings.engine import ENGINE, EngineSettings
from ..settings.finetune import FinetuneSettings
from ..training.divergence import DivergenceError
from ..training.loop import Loop, State, changed_processor, checkpoint_path
from ..training.schedule import finetune_defaults
from ..training.surgery import tie_signs, with_dropout, with_output_neurons
from ..training.text_loop import Outputs, text_loop

log = logging.getLogger("snnconvert.finetune")
# settings of `adversarial.finetune_adversarially` alone
ADVERSARIAL = (
    "adversarial",
    "model",
    "adversarial_texts",
    "adversarial_dev_texts",
    "adversarial_budget",
    "adversarial_share",
    "adversarial_rounds",
)


def finetune(
    out: Path | str,
    settings: FinetuneSettings,
    seed: int = 0,
    force: bool = False,
    engine: EngineSettings = ENGINE,
) -> RunFolder:
    """Fine-tune the SNN of a run folder; resumes where an interrupted call stopped.

    The converted network itself is the first candidate: the early stop keeps it where no epoch is
    better on dev. The settings of adversarial texts are for `adversarial.finetune_adversarially`.

    Raises:
        InputError: no converted SNN in the folder, bad settings, or done otherwise.
    """
    run = RunFolder(out)
    with run.locked():
        run.require("snn")
        settings = finetune_defaults(settings, training_texts(run))
        resolved = {
            name: value
            for name, value in settings_dict(settings, seed=seed).items()
            if name not in ADVERSARIAL and (name != "tied" or value)
        }
        checkpoint = checkpoint_path(run.path / "finetuned", "finetune")
        if run.is_done("finetuned", resolved, force):
            checkpoint.unlink(missing_ok=True)  # left where the last call was killed at its end
            return run
        started = time.monotonic()
        model, classes = load_run_model(run, "snn", SpikingTextModel)
        texts = load_run_texts(run)
        outputs = prepare_snn(model, texts, settings, engine)
        folder = run.path / "finetuned"
        loop = snn_loop(folder, model, outputs, texts, settings, seed, engine)
        loop.stamp = run.begin("finetuned", resolved, force)
        with run.forgetting("finetuned", DivergenceError):
            state = run_snn(loop, model, settings)
        figures = save_snn(run, "finetuned", model, classes, texts, seed, engine)
        figures |= {
            "best_epoch": state.best_epoch + 1,
            "epochs": state.epoch,
            "seconds": round(time.monotonic() - started, 1),
            **changed_processor(state),
        }
        run.finish("finetuned", resolved, figures)
        checkpoint.unlink(missing_ok=True)
    return run


@dataclass(frozen=True)
class MeanOutputs:
    """Outputs (B, K) with gradients: the means over time of ``currents``, which are (T, B, K)."""

    currents: Outputs

    @property
    def fused(self) -> bool:
        """Whether kernels with their own threads do most of the work."""
        return isinstance(self.currents, FastTraining) and self.currents.fused

    def __call__(self, ids: Tensor, lengths: Tensor, random: torch.Generator) -> Tensor:
        """Mean outputs (B, K) of padded ids (B, L)."""
        return self.currents(ids, lengths, random).mean(dim=0)


def prepare_snn(
    model: SpikingTextModel, texts: Texts, settings: FinetuneSettings, engine: EngineSettings
) -> MeanOutputs:
    """Make the network ready to be tuned; returns what computes its mean outputs (B, K).

    Raises:
        InputError: an engine or a loss that the network is not fit for.
    """
    if settings.tied:
        tie_signs(model)
    if settings.loss == "spike_counts":
        model.network = with_output_neurons(model, texts)
    model.network = with_dropout(model.network, settings.dropout)
    return MeanOutputs(_outputs(model, settings, engine.engine))


def run_snn(loop: Loop, model: SpikingTextModel, settings: FinetuneSettings) -> State:
    """Train to the end of ``loop``; the model keeps its best parameters and no dropout."""
    with _surrogate(settings).neurons(model.network):
        state = loop.run()
    model.network = with_dropout(model.network, 0.0)
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
    save_model(run.path / stage, model, classes)
    figures = measure(model, texts, seed, stage, engine)
    activity = [made(Activity, row) for row in layer_activity(model, texts.sequences["dev"], seed)]
    write_json(run.path / stage / "activity.json", [to_json(row) for row in activity])
    write_raster(run, model, texts, seed, stage)
    return figures


def _surrogate(settings: FinetuneSettings) -> Surrogate:
    return Surrogate(settings.surrogate, settings.width, cast(Backward, settings.backward))


def _outputs(model: SpikingTextModel, settings: FinetuneSettings, engine: str) -> Outputs:
    """What computes the currents (T, B, K) with gradients: ``engine``, as in `engine.choose`.

    All give the same gradients up to the rounding of float32.

    Raises:
        InputError: a fast engine is asked for, and cannot train the network.
    """

    def reference(ids: Tensor, lengths: Tensor, random: torch.Generator) -> Tensor:
        with torch.no_grad():
            frames = model.frames(ids, lengths, random)  # (T, B, D', L)
        return model.network(Signal(frames, lengths))

    if engine == "reference":
        return reference
    try:
        return FastTraining(model, _surrogate(settings), kernels=engine != "torch")
    except Unsupported as reason:
        if engine != "auto":
            raise InputError(
                f"the engine {engine} cannot fine-tune this network: {reason}; leave --engine out, "
                "or give --engine reference"
            ) from None
        log.info("the reference engine fine-tunes this network: %s", reason)
        return reference


def snn_loop(
    folder: Path,
    model: SpikingTextModel,
    outputs: MeanOutputs,
    texts: Texts,
    settings: FinetuneSettings,
    seed: int,
    engine: EngineSettings,
) -> Loop:
    """The fine-tuning loop: cross entropy on the mean output over time."""

    def logits(sequences: Sequence[np.ndarray]) -> Tensor:
        runner = make_engine(model, **vars(engine), texts=len(sequences))
        return runner.running_logits(sequences, seed)[-1]  # (N, K)

    return text_loop(
        folder,
        "finetune",
        model,
        texts,
        settings,
        seed,
        outputs,
        logits,
        # rates lie in [0, 1]: sharpened, so that their softmax can come close to one class
        scale=10.0 if settings.loss == "spike_counts" else 1.0,
        score_start=True,
        one_thread=outputs.fused,
    )
