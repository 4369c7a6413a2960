"""How far the resident memory of a process rises in one step, measured in a process of its own.

On Linux the peak is the kernel's own (VmHWM), which is set back before the step; what the process
holds until then (libraries, weights) is the base. The allocator is told to give back at once what
is freed, so that the figure is what is in use, not what was kept for later.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from snnconvert.errors import SnnConvertError

AT_ONCE = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}  # of glibc


def can_measure() -> bool:
    """Whether this system tells a process its peak."""
    return Path("/proc/self/clear_refs").exists()


def rise(step: Callable[[], object]) -> int:
    """By how many bytes the peak of this process is above what it holds before ``step``."""
    gc.collect()
    base = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", "utf-8")  # the peak begins again
    step()
    return _status("VmHWM") - base


def printed_bytes(module: str, words: Sequence[str], what: str) -> int:
    """What ``python -m module words`` prints, a number of bytes.

    Args:
        module: that measures
        words: its arguments
        what: is measured, for an error

    Raises:
        SnnConvertError: the process failed.
    """
    call = [sys.executable, "-m", module, *words]
    done = subprocess.run(
        call, capture_output=True, text=True, check=False, env=os.environ | AT_ONCE
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise SnnConvertError(f"cannot measure the memory of {what}: {last}")
    return int(done.stdout)


def _status(field: str) -> int:
    """A figure of /proc/self/status in bytes."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))
