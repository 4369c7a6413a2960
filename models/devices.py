"""Where networks run: the CPU, or a GPU that torch can use. Light: torch is loaded when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ..errors import InputError

if TYPE_CHECKING:
    import torch
    from torch import nn

DEVICES = ("auto", "cpu", "cuda")
NUMBERS = ("auto", "float32", "bfloat16")
M = TypeVar("M", bound="nn.Module")


def find_device(name: str = "auto") -> torch.device:
    """The device called ``name``, of `DEVICES`; ``auto`` is a GPU where there is one.

    Raises:
        InputError: it is none of them, or there is no such device here.
    """
    import torch

    if name not in DEVICES:
        raise InputError(f"expected the device to be {', '.join(DEVICES)}, but got {name!r}")
    there = gpu() if name != "cpu" else None
    if there is None and name == "cuda":
        built = (
            f"built for CUDA {torch.version.cuda}" if torch.version.cuda else "built for the CPU"
        )
        raise InputError(
            f"expected a GPU for the device cuda, but torch {torch.__version__} ({built}) finds "
            "none here: give --device cpu (the default) or auto, or install torch for your CUDA "
            "and look at: snnconvert doctor"
        )
    return there or torch.device("cpu")


def find_numbers(name: str, device: torch.device) -> str:
    """In which numbers networks are trained on ``device``: float32, or bfloat16 where it pays.

    Args:
        name: of `NUMBERS`; ``auto`` is bfloat16 on a GPU that has it, and float32 elsewhere
        device: where they are trained
    """
    import torch

    if name != "auto":
        return name
    fast = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return "bfloat16" if fast else "float32"


def check_default_type() -> None:
    """Refuse to run a network where torch makes tensors that are not float32 by default.

    Raises:
        InputError: how to set it back.
    """
    import torch

    kind = torch.get_default_dtype()
    if kind != torch.float32:
        raise InputError(
            f"expected torch's default type to be float32 while a network runs, but got {kind}: "
            "call torch.set_default_dtype(torch.float32)"
        )


def gpu() -> torch.device | None:
    """The GPU that is used, None where torch finds none."""
    import torch

    return torch.device("cuda", torch.cuda.current_device()) if torch.cuda.is_available() else None


def device_of(module: nn.Module) -> torch.device:
    """Where a module's parameters lie; the CPU for a module without any."""
    import torch

    first = next(module.parameters(), None)
    return torch.device("cpu") if first is None else first.device


def on_cpu(module: M) -> M:
    """``module`` where it lies on the CPU, else a copy that does."""
    import copy

    if device_of(module).type == "cpu":
        return module
    return copy.deepcopy(module).cpu()


def device_name(device: torch.device) -> str:
    """What a GPU is called by its maker; "cpu" for the CPU."""
    import torch

    return torch.cuda.get_device_name(device) if device.type == "cuda" else str(device)
