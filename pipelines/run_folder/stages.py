"""The stages of a run: what each is made from, where it lies, and which command makes it.

A run may hold several conversions of its ANN. Those of the first, which has no name, are the stages
``snn``, ``finetuned`` and ``snn-adversarial``; those of one called NAME are ``snn@NAME`` and so on,
in the folders ``snn-NAME`` and so on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ...attacks.victim_name import VictimName
from ...errors import InputError
from .stage_files import digest

# stages that show any model, on which none is built, and which grow: they are made anew for what
# they lack, without --force
SHOWING = ("attack", "energy")
OF_CONVERSION = ("snn", "finetuned", "snn-adversarial")  # a run has one for each conversion
# what each stage builds on, for its fingerprint (attack names its models' hashes in its settings)
NEEDS: dict[str, tuple[str, ...]]
NEEDS = {"data": (), "ann": ("data",), "snn": ("ann",), "finetuned": ("snn",)}
NEEDS |= {"ann-adversarial": ("ann",), "snn-adversarial": ("snn",), "attack": (), "energy": ()}
# of texts and labels alone, whose hash its settings name: other vectors leave it as it is
NEEDS |= {"teacher": (), "spiking": ("data",)}
STAGES = tuple(NEEDS)
# the stages that make a model, and the command that does each
MAKERS = {"ann": "train --dataset NAME --out {run}", "snn": "convert {run}"}
MAKERS |= {"finetuned": "finetune {run}"}
PIPELINE = tuple(MAKERS)  # each made from the one before
MAKERS |= {
    f"{model}-adversarial": f"finetune {{run}} --adversarial ATTACK --model {model}"
    for model in ("ann", "snn")
}
# a network that is trained as a spiking one, of which nothing is made
MAKERS |= {"spiking": "train --model spiking-bert --dataset NAME --out {run}"}
MODELS = tuple(MAKERS)
# the command that does each stage
COMMANDS = (
    {"data": MAKERS["ann"], "teacher": "teach {run} --teacher NAME"}
    | MAKERS
    | {name: f"{name} {{run}}" for name in SHOWING}
)


_CONVERSION = re.compile(r"[\w.+-]{1,200}")


def check_names(stages: Iterable[str], where: str) -> None:
    """Refuse names of conversions that cannot be parts of folders' names.

    Raises:
        InputError: names it, and the file ``where`` it stands.
    """
    for stage in stages:
        name = conversion_of(stage)
        if "@" in stage and (not _CONVERSION.fullmatch(name) or set(name) <= {"."}):
            raise InputError(
                f"expected the name of a conversion after @, of letters, digits, - and _, in "
                f"{where}, but it is {stage[:60]!r}; take that entry out of the file"
            )


def kind_of(stage: str) -> str:
    """A stage's name without that of its conversion: ``snn`` of ``snn@t4``."""
    return stage.partition("@")[0]


def conversion_of(stage: str) -> str:
    """The name of the conversion that a stage is of, "" for the first one."""
    return stage.partition("@")[2]


def of_conversion(kind: str, name: str) -> str:
    """The stage of that kind of the conversion called ``name``: ``snn@t4``.

    One that conversions share, such as the ANN, is what it is.
    """
    return f"{kind}@{name}" if name and kind in OF_CONVERSION else kind


def needs(stage: str) -> tuple[str, ...]:
    """The stages that ``stage`` builds on."""
    return tuple(of_conversion(name, conversion_of(stage)) for name in NEEDS[kind_of(stage)])


def folder_name(stage: str) -> str:
    """Where a stage lies in a run; redoing it empties its folder and those built on it."""
    kind, name = kind_of(stage), conversion_of(stage)
    own = "text" if kind == "data" else kind
    return f"{own}-{name}" if name else own


def command_of(stage: str) -> str:
    """The command that makes ``stage``, its run as ``{run}``."""
    name = conversion_of(stage)
    return COMMANDS[kind_of(stage)] + (f" --name {name}" if name else "")


def is_model(stage: str) -> bool:
    """Whether it is the name of a stage that makes a model."""
    kind, name = kind_of(stage), conversion_of(stage)
    return kind in MODELS and stage == of_conversion(kind, name) and "@" not in name


def is_spiking(stage: str) -> bool:
    """Whether it makes an SNN of the pipeline, of whichever conversion; others compare it."""
    return kind_of(stage) in PIPELINE[1:]


def conversions(stages: Iterable[str]) -> list[str]:
    """The names of the conversions that ``stages`` are of, the first one's "" always among them."""
    return list(dict.fromkeys(["", *(conversion_of(name) for name in stages if is_model(name))]))


def models_among(stages: Iterable[str]) -> list[str]:
    """The models among ``stages``: those of the first conversion, then those of each other one."""
    there = list(stages)
    ordered = [of_conversion(kind, name) for name in conversions(there) for kind in MODELS]
    return [name for name in dict.fromkeys(ordered) if name in there]


def last_spiking(stages: Iterable[str]) -> str | None:
    """The fine-tuned SNN, else the converted one, of the conversion without a name.

    Where that has none, of the one that was named last; None where there is no SNN.
    """
    there = list(stages)
    first, *named = conversions(there)
    wanted = [
        of_conversion(kind, name)
        for name in (first, *reversed(named))
        for kind in reversed(PIPELINE[1:])
    ]
    return next((name for name in wanted if name in there), None)


def made_of(victim: str) -> tuple[str, ...]:
    """The stages of the models that an attack's victim is made of."""
    name = VictimName.of(victim)
    if not (name.control or name.code):
        return (victim,)
    snn = of_conversion("snn", name.conversion)
    own = "ann" if name.code and not name.is_ann else of_conversion(name.model, name.conversion)
    # a control of an ANN, and a conversion in memory, take after the run's SNN
    return (own, snn) if name.is_ann or name.code else (own,)


def below(stage: str, settings: dict[str, Any]) -> tuple[str, ...]:
    """The stages that ``stage`` is made from; one that shows models names them in its settings."""
    shown = [*settings.get("victims", ()), *settings.get("models", ())] if stage in SHOWING else []
    return (*needs(stage), *models_among({base for name in shown for base in made_of(str(name))}))


def digest_of(stage: str, results: dict[str, Any]) -> str | None:
    """What tells what a finished stage made from another; None where that is not known."""
    return digest(kind_of(stage), results.get(stage, {}).get("files"))


def made_from(figures: dict[str, Any]) -> dict[str, Any]:
    """What tells the stages apart that a stage was made from, by name; none where it says none."""
    found = figures.get("made_from")
    return found if isinstance(found, dict) else {}


def made_from_other(stage: str, results: dict[str, Any]) -> str:
    """The stage that ``stage`` was made from and that is another now, or nothing.

    Every stage is looked at once, as a file that was changed by hand may name them in a circle.
    """
    waiting, seen = [stage], {stage}
    while waiting:
        for name, before in made_from(results[waiting.pop()]).items():
            now = digest_of(name, results)
            if now and now != before:
                return str(name)
            if name in results and name not in seen:
                seen.add(name)
                waiting.append(name)
    return ""


def above(stage: str, there: Iterable[str] = ()) -> tuple[str, ...]:
    """``stage`` and all that build on it, in their order, of the usual stages and those ``there``.

    Stages that show models are among them only where every model goes.
    """
    found = {stage, *SHOWING} if stage in ("data", "ann", "spiking") else {stage}
    known = [*STAGES, *(name for name in there if kind_of(name) in NEEDS)]
    for name in known:
        if found.intersection(needs(name)):
            found.add(name)
    return tuple(name for name in dict.fromkeys(known) if name in found)
