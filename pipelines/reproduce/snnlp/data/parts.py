"""Vectors of many texts made part by part, each kept as soon as it is made.

A sentence encoder takes an hour and more for the texts of IMDb: a stopped run goes on with the part
it was at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from .....errors import SnnConvertError
from .....files import sha256
from .....files.disk import make_folder
from .....progress import bar, silenced
from .kept import read_kept, write_kept

PART = 1000
"""Texts of a part: a minute or two of a sentence encoder's work."""


def in_parts(
    texts: Sequence[str], make: Callable[[Sequence[str]], np.ndarray], folder: Path, key: str
) -> np.ndarray:
    """The vectors (N, D) of all texts, made by parts that are kept in ``folder``.

    The folder is left behind: the caller removes it once the whole is kept elsewhere.

    Args:
        texts: N of them
        make: vectors (n, D) of n texts, none of which depends on the texts beside it
        folder: of the parts, made where it is missing
        key: names what makes the vectors; parts of another one, or of other texts, are made anew
    """
    make_folder(folder)
    rows = []
    with bar(total=len(texts), unit="text", desc="vectors") as drawn:
        for start in range(0, len(texts), PART):
            part = texts[start : start + PART]
            place = folder / f"{start:08d}.safetensors"
            own = sha256("\n".join([key, *part]).encode())
            found = _read(place, own)
            if found is None:
                with silenced():
                    found = np.ascontiguousarray(make(part), np.float32)
                write_kept(place, found, own)
            rows.append(found)
            drawn.update(len(part))
    return np.concatenate(rows)


def _read(place: Path, key: str) -> np.ndarray | None:
    """A part that was made before; None where it is missing, broken or of something else."""
    try:
        found = read_kept(place, key)
    except (SnnConvertError, KeyError, UnicodeDecodeError):
        return None
    return None if found is None else found[0]
