"""The published ANN beside the chain: ReLU and cross entropy on the same vectors."""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from .....progress import bar
from .....seeds import derive
from ..data.inputs import Inputs
from ..data.published import HIDDEN
from ..data.rows import Cell, Row
from .chain import ChainSettings
from .scores import accuracy_and_mrr


def ann_row(
    cell: Cell, inputs: Inputs, parts: Mapping[str, np.ndarray], settings: ChainSettings
) -> Row:
    """Train the ANN as published, take its best epoch by the loss on dev, and measure it on test.

    Args:
        cell: what the row is of
        inputs: vectors and classes
        parts: numbers of the texts of ``train``, ``dev`` and ``test``
        settings: epochs, batch, rate and decay of the published recipe
    """
    started = time.process_time()
    torch.manual_seed(derive(cell.seed, "snnlp", "weights") % 2**31)
    sizes = (inputs.dim, *HIDDEN, len(inputs.classes))
    network = _network(sizes)
    optimizer = torch.optim.Adam(
        network.parameters(), lr=settings.lr, weight_decay=settings.decay, fused=True
    )
    vectors, labels = torch.from_numpy(inputs.vectors), torch.from_numpy(inputs.labels)
    curve: dict[str, list[float]] = {"train_loss": [], "dev_loss": [], "dev_accuracy": []}
    best, chosen = (np.inf, 0), _copied(network)
    order = torch.from_numpy(parts["train"])
    for epoch in bar(range(settings.epochs), desc=cell.name, leave=False):
        total = 0.0
        for texts in order.split(settings.batch):
            loss = functional.cross_entropy(network(vectors[texts]), labels[texts])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(texts)
        logits = _logits(network, vectors, parts["dev"])
        dev_loss = float(functional.cross_entropy(logits, labels[parts["dev"]]))
        curve["train_loss"].append(total / len(order))
        curve["dev_loss"].append(dev_loss)
        curve["dev_accuracy"].append(
            accuracy_and_mrr(logits.numpy(), inputs.labels[parts["dev"]])[0]
        )
        if dev_loss <= best[0]:
            best, chosen = (dev_loss, epoch), _copied(network)
    network.load_state_dict(chosen)
    scores = {name: _logits(network, vectors, parts[name]).numpy() for name in ("dev", "test")}
    accuracy, mrr = accuracy_and_mrr(scores["test"], inputs.labels[parts["test"]])
    return Row(
        cell,
        accuracy,
        accuracy_and_mrr(scores["dev"], inputs.labels[parts["dev"]])[0],
        mrr,
        macs=macs_of(sizes),
        epochs=settings.epochs,
        best_epoch=best[1] + 1,
        learning_curve=curve,
        seconds=round(time.process_time() - started, 1),
    )


def macs_of(sizes: tuple[int, ...]) -> float:
    """Multiply-accumulates of a chain of dense layers of these sizes.

    >>> macs_of((200, 256, 128, 2))
    84224.0
    """
    return float(sum(a * b for a, b in pairwise(sizes)))


def _network(sizes: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def _copied(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


@torch.no_grad()
def _logits(network: nn.Module, vectors: Tensor, texts: np.ndarray) -> Tensor:
    logits: Tensor = network(vectors[torch.from_numpy(texts)])
    return logits
