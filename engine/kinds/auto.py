"""The fastest engine that can: what is taken where none is asked for by name."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from torch.nn import Module

from ...models.devices import device_of
from ...models.snn import SpikingTextModel
from ...models.text_model import TextModel
from ..incremental.ann_runner import AnnRunner
from ..plan import Unsupported
from ..reference import Engine
from ..training.surrogate import Surrogate
from . import ENGINES
from .kind import FEW_TEXTS, EngineKind, Request, Training

T = TypeVar("T")
log = logging.getLogger("snnconvert.engine")
_said: set[str] = set()


class Auto(EngineKind):
    """Takes the fastest kind on the model's device that does not refuse, and says once why not.

    Of kinds that are as fast, the first one in `ENGINES`.
    """

    def kinds(self, model: Module, texts: int | None) -> Iterator[tuple[str, EngineKind]]:
        """The others that run on the device of ``model``, the fastest first."""
        device = device_of(model)
        there = [(n, k) for n, k in ENGINES.items() if k is not self and k.runs_on(device)]
        yield from sorted(there, key=lambda item: -item[1].speed(texts))

    def make(self, model: SpikingTextModel, request: Request) -> Engine:
        """As `EngineKind.make`."""

        def made(kind: EngineKind, reason: str) -> Engine:
            refused = kind.refuses(model, request.precision)
            if refused is not None:
                raise refused
            return kind.make(model, replace(request, reason=reason))

        return self._first(model, request.texts, made, "runs")

    def training(self, model: SpikingTextModel, surrogate: Surrogate) -> Training:
        """As `EngineKind.training`."""

        def made(kind: EngineKind, reason: str) -> Training:
            return kind.training(model, surrogate)

        return self._first(model, None, made, "fine-tunes")

    def ann(self, model: TextModel, precision: str, few: int = FEW_TEXTS) -> AnnRunner:
        """As `EngineKind.ann`; a few texts are done by its own nodes."""
        _, fastest = next(self.kinds(model, None))
        return fastest.ann(model, precision, few)

    def _first(
        self,
        model: Module,
        texts: int | None,
        made: Callable[[EngineKind, str], T],
        does: str,
    ) -> T:
        """What the first kind makes that does not raise `Unsupported`."""
        refused: Unsupported | None = None
        for name, kind in self.kinds(model, texts):
            try:
                found = made(kind, str(refused or ""))
            except Unsupported as reason:
                refused = refused or reason
                continue
            if refused is not None:
                _say_once(f"the {name} engine {does} this network: {refused}")
            return found
        raise refused or Unsupported("no engine runs on its device")


def _say_once(line: str) -> None:
    if line not in _said:
        _said.add(line)
        log.info("%s", line)


ENGINE = Auto()
