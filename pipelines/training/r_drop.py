"""R-Drop: two passes of a batch with different dropout, which must agree."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional


def agreeing(one_pass: Callable[[], tuple[Tensor, Tensor]], alpha: float) -> Tensor:
    """The mean loss of two passes, and ``alpha`` times the divergence of their outputs.

    Source: Liang et al. 2021 (NeurIPS, arXiv 2106.14448), equations 2 to 4. They add the losses of
    the two passes up where this takes their mean, so their alpha is twice this one.

    Args:
        one_pass: loss and outputs (B, K) or (T, B, K) of a pass, each with draws of its own
        alpha: how much the divergence counts
    """
    (first, one), (second, other) = one_pass(), one_pass()
    return (first + second) / 2 + alpha * divergence(one, other)


def divergence(one: Tensor, other: Tensor) -> Tensor:
    """Mean of KL(p || q) and KL(q || p), in the mean of the batch and of the steps.

    Args:
        one: logits of p, (B, K) or (T, B, K)
        other: logits of q, of the same shape
    """
    p, q = (functional.log_softmax(x.flatten(0, -2), dim=-1) for x in (one, other))
    forth = functional.kl_div(q, p, reduction="batchmean", log_target=True)
    back = functional.kl_div(p, q, reduction="batchmean", log_target=True)
    return (forth + back) / 2
