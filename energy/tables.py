"""The energy tables by name: one file of `tables` each, a file of the user's, or made at run time.

    title, source   what the figures are, and where they come from
    pj              prices in picojoules of: mac, add, sop, mul ... (see `PRICES`)
    narrow, width   what a MAC with an activation of few bits costs (see `EnergyTable.mac`)
    memory          [[bytes, pJ], ...]: an access to a 32-bit word by the size of the memory
    addressing      true: addresses cost additions and MACs
    order, shown    its place among the others; true: in the main table and the plots

A file of the user's holds several, each under its name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files import read_yaml_mapping
from ..registry import FileRegistry
from .price_table import EnergyTable

KEYS = ("title", "source", "pj", "narrow", "width", "memory", "addressing", "order", "shown")


def read_tables(path: Path | str) -> dict[str, EnergyTable]:
    """The energy tables in a YAML file, by name.

    Raises:
        InputError: no such file, not YAML, or not energy tables.
    """
    content = read_yaml_mapping(path, "energy tables")
    return {str(name): _table(str(name), values, path) for name, values in content.items()}


def own_tables() -> dict[str, EnergyTable]:
    """The tables of the package, and those that were added at run time, in their order."""
    return dict(sorted(TABLES.items(), key=lambda item: item[1].order))


def all_tables(path: Path | str | None = None) -> dict[str, EnergyTable]:
    """The package's tables, and those of a user's file behind them.

    Raises:
        InputError: as `read_tables`, and where the file takes a name that the package uses.
    """
    tables = own_tables()
    more = read_tables(path) if path is not None else {}
    taken = sorted(set(tables) & set(more))
    if taken:
        raise InputError(
            f"expected new names for the energy tables in {path}, but {', '.join(taken)} is one of "
            "the package's: give yours another name"
        )
    return tables | more


def _table(name: str, values: Any, path: Path | str) -> EnergyTable:
    """One entry of a file as a table."""
    if not isinstance(values, dict) or not set(values) <= set(KEYS) or "pj" not in values:
        raise InputError(
            f"expected the energy table {name} in {path} to have pj, and of {', '.join(KEYS)} what "
            f"else it needs, but got {values if not isinstance(values, dict) else list(values)}"
        )
    try:
        memory = tuple((float(size), float(cost)) for size, cost in values.get("memory", ()))
        prices = {str(key): float(cost) for key, cost in values["pj"].items()}
        width, order = int(values.get("width", 32)), int(values.get("order", 1000))
    except (AttributeError, TypeError, ValueError):
        raise InputError(
            f"expected numbers for the prices of the energy table {name} in {path}, but got "
            f"{values['pj']!r} and memory {values.get('memory', [])!r}"
        ) from None
    return EnergyTable(
        name,
        str(values.get("title", name)),
        str(values.get("source", "not given")),
        prices,
        str(values.get("narrow", "")),
        width,
        memory,
        bool(values.get("addressing", False)),
        order,
        bool(values.get("shown", False)),
    )


def _read(path: Path) -> EnergyTable:
    """The table of a file of the package's, named as the file."""
    return _table(path.stem, read_yaml_mapping(path, "an energy table"), path)


TABLES: FileRegistry[EnergyTable] = FileRegistry(
    "energy table", Path(__file__).with_suffix(""), _read
)
