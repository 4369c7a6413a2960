"""A machine that runs out of something: one line that says of what, and what needs less."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from snnconvert.errors import InputError, ran_out
from snnconvert.pipelines.cli.failures import explained

resource = pytest.importorskip("resource")


@pytest.mark.parametrize(
    ("error", "begin", "helps"),
    [
        (MemoryError(), "not enough memory (MemoryError)", "--batch-size, --workers"),
        (RuntimeError("could not create a primitive"), "not enough memory (could", "--batch-size"),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
            "not enough memory",
            "--workers",
        ),
        (
            ImportError("x.so: failed to map segment from shared object"),
            "not enough memory",
            "ulimit -v",
        ),
        (OSError(errno.EMFILE, os.strerror(errno.EMFILE)), "not enough open files", "--workers"),
        (RuntimeError("can't start new thread"), "not enough processes or threads", "ulimit -u"),
        (OSError(errno.EFBIG, os.strerror(errno.EFBIG)), "no space left", "ulimit -f"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "no space left", "free some space"),
        (
            FileNotFoundError(2, "No usable temporary directory found in ['/tmp']"),
            "no space",
            "TMPDIR",
        ),
        (ValueError("another\nfault"), "failed with ValueError: another fault", "--debug"),
        (InputError("expected a, but got b"), "expected a, but got b", "b"),
    ],
)
def test_one_line(error: Exception, begin: str, helps: str) -> None:
    said = explained(error, lambda: ["--batch-size", "--workers", "--seed"])
    assert said.startswith(begin) and helps in said and "\n" not in said


def test_only_options_that_the_command_has_are_named() -> None:
    assert "--" not in explained(MemoryError(), list)
    assert ran_out(ValueError("some memory")) == "" and ran_out(None) == ""


CHILD = """
import resource, sys
kind, value = sys.argv[1], int(sys.argv[2])
resource.setrlimit(getattr(resource, kind), (value, value))
from snnconvert.pipelines.cli import main
sys.exit(main(sys.argv[3:]))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [("RLIMIT_FSIZE", 0, "no space left for files"), ("RLIMIT_AS", 700 << 20, "not enough memory")],
)
def test_as_a_process(kind: str, value: int, says: str, tiny_run: Path) -> None:
    words = [kind, str(value), "convert", str(tiny_run), "--steps", "2", "--force"]
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *words], capture_output=True, text=True, check=False
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("snnconvert: ")]
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert says in lines[-1] or (kind == "RLIMIT_FSIZE" and "File too large" in lines[-1])
