"""The work of an encoder: what turns word vectors into spikes, counted where a chip would do it.

A deterministic code gives a word the same spikes every time, so a chip could keep them in place of
its vector; that is not assumed here, but where the model itself keeps bits (`convert.stored`). Then
a word is read and sent: 32 bits are one component. Values that are zero need no work; what the
others need, the code says itself (`models.encoders.code.Code.work`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from ..errors import InputError
from ..models.devices import device_of
from ..models.encoders.encoder import Encoder
from ..models.snn import SpikingTextModel
from .layers import FIELDS, WORD, Layer


def silent_free(model: SpikingTextModel, vectors: torch.Tensor) -> np.ndarray:
    """For vectors (N, D) how many mapped values of each are above zero, and need encoding: (N,)."""
    encoder = model.encoder
    active = vectors.count_nonzero(dim=1)
    if isinstance(encoder, Encoder) and encoder.mapping == "shift":
        # (1 + x) / 2 is zero where the amplified x is -1 or less; and the presence channel
        active = (vectors * encoder.gain > -1).sum(dim=1) + 1
    return active.to(torch.float64).numpy()


def values_sent(model: SpikingTextModel, sequences: Sequence[np.ndarray]) -> np.ndarray:
    """How many values of each text need encoding, (N,) float64."""
    if model.reads_vectors:
        each = [silent_free(model, torch.from_numpy(rows)).sum() for rows in sequences]
    else:
        words = np.unique(np.concatenate([*sequences, np.zeros(0, np.int64)]))
        ids = torch.from_numpy(words).to(device_of(model))
        per_word = silent_free(model, model.embedding(ids).detach().cpu())  # of (N, D)
        each = [per_word[np.searchsorted(words, ids)].sum() for ids in sequences]
    return np.array(each, dtype=np.float64)


def encoder_layer(
    model: SpikingTextModel,
    sequences: Sequence[np.ndarray],
    run: np.ndarray,
    longest: int,
    spikes: np.ndarray | None = None,
) -> Layer:
    """The encoder's work on texts that run ``run`` (N,) steps each and send ``spikes`` (N,).

    Raises:
        InputError: the code counts operations that no table prices.
    """
    dim = model.embedding.embedding_dim
    active = values_sent(model, sequences)  # (N,)
    words = np.array([len(s) for s in sequences], dtype=np.float64)
    encoder = model.encoder
    coding = encoder.coding if isinstance(encoder, Encoder) else None
    read = -(-dim // (8 * WORD)) if coding is not None and coding.looks_up else dim
    counts = {"components": words * read}
    state = 0.0
    if isinstance(encoder, Encoder) and encoder.mapping == "shift":
        counts["encode_adds"] = words * dim  # half of it is a shift of bits
    if spikes is not None:
        counts["spikes_out"] = spikes
    if isinstance(encoder, Encoder):
        sent = np.zeros(len(sequences)) if spikes is None else spikes
        for field, count in encoder.coding.work(active, run, sent).items():
            if field not in FIELDS:
                raise InputError(
                    f"expected the work of the code {encoder.code} to be of {', '.join(FIELDS)}, "
                    f"but it counts {field!r}"
                )
            counts[field] = counts.get(field, 0.0) + count
        if encoder.coding.keeps_state:
            state = float(WORD * longest * dim)
    return Layer("encoder", "encoder", counts, state_bytes=state, steps=run)
