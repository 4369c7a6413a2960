"""A network that spikes already while it is trained, with a cost on its spikes."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import torch
from torch import Tensor

from ...engine.plan import Unsupported
from ...engine.tokens.lean import LeanRun, check_lean
from ...engine.tokens.words import words_of
from ...models.network import Signal
from ...models.spike_share import spike_share
from ...models.text_model import TextModel
from ..parallel.processes import current
from .text_loop import Trainee, ann_trainee


def spiking_trainee(model: TextModel, spike_cost: float, label_smoothing: float = 0.0) -> Trainee:
    """A directly trained network, by cross entropy on its logits and the cost of its spikes.

    It is run with little memory (`engine.tokens.lean`) where that can be, else by its nodes.

    Args:
        model: word vectors and the spiking network
        spike_cost: weight of `models.spike_share.spike_share` in the loss; 0 for none
        label_smoothing: of the cross entropy
    """
    plain = ann_trainee(model, label_smoothing=label_smoothing)
    is_lean = runs_lean(model)
    shares: list[Tensor] = []  # of the last batch

    def outputs(ids: Tensor, lengths: Tensor, random: torch.Generator) -> Tensor:
        if is_lean:
            run = LeanRun(model.network, lengths)
            logits = run(words_of(model, ids))  # (B, K)
            assert run.share is not None
            shares[:] = [run.share]
            return logits
        record: dict[str, Signal] = {}
        logits = cast(Tensor, model.network(Signal(model.embed(ids), lengths), record))
        shares[:] = [spike_share(model.network, record)]
        return logits

    def penalty() -> Tensor:
        return spike_cost * shares.pop()

    return replace(plain, outputs=outputs, penalty=penalty if spike_cost else None)


def runs_lean(model: TextModel) -> bool:
    """Whether training runs a network with little memory: of nodes it knows, by one process."""
    try:
        check_lean(model.network)
    except Unsupported:
        return False
    return current().count == 1
