"""The cases of the inference benchmark: one function a group, each a list of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from snnconvert.benchmarks.shared.common import USUAL, Case, Effort, Row, Variant, measure
from snnconvert.benchmarks.shared.floors import Rates, dense_flops, gather_bytes, table_flops
from snnconvert.benchmarks.shared.peers import (
    CONV1D,
    PEERS,
    WIDTHS,
    Run,
    Weights,
    model_of,
    peer_frames,
    random_vectors,
)
from snnconvert.benchmarks.shared.workload import Words, drawn_words
from snnconvert.engine.frames import frame_count
from snnconvert.engine.incremental.incremental import Incremental
from snnconvert.engine.inference.fast import FastEngine
from snnconvert.engine.reference import snn_logits
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.snn import SpikingTextModel, running_logits

COLD, KEPT = "tables made anew", "tables kept"
INCREMENTAL = "changed windows only"
SHORT = Effort(rounds=3, seconds=1.5)
TABLES = 1 << 30  # bytes of table rows that an engine may keep here: all words of all cases


@dataclass(frozen=True)
class Size:
    """How large the cases are; the default is what the targets name."""

    batch: int = 64
    length: int = 32
    dim: int = 300
    channels: int = 100
    variants: int = 2000
    stream: int = 200
    effort: Effort = USUAL
    few: Effort = SHORT


@dataclass
class Bench:
    """What all groups share: sizes, words, their vectors, and the machine's rates."""

    size: Size
    words: Words
    rates: Rates

    def model(self, code: str, steps: int, vectors: Tensor | None = None) -> SpikingTextModel:
        """A network of the usual form on the words' vectors."""
        found = self.vectors() if vectors is None else vectors
        return model_of(found, Encoder(code), steps, self.size.channels)

    def vectors(self, vocabulary: int | None = None) -> Tensor:
        """Vectors of all words."""
        return random_vectors(vocabulary or self.words.vocabulary, self.size.dim)

    def floors(self, model: SpikingTextModel, texts: Sequence[np.ndarray]) -> dict[str, float]:
        """The least CPU seconds of dense convolution, of new tables, and of kept ones."""
        encoder = model.encoder
        assert isinstance(encoder, Encoder)
        frames = frame_count(encoder, model.steps)
        once = model.steps if encoder.spiking else 1  # a repeated frame, convolved once
        size, length = self.size, len(texts[0])
        dense = dense_flops(once, len(texts), length, size.dim, size.channels, WIDTHS)
        table = table_flops(texts, frames, size.dim, size.channels, WIDTHS)
        read = gather_bytes(len(texts), length, frames, size.channels, WIDTHS) / self.rates.bytes
        made = table / self.rates.flops
        return {"dense": dense / self.rates.flops, COLD: made + read, KEPT: read}


def ours(
    engine: FastEngine, texts: Sequence[np.ndarray], run: Callable[[], Tensor] | None = None
) -> list[Variant]:
    """Our engine with an empty table at every run, and with one that it keeps.

    Rows are float32, as those of trained networks are.
    """
    engine.keep_float32()
    run = run or (lambda: engine.running_logits(texts))
    return [Variant(COLD, run, lambda: engine.store.clear()), Variant(KEPT, run)]


def short_rows(model: SpikingTextModel, texts: Sequence[np.ndarray]) -> list[Variant]:
    """The same with rows of int16, which the engine takes by itself for weights of few bits."""
    engine = FastEngine(model, cache_bytes=TABLES)

    def run() -> Tensor:
        return engine.running_logits(texts)

    return [
        Variant(f"{COLD}, int16", run, lambda: engine.store.clear()),
        Variant(f"{KEPT}, int16", run),
    ]


def peers(model: SpikingTextModel, texts: list[np.ndarray], names: Sequence[str]) -> list[Variant]:
    """The peers on frames that are built here."""
    frames, weights = peer_frames(model, texts), Weights(model)
    return [_peer(name, PEERS[name](weights), frames) for name in names]


def both_forms(model: SpikingTextModel, parts: Sequence[list[np.ndarray]]) -> list[Variant]:
    """Both forms of spikingjelly on batch after batch, whose frames are built here."""
    frames, weights = [peer_frames(model, part) for part in parts], Weights(model)

    def variant(name: str) -> Variant:
        run = PEERS[name](weights)
        return Variant(
            name, lambda: torch.cat([running_logits(run(part)) for part in frames], dim=1)
        )

    return [variant(name) for name in ("spikingjelly", CONV1D)]


def _peer(name: str, run: Run, frames: Tensor) -> Variant:
    return Variant(name, lambda: running_logits(run(frames)))


def with_floors(rows: list[Row], floors: dict[str, float]) -> list[Row]:
    """Rows with the column ``floor_seconds``: None where the variant has no such floor."""

    def floor(name: str) -> float | None:
        return floors["dense"] if name in PEERS else floors.get(name)

    return [row | {"floor_seconds": floor(row["variant"])} for row in with_fastest(rows)]


def with_fastest(rows: list[Row]) -> list[Row]:
    """Rows with the ratio to spikingjelly's faster form beside that to the published one."""
    base = next((row["cpu_seconds"] for row in rows if row["variant"] == CONV1D), None)
    return [
        row | {"ratio_to_spikingjelly_conv1d": base / row["cpu_seconds"] if base else None}
        for row in rows
    ]


def headline(bench: Bench, codes: Sequence[tuple[str, int]]) -> Iterator[list[Row]]:
    """Every code against the peers and the network's own nodes, one thread."""
    size = bench.size
    texts = bench.words.texts(size.batch, size.length)
    for code, steps in codes:
        model = bench.model(code, steps)
        engine = FastEngine(model, cache_bytes=TABLES)
        made = ours(engine, texts)
        if (
            not model.encoder.by_word
        ):  # frames of every position are drawn anew: there is nothing to keep
            made = [Variant(COLD, made[0].run)]
        elif model.encoder.spiking:
            made += short_rows(model, texts)
        slow = Variant("reference", lambda model=model: snn_logits(model, texts))  # type: ignore[misc]
        case = Case(f"{code}, T = {steps}", code, steps, size.length, size.batch)
        effort = size.effort
        rows = measure(case, [slow, *peers(model, texts, list(PEERS)), *made], effort)
        yield with_floors(rows, bench.floors(model, texts))


def variants(bench: Bench, steps: int = 16) -> list[Row]:
    """One text and all that differ from it in one word, as an attack asks for them."""
    size = bench.size
    base = bench.words.texts(1, size.length)[0]
    draw = np.random.default_rng(0)
    texts = []
    for number in range(size.variants):
        text = base.copy()
        text[number % len(base)] = draw.integers(2, bench.words.vocabulary)
        texts.append(text)
    model = bench.model("saf", steps)
    engine = FastEngine(model, cache_bytes=TABLES)
    incremental = Incremental(engine)
    made = ours(engine, texts)
    made.append(Variant(INCREMENTAL, lambda: incremental.running_logits(texts)))
    parts = [texts[i : i + size.batch] for i in range(0, len(texts), size.batch)]
    case = Case("one-word variants", "saf", steps, size.length, len(texts))
    effort = replace(size.effort, rounds=1, seconds=0.0)  # the peer takes half a minute a run
    rows = measure(case, [*both_forms(model, parts), *made], effort)
    return with_floors(rows, bench.floors(model, texts))


def stream(bench: Bench, steps: int = 8, length: int = 20) -> list[Row]:
    """Texts one at a time; a row's time is that of one text."""
    size = bench.size
    texts = bench.words.texts(size.stream, length, start=1000)
    model = bench.model("saf", steps)
    engine = FastEngine(model, cache_bytes=TABLES)
    one_by_one = ours(
        engine,
        texts,
        lambda: torch.cat([engine.running_logits([text]) for text in texts], dim=1),
    )
    case = Case("stream of single texts", "saf", steps, length, 1)
    peers = both_forms(model, [[text] for text in texts])
    rows = with_fastest(measure(case, [*peers, *one_by_one], size.few))
    timed = ("cpu_seconds", "wall_seconds")
    return [row | {name: row[name] / len(texts) for name in timed} for row in rows]


def threads(bench: Bench, steps: int = 50) -> list[Row]:
    """The same batch on one thread and on two: CPU time and wall time."""
    size = bench.size
    texts = bench.words.texts(4 * size.batch, size.length)
    rows = []
    for count in (1, 2):
        torch.set_num_threads(count)
        engine = FastEngine(bench.model("saf", steps), cache_bytes=TABLES, threads=count)
        case = Case("threads", "saf", steps, size.length, len(texts), {"threads": count})
        rows += measure(case, ours(engine, texts), size.few)
    torch.set_num_threads(1)
    return rows


def growth(bench: Bench, quick: bool = False) -> Iterator[list[Row]]:
    """How the time grows along one axis at a time; our engine alone."""
    size = bench.size

    def rows(axis: str, value: int, code: str, model: SpikingTextModel, texts: Any) -> list[Row]:
        engine = FastEngine(model, cache_bytes=TABLES)
        more = {"axis": axis, "value": value}
        case = Case(f"growth with {axis}", code, model.steps, len(texts[0]), len(texts), more)
        return measure(case, ours(engine, texts), size.few)

    texts = bench.words.texts(size.batch, size.length)
    vectors = bench.vectors()
    for steps in (1, 4) if quick else (1, 2, 4, 8, 16, 32, 64, 128):
        for code in ("saf", "direct"):
            yield rows("T", steps, code, bench.model(code, steps, vectors), texts)
    for steps in (1, 3) if quick else (1, 3, 7, 15, 31, 63, 127):
        yield rows("T", steps, "bitplane", bench.model("bitplane", steps, vectors), texts)
    for length in (8, 16) if quick else (8, 16, 32, 64, 128, 256, 512):
        longer = bench.words.texts(size.batch, length)
        yield rows("L", length, "saf", bench.model("saf", 8, vectors), longer)
    for batch in (1, 4) if quick else (1, 4, 16, 64, 256):
        more = bench.words.texts(batch, size.length)
        yield rows("batch", batch, "saf", bench.model("saf", 8, vectors), more)
    for count in (100, 200) if quick else (1_000, 5_000, 20_000, 100_000):
        drawn = drawn_words(count).texts(size.batch, size.length)
        model = bench.model("saf", 8, bench.vectors(count))
        yield rows("vocabulary", count, "saf", model, drawn)
    for filters in (4, 8) if quick else (25, 50, 100, 200, 400):
        model = model_of(vectors, Encoder("saf"), 8, filters)
        yield rows("filters", filters, "saf", model, texts)
