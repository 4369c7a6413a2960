"""Compile the GPU kernels ahead of time, without a GPU, and say what they take.

    python benchmarks/gpu/gpu_compile.py [--arch 90]

For every kernel as a network of 100 filters a width launches it, prints a line of JSON: registers
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
from pathlib import Path
from typing import Any

from snnconvert.engine.triton.front import CHANNEL_BLOCK, HELD_FRAMES, import_kernels
from snnconvert.errors import SnnConvertError

RULES = ("spikes", "counts", "gated", "mean", "currents")
POINTERS = {
    "tokens": "i32",
    "lengths": "i32",
    "order": "i32",
    "tied": "i32",
    "entries": "i32",
    "starts": "i32",
    "marks": "i32",
    "pooled": "i32",
}
FLOATS = ("height", "scale", "edge")
ARRAYS = ("table", "bias", "initial", "scratch", "given", "gradient", "currents", "spikes", "sums")


def parameters(kernel: Any, constants: dict[str, Any]) -> dict[str, str]:
    """The type of every parameter of ``kernel``, as triton's compiler names it."""
    types = {}
    for name in kernel.arg_names:
        if name in constants:
            types[name] = "constexpr"
        elif name in ARRAYS:
            types[name] = "*fp32"
        elif name in POINTERS:
            types[name] = "*" + POINTERS[name]
        else:
            wide = name.startswith("stride") or name in ("longest", "neurons")
            types[name] = "fp32" if name in FLOATS else "i64" if wide else "i32"
    rule = constants.get("rule")
    if rule == "gated" and "pooled" in types:
        types["pooled"] = "*i64"
    if rule == "currents":
        types |= {name: "*fp32" for name in ("pooled", "marks") if name in types}
    return types


def launches(rules: Sequence[str], frames: Sequence[int]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Every kernel with the constants that it is launched with."""
    front, training = import_kernels(), import_kernels("training_kernels")
    for rule in rules:
        for held in frames:
            shape = {"column": 300, "channels": 100, "width": 5, "rule": rule, "soft": True}
            shape |= {"frames": held, "block_c": CHANNEL_BLOCK}
            block = 16 if held > 1 else 32
            yield front.front_kernel, shape | {"ties": True, "block_w": block}
            yield training.backward_kernel, shape | {"slope": "atan", "block_w": 16}
    layer = {"channels": 100, "soft": True, "block": 256}
    yield front.fire_kernel, layer
    yield training.fire_backward_kernel, layer | {"slope": "sigmoid"}
    yield training.segment_kernel, {"channels": 100, "width": 5, "block_e": 8, "block_c": 32}


def compiled(kernel: Any, constants: dict[str, Any], arch: int) -> dict[str, Any]:
    """Compile one kernel for compute capability ``arch`` / 10; what it takes."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    types = parameters(kernel, constants)
    aligned = [["tt.divisibility", 16]]  # as torch allocates, and as tables of 1,200 taps lie
    attributes = {
        (number,): aligned
        for number, (name, kind) in enumerate(types.items())
        if kind.startswith("*") or name.startswith("stride")
    }
    source = ASTSource(fn=kernel, signature=types, constexprs=constants, attrs=attributes)
    options = {"enable_fp_fusion": True}
    made = triton.compile(source, target=GPUTarget("cuda", arch, 32), options=options)
    tool = Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "cuobjdump"
    with tempfile.TemporaryDirectory() as folder:
        binary = Path(folder) / "kernel.cubin"
        binary.write_bytes(made.asm["cubin"])
        told = subprocess.run(
            [str(tool), "-res-usage", str(binary)], capture_output=True, text=True, check=True
        ).stdout
    usage = {name: int(number) for name, number in re.findall(r"(REG|STACK):(\d+)", told)}
    return {
        "kernel": kernel.fn.__name__,
        "rule": constants.get("rule"),
        "frames": constants.get("frames"),
        "registers": usage["REG"],
        "stack": usage["STACK"],
        "shared": made.metadata.shared,
        "wide_loads": len(re.findall(r"ld\.global\S*\.v4", made.asm["ptx"])),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Compile and print; returns the exit code."""
    made = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    made.add_argument("--arch", type=int, default=90, help="80 (A100), 90 (H100, H200) ...")
    made.add_argument("--rules", default=",".join(RULES))
    made.add_argument("--frames", default=f"0,1,6,{HELD_FRAMES}", help="held frames; 0: none")
    options = made.parse_args(arguments)
    if os.environ.get("TRITON_INTERPRET") == "1":
        print("error: expected triton's compiler, but TRITON_INTERPRET=1 asks for the interpreter")
        return 1
    frames = [int(number) for number in options.frames.split(",")]
    try:
        for kernel, constants in launches(options.rules.split(","), frames):
            print(json.dumps(compiled(kernel, constants, options.arch)), flush=True)
    except SnnConvertError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
