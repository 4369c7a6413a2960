"""The notebooks as they are stored: valid, without outputs, and with imports that the extras give.

`make test-notebooks` runs them; here they are only read.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NAMES = [
    "1_quick_start",
    "2_chinese",
    "3_conversion",
    "4_encodings",
    "5_energy",
    "6_robustness",
]
# what the extra notebooks brings, the package's own needs among it
GIVEN = {"snnconvert", "torch", "numpy", "pandas", "matplotlib"}
ABSOLUTE = re.compile(r"(?<![\w.:/])/(home|root|tmp|usr|opt|mnt|var|work|Users)/|[A-Z]:\\\\")


def read(name: str) -> dict:
    return json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))


def code(name: str) -> str:
    cells = [cell for cell in read(name)["cells"] if cell["cell_type"] == "code"]
    return "\n\n".join("".join(cell["source"]) for cell in cells)


def test_all_are_known():
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_stored_clean(name):
    notebook = read(name)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None
        assert cell["metadata"] == {}
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert notebook["metadata"]["language_info"] == {"name": "python"}
    assert not ABSOLUTE.search("".join(line for c in notebook["cells"] for line in c["source"]))


@pytest.mark.parametrize("name", NAMES)
def test_valid(name):
    nbformat = pytest.importorskip("nbformat", reason="nbformat is of the extra notebooks")
    nbformat.validate(nbformat.from_dict(read(name)))


@pytest.mark.parametrize("name", NAMES)
def test_imports_only_what_its_extra_gives(name):
    imported = set()
    for node in ast.walk(ast.parse(code(name))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module
            imported.add(node.module.split(".")[0])
    assert imported - set(sys.stdlib_module_names) <= GIVEN


@pytest.mark.parametrize("name", NAMES)
def test_tells_what_it_is_and_shows_something(name):
    cells = read(name)["cells"]
    assert "".join(cells[0]["source"]).startswith("# ")
    assert "pip install" in "".join(cells[0]["source"])
    assert code(name).count("plt.show()") >= (1 if name == "2_chinese" else 2)
    # no two code cells follow each other more often than words come between them
    kinds = [cell["cell_type"] for cell in cells]
    assert kinds.count("markdown") >= kinds.count("code") * 0.6
