"""The networks that the benchmark of the spiking encoder compares, and its texts."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from snnconvert.engine.tokens.peers import in_a_loop, in_spikingjelly
from snnconvert.engine.tokens.turns import Batch, Way, by_nodes, lean
from snnconvert.engine.tokens.words import Words
from snnconvert.models.families.spiking_bert import SpikingBertSpec, build_spiking_bert
from snnconvert.models.network import Network
from snnconvert.models.text_model import set_generator

WORDS, STEPS, LAYERS, CLASSES = 300, 4, 2, 2
VOCABULARY, SHIFT = 30_000, 2.7
"""Words of a language, and Mandelbrot's shift of their ranks: the word of rank r comes as often as
1 / (r + shift)."""
OURS = "individual"


def network_of(coding: str, dim: int) -> Network:
    """A network in training."""
    spec = SpikingBertSpec(WORDS, CLASSES, size=dim, layers=LAYERS, coding=coding)
    network = build_spiking_bert(spec, 0).train()
    set_generator(network, torch.Generator().manual_seed(0))
    return network


WAYS: dict[str, Callable[[int], Way]] = {
    OURS: lambda dim: (network_of("individual", dim), lean),
    "repeat": lambda dim: (network_of("repeat", dim), lean),
    "individual, by nodes": lambda dim: (network_of("individual", dim), by_nodes),
    "repeat, by nodes": lambda dim: (network_of("repeat", dim), by_nodes),
    "repeat, spikingjelly": lambda dim: (in_spikingjelly(network_of("repeat", dim)), by_nodes),
    "individual, loop": lambda dim: (in_a_loop(network_of("individual", dim)), by_nodes),
}
"""What is compared, by name: makes a new network of a hidden size."""


def ways(dim: int) -> dict[str, Way]:
    """All of them."""
    return {name: make(dim) for name, make in WAYS.items()}


def draw(batch: int, random: torch.Generator) -> Batch:
    """Texts of similar lengths, as training batches have them: the longest of 15 to 35 tokens."""
    longest = int(torch.randint(15, 36, (1,), generator=random))
    lengths = torch.randint(longest - 2, longest + 1, (batch,), generator=random)
    lengths[0] = longest
    ranks = torch.arange(1, VOCABULARY + 1)
    drawn = torch.multinomial(1 / (ranks + SHIFT), batch * longest, True, generator=random)
    words = Words(drawn.view(batch, longest), vectors().__getitem__)
    return Batch(words, lengths, torch.randint(0, CLASSES, (batch,), generator=random))


@cache
def vectors() -> Tensor:
    """One (V, D) for every word of the language."""
    return torch.rand(VOCABULARY, WORDS, generator=torch.Generator().manual_seed(0)) * 2 - 1
