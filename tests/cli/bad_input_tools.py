"""What makes input bad: files with an error in them, and runs that are damaged."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from snnconvert.files import load_tensors, save_tensors
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.training import loop
from snnconvert.text.datasets.dataset import Split
from snnconvert.text.stages.words import TextStage

Prepare = Callable[[Path, Path, pytest.MonkeyPatch], object]


@dataclass(frozen=True)
class Case:
    """A command that must fail.

    words: of the command; {tmp} is an empty folder, {run} a copy of a finished run, {out} a folder
    that is not there (and must not be there afterwards). says: parts of the error, in any order.
    early: the settings alone are wrong, so no data may be read.
    """

    name: str
    words: str
    says: tuple[str, ...]
    prepare: Prepare | None = None
    code: int = 2
    early: bool = False


ROWS = "".join(
    f"{label}\tthe {word} number {i} was {mood}\n"
    for i in range(12)
    for label, word, mood in (("bad", "soup", "cold"), ("good", "cake", "sweet"))
)


def file(name: str, content: str | bytes) -> Prepare:
    """Make {tmp}/name."""
    data = content.encode() if isinstance(content, str) else content
    return lambda tmp, run, patch: (tmp / name).write_bytes(data)


def in_run(name: str, content: str | bytes) -> Prepare:
    """Overwrite {run}/name."""
    data = content.encode() if isinstance(content, str) else content
    return lambda tmp, run, patch: (run / name).write_bytes(data)


def cut(name: str, share: float = 0.6) -> Prepare:
    """Keep only the beginning of {run}/name."""

    def prepare(tmp: Path, run: Path, patch: pytest.MonkeyPatch) -> None:
        data = (run / name).read_bytes()
        (run / name).write_bytes(data[: int(share * len(data))])

    return prepare


def without(*names: str) -> Prepare:
    """Remove files, folders or stages (``results:NAME``) of {run}."""

    def prepare(tmp: Path, run: Path, patch: pytest.MonkeyPatch) -> None:
        for name in names:
            if name.startswith("results:"):
                results = json.loads((run / "results.json").read_text("utf-8"))
                del results[name.removeprefix("results:")]
                (run / "results.json").write_text(json.dumps(results), "utf-8")
            elif (run / name).is_dir():
                shutil.rmtree(run / name)
            else:
                (run / name).unlink()

    return prepare


def spec(**changes: object) -> Prepare:
    """Change fields of the ANN's spec.json."""

    def prepare(tmp: Path, run: Path, patch: pytest.MonkeyPatch) -> None:
        path = run / "ann" / "spec.json"
        path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")

    return prepare


def nan_weights(tmp: Path, run: Path, patch: pytest.MonkeyPatch) -> None:
    path = run / "ann" / "weights.safetensors"
    weights = load_tensors(path)
    weights["network.nodes.readout.bias"][0] = float("nan")
    save_tensors(path, weights)


def misshapen_weights(tmp: Path, run: Path, patch: pytest.MonkeyPatch) -> None:
    path = run / "ann" / "weights.safetensors"
    weights = load_tensors(path)
    weights["network.nodes.readout.bias"] = torch.zeros(7)
    save_tensors(path, weights)


def swap_models(tmp: Path, run: Path, patch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(run / "ann")
    shutil.copytree(run / "snn", run / "ann")


def pickled_weights(tmp: Path, run: Path, patch: pytest.MonkeyPatch) -> None:
    torch.save({"weight": torch.zeros(3)}, run / "ann" / "weights.safetensors")


def other_stage(tmp: Path, run: Path, patch: pytest.MonkeyPatch) -> None:
    """The text stage of another run, with a vocabulary of the same size."""
    words = len(TextStage.load(run / "text").vocabulary) - 2
    text = " ".join(f"word{i}" for i in range(words))
    stage, _ = TextStage.fit(Split((text,), (0,)), "en", dim=8, max_length=20)
    assert len(stage.vocabulary) == words + 2
    stage.save(run / "text")


def changed_data(tmp: Path, run: Path, patch: pytest.MonkeyPatch) -> None:
    """A run on a file that has changed since."""
    (tmp / "own.tsv").write_text(ROWS, "utf-8")
    made = f"train --dataset {tmp}/own.tsv --out {tmp}/own --vectors random --dim 4 --channels 2"
    assert main([*made.split(), "--epochs", "1", "--tensorboard", "no"]) == 0
    (tmp / "own.tsv").write_text(ROWS + "bad\tone more\n", "utf-8")


TRAIN_OUT = "train --out {out} --limit 60 --dim 8 --channels 6 --epochs 3 --tensorboard no"


def cut_checkpoint(tmp: Path, run: Path, patch: pytest.MonkeyPatch) -> None:
    """A training that was stopped after its first epoch, its checkpoint cut off."""

    def stop(self: loop.Loop, indices: list[int]) -> None:
        if self.state.epoch == 1:
            raise KeyboardInterrupt
        step(self, indices)

    step = loop.Loop._step
    with pytest.MonkeyPatch.context() as inner:
        inner.setattr(loop.Loop, "_step", stop)
        assert main(TRAIN_OUT.replace("{out}", f"{tmp}/begun").split()) == 130
    path = tmp / "begun" / "ann" / "train.checkpoint.safetensors"
    path.write_bytes(path.read_bytes()[:-200])


def full_disk(tmp: Path, run: Path, patch: pytest.MonkeyPatch) -> None:
    def replace(source: object, target: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(source))

    patch.setattr(os, "replace", replace)


def lock(tmp: Path, run: Path, patch: pytest.MonkeyPatch) -> object:
    """Another command works in {run}, as long as the file that is returned is open."""
    fcntl = pytest.importorskip("fcntl")
    handle = (run / ".lock").open("w")
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def no_rights(tmp: Path, run: Path, patch: pytest.MonkeyPatch) -> None:
    (tmp / "closed").mkdir(mode=0o555)
    if os.access(tmp / "closed", os.W_OK):
        pytest.skip("this user may write everywhere")


def english_run_is_chinese(tmp: Path, run: Path, patch: pytest.MonkeyPatch) -> None:
    results = json.loads((run / "results.json").read_text("utf-8"))
    results["data"]["language"] = "zh"
    (run / "results.json").write_text(json.dumps(results), "utf-8")


def data(name: str, content: str | bytes, *says: str) -> Case:
    """A data file that cannot be trained on."""
    return Case(
        f"data {name}", f"train --dataset {{tmp}}/{name} --out {{out}}", says, file(name, content)
    )


def vectors(name: str, content: str | bytes, *says: str) -> Case:
    """A file of word vectors that cannot be used."""
    words = f"train --vectors {{tmp}}/{name} --out {{out}}"
    return Case(f"vectors {name}", words, says, file(name, content))


def settings(words: str, *says: str) -> Case:
    """Options that are wrong whatever the data are."""
    return Case(words, words, says, early=True)


def config(name: str, content: str, *says: str) -> Case:
    return Case(
        f"config {name}",
        f"train --config {{tmp}}/{name} --out {{out}}",
        says,
        file(name, content),
        early=True,
    )
