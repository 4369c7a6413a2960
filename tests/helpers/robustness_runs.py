"""Run folders whose attacks were made up by a seed, with all that the attack stage computes."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from snnconvert.attacks.records import Record, header_of, records_path
from snnconvert.attacks.statistics.compare import compare, correct, victim_pairs
from snnconvert.attacks.statistics.conclusions import conclusions
from snnconvert.attacks.statistics.scores import score, wilson
from snnconvert.attacks.statistics.tables import write_robustness
from snnconvert.pipelines.attack.names import parse_victim
from snnconvert.tests.helpers.report import RESULTS, write_run

WORDS = {
    "en": ["a", "good", "film", "with", "great", "cast", "but", "the", "plot", "is", "slow"],
    "zh": ["味道", "好极啦", "送餐", "很", "慢", "，", "米饭", "不错", "再也", "不会", "点", "了"],
}
NEW = {"en": "fiilm", "zh": "位道"}


def made_up(index: int, rate: float, language: str, dice: random.Random, noisy: bool) -> Record:
    """The record of text ``index``, which the attack wins with probability ``rate``."""
    own = random.Random(index)
    gap = " " if language == "en" else ""
    words = [own.choice(WORDS[language]) for _ in range(own.randint(4, 30))]
    places = sorted(dice.sample(range(len(words)), dice.randint(1, 3)))
    status = "skipped" if dice.random() < 0.15 else "success" if dice.random() < rate else "failed"
    won = status == "success"
    changed = [w if i not in places else NEW[language] for i, w in enumerate(words)]
    pairs = [[a, b] for a, b in zip(words, changed, strict=True) if a != b]
    return Record(
        index=index,
        label=1,
        text=gap.join(words),
        clean_prediction=int(status != "skipped"),
        clean_probability=round(0.5 + dice.random() / 2, 3),
        status=status,
        adversarial_text=gap.join(changed) if won else None,
        adversarial_prediction=0 if won else None,
        words=len(words),
        words_changed=len(pairs) if won else 0,
        queries=1 if status == "skipped" else int(10 ** (0.5 + 2 * dice.random())),
        changed_words=pairs if won else [],
        verify_draws=(51 if noisy else 1) if won else 0,
        wrong_draws=(dice.randint(18, 51) if noisy else 1) if won else 0,
    )


def facts(victim: str) -> dict[str, Any]:
    """What rows say of a victim."""
    name = parse_victim(victim)
    spiking = name.control != "" or not name.model.startswith("ann")
    return {
        "base": f"{name.model}{name.variant}",
        "control": name.control,
        "encoder": (name.code or "bitplane") if spiking else None,
        "steps": (name.steps or 7) if spiking else None,
    }


def attacked_run(
    folder: Path,
    victims: Sequence[str],
    attacks: Sequence[str],
    texts: int = 60,
    language: str = "en",
    rate: float | None = None,
    results: dict[str, Any] = RESULTS,
) -> Path:
    """A run folder; ``rate`` of success of every attack, by default one of its own for each."""
    dice = random.Random(f"{victims}{attacks}{texts}")
    records: dict[tuple[str, str], list[Record]] = {}
    for attack in attacks:
        for victim in victims:
            wins = dice.uniform(0.1, 0.9) if rate is None else rate
            noisy = "poisson" in victim
            records[victim, attack] = [
                made_up(i, wins, language, dice, noisy) for i in range(texts)
            ]
    rows = [{"victim": v, "attack": a, **facts(v), **score(r)} for (v, a), r in records.items()]
    tests = []
    for attack in attacks:
        for a, b in victim_pairs([row for row in rows if row["attack"] == attack]):
            names = {"victim_a": a, "victim_b": b, "attack": attack}
            tests.append(compare(records[a, attack], records[b, attack], samples=200, **names))
    tests = correct(tests)
    cells = []
    for attack in attacks:
        for source in victims:
            for target in victims:
                n = sum(r.verified for r in records[source, attack])
                hits = dice.randint(0, n)
                low, high = wilson(hits, n) or (None, None)
                share = {"n": n, "successes": hits, "rate": hits / n if n else None}
                cell = {"source": source, "target": target, "attack": attack}
                cells += [cell | share | {"low": low, "high": high}] * (source != target)
    figures = {
        "examples": texts,
        "query_budget": 500,
        "verify_draws": 51,
        "seed": 0,
        "presets": list(attacks),
        "left_out": {},
        "dropped": {attacks[0]: ["the sentence encoder", "named entities"]},
        "rows": rows,
        "comparisons": tests,
        "transfer": cells,
        "conclusions": conclusions(rows, tests, cells),
        "seconds": 12.3,
    }
    results = copy.deepcopy(results) | {"attack": {"rows": []}}
    results["data"]["language"] = language
    if language == "en":
        results["data"] |= {"name": "mr", "classes": ["negative", "positive"]}
    write_run(folder, results)
    results["attack"] = figures
    (folder / "results.json").write_text(json.dumps(results), encoding="utf-8")
    for (victim, attack), found in records.items():
        path = records_path(folder / "attack", victim, attack)
        path.parent.mkdir(exist_ok=True)
        lines = [header_of({"victim": victim}), *map(asdict, found)]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    write_robustness(folder / "attack", figures, results["data"]["name"])
    return folder
