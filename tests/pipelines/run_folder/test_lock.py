"""One command at a time in a folder, also after a crash of the one that held it."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from snnconvert.errors import SnnConvertError
from snnconvert.pipelines.run_folder.lock import locked

HOLD = """
import sys, time
from pathlib import Path
from snnconvert.pipelines.run_folder.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def holder(path: Path) -> subprocess.Popen[str]:
    """A process that works in the folder."""
    command = [sys.executable, "-c", HOLD, str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "held\n"
    return process


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_kept_out_while_another_works_and_let_in_after_its_crash(
    how: signal.Signals, tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text("")
    with holder(tmp_path) as process:
        with pytest.raises(SnnConvertError) as caught, locked(tmp_path):
            pytest.fail("two commands in one folder")
        said = f"another snnconvert command is working in {tmp_path}: wait for it, or choose "
        assert str(caught.value) == said + "another folder"
        process.send_signal(how)
        process.wait()
        with locked(tmp_path):
            pass


def test_it_can_be_held_again_and_again_but_not_twice(tmp_path: Path) -> None:
    for _ in range(3):
        with locked(tmp_path):
            with pytest.raises(SnnConvertError, match="another snnconvert command"):
                with locked(tmp_path):
                    pytest.fail("two commands in one folder")


def test_a_folder_made_for_nothing_is_taken_away(tmp_path: Path) -> None:
    for work, stays in ((lambda path: None, False), (lambda path: path.write_text(""), True)):
        run = tmp_path / str(stays) / "run"
        with pytest.raises(KeyError), locked(run):
            work(run / "config.yaml")
            raise KeyError
        assert run.exists() == stays
    with locked(tmp_path / "True" / "run"):
        pass
    assert (tmp_path / "True" / "run").exists()  # it was there before


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> None:
        raise OSError(code, "no locks here")

    monkeypatch.setattr("fcntl.flock", none)
    with locked(tmp_path):  # rather no lock than no work
        pass


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("fcntl.flock", full)
    with pytest.raises(SnnConvertError, match="could not write to .*No space left"):
        with locked(tmp_path):
            pytest.fail("no lock was held")
