"""`snnconvert predict`: the class of texts, by a model of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..text.inputs import TextsLike, as_texts
from .data import load_classifier
from .run_folder.run_folder import RunFolder
from .settings.engine import ENGINE, EngineSettings


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
        model: ``ann``, ``snn`` or ``finetuned``; the last one made where none is named
        as_json: print one JSON object per text
        engine: what runs an SNN, and where

    Raises:
        InputError: the model is not in the run, or something else than texts.
    """
    texts = as_texts(texts)
    run = RunFolder(out)
    classifier = load_classifier(run, model or run.last_model(), engine=engine)
    rows = []
    for text, row in zip(texts, classifier.probabilities(texts), strict=True):
        best = int(row.argmax())
        rows.append(
            {
                "text": text,
                "class": classifier.classes[best],
                "probabilities": {
                    name: float(p) for name, p in zip(classifier.classes, row, strict=True)
                },
            }
        )
        if as_json:
            print(json.dumps(rows[-1], ensure_ascii=False))
        else:
            print(f"{classifier.classes[best]}\t{row[best]:.3f}\t{text}")
    return rows
