"""`snnconvert predict`: the class of texts, by a model of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..engine.classifier import ModelClassifier
from ..progress import bar
from ..text.inputs import TextsLike, as_texts
from .data import load_classifier, text_columns
from .display.names import title
from .display.output import note
from .display.screen import is_terminal
from .run_folder.run_folder import RunFolder
from .settings.engine import ENGINE, EngineSettings
from .sources.writing import tell_changed
from .streams.rows import Row, check_target, write_file, write_screen
from .streams.texts import BATCH, TextSource

SHOWN = 8  # classes whose counts are said
EMPTY = "\0"
"""What empty texts are counted under; no class is called so."""


def predict(
    out: Path | str,
    texts: TextsLike,
    model: str | None = None,
    as_json: bool = False,
    engine: EngineSettings = ENGINE,
) -> list[dict[str, Any]]:
    """Classify texts; prints one line per text and returns its class and probabilities.

    Args:
        out: run folder
        texts: what to classify; a string alone is one text
        model: ``ann``, ``snn``, ``finetuned`` or ``spiking``; the last one made where none is named
        as_json: print one JSON object per text
        engine: what runs an SNN, and where

    Raises:
        InputError: the model is not in the run, or something else than texts.
    """
    texts = as_texts(texts)
    run = RunFolder(out)
    classifier = load_classifier(run, model or run.last_model(), engine=engine)
    rows = classified(classifier, texts)
    failure = write_screen(as_json, iter([rows]))
    if failure:
        raise failure
    writing, language = classifier.stage.writing, classifier.language
    tell_changed(writing.changed(texts, language), len(texts), writing)
    return rows


def predict_stream(
    out: Path | str,
    source: TextSource | Sequence[str],
    target: str | None = None,
    model: str | None = None,
    as_json: bool = False,
    engine: EngineSettings = ENGINE,
) -> None:
    """Classify texts of any number, a batch at a time, in the order in which they come.

    Args:
        out: run folder
        source: where the texts come from, or the texts themselves
        target: file ``.csv``, ``.tsv`` or ``.jsonl``, which is written whole or not at all; None
            for standard output, where each batch appears when it is done
        model: see `predict`, also for the others
        as_json: print JSON Lines
        engine: what runs an SNN, and where

    Raises:
        InputError: the model is not in the run, or a text cannot be read: the message has the
            number of its line.
        SnnConvertError: ``target`` cannot be written.
    """
    if target is not None:
        check_target(target)
    run = RunFolder(out)
    name = model or run.last_model()
    if isinstance(source, TextSource):
        source = replace(source, trained_on=text_columns(run))
    counts: Counter[str] = Counter()
    changed: Counter[str] = Counter(texts=0)
    failure = None
    with _batches(source, shown=target is not None or not is_terminal()) as batches:
        classifier = load_classifier(run, name, engine=engine)
        read = _watched(batches, classifier, changed)
        found = _counted((classified(classifier, texts) for texts in read), counts)
        if target is None:
            failure = write_screen(as_json, found)
        else:
            write_file(Path(target), classifier.classes, found)
    if failure:
        raise failure
    empty = counts.pop(EMPTY, 0)
    tell_changed(changed, counts.total(), classifier.stage.writing)
    if target is not None:
        most = ", ".join(f"{count:,} {name}" for name, count in counts.most_common(SHOWN))
        others = sum(count for _, count in counts.most_common()[SHOWN:])
        most += f", {others:,} of the {len(counts) - SHOWN} others" if others else ""
        note(f"{counts.total():,} texts classified by the {title(name)}, written to {target}")
        note(f"classes: {most or 'none'}")
    if empty and isinstance(source, TextSource):
        note(f"empty texts: {empty:,}; they get the class of a text without words")


@contextmanager
def _batches(source: TextSource | Sequence[str], shown: bool) -> Iterator[Iterator[list[str]]]:
    """The texts in lists, and a bar over the bytes of a file or over the texts."""
    if not isinstance(source, TextSource):
        yield iter([list(source[i : i + BATCH]) for i in range(0, len(source), BATCH)])
        return
    path = Path(source.name)
    size = path.stat().st_size if path.is_file() else None
    look = {"total": size, "unit": "B", "unit_scale": True} if size else {"unit": " texts"}
    with (
        bar(desc="predict", shown=shown, leave=False, **look) as moved,
        source.batches(lambda position: moved.update(position - moved.n)) as batches,
    ):
        yield batches if size else _moving(batches, moved)


def _moving(batches: Iterator[list[str]], shown: Any) -> Iterator[list[str]]:
    for texts in batches:
        yield texts
        shown.update(len(texts))


def _counted(batches: Iterator[list[Row]], counts: Counter[str]) -> Iterator[list[Row]]:
    """The rows as they are; ``counts`` gets how many there are of each class, and empty ones."""
    for rows in batches:
        counts.update(row["class"] for row in rows)
        counts[EMPTY] += sum(not row["text"].strip() for row in rows)
        yield rows


def _watched(
    batches: Iterator[list[str]], classifier: ModelClassifier, changed: Counter[str]
) -> Iterator[list[str]]:
    """The same batches; ``changed`` counts in how many texts the model's stage makes what alike."""
    for texts in batches:
        changed.update(classifier.stage.writing.changed(texts, classifier.language))
        yield texts


def classified(classifier: ModelClassifier, texts: Sequence[str]) -> list[Row]:
    """Text, class and probabilities by class of each text."""
    names = classifier.classes
    return [
        {
            "text": text,
            "class": names[int(row.argmax())],
            "probabilities": {name: float(p) for name, p in zip(names, row, strict=True)},
        }
        for text, row in zip(texts, classifier.probabilities(texts), strict=True)
    ]
