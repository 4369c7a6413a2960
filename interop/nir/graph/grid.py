r"""Weights on one grid, so that every sum is the same in every order, and so every spike.

With g = 2^-B all weights, biases and V(0) are multiples of g. No partial sum of a window, and no
potential of T steps, is 2^(23 - B) or more in size, so that float32 holds each with half a step of
the grid to spare:

.. math:: B \le 23 - \lceil \log_2 (T S + \max |V(0)| + 1) \rceil

S is the largest sum of a channel's weights that one input can reach, and its bias. Half a step is
what makes v > theta and v >= theta say the same: potentials are multiples of g, and the threshold
lies between two of them.

A leak of 2^-m makes potentials of step t multiples of 2^-(B + m t) only, so the step of the
threshold is a half of 2^-(B + m T), and one more m bits go to what keeps it there (`half_step`) or
divides a current by the leak (norse): m (T + 1) bits less for the weights.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil, frexp, log2

import torch
from torch import Tensor

from ....errors import InputError
from .form import Branch, Form

FINEST = 22


def largest_sum(form: Form, branch: Branch) -> float:
    """S: the largest |sum| of a window of ``branch``, over its channels.

    Of the mapping ``split`` the two channels of a component never spike at once.
    """
    weight = branch.weight.double()
    if form.encoder.mapping == "split":
        positive, negative = weight.abs().chunk(2, dim=1)  # (C, D, k) each
        reach = torch.maximum(positive, negative)
    else:
        reach = weight.abs()
    return float((reach.sum(dim=(1, 2)) + branch.bias.double().abs()).max())


def leak_bits(leak: float) -> int:
    """The m of a leak of 2^-m: bits that a potential grows by at each step; 0 without a leak.

    Raises:
        InputError: another leak, whose products round.
    """
    mantissa, exponent = frexp(leak)
    if leak and mantissa != 0.5:
        raise InputError(
            f"expected a leak of 1/2, 1/4, 1/8 ..., whose products are exact, but its neurons lose "
            f"{leak:g} of their potential a step: give --bits float"
        )
    return 1 - exponent if leak else 0


def half_step(form: Form, bits: int | None) -> float:
    """Half a step of the grid that potentials are on after T steps; 0 without a grid."""
    if bits is None:
        return 0.0
    return 2.0 ** -(bits + leak_bits(form.leak) * form.steps + 1)


def finest(form: Form) -> int:
    """The largest B whose sums never round; it may be negative."""
    potential = max(
        form.steps * largest_sum(form, branch) + float(branch.initial.abs().max()) + 1
        for branch in form.branches
    )
    leaky = leak_bits(form.leak) * (form.steps + 1)
    current = float((form.weight.double().abs().sum(1) + form.bias.double().abs()).max())
    # what is rounded may grow by half a step a weight; `on_grid` looks again
    fits = 23 - ceil(log2(potential)) - leaky
    return min(fits, 24 - ceil(log2(max(current, 2.0**-FINEST))), FINEST)


def on_grid(form: Form, bits: str) -> tuple[Form, int | None]:
    """``form`` on the grid that was asked for: ``auto``, ``float`` or a number; and its B.

    Raises:
        InputError: more bits than are exact, or weights so large that there is no grid for them.
    """
    if bits == "float":
        return form, None
    if not form.encoder.spiking:
        raise InputError(
            f"expected spikes as input for sums that are exact, but the encoder "
            f"{form.encoder.code} sends analog values: give --bits float"
        )
    most = finest(form)
    while most >= 0 and finest(rounded(form, most)) < most:
        most -= 1
    asked = most if bits == "auto" else int(bits)
    if most < 0:
        raise InputError(
            "expected weights whose sums fit 24 bits, but they are too large for thresholds of 1 "
            f"at T = {form.steps} and a leak of {form.leak:g}: give --bits float"
        )
    if asked > most:
        raise InputError(
            f"expected at most {most} bits, up to where no sum of this network rounds, but got "
            f"--bits {asked}: give {most} or fewer, auto or float"
        )
    return rounded(form, asked), asked


def rounded(form: Form, bits: int) -> Form:
    """All weights, biases and V(0) as multiples of 2^-bits, ties to even."""

    def near(values: Tensor) -> Tensor:
        scale = 2.0**bits
        return ((values.double() * scale).round() / scale).float()

    branches = tuple(
        replace(
            branch,
            weight=near(branch.weight),
            bias=near(branch.bias),
            initial=near(branch.initial),
        )
        for branch in form.branches
    )
    return replace(form, branches=branches, weight=near(form.weight), bias=near(form.bias))
