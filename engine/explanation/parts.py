"""What each window of words gives to the logits of one text, exactly.

The readout is linear in the pooled values, logit_k = b_k + sum_f W_kf p_f, and each pooled value
is passed on from known windows (`Node.origins`), p_f = sum_w p_fw. So the part of window w is
sum_f W_kf p_fw. In an SNN that holds at every step for the output currents, whose mean over T is
the logit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...errors import InputError
from ...models.batches import to_batch
from ...models.network import Network, Signal
from ...models.nodes.layers import Conv1d
from ...models.snn import SpikingTextModel, running_logits
from ...models.text_model import TextModel
from ...seeds import generator
from ..exact_sums import exact_sums
from .structure import ReadBranch, ReadOut, read_out
from .units import on_units, rest_of
from .words import by_word, drive_shares, window_words

Array = np.ndarray


class Window(NamedTuple):
    """Words ``start`` to ``stop`` - 1 of a text under a filter of ``width`` words.

    conv: the convolution; position: its place there, which counts the zeros before the text
    """

    conv: str
    position: int
    width: int
    start: int
    stop: int


@dataclass(frozen=True)
class Parts:
    """The logits of one text, taken apart. All figures are float64.

    ``bias`` + sum of ``parts`` + ``rounding`` is ``logits``, to the last bit, and so it is with
    ``words`` and ``word_rounding``, and at every step with ``step_bias``, ``step_parts`` and
    ``step_rounding`` for ``currents`` (see `units`). The roundings are what float32 sums of the
    network have lost.

    logits: (K,), as the network gives them; running: (T, K) after every step, T = 1 for an ANN
    currents: (T, K) output currents, whose mean over T is the logits
    windows: W windows; parts: (W, K); bias, rounding: (K,)
    step_parts: (T, W, K); step_bias, step_rounding: (T, K)
    words: (n, K), the same by word, see `words.drive_shares`; word_rounding: (K,)
    input: (T, n) input spikes of each word, or the mean size of its currents where the input is
        no spikes; passed: (T, n) pooled spikes (of an ANN, activations) that came of each word
    spiking: whether the input is spikes
    """

    logits: Array
    running: Array
    currents: Array
    windows: list[Window]
    parts: Array
    bias: Array
    rounding: Array
    step_parts: Array
    step_bias: Array
    step_rounding: Array
    words: Array
    word_rounding: Array
    input: Array
    passed: Array
    spiking: bool


class _Run(NamedTuple):
    """Recorded signals of one text, time first; frames (T, D', n)."""

    network: Network
    record: dict[str, Signal]
    frames: Tensor
    currents: Tensor
    spiking: bool


@torch.no_grad()
def explain_ids(model: TextModel | SpikingTextModel, ids: Array, seed: int = 0) -> Parts:
    """The parts of the logits of the words ``ids`` (n,).

    Args:
        model: ANN, or SNN as it is to be run: on its grid for the spikes that engines give
        ids: word ids, at least one
        seed: of the one draw of a stochastic code

    Raises:
        InputError: no words, or a network whose logits are no sums over windows.
    """
    if not len(ids):
        raise InputError("expected a text with at least one word to explain, but it has none")
    structure = read_out(model.network)
    model.eval()
    with exact_sums():
        run = _recorded(model, ids, seed)
    factor = structure.step_weights(len(run.currents))
    branches = [_branch(run, branch, len(ids), factor) for branch in structure.branches]
    return _together(run, structure, branches)


def _recorded(model: TextModel | SpikingTextModel, ids: Array, seed: int) -> _Run:
    """Run one text; of an SNN with steps before the answer, the last T steps."""
    batch, lengths = to_batch([ids], model)
    record: dict[str, Signal] = {}
    if isinstance(model, SpikingTextModel):
        noise = generator(seed, "noise", 0)
        currents = model(batch, lengths, noise, shared_noise=True, record=record)  # (T, 1, K)
        last = {n: Signal(s.values[-len(currents) :], s.lengths) for n, s in record.items()}
        frames = last["input"].values[:, 0]
        return _Run(model.network, last, frames, currents[:, 0], model.encoder.spiking)
    embedded = Signal(model.embed(batch), lengths)
    logits = model.network(embedded, record)  # (1, K)
    timed = {n: Signal(s.values.unsqueeze(0), s.lengths) for n, s in record.items()}
    return _Run(model.network, timed, embedded.values, logits, False)


class _BranchParts(NamedTuple):
    windows: list[Window]
    parts: Tensor  # (T, L, K)
    words: Tensor  # (n, K), of the logits
    passed: Tensor  # (T, n)


def _branch(run: _Run, branch: ReadBranch, length: int, factor: Tensor) -> _BranchParts:
    """The parts of one branch in every step's output currents.

    ``factor`` (T,) is how often each step counts in the logits.
    """
    conv = run.network.node(branch.conv)
    assert isinstance(conv, Conv1d)
    arriving, passed = run.record[branch.arriving], run.record[branch.output].values
    given = run.network.node(branch.pool).origins(arriving, passed)[:, 0].cpu()  # (T, C, L)
    assert arriving.lengths is not None
    given = given[..., : int(arriving.lengths[0])]
    covered = [window_words(place, conv, length) for place in range(given.shape[-1])]
    windows = [Window(branch.conv, place, conv.width, *at) for place, at in enumerate(covered)]
    shares = drive_shares(conv, run.frames.cpu(), given.shape[-1], length)  # (C, L, k)
    parts = torch.einsum("kc,tcl->tlk", branch.weight, given)
    credited = torch.stack([torch.einsum("cl,clj->lj", step, shares) for step in given])
    mean = (given * factor[:, None, None]).mean(dim=0)  # (C, L)
    to_words = torch.einsum("kc,clj->klj", branch.weight, mean.unsqueeze(-1) * shares)
    words = by_word(to_words, conv, length).T  # (n, K)
    credited = by_word(credited, conv, length)  # (T, n)
    return _BranchParts(windows, parts, words, credited)


def _together(run: _Run, structure: ReadOut, branches: list[_BranchParts]) -> Parts:
    steps = len(run.currents)
    factor = structure.step_weights(steps)[:, None]  # (T, 1)
    currents = run.currents.double().cpu()
    running = running_logits(run.currents.unsqueeze(1))[:, 0].double().cpu()  # (T, K)
    raw = torch.cat([b.parts for b in branches], dim=1) * factor[..., None]  # (T, W, K)
    raw_bias = structure.bias * factor  # (T, K)
    step_parts, step_bias = on_units(raw, raw_bias)
    parts, bias = on_units(raw.mean(dim=0), raw_bias.mean(dim=0))
    words, _ = on_units(torch.stack([b.words for b in branches]).sum(dim=0), bias)
    frames = run.frames.abs()
    size = frames.sum(dim=1) if run.spiking else frames.mean(dim=1)  # (T, n)
    passed = torch.stack([b.passed for b in branches]).sum(dim=0)
    return Parts(
        logits=running[-1].numpy(),
        running=running.numpy(),
        currents=currents.numpy(),
        windows=[window for b in branches for window in b.windows],
        parts=parts.numpy(),
        bias=bias.numpy(),
        rounding=rest_of(running[-1], parts, bias).numpy(),
        step_parts=step_parts.numpy(),
        step_bias=step_bias.numpy(),
        step_rounding=rest_of(currents, step_parts, step_bias).numpy(),
        words=words.numpy(),
        word_rounding=rest_of(running[-1], words, bias).numpy(),
        input=size.double().cpu().numpy(),
        passed=passed.numpy(),
        spiking=run.spiking,
    )
