"""The options of value maps, light enough for the command line."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from ...errors import InputError
from ...options import check_value, option
from . import VALUE_MAPS

OWN = ("map_sigmas", "map_tail")
"""Options that some maps read and others do not."""


@dataclass(frozen=True)
class MapOptions:
    """Which value map, and how it is fitted.

    Raises:
        InputError: out of bounds, or given to a map that does not read it.
    """

    value_map: str = option(
        "sigma",
        "how vectors are brought to [-1, 1], by the words of the training texts: sigma: mean and "
        "deviation of all components; minmax: their range; rank: their ranks, evenly spread; "
        "quantile: quantiles of each component; scale: mean and deviation of each component",
        VALUE_MAPS,
    )
    map_sigmas: float = option(
        3.0, "deviations from the mean that become -1 and 1, with sigma and scale", above=0
    )
    map_tail: float = option(
        0.01,
        "share of a component's values clipped at either end, with quantile",
        least=0,
        below=0.5,
    )
    sparsity: float = option(
        0.0,
        "share of the components of the training words that become zero, the smallest; the others "
        "move toward zero by as much (soft threshold)",
        least=0,
        below=1,
    )

    def __post_init__(self) -> None:
        for item in fields(self):
            check_value(item.name, getattr(self, item.name), item.metadata)
        check_read(self)


NAMES = tuple(item.name for item in fields(MapOptions))


def options_of(settings: Any) -> MapOptions:
    """The value map's options of settings that have them among others."""
    return MapOptions(**{name: getattr(settings, name) for name in NAMES})


def check_read(settings: Any) -> None:
    """Refuse an option that was given and that the value map does not read.

    Raises:
        InputError: there is one.
    """
    for name in OWN:
        if getattr(settings, name) == getattr(MapOptions, name):
            continue
        if name not in VALUE_MAPS[settings.value_map].reads:
            readers = " or ".join(k for k in VALUE_MAPS if name in VALUE_MAPS[k].reads)
            raise InputError(
                f"expected {name} only with the value map {readers}, but got it with "
                f"{settings.value_map}, which does not read it: leave it out"
            )


USUAL = MapOptions()
"""Today's default: the mean and three deviations of all components."""
