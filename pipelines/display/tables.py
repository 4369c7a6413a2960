"""Tables for the terminal, from the figures in results.json."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..run_folder.run_folder import RunFolder
from .classes import NAMES as NAMES
from .classes import class_lines, reference_rows
from .classes import percent as percent


def _width(text: str) -> int:
    """Terminal columns of ``text``: Chinese characters take two."""
    import unicodedata

    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def table(header: Sequence[str], rows: Sequence[Sequence[Any]], right: bool = True) -> str:
    """Rows as aligned columns: the first to the left, the others to the right (or left too)."""
    cells = [[str(c) for c in row] for row in [header, *rows]]
    widths = [max(_width(row[i]) for row in cells) for i in range(len(header))]

    def line(row: list[str]) -> str:
        parts = [
            " " * (width - _width(c)) + c if i and right else c + " " * (width - _width(c))
            for i, (c, width) in enumerate(zip(row, widths, strict=True))
        ]
        return "  ".join(parts).rstrip()

    rule = "  ".join("-" * width for width in widths)
    return "\n".join([line(cells[0]), rule, *map(line, cells[1:])])


def curve_rows(results: dict[str, Any], name: str) -> list[list[str]]:
    """Rows of one model: title, T, dev %, test %, input spikes and SOPs per text (at the last T).

    An SNN has a row for each step, or for the powers of two of a run of more than eight.
    """
    if name not in results:
        return []
    figures = results[name]
    if "accuracy_by_step" not in figures:
        dev, test = percent(figures["dev_accuracy"]), percent(figures["test_accuracy"])
        return [[NAMES[name], "", dev, test, "", ""]]
    curve = list(zip(figures["dev_accuracy_by_step"], figures["accuracy_by_step"], strict=True))
    last = len(curve)
    rows = []
    for t, (dev, test) in enumerate(curve, 1):
        if last <= 8 or t & (t - 1) == 0 or t == last:
            spikes = f"{figures['input_spikes_per_sample']:.0f}" if t == last else ""
            sops = f"{figures['sops_per_sample']:.3g}" if t == last else ""
            rows.append([NAMES[name], str(t), percent(dev), percent(test), spikes, sops])
    return rows


def accuracy_table(results: dict[str, Any]) -> str:
    """ANN, SNN at each step and fine-tuned SNN: accuracy and macro F1 in percent, spikes and SOPs.

    Below them what they must be better than (see `summary_classes`), and accuracies by class.
    """
    rows = []
    for name in NAMES:
        own = curve_rows(results, name)
        scores = [""] * (len(own) - 1) + [percent(results.get(name, {}).get("test_macro_f1"))]
        rows += [[*row[:4], score, *row[4:]] for row, score in zip(own, scores, strict=False)]
    rows += [[name, "", *cells, "", ""] for name, cells in reference_rows(results)]
    header = ["model", "T", "dev %", "test %", "macro F1 %", "input spikes/text", "SOPs/text"]
    return "\n".join([table(header, rows), *class_lines(results)])


def robustness_table(rows: Sequence[dict[str, Any]]) -> str:
    """Victim by attack: accuracies, claimed and verified success, words changed, queries."""
    shown = []
    for row in rows:
        low, high = row["accuracy_under_attack_low"], row["accuracy_under_attack_high"]
        queries = "-" if row["queries"] is None else f"{row['queries']:.0f}"
        shown.append(
            [
                NAMES.get(row["victim"], row["victim"]),
                row["attack"] + " *" * bool(row.get("trained_on")),
                row["n"],
                percent(row["clean_accuracy"]),
                f"{percent(row['accuracy_under_attack'])} [{percent(low)}, {percent(high)}]",
                percent(row["success_rate"]),
                percent(row.get("verified_rate")),
                percent(row["words_changed"]),
                queries,
            ]
        )
    header = ["victim", "attack", "n", "clean %", "under attack % [95 %]"]
    header += ["success %", "verified %", "words %", "queries"]
    return table(header, shown)


def attack_summary(figures: dict[str, Any]) -> str:
    """The robustness table, and what may be concluded from it."""
    lines = [robustness_table(figures["rows"])]
    if any(row.get("trained_on") for row in figures["rows"]):
        lines.append("* the victim was trained on texts of this attack; the others were held out")
    dropped = {name: parts for name, parts in figures.get("dropped", {}).items() if parts}
    lines += [
        f"{name} is not as in its paper: {'; '.join(parts)}" for name, parts in dropped.items()
    ]
    lines += [f"- {sentence}" for sentence in figures.get("conclusions", [])]
    return "\n".join(lines)


def stage_text(results: dict[str, Any], stage: str) -> str:
    """The table of what one command has made."""
    return attack_summary(results["attack"]) if stage == "attack" else accuracy_table(results)


def run_text(run: RunFolder) -> str:
    """Every table of a run."""
    results = run.results()
    data = results["data"]
    sizes = "/".join(str(n) for n in data["sizes"].values())
    parts = [
        f"\n{data['name']} ({data['language']}), {sizes} texts, {', '.join(data['classes'])}",
        accuracy_table(results),
    ]
    if "attack" in results:
        parts += ["", attack_summary(results["attack"])]
    return "\n".join(parts)
