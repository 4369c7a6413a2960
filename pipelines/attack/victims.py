"""Victims of an attack by name: a run's models, its SNN with another code, and controls.

    MODEL[+CONTROL][@CODE:STEPS[:RULE]]

- ``ann``, ``snn``, ``finetuned`` ...: the models of the run
- ``snn@poisson:7``: the run's ANN converted with another code, T and, where given, threshold rule;
  the rest of the recipe is that of the run's SNN
- ``ann+noise``: the ANN fed the mean of the SNN's spikes, ``ann+levels``: with scores of T + 1
  levels; after ``@`` stands of which SNN, by default the run's own
- ``snn+deterministic``, ``finetuned+deterministic``: without the noise of the Poisson code
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...convert.thresholds import RULES
from ...errors import InputError
from ..run_folder.run_folder import RunFolder
from ..run_folder.stages import MODELS
from ..settings.choices import CODES
from ..settings.engine import ENGINE, EngineSettings

if TYPE_CHECKING:
    from ...attacks.victims import Classifier
    from ...convert.recipes.recipe import ConversionRecipe
    from ...engine.classifier import ModelClassifier

CALIBRATION = 512  # training texts that the thresholds of a variant are balanced on
CONTROLS = ("noise", "levels", "deterministic")
_NAME = re.compile(r"([a-z-]+)(?:\+([a-z]+))?(?:@([a-z]+):(\d+)(?::([\w-]+))?)?")


@dataclass(frozen=True)
class VictimName:
    """A victim's name in parts.

    Attributes:
        model: of the run.
        control: one of `CONTROLS`, "" for none.
        code: input code of a variant, "" for the run's own SNN.
        steps: its T; 0 with the run's own.
        rule: its threshold rule, "" for the recipe's.
    """

    model: str
    control: str = ""
    code: str = ""
    steps: int = 0
    rule: str = ""

    def __str__(self) -> str:
        control = f"+{self.control}" if self.control else ""
        return f"{self.model}{control}{self.variant}"

    @property
    def variant(self) -> str:
        """From the ``@`` on, "" for the run's own SNN."""
        rule = f":{self.rule}" if self.rule else ""
        return f"@{self.code}:{self.steps}{rule}" if self.code else ""

    @property
    def snn(self) -> VictimName:
        """The converted SNN that the name is about."""
        return replace(self, model="snn", control="")


def parse_victim(name: str) -> VictimName:
    """The parts of a victim's name.

    Raises:
        InputError: it is none; the message says what they look like.
    """
    match = _NAME.fullmatch(name)
    if not match:
        raise InputError(
            f"expected a victim like snn, ann+noise or snn@poisson:7, but got {name!r}"
        )
    model, control, code, steps, rule = (part or "" for part in match.groups())
    found = VictimName(model, control, code, int(steps or 0), rule)
    _check(name, found)
    return found


def _check(name: str, found: VictimName) -> None:
    """Refuse parts that are unknown or do not go together."""
    for value, known, what in (
        (found.model, MODELS, "a model"),
        (found.control, ("", *CONTROLS), "a control"),
        (found.code, ("", *CODES), "an input code"),
        (found.rule, ("", *RULES), "a threshold rule"),
    ):
        if value not in known:
            listed = ", ".join(filter(None, known))
            raise InputError(f"expected {what} of {listed} in the victim {name!r}, got {value!r}")
    of_ann = found.control in ("noise", "levels")
    is_ann = found.model.startswith("ann")
    if found.control and of_ann != is_ann:
        fitting = "ann" if of_ann else "snn or finetuned"
        raise InputError(f"expected the control +{found.control} with {fitting}, but got {name!r}")
    if found.code and not (found.model == "snn" or of_ann):
        raise InputError(
            f"expected a code after @ with snn, ann+noise or ann+levels, but got {name!r}: other "
            "models are what they were trained as"
        )
    if found.code and found.steps < 1:
        raise InputError(f"expected at least one time step in the victim {name!r}")


def make_recipe(run: RunFolder, name: VictimName) -> ConversionRecipe:
    """The recipe of the SNN that a name is about: the run's own, changed by the name.

    Raises:
        InputError: the run has no SNN and the name gives no code, or they do not go together.
    """
    from ...convert.recipes.options import from_options, override, to_options
    from ...convert.recipes.published import load_options
    from ...convert.recipes.recipe import ConversionRecipe

    path = run.path / "snn" / "recipe.yaml"
    base = load_options(str(path))[1] if path.is_file() else to_options(ConversionRecipe())
    changes: dict[str, Any] = {}
    if name.code:
        kept = base.get("mapping", "auto")
        fits = (name.code == "direct") == (kept == "none")
        changes = {"encoder": name.code, "steps": name.steps, "mapping": kept if fits else "auto"}
    if name.rule:
        changes["threshold"] = name.rule
    return from_options(override(base, changes))


def load_victim(
    path: Path | str,
    name: str,
    draws: int = 8,
    engine: EngineSettings = ENGINE,
    seed: int = 0,
) -> Classifier:
    """The victim called ``name`` of a run folder.

    Args:
        path: of the run folder
        name: see the module
        draws: noise draws averaged for a stochastic code
        engine: what runs SNNs
        seed: of the draw of the training texts that a variant's thresholds are balanced on

    Raises:
        InputError: no such victim, or its model has not been made.
    """
    from ...attacks.controls import CodedAnn, QuantisedScores, without_noise
    from ..data import load_classifier

    run, parts = RunFolder(path), parse_victim(name)
    if parts.control in ("noise", "levels"):
        ann = load_classifier(run, parts.model, draws, engine)
        code, steps = code_of(run, parts)
        if parts.control == "levels":
            return QuantisedScores(ann, steps)
        return CodedAnn(ann, code, steps, draws)
    if parts.code:
        return _converted(run, parts, draws, engine, seed)
    loaded = load_classifier(run, parts.model, draws, engine)
    return without_noise(loaded, **vars(engine)) if parts.control else loaded


def code_of(run: RunFolder, name: VictimName) -> tuple[Any, int]:
    """Encoder and T of the SNN that a name is about.

    Raises:
        InputError: the run has no SNN, and the name gives no code.
    """
    if not name.code:
        from ...models.snn import SpikingTextModel
        from ..data import load_run_model

        if "snn" not in run.results():
            raise InputError(
                f"expected an SNN in {run.path} for the victim {name}, but none has been made: "
                f"convert first, or name a code, as in {name}@saf:4"
            )
        model, _ = load_run_model(run, "snn", SpikingTextModel)
        return model.encoder, model.steps
    recipe = make_recipe(run, name)
    return recipe.encoder, recipe.steps


def _converted(
    run: RunFolder,
    name: VictimName,
    draws: int,
    engine: EngineSettings,
    seed: int,
) -> ModelClassifier:
    """The run's ANN, converted in memory."""
    from ...convert.conversion import convert_model
    from ...engine.classifier import ModelClassifier
    from ...models.text_model import TextModel
    from ..data import calibration_texts, load_run_model, load_run_texts

    ann, classes = load_run_model(run, "ann", TextModel)
    texts = load_run_texts(run)
    chosen = calibration_texts(texts, CALIBRATION, seed)
    snn = convert_model(ann, make_recipe(run, name), chosen, seed).snn
    return ModelClassifier(texts.stage, snn, classes, draws, **vars(engine))


def victim_digest(run: RunFolder, victim: str, seed: int) -> dict[str, Any]:
    """What tells a victim from another of the same name: weights, and the recipe of a variant.

    Raises:
        InputError: a model that it is made of has not been made, or is missing or damaged.
    """
    from ...convert.recipes.options import to_options
    from ...models.saving import weights_hash

    name = parse_victim(victim)
    of_snn = name.control in ("noise", "levels")
    source = "ann" if name.code else name.model
    run.check_files(source, whole=True)
    found: dict[str, Any] = {"weights": weights_hash(run.path / source)[:16]}
    if name.code:
        found |= {"recipe": to_options(make_recipe(run, name))}
        found |= {"calibration": CALIBRATION, "seed": seed}
    elif of_snn:
        run.check_files("snn", whole=True)
        found["snn"] = weights_hash(run.path / "snn")[:16]
    return found


def describe_victim(run: RunFolder, victim: str) -> dict[str, Any]:
    """``base``, ``control``, ``encoder`` and ``steps`` of a victim, as in rows of results."""
    name = parse_victim(victim)
    code, steps = None, None
    if name.control or not name.model.startswith("ann"):
        encoder, steps = code_of(run, name)
        code = "saf" if name.control == "deterministic" else encoder.code
    base = f"{name.model}{name.variant}"
    return {"base": base, "control": name.control, "encoder": code, "steps": steps}


def trained_on(run: RunFolder, victim: str) -> list[str]:
    """The attacks whose adversarial texts a victim's model was trained on; most know of none."""
    figures = run.results().get(parse_victim(victim).model, {})
    return list(figures.get("adversarial", {}).get("attacks", []))


def is_stochastic(run: RunFolder, victim: str) -> bool:
    """Whether two looks of a victim at one text can differ."""
    name = parse_victim(victim)
    of_code = name.control == "noise" or not (name.control or name.model.startswith("ann"))
    return bool(of_code and code_of(run, name)[0].stochastic)


def control_victims(run: RunFolder, victims: Sequence[str]) -> list[str]:
    """The controls that say what the difference between an ANN and ``victims`` is made of.

    For every converted SNN among them, the ANN with its number of score levels, and, where its
    code is drawn at random, the ANN with its noise and itself without.
    """
    found: list[str] = []
    for victim in victims:
        name = parse_victim(victim)
        if name.model != "snn" or name.control:
            continue
        encoder, _ = code_of(run, name)
        found.append(f"ann+levels{name.variant}")
        if encoder.stochastic:
            found.append(f"ann+noise{name.variant}")
            quiet = (
                replace(name, code="saf") if name.code else replace(name, control="deterministic")
            )
            found.append(str(quiet))
    return list(dict.fromkeys(name for name in found if name not in victims))
