"""Inputs that were found, or that stand for a kind of refusal: small files, tried again each time.

    python -m snnconvert.tests.campaign.corpus FOLDER

adds those of a folder, as a campaign leaves it.
"""

from __future__ import annotations

import gzip
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

from snnconvert.tests.campaign.readers import READERS, Reader

FOLDER = Path(__file__).parent / "corpus"
_BY_NAME = {reader.name: reader for reader in READERS}


def name_of(reader: str, data: bytes) -> str:
    """The name of the file that keeps ``data`` for a reader."""
    return f"{reader.replace(',', '').replace(' ', '_')}-{hashlib.sha256(data).hexdigest()[:8]}.gz"


def keep(reader: str, data: bytes, folder: Path = FOLDER) -> Path:
    """Keep an input."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name_of(reader, data)
    path.write_bytes(gzip.compress(data, mtime=0))
    return path


def kept(folder: Path = FOLDER) -> Iterator[tuple[Reader, Path, bytes]]:
    """Every input that is kept, with its reader."""
    by_file = {name_of(name, b"").rpartition("-")[0]: reader for name, reader in _BY_NAME.items()}
    for path in sorted(folder.glob("*.gz")):
        reader = by_file.get(path.name.rpartition("-")[0])
        if reader is not None:
            yield reader, path, gzip.decompress(path.read_bytes())


if __name__ == "__main__":
    for found, _, content in kept(Path(sys.argv[1])):
        print(keep(found.name, content))
