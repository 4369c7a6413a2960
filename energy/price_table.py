"""An energy table: a few published prices, and how they price counted work."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..errors import InputError
from .layers import Layer

PRICES = {
    "mac": "a multiply-accumulate",
    "add": "an addition or comparison",
    "sop": "a synaptic operation (an addition where it is not given)",
    "spike": "a spike fired",
    "update": "a neuron looked at (an addition where it is not given)",
    "draw": "a random number (an addition where it is not given)",
    "component": "a component of a word vector fetched",
}


NARROW = ("", "serial", "product")


@dataclass(frozen=True)
class EnergyTable:
    """Prices in picojoules, checked when they are made.

    What a table does not price costs nothing with it, but for MACs: a chip for spikes has no price
    for them, so work that has MACs has no energy there (None), which is not zero.

    Attributes:
        name: in files and on the command line
        title: what the figures are
        source: where they come from
        pj: prices in picojoules of what `PRICES` lists
        narrow: what a MAC with an activation of few bits costs (see `mac`)
        width: bits of the operands that the price of a MAC is for
        memory: (bytes, pJ), ...: an access to a 32-bit word by the size of the memory
        addressing: whether addresses cost additions and MACs
        order: the place among the other tables
        shown: in the main table and the plots

    Raises:
        InputError: an unknown price, a number that is not finite or below zero, or memory sizes
            that do not grow.
    """

    name: str
    title: str
    source: str
    pj: Mapping[str, float]
    narrow: str = ""
    width: int = 32
    memory: tuple[tuple[float, float], ...] = field(default=())
    addressing: bool = False
    order: int = 1000
    shown: bool = False

    def __post_init__(self) -> None:
        unknown = sorted(set(self.pj) - set(PRICES))
        if unknown or not self.pj:
            raise InputError(
                f"expected prices of {', '.join(PRICES)} in the energy table {self.name}, but got "
                f"{', '.join(unknown) or 'none'}"
            )
        numbers = [*self.pj.values(), *(n for point in self.memory for n in point)]
        if not all(math.isfinite(n) and n >= 0 for n in numbers):
            raise InputError(
                f"expected prices of 0 pJ or more in the energy table {self.name}, but got "
                f"{[n for n in numbers if not (math.isfinite(n) and n >= 0)]}"
            )
        sizes = [size for size, _ in self.memory]
        if sizes != sorted(set(sizes)):
            raise InputError(
                f"expected memory sizes that grow in the energy table {self.name}, but got {sizes}"
            )
        if self.narrow not in NARROW or self.width < 1:
            raise InputError(
                f"expected narrow to be serial or product and a width of at least 1 bit in the "
                f"energy table {self.name}, but got {self.narrow!r} and {self.width}"
            )

    def price(self, what: str) -> float:
        """Picojoules of one ``what``, by the fallbacks of `PRICES`."""
        if what in self.pj:
            return self.pj[what]
        return self.pj.get("add", 0.0) if what in ("sop", "update", "draw") else 0.0

    def mac(self, bits: int) -> float:
        """A MAC with an activation of ``bits``, in picojoules.

        - ``serial``: one addition for every bit, where that is cheaper: a weight in floating point
          is shifted and added.
        - ``product``: the multiplication in proportion to the bits, since a multiplier grows with
          the product of its operands' widths (32 x 32 bits 3.1 pJ, 8 x 8 bits 0.2 pJ in Horowitz'
          table: 15.5 for 16); the addition as it is.
        """
        whole, add = self.pj["mac"], self.pj.get("add", 0.0)
        if self.narrow == "serial":
            return min(whole, bits * add) if bits < 32 else whole
        if self.narrow == "product" and bits < self.width:
            return add + (whole - add) * bits / self.width
        return whole

    def access(self, size: float) -> float:
        """An access to a 32-bit word in a memory of ``size`` bytes, in picojoules.

        Between the sizes of the table linear, outside them that of the nearest.
        """
        if not self.memory:
            return 0.0
        sizes, costs = zip(*self.memory, strict=True)
        return float(np.interp(size, sizes, costs))

    def energy(self, layer: Layer) -> dict[str, np.ndarray | float] | None:
        """Picojoules of every text (N,), or a number: ``compute``, ``memory``, ``addressing``.

        None where the layer multiplies and the table has no price for it.
        """
        multiplies = np.any(np.asarray(layer.get("macs")) > 0) or np.any(
            np.asarray(layer.get("scales")) > 0
        )
        if multiplies and "mac" not in self.pj:
            return None
        return {
            "compute": self._compute(layer),
            "memory": self._memory(layer),
            "addressing": self._addressing(layer),
        }

    def _compute(self, layer: Layer) -> np.ndarray | float:
        add = self.pj.get("add", 0.0)
        sums = layer.get("bias_adds") + layer.get("pool_ops") + layer.get("encode_adds")
        energy = layer.get("sops") * self.price("sop") + sums * add
        if layer.kind == "neurons":  # a spike's reset is a subtraction
            energy = energy + layer.get("spikes_out") * (add + self.price("spike"))
        energy = energy + layer.get("updates") * self.price("update")
        energy = energy + layer.get("encode_draws") * self.price("draw")
        energy = energy + layer.get("components") * self.price("component")
        if "mac" in self.pj:
            energy = energy + layer.get("macs") * self.mac(layer.bits)
            energy = energy + (layer.get("leaks") + layer.get("scales")) * self.mac(self.width)
        return energy

    def _memory(self, layer: Layer) -> np.ndarray | float:
        if not self.memory:
            return 0.0
        state = self.access(layer.state_bytes)
        return (
            layer.get("reads_in") * self.access(layer.in_bytes) * layer.in_bits / 32
            + layer.get("reads_weights") * self.access(layer.weight_bytes)
            + (layer.get("reads_state") + layer.get("writes_state")) * state
            + layer.get("writes_out") * self.access(layer.out_bytes)
        )

    def _addressing(self, layer: Layer) -> np.ndarray | float:
        if not self.addressing:
            return 0.0
        adds = layer.get("address_adds") * self.pj.get("add", 0.0)
        return adds + layer.get("address_macs") * self.pj.get("mac", 0.0)

    def joules(self, layers: Sequence[Layer]) -> np.ndarray | None:
        """Joules of every text (N,) over all layers; None where a layer cannot be priced."""
        whole: np.ndarray | float = 0.0
        for layer in layers:
            parts = self.energy(layer)
            if parts is None:
                return None
            for part in parts.values():
                whole = whole + part
        return np.atleast_1d(np.asarray(whole, dtype=np.float64)) * 1e-12

    def parts(self, layers: Sequence[Layer]) -> dict[str, float] | None:
        """Joules by part, means over texts; None where a layer cannot be priced."""
        found = {"compute": 0.0, "memory": 0.0, "addressing": 0.0}
        for layer in layers:
            parts = self.energy(layer)
            if parts is None:
                return None
            for name, value in parts.items():
                found[name] += float(np.mean(value)) * 1e-12
        return found
