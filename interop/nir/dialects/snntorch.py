"""snntorch: LIF with and without a leak, since its importer reads IF as a neuron that leaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .dialect import Dialect, Shape, lif, silent

if TYPE_CHECKING:
    import nir
    from torch import Tensor, nn

STEP = np.float32(1e-4)
"""The time step that snntorch's importer has built in."""
LONG = np.float32(2.0**30)


class SnnTorch(Dialect):
    """snntorch 1.0.0: fires above the threshold."""

    package, tested = "snntorch", "1.0.0"
    branches = True
    leaks = (False,)  # the delay subtracts from a potential that has leaked already
    after_soft = (
        "the neurons of the convolution: reset_mechanism subtract with reset_delay=True (with "
        "False it subtracts late where a potential stays above the threshold)",
    )

    def neurons(self, shape: Shape, threshold: float, soft: bool, leak: float = 0.0) -> nir.NIRNode:
        """LIF; without a leak of so long a time constant that its decay is 1 in float32."""
        steps = np.float32(1 / leak) if leak else LONG
        return lif(shape, threshold, STEP * steps, steps)

    def load(self, graph: nir.NIRGraph, acts: tuple[str, ...], soft: bool, steps: int) -> nn.Module:
        """As `Dialect.load`."""
        with silent():
            import snntorch
            from snntorch.import_nir import import_from_nir

            module: nn.Module = import_from_nir(graph)
        for name in acts if soft else ():
            old = getattr(module, name)
            new = snntorch.Leaky(
                beta=old.beta,
                threshold=old.threshold,
                reset_mechanism="subtract",
                reset_delay=True,
                init_hidden=True,
            )
            setattr(module, name, new)
        return module

    def begin(self, module: nn.Module) -> None:
        """As `Dialect.begin`: its neurons keep their potentials."""
        for part in module.modules():
            if hasattr(part, "reset_mem"):
                part.reset_mem()  # type: ignore[operator]

    def step(self, module: nn.Module, frame: Tensor, state: Any) -> tuple[Tensor, Any]:
        """As `Dialect.step`; the state that the graph wants holds nothing."""
        output, _ = module(frame)
        return output, None


DIALECT = SnnTorch()
