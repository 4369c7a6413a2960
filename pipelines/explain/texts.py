"""Dev texts that a model gets right and wrong, explained for the report."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...engine.explanation.structure import read_out
from ...engine.explanation.text import Explanation, without_each
from ...errors import InputError
from ...files import write_json
from ...text.datasets.dataset import Split
from ...typed_json import to_json
from ..data import load_run_data
from ..run_folder.records.explained import ExplainedText, ExplainedTexts, ExplainedWindow
from ..run_folder.run_folder import RunFolder
from ..settings.engine import ENGINE, EngineSettings
from .pair import Pair, load_pair

FILE = Path("explain") / "texts.json"
LOOKED_AT = 400  # dev texts
WORDS = (5, 24)  # of a text that is shown, where there are such
SHOWN = ((False, 1), (True, 2))  # how many wrong and right ones
WINDOWS = 5


def explain_texts(
    out: Path | str, model: str | None = None, engine: EngineSettings = ENGINE
) -> Path:
    """Write RUN/explain/texts.json, which the report shows.

    Args:
        out: run folder
        model: which; the last one made where none is named
        engine: what runs an SNN, and where

    Raises:
        InputError: the model or the data of the run are not there.
    """
    run = RunFolder(out)
    pair = load_pair(run, model, engine)
    found = _explained(run, pair)
    path = run.path / FILE
    write_json(path, to_json(found))
    return path


def fingerprint_of(results: dict, model: str) -> str:
    """What tells the model of a run from another of that name."""
    return str(results.get(model, {}).get("fingerprint"))


def _explained(run: RunFolder, pair: Pair) -> ExplainedTexts:
    classes = list(pair.own.classes)
    stamp = fingerprint_of(run.results(), pair.model)
    try:
        read_out(pair.own.model.network)
        read_out((pair.ann or pair.own).model.network)
    except InputError as error:
        return ExplainedTexts(pair.model, stamp, classes, str(error), [])
    dev = load_run_data(run).dev
    texts = [_text(pair, dev.texts[i], int(dev.labels[i])) for i in _chosen(pair, dev)]
    return ExplainedTexts(pair.model, stamp, classes, "", texts)


def _chosen(pair: Pair, dev: Split) -> list[int]:
    """The first wrong text, and the first right ones of different classes, of a fitting length."""
    some = list(dev.texts[:LOOKED_AT])
    sizes = np.array([len(ids) for ids in pair.own.stage.encode(some)])
    answers = pair.own.probabilities(some).argmax(axis=1)
    labels = np.asarray(dev.labels[:LOOKED_AT])
    fits = (sizes >= WORDS[0]) & (sizes <= WORDS[1])
    fits = fits if fits.any() else sizes > 0
    chosen: list[int] = []
    for right, count in SHOWN:
        seen: set[int] = set()
        for i in np.flatnonzero(fits & ((answers == labels) == right)).tolist():
            if len(seen) < count and int(labels[i]) not in seen:
                seen.add(int(labels[i]))
                chosen.append(i)
    return chosen


def _text(pair: Pair, text: str, label: int) -> ExplainedText:
    found, ann = pair.explain(text)
    ann = ann or found
    strongest = found.strongest(WINDOWS)
    windows = [found.parts.windows[w] for w in strongest]
    left = without_each(pair.own, text, windows)
    k = found.predicted
    return ExplainedText(
        text=text,
        label=found.classes[label],
        predicted=found.classes[k],
        ann=ann.classes[ann.predicted],
        words=found.words,
        known=found.known,
        values=found.margins(found.parts.words)[:, k].tolist(),
        windows=[_window(found, w, row) for w, row in zip(strongest, left, strict=True)],
        logits=found.parts.running.tolist(),
        ann_logits=ann.parts.logits.tolist(),
    )


def _window(found: Explanation, w: int, left: np.ndarray) -> ExplainedWindow:
    window, k = found.parts.windows[w], found.predicted
    return ExplainedWindow(
        words=found.words[window.start : window.stop],
        gave=float(found.margins(found.parts.parts)[w, k]),
        without=float(found.margins(left)[k] - found.margins(found.parts.logits)[k]),
        answer=found.classes[int(left.argmax())],
    )
