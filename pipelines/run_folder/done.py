"""Which stages of a run are done, and whether what they made is what it was."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...convert.recipes.old_names import by_names_before
from ...errors import InputError
from ...progress import say
from .again import command_for
from .fingerprints import as_json, comparable, counted, difference, fingerprint
from .run_files import RunFiles
from .stage_files import damage, digest
from .stages import (
    SHOWING,
    command_of,
    kind_of,
    last_spiking,
    made_from_other,
    needs,
)


class DoneStages(RunFiles):
    """A run whose stages are looked at before anything is built on them."""

    def require(self, stage: str) -> dict[str, Any]:
        """The figures of a finished stage; for its files see `check_files`.

        Raises:
            InputError: the stage is not done, or it was made from another stage than the one that
                is there now; the message names the command to give.
        """
        results = self.results()
        if stage not in results:
            raise InputError(self._not_done(stage, results))
        self.check_made_from(stage, results)
        return dict(results[stage])

    def _not_done(self, stage: str, results: dict[str, Any]) -> str:
        """Why a run lacks ``stage``, and what to do about it."""
        config = self.config()
        if stage == "ann" and "spiking" in results:
            return (
                f"expected {self.path} to hold an ANN, but it holds a directly trained SNN, "
                "which spikes already: nothing is converted, tuned or attacked of it; an ANN "
                f"beside it: snnconvert {command_of('ann').format(run=self.path)}"
            )
        if stage == "ann" and "imported" in config.get("snn", {}):
            return (
                f"expected {self.path} to hold an ANN, but its SNN was imported, without the ANN "
                "that it came from: give the command the run that it was exported from; this one "
                "can be evaluated, asked by predict and drawn by encode"
            )
        command = "snnconvert " + command_of(stage).format(run=self.path)
        if stage in config:  # it began, or its figures are gone
            command = command_for(stage, self.path, config)
        return (
            f"expected {self.path} to hold the stage {stage!r}, but it is not done; "
            f"run first: {command}"
        )

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
        made = digest(kind_of(stage), figures.get("files"))
        return str(figures.get("fingerprint")) + (f".{made}" if made else "")

    def harm(self, stage: str) -> str:
        """What is wrong with the files of a stage that is done; nothing where all is well."""
        return self._damage(stage, self.results()[stage], whole=True)

    def _damage(self, stage: str, figures: dict[str, Any], whole: bool = False) -> str:
        return damage(self.folder(stage), kind_of(stage), figures.get("files"), whole)

    def check_made_from(self, stage: str, results: dict[str, Any]) -> None:
        """Refuse a stage that was made from another one than that which is there now.

        That is so where the other has been made again, and came out different: after a change of
        machine or of versions.

        Raises:
            InputError: names the stage, and how to make it again.
        """
        other = made_from_other(stage, results)
        if other:
            how = self.remedy(stage) + ("" if stage in SHOWING else " --force")
            raise InputError(
                f"the stage {stage!r} of {self.path} was made from another {other} than the one "
                f"that is there, which was made again and came out different; {how}"
            )

    def last_model(self) -> str:
        """The last model of the pipeline: fine-tuned SNN, SNN or ANN.

        Those of the conversion without a name; of the one named last where there is no such. Where
        there is no ANN either, the SNN that was trained directly.

        Raises:
            InputError: there is none yet.
        """
        results = self.results()
        alone = "ann" not in results and "spiking" in results
        name = last_spiking(results) or ("spiking" if alone else "ann")
        self.require(name)
        return name

    def stamp(self, stage: str, settings: dict[str, Any]) -> str:
        """The fingerprint of ``stage`` with these settings, on top of the stages below it."""
        done = self.results()
        stamps = {name: done.get(name, {}).get("fingerprint") for name in needs(stage)}
        return fingerprint({"settings": counted(settings), "below": stamps})

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
            self._check_begun(stage, settings)
            return False
        stamps = (self.stamp(stage, settings), self.stamp(stage, by_names_before(settings)))
        if results[stage].get("fingerprint") not in stamps:
            raise InputError(
                f"the stage {stage!r} of {self.path} is done with other settings"
                f"{difference(self.config().get(stage, {}), settings)}; choose another folder, or "
                "redo it with --force"
            )
        wrong = self._damage(stage, results[stage], whole=True)
        if wrong:
            print(f"{stage} is made again, since {wrong}", file=sys.stderr)
            return False
        self.check_made_from(stage, results)
        config = self.config()
        if stage not in config:
            self._write_config(config | {stage: as_json(settings)})
        if stage != "data":  # what it is read for is said
            say(f"{stage}: already done in {self.path}")
        return True

    def _check_begun(self, stage: str, settings: dict[str, Any]) -> None:
        """Refuse to go on with a stage that began with other settings."""
        begun = self.config().get(stage)
        if begun is not None and comparable(begun) != comparable(settings):
            raise InputError(
                f"the stage {stage!r} of {self.path} began with other settings"
                f"{difference(begun, settings)}; give the same ones to resume it, choose "
                "another folder, or begin again with --force"
            )
