"""Whether a network gives its torch module's own outputs, tried on random inputs."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ...errors import InputError
from ...models.network import Signal
from .readout import as_the_module
from .trace import FAILURES, evaluating

if TYPE_CHECKING:
    from .translation import Translated

TEXTS = 3  # of a trial
LENGTHS = (*range(1, 64), 64, 96, 128, 192, 256, 512, 1024)  # that are tried, until two fit
TOLERANCE = 1e-3  # of the largest output: sums in another order, in single precision


@torch.no_grad()
def check_outputs(module: nn.Module, translated: Translated) -> None:
    """Compare on random texts of the least length that the module can read, and of a longer one.

    Modules in half precision are compared as they are in double precision. Those that none of the
    lengths tried fits are not compared.

    Raises:
        InputError: the outputs differ: the module does something that was not understood.
    """
    kinds = {p.dtype for p in module.parameters()}
    if not kinds <= {torch.float32, torch.float64} or len(kinds) > 1:
        module, kinds = _in_double(module), {torch.float64}
    random = torch.Generator().manual_seed(0)
    tried = 0
    for length in _lengths(translated):
        inputs, vectors = random_input(translated, length, random, next(iter(kinds), torch.float32))
        theirs = outputs_of(module, translated, inputs)
        if theirs is None:
            continue
        signal = Signal(vectors.to(torch.float64), torch.full((TEXTS,), length))
        ours = as_the_module(_double(translated, signal), translated.ending, translated.single)
        if ours.shape != theirs.shape:
            return
        difference = float((ours - theirs).abs().max())
        if not difference <= TOLERANCE * max(1.0, float(theirs.abs().max())):
            raise InputError(
                "cannot convert the module: its outputs and those of the converted network differ "
                f"by {difference:.3g} on random texts of {length} words; write its forward with "
                "the layers that are known (see the guide on torch modules)"
            )
        tried += 1
        if tried == 2:
            return


def _in_double(module: nn.Module) -> nn.Module:
    """A copy in double precision; the module itself where it cannot be copied."""
    try:
        return copy.deepcopy(module).double()
    except FAILURES:
        return module


def _double(translated: Translated, signal: Signal) -> Tensor:
    """The network's outputs in double precision."""
    return copy.deepcopy(translated.network).double()(signal)


def _lengths(translated: Translated) -> Iterator[int]:
    """The lengths to try: the one that fits, or the short ones, in steps once two must differ."""
    if translated.length is not None:
        yield translated.length
        return
    yield from LENGTHS


def random_input(
    translated: Translated, length: int, random: torch.Generator, kind: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Texts as the module takes them, and their vectors (B, D, L) as the network takes them."""
    if translated.tables:
        rows = min(len(table) for table in translated.tables)
        ids = torch.randint(rows, (TEXTS, length), generator=random)
        looked_up = [table.cpu()[ids] for table in translated.tables]  # (B, L, D)
        vectors = torch.cat(looked_up, dim=2).transpose(1, 2)
        return ids if translated.axes[0] == "B" else ids.t(), vectors
    vectors = torch.rand(TEXTS, translated.dim, length, generator=random, dtype=kind) * 2 - 1
    return vectors if translated.axes[1] == "C" else vectors.transpose(1, 2), vectors


def outputs_of(module: nn.Module, translated: Translated, inputs: Tensor) -> Tensor | None:
    """The module's outputs (B, K) in double precision; None where it cannot read the texts."""
    device = next((p.device for p in module.parameters()), torch.device("cpu"))
    inputs = inputs.to(device)
    try:
        with evaluating(module), torch.no_grad():
            got = module(*_arguments(translated, inputs))
    except FAILURES:
        return None
    return got.reshape(len(got), -1).double().cpu() if isinstance(got, Tensor) else None


def _arguments(translated: Translated, inputs: Tensor) -> list[Any]:
    """The module's arguments: those that it does not read are None."""
    arguments: list[Any] = [None] * translated.arguments
    arguments[translated.place] = (inputs, None) if translated.in_tuple else inputs
    return arguments
