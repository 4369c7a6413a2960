"""The losses of the package: what they are by definition, and that each answers what it must."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from snnconvert.errors import InputError
from snnconvert.models.neurons.readout import SpikingReadout
from snnconvert.models.snn import SpikingTextModel
from snnconvert.pipelines.data import load_run_model, load_run_texts
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.training.losses import BUILT_IN, LOSSES, make_loss
from snnconvert.pipelines.training.losses.loss import Loss
from snnconvert.pipelines.training.surgery import with_outputs
from snnconvert.pipelines.training.text_loop import BatchLoss, Trainee

LABELS = torch.tensor([2, 0, 1, 1])
WEIGHT = torch.tensor([0.5, 2.0, 1.0])


def cross_entropy(outputs: Tensor, weight: Tensor | None) -> float:
    """By NumPy: minus the log of the softmax at the true class, weighted."""
    rows, labels = outputs.numpy().astype(np.float64), LABELS.numpy()
    logs = rows - np.log(np.exp(rows).sum(axis=1, keepdims=True))
    shares = np.ones(len(labels)) if weight is None else weight.numpy()[labels]
    return float(-(shares * logs[np.arange(len(labels)), labels]).mean())


def rate_distance(
    outputs: Tensor, weight: Tensor | None, true: float = 0.75, other: float = 0.05
) -> float:
    """By NumPy: squared distance from what is wanted of the true class and others, weighted."""
    rows, labels = outputs.numpy().astype(np.float64), LABELS.numpy()
    wanted = np.full(rows.shape, other)
    wanted[np.arange(len(labels)), labels] = true
    shares = np.ones(len(labels)) if weight is None else weight.numpy()[labels]
    return float((shares * ((rows - wanted) ** 2).sum(axis=1)).mean())


@pytest.mark.parametrize("name", [*BUILT_IN])
def test_a_weighted_text_counts_the_same_whatever_stands_beside_it(name: str) -> None:
    """So the batches of an epoch have its weighted loss in the mean, however small they are."""
    outputs = torch.rand(5, 4, 3, generator=torch.Generator().manual_seed(0))  # (T, B, K)
    loss = make_loss(name, None)
    if not loss.every_step:
        outputs = outputs[0]
    alone = [loss.loss(outputs[..., [i], :], LABELS[[i]], WEIGHT) for i in range(4)]
    torch.testing.assert_close(torch.stack(alone).mean(), loss.loss(outputs, LABELS, WEIGHT))
    halved = loss.loss(outputs, LABELS, WEIGHT / 2)
    torch.testing.assert_close(2 * halved, loss.loss(outputs, LABELS, WEIGHT))


@pytest.mark.parametrize("name", ["mean_logits", "spike_counts", "spike_rate", "mse_outputs"])
@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_each_is_what_it_is_by_definition(name: str, weight: Tensor | None) -> None:
    rates = torch.rand(4, 3, generator=torch.Generator().manual_seed(0))
    loss = make_loss(name, None)
    wanted = {
        "mean_logits": cross_entropy(rates, weight),
        "spike_counts": cross_entropy(10 * rates, weight),
        "spike_rate": rate_distance(rates, weight),
        "mse_outputs": rate_distance(rates, weight, 1.0, 0.0) / 3,  # the mean of three classes
    }
    found = float(loss.loss(rates, LABELS, weight))
    assert found == pytest.approx(wanted[name], rel=1e-6)


def test_every_name_has_its_file_and_every_file_its_name() -> None:
    folder = Path(str(sys.modules[LOSSES.package].__file__)).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "loss"}
    assert files == set(LOSSES) == set(BUILT_IN)
    assert all(issubclass(LOSSES[name], Loss) for name in LOSSES)


def test_names_load_neither_torch_nor_numpy() -> None:
    code = "import sys; from snnconvert.pipelines.training.losses import LOSSES; list(LOSSES);"
    code += "assert not {'torch', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_network_gets_the_outputs_that_a_loss_reads(tiny_run: Path) -> None:
    run = RunFolder(tiny_run)
    model, _ = load_run_model(run, "snn", SpikingTextModel)
    dev = load_run_texts(run).sequences["dev"]
    network = model.network
    assert with_outputs(model, "logits", dev) is network
    spiking = with_outputs(model, "spikes", dev)
    assert isinstance(spiking.node(spiking.output), SpikingReadout)
    with pytest.raises(InputError, match="logits or spikes, but got 'currents'"):
        with_outputs(model, "currents", dev)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (lambda outputs: outputs.sum(dim=1), r"a tensor of shape \(2,\)"),
        (lambda outputs: outputs.sum().detach(), "a tensor without gradients"),
        (lambda outputs: float(outputs.detach().sum()), "a float"),
        (lambda outputs: None, "a NoneType"),
    ],
)
def test_a_loss_that_gives_something_else_is_one_line(tiny_run: Path, given, says: str) -> None:
    class Odd(Loss):
        def loss(self, outputs: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
            return given(outputs)

    run = RunFolder(tiny_run)
    model, _ = load_run_model(run, "snn", SpikingTextModel)
    outputs = torch.ones(2, 2, requires_grad=True)
    trainee = Trainee(model, lambda *_: outputs, lambda _: outputs, Odd())
    loss = BatchLoss(trainee, load_run_texts(run), None)
    with pytest.raises(InputError, match=f"the loss Odd to give one number .* but got {says}"):
        loss([0, 1], torch.Generator())
