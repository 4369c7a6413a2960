"""The attack that changes nothing: unchanged texts under fresh noise.

A stochastic victim that misjudges a text in its second look would have been "attacked" with
success by any search that looks twice. What this finds is the share of an attack's success that
needs no attack.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import InputError, one_line
from ..seeds import derive
from .job import Example, failure
from .presets.noise import NOISE
from .records import Record, append, header_of, open_records
from .runs import check_ran, finished
from .victims import Classifier


def run_noise(
    classifier: Classifier,
    examples: Sequence[Example],
    victim: str,
    out: Path | str,
    *,
    seed: int = 0,
    verify_draws: int = 51,
    settings: Mapping[str, Any] | None = None,
) -> list[Record]:
    """Show every text of ``examples`` again, under fresh noise; records as of an attack.

    A text is skipped where the first look is wrong; "success" where it is right and a second one,
    as careful as the first, is wrong. As for other attacks a success is verified by a vote of
    ``verify_draws`` single draws. Texts that ``out`` has are not looked at again.

    Args:
        classifier: the victim; without noise no text can succeed.
        examples: the texts.
        victim: its name, for the file.
        out: the ``.jsonl`` file.
        seed: of all draws.
        verify_draws: single draws of the vote.
        settings: whatever else the records depend on.

    Returns:
        The records, in the order of ``examples``.

    Raises:
        InputError: as `run_attack`, of what is in the file.
        SnnConvertError: this machine ran out of something; the same call looks at those again.
    """
    path = Path(out)
    configuration: dict[str, Any] = {"victim": victim, "preset": NOISE.name, "seed": seed}
    configuration |= {"verify_draws": verify_draws, "settings": dict(settings or {})}
    with open_records(path, header_of(configuration)) as (records, handle):
        done = finished(path, records, examples)
        for example in examples:
            if example.index in done:
                continue
            own = derive(seed, NOISE.name, example.index)
            done[example.index] = _record(classifier, example, own, verify_draws)
            append(handle, path, done[example.index])
    check_ran(list(done.values()), path)
    return [done[example.index] for example in examples]


def _record(classifier: Classifier, example: Example, seed: int, draws: int) -> Record:
    """One text, looked at twice; an exception becomes a record too."""
    try:
        return _looked_at_twice(classifier, example, seed, draws)
    except Exception as error:  # one text must not end the run
        return failure(example, f"{type(error).__name__}: {one_line(error)}")


def _looked_at_twice(classifier: Classifier, example: Example, seed: int, draws: int) -> Record:
    if not 0 <= example.label < len(classifier.classes):
        raise InputError(f"label {example.label} is not one of the model's classes")
    first = classifier.probabilities([example.text], derive(seed, "first"))[0]  # (K,)
    second = classifier.probabilities([example.text], derive(seed, "second"))[0]
    clean, again = int(first.argmax()), int(second.argmax())
    right, holds = clean == example.label, clean == again
    record = replace(
        failure(example, ""),
        error=None,
        clean_prediction=clean,
        clean_probability=float(first[clean]),
        words=len(classifier.segment(example.text)),
        queries=2,
        status="success" if right and not holds else "failed" if right else "skipped",
    )
    if record.status != "success":
        return record
    shown = draws if classifier.stochastic else 1
    votes = classifier.votes([example.text], shown, derive(seed, "verify"))  # (1, K)
    return replace(
        record,
        adversarial_text=example.text,
        adversarial_prediction=again,
        verify_draws=shown,
        wrong_draws=shown - int(votes[0, example.label]),
    )
