"""The work of an encoder: what turns word vectors into spikes, counted where a chip would do it.

A deterministic code gives a word the same spikes every time, so a chip could keep them in place of
its vector; that is not assumed here. Values that are zero need no work.

    direct     nothing: the values themselves are the input
    saf        an addition and a comparison for every value and step, a subtraction for every spike
    poisson    a random number and a comparison for every value and step
    bitplane   a multiplication and a rounding for every value, once: two additions' worth
    ttfs       the same
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from ..models.encoders.encoder import Encoder
from ..models.snn import SpikingTextModel
from .layers import WORD, Layer


def silent_free(model: SpikingTextModel) -> np.ndarray:
    """For every word (V,) how many of its mapped values are above zero, and need encoding."""
    vectors = model.embedding.weight.detach().cpu()
    encoder = model.encoder
    mapping = encoder.mapping if isinstance(encoder, Encoder) else "split"
    active = vectors.count_nonzero(dim=1)
    if mapping == "shift":  # (1 + x) / 2 is zero for x = -1 alone; and the presence channel
        active = (vectors > -1).sum(dim=1) + 1
    return active.to(torch.float64).numpy()


def encoder_layer(
    model: SpikingTextModel,
    sequences: Sequence[np.ndarray],
    run: np.ndarray,
    longest: int,
    spikes: np.ndarray | None = None,
) -> Layer:
    """The encoder's work on texts that run ``run`` (N,) steps each and send ``spikes`` (N,)."""
    per_word = silent_free(model)
    dim = model.embedding.embedding_dim
    active = np.array([per_word[s].sum() for s in sequences], dtype=np.float64)  # (N,)
    words = np.array([len(s) for s in sequences], dtype=np.float64)
    encoder = model.encoder
    code = encoder.code if isinstance(encoder, Encoder) else "direct"
    counts = {"components": words * dim}
    state = 0.0
    if isinstance(encoder, Encoder) and encoder.mapping == "shift":
        counts["encode_adds"] = words * dim  # half of it is a shift of bits
    if spikes is not None:
        counts["spikes_out"] = spikes
    if code == "saf":
        resets = 0.0 if spikes is None else spikes
        counts["encode_adds"] = counts.get("encode_adds", 0.0) + 2 * active * run + resets
        counts["reads_state"] = counts["writes_state"] = active * run
        state = float(WORD * longest * dim)
    elif code == "poisson":
        counts["encode_draws"] = active * run
        counts["encode_adds"] = counts.get("encode_adds", 0.0) + active * run
    elif code in ("bitplane", "ttfs"):
        counts["encode_adds"] = counts.get("encode_adds", 0.0) + 2 * active
    return Layer("encoder", "encoder", counts, state_bytes=state, steps=run)
