"""What several processes cannot do is refused in one line, said once a machine."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from snnconvert.errors import InputError
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.parallel.processes import own_device
from snnconvert.pipelines.parallel.ranks import Ranks, find_ranks
from snnconvert.pipelines.parallel.speech import speaker
from snnconvert.pipelines.run_folder.followed import own_run


def start(monkeypatch: pytest.MonkeyPatch, rank: int, count: int = 2) -> None:
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
    ranks = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": count, "LOCAL_WORLD_SIZE": count}
    for name, value in (place | ranks).items():
        monkeypatch.setenv(name, str(value))


@pytest.mark.parametrize(
    "words", [["convert", "RUN"], ["attack", "RUN"], ["finetune", "RUN", "--adversarial", "pwws"]]
)
def test_other_commands(words, tmp_path: Path, monkeypatch, capsys):
    (tmp_path / "results.json").write_text("{}", "utf-8")
    words = [str(tmp_path) if word == "RUN" else word for word in words]
    start(monkeypatch, rank=0)
    assert main(words) == 2
    said = capsys.readouterr().err
    assert "expected one process for" in said and "has started 2" in said
    assert len(" ".join(said.split()).split("snnconvert: ")) == 2  # one line, said once
    start(monkeypatch, rank=1)
    assert main(words) == 2
    assert capsys.readouterr() == ("", "")


def test_who_speaks():
    asked, broken = InputError("bad"), OSError("broken")
    assert speaker(asked, Ranks()) == speaker(broken, Ranks()) == "snnconvert"
    assert speaker(asked, Ranks(rank=1, count=2, local=1, here=2)) == ""
    assert speaker(broken, Ranks(rank=1, count=2, local=1, here=2)) == "snnconvert (process 1)"
    # the first of another machine, which may lack a file that this one has
    assert speaker(asked, Ranks(rank=2, count=4, local=0, here=2)) == "snnconvert (process 2)"


def test_fewer_gpus_than_processes(monkeypatch):
    start(monkeypatch, rank=1)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(InputError, match="a GPU for each of the 2 processes .* but got 1: start 1"):
        own_device("cuda")
    assert own_device("cpu") == torch.device("cpu")


def test_a_rank_that_is_no_number(monkeypatch, capsys):
    start(monkeypatch, rank=0)
    monkeypatch.setenv("WORLD_SIZE", "two")
    assert main(["train", "--out", "nowhere"]) == 2
    assert "WORLD_SIZE to be a number, as torchrun sets it" in capsys.readouterr().err


def test_without_all_variables_there_is_one_process(monkeypatch):
    start(monkeypatch, rank=1)
    assert find_ranks() == Ranks(1, 2, 1, 2)
    monkeypatch.delenv("MASTER_PORT")
    assert find_ranks() == Ranks()


def test_only_the_first_writes(tmp_path: Path, monkeypatch):
    start(monkeypatch, rank=1)
    run = own_run(tmp_path / "run", must_exist=False)
    with run.locked():
        stamp = run.begin("data", {"name": "x"})
        run.finish("data", {"name": "x"}, {})
    assert list(tmp_path.iterdir()) == []
    start(monkeypatch, rank=0)
    writing = own_run(tmp_path / "run", must_exist=False)
    with writing.locked():
        assert writing.begin("data", {"name": "x"}) == stamp
    assert (tmp_path / "run" / "config.yaml").exists()
