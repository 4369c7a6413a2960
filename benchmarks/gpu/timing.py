"""Times of the GPU kernels beside spikingjelly's neurons and what the hardware allows.

Times are medians of GPU events around one call, launches included. Columns of a row: case, variant,
code, steps, length, batch, seconds, ratio_to_spikingjelly, equal, bytes and flops (the least that
the variant's method needs), floor_seconds (the larger of both over the rates measured on the same
GPU) and peak_bytes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import torch
from torch import Tensor

from snnconvert.benchmarks.shared.common import Row
from snnconvert.benchmarks.shared.peers import PEERS, Weights, model_of, peer_frames, random_vectors
from snnconvert.engine.exact_sums import whole_products
from snnconvert.engine.frames import frame_count
from snnconvert.engine.plan import plan_of
from snnconvert.engine.training.surrogate import Surrogate
from snnconvert.engine.triton.inference import TritonEngine
from snnconvert.engine.triton.training import TritonTraining
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Signal
from snnconvert.models.snn import SpikingTextModel
from snnconvert.seeds import generator

WORDS = 18_000
CODES = (("saf", 8), ("saf", 50), ("bitplane", 63), ("direct", 8), ("direct", 50))
PEER = "spikingjelly"


@dataclass(frozen=True)
class Job:
    """A batch and a network: code, steps, length, batch, and the sizes of the network."""

    code: str
    steps: int
    length: int
    batch: int
    channels: int = 100
    dim: int = 300
    words: int = WORDS

    def build(self) -> tuple[SpikingTextModel, Tensor]:
        """The model and ids (B, L), on the CPU; words are drawn as frequent as in a text (Zipf)."""
        model = model_of(
            random_vectors(self.words, self.dim), Encoder(self.code), self.steps, self.channels
        )
        odds = 1.0 / torch.arange(1, self.words, dtype=torch.float64)
        draws = torch.multinomial(
            odds, self.batch * self.length, replacement=True, generator=generator(0, "texts")
        )
        return model, (draws + 1).reshape(self.batch, self.length)


@dataclass(frozen=True)
class Device:
    """Where to measure, and how to read the time and the memory there."""

    name: str

    def seconds(self, run: Callable[[], object]) -> float:
        """Seconds of one call."""
        if self.name != "cuda":
            begun = time.perf_counter()
            run()
            return time.perf_counter() - begun
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        torch.cuda.synchronize()
        begin.record()
        run()
        end.record()
        end.synchronize()
        return begin.elapsed_time(end) / 1e3

    def peak(
        self, run: Callable[[], object], before: Callable[[], object] | None = None
    ) -> int | None:
        """The most bytes that one call takes beyond what is there; None off a GPU."""
        if self.name != "cuda":
            return None
        if before is not None:
            before()
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        held = torch.cuda.memory_allocated()
        run()
        torch.cuda.synchronize()
        return torch.cuda.max_memory_allocated() - held

    def median(
        self, run: Callable[[], object], rounds: int, before: Callable[[], object] | None = None
    ) -> float:
        """The median of ``rounds`` calls, each after an untimed call of ``before``."""
        times = []
        for _ in range(rounds):
            if before is not None:
                before()
            times.append(self.seconds(run))
        return statistics.median(times)


@dataclass(frozen=True)
class Rates:
    """What the GPU reaches: bytes a second of a copy, FLOPs a second of a float32 product."""

    bytes: float
    flops: float

    @classmethod
    def measured(cls, device: Device, size: int = 8192) -> Rates:
        """Measure both: a copy of 1 GiB (read and written), and a product of ``size`` squared."""
        source = torch.randn(size * size * 4, device=device.name)
        target = torch.empty_like(source)
        copy = device.median(lambda: target.copy_(source), 20)
        left, right = source[: size * size].view(size, size), target[: size * size].view(size, size)
        with whole_products():
            product = device.median(lambda: left @ right, 20)
        return cls(2 * source.nbytes / copy, 2 * size**3 / product)

    def floor(self, moved: int, flops: int) -> float:
        """The shortest time for ``moved`` bytes and ``flops``."""
        return max(moved / self.bytes, flops / self.flops)


def floors(model: SpikingTextModel, ids: Tensor) -> dict[str, tuple[int, int]]:
    """The least bytes and FLOPs of each variant's method; what is read twice counts once.

    dense: frames and currents of every step go through memory, and every step is convolved.
    kept: the rows of the batch's words, and the pooled spikes. cold: these, and the product that
    makes the rows. training: two products, the table there and back, potentials and their gradient.
    """
    plan, encoder = plan_of(model.network), model.encoder
    assert isinstance(encoder, Encoder)
    words, (texts, length) = len(ids.unique()), ids.shape
    frames, steps = frame_count(encoder, model.steps), model.steps
    inputs = encoder.channels(model.embedding.embedding_dim)
    channels = sum(branch.channels for branch in plan.branches)
    currents = sum((length - b.width + 1) * b.channels for b in plan.branches) * texts
    products = sum((length - b.width + 1) * b.channels * b.width for b in plan.branches) * texts
    rows = words * frames * plan.taps
    pooled = steps * texts * channels
    shown = steps if encoder.spiking else 1  # peers convolve a repeated frame once
    peer = inputs // 2 if encoder.mapping == "split" else inputs
    gathers = frames * products  # additions of table entries
    project = 2 * words * frames * inputs * plan.taps
    loads = words * frames * inputs
    return {
        "dense": (
            4 * (shown * (texts * length * peer + currents) + 3 * steps * currents),
            2 * shown * products * peer,
        ),
        "kept": (4 * (rows + pooled), gathers),
        "cold": (4 * (loads + 2 * rows + pooled), project + gathers),
        "training": (
            4 * (2 * loads + 5 * rows + 2 * pooled + 2 * (steps + frames) * currents),
            2 * project + 3 * gathers,
        ),
    }


def inference_rows(job: Job, device: Device, rates: Rates | None, rounds: int) -> list[Row]:
    """The reference, spikingjelly with frames built beforehand, and the kernels cold and kept."""
    model, ids = job.build()
    frames = peer_frames(model, list(ids.numpy().astype(np.int64)))
    repeated = frames.stride(0) == 0
    frames = frames[:1].to(device.name).expand(frames.shape) if repeated else frames.to(device.name)
    least = floors(model, ids)
    model, ids = model.to(device.name), ids.to(device.name)
    lengths = torch.full((job.batch,), job.length, device=device.name)
    engine = TritonEngine(model)
    variants: list[tuple[str, str, Callable[[], Tensor], Callable[[], object] | None]] = [
        ("reference", "dense", torch.no_grad()(lambda: model(ids, lengths)), None)
    ]
    if find_spec(PEER) is not None:
        peer = PEERS["spikingjelly, Conv1d"](Weights(model))
        variants.append((PEER, "dense", lambda: peer(frames), None))
    variants += [
        ("triton cold", "cold", lambda: engine.currents(ids, lengths), engine.reset),
        ("triton kept", "kept", lambda: engine.currents(ids, lengths), None),
    ]
    rows, expected = [], None
    for name, method, run, before in variants:
        with whole_products():
            output = run()
            expected = output if expected is None else expected
            equal = torch.equal(output, expected)
            rows.append(
                columns(job, "inference", name)
                | {"seconds": device.median(run, rounds, before), "equal": equal}
                | limits(least[method], rates)
                | {"peak_bytes": device.peak(run, before)}
            )
    return with_ratios(rows)


def training_rows(job: Job, device: Device, rates: Rates | None, rounds: int) -> list[Row]:
    """Forward and backward with spikingjelly's neurons, and with the kernels."""
    model, ids = job.build()
    least = floors(model, ids)
    model, ids = model.train().to(device.name), ids.to(device.name)
    lengths = torch.full((job.batch,), job.length, device=device.name)
    frames = model.frames(ids, lengths)
    surrogate = Surrogate()
    fast = TritonTraining(model, surrogate)

    def step(outputs: Callable[[], Tensor]) -> None:
        model.zero_grad(set_to_none=True)
        outputs().square().mean().backward()

    def dense() -> Tensor:
        return model.network(Signal(frames, lengths))

    peers = [(PEER, "dense", dense)] if find_spec(PEER) is not None else []
    variants = [*peers, ("triton", "training", lambda: fast(ids, lengths))]
    rows: list[Row] = []
    reference: dict[str, Tensor] = {}
    neurons = surrogate.neurons(model.network) if find_spec(PEER) else nullcontext()
    with neurons, whole_products():
        for name, method, outputs in variants:

            def run(outputs: Callable[[], Tensor] = outputs) -> None:
                step(outputs)

            run()
            found = {
                key: p.grad.clone() for key, p in model.named_parameters() if p.grad is not None
            }
            reference = reference or found
            error = max(
                float((found[key] - value).norm() / value.norm().clamp(min=1e-30))
                for key, value in reference.items()
            )
            # three dense passes: forward, and the gradients for the weights and for the currents
            moved, flops = least[method]
            need = (3 * moved, 2 * flops) if method == "dense" else (moved, flops)
            rows.append(
                columns(job, "training", name)
                | {"seconds": device.median(run, rounds), "equal": error < 1e-5}
                | limits(need, rates)
                | {"peak_bytes": device.peak(run), "gradient_error": error}
            )
    return with_ratios(rows)


def columns(job: Job, case: str, variant: str) -> Row:
    """The columns that name a row."""
    return {
        "case": case,
        "variant": variant,
        "code": job.code,
        "steps": job.steps,
        "length": job.length,
        "batch": job.batch,
    }


def limits(least: tuple[int, int], rates: Rates | None) -> Row:
    """The columns of the floor."""
    floor = rates.floor(*least) if rates else None
    return {"bytes": least[0], "flops": least[1], "floor_seconds": floor}


def with_ratios(rows: list[Row]) -> list[Row]:
    """The rows with their ratios to spikingjelly's; None where it was not run."""
    base = next((row["seconds"] for row in rows if row["variant"] == PEER), None)
    return [
        row | {"ratio_to_spikingjelly": None if base is None else base / row["seconds"]}
        for row in rows
    ]
