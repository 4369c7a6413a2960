"""What a loss answers, and what those of one sort share."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar, Literal

from torch import Tensor
from torch.nn import functional

from ....models.families.family import same_option
from ....options import check_value
from ..options import LossOptions

Reads = Literal["logits", "spikes"]


@dataclass(frozen=True)
class Loss:
    """What training makes small; a subclass is a dataclass whose fields are its parameters.

    A parameter made with `options.option` is also an option of `snnconvert finetune`: ``gamma`` is
    ``--gamma``, checked against its bounds and written down with the run.

    Attributes:
        outputs: what it reads: ``logits``, or ``spikes`` of output neurons, which the network is
            then given
        every_step: whether it reads them at every step, or their means over time
    """

    outputs: ClassVar[Reads] = "logits"
    every_step: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for item in fields(self):
            check_value(item.name, getattr(self, item.name), item.metadata)

    def loss(self, outputs: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
        """The loss of a batch, a scalar with gradients.

        Args:
            outputs: means over time (B, K): of currents, or of spikes (rates in [0, 1]); where the
                loss is of ``every_step``, the currents or spikes themselves (T, B, K)
            labels: classes (B,)
            weight: how much each class counts (K,); None where all count the same
        """
        raise NotImplementedError


@dataclass(frozen=True)
class CrossEntropy(Loss):
    """A loss that is made of cross entropy.

    label_smoothing: share of the wanted distribution that all classes have alike; the rest is the
        text's class (Szegedy et al. 2016, section 7)
    """

    label_smoothing: float = same_option(LossOptions, "label_smoothing")

    def cross_entropy(self, logits: Tensor, labels: Tensor, weight: Tensor | None) -> Tensor:
        """Cross entropy of logits (N, K) with labels (N,), a scalar: as `text_mean`."""
        smoothing = self.label_smoothing
        if weight is None:
            return functional.cross_entropy(logits, labels, label_smoothing=smoothing)
        total = functional.cross_entropy(
            logits, labels, weight, reduction="sum", label_smoothing=smoothing
        )
        return total / len(labels)


@dataclass(frozen=True)
class Wanted(Loss):
    """A loss that draws outputs to one value for the text's class, and one for the others."""

    wanted: float = same_option(LossOptions, "wanted")
    wanted_others: float = same_option(LossOptions, "wanted_others")

    def distance(self, outputs: Tensor, labels: Tensor, weight: Tensor | None) -> Tensor:
        """Squared distance of outputs (B, K), in the mean of classes and batch, a scalar."""
        aims = wanted_values(labels, outputs.shape[1], self.wanted, self.wanted_others)  # (B, K)
        return text_mean((outputs - aims).square().mean(dim=1), labels, weight)


SHARED = (CrossEntropy, Wanted)
"""What losses are made of whose parameters are options of fine-tuning."""


def text_mean(values: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
    """The mean of a number a text (B,), each times the ``weight`` (K,) of its class.

    It is not divided by the sum of the batch's weights, as PyTorch's weighted losses are: a text
    would count for more or less by what stands beside it, and those of a large class as if there
    were no weights in every batch without the small one. Weights have a mean of 1 over the
    training texts (`class_weights`), so the loss of an epoch is as large as without.

    >>> text_mean(torch.tensor([1.0, 5.0]), torch.tensor([0, 1]), torch.tensor([1.5, 0.5]))
    tensor(2.)
    """
    return (values if weight is None else values * weight[labels]).mean()


def wanted_values(labels: Tensor, classes: int, true: float, other: float) -> Tensor:
    """The outputs (B, K) float32 that labels (B,) stand for: ``true`` of the class, else ``other``.

    >>> wanted_values(torch.tensor([1]), 2, 0.75, 0.25).tolist()
    [[0.25, 0.75]]
    """
    return other + (true - other) * functional.one_hot(labels, classes).float()
