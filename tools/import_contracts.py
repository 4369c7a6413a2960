"""Check which way imports run, by import-linter and the contracts in pyproject.toml.

The repository root is the package, and beside its folders lie tests and benchmarks. So the package
alone is linked into a temporary folder under its own name, and the contracts are read there.
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
    """Run import-linter; returns its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "snnconvert"
        package.mkdir()
        for path in (*(ROOT / room for room in ROOMS), *ROOT.glob("*.py")):
            (package / path.name).symlink_to(path)
        config = str(ROOT / "pyproject.toml")
        code = "from importlinter.cli import lint_imports_command as run; run()"
        words = [sys.executable, "-c", code, config, "--no-cache"]
        paths = os.pathsep.join(filter(None, (folder, os.environ.get("PYTHONPATH"))))
        environment = os.environ | {"PYTHONPATH": paths}
        return subprocess.run(words, cwd=folder, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
