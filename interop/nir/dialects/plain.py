"""Plain NIR: IF neurons, which fire above the threshold and are then at v_reset, 0."""

from __future__ import annotations

from .dialect import Dialect


class Plain(Dialect):
    """What any simulator may read that follows the definition of NIR's IF."""

    soft = False
    leaks = (False,)
    after_hard = (
        "time steps of 1, so that a current is added whole at each (spikingjelly: import with "
        "dt=1.0)",
    )


DIALECT = Plain()
