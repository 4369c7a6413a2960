"""A loss of your own: cross entropy that counts texts less the surer the network is of them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from snnconvert.options import option
from snnconvert.pipelines.training.losses import LOSSES
from snnconvert.pipelines.training.losses.loss import Loss


@dataclass(frozen=True)
class Focal(Loss):
    """The focal loss (Lin et al., ICCV 2017, equation 4)."""

    gamma: float = option(2.0, "how much less sure texts count with --loss focal", least=0)

    def loss(self, outputs: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
        """-(1 - p)^gamma log p of the true class by logits (B, K), in the mean of the batch."""
        logs = functional.log_softmax(outputs, dim=1)  # (B, K)
        true = logs.gather(1, labels[:, None]).squeeze(1)  # (B,)
        counts = torch.ones_like(true) if weight is None else weight[labels]  # (B,)
        return -(counts * (1 - true.exp()) ** self.gamma * true).sum() / counts.sum()


LOSSES.add("focal", Focal)  # from here on it is a loss like any other
