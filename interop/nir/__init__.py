"""NIR: spiking text CNNs for norse, snntorch, spikingjelly and sinabs, spike for spike.

    from snnconvert import TextClassifier
    from snnconvert.interop import nir

    exported = nir.export(TextClassifier.load("runs/first", "snn"), simulator="norse", positions=64)
    exported.save("folder", texts)
    foreign = nir.load("folder", "norse")
    outputs = foreign.run(exported.frames(texts))  # (T, n, K), and every spike in foreign.spikes

Begin with `graph/graph.py`, which lists the nodes; beside it `layout.py` is the input,
`grid.py` the sums.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...engine.classifier import ModelClassifier
    from ...models.network import Network
    from .foreign import Foreign
    from .making import NirExport


def export(
    classifier: ModelClassifier,
    *,
    simulator: str = "any",
    positions: int | None = None,
    bits: str = "auto",
    graph: str = "chain",
) -> NirExport:
    """A spiking classifier as it goes to NIR.

    Args:
        classifier: text stage, model and classes, as `TextClassifier.load` gives them
        simulator: who will read it: ``any`` (plain NIR, hard reset alone), ``norse``, ``snntorch``,
            ``spikingjelly`` or ``sinabs``
        positions: most words of a text; by default as many as the text stage takes
        bits: weights are multiples of 2^-bits; ``auto`` for the most of which no sum rounds,
            ``float`` for weights as they are
        graph: ``chain``, or ``branches`` for one chain a filter width

    Raises:
        InputError: a network that NIR cannot hold, with the first node that does not fit and what
            to do instead; an unknown choice; a reset that the simulator does not have; more bits
            than are exact.
    """
    from .making import made

    return made(classifier, simulator, positions, str(bits), graph)


def load(folder: Path | str, simulator: str, unchecked: bool = False) -> Foreign:
    """An exported network in a simulator: its own module, built by its own importer.

    Args:
        folder: of `snnconvert export --format nir`, or its file
        simulator: which; the graph must have been written for it, or have the nodes that it reads
        unchecked: take also a version of the simulator that was not tested

    Raises:
        InputError: no such export, one with nodes that the simulator reads otherwise, or a
            simulator that is not there or of another version.
    """
    from .making import loaded

    return loaded(folder, simulator, unchecked)


def read(path: Path | str) -> tuple[Network, dict[str, Any]]:
    """The network of an exported file or folder, bit for bit, and what the file says of itself.

    Raises:
        InputError: no such file, or the first node that is not as it was exported.
    """
    from .reading import read

    return read(path)
