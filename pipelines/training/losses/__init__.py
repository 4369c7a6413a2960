"""What fine-tuning makes small, by name in `LOSSES`: one file a loss, its class `LOSS` in it.

Names are listed without loading any. A loss of one's own is added with ``LOSSES.add(name, cls)``.
"""

from __future__ import annotations

from dataclasses import Field, fields
from typing import TYPE_CHECKING, Any, get_type_hints

from ....registry import Registry

if TYPE_CHECKING:
    from .loss import Loss

BUILT_IN = (
    "mean_logits",
    "spike_counts",
    "spike_rate",
    "every_step",
    "mse_outputs",
    "mse_counts",
)
LOSSES: Registry[type[Loss]] = Registry("loss", __name__, "LOSS", BUILT_IN)


def parameters(name: str) -> dict[str, tuple[Any, Field[Any]]]:
    """Type and field of each parameter of the loss ``name``, by the parameter's name."""
    loss = LOSSES[name]
    types = get_type_hints(loss)
    return {item.name: (types[item.name], item) for item in fields(loss)}


def added_parameters() -> dict[str, tuple[Any, Field[Any]]]:
    """Type and field of the parameters that losses which a user has added bring; nothing is loaded.

    Those that they have of the package's own losses are options already.
    """
    added = [name for name in LOSSES if name not in BUILT_IN]
    if not added:
        return {}
    from .loss import SHARED  # loaded by the user's losses

    found = {name: pair for loss in added for name, pair in parameters(loss).items()}
    own = {id(item) for cls in SHARED for item in fields(cls)}
    return {name: pair for name, pair in found.items() if id(pair[1]) not in own}


def make_loss(name: str, given: object) -> Loss:
    """The loss ``name`` with its parameters as ``given`` has them; None is the loss's default.

    Args:
        name: of `LOSSES`
        given: settings that may have a field for each parameter

    Raises:
        InputError: there is no such loss, or a parameter is out of its bounds.
    """
    values = {item: getattr(given, item, None) for item in parameters(name)}
    return LOSSES[name](**{item: value for item, value in values.items() if value is not None})
