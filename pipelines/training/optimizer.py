"""AdamW as all trainings use it: what is decayed and clipped, and at which rate words learn."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


def adamw(
    model: nn.Module, lr: float, weight_decay: float, vector_lr: float | None = None
) -> torch.optim.AdamW:
    """AdamW over the trainable parameters; biases and bounds (below two axes) are not decayed.

    Args:
        model: what is trained
        lr: learning rate
        weight_decay: of everything with two axes or more
        vector_lr: learning rate of word vectors (of every `nn.Embedding`); None for ``lr``
    """
    embeddings = [m.weight for m in model.modules() if isinstance(m, nn.Embedding)]
    vectors = [p for p in embeddings if p.requires_grad]
    apart = {id(p) for p in vectors}
    rest = [p for p in model.parameters() if p.requires_grad and id(p) not in apart]
    groups: list[dict[str, Any]] = [
        {"params": [p for p in rest if p.dim() > 1], "weight_decay": weight_decay},
        {"params": [p for p in rest if p.dim() <= 1], "weight_decay": 0.0},
    ]
    if vectors:
        own = lr if vector_lr is None else vector_lr
        # a table of words is most of all parameters, and moves in every step by its momentum alone:
        # one pass over it, not a dozen (8 times as fast at 60,000 words of 300 components)
        groups.append({"params": vectors, "weight_decay": weight_decay, "lr": own, "fused": True})
    return torch.optim.AdamW(groups, lr=lr)


def clipped(model: nn.Module) -> list[nn.Parameter]:
    """The parameters of ``model`` whose gradient is limited.

    Word vectors are not: Adam scales each component by its own history, and a norm over a
    whole vocabulary would say how many words a batch has.
    """
    return [
        parameter
        for module in model.modules()
        if not isinstance(module, nn.Embedding)
        for parameter in module.parameters(recurse=False)
        if parameter.grad is not None
    ]


def set_rate(optimizer: torch.optim.Optimizer, factor: float) -> None:
    """Give every group its full learning rate times ``factor``."""
    for group in optimizer.param_groups:
        group.setdefault("full_lr", group["lr"])  # of the first step, before any factor
        group["lr"] = group["full_lr"] * factor


def full_rate(optimizer: torch.optim.Optimizer) -> float:
    """The learning rate of the first group before any factor."""
    group = optimizer.param_groups[0]
    return float(group.get("full_lr", group["lr"]))
