"""The settings of `snnconvert finetune`."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ...errors import InputError
from .choices import SCHEDULES
from .fields import Settings, option, sized_option


@dataclass(frozen=True)
class FinetuneSettings(Settings):
    """Fine-tuning with surrogate gradients."""

    epochs: int | None = sized_option("most epochs", least=1)
    patience: int | None = sized_option(
        "stop after this many epochs that are no better on dev", least=0
    )
    batch_size: int | None = sized_option("texts per step", least=1)
    lr: float = option(5e-4, "learning rate of AdamW", above=0)
    schedule: str = option("cosine", "course of the learning rate", SCHEDULES)
    clip: float = option(5.0, "largest norm of a step's gradient; 0 for no limit", least=0)
    weight_decay: float = option(1e-2, "weight decay of AdamW", least=0)
    loss: str = option(
        "mean_logits",
        "cross entropy on mean logits or spike counts",
        ("mean_logits", "spike_counts"),
    )
    surrogate: str = option(
        "atan", "surrogate of the spike's gradient", ("atan", "sigmoid", "rectangle", "triangle")
    )
    width: float = option(1.0, "width of the surrogate, in thresholds", above=0)
    backward: str = option(
        "exact", "gradients through time, or through mean rates (cheaper)", ("exact", "rate")
    )
    dropout: float = option(0.3, "dropout of pooled spikes before the readout", least=0, below=1)
    tied: bool = option(
        False, "keep weights of positive and negative inputs one another's negative, stored once"
    )
    class_weights: bool = option(
        False,
        "weigh classes by their inverse frequency, and choose the epoch by the mean of their "
        "accuracies on dev",
    )
    tensorboard: bool = option(True, "write TensorBoard logs")
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
        given = [f.name for f in fields(self) if getattr(self, f.name) != f.default]
        if self.adversarial is None:
            extra = [n for n in given if n == "model" or n.startswith("adversarial_")]
            if extra:
                raise InputError(
                    f"expected {extra[0]} only with adversarial, the attacks to train against: "
                    "name one, or leave it out"
                )
        elif self.model == "ann":
            spiking = ("loss", "surrogate", "width", "backward", "dropout", "tied")
            extra = [n for n in given if n in spiking]
            if extra:
                raise InputError(
                    f"expected {extra[0]} only where an SNN is tuned, but got it with the model "
                    "ann: leave it out"
                )
