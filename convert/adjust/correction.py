"""Correction of a converted network on unlabelled data, layer by layer.

In thresholds, e = a - r is what the SNN's spikes per step r fall short of the ANN's activation a.
After Li et al., ICML 2021 ("A Free Lunch From ANN: Towards Efficient, Accurate Spiking Neural
Networks Calibration"), each layer in the order of the network, so that it sees the corrected spikes
of the layers before it:

- ``bias``: b_c += mean of e over texts and positions, for each channel c (their light pipeline);
- ``potential``: V_c(0) += T * mean of e for each channel (theirs has one value a neuron, ours one
  a channel, since texts have no fixed positions);
- ``weights``: their advanced pipeline fits a layer's weights to the ANN's output by gradient
  descent through a straight-through floor, on the SNN's mean inputs. Ours is the closed form on
  the same inputs: ridge regression of the ANN's pre-activations z on the SNN's mean inputs x,

      min over D, d:  sum |z - I - D x - d|^2 / N  +  ridge * s * |D|^2

  with I the mean current that arrives now, D and d the changes of weights and bias, and s the mean
  square of an input. It has no learning rate, and keeps the weights where the data say nothing.

The output layer, which has no neurons, is corrected in the same way towards the ANN's logits; for
``potential`` it is left alone.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ...errors import InputError
from ...models.network import Network, Node, Signal
from ...models.neurons.base import Neurons
from ...models.nodes.activations import Activation
from ...models.nodes.layers import Conv1d, Linear
from ...progress import bar
from ...seeds import generator
from ..graph.canonical import canonical
from ..graph.pools import pool_once, pools_before
from ..recipes.recipe import ConversionRecipe
from ..totals import MOST_VALUES, position_values, totals
from .signals import part, patches, pieces_to, run_to, valid

RIDGE = 1e-2
Batches = Sequence[tuple[Tensor, Tensor]]


@dataclass
class _Stage:
    """One layer to correct.

    name: of its neurons (or of the output layer); layer: its weighted node in the SNN; arrives: the
    SNN node whose output are its currents at every position; target: the ANN node with those
    pre-activations; pools: the maxima of currents that its neurons come after.
    """

    name: str
    layer: str
    arrives: str
    target: str
    pools: Sequence[Node] = ()


class Corrector:
    """The state of one correction: a copy of the SNN that is changed layer by layer.

    Args:
        ann: the trained network
        snn: its conversion; it is copied, not changed
        recipe: steps, encoder and kind of the correction
        thresholds: theta (C,) or (1,) per activation node of the ANN
        batches: unlabelled texts as range-mapped vectors (B, D, L) and lengths (B,)
        seed: of the noise of a stochastic encoder; the same draws before and after
        ridge: weight of the ridge penalty
        most: values that may be held of a step, see `convert.totals`
        progress: show progress bars
    """

    def __init__(
        self,
        ann: Network,
        snn: Network,
        recipe: ConversionRecipe,
        thresholds: dict[str, Tensor],
        batches: Batches,
        seed: int = 0,
        ridge: float = RIDGE,
        most: int = MOST_VALUES,
        progress: bool = False,
    ) -> None:
        self.most, self.progress = most, progress
        # the order in which it was converted, where activations come before their maxima
        self.ann, self.snn = canonical(ann), copy.deepcopy(snn)
        self.recipe, self.thresholds, self.ridge = recipe, thresholds, ridge
        self.batches, self.seed = batches, seed
        # the current that a bias shift adds is no error: it is part of what shall arrive
        self.shift = 0.5 / recipe.steps if recipe.bias_shift else 0.0

    def stages(self) -> list[_Stage]:
        """The layers to correct, in the order of the network."""
        stages = []
        for name in self.ann.inputs:
            is_activation = isinstance(self.ann.node(name), Activation)
            if is_activation and name in self.thresholds and name in self.snn.inputs:
                arrives, pools = pools_before(self.snn, name)
                target = self.ann.inputs[name][0]
                stages.append(_Stage(name, self._weights(arrives), arrives, target, pools))
        last = self.ann.output
        stages.append(_Stage(last, self._weights(self.snn.output), self.snn.output, last))
        return stages

    def _weights(self, name: str) -> str:
        """The nearest layer with weights at or before SNN node ``name``, with no neurons between.

        Where several branches are added up any of them will do: currents add.
        """
        near = [name]
        for name in near:
            node = self.snn.nodes[name] if name != "input" else None
            if isinstance(node, Conv1d | Linear):
                return name
            if node is not None and not isinstance(node, Neurons):
                near += self.snn.inputs[name]
        raise InputError(
            f"cannot correct the currents of {near[0]}: no layer with weights makes them; choose "
            "the correction none"
        )

    def _pairs(self, stage: _Stage) -> Iterator[tuple[dict[str, Signal], dict[str, Signal]]]:
        """For every batch the ANN's signals up to this layer, and sums over T of the SNN's."""
        encoder, steps = self.recipe.encoder, self.recipe.steps
        names = self._looked_at(stage)
        title = f"correction of {stage.layer}"
        shown = bar(self.batches, desc=title, shown=self.progress, leave=False)
        for number, (vectors, lengths) in enumerate(shown):
            noise = generator(self.seed, "correction", number)
            each = position_values(self.snn, encoder.channels(vectors.shape[1]))
            size = max(1, self.most // (each * max(vectors[:, 0].numel(), 1)))
            frames = encoder.pieces(vectors, lengths, steps, size, noise)
            pieces = pieces_to(self.snn, frames, lengths, stage.name)
            ann = run_to(self.ann, Signal(vectors, lengths), stage.name)
            yield ann, totals(pieces, names, self.snn)

    def _looked_at(self, stage: _Stage) -> set[str]:
        """The SNN's nodes of which sums over time are needed."""
        return {stage.name, stage.arrives, self.snn.inputs[stage.layer][0], stage.layer}

    def _scaled(self, values: Tensor, stage: _Stage) -> Tensor:
        """ANN values in the unit of the SNN's currents: thresholds, or logits at the output."""
        if stage.name not in self.thresholds:
            return values.double()
        shape = (1, -1, 1) if values.dim() == 3 else (1, -1)
        return values.double() / self.thresholds[stage.name].double().reshape(shape)

    def _mean(self, signal: Signal) -> Tensor:
        return signal.values.double() / self.recipe.steps

    def errors(self, stage: _Stage) -> tuple[Tensor, float]:
        """(C,) mean of e for each channel, and the mean of |e| over all values."""
        total, absolute, rows = torch.zeros(1, dtype=torch.float64), 0.0, 0
        for ann, snn in self._pairs(stage):
            a = pool_once(stage.pools, ann[stage.name])
            error = self._scaled(a.values, stage) - self._mean(snn[stage.name])
            e = valid(error, a)  # (N, C)
            total = total + e.sum(dim=0)
            absolute += float(e.abs().sum())
            rows += len(e)
        return total / rows, absolute / (rows * len(total))

    def correct_bias(self, stage: _Stage) -> None:
        """Add the mean of e to the bias."""
        bias = self._node(stage).bias
        bias.add_(self.errors(stage)[0].to(bias.dtype))

    def correct_potential(self, stage: _Stage) -> None:
        """Add T times the mean of e to V(0); the output layer has no potential."""
        neurons = self.snn.node(stage.name)
        if not isinstance(neurons, Neurons):
            return
        change = self.errors(stage)[0] * self.recipe.steps  # (C,)
        neurons.initial = (torch.as_tensor(neurons.initial).double() + change).tolist()

    def correct_weights(self, stage: _Stage) -> None:
        """Ridge regression of what is missing in the mean currents on the mean inputs."""
        node = self._node(stage)
        gram, right = self._moments(stage, node)
        penalty = self.ridge * gram.diagonal()[:-1].mean()
        gram.diagonal()[:-1] += penalty
        gram.diagonal()[-1] += 1e-12
        change = torch.linalg.solve(gram, right)  # (F + 1, C)
        node.weight.add_(change[:-1].T.reshape(node.weight.shape).to(node.weight.dtype))
        node.bias.add_(change[-1].to(node.bias.dtype))

    def _moments(self, stage: _Stage, node: Conv1d | Linear) -> tuple[Tensor, Tensor]:
        """Means of x x' (F + 1, F + 1) and of x times what is missing (F + 1, C); x ends in 1."""
        gram = right = torch.zeros(1, dtype=torch.float64)
        rows = 0
        for ann, snn in self._pairs(stage):
            missing = self._missing(stage, ann, snn)  # (N, C)
            source, layer = snn[self.snn.inputs[stage.layer][0]], snn[stage.layer]
            if len(missing) != len(valid(layer.values[:, :1], layer)):
                raise InputError(
                    f"cannot correct the weights of {stage.layer}: its outputs are pooled before "
                    f"the neurons of {stage.name}; choose the correction bias or potential"
                )
            mean, done = Signal(self._mean(source), source.lengths), 0
            for texts in self._few(node, mean):
                x = patches(node, part(mean, texts))
                x = valid(x, part(layer, texts))  # (N, F)
                x = torch.cat([x, torch.ones_like(x[:, :1])], dim=1)  # (N, F + 1), the bias last
                right = right + x.T @ missing[done : done + len(x)]
                gram, done = gram + x.T @ x, done + len(x)
            rows += done
        return gram / rows, right / rows

    def _few(self, node: Conv1d | Linear, mean: Signal) -> Iterator[slice]:
        """Parts of a batch (B, ...) of which all windows of ``node`` may be held at once."""
        each = mean.values[0].numel() * (node.width if isinstance(node, Conv1d) else 1)
        size = max(1, self.most // (2 * max(each, 1)))
        yield from (slice(i, i + size) for i in range(0, len(mean.values), size))

    def _missing(self, stage: _Stage, ann: dict[str, Signal], snn: dict[str, Signal]) -> Tensor:
        """What the mean currents at valid positions lack of the pre-activations, (N, C)."""
        z = self._scaled(ann[stage.target].values, stage)
        if stage.name in self.thresholds:
            z = z + self.shift
        arriving = snn[stage.arrives]
        return valid(z - self._mean(arriving), arriving)

    def _node(self, stage: _Stage) -> Conv1d | Linear:
        node = self.snn.node(stage.layer)
        assert isinstance(node, Conv1d | Linear)
        return node


@torch.no_grad()
def correct(
    ann: Network,
    snn: Network,
    recipe: ConversionRecipe,
    thresholds: dict[str, Tensor],
    batches: Batches,
    kind: str | None = None,
    seed: int = 0,
    ridge: float = RIDGE,
    most: int = MOST_VALUES,
    progress: bool = False,
) -> tuple[Network, list[dict[str, Any]]]:
    """Correct ``snn`` towards ``ann`` on unlabelled texts.

    Args:
        ann: the trained network
        snn: its conversion by ``recipe``; it is not changed
        recipe: steps, encoder and, where ``kind`` is not given, the correction
        thresholds: theta (C,) or (1,) per activation node of the ANN
        batches: texts as range-mapped vectors (B, D, L) and lengths (B,)
        kind: ``none``, ``bias``, ``potential`` or ``weights``
        seed: of the noise of a stochastic encoder
        ridge: penalty of the weights' change, as a share of the mean square input
        most: values that may be held of a step, see `convert.totals`
        progress: show progress bars

    Returns:
        The corrected network, and one row a layer: layer, neurons, kind, and on these texts, before
        and after its correction, ``error`` (mean of |a - r| over all values) and ``channel_error``
        (mean over channels of the absolute mean of a - r), in thresholds; in logits for the output.

    Raises:
        InputError: an unknown kind, no texts, or a layer that cannot be corrected.
    """
    kind = recipe.correction if kind is None else kind
    if kind == "none":
        return copy.deepcopy(snn), []
    if kind not in KINDS:
        raise InputError(
            f"expected the correction to be none, {', '.join(KINDS)}, but got {kind!r}"
        )
    if not batches:
        raise InputError("expected at least one text to correct the network on, but got none")
    corrector = Corrector(ann, snn, recipe, thresholds, batches, seed, ridge, most, progress)
    rows = [_corrected(corrector, stage, kind) for stage in corrector.stages()]
    return corrector.snn, rows


KINDS = {
    "bias": Corrector.correct_bias,
    "potential": Corrector.correct_potential,
    "weights": Corrector.correct_weights,
}


def _corrected(corrector: Corrector, stage: _Stage, kind: str) -> dict[str, Any]:
    """Correct one layer; its row for :func:`correct`."""
    channels, error = corrector.errors(stage)
    KINDS[kind](corrector, stage)
    channels_after, error_after = corrector.errors(stage)
    return {
        "layer": stage.layer,
        "neurons": stage.name,
        "kind": kind,
        "error_before": error,
        "error_after": error_after,
        "channel_error_before": float(channels.abs().mean()),
        "channel_error_after": float(channels_after.abs().mean()),
    }
