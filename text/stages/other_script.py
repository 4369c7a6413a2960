"""What to say where Chinese texts are in other characters than their word vectors."""

from __future__ import annotations

from collections.abc import Sequence

from ...formatting import percent
from ..writing.script import sample, traditional_share

WORTH = 0.1
"""A smaller share of texts in the other script is not worth a word.

Of simplified reviews at most 1 % look traditional, of the same ones converted 99 % and more.
"""
_ONE_SCRIPT = 0.9  # the least share of words that says that vectors are in one script alone


def other_script(
    segments: Sequence[Sequence[str]], words: Sequence[str], source: str
) -> tuple[float, str]:
    """The share of texts in other characters than the vectors', and what to warn of.

    Args:
        segments: the words of each text, as they are looked up
        words: that have a vector
        source: of the vectors

    Returns:
        A share of the texts that tell, and a sentence; 0 and "" where vectors have both scripts, or
        where nothing tells.
    """
    theirs = traditional_share(words)
    texts = traditional_share(map("".join, sample(segments)))
    if theirs is None or texts is None or 1 - _ONE_SCRIPT < theirs < _ONE_SCRIPT:
        return 0.0, ""
    has, wants = ("traditional", "simplified")[:: 1 if theirs < 0.5 else -1]
    share = texts if has == "traditional" else 1 - texts
    if share < WORTH:
        return share, ""
    return share, (
        f"{percent(share)} % of the training texts are in {has} characters, the word vectors of "
        f"{source} in {wants} ones: --script {wants} converts the texts"
    )
