"""The peers of the conversion benchmark: spikingjelly's ann2snn, and the rule of Lv et al. 2023."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from snnconvert.benchmarks.conversion.networks import (
    PeerTextCNN,
    Sequences,
    calibration_batches,
    equal_lengths,
    peer_input,
    set_windows,
)
from snnconvert.convert.conversion import convert_model
from snnconvert.convert.recipes.options import from_options
from snnconvert.convert.recipes.published import PUBLISHED
from snnconvert.models.nodes.layers import Linear
from snnconvert.models.snn import SpikingTextModel, running_logits
from snnconvert.models.text_model import TextModel

# recipe -> the options of its RateCodingRecipe; "ltb" is its LocalThresholdBalancingRecipe
BEST = {"channel_wise": True, "pre_spike_maxpool": True, "half_threshold": True}
RATE_CODING: dict[str, dict[str, Any]] = {
    "max": {"mode": "max"},
    "99.9%": {"mode": "99.9%"},
    "channel max": {"mode": "max", "channel_wise": True},
    "channel 99.9%": {"mode": "99.9%", "channel_wise": True},
    "channel max, half, pool first": {"mode": "max", **BEST},
    "channel 99.9%, half, pool first": {"mode": "99.9%", **BEST},
}
LTB = "local threshold balancing"
BOUND = "QCFS bound, half, pool first"
LV2023 = ("published", "rescaled")


def peer_recipes(activation: str) -> list[str]:
    """The recipes of spikingjelly for networks with ``activation``."""
    return [*RATE_CODING, LTB, *([BOUND] if activation == "qcfs" else [])]


class Remember(nn.Module):
    """A module without state that is not computed again for the very same tensor.

    With direct input the convolution reads one tensor at every step; its output is the same.
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module
        self.seen: tuple[Tensor, Tensor] | None = None

    def forward(self, x: Tensor) -> Tensor:
        """The module's output, from memory where ``x`` is the last input."""
        if self.seen is None or self.seen[0] is not x:
            self.seen = (x, self.module(x))
        return self.seen[1]


def convert_spikingjelly(
    model: TextModel, peer: PeerTextCNN, recipe: str, calibration: Sequences, seed: int = 0
) -> nn.Module:
    """Convert with `spikingjelly.activation_based.ann2snn`.

    Args:
        model: ours, for its word vectors
        peer: the same network as torch layers
        recipe: a name of :func:`peer_recipes`
        calibration: id sequences of calibration texts
        seed: of the order of calibration batches

    Returns:
        Its module, for one step: (B, D, L, 1) -> output currents (B, K). Its convolutions remember
        their last output.
    """
    from spikingjelly.activation_based import ann2snn

    ann = peer.activations(quantise=False).eval()
    batches = calibration_batches(model, ann, calibration, seed)
    if recipe == LTB:
        made = ann2snn.LocalThresholdBalancingRecipe(batches)
    elif recipe == BOUND:
        made = _bound_recipe(batches, peer)
    else:
        made = ann2snn.RateCodingRecipe(batches, **RATE_CODING[recipe])
    with contextlib.redirect_stderr(io.StringIO()):  # its progress bar
        snn = ann2snn.Converter(made).convert(ann)
    for index, conv in list(snn.convs.named_children()):
        setattr(snn.convs, index, Remember(conv))
    return snn.eval()


def _bound_recipe(batches: Iterable, peer: PeerTextCNN) -> Any:
    """Its rate-coding recipe with the learned bound of QCFS as the threshold.

    It has no rule for QCFS; a subclass that overrides `calibrate` is what its own messages name for
    models that the recipe does not cover.
    """
    from spikingjelly.activation_based import ann2snn

    bounds = [act.bound for act in peer.acts]  # in the order of the branches, as its hooks

    class BoundRecipe(ann2snn.RateCodingRecipe):  # type: ignore[misc]
        def calibrate(self, converter: Any, fx_model: Any) -> Any:
            fx_model = super().calibrate(converter, fx_model)
            hooks = [m for m in fx_model.modules() if hasattr(m, "compute_threshold")]
            for hook, bound in zip(hooks, bounds, strict=True):
                hook.scale = torch.full_like(hook.scale, bound)
            return fx_model

    return BoundRecipe(batches, mode="max", **BEST)


@torch.no_grad()
def outputs_by_step(
    snn: nn.Module, model: TextModel, widths: Sequence[int], sequences: Sequences, steps: int
) -> Tensor:
    """Mean output so far (T, N, K) of spikingjelly's module after each of ``steps``.

    The text is given at every step (direct input), as its examples do, and the module is reset by
    `spikingjelly.activation_based.functional.reset_net` before each batch.
    """
    from spikingjelly.activation_based import functional

    rows: dict[int, Tensor] = {}
    for batch in equal_lengths(sequences):
        x, length = peer_input(model, [sequences[i] for i in batch], max(widths))
        set_windows(snn.pools, widths, length)
        functional.reset_net(snn)
        currents = torch.stack([snn(x) for _ in range(steps)])  # (T, B, K)
        rows.update(zip(batch, running_logits(currents).transpose(0, 1), strict=True))
    return torch.stack([rows[i] for i in range(len(sequences))], dim=1)


def convert_lv2023(
    model: TextModel, recipe: str, steps: int, calibration: Sequences, seed: int = 0
) -> SpikingTextModel:
    """Convert by the rule of Lv et al. (ICLR 2023): weights over their largest, Poisson input.

    Word vectors are shifted to [0, 1] and drawn as Bernoulli spikes; the weights of each hidden
    layer are divided by the largest; V(0) = 0, soft reset, no leak, output currents are summed.

    ``rescaled`` is our preset lv2023, in which the next layer is multiplied by what its inputs
    were divided by. ``published`` leaves that out, as the published rule does: every layer is
    divided and nothing else; and where the network takes maxima, it takes them of the currents, as
    the published spiking TextCNN pools before its neurons. In both the shift of the vectors is
    taken back in the weights, because the network was trained on vectors that are not shifted, and
    biases are divided with their weights (the published network has none).
    """
    options = {**PUBLISHED["lv2023"].options, "steps": steps}
    largest = any(model.network.node(name).maximum for name in model.network.inputs)
    if recipe == "published" and largest:
        options |= {"pooling": "currents", "allow_inexact": True}
    found = convert_model(model, from_options(options), list(calibration), seed)
    if recipe == "published":
        _undo_rescaling(found.snn, model)
    return found.snn


@torch.no_grad()
def _undo_rescaling(snn: SpikingTextModel, model: TextModel) -> None:
    """Give the readout the ANN's weights over their largest, whatever a spike stands for."""
    source = model.network.node(model.network.output)
    readout = snn.network.node(snn.network.output)
    assert isinstance(source, Linear) and isinstance(readout, Linear)
    largest = source.weight.max()
    readout.weight.copy_(source.weight / largest)
    readout.bias.copy_(source.bias / largest)
