"""Trainings that are interrupted on the way."""

from __future__ import annotations

import pytest

from snnconvert.pipelines.training import loop
from snnconvert.pipelines.training.loop import Loop


def stop_before(
    patch: pytest.MonkeyPatch, *steps: int, of: str | None = None, often: bool = True
) -> None:
    """Interrupt trainings before each of these steps in turn, counted from 0, each once.

    Args:
        patch: takes it back
        steps: the first that is reached is waited for first
        of: name of the trainings that are interrupted; None for all
        often: a checkpoint after every step, not by the clock
    """
    step, waiting = Loop._step, list(steps)

    def stopping(self: Loop, indices: list[int]) -> None:
        if waiting and self.state.step == waiting[0] and of in (None, self.name):
            waiting.pop(0)
            raise KeyboardInterrupt
        step(self, indices)

    if often:
        patch.setattr(loop, "CHECKPOINT_SECONDS", -1.0)
    patch.setattr(Loop, "_step", stopping)
