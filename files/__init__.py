"""Files that are never half written, and one-line errors for those that cannot be read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .disk import make_folder, remove, remove_folder
from .folders import replace_folder
from .json_text import BadJSONError
from .regular import LARGE, MEGABYTE, SMALL, is_file, open_regular, read_bytes
from .writing import is_alive, replace_file, unwritable, write_bytes, write_json, write_text

if TYPE_CHECKING:
    import torch

__all__ = [
    "LARGE",
    "MEGABYTE",
    "SMALL",
    "file_sha256",
    "is_alive",
    "is_file",
    "load_tensors",
    "make_folder",
    "open_regular",
    "read_bytes",
    "read_json",
    "read_text",
    "read_yaml",
    "read_yaml_mapping",
    "remove",
    "remove_folder",
    "replace_file",
    "replace_folder",
    "save_tensors",
    "sha256",
    "tensor_shapes",
    "unwritable",
    "write_bytes",
    "write_json",
    "write_text",
]
_YAML = 2 * MEGABYTE


def read_text(path: Path | str, what: str = "a text file", most: int = LARGE) -> str:
    """Read a UTF-8 file; raises `InputError` for a missing, unreadable or wrongly encoded one."""
    try:
        return read_bytes(path, what, most).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"expected {what} in UTF-8, but {path} has other bytes at position {error.start}; "
            "convert it, for example with: iconv -f GB18030 -t UTF-8"
        ) from None


def read_json(path: Path | str, what: str = "a JSON file", most: int = LARGE) -> Any:
    """Read a JSON file; raises `InputError` where it is missing or not JSON (`json_text`)."""
    from .json_text import loads

    text = read_text(path, what, most)
    try:
        return loads(text)
    except BadJSONError as error:
        raise InputError(
            f"expected {what}, but {path} is not valid JSON ({error}); it may have been cut off: "
            "make it again"
        ) from None


def read_yaml(path: Path | str, what: str) -> Any:
    """Read a YAML file of plain values; raises `InputError` where it is none (`yaml_text`)."""
    from .yaml_text import BadYAMLError, loads

    try:
        return loads(read_text(path, what, _YAML))
    except BadYAMLError as error:
        raise InputError(f"expected {what} in YAML, but {path} is not: {error}") from None


def read_yaml_mapping(path: Path | str, what: str) -> dict[str, Any]:
    """Read a YAML file of names and values.

    Args:
        path: of the file
        what: it is, in words for errors, as in ``"a recipe"``

    Raises:
        InputError: it is missing, not YAML, or not a mapping of names to plain values.
    """
    content = read_yaml(path, what)
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise InputError(f"expected {path} to map option names to values, as in: steps: 4")
    return content


def save_tensors(path: Path | str, tensors: Mapping[str, torch.Tensor]) -> None:
    """Write named tensors as safetensors, atomically."""
    from .tensors import save_tensors as save

    save(path, tensors)


def load_tensors(path: Path | str, what: str = "model weights") -> dict[str, torch.Tensor]:
    """Read a safetensors file whole; see `tensors.load_tensors`."""
    from .tensors import load_tensors as load

    return load(path, what)


def tensor_shapes(path: Path | str, what: str = "model weights") -> dict[str, tuple[int, ...]]:
    """The shapes of the tensors in a safetensors file by name; see `tensors.tensor_shapes`."""
    from .tensors import tensor_shapes as shapes

    return shapes(path, what)


def file_sha256(path: Path, most: int | None = None) -> str:
    """The SHA-256 of a file of any size, or of its first ``most`` bytes, as hexadecimal digits."""
    digest = hashlib.sha256()
    with open_regular(path) as file:
        left = -1 if most is None else most
        while left and (part := file.read(MEGABYTE if left < 0 else min(MEGABYTE, left))):
            digest.update(part)
            left -= len(part) if left > 0 else 0
    return digest.hexdigest()


def sha256(*parts: bytes) -> str:
    """The SHA-256 of ``parts`` in turn, as hexadecimal digits."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
