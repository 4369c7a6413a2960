"""Attack many texts, here or with workers, so that a stopped run goes on where it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import InputError, SnnConvertError
from ..formatting import listing
from ..seeds import derive
from ..text.inputs import TextsLike, as_labels, as_texts
from .job import Example, Job, data_digest, library_versions
from .presets.catalogue import preset as find_preset
from .presets.requirements import check_assets, check_classifier
from .progress import Progress
from .records import Record, append, header_of, open_records, read_records
from .victims import Classifier
from .workers.pool import AttackPool, OneProcess

__all__ = ["Example", "Record", "first_drawn", "read_records", "run_attack", "select_examples"]

VERIFY_DRAWS = 51
"""Fresh noise draws that every adversarial text of a stochastic victim is shown with; odd."""


def select_examples(texts: TextsLike, labels: Sequence[int], n: int, seed: int) -> list[Example]:
    """Draw ``n`` texts by ``seed``, without replacement; all of them where there are fewer.

    The draw does not depend on victim or attack, nor on ``n``: fewer are the first of more.

    Raises:
        InputError: ``n`` is not positive, texts and labels differ in number, or one is no text
            or no number of a class.
    """
    if n < 1:
        raise InputError(f"expected at least 1 text to attack, got {n}")
    known = as_texts(texts)
    numbers = as_labels(labels, len(known))
    order = sorted(range(len(known)), key=lambda i: _place(seed, i))
    return [Example(i, known[i], numbers[i]) for i in order[:n]]


def first_drawn(records: Sequence[Record], n: int, seed: int) -> list[Record]:
    """Of ``records`` those of the ``n`` texts that `select_examples` draws first, in that order.

    A file of records has more than an attack is summed up over while a larger one is under way.
    """
    return sorted(records, key=lambda record: _place(seed, record.index))[:n]


def _place(seed: int, index: int) -> int:
    """What texts are drawn in the order of."""
    return derive(seed, "attack-examples", index)


def run_attack(
    victims: Classifier | AttackPool,
    examples: Sequence[Example],
    preset: str,
    victim: str,
    out: Path | str,
    *,
    seed: int = 0,
    query_budget: int = 500,
    verify_draws: int = VERIFY_DRAWS,
    settings: Mapping[str, Any] | None = None,
    progress: bool | Progress = True,
) -> list[Record]:
    """Attack ``examples`` with ``preset``, one line in ``out`` per text as it ends.

    Texts that ``out`` has are not attacked again. Every text has its own seed, for the attack's
    draws and for the victim's noise, so the records do not depend on where a run was stopped, nor
    on who attacked which text. An exception in one text becomes a record of status "error"; an
    interrupt leaves a good file.

    Args:
        victims: the victim, or a pool of workers (`attack_pool`) that can load it.
        examples: the texts; their indices must differ.
        preset: name of the attack, see `PRESETS`.
        victim: name of the victim, for the workers, the file and the progress bar.
        out: the ``.jsonl`` file; only this process writes it.
        seed: of the whole attack.
        query_budget: texts that one attack may show the victim, the clean one included.
        verify_draws: noise draws on which an adversarial text of a stochastic victim is verified.
        settings: whatever else the records depend on, such as the hash of the weights (JSON).
        progress: show a bar with rate and time left; or the bar of several attacks.

    Returns:
        The records, in the order of ``examples``.

    Raises:
        InputError: wrong preset for the language, missing assets, a bad budget, repeated indices,
            or a file of another configuration.
        SnnConvertError: the file cannot be written, another process writes it, or workers fail.
    """
    _check(examples, preset, query_budget)
    pool = victims if isinstance(victims, AttackPool) else _only(victims, preset)
    check_assets([preset])
    data, versions = data_digest(preset), library_versions()
    job = Job(victim, preset, seed, query_budget, verify_draws, data, versions)
    path = Path(out)
    with open_records(path, header_of(_configuration(job, settings))) as (records, handle):
        done = finished(path, records, examples)
        waiting = [example for example in examples if example.index not in done]
        own = Progress(len(examples), progress is True and bool(waiting))
        bar = progress if isinstance(progress, Progress) else own
        with own, closing(pool.records(job, waiting)) as ended:
            bar.begin(f"{victim} {preset}", len(done))
            for record in ended:
                append(handle, path, record)
                done[record.index] = record
                bar.step()
    check_ran(list(done.values()), path)
    return [done[example.index] for example in examples]


def check_ran(records: Sequence[Record], path: Path) -> None:
    """Say that texts have to be attacked again, where this machine ran out of something.

    Raises:
        SnnConvertError: says how many, and of what.
    """
    failed = [record.failed_outside for record in records if record.failed_outside]
    if failed:
        raise SnnConvertError(
            f"the attack on {len(failed)} of {len(records)} texts ended since this machine ran out "
            f"of {listing(dict.fromkeys(failed))} ({path}): the others are kept, and the same "
            "command attacks these again; fewer --workers or a smaller model need less"
        )


def _check(examples: Sequence[Example], preset: str, query_budget: int) -> None:
    """Refuse an attack that is none, and texts that cannot be told apart."""
    find_preset(preset)
    if query_budget < 1:
        raise InputError(f"expected a query budget of at least 1, got {query_budget}")
    if len({example.index for example in examples}) < len(examples):
        raise InputError("expected examples with different indices, but some occur twice")


def _only(classifier: Classifier, preset: str) -> AttackPool:
    """A pool of this process alone, with one victim that is loaded already."""
    check_classifier(classifier, preset)
    return OneProcess(lambda _: classifier)


def _configuration(job: Job, settings: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the records of ``job`` depend on, apart from the texts."""
    dropped = list(find_preset(job.preset).dropped)
    surroundings = {"versions": dict(job.versions), "settings": dict(settings or {})}
    return {**asdict(job), "dropped": dropped, **surroundings}


def finished(
    path: Path, records: Sequence[Record], examples: Sequence[Example]
) -> dict[int, Record]:
    """The records in the file that belong to ``examples``, by index."""
    asked = {example.index: example for example in examples}
    done: dict[int, Record] = {}
    for record in records:
        example = asked.get(record.index)
        if example is None or record.failed_outside:
            continue  # of an earlier run with more texts
        if (record.text, record.label) != (example.text, example.label):
            raise InputError(
                f"{path} has another text or label at index {record.index}, so the data set has "
                "changed; choose another folder, or delete that file to start over"
            )
        done[record.index] = record
    return done
