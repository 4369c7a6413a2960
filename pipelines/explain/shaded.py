"""Words shaded by what they speak for, as HTML: blue for a class, orange against it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

FOR, AGAINST = "38, 115, 196", "214, 112, 20"
MOST = 0.55  # opacity of the strongest word: letters stay readable on it
FAINT = 0.05  # of the strongest; fainter words have no colour and no number


def shaded_words(
    words: Sequence[str],
    values: np.ndarray,
    language: str = "",
    known: Sequence[bool] | None = None,
    marked: Sequence[bool] | None = None,
) -> Markup:
    """Words with their values (n,) below, each on its shade.

    Args:
        words: n words, escaped here
        values: what each speaks for the class (positive) or against it
        language: of the words; "" where what is around says it
        known: whether each is in the vocabulary
        marked: words that are underlined, as those that were changed
    """
    peak = float(np.abs(values).max(initial=0.0)) or 1.0
    parts = []
    for i, (word, value) in enumerate(zip(words, values.tolist(), strict=True)):
        share = value / peak
        strong = abs(share) >= FAINT
        colour = FOR if share > 0 else AGAINST
        style = f"background: rgba({colour}, {MOST * abs(share):.2f})" if strong else ""
        said = f"{value:+.2f}".replace("-", "\N{MINUS SIGN}") if strong else "\N{NO-BREAK SPACE}"
        names = "shaded"
        names += "" if known is None or known[i] else " unknown"
        names += " marked" if marked is not None and marked[i] else ""
        tongue = Markup(' lang="{}"').format(language) if language else ""
        parts.append(
            Markup('<span class="{}" style="{}"><b{}>{}</b><small>{}</small></span>').format(
                names, style, tongue, word, said
            )
        )
    return Markup('<p class="words">{}</p>').format(Markup(" ").join(parts))
