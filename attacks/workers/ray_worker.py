"""A worker as it lives in a process of its own, on this machine or on another."""

from __future__ import annotations

import os
import pickle
import platform
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import InputError, SnnConvertError, one_line
from ..job import Example, Job
from ..records import Record

_PASSED_ON = ("NLTK_DATA", "TA_CACHE_DIR", "HF_HOME", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
_PREFIX = "SNNCONVERT_"


@dataclass(frozen=True)
class Failure:
    """Why a worker cannot work: one line, and whether it is the input's fault (exit code 2)."""

    message: str
    bad_input: bool

    @classmethod
    def of(cls, error: Exception, place: str = "", advice: str = "") -> Failure:
        """What an error says, between where it was and what to do; not ours, it says its kind."""
        known = isinstance(error, SnnConvertError)
        message = one_line(error) if known else f"{type(error).__name__}: {one_line(error)}"
        return cls(place + message + advice, isinstance(error, InputError))

    def error(self) -> SnnConvertError:
        """The same as an error to raise."""
        return (InputError if self.bad_input else SnnConvertError)(self.message)


def surroundings() -> dict[str, str]:
    """What a worker must find as it is here: the folder, where data lie, and one thread.

    A worker has one CPU. Networks this small gain nothing from a second thread.
    """
    here = {name: value for name, value in os.environ.items() if name.startswith(_PREFIX)}
    here |= {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return here | {"OMP_NUM_THREADS": "1", "PWD": str(Path.cwd())}


class RayWorker:
    """An actor: starts quickly, then loads TextAttack, then attacks one text per call.

    Args:
        needed: what makes a classifier from a victim's name, and the attacks that were added at
            run time, by name; pickled, so that it is loaded only where the variables that its
            libraries read have been set.
        here: `surroundings` of the process that made it.
        place: how errors are to call where it runs; "" for this machine.
    """

    def __init__(self, needed: bytes, here: Mapping[str, str], place: str = "") -> None:
        os.environ.update(here)
        with suppress(OSError):  # on another machine the folder may be missing
            os.chdir(here["PWD"])
        self._needed, self._checked = needed, ""
        self._place = f"{place} {platform.node()}: " if place else ""
        self._worker: Any = None

    def start(self) -> Failure | None:
        """Load what every attack needs, 10 to 20 s; nothing where that is done."""
        if self._worker is not None:
            return None
        try:
            import torch

            from ..building.loading import load_textattack
            from ..presets import PRESETS
            from .pool import Worker

            torch.set_num_threads(1)
            load_textattack()
            load, added = pickle.loads(self._needed)
            for name, preset in added.items():
                if name not in PRESETS:
                    PRESETS.add(name, preset)
            self._worker = Worker(load)
        except Exception as error:
            return self._failure(error)
        return None

    def attack(self, job: Job, example: Example) -> Record | Failure:
        """Attack one text; what goes wrong with the text is a record, all else a failure."""
        unable = self.start()  # Ray may have started this process in the place of a dead one
        if unable:
            return unable
        try:
            self._check(job)
            record: Record = self._worker.attack(job, example)
        except Exception as error:
            return self._failure(error)
        return record

    def _check(self, job: Job) -> None:
        """Make sure that this place has the data and the libraries of the one that asks."""
        from ..job import data_digest, library_versions
        from ..presets.catalogue import preset
        from ..presets.requirements import check_assets

        if job.preset == self._checked:
            return
        check_assets([job.preset])
        if library_versions() != job.versions:
            mine = [f"{n} {v}" for n, v in library_versions() if (n, v) not in job.versions]
            raise InputError(f"expected the libraries of the first machine, but found {mine}")
        if data_digest(job.preset) != job.data:
            needs = ", ".join(preset(job.preset).needs)
            raise InputError(f"expected the language data ({needs}) of the first machine")
        self._checked = job.preset

    def _failure(self, error: Exception) -> Failure:
        advice = (
            " (every node needs the same snnconvert, run folder and language data, at the same "
            "places)"
        )
        return Failure.of(error, self._place, advice if self._place else "")
