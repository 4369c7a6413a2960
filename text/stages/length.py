"""How many words of a text are read, by how long the training texts are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..writing.script import sample

if TYPE_CHECKING:
    from .fitting import Cutter  # which loads NumPy; the help says `USUAL`
    from .stage import Stage

USUAL, MOST = 256, 1024
"""Words that are read of a text at least, and at most where the training texts are longer."""
_SHARE, _STEP, _LOOKED_AT = 0.9, 64, 1000


def are_long(stage: Stage, texts: int) -> bool:
    """Whether more than a tenth of so many training texts have over `USUAL` words, which are read.

    Of a stage whose positions are other than words it is not known, and False.
    """
    if stage.kind != "words" or getattr(stage, "max_length", 0) < USUAL:
        return False
    return texts - stage.coverage.get("train_long", 0) < _SHARE * texts


def usual_length(texts: Sequence[str], cut: Cutter) -> int:
    """So many words that nine of ten ``texts`` are read whole, from `USUAL` to `MOST`.

    What stands beyond is lost to every model of a run: of reviews of 700 words a linear model on
    the first 256 was right on 71 % of the test texts, and on the first 1,024 on 86 %.

    Args:
        texts: of the training split; a thousand of them are looked at.
        cut: what cuts a text into words.

    >>> usual_length(["a b c", "a b " * 300], str.split)
    640
    """
    lengths = sorted(len(cut(text)) for text in sample(texts, _LOOKED_AT))
    enough = lengths[math.ceil(_SHARE * len(lengths)) - 1] if lengths else 0
    return min(MOST, max(USUAL, _STEP * math.ceil(enough / _STEP)))
