"""Sparse weights: by hand, as a property, and in a run that is stopped and goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.files import load_tensors, read_json
from snnconvert.models.network import Network
from snnconvert.models.nodes.layers import Linear
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.finetune.finetune import resolved_settings
from snnconvert.pipelines.settings.finetune import FinetuneSettings
from snnconvert.pipelines.training.weights.sparse import Rewired, kept
from snnconvert.tests.helpers.stopping import stop_before

DATA = ["--limit", "48", "--dim", "6", "--max-length", "20", "--vectors", "random"]
NETWORK = ["--widths", "2", "--channels", "4", "--tensorboard", "false"]
LOOP = ["--epochs", "2", "--batch-size", "16", "--lr", "0.01"]


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=30), st.floats(0, 0.99))
def test_what_is_kept_is_the_largest(values: list[int], share: float):
    weights = torch.tensor(values, dtype=torch.float32)
    stay = kept(weights, share).numpy()
    sizes = np.sort(np.abs(values))
    cut = round(share * len(values))
    smallest = sizes[cut - 1] if cut else -1  # of equal ones all go
    assert stay.tolist() == [abs(value) > smallest for value in values]


def test_a_synapse_grows_back_by_hand():
    """Half of 3, -1, 0.5, -2 stay: 3 and -2. A step of -1 times the gradients 0, 0, -4, 1.5.

    The weight of 0.5 is cut, yet learns: 4.5. -2 becomes -3.5, so 4.5 and -3.5 stay, and 3 goes.
    The next step, +1 for the first alone, makes 4 of its 3: it comes back, and -3.5 goes.
    """
    layer, last = Linear(4, 1), Linear(1, 2)
    layer.weight.data = torch.tensor([[3.0, -1.0, 0.5, -2.0]])
    network = Network([("layer", layer, ("input",)), ("last", last, ("layer",))])
    optimizer = torch.optim.SGD([layer.weight], 1.0)
    rewired = Rewired(network, 0.5)
    rewired.follow(optimizer)
    assert layer.weight.tolist() == [[3, 0, 0, -2]] and rewired.zeros == (2, 4)
    layer.weight.grad = torch.tensor([[0.0, 0.0, -4.0, 1.5]])
    optimizer.step()
    assert layer.weight.tolist() == [[0, 0, 4.5, -3.5]]
    layer.weight.grad = torch.tensor([[-1.0, 0.0, 0.0, 0.0]])
    optimizer.step()
    assert layer.weight.tolist() == [[4, 0, 4.5, 0]]
    rewired.end()
    assert not dict(network.named_buffers())


def test_stopped_it_goes_on_and_saves_operations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Stopped at the fourth step of six: the same weights, three quarters of them zero."""
    made = []
    for name, codes in (("whole", [0]), ("stopped", [130, 0])):
        run = str(tmp_path / name)
        if name == "stopped":
            stop_before(monkeypatch, 4, of="finetune")
        assert main(["train", "--out", run, *DATA, *NETWORK, *LOOP]) == 0
        assert main(["convert", run, "--steps", "2"]) == 0
        tune = ["finetune", run, *LOOP, "--weight-sparsity", "0.75", "--tensorboard", "false"]
        assert [main(tune) for _ in codes] == codes
        made.append(load_tensors(tmp_path / name / "finetuned" / "weights.safetensors"))
    assert made[0].keys() == made[1].keys() and not any("uncut" in key for key in made[0])
    assert all(torch.equal(made[0][key], made[1][key]) for key in made[0])
    (conv,) = (value for key, value in made[0].items() if "conv2.weight" in key)
    assert (conv == 0).float().mean().item() == pytest.approx(0.75, abs=0.02)
    results = read_json(tmp_path / "whole" / "results.json", "the results")
    before, after = (results[stage]["sops_by_layer"]["conv2"] for stage in ("snn", "finetuned"))
    assert after < 0.5 * before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"weight_sparsity": 1.0}, "weight_sparsity"),
        ({"weight_sparsity": 0.5, "average": 1.0}, "leave --average or --weight-sparsity out"),
    ],
)
def test_what_cannot_be(options: dict[str, float], said: str):
    with pytest.raises(InputError, match=said):
        FinetuneSettings(**options)


def test_without_it_nothing_is_written_down():
    assert "weight_sparsity" not in resolved_settings(FinetuneSettings(), 0)
    assert resolved_settings(FinetuneSettings(weight_sparsity=0.5), 0)["weight_sparsity"] == 0.5
