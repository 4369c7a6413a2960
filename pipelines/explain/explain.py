"""`snnconvert explain`: the parts of one text's logits, for people or as JSON."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

from ...checked_json import read_value
from ...engine.explanation.text import without_each
from ...errors import InputError
from ...formatting import printable
from ...text.inputs import as_text
from ...typed_json import from_json
from ..display.output import json_line
from ..run_folder.records.explained import ExplainedTexts
from ..run_folder.run_folder import RunFolder
from ..settings.engine import ENGINE, EngineSettings
from .pair import load_pair
from .record import explained
from .terminal import Shades, explained_text
from .texts import explain_texts

TOP = 8


def explain(
    out: Path | str,
    text: str,
    model: str | None = None,
    as_json: bool = False,
    top: int = TOP,
    seed: int = 0,
    engine: EngineSettings = ENGINE,
) -> dict[str, Any]:
    """Take the logits of one text apart; prints them, and returns what ``--json`` prints.

    Args:
        out: run folder
        text: what to explain
        model: ``ann``, ``snn``, ``finetuned`` ...; the last one made where none is named
        as_json: print JSON, with all parts
        top: how many windows are shown, and run again without
        seed: of the draw of a stochastic code
        engine: what runs an SNN, and where

    Raises:
        InputError: the model is not in the run or is no sum over windows of words, or the text has
            no words.
    """
    if top < 0:
        raise InputError(f"expected --top of 0 or more windows, but got {top}")
    pair = load_pair(RunFolder(out), model, engine)
    found, ann = pair.explain(as_text(text), seed)
    strongest = found.strongest(top)
    windows = [found.parts.windows[w] for w in strongest]
    without = dict(zip(strongest, without_each(pair.own, text, windows, seed), strict=True))
    figures = explained(pair.model, found, ann, without, seed)
    if as_json:
        print(json_line(figures))
    else:
        shades = Shades.of(sys.stdout)
        print(explained_text(pair.model, found, ann, without, shades))
    return figures


def explain_dev(
    out: Path | str,
    model: str | None = None,
    as_json: bool = False,
    engine: EngineSettings = ENGINE,
) -> Path:
    """Explain a few dev texts for the report; prints where they are, and their answers.

    Arguments and errors as those of `explain` and `texts.explain_texts`.
    """
    path = explain_texts(out, model, engine)
    found = from_json(ExplainedTexts, read_value(path, "explained texts", "explain again"))
    if as_json:
        print(path.read_text(encoding="utf-8"))
        return path
    if found.refused:
        print(found.refused)
    for text in found.texts:
        right = "right" if text.predicted == text.label else f"wrong, it is {text.label}"
        print(printable(f"{text.predicted} ({right}): {text.text}"))
    print(f"{path}; snnconvert report {shlex.quote(str(out))} shows them")
    return path
