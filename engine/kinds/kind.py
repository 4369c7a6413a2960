"""What a kind of engine answers. A user's own is a subclass, added to `ENGINES` under its name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from ...models.devices import device_of
from ...models.network import Signal
from ...models.snn import SpikingTextModel
from ...models.text_model import TextModel
from ..incremental.ann_runner import AnnRunner
from ..inference.store import CACHE_BYTES
from ..plan import Unsupported
from ..reference import Engine
from ..training.surrogate import Surrogate

FEW_TEXTS = 64  # fewer texts than this are done before numba is loaded


@dataclass(frozen=True)
class Request:
    """What an engine is asked for.

    precision: of `PRECISIONS`
    texts: how many texts it will run, where that is known
    threads: of its kernels
    progress: label of a progress bar, none without it
    similar: the texts differ from one another in a few words, as those of an attack do
    reason: why no faster engine was taken, where that was not the user's wish
    table_bytes: the most bytes of a table of words that is kept; a smaller one is filled anew
        more often, and gives the same
    """

    precision: str = "exact"
    texts: int | None = None
    threads: int = 1
    progress: str | None = None
    similar: bool = False
    reason: str = ""
    table_bytes: int = CACHE_BYTES


class Training(Protocol):
    """Output currents with gradients for a model's weights, inside ``surrogate.neurons``.

    One that has ``records`` takes a further argument ``record``, which is filled with the signals,
    by name, that nodes behind the first neurons read; none without it.
    """

    @property
    def fused(self) -> bool:
        """Whether kernels with their own threads do most of the work."""

    def __call__(
        self, ids: Tensor, lengths: Tensor, generator: torch.Generator | None = None
    ) -> Tensor:
        """Output currents (T, B, K) of padded ids (B, L) with lengths (B,)."""


class EngineKind(ABC):
    """A way to run spiking networks; all give the same spikes.

    devices: types of the devices that networks may lie on, as in ("cpu",); all where it is empty
    """

    devices: tuple[str, ...] = ()

    def speed(self, texts: int | None) -> float:
        """How fast it is for so many texts, None for an unknown number: only the order counts.

        ``auto`` takes the fastest kind that does not refuse; the reference has the speed 10.
        """
        return 0.0

    def runs_on(self, device: torch.device) -> bool:
        """Whether it runs networks that lie on ``device``."""
        return not self.devices or device.type in self.devices

    def refuses(self, model: SpikingTextModel, precision: str) -> Unsupported | None:
        """Why it cannot run ``model``, in words that can be shown; None where it can.

        The device is not looked at.
        """
        return None

    @abstractmethod
    def make(self, model: SpikingTextModel, request: Request) -> Engine:
        """An engine for a model that it does not refuse."""

    def training(self, model: SpikingTextModel, surrogate: Surrogate) -> Training:
        """What trains ``model``; by default its own nodes.

        Raises:
            Unsupported: it cannot train the network so.
        """
        return NodeTraining(model)

    def ann(self, model: TextModel, precision: str, few: int = 0) -> AnnRunner:
        """What runs an ANN; by default its own nodes. ``few`` texts are not worth kernels."""
        return AnnRunner(model, precision)


@dataclass(frozen=True)
class NodeTraining:
    """Output currents with gradients by the network's own nodes."""

    model: SpikingTextModel
    fused: bool = False
    records: bool = True

    def __call__(
        self,
        ids: Tensor,
        lengths: Tensor,
        generator: torch.Generator | None = None,
        record: dict[str, Signal] | None = None,
    ) -> Tensor:
        """Output currents (T, B, K) of padded ids (B, L)."""
        with torch.no_grad():
            frames = self.model.frames(ids, lengths, generator)  # (T, B, D', L)
        return self.model.network(Signal(frames, lengths), record)


def elsewhere(kind: EngineKind, model: torch.nn.Module) -> Unsupported | None:
    """That ``kind`` does not run on the device of ``model``, in words; None where it does."""
    device = device_of(model)
    if kind.runs_on(device):
        return None
    wanted = " or ".join(kind.devices)
    return Unsupported(
        f"it runs networks on the device {wanted}, and this one lies on {device.type} "
        f"(give --device {kind.devices[0]})"
    )
