"""A kernel that does next to nothing, to see whether kernels compile here."""

from __future__ import annotations

from ...engine.compiled.jit import jit


@jit
def _next(number: int) -> int:
    return number + 1


def compile_one() -> str:
    """Compile it and run it; returns the folder in which numba keeps the machine code.

    Raises:
        Exception: whatever numba or llvmlite raise where they do not work.
    """
    if _next(1) != 2:
        raise RuntimeError("the compiled kernel gave a wrong sum")
    return str(_next.stats.cache_path)  # type: ignore[attr-defined]
