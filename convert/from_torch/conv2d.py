"""Convolution and pooling in two dimensions, one of which is the vectors' components or one.

Kim's network is written so where vectors are images of one channel: (B, 1, L, D) under a filter
(k, D). What it does is a Conv1d of width k on (B, D, L).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import fx, nn

from ...models.network import Node
from ...models.nodes.layers import Conv1d
from ...models.nodes.pooling import AvgPool1d, MaxOverTime, MaxPool1d, MeanOverTime
from .layers import RESHAPE, fill, norm, plain, refuse
from .translation import Translation
from .values import Positions, Value

SHAPES = "give it (B, 1, L, D) and a filter (k, D), or use nn.Conv1d on (B, D, L)"


def pair(value: Any) -> tuple[Any, Any]:
    """One number for both axes, or two."""
    if isinstance(value, tuple | list):
        return (value[0], value[0]) if len(value) == 1 else (value[0], value[1])
    return value, value


def conv2d(t: Translation, node: fx.Node, layer: nn.Conv2d, value: Value, place: str) -> Value:
    """A filter over words whose other axis is the components, all of them, or one."""
    plain(place, layer, groups=1, padding_mode="zeros")
    if len(value.axes) != 4 or "L" not in value.axes[2:]:
        raise refuse(place, f"Conv2d reads {value.shape}", SHAPES)
    over = value.axes.index("L") - 2  # which axis of the filter goes over words
    _check_axes(layer, value, place, over)
    _check_filter(layer, value, place, over)
    width = layer.kernel_size[over]
    weight = layer.weight.detach()  # (O, sets or C, height and width as in the filter)
    weight = weight if over == 1 else weight.transpose(2, 3)  # (O, sets or C, D or 1, k)
    weight = weight.flatten(1, 2)  # (O, D of all sets or C, k)
    sides = _sides(layer, place, over)
    if max(sides) >= width:
        what = f"padding={max(sides)} of a Conv2d of width {width} is not supported"
        raise refuse(place, what, f"set padding to at most {width - 1}")
    conv = Conv1d(value.channels, layer.out_channels, width, sides)
    made = fill(place, conv, weight=weight, bias=layer.bias)
    axes = ("B", "C", "L", "1") if over == 0 else ("B", "C", "1", "L")
    return replace(t.applied(str(node.target), made, value), axes=axes, sets=1)


def _check_filter(layer: nn.Conv2d, value: Value, place: str, over: int) -> None:
    """Refuse a filter that does not cover the axis that is no words, or has other channels."""
    other, size = value.axes[3 - over], value.sized(3 - over)
    height = layer.kernel_size[1 - over]
    if height != size:
        what = f"its filter covers {height} of {size} components" if other == "C" else "its filter"
        raise refuse(place, f"{what} in the axis that is no words", SHAPES)
    expected = value.sized(1) if other == "C" else value.channels
    if layer.in_channels != expected or (other != "C" and value.axes[1] != "C"):
        what = f"Conv2d of {layer.in_channels} channels reads {value.shape}"
        raise refuse(place, f"{what} with {expected}", SHAPES)


def _check_axes(layer: nn.Conv2d, value: Value, place: str, over: int) -> None:
    """Refuse what stride, dilation and channels of a Conv2d cannot be translated."""
    kinds = {value.axes[1], value.axes[3 - over]}
    if kinds not in ({"1", "C"}, {"G", "C"}):
        raise refuse(place, f"Conv2d reads {value.shape}", SHAPES)
    for name in ("stride", "dilation"):
        setting = getattr(layer, name)
        if setting[over] != 1:
            raise refuse(place, f"{name}={setting} of Conv2d is not supported", f"set {name} to 1")


def _sides(layer: nn.Conv2d, place: str, over: int) -> tuple[int, int]:
    """Zeros before the first and after the last word; none beside the components."""
    padding, width = layer.padding, layer.kernel_size[over]
    if padding == "valid":
        return 0, 0
    if padding == "same":
        if layer.kernel_size[1 - over] != 1:
            raise refuse(place, "padding=same also pads the components", "pad the words only")
        return (width - 1) // 2, width - 1 - (width - 1) // 2
    if padding[1 - over]:
        what = f"padding={padding} of Conv2d also pads the components"
        raise refuse(place, what, "set padding to (words, 0)")
    return int(padding[over]), int(padding[over])


def pool2d(
    t: Translation, name: str, value: Value, place: str, maximum: bool, sizes: tuple[Any, Any]
) -> Value:
    """Pooling in windows (kernel, stride) of an image whose one axis is words, the other one."""
    kernel, stride = sizes
    if len(value.axes) != 4 or sorted(value.axes[2:]) != ["1", "L"] or value.axes[1] != "C":
        raise refuse(place, f"pooling reads {value.shape}", RESHAPE)
    over = value.axes.index("L") - 2
    window, other = pair(kernel)[over], pair(kernel)[1 - over]
    if other != 1:
        raise refuse(place, f"a window of {other} in an axis of size one", "give (words, 1)")
    step = window if stride is None else pair(stride)[over]
    return window_of(t, name, value, place, maximum, (window, step))


def window_of(
    t: Translation, name: str, value: Value, place: str, maximum: bool, sizes: tuple[Any, Any]
) -> Value:
    """Pooling of L in windows, or over all of it where the window is as long as the text."""
    window, step = sizes
    node: Node
    if isinstance(window, Positions) and window == value.positions:
        node = MaxOverTime() if maximum else MeanOverTime()
    elif isinstance(window, int) and isinstance(step, int):
        node = (MaxPool1d if maximum else AvgPool1d)(window, step)
    else:
        raise refuse(place, "a pooling window that is not a number", RESHAPE)
    return t.applied(name, node, value)


def pool2d_layer(t: Translation, node: fx.Node, layer: Any, value: Value, place: str) -> Value:
    """nn.MaxPool2d and nn.AvgPool2d."""
    maximum = isinstance(layer, nn.MaxPool2d)
    plain(place, layer, padding=0, ceil_mode=False)
    if maximum:
        plain(place, layer, dilation=1, return_indices=False)
    sizes = (layer.kernel_size, layer.stride)
    return pool2d(t, str(node.target), value, place, maximum, sizes)


def adaptive2d_layer(t: Translation, node: fx.Node, layer: Any, value: Value, place: str) -> Value:
    """nn.AdaptiveMaxPool2d(1) and nn.AdaptiveAvgPool2d(1)."""
    if pair(layer.output_size) != (1, 1):
        what = f"output_size={layer.output_size} of {type(layer).__name__} is not supported"
        raise refuse(place, what, "set output_size to 1")
    return adaptive2d(t, str(node.target), value, place, isinstance(layer, nn.AdaptiveMaxPool2d))


def adaptive2d(t: Translation, name: str, value: Value, place: str, maximum: bool) -> Value:
    """Pooling of an image to one position."""
    if len(value.axes) != 4 or sorted(value.axes[2:]) != ["1", "L"] or value.axes[1] != "C":
        raise refuse(place, f"pooling reads {value.shape}", RESHAPE)
    return t.applied(name, MaxOverTime() if maximum else MeanOverTime(), value)


def norm2d(t: Translation, node: fx.Node, layer: nn.BatchNorm2d, value: Value, place: str) -> Value:
    """nn.BatchNorm2d on what a Conv2d gives."""
    if value.axes[1] != "C" or len(value.axes) != 4 or value.node == "input":
        remedy = "use nn.BatchNorm1d, or put it right behind a Conv2d"
        raise refuse(place, f"BatchNorm2d reads {value.shape}", remedy)
    made = norm(place, layer)
    t.check_width(made, value, place)
    return t.applied(str(node.target), made, value)


LAYERS_2D = {
    nn.Conv2d: conv2d,
    nn.MaxPool2d: pool2d_layer,
    nn.AvgPool2d: pool2d_layer,
    nn.AdaptiveMaxPool2d: adaptive2d_layer,
    nn.AdaptiveAvgPool2d: adaptive2d_layer,
    nn.BatchNorm2d: norm2d,
}
