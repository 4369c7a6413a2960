"""What a translation gives: the network, and what the input of the module was."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ...models.network import Network
from .values import Axes


@dataclass
class Translated:
    """A torch module as a network, and what its input was.

    Attributes:
        network: reads vectors, in evaluation mode.
        tables: of a module that takes word ids: the look-ups whose vectors, side by side, the
            network reads, as (V, D) each in single precision or their own; else empty.
        dim: D, components of the vectors that the network reads.
        axes: of the module's input, as (B, L) or (B, C, L).
        length: how many words every text must have, where the module says so.
        ending: the softmax or sigmoid that the module ends in and the network leaves out.
        single: the module gives one logit z, the network the two logits [0, z].
        in_tuple: the module takes a tuple whose first part is the ids.
        place: which of the module's arguments its input is; those before it are not read.
        arguments: how many arguments the module must be given.
    """

    network: Network
    tables: tuple[Tensor, ...]
    dim: int
    axes: Axes
    length: int | None
    ending: str | None
    single: bool
    in_tuple: bool
    place: int = 0
    arguments: int = 1
