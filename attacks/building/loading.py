"""The import of TextAttack: without a download, a network or a word on the terminal.

On its first import TextAttack asks for six downloads, and it moves the caches of other libraries.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from ...errors import InputError, SnnConvertError, one_line
from ...installation import install_hint
from ..assets.nltk import missing_extra, prepare_nltk
from .torchvision_clash import hide_broken_torchvision

_MARKER = "post_install_check_3"  # TextAttack 0.3.11 skips its downloads where this file is
_CACHE_VARIABLES = (
    "TA_CACHE_DIR",
    "TFHUB_CACHE_DIR",
    "PYTORCH_TRANSFORMERS_CACHE",
    "HF_HOME",
    "XDG_CACHE_HOME",
)


def cache_folder() -> Path:
    """Where TextAttack may write: ``TA_CACHE_DIR``, or a folder in the user's cache folder."""
    named = os.environ.get("TA_CACHE_DIR")
    if named:
        return Path(named).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "snnconvert" / "textattack"


@cache
def load_textattack() -> ModuleType:
    """Import TextAttack, which takes 10 to 18 s and 600 MB; a second call costs nothing.

    Raises:
        InputError: the extra is not installed, or torch and torchvision do not belong together.
        SnnConvertError: its cache folder cannot be written, or the import fails otherwise.
    """
    if importlib.util.find_spec("textattack") is None:
        raise InputError(missing_extra())
    prepare_nltk()
    hide_broken_torchvision()
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _MARKER).touch()
    except OSError as error:
        raise SnnConvertError(
            f"TextAttack needs a cache folder, but {folder} cannot be written "
            f"({error.strerror or error}); set TA_CACHE_DIR to a folder you can write to"
        ) from error
    try:
        with _import_settings(folder):
            # First, so that these keep the user's own caches: TextAttack moves them.
            importlib.import_module("transformers")
            importlib.import_module("matplotlib.pyplot")
            module = importlib.import_module("textattack")
    except (ImportError, RuntimeError, AttributeError, LookupError, OSError) as error:
        raise _explained(error) from error
    logging.getLogger("textattack.shared.utils.install").setLevel(logging.ERROR)
    logging.getLogger("jieba").setLevel(logging.ERROR)
    _register_victim(module)
    return module


@contextmanager
def no_downloads() -> Iterator[None]:
    """While it lasts ``nltk.download`` does nothing: TextAttack calls it even for data it has."""
    import nltk

    original = nltk.download
    nltk.download = lambda *_, **__: True
    try:
        yield
    finally:
        nltk.download = original


@contextmanager
def _import_settings(folder: Path) -> Iterator[None]:
    """The variables TextAttack reads and sets at import, put back afterwards; no warnings."""
    before = {name: os.environ.get(name) for name in _CACHE_VARIABLES}
    os.environ["TA_CACHE_DIR"] = str(folder)
    try:
        with warnings.catch_warnings(), no_downloads():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _register_victim(textattack: Any) -> None:
    """Make `Victim` a TextAttack model wrapper, though it does not import TextAttack."""
    from ..victims import Victim

    textattack.models.wrappers.ModelWrapper.register(Victim)


def _explained(error: BaseException) -> SnnConvertError:
    """The one-line error for a failed import of TextAttack."""
    chain: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(chain) < 10:
        chain.append(one_line(cause))
        cause = cause.__cause__ or cause.__context__
    if any("torchvision" in text for text in chain):
        return InputError(
            "torch and torchvision here do not belong together (operator torchvision::nms does "
            "not exist), so TextAttack cannot be imported: pip uninstall torchvision (nothing "
            "here needs it), or install the torchvision that matches your torch"
        )
    return SnnConvertError(
        f"TextAttack is installed but cannot be imported ({chain[0][:200]}): "
        f"{install_hint('attack')}"
    )
