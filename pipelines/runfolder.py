"""The run folder: settings, results and which stages are done, safe against any interrupt.

Every stage writes its results under its own name in results.json, together with a fingerprint of
its settings and of the stages it builds on. A stage whose fingerprint is already there is done and
is not run again; another fingerprint is refused, unless the user asks to redo the stage.
"""

from __future__ import annotations

import fcntl
import json
import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import InputError, SnnConvertError
from ..files import read_json, read_text, sha256, write_json, write_text

STAGES = ("data", "ann", "snn", "finetuned", "attack")
# what each stage builds on, for its fingerprint (attack names its models' hashes in its settings)
NEEDS = {"data": (), "ann": ("data",), "snn": ("ann",), "finetuned": ("snn",), "attack": ()}
# the folder of each stage; redoing a stage empties its own and those of all stages after it
FOLDERS = {"data": "text", "ann": "ann", "snn": "snn", "finetuned": "finetuned", "attack": "attack"}
PACKAGES = ("torch", "numpy", "spikingjelly", "gensim", "jieba", "scikit-learn", "textattack")


def versions() -> dict[str, str]:
    """Versions of this package, Python and the libraries that shape results."""
    found = {"snnconvert": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def fingerprint(value: Any) -> str:
    """A short hash of JSON-able settings."""
    return sha256(json.dumps(value, sort_keys=True, default=list).encode())[:16]


class RunFolder:
    """One run: ``path`` with its config.yaml and results.json.

    Raises:
        InputError: the folder must exist and hold a run, but does not.
    """

    def __init__(self, path: Path | str, must_exist: bool = True) -> None:
        self.path = Path(path)
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"expected {self.path} to be a run folder, but it is a file")
        if must_exist and not self.results_path.is_file():
            raise InputError(
                f"expected a run folder at {self.path}, but it has no results.json; make one with: "
                f"snnconvert train --dataset NAME --out {self.path}"
            )

    @property
    def results_path(self) -> Path:
        """RUN/results.json."""
        return self.path / "results.json"

    def results(self) -> dict[str, Any]:
        """All figures so far; empty before the first stage."""
        if not self.results_path.exists():
            return {}
        results = read_json(self.results_path, "the results of a run")
        if not isinstance(results, dict):
            raise InputError(f"expected {self.results_path} to hold results by stage; remove it")
        return results

    def config(self) -> dict[str, Any]:
        """The resolved settings so far, by stage."""
        import yaml

        path = self.path / "config.yaml"
        if not path.exists():
            return {}
        try:
            config = yaml.safe_load(read_text(path, "the settings of a run"))
        except yaml.YAMLError as error:
            raise InputError(f"expected settings in YAML at {path}, but {error}") from None
        return config if isinstance(config, dict) else {}

    def require(self, stage: str, command: str) -> dict[str, Any]:
        """The figures of a finished stage.

        Raises:
            InputError: the stage is not done; the message names the command that does it.
        """
        results = self.results()
        if stage not in results:
            raise InputError(
                f"expected {self.path} to hold the stage {stage!r}, but it is not done; "
                f"run first: snnconvert {command}"
            )
        return results[stage]

    def stamp(self, stage: str, settings: dict[str, Any]) -> str:
        """The fingerprint of ``stage`` with these settings, on top of the stages below it."""
        done = self.results()
        below = {name: done.get(name, {}).get("fingerprint") for name in NEEDS[stage]}
        return fingerprint({"settings": settings, "below": below})

    def is_done(self, stage: str, settings: dict[str, Any], force: bool = False) -> bool:
        """Whether ``stage`` is done with exactly these settings.

        Args:
            stage: its name
            settings: its resolved settings
            force: redo it; its figures and those of the stages that build on it are dropped

        Raises:
            InputError: it is done with other settings, and ``force`` is not given.
        """
        if force:
            self._drop(stage)
        results = self.results()
        if stage not in results:
            self._check_begun(stage, settings)
            return False
        if results[stage].get("fingerprint") == self.stamp(stage, settings):
            return True
        raise InputError(
            f"the stage {stage!r} of {self.path} is done with other settings"
            f"{self._difference(stage, settings)}; choose another folder, or redo it with --force"
        )

    def _check_begun(self, stage: str, settings: dict[str, Any]) -> None:
        """A stage that was interrupted goes on only with the settings it began with."""
        begun = self.config().get(stage)
        if begun is not None and _plain(begun) != _plain(settings):
            raise InputError(
                f"the stage {stage!r} of {self.path} began with other settings"
                f"{self._difference(stage, settings)}; give the same ones to resume it, choose "
                "another folder, or begin again with --force"
            )

    def _difference(self, stage: str, settings: dict[str, Any]) -> str:
        before, now = _plain(self.config().get(stage, {})), _plain(settings)
        changed = [key for key in now if before.get(key) != now[key]]
        return "".join(f" ({key} was {before.get(key)!r}, now {now[key]!r})" for key in changed[:3])

    def _drop(self, stage: str) -> None:
        """Forget ``stage`` and all after it: figures, settings and files."""
        doomed = STAGES[STAGES.index(stage) :]
        write_json(self.results_path, _without(self.results(), doomed))
        self._write_config(_without(self.config(), doomed))
        for name in doomed:
            shutil.rmtree(self.path / FOLDERS[name], ignore_errors=True)

    def _write_config(self, config: dict[str, Any]) -> None:
        import yaml

        text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
        write_text(self.path / "config.yaml", text)

    def begin(self, stage: str, settings: dict[str, Any]) -> None:
        """Write down the settings of a stage that starts, with versions."""
        self._write_config(self.config() | {stage: _plain(settings), "versions": versions()})

    def finish(self, stage: str, settings: dict[str, Any], figures: dict[str, Any]) -> None:
        """Write down the figures of a finished stage."""
        stamped = {"fingerprint": self.stamp(stage, settings), **figures}
        write_json(self.results_path, self.results() | {stage: stamped})

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep a second command out of the folder while one is working in it.

        Raises:
            SnnConvertError: another process holds the folder, or it cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path / ".lock", os.O_CREAT | os.O_RDWR)
        except OSError as error:
            raise SnnConvertError(
                f"could not write to {self.path}: {error.strerror}; choose another --out"
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise SnnConvertError(
                f"another snnconvert command is working in {self.path}: wait for it, or choose "
                "another folder"
            ) from None
        finally:
            os.close(handle)


def _without(values: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in names}


def _plain(settings: Any) -> dict[str, Any]:
    """Settings as JSON knows them (tuples become lists), for comparison and for YAML."""
    return dict(json.loads(json.dumps(settings)))


def settings_dict(settings: Any, **more: Any) -> dict[str, Any]:
    """A settings dataclass and further values, as a plain dictionary."""
    return _plain(asdict(settings) | more)
