"""Networks that leave the package: one file a format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..registry import Registry

if TYPE_CHECKING:
    from .export import Export

EXPORTS: Registry[Export] = Registry(
    "export format",
    __name__,
    "EXPORT",
    ("npz", "nir", "onnx", "hf"),
    {"nir": "nir.format", "onnx": "onnx.format", "hf": "hf.format"},
)
