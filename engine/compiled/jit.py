"""How numba kernels are compiled: without the interpreter's lock, kept on disk, imported late.

Importing this module imports numba, so only the modules of kernels do, and they are imported inside
the functions that need them.

numba compiles a kernel again when its own file has changed, not when that of a function it calls
has: who changes `vectors.py`, or `windows.py` or `summaries.py` beside their kernels, removes
``*.nbi`` from the ``__pycache__`` folders.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit
from numba.core import config

F = TypeVar("F", bound=Callable[..., object])


def writable(folder: Path) -> bool:
    """Whether a file can be made in ``folder``, or in the folder that would hold it."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:  # permissions do not say all: a file system may be read-only
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def fallback_folder(package: Path, home: Path) -> Path | None:
    """Where compiled kernels go if numba has no place for them; None leaves it to numba.

    numba looks beside the source and then in the user's cache. Where neither can be written, it
    would refuse to compile a kernel that is to be kept; a folder of this user among the temporary
    files takes their place.

    Args:
        package: folder of the kernels
        home: the user's cache folder
    """
    if writable(package / "__pycache__") or writable(home / "numba"):
        return None
    return Path(tempfile.gettempdir()) / f"snnconvert-numba-{os.getuid()}"


def user_cache() -> Path:
    """The folder for caches of this user (XDG), which need not exist."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()


if "NUMBA_CACHE_DIR" not in os.environ:
    _folder = fallback_folder(Path(__file__).resolve().parent, user_cache())
    if _folder is not None:
        os.environ["NUMBA_CACHE_DIR"] = str(_folder)
        config.reload_config()


def jit(function: F) -> F:
    """Compile on first call for the types that come; the machine code is kept on disk."""
    compiled: Any = njit(nogil=True, cache=True, error_model="numpy")(function)
    return cast(F, compiled)


def inline(function: F) -> F:
    """As :func:`jit`, for small functions that only kernels call: LLVM copies them into those."""
    compile_it = njit(nogil=True, cache=True, error_model="numpy", forceinline=True)
    compiled: Any = compile_it(function)
    return cast(F, compiled)
