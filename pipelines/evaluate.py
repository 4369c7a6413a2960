"""`snnconvert evaluate`: accuracy of one model of a run, on a split or on a file of the user's."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from ..engine.chance import chance_figures
from ..engine.evaluate import accuracy, snn_figures, snn_outputs
from ..engine.metrics import classification_figures
from ..engine.reference import ann_logits
from ..engine.scores import USUAL, with_grades
from ..errors import InputError
from ..formatting import meant, percent
from ..models.snn import SpikingTextModel
from ..models.text_model import TextModel
from ..text.datasets.dataset import Split
from ..text.datasets.readers.columns import listed
from ..text.datasets.readers.options import BY_CONTENT, FileOptions
from ..text.datasets.readers.readers import Read, read_file
from .data import load_classifier, load_run_data
from .display.aligned import table
from .display.classes import evaluation_lines
from .display.names import title
from .display.output import note, tell, warn
from .quality.baseline import LINEAR, LinearModel
from .quality.quality import score_figures
from .quality.seen import seen_doubt, seen_texts
from .run_folder.records.data import DataStage
from .run_folder.run_folder import RunFolder
from .settings.engine import ENGINE, EngineSettings
from .sources.notes import file_options
from .sources.writing import tell_changed


def evaluate(
    out: Path | str,
    model: str | None = None,
    split: str = "test",
    data: str | None = None,
    as_json: bool = False,
    engine: EngineSettings = ENGINE,
    read_by: FileOptions = BY_CONTENT,
) -> dict[str, Any]:
    """Measure a model; prints a table (or JSON) and returns the figures.

    The figures hold its own CPU seconds by part: ``load`` (model and texts), ``encode``, ``run``.

    Args:
        out: run folder
        model: ``ann``, ``snn``, ``finetuned`` or ``spiking``; the last one made where none is named
        split: of the run's own data set
        data: a labelled file to measure on instead
        as_json: print JSON
        engine: what runs an SNN, and where
        read_by: how the file is read; what is not said is as in training where that fits, or told
            by content

    Raises:
        InputError: the model is not there, or the file has labels that the model does not know.
    """
    clock = [time.process_time()]
    run = RunFolder(out)
    model = model or run.last_model()
    names = run.record("data", DataStage).scores or USUAL
    if data and with_grades(names):
        raise InputError(
            "expected a split of the run's own data set, whose texts have grades, but got --data: "
            "a file of one's own has classes alone; leave it out"
        )
    classifier = load_classifier(run, model, engine=engine)
    if data:
        texts = _own_file(data, classifier.classes, run, read_by)
    elif read_by.given():
        option = next(iter(read_by.given())).replace("_", "-")
        raise InputError(
            f"expected --{option} with --data FILE only, but a split of the run's own data was "
            "asked for: leave it out"
        )
    else:
        texts = load_run_data(run).split(split)
    seed = int(run.config().get(model, {}).get("seed", 0))
    clock.append(time.process_time())
    sequences = classifier.stage.encode(texts.texts)
    clock.append(time.process_time())
    figures: dict[str, Any] = {"model": model, "data": data or split, "texts": len(texts)}
    own, logits = _run(classifier.model, sequences, texts.labels, seed, model, engine)
    clock.append(time.process_time())
    answers = logits.argmax(dim=1).tolist()
    figures |= own | classification_figures(texts.labels, answers, classifier.classes)
    figures |= score_figures(names, logits, texts.labels, texts.grades)
    figures |= chance_figures(figures["confusion_matrix"])
    figures |= _linear(run, "spiking" if model == "spiking" else "ann", sequences, texts.labels)
    parts = zip(("load", "encode", "run"), clock[:-1], clock[1:], strict=True)
    figures["cpu_seconds"] = {name: round(end - begin, 3) for name, begin, end in parts}
    writing = classifier.stage.writing
    tell_changed(writing.changed(texts.texts, classifier.language), len(texts), writing)
    if data and (seen := seen_texts(run, texts)):
        figures["seen"] = seen
        warn(seen_doubt(seen, len(texts)))
    tell({"json": as_json}, figures, lambda: _shown(figures))
    return figures


def _run(
    model: TextModel | SpikingTextModel,
    sequences: Sequence[np.ndarray],
    labels: Sequence[int],
    seed: int,
    name: str,
    engine: EngineSettings,
) -> tuple[dict[str, Any], Tensor]:
    """Figures of a model on texts, and its logits (N, K)."""
    if isinstance(model, TextModel):
        logits = ann_logits(model, sequences)
        return {"accuracy": accuracy(logits, labels)}, logits
    running, counts = snn_outputs(model, sequences, seed, name, **engine.choice())
    return snn_figures(model, running, labels, counts), running[-1]


def _linear(
    run: RunFolder, stage: str, sequences: Sequence[np.ndarray], labels: Sequence[int]
) -> dict[str, Any]:
    """Accuracy and macro F1 of the run's linear model; nothing of runs that have not kept one."""
    path = run.path / stage / LINEAR
    if not path.is_file():
        return {}
    from sklearn.metrics import f1_score

    answers = LinearModel.load(path).predict(sequences)
    right = int((answers == np.array(labels)).sum())
    score = float(f1_score(labels, answers, average="macro", zero_division=0))
    return {"linear_accuracy": right / len(labels), "linear_macro_f1": score}


def _shown(figures: dict[str, Any]) -> str:
    """The figures for people."""
    curve = figures.get("accuracy_by_step")
    rows = [[str(t), percent(a)] for t, a in enumerate(curve or [], 1)]
    head = f"{title(figures['model'])} on {figures['data']}, {figures['texts']} texts"
    rows = rows or [["", percent(figures["accuracy"])]]
    return "\n".join([head, table(["T", "accuracy %"], rows), *evaluation_lines(figures)])


def _own_file(path: str, classes: Sequence[str], run: RunFolder, given: FileOptions) -> Split:
    """A labelled file, its labels as numbers of the model's classes.

    A label is a class name; where no name is itself a number, also the number of a class from 0.
    """
    known = {name: i for i, name in enumerate(classes)}
    if not any(name.lstrip("-").isdigit() for name in classes):
        known |= {str(i): i for i in range(len(classes))}
    options = file_options(run.config().get("data", {}), tuple(known))
    read = _read_as_of_run(Path(path), options, given)
    labels = []
    for number, (label, _) in enumerate(read.rows, 1):
        if label not in known:
            raise InputError(
                f"expected labels of {listed(classes)} in {path}, but row {number} has {label!r}"
                f"{meant(label, classes)}"
            )
        labels.append(known[label])
    notes = list(read.notes)
    if read.splits:
        notes.append("the rows of all of them are evaluated, those to train on too")
    if notes:
        note("; ".join([f"{path}: {len(labels):,} texts", *notes]))
    return Split(tuple(text for _, text in read.rows), tuple(labels))


def _read_as_of_run(path: Path, options: FileOptions, given: FileOptions) -> Read:
    """What a file holds, by what is given, else by the run's own options as far as they fit it.

    It may be UTF-8 though those were not: nearly any bytes can be read as CP1252, so that comes
    after UTF-8.
    """
    if given.given():
        return read_file(path, replace(given, known=options.known))
    for fewer in (replace(options, encoding=None), options):
        try:
            return read_file(path, fewer)
        except InputError:
            if not options.given():
                raise
    return read_file(path, FileOptions(known=options.known))
