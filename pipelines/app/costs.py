"""What one sentence costs: its work counted and priced, as `snnconvert energy` does it."""

from __future__ import annotations

from ...energy.tables import own_tables
from ...models.snn import SpikingTextModel
from ...models.text_model import TextModel
from ..energy.measure import measure_ann, measure_snn, run_snn
from ..energy.pricing import priced
from ..explain.pair import Pair
from ..run_folder.records.energy import EnergyRow


def sentence_costs(pair: Pair, text: str) -> list[EnergyRow]:
    """Rows of the ANN and of the SNN by the tables that are shown first; accuracy is of one text.

    The first rows are of the table that counts memory, where there is one.
    """
    ids = pair.own.stage.encode([text])
    measured = []
    ann = (pair.ann or pair.own).model
    if isinstance(ann, TextModel):
        measured += measure_ann(ann, ids, [0])
    if isinstance(pair.own.model, SpikingTextModel):
        run = run_snn(pair.own.model, ids)
        measured.append(measure_snn(run, pair.model, "whole run", [0]))
    tables = [table for table in own_tables().values() if table.shown]
    tables.sort(key=lambda table: not table.memory)
    return priced(measured, tables)
