"""The robustness section: accuracy under attack, paired tests, controls, transfer, examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .....attacks.preset import Role
from .....attacks.presets.catalogue import role_of
from .....attacks.presets.noise import NOISE
from .....attacks.statistics.conclusions import conclusions
from .....attacks.statistics.pairs import pair_sentences
from .....attacks.statistics.rows import AttackRow
from .....attacks.statistics.scores import largest_share
from .....attacks.statistics.tables import COLUMNS, COMPARISON_COLUMNS, TRANSFER_COLUMNS, table_rows
from .....typed_json import to_json
from ....display.names import attack, title, with_names
from ....run_folder.records.attack import AttackStage
from ...cells import ABSENT, Cell, Groups
from ...drawing.files import Figure, csv_link, figure
from ...format import NBSP, count, percent, span
from ...read import Run
from ...section import Section
from .bars import robustness_bars
from .examples import chosen_examples
from .queries import line_key, line_styles, panels
from .read import AttackResult, RobustnessFigures, read_robustness
from .transfer import matrices

MOST_OPEN = 30
"""Rows up to which a table of paired tests is shown without a click."""
GROUP = "Accuracy under attack"
KINDS = ("ann", "snn", "finetuned")


class Robustness(Section[RobustnessFigures]):
    """What adversarial texts leave of the accuracy."""

    title = "Robustness"
    stage = "attack"
    missing = "The models have not been attacked yet."
    template = "robustness.html"
    lead = "robustness/lead.html"
    card = "robustness/card.html"
    rank = 1

    def read(self, run: Run) -> RobustnessFigures | None:
        """The stage ``attack``, and its records."""
        return read_robustness(run)

    def heading(self, figures: RobustnessFigures | None) -> str:
        """What the section shows."""
        return self.title if figures is None else "Robustness against adversarial texts"

    def context(self, figures: RobustnessFigures) -> dict[str, Any]:
        """Figures, tables and files of the section.

        Returns:
            ``rows``: models under true attacks; ``controls``: everything else. Where there is no
            row of the first kind all are shown as if they were. ``uneven``: whether some are over
            fewer texts.
        """
        attacks, results = figures.stage, figures.results
        main = [result for result in results if result.main]
        rest = [result for result in results if not result.main]
        main, rest = (_by_attack(main), _by_attack(rest)) if main else (_by_attack(rest), [])
        with_texts = [r for r in main if any(record.status != "error" for record in r.records)]
        styles = line_styles(with_texts)
        return {
            "attacks": attacks,
            "weakest": figures.weakest,
            "uneven": len({result.scores.n for result in results}) > 1,
            "rows": main,
            "controls": rest,
            "noise": NOISE.name,
            "diagnostics": _diagnostics(rest),
            "conclusions": _sentences(attacks),
            "bars": _bars(main, figures.dataset),
            "failed": any(result.scores.errors for result in results),
            "claims": any(result.scores.unverified_share for result in results),
            "held": _all_held(results),
            "largest": _largest_class(main),
            "spelled": any(result.scores.similarity is not None for result in main),
            "dropped": {name: parts for name, parts in attacks.dropped.items() if parts},
            "comparisons": attacks.comparisons,
            "folded": len(attacks.comparisons) > MOST_OPEN,
            "panels": panels(with_texts),
            "lines": {victim: line_key(style) for victim, style in styles.items()},
            "transfer": matrices(attacks.transfer),
            "examples": chosen_examples(main, figures.classes),
            "files": _files(attacks, figures.dataset),
        }

    def row(self, figures: RobustnessFigures) -> Groups:
        """Accuracy of every model under every attack."""
        main = [result for result in figures.results if result.main]
        by_name = {(result.victim, result.attack): result for result in reversed(main)}
        return {
            GROUP: {
                f"{title(kind)}, {attack(name)}": _under(by_name.get((kind, name)))
                for name in dict.fromkeys(result.attack for result in main)
                for kind in KINDS
            }
        }


def _under(result: AttackResult | None) -> Cell:
    """Accuracy under an attack, with its interval."""
    share = result.scores.accuracy_under_attack if result else None
    if result is None or share is None:
        return ABSENT
    scores = result.scores
    ends = span(scores.accuracy_under_attack_low, scores.accuracy_under_attack_high)
    return Cell(percent(share), f"{ends}, {count(scores.n)} texts", share)


def _bars(results: Sequence[AttackResult], dataset: str) -> Figure | None:
    if not results:
        return None
    values = table_rows([to_json(result.row) for result in results], dataset)
    title = "accuracy under attack"
    return figure("accuracy-under-attack", title, robustness_bars(results), values)


def _largest_class(results: Sequence[AttackResult]) -> tuple[float, float] | None:
    """The least and the most that always answering one class gets right in a row; None of none.

    Read off the records, so that runs of before it was kept have it too.
    """
    shares = [share for r in results if (share := largest_share(r.records)) is not None]
    return (min(shares), max(shares)) if shares else None


def _diagnostics(results: Sequence[AttackResult]) -> list[str]:
    """The names of those that are no attacks, of victims and controls alike."""
    names = dict.fromkeys(result.attack for result in results)
    return [attack(name) for name in names if role_of(name) is Role.DIAGNOSTIC]


def _by_attack(results: Sequence[AttackResult]) -> list[AttackResult]:
    order = list(dict.fromkeys(result.attack for result in results))
    return sorted(results, key=lambda result: order.index(result.attack))


def _all_held(results: Sequence[AttackResult]) -> bool:
    """Whether there were claimed successes, and all of them hold."""
    claimed = [result.scores for result in results if result.scores.successes]
    return bool(claimed) and all(scores.successes == scores.verified for scores in claimed)


def _sentences(attacks: AttackStage) -> list[str]:
    """The conclusions, with models called as everywhere on the page.

    Those of runs from before every significant pair was named get the sentence that names them.
    """
    found = attacks.conclusions or _conclusions(attacks)
    pairs = pair_sentences(list(map(to_json, attacks.comparisons)))
    found = [*found, *(text for text in pairs if text not in found)]
    victims = {row.victim for row in attacks.rows}
    return [with_names(text, victims).replace(" %", f"{NBSP}%") for text in found]


def _conclusions(attacks: AttackStage) -> list[str]:
    """For runs that were attacked before conclusions were written."""
    rows = [to_json(with_base(row)) for row in attacks.rows]
    return conclusions(
        rows, list(map(to_json, attacks.comparisons)), list(map(to_json, attacks.transfer))
    )


def with_base(row: AttackRow) -> AttackRow:
    """A row with the victim's base, which is itself in runs that do not say."""
    return replace(row, base=row.base or row.victim)


def _files(attacks: AttackStage, dataset: str) -> dict[str, str]:
    """Links that hold a table as CSV, by name."""
    return {
        "rows": csv_link(table_rows(list(map(to_json, attacks.rows)), dataset), COLUMNS),
        "comparisons": csv_link(list(map(to_json, attacks.comparisons)), COMPARISON_COLUMNS),
        "transfer": csv_link(list(map(to_json, attacks.transfer)), TRANSFER_COLUMNS),
    }


SECTION = Robustness()
