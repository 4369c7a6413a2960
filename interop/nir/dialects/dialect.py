"""What a simulator answers: the nodes that it reads, how it is set up, and how it is run."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ....errors import InputError

if TYPE_CHECKING:
    import nir
    from torch import Tensor, nn

Shape = tuple[int, int, int]


class Dialect:
    """Nodes of spiking neurons as one simulator reads them.

    Attributes:
        package: of the simulator; "" of plain NIR, which none is needed for
        tested: its version that the settings here were tested with
        soft: whether it can subtract the threshold
        leaks: the resets, soft as True, with which it runs a leak as the package does
        branches: whether it runs graphs in which several edges enter a node
        at_once: its module takes all steps in one call
        after_soft: what must be set after loading with soft reset, in one line each
        after_hard: the same with hard reset
    """

    package: ClassVar[str] = ""
    tested: ClassVar[str] = ""
    soft: ClassVar[bool] = True
    leaks: ClassVar[tuple[bool, ...]] = (True, False)
    branches: ClassVar[bool] = False
    at_once: ClassVar[bool] = False
    after_soft: ClassVar[tuple[str, ...]] = ()
    after_hard: ClassVar[tuple[str, ...]] = ()

    def neurons(self, shape: Shape, threshold: float, soft: bool, leak: float = 0.0) -> nir.NIRNode:
        """Neurons that lose ``leak`` of their potential a step; by default NIR's IF, or its LIF.

        A step is one unit of time, so a time constant is 1 / leak, and so is the resistance, which
        takes back what LIF divides the current by. The reset is none of the node.
        """
        import nir

        one = np.ones(shape, np.float32)
        if not leak:
            return nir.IF(r=one, v_threshold=one * np.float32(threshold))
        return lif(shape, threshold, np.float32(1 / leak), np.float32(1 / leak))

    def settings(self, soft: bool) -> tuple[str, ...]:
        """What must be set after loading, in one line each."""
        return self.after_soft if soft else self.after_hard

    def load(self, graph: nir.NIRGraph, acts: tuple[str, ...], soft: bool, steps: int) -> nn.Module:
        """The simulator's own module of a graph, with all that must be set.

        Args:
            graph: as `nir.read` gives it
            acts: names of the neurons that have the network's reset; all others are reset to zero
            soft: whether that subtracts the threshold
            steps: T
        """
        raise InputError("expected a simulator to load a graph, but got none of them: name one")

    def begin(self, module: nn.Module) -> None:
        """Put every neuron at rest, before new texts."""
        return None

    def step(self, module: nn.Module, frame: Tensor, state: Any) -> tuple[Tensor, Any]:
        """One step: outputs (n, K, 1, 1) of a frame (n, A, P, K), and the state after it."""
        output, state = module(frame, state)
        return output, state

    def steps(self, module: nn.Module, frames: Tensor) -> Tensor:
        """All steps of frames (T, n, A, P, K) where they are one call: outputs (T, n, K, 1, 1)."""
        raise NotImplementedError

    def check(self, unchecked: bool = False) -> None:
        """Refuse where the simulator is not there, or is another version than was tested.

        Raises:
            InputError: says which, and what to install.
        """
        from importlib import metadata

        from ....installation import install_packages

        wanted = install_packages(f"{self.package}=={self.tested}", "nirtorch==2.6")
        try:
            found = metadata.version(self.package)
        except metadata.PackageNotFoundError:
            raise InputError(
                f"expected {self.package} to be installed, but it is not: {wanted}"
            ) from None
        if found != self.tested and not unchecked:
            raise InputError(
                f"expected {self.package} {self.tested}, whose importer was tested, but found "
                f"{found}: {wanted}, or go on with --unchecked"
            )


def lif(shape: Shape, threshold: float, tau: np.float32, resistance: np.float32) -> nir.NIRNode:
    """NIR's LIF with one time constant, in the simulator's unit of time, that rests at 0."""
    import nir

    one = np.ones(shape, np.float32)
    return nir.LIF(
        tau=one * tau,
        r=one * resistance,
        v_leak=one * 0,
        v_threshold=one * np.float32(threshold),
    )


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Simulators print and warn while they import and load; inside the block nobody hears them."""
    import logging

    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
