"""An export format of your own: the layers of a model as a table for a spreadsheet."""

from dataclasses import dataclass
from pathlib import Path

from snnconvert.files import write_text
from snnconvert.interop import EXPORTS
from snnconvert.interop.export import Export, Exported
from snnconvert.options import option
from snnconvert.pipelines.export import export


@dataclass(frozen=True)
class TableOptions:
    """What may be chosen."""

    separator: str = option(",", "what stands between two cells", (",", ";"))


class LayerTable(Export):
    """One line a node: its name, its type, what it reads, and how many numbers it holds."""

    suffix, about, Options = ".csv", "the nodes of a network, for a spreadsheet", TableOptions

    def write(self, exported: Exported, path: Path) -> None:
        """Write the table, whole or not at all."""
        lines = ["node,type,reads,numbers"]
        for node in exported.model.network.describe():
            own = exported.model.network.node(node["name"])
            size = sum(tensor.numel() for tensor in own.state_dict().values())
            lines.append(f"{node['name']},{node['type']},{' '.join(node['inputs'])},{size}")
        write_text(path, "\n".join([*lines, ""]).replace(",", exported.options.separator))


def table_of(run: Path) -> Path:
    """Add the format, and write the last model of ``run`` in it."""
    if "layers" not in EXPORTS:
        EXPORTS.add("layers", LayerTable())
    return export(run, "layers")
