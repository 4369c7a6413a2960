"""`snnconvert encode`: what an SNN of a run sends of texts, in the terminal, as JSON or drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from ...errors import InputError
from ..data import text_columns
from ..display.output import json_line, note
from ..display.screen import columns, fitted
from ..run_folder.run_folder import RunFolder
from ..streams.texts import TextSource
from .encoded import load_sender
from .picture import write_picture
from .record import recorded
from .terminal import encoded_text


def encode(
    out: Path | str,
    texts: Sequence[str] | TextSource,
    model: str | None = None,
    as_json: bool = False,
    svg: Path | str | None = None,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Show what is sent of each text; prints it, and returns what ``--json`` prints.

    Args:
        out: run folder
        texts: texts, or where they come from
        model: see `encoded.load_sender`
        as_json: print JSON Lines
        svg: file for a drawing of the one text there is
        seed: of the draw of a stochastic code

    Raises:
        InputError: no such SNN in the run, a text that cannot be read, or a drawing of several.
        SnnConvertError: the drawing cannot be written.
    """
    if svg is not None and Path(svg).suffix.lower() != ".svg":
        raise InputError(f"expected a file .svg for the drawing, but got {svg}")
    if isinstance(texts, TextSource):
        texts = replace(texts, trained_on=text_columns(RunFolder(out)))
    given = iter(_texts(texts))
    if svg is not None:
        given = iter(_only(given))
    sender = load_sender(out, model, seed)
    figures = []
    for number, text in enumerate(given):
        found = sender.encode(text)
        figures.append(recorded(sender, found))
        if svg is not None:
            write_picture(svg, sender, found)
            note(f"{svg} shows the spikes")
        if as_json:
            print(json_line(figures[-1]))
        else:
            print(("\n" if number else "") + fitted(encoded_text(sender, found), columns()))
    return figures


def _texts(texts: Sequence[str] | TextSource) -> Iterator[str]:
    if not isinstance(texts, TextSource):
        yield from texts
        return
    with texts.batches() as batches:
        for batch in batches:
            yield from batch


def _only(texts: Iterator[str]) -> list[str]:
    """The one text there is."""
    some = list(islice(texts, 2))
    if len(some) != 1:
        raise InputError(
            f"expected one text for --svg, which draws one, but got {'more' if some else 'none'}"
        )
    return some
