"""Bad input: for each the exact command, its exit code and the words of its one-line error."""

from __future__ import annotations

import errno
import gzip
import json
import lzma
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from snnconvert.errors import SnnConvertError
from snnconvert.files import load_tensors, save_tensors
from snnconvert.pipelines import loop
from snnconvert.pipelines.cli import main
from snnconvert.text.datasets import Split
from snnconvert.text.stage import TextStage

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


GLOVE = "the 0.1 0.2 0.3\nwas 0.3 0.1 0.2\n"
DATA = [
    Case(
        "data missing",
        "train --dataset {tmp}/none.tsv --out {out}",
        ("data set", "none.tsv", "no such file"),
    ),
    Case(
        "data folder without files",
        "train --dataset {tmp}/empty --out {out}",
        ("expected a train file", "no such file"),
        lambda tmp, run, patch: (tmp / "empty").mkdir(),
    ),
    data("gb.tsv", ("1\t这家店的菜很好吃\n" * 30).encode("gb18030"), "UTF-8", "GB18030", "iconv"),
    data("notab.tsv", ROWS + "good but no tab\n", "line 25", "2 columns", "got 1"),
    data("threetabs.tsv", ROWS + "good\ta\tb\n", "line 25", "2 columns", "got 3"),
    data("nolabel.tsv", ROWS + "\tno label\n", "line 25", "label", "empty"),
    data("oneclass.tsv", "good\tthe cake\n" * 30, "at least two classes", "good"),
    data("empty.tsv", "", "no rows"),
    data("few.tsv", "good\tthe cake\nbad\tthe soup\n", "at least 10 different texts"),
    data("broken.jsonl", '{"label": 1, "text": "a"}\n{"label": 0,\n', "line 2", "JSON"),
    data("nolabel.jsonl", '{"text": "a"}\n', "line 1", '"label" and "text"'),
    data("boolean.jsonl", '{"label": true, "text": "a"}\n', "line 1", "integer or a string"),
    data("quotes.csv", 'label,text\ngood,"a" b"\n', "CSV", "quote"),
    data("cut.tsv.gz", gzip.compress(ROWS.encode(), mtime=0)[:-20], "cut off or damaged"),
    data("cut.tsv.xz", lzma.compress(ROWS.encode())[:-20], "cut off or damaged"),
    data("plain.tsv.gz", ROWS, "cut off or damaged"),
    data("texts.txt", ROWS, ".tsv, .csv or .jsonl", "texts.txt"),
    Case("data unknown", "train --dataset sst-2 --out {out}", ("unknown data set", "mean sst2")),
    Case("data dir not given", "train --dataset mr --out {out}", ("--data-dir", "SNNCONVERT_DATA")),
    Case(
        "data dir without the set",
        "train --dataset mr --data-dir {tmp} --out {out}",
        ("expected data set mr", "snnconvert data get mr"),
    ),
    Case(
        "limit below classes", "train --limit 1 --out {out}", ("at least 2", "--limit"), early=True
    ),
    Case(
        "data changed since",
        "convert {tmp}/own",
        ("own.tsv", "changed since", "--force"),
        changed_data,
    ),
    Case(
        "data of an unknown label",
        "evaluate {run} --data {tmp}/own.tsv",
        ("negative, positive", "row 1", "'bad'"),
        file("own.tsv", ROWS),
    ),
    Case("evaluate no file", "evaluate {run} --data {tmp}/none.tsv", ("no such file",)),
    Case("data get nothing", "data get --data-dir {tmp}", ("name of a data set",)),
    Case("data get unknown", "data get imbd --data-dir {tmp}", ("unknown data set", "mean imdb")),
    Case("data get nowhere", "data get mr", ("--data-dir",)),
    Case("data list nowhere", "data list --data-dir {tmp}/none", ("folder", "none")),
]
VECTORS = [
    vectors("nan.txt", GLOVE + "cake 0.1 nan 0.2\n", "finite", "'cake'"),
    vectors("ragged.txt", GLOVE + "cake 0.1 0.2\n", "line 3", "2 numbers, expected 3"),
    vectors("words.txt", "the cake was good\n", "line 1", "could not convert"),
    vectors("empty.txt", "", "file is empty"),
    vectors("header.txt", "5 3\n" + GLOVE, "promises 5 rows, but there are 2"),
    vectors("cut.txt.gz", gzip.compress((GLOVE * 50).encode(), mtime=0)[:-30], "cut", "damaged"),
    vectors("foreign.txt", "xyzzy 0.1 0.2\nplugh 0.3 0.1\n", "none of them", "language"),
    vectors("latin.txt", GLOVE.encode() + b"caf\xe9 0.1 0.2 0.3\n", "UTF-8"),
    vectors("vectors.pkl", pickle.dumps({"the": [0.1]}), ".pkl", "word2vec"),
    vectors("pickle.txt", pickle.dumps({"the": np.zeros(3)}), "damaged or of another kind"),
    Case(
        "vectors missing",
        "train --vectors {tmp}/none.txt --out {out}",
        ("word vectors", "none.txt", "no such file"),
    ),
    Case(
        "vectors a folder",
        "train --vectors {tmp} --out {out}",
        ("file of word vectors", "folder"),
    ),
    Case(
        "vectors of another length",
        "train --vectors {tmp}/v.txt --dim 5 --out {out}",
        ("length 5", "have 3"),
        file("v.txt", GLOVE),
    ),
]
MODELS = [
    Case("spec missing", "predict {run} hi --model ann", ("spec",), without("ann/spec.json")),
    Case("spec cut", "predict {run} hi --model ann", ("not valid JSON",), cut("ann/spec.json")),
    Case(
        "spec of a later format",
        "predict {run} hi --model ann",
        ("format 1", "99"),
        spec(format=99),
    ),
    Case(
        "spec a list",
        "predict {run} hi --model ann",
        ("format 1", "list"),
        in_run("ann/spec.json", "[]"),
    ),
    Case("spec without nodes", "predict {run} hi --model ann", ("spec.json",), spec(nodes=[])),
    Case(
        "spec of other nodes",
        "predict {run} hi --model ann",
        ("Transformer",),
        spec(nodes=[{"type": "Transformer"}]),
    ),
    Case(
        "spec with text for nodes",
        "predict {run} hi --model ann",
        ("spec.json",),
        spec(nodes="none"),
    ),
    Case(
        "weights missing",
        "convert {run} --force",
        ("weights", "no such file"),
        without("ann/weights.safetensors"),
    ),
    Case(
        "weights cut",
        "convert {run} --force",
        ("safetensors", "truncated"),
        cut("ann/weights.safetensors"),
    ),
    Case(
        "weights pickled", "convert {run} --force", ("safetensors", "another kind"), pickled_weights
    ),
    Case(
        "weights misshapen",
        "convert {run} --force",
        ("readout.bias", "another shape"),
        misshapen_weights,
    ),
    Case(
        "weights not finite", "evaluate {run} --model ann", ("finite", "readout.bias"), nan_weights
    ),
    Case(
        "an SNN for the ANN",
        "convert {run} --force",
        ("TextModel", "SpikingTextModel"),
        swap_models,
    ),
    Case("text stage missing", "predict {run} hi", ("text stage", "no such file"), without("text")),
    Case("text stage cut", "predict {run} hi", ("vocabulary",), cut("text/vocabulary.txt")),
    Case("text stage of another run", "predict {run} hi", ("text stage", "another"), other_stage),
    Case(
        "text stage of another run, convert",
        "convert {run} --force",
        ("text stage", "another"),
        other_stage,
    ),
]
RUNS = [
    Case(
        "run missing", "convert {tmp}/none", ("run folder", "no results.json", "snnconvert train")
    ),
    Case("run a file", "convert {tmp}/file", ("run folder", "it is a file"), file("file", "x")),
    Case("run an empty folder", "report {tmp}", ("run folder", "no results.json")),
    Case("out a file", "train --out {tmp}/file", ("run folder", "it is a file"), file("file", "x")),
    Case("results cut", "convert {run}", ("results", "not valid JSON"), cut("results.json")),
    Case(
        "results a list",
        "evaluate {run}",
        ("results.json", "something else"),
        in_run("results.json", "[1]"),
    ),
    Case(
        "results of numbers",
        "finetune {run}",
        ("results.json",),
        in_run("results.json", '{"snn": 3}'),
    ),
    Case(
        "config damaged",
        "evaluate {run}",
        ("config.yaml", "damaged"),
        in_run("config.yaml", "a: ["),
    ),
    Case(
        "convert before train",
        "convert {run}",
        ("'ann'", "snnconvert train"),
        without("results:ann"),
    ),
    Case(
        "finetune before convert",
        "finetune {run}",
        ("'snn'", "snnconvert convert"),
        without("results:snn"),
    ),
    Case(
        "attack before train", "attack {run}", ("'ann'", "snnconvert train"), without("results:ann")
    ),
    Case(
        "evaluate before finetune",
        "evaluate {run} --model finetuned",
        ("'finetuned'", "snnconvert finetune"),
        without("results:finetuned"),
    ),
    Case(
        "predict before finetune",
        "predict {run} hi --model finetuned",
        ("not done",),
        without("results:finetuned"),
    ),
    Case(
        "other settings",
        "convert {run} --steps 5",
        ("other settings", "steps was 3, now 5", "--force"),
    ),
    Case(
        "other data",
        "train --out {run} --limit 40 --dim 8 --max-length 20",
        ("other settings", "limit was 60, now 40"),
    ),
    Case(
        "other settings, half done",
        "finetune {run} --epochs 2",
        ("began with other settings", "epochs was 1, now 2"),
        without("results:finetuned"),
    ),
    Case(
        "checkpoint cut",
        TRAIN_OUT.replace("{out}", "{tmp}/begun"),
        ("checkpoint", "truncated", "remove it"),
        cut_checkpoint,
    ),
    Case(
        "disk full",
        "convert {run} --steps 5 --force",
        ("could not write", "No space left"),
        full_disk,
        code=1,
    ),
    Case(
        "disk full at once",
        "train --limit 60 --dim 8 --out {out}",
        ("could not write", "No space left"),
        full_disk,
        code=1,
    ),
    Case("folder in use", "finetune {run}", ("another snnconvert command", "wait"), lock, code=1),
    Case(
        "folder closed",
        "train --out {tmp}/closed/run",
        ("could not write", "another folder"),
        no_rights,
        code=1,
    ),
    Case(
        "folder below a file",
        "train --out {tmp}/file/run",
        ("could not write",),
        file("file", "x"),
        code=1,
    ),
    Case(
        "attack of another language",
        "attack {run} --presets zh-homophone",
        ("'en'", "zh-homophone"),
    ),
    Case(
        "English attack on Chinese",
        "attack {run} --presets pwws",
        ("'zh'", "pwws is for 'en'"),
        english_run_is_chinese,
    ),
    Case(
        "attack without the model",
        "attack {run} --victims ann,finetuned",
        ("'finetuned'", "not been made"),
        without("results:finetuned"),
    ),
]
OPTIONS = [
    settings("convert {run} --steps 0", "of at least 1", "--steps", "got 0"),
    settings("convert {run} --steps -1", "of at least 1", "--steps", "got -1"),
    settings("convert {run} --steps abc", "--steps", "whole number", "'abc'"),
    settings("convert {run} --steps 2.5", "--steps", "whole number", "'2.5'"),
    settings("convert {run} --encoder bitplane --steps 4 --force", "1, 3, 7", "got 4"),
    settings("convert {run} --mapping none --force", "saf code spikes", "split or shift"),
    settings("convert {run} --percentile 0", "--percentile", "above 0", "got 0.0"),
    settings("convert {run} --percentile 101", "--percentile", "at most 100", "got 101.0"),
    settings("convert {run} --initial 1.5", "--initial", "at most 1", "got 1.5"),
    settings("convert {run} --calibration 0", "--calibration", "at least 1"),
    settings("convert {run} --encoder morse", "--encoder", "saf, bitplane", "'morse'"),
    settings("run --out {out} --steps 0", "--convert.steps", "at least 1"),
    settings("run --out {out} --train.lr 0", "--train.lr", "above 0"),
    settings("run --out {out} --convert.encoder bitplane", "1, 3, 7", "got 4"),
    settings(
        "run --out {out} --train.activation relu --convert.threshold qcfs", "with relu", "qcfs"
    ),
    settings("run --out {out} --attack.presets zh-wordnet", "'en'", "zh-wordnet"),
    settings("run --out {out} --lr 0.1", "unrecognized", "--train.lr or --finetune.lr"),
    settings("train --out {out} --lr 0", "--lr", "above 0", "got 0.0"),
    settings("train --out {out} --lr nan", "--lr", "above 0", "got nan"),
    settings("train --out {out} --lr inf", "--lr", "above 0", "got inf"),
    settings("train --out {out} --lr -1", "--lr", "above 0", "got -1.0"),
    settings("train --out {out} --dropout 1.5", "--dropout", "below 1", "got 1.5"),
    settings("train --out {out} --widths 0", "--widths", "at least 1", "got 0"),
    settings("train --out {out} --widths=", "--widths", "whole number", "''"),
    settings("train --out {out} --widths 3,3", "different values", "--widths", "(3, 3)"),
    settings("train --out {out} --channels 0", "--channels", "at least 1"),
    settings("train --out {out} --levels 0", "--levels", "at least 1"),
    settings("train --out {out} --bound 0", "--bound", "above 0"),
    settings("train --out {out} --batch-size 0", "--batch-size", "at least 1"),
    settings("train --out {out} --epochs 0", "--epochs", "at least 1", "got 0"),
    settings("train --out {out} --patience -1", "--patience", "at least 0", "got -1"),
    settings("train --out {out} --weight-decay -1", "--weight-decay", "at least 0"),
    settings("train --out {out} --max-length 0", "--max-length", "at least 1"),
    settings("train --out {out} --dim 0", "--dim", "at least 1"),
    settings("train --out {out} --tensorboard maybe", "--tensorboard", "true or false", "'maybe'"),
    settings("train --out {out} --class-weights", "--class-weights", "expected one argument"),
    settings("train --out {out} --language fr", "--language", "auto, en, zh", "'fr'"),
    settings("train --out {out} --epoch 3", "unrecognized", "mean --epochs"),
    settings("train --out {out} --device cuda", "unrecognized arguments: --device cuda"),
    settings("train --out {out} --seed one", "--seed", "whole number"),
    settings("train --out {out} extra", "unrecognized arguments: extra"),
    settings("train", "required: --out", "train --help"),
    settings("convert", "required: RUN", "convert --help"),
    settings("finetune {run} --width 0", "--width", "above 0"),
    settings("finetune {run} --dropout 1", "--dropout", "below 1"),
    settings("finetune {run} --loss hinge", "--loss", "mean_logits, spike_counts", "'hinge'"),
    settings("attack {run} --presets textbugger", "--presets", "deepwordbug", "'textbugger'"),
    settings("attack {run} --presets pwws,pwws", "different values", "--presets"),
    settings("attack {run} --victims bert", "--victims", "ann, snn, finetuned", "'bert'"),
    settings("attack {run} --examples 0", "--examples", "at least 1"),
    settings("attack {run} --query-budget 0", "--query-budget", "at least 1"),
    settings("attack {run} --draws 0", "--draws", "at least 1"),
    settings("evaluate {run} --split validation", "--split", "'validation'", "dev"),
    settings("evaluate {run} --model rnn", "--model", "'rnn'", "ann"),
    settings("predict {run}", "required: TEXT"),
    settings("data remove", "invalid choice: 'remove'"),
    settings("trian --out {out}", "unknown command 'trian'", "mean train"),
    settings("", "expected a command", "--help"),
    settings("--debgu", "unrecognized", "mean --debug"),
    settings("train --config {tmp}/none.yaml --out {out}", "settings file", "no such file"),
    config("broken.yaml", "steps: [1,", "YAML", "line"),
    config("list.yaml", "- epochs\n- 3\n", "map option names to values"),
    config("unknown.yaml", "epoch: 3\n", "snnconvert train", "'epoch'", "mean epochs"),
    config("bad.yaml", "epochs: many\n", "--epochs", "whole number", "'many'"),
    config("bounds.yaml", "epochs: 0\n", "--epochs", "at least 1"),
    config("forced.yaml", "force: true\n", "'force'"),
]

CASES = [*DATA, *VECTORS, *MODELS, *RUNS, *OPTIONS]


def tree(folder: Path) -> dict[str, bytes]:
    """Every file under ``folder`` but the lock."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_one_line(
    case: Case,
    tiny_run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tmp, run = tmp_path / "work", tmp_path / "run"
    tmp.mkdir()
    if "{run}" in case.words:
        shutil.copytree(tiny_run, run)
    monkeypatch.delenv("SNNCONVERT_DATA", raising=False)
    held = case.prepare(tmp, run, monkeypatch) if case.prepare else None
    if case.early:
        monkeypatch.setattr(
            "snnconvert.pipelines.data.load_dataset", lambda *_: pytest.fail("data were read")
        )
    capsys.readouterr()
    before = tree(run), tree(tmp)

    code = main(case.words.format(tmp=tmp, run=run, out=tmp_path / "out").split())

    printed, said = capsys.readouterr()
    assert said.startswith("snnconvert: ") and said.endswith("\n") and said.count("\n") == 1, said
    assert "Traceback" not in said and printed == ""
    missing = [word for word in case.says if word not in said]
    assert not missing, f"{missing} not in: {said}"
    assert code == case.code
    assert (tree(run), tree(tmp)) == before  # nothing lost, nothing half written
    if case.name != "disk full at once":
        assert not (tmp_path / "out").exists()
    del held


def test_there_are_enough() -> None:
    assert len(CASES) >= 45 and len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("train --dataset {tmp}/none.tsv --out {tmp}/out", 2, "no such file"),
        ("train --epochs 0 --out {tmp}/out", 2, "--epochs"),
    ],
)
def test_as_a_process(words: str, code: int, says: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "snnconvert", *words.format(tmp=tmp_path).split()]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("snnconvert: ") and done.stderr.count("\n") == 1
    assert says in done.stderr


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    with pytest.raises(SnnConvertError):
        main(["convert", str(tmp_path / "none"), "--debug"])


def test_an_unforeseen_error_is_one_line(
    tiny_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a\nb")

    monkeypatch.setattr("snnconvert.pipelines.data.TextStage.load", broken)
    assert main(["predict", str(tiny_run), "hi"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "KeyError" in said and "--debug" in said
