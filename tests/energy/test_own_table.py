"""An energy table that a user adds at run time: priced, shown and reported like any other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from snnconvert.energy.price_table import EnergyTable
from snnconvert.energy.tables import TABLES, own_tables
from snnconvert.errors import InputError
from snnconvert.files import read_yaml_mapping
from snnconvert.tests.helpers.journey import journey


@pytest.fixture
def table():
    """A table whose additions are ten times those of compute-fp32."""
    mine = EnergyTable(
        "mine", "our chip", "a data sheet", {"mac": 46.0, "add": 9.0}, "serial", shown=True
    )
    yield TABLES.add("mine", mine)
    TABLES.remove("mine")


@pytest.mark.long
def test_it_prices_every_model_and_is_reported(table: EnergyTable, tmp_path: Path) -> None:
    found = journey(tmp_path / "run")
    rows = {(r["victim"], r["setting"], r["model"]): r for r in found["energy"]["rows"]}
    ours = {key: row for key, row in rows.items() if key[2] == "mine"}
    assert {victim for victim, *_ in ours} >= {"ann", "sparse-ann", "snn"}
    for (victim, setting, _), row in ours.items():
        usual = rows[victim, setting, "compute-fp32"]["joules_per_sentence"]
        assert row["joules_per_sentence"] == pytest.approx(10 * usual)
    assert "our chip" in found["html"]
    # a column of the first table, since it is to be shown, and a plot of its own
    assert '<th scope="col" class="n">mine<br><small>our chip</small>' in found["html"]
    assert 'download="energy-mine.svg"' in found["html"]
    assert found["energy"]["shown"][-1] == "mine"
    whole = json.loads((tmp_path / "run" / "energy" / "energy.json").read_text("utf-8"))
    assert {"model": "mine", "title": "our chip", "source": "a data sheet"} in whole["tables"]


def test_every_file_of_the_package_is_a_table_with_a_source() -> None:
    orders = [TABLES[name].order for name in TABLES]
    assert len(set(orders)) == len(orders)
    for name, table in own_tables().items():
        assert table.name == name and len(table.source) > 20
        fields = read_yaml_mapping(TABLES.folder / f"{name}.yaml", "a table")  # type: ignore[attr-defined]
        assert dict(table.pj) == fields["pj"]
    shown = [name for name, table in own_tables().items() if table.shown]
    assert shown == ["compute-fp32", "compute-int8", "lemaire2022"]


def test_a_name_that_is_taken(table: EnergyTable) -> None:
    with pytest.raises(InputError, match="expected a new name for the energy table"):
        TABLES.add("legacy", table)
