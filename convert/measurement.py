"""What of the ANN thresholds are measured on: activation or ReLU, at positions or neurons."""

from __future__ import annotations

from torch.nn import functional

from ..models.network import Network, Node, Signal
from .graph.builder import Builder
from .graph.canonical import canonical
from .graph.units import Units
from .recipes.recipe import ConversionRecipe
from .rules.pooling import choose_pooling, moved_maxima


class Measurement:
    """Picks, out of one recorded run of the ANN, what a recipe's threshold rule looks at.

    Args:
        ann: the trained network
        recipe: its threshold's ``source`` and ``location`` (`thresholds/spec.py`), and what
            decides whether neurons stand behind a maximum of currents

    Attributes:
        network: the ANN to run and record: the same function, and where neurons may stand behind a
            maximum, with every activation before it
    """

    def __init__(self, ann: Network, recipe: ConversionRecipe) -> None:
        self.rule, self.recipe = recipe.threshold, recipe
        self.network = canonical(ann) if self.rule.location == "neurons" else ann
        self.pools: dict[str, list[Node]] = {}

    def at(self, name: str, record: dict[str, Signal]) -> Signal:
        """The activations to measure of the activation node ``name``: (B, C, L) or (B, C)."""
        signal = record[name]
        if self.rule.source == "relu":
            before = record[self.network.inputs[name][0]]
            signal = Signal(functional.relu(before.values), before.lengths)
        if self.rule.location == "neurons":
            for pool in self._maxima(name):
                signal = pool(signal)
        return signal

    def _maxima(self, name: str) -> list[Node]:
        """The maxima that the neurons of ``name`` come after; none where they come first."""
        if name not in self.pools:
            builder = Builder(self.network, self.recipe, Units(self.network, {}))
            builder.allow_inexact = self.recipe.allow_inexact
            maxima = moved_maxima(builder, name)
            behind = maxima and choose_pooling(builder, name)[0] == "currents"
            self.pools[name] = [self.network.node(pool) for pool in maxima] if behind else []
        return self.pools[name]
