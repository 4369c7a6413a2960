"""The folders in which what a run was made from is looked for: in a search of bounds."""

from __future__ import annotations

import os
from pathlib import Path

from ..run_folder.run_folder import RunFolder

MOST_RENAMED = 20  # files of other names that are read for their hash
MOST_FOLDERS = 200  # folders of one folder that are looked into


def folders_near(run: RunFolder) -> list[Path]:
    """The run, the folders above it, the current folder and that of SNNCONVERT_DATA."""
    own = run.path.resolve()
    named = os.environ.get("SNNCONVERT_DATA")
    found = [own, own.parent, Path.cwd(), *([Path(named).expanduser().resolve()] if named else [])]
    return [folder for folder in dict.fromkeys([*found, own.parent.parent]) if folder.is_dir()]


def inside(folder: Path) -> list[Path]:
    """The folders in a folder, one level deep; none where it cannot be read."""
    try:
        inner = [path for path in sorted(folder.iterdir()) if path.is_dir()]
    except OSError:
        return []
    return inner[:MOST_FOLDERS]
