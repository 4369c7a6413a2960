"""A folder that is replaced, with a kill and a full disk at every operation of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from snnconvert.errors import SnnConvertError
from snnconvert.files import replace_folder, write_text
from snnconvert.tests.campaign.faults import KILLED, Watch, die, full, in_child, watching

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
DEAD = 2**31 - 1  # above the largest number that Linux gives a process


def export(path: Path, words: str) -> None:
    """Write a folder of two files, in the place of an earlier one."""

    def write(folder: Path) -> None:
        write_text(folder / "mark", "")
        write_text(folder / "words", words)

    replace_folder(path, write, "mark", force=True)


def tried(path: Path, watch: Watch) -> tuple[int, int]:
    """Exit code of a new export in a child, and the operations that it did."""

    def work() -> tuple[int, int]:
        with watching(watch, path.parent):
            try:
                export(path, "new")
            except SnnConvertError:
                return 1, len(watch.seen)
        return 0, len(watch.seen)

    return in_child(work)


@pytest.mark.parametrize("kill", [True, False])
def test_at_every_operation(kill: bool, tmp_path: Path) -> None:
    export(tmp_path / "0", "old")
    code, count = tried(tmp_path / "0", Watch())
    assert code == 0 and count > 10
    for number in range(count):
        path = tmp_path / f"at{number}" / "folder"
        export(path, "old")
        code, _ = tried(path, Watch(number, die if kill else full))
        assert code == KILLED if kill else code in (0, 1)
        found = [path, *path.parent.glob(".folder.*.old")]
        whole = [f for f in found if (f / "words").is_file()]
        assert {(f / "words").read_text() for f in whole} & {"old", "new"}, (number, found)
        assert tried(path, Watch())[0] == 0
        assert (path / "words").read_text() == "new"
        assert os.listdir(path.parent) == ["folder"], number


def test_what_was_being_replaced_is_put_back(tmp_path: Path) -> None:
    """A process died between the two renames; then one may not replace anything."""
    path = tmp_path / "folder"
    export(path, "old")
    path.rename(tmp_path / f".folder.{DEAD}.old")
    (tmp_path / f".folder.{DEAD}.tmp").mkdir()
    (tmp_path / f".folder.{os.getpid()}.old").mkdir()  # of a process that lives
    with pytest.raises(SnnConvertError, match="holds an export already"):
        replace_folder(path, lambda folder: None, "mark", force=False)
    assert (path / "words").read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == [f".folder.{os.getpid()}.old", "folder"]


def test_a_link_by_such_a_name_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kept").write_text("")
    link = tmp_path / f".folder.{DEAD}.tmp"
    link.symlink_to(tmp_path / "mine")
    others = [tmp_path / f".folder.{DEAD - n}.{end}" for n in (1, 2) for end in ("tmp", "old")]
    for folder in others:
        folder.mkdir()
    export(tmp_path / "folder", "new")
    assert (tmp_path / "mine" / "kept").exists() and link.is_symlink()
    assert not any(map(os.path.lexists, others))  # it does not end the sweep of the others
