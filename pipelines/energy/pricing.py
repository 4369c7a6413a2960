"""Work of the models of a run, priced by energy tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...energy.price_table import EnergyTable
from ..run_folder.records.energy import CurvePoint, EnergyRow
from .measure import SPARSE, Measured, SpikingRun, measure_snn


def priced(measured: Sequence[Measured], tables: Sequence[EnergyTable]) -> list[EnergyRow]:
    """One row for every victim, setting and table, with its ratio to the sparse ANN."""
    sparse = next((m for m in measured if m.victim == SPARSE), None)
    rows = []
    for table in tables:
        joules = None if sparse is None else table.joules(sparse.layers)
        base = None if joules is None else float(joules.mean())
        rows += [_priced(m, table, base) for m in measured]
    return rows


def _priced(m: Measured, table: EnergyTable, base: float | None) -> EnergyRow:
    """One victim by one table; ``base`` is what the sparse ANN costs by it."""
    joules, parts = table.joules(m.layers), table.parts(m.layers) or {}
    mean = None if joules is None else float(joules.mean())
    return EnergyRow(
        victim=m.victim,
        setting=m.setting,
        steps=m.steps,
        model=table.name,
        joules_per_sentence=mean,
        joules_std=None if joules is None or len(joules) < 2 else float(joules.std(ddof=1)),
        ratio_to_sparse_ann=mean / base if mean is not None and base else None,
        accuracy=m.accuracy,
        compute_joules=parts.get("compute"),
        memory_joules=parts.get("memory"),
        addressing_joules=parts.get("addressing"),
    )


def peer_row(
    model: str,
    victim: str,
    setting: str,
    steps: float,
    joules: float | None,
    base: float | None,
    right: float | None,
) -> EnergyRow:
    """A row of a model of spikingjelly's, which prices no parts.

    Args:
        model: its name
        victim: what was counted
        setting: of the victim
        steps: a text
        joules: a sentence
        base: those that the ratio is to, of the ANN
        right: accuracy
    """
    return EnergyRow(
        victim=victim,
        setting=setting,
        steps=steps,
        model=model,
        joules_per_sentence=joules,
        joules_std=None,
        ratio_to_sparse_ann=joules / base if joules is not None and base else None,
        accuracy=right,
        compute_joules=None,
        memory_joules=None,
        addressing_joules=None,
    )


def steps_shown(count: int) -> list[int]:
    """Numbers of steps of a curve: all of up to 16, the powers of two and the last of more."""
    return [t for t in range(1, count + 1) if count <= 16 or t & (t - 1) == 0 or t == count]


def curve(
    run: SpikingRun, victim: str, labels: Sequence[int], tables: Sequence[EnergyTable]
) -> list[CurvePoint]:
    """Accuracy, energy and latency where texts stop after t of the T steps."""
    if not run.has_steps:
        return []
    points: list[CurvePoint] = []
    for t in steps_shown(len(run.running)):
        measured = replace(measure_snn(run, victim, "curve", labels), layers=run.layers(t))
        right = run.accuracy(labels, t)
        for table in tables:
            joules = table.joules(measured.layers)
            if joules is not None:
                points.append(
                    CurvePoint(
                        victim=victim,
                        steps=t,
                        latency_steps=t + run.model.latency - run.model.steps,
                        model=table.name,
                        joules_per_sentence=float(joules.mean()),
                        accuracy=right,
                    )
                )
    return points
