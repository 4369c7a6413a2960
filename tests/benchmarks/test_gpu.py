"""The GPU benchmark without a GPU: what it compares, and that it refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from snnconvert.benchmarks.gpu.equality import command_rows
from snnconvert.benchmarks.gpu.networks import RULES, network_of, texts_of
from snnconvert.benchmarks.gpu.run import checks_of
from snnconvert.engine.plan import plan_of

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "gpu" / "gpu.py"
# as on a machine where the package is not installed: the script finds its own checkout
BARE = """
import runpy, sys
sys.meta_path = [f for f in sys.meta_path if "editable" not in str(f).lower()]
sys.path = [p for p in sys.path if not p or "site-packages" in p or "lib" in p]
sys.argv = sys.argv[1:]
try:
    import snnconvert
except ImportError:
    runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("bare", [False, True])
def test_it_refuses_without_a_gpu_and_writes_nothing(bare: bool, tmp_path: Path) -> None:
    command = [sys.executable, *(["-c", BARE] if bare else []), str(SCRIPT)]
    command += ["--out", str(tmp_path / "results")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("error: expected an NVIDIA GPU") and done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("rule", RULES)
def test_its_networks_pool_by_every_rule(rule: str) -> None:
    model = network_of(rule, "saf", 3, channels=4, dim=6, words=9)
    assert {branch.rule for branch in plan_of(model.network).branches} == {rule}
    texts = texts_of(20, 7, 9)
    assert {len(text) for text in texts} == set(range(1, 8))
    assert all(text.min() >= 1 and text.max() < 9 for text in texts)


def test_it_compares_models_that_the_commands_make() -> None:
    rows = command_rows("cpu")
    assert [row["about"].rsplit(" ", 1)[1] for row in rows] == ["snn", "finetuned"]
    assert all(row["equal"] and row["error"] == 0 for row in rows)


def test_a_command_that_fails_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    from snnconvert.benchmarks.gpu import run
    from snnconvert.models import devices

    def none() -> None:
        return None

    monkeypatch.setattr(run, "all_rows", lambda *_: [])
    monkeypatch.setattr(devices, "gpu", none)
    (row,) = checks_of("cuda")
    assert not row["equal"] and "train ended with 2" in row["about"]
