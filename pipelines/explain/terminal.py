"""An explanation for the terminal: shaded words, windows, and the decision step by step."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

import numpy as np

from ...engine.explanation.text import Explanation
from ...formatting import printable
from ..display.aligned import table
from ..display.names import title
from ..energy.pricing import steps_shown

# backgrounds of the 256 colours from faint to strong: for a class blue, against it orange
FOR, AGAINST = (189, 153, 111, 69), (223, 216, 215, 208)
MOST_CLASSES = 6


@dataclass(frozen=True)
class Shades:
    """How much words speak for a class: as backgrounds where there are colours, else as numbers."""

    colours: bool

    @classmethod
    def of(cls, stream: TextIO) -> Shades:
        """Colours on a terminal that has them, unless NO_COLOR says otherwise."""
        named = os.environ.get("TERM", "") not in ("", "dumb")
        return cls(stream.isatty() and named and not os.environ.get("NO_COLOR"))

    def line(self, words: list[str], values: np.ndarray) -> str:
        """``words`` by their ``values`` (n,)."""
        peak = float(np.abs(values).max(initial=0.0)) or 1.0
        return " ".join(
            self._word(word, float(v), float(v) / peak)
            for word, v in zip(words, values, strict=True)
        )

    def _word(self, word: str, value: float, share: float) -> str:
        word = printable(word)
        if not self.colours:
            return f"{word}({value:+.2f})"
        if abs(share) < 0.1:
            return word
        steps = FOR if share > 0 else AGAINST
        level = min(int(abs(share) * len(steps)), len(steps) - 1)
        return f"\x1b[30;48;5;{steps[level]}m{word}\x1b[0m"


def explained_text(
    model: str,
    found: Explanation,
    ann: Explanation | None,
    without: Mapping[int, np.ndarray],
    shades: Shades,
) -> str:
    """The explanation as lines; arguments as those of `record.explained`."""
    lines = [printable(found.text), "", *_answers(model, found, ann), ""]
    lines += _words(found, shades)
    lines += ["", f"windows that carry the decision for {found.classes[found.predicted]}"]
    lines += [_windows(found, without), ""]
    if len(found.parts.running) > 1 or ann is not None:
        lines += [f"the decision step by step: {_of_classes(found)}", _steps(found, ann), ""]
    lines.append(_sums(found))
    return "\n".join(lines)


def _answers(model: str, found: Explanation, ann: Explanation | None) -> list[str]:
    """What the models say, and what of the text they do not read."""
    steps = len(found.parts.running)
    after = f" after {steps} steps" if found.parts.spiking or steps > 1 else ""
    lines = [f"{title(model)}{after}: {found.classes[found.predicted]}"]
    if ann is not None:
        lines.append(f"{title('ann')}: {ann.classes[ann.predicted]}")
    if found.draws:
        lines.append("the input is drawn at random: this is one draw, --seed gives others")
    unknown = [word for word, known in zip(found.words, found.known, strict=True) if not known]
    if unknown:
        lines.append(f"words that the vocabulary does not have: {printable(' '.join(unknown))}")
    if found.left_out:
        lines.append(f"the last {found.left_out} words are not read: the text is cut")
    return lines


def _words(found: Explanation, shades: Shades) -> list[str]:
    """Shaded words for each class, and a row of figures for each word."""
    parts, k = found.parts, found.predicted
    margins = found.margins(parts.words)  # (n, K)
    binary = len(found.classes) == 2
    shown = [k] if binary else _shown(found)
    rest = "the other class" if binary else "the mean of the others"
    lines = []
    for c in shown:
        lines += [f"words for {found.classes[c]}, against {rest}"]
        lines += [f"  {shades.line(found.words, margins[:, c])}"]
    spikes = "input spikes" if parts.spiking else "input"
    passed = "spikes passed on" if len(parts.running) > 1 else "passed on"
    rows = []
    for i, word in enumerate(found.words):
        arrived = parts.input[:, i].sum() if parts.spiking else parts.input[:, i].mean()
        figures = [f"{arrived:.0f}" if parts.spiking else f"{arrived:.2f}"]
        figures += [f"{parts.passed[:, i].sum():.1f}", f"{margins[i, k]:+.3f}"]
        rows.append([printable(word), *figures])
    return [*lines, "", table(["word", spikes, passed, f"for {found.classes[k]}"], rows)]


def _shown(found: Explanation) -> list[int]:
    """The classes that are shown: the answer, and those nearest to it, the largest logit first."""
    k = found.predicted
    order = [k, *(int(c) for c in np.argsort(-found.parts.logits) if c != k)]
    return order[:MOST_CLASSES]


def _of_classes(found: Explanation) -> str:
    """What the columns of `_steps` are."""
    if len(found.classes) <= MOST_CLASSES:
        return "logits"
    return f"logits, the largest {MOST_CLASSES} at the end of {len(found.classes)} classes"


def _windows(found: Explanation, without: Mapping[int, np.ndarray]) -> str:
    """The strongest windows: what each gave, and what the answer is without it."""
    k, rows = found.predicted, []
    margins = found.margins(found.parts.parts)[:, k]
    whole = found.margins(found.parts.logits)[k]
    for w, logits in without.items():
        window = found.parts.windows[w]
        words = printable(" ".join(found.words[window.start : window.stop]))
        left = found.margins(logits)[k]
        answer = found.classes[int(logits.argmax())]
        rows.append([words, f"{margins[w]:+.3f}", f"{left - whole:+.3f}", answer])
    return table(["words", "gave", "without it", "answer then"], rows)


def _steps(found: Explanation, ann: Explanation | None) -> str:
    """Running logits at every step, or at powers of two of many; last the ANN's."""
    running, shown = found.parts.running, sorted(_shown(found))

    def row(name: str, logits: np.ndarray) -> list[str]:
        return [name, *(f"{v:+.3f}" for v in logits[shown]), found.classes[logits.argmax()]]

    rows = [row(str(t), running[t - 1]) for t in steps_shown(len(running))]
    if ann is not None:
        rows.append(row("ANN", ann.parts.logits))
    return table(["step", *(found.classes[c] for c in shown), "answer"], rows)


def _sums(found: Explanation) -> str:
    """That the parts add up, with the figures of the predicted class."""
    parts, k = found.parts, found.predicted
    total = parts.parts[:, k].sum()
    return (
        f"logit of {found.classes[k]}: bias {parts.bias[k]:+.3f}, windows {total:+.3f}, "
        f"rounding {parts.rounding[k]:+.1e}; the sum is {parts.logits[k]:+.3f}, exactly"
    )
