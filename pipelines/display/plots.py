"""Colours and markers of plots."""

from __future__ import annotations

COLOURS = {"direct": "#4c72b0", "saf": "#dd8452", "bitplane": "#55a868", "poisson": "#c44e52"}


MARKERS = "osD^v<>PX*hpd8"
