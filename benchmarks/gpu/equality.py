"""Is what a GPU computes what the CPU computes? One row for every comparison."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import math
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from snnconvert.benchmarks.gpu.networks import RULES, network_of, texts_of
from snnconvert.benchmarks.shared.common import Row
from snnconvert.engine.engines import ann_by, training_by
from snnconvert.engine.evaluate import snn_outputs
from snnconvert.engine.training.surrogate import Surrogate
from snnconvert.models.batches import to_batch
from snnconvert.models.network import Network
from snnconvert.models.nodes.activations import Relu
from snnconvert.models.nodes.layers import Concat, Conv1d, Linear, initialised
from snnconvert.models.nodes.pooling import MaxOverTime
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.surrogates import IN_KERNELS
from snnconvert.models.text_model import TextModel
from snnconvert.seeds import generator

GRADIENTS = 1e-5  # relative error of a gradient: sums of float32 in another order
ANN = 1e-6  # of the largest logit
CODES = (("saf", 8), ("bitplane", 15), ("direct", 8), ("poisson", 8))
TRAIN = ["--limit", "200", "--vectors", "random", "--dim", "32", "--channels", "16"]
TRAIN += ["--epochs", "2", "--tensorboard", "false", "--quiet"]


@dataclass(frozen=True)
class Size:
    """How large a check is: texts, the longest of them, filters of a width, components, words."""

    texts: int = 32
    longest: int = 40
    channels: int = 100
    dim: int = 300
    words: int = 2000

    def network(self, rule: str, code: str, steps: int) -> SpikingTextModel:
        """The network of a check, on the CPU."""
        return network_of(rule, code, steps, self.channels, self.dim, self.words)


def row(case: str, variant: str, about: str, error: float, allowed: float = 0.0) -> Row:
    """One comparison; it is equal where the error is at most what is allowed."""
    return {
        "case": case,
        "variant": variant,
        "about": about,
        "error": error if math.isfinite(error) else None,
        "allowed": allowed,
        "equal": error <= allowed,
    }


def apart(found: Tensor, want: Tensor) -> float:
    """The largest difference of two tensors of one shape; infinite for other shapes."""
    if found.shape != want.shape:
        return math.inf
    return float((found.cpu().double() - want.cpu().double()).abs().max())


def all_rows(
    device: torch.device, size: Size, codes: Sequence[tuple[str, int]] = CODES
) -> list[Row]:
    """Every comparison but that of the commands: every rule with two of ``codes`` and their steps.

    Each pair is a set of kernels to compile, and all of them would take minutes.
    """
    rows, number = [ann_row(device, size)], len(codes)
    two = [(rule, codes[(i + j) % number]) for i, rule in enumerate(RULES) for j in (0, 1)]
    pairs = list(dict.fromkeys(two))
    for rule, (code, steps) in pairs:
        rows += logit_rows(device, size, rule, code, steps)
    if find_spec("numba") is None and find_spec("spikingjelly") is None:
        return rows  # nothing to compute the gradients of the CPU with
    for (rule, code), surrogate in zip(pairs, cycle(IN_KERNELS)):
        rows.append(gradient_row(device, size, rule, surrogate, *code))
    return rows


def logit_rows(device: torch.device, size: Size, rule: str, code: str, steps: int) -> Iterator[Row]:
    """Running logits and counts by the kernels, and by the network's own nodes on the device."""
    model = size.network(rule, code, steps)
    texts = texts_of(size.texts, size.longest, size.words)
    want, counts = snn_outputs(model, texts, 3, engine="torch")
    far = copy.deepcopy(model).to(device)
    for engine in ("gpu", "reference"):
        logits, found = snn_outputs(far, texts, 3, engine=engine)
        about = f"{rule}, {code}, T = {steps}"
        yield row("logits after every step", engine, about, apart(logits, want))
        yield row("spikes and operations", engine, about, 0.0 if found == counts else math.inf)


def gradient_row(
    device: torch.device, size: Size, rule: str, surrogate: str, code: str, steps: int
) -> Row:
    """Outputs to the bit and gradients of all weights, of the kernels."""
    model = size.network(rule, code, steps)
    texts = texts_of(size.texts, size.longest, size.words)
    far = copy.deepcopy(model).to(device)
    (want, slopes), (found, others) = (
        gradients(which, texts, Surrogate(surrogate), engine)
        for which, engine in ((model, _cpu_engine()), (far, "gpu"))
    )
    error = max(_relative(others[name], value) for name, value in slopes.items())
    if apart(found, want) > 0:  # another spike, and so another gradient
        error = math.inf
    return row("gradients", "gpu", f"{rule}, {code}, T = {steps}, {surrogate}", error, GRADIENTS)


def gradients(
    model: SpikingTextModel, texts: Sequence[Any], surrogate: Surrogate, engine: str
) -> tuple[Tensor, dict[str, Tensor]]:
    """Output currents (T, B, K), and the gradients of a loss on them, by name."""
    model.train()
    ids, lengths = to_batch(texts, model)
    with _neurons(model, surrogate):
        out = training_by(engine, model, surrogate)(ids, lengths, generator(3, "noise"))
        factors = torch.linspace(-1, 2, out.numel()).reshape(out.shape).to(out.device)
        (out * factors).sum().backward()  # type: ignore[no-untyped-call]
    return out.detach(), {n: p.grad for n, p in model.named_parameters() if p.grad is not None}


def _neurons(model: SpikingTextModel, surrogate: Surrogate) -> AbstractContextManager[None]:
    """Neurons with gradients, which the fused kernels of either device do without."""
    if find_spec("spikingjelly") is None:
        return nullcontext()
    return surrogate.neurons(model.network)


def _cpu_engine() -> str:
    return "fast" if find_spec("numba") is not None else "reference"


def _relative(found: Tensor, want: Tensor) -> float:
    return float((found.cpu() - want).norm() / want.norm().clamp(min=1e-30))


def ann_row(device: torch.device, size: Size) -> Row:
    """Logits of an ANN."""
    nodes: list[tuple[str, Any, tuple[str, ...]]] = []
    for width in (3, 4, 5):
        nodes += [
            (f"conv{width}", Conv1d(size.dim, size.channels, width), ("input",)),
            (f"act{width}", Relu(), (f"conv{width}",)),
            (f"pool{width}", MaxOverTime(), (f"act{width}",)),
        ]
    nodes.append(("concat", Concat(), ("pool3", "pool4", "pool5")))
    nodes.append(("readout", Linear(3 * size.channels, 2), ("concat",)))
    vectors = size.network("spikes", "saf", 1).embedding.weight.detach()
    model = TextModel(vectors, initialised(Network(nodes), 0)).eval()
    texts = texts_of(size.texts, size.longest, size.words)
    want = ann_by("reference", model).logits(texts)
    found = ann_by("reference", copy.deepcopy(model).to(device)).logits(texts)
    largest = float(want.abs().max())
    return row("logits of an ANN", "reference", "ReLU", apart(found, want) / largest, ANN)


def command_rows(device: str) -> list[Row]:
    """Models that the commands make on the device, evaluated there and on the CPU."""
    with tempfile.TemporaryDirectory() as folder:
        run = str(Path(folder) / "run")
        answers(["train", "--out", run, *TRAIN, "--device", device])
        answers(["convert", run, "--quiet", "--device", device])
        models = ["snn"]
        if find_spec("spikingjelly") is not None:
            tune = ["--epochs", "1", "--tensorboard", "false", "--quiet"]
            answers(["finetune", run, *tune, "--device", device])
            models.append("finetuned")
        rows = []
        for model in models:
            near, far = (
                answers(["evaluate", run, "--model", model, "--json", "--device", where])
                for where in ("cpu", device)
            )
            about = f"train, convert and evaluate, {model}"
            rows.append(row("commands", "auto", about, 0.0 if near == far else math.inf))
        return rows


def answers(words: list[str]) -> Any:
    """What a command prints as JSON, but for its times.

    Raises:
        RuntimeError: the command failed; the message is what it said.
    """
    from snnconvert.pipelines.cli import main

    printed, said = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(said):
        code = main(words)
    if code:
        raise RuntimeError(f"{words[0]} ended with {code}: {said.getvalue().strip()[-300:]}")
    if "--json" not in words:
        return None
    found = json.loads(printed.getvalue())
    return {name: value for name, value in found.items() if name != "cpu_seconds"}
