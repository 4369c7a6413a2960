"""sinabs: neurons that subtract; one spike a step, no lowest potential, and a reset where asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .dialect import Dialect, silent

if TYPE_CHECKING:
    import nir
    from torch import Tensor, nn

ALL = "every neuron: spike_fn = SingleSpike and min_v_mem = None"


class Sinabs(Dialect):
    """sinabs 3.1.3: fires at the threshold and above."""

    package, tested = "sinabs", "3.1.3"
    at_once = True
    leaks = ()  # its importer asks `any` of v_leak, which takes one number alone
    after_hard = (ALL, "every neuron: reset_fn = MembraneReset()")
    after_soft = (ALL, "every neuron but those of the convolution: reset_fn = MembraneReset()")

    def load(self, graph: nir.NIRGraph, acts: tuple[str, ...], soft: bool, steps: int) -> nn.Module:
        """As `Dialect.load`."""
        with silent():
            from sinabs.activation import MembraneReset, SingleSpike
            from sinabs.nir import from_nir

            module: nn.Module = from_nir(graph, num_timesteps=steps)
        layers: dict[str, Any] = dict(module.named_children())
        for name, part in layers.items():
            if hasattr(part, "spike_fn"):
                part.spike_fn, part.min_v_mem = SingleSpike, None
                if not soft or name not in acts:
                    part.reset_fn = MembraneReset()
        return module

    def begin(self, module: nn.Module) -> None:
        """As `Dialect.begin`: its layers keep their potentials."""
        layers: list[Any] = list(module.modules())
        for part in layers:
            if hasattr(part, "reset_states"):
                part.reset_states()
                part.v_mem = part.v_mem.new_zeros(0)  # for batches of another size

    def steps(self, module: nn.Module, frames: Tensor) -> Tensor:
        """As `Dialect.steps`: texts and their steps are one axis, step by step."""
        flat = frames.transpose(0, 1).flatten(0, 1)  # (n T, A, P, K)
        outputs, _ = module(flat)
        return outputs.unflatten(0, (frames.shape[1], len(frames))).transpose(0, 1)


DIALECT = Sinabs()
