"""An explanation as JSON: every part, as the numbers that add up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...engine.explanation.text import Explanation

Row = dict[str, Any]


def explained(
    model: str,
    found: Explanation,
    ann: Explanation | None,
    without: Mapping[int, np.ndarray],
    seed: int = 0,
) -> Row:
    """All figures of an explanation by name.

    For each class ``bias`` + the windows' ``parts`` + ``rounding`` is the logit, to the last bit
    of a double, and so is ``bias`` + the words' ``parts`` + ``word_rounding``.

    Args:
        model: its name
        found: its explanation
        ann: that of the ANN, where the model is another
        without: logits (K,) with a window silenced, by the window's index
        seed: of the draw, where the code is drawn at random
    """
    parts = found.parts
    figures: Row = {
        "text": found.text,
        "model": model,
        "words": found.words,
        "left_out": found.left_out,
        "steps": len(parts.running),
        "predicted": found.classes[found.predicted],
        "logits": _classes(found, parts.logits),
        "bias": _classes(found, parts.bias),
        "rounding": _classes(found, parts.rounding),
        "word_rounding": _classes(found, parts.word_rounding),
        "by_step": [
            {"step": t, **_answer(found, row)} for t, row in enumerate(parts.running, start=1)
        ],
        "by_word": [_word(found, i) for i in range(len(found.words))],
        "windows": [_window(found, w, without.get(w)) for w in range(len(parts.windows))],
    }
    if found.draws:
        figures["seed"] = seed
    if ann is not None:
        figures["ann"] = _answer(ann, ann.parts.logits) | {
            "by_word": [_classes(ann, row) for row in ann.parts.words]
        }
    return figures


def _classes(found: Explanation, values: np.ndarray) -> dict[str, float]:
    """Figures (K,) by class."""
    return {name: float(v) for name, v in zip(found.classes, values, strict=True)}


def _answer(found: Explanation, logits: np.ndarray) -> Row:
    return {
        "predicted": found.classes[int(logits.argmax())],
        "logits": _classes(found, logits),
    }


def _word(found: Explanation, i: int) -> Row:
    parts = found.parts
    return {
        "word": found.words[i],
        "known": found.known[i],
        "parts": _classes(found, parts.words[i]),
        "input": parts.input[:, i].tolist(),
        "passed": parts.passed[:, i].tolist(),
    }


def _window(found: Explanation, w: int, without: np.ndarray | None) -> Row:
    """One window; ``by_step`` are its parts of the output currents."""
    window, parts = found.parts.windows[w], found.parts
    row: Row = {
        "layer": window.conv,
        "width": window.width,
        "first": window.start,
        "words": found.words[window.start : window.stop],
        "parts": _classes(found, parts.parts[w]),
        "by_step": parts.step_parts[:, w].tolist(),
    }
    return row if without is None else row | {"logits_without": _classes(found, without)}
