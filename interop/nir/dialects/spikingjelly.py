"""spikingjelly: IF with a reset to zero, or by subtraction where v_reset is None."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .dialect import Dialect, silent

if TYPE_CHECKING:
    import nir
    from torch import nn


class SpikingJelly(Dialect):
    """spikingjelly 2.0.0: fires at the threshold and above."""

    package, tested = "spikingjelly", "2.0.0"
    branches = True
    after_hard = ("import with dt=1.0",)
    after_soft = ("import with dt=1.0", "the neurons of the convolution: v_reset = None")

    def load(self, graph: nir.NIRGraph, acts: tuple[str, ...], soft: bool, steps: int) -> nn.Module:
        """As `Dialect.load`."""
        with silent():
            from spikingjelly.activation_based.nir_exchange import import_from_nir

            module: nn.Module = import_from_nir(graph, dt=1.0)
        for name in acts if soft else ():
            getattr(module, name).module.v_reset = None
        return module


DIALECT = SpikingJelly()
