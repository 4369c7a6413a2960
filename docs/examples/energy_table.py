"""An energy table of your own: added once, it prices every model of every run."""

from __future__ import annotations

from pathlib import Path

from snnconvert.energy.price_table import EnergyTable
from snnconvert.energy.tables import TABLES
from snnconvert.pipelines.energy.energy import energy
from snnconvert.pipelines.settings import EnergySettings

OURS = EnergyTable(
    name="ours-22nm",
    title="our accelerator, 22 nm",
    source="data sheet, page 7",
    pj={"mac": 1.1, "add": 0.1, "sop": 0.3},
    narrow="product",  # few activation bits make the multiplier smaller
    width=8,
    memory=((8192, 2.5), (1048576, 25.0)),  # bytes, pJ for an access to 32 bits
    shown=True,
)


def price(run: Path, texts: int = 8) -> dict[str, float | None]:
    """Joules a sentence of each model of ``run``, by our table."""
    if OURS.name not in TABLES:
        TABLES.add(OURS.name, OURS)
    done = energy(run, EnergySettings(texts=texts, sampled=0), force=True)
    ours = [row for row in done.require("energy")["rows"] if row["model"] == OURS.name]
    return {f"{row['victim']}, {row['setting']}": row["joules_per_sentence"] for row in ours}
