"""Settings of torch under which a sum that needs no rounding is not rounded.

On a grid (`grid.py`) float32 sums are exact in every order, but only where a library adds up the
products of the numbers it was given. Some settings let it do something else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import torch

from ..models.autocast import without_autocast


@contextmanager
def exact_sums() -> Iterator[None]:
    """Inside the block products are those of the float32 numbers themselves, added up.

    - No rounding first, see `whole_products`.
    - No NNPACK, which convolves by Fourier transforms where PyTorch has no oneDNN to use, and on a
      GPU no cuDNN, which may convolve by transforms too (Winograd, Fourier).
    """
    cudnn, nnpack = torch.backends.cudnn, torch.backends.nnpack
    on_gpu = torch.backends.cuda.is_built() and cudnn.enabled
    before = nnpack.set_flags(False)
    if on_gpu:
        cudnn.enabled = False
    try:
        with whole_products():
            yield
    finally:
        nnpack.set_flags(*before)
        if on_gpu:
            cudnn.enabled = True


@contextmanager
def whole_products() -> Iterator[None]:
    """Inside the block no number is rounded to TF32 or bfloat16 before it is multiplied.

    PyTorch lets convolutions on a GPU do it, and a user may have allowed it for products
    (`torch.set_float32_matmul_precision`), or asked for it in the block of a caller (autocast).
    """
    cudnn = torch.backends.cudnn
    precision, tf32 = torch.get_float32_matmul_precision(), cudnn.allow_tf32
    if precision != "highest":
        torch.set_float32_matmul_precision("highest")
    if tf32:
        cudnn.allow_tf32 = False
    try:
        with without_autocast():
            yield
    finally:
        if precision != "highest":
            torch.set_float32_matmul_precision(precision)
        if tf32:
            cudnn.allow_tf32 = True


def products_as_on_cpu(device: torch.device) -> AbstractContextManager[None]:
    """A block in which products on ``device`` are those of float32 numbers, as the CPU's are.

    What differs between devices is then the rounding of sums, not the numbers added.
    """
    return without_autocast() if device.type == "cpu" else whole_products()
