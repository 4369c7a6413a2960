"""What results depend on beside settings and data: versions of libraries, and the processor."""

from __future__ import annotations

import platform
import sys

from ..version import __version__

PACKAGES = ("torch", "numpy", "spikingjelly", "gensim", "jieba", "scikit-learn", "textattack")


def versions() -> dict[str, str]:
    """Those of `libraries`, and `processor`."""
    return libraries() | processor()


def libraries() -> dict[str, str]:
    """Versions of this package, Python and the libraries that shape results."""
    from importlib import metadata  # slow to import, and most commands only read

    found = {"snnconvert": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def processor() -> dict[str, str]:
    """What the last bits of a training depend on beside versions; empty while torch is not loaded.

    The instructions that torch uses here, and its number of threads. They are written down, and
    do not keep a run from going on where they are others.
    """
    torch = sys.modules.get("torch")
    if torch is None:
        return {}
    instructions = torch.backends.cpu.get_cpu_capability()
    return {
        "processor": f"{platform.machine()} {instructions}",
        "threads": str(torch.get_num_threads()),
    }
