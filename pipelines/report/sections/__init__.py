"""The sections of a report: one file or folder each, in the order in which they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ....registry import Registry

if TYPE_CHECKING:
    from ..section import Section

SECTIONS: Registry[Section[Any]] = Registry(
    "section of a report",
    __name__,
    "SECTION",
    (
        *("accuracy", "learning", "conversion", "activity", "raster", "explained", "energy"),
        *("robustness", "settings"),
    ),
    {
        name: f"{name}.section"
        for name in (
            *("accuracy", "learning", "conversion", "activity", "raster", "energy"),
            "robustness",
        )
    },
)
