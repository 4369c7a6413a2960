"""One output for each class: a single logit becomes two, other numbers of outputs are refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from snnconvert.convert.conversion import convert_model
from snnconvert.convert.from_torch.module import from_torch
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.engine.classifier import ModelClassifier
from snnconvert.engine.evaluate import accuracy, evaluate_snn
from snnconvert.engine.reference import ann_logits
from snnconvert.errors import InputError
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.network import Signal
from snnconvert.models.nodes.layers import Linear
from snnconvert.models.outputs import in_order, output_count
from snnconvert.models.saving import load_model, save_model
from snnconvert.models.text_model import TextModel
from snnconvert.text.datasets.dataset import Split
from snnconvert.text.stages.words import TextStage

DIM = 16
GOOD, BAD = ("fine", "warm", "superb"), ("grim", "cold", "awful")
TEXTS = tuple(f"the room was {(GOOD if i % 2 else BAD)[i // 2 % 3]} on day {i}" for i in range(120))
LABELS = tuple(i % 2 for i in range(120))


class One(nn.Module):
    """One logit, with what may come behind it."""

    def __init__(self, end=lambda z: z) -> None:
        super().__init__()
        self.conv, self.out, self.end = nn.Conv1d(DIM, 8, 2), nn.Linear(8, 1), end

    def forward(self, x: Tensor) -> Tensor:
        return self.end(self.out(F.relu(self.conv(x)).max(dim=2)[0]))


@pytest.fixture(scope="module")
def trained() -> tuple[One, TextStage, Tensor, list[np.ndarray]]:
    """A module with one logit, trained with BCEWithLogitsLoss, and its texts."""
    torch.manual_seed(0)
    stage, matrix = TextStage.fit(Split(TEXTS, LABELS), "en", "random", dim=DIM, progress=False)
    vectors, ids = torch.from_numpy(matrix), stage.encode(TEXTS)
    x, target = inputs(vectors, ids), torch.tensor(LABELS).float()
    module = One()
    optimizer = torch.optim.Adam(module.parameters(), 1e-2)
    for _ in range(80):
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(module(x).squeeze(1), target).backward()
        optimizer.step()
    return module, stage, vectors, ids


def inputs(vectors: Tensor, ids: list[np.ndarray]) -> Tensor:
    return vectors[torch.from_numpy(np.stack(ids))].transpose(1, 2)


@torch.no_grad()
def test_one_logit_is_right_as_ann_and_as_snn(trained):
    module, stage, vectors, ids = trained
    z = module(inputs(vectors, ids))[:, 0]
    theirs = float(((z > 0).long() == torch.tensor(LABELS)).double().mean())
    assert theirs > 0.95  # it has learned something that class 0 alone would not give
    model = TextModel(vectors, from_torch(module, DIM)).eval()
    logits = ann_logits(model, ids)
    torch.testing.assert_close(logits, torch.stack([torch.zeros_like(z), z], 1))
    assert accuracy(logits, LABELS) == theirs
    snn = convert_model(model, ConversionRecipe(), ids).snn
    assert evaluate_snn(snn, ids, LABELS)["accuracy"] >= theirs - 0.02
    ann = ModelClassifier(stage, model, ("neg", "pos")).probabilities(TEXTS[:6])
    np.testing.assert_allclose(ann[:, 1], z[:6].sigmoid().numpy(), rtol=1e-4)
    spiking = ModelClassifier(stage, snn, ("neg", "pos")).probabilities(TEXTS[:6])
    assert ((spiking[:, 1] > 0.5) == (z[:6] > 0).numpy()).all()


@pytest.mark.parametrize(
    "end",
    [
        torch.sigmoid,
        lambda z: z.squeeze(1),
        lambda z: F.sigmoid(z).squeeze(-1),
        lambda z: z.view(-1),
        lambda z: torch.flatten(z),
        lambda z: z.squeeze(),
        nn.Sigmoid(),
    ],
    ids=["sigmoid", "squeeze", "both", "view", "flatten", "squeeze all", "layer"],
)
@torch.no_grad()
def test_what_comes_behind_one_logit_is_left_out(end):
    torch.manual_seed(0)
    module, x = One(end), torch.rand(4, DIM, 5) - 0.5
    ours = from_torch(module, DIM)(Signal(x, torch.full((4,), 5)))
    plain = One()
    plain.load_state_dict(module.state_dict())
    expected = torch.cat([torch.zeros(4, 1), plain(x)], 1)
    torch.testing.assert_close(ours, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "end", [nn.Softmax(1), nn.LogSoftmax(dim=-1), lambda z: F.softmax(z, 1), lambda z: z.softmax(1)]
)
@torch.no_grad()
def test_a_softmax_at_the_end_is_left_out(end):
    torch.manual_seed(0)
    module, x = One(end), torch.rand(4, DIM, 5) - 0.5
    module.out = nn.Linear(8, 3)
    ours = from_torch(module, DIM)(Signal(x, torch.full((4,), 5)))
    plain = One()
    plain.out = nn.Linear(8, 3)
    plain.load_state_dict(module.state_dict())
    torch.testing.assert_close(ours, plain(x), rtol=1e-5, atol=1e-6)


def test_one_output_of_a_convolution_is_refused():
    module = nn.Sequential(nn.Conv1d(DIM, 1, 2), nn.AdaptiveAvgPool1d(1), nn.Flatten())
    with pytest.raises(InputError, match=r"one logit of a MeanOverTime; end in a Linear of two"):
        from_torch(module, DIM)


def text_model(outputs: int) -> TextModel:
    network = build_textcnn(TextCNNSpec(dim=DIM, classes=outputs, widths=(2,), channels=4))
    return TextModel(torch.zeros(7, DIM), network)


@pytest.mark.parametrize(
    ("outputs", "classes", "reason"),
    [
        (1, ("neg", "pos"), "the network gives a single one; .* two rows, zeros and the one"),
        (3, ("neg", "pos"), "each of the 2 classes neg, pos, but the network gives 3"),
        (2, ("a", "b", "c"), "each of the 3 classes a, b, c, but the network gives 2"),
        (1, ("all",), "at least two classes of different names, but got all"),
        (2, ("a", "a"), "at least two classes of different names, but got a, a"),
        (2, (), "at least two classes of different names, but got none|something in it"),
    ],
)
def test_other_outputs_than_classes_are_refused_everywhere(outputs, classes, reason, tmp_path):
    model = text_model(outputs)
    with pytest.raises(InputError, match=reason):
        save_model(tmp_path / "ann", model, classes)
    assert not (tmp_path / "ann").exists()
    stage, matrix = TextStage.fit(Split(TEXTS, LABELS), "en", "random", dim=DIM, progress=False)
    model.embedding = nn.Embedding.from_pretrained(torch.from_numpy(matrix))
    with pytest.raises(InputError, match=reason):
        ModelClassifier(stage, model, classes)
    good = text_model(2)
    save_model(tmp_path / "good", good, ("a", "b"))
    spec = json.loads((tmp_path / "good" / "spec.json").read_text(encoding="utf-8"))
    spec["classes"] = list(classes)
    spec["nodes"][-1]["settings"]["outputs"] = outputs
    (tmp_path / "good" / "spec.json").write_text(json.dumps(spec), encoding="utf-8")
    with pytest.raises(InputError, match=reason):
        load_model(tmp_path / "good")


@pytest.mark.parametrize(
    ("logits", "labels", "reason"),
    [
        (torch.zeros(3, 1), [0, 1, 0], r"K >= 2 classes, but got the shape \(3, 1\)"),
        (torch.zeros(3), [0, 1, 0], r"K >= 2 classes, but got the shape \(3,\)"),
        (torch.zeros(3, 2), [0, 1], "got 2 for 3 texts"),
        (torch.zeros(1, 2), [0, 1], "got 2 for 1 texts"),
        (torch.zeros(0, 2), [], "at least one text, but got none"),
        (torch.zeros(3, 2), [0, 1, 2], "from 0 to 1, but position 2 holds int 2"),
        (torch.zeros(3, 2), [0, 1, -1], "from 0 to 1, but position 2 holds int -1"),
    ],
)
def test_accuracy_of_what_has_none_is_refused(logits, labels, reason):
    with pytest.raises(InputError, match=reason):
        accuracy(logits, labels)


def test_outputs_are_counted_and_put_in_order():
    network = text_model(3).network
    assert output_count(network) == 3
    assert isinstance(network.node("readout"), Linear)
    x = Signal(torch.rand(2, DIM, 6), torch.tensor([6, 4]))
    before = network.eval()(x)
    assert torch.equal(in_order(network, [2, 0, 1]).eval()(x), before[:, [2, 0, 1]])
    assert torch.equal(network(x), before)


@pytest.mark.long
@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("04-one-logit-module", ["the module itself: 1.0", "as ANN here:       1.0"]),
        ("14-kim-conv2d", ["(convs_2): Conv1d()", "MaxOverTime()", "(fc): Linear()"]),
    ],
)
def test_scripts_of_users(case, expected):
    script = Path(__file__).resolve().parents[3] / "shared" / "cases" / case / "case.py"
    if not script.is_file():
        pytest.skip("the scripts are not here: they lie in ../shared/cases")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert all(line in done.stdout for line in expected), done.stdout
