"""Graphs as files: HDF5 as `nir` writes it, without what an older `nir` cannot read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ....errors import InputError
from ....files import replace_file
from ....files.regular import open_regular
from ....installation import install_hint
from ..graph.note import KEY, parsed
from .bounds import check_bounds

if TYPE_CHECKING:
    import nir

NAME = "network.nir"


def need_nir() -> None:
    """Refuse where the package `nir` is not there.

    Raises:
        InputError: says what to install.
    """
    import importlib.util

    if importlib.util.find_spec("nir") is None:
        raise InputError(
            f"expected the package nir, which writes and reads its files: {install_hint('nir')}"
        )


class _Leaner:
    """A graph whose dictionary has no ``v_reset`` where that is 0: nir 1.0.4 does not know it."""

    def __init__(self, graph: nir.NIRGraph) -> None:
        self.graph = graph

    def to_dict(self) -> dict[str, Any]:
        found: dict[str, Any] = self.graph.to_dict()
        for node in found["nodes"].values():
            if "v_reset" in node and not np.any(node["v_reset"]):
                del node["v_reset"]
        return found


def write_graph(path: Path, graph: nir.NIRGraph) -> None:
    """Write a graph, whole or not at all."""
    import nir

    replace_file(path, lambda temporary: nir.write(temporary, _Leaner(graph)))


def read_graph(path: Path | str) -> tuple[nir.NIRGraph, dict[str, Any]]:
    """A graph that `write_graph` has written, or its folder, and what it says of itself.

    Raises:
        InputError: no such file, no graph, or one of another program.
    """
    need_nir()
    import nir

    path = Path(path)
    path = path / NAME if path.is_dir() else path
    if not path.exists():
        raise InputError(f"expected an exported network at {path}, but there is no such file")
    try:
        with open_regular(path, "an exported network"):
            pass  # nir opens it by its name
        check_bounds(path)
        graph = nir.read(path)
    except InputError:
        raise
    except Exception as error:  # of h5py and nir, whatever is wrong with the file
        raise InputError(
            f"expected a graph of NIR in {path}, but it cannot be read so ({type(error).__name__}: "
            f"{error}): export it again"
        ) from None
    if not isinstance(graph, nir.NIRGraph):
        raise InputError(f"expected a graph of NIR in {path}, but it is a single node")
    return graph, parsed(graph.metadata.get(KEY), path)
