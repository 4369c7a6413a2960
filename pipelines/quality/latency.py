"""How long a model takes for a text by the wall clock, from its letters to its logits.

It is measured where the model is evaluated, on test texts, within a bounded time, and recorded
with the engine and the processor: a figure of another machine cannot be compared with it.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from ...engine.engines import make_engine
from ...engine.reference import ReferenceEngine, ann_logits
from ...models.devices import device_name, device_of
from ...models.snn import SpikingTextModel
from ...models.text_model import TextModel
from ..settings.engine import ENGINE, EngineSettings
from ..training.texts import Texts
from ..versions import processor

BUDGET = 0.25
"""Seconds for the texts one by one, and again for batches."""
MOST = 64
"""Texts that are shown one by one, and at most in a batch."""
Run = Callable[[Sequence[np.ndarray]], object]


def latency_figures(
    model: TextModel | SpikingTextModel,
    texts: Texts,
    seed: int = 0,
    engine: EngineSettings = ENGINE,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Any]:
    """The record `run_folder.records.latency.Latency` of a model, as a mapping.

    Tables and kernels are made before the clock starts: what is timed is what a running service
    would need, cutting a text into words included.

    Args:
        model: ANN or SNN, on its device
        texts: of which the test texts are shown
        seed: of the noise of a stochastic encoder
        engine: what runs an SNN
        clock: tells seconds
    """
    name, run = _runner(model, seed, len(texts.sequences["test"]), engine)
    shown = list(texts.dataset.test.texts[:MOST])

    def answer(batch: Sequence[str]) -> None:
        run(texts.stage.encode(batch))

    device, here = device_of(model), processor()
    return {
        "engine": name,
        "processor": cpu_name() if device.type == "cpu" else device_name(device),
        "threads": int(here.get("threads", 1)),
        "seconds": timed(answer, shown, clock),
    }


def timed(
    answer: Callable[[Sequence[str]], object],
    texts: Sequence[str],
    clock: Callable[[], float] = time.perf_counter,
    budget: float = BUDGET,
) -> dict[str, float | int]:
    """Seconds a text, one by one and together.

    Args:
        answer: takes texts, and returns when it is done with them
        texts: at least one
        clock: tells seconds
        budget: seconds after which no more texts, and no more batches, are begun

    Returns:
        ``one`` and ``one_high``: median and 90th percentile of single texts, ``texts`` of them;
        ``batched``: median a text of whole batches of ``batch`` texts.
    """
    answer(texts[:1])  # what is made at the first call is not of every text
    singles = _repeated(lambda i: answer([texts[i]]), len(texts), clock, budget)
    one = median(singles)
    fitting = int(budget / max(one, 1e-9))
    together = texts[: max(1, min(len(texts), fitting))]
    batches = _repeated(lambda i: answer(together), 5, clock, budget)
    return {
        "one": one,
        "one_high": float(np.quantile(singles, 0.9)),
        "texts": len(singles),
        "batched": median(batches) / len(together),
        "batch": len(together),
    }


def cpu_name() -> str:
    """What the processor is called, and the instructions that torch uses of it."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text("utf-8", "replace").splitlines() if known.is_file() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    found = named[0] if named else platform.processor()
    return ", ".join(filter(None, [found, processor().get("processor", platform.machine())]))


def _repeated(
    call: Callable[[int], object], most: int, clock: Callable[[], float], budget: float
) -> list[float]:
    """Seconds of each of up to ``most`` calls; none begins after ``budget``, but for the first."""
    taken: list[float] = []
    while len(taken) < most and sum(taken) < budget:
        start = clock()
        call(len(taken))
        taken.append(clock() - start)
    return taken


def _runner(
    model: TextModel | SpikingTextModel, seed: int, texts: int, engine: EngineSettings
) -> tuple[str, Run]:
    """What runs a model, and its name: for an SNN the engine that evaluates so many texts."""
    if isinstance(model, TextModel):
        return "torch", lambda sequences: ann_logits(model, sequences)
    made = make_engine(model, **engine.choice(), texts=texts)
    kinds = {"numba": "fast", "torch": "torch"}
    other = "reference" if isinstance(made, ReferenceEngine) else "gpu"
    name = kinds.get(getattr(made, "backend", ""), other)
    return name, lambda sequences: made.logits(sequences, seed)
