"""NIR into sinabs: every spike, by its own importer."""

from __future__ import annotations

from pathlib import Path

import pytest

from snnconvert import TextClassifier
from snnconvert.interop.nir.dialects import DIALECTS
from snnconvert.interop.nir.dialects.dialect import silent
from snnconvert.interop.nir.foreign import Foreign, foreign_of
from snnconvert.tests.helpers.nir import differences, exported, random_snn, random_texts, raw
from snnconvert.tests.helpers.nir_simulators import check_builtin, check_sst2, check_trainable
from snnconvert.tests.interop.nir.conftest import CASES

pytest.importorskip("nir")
pytest.importorskip("sinabs", reason="sinabs is not installed (extra interop-tests)")


@pytest.mark.parametrize("case", CASES)
def test_forty_texts(case: str, classifiers: dict[str, TextClassifier], tmp_path: Path) -> None:
    check_builtin(classifiers[case], "sinabs", tmp_path)


def test_it_can_be_trained_there() -> None:
    check_trainable("sinabs")


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.timeout(900)  # two minutes where a core is idle
def test_sst2(sst2_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check_sst2(sst2_run, "sinabs", capsys)


def test_trap_neurons_as_they_are_imported() -> None:
    """They fire several times a step, and sink no lower than the threshold."""
    from sinabs.activation import MembraneReset, SingleSpike
    from sinabs.nir import from_nir

    network = exported(random_snn((2, 3), pooling="spikes", steps=8, channels=8), "sinabs")
    texts = random_texts([3, 5, 8, 6])
    with silent():
        module = from_nir(network.graph, num_timesteps=8)
    module.pool.reset_fn = MembraneReset()
    foreign = Foreign(DIALECTS["sinabs"], module, ("act", "pool"))
    assert differences(network, foreign, texts)[0] > 0
    module.act.spike_fn = module.pool.spike_fn = SingleSpike
    assert differences(network, foreign, texts)[0] > 0  # potentials are cut off from below
    module.act.min_v_mem = module.pool.min_v_mem = None
    assert differences(network, foreign, texts) == [0, 0, 0]


def test_trap_branches_run_in_a_wrong_order() -> None:
    """Why --graph branches is refused for sinabs; if this fails, sinabs can take them."""
    network = exported(random_snn((2, 3, 4)), "sinabs")
    foreign = foreign_of(raw(network, "sinabs", "branches"), DIALECTS["sinabs"], network.note)
    try:
        found = differences(network, foreign, random_texts([3, 5, 8, 6]))
    except (RuntimeError, IndexError, ValueError, AttributeError):
        return
    assert found[2] > 0


def test_trap_its_importer_takes_no_layer_with_a_leak() -> None:
    """Why a leak is refused for sinabs; if this fails, sinabs may take LIF."""
    from sinabs.nir import from_nir

    network = exported(random_snn((2, 3), leak=0.5))
    with silent(), pytest.raises((ValueError, RuntimeError), match="ambiguous"):
        from_nir(raw(network, "any"), num_timesteps=3)
