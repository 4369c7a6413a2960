"""NIR into spikingjelly: every spike, by its own importer."""

from __future__ import annotations

from pathlib import Path

import pytest

from snnconvert import TextClassifier
from snnconvert.interop.nir.dialects import DIALECTS
from snnconvert.interop.nir.folder.files import read_graph, write_graph
from snnconvert.interop.nir.foreign import foreign_of
from snnconvert.tests.helpers.nir import differences, exported, random_snn, random_texts
from snnconvert.tests.helpers.nir_simulators import (
    check_builtin,
    check_leak,
    check_rounded_leak,
    check_sst2,
    check_trainable,
)
from snnconvert.tests.interop.nir.conftest import CASES

pytest.importorskip("nir")
pytest.importorskip("spikingjelly", reason="spikingjelly is not installed (extra interop-tests)")


@pytest.mark.parametrize("case", CASES)
def test_forty_texts(case: str, classifiers: dict[str, TextClassifier], tmp_path: Path) -> None:
    check_builtin(classifiers[case], "spikingjelly", tmp_path)


def test_it_can_be_trained_there() -> None:
    check_trainable("spikingjelly")


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.timeout(900)  # two minutes where a core is idle
def test_sst2(sst2_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check_sst2(sst2_run, "spikingjelly", capsys)


@pytest.mark.parametrize("pooling", ["spikes", "counts"])
def test_branches(pooling: str) -> None:
    network = exported(random_snn((2, 3, 4), pooling=pooling), mode="branches")
    foreign = foreign_of(network.graph, DIALECTS["spikingjelly"], network.note)
    assert differences(network, foreign, random_texts([3, 5, 8, 6])) == [0, 0, 0]


@pytest.mark.parametrize("widths", [(9, 10), (5, 3, 4), (2, 2)])
def test_branches_of_a_file_whose_nodes_are_in_the_order_of_their_names(
    widths: tuple[int, ...], tmp_path: Path
) -> None:
    network = exported(random_snn(widths), positions=12, mode="branches")
    write_graph(tmp_path / "network.nir", network.graph)
    graph, note = read_graph(tmp_path)
    foreign = foreign_of(graph, DIALECTS["spikingjelly"], note)
    assert differences(network, foreign, random_texts([3, 12, 8, 6])) == [0, 0, 0]


@pytest.mark.parametrize("soft", [True, False])
@pytest.mark.parametrize("leak", [0.5, 0.25])
def test_leaks(leak: float, soft: bool) -> None:
    check_leak("spikingjelly", leak, soft)


def test_a_leak_whose_products_round_keeps_predictions() -> None:
    check_rounded_leak("spikingjelly", soft=True)


def test_trap_its_usual_time_step() -> None:
    """dt=1e-4 wants another r; a step here is one unit of time."""
    from spikingjelly.activation_based.nir_exchange import import_from_nir

    with pytest.raises(ValueError, match="r must equal 1 / dt"):
        import_from_nir(exported(random_snn()).graph)
