"""Whether numba is there and compiles, asked without importing it."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec


def compiles() -> bool:
    """Whether kernels can be compiled: numba is installed, and its compiler is not switched off.

    ``NUMBA_DISABLE_JIT=1``, which debuggers and measurements of coverage set, makes Python
    functions of kernels. Those work on vector registers (`vectors.py`), which Python has none of;
    torch gives the same without them.
    """
    if find_spec("numba") is None:
        return False
    loaded = sys.modules.get("numba")
    if loaded is not None and hasattr(loaded, "config"):  # it has read the variable, or was told
        return not loaded.config.DISABLE_JIT
    return os.environ.get("NUMBA_DISABLE_JIT", "").strip() in ("", "0")
