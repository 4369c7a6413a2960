"""Tables for the terminal, from the figures in results.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...formatting import count, percent
from ...typed_json import to_json
from ..run_folder.records.attack import AttackStage
from ..run_folder.records.data import DataStage
from ..run_folder.records.models import ModelStage
from ..run_folder.records.stages import models_of, record_of
from ..run_folder.records.teacher import TeacherStage
from ..run_folder.run_folder import RunFolder
from .aligned import table
from .classes import class_lines, reference_rows, score_lines
from .names import title, victim, with_names


def curve_rows(name: str, model: ModelStage) -> list[list[str]]:
    """Rows of one model: title, T, dev %, test %, input spikes and SOPs per text (at the last T).

    An SNN has a row for each step, or for the powers of two of a run of more than eight.
    """
    if not model.accuracy_by_step:
        dev, test = percent(model.dev_accuracy), percent(model.test_accuracy)
        return [[title(name), "", dev, test, "", ""]]
    curve = list(zip(model.dev_accuracy_by_step, model.accuracy_by_step, strict=True))
    last = len(curve)
    rows = []
    for t, (dev_share, test_share) in enumerate(curve, 1):
        if last <= 8 or t & (t - 1) == 0 or t == last:
            spikes = count(model.input_spikes_per_sample) if t == last else ""
            sops = count(model.sops_per_sample) if t == last else ""
            shares = [percent(dev_share), percent(test_share)]
            rows.append([title(name), str(t), *shares, spikes, sops])
    return rows


def accuracy_table(results: Mapping[str, Any]) -> str:
    """ANN, SNN at each step and fine-tuned SNN: accuracy and macro F1 in percent, spikes and SOPs.

    Below them what they must be better than (see `classes.reference_rows`), and accuracies by
    class.

    Args:
        results: figures by stage, as results.json has them
    """
    models = models_of(results)
    rows = []
    for name, model in models.items():
        own = curve_rows(name, model)
        score = percent(model.test.macro_f1 if model.test else None)
        scores = [*[""] * (len(own) - 1), score]
        rows += [[*row[:4], score, *row[4:]] for row, score in zip(own, scores, strict=True)]
    rows += [[name, "", *cells, "", ""] for name, cells in reference_rows(models)]
    header = ["model", "T", "dev %", "test %", "macro F1 %", "input spikes/text", "SOPs/text"]
    return "\n".join([table(header, rows), *score_lines(models), *class_lines(models)])


def robustness_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Victim by attack: accuracies, claimed and verified success, words changed, queries.

    Above it what accuracies must be better than, where it is known.
    """
    shown = []
    for row in rows:
        low, high = row["accuracy_under_attack_low"], row["accuracy_under_attack_high"]
        shown.append(
            [
                victim(row["victim"]),
                row["attack"] + " *" * bool(row.get("trained_on")),
                row["n"],
                percent(row["clean_accuracy"]),
                f"{percent(row['accuracy_under_attack'])} [{percent(low)}, {percent(high)}]",
                percent(row["success_rate"]),
                percent(row.get("verified_rate")),
                percent(row["words_changed"]),
                count(row["queries"]),
            ]
        )
    header = ["victim", "attack", "n", "clean %", "under attack % [95 %]"]
    header += ["success %", "verified %", "words %", "queries"]
    return "\n".join([*_largest_class(rows), table(header, shown)])


def _largest_class(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line on what always answering one class gets right, of which no attack takes anything."""
    shares = [share for row in rows if (share := row.get("largest_class_share")) is not None]
    if not shares:
        return []
    ends = dict.fromkeys(percent(share) for share in (min(shares), max(shares)))
    return [f"largest class always: {' to '.join(ends)} % right, before and under every attack"]


def attack_summary(found: AttackStage) -> str:
    """The robustness table, and what may be concluded from it."""
    lines = [robustness_table([to_json(row) for row in found.rows])]
    if any(row.trained_on for row in found.rows):
        lines.append("* the victim was trained on texts of this attack; the others were held out")
    lines += [
        f"{name} is not as in its paper: {'; '.join(parts)}"
        for name, parts in found.dropped.items()
        if parts
    ]
    victims = {row.victim for row in found.rows}
    lines += [f"- {with_names(sentence, victims)}" for sentence in found.conclusions]
    return "\n".join(lines)


def teacher_table(found: TeacherStage) -> str:
    """The accuracies of every teacher in percent, and of several those of their mean logits."""
    rows = [
        [t.name, percent(t.dev_accuracy), percent(t.test_accuracy), f"{t.parameters:,}"]
        for t in found.teachers
    ]
    if len(rows) > 1:
        rows.append(
            ["mean of logits", percent(found.dev_accuracy), percent(found.test_accuracy), ""]
        )
    return table(["teacher", "dev %", "test %", "parameters"], rows)


def stage_text(results: Mapping[str, Any], stage: str) -> str:
    """The table of what one command has made."""
    if stage == "attack":
        return attack_summary(record_of(results["attack"], "attack", AttackStage))
    if stage == "teacher":
        return teacher_table(record_of(results["teacher"], "teacher", TeacherStage))
    return accuracy_table(results)


def run_text(run: RunFolder) -> str:
    """Every table of a run."""
    results = run.results()
    data = run.record("data", DataStage, results)
    sizes = "/".join(str(n) for n in data.sizes.values())
    parts = [
        f"\n{data.name} ({data.language}), {sizes} texts, {', '.join(data.classes)}",
        accuracy_table(results),
    ]
    if "attack" in results:
        parts += ["", stage_text(results, "attack")]
    return "\n".join(parts)
