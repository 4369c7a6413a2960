"""Energy tables: prices worked out by hand, a peer's arithmetic, break-even, exits, training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from snnconvert.energy.ann import activation_bits
from snnconvert.energy.breakeven import break_even
from snnconvert.energy.exits import (
    choose_margin,
    exit_accuracy,
    exit_steps,
    margin_for_budget,
)
from snnconvert.energy.layers import FIELDS, Layer
from snnconvert.energy.price_table import EnergyTable
from snnconvert.energy.tables import all_tables, own_tables, read_tables
from snnconvert.energy.training import training_rows
from snnconvert.errors import InputError

TABLES = own_tables()


def layer(kind: str = "synapses", name: str = "conv", **counts: float) -> Layer:
    sizes = {k: counts.pop(k) for k in list(counts) if k.endswith("_bytes")}
    return Layer(name, kind, {k: np.array([float(v)]) for k, v in counts.items()}, **sizes)


def picojoules(table: str, *layers: Layer) -> float:
    joules = TABLES[table].joules(layers)
    assert joules is not None
    return float(joules[0]) * 1e12


def test_compute_prices_by_hand():
    work = layer(sops=100, bias_adds=10, macs=0), layer("neurons", updates=20, spikes_out=5)
    for table, add in (("compute-fp32", 0.9), ("compute-fp16", 0.4), ("compute-int8", 0.03)):
        assert picojoules(table, *work) == pytest.approx(add * (100 + 10 + 20 + 5))
    assert picojoules("compute-fp32", layer(macs=10)) == pytest.approx(46)
    assert picojoules("compute-int8", layer(macs=10)) == pytest.approx(2.3)
    assert picojoules("legacy", layer(macs=10)) == pytest.approx(250)
    assert picojoules("legacy", layer(sops=1000, bias_adds=7)) == pytest.approx(77)


def test_the_published_setting_costs_about_five_times_a_mac():
    """Rate 1/2 over 50 steps is 25 spikes a synapse: 25 * 0.9 / 4.6 = 4.9; published: 0.077."""
    ratio = picojoules("compute-fp32", layer(sops=25)) / picojoules("compute-fp32", layer(macs=1))
    assert ratio == pytest.approx(4.891, abs=1e-3)
    ratio = picojoules("legacy", layer(sops=25)) / picojoules("legacy", layer(macs=1))
    assert ratio == pytest.approx(0.077)


def test_a_chip_for_spikes_has_no_price_for_macs():
    assert picojoules("loihi", layer(sops=10, bias_adds=99)) == pytest.approx(236)
    assert TABLES["loihi"].joules([layer(sops=10), layer(macs=1)]) is None
    assert TABLES["loihi"].parts([layer(macs=1)]) is None


@pytest.mark.parametrize(
    ("size", "cost"),
    [(0, 0), (4096, 5), (8192, 10), (20480, 15), (32768, 20), (540672, 60), (1 << 20, 100),
     (1 << 30, 100)],
)  # fmt: skip
def test_memory_is_priced_by_its_size(size: int, cost: float):
    assert TABLES["lemaire2022"].access(size) == pytest.approx(cost)


def test_lemaire_by_hand():
    """Weights in 32 kB (20 pJ), potentials in 8 kB (10 pJ), a queue of 4 kB (5 pJ)."""
    work = layer(
        sops=10, spikes_in=2, bias_adds=3, reads_in=2, reads_weights=13, reads_state=10,
        writes_state=10, address_adds=10, address_macs=4,
        in_bytes=4096, weight_bytes=32768, state_bytes=8192,
    )  # fmt: skip
    parts = TABLES["lemaire2022"].parts([work])
    assert parts is not None
    assert parts["compute"] == pytest.approx(1.3e-12)
    assert parts["addressing"] == pytest.approx((10 * 0.1 + 4 * 3.2) * 1e-12)
    assert parts["memory"] == pytest.approx((2 * 5 + 13 * 20 + 20 * 10) * 1e-12)


def test_few_bits_make_a_mac_cheaper():
    assert [activation_bits(n) for n in (1, 2, 3, 4, 7, 8, 15)] == [1, 2, 2, 3, 3, 4, 4]
    assert TABLES["compute-fp32"].mac(3) == pytest.approx(2.7)  # three shifted additions
    assert TABLES["compute-fp32"].mac(8) == pytest.approx(4.6)  # never more than the MAC
    assert TABLES["lemaire2022"].mac(8) == pytest.approx(0.1 + 3.1 / 4)
    assert TABLES["compute-int8"].mac(4) == pytest.approx(0.03 + 0.1)
    assert TABLES["compute-int8"].mac(32) == pytest.approx(0.23)


@given(st.sampled_from(sorted(TABLES)), st.sampled_from(FIELDS), st.floats(0, 1e9))
def test_energy_is_linear_in_counts(name: str, field: str, count: float):
    one = layer(**{field: 1.0}, weight_bytes=4096, state_bytes=4096)
    many = layer(**{field: count}, weight_bytes=4096, state_bytes=4096)
    single, whole = TABLES[name].joules([one]), TABLES[name].joules([many])
    if single is not None and whole is not None:
        assert whole[0] == pytest.approx(count * single[0], rel=1e-9, abs=1e-30)


def test_lemaire_is_spikingjellys_where_the_definitions_agree():
    """A linear layer: ACs, SOPs, weights and potentials; addresses but for those of its outputs."""
    from spikingjelly.activation_based.op_counter import (
        LemaireEnergyConfig,
        estimate_lemaire_energy,
    )

    spikes = (torch.rand((1, 40), generator=torch.Generator().manual_seed(0)) < 0.3).float()
    n = int(spikes.sum())
    module = nn.Linear(40, 10, bias=False).eval()
    report = estimate_lemaire_energy(module, spikes, config=LemaireEnergyConfig(strict=False))
    ours = layer(
        sops=10 * n, spikes_in=n, reads_in=n, reads_weights=10 * n, reads_state=10 * n,
        writes_state=10 * n, address_adds=10 * n,
        in_bytes=4000, weight_bytes=4 * 400, state_bytes=4 * 10,
    )  # fmt: skip
    assert picojoules("lemaire2022", ours) == pytest.approx(report.total_pj)


def test_break_even_is_the_ratio_of_the_prices():
    ann = [layer(macs=1000), layer(name="readout", macs=10)]
    snn = [layer(sops=2000, spikes_in=4), layer(name="readout", sops=80)]
    rows = {r["layer"]: r for r in break_even(ann, snn, TABLES["compute-fp32"])}
    assert rows["conv"]["spikes_per_synapse"] == 2 and rows["conv"]["pays"] is True
    assert rows["conv"]["break_even"] == pytest.approx(4.6 / 0.9)
    assert rows["readout"]["pays"] is False
    chip = break_even(ann, snn, TABLES["loihi"])[0]
    assert chip["break_even"] is None and chip["pays"] is None


def test_fixed_work_lowers_the_break_even():
    """1000 MACs cost 4600 pJ; biases and thresholds 90 pJ whatever the spikes: (4600-90)/900."""
    snn = [layer(sops=2000, bias_adds=60), layer("neurons", "act", updates=40, spikes_out=999)]
    row = break_even([layer(macs=1000)], snn, TABLES["compute-fp32"])[0]
    assert row["break_even"] == pytest.approx((4600 - 90) / 900)


@given(st.floats(0.01, 6))
def test_a_layer_at_its_break_even_costs_what_the_ann_costs(carried: float):
    table, ann = TABLES["lemaire2022"], [layer(macs=1000, reads_weights=1000, weight_bytes=8192)]

    def spiking(r: float) -> list[Layer]:
        sops = 1000 * r
        return [
            layer(sops=sops, reads_weights=sops, reads_state=sops, writes_state=sops,
                  weight_bytes=8192, state_bytes=1024)
        ]  # fmt: skip

    limit = break_even(ann, spiking(carried), table)[0]["break_even"]
    there, base = table.joules(spiking(limit)), table.joules(ann)
    assert there is not None and base is not None
    assert there[0] == pytest.approx(base[0])


def test_early_exits_stop_where_the_lead_is_clear():
    # text 0 leads by 2 at once, text 1 by 1 at step two, text 2 never by enough
    running = torch.tensor(
        [[[2.0, 0.0], [0.0, 0.5], [0.1, 0.0]], [[2.0, 0.0], [0.0, 1.0], [0.0, 0.2]]]
    )
    assert exit_steps(running, 1.0).tolist() == [1, 2, 2]
    assert exit_steps(running, 0.0).tolist() == [1, 1, 1]
    assert exit_accuracy(running, np.array([1, 1, 1]), [0, 1, 0]) == 1.0
    assert exit_accuracy(running, np.array([2, 2, 2]), [0, 1, 0]) == pytest.approx(2 / 3)


def test_the_margin_keeps_accuracy():
    random = torch.Generator().manual_seed(0)
    labels = torch.randint(2, (400,), generator=random)
    clear = functional_logits(labels, 4.0, random)
    noisy = functional_logits(labels, 0.7, random)
    running = torch.stack([noisy, clear])
    margin = choose_margin(running, labels.tolist(), 0.01)
    assert margin is not None
    steps = exit_steps(running, margin)
    full = exit_accuracy(running, np.full(400, 2), labels.tolist())
    assert exit_accuracy(running, steps, labels.tolist()) >= full - 0.01
    assert 1 < steps.mean() < 2
    assert choose_margin(running[:1], labels.tolist(), 0.01) is None


def test_the_margin_is_one_of_forty_quantiles_of_the_leads():
    random = torch.Generator().manual_seed(1)
    labels = torch.randint(2, (400,), generator=random)
    running = torch.stack([functional_logits(labels, scale, random) for scale in (0.7, 1.5, 4.0)])
    top = np.sort(running.numpy(), axis=-1)
    tried = np.quantile((top[..., 1] - top[..., 0])[:-1], np.linspace(0, 1, 40))
    full = exit_accuracy(running, np.full(400, 3), labels.tolist())
    kept = [
        exit_accuracy(running, exit_steps(running, float(m)), labels.tolist()) >= full - 0.02
        for m in tried
    ]
    expected = tried[kept.index(True)]
    for kind in (torch.float32, torch.float64):
        found = choose_margin(running.to(kind), labels.tolist(), 0.02)
        assert found == pytest.approx(expected, abs=1e-6), kind
    assert choose_margin(running.half(), labels.tolist(), 0.02) == pytest.approx(expected, abs=1e-2)


def test_exits_without_texts_are_refused():
    running = torch.zeros(3, 0, 2)
    for ask in (
        lambda: exit_accuracy(running, np.zeros(0, np.int64), []),
        lambda: choose_margin(running, [], 0.1),
    ):
        with pytest.raises(InputError, match="at least one text"):
            ask()
    with pytest.raises(InputError, match="one label per text, but got 1 for 2 texts"):
        exit_accuracy(torch.zeros(3, 2, 2), np.array([1, 1]), [0])


def functional_logits(labels: torch.Tensor, scale: float, random: torch.Generator) -> torch.Tensor:
    return scale * nn.functional.one_hot(labels, 2) + torch.randn(
        (len(labels), 2), generator=random
    )


def test_training_by_three_definitions():
    ann = [layer(macs=1000), layer(name="readout", macs=20)]
    snn = [
        layer("encoder", "encoder", spikes_out=10),
        layer(sops=200, synapses=2000),
        layer("neurons", "act", spikes_out=5),
        layer(name="readout", sops=10, synapses=20),
    ]
    rows = {
        r["definition"]: r for r in training_rows(ann, snn, TABLES["compute-fp32"], 100, {"conv"})
    }
    assert rows["spikes"]["snn_operations"] == pytest.approx(15 * 100)
    assert rows["spikes"]["ann_operations"] == pytest.approx(1020 * 100)
    assert rows["fan-out"]["snn_operations"] == pytest.approx(210 * 100)
    assert rows["fan-out"]["ratio"] == pytest.approx(210 * 0.9 / (1020 * 4.6))
    # backward: weights once more; signals through the readout, one step: 20 MACs a text in both
    assert rows["with backward"]["ann_operations"] == pytest.approx((2 * 1020 + 20) * 100)
    assert rows["with backward"]["snn_operations"] == pytest.approx((2 * 210 + 20) * 100)


def test_users_add_a_table(tmp_path: Path):
    path = tmp_path / "mine.yaml"
    path.write_text("mine:\n  source: my lab\n  pj: {mac: 2, sop: 0.5}\n", "utf-8")
    tables = all_tables(path)
    assert list(tables)[:-1] == list(TABLES) and tables["mine"].source == "my lab"
    joules = tables["mine"].joules([layer(sops=4, macs=1)])
    assert joules is not None and joules[0] == pytest.approx(4e-12)


@pytest.mark.parametrize(
    "text",
    [
        "mine: 3",
        "mine: {pj: {}}",
        "mine: {pj: {gac: 1}}",
        "mine: {pj: {mac: -1}}",
        "mine: {pj: {mac: .nan}}",
        "mine: {pj: {mac: much}}",
        "mine: {pj: 7}",
        "mine: {pj: {mac: 1}, memory: [[8, 1], [4, 2]]}",
        "mine: {pj: {mac: 1}, memory: 3}",
        "mine: {pj: {mac: 1}, narrow: wide}",
        "mine: {pj: {mac: 1}, colour: red}",
        "loihi: {pj: {sop: 1}}",
        "- a list",
        "a: b: c",
    ],
)
def test_bad_tables_are_refused_in_one_line(tmp_path: Path, text: str):
    path = tmp_path / "mine.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match="expected") as error:
        all_tables(path)
    assert "\n" not in str(error.value)


def test_a_missing_file_of_tables_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"none\.yaml"):
        read_tables(tmp_path / "none.yaml")


def test_every_table_says_where_its_figures_come_from():
    for table in TABLES.values():
        assert isinstance(table, EnergyTable)
        assert len(table.source) > 40 and table.title != table.name


@given(st.integers(0, 10_000), st.floats(0.5, 5))
def test_a_budget_is_kept_and_used(seed: int, budget: float):
    random = torch.Generator().manual_seed(seed)
    running = torch.randn((3, 50, 2), generator=random)
    cost = np.array([1.0, 2.0, 4.0])
    margin = margin_for_budget(running, cost, budget)
    if margin is None:
        assert budget < 1
        return
    spent = cost[exit_steps(running, margin) - 1].mean()
    assert spent <= budget + 1e-9
    more = cost[exit_steps(running, np.nextafter(margin, np.inf) + 1e-6) - 1].mean()
    assert more > budget or more == spent == 4
