"""The bound that training learned as the threshold: the activation has no larger value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ...errors import InputError
from .rule import Rule

if TYPE_CHECKING:
    from torch import Tensor

    from .statistics import LayerStatistics


@dataclass(frozen=True)
class Bound(Rule):
    """The bound of QCFS (Bu et al. 2022) or of TCL (Ho and Chang 2021)."""

    measures: ClassVar[str] = ""
    activations: ClassVar[tuple[str, ...]] = ("qcfs", "tcl")

    @classmethod
    def holds(cls, layer: LayerStatistics) -> bool:
        """Whether the activation has such a bound."""
        from ...models.nodes.activations import Bounded

        return isinstance(layer.node, Bounded)

    def at(self, layer: LayerStatistics) -> tuple[str, Rule]:
        """Itself, by the name of the one for QCFS where that holds."""
        return ("qcfs", QcfsBound()) if QcfsBound.holds(layer) else ("bound", self)

    def threshold(self, layer: LayerStatistics, steps: int, shift: float) -> Tensor:
        """The bound, (1,) or one for each channel, (C,), as it was trained."""
        from ...models.nodes.activations import Bounded

        node = layer.node
        if not self.holds(layer) or not isinstance(node, Bounded):
            wanted = " or ".join(name.upper() for name in self.activations)
            raise InputError(
                f"expected a {wanted} activation at {layer.name} for its learned bound, but it is "
                f"{type(node).__name__}: choose auto, max, percentile or mse, or train with "
                "--activation qcfs"
            )
        return node.bound.detach().reshape(-1)

    def against_clipping(self) -> str:
        """Training sets the bound."""
        return "use the threshold rule percentile, or train longer: the learned bound is too low"


@dataclass(frozen=True)
class QcfsBound(Bound):
    """The bound of QCFS, of whose levels T spikes make every one."""

    activations: ClassVar[tuple[str, ...]] = ("qcfs",)

    @classmethod
    def holds(cls, layer: LayerStatistics) -> bool:
        """Whether it is QCFS."""
        from ...models.nodes.activations import Qcfs

        return isinstance(layer.node, Qcfs)

    def at(self, layer: LayerStatistics) -> tuple[str, Rule]:
        """Itself."""
        return "", self


RULE = Bound
QCFS = QcfsBound
