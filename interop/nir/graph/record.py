"""What a file says of itself as it is believed: numbers within bounds, names that are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from ....checked_json import Value
from ....errors import InputError
from ....models.spec import MOST_SIZE, MOST_STEPS, EncoderSpec, check_name
from ....typed_json import Bounds, rare
from .grid import FINEST
from .layout import Layout

if TYPE_CHECKING:
    import nir

_Name = Annotated[str, Bounds(0, 200)]
_Size = Annotated[int, Bounds(1, MOST_SIZE)]
_KNOWN = {
    "reset": ("soft", "hard"),
    "pooling": ("spikes", "counts"),
    "graph": ("chain", "branches"),
}


@dataclass(frozen=True, kw_only=True)
class BranchNote:
    """One filter width: the names of its nodes, its sizes, V(0) of its channels."""

    conv: _Name
    act: _Name
    pool: _Name
    width: _Size
    channels: _Size
    padding: Annotated[list[Annotated[int, Bounds(0, MOST_SIZE)]], Bounds(2, 2)]
    initial: list[float] = rare(list)

    def check(self, value: Value) -> None:
        """Refuse names that no module can have."""
        for key in ("conv", "act", "pool"):
            check_name(value[key])


@dataclass(frozen=True, kw_only=True)
class NoteRecord:
    """The whole note; `note.note_of` writes it."""

    steps: Annotated[int, Bounds(1, MOST_STEPS)]
    encoder: EncoderSpec
    reset: str
    pooling: str
    graph: str
    grid: Annotated[int, Bounds(0, 2 * FINEST)] | None = None
    positions: _Size
    classes: Annotated[list[str], Bounds(1, 100_000)]
    leak: Annotated[float, Bounds(0, 1)] = rare(0.0)
    branches: Annotated[list[BranchNote], Bounds(1, 1000)]
    inputs: _Size
    readout: _Name
    simulator: _Name
    vectors_shape: Annotated[list[Annotated[int, Bounds(0, MOST_SIZE)]], Bounds(2, 2)] | None = None
    vectors: _Name | None = None
    text_stage: _Name | None = None

    def check(self, value: Value) -> None:
        """Refuse words that mean nothing, and a name that no module can have."""
        check_name(value["readout"])
        for key, known in _KNOWN.items():
            if getattr(self, key) not in known:
                raise value[key].wrong(" or ".join(known))


def check_backed(note: dict[str, Any], layout: Layout, graph: nir.NIRGraph, where: object) -> None:
    """Refuse sizes that the arrays of the graph are too small for, before memory is asked for.

    Args:
        note: checked by `NoteRecord`
        layout: of its numbers
        graph: as the file has it
        where: the file, for the error

    Raises:
        InputError: an array of the graph that the note stands for would have more numbers than all
            arrays that the file holds.
    """
    held = sum(np.size(value) for node in graph.nodes.values() for value in node.to_dict().values())
    channels = sum(branch["channels"] for branch in note["branches"])
    counted = note["steps"] * channels if note["pooling"] == "counts" else channels
    wanted = max(
        channels * layout.inputs * layout.taps,
        channels * layout.windows,
        counted * (counted if note["pooling"] == "counts" else 1),
        counted * len(note["classes"]),
    )
    if wanted > held:
        raise InputError(
            f"expected in {where} the {wanted:,} numbers of the largest array that it says it has, "
            f"but all arrays together have {held:,}: export it again"
        )
