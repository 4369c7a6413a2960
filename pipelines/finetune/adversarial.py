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
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from ...attacks.presets.requirements import check_assets, check_language
from ...attacks.records import Record, records_path
from ...attacks.runs import run_attack
from ...engine.classifier import ModelClassifier
from ...engine.engines import make_engine
from ...engine.evaluate import accuracy
from ...engine.reference import ann_logits
from ...errors import InputError, SnnConvertError
from ...files import read_json, write_json
from ...models.saving import load_model, save_model, weights_hash
from ...models.snn import SpikingTextModel
from ...models.text_model import TextModel
from ...seeds import derive
from ..data import Texts, load_run_texts, training_texts
from ..quality.quality import model_figures
from ..run_folder.fingerprints import settings_dict
from ..run_folder.run_folder import RunFolder
from ..settings.engine import ENGINE, EngineSettings
from ..settings.finetune import FinetuneSettings
from ..training.divergence import DivergenceError
from ..training.loop import State, checkpoint_path
from ..training.schedule import finetune_defaults
from ..training.text_loop import text_loop
from .adversarial_texts import (
    accuracy_under_attack,
    attacked_texts,
    examples_of_round,
    outcome,
    with_attacked,
)
from .finetune import prepare_snn, run_snn, save_snn, snn_loop

DRAWS = 8
"""Noise draws averaged for a stochastic encoder while it is attacked."""
SPIKING_ONLY = ("loss", "surrogate", "width", "backward", "dropout", "tied")
Figures = dict[str, Any]


def finetune_adversarially(
    out: Path | str,
    settings: FinetuneSettings,
    seed: int = 0,
    force: bool = False,
    engine: EngineSettings = ENGINE,
) -> RunFolder:
    """Fine-tune the ANN and the converted SNN of a run folder on adversarial texts too.

    Attacks and trainings resume where an interrupted call stopped. Nothing is chosen on the test
    split.

    Raises:
        InputError: no model in the folder, bad settings, an unknown attack or one of another
            language, missing assets, or done otherwise.
        SnnConvertError: no attack on a training text succeeded.
    """
    run = RunFolder(out)
    attacks = settings.adversarial or ()
    if not attacks:
        raise InputError("expected one or more attacks to train against, but got none")
    with run.locked():
        bases = adversarial_bases(settings)
        for base in bases:
            run.check_files(base, whole=True)
        settings = finetune_defaults(settings, training_texts(run))
        check_language(attacks, str(run.require("data").get("language")))
        waiting = []
        for base in bases:
            if run.is_done(stage_of(base), resolved_settings(base, settings, seed), force):
                clear_rounds(run.path / stage_of(base))  # left where the last call was killed
            else:
                waiting.append(base)
        if waiting:
            check_assets(attacks)
            texts = load_run_texts(run)
        for base in waiting:
            _Tuning(run, base, texts, settings, seed, engine).make(force)
    return run


def adversarial_bases(settings: FinetuneSettings) -> tuple[str, ...]:
    """The models that are tuned."""
    return ("ann", "snn") if settings.model == "both" else (settings.model,)


def stage_of(base: str) -> str:
    """The stage that adversarial fine-tuning makes of the model ``base``."""
    return f"{base}-adversarial"


def clear_rounds(stage: Path) -> None:
    """Remove the models of the rounds of a stage that is done; their logs stay."""
    for name in ("weights.safetensors", "spec.json"):
        for path in stage.glob(f"rounds/*/{name}"):
            path.unlink(missing_ok=True)


def resolved_settings(base: str, settings: FinetuneSettings, seed: int) -> Figures:
    """What the stage of ``base`` depends on: an ANN has no surrogate, for example."""
    left_out = {"model", *(SPIKING_ONLY if base == "ann" else ())}
    found = settings_dict(settings, seed=seed)
    return {name: value for name, value in found.items() if name not in left_out}


@dataclass(frozen=True)
class _Tuning:
    """The adversarial fine-tuning of one model; its state is in the files of its stage."""

    run: RunFolder
    base: str
    texts: Texts
    settings: FinetuneSettings
    seed: int
    engine: EngineSettings

    @property
    def stage(self) -> str:
        return stage_of(self.base)

    def folder(self, number: int) -> Path:
        """Of the model after so many rounds."""
        if number == 0:
            return self.run.path / self.base
        return self.run.path / self.stage / "rounds" / str(number)

    def make(self, force: bool) -> None:
        """Make the stage."""
        started = time.monotonic()
        self._check()
        resolved = resolved_settings(self.base, self.settings, self.seed)
        stamp = self.run.begin(self.stage, resolved, force)
        rounds, train, dev = [], [], []
        for number in range(self.settings.adversarial_rounds + 1):
            found = self._attack("dev", number)
            rounds.append(self._scored(number, found))
            if number == self.settings.adversarial_rounds:
                break
            dev += [record for records in found.values() for record in records]
            found = self._attack("train", number)
            rounds[-1]["train"] = {name: outcome(records) for name, records in found.items()}
            train += [record for records in found.values() for record in records]
            with self.run.forgetting(self.stage, DivergenceError, files=True):
                self._round(number + 1, train, dev, stamp)
        best = max(range(len(rounds)), key=lambda n: (rounds[n]["dev_score"], -n))
        figures = self._save(best)
        figures["adversarial"] = {
            "attacks": list(self.settings.adversarial or ()),
            "texts": len(attacked_texts(train, only_adversarial=True).texts),
            "best_round": best,
            "rounds": rounds,
        }
        figures["seconds"] = round(time.monotonic() - started, 1)
        self.run.finish(self.stage, resolved, figures)
        clear_rounds(self.run.path / self.stage)

    def _check(self) -> None:
        """Refuse what cannot be trained, before anything is attacked."""
        model, _ = load_model(self.folder(0))
        if not isinstance(model, SpikingTextModel if self.base == "snn" else TextModel):
            raise InputError(
                f"expected a model of the kind {self.base} in {self.folder(0)}, but it holds a "
                f"{type(model).__name__}; copy the whole folder of the run again"
            )
        if isinstance(model, SpikingTextModel):
            prepare_snn(model, self.texts, self.settings, self.engine)

    def _attack(self, split: str, number: int) -> dict[str, list[Record]]:
        """Attack texts of a split on the model after ``number`` rounds; resumes text by text."""
        sizes = {
            "train": self.settings.adversarial_texts,
            "dev": self.settings.adversarial_dev_texts,
        }
        # other training texts every round, but always the same dev texts
        turn = number + 1 if split == "train" else 1
        examples = examples_of_round(self.texts.dataset.split(split), sizes[split], turn, self.seed)
        folder = self.folder(number)
        model, classes = load_model(folder)
        classifier = ModelClassifier(self.texts.stage, model, classes, DRAWS, **vars(self.engine))
        weights = weights_hash(folder)[:16]
        return {
            attack: run_attack(
                classifier,
                examples,
                attack,
                f"{self.base} after {number} rounds, {split}",
                records_path(self.run.path / self.stage / "attacked", f"{split}-{number}", attack),
                seed=self.seed,
                query_budget=self.settings.adversarial_budget,
                settings={"weights": weights, "draws": DRAWS, "split": split},
            )
            for attack in self.settings.adversarial or ()
        }

    def _scored(self, number: int, found: Mapping[str, list[Record]]) -> Figures:
        """How good the model after ``number`` rounds is."""
        model, _ = load_model(self.folder(number))
        clean = accuracy(self._logits(model, "dev"), self.texts.labels["dev"])
        under = accuracy_under_attack(found)
        trained = read_json(self.folder(number) / "training.json") if number else {}
        return {
            "round": number,
            "dev_accuracy": clean,
            "accuracy_under_attack": under,
            "dev_score": (clean + under) / 2,
            "dev": {name: outcome(records) for name, records in found.items()},
            **trained,
        }

    def _logits(self, model: TextModel | SpikingTextModel, split: str) -> Tensor:
        """Logits (N, K) of a split."""
        sequences = self.texts.sequences[split]
        if isinstance(model, TextModel):
            return ann_logits(model, sequences)
        runner = make_engine(model, **vars(self.engine), texts=len(sequences))
        return runner.running_logits(sequences, self.seed)[-1]

    def _round(self, number: int, train: list[Record], dev: list[Record], stamp: str) -> None:
        """Train the model of the round before; nothing where that is done."""
        folder = self.folder(number)
        done = folder / "training.json"  # written last
        checkpoint = checkpoint_path(folder, "finetune")
        if not (done.exists() and (folder / "spec.json").exists()):  # as in `clear_rounds`
            adversarial = attacked_texts(train, only_adversarial=True)
            if not adversarial.texts:
                raise SnnConvertError(
                    f"no attack of {', '.join(self.settings.adversarial or ())} on {len(train)} "
                    f"training texts of {self.base} succeeded, so there is nothing to learn from: "
                    "give another attack, more --adversarial-texts or a larger "
                    "--adversarial-budget, and --force"
                )
            mixed = with_attacked(
                self.texts, adversarial, attacked_texts(dev), self.settings.adversarial_share
            )
            state = self._train(number, mixed, stamp)
            write_json(done, {"best_epoch": state.best_epoch + 1, "epochs": state.epoch})
        checkpoint.unlink(missing_ok=True)

    def _train(self, number: int, mixed: Texts, stamp: str) -> State:
        """Train and save the model of a round; word vectors stay as they are."""
        model, classes = load_model(self.folder(number - 1))
        folder, settings = self.folder(number), self.settings
        seed = self.seed if number == 1 else derive(self.seed, "round", number)
        if isinstance(model, TextModel):
            loop = text_loop(
                folder,
                "finetune",
                model,
                mixed,
                settings,
                seed,
                outputs=lambda ids, lengths, _: model(ids, lengths),
                logits=lambda sequences: ann_logits(model, sequences),
                score_start=True,
            )
            loop.stamp = stamp
            state = loop.run()
        else:
            outputs = prepare_snn(model, mixed, settings, self.engine)
            loop = snn_loop(folder, model, outputs, mixed, settings, seed, self.engine)
            loop.stamp = stamp
            state = run_snn(loop, model, settings)
        save_model(folder, model, classes)
        return state

    def _save(self, best: int) -> Figures:
        """Save the model after ``best`` rounds as that of the stage, and measure it."""
        model, classes = load_model(self.folder(best))
        if isinstance(model, SpikingTextModel):
            return save_snn(
                self.run, self.stage, model, classes, self.texts, self.seed, self.engine
            )
        save_model(self.run.path / self.stage, model, classes)
        logits = {split: self._logits(model, split) for split in ("dev", "test")}
        figures = {
            f"{s}_accuracy": accuracy(rows, self.texts.labels[s]) for s, rows in logits.items()
        }
        return figures | model_figures(logits, self.texts)
