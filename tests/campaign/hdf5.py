"""HDF5 that is almost right: a node, an array or the note of a graph with something changed."""

from __future__ import annotations

import io
from contextlib import suppress
from random import Random
from typing import Any

from snnconvert.tests.campaign.mutations import json_tree, raw
from snnconvert.tests.campaign.values import VALUES

NOTE = "node/metadata/snnconvert"
_SHAPES = ((), (0,), (1,), (3,), (2, 2), (1, 1, 1, 1), (10**5, 10**4), (2**40,), (1,) * 12)
_TYPES = ("<f4", "<f8", "<i8", "u1", "S3", "<f2", "c8")


def hdf5(data: bytes, random: Random) -> bytes:
    """A graph of NIR with its note changed, its arrays, its links, or bytes anywhere."""
    import h5py

    if random.random() < 0.25:
        return raw(data, random)
    content = io.BytesIO(data)
    with h5py.File(content, "r+") as file:
        if random.random() < 0.5:
            note = json_tree(file[NOTE][()], random)
            del file[NOTE]
            file[NOTE] = note.replace(b"\0", b"")
        else:
            for _ in range(random.choice((1, 1, 2))):
                with suppress(OSError, KeyError, ValueError, RuntimeError):  # not every place
                    _changed(file, random)
    return content.getvalue()


def _changed(file: Any, random: Random) -> None:
    import h5py

    names: list[str] = []
    file.visit(names.append)
    name, other = random.choice(names), random.choice(names)
    kind = random.randint(0, 6)
    if kind == 0:
        del file[name]
    elif kind == 1:
        _replaced(file, name, random)
    elif kind == 2 and other not in name and name not in other:
        del file[other]
        file.copy(name, other)
    elif kind == 3:
        file.move(name, f"{name}x")
    elif kind == 4:
        file[f"{name.rpartition('/')[0] or name}/{random.choice('abc')}"] = file[other]
    elif kind == 5:
        target = random.choice((h5py.SoftLink("/node"), h5py.ExternalLink("/etc/passwd", "/x")))
        file[f"{name}~"] = target
    elif isinstance(file[name], h5py.Dataset):
        value = random.choice(VALUES)
        del file[name]
        file[name] = value if isinstance(value, int | float) and abs(value) < 2**60 else repr(value)


def _replaced(file: Any, name: str, random: Random) -> None:
    """An array of another shape or type; of large ones no value is written."""
    del file[name]
    shape, kind = random.choice(_SHAPES), random.choice(_TYPES)
    file.create_dataset(name, shape, kind, **({"chunks": True} if 2**20 in shape else {}))
