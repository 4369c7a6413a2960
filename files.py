"""Files that are never half written, and one-line errors for those that cannot be read."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import InputError, SnnConvertError

if TYPE_CHECKING:
    import torch

T = TypeVar("T")


def replace_file(path: Path | str, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, sync it, then rename it over ``path``.

    Raises:
        SnnConvertError: the file could not be written (full disk, no permission); ``path`` keeps
            its old content.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        with open(temporary, "rb") as handle:
            os.fsync(handle.fileno())
        os.replace(temporary, path)
        _sweep_leftovers(path)
    except OSError as error:
        raise SnnConvertError(
            f"could not write {path}: {error.strerror or error}; free some space or choose a "
            "folder you can write to (nothing that was there before has been changed)"
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def replace_folder(path: Path | str, write: Callable[[Path], T], mark: str, force: bool) -> T:
    """Let ``write`` fill a new folder beside ``path``, then rename it to ``path``.

    Args:
        path: where it shall be
        write: fills an empty folder; what it gives back is given back
        mark: a file that every such folder has; ``force`` replaces no other
        force: replace a folder that is there

    Raises:
        InputError: something is there that is not to be replaced.
        SnnConvertError: it could not be written; ``path`` keeps what it had.
    """
    path = Path(path)
    _check_free(path, mark, force)
    temporary, old = (path.with_name(f".{path.name}.{os.getpid()}.{end}") for end in ("tmp", "old"))
    try:
        temporary.mkdir(parents=True)
        answer = write(temporary)
        for file in (path for path in temporary.rglob("*") if path.is_file()):
            with open(file, "rb") as handle:
                os.fsync(handle.fileno())
        if path.exists():
            os.replace(path, old)
        os.replace(temporary, path)
        return answer
    except OSError as error:
        if old.exists() and not path.exists():
            os.replace(old, path)
        raise SnnConvertError(
            f"could not write {path}: {error.strerror or error}; free some space or choose a "
            "folder you can write to (nothing that was there before has been changed)"
        ) from error
    finally:
        for folder in (temporary, old):
            shutil.rmtree(folder, ignore_errors=True)


def _check_free(path: Path, mark: str, force: bool) -> None:
    """Refuse a place where something is that may not be replaced."""
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not (path / mark).is_file():
        raise InputError(
            f"expected a new folder, or one of an earlier export, but {path} holds something else: "
            "choose another with --out"
        )
    if not force:
        raise InputError(
            f"expected a new folder, but {path} holds an export already: choose another with "
            "--out, or give --force to replace it"
        )


def _sweep_leftovers(path: Path) -> None:
    """Remove temporary files of ``path`` that a killed process left half written."""
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        pid = leftover.name.split(".")[-2]
        with suppress(OSError):
            if pid.isdigit() and not is_alive(int(pid)):
                leftover.unlink()


def is_alive(pid: int) -> bool:
    """Whether there is a process ``pid`` on this machine."""
    try:
        os.kill(pid, 0)  # signal 0 only asks
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def write_text(path: Path | str, text: str) -> None:
    """Write ``text`` as UTF-8 with LF, atomically."""
    replace_file(path, lambda p: p.write_bytes(text.encode("utf-8")))


def write_json(path: Path | str, value: Any) -> None:
    """Write ``value`` as readable JSON (UTF-8, no NaN), atomically."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def read_text(path: Path | str, what: str = "a text file") -> str:
    """Read a UTF-8 file; raises `InputError` for a missing, unreadable or wrongly encoded one."""
    path = Path(path)
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"expected {what} at {path}, but there is no such file") from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"expected {what} in UTF-8, but {path} has other bytes at position {error.start}; "
            "convert it, for example with: iconv -f GB18030 -t UTF-8"
        ) from None
    except OSError as error:
        raise InputError(f"could not read {what} at {path}: {error.strerror or error}") from error


def read_json(path: Path | str, what: str = "a JSON file") -> Any:
    """Read a JSON file; raises `InputError` where it is missing or not JSON."""
    text = read_text(path, what)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"expected {what}, but {path} is not valid JSON (line {error.lineno}: {error.msg}); "
            "it may have been cut off: make it again"
        ) from None


def read_yaml_mapping(path: Path | str, what: str) -> dict[str, Any]:
    """Read a YAML file of names and values.

    Args:
        path: of the file
        what: it is, in words for errors, as in ``"a recipe"``

    Raises:
        InputError: it is missing, not YAML, or not a mapping.
    """
    import yaml

    try:
        content = yaml.safe_load(read_text(path, what))
    except yaml.YAMLError as error:
        where = " ".join(str(error).split())
        raise InputError(f"expected {what} in YAML, but {path} is not: {where}") from None
    if not isinstance(content, dict):
        raise InputError(f"expected {path} to map option names to values, as in: steps: 4")
    return content


def save_tensors(path: Path | str, tensors: Mapping[str, torch.Tensor]) -> None:
    """Write named tensors as safetensors, atomically."""
    from safetensors.torch import save

    data = save({name: tensor.detach().contiguous().cpu() for name, tensor in tensors.items()})
    replace_file(path, lambda p: p.write_bytes(data))


def load_tensors(path: Path | str, what: str = "model weights") -> dict[str, torch.Tensor]:
    """Read a safetensors file whole; never runs code from it.

    Raises:
        InputError: missing, truncated or not safetensors (a pickle is refused, not loaded).
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    path = Path(path)
    try:
        return load(path.read_bytes())
    except FileNotFoundError:
        raise InputError(f"expected {what} at {path}, but there is no such file") from None
    except (SafetensorError, ValueError, KeyError) as error:
        raise InputError(
            f"expected {what} in safetensors format, but {path} is truncated or of another kind "
            f"({error}); write it again, or copy it again from where it came"
        ) from None
    except OSError as error:
        raise InputError(f"could not read {what} at {path}: {error.strerror or error}") from error


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file of any size, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256(*parts: bytes) -> str:
    """The SHA-256 of ``parts`` in turn, as hexadecimal digits."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
