"""What a loss answers."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar, Literal

from torch import Tensor

from ....options import check_value

Outputs = Literal["logits", "spikes"]


@dataclass(frozen=True)
class Loss:
    """What training makes small; a subclass is a dataclass whose fields are its parameters.

    A parameter made with `options.option` is also an option of `snnconvert finetune`: ``gamma`` is
    ``--gamma``, checked against its bounds and written down with the run.

    Attributes:
        outputs: what it reads, over T steps in the mean: ``logits``, or ``spikes`` of output
            neurons, which the network is then given
    """

    outputs: ClassVar[Outputs] = "logits"

    def __post_init__(self) -> None:
        for item in fields(self):
            check_value(item.name, getattr(self, item.name), item.metadata)

    def loss(self, outputs: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
        """The loss of a batch, a scalar with gradients.

        Args:
            outputs: means over time (B, K): of currents, or of spikes (rates in [0, 1])
            labels: classes (B,)
            weight: how much each class counts (K,); None where all count the same
        """
        raise NotImplementedError
