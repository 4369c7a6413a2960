"""Devices by name, and the device that stands in for a GPU in tests."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from snnconvert.errors import InputError
from snnconvert.models.batches import to_batch
from snnconvert.models.devices import DEVICES, device_name, device_of, find_device, on_cpu
from snnconvert.tests.helpers.away import AWAY, AwayTensor, device_away

needs_no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")


@needs_no_gpu
def test_without_a_gpu():
    assert find_device("auto") == find_device("cpu") == torch.device("cpu")
    with pytest.raises(InputError, match=r"expected a GPU for the device cuda") as error:
        find_device("cuda")
    assert "give --device cpu" in str(error.value) and "\n" not in str(error.value)


def test_names():
    assert DEVICES == ("auto", "cpu", "cuda")
    with pytest.raises(InputError, match="expected the device to be auto, cpu, cuda, but"):
        find_device("tpu")
    assert device_name(torch.device("cpu")) == "cpu"


def test_with_a_gpu():
    with device_away():
        assert find_device("cuda") == find_device("auto") == AWAY
        assert find_device("cpu") == torch.device("cpu")


def test_batches_and_copies_go_where_the_network_is():
    texts = [np.array([1, 2, 3]), np.array([4])]
    assert device_of(nn.ReLU()) == torch.device("cpu")
    with device_away():
        layer = nn.Linear(2, 2)
        assert on_cpu(layer) is layer
        assert {part.device.type for part in to_batch(texts, layer)} == {"cpu"}
        layer.to(AWAY)
        ids, lengths = to_batch(texts, layer)
        assert isinstance(ids, AwayTensor) and isinstance(lengths, AwayTensor)
        assert ids.tolist() == [[1, 2, 3], [4, 0, 0]] and lengths.tolist() == [3, 1]
        back = on_cpu(layer)
        assert device_of(back).type == "cpu" and device_of(layer) == AWAY
        assert torch.equal(back.weight, layer.weight.cpu())


def test_the_stand_in_refuses_what_a_gpu_refuses():
    with device_away():
        far, near = torch.zeros(3, device=AWAY), torch.ones(3)
        assert isinstance(far, AwayTensor) and far.device == AWAY
        for mixed in (
            lambda: far + near,
            lambda: torch.cat([far, near]),
            lambda: nn.functional.linear(far, torch.eye(3)),
        ):
            with pytest.raises(RuntimeError, match="expected all tensors of"):
                mixed()
        for shown in (far.numpy, lambda: np.asarray(far)):
            with pytest.raises((RuntimeError, TypeError)):
                shown()
        far.copy_(near)
        assert (far + torch.tensor(1.0)).cpu().tolist() == [2.0, 2.0, 2.0]
        near.copy_(far * 3)
        assert near.tolist() == [3.0] * 3 and float(far.sum()) == 3.0


def test_the_stand_in_has_gradients():
    with device_away():
        weight = torch.ones(3, device=AWAY, requires_grad=True)
        (weight * 2).sum().backward()
        assert isinstance(weight.grad, AwayTensor) and weight.grad.tolist() == [2.0] * 3
