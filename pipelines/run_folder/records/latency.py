"""Wall-clock time of a model, with what it was measured on."""

from __future__ import annotations

from dataclasses import dataclass

from ....typed_json import Amount, Count


@dataclass(frozen=True, kw_only=True)
class Seconds:
    """Seconds a text: of single texts the median ``one`` and the 90th percentile, and in a batch.

    texts: how many were shown one by one; batch: how many together.
    """

    one: Amount
    one_high: Amount
    texts: Count
    batched: Amount
    batch: Count


@dataclass(frozen=True, kw_only=True)
class Latency:
    """From the letters of a text to its logits; only of use beside others of the same processor."""

    engine: str
    processor: str
    threads: int
    seconds: Seconds
