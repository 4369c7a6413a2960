"""Trainings that are interrupted on the way."""

from __future__ import annotations

import pytest

from snnconvert.pipelines.training import loop
from snnconvert.pipelines.training.loop import Loop


def stop_once(monkeypatch: pytest.MonkeyPatch, name: str, at: int) -> None:
    """Interrupt the next training called ``name`` before its step ``at``, counted from 0.

    A checkpoint is there of every step before.
    """
    step, left = Loop._step, [name]

    def stopping(self: Loop, indices: list[int]) -> None:
        if self.state.step == at and self.name in left:
            left.remove(self.name)
            raise KeyboardInterrupt
        step(self, indices)

    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", -1.0)
    monkeypatch.setattr(Loop, "_step", stopping)
