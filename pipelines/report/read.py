"""What of a run folder every section needs: its data, its models, and files that are read once."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from ...checked_json import Value, read_value
from ...errors import InputError
from ...text.foreign import foreign_reason
from ...typed_json import from_json
from ..run_folder.again import again, command_for
from ..run_folder.records.conversion import ConversionReport
from ..run_folder.records.data import DataStage
from ..run_folder.records.latency import Latency
from ..run_folder.records.models import ModelStage
from ..run_folder.records.stages import record_kind
from ..run_folder.run_folder import RunFolder
from ..run_folder.stages import PIPELINE, conversion_of, conversions, last_spiking, of_conversion
from .drawing.looks import Looks

T = TypeVar("T")


class Run:
    """A run folder as a report reads it; nothing is computed, and errors name file and place.

    Attributes:
        folder: the run folder
        path: where it lies
        results: figures by stage, as results.json has them
        config: settings by stage
        data: the stage ``data``, None where it is not done
        models: the figures of ANN, SNN and fine-tuned SNN, those that are there; then those of
            conversions that have a name, as ``snn@NAME``

    Raises:
        InputError: no run there, or a file of a finished stage that is missing or damaged; the
            message names it and the command that makes it again.
    """

    def __init__(self, path: Path | str) -> None:
        self.folder = RunFolder(path)
        self.path = self.folder.path
        self.results = self.folder.results()
        self.models: dict[str, ModelStage] = {}
        for kind in _shown(self.results):
            self.folder.check_made_from(kind, self.results)
            self.models[kind] = self.folder.record(kind, record_kind(kind), self.results)
        self.data = self.stage("data", DataStage)
        self.config: dict[str, Any] = self.folder.config()
        self._check_converted()

    def _check_converted(self) -> None:
        """Refuse an SNN that was imported: what a conversion writes down of it was never there."""
        for name in self.models:
            if "imported" in self.settings.get(name, {}) and "ann" not in self.models:
                raise InputError(
                    f"expected a run whose models were made in it, but its {name} was imported, "
                    "without the ANN and the conversion that a report is about: report the run "
                    f"that it was exported from, or see snnconvert evaluate {self.where}"
                )

    def stage(self, name: str, kind: type[T]) -> T | None:
        """The record of a stage, None where it is not done.

        Args:
            name: of the stage
            kind: the class of the record, see `run_folder.records`

        Raises:
            InputError: an entry is missing or of another kind.
        """
        if name not in self.results:
            return None
        return self.folder.record(name, kind, self.results)

    def file(self, stage: str, name: str, what: str) -> Value:
        """The content of a JSON file of a stage, to be checked.

        Args:
            stage: its name
            name: of the file
            what: it holds, in words for errors

        Raises:
            InputError: it is missing or not JSON.
        """
        return read_value(self.folder.folder(stage) / name, what, again(stage, self.path))

    @cached_property
    def conversion(self) -> ConversionReport | None:
        """What the conversion of the last model did, None where there is no converted SNN."""
        stage = self.of_last("snn")
        if stage not in self.models:
            return None
        return from_json(
            ConversionReport, self.file(stage, "conversion.json", "a conversion report")
        )

    def of_last(self, kind: str) -> str:
        """The stage of that kind of the conversion that the last model is of."""
        return of_conversion(kind, conversion_of(self.last or ""))

    @property
    def is_spiking_alone(self) -> bool:
        """Whether its only model is an SNN that was trained directly, so that none is converted."""
        return "spiking" in self.models and "ann" not in self.models

    @property
    def looks(self) -> Looks:
        """How its models are told apart in drawings."""
        return Looks.of(self.results)

    @property
    def timed(self) -> dict[str, Latency]:
        """Wall-clock times of the models that have been timed."""
        return {kind: model.latency for kind, model in self.models.items() if model.latency}

    def made_by(self, stage: str) -> str:
        """The command line that makes a stage as it is."""
        return command_for(stage, self.path, self.config, is_light=True)

    @property
    def where(self) -> str:
        """The path as a command line takes it."""
        return shlex.quote(str(self.path))

    @property
    def name(self) -> str:
        """The name of the data set, "" where that is not known."""
        return self.data.name if self.data else ""

    @property
    def language(self) -> str:
        """Language tag of the texts."""
        return self.data.language if self.data else "en"

    @property
    def is_foreign(self) -> bool:
        """Whether the texts were found to be in another language than they are read as."""
        notes = self.data.notes or () if self.data else ()
        return foreign_reason(notes, self.language) is not None

    @property
    def classes(self) -> list[str]:
        """Names of the classes, none where they are not known."""
        return self.data.classes if self.data else []

    @property
    def tested(self) -> int:
        """How many texts accuracies are of; 0 where that is not known."""
        return self.data.sizes.get("test", 0) if self.data else 0

    @property
    def last(self) -> str | None:
        """The spiking model that the run ends with: finetuned, else snn, else none.

        That of the conversion without a name, or where there is none of the one named last.
        """
        return last_spiking(self.models)

    @property
    def settings(self) -> dict[str, dict[str, Any]]:
        """Settings by stage, as config.yaml has them, without the versions."""
        return {
            stage: values
            for stage, values in self.config.items()
            if stage != "versions" and isinstance(values, dict)
        }

    @property
    def versions(self) -> dict[str, Any]:
        """Versions of the libraries by name."""
        found = self.config.get("versions")
        return found if isinstance(found, dict) else {}


def _shown(results: Mapping[str, Any]) -> list[str]:
    """The models that a report shows: those of the pipeline, of one conversion after another."""
    names = [of_conversion(kind, name) for name in conversions(results) for kind in PIPELINE]
    names.append("spiking")
    return [name for name in dict.fromkeys(names) if name in results]
