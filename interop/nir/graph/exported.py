"""A network on its way to NIR: rounded, as a graph, with frames of texts and expected results."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ....engine.exact_sums import exact_sums
from ....errors import InputError
from ....models.batches import to_batch
from ....models.encoders.bit_table import BitTable
from ....models.network import Signal
from ....models.nodes.layers import Conv1d, Linear
from ....models.snn import SpikingTextModel
from ....seeds import generator
from ....text.inputs import TextsLike
from ....text.stages.stage import Stage
from ..dialects import DIALECTS
from .counts import first_spikes, level_spikes
from .form import Form, form_of
from .graph import build, chains
from .grid import on_grid
from .layout import Layout
from .note import note_of, note_text

if TYPE_CHECKING:
    import nir


@dataclass(frozen=True)
class Expected:
    """What the package's own network does with n texts.

    frames: (T, n, A, P, K); spikes: (T, n, C, W) of the convolution's neurons, in the order of the
    branches, with the clock's behind those of a chain where counts are pooled; pooled: (T, n, C),
    or (T, n, C T) of levels; outputs: (T, n, K)
    """

    frames: Tensor
    spikes: Tensor
    pooled: Tensor
    outputs: Tensor

    @property
    def predictions(self) -> Tensor:
        """(n,) the class of the largest mean output."""
        return self.outputs.mean(dim=0).argmax(dim=1)


@dataclass(frozen=True)
class ExportedNetwork:
    """A spiking network as it is written; see `export`.

    Attributes:
        form: its weights, rounded
        model: the same in the package
        stage: what texts pass before it
        classes: names of its K outputs
        layout: of its input
        simulator: who reads it, of `dialects.DIALECTS`
        mode: ``chain`` or ``branches``
        bits: B of the grid, None for weights as they are
        facts: of the run, for the file: "model", "sha256", "text_stage", "vectors"
    """

    form: Form
    model: SpikingTextModel
    stage: Stage | None
    classes: tuple[str, ...]
    layout: Layout
    simulator: str
    mode: str
    bits: int | None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def network(self) -> Any:
        """The rounded network in the package."""
        return self.model.network

    @property
    def note(self) -> dict[str, Any]:
        """What the file says of itself."""
        own = self.form, self.layout, self.simulator, self.mode, self.bits
        return note_of(*own, self.classes, self.facts)

    @cached_property
    def graph(self) -> nir.NIRGraph:
        """The graph."""
        dialect = DIALECTS[self.simulator]
        parts = self.form, self.layout, dialect, self.bits, self.mode
        return build(*parts, note_text(self.note))

    def frames(self, texts: TextsLike, seed: int = 0) -> Tensor:
        """Frames (T, n, A, P, K) of texts, float32: zeros and ones, but for analog input.

        Raises:
            InputError: a text of more words than there are positions.
        """
        return self.frames_of(self._encoded(texts), seed)

    def _encoded(self, texts: TextsLike) -> list[np.ndarray]:
        if self.stage is None:
            raise InputError(
                "expected a text stage that texts pass, but the network came without one"
            )
        return self.stage.encode(texts)

    def frames_of(self, sequences: Sequence[np.ndarray], seed: int = 0) -> Tensor:
        """As `frames`, of encoded texts."""
        spikes, lengths = self._spikes(sequences, seed)
        return self.layout.frames(spikes, lengths)

    def _spikes(self, sequences: Sequence[np.ndarray], seed: int) -> tuple[Tensor, Tensor]:
        """What the code sends of texts (T, n, D', L), and their lengths (n,)."""
        longest = max(map(len, sequences), default=0)
        if longest > self.layout.positions:
            raise InputError(
                f"expected texts of at most {self.layout.positions} words, as many as the exported "
                f"network has positions, but one has {longest}: export with --positions {longest}"
            )
        ids, lengths = to_batch(sequences, self.model)
        with torch.no_grad():
            return self.model.frames(ids, lengths, generator(seed, "noise")), lengths

    @torch.no_grad()
    def expected(self, sequences: Sequence[np.ndarray], seed: int = 0) -> Expected:
        """What the package's network does with encoded texts, by its own nodes."""
        spikes, lengths = self._spikes(sequences, seed)
        record: dict[str, Signal] = {}
        with exact_sums():
            outputs = self.model.network(Signal(spikes, lengths), record)
        fired, pooled = [], []
        for chain in chains(self.form, self.mode):
            own = [self._fired(record[branch.act].values) for branch in chain.branches]
            if self.form.counts:
                own.append(self._clock(own[0]))
            fired += own
            for branch in chain.branches:
                values = record[branch.pool].values  # (T, n, C)
                pooled.append(first_spikes(values) if self.form.counts else values)
        frames = self.layout.frames(spikes, lengths)
        return Expected(frames, torch.cat(fired, dim=2), torch.cat(pooled, dim=2), outputs)

    def _fired(self, values: Tensor) -> Tensor:
        """Spikes (T, n, C, windows) of a branch as (T, n, C, W)."""
        more = self.layout.windows - values.shape[-1]
        kept = values[..., : self.layout.windows]
        return torch.nn.functional.pad(kept, (0, max(more, 0)))

    @staticmethod
    def _clock(like: Tensor) -> Tensor:
        """The clock's spikes (T, n, 1, W): in every window at the first step."""
        clock = torch.zeros_like(like[:, :, :1])
        clock[0] = 1
        return clock

    def counted(self, spikes: Tensor) -> Tensor:
        """What `count` does for spikes (T, n, C + 1, W) of one chain: (T, n, C T + 1, W)."""
        return torch.cat([level_spikes(spikes[:, :, :-1]), spikes[:, :, -1:]], dim=2)


def export_model(
    model: Any,
    classes: Sequence[str],
    stage: Stage | None,
    simulator: str,
    positions: int,
    bits: str,
    mode: str,
    facts: Mapping[str, Any],
) -> ExportedNetwork:
    """A spiking model as it is written; see `interop.nir.export`.

    Raises:
        InputError: a network, simulator or grid that does not go, each in one line.
    """
    form, dialect = form_of(model), DIALECTS[simulator]
    if form.soft and not dialect.soft:
        names = ", ".join(name for name in DIALECTS if DIALECTS[name].soft)
        raise InputError(
            "expected a network with hard reset for --for any, since NIR's IF is reset to v_reset, "
            f"but {form.branches[0].act} resets by subtraction: convert again with --reset hard, "
            f"or name the simulator that will read it (--for {names})"
        )
    if form.leak and form.soft not in dialect.leaks:
        names = " or ".join(name for name in DIALECTS if form.soft in DIALECTS[name].leaks)
        raise InputError(
            f"expected neurons that {simulator} runs as the package does, but "
            f"{form.branches[0].act} lose {form.leak:g} of their potential a step, with "
            f"{'soft' if form.soft else 'hard'} reset: give --for {names}, or convert again with "
            "--neuron if"
        )
    if mode == "branches" and not dialect.branches:
        names = " or ".join(name for name in DIALECTS if DIALECTS[name].branches)
        raise InputError(
            f"expected one chain of nodes for --for {simulator}, whose reader may run branches in "
            f"a wrong order, but got --graph branches: leave it out, or give --for {names}"
        )
    if positions < 1:
        raise InputError(f"expected at least 1 position, but got {positions}")
    form, chosen = on_grid(form, bits)
    return ExportedNetwork(
        form,
        with_weights(model, form),
        stage,
        tuple(classes),
        Layout.of(form, positions),
        simulator,
        mode,
        chosen,
        facts,
    )


def with_weights(model: SpikingTextModel, form: Form) -> SpikingTextModel:
    """A copy of ``model`` on the CPU with the weights of ``form``; it shares the word vectors."""
    network = copy.deepcopy(model.network).cpu()
    for branch in form.branches:
        conv, act = network.node(branch.conv), network.node(branch.act)
        assert isinstance(conv, Conv1d)
        conv.weight.data, conv.bias.data = branch.weight.clone(), branch.bias.clone()
        act.initial = initial_of(branch.initial)  # type: ignore[assignment]
    readout = network.node(form.readout)
    assert isinstance(readout, Linear)
    readout.weight.data, readout.bias.data = form.weight.clone(), form.bias.clone()
    table = model.table
    if isinstance(table, BitTable):  # a module, which would be moved itself
        table = copy.deepcopy(table)
    return SpikingTextModel(table.cpu(), model.encoder, network, model.steps).eval()


def initial_of(values: Tensor) -> float | list[float]:
    """V(0) as neurons have it: one number where all channels have the same."""
    numbers = [float(value) for value in values]
    return numbers[0] if len(set(numbers)) == 1 else numbers
