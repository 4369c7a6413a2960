"""Each command at each of its file operations: the disk fails there, or the process dies there.

A trial runs in a child of this process (fork), so that a kill is one: no ``finally`` runs, no file
is closed. What it leaves must be whole, and the same command must then end as if nothing had been.
"""

from __future__ import annotations

import contextlib
import csv
import errno
import importlib.util
import io
import json
import os
import shutil
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snnconvert.errors import InputError
from snnconvert.files import disk
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.tests.campaign.given import FILES, SAMPLE
from snnconvert.tests.helpers.sentence_encoder import encoder_folder

KILLED = 137
_AUDITED = {
    "os.remove": "remove",
    "os.mkdir": "folder",
    "os.rmdir": "remove",
    "os.rename": "rename",
}
_VOLATILE = {"seconds", "cpu", "latency", "files"}  # files: hashes of what is compared itself
_LOGS = (".lock", "report.html", "tensorboard")


@dataclass(frozen=True)
class Command:
    """A command, and the run that it is given: the sample without some stages, or nothing."""

    name: str
    words: str
    without: tuple[str, ...] = ()
    empty: bool = False
    needs: str = ""  # a package
    known: str = "never"  # part of the paths that other commands are tried at

    def is_possible(self) -> bool:
        """Whether the package that it needs is there."""
        return not self.needs or importlib.util.find_spec(self.needs) is not None

    def prepare(self, run: Path) -> None:
        """Make the run that the command finds."""
        if self.empty:
            return
        shutil.copytree(SAMPLE, run)
        folder = RunFolder(run)
        for stage in self.without:
            if stage == "explain":
                shutil.rmtree(run / "explain")
            else:
                folder.drop(stage)

    def line(self, run: Path) -> list[str]:
        """The words of the command line."""
        nir, teacher = run.parent / "network.nir", run.parent / "teacher"
        if self.name == "import" and not nir.exists():
            nir.write_bytes(FILES["exported/network.nir"]())
        if self.name == "teach" and not teacher.exists():
            encoder_folder(teacher, ["good", "bad", "food", "the", "was"])
        places = {"run": run, "sample": SAMPLE, "nir": nir, "encoder": teacher / "encoder"}
        return [*self.words.format(**places).split(), "--quiet"]


COMMANDS = (
    Command(
        "train",
        "train --out {run} --limit 60 --dim 4 --channels 3 --epochs 2 --tensorboard no",
        empty=True,
    ),
    Command("convert", "convert {run} --steps 3", ("snn",)),
    Command("convert, again", "convert {run} --steps 3 --force"),
    Command("finetune", "finetune {run} --epochs 1 --tensorboard no", ("finetuned",)),
    Command(
        "attack",
        "attack {run} --presets deepwordbug --examples 2 --controls none",
        ("attack",),
        needs="textattack",
    ),
    Command("energy", "energy {run} --texts 2", ("energy",)),
    Command("explain", "explain {run}", ("explain",)),
    Command("report", "report {run}"),
    Command(
        "sweep",
        "convert {run} --sweep --sweep.methods default --sweep.encoders saf --sweep.steps 1,3",
    ),
    Command(
        "train, spiking BERT",
        "train --model spiking-bert --out {run} --limit 60 --dim 8 --size 8 --heads 2 --layers 1"
        " --epochs 1 --tensorboard no",
        empty=True,
    ),
    Command(
        "teach",
        "teach {run} --teacher {encoder} --epochs 1 --augment 1",
        needs="sentence_transformers",
    ),
    Command("encode", "encode {run} good --svg {run}/spikes.svg"),
    Command("predict", "predict {run} good --out {run}/said.csv"),
    Command("export, npz", "export {run} --format npz"),
    Command("export, onnx", "export {run} --format onnx --force", needs="onnx"),
    Command(
        "export, hf",
        "export {run} --format hf --force --license mit --out {run}/hf",
        needs="huggingface_hub",
    ),
    Command(
        "export, nir",
        "export {run} --model snn --format nir --force --for spikingjelly --texts 2",
        needs="nir",
    ),
    Command("import", "import --out {run} --text {sample}/text {nir}", empty=True, needs="nir"),
    Command(
        "search",
        "search --out {run} --trials 2 --limit 60 --dim 4 --vectors random --train.channels 3"
        " --train.epochs 1 --finetune.epochs 1 --train.tensorboard no --finetune.tensorboard no",
        empty=True,
        needs="optuna",
        known="/runs/",
    ),
)


class Watch:
    """Counts operations; at the ``fatal`` one it calls ``act``."""

    def __init__(self, fatal: int = -1, act: Callable[[], object] = lambda: None) -> None:
        self.fatal, self.act = fatal, act
        self.seen: list[tuple[str, str]] = []

    def __call__(self, operation: str, path: Path) -> None:
        number = len(self.seen)
        self.seen.append((operation, str(path)))
        if number == self.fatal:
            self.act()


_watch: tuple[Watch, str] | None = None


def _audit(event: str, given: tuple[Any, ...]) -> None:
    """What changes the run without asking `files.disk`, in a child process alone."""
    if _watch is not None and event in _AUDITED and str(given[0]).startswith(_watch[1]):
        _watch[0](_AUDITED[event], Path(str(given[0])))


@contextlib.contextmanager
def watching(watch: Watch, run: Path) -> Iterator[None]:
    """Ask ``watch`` before every change below ``run``, by whomever."""
    global _watch
    sys.addaudithook(_audit)
    _watch = watch, str(run)
    try:
        with disk.watched(watch):
            yield
    finally:
        _watch = None


def full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def die() -> None:
    os._exit(KILLED)


def in_child(work: Callable[[], tuple[int, Any]]) -> tuple[int, Any]:
    """Exit code and answer of ``work``, done in a child; of one that died no answer."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        code, answer = 99, ""
        try:
            code, answer = work()
        except BaseException:
            answer = traceback.format_exc()
        with os.fdopen(write, "w") as out:
            json.dump(answer, out)
        os._exit(code)
    os.close(write)
    with os.fdopen(read) as out:
        answered = out.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code, json.loads(answered) if answered else None


def run_command(command: Command, run: Path, watch: Watch) -> tuple[int, Any]:
    """The command in a child: its exit code, and its operations and what it said."""

    def work() -> tuple[int, Any]:
        said = io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            with watching(watch, run):
                code = main(command.line(run))
        return code, [watch.seen, said.getvalue()]

    return in_child(work)


def state(run: Path) -> dict[str, Any]:
    """All that a run holds but times and logs, to be compared bit for bit."""
    found: dict[str, Any] = {}
    for path in sorted(p for p in run.rglob("*") if p.is_file()):
        name = str(path.relative_to(run))
        if any(part in name for part in _LOGS) or name.endswith((".tmp", ".svg")):
            continue
        found[name] = path.read_bytes()
        if path.suffix == ".json":
            found[name] = _timeless(json.loads(found[name]))
        if path.suffix == ".csv":
            found[name] = _timeless(list(csv.DictReader(path.open(encoding="utf-8"))))
    return found


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _timeless(v) for k, v in value.items() if k not in _VOLATILE}
    return [_timeless(item) for item in value] if isinstance(value, list) else value


def torn(run: Path) -> list[str]:
    """What is not whole in a run that was left in the middle: none of it may be."""
    if not (run / "results.json").exists():
        return []
    try:
        folder = RunFolder(run)
        results = folder.results()
        folder.config()
    except InputError as error:
        return [str(error)]
    return [f"{stage}: {harm}" for stage in results if (harm := folder.harm(stage))]


def difference(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """The names of files that are not what they should be."""
    return [name for name in sorted({*found, *wanted}) if found.get(name) != wanted.get(name)]


def warm(command: Command, folder: Path) -> None:
    """Load here what the command needs, which every child then has."""
    run = folder / "warm"
    command.prepare(run)
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        assert main(command.line(run)) == 0
    shutil.rmtree(run)


def operations(command: Command, folder: Path) -> tuple[list[tuple[str, str]], dict[str, Any]]:
    """What the command does undisturbed, and what the run then holds."""
    run = folder / "run"
    command.prepare(run)
    code, answer = run_command(command, run, Watch())
    assert code == 0, answer
    wanted = state(run)
    shutil.rmtree(run)
    return [tuple(pair) for pair in answer[0]], wanted


def to_try(command: Command, seen: Sequence[tuple[str, str]]) -> list[int]:
    """The operations that no other command is tried at, by their place in ``seen``."""
    return [number for number, (_, path) in enumerate(seen) if command.known not in path]


def tried(
    command: Command, number: int, kill: bool, folder: Path, wanted: dict[str, Any]
) -> list[str]:
    """One fault at one operation; what was wrong of what came of it, nothing where all was well."""
    run = folder / "run"
    command.prepare(run)
    code, answer = run_command(command, run, Watch(number, die if kill else full))
    faults = [f"left torn: {what}" for what in torn(run)]
    if kill and code != KILLED:
        faults.append(f"not killed, but {code}")
    if not kill:
        faults += _said(code, answer)
    code, answer = run_command(command, run, Watch())
    if code != 0:
        faults.append(f"the same command again ended with {code}: {answer and answer[-1]}")
    faults += [f"another {name}" for name in difference(state(run), wanted)]
    left = [str(path) for path in run.rglob("*.tmp")]
    if left:
        faults.append(f"leftovers: {left}")
    shutil.rmtree(run)
    return faults


def _said(code: int, answer: Any) -> list[str]:
    """What is wrong with the end of a command whose disk was full once."""
    said = answer[1] if isinstance(answer, list) else str(answer)
    lines = [line for line in said.splitlines() if line.startswith("snnconvert: ")]
    errors = [line for line in lines if not line.startswith("snnconvert: warning")]
    if code == 0:  # it could do without, as where a leftover was not swept
        return []
    if code != 1 or len(errors) != 1 or "failed with" in said or "Traceback" in said:
        return [f"ended with {code}: {said[-600:]}"]
    return []
