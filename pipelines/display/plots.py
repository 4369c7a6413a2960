"""Colours and markers of plots."""

from __future__ import annotations

from collections.abc import Iterable

from ...models.encoders import CODES

MARKERS = "osD^v<>PX*hpd8"
MORE = ("#8172b3", "#937860", "#da8bc3", "#8c8c8c", "#ccb974", "#64b5cd")


def code_colours(codes: Iterable[str]) -> dict[str, str]:
    """A colour for each input code: its own, or the next that is free."""
    found: dict[str, str] = {}
    free = 0
    for code in dict.fromkeys(codes):
        own = CODES[code].colour if code in CODES else None
        found[code] = own or MORE[free % len(MORE)]
        free += own is None
    return found
