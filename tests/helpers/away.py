"""A device that stands in for a GPU where there is none.

Its tensors hold their values on the CPU, so results are the CPU's to the bit. But they say that
they lie elsewhere (on torch's device ``meta``, the one that every build has), meet no tensor of the
CPU in an operation, and show their values only once they are copied back, as those of a GPU do.
So whatever forgets to move a tensor fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
import torch
from torch.optim import optimizer
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from snnconvert.models import devices

AWAY = torch.device("meta")
COPIES = (torch.ops.aten._to_copy, torch.ops.aten.copy_)


class AwayTensor(torch.Tensor):
    """A tensor on the device that stands in."""

    here: torch.Tensor

    @staticmethod
    def __new__(cls, here: torch.Tensor) -> AwayTensor:
        made = torch.Tensor._make_wrapper_subclass(
            cls,
            here.shape,
            strides=here.stride(),
            storage_offset=here.storage_offset(),
            dtype=here.dtype,
            device=AWAY,
        )
        made.here = here
        return made

    @property
    def data(self) -> AwayTensor:
        return self.detach()

    @data.setter
    def data(self, value: AwayTensor) -> None:
        assert (value.shape, value.dtype) == (self.shape, self.dtype)
        self.here = value.here

    def __repr__(self, **_) -> str:
        return f"away {self.here!r}"

    def tolist(self) -> list:
        return self.here.tolist()

    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None):
        return operate(function, args, kwargs or {})


class Mode(TorchDispatchMode):
    """Tensors that are made for the device lie there."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        return operate(function, args, kwargs or {})


def operate(function, args, kwargs):
    """Run an operation on the CPU; its result lies where a GPU would have it."""
    given = [t for t in tree_leaves((args, kwargs)) if isinstance(t, torch.Tensor)]
    away = [t for t in given if isinstance(t, AwayTensor)]
    if away and function.overloadpacket not in COPIES:
        # a number may be read from the CPU, as on a GPU
        mixed = [t for t in given if not isinstance(t, AwayTensor) and t.dim()]
        if mixed:
            raise RuntimeError(f"expected all tensors of {function} away, but {mixed[0]} is here")
    place = kwargs.get("device") or (AWAY if away else None)
    inside = tree_map(_here, kwargs)
    if "device" in inside and inside["device"] is not None:
        inside["device"] = torch.device("cpu")
    found = function(*tree_map(_here, args), **inside)
    if function.overloadpacket is torch.ops.aten.copy_:
        return args[0]
    same = {id(t.here): t for t in away}  # of operations in place

    def placed(value):
        if not isinstance(value, torch.Tensor):
            return value
        if id(value) in same:
            return same[id(value)]
        return AwayTensor(value) if place is not None and torch.device(place) == AWAY else value

    return tree_map(placed, found)


def _here(value):
    return value.here if isinstance(value, AwayTensor) else value


def _tensor(make, data, *, device=None, **more):
    made = make(data, **more)
    return made if device is None else made.to(device)


@contextmanager
def device_away() -> Iterator[torch.device]:
    """Inside the block ``cuda`` is the device that stands in for it."""
    with pytest.MonkeyPatch.context() as patch, Mode():
        patch.setattr(devices, "gpu", lambda: AWAY)
        # modules get new parameters on the device; the old ones could not take their values
        # torch.tensor asks no mode
        patch.setattr(torch, "tensor", partial(_tensor, torch.tensor))
        patch.setattr(torch.__future__, "_overwrite_module_params_on_conversion", True)
        # a GPU has the fused optimizers
        patch.setattr(optimizer, "_get_fused_kernels_supported_devices", lambda: ["cpu", AWAY.type])
        yield AWAY
