"""Mean squared error of counts of spikes of output neurons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ....errors import InputError
from .loss import Reads, Wanted


@dataclass(frozen=True)
class MseCounts(Wanted):
    """Squared distance of spike counts from wanted ones, over T.

    Wanted are ``wanted`` T spikes of the class's neuron and ``wanted_others`` T of the others, so
    both are rates. As snnTorch's ``mse_count_loss`` (Eshraghian et al. 2023, section IV).

    Raises:
        InputError: a rate outside [0, 1].
    """

    outputs: ClassVar[Reads] = "spikes"
    every_step: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("wanted", "wanted_others"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(
                    f"expected {name} to be a rate of at least 0 and at most 1 with mse_counts, "
                    f"but got {getattr(self, name)}"
                )

    def loss(self, outputs: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
        """The loss of spikes (T, B, K), in the mean of classes and batch."""
        # (T r - T w)^2 / T = T (r - w)^2, with r = counts / T
        return len(outputs) * self.distance(outputs.mean(dim=0), labels, weight)


LOSS = MseCounts
