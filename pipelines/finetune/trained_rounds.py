"""The training of a round: on all training texts, and on the adversarial ones made so far."""

from __future__ import annotations

from pathlib import Path

from ...attacks.records import Record
from ...errors import SnnConvertError
from ...files import write_json
from ...models.saving import save_model
from ...models.snn import SpikingTextModel
from ...models.text_model import TextModel
from ...seeds import derive
from ..training.checkpoint import State, checkpoint_path
from ..training.text_loop import ann_trainee, text_loop
from ..training.texts import Texts
from .adversarial_texts import attacked_texts, with_attacked
from .snn import prepare_snn, run_snn
from .tuning import Tuning


def train_round(
    tuning: Tuning, number: int, train: list[Record], dev: list[Record], stamp: str
) -> None:
    """Train the model of the round before; nothing where that is done.

    Args:
        tuning: of which model
        number: of the round, from 1
        train: attacked training texts of all rounds so far
        dev: attacked dev texts of all rounds so far
        stamp: of the stage, for the checkpoint

    Raises:
        SnnConvertError: no attack on a training text succeeded.
    """
    folder = tuning.folder(number)
    done = folder / "training.json"  # written last
    if not (done.exists() and (folder / "spec.json").exists()):  # as in `clear_rounds`
        state = _trained(tuning, number, _mixed(tuning, train, dev), stamp)
        write_json(done, {"best_epoch": state.best_epoch + 1, "epochs": state.epoch})
    checkpoint_path(folder, "finetune").unlink(missing_ok=True)


def clear_rounds(stage: Path) -> None:
    """Remove the models of the rounds of a stage that is done; their logs stay."""
    for name in ("weights.safetensors", "spec.json"):
        for path in stage.glob(f"rounds/*/{name}"):
            path.unlink(missing_ok=True)


def _mixed(tuning: Tuning, train: list[Record], dev: list[Record]) -> Texts:
    """The texts of the run, with adversarial ones among the training texts."""
    adversarial = attacked_texts(train, only_adversarial=True)
    if not adversarial.texts:
        raise SnnConvertError(
            f"no attack of {', '.join(tuning.attacks)} on {len(train)} training texts of "
            f"{tuning.base} succeeded, so there is nothing to learn from: give another attack, "
            "more --adversarial-texts or a larger --adversarial-budget, and --force"
        )
    share = tuning.settings.adversarial_share
    return with_attacked(tuning.texts, adversarial, attacked_texts(dev), share)


def _trained(tuning: Tuning, number: int, mixed: Texts, stamp: str) -> State:
    """Train and save the model of a round; word vectors stay as they are."""
    model, classes = tuning.model(number - 1)
    folder, training = tuning.folder(number), tuning.training
    seed = tuning.seed if number == 1 else derive(tuning.seed, "round", number)
    if isinstance(model, TextModel):
        trainee = ann_trainee(model, True, training.label_smoothing)
    else:
        trainee = prepare_snn(model, mixed, training, seed, tuning.engine)
    hidden = training.word_dropout or 0.0
    loop = text_loop(
        folder, "finetune", trainee, mixed, training, seed, training.lr, word_dropout=hidden
    )
    loop.stamp = stamp
    state = run_snn(loop, model, training) if isinstance(model, SpikingTextModel) else loop.run()
    save_model(folder, model, classes)
    return state
