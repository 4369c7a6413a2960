"""norse: IF is reset to zero; CubaLIF takes norse's reset by subtraction, and any leak."""

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

    def neurons(self, shape: Shape, threshold: float, soft: bool, leak: float = 0.0) -> nir.NIRNode:
        """IF, or with soft reset or a leak CubaLIF of a synapse of one step.

        norse's LIF leaves out r, which has to take back what it divides the current by.
        """
        import nir

        if not soft and not leak:
            return super().neurons(shape, threshold, soft)
        one = np.ones(shape, np.float32)
        membrane = one * (np.float32(1 / leak) if leak else LONG)
        return nir.CubaLIF(
            tau_syn=one,
            tau_mem=membrane,
            r=membrane,
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
