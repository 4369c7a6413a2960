"""Tracing a torch module symbolically, with the place in the user's code of every operation."""

from __future__ import annotations

import linecache
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import fx, nn

from ...errors import InputError

TORCH = str(Path(torch.__file__).parent)
HERE = str(Path(__file__))
OURS = str(Path(__file__).parent)
IN_PLACE = ("iadd", "isub", "imul", "itruediv", "setitem")


def _outside(filename: str) -> bool:
    """Whether a frame is the user's: neither torch's nor this file's."""
    return not filename.startswith(TORCH) and filename != HERE


def _words(filename: str, number: int) -> str:
    """A line of code in words: ``line 7 of model.py ("x = F.gelu(x)")``."""
    code = linecache.getline(filename, number).strip()
    return f"line {number} of {Path(filename).name}" + (f' ("{code}")' if code else "")


class Tracer(fx.Tracer):
    """Torch's symbolic tracer, which notes where in the user's code every node was made."""

    def call_module(
        self,
        m: nn.Module,
        forward: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """As torch's; a layer made in forward is gone through, where it has no weights to lose."""
        made_there = all(m is not part for part in self.root.modules())
        if made_there and not list(m.parameters()) and not list(m.buffers()):
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def create_node(self, *args: Any, **kwargs: Any) -> fx.Node:
        """A node with ``meta["place"]``, its line in the user's forward."""
        node = super().create_node(*args, **kwargs)
        frame: FrameType | None = sys._getframe()
        while frame is not None and not _outside(frame.f_code.co_filename):
            frame = frame.f_back
        if frame is not None:
            node.meta["place"] = _words(frame.f_code.co_filename, frame.f_lineno)
        return node


# what a forward that meets a symbol instead of a tensor, or that is wrong, may raise
FAILURES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NameError,
    RuntimeError,
    TypeError,
    ValueError,
)
STATIC = (
    "what a network does must not depend on the data or its shape: no if, loop, len or int of a "
    "tensor in forward"
)


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode for a while, in which ``if self.training`` chooses what is converted."""
    modes = {part: part.training for part in module.modules()}
    module.eval()
    try:
        yield
    finally:
        for part, mode in modes.items():
            part.training = mode


def trace(module: nn.Module) -> fx.Graph:
    """The operations of ``module.forward`` in evaluation mode as a graph.

    Raises:
        InputError: its control flow or its shapes depend on the data, or it fails.
    """
    try:
        with evaluating(module):
            return Tracer().trace(module)
    except FAILURES as error:
        place = _place_of_failure(error)
        reason = " ".join(str(error).split()).split(". ")[0].rstrip(".")
        remedy = STATIC
        if isinstance(error, NameError):
            remedy = "make every layer in __init__, as an attribute of the module"
        elif isinstance(error, LookupError):
            remedy = "run module(vectors) to see its own error"
        raise InputError(f"cannot read the torch module at {place}: {reason}; {remedy}") from None


def _place_of_failure(error: Exception) -> str:
    """The last line of the user's code that ``error`` has gone through."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = [f for f in frames if _outside(f.filename) and not f.filename.startswith(OURS)]
    return _words(inside[-1].filename, inside[-1].lineno or 0) if inside else "its forward"


def merge_equal(graph: fx.Graph) -> None:
    """Make one of equal calls on equal inputs, as where ``conv(x)`` is called again for its size.

    What overwrites a tensor, and what reads one that is overwritten, is left alone.
    """
    first: dict[Any, fx.Node] = {}
    for node in list(graph.nodes):
        reads = [user for source in node.all_input_nodes for user in source.users]
        if node.op in ("placeholder", "output") or any(_overwrites(user) for user in reads):
            continue
        key = (node.op, node.target, repr(node.args), repr(node.kwargs))
        if key in first:
            node.replace_all_uses_with(first[key])
            graph.erase_node(node)
        else:
            first[key] = node


def _overwrites(node: fx.Node) -> bool:
    """Whether a traced operation may change its input in place."""
    name = str(getattr(node.target, "__name__", node.target))
    return name.endswith("_") or name in IN_PLACE or bool(node.kwargs.get("inplace", False))


def drop_unused(module: nn.Module, graph: fx.Graph) -> None:
    """Take out what no output depends on, but not what overwrites a tensor in place."""
    for node in reversed(list(graph.nodes)):
        if node.users or node.op == "output":
            continue
        if node.op == "placeholder":
            graph.erase_node(node)
            continue
        layer = module.get_submodule(str(node.target)) if node.op == "call_module" else None
        if not getattr(layer, "inplace", False) and not _overwrites(node):
            graph.erase_node(node)
