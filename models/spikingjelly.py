"""The one file that touches spikingjelly: its multi-step IF and LIF neurons and its surrogates."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor

from ..errors import InputError
from .network import Network
from .neurons.base import NeuronParameters, NeuronRun
from .neurons.gradients import truncated
from .neurons.training import trained_by, way_of
from .surrogates import SURROGATES

# spikingjelly registers GPU kernels when it is imported, and torch warns of each that Triton is
# missing; on a CPU that is as it should be
logging.getLogger("torch._library.triton").setLevel(logging.ERROR)


def surrogate_function(name: str, width: float) -> Callable[[Tensor], Tensor]:
    """1 where x >= 0 and 0 elsewhere, with a surrogate's slope as its gradient.

    Args:
        name: of `SURROGATES`
        width: width of the surrogate's peak around 0, in the unit of x

    Raises:
        InputError: there is no such surrogate.
    """
    from spikingjelly.activation_based import surrogate

    makers = {
        "atan": lambda: surrogate.ATan(alpha=2.0 / width),
        "sigmoid": lambda: surrogate.Sigmoid(alpha=4.0 / width),
        "rectangle": lambda: surrogate.Rect(alpha=1.0 / width),
        "triangle": lambda: surrogate.PiecewiseQuadratic(alpha=1.0 / width),
        "piecewise_exp": lambda: surrogate.PiecewiseExp(alpha=1.0 / width),
        "soft_sign": lambda: surrogate.SoftSign(alpha=2.0 / width),
        # its alpha is a height, so x is brought to widths
        "super_spike": lambda: lambda x: surrogate.SuperSpike(alpha=1.0)(x / width),
        "erf": lambda: surrogate.Erf(alpha=2.0 / width),
        "piecewise_leaky_relu": lambda: surrogate.PiecewiseLeakyReLU(w=width, c=0.01),
    }
    if name not in makers:
        raise InputError(f"expected a surrogate of {', '.join(SURROGATES)}, but got {name!r}")
    return cast(Callable[[Tensor], Tensor], makers[name]())


class _SurrogateNeurons:
    """Spikingjelly's neurons with one surrogate: see `neurons.gradients.SurrogateNeurons`."""

    def __init__(self, surrogate: str, width: float, truncate: int = 0) -> None:
        self.surrogate, self.truncate = surrogate_function(surrogate, width), truncate

    def fire(self, x: Tensor) -> Tensor:
        """1 where x >= 0 and 0 elsewhere, with the surrogate's slope as its gradient."""
        return self.surrogate(x)

    def integrate(
        self,
        currents: Tensor,
        threshold: float,
        initial: float | Tensor,
        soft_reset: bool,
        leak: float | Tensor = 0.0,
    ) -> Tensor:
        """Spikes (T, ...) of an `IFNode` or a `LIFNode` in multi-step mode.

        The `LIFNode` has ``decay_input=False`` and tau = 1 / leak, so that it is `lif.lif_step`. A
        leak that is learned is a tensor, and gets gradients as that of a `ParametricLIFNode` does.
        """
        from spikingjelly.activation_based import neuron

        if isinstance(leak, Tensor):
            return self._leaky(currents, threshold, initial, soft_reset, leak)

        settings: dict[str, Any] = {
            "v_threshold": threshold,
            "v_reset": None if soft_reset else 0.0,
            "surrogate_function": self.surrogate,
            "detach_reset": False,
            "step_mode": "m",
        }
        if leak > 0:
            node = neuron.LIFNode(tau=1.0 / leak, decay_input=False, **settings)
        else:
            node = neuron.IFNode(**settings)
        v = initial * threshold
        # a float memory is broadcast over the first current, a tensor must have its shape
        first = v + torch.zeros_like(currents[0]) if isinstance(v, Tensor) else v

        def run(part: Tensor, before: Any) -> tuple[Tensor, Any]:
            node.v = first if before is None else before
            return node(part), node.v

        return truncated(run, currents, self.truncate)

    def _leaky(
        self,
        currents: Tensor,
        threshold: float,
        initial: float | Tensor,
        soft_reset: bool,
        leak: Tensor,
    ) -> Tensor:
        first = torch.zeros_like(currents[0]) + initial * threshold

        def run(part: Tensor, before: Any) -> tuple[Tensor, Any]:
            v, spikes = first if before is None else before, []
            for current in part:
                u = v - leak * v + current
                fired = self.surrogate(u - threshold)
                v = u - threshold * fired if soft_reset else u * (1 - fired)
                spikes.append(fired)
            return torch.stack(spikes), v

        return truncated(run, currents, self.truncate)


def spikingjelly_run(surrogate: str = "atan", width: float = 1.0, truncate: int = 0) -> NeuronRun:
    """Spikes and surrogate gradients by spikingjelly, as a drop-in for our reference.

    Args:
        surrogate: of `SURROGATES`
        width: width of the surrogate's peak around the threshold, in thresholds
        truncate: as `neurons.gradients.truncated`

    Returns:
        A function from currents (T, ...) and parameters to spikes (T, ...), differentiable through
        the surrogate gradient (Neftci et al. 2019). It raises InputError for the parameters of a
        neuron that has no surrogate.
    """
    neurons = _SurrogateNeurons(surrogate, width, truncate)

    def run(currents: Tensor, p: NeuronParameters) -> Tensor:
        return cast(Tensor, way_of(p, "surrogate")(currents, neurons))

    return run


@contextmanager
def spikingjelly_neurons(
    network: Network, surrogate: str = "atan", width: float = 1.0, truncate: int = 0
) -> Iterator[None]:
    """Inside the block, in this thread, neurons run in spikingjelly, with gradients.

    Raises:
        InputError: the network has no neurons, or has neurons without a surrogate.
    """
    with trained_by(network, spikingjelly_run(surrogate, width, truncate), "surrogate"):
        yield


def trained_lif(leak: float) -> torch.nn.Module:
    """A multi-step `LIFNode` that is `neurons.direct.lif.trained_lif_run` with thresholds of 1.

    Args:
        leak: share of the potential lost at each step

    Returns:
        Takes currents (T, ...) to spikes; keeps its potential until it is reset.
    """
    from spikingjelly.activation_based import neuron

    return neuron.LIFNode(
        tau=1 / leak,
        decay_input=False,
        v_reset=0.0,
        detach_reset=True,
        surrogate_function=surrogate_function("atan", 1.0),
        step_mode="m",
    )


@torch.no_grad()
def spikesim_picojoules(weight: Tensor, padding: tuple[int, int], spikes: Tensor) -> float:
    """Energy of a convolution by spikingjelly's SpikeSim, event by event, on RRAM crossbars.

    Source: Moitra et al., IEEE TCAD 2023, as `spikingjelly.activation_based.op_counter.spikesim`
    restates it with the events of a run.

    Args:
        weight: (C, D, k)
        padding: zeros (left, right)
        spikes: (T, D, L), zeros and ones
    """
    from spikingjelly.activation_based.op_counter import (
        SpikeSimEnergyConfig,
        estimate_spikesim_energy,
    )

    config = SpikeSimEnergyConfig(activity_mode="event")
    module, planes = _as_conv2d(weight, padding, spikes)
    return float(estimate_spikesim_energy(module, planes, config=config).energy_total_pj)


@torch.no_grad()
def neuromc_picojoules(
    weight: Tensor, padding: tuple[int, int], frame: Tensor, fires: bool
) -> float:
    """Energy of a convolution, and of the IF neurons behind it, by spikingjelly's NeuroMC.

    It maps every multiplication of the layer onto its core and skips no zeros, so it depends on
    shapes, and on whether the input is binary.

    Args:
        weight: (C, D, k)
        padding: zeros (left, right)
        frame: one input (1, D, L)
        fires: whether neurons follow
    """
    from spikingjelly.activation_based import neuron
    from spikingjelly.activation_based.op_counter import estimate_neuromc_runtime_energy

    conv, planes = _as_conv2d(weight, padding, frame)
    tail = [neuron.IFNode(v_reset=None)] if fires else []
    module = torch.nn.Sequential(conv, *tail).eval()
    return float(estimate_neuromc_runtime_energy(module, planes).energy_total_pj)


def _as_conv2d(
    weight: Tensor, padding: tuple[int, int], frames: Tensor
) -> tuple[torch.nn.Conv2d, Tensor]:
    """A convolution over positions as `nn.Conv2d`, which both models ask for, and its input.

    Frames (T, D, L) become (T, D, L', 1) with the zeros of the padding in place.
    """
    channels, inputs, width = weight.shape
    module = torch.nn.Conv2d(inputs, channels, (width, 1), bias=False).eval()
    module.weight.copy_(weight.reshape(channels, inputs, width, 1))
    short = max(width - frames.shape[-1] - sum(padding), 0)
    padded = torch.nn.functional.pad(frames, (padding[0], padding[1] + short))
    return module, padded.unsqueeze(-1)
