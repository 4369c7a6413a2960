"""`snnconvert finetune --adversarial`: train ANN and SNN on attacked training texts as well.

Adversarial training in rounds (Goodfellow et al. 2015, section 6; for texts Yoo and Qi 2021, A2T):
a round attacks some training texts, with the model as it now is as the victim, and trains it on
all training texts and on the adversarial ones of this round and those before, under their true
labels. Only adversarial texts that hold on fresh noise count. The ANN becomes the model
`ann-adversarial`, the converted SNN `snn-adversarial`, beside the models that they come from.

A new attack on a trained model finds other texts than those it was trained on, so a round is
judged by that: each model's score is the mean of its accuracy on dev and of its accuracy under a
new attack on dev texts. The best one is kept, and that may be the model as it was.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ...attacks.presets.requirements import check_assets, check_language
from ...attacks.records import Record, check_apart
from ...engine.evaluate import accuracy
from ...errors import InputError
from ...models.saving import save_model
from ...models.snn import SpikingTextModel
from ..data import load_run_texts, training_texts
from ..quality.latency import latency_figures
from ..quality.quality import model_figures
from ..run_folder.fingerprints import settings_dict
from ..run_folder.run_folder import RunFolder
from ..run_folder.stages import of_conversion
from ..settings.engine import ENGINE, EngineSettings
from ..settings.finetune import AdversarialSettings, FinetuneSettings, spiking_names
from ..settings.sizes import finetune_defaults
from ..training.divergence import DivergenceError
from .adversarial_texts import attacked_texts, outcome
from .attacked_rounds import attack_round, score_round
from .finetune import recorded
from .snn import prepare_snn, save_snn
from .trained_rounds import clear_rounds, train_round
from .tuning import Tuning, stage_of

Figures = dict[str, Any]


def finetune_adversarially(
    out: Path | str,
    settings: AdversarialSettings,
    training: FinetuneSettings | None = None,
    seed: int = 0,
    force: bool = False,
    engine: EngineSettings = ENGINE,
    name: str = "",
) -> RunFolder:
    """Fine-tune the ANN and the converted SNN of a run folder on adversarial texts too.

    Attacks and trainings resume where an interrupted call stopped. Nothing is chosen on the test
    split.

    Args:
        out: the run folder
        settings: which attacks, on which texts
        training: how to train; None for the defaults
        seed: of the texts that are attacked, of attacks and of trainings
        force: make it again although it is done or was begun with other settings
        engine: what runs spiking networks
        name: of the conversion whose SNN is tuned, "" for the one without a name

    Raises:
        InputError: no model in the folder, bad settings, an unknown attack or one of another
            language, missing assets, or done otherwise.
        SnnConvertError: no attack on a training text succeeded.
    """
    run, training = RunFolder(out), training or FinetuneSettings()
    settings.check_training(training)
    attacks = settings.adversarial
    if attacks is None:
        raise InputError("expected one or more attacks to train against, but got none")
    with run.locked():
        bases = [of_conversion(base, name) for base in adversarial_bases(settings)]
        for base in bases:
            run.check_files(base, whole=True)
        training = finetune_defaults(training, training_texts(run))
        check_language(attacks, str(run.require("data").get("language")))
        check_apart(attacks)
        waiting = [base for base in bases if not _done(run, base, settings, training, seed, force)]
        if waiting:
            check_assets(attacks)
            texts = load_run_texts(run)
        for base in waiting:
            _make(Tuning(run, base, texts, settings, training, seed, engine), force)
    return run


def adversarial_bases(settings: AdversarialSettings) -> tuple[str, ...]:
    """The models that are tuned."""
    return ("ann", "snn") if settings.model == "both" else (settings.model,)


def resolved_settings(
    base: str, settings: AdversarialSettings, training: FinetuneSettings, seed: int
) -> Figures:
    """What the stage of ``base`` depends on: an ANN has no surrogate, for example."""
    left_out = {"model", *(spiking_names(training) if base == "ann" else ())}
    left_out |= training.unread_of_teacher()
    left_out |= set() if training.word_dropout else {"word_dropout"}
    values = recorded(training, seed) | settings_dict(settings)
    return {name: value for name, value in values.items() if name not in left_out}


def _done(
    run: RunFolder,
    base: str,
    settings: AdversarialSettings,
    training: FinetuneSettings,
    seed: int,
    force: bool,
) -> bool:
    """Whether the stage of ``base`` is there with these settings."""
    done = run.is_done(stage_of(base), resolved_settings(base, settings, training, seed), force)
    if done:
        clear_rounds(run.folder(stage_of(base)))  # left where the last call was killed
    return done


def _make(tuning: Tuning, force: bool) -> None:
    """Make the stage of one model."""
    started = time.monotonic()
    model, _ = tuning.model(0)
    if isinstance(model, SpikingTextModel):  # what cannot be trained is refused before any attack
        prepare_snn(model, tuning.texts, tuning.training, tuning.seed, tuning.engine)
    resolved = resolved_settings(tuning.base, tuning.settings, tuning.training, tuning.seed)
    stamp = tuning.run.begin(tuning.stage, resolved, force)
    rounds, texts = _rounds(tuning, stamp)
    best = max(range(len(rounds)), key=lambda n: (rounds[n]["dev_score"], -n))
    figures = _save(tuning, best)
    figures["adversarial"] = {
        "attacks": list(tuning.attacks),
        "texts": texts,
        "best_round": best,
        "rounds": rounds,
    }
    figures["seconds"] = round(time.monotonic() - started, 1)
    tuning.run.finish(tuning.stage, resolved, figures)
    clear_rounds(tuning.run.folder(tuning.stage))


def _rounds(tuning: Tuning, stamp: str) -> tuple[list[Figures], int]:
    """Attack and train in turn: a row for the model after each round, the start among them.

    Returns:
        The rows, and how many adversarial texts were trained on in the end.
    """
    last = tuning.settings.adversarial_rounds
    rounds: list[Figures] = []
    train: list[Record] = []
    dev: list[Record] = []
    for number in range(last + 1):
        attacked = attack_round(tuning, "dev", number)
        rounds.append(score_round(tuning, number, attacked))
        if number == last:
            break
        dev += [record for records in attacked.values() for record in records]
        attacked = attack_round(tuning, "train", number)
        rounds[-1]["train"] = {name: outcome(records) for name, records in attacked.items()}
        train += [record for records in attacked.values() for record in records]
        with tuning.run.forgetting(tuning.stage, DivergenceError, files=True):
            train_round(tuning, number + 1, train, dev, stamp)
    return rounds, len(attacked_texts(train, only_adversarial=True).texts)


def _save(tuning: Tuning, best: int) -> Figures:
    """Save the model after ``best`` rounds as that of the stage, and measure it."""
    run, texts = tuning.run, tuning.texts
    model, classes = tuning.model(best)
    if isinstance(model, SpikingTextModel):
        return save_snn(run, tuning.stage, model, classes, texts, tuning.seed, tuning.engine)
    save_model(run.folder(tuning.stage), model, classes)
    logits = {split: tuning.logits(model, split) for split in ("dev", "test")}
    figures = {f"{s}_accuracy": accuracy(rows, texts.labels[s]) for s, rows in logits.items()}
    timed = latency_figures(model, texts, tuning.seed, tuning.engine)
    return figures | model_figures(logits, texts) | {"latency": timed}
