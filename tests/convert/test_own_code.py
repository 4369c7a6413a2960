"""An input code that a user adds and that does not keep what it must: one line, from the start."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from snnconvert.models.encoders import CODES
from snnconvert.models.encoders.code import Code
from snnconvert.tests.helpers.journey import refused


class Truths(Code):
    """What a comparison gives, not made numbers."""

    def encode(self, values, steps, generator=None, shared_noise=False) -> Tensor:
        return torch.stack([values > t / steps for t in range(steps)])


class OneFrame(Code):
    """One frame for all steps."""

    def encode(self, values, steps, generator=None, shared_noise=False) -> Tensor:
        return (values > 0.5).to(values.dtype)


@pytest.mark.parametrize("cls", [Truths, OneFrame])
def test_frames_of_another_type_or_shape_are_refused_before_they_are_used(
    cls: type[Code], tiny_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    CODES.add("mine", cls())
    try:
        words = ["convert", str(tiny_run), "--encoder", "mine", "--steps", "3", "--name", "other"]
        said = refused(words, capsys)
        assert "expected the code mine to give float32 frames of shape (T, B, C, L)" in said
    finally:
        CODES.remove("mine")
