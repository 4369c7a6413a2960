"""Where the data set of a run lies: where it lay, or wherever the same texts are found now.

A run records the hash of its texts. So it does not matter where their file is: it is looked for
where it was last, then, in a search of bounds, near the run, in the current folder and in that of
SNNCONVERT_DATA; or the user says where. config.yaml keeps the place under ``place``, which is no
part of the settings that tell runs apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...files.regular import is_folder, is_there
from ...text.datasets.dataset import Dataset, load_dataset
from ...text.datasets.folders import is_here
from ...text.datasets.named import NAMED, dataset_names
from ...text.datasets.readers.kinds import kind_of
from ..display.output import note
from ..run_folder.run_folder import RunFolder
from ..settings.data import DataSettings
from .near import MOST_RENAMED, folders_near, inside
from .notes import file_options

Settings = Mapping[str, Any]


_NETWORK = "hf:"
_named: set[str] = set()
"""Data sets on the network that the user has named to this process."""


def name_data(dataset: str) -> None:
    """Note that the user has named a data set: for a run folder alone no network is asked."""
    _named.add(dataset)


def load_settings_data(settings: Settings) -> Dataset:
    """The data set that data settings name; those of an older run may have fewer of them.

    Raises:
        InputError: it is on the network, and named by a run folder alone; or it cannot be read.
    """
    name = str(settings.get("dataset"))
    if name.startswith(_NETWORK) and name not in _named:
        raise InputError(
            f"the data set of the run is {name}, which is on the network, and nothing is fetched "
            f"because a run says so: where you mean it, give it: --dataset {name}"
        )
    return load_dataset(
        str(settings.get("dataset")),
        settings.get("data_dir"),
        str(settings.get("language")),
        settings.get("limit"),
        file_options(settings),
    )


def find_data(run: RunFolder, settings: Settings, sha256: str) -> Dataset:
    """The data set of a run, wherever it lies; a new place is said, and kept in config.yaml.

    Args:
        run: the run
        settings: of its data
        sha256: hash of its texts and labels

    Raises:
        InputError: the texts are nowhere, or have changed; the message says what to do.
    """
    before, failure = None, None
    places = list(_known_places(settings))
    for place in dict.fromkeys([*places, *_places(run, settings)]):
        try:
            dataset = load_settings_data(_at(settings, place))
        except InputError as error:
            failure = failure or (error if place in places else None)
            continue
        if dataset.sha256 == sha256:
            if place not in places:
                note(f"the data set {dataset.name} of this run was found at {place}")
                remember(run, place)
            return replace(dataset, name=_name(run, dataset))
        before = before or dataset if place in places else before
    if before is not None:
        raise InputError(
            f"expected the data set {before.name} with hash {sha256[:12]}, but it now has "
            f"{before.sha256[:12]}: the files have changed since this run was trained; put them "
            "back, say where they are with --dataset PATH, or train again in another folder or "
            "with --force"
        )
    name = str(settings.get("dataset"))
    if failure is not None and (name in dataset_names() or is_there(name) or ":" in name):
        raise failure
    raise InputError(
        f"expected the data set of {run.path} at {name}, but it is not there, "
        "nor are its texts beside the run, in the current folder or in that of SNNCONVERT_DATA: "
        "put it back, or say where it is with --dataset PATH"
    )


def place_data(run: RunFolder, path: str) -> None:
    """Take ``path`` as the place of a run's data set from now on.

    Raises:
        InputError: there is no data set, or it has other texts.
    """
    settings, sha256 = run.config().get("data", {}), run.require("data").get("sha256")
    name_data(path)
    place = Path(path).expanduser()
    if place.name in NAMED and place.name == settings.get("dataset"):
        place = place.parents[NAMED[place.name].folder.count("/")]
    dataset = load_settings_data(_at(settings, str(place)))
    if dataset.sha256 != sha256:
        raise InputError(
            f"expected the data set of {run.path} at {path}, with hash {str(sha256)[:12]}, but "
            f"that has {dataset.sha256[:12]}: its texts or labels are others than those that the "
            "run was trained on"
        )
    if not path.startswith(_NETWORK):
        remember(run, str(place.resolve()))


def same_data(run: RunFolder, settings: DataSettings) -> DataSettings:
    """Settings with the paths that a run has been made with, where the same lies elsewhere now.

    So the command that made a run can be given again after its data have moved.

    Raises:
        InputError: the data set that is named cannot be read.
    """
    before, done = run.config().get("data", {}), run.results().get("data")
    known, now = before.get("dataset"), settings.dataset
    if done is None or {known, now} & {*dataset_names()} or known is None:
        return settings
    if known == now or not is_there(now):
        return settings
    if load_settings_data(vars(settings)).sha256 != done.get("sha256"):
        return settings
    remember(run, now)
    return replace(settings, dataset=known)


def remember(run: RunFolder, place: str) -> None:
    """Keep the place of the data in config.yaml, where that can be written now."""
    data = run.config().get("data")
    if data is not None and data.get("place") != place:
        run.note_place(place)


def _known_places(settings: Settings) -> Iterator[str]:
    """Where the data were; of a named set the folder of data sets."""
    named = settings.get("dataset") in dataset_names()
    for place in (settings.get("place"), settings.get("data_dir" if named else "dataset")):
        if place and (not named or is_folder(place)):
            yield str(place)
    if named:
        yield ""  # the folder of SNNCONVERT_DATA


def _at(settings: Settings, place: str) -> dict[str, Any]:
    """Data settings with another place."""
    if settings.get("dataset") in dataset_names():
        return {**settings, "data_dir": place or None}
    return {**settings, "dataset": place}


def _places(run: RunFolder, settings: Settings) -> Iterator[str]:
    """Where the data may lie otherwise, the likeliest places first."""
    name = str(settings.get("dataset"))
    folders = folders_near(run)
    if name in dataset_names():
        yield from (str(f) for f in folders if name in NAMED and is_here(name, f))
        return
    if name.startswith("hf:"):
        return
    own = Path(name).name
    deeper = [inner for folder in folders for inner in inside(folder)]
    yield from (str(f / own) for f in (*folders, *deeper) if is_there(f / own))
    yield from _renamed(run, Path(name), folders)


def _renamed(run: RunFolder, path: Path, folders: list[Path]) -> Iterator[str]:
    """Files of other names that are as large as the one of the run, as far as that is known."""
    source = run.require("data").get("source") or []
    sizes = {fact.get("bytes") for fact in source if isinstance(fact, dict)}
    if len(source) != 1 or None in sizes:
        return
    found = 0
    for folder in folders:
        for file in _files(folder):
            alike = kind_of(file) == kind_of(path) and file.name != path.name
            if alike and file.stat().st_size in sizes and found < MOST_RENAMED:
                found += 1
                yield str(file)


def _files(folder: Path) -> list[Path]:
    try:
        return [path for path in sorted(folder.iterdir()) if path.is_file() and kind_of(path)]
    except OSError:
        return []


def _name(run: RunFolder, dataset: Dataset) -> str:
    """The name that the run knows its data by, also where the file has another one now."""
    return str(run.require("data").get("name", dataset.name))
