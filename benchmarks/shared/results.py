"""The files of results: settings and rows as JSON, a page in Markdown, a figure."""

from __future__ import annotations

import gzip
import json
import os
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from snnconvert.benchmarks.shared.common import Row
from snnconvert.errors import InputError
from snnconvert.files import read_json, replace_file, write_text
from snnconvert.pipelines.display.plots import save_figure
from snnconvert.pipelines.versions import versions

MOST_ROWS = 120  # of a file that people read; more are compressed
RESULTS = Path(__file__).resolve().parents[1] / "results"


PEER_PACKAGES = ("snntorch", "numba", "triton")


def machine() -> str:
    """Processor, cores and system, as the results name them."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass  # not Linux: the name above has to do
    return f"{platform.system()} {platform.machine()}, {model}, {os.cpu_count()} cores"


def all_versions() -> dict[str, str]:
    """The versions of a run, and of the peers that are compared with."""
    found = versions()
    for package in PEER_PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def content(settings: Row, rows: Sequence[Row]) -> Row:
    """The content of a results file: machine, versions, settings, rows."""
    return {
        "machine": machine(),
        "versions": all_versions(),
        "settings": settings,
        "rows": list(rows),
    }


def write_results(
    out: Path,
    name: str,
    settings: Row,
    rows: Sequence[Row],
    markdown: str,
    figure: Any = None,
    more: Row | None = None,
) -> None:
    """Write ``name``.json, .md and, where there is a matplotlib ``figure``, .png to ``out``.

    Many rows lie beside it, one a line, compressed (``name``.jsonl.gz): they are for programs, and
    a change of them is no change that anybody reads line by line.

    Args:
        out: the folder
        name: of the files
        settings: of the measurement
        rows: what was measured
        markdown: the page for readers
        figure: of matplotlib
        more: further entries of the JSON file
    """
    whole = content(settings, rows) | dict(more or {})
    many = out / f"{name}.jsonl.gz"
    if len(rows) > MOST_ROWS:
        lines = "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows)
        packed = gzip.compress(lines.encode(), mtime=0)
        replace_file(many, lambda path: path.write_bytes(packed))
        whole["rows"] = {"number": len(rows), "file": many.name}
    else:
        many.unlink(missing_ok=True)
    write_text(out / f"{name}.json", _text(whole))
    write_text(out / f"{name}.md", markdown)
    if figure is not None:
        save_figure(out / f"{name}.png", figure)


def read_results(path: Path) -> dict[str, Any]:
    """The content of a results file, its rows as a list wherever they lie.

    Raises:
        InputError: a file that is missing or damaged.
    """
    whole: dict[str, Any] = read_json(path, "results of a benchmark")
    if isinstance(whole["rows"], list):
        return whole
    many = path.with_name(whole["rows"]["file"])
    try:
        lines = gzip.decompress(many.read_bytes()).decode().splitlines()
    except (OSError, EOFError, ValueError) as error:
        raise InputError(
            f"expected the rows of {path.name} in {many}, but they cannot be read "
            f"({type(error).__name__}): run the benchmark again"
        ) from None
    return whole | {"rows": [json.loads(line) for line in lines]}


def _text(whole: Row) -> str:
    """JSON with each row on one line, and what stands beside the rows indented."""
    parts = []
    for key, value in whole.items():
        if isinstance(value, list) and value:
            lines = ",\n".join(f"    {json.dumps(row, allow_nan=False)}" for row in value)
            text = f"[\n{lines}\n  ]"
        else:
            text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
            text = text.replace("\n", "\n  ")
        parts.append(f"  {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"
