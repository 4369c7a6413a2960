"""The settings of `snnconvert finetune`: how to train, and on which adversarial texts besides."""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields
from typing import Any

from ...errors import InputError
from ...models.families.family import same_option
from ...models.surrogates import BACKWARDS, SURROGATES
from ..training.distillation.options import LABELS, TeacherOptions
from ..training.losses import LOSSES, added_parameters, parameters
from ..training.options import LATER as LOOP_LATER
from ..training.options import LoopOptions, LossOptions
from .fields import Settings, option

OF_LOSSES = tuple(item.name for item in fields(LossOptions))
"""The parameters of the package's own losses."""
LATER = (*LOOP_LATER, "random_steps", "weight_sparsity", "learn_leaks", "truncate", "sops_target")
"""As `training.options.LATER`."""


SHAPE = ("surrogate", "width")
"""What stands in for the gradient of a spike."""


@dataclass(frozen=True)
class FinetuneSettings(TeacherOptions, LoopOptions, Settings):
    """Fine-tuning with surrogate gradients."""

    lr: float = option(5e-4, "learning rate of AdamW", above=0)
    loss: str = option("mean_logits", "what is made small, see docs/finetuning.md", LOSSES)
    tet_lambda: float = same_option(LossOptions, "tet_lambda")
    wanted: float = same_option(LossOptions, "wanted")
    wanted_others: float = same_option(LossOptions, "wanted_others")
    random_steps: bool = option(
        False,
        "train every batch for a random number of steps up to T, and choose the epoch by the mean "
        "of the scores after 1 to T steps",
    )
    surrogate: str = option("atan", "surrogate of the spike's gradient", SURROGATES)
    width: float = option(1.0, "width of the surrogate, in thresholds", above=0)
    backward: str = option(
        "exact", "gradients through time, or through mean rates (cheaper)", BACKWARDS
    )
    truncate: int = option(
        0,
        "steps from cut to cut in time, which no gradient of the exact backward pass passes; 0 for "
        "no cut",
        least=0,
    )
    sops_target: float | None = option(
        None,
        "share wanted of the synaptic operations that spikes of neurons make in the converted "
        "network (those of the input's spikes stay); the epoch is chosen among those within it",
        shown="no target",
        above=0,
        below=1,
    )
    sops_weight: float = option(
        1.0, "weight of the operations above --sops-target in the loss, both as shares", above=0
    )
    dropout: float = option(0.3, "dropout of pooled spikes before the readout", least=0, below=1)
    word_dropout: float | None = option(
        None,
        "share of a text's words read as unknown in fine-tuning",
        shown="0.25; 0 with --adversarial and for a text stage without words",
        least=0,
        below=1,
    )
    tied: bool = option(
        False, "keep weights of positive and negative inputs one another's negative, stored once"
    )
    learn_leaks: bool = option(False, "learn the leak of each layer of lif neurons too")
    weight_sparsity: float = option(
        0.0,
        "share of the weights of each layer but the last that are zero: the smallest are cut, and "
        "may grow back in place of others (gradient rewiring)",
        least=0,
        below=1,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.teacher == LABELS:
            self.check_taught()
        if self.learn_leaks and self.backward != "exact":
            raise InputError(
                "expected the exact backward pass with learn_leaks, which the others do not go "
                f"through, but got {self.backward}: leave --backward or --learn-leaks out"
            )
        if self.truncate and self.backward != "exact":
            raise InputError(
                "expected the exact backward pass with truncate, which cuts it in time, but got "
                f"{self.backward}: leave --backward or --truncate out"
            )
        shape = fields(FinetuneSettings)
        unread = [f.name for f in shape if f.name in SHAPE and getattr(self, f.name) != f.default]
        if unread and self.backward == "dsr":
            raise InputError(
                f"expected {unread[0]} only with a backward pass that reads a surrogate, but got "
                "it with dsr, whose slope is that of a clipped current: leave it out"
            )
        if self.sops_target is None and self.sops_weight != 1:
            raise InputError(
                "expected sops_weight only with a target of operations, but got none: give "
                "--sops-target, or leave --sops-weight out"
            )
        if self.weight_sparsity and self.average:
            raise InputError(
                "expected weight_sparsity or an average over epochs, whose mean of sparse weights "
                "is not sparse, but got both: leave --average or --weight-sparsity out"
            )
        if self.r_drop and not (self.dropout or self.word_dropout):
            raise InputError(
                "expected a dropout above 0 with r_drop, whose two passes differ by it: give "
                "--dropout too, or leave --r-drop out"
            )
        usual: dict[str, Any] = dict.fromkeys(added_parameters())
        usual |= {f.name: f.default for f in fields(FinetuneSettings) if f.name in OF_LOSSES}
        given = [name for name, default in usual.items() if getattr(self, name, default) != default]
        own = parameters(self.loss) if given else {}  # loads torch
        for name in given:
            if name not in own:
                raise InputError(
                    f"expected {name} only with a loss that has it, but got it with {self.loss}: "
                    "leave it out"
                )

    @classmethod
    def added_options(cls) -> dict[str, tuple[Any, Field[Any]]]:
        """The parameters of losses that a user has added; None for the loss's own default.

        Raises:
            InputError: one of them has the name of an option of fine-tuning.
        """
        added = added_parameters()
        taken = sorted(set(added) & {item.name for item in fields(FinetuneSettings)})
        if taken:
            raise InputError(
                f"expected parameters of a loss that fine-tuning has no option for, but got "
                f"{', '.join(taken)}: give the parameter another name"
            )
        return {name: (hint | None, _optional(item)) for name, (hint, item) in added.items()}


def _optional(item: Field[Any]) -> Any:
    """An option that need not be given, with the help text and the bounds of ``item``."""
    return field(default=None, metadata={**item.metadata, "shown": f"{item.default}, of the loss"})


@dataclass(frozen=True)
class AdversarialSettings(Settings):
    """Adversarial fine-tuning: what is trained on besides."""

    adversarial: tuple[str, ...] | None = option(
        None,
        "attacks, separated by commas, whose adversarial texts are trained on too; makes the "
        "models ann-adversarial and snn-adversarial",
    )
    model: str = option("both", "with --adversarial: what is tuned", ("both", "ann", "snn"))
    adversarial_rounds: int = option(3, "rounds of attack and training", least=1)
    adversarial_texts: int = option(500, "training texts that are attacked in a round", least=1)
    adversarial_dev_texts: int = option(
        200, "dev texts that are attacked, to choose the round", least=1
    )
    adversarial_budget: int = option(500, "most model queries per attacked text", least=1)
    adversarial_share: float = option(
        0.2, "least share of an epoch's texts that are adversarial (repeated)", least=0, below=1
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        extra = [name for name in given_names(self) if name != "adversarial"]
        if self.adversarial is None and extra:
            raise InputError(
                f"expected {extra[0]} only with adversarial, the attacks to train against: "
                "name one, or leave it out"
            )

    def check_training(self, training: FinetuneSettings) -> None:
        """Refuse settings of a spiking network's training where none is trained, and a teacher.

        Raises:
            InputError: there is such a setting.
        """
        if self.adversarial is not None and training.teacher is not None:
            raise InputError(
                "expected no teacher with adversarial texts, of which it has said nothing, but got "
                f"{training.teacher}: leave --teacher out"
            )
        if self.adversarial is not None and training.sops_target is not None:
            raise InputError(
                "expected no target of operations with adversarial texts, whose rounds are chosen "
                f"by accuracy alone, but got {training.sops_target}: leave --sops-target out"
            )
        extra = [name for name in given_names(training) if name in spiking_names(training)]
        if self.adversarial is not None and self.model == "ann" and extra:
            raise InputError(
                f"expected {extra[0]} only where an SNN is tuned, but got it with the model ann: "
                "leave it out"
            )


def given_names(settings: FinetuneSettings | AdversarialSettings) -> list[str]:
    """The settings that are not at their defaults."""
    return [f.name for f in fields(settings) if getattr(settings, f.name) != f.default]


def spiking_names(training: FinetuneSettings) -> set[str]:
    """The settings that only a spiking network's training reads."""
    common = {"lr", "word_dropout", *(item.name for item in fields(LoopOptions))}
    return {item.name for item in fields(training)} - common
