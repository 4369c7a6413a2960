"""CUBA-LIF neurons over T steps in one pass, forward and backward, compiled.

Neurons of all texts lie side by side: arrays (T, M), M = B * H. They are gone through in blocks
whose state stays in the first cache.
"""

from __future__ import annotations

import numpy as np

from ..compiled.jit import jit

BLOCK = 1024
LOG2_E = np.float32(1.4426950408889634)
LN_2 = np.float32(0.6931471805599453)


@jit
def fire_cuba(
    currents: np.ndarray,
    scale: np.ndarray,
    kept_current: float,
    kept_voltage: float,
    threshold: float,
    mask: np.ndarray,
    voltages: np.ndarray,
    spikes: np.ndarray,
) -> None:
    """Potentials before the reset, and spikes, of `models.neurons.cuba` from u = V = 0.

    Args:
        currents: (T, M), whole numbers or float32
        scale: (1,) float32, the worth of 1 in ``currents``
        kept_current: share of the synaptic current that a step leaves
        kept_voltage: share of the potential that a step leaves
        threshold: theta
        mask: (M,) int8, 0 for neurons whose spikes are not sent on (dropout), else 1
        voltages: (T, M) float32, written
        spikes: (T, M) int8, written
    """
    steps, neurons = currents.shape
    worth, leak_u, leak_v = scale[0], np.float32(kept_current), np.float32(kept_voltage)
    theta = np.float32(threshold)
    u, v = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.float32)
    for start in range(0, neurons, BLOCK):
        size = min(BLOCK, neurons - start)
        u[:] = 0
        v[:] = 0
        for step in range(steps):
            row = currents[step, start : start + size]
            potential = voltages[step, start : start + size]
            sent = spikes[step, start : start + size]
            allowed = mask[start : start + size]
            for i in range(size):
                u[i] = u[i] * leak_u + np.float32(row[i]) * worth
                potential[i] = v[i] * leak_v + u[i]
                fired = potential[i] >= theta
                # a choice between bytes would keep AVX2 from going through eight neurons at once
                sent[i] = np.int8(fired) & allowed[i]
                v[i] = np.float32(0) if fired else potential[i]


@jit
def cuba_gradients(
    voltages: np.ndarray,
    gradients: np.ndarray,
    kept_current: float,
    kept_voltage: float,
    threshold: float,
    tau: float,
    height: float,
    mask: np.ndarray,
    out: np.ndarray,
) -> None:
    """Gradients of the currents, from those of the spikes, with SLAYER's surrogate.

        h(V) = height * exp(-|V - theta| / tau)
        e(t) = (1 - voltage_decay) e(t+1) + h(U(t)) g(t)
        d(t) = (1 - current_decay) d(t+1) + e(t)

    Args:
        voltages: (T, M) as `fire_cuba` wrote them
        gradients: g (T, M) float32, of what is sent on
        kept_current: share of the synaptic current that a step leaves
        kept_voltage: share of the potential that a step leaves
        threshold: theta
        tau: of h, in the unit of the potential
        height: of h
        mask: (M,) float32, what a sent spike is worth to the next layer (dropout)
        out: d (T, M) float32, written
    """
    steps, neurons = voltages.shape
    leak_u, leak_v = np.float32(kept_current), np.float32(kept_voltage)
    theta, rate = np.float32(threshold), LOG2_E / np.float32(tau)
    # h = height * 2^-z, z = k + f: k goes into the exponent of a float's bits, 2^-f by its series
    e, d = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.float32)
    worth, series = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.float32)
    bits = np.empty(BLOCK, np.int32)
    powers = bits.view(np.float32)
    for start in range(0, neurons, BLOCK):
        size = min(BLOCK, neurons - start)
        e[:] = 0
        d[:] = 0
        for i in range(size):
            worth[i] = mask[start + i] * np.float32(height)
        for step in range(steps - 1, -1, -1):
            potential = voltages[step, start : start + size]
            gradient = gradients[step, start : start + size]
            written = out[step, start : start + size]
            for i in range(size):
                z = min(abs(potential[i] - theta) * rate, np.float32(120))
                k = np.int32(z + np.float32(0.5))
                bits[i] = (np.int32(127) - k) << np.int32(23)
                y = (np.float32(k) - z) * LN_2
                s = np.float32(1 / 720)
                s = s * y + np.float32(1 / 120)
                s = s * y + np.float32(1 / 24)
                s = s * y + np.float32(1 / 6)
                s = s * y + np.float32(0.5)
                s = s * y + np.float32(1)
                series[i] = s * y + np.float32(1)
            for i in range(size):
                slope = series[i] * powers[i] * worth[i]
                e[i] = e[i] * leak_v + slope * gradient[i]
                d[i] = d[i] * leak_u + e[i]
                written[i] = d[i]


@jit
def adam_step(
    weights: np.ndarray,
    gradients: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    number: int,
    lr: float,
    decay: float,
    whole: np.ndarray,
) -> None:
    """A step of Adam (betas 0.9 and 0.999, epsilon 1e-8, decay as L2), and the weights rounded.

    Args:
        weights: (N,) float32, changed
        gradients: (N,) float32
        first: (N,) float32, the mean of the gradients, changed
        second: (N,) float32, the mean of their squares, changed
        number: of this step, from 1
        lr: the learning rate
        decay: share of the weights that is added to their gradients
        whole: (N,) int8, written: the weights in whole numbers of 1/32, within int8
    """
    size, root = np.float32(lr / (1 - 0.9**number)), np.float32(1 / np.sqrt(1 - 0.999**number))
    share, epsilon = np.float32(decay), np.float32(1e-8)
    for i in range(len(weights)):
        g = gradients[i] + share * weights[i]
        first[i] = np.float32(0.9) * first[i] + np.float32(0.1) * g
        second[i] = np.float32(0.999) * second[i] + np.float32(0.001) * g * g
        weights[i] -= size * first[i] / (np.sqrt(second[i]) * root + epsilon)
        rounded = np.rint(weights[i] * np.float32(32))
        whole[i] = np.int8(min(max(rounded, np.float32(-128)), np.float32(127)))
