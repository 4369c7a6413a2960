"""What was pooled before a node."""

from __future__ import annotations

from collections.abc import Sequence

from ...models.network import Network, Node, Signal
from ...models.spikes.pooling import MaxOfCurrents


def pools_before(snn: Network, neurons: str) -> tuple[str, list[Node]]:
    """Maxima of currents right before a layer of neurons, and the node that the first one reads."""
    (source,) = snn.inputs[neurons]
    pools: list[Node] = []
    while source != "input" and isinstance(snn.node(source), MaxOfCurrents):
        pools.insert(0, snn.node(source))
        (source,) = snn.inputs[source]
    return source, pools


def pool_once(pools: Sequence[Node], signal: Signal) -> Signal:
    """Pooling nodes of the SNN on values without a time axis: (B, C, L) -> (B, C) or shorter."""
    with_time = Signal(signal.values.unsqueeze(0), signal.lengths)
    for pool in pools:
        with_time = pool(with_time)
    return Signal(with_time.values.squeeze(0), with_time.lengths)
