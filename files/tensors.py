"""Tensors in files, as safetensors: names, shapes and numbers, and no code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ..errors import InputError
from .regular import open_regular
from .writing import write_bytes

if TYPE_CHECKING:
    import torch

T = TypeVar("T")
Shapes = dict[str, tuple[int, ...]]


def save_tensors(path: Path | str, tensors: Mapping[str, torch.Tensor]) -> None:
    """Write named tensors as safetensors, atomically."""
    from safetensors.torch import save

    data = save({name: tensor.detach().contiguous().cpu() for name, tensor in tensors.items()})
    write_bytes(path, data)


def tensor_shapes(path: Path | str, what: str = "model weights") -> Shapes:
    """The shapes of the tensors in a safetensors file by name, from its header alone.

    The header is that of the whole file: every tensor has the bytes that its shape asks for.

    Raises:
        InputError: missing, truncated or not safetensors (a pickle is refused, not loaded).
    """
    from safetensors import safe_open

    def shapes() -> Shapes:
        with safe_open(str(path), framework="pt") as handle:
            return {name: tuple(handle.get_slice(name).get_shape()) for name in list(handle.keys())}

    return _read(path, what, shapes)


def load_tensors(path: Path | str, what: str = "model weights") -> dict[str, torch.Tensor]:
    """Read a safetensors file whole; never runs code from it.

    Raises:
        InputError: missing, truncated or not safetensors (a pickle is refused, not loaded).
    """
    from safetensors.torch import load

    tensor_shapes(path, what)  # so nothing is read that is something else

    def whole() -> dict[str, torch.Tensor]:
        with open_regular(path, what) as handle:
            return load(handle.read())

    return _read(path, what, whole)


def _read(path: Path | str, what: str, read: Callable[[], T]) -> T:
    from safetensors import SafetensorError

    try:
        open_regular(path, what).close()
        return read()
    except FileNotFoundError:
        raise InputError(f"expected {what} at {path}, but there is no such file") from None
    except (SafetensorError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise InputError(
            f"expected {what} in safetensors format, but {path} is truncated or of another kind "
            f"({' '.join(str(error).split())[:200]}); write it again, or copy it again from where "
            "it came"
        ) from None
    except OSError as error:
        raise InputError(f"could not read {what} at {path}: {error.strerror or error}") from error
