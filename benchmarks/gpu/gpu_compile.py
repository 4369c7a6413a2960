"""Compile the GPU kernels ahead of time, without a GPU, and say what they take.

    python benchmarks/gpu/gpu_compile.py [--arch 90]

A network of 100 filters a width is run forward and backward as on a GPU, but what would be launched
is only compiled, for the very arguments of the launch. Prints a line of JSON a kernel: registers
of a thread, bytes of stack (spilled registers), bytes of shared memory, and how many loads of 16
bytes the code has. Needs triton, which brings NVIDIA's assembler; nothing is run or written.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from snnconvert.benchmarks.gpu.networks import RULES, network_of
from snnconvert.benchmarks.shared.peers import WIDTHS
from snnconvert.engine.training.surrogate import Surrogate
from snnconvert.engine.triton.inference import TritonEngine
from snnconvert.engine.triton.training import TritonTraining
from snnconvert.errors import SnnConvertError

# code and steps for so many frames held in registers; 0: more than fit
CODES = {0: ("saf", 12), 1: ("direct", 12), 6: ("bitplane", 63), 8: ("bitplane", 255)}
LENGTH = 40
Row = dict[str, Any]


class _NoDriver:
    """What triton asks of a driver before it compiles."""

    def __init__(self, arch: int) -> None:
        from triton.backends.compiler import GPUTarget

        self.target = GPUTarget("cuda", arch, 32)

    def get_current_target(self) -> Any:
        """The GPU that is compiled for."""
        return self.target

    def get_current_device(self) -> int:
        """The first one."""
        return 0

    def get_current_stream(self, device: int) -> int:
        """The default one."""
        return 0


@contextmanager
def compiling(arch: int) -> Iterator[dict[int, tuple[Any, Any]]]:
    """Inside the block launches compile for ``arch`` / 10 and run nothing.

    Yields:
        What was compiled, each once, with the shape that it was compiled for.
    """
    from triton.runtime.driver import driver
    from triton.runtime.jit import JITFunction

    run, before = JITFunction.run, driver._active
    found: dict[int, tuple[Any, Any]] = {}

    def compile_only(self: Any, *args: Any, grid: Any, warmup: bool, **kwargs: Any) -> Any:
        made = run(self, *args, grid=grid, warmup=True, **kwargs)
        found[id(made)] = made, kwargs.get("shape")
        return made

    JITFunction.run = compile_only
    driver.set_active(_NoDriver(arch))
    try:
        yield found
    finally:
        JITFunction.run, driver._active = run, before


def compiled(rule: str, frames: int, arch: int) -> Iterator[Row]:
    """What every kernel takes in a run forward and backward."""
    model = network_of(rule, *CODES[frames], dim=16, words=9)
    ids = torch.full((3, LENGTH), 1)
    ids[0] = torch.arange(LENGTH) % 8 + 1  # a batch of 1 would be compiled for 1 alone
    lengths = torch.tensor([LENGTH, 17, 3])
    with compiling(arch) as found:
        TritonEngine(model).currents(ids, lengths)
        TritonTraining(model, Surrogate())(ids, lengths).sum().backward()  # type: ignore[no-untyped-call]
    for kernel, shape in found.values():
        if shape is None or shape.width == max(WIDTHS):
            yield taken(kernel) | {"rule": rule, "frames": frames}


def taken(kernel: Any) -> Row:
    """Registers, stack, shared memory and wide loads of a compiled kernel."""
    import triton

    tool = Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "cuobjdump"
    with tempfile.TemporaryDirectory() as folder:
        binary = Path(folder) / "kernel.cubin"
        binary.write_bytes(kernel.asm["cubin"])
        told = subprocess.run(
            [str(tool), "-res-usage", str(binary)], capture_output=True, text=True, check=True
        ).stdout
    usage = {name: int(number) for name, number in re.findall(r"(REG|STACK):(\d+)", told)}
    return {
        "kernel": kernel.metadata.name,
        "registers": usage["REG"],
        "stack": usage["STACK"],
        "shared": kernel.metadata.shared,
        "wide_loads": len(re.findall(r"ld\.global\S*\.v4", kernel.asm["ptx"])),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Compile and print; returns the exit code."""
    made = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    made.add_argument("--arch", type=int, default=90, help="80 (A100), 90 (H100, H200) ...")
    made.add_argument("--rules", default=",".join(RULES))
    made.add_argument("--frames", default=",".join(map(str, CODES)), help="held frames; 0: none")
    options = made.parse_args(arguments)
    if os.environ.get("TRITON_INTERPRET") == "1":
        print("error: expected triton's compiler, but TRITON_INTERPRET=1 asks for the interpreter")
        return 1
    try:
        for rule in options.rules.split(","):
            for frames in options.frames.split(","):
                for row in compiled(rule, int(frames), options.arch):
                    print(json.dumps(row), flush=True)
    except SnnConvertError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
