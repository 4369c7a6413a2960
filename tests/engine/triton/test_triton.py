"""The GPU kernels: run in triton's interpreter, compiled for a GPU, and refused without triton.

Triton decides when it is imported whether kernels are interpreted, and other packages import it
too, so the cases run in a process of their own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from snnconvert.engine.triton.front import import_kernels
from snnconvert.errors import SnnConvertError

TESTS = Path(__file__).resolve().parent
needs_triton = pytest.mark.skipif(find_spec("triton") is None, reason="triton is not installed")


def python(arguments: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own, with variables beside ours."""
    return subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | {"OMP_NUM_THREADS": "1"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def passes(cases: str, **environment: str) -> None:
    """All tests of the file ``cases`` pass in a process with ``environment``."""
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    words += ["--confcutdir", str(TESTS), str(TESTS / cases)]
    done = python(words, **environment)
    assert done.returncode == 0, done.stdout + done.stderr


FILES = ("inference_cases.py", "training_cases.py")


@needs_triton
@pytest.mark.parametrize("cases", [FILES[0], pytest.param(FILES[1], marks=pytest.mark.long)])
def test_kernels_in_the_interpreter(cases):
    passes(cases, TRITON_INTERPRET="1")


@needs_triton
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("cases", FILES)
def test_kernels_on_a_gpu(cases):
    passes(cases, TRITON_INTERPRET="0")


@needs_triton
def test_kernels_compile_for_a_gpu_without_spilled_registers(tmp_path):
    script = str(TESTS.parents[2] / "benchmarks" / "gpu" / "gpu_compile.py")
    done = python(
        [script, "--rules", "counts,currents", "--frames", "0"],
        TRITON_INTERPRET="0",
        TRITON_CACHE_DIR=str(tmp_path),
    )
    assert done.returncode == 0, done.stderr
    kernels = [json.loads(line) for line in done.stdout.splitlines()]
    assert {kernel["kernel"] for kernel in kernels} == {
        *("front_kernel", "fire_kernel"),
        *("backward_kernel", "fire_backward_kernel", "segment_kernel"),
    }
    for kernel in kernels:
        assert kernel["stack"] == 0 and kernel["registers"] <= 128, kernel
        # rows of the table are read four floats at a time
        reads_rows = kernel["kernel"] in ("front_kernel", "backward_kernel")
        assert kernel["wide_loads"] >= 5 or not reads_rows, kernel


def test_one_line_where_triton_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "triton", None)
    with pytest.raises(SnnConvertError, match="needs the package triton") as error:
        import_kernels()
    assert "\n" not in str(error.value)
