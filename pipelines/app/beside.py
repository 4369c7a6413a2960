"""A text and a changed one side by side."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from markupsafe import Markup

from ...engine.explanation.text import Explanation
from ..display.names import title
from ..report.format import signed
from .pieces import words_for


def changed(words: Sequence[str], others: Sequence[str]) -> tuple[list[bool], list[bool]]:
    """Which words of two texts are not in the other, in its order.

    >>> changed(["a", "b", "c"], ["a", "x", "c"])
    ([False, True, False], [False, True, False])
    """
    own, other = [True] * len(words), [True] * len(others)
    for block in SequenceMatcher(None, words, others, autojunk=False).get_matching_blocks():
        for i in range(block.size):
            own[block.a + i] = other[block.b + i] = False
    return own, other


def beside(
    model: str,
    first: Explanation,
    second: Explanation,
    ann: Explanation | None,
    k: int,
    language: str,
) -> Markup:
    """Two texts with their words shaded for class ``k``, and both answers.

    Args:
        model: what explains them
        first: the sentence
        second: the changed one
        ann: what the ANN says of the changed one
        k: the class
        language: of the texts
    """
    marks = changed(first.words, second.words)
    columns = [
        _column("As it was", model, first, None, k, language, marks[0]),
        _column("Changed", model, second, ann, k, language, marks[1]),
    ]
    return Markup('<div class="beside">{}</div>').format(Markup("").join(columns))


def _column(
    head: str,
    model: str,
    found: Explanation,
    ann: Explanation | None,
    k: int,
    language: str,
    marked: list[bool],
) -> Markup:
    logits = found.parts.logits
    said = ", ".join(f"{c} {signed(v)}" for c, v in zip(found.classes, logits, strict=True))
    lines = [(title(model), found.classes[found.predicted], said)]
    if ann is not None:
        lines.append((title("ann"), ann.classes[ann.predicted], ""))
    answers = Markup("").join(
        Markup(
            '<p class="answer">{}: <b lang="{}">{}</b> <span class="remark">{}</span></p>'
        ).format(name, language, answer, figures)
        for name, answer, figures in lines
    )
    return Markup('<section class="card"><h3>{}</h3>{}{}</section>').format(
        head, answers, words_for(found, k, language, marked)
    )
