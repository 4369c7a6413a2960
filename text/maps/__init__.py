"""Value maps: word vectors of any range to [-1, 1], fitted on the training words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...registry import Registry

if TYPE_CHECKING:
    from .value_map import NamedMap

VALUE_MAPS: Registry[type[NamedMap]] = Registry(
    "value map", __name__, "MAP", ("sigma", "minmax", "rank", "quantile", "scale"), says="kind"
)
