"""The rise of resident memory is what a step takes, in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from snnconvert.benchmarks.shared.resident import can_measure

KEEPS = """
from snnconvert.benchmarks.shared.resident import rise
kept = []
print(rise(lambda: kept.append(b"x" * 200_000_000)))
"""


@pytest.mark.skipif(not can_measure(), reason="the system tells no process its peak")
def test_the_peak_is_what_a_step_takes() -> None:
    """A process that keeps 200 MB rises by them.

    A kernel adds up resident pages lazily, some hundred kilobytes late on each processor, so that
    both figures are off by a few megabytes on a machine of many.
    """
    call = [sys.executable, "-c", KEEPS]
    done = subprocess.run(call, capture_output=True, text=True, check=True, timeout=120)
    assert 180e6 < int(done.stdout) < 230e6
