"""What commands say of networks at chance, as the least networks of the tests nearly all are."""

from __future__ import annotations

import re

ABOUT = re.compile(r"\b(at|from) (chance|guessing)\b")

PROGRESS = re.compile(
    r"[\w-]+: already done in |saved in |next:$|  snnconvert |[\w-]+  (epoch|start|stopped) "
    r"|[\w-]+  the model as it was is kept$|finetune  the converted SNN has "
    r"|[\d,]+ of [\d,]+ training texts are longer than [\d,]+ words "
    r"|(Train the ANN|Convert it to an SNN|Fine-tune .*|Count energy|Attack the models)$"
)


def without_chance(said: str) -> str:
    """The error stream without the warnings of networks at chance."""
    lines = said.splitlines(keepends=True)
    return "".join(line for line in lines if not (warns(line) and ABOUT.search(line)))


def trouble(said: str) -> str:
    """The error stream without those, and without what says how far the work is."""
    lines = without_chance(said).splitlines(keepends=True)
    return "".join(line for line in lines if line.strip() and not PROGRESS.match(line))


def warns(line: str) -> bool:
    """Whether a line of the error stream is a warning."""
    return line.startswith("snnconvert: warning: ")
