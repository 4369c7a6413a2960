"""The one file that touches spikingjelly: its multi-step IF neuron and its surrogates."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor

from ..errors import InputError
from .network import Network
from .neurons import IFParameters
from .spiking import NeuronRun, neuron_nodes

SURROGATES = ("atan", "sigmoid", "rectangle", "triangle")

# spikingjelly registers GPU kernels when it is imported, and torch warns of each that Triton is
# missing; on a CPU that is as it should be
logging.getLogger("torch._library.triton").setLevel(logging.ERROR)


def _surrogate(name: str, width: float) -> object:
    from spikingjelly.activation_based import surrogate

    makers = {
        "atan": lambda: surrogate.ATan(alpha=2.0 / width),
        "sigmoid": lambda: surrogate.Sigmoid(alpha=4.0 / width),
        "rectangle": lambda: surrogate.Rect(alpha=1.0 / width),
        "triangle": lambda: surrogate.PiecewiseQuadratic(alpha=1.0 / width),
    }
    if name not in makers:
        raise InputError(f"expected a surrogate of {', '.join(SURROGATES)}, but got {name!r}")
    return makers[name]()


def spikingjelly_run(surrogate: str = "atan", width: float = 1.0) -> NeuronRun:
    """Spikingjelly's `IFNode` in multi-step mode as a drop-in for our reference neuron.

    Args:
        surrogate: ``atan``, ``sigmoid``, ``rectangle`` or ``triangle``
        width: width of the surrogate's peak around the threshold, in thresholds

    Returns:
        A function from currents (T, ...) and parameters to spikes (T, ...), differentiable through
        the surrogate gradient (Neftci et al. 2019).
    """
    from spikingjelly.activation_based import neuron

    function = _surrogate(surrogate, width)

    def run(currents: Tensor, p: IFParameters) -> Tensor:
        node = neuron.IFNode(
            v_threshold=p.threshold,
            v_reset=None if p.soft_reset else 0.0,
            surrogate_function=function,
            detach_reset=False,
            step_mode="m",
        )
        node.v = p.initial * p.threshold  # a float memory is broadcast over the first current
        return node(currents)

    return run


@contextmanager
def spikingjelly_neurons(
    network: Network, surrogate: str = "atan", width: float = 1.0
) -> Iterator[None]:
    """Inside the block every neuron of ``network`` runs in spikingjelly, with gradients."""
    neurons = neuron_nodes(network)
    before = {name: node.run for name, node in neurons.items()}
    run = spikingjelly_run(surrogate, width)
    try:
        for node in neurons.values():
            node.run = run
        yield
    finally:
        for name, node in neurons.items():
            node.run = before[name]
