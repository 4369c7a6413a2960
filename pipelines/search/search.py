"""`snnconvert search`: trials of options, each trained, converted and fine-tuned; dev chooses.

Rows are files of their own, written when a trial is done, so that a stopped search goes on where
it was, and one that is asked for more trials takes over those that are there.
"""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

from ...checked_json import read_plain
from ...errors import InputError
from ...files import write_json
from ...progress import bar, say
from ..rows.jobs import connected, made
from ..run_folder.fingerprints import fingerprint, settings_dict
from ..run_folder.lock import locked
from ..settings.search import SearchSettings
from ..train import train
from .outputs import best_of, line, write_outputs
from .sampler import Row, ask, check_installed
from .space import Space, read_space
from .trial import Trial, make_trial

HOW = ("space", "trials", "workers", "ray", "keep")
"""Settings that say how long and by how many; a search may go on with others."""
_BEGUN = ("the settings of a search", "give another folder, or --force to begin anew")


def search(folder: Path | str, settings: SearchSettings, seed: int = 0, force: bool = False) -> Row:
    """Make every trial that is not there, and write ``search.json``, ``.csv``, ``.png`` and
    ``best.yaml``.

    Args:
        folder: of rows and runs
        settings: where the search begins, what it tries and for how long
        seed: of every trial's training, and of what is tried
        force: begin anew, and drop what is there

    Returns:
        What ``search.json`` holds.

    Raises:
        InputError: no Optuna, bad settings or space, or a folder of another search.
    """
    check_installed()
    space = read_space(settings.space, settings)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        return _Search(folder, settings, space, seed).run(force)


class _Search:
    """A search in its folder.

    Args:
        folder: of rows and runs; settings, space, seed: as of `search`
    """

    def __init__(self, folder: Path, settings: SearchSettings, space: Space, seed: int) -> None:
        self.folder, self.settings, self.space, self.seed = folder, settings, space, seed
        # where nothing of the ANN is searched, one is trained for all trials
        self.shares_ann = not any(name.startswith("train.") for name in space)

    def run(self, force: bool) -> Row:
        """Make what is not there; returns what was found."""
        self._begin(force)
        rows = self.rows()
        wanted = self.settings.trials
        say(f"{wanted - len(rows)} trials to make, {len(rows)} are there")
        base = self._base()
        shown = bar(total=wanted, initial=len(rows), desc="search", always=True)
        with shown, connected(self.settings.ray if len(rows) < wanted else None):
            while len(rows) < wanted:
                trials = self._next(rows, base)
                work = partial(make_trial, self.settings, self.seed)
                jobs, how = [(trial,) for trial in trials], self.settings
                for _ in made(jobs, work, how.workers, how.ray):
                    shown.update()
                rows = self.rows()
                for row in rows[-len(trials) :]:
                    say(line(row, best_of(rows)))
                self._drop(rows)
        self._drop(rows)  # of the last trial of a search that died before it did
        return write_outputs(self.folder, self.settings, self.space, rows, self.seed)

    def _begin(self, force: bool) -> None:
        """Write down what the folder is for.

        Raises:
            InputError: it is for something else.
        """
        place = self.folder / "settings.json"
        if force:
            for name in ("rows", "runs", "ann"):
                shutil.rmtree(self.folder / name, ignore_errors=True)
            place.unlink(missing_ok=True)
        values = settings_dict(self.settings, seed=self.seed)
        own = {name: value for name, value in values.items() if name not in HOW}
        own["space"] = {name: vars(found) for name, found in self.space.items()}
        stamp = {"stamp": fingerprint(own)}
        if not place.exists():
            write_json(place, stamp | own)
        elif read_plain(place, *_BEGUN).get("stamp") != stamp["stamp"]:
            raise InputError(
                f"expected {self.folder} to be of a search with these settings, space and seed, "
                "but it was begun with others: give another folder, or --force to begin anew"
            )

    def rows(self) -> list[Row]:
        """The rows that are there, by number.

        Raises:
            InputError: a file is no row, or a row is missing between others.
        """
        found: list[Row] = []
        for number, path in enumerate(sorted((self.folder / "rows").glob("*.json"))):
            row = read_plain(path, "a row of a search", "remove it and the rows after it")
            if (
                not isinstance(row.get("chosen"), dict)
                or row.get("number") != number
                or not _has_figures(row)
            ):
                raise InputError(
                    f"expected the row of trial {number} in {path}, but it holds something else: "
                    "remove it and the rows after it, and they are made again"
                )
            found.append(row)
        return found

    def _base(self) -> Path | None:
        """The run whose ANN all trials take over; None where each trains its own."""
        if not self.shares_ann:
            return None
        own = self.settings
        return train(self.folder / "ann", own.data, own.train, self.seed).path

    def _next(self, rows: list[Row], base: Path | None) -> list[Trial]:
        """The trials that are made now, as many as there are processes."""
        number = len(rows)
        if number == 0:
            return [self._trial(0, {}, base)]
        count = min(self.settings.workers, self.settings.trials - number)
        asked = ask(self.space, rows, count, self.settings.spare, self.seed)
        return [self._trial(number + i, chosen, base) for i, chosen in enumerate(asked)]

    def _trial(self, number: int, chosen: Row, base: Path | None) -> Trial:
        name = f"{number:04d}-{fingerprint(chosen)[:6]}"
        row = self.folder / "rows" / f"{number:04d}.json"
        return Trial(number, chosen, self.folder / "runs" / name, row, base)

    def _drop(self, rows: list[Row]) -> None:
        """Remove the runs of trials that are done and not the best, which hold a model each."""
        if self.settings.keep:
            return
        best = f"{best_of(rows)['number']:04d}-"
        for path in (self.folder / "runs").glob("*"):
            if path.name[:4].isdecimal() and not path.name.startswith(best):
                shutil.rmtree(path, ignore_errors=True)


def _has_figures(row: Row) -> bool:
    """Whether a row says why it was refused, or how good it is at which cost."""
    if isinstance(row.get("refused"), str):
        return True
    figures: list[Any] = [row.get("dev_accuracy"), row.get("sops_per_sample")]
    return all(isinstance(value, int | float) for value in figures)
