"""norse: IF is reset to zero; CubaLIF without leaks takes norse's reset by subtraction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .dialect import Dialect, Shape, silent

if TYPE_CHECKING:
    import nir
    from torch import nn

LONG = np.float32(2.0**30)
"""A membrane of so many steps has no leak in float32; r takes back what it divides the input by."""


class Norse(Dialect):
    """norse 1.1.0: fires above the threshold."""

    package, tested = "norse", "1.1.0"
    after_soft = (
        "import with dt=1.0 and reset_method=norse.torch.functional.reset.reset_subtract",
    )

    def neurons(self, shape: Shape, threshold: float, soft: bool) -> nir.NIRNode:
        """IF, or with soft reset CubaLIF of a synapse of one step and a membrane without leak."""
        import nir

        if not soft:
            return super().neurons(shape, threshold, soft)
        one = np.ones(shape, np.float32)
        return nir.CubaLIF(
            tau_syn=one,
            tau_mem=one * LONG,
            r=one * LONG,
            v_leak=one * 0,
            v_threshold=one * np.float32(threshold),
            w_in=one,
        )

    def load(self, graph: nir.NIRGraph, acts: tuple[str, ...], soft: bool, steps: int) -> nn.Module:
        """As `Dialect.load`; the reset by subtraction reaches CubaLIF alone."""
        with silent():
            import norse.torch as norse
            from norse.torch.functional.reset import reset_subtract, reset_value

            method = reset_subtract if soft else reset_value
            module: nn.Module = norse.from_nir(graph, dt=1.0, reset_method=method)
        return module


DIALECT = Norse()
