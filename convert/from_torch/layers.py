"""Torch layers as nodes: one translation per type, and the remedy for those that have none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.lazy import LazyModuleMixin
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm

from ...errors import InputError
from ...models.network import Node
from ...models.nodes.activations import Relu
from ...models.nodes.layers import Conv1d, Dropout, Linear
from ...models.nodes.norm import BatchNorm1d
from ...models.nodes.pooling import AvgPool1d, MaxOverTime, MaxPool1d, MeanOverTime

Made = Node | None  # None: the identity

ACTIVATION = "use nn.ReLU, which neurons can fire (and train with QCFS for few steps)"
RECURRENT = "use Conv1d layers: a recurrent layer has a state of its own beside the neurons'"
ATTENTION = "attention multiplies activations with each other, which spikes cannot do; use Conv1d"
RESHAPE = "use nn.Flatten, nn.AdaptiveMaxPool1d(1) or squeeze(-1) after pooling to change shapes"
SOFTMAX = "leave it out: the readout's logits are what is converted, and their order is the same"
NORM = "use nn.BatchNorm1d right after a Conv1d or Linear: its statistics are constants that fold"
PRODUCT = "a product of activations has no spiking counterpart; use Conv1d, Linear and sums"
CONSTANT = "a constant can be a bias or a factor of the weights of the layer before; put it there"
DROPOUT = "use nn.Dropout, or leave it out: it is the identity after training"
PADDING = "use the padding of the Conv1d behind it"
COMPARE = "use nn.ReLU: neurons can only pass what is above zero"
SUM = "use the mean (x.mean(-1)) and let the readout learn the factor"
STRONGEST = "use a maximum over positions (nn.AdaptiveMaxPool1d(1)) or in windows (nn.MaxPool1d)"
UPWARD = "use Conv1d with padding: positions can be pooled, but not multiplied"
PARAMETRISED = (
    "remove the parametrisation first, which keeps the weights: "
    "torch.nn.utils.parametrize.remove_parametrizations(layer, 'weight')"
)
KIND = "leave it out: only the values of a tensor are converted, not how they are stored"
LOOKUP = "give the vectors: words are looked up before the network, which starts at (B, dim, L)"

# by name, of modules and of functional operations alike, in small letters
NAMES = {
    ACTIVATION: "gelu silu mish elu selu celu leakyrelu leaky_relu prelu rrelu relu6 hardtanh "
    "hardswish sigmoid tanh softplus softsign hardsigmoid logsigmoid glu threshold",
    RECURRENT: "lstm gru rnn lstmcell grucell rnncell",
    ATTENTION: "multiheadattention transformerencoder transformerencoderlayer bmm matmul einsum "
    "scaled_dot_product_attention",
    RESHAPE: "unflatten movedim chunk split expand repeat",
    SOFTMAX: "softmax log_softmax logsoftmax softmin softmax2d",
    NORM: "layernorm layer_norm groupnorm group_norm instancenorm1d instance_norm rmsnorm rms_norm "
    "localresponsenorm batch_norm normalize batchnorm3d syncbatchnorm",
    DROPOUT: "dropout1d dropout2d dropout3d alphadropout featurealphadropout alpha_dropout "
    "feature_dropout",
    PADDING: "pad constantpad1d zeropad1d reflectionpad1d replicationpad1d circularpad1d",
    COMPARE: "clamp clip clamp_min clamp_max where abs neg gt lt ge le eq ne maximum minimum "
    "masked_fill zeros_like ones_like sign heaviside",
    SUM: "sum cumsum logsumexp",
    STRONGEST: "topk sort argmax argmin kthvalue median amin min lppool1d",
    UPWARD: "convtranspose1d upsample interpolate repeat_interleave pixelshuffle",
    KIND: "to float double half bfloat16 type detach",
    PRODUCT: "mul imul truediv div sub pow",
    LOOKUP: "embedding embeddingbag embedding_bag",
    "use nn.Linear or nn.Conv1d as a submodule, so that its weights have a name": "linear conv1d",
    "use nn.Conv2d as a submodule, so that its weights have a name": "conv2d",
}
REMEDIES = {name: remedy for remedy, names in NAMES.items() for name in names.split()}
KNOWN = (
    "Conv1d, Conv2d over words, Linear, ReLU, BatchNorm1d, AvgPool1d, MaxPool1d, "
    "AdaptiveMaxPool1d(1), AdaptiveAvgPool1d(1), Flatten, Dropout, Identity, Sequential, + and "
    "torch.cat"
)


def refuse(place: str, what: str, remedy: str) -> InputError:
    """The one error of a module that cannot become a network."""
    return InputError(f"cannot convert {place}: {what}; {remedy}")


def remedy_of(name: str) -> str:
    """What to do instead of the layer or operation ``name``."""
    plain = name.lower().strip("_")
    if plain.startswith("parametrized"):  # as weight_norm of torch.nn.utils.parametrizations
        return PARAMETRISED
    return REMEDIES.get(plain, f"build the network of {KNOWN}")


def _one(value: Any) -> int | None:
    """An int, or the only one in a tuple; None for anything else."""
    if isinstance(value, tuple | list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, int) else None


def plain(place: str, layer: nn.Module, **wanted: Any) -> None:
    """Refuse a setting of ``layer`` that has no counterpart."""
    for name, value in wanted.items():
        setting = getattr(layer, name)
        if setting != value and _one(setting) != value:
            raise refuse(
                place,
                f"{name}={setting} of {type(layer).__name__} is not supported",
                f"set {name} to {value}",
            )


def fill(place: str, node: Node, **tensors: Tensor | None) -> Node:
    """Copy weights into ``node``, in single precision or their own; None leaves what it has.

    Raises:
        InputError: a weight that is not finite, or that has no numbers (device ``meta``).
    """
    present = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    kinds = [tensor.dtype for tensor in present.values()]
    node.to(torch.promote_types(kinds[0], torch.float32))
    with torch.no_grad():
        for name, value in present.items():
            if value.is_meta:
                raise refuse(place, f"its {name} is on the device meta", "load its weights first")
            if not bool(torch.isfinite(value).all()):
                raise refuse(place, f"its {name} holds NaN or infinity", "train it again")
            getattr(node, name).copy_(value)
    return node


def _conv1d(place: str, layer: nn.Conv1d) -> Made:
    plain(place, layer, stride=1, dilation=1, groups=1, padding_mode="zeros")
    width = layer.kernel_size[0]
    padding = layer.padding
    sides = {"valid": 0}.get(padding, padding) if isinstance(padding, str) else padding[0]
    if isinstance(sides, int) and sides >= width:
        raise refuse(
            place,
            f"padding={sides} of a Conv1d of width {width} is not supported",
            f"set padding to at most {width - 1}",
        )
    node = Conv1d(layer.in_channels, layer.out_channels, width, sides)
    return fill(place, node, weight=layer.weight, bias=layer.bias)


def _linear(place: str, layer: nn.Linear) -> Made:
    node = Linear(layer.in_features, layer.out_features)
    return fill(place, node, weight=layer.weight, bias=layer.bias)


def norm(place: str, layer: nn.BatchNorm1d | nn.BatchNorm2d) -> Node:
    """Batch normalisation with the layer's statistics."""
    if layer.running_mean is None or layer.running_var is None:
        raise refuse(
            place,
            f"{type(layer).__name__} without running statistics depends on the batch",
            "set track_running_stats to True and train it",
        )
    momentum = 0.1 if layer.momentum is None else layer.momentum
    return fill(
        place,
        BatchNorm1d(layer.num_features, layer.eps, momentum),
        weight=layer.weight,
        bias=layer.bias,
        running_mean=layer.running_mean,
        running_var=layer.running_var,
    )


def _max_pool(place: str, layer: nn.MaxPool1d) -> Made:
    plain(place, layer, padding=0, dilation=1, ceil_mode=False, return_indices=False)
    return MaxPool1d(*_window(place, layer))


def _avg_pool(place: str, layer: nn.AvgPool1d) -> Made:
    plain(place, layer, padding=0, ceil_mode=False)
    return AvgPool1d(*_window(place, layer))


def _window(place: str, layer: nn.MaxPool1d | nn.AvgPool1d) -> tuple[int, int]:
    kernel, stride = _one(layer.kernel_size), _one(layer.stride)
    if kernel is None or stride is None:
        raise refuse(place, f"a window of {layer.kernel_size}", "give one number of positions")
    return kernel, stride


def _adaptive(place: str, layer: nn.AdaptiveMaxPool1d | nn.AdaptiveAvgPool1d) -> Made:
    plain(place, layer, output_size=1)
    return MaxOverTime() if isinstance(layer, nn.AdaptiveMaxPool1d) else MeanOverTime()


LAYERS: dict[type[nn.Module], Callable[[str, Any], Made]] = {
    nn.Conv1d: _conv1d,
    nn.Linear: _linear,
    nn.ReLU: lambda place, layer: Relu(),
    nn.BatchNorm1d: norm,
    nn.MaxPool1d: _max_pool,
    nn.AvgPool1d: _avg_pool,
    nn.AdaptiveMaxPool1d: _adaptive,
    nn.AdaptiveAvgPool1d: _adaptive,
    nn.Dropout: lambda place, layer: Dropout(layer.p),
    nn.Identity: lambda place, layer: None,
}
# layers with weights or statistics: each may stand in one place of the network only
STATEFUL = (nn.Conv1d, nn.Conv2d, nn.Linear, nn.BatchNorm1d, nn.BatchNorm2d)


# weight and spectral norm as hooks, the older of torch's two ways, by what takes them off
NORM_HOOKS = {WeightNorm: "remove_weight_norm", SpectralNorm: "remove_spectral_norm"}


def refuse_hooks(place: str, layer: nn.Module) -> None:
    """Refuse a layer whose forward hooks may change what it gives."""
    if layer._forward_hooks or layer._forward_pre_hooks:
        what = f"{type(layer).__name__} has forward hooks"
        kinds = {type(hook) for hook in layer._forward_pre_hooks.values()}
        names = [name for kind, name in NORM_HOOKS.items() if kind in kinds]
        remedy = "remove them: they may change it"
        if names:
            remedy = f"remove them, which keeps the weights: torch.nn.utils.{names[0]}(layer)"
        raise refuse(place, what, remedy)


def make_node(place: str, layer: nn.Module) -> Made:
    """The node that does what ``layer`` does in evaluation mode; None for the identity.

    Raises:
        InputError: a type, or a setting of it, that has no counterpart, with its place and remedy.
    """
    kind = type(layer)
    if isinstance(layer, LazyModuleMixin):
        raise refuse(place, f"{kind.__name__} has no weights yet", "run the module once on vectors")
    refuse_hooks(place, layer)
    if kind not in LAYERS:
        raise refuse(place, f"{kind.__name__} has no conversion", remedy_of(kind.__name__))
    return LAYERS[kind](place, layer)
