"""What is sent of a text, as JSON."""

from __future__ import annotations

import math
from typing import Any

import torch

from .encoded import Encoded, Sender

Row = dict[str, Any]


def recorded(sender: Sender, found: Encoded) -> Row:
    """All figures by name.

    ``frames`` of a word are the channels that spike, counted from 0, for each step; of analog input
    its one frame of numbers. ``error`` is the root mean square of what the frames stand for less
    the vector, ``relative_error`` the same over the root mean square of the vector; ``read_error``
    is that of what the network reads of them. Of stored bits, which have no vector beside them, the
    three are null. Spikes of analog input are null.
    """
    encoder, sent = sender.encoder, found.sent
    spiking, words = encoder.spiking, [_word(sender, found, i) for i in range(len(found.words))]
    row: Row = {
        "text": found.text,
        "model": sender.name,
        "code": encoder.code,
        "mapping": encoder.mapping,
        "gain": encoder.gain,
        "steps": sender.model.steps,
        "channels": sent.frames.shape[2],
        "left_out": found.left_out,
        "spikes": int(sent.spikes.sum()) if spiking else None,
        "mean_rate": float(sent.rates.mean()) if spiking and words else None,
        "distinct_frames": sent.distinct_in_all,
        "error": _mean_square(sent.errors),
        "relative_error": _ratio(_mean_square(sent.errors), _mean_square(sent.sizes)),
        "read_error": _mean_square(sent.read_errors),
        "words": words,
    }
    return row | ({"seed": sender.seed} if encoder.stochastic else {})


def _word(sender: Sender, found: Encoded, i: int) -> Row:
    sent, spiking = found.sent, sender.encoder.spiking
    frames = sent.frames[:, i]  # (T, C)
    error, size = _number(float(sent.errors[i])), _number(float(sent.sizes[i]))
    return {
        "word": found.words[i],
        "known": found.known[i],
        "spikes": [int(n) for n in sent.spikes[i]] if spiking else None,
        "rate": float(sent.rates[i]) if spiking else None,
        "distinct_frames": sent.distinct[i],
        "error": error,
        "relative_error": _ratio(error, size),
        "frames": [torch.nonzero(f).flatten().tolist() for f in frames]
        if spiking
        else frames[0].tolist(),
    }


def _mean_square(parts: torch.Tensor) -> float | None:
    """The root of the mean of squares (L,); None of none."""
    return _number(float(parts.square().mean().sqrt())) if len(parts) else None


def _number(value: float) -> float | None:
    """None where there is nothing to compare with."""
    return None if math.isnan(value) else value


def _ratio(error: float | None, size: float | None) -> float | None:
    """None where there is nothing to be wrong about."""
    return error / size if error is not None and size else None
