"""The format ``nir`` of `snnconvert export`: light, what is heavy is loaded when it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...files import read_text
from ..export import Export, Exported, Outcome
from .options import NirOptions

if TYPE_CHECKING:
    from ...models.snn import SpikingTextModel
    from ...models.text_model import TextModel
    from .checking import Check
    from .graph.exported import ExportedNetwork


class Nir(Export):
    """A folder with a graph of the Neuromorphic Intermediate Representation."""

    about = "a graph for norse, snntorch, spikingjelly and sinabs, with every spike the same"
    Options = NirOptions

    def refuses(self, model: TextModel | SpikingTextModel) -> str:
        """As `Export.refuses`: the first node that does not fit."""
        from .graph.form import refusal

        return refusal(model)

    def name(self, which: str, options: NirOptions) -> str:
        """As `Export.name`: by the simulator."""
        return f"nir-{options.simulator}"

    def write(self, exported: Exported, path: Path) -> Outcome:
        """As `Export.write`.

        Raises:
            InputError: options that do not fit the network, or simulators that are not there.
        """
        from .figures import rounding_figures
        from .folder.files import need_nir
        from .folder.writing import write_folder
        from .graph.exported import export_model

        need_nir()
        options, stage = exported.options, exported.stage
        assert isinstance(options, NirOptions) and stage is not None
        splits = exported.splits()
        encoded = {name: stage.encode(split.texts) for name, split in splits.items()}
        longest = max(len(ids) for part in encoded.values() for ids in part)
        network = export_model(
            exported.model,
            exported.classes,
            stage,
            options.simulator,
            options.positions or longest,
            options.bits,
            options.graph,
            facts_of(exported),
        )
        _check_simulators(options, network.note)
        labels = splits["test"].labels
        before: Any = exported.model
        figures = rounding_figures(before, network, encoded["test"], labels)
        texts = _examples(options.texts, splits["test"].texts, encoded["test"], network)
        write_folder(network, path, texts, figures)
        checks = _checks(network, path, options, stage.encode(texts))
        return _outcome(network, figures, checks)


def facts_of(exported: Exported) -> dict[str, Any]:
    """What the file says of the run it comes from."""
    from .making import vectors_facts

    known = {k: exported.facts[k] for k in ("model", "sha256", "text_stage") if k in exported.facts}
    return known | vectors_facts(exported.model)


def _check_simulators(options: NirOptions, note: Mapping[str, Any]) -> None:
    """Refuse simulators that are not there, or read the graph otherwise; nothing is written yet."""
    from .dialects import DIALECTS
    from .foreign import check_reader

    for name in options.check or ():
        check_reader(name, note)
        DIALECTS[name].check(options.unchecked)


def _examples(
    asked: str, test: Sequence[str], encoded: Sequence[Any], network: ExportedNetwork
) -> list[str]:
    """The texts that go along: the first test texts that fit, or those of a file."""
    if asked.isdecimal():
        most = network.layout.positions
        fitting = (text for text, ids in zip(test, encoded, strict=True) if len(ids) <= most)
        found = [text for text, _ in zip(fitting, range(int(asked)), strict=False)]
    else:
        found = [
            line for line in read_text(asked, "texts, one a line,").split("\n") if line.strip()
        ]
    if not found:
        raise InputError(
            f"expected at least one example text of at most {network.layout.positions} words, but "
            "there is none: give more --positions, or other --texts"
        )
    return found


def _checks(
    network: ExportedNetwork, folder: Path, options: NirOptions, sequences: Sequence[Any]
) -> list[Check]:
    from .checking import check

    parts = [(name, sequences, options.unchecked) for name in options.check or ()]
    return [check(network, folder, *part) for part in parts]


def _outcome(network: ExportedNetwork, figures: dict[str, Any], checks: Sequence[Check]) -> Outcome:
    """What is said: what rounding changed, and what the simulators did."""
    from ...formatting import percent
    from .checking import TITLES, check_figures

    lines = [
        f"grid: {'none' if network.bits is None else f'multiples of 2^-{network.bits}'}; "
        f"{figures['kept']:,} of {figures['texts']:,} test predictions kept, accuracy "
        f"{percent(figures['accuracy_before'], 2)} % before, "
        f"{percent(figures['accuracy_after'], 2)} % after"
    ]
    if checks:
        rows = [TITLES, *(found.row() for found in checks)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines.append("what differs from the package's own network:")
        lines += [
            "  ".join(c.rjust(w) if i else c.ljust(w) for i, (c, w) in enumerate(cells))
            for cells in ([*zip(row, widths, strict=True)] for row in rows)
        ]
    return Outcome(
        {"grid": network.bits, "test": figures, "checks": check_figures(checks)},
        "\n".join(lines),
        all(found.good for found in checks),
    )


EXPORT = Nir()
