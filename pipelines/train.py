"""`snnconvert train`: fit the text stage, train a text CNN, report dev and test accuracy."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ..engine.evaluate import accuracy
from ..engine.reference import ann_logits
from ..models.families import FAMILIES
from ..models.saving import save_model
from ..models.text_model import TextModel
from .data import prepare_data
from .quality.baseline import linear_baseline
from .quality.quality import model_figures
from .run_folder.run_folder import RunFolder, settings_dict
from .settings.data import DataSettings
from .settings.train import TrainSettings
from .training.divergence import DivergenceError
from .training.loop import changed_processor, checkpoint_path
from .training.schedule import train_defaults
from .training.text_loop import text_loop

OWN_VECTORS = ("train", "random")  # word vectors that come from the training texts alone


def train(
    out: Path | str,
    data: DataSettings,
    settings: TrainSettings,
    seed: int = 0,
    force: bool = False,
) -> RunFolder:
    """Train the ANN of a run; resumes where an interrupted call stopped.

    Args:
        out: the run folder, made where it is not there
        data: which texts and vectors
        settings: how to train
        seed: of the weights, the order of the texts and the dropout
        force: train again although it is done or was begun with other settings

    Raises:
        InputError: bad data or settings, or a folder that holds another run.
    """
    run = RunFolder(out, must_exist=False)
    with run.locked():
        prepared = prepare_data(run, data, seed, force)
        settings = train_defaults(
            settings, len(prepared.dataset.train), data.vectors in OWN_VECTORS
        )
        unread = TrainSettings.added_options().keys() - settings.of_network().keys()
        resolved = settings_dict(settings, seed=seed)
        resolved = {name: value for name, value in resolved.items() if name not in unread}
        checkpoint = checkpoint_path(run.path / "ann", "train")
        if run.is_done("ann", resolved):
            checkpoint.unlink(missing_ok=True)  # left where the last call was killed at its end
            return run
        started = time.monotonic()
        texts, vectors = prepared.encode(), prepared.vectors
        classes = len(texts.dataset.classes)
        family, options = FAMILIES[settings.model], settings.of_network()
        network = family.network(vectors.shape[1], classes, options, seed)
        model = TextModel(vectors, network, bool(settings.train_vectors))
        loop = text_loop(
            run.path / "ann",
            "train",
            model,
            texts,
            settings,
            seed,
            outputs=lambda ids, lengths, _: model(ids, lengths),
            logits=lambda sequences: ann_logits(model, sequences),
            word_dropout=settings.word_dropout or 0.0,
            vector_lr=settings.vector_lr,
        )
        loop.stamp = run.begin("ann", resolved)
        with run.forgetting("ann", DivergenceError):
            state = loop.run()
        save_model(run.path / "ann", model, texts.dataset.classes)
        logits = {name: ann_logits(model, texts.sequences[name]) for name in ("dev", "test")}
        figures: dict[str, Any] = {
            f"{name}_accuracy": accuracy(rows, texts.labels[name]) for name, rows in logits.items()
        }
        figures |= model_figures(logits, texts)
        figures |= {
            "baseline": linear_baseline(texts, settings.class_weights),
            "class_weights": settings.class_weights,
            "train_vectors": settings.train_vectors,
            "best_epoch": state.best_epoch + 1,
            "epochs": state.epoch,
            "parameters": sum(p.numel() for p in model.network.parameters()),
            "seconds": round(time.monotonic() - started, 1),
            **changed_processor(state),
        }
        run.finish("ann", resolved, figures)
        checkpoint.unlink(missing_ok=True)
    return run
