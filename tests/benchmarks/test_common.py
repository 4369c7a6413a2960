"""What the speed benchmarks share: turns, equality, rows, result files, the peers' networks."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from snnconvert.benchmarks.shared.common import (
    QUICK,
    Case,
    Effort,
    Target,
    Variant,
    case_table,
    measure,
    ratio_text,
    same,
    seconds_text,
    target_lines,
)
from snnconvert.benchmarks.shared.peers import (
    PEERS,
    Weights,
    grid_step,
    model_of,
    peer_frames,
    random_vectors,
)
from snnconvert.benchmarks.shared.results import write_results
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Signal
from snnconvert.seeds import generator

COLUMNS = ["case", "variant", "code", "steps", "length", "batch", "cpu_seconds"]
COLUMNS += ["ratio_to_spikingjelly", "equal"]
CASE = Case("work", "saf", 4, 3, 2, {"threads": 1})


def spin(seconds: float) -> int:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return 7


def test_the_ratio_is_that_of_cpu_time() -> None:
    quick = Variant("ours", lambda: spin(0.002))
    slow = Variant("spikingjelly", lambda: spin(0.008))
    rows = measure(CASE, [quick, slow], Effort(rounds=5, seconds=0.0, least=0.0))
    assert [list(row) for row in rows] == [[*COLUMNS, "wall_seconds", "threads"]] * 2
    assert rows[0]["ratio_to_spikingjelly"] == pytest.approx(4, rel=0.3)
    assert rows[1]["ratio_to_spikingjelly"] == 1 and rows[0]["threads"] == 1
    assert rows[0]["cpu_seconds"] == pytest.approx(0.002, rel=0.3)


def test_sleep_is_not_counted() -> None:
    row = measure(CASE, [Variant("ours", lambda: time.sleep(0.02))], QUICK)[0]
    assert row["cpu_seconds"] < 0.01 and row["ratio_to_spikingjelly"] is None


def test_what_comes_before_a_run_is_not_counted() -> None:
    calls: list[str] = []
    variant = Variant("cold", lambda: calls.append("run"), lambda: calls.append("clear"))
    measure(CASE, [variant], Effort(rounds=2, seconds=0.0, least=0.0))
    assert calls == ["clear", "run"] * 4  # check, trial, two rounds


def test_every_variant_begins_a_round() -> None:
    order: list[str] = []
    variants = [Variant(n, lambda n=n: order.append(n)) for n in "abc"]
    measure(CASE, variants, Effort(rounds=3, seconds=0.0, most=3, least=0.0))
    assert "".join(order[6:]) == "abcbcacab"


def test_another_output_is_said() -> None:
    variants = [Variant("reference", lambda: torch.ones(2)), Variant("a", lambda: torch.ones(2))]
    variants.append(Variant("b", lambda: torch.ones(2) + 1e-7))
    rows = measure(CASE, variants, QUICK)
    assert [row["equal"] for row in rows] == [True, True, False]
    assert case_table(rows).splitlines()[-1].endswith("| NO |")


def test_equality_is_to_the_bit() -> None:
    assert same([np.ones(2), 1], [torch.ones(2), 1])
    assert not same(np.ones(2), np.ones(3))
    assert not same([1], [1, 2])


def test_targets_are_those_that_were_measured() -> None:
    rows = [
        {"case": "a", "variant": "ours", "ratio_to_spikingjelly": 9.0},
        {"case": "b", "variant": "ours", "ratio_to_spikingjelly": 5.0},
        {"case": "c", "variant": "ours", "ratio_to_spikingjelly": None},
    ]
    targets = [Target(name, "ours", 8) for name in "abcd"]
    assert [met for _, met in target_lines(targets, rows)] == [True, False]
    assert target_lines(targets, rows)[1][0] == "b, ours: 5 times, at least 8"


def test_numbers_in_words() -> None:
    assert [seconds_text(x) for x in (12.345, 0.0456, 7.89e-4)] == ["12.3 s", "45.6 ms", "789 us"]
    assert [ratio_text(x) for x in (None, 1.234, 123.4)] == ["-", "1.23", "123"]


def test_results_have_the_layout_of_all_results(tmp_path: Path) -> None:
    write_results(tmp_path, "x", {"seed": 0}, [{"case": "a"}], "# x\n")
    content = json.loads((tmp_path / "x.json").read_text("utf-8"))
    assert set(content) == {"machine", "versions", "settings", "rows"}
    assert content["rows"] == [{"case": "a"}] and "cores" in content["machine"]
    assert {"snnconvert", "spikingjelly", "torch"} <= set(content["versions"])
    assert (tmp_path / "x.md").read_text("utf-8") == "# x\n"


@pytest.mark.parametrize(
    ("code", "mapping", "steps"),
    [
        ("saf", "split", 6),
        ("saf", "shift", 5),
        ("poisson", "split", 4),
        ("bitplane", "split", 7),
        ("direct", "split", 6),
        ("direct", "none", 6),
    ],
)
def test_peers_compute_our_outputs_to_the_bit(code: str, mapping: str, steps: int) -> None:
    pytest.importorskip("snntorch")
    model = model_of(random_vectors(40, 12), Encoder(code, mapping), steps, channels=5)
    draw = np.random.default_rng(0)
    texts = [draw.integers(1, 40, 9) for _ in range(3)]
    frames, weights = peer_frames(model, texts), Weights(model)
    ids, lengths = torch.from_numpy(np.stack(texts)), torch.full((3,), 9)
    record: dict[str, Signal] = {}
    with torch.no_grad():
        expected = model(ids, lengths, generator(0, "noise", 0), record=record)
    assert expected.unique().numel() > 6  # the spikes say something
    for name, peer in PEERS.items():
        run = peer(weights)
        for _ in range(2):  # nothing is left of the first run
            assert torch.equal(run(frames), expected), name


def test_no_potential_equals_the_threshold() -> None:
    model = model_of(random_vectors(20, 6), Encoder("saf"), 3, channels=4)
    step = grid_step(model.encoder)
    initial = model.network.node("act3").initial
    assert (initial / step) % 1 == 0.5 and step == 2.0**-9
    weight = model.network.node("conv4").weight
    assert torch.equal(weight, (weight / step).round() * step)
