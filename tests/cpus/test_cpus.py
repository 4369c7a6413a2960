"""The same spikes, counts and gradients on every processor, as far as it is promised.

Libraries choose their instructions by the processor; their own variables make them believe in an
older one. `make test-cpus` runs the engines' tests under the same settings.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from snnconvert.engine import threads
from snnconvert.engine.engines import make_engine
from snnconvert.engine.exact_sums import exact_sums
from snnconvert.engine.training.words import BLOCK, project, weight_gradient, words_of
from snnconvert.models.network import Network, Signal
from snnconvert.models.nodes.layers import Linear
from snnconvert.models.operations import SpikeCounter
from snnconvert.pipelines.versions import versions
from snnconvert.tests.cpus import cases as cpu_cases

AVX2 = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}
SSE = {
    "ATEN_CPU_CAPABILITY": "default",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "MKL_CBWR": "COMPATIBLE",
}
OLD_KERNELS = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
MANY = {"OMP_NUM_THREADS": "8", "MKL_DYNAMIC": "FALSE"}
CHOOSING = (*AVX2, *SSE, *OLD_KERNELS, *MANY, "MKL_NUM_THREADS", "MKL_ENABLE_INSTRUCTIONS")
intel = pytest.mark.skipif(
    platform.machine().lower() not in ("x86_64", "amd64"), reason="the variables are of x86-64"
)


def run(settings: dict[str, str]) -> dict[str, Any]:
    """What `cpu_cases` prints in a process of its own, on the processor that ``settings`` name."""
    plain = {name: value for name, value in os.environ.items() if name not in CHOOSING}
    script = [sys.executable, str(Path(cpu_cases.__file__))]
    done = subprocess.run(
        script,
        env=plain | {"OMP_NUM_THREADS": "1"} | settings,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def here() -> dict[str, Any]:
    """The same on this processor as it is."""
    return run({})


def assert_promised(made: dict[str, Any], expected: dict[str, Any]) -> None:
    """Equal logits and counts, to the bit; gradients to the rounding of float32."""
    assert made["answers"] == expected["answers"]
    for name, found in made["gradients"].items():
        assert found["norms"] == pytest.approx(expected["gradients"][name]["norms"], rel=1e-5)


def assert_agreed(content: dict[str, Any]) -> None:
    """Every engine has the answers of the reference; no number of threads changes a gradient."""
    for name, found in content["answers"].items():
        code = name.rsplit("-", 1)[0]
        assert found == content["answers"][f"{code}-reference"], name
    for name, found in content["gradients"].items():
        code = name.rsplit("-", 1)[0]
        assert found == content["gradients"][f"{code}-1"], name


@pytest.mark.long
def test_engines_and_threads_agree_here(here: dict[str, Any]) -> None:
    assert_agreed(here)


@intel
@pytest.mark.parametrize("settings", [AVX2, SSE | MANY], ids=["avx2", "sse-8-threads"])
@pytest.mark.long
def test_other_instructions_give_the_same(settings: Any, here: dict[str, Any]) -> None:
    made = run(settings)
    assert made["capability"] == settings["ATEN_CPU_CAPABILITY"].upper()
    assert_agreed(made)
    assert_promised(made, here)


@pytest.mark.slow
@intel
@pytest.mark.timeout(900)
@pytest.mark.long
def test_kernels_without_avx_give_the_same(here: dict[str, Any]) -> None:
    """Compiles all kernels for the first 64-bit processors, which takes half a minute."""
    made = run(SSE | OLD_KERNELS)
    assert_agreed(made)
    assert_promised(made, here)


@pytest.mark.filterwarnings("ignore:TF32")
def test_without_onednn_the_reference_is_the_same() -> None:
    """PyTorch then convolves by NNPACK, whose Fourier transforms round."""
    with torch.backends.mkldnn.flags(enabled=False):
        made = currents()
    for name, expected in currents().items():
        assert torch.equal(made[name], expected)


def currents() -> dict[str, Tensor]:
    """The currents of the convolutions as the reference engine makes them, before any neuron."""
    kept: dict[str, Tensor] = {}

    class Keep:
        def update(self, record: dict[str, Signal]) -> None:
            kept.update({name: record[name].values for name in ("conv2", "conv3")})

    make_engine(cpu_cases.model("saf", 6), "reference").running_logits(
        cpu_cases.texts(), counter=Keep()
    )
    return kept


def test_sums_are_exact_whatever_a_user_has_allowed() -> None:
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        with exact_sums():
            assert torch.get_float32_matmul_precision() == "highest"
            assert not torch.backends.nnpack.set_flags(False)[0]
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision(before)


def test_counts_beyond_what_float32_holds() -> None:
    """2^24 + 1 spikes onto one output: float32 has no such number."""
    readout = Linear(2**12, 1)
    torch.nn.init.ones_(readout.weight)
    counter = SpikeCounter(Network([("readout", readout, ("input",))]), False)
    spikes = torch.ones(1, 2**12, 2**12)  # (T, B, F): 2^24 spikes
    one = torch.zeros(1, 1, 2**12)
    one[..., 0] = 1
    frames = torch.cat([spikes, one], dim=1)
    counter.update({"input": Signal(frames)})
    assert counter.compute()["sops_by_layer"] == {"readout": (2**24 + 1) / (2**12 + 1)}
    assert counter.input_spikes == 2**24 + 1


@pytest.mark.parametrize("code", ["bitplane", "direct"])
def test_products_of_training_do_not_depend_on_threads(code: str, monkeypatch: Any) -> None:
    """More rows and inputs than a block holds, and more threads than there may be cores."""
    monkeypatch.setattr(threads, "cores", lambda: 8)
    snn = cpu_cases.model(code, 7)
    snn.embedding = torch.nn.Embedding.from_pretrained(cpu_cases.drawn(300, 3 * BLOCK + 1))
    words = words_of(snn, torch.arange(1, 290)[None], torch.tensor([289]))
    assert words.events is None and words.frames is not None  # spikes enough for dense products
    weight = cpu_cases.drawn(33, words.shape[2], 3)
    gradient = cpu_cases.drawn(words.shape[1], words.shape[0], 99)
    before = torch.get_num_threads()
    found = []
    for number in (1, 2, 3, 8):
        torch.set_num_threads(number)
        found.append(
            [project(words, weight), *(weight_gradient(words, gradient[:, :1], m) for m in (0, 1))]
        )
    torch.set_num_threads(before)
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))
    frames = words.frames.double()  # (F, N, D')
    expected = torch.einsum("fnd,nc->dc", frames[:1], gradient[:, 0].double())
    assert torch.allclose(found[0][1].double(), expected, rtol=1e-5, atol=1e-4)


def test_threads_are_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "cores", lambda: 4)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        seen: list[int] = []
        with threads.torch_on_one_thread(), threads.torch_on_one_thread():
            assert (torch.get_num_threads(), threads.kernel_threads()) == (1, 3)
            threads.in_parts(6, lambda a, z: seen.append(torch.get_num_threads()), 2)
        assert seen == [1, 1, 1]
        assert (torch.get_num_threads(), threads.kernel_threads()) == (3, 3)
        torch.set_num_threads(64)
        assert threads.kernel_threads() == 4
    finally:
        torch.set_num_threads(before)


def test_a_run_says_what_its_last_bits_depend_on() -> None:
    found = versions()
    assert found["threads"] == str(torch.get_num_threads())
    assert found["processor"].split() == [
        platform.machine(),
        torch.backends.cpu.get_cpu_capability(),
    ]
