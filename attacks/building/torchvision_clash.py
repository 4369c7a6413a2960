"""A torchvision that was built for another torch: nothing here needs it, and it stops transformers.

spikingjelly asks for torchvision, and the one that pip finds is built for CUDA. Beside a CPU build
of torch its import fails ("operator torchvision::nms does not exist"), and with it the imports of
transformers, flair and TextAttack, which try every torchvision that is installed.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from functools import cache

from ...errors import one_line


@cache
def torchvision_fault() -> str | None:
    """Why torchvision does not load, on one line; None where it does, or where there is none."""
    if importlib.util.find_spec("torchvision") is None:
        return None
    try:
        importlib.import_module("torchvision")
    except (ImportError, RuntimeError, OSError, AttributeError) as error:
        return one_line(error)
    return None


def hide_broken_torchvision() -> None:
    """Let a torchvision that does not load count as not installed, in this process.

    Call it before transformers is imported. A torchvision that loads is left alone.
    """
    if torchvision_fault() is None:
        return
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]
    sys.modules["torchvision"] = None  # type: ignore[assignment]  # both import and find_spec obey
