"""The machine: processor, threads, a GPU, compiled kernels, room on the disk."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from ...installation import install_hint
from .check import Check

_LITTLE_ROOM = 2**30
"""Bytes; a run of an ordinary data set, its checkpoints and attacks included, fits into fewer."""


def check_machine() -> Iterator[Check]:
    """All of it; what needs torch or numba is left to the group of packages where they lack."""
    if find_spec("torch") is not None:
        yield from _torch()
    if find_spec("numba") is not None:
        yield _numba()
    yield _disk(Path.cwd())


def usable_cores() -> int:
    """The cores that this process may run on, which may be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _torch() -> Iterator[Check]:
    try:
        import torch
    except (ImportError, OSError) as error:
        found = f"torch does not load: {str(error).splitlines()[0]}"
        yield Check("torch build", "fail", found, install_hint())
        return
    yield Check("torch build", "ok", _built_for(torch.version.cuda, torch.version.hip))
    instructions = torch.backends.cpu.get_cpu_capability()
    yield Check("processor", "ok", f"{platform.machine()}, torch uses {instructions}")
    yield _threads(torch.get_num_threads(), usable_cores())
    seen = torch.cuda.get_device_name(0) if torch.cuda.is_available() else None
    yield gpu(seen)


def _built_for(cuda: str | None, rocm: str | None) -> str:
    if cuda:
        return f"for CUDA {cuda}"
    return f"for ROCm {rocm}" if rocm else "for the CPU"


def _threads(threads: int, cores: int) -> Check:
    """More threads than cores wait for each other."""
    found = f"{threads}, with {cores} usable core{'s' * (cores != 1)}"
    if threads <= cores:
        return Check("threads", "ok", found)
    return Check("threads", "note", f"{found}: slow", f"set OMP_NUM_THREADS={cores}")


def gpu(seen: str | None) -> Check:
    """A GPU is used by the commands that are told to.

    Args:
        seen: the name of the GPU, None without one
    """
    if seen is None:
        return Check("gpu", "ok", "none, and none is needed: commands run on the CPU")
    return Check("gpu", "ok", f"{seen}, used with --device cuda or auto; the CPU is the default")


def _numba() -> Check:
    """Compile one kernel as the fast engine does, and have it kept on disk."""
    try:
        from .kernel import compile_one

        folder = compile_one()
    except Exception as error:  # a build that does not fit fails in ways of its own
        return Check(
            "numba", "fail", f"does not compile: {str(error).splitlines()[0][:120]}", install_hint()
        )
    return Check("numba", "ok", f"compiles, and keeps what it compiled in {folder}")


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    found = f"{free / 2**30:.1f} GiB free in {folder}"
    if free >= _LITTLE_ROOM:
        return Check("disk", "ok", found)
    return Check("disk", "note", found, "free some before a long run, or choose --out elsewhere")
