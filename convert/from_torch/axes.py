"""Operations that move axes or drop some of size one: the values stay where they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import fx

from .layers import RESHAPE, refuse
from .translation import Translation, argument, function_name
from .values import FLAT, Axes, Batch, Extent, Ids, Positions, Value, words


def _name(node: fx.Node) -> str:
    return function_name(node.target)


def _several(node: fx.Node, name: str) -> list[Any]:
    """Arguments that may come one by one or as one list, as the sizes of `view`."""
    items = list(node.args[1:]) or [node.kwargs.get(name, ())]
    return list(items[0]) if len(items) == 1 and isinstance(items[0], tuple | list) else items


def _axis(value: Value | Ids, axis: Any, place: str, more: int = 0) -> int:
    """An axis counted from 0; ``more`` axes may be added to those there are."""
    size = len(value.axes) + more
    if not isinstance(axis, int) or not -size <= axis < size:
        raise refuse(place, f"the axis {axis} of {words(value.axes)}", RESHAPE)
    return axis % size


def _moved(t: Translation, node: fx.Node, place: str, order: list[int]) -> Value | Ids:
    """``node``'s input with its axes in another order."""
    known = t.values.get(node.args[0]) if isinstance(node.args[0], fx.Node) else None
    source = known if isinstance(known, Ids) else t.value(node.args[0], place)
    if sorted(order) != list(range(len(source.axes))):
        raise refuse(place, f"the order {order} of {words(source.axes)}", RESHAPE)
    axes = tuple(source.axes[i] for i in order)
    return Ids(axes) if isinstance(source, Ids) else source.with_axes(axes, place, _name(node))


def permute(t: Translation, node: fx.Node, place: str) -> Value | Ids:
    """`x.permute(0, 2, 1)`."""
    source = t.values.get(node.args[0]) if isinstance(node.args[0], fx.Node) else None
    if not isinstance(source, Value | Ids):
        source = t.value(node.args[0], place)
    order = [_axis(source, axis, place) for axis in _several(node, "dims")]
    return _moved(t, node, place, order)


def transpose(t: Translation, node: fx.Node, place: str) -> Value | Ids:
    """`x.transpose(1, 2)`, and `x.t()` of two axes."""
    source = t.values.get(node.args[0]) if isinstance(node.args[0], fx.Node) else None
    if not isinstance(source, Value | Ids):
        source = t.value(node.args[0], place)
    names = ("dim0", "dim1") if _name(node) == "transpose" else ("axis0", "axis1")
    first, second = (argument(node, 1 + i, name, i) for i, name in enumerate(names))
    first, second = _axis(source, first, place), _axis(source, second, place)
    order = list(range(len(source.axes)))
    order[first], order[second] = second, first
    return _moved(t, node, place, order)


def unsqueeze(t: Translation, node: fx.Node, place: str) -> Value:
    """`x.unsqueeze(1)`: one more axis of size one."""
    value = t.value(node.args[0], place)
    axis = _axis(value, argument(node, 1, "dim"), place, more=1)
    axes = (*value.axes[:axis], "1", *value.axes[axis:])
    return value.with_axes(axes, place, _name(node))


def squeeze(t: Translation, node: fx.Node, place: str) -> Value:
    """`x.squeeze(3)`: without axes of size one; an axis of another size stays, as torch has it."""
    value = t.value(node.args[0], place)
    asked = argument(node, 1, "dim")
    if asked is None:
        axes = tuple(a for i, a in enumerate(value.axes) if a == "B" or value.sized(i) != 1)
        if "L" in axes and value.window:
            value = t.over_all(value, place) or value
            axes = tuple(a for a in axes if a != "L")
        return value.with_axes(axes, place, _name(node))
    asked = asked if isinstance(asked, tuple | list) else (asked,)
    gone = {_axis(value, axis, place) for axis in asked}
    if any(value.axes[axis] == "L" for axis in gone):
        shape = value.shape
        value = t.over_all(value, place) or value
        if "L" in value.axes:
            raise refuse(place, f"squeeze of {shape}", RESHAPE)
    gone = {i for i in gone if value.axes[i] != "B" and value.sized(i) == 1}
    axes = tuple(name for i, name in enumerate(value.axes) if i not in gone)
    return value if not gone else value.with_axes(axes, place, _name(node))


def index(t: Translation, node: fx.Node, place: str, value: Value) -> Value:
    """`x[:, None]` and `x[:, :, :, 0]`: axes of size one come and go; other picking is refused."""
    picks = node.args[1] if isinstance(node.args[1], tuple) else (node.args[1],)
    if value.axes == FLAT and value.channels == 1 and _only_column(picks):
        return value.with_axes(("B",), place, "indexing")  # the single logit of each text
    rest = list(value.axes)
    axes: list[str] = []
    for number, item in enumerate(picks):
        if item is None:
            axes.append("1")
        elif item is Ellipsis:
            after = sum(later is not None for later in picks[number + 1 :])
            axes, rest = [*axes, *rest[: len(rest) - after]], rest[max(len(rest) - after, 0) :]
        elif item == slice(None) and rest:
            axes.append(rest.pop(0))
        elif item in (0, -1) and rest[:1] == ["1"]:
            rest.pop(0)
        else:
            raise refuse(place, "picking parts of a tensor has no conversion", RESHAPE)
    return value.with_axes((*axes, *rest), place, "indexing")


def _only_column(picks: tuple[Any, ...]) -> bool:
    """Whether ``picks`` takes the one column of (B, 1), as ``[:, 0]`` and ``[..., -1]`` do."""
    return len(picks) == 2 and picks[0] in (slice(None), Ellipsis) and picks[1] in (0, -1)


def flatten(t: Translation, node: fx.Node, place: str, axes: tuple[Any, Any]) -> Value:
    """`x.flatten(1)` and nn.Flatten: the axes from the first to the second become one."""
    value = t.read(node.args[0], place)
    size = len(value.axes)
    inside = all(isinstance(axis, int) and -size <= axis < size for axis in axes)
    first, last = (axis % size for axis in axes) if inside else (0, 0)
    merged = [name for name in value.axes[first : last + 1] if name != "1"]
    if first == 0 and value.channels == 1 and set(merged) == {"B", "C"}:
        return value.with_axes(("B",), place, "flatten")  # the single logit of each text
    if first == 0 or len(merged) > 2 or (len(merged) == 2 and merged != ["C", "L"]):
        what = f"flatten of {value.shape} over the axes {axes}"
        raise refuse(place, what, "flatten (B, C, L) from axis 1 to the last")
    if merged == ["C", "L"]:
        return t.flatten(node, value, place)
    name = merged[0] if merged else "1"
    kept = (*value.axes[:first], name, *value.axes[last + 1 :])
    return value.with_axes(kept, place, "flatten")


def view(t: Translation, node: fx.Node, place: str) -> Value:
    """`x.view(x.size(0), -1)` and reshape, where only axes of size one come, go or are joined."""
    value = t.value(node.args[0], place)
    sizes = [t.values.get(s) if isinstance(s, fx.Node) else s for s in _several(node, "shape")]
    if value.axes == FLAT and value.channels == 1 and sizes in ([-1], [Batch()]):
        return value.with_axes(("B",), place, _name(node))  # the single logit of each text
    match = _matched(value, sizes)
    if match is None and value.window:
        single = t.over_all(value, place)
        match = None if single is None else _matched(single, sizes)
        value = value if match is None or single is None else single
    if match is None:
        got = ", ".join(str(s) if isinstance(s, int) else "a size" for s in sizes)
        what = f"the operation {_name(node)} of {value.shape} to ({got})"
        raise refuse(place, f"{what} has no conversion", RESHAPE)
    axes, length = match
    if length is not None:
        t.lengths.setdefault(length, place)
    if "C*L" in axes:
        if axes != ("B", "C*L"):
            raise refuse(place, f"flatten of {value.shape} to {words(axes)}", RESHAPE)
        t.read(node.args[0], place)
        return t.flatten(node, value, place)
    return value.with_axes(axes, place, _name(node))


def _matched(value: Value, sizes: list[Extent | Any]) -> tuple[Axes, int | None] | None:
    """The axes that ``sizes`` name, and the length of texts that they ask for; None: others.

    Axes that are not of size one must come in their order, each with its own size or as the one
    -1; a last -1 also joins channels and positions (C*L).
    """
    rest = [(name, value.sized(i)) for i, name in enumerate(value.axes) if name != "1"]
    axes: list[str] = []
    length = None
    for number, size in enumerate(sizes):
        later = sum(s != 1 for s in sizes[number + 1 :])
        taken = len(rest) - later if size == -1 else _taken(rest, size, later, value)
        if taken not in (0, 1, 2) or (taken == 2 and [n for n, _ in rest[:2]] != ["C", "L"]):
            return None
        if taken == 1 and size not in (-1, rest[0][1]) and isinstance(size, int):
            length = size - value.positions.plus
        axes.append(("1", rest[0][0] if rest else "1", "C*L")[taken])
        rest = rest[taken:]
    open_axis = axes[sizes.index(-1)] if -1 in sizes else "B"
    if length is not None and open_axis != "B":
        return None  # such a view has this meaning for one length, and another for others
    return (tuple(axes), length) if not rest else None


def _taken(rest: list[tuple[str, Extent]], size: Extent | Any, later: int, value: Value) -> int:
    """How many of the axes that are left ``size`` stands for: one, none (of size one), or -1."""
    if size == 1 and len(rest) <= later:
        return 0
    if rest and size == rest[0][1]:
        return 1
    if rest and rest[0][0] == "L" and isinstance(size, int) and size > 1:
        return 1 if value.positions.origin == "L" else -1
    return 0 if size == 1 else -1


def same(t: Translation, node: fx.Node, place: str) -> Any:
    """An operation that changes neither values nor axes, as `contiguous`; ids may be cast too."""
    known = t.values.get(node.args[0]) if isinstance(node.args[0], fx.Node) else None
    return known if isinstance(known, Ids) else t.value(node.args[0], place)


def squeezed_flat(value: Value) -> Value:
    """``value`` (B,) of one logit as (B, 1)."""
    return replace(value, axes=FLAT) if value.axes == ("B",) and value.channels == 1 else value


def plus(size: Extent, by: Any) -> Extent | None:
    """A size and a number; None where the two have no sum."""
    if isinstance(size, Positions) and isinstance(by, int):
        return Positions(size.origin, size.plus + by)
    return size + by if isinstance(size, int) and isinstance(by, int) else None
