"""Type-check the package under its own name, whatever the checkout's folder is called.

The repository root is the package, so mypy would name it after the folder. A temporary folder with
a link called ``snnconvert`` gives it the right name.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rooms import ROOMS

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Run mypy on every module of the package; returns its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "snnconvert").symlink_to(ROOT, target_is_directory=True)
        packages = [f"snnconvert.{room}" for room in ROOMS]
        files = [path.stem for path in ROOT.glob("*.py") if not path.stem.startswith("__")]
        modules = ["snnconvert", *(f"snnconvert.{name}" for name in files)]
        words = [word for name in packages for word in ("-p", name)]
        words += [word for name in modules for word in ("-m", name)]
        config = ["--config-file", str(ROOT / "pyproject.toml")]
        cache = ["--cache-dir", str(ROOT / ".mypy_cache")]
        return subprocess.run(
            [sys.executable, "-m", "mypy", "--show-traceback", *config, *cache, *words],
            cwd=folder,
            env=os.environ | {"MYPYPATH": folder},
            check=False,
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
