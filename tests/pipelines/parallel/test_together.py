"""Two processes of gloo, as a user starts them: the weights of one process with the whole batch.

All noise is on: dropout, hidden words and random spikes, which would differ if each process drew
for its own texts alone.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from snnconvert.files import load_tensors
from snnconvert.pipelines.cli import main
from snnconvert.tests.helpers.ports import free_port

DATA = ["--limit", "46", "--dim", "6", "--max-length", "20", "--vectors", "random"]
# batches of 15, 15, 15 and 1: the last is too small to be divided
LOOP = ["--epochs", "3", "--patience", "3", "--batch-size", "15", "--tensorboard", "false"]
NOISE = ["--dropout", "0.4", "--word-dropout", "0.2", "--lr", "0.003"]
NETWORK = ["--widths", "2,3", "--channels", "4", "--train-vectors", "true"]
TRAIN = [*DATA, *LOOP, *NOISE, *NETWORK]
ROUNDING = 2e-5  # of weights up to 1, after twelve steps of AdamW
# the command line, but a checkpoint after every step, and the second process dies at the sixth
DYING = """
import os, signal, sys
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.training import loop

step = loop.Loop._step
loop.CHECKPOINT_SECONDS = -1.0

def dying(self, indices):
    if self.state.step == 5 and os.environ["RANK"] == "1":
        os.kill(os.getpid(), signal.SIGKILL)
    step(self, indices)

loop.Loop._step = dying
sys.exit(main(sys.argv[1:]))
"""
ONE_STEP = """
import copy, json, sys, torch
from snnconvert.models.families.dpcnn import DPCNNSpec, build_dpcnn
from snnconvert.models.network import Signal
from snnconvert.models.text_model import set_generator
from snnconvert.pipelines.parallel.group import joined
from snnconvert.pipelines.parallel.processes import ALONE

network = build_dpcnn(DPCNNSpec(6, 2, 4, blocks=1, dropout=0.4)).double().train()
draw = torch.Generator().manual_seed(1)
with torch.no_grad():
    for parameter in network.parameters():
        parameter.normal_(generator=draw)
x, lengths = torch.randn(7, 6, 20, dtype=torch.float64, generator=draw), torch.arange(7) + 9

def step(processes, network):
    random = torch.Generator().manual_seed(3)
    set_generator(network, random)
    def outputs(ids, lengths, random):
        return network(Signal(x[ids.flatten()], lengths))
    found = processes.outputs(outputs, torch.arange(7)[:, None], lengths, random)
    loss = found.exp().mean().log()  # no mean of texts' losses
    loss.backward()
    processes.add_up(network)
    made = {n: p.grad for n, p in network.named_parameters()} | dict(network.named_buffers())
    return {n.removeprefix("nodes."): value for n, value in made.items()} | {"loss": loss.detach()}

with joined() as processes:
    alone, together = step(ALONE, copy.deepcopy(network)), step(processes, network)
apart = {name: float((alone[name] - together[name]).abs().max()) for name in alone}
print(json.dumps(apart), file=sys.stderr)
"""


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def by_torchrun(*words: str) -> subprocess.CompletedProcess[str]:
    """A command of two processes, as `torchrun` gives it."""
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [*start, "-m", "snnconvert", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=240)


def by_hand(script: Path, *words: str) -> list[tuple[int, str]]:
    """Return code and standard error of two processes that nobody watches over."""
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": "2"}
    started = [
        subprocess.Popen(
            [sys.executable, str(script), *words],
            env=os.environ | place | {"RANK": rank, "LOCAL_RANK": rank},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in ("0", "1")
    ]
    said = [process.communicate(timeout=240)[1] for process in started]
    return [(process.returncode, text) for process, text in zip(started, said, strict=True)]


def assert_same(run: Path, other: Path, stage: str) -> None:
    """The same weights but for rounding, and the same course of the training."""
    ours, theirs = (load_tensors(r / stage / "weights.safetensors") for r in (run, other))
    assert ours.keys() == theirs.keys()
    for name in ours:
        torch.testing.assert_close(ours[name], theirs[name], rtol=0, atol=ROUNDING, msg=name)
    rows = [json.loads((r / "results.json").read_text("utf-8"))[stage] for r in (run, other)]
    for name in ("best_epoch", "epochs", "dev_accuracy", "test_accuracy"):
        assert rows[0][name] == rows[1][name]
    assert [row.get("processors", [""])[-1].endswith("processes 2") for row in rows] == [0, 1]


@pytest.mark.long
def test_train_goes_on_after_a_process_has_died(tmp_path: Path):
    assert main(["train", "--out", str(tmp_path / "one"), *TRAIN]) == 0
    script = tmp_path / "dying.py"
    script.write_text(DYING, "utf-8")
    run = tmp_path / "two"
    (alive, said), (dead, silent) = by_hand(script, "train", "--out", str(run), *TRAIN)
    assert (alive, dead) == (1, -9) and silent == ""
    *_, last = said.strip().splitlines()
    assert last.startswith("snnconvert: another process of this training has ended")
    assert "Traceback" not in said
    assert (run / "ann" / "train.checkpoint.safetensors").exists()
    assert not (run / "ann" / "weights.safetensors").exists()
    done = by_torchrun("train", "--out", str(run), *TRAIN)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("epoch 3/3") == 1 and done.stdout.count("ANN") == 2
    assert not (run / "ann" / "train.checkpoint.safetensors").exists()
    assert_same(tmp_path / "one", run, "ann")


@pytest.mark.long
def test_finetune_by_kernels_and_random_spikes(tmp_path: Path):
    one, two = tmp_path / "one", tmp_path / "two"
    assert main(["train", "--out", str(one), *TRAIN]) == 0
    assert main(["convert", str(one), "--steps", "3", "--encoder", "poisson"]) == 0
    shutil.copytree(one, two)
    options = [*LOOP, *NOISE, "--engine", "fast"]
    assert main(["finetune", str(one), *options]) == 0
    done = by_torchrun("finetune", str(two), *options)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("epoch 3/3") == 1
    assert_same(one, two, "finetuned")


def test_normalisation_is_over_the_whole_batch(tmp_path: Path):
    """A step of a network with batch normalisation, in float64; one process says how far off."""
    script = tmp_path / "step.py"
    script.write_text(ONE_STEP, "utf-8")
    done = by_hand(script)
    assert [code for code, _ in done] == [0, 0], done
    apart = json.loads(done[0][1].strip().splitlines()[-1])
    assert {"region_norm", "conv1a", "readout", "loss"} <= {name.split(".")[0] for name in apart}
    assert max(apart.values()) < 1e-12
