"""The conversion benchmark: row layout, resume, the peer's network, the restated rule."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from snnconvert.benchmarks.conversion import parts as conversion_parts
from snnconvert.benchmarks.conversion import run as conversion
from snnconvert.benchmarks.conversion.networks import (
    Case,
    PeerTextCNN,
    Trained,
    check_equal,
    equal_lengths,
)
from snnconvert.benchmarks.conversion.outputs import chosen, losses, markdown, plot, targets
from snnconvert.benchmarks.conversion.parts import Cache, Part, measure, parts_of
from snnconvert.benchmarks.conversion.peers import (
    RATE_CODING,
    Remember,
    convert_lv2023,
    convert_spikingjelly,
)
from snnconvert.benchmarks.conversion.translated import check_agreement
from snnconvert.benchmarks.shared.results import read_results
from snnconvert.engine.evaluate import accuracy
from snnconvert.engine.reference import ann_logits
from snnconvert.errors import InputError, SnnConvertError
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.network import Signal
from snnconvert.models.nodes.layers import Conv1d
from snnconvert.models.text_model import TextModel

COLUMNS = {"dataset", "pooling", "activation", "converter", "recipe", "encoder", "steps", "seed"}
COLUMNS |= {"ann_accuracy", "snn_accuracy", "ann_dev_accuracy", "snn_dev_accuracy"}


def network(pooling: str = "max", activation: str = "qcfs", dim: int = 4) -> TextModel:
    draw = torch.Generator().manual_seed(1)
    vectors = torch.rand(30, dim, generator=draw) * 2 - 1
    vectors[0] = 0
    spec = TextCNNSpec(dim, 2, (2, 3), 5, activation, 4, 0.7, pooling)
    model = TextModel(vectors, build_textcnn(spec, 3)).eval()
    with torch.no_grad():
        for name in model.network.inputs:
            node = model.network.node(name)
            if isinstance(node, Conv1d):
                node.bias.uniform_(-0.3, 0.3, generator=draw)
    return model


def texts(count: int = 24, seed: int = 0) -> list[np.ndarray]:
    """Texts of 1 to 7 words, so some are shorter than a filter."""
    draw = np.random.default_rng(seed)
    return [draw.integers(1, 30, 1 + i % 7) for i in range(count)]


def net(pooling: str = "max", activation: str = "qcfs") -> Trained:
    model, found = network(pooling, activation), texts()
    logits = ann_logits(model, found)
    labels = logits.argmax(dim=1).tolist()
    labels[0] = 1 - labels[0]
    both = accuracy(logits, labels)
    return Trained(
        model,
        {"dev": found, "test": found},
        {"dev": labels, "test": labels},
        texts(seed=1),  # others: the largest activation as threshold would be met exactly
        {"dev": both, "test": both},
    )


@pytest.mark.parametrize("pooling", ["max", "mean"])
@pytest.mark.parametrize("activation", ["relu", "qcfs"])
def test_the_peers_network_computes_our_logits(pooling: str, activation: str) -> None:
    model = network(pooling, activation)
    assert check_equal(model, PeerTextCNN(model), texts()) < 1e-12


def test_another_network_is_refused() -> None:
    peer = PeerTextCNN(network())
    with torch.no_grad():
        peer.readout.bias.add_(0.1)
    with pytest.raises(SnnConvertError, match="two networks"):
        check_equal(network(), peer, texts())


def test_batches_hold_texts_of_one_length() -> None:
    found = [*texts(), np.array([], dtype=np.int64)]
    batches = list(equal_lengths(found, positions=8))
    assert sorted(i for batch in batches for i in batch) == list(range(len(found)))
    for batch in batches:
        lengths = {max(len(found[i]), 1) for i in batch}
        assert len(lengths) == 1
        assert lengths.pop() * len(batch) <= 8


@pytest.mark.parametrize("pooling", ["max", "mean"])
def test_rows_have_the_documented_columns(pooling: str) -> None:
    case = Case("sst2", pooling, "qcfs", 0)
    trained = net(pooling)
    rows = [row for part in parts_of(case) for row in measure(part, trained, (1, 4))]
    assert all(set(row) == COLUMNS for row in rows)
    assert {row["converter"] for row in rows} == {"ours", "spikingjelly", "lv2023"}
    assert all(0 <= row["snn_accuracy"] <= 1 for row in rows)
    exact = [
        row["snn_accuracy"]
        for row in rows
        if row["steps"] == 4 and (row["recipe"], row["encoder"]) == ("default", "direct")
    ]
    # QCFS with L = 4, V(0) = theta/2 and constant input: nothing is lost at T = 4
    assert exact == [trained.accuracy["test"]]
    json.dumps(rows)


def test_one_run_gives_the_rows_of_shorter_ones() -> None:
    trained, case = net(activation="relu"), Case("sst2", "max", "relu", 0)
    for part in parts_of(case):
        if part.converter == "ours":
            together = measure(part, trained, (1, 2, 4))
            alone = [measure(part, trained, (t,))[0] for t in (1, 2, 4)]
            assert together == alone


def test_spikingjellys_neurons_with_the_learned_bound_are_ours() -> None:
    case, trained = Case("sst2", "max", "qcfs", 0), net()
    ours = measure(Part(case, "ours", "default", "direct"), trained, (1, 2, 3, 4, 7))
    peer = Part(case, "spikingjelly", "QCFS bound, half, pool first", "direct")
    theirs = measure(peer, trained, (1, 2, 3, 4, 7))
    assert [r["snn_accuracy"] for r in ours] == [r["snn_accuracy"] for r in theirs]


def test_spikingjellys_thresholds_are_the_activations_of_all_windows() -> None:
    model = network("mean", "relu")
    found = [text for text in texts() if len(text) == 7]
    snn = convert_spikingjelly(model, PeerTextCNN(model), "max", found)
    record: dict[str, Signal] = {}
    ids = torch.from_numpy(np.stack(found))
    model.network(Signal(model.embed(ids), torch.full((len(found),), 7)), record)
    scales = [m.scale.item() for n, m in snn.named_modules() if n.endswith("scaler1")]
    expected = [record[name].values.max().item() for name in ("act2", "act3")]
    assert scales == pytest.approx(expected, rel=1e-6)


def test_spikingjelly_is_run_from_a_reset_state() -> None:
    trained, case = net(activation="relu"), Case("sst2", "max", "relu", 0)
    for recipe in RATE_CODING:
        part = Part(case, "spikingjelly", recipe, "direct")
        assert measure(part, trained, (1, 3)) == measure(part, trained, (1, 3))


def test_a_remembered_module_is_computed_once_for_one_tensor() -> None:
    calls = []

    class Count(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            calls.append(x)
            return x + len(calls)

    remember, x = Remember(Count()), torch.zeros(1)
    assert [remember(x).item() for _ in range(3)] == [1, 1, 1]
    assert remember(torch.zeros(1)).item() == 2


def by_hand() -> TextModel:
    """One word with one component; two filters of width 1 and 2, each with one channel."""
    vectors = torch.tensor([[0.0], [0.5], [-1.0]])
    model = TextModel(vectors, build_textcnn(TextCNNSpec(1, 2, (1, 2), 1, "relu"), 0)).eval()
    with torch.no_grad():
        for name, weight, bias in (
            ("conv1", [[[2.0]]], [1.0]),
            ("conv2", [[[4.0, -8.0]]], [0.5]),
            ("readout", [[1.0, 3.0], [-2.0, 0.0]], [0.6, -0.3]),
        ):
            node = model.network.node(name)
            node.weight.copy_(torch.tensor(weight))
            node.bias.copy_(torch.tensor(bias))
    return model


@pytest.mark.parametrize("recipe", ["published", "rescaled"])
def test_the_restated_rule_by_hand(recipe: str) -> None:
    model = by_hand()
    calibration = [np.array([1, 2, 1]), np.array([2])]
    snn = convert_lv2023(model, recipe, 3, calibration).network
    # x = 2 x' - presence: weights 2 w and -w, over the largest weight of the layer (2 and 4)
    assert snn.node("conv1").weight.tolist() == [[[2.0], [-1.0]]]
    assert snn.node("conv1").bias.tolist() == [0.5]
    assert snn.node("conv2").weight.tolist() == [[[2.0, -4.0], [-1.0, 2.0]]]
    assert snn.node("conv2").bias.tolist() == [0.125]
    readout = snn.node("readout")
    if recipe == "published":  # over its own largest, 3, and nothing else
        assert readout.weight.flatten().tolist() == pytest.approx([1 / 3, 1, -2 / 3, 0])
        assert readout.bias.tolist() == pytest.approx([0.2, -0.1])
    else:  # times what the inputs were divided by
        assert readout.weight.tolist() == [[2.0, 12.0], [-4.0, 0.0]]
        assert readout.bias.tolist() == pytest.approx([0.6, -0.3])


def test_the_published_rule_takes_the_maximum_of_currents() -> None:
    model, calibration = by_hand(), [np.array([1, 2, 1])]
    kinds = {
        recipe: [
            item["type"]
            for item in convert_lv2023(model, recipe, 2, calibration).network.describe()
        ]
        for recipe in ("published", "rescaled")
    }
    assert "MaxOfCurrents" in kinds["published"]
    assert "MaxOfCounts" in kinds["rescaled"]


def test_a_cut_off_line_of_the_cache_is_measured_again(tmp_path: Path) -> None:
    path = tmp_path / "parts.jsonl"
    cache = Cache(path)
    cache.add("a", [{"steps": 1}])
    path.write_text(path.read_text("utf-8") + '{"key": "b", "ro', "utf-8")
    again = Cache(path)
    assert set(again.found) == {"a"}
    again.add("b", [{"steps": 2}])
    assert Cache(path).found == {"a": [{"steps": 1}], "b": [{"steps": 2}]}


def test_the_benchmark_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[Part] = []

    def stopping(part: Part, trained: Trained, steps: Sequence[int]) -> list[dict]:
        if len(done) == 3 and part not in done:
            raise KeyboardInterrupt
        done.append(part)
        return measure(part, trained, steps)

    monkeypatch.setattr(conversion, "trained", lambda *_: net(activation="relu"))
    monkeypatch.setattr(conversion, "vectors_of", lambda *_: "random")
    monkeypatch.setattr(conversion, "measure", stopping)
    words = ["--datasets", "sst2", "--poolings", "max", "--activations", "relu", "--seeds", "0"]
    words += ["--steps", "1,2", "--work", str(tmp_path / "work"), "--out", str(tmp_path / "out")]
    with pytest.raises(KeyboardInterrupt):
        conversion.main(words)
    assert not (tmp_path / "out").exists()
    monkeypatch.setattr(conversion, "measure", measure)
    began = len(Cache(tmp_path / "work" / "parts.jsonl").found)
    assert began == 3
    assert conversion.main(words) == 0
    content = read_results(tmp_path / "out" / "conversion.json")
    assert set(content) == {"machine", "versions", "settings", "rows"}
    parts = parts_of(Case("sst2", "max", "relu", 0))
    assert len(content["rows"]) == 2 * len(parts)
    assert (tmp_path / "out" / "conversion.png").stat().st_size > 1000

    def never(*_: object) -> list[dict]:
        raise AssertionError("a finished part was measured again")

    monkeypatch.setattr(conversion, "measure", never)
    monkeypatch.setattr(conversion, "trained", never)
    assert conversion.main(words) == 0
    assert read_results(tmp_path / "out" / "conversion.json") == content


def test_other_steps_or_texts_are_other_parts() -> None:
    part = Part(Case("sst2", "max", "relu", 0), "ours", "default", "saf")
    assert part.key({"steps": [1]}) != part.key({"steps": [2]})
    other = Part(Case("sst2", "max", "relu", 1), "ours", "default", "saf")
    assert part.key({}) != other.key({})


def rows_of(converter: str, recipe: str, dev: float, losses: Sequence[float]) -> list[dict]:
    return [
        {
            "dataset": "sst2",
            "pooling": "max",
            "activation": "qcfs",
            "converter": converter,
            "recipe": recipe,
            "encoder": "direct",
            "steps": 2,
            "seed": seed,
            "ann_accuracy": 0.8,
            "snn_accuracy": 0.8 - loss / 100,
            "ann_dev_accuracy": 0.8,
            "snn_dev_accuracy": dev,
        }
        for seed, loss in enumerate(losses)
    ]


def test_the_recipe_is_chosen_on_dev_and_not_on_test(tmp_path: Path) -> None:
    rows = rows_of("ours", "good on dev", 0.79, [1.0, 2.0])
    rows += rows_of("ours", "good on test", 0.78, [-1.0, -1.0])
    rows += rows_of("spikingjelly", "max", 0.7, [0.5, 0.7])
    where = ("sst2", "max", "qcfs")
    assert chosen(rows)[(where, "ours", 2)] == ("good on dev", "direct")
    assert losses(rows)[(where, "ours", "good on dev", "direct", 2)] == pytest.approx([1, 2])
    found = targets(rows)
    assert [met for _, met in found] == [False, False]
    assert "at most 1.0" in found[0][0] and "loses less, 0.60 against 1.50" in found[1][0]
    page = markdown(rows, {"steps": [2]})
    assert "| sst2 max qcfs | 80.00 | ours | 1.50 (0.71) |" in page
    assert "| sst2 max qcfs | 80.00 | lv2023 | - |" in page
    plot(tmp_path / "loss.png", rows)
    assert (tmp_path / "loss.png").stat().st_size > 1000


def test_a_bad_name_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert conversion.main(["--datasets", "nothing"]) == 2
    assert "expected one of sst2, waimai" in capsys.readouterr().err
    with pytest.raises(InputError, match="--embeddings"):
        conversion.vectors_of("sst2", Path("nowhere"))
    assert conversion_parts.our_recipe("default", "saf", 4).steps == 4


def test_a_translated_network_that_differs_is_refused() -> None:
    theirs = torch.rand(8, 50, 2, generator=torch.Generator().manual_seed(0))
    assert check_agreement(theirs + 1e-6, theirs) == 0
    late = theirs.clone()
    late[-1, :10] += 0.01
    assert 0 < check_agreement(late, theirs) <= 0.05
    with pytest.raises(SnnConvertError, match="of two networks"):
        check_agreement(theirs.flip(-1), theirs)
