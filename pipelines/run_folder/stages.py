"""The stages of a run: what each is made from, where it lies, and which command makes it."""

from __future__ import annotations

import re
from typing import Any

from .stage_files import digest

SHOWING = ("attack", "energy")  # stages that show any model, and on which none is built
STAGES = ("data", "ann", "snn", "finetuned", "ann-adversarial", "snn-adversarial", *SHOWING)
# what each stage builds on, for its fingerprint (attack names its models' hashes in its settings)
NEEDS: dict[str, tuple[str, ...]]
NEEDS = {"data": (), "ann": ("data",), "snn": ("ann",), "finetuned": ("snn",), "attack": ()}
NEEDS |= {"ann-adversarial": ("ann",), "snn-adversarial": ("snn",), "energy": ()}
# the folder of each stage; redoing a stage empties its own and those of all that build on it
FOLDERS = {name: name for name in STAGES} | {"data": "text"}
# the stages that make a model, and the command that does each
MAKERS = {"ann": "train --dataset NAME --out {run}", "snn": "convert {run}"}
MAKERS |= {"finetuned": "finetune {run}"}
PIPELINE = tuple(MAKERS)  # each made from the one before
MAKERS |= {
    f"{model}-adversarial": f"finetune {{run}} --adversarial ATTACK --model {model}"
    for model in ("ann", "snn")
}
MODELS = tuple(MAKERS)
# the command that does each stage
COMMANDS = {"data": MAKERS["ann"]} | MAKERS | {name: f"{name} {{run}}" for name in SHOWING}


def below(stage: str, settings: dict[str, Any]) -> tuple[str, ...]:
    """The stages that ``stage`` is made from; one that shows models names them in its settings."""
    shown = [*settings.get("victims", ()), *settings.get("models", ())] if stage in SHOWING else []
    bases = {re.split(r"[+@]", str(name))[0] for name in shown}
    return (*NEEDS[stage], *(name for name in MODELS if name in bases))


def digest_of(stage: str, results: dict[str, Any]) -> str | None:
    """What tells what a finished stage made from another; None where that is not known."""
    return digest(stage, results.get(stage, {}).get("files"))


def made_from_other(stage: str, results: dict[str, Any]) -> str:
    """The stage that ``stage`` was made from and that is another now, or nothing."""
    made_from = results[stage].get("made_from")
    for name, before in (made_from if isinstance(made_from, dict) else {}).items():
        now = digest_of(name, results)
        if now and now != before:
            return str(name)
        found = made_from_other(name, results) if name in results else ""
        if found:
            return found
    return ""


def above(stage: str) -> tuple[str, ...]:
    """``stage``, all that build on it, and those that show any model; in their order."""
    found = {stage} if stage in SHOWING else {stage, *SHOWING}
    for name in STAGES:
        if found.intersection(NEEDS[name]):
            found.add(name)
    return tuple(name for name in STAGES if name in found)
