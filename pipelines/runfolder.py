"""The run folder: settings, results and which stages are done, safe against any interrupt.

Every stage writes its results under its own name in results.json, together with a fingerprint of
its settings and of the stages it builds on. A stage whose fingerprint is already there is done and
is not run again; another fingerprint is refused, unless the user asks to redo the stage.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import InputError, SnnConvertError
from ..files import read_json, read_text, sha256, write_json, write_text

SHOWING = ("attack", "energy")  # stages that show any model, and on which none is built
STAGES = ("data", "ann", "snn", "finetuned", "ann-adversarial", "snn-adversarial", *SHOWING)
# what each stage builds on, for its fingerprint (attack names its models' hashes in its settings)
NEEDS: dict[str, tuple[str, ...]]
NEEDS = {"data": (), "ann": ("data",), "snn": ("ann",), "finetuned": ("snn",), "attack": ()}
NEEDS |= {"ann-adversarial": ("ann",), "snn-adversarial": ("snn",), "energy": ()}
# the folder of each stage; redoing a stage empties its own and those of all that build on it
FOLDERS = {name: name for name in STAGES} | {"data": "text"}
# the stages that make a model, and the command that does each
MAKERS = {"ann": "train --dataset NAME --out {run}", "snn": "convert {run}"}
MAKERS |= {"finetuned": "finetune {run}"}
PIPELINE = tuple(MAKERS)  # each made from the one before
MAKERS |= {
    f"{model}-adversarial": f"finetune {{run}} --adversarial ATTACK --model {model}"
    for model in ("ann", "snn")
}
MODELS = tuple(MAKERS)
# where things lie is written down, but does not make it another run: what lies there is hashed
PLACES = ("data_dir",)
PACKAGES = ("torch", "numpy", "spikingjelly", "gensim", "jieba", "scikit-learn", "textattack")


def versions() -> dict[str, str]:
    """Versions of this package, Python and the libraries that shape results, and `processor`."""
    from importlib import metadata  # slow to import, and most commands only read

    found = {"snnconvert": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found | processor()


def processor() -> dict[str, str]:
    """What the last bits of a training depend on beside versions; empty while torch is not loaded.

    The instructions that torch uses here, and its number of threads. They are written down, and
    do not keep a run from going on where they are others.
    """
    torch = sys.modules.get("torch")
    if torch is None:
        return {}
    instructions = torch.backends.cpu.get_cpu_capability()
    return {
        "processor": f"{platform.machine()} {instructions}",
        "threads": str(torch.get_num_threads()),
    }


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
        """All figures so far, by stage; empty before the first one.

        Raises:
            InputError: results.json is cut off, or holds something else.
        """
        if not self.results_path.exists():
            return {}
        results = read_json(self.results_path, "the results of a run")
        stages = results.values() if isinstance(results, dict) else [None]
        if not all(isinstance(figures, dict) for figures in stages):
            raise InputError(
                f"expected {self.results_path} to hold the figures of a run by stage, but it holds "
                "something else; copy it again from where it came, or remove the folder"
            )
        return dict(results)

    def config(self) -> dict[str, Any]:
        """The resolved settings so far, by stage.

        Raises:
            InputError: config.yaml is damaged.
        """
        import yaml

        path = self.path / "config.yaml"
        if not path.exists():
            return {}
        try:
            config = yaml.safe_load(read_text(path, "the settings of a run"))
        except yaml.YAMLError:
            config = None
        if not isinstance(config, dict) or not all(isinstance(v, dict) for v in config.values()):
            raise InputError(
                f"expected the settings of a run in {path}, but it is damaged; copy it again from "
                "where it came, or remove the folder"
            )
        return config

    def require(self, stage: str) -> dict[str, Any]:
        """The figures of a finished stage.

        Raises:
            InputError: the stage is not done; the message names the command that does it.
        """
        results = self.results()
        if stage not in results:
            command = MAKERS.get(stage, MAKERS["ann"]).format(run=self.path)
            raise InputError(
                f"expected {self.path} to hold the stage {stage!r}, but it is not done; "
                f"run first: snnconvert {command}"
            )
        return dict(results[stage])

    def last_model(self) -> str:
        """The last model of the pipeline: fine-tuned SNN, SNN or ANN.

        Raises:
            InputError: there is none yet.
        """
        results = self.results()
        name = next((name for name in reversed(PIPELINE) if name in results), "ann")
        self.require(name)
        return name

    def stamp(self, stage: str, settings: dict[str, Any]) -> str:
        """The fingerprint of ``stage`` with these settings, on top of the stages below it."""
        done = self.results()
        below = {name: done.get(name, {}).get("fingerprint") for name in NEEDS[stage]}
        return fingerprint({"settings": _without(settings, PLACES), "below": below})

    def is_done(self, stage: str, settings: dict[str, Any], force: bool = False) -> bool:
        """Whether ``stage`` is done with exactly these settings; changes nothing.

        Args:
            stage: its name
            settings: its resolved settings
            force: it shall be done again whatever is there

        Raises:
            InputError: it is done, or was begun, with other settings, and ``force`` is not given.
        """
        if force:
            return False
        results = self.results()
        if stage not in results:
            begun = self.config().get(stage)
            if begun is not None and _same(begun) != _same(settings):
                raise InputError(
                    f"the stage {stage!r} of {self.path} began with other settings"
                    f"{_difference(begun, settings)}; give the same ones to resume it, choose "
                    "another folder, or begin again with --force"
                )
            return False
        if results[stage].get("fingerprint") == self.stamp(stage, settings):
            return True
        raise InputError(
            f"the stage {stage!r} of {self.path} is done with other settings"
            f"{_difference(self.config().get(stage, {}), settings)}; choose another folder, or "
            "redo it with --force"
        )

    def begin(self, stage: str, settings: dict[str, Any], force: bool = False) -> str:
        """Write down the settings of a stage that starts, with versions.

        To be called once everything that can be wrong with them has been looked at: from here on
        the stage goes on with these settings only. With ``force`` what is there of it, and of the
        stages that build on it, is dropped first.

        Returns:
            The fingerprint that the stage will have.
        """
        if force:
            self._drop(stage)
        self._write_config(self.config() | {stage: _plain(settings), "versions": versions()})
        return self.stamp(stage, settings)

    def finish(self, stage: str, settings: dict[str, Any], figures: dict[str, Any]) -> None:
        """Write down the figures of a finished stage."""
        stamped = {"fingerprint": self.stamp(stage, settings), **figures}
        write_json(self.results_path, self.results() | {stage: stamped})

    def _drop(self, stage: str) -> None:
        """Forget ``stage`` and all that build on it: figures, then files, then settings.

        In this order a kill in between leaves stages that are not done, never figures without
        their files, or old checkpoints under new settings.
        """
        doomed = _above(stage)
        if self.results_path.exists():
            write_json(self.results_path, _without(self.results(), doomed))
        for name in doomed:
            folder = self.path / FOLDERS[name]
            try:
                if folder.exists():
                    shutil.rmtree(folder)
            except OSError as error:
                raise SnnConvertError(
                    f"could not remove {folder}: {error.strerror or error}; remove it by hand, or "
                    "choose another folder"
                ) from error
        with suppress(OSError):  # it shows figures that are no more
            (self.path / "report.html").unlink()
        self._write_config(_without(self.config(), doomed))

    def _write_config(self, config: dict[str, Any]) -> None:
        import yaml

        text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
        write_text(self.path / "config.yaml", text)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep a second command out of the folder while one is working in it.

        A folder that was made for nothing, because the work could not begin, is taken away again.

        Raises:
            SnnConvertError: another process holds the folder, or it cannot be written.
        """
        fresh = not self.path.exists()
        lock = self.path / ".lock"
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            handle = os.open(lock, os.O_CREAT | os.O_RDWR, 0o666)
        except OSError as error:
            raise SnnConvertError(
                f"could not write to {self.path}: {error.strerror or error}; choose another folder"
            ) from error
        try:
            self._lock(handle)
            yield
        finally:
            if fresh and list(self.path.iterdir()) == [lock]:
                lock.unlink()
                self.path.rmdir()
            os.close(handle)

    def _lock(self, handle: int) -> None:
        """Hold the open file ``handle`` for this process; it is released when it is closed."""
        if sys.platform == "win32":
            return
        import fcntl

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SnnConvertError(
                f"another snnconvert command is working in {self.path}: wait for it, or choose "
                "another folder"
            ) from None
        except OSError:
            return  # a file system without locks


def _above(stage: str) -> tuple[str, ...]:
    """``stage``, all that build on it, and those that show any model; in their order."""
    found = {stage} if stage in SHOWING else {stage, *SHOWING}
    for name in STAGES:
        if found.intersection(NEEDS[name]):
            found.add(name)
    return tuple(name for name in STAGES if name in found)


def _same(settings: dict[str, Any]) -> dict[str, Any]:
    """What must agree for a stage to go on."""
    return _without(_plain(settings), PLACES)


def _difference(before: dict[str, Any], now: dict[str, Any]) -> str:
    """The first settings that differ, in words."""
    old, new = _same(before), _same(now)
    changed = [key for key in new if old.get(key) != new[key]]
    if not changed:
        return " (those of another version, or of a stage below that was made anew)"
    return "".join(f" ({key} was {old.get(key)!r}, now {new[key]!r})" for key in changed[:3])


def _without(values: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in names}


def _plain(settings: Any) -> dict[str, Any]:
    """Settings as JSON knows them (tuples become lists), for comparison and for YAML."""
    return dict(json.loads(json.dumps(settings)))


def settings_dict(settings: Any, **more: Any) -> dict[str, Any]:
    """A settings dataclass and further values, as a plain dictionary."""
    return _plain(asdict(settings) | more)
