"""An export format of your own: the layers of a model as a table for a spreadsheet."""

from __future__ import annotations

from pathlib import Path

from snnconvert.files import write_text
from snnconvert.interop import EXPORTS
from snnconvert.interop.export import Exported
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.text_model import TextModel
from snnconvert.pipelines.export import export


class LayerTable:
    """One line a node: its name, its type, what it reads, and how many numbers it holds."""

    suffix = ".csv"
    about = "the nodes of a network and their sizes, for a spreadsheet"

    def refuses(self, model: TextModel | SpikingTextModel) -> str:
        """A table of layers can be made of every network."""
        return ""

    def write(self, exported: Exported, path: Path) -> None:
        """Write the table, whole or not at all."""
        lines = ["node,type,reads,numbers"]
        for node in exported.model.network.describe():
            tensors = exported.model.network.node(node["name"]).state_dict().values()
            size = sum(tensor.numel() for tensor in tensors)
            lines.append(f"{node['name']},{node['type']},{' '.join(node['inputs'])},{size}")
        write_text(path, "\n".join(lines) + "\n")


def table_of(run: Path) -> Path:
    """Add the format, and write the last model of ``run`` in it."""
    if "layers" not in EXPORTS:
        EXPORTS.add("layers", LayerTable())
    return export(run, "layers")
