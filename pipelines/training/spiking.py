"""A network that spikes already while it is trained, with a cost on its spikes."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import torch
from torch import Tensor

from ...models.network import Signal
from ...models.spike_share import spike_share
from ...models.text_model import TextModel
from .text_loop import Trainee, ann_trainee


def spiking_trainee(model: TextModel, spike_cost: float, label_smoothing: float = 0.0) -> Trainee:
    """A directly trained network, by cross entropy on its logits and the cost of its spikes.

    Args:
        model: word vectors and the spiking network
        spike_cost: weight of `models.spike_share.spike_share` in the loss; 0 for none
        label_smoothing: of the cross entropy
    """
    plain = ann_trainee(model, label_smoothing=label_smoothing)
    if not spike_cost:
        return plain
    last: dict[str, Signal] = {}

    def outputs(ids: Tensor, lengths: Tensor, random: torch.Generator) -> Tensor:
        return cast(Tensor, model.network(Signal(model.embed(ids), lengths), last))  # (B, K)

    def penalty() -> Tensor:
        share = spike_share(model.network, last)
        last.clear()  # or the graph of the batch stays until the next
        return spike_cost * share

    return replace(plain, outputs=outputs, penalty=penalty)
