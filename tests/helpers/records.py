"""Records of attacks that were never run."""

from __future__ import annotations

from typing import Any

from snnconvert.attacks.records import Record
from snnconvert.attacks.statistics.rows import AttackRow
from snnconvert.attacks.statistics.scores import score
from snnconvert.pipelines.report.sections.robustness.read import AttackResult
from snnconvert.typed_json import made


def record(status: str, index: int = 0, **more: Any) -> Record:
    """A record of ``status``: success (which holds), unverified, failed, skipped or error."""
    won, error = status in ("success", "unverified"), status == "error"
    fields: dict[str, Any] = {
        "index": index,
        "label": 1,
        "text": f"text {index}",
        "clean_prediction": None if error else int(status != "skipped"),
        "clean_probability": None if error else 0.9,
        "status": "success" if won else status,
        "adversarial_text": f"test {index}" if won else None,
        "adversarial_prediction": 0 if won else None,
        "words": 0 if error else 10,
        "words_changed": 1 if won else 0,
        "queries": 0 if error else 1,
        "changed_words": [["text", "test"]] if won else [],
        "error": "ValueError: no" if error else None,
        "verify_draws": 51 if won else 0,
        "wrong_draws": {"success": 40, "unverified": 25}.get(status, 0),
    }
    return Record(**fields | more)


CODES = {"s": "success", "u": "unverified", "f": "failed", "k": "skipped", "e": "error"}


def records(codes: str, **more: Any) -> list[Record]:
    """One record a letter: s success, u unverified success, f failed, k skipped, e error."""
    return [record(CODES[code], i, **more) for i, code in enumerate(codes)]


def attack_result(victim: str, made_up: list[Record], attack: str = "pwws") -> AttackResult:
    """One attack on one victim, with the figures of its records."""
    row = {"victim": victim, "attack": attack, **score(made_up)}
    return AttackResult(made(AttackRow, row), made_up)
