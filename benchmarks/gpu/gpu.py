"""Check the GPU against the CPU, and measure it against spikingjelly: at most five minutes.

    python benchmarks/gpu/gpu.py [--out FOLDER] [--spikingjelly auto|cuda|triton|torch]

Needs an NVIDIA GPU; without one it says so and writes nothing. It runs from a plain checkout,
installed or not, with torch built for CUDA (which brings triton), numpy, numba, safetensors,
pyyaml, tqdm and scikit-learn. Where spikingjelly is installed too, the kernels are timed against
its neurons, and a fine-tuning is among the commands that are checked; else both are left out, and
the page says so. Writes gpu.json and gpu.md to benchmarks/results, and ends with 1 where a result
of the GPU is not the CPU's.

Checked first (`equality.py`): logits after every step and counts, to the bit, for every pooling
rule with two codes; outputs of training to the bit and its gradients to a relative error of 1e-5;
the logits of an ANN; and models that the commands train and convert on the GPU. Then timed
(`timing.py`), as long as there is time: the median of GPU events around one call, launches
included, after a first run whose output is compared.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def find_package() -> None:
    """Let ``snnconvert`` be imported out of this checkout, whatever its folder is called."""
    if importlib.util.find_spec("snnconvert") is not None:
        return
    spec = importlib.util.spec_from_file_location(
        "snnconvert", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    assert spec is not None and spec.loader is not None
    sys.modules["snnconvert"] = package = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)


if __name__ == "__main__":
    find_package()
    from snnconvert.benchmarks.gpu.run import main

    sys.exit(main())
