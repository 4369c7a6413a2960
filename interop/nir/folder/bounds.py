"""An HDF5 file before it is read: what it asks for is in it, and it asks for no other file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ....errors import InputError

if TYPE_CHECKING:
    import h5py

MOST_BYTES = 256 * 2**20
"""Of all arrays, beside a hundred times the size of the file: constant ones are compressed so."""
DEPTH = 8
"""Of groups in groups; a graph of nodes has four."""
MEMBERS = 10_000


def check_bounds(path: Path) -> None:
    """Refuse a file that would fill the memory, or leads out of itself.

    An array takes its memory whether or not the file holds its values, and a link or an array may
    lie in any other file of the machine.

    Args:
        path: a regular file

    Raises:
        InputError: a link to another file or an array that lies in one, no values for an array,
            more than `MOST_BYTES` and a hundred times the file, or too many or too deep groups.
        OSError: it is no HDF5.
    """
    import h5py

    most, total = MOST_BYTES + 100 * path.stat().st_size, 0
    with h5py.File(path, "r") as file:
        for count, (name, array) in enumerate(_arrays(file, path, 0)):
            if array.is_virtual or array.external:
                raise _refused(path, f"the values of {name} in it, but they lie in another file")
            size = array.size or 0
            if size and not array.id.get_storage_size():
                raise _refused(path, f"the values of {name}, but it holds none of them")
            total += size * max(array.dtype.itemsize, 1)
            if total > most or count > MEMBERS:
                raise _refused(
                    path,
                    f"arrays of at most {most >> 20} MB in all and {MEMBERS} of them, but there are"
                    f" more ({name} is of shape {array.shape})",
                )


def _arrays(
    group: h5py.Group, path: Path, depth: int, above: str = ""
) -> Iterator[tuple[str, h5py.Dataset]]:
    """Every array below a group, with its name."""
    import h5py

    if depth > DEPTH or len(group) > MEMBERS:
        raise _refused(path, f"a graph of nodes, but {above or 'it'} is too deep or too large")
    for name in group:
        place = f"{above}/{name}"
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise _refused(path, f"all of the graph in one file, but {place} is a link")
        member = group[name]
        if isinstance(member, h5py.Dataset):
            yield place, member
        elif isinstance(member, h5py.Group):
            yield from _arrays(member, path, depth + 1, place)


def _refused(path: Path, what: str) -> InputError:
    return InputError(f"expected in {path} {what[:400]}: export it again")
