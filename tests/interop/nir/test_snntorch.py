"""NIR into snntorch: every spike, by its own importer."""

from __future__ import annotations

from pathlib import Path

import pytest

from snnconvert import TextClassifier
from snnconvert.interop.nir.dialects import DIALECTS
from snnconvert.interop.nir.dialects.dialect import silent
from snnconvert.interop.nir.foreign import foreign_of
from snnconvert.tests.helpers.nir import differences, exported, random_snn, random_texts, raw
from snnconvert.tests.helpers.nir_simulators import (
    check_builtin,
    check_leak,
    check_rounded_leak,
    check_sst2,
    check_trainable,
)
from snnconvert.tests.interop.nir.conftest import CASES

pytest.importorskip("nir")
pytest.importorskip("snntorch", reason="snntorch is not installed (extra interop-tests)")


@pytest.mark.parametrize("case", CASES)
def test_forty_texts(case: str, classifiers: dict[str, TextClassifier], tmp_path: Path) -> None:
    check_builtin(classifiers[case], "snntorch", tmp_path)


def test_it_can_be_trained_there() -> None:
    check_trainable("snntorch")


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.timeout(900)  # two minutes where a core is idle
def test_sst2(sst2_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check_sst2(sst2_run, "snntorch", capsys)


@pytest.mark.parametrize("pooling", ["spikes", "counts"])
def test_branches(pooling: str) -> None:
    network = exported(random_snn((2, 3, 4), pooling=pooling), "snntorch", mode="branches")
    foreign = foreign_of(network.graph, DIALECTS["snntorch"], network.note)
    assert differences(network, foreign, random_texts([3, 5, 8, 6])) == [0, 0, 0]


@pytest.mark.parametrize("leak", [0.5, 0.25])
def test_leaks(leak: float) -> None:
    check_leak("snntorch", leak, soft=False)


def test_a_leak_whose_products_round_keeps_predictions() -> None:
    check_rounded_leak("snntorch", soft=False)


def test_trap_if_is_read_as_a_neuron_that_leaks() -> None:
    """Why LIF is written for snntorch; its main branch reads IF otherwise."""
    network = exported(random_snn((2, 3), soft=False), "snntorch")
    with silent():
        from snntorch.import_nir import import_from_nir

        module = import_from_nir(raw(network, "any"))
    assert float(module.act.beta) == pytest.approx(0.9)


def test_trap_a_reset_without_delay_comes_late() -> None:
    """By subtraction and with reset_delay=False, where a potential stays above the threshold."""
    network = exported(random_snn((2, 3), pooling="spikes", steps=6), "snntorch")
    texts = random_texts([3, 5, 8, 6])
    foreign = foreign_of(network.graph, DIALECTS["snntorch"], network.note)
    assert differences(network, foreign, texts) == [0, 0, 0]
    foreign.module.act.reset_delay = False
    assert differences(network, foreign, texts)[0] > 0


def test_trap_a_delayed_reset_is_not_shrunk_by_the_leak() -> None:
    """Why soft reset with a leak is refused for snntorch."""
    import snntorch
    import torch

    neuron = snntorch.Leaky(0.5, reset_mechanism="subtract", reset_delay=True, init_hidden=True)
    currents = torch.tensor([[2.0], [0.5]])
    # 2 fires; (2 - 1) / 2 + 0.5 = 1 here, and 2 / 2 + 0.5 - 1 = 0.5 there
    assert [float((neuron(c), neuron.mem)[1]) for c in currents] == [2.0, 0.5]
