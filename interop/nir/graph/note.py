"""What a file says of itself: a JSON string in the metadata of the graph, key ``snnconvert``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ....checked_json import Value
from ....errors import InputError
from ....files import json_text
from ....typed_json import from_json
from .form import Form
from .layout import Layout
from .record import NoteRecord

FORMAT = 1
KEY = "snnconvert"


def note_of(
    form: Form,
    layout: Layout,
    simulator: str,
    mode: str,
    bits: int | None,
    classes: Sequence[str],
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    """What `reading.py` needs beside the nodes, and what a person wants to know."""
    return {
        "format": FORMAT,
        "steps": form.steps,
        "encoder": form.encoder.to_dict(),
        "reset": "soft" if form.soft else "hard",
        "pooling": form.pooling,
        "grid": bits,
        "positions": layout.positions,
        "classes": list(classes),
        "leak": form.leak,
        "branches": [
            {
                "conv": branch.conv,
                "act": branch.act,
                "pool": branch.pool,
                "width": branch.width,
                "channels": branch.channels,
                "padding": list(branch.padding),
                "initial": [float(value) for value in branch.initial],
            }
            for branch in form.branches
        ],
        "inputs": form.inputs,
        "readout": form.readout,
        "simulator": simulator,
        "graph": mode,
        **facts,
    }


def note_text(note: Mapping[str, Any]) -> str:
    """One line of JSON."""
    return json.dumps(note, ensure_ascii=False, sort_keys=True)


def parsed(text: object, where: object) -> dict[str, Any]:
    """The note of a file.

    Raises:
        InputError: there is none, it is of another format, or says what no network can be.
    """
    raw = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    try:
        note = json_text.loads(raw) if isinstance(raw, str) else None
    except json_text.BadJSONError:
        note = None
    if not isinstance(note, dict) or note.get("format") != FORMAT:
        found = (
            f"of format {repr(note.get('format'))[:40]}"
            if isinstance(note, dict)
            else "another program's"
        )
        raise InputError(
            f"expected a graph of `snnconvert export --format nir` of format {FORMAT} in {where}, "
            f"but it is {found}: graphs of other programs are not read, since nothing says how "
            "texts become their input"
        )
    from_json(NoteRecord, Value(note, str(where), "export it again"))
    return note
