"""snnconvert: turn text CNNs into spiking CNNs, and measure what that costs and gains.

`TextClassifier` is what a program needs of a run folder: texts in, classes out. The package is
light to import: torch, textattack and the other heavy libraries are loaded by the functions that
need them, and `TextClassifier` when it is first named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

# absolute: a test runner loads this file by its path too, without the name of the package
from snnconvert import moved
from snnconvert.version import __version__

if TYPE_CHECKING:
    from .pipelines.classifier import TextClassifier

__all__ = ["TextClassifier", "__version__"]

moved.install()


def __getattr__(name: str) -> object:
    """Load `TextClassifier` when it is first asked for (PEP 562)."""
    if name != "TextClassifier":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .pipelines.classifier import TextClassifier

    globals()[name] = TextClassifier
    return TextClassifier


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
