"""Pooling as a function of a tensor, as `F.max_pool1d(x, x.size(2))`."""

from __future__ import annotations

from typing import Any

from torch import fx, nn

from ...models.nodes.pooling import AvgPool1d, MaxOverTime, MaxPool1d, MeanOverTime
from .conv2d import adaptive2d, pool2d, window_of
from .layers import RESHAPE, make_node, refuse
from .translation import Translation, argument, misfit
from .values import SEQUENCE, Positions, Value


def _kernel(t: Translation, node: fx.Node) -> Any:
    """A pooling window, its sizes looked up."""
    kernel = argument(node, 1, "kernel_size")
    if isinstance(kernel, tuple | list):
        return tuple(t.values.get(k) if isinstance(k, fx.Node) else k for k in kernel)
    return t.values.get(kernel) if isinstance(kernel, fx.Node) else kernel


def _pool_settings(t: Translation, node: fx.Node, place: str, maximum: bool, kernel: Any) -> Any:
    """Stride and the other settings of a functional pooling, as a layer that has been checked."""
    plain = {"stride": kernel} | {
        name: default
        for name, default in {"padding": 0, "dilation": 1, "ceil_mode": False}.items()
        if maximum or name != "dilation"
    }
    names = ["stride", "padding", *(["dilation"] if maximum else []), "ceil_mode"]
    settings = {name: argument(node, 2 + i, name, plain[name]) for i, name in enumerate(names)}
    if isinstance(settings["stride"], fx.Node):
        settings["stride"] = t.values.get(settings["stride"])
    if settings["stride"] is None or settings["stride"] == []:
        settings["stride"] = kernel
    return settings


def pool(t: Translation, node: fx.Node, place: str, maximum: bool) -> Value:
    """`functional.max_pool1d` or `avg_pool1d`; a window of x.size(2) is pooling over all."""
    value = t.read(node.args[0], place)
    kernel = _kernel(t, node)
    kernel = kernel[0] if isinstance(kernel, tuple) and len(kernel) == 1 else kernel
    if value.axes != SEQUENCE:
        raise misfit(place, "MaxPool1d" if maximum else "AvgPool1d", value, SEQUENCE)
    if isinstance(kernel, Positions):
        return window_of(t, node.name, value, place, maximum, (kernel, kernel))
    if not isinstance(kernel, int):
        raise refuse(place, "a pooling window that is not a number", RESHAPE)
    make = nn.MaxPool1d if maximum else nn.AvgPool1d
    made = make_node(place, make(kernel, **_pool_settings(t, node, place, maximum, kernel)))
    assert isinstance(made, MaxPool1d | AvgPool1d)
    return t.apply(node.name, made, value, place)


def functional_pool2d(t: Translation, node: fx.Node, place: str, maximum: bool) -> Value:
    """`functional.max_pool2d` or `avg_pool2d`."""
    value = t.read(node.args[0], place)
    kernel = _kernel(t, node)
    settings = _pool_settings(t, node, place, maximum, kernel)
    simple = {"padding": (0, (0, 0), [0, 0]), "dilation": (1, (1, 1), [1, 1])}
    for name, allowed in simple.items():
        if settings.get(name, allowed[0]) not in allowed:
            what = f"{name}={settings[name]} of pooling is not supported"
            raise refuse(place, what, f"set {name} to {allowed[0]}")
    if settings["ceil_mode"]:
        what = "ceil_mode=True of pooling is not supported"
        raise refuse(place, what, "set ceil_mode to False")
    return pool2d(t, node.name, value, place, maximum, (kernel, settings["stride"]))


def adaptive(t: Translation, node: fx.Node, place: str, maximum: bool, two: bool = False) -> Value:
    """`functional.adaptive_max_pool1d` and its kin, to one position."""
    wanted = argument(node, 1, "output_size")
    if wanted not in (1, (1,), [1], *(((1, 1), [1, 1]) if two else ())):
        raise refuse(place, "adaptive pooling to more than one position", "set output_size to 1")
    value = t.read(node.args[0], place)
    if two:
        return adaptive2d(t, node.name, value, place, maximum)
    return t.apply(node.name, MaxOverTime() if maximum else MeanOverTime(), value, place)
