"""Memory of whole commands does not grow with T, on texts of two hundred words."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases"
SCRIPT = CASES / "16-convert-many-steps" / "run.sh"


@pytest.mark.slow
@pytest.mark.skipif(not SCRIPT.is_file(), reason="needs ../shared/cases")
def test_converting_for_many_steps_takes_little_memory_and_time_that_grows_as_t() -> None:
    environment = os.environ | {"PYTHON": sys.executable, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        ["bash", str(SCRIPT)],
        capture_output=True,
        text=True,
        env=environment | {"STEPS": "4 16 64"},
        check=True,
    )
    found = re.findall(r"=(\d+) peak GB ([\d.]+) CPU s ([\d.]+)", done.stdout)
    assert [steps for steps, *_ in found] == ["4", "16", "64"], done.stdout + done.stderr
    peaks, seconds = ([float(row[i]) for row in found] for i in (1, 2))
    assert max(peaks) <= 1.0
    # 48 more steps cost no more than four times 12 more, and half as much again for a busy machine
    assert seconds[2] - seconds[1] < 1.5 * 4 * max(seconds[1] - seconds[0], 1.0)
