"""Pieces of the page as HTML. Every text and name is escaped here, and nothing else is trusted."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup

from ...engine.explanation.text import Explanation
from ..display.names import title
from ..energy.pricing import steps_shown
from ..explain.shaded import shaded_words
from ..report.drawing.files import svg_file
from ..report.format import signed


def picture(svg: Markup, words: str) -> Markup:
    """A drawing as a picture of its own, with ``words`` for those who do not see it."""
    coded = base64.b64encode(svg_file(svg).encode("utf-8", "replace")).decode("ascii")
    return Markup('<img class="drawing" alt="{}" src="data:image/svg+xml;base64,{}">').format(
        words, coded
    )


def table(
    head: Sequence[str], rows: Sequence[Sequence[object]], language: str = "en", words: int = 0
) -> Markup:
    """A table in a box that scrolls; the first ``words`` columns hold texts, the others numbers."""
    heads = Markup("").join(Markup('<th scope="col">{}</th>').format(name) for name in head)
    lines = []
    for row in rows:
        cells = Markup("").join(
            Markup('<td class="text" lang="{}">{}</td>').format(language, cell)
            if i < words
            else Markup("<td>{}</td>").format(cell)
            for i, cell in enumerate(row)
        )
        lines.append(Markup("<tr>{}</tr>").format(cells))
    body = Markup("").join(lines)
    return Markup(
        '<div class="scroll" tabindex="0"><table><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>"
    ).format(heads, body)


def card(kind: str, head: str, big: str, below: str, language: str = "en") -> Markup:
    """A card with one figure or answer."""
    return Markup(
        '<div class="card {}"><h3>{}</h3><p class="big" lang="{}">{}</p><p>{}</p></div>'
    ).format(kind, head, language, big, below)


def cards(items: Sequence[Markup]) -> Markup:
    """Cards side by side."""
    return Markup('<div class="cards">{}</div>').format(Markup("").join(items))


def trouble(message: str) -> Markup:
    """An error in one line."""
    return Markup('<p class="trouble" role="alert">{}</p>').format(" ".join(message.split()))


def note(message: str) -> Markup:
    """A remark."""
    return Markup('<p class="remark">{}</p>').format(message)


def words_for(
    found: Explanation, k: int, language: str, marked: Sequence[bool] | None = None
) -> Markup:
    """The words of a text shaded by what they speak for class ``k``."""
    values = found.margins(found.parts.words)[:, k]
    return shaded_words(found.words, values, language, found.known, marked)


def windows_table(
    found: Explanation, k: int, without: Mapping[int, np.ndarray], language: str
) -> Markup:
    """The windows that carry the decision: what each gave, and what is left without it."""
    margins, whole = found.margins(found.parts.parts)[:, k], found.margins(found.parts.logits)[k]
    gap = " " if language == "en" else ""
    rows = []
    for w, logits in without.items():
        window = found.parts.windows[w]
        words = gap.join(found.words[window.start : window.stop])
        change = found.margins(logits)[k] - whole
        answer = found.classes[int(logits.argmax())]
        rows.append([words, signed(margins[w]), signed(change), answer])
    return table(["words", "gave", "without it", "answer then"], rows, language, 1)


def steps_table(model: str, found: Explanation, ann: Explanation | None) -> Markup:
    """Running logits at every step, or at powers of two of many, and the ANN's."""
    running = found.parts.running
    rows: list[list[object]] = [
        [f"step {t}", *map(signed, running[t - 1]), found.classes[running[t - 1].argmax()]]
        for t in steps_shown(len(running))
    ]
    if ann is not None:
        rows.append(["ANN", *(signed(v) for v in ann.parts.logits), ann.classes[ann.predicted]])
    return table([title(model), *found.classes, "answer"], rows)
