"""Data as people had them: folders with a script each, that lie beside the checkout or nowhere."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from snnconvert.tests.conftest import ROOT

CASES = ROOT.parent / "shared" / "cases"
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="needs ../shared/cases")


def said_by(name: str) -> str:
    """What the script of a case prints, on both streams."""
    environment = os.environ | {"PYTHON": sys.executable, "OMP_NUM_THREADS": "1"}
    script = ["bash", str(CASES / name / "run.sh")]
    done = subprocess.run(script, capture_output=True, text=True, env=environment)
    return done.stdout + done.stderr
