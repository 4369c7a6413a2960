"""What may be chosen of a folder for the hub; light, for the command line."""

from __future__ import annotations

from dataclasses import dataclass

from ...options import option


@dataclass(frozen=True)
class HfOptions:
    """The options of ``--format hf``."""

    license: str | None = option(
        None,
        "licence of the model by the hub's name, as in apache-2.0; it is yours to choose, so there "
        "is no default",
        shown="none, one must be given",
    )
