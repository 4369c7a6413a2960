"""The run folder: settings, results and which stages are done, safe against any interrupt.

Every stage writes its results under its own name in results.json, together with a fingerprint of
its settings and of the stages it builds on, and with what its files were. A stage whose fingerprint
is already there, and whose files are whole, is done and is not run again; another fingerprint is
refused, unless the user asks to redo the stage.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...convert.recipes.old_names import by_names_before, by_names_of_today
from ...errors import InputError, SnnConvertError
from ...files import read_text, sha256, write_json, write_text
from ..versions import versions
from .again import command_for
from .lock import locked
from .results_file import read_results
from .stage_files import damage, digest, record
from .stages import FOLDERS, MAKERS, NEEDS, PIPELINE, above, below, digest_of, made_from_other

# where things lie is written down, but does not make it another run: what lies there is hashed
PLACES = ("data_dir",)


def fingerprint(value: Any) -> str:
    """A short hash of JSON-able settings."""
    return sha256(json.dumps(value, sort_keys=True, default=list).encode())[:16]


class RunFolder:
    """One run: ``path`` with its config.yaml and results.json.

    Raises:
        InputError: the folder must exist and hold a run, but does not.
    """

    def __init__(self, path: Path | str, must_exist: bool = True) -> None:
        if not isinstance(path, str | os.PathLike):
            raise InputError(f"expected the path of a run folder, but got {type(path).__name__}")
        self.path = Path(path)
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"expected {self.path} to be a run folder, but it is a file")
        if must_exist and not self.results_path.is_file():
            raise InputError(
                f"expected a run folder at {self.path}, but it has no results.json; make one with: "
                f"{self._first_command()}"
            )

    def _first_command(self) -> str:
        """What makes the first stages, with the settings that config.yaml may still have."""
        config: dict[str, Any] = {}
        with suppress(InputError):
            config = self.config()
        return command_for("ann", self.path, config)

    @property
    def results_path(self) -> Path:
        """RUN/results.json."""
        return self.path / "results.json"

    def results(self) -> dict[str, Any]:
        """All figures so far, by stage; empty before the first one.

        Raises:
            InputError: results.json is cut off, or holds something else.
        """
        return read_results(self.results_path, self._first_command)

    def config(self) -> dict[str, Any]:
        """The resolved settings so far, by stage; options by their names of today.

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
                f"expected the settings of a run in {path}, but it is damaged; put it back, or "
                "remove that file and give the train command of this run again with the same "
                "options, which restores it"
            )
        return dict(by_names_of_today(config))

    def require(self, stage: str) -> dict[str, Any]:
        """The figures of a finished stage; for its files see `check_files`.

        Raises:
            InputError: the stage is not done, or it was made from another stage than the one that
                is there now; the message names the command to give.
        """
        results = self.results()
        if stage not in results:
            config = self.config()
            command = "snnconvert " + MAKERS.get(stage, MAKERS["ann"]).format(run=self.path)
            if stage in config:  # it began, or its figures are gone
                command = command_for(stage, self.path, config)
            raise InputError(
                f"expected {self.path} to hold the stage {stage!r}, but it is not done; "
                f"run first: {command}"
            )
        self.check_made_from(stage, results)
        return dict(results[stage])

    def check_files(self, stage: str, whole: bool = False) -> None:
        """Refuse a stage whose files are not what they were when it ended.

        Args:
            stage: its name
            whole: look at every byte of every file, as before something is built on them

        Raises:
            InputError: names the file, and the command that makes it again.
        """
        wrong = self._damage(stage, self.require(stage), whole)
        if wrong:
            raise InputError(
                f"expected {self.path} to hold the whole stage {stage!r}, but {wrong}; put it "
                f"back; {self.remedy(stage)}"
            )

    def remedy(self, stage: str) -> str:
        """How to make ``stage`` again, for the end of an error."""
        return f"this makes it again: {command_for(stage, self.path, self.config())}"

    @contextmanager
    def reading(self, stage: str, whole: bool = False) -> Iterator[None]:
        """Around the reading of a stage's files: its errors get a remedy, then `check_files`."""
        try:
            yield
        except InputError as error:
            raise InputError(f"{error}; {self.remedy(stage)}") from None
        self.check_files(stage, whole)

    def identity(self, stage: str) -> str:
        """What tells a finished stage from another: its settings, and what it made.

        Raises:
            InputError: as `require`.
        """
        figures = self.require(stage)
        made = digest(stage, figures.get("files"))
        return str(figures.get("fingerprint")) + (f".{made}" if made else "")

    def _damage(self, stage: str, figures: dict[str, Any], whole: bool = False) -> str:
        return damage(self.path / FOLDERS[stage], stage, figures.get("files"), whole)

    def check_made_from(self, stage: str, results: dict[str, Any]) -> None:
        """Refuse a stage that was made from another one than that which is there now.

        That is so where the other has been made again, and came out different: after a change of
        machine or of versions.

        Raises:
            InputError: names the stage, and how to make it again.
        """
        other = made_from_other(stage, results)
        if other:
            raise InputError(
                f"the stage {stage!r} of {self.path} was made from another {other} than the one "
                f"that is there, which was made again and came out different; "
                f"{self.remedy(stage)} --force"
            )

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
        stamps = {name: done.get(name, {}).get("fingerprint") for name in NEEDS[stage]}
        return fingerprint({"settings": _without(settings, PLACES), "below": stamps})

    def is_done(self, stage: str, settings: dict[str, Any], force: bool = False) -> bool:
        """Whether ``stage`` is done with exactly these settings, and its files are whole.

        Changes nothing but a config.yaml that lacks the settings of a stage that is done. That a
        stage is to be made again since its files are not whole is said on standard error.

        Args:
            stage: its name
            settings: its resolved settings
            force: it shall be done again whatever is there

        Raises:
            InputError: it is done, or was begun, with other settings or from another stage, and
                ``force`` is not given.
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
        stamps = (self.stamp(stage, settings), self.stamp(stage, by_names_before(settings)))
        if results[stage].get("fingerprint") in stamps:
            wrong = self._damage(stage, results[stage], whole=True)
            if wrong:
                print(f"{stage} is made again, since {wrong}", file=sys.stderr)
                return False
            self.check_made_from(stage, results)
            config = self.config()
            if stage not in config:
                self._write_config(config | {stage: _plain(settings)})
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
        """Write down the figures of a finished stage, what its files are and what it is made from.

        Where it was made again and came out different, standard error says what was made from the
        one before.
        """
        results = self.results()
        made_from = {name: digest_of(name, results) for name in below(stage, settings)}
        stamped = {
            "fingerprint": self.stamp(stage, settings),
            **figures,
            "files": record(self.path / FOLDERS[stage], stage),
            "made_from": {name: found for name, found in made_from.items() if found},
        }
        before = digest_of(stage, results) if stage in results else None
        results |= {stage: stamped}
        write_json(self.results_path, results)
        if before and before != digest_of(stage, results):
            stale = [name for name in results if made_from_other(name, results)]
            if stale:
                print(
                    f"{stage} is not what it was before; made from the one before, and to be made "
                    f"again with --force: {', '.join(stale)}",
                    file=sys.stderr,
                )

    @contextmanager
    def forgetting(
        self, stage: str, failure: type[Exception], files: bool = False
    ) -> Iterator[None]:
        """Where the work inside ends in ``failure``, let ``stage`` begin with other settings.

        Args:
            stage: that was begun
            failure: after which going on with the same settings is of no use
            files: whether what the stage has made so far is removed; otherwise its logs are kept
        """
        try:
            yield
        except failure:
            if stage not in self.results():
                if files:
                    self._remove(stage)
                self._write_config(_without(self.config(), (stage,)))
            raise

    def _drop(self, stage: str) -> None:
        """Forget ``stage`` and all that build on it: figures, then files, then settings.

        In this order a kill in between leaves stages that are not done, never figures without
        their files, or old checkpoints under new settings.
        """
        doomed = above(stage)
        if self.results_path.exists():
            write_json(self.results_path, _without(self.results(), doomed))
        for name in doomed:
            self._remove(name)
        with suppress(OSError):  # it shows figures that are no more
            (self.path / "report.html").unlink()
        self._write_config(_without(self.config(), doomed))

    def _remove(self, stage: str) -> None:
        """Remove the folder of ``stage``.

        Raises:
            SnnConvertError: it cannot be removed.
        """
        folder = self.path / FOLDERS[stage]
        try:
            if folder.exists():
                shutil.rmtree(folder)
        except OSError as error:
            raise SnnConvertError(
                f"could not remove {folder}: {error.strerror or error}; remove it by hand, or "
                "choose another folder"
            ) from error

    def _write_config(self, config: dict[str, Any]) -> None:
        import yaml

        text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
        write_text(self.path / "config.yaml", text)

    def locked(self) -> AbstractContextManager[None]:
        """Keep a second command out of the folder while one is working in it; see `lock.locked`."""
        return locked(self.path)


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
