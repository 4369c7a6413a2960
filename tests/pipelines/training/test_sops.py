"""A target of operations: counted as the engines count, by hand, as a gradient, and in a run."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from snnconvert.engine.engines import make_engine, training_by
from snnconvert.engine.kinds.kind import NodeTraining
from snnconvert.engine.training.fast import FastTraining
from snnconvert.engine.training.surrogate import Surrogate
from snnconvert.errors import InputError
from snnconvert.files import load_tensors, read_json
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network, Signal
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.nodes.layers import Conv1d, Linear, initialised
from snnconvert.models.nodes.merge import Add, Scale
from snnconvert.models.nodes.pooling import MeanOverTime
from snnconvert.models.operations import SpikeCounter
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.text_model import set_generator
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.finetune import finetune as finetune_module
from snnconvert.pipelines.finetune import operations as operations_module
from snnconvert.pipelines.finetune.finetune import resolved_settings
from snnconvert.pipelines.finetune.operations import operations_target
from snnconvert.pipelines.finetune.sops import Counted, OperationsTarget, counter_of
from snnconvert.pipelines.settings.engine import EngineSettings
from snnconvert.pipelines.settings.finetune import AdversarialSettings, FinetuneSettings
from snnconvert.pipelines.training.checkpoint import State
from snnconvert.pipelines.training.surgery import with_dropout
from snnconvert.seeds import generator
from snnconvert.tests.energy.test_counts import two_branches
from snnconvert.tests.engine.test_training import RULES, build, texts
from snnconvert.tests.helpers.stopping import stop_before

EXACT = Surrogate("atan", 1.0)


def counted_of(model: SpikingTextModel, fast: bool = True) -> Counted:
    return Counted(model, FastTraining(model, EXACT) if fast else NodeTraining(model))


def target_of(model: SpikingTextModel, share: float = 0.5, weight: float = 1.0) -> OperationsTarget:
    return OperationsTarget(counted_of(copy.deepcopy(model).eval()), share, weight)


def operations(counted: Counted, ids: Tensor, lengths: Tensor) -> Tensor:
    """Operations (B,) in a training step, dropout and all."""
    set_generator(counted.model.network, generator(4, "dropout"))
    with EXACT.neurons(counted.model.network):
        return counted(ids, lengths, generator(0, "noise", 0))[1]


@given(
    seed=st.integers(0, 99),
    code=st.sampled_from(["saf", "direct", "bitplane"]),
    branches=st.lists(
        st.tuples(st.sampled_from(RULES), st.integers(1, 4), st.sampled_from([1, 5])),
        min_size=1,
        max_size=3,
    ),
    deep=st.booleans(),
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=4),
)
@settings(max_examples=40)
def test_a_training_step_counts_what_the_engines_count(
    seed: int, code: str, branches: Any, deep: bool, sizes: list[int]
) -> None:
    """Text by text, of every engine that records, while dropout zeroes and scales spikes."""
    means = any(rule == "mean" for rule, _, _ in branches)
    model = build(seed, Encoder(code), 3, branches, deep=deep and not means)
    model.network = with_dropout(model.network, 0.5)
    ids, lengths = texts(seed, sizes)
    engine = make_engine(model, "reference", "fast")
    expected = []
    for row, size in zip(ids, sizes, strict=True):
        counter = counter_of(model)
        engine.running_logits([row[:size].numpy()], counter=counter)
        layers = [n for n in counter.sops if model.network.inputs[n] != ("input",)]
        expected.append(sum(counter.sops[n] for n in layers))
    model.network.train()
    for fast in (False, True):
        if fast and means:
            assert not FastTraining(model, EXACT).records
        else:
            assert operations(counted_of(model, fast), ids, lengths).tolist() == expected


def test_operations_by_hand() -> None:
    """`tests/energy/test_counts.py` works out 12 and 6 of the pooled spikes of its two texts."""
    before, after = two_branches(), two_branches()
    target = target_of(before, 0.25)
    target.running_logits(make_engine(before), [np.array([1, 2, 3]), np.array([2])])
    # behind neurons 12 and 6, of 16 + 6 + 12 and 4 + 2 + 6
    assert (target.usual, target.found, target.whole) == (9.0, 9.0, (34 + 12) / 2)
    ids, lengths = torch.tensor([[1, 2, 3], [2, 0, 0]]), torch.tensor([3, 1])
    with EXACT.neurons(after.network):
        training = target.training("auto", after, EXACT)
        training(ids, lengths, generator(0))
        assert target.penalty().item() == 0.75
        # without a synapse from the third channel, 4 of 12 and 2 of 6 are gone
        after.network.get_parameter("nodes.readout.weight").data[:, 2] = 0
        training(ids, lengths, generator(0))
        assert target.penalty().item() == pytest.approx(2 / 3 - 0.25)
        target.target, target.weight = 0.5, 4.0
        training(ids[1:, :1], lengths[1:], generator(0))
        assert target.penalty().item() == pytest.approx(4 / 6)
        target.target = 0.7
        training(ids[1:, :1], lengths[1:], generator(0))
        assert target.penalty().item() == 0.0


def test_the_converted_network_sees_the_same_noise() -> None:
    """Unchanged, a network does the same work as before, and as many draws are made as without."""
    model = with_model_dropout(build(2, Encoder("poisson"), 5, [("spikes", 2, 5)]))
    ids, lengths = texts(2, [6, 9])
    target, noise, alone = target_of(model, 0.25), generator(1, "noise"), generator(1, "noise")
    with EXACT.neurons(model.network):
        target.training("auto", model, EXACT)(ids, lengths, noise)
        FastTraining(model, EXACT)(ids, lengths, alone)
    assert target.penalty().item() == 0.75
    assert torch.equal(noise.get_state(), alone.get_state())


def with_model_dropout(model: SpikingTextModel) -> SpikingTextModel:
    model.network = with_dropout(model.network, 0.5).train()
    return model


@pytest.mark.parametrize("fast", [True, False])
def test_its_gradient_is_that_of_the_spikes_times_their_synapses(fast: bool) -> None:
    """A pooled spike reaches 4 hidden neurons of a deep network, and their spikes 2 outputs."""
    model = build(5, Encoder("saf"), 4, [("spikes", 2, 5), ("counts", 3, 4)], deep=True)
    ids, lengths = texts(3, [6, 2, 9])
    model = model.double()
    for name in ("hidden", "readout"):  # a weight of zero would be no synapse
        weight = model.network.get_parameter(f"nodes.{name}.weight").data
        weight[weight == 0] = 1 / 32

    def gradients(number: Tensor) -> dict[str, Tensor]:
        model.network.zero_grad()
        number.backward()  # type: ignore[no-untyped-call]
        named = model.network.named_parameters()
        return {n: p.grad.clone() for n, p in named if p.grad is not None}

    with EXACT.neurons(model.network):
        found = gradients(counted_of(model, fast)(ids, lengths, generator(0))[1].sum())
        signals: dict[str, Signal] = {}
        model(ids, lengths, record=signals)
        pooled = signals["pool0"].values.sum() + signals["pool1"].values.sum()
        by_hand = gradients(pooled * 4 + signals["if"].values.sum() * 2)
    assert found.keys() == by_hand.keys() and float(found["nodes.conv0.weight"].norm()) > 0
    for name, gradient in by_hand.items():
        assert torch.allclose(found[name], gradient, atol=1e-9), name


def shortcut() -> SpikingTextModel:
    """A layer whose currents go to neurons and past them, a second layer, and a mean."""
    nodes = [
        ("first", Conv1d(4, 3, 1), ("input",)),
        ("again", Scale(3), ("first",)),
        ("neurons", IF(0.5), ("first",)),
        ("second", Conv1d(3, 3, 3, 1), ("neurons",)),
        ("sum", Add(), ("second", "again")),
        ("more", IF(0.5), ("sum",)),
        ("mean", MeanOverTime(), ("more",)),
        ("readout", Linear(3, 2), ("mean",)),
    ]
    network = initialised(Network(nodes), 0)
    return SpikingTextModel(torch.rand(9, 2) * 2 - 1, Encoder("saf", "split"), network, 3)


def test_of_many_layers_all_that_neurons_feed_are_counted() -> None:
    model = shortcut()
    ids, lengths = texts(0, [5, 8, 3])
    ids = ids.clamp(max=8)
    counter, behind = counter_of(model), {"second", "mean", "readout"}
    assert {n for n in ("first", "again", *behind) if counter.is_fired(n)} == behind
    record: dict[str, Signal] = {}
    with EXACT.neurons(model.network):
        NodeTraining(model)(ids, lengths, None, record)
        found = counted_of(model, False)(ids, lengths, generator(0))[1]
    done = counter.operations(record)
    assert found.tolist() == sum(done[name].sum(dim=0) for name in behind).tolist()
    # by the engine, over all texts
    sequences = [row[:n].numpy() for row, n in zip(ids, lengths.tolist(), strict=True)]
    whole = SpikeCounter(model.network, input_is_analog=False)
    make_engine(model, "reference", "fast").running_logits(sequences, counter=whole)
    assert found.sum().item() == sum(whole.sops[name] for name in behind)
    found.sum().backward()  # type: ignore[no-untyped-call]
    assert float(model.network.get_parameter("nodes.first.weight").grad.norm()) > 0


@pytest.mark.parametrize("engine", ["auto", "torch", "reference"])
def test_training_engines_record_or_give_way_to_nodes(engine: str) -> None:
    model = build(1, Encoder("saf"), 12, [("mean", 2, 5)])
    assert getattr(training_by(engine, model, EXACT), "records", False) == (engine == "reference")
    spikes = build(1, Encoder("saf"), 12, [("spikes", 2, 5)])
    assert training_by(engine, spikes, EXACT).records  # type: ignore[attr-defined]


def test_within_the_target_accuracy_chooses_and_above_it_operations() -> None:
    target = target_of(two_branches(), 0.5)
    target.usual = 100.0
    judged = {}
    for found, score in (
        (100.0, 0.9),
        (60.0, 0.7),
        (51.0, 0.6),
        (50.0, -1.0),
        (10.0, 0.3),
        (40.0, 0.4),
    ):
        target.found = found
        parts: dict[str, float] = {}
        judged[found] = target.judged(score, parts)
        assert parts == {"dev_operations": found / 100}
    assert sorted(judged, key=judged.__getitem__) == [100.0, 60.0, 51.0, 50.0, 10.0, 40.0]
    assert judged[40.0] == 0.4 and judged[100.0] > -2


def test_what_it_says_where_no_epoch_is_within() -> None:
    target = target_of(two_branches(), 0.5)
    target.usual = 100.0
    rows = [{"epoch": n, "dev_operations": share} for n, share in enumerate((1.0, 0.62, 0.4))]
    state = State(best_epoch=0, history=rows)
    assert "has 62 % of the" in str(target.missed(state))
    state.best_epoch = 1
    assert target.missed(state) is None
    assert target.figures(state) == {"target": 0.5, "before": 100.0, "after": 40.0}


def test_what_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    for share in (0.0, 1.0, 1.5):
        with pytest.raises(InputError, match="sops_target"):
            FinetuneSettings(sops_target=share)
    with pytest.raises(InputError, match="give --sops-target, or leave --sops-weight out"):
        FinetuneSettings(sops_weight=2.0)
    with pytest.raises(InputError, match="leave --sops-target out"):
        AdversarialSettings(("mine",)).check_training(FinetuneSettings(sops_target=0.5))
    silent = two_branches()
    for parameter in silent.network.parameters():
        parameter.data.zero_()
    with pytest.raises(InputError, match="silent on all dev texts"):
        target_of(silent).running_logits(make_engine(silent), [np.array([1, 2, 3])])

    class Two:
        count = 2

    monkeypatch.setattr(operations_module, "current", Two)
    wanted = FinetuneSettings(sops_target=0.5)
    with pytest.raises(InputError, match="start snnconvert without torchrun"):
        operations_target(silent, None, wanted, 0, EngineSettings())  # type: ignore[arg-type]


def test_without_it_nothing_is_written_down() -> None:
    names = {"sops_target", "sops_weight", "truncate"}
    assert not names & resolved_settings(FinetuneSettings(), 0).keys()
    both = resolved_settings(FinetuneSettings(sops_target=0.5, truncate=2), 0)
    assert names <= both.keys() and both["sops_weight"] == 1.0


DATA = ["--limit", "48", "--dim", "6", "--max-length", "20", "--vectors", "random"]
LOOP = ["--epochs", "4", "--batch-size", "16", "--lr", "0.01", "--tensorboard", "false"]


def test_a_run_is_within_its_target_stopped_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What is recorded is what the kept network does on dev; a stopped run gives the same."""
    made, kept = [], []
    save = finetune_module.save_snn

    def saving(
        run: Any, stage: str, model: SpikingTextModel, classes: Any, own: Any, *more: Any
    ) -> Any:
        counter = SpikeCounter(model.network, input_is_analog=False)
        make_engine(model).running_logits(own.sequences["dev"], counter=counter)
        kept.append(counter.sops["readout"] / counter.samples)
        return save(run, stage, model, classes, own, *more)

    monkeypatch.setattr(finetune_module, "save_snn", saving)
    for name, codes in (("whole", [0]), ("stopped", [130, 0])):
        run = str(tmp_path / name)
        if name == "stopped":
            stop_before(monkeypatch, 4, of="finetune")
        network = ["--widths", "2", "--channels", "12"]
        assert main(["train", "--out", run, *DATA, *network, *LOOP]) == 0
        assert main(["convert", run, "--steps", "2"]) == 0
        tune = ["finetune", run, *LOOP, "--sops-target", "0.6", "--sops-weight", "3"]
        assert [main(tune) for _ in codes] == codes
        made.append(load_tensors(tmp_path / name / "finetuned" / "weights.safetensors"))
    assert all(torch.equal(made[0][key], made[1][key]) for key in made[0])
    results = read_json(tmp_path / "stopped" / "results.json", "the results")
    found = results["finetuned"]["operations_target"]
    assert found["after"] == pytest.approx(kept[1]) and found["after"] <= 0.6 * found["before"]
    assert (
        results["finetuned"]["sops_by_layer"]["readout"]
        < results["snn"]["sops_by_layer"]["readout"]
    )
    assert "operations a text are by spikes of neurons" in capfd.readouterr().err
    log = (tmp_path / "stopped" / "finetuned" / "finetune.csv").read_text().splitlines()
    assert log[0].endswith("dev_operations") and log[1].endswith(",1.0")
