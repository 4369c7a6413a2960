"""The run folder: settings, results and which stages are done, safe against any interrupt.

Every stage writes its results under its own name in results.json, together with a fingerprint of
its settings and of the stages it builds on, and with what its files were. A stage whose fingerprint
is already there, and whose files are whole, is done and is not run again; another fingerprint is
refused, unless the user asks to redo the stage.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from ...errors import SnnConvertError
from ...files import remove, remove_folder, write_json
from ..versions import versions
from .done import DoneStages
from .fingerprints import as_json, without
from .stage_files import record as record_of
from .stages import above, below, digest_of, is_model, kind_of, made_from_other


class RunFolder(DoneStages):
    """One run: ``path`` with its config.yaml and results.json, and its stages as they are made.

    Raises:
        InputError: the folder must exist and hold a run, but does not.
    """

    def begin(self, stage: str, settings: dict[str, Any], force: bool = False) -> str:
        """Write down the settings of a stage that starts, with versions.

        To be called once everything that can be wrong with them has been looked at: from here on
        the stage goes on with these settings only. With ``force`` what is there of it, and of the
        stages that build on it, is dropped first.

        Returns:
            The fingerprint that the stage will have.
        """
        if force:
            self.drop(stage)
        self._write_config(self.config() | {stage: as_json(settings), "versions": versions()})
        return self.stamp(stage, settings)

    def replace(self, stage: str, figures: dict[str, Any]) -> None:
        """Put other figures in the place of a stage's; none of them takes the stage away."""
        results = self.results()
        rest = without(results, (stage,))
        write_json(self.results_path, results | {stage: figures} if figures else rest)

    def finish(self, stage: str, settings: dict[str, Any], figures: object) -> None:
        """Write down the figures of a finished stage, what its files are and what it is made from.

        Where it was made again and came out different, standard error says what was made from the
        one before.

        Args:
            stage: its name
            settings: its resolved settings
            figures: the record of the stage (see `records.stages.RECORDS`), or a mapping that has
                all of its entries and no other

        Raises:
            InputError: an entry of the mapping is missing or of another kind.
            TypeError: an entry is none of the stage's.
        """
        from ...typed_json import made, to_json
        from .records.stages import record_kind

        if isinstance(figures, Mapping):
            figures = made(record_kind(stage), figures, f"the figures of {stage}")
        results = self.results()
        made_from = {name: digest_of(name, results) for name in below(stage, settings)}
        before = digest_of(stage, results) if stage in results else None
        results[stage] = {
            "fingerprint": self.stamp(stage, settings),
            **to_json(figures),
            "files": record_of(self.folder(stage), kind_of(stage)),
            "made_from": {name: found for name, found in made_from.items() if found},
        }
        write_json(self.results_path, results)
        if before and before != digest_of(stage, results):
            _say_stale(stage, results)

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
                self._write_config(without(self.config(), (stage,)))
            raise

    def drop(self, stage: str) -> None:
        """Forget ``stage`` and all that build on it: figures, then files, then settings.

        In this order a kill in between leaves stages that are not done, never figures without
        their files, or old checkpoints under new settings. Of attacks, those on other models stay
        with their records; energy compares the models, and goes.
        """
        results, config = self.results(), self.config()
        doomed = above(stage, (*results, *config))
        if is_model(stage) and "attack" not in doomed:
            attacked = self._attacks_without(doomed, results)
            doomed = (*doomed, "energy", *(["attack"] if attacked == {} else []))
            results |= {"attack": attacked} if attacked else {}
        if self.results_path.exists():
            write_json(self.results_path, without(results, doomed))
        for name in doomed:
            self._remove(name)
        with suppress(OSError):  # it shows figures that are no more
            remove(self.path / "report.html")
        self._write_config(without(config, doomed))
        self._write_attack_tables()

    def _attacks_without(
        self, models: Collection[str], results: dict[str, Any]
    ) -> dict[str, Any] | None:
        """The figures of attacks on other models than those; None where none is done."""
        if "attack" not in results:
            return None
        from .pruning import attack_without

        return attack_without(results["attack"], models)

    def _write_attack_tables(self) -> None:
        """Write the tables of attacks that stay, where models are no more that were in them."""
        results = self.results()
        if "attack" not in results:
            return
        from .pruning import lacks_tables, write_tables

        if lacks_tables(results["attack"]):
            data = str(results.get("data", {}).get("name"))
            self.replace("attack", write_tables(results["attack"], self.folder("attack"), data))

    def _remove(self, stage: str) -> None:
        """Remove the folder of ``stage``.

        Raises:
            SnnConvertError: it cannot be removed.
        """
        folder = self.folder(stage)
        try:
            if folder.exists():
                remove_folder(folder)
        except OSError as error:
            raise SnnConvertError(
                f"could not remove {folder}: {error.strerror or error}; remove it by hand, or "
                "choose another folder"
            ) from error


def _say_stale(stage: str, results: dict[str, Any]) -> None:
    """Say on standard error which stages were made from a ``stage`` that is no more."""
    stale = [name for name in results if made_from_other(name, results)]
    if stale:
        print(
            f"{stage} is not what it was before; made from the one before, and to be made "
            f"again with --force: {', '.join(stale)}",
            file=sys.stderr,
        )
