"""The models that are attacked: a run's own, its ANN converted with another code, and controls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...attacks.controls import CONTROLS
from ...attacks.victim_name import VictimName
from ...errors import InputError
from ..run_folder.run_folder import RunFolder
from ..run_folder.stages import of_conversion
from ..settings.engine import ENGINE, EngineSettings
from .names import parse_victim

if TYPE_CHECKING:
    from ...attacks.controls.control import Control
    from ...attacks.victims import Classifier
    from ...convert.recipes.recipe import ConversionRecipe
    from ...engine.classifier import ModelClassifier
    from ...models.encoders.encoder import Encoder
    from ...models.text_model import TextModel
    from ..training.texts import Texts

CALIBRATION = 512  # training texts that the thresholds of a variant are balanced on


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
        name: see `attacks.victim_name`
        draws: noise draws averaged for a stochastic code
        engine: what runs SNNs
        seed: of the draw of the training texts that a variant's thresholds are balanced on

    Raises:
        InputError: no such victim, or its model has not been made.
    """
    return AttackedModel(RunFolder(path), parse_victim(name)).load(draws, engine, seed)


@dataclass(frozen=True)
class AttackedModel:
    """One victim of a run: what it is, and how it is made.

    run: whose models it is made of; name: its parts.
    """

    run: RunFolder
    name: VictimName

    @property
    def control(self) -> Control | None:
        """The control that it is, or None for a model itself."""
        return CONTROLS[self.name.control] if self.name.control else None

    @property
    def stage(self) -> str:
        """The stage of the model that it is, or is made of."""
        return of_conversion(self.name.model, self.name.conversion)

    @property
    def _snn(self) -> str:
        """The stage of the SNN that a control of an ANN takes after."""
        return of_conversion("snn", self.name.conversion)

    @property
    def of_snn(self) -> bool:
        """Whether an SNN's encoder and T belong to what it is."""
        return bool(self.name.control) or not self.name.is_ann

    @cached_property
    def code(self) -> tuple[Encoder, int]:
        """Encoder and T of the SNN that the name is about, from its spec: nothing is loaded.

        Raises:
            InputError: the run has no SNN, and the name gives no code.
        """
        if self.name.code:
            recipe = self.recipe()
            return recipe.encoder, recipe.steps
        from ...models.saving import load_code

        stage = self._snn if self.name.is_ann else self.stage
        if stage not in self.run.results():
            raise InputError(
                f"expected an SNN in {self.run.path} for the victim {self.name}, but none has been "
                f"made: convert first, or name a code, as in {self.name}@saf:4"
            )
        with self.run.reading(stage):
            return load_code(self.run.folder(stage))

    def recipe(self) -> ConversionRecipe:
        """The recipe of the SNN that the name is about: the run's own, changed by the name.

        Raises:
            InputError: the run has no SNN and the name gives no code, or they do not go together.
        """
        from ...convert.recipes.options import from_options, override, to_options
        from ...convert.recipes.published import load_options
        from ...convert.recipes.recipe import ConversionRecipe
        from ...models.encoders.encoder import code_named

        path = self.run.path / "snn" / "recipe.yaml"
        base = load_options(str(path))[1] if path.is_file() else to_options(ConversionRecipe())
        changes: dict[str, Any] = {}
        if self.name.code:
            kept = base.get("mapping", "auto")
            coding = code_named(self.name.code)
            fits = (coding.spiking and not coding.looks_up) == (kept != "none")
            changes = {"encoder": self.name.code, "steps": self.name.steps}
            changes["mapping"] = kept if fits else "auto"
        if self.name.rule:
            changes["threshold"] = self.name.rule
        return from_options(override(base, changes))

    def load(self, draws: int = 8, engine: EngineSettings = ENGINE, seed: int = 0) -> Classifier:
        """The victim itself; arguments and errors as `load_victim`."""
        from ..data import load_classifier

        if self.name.code and not self.control:
            return self._converted(draws, engine, seed)
        model = load_classifier(self.run, self.stage, draws, engine)
        return self.control.build(model, *self._fitted_code(seed)) if self.control else model

    def _fitted_code(self, seed: int) -> tuple[Encoder, int]:
        """`code`, with the gain that a conversion by it has."""
        if not self.name.code or not self.recipe().fits_gain:
            return self.code
        from ...convert.conversion import fitted_recipe

        ann, _, _, chosen = self._ann_and_texts(seed)
        recipe = fitted_recipe(self.recipe(), ann, chosen)
        return recipe.encoder, recipe.steps

    def _ann_and_texts(self, seed: int) -> tuple[TextModel, tuple[str, ...], Texts, list]:
        """The run's ANN, its classes and texts, and those that a variant is balanced on."""
        from ...models.text_model import TextModel
        from ..data import calibration_texts, load_run_model, load_run_texts

        ann, classes = load_run_model(self.run, "ann", TextModel)
        texts = load_run_texts(self.run)
        return ann, classes, texts, calibration_texts(texts, CALIBRATION, seed)

    def _converted(self, draws: int, engine: EngineSettings, seed: int) -> ModelClassifier:
        """The run's ANN, converted in memory."""
        from ...convert.conversion import convert_model
        from ...engine.classifier import ModelClassifier
        from ...models.devices import find_device

        ann, classes, texts, chosen = self._ann_and_texts(seed)
        snn = convert_model(ann, self.recipe(), chosen, seed).snn.to(find_device(engine.device))
        return ModelClassifier(texts.stage, snn, classes, draws, **engine.choice())

    def digest(self, seed: int) -> dict[str, Any]:
        """What tells it from another of the same name: weights, and the recipe of a variant.

        Raises:
            InputError: a model that it is made of has not been made, or is missing or damaged.
        """
        from ...convert.recipes.options import to_options

        figures: dict[str, Any] = {
            "weights": self._weights("ann" if self.name.code else self.stage)
        }
        if self.name.code:
            figures |= {"recipe": to_options(self.recipe())}
            figures |= {"calibration": CALIBRATION, "seed": seed}
        elif self.control and self.control.of_ann:
            figures["snn"] = self._weights(self._snn)
        return figures

    def _weights(self, stage: str) -> str:
        from ...models.saving import weights_hash

        self.run.check_files(stage, whole=True)
        return weights_hash(self.run.folder(stage))[:16]

    def describe(self) -> dict[str, Any]:
        """``base``, ``control``, ``encoder`` and ``steps``, as in rows of results."""
        code, steps = None, None
        if self.of_snn:
            encoder, steps = self.code
            code = self.control.code(encoder) if self.control else encoder.code
        base, control = self.name.base, self.name.control
        return {"base": base, "control": control, "encoder": code, "steps": steps}

    def trained_on(self) -> list[str]:
        """The attacks whose adversarial texts its model was trained on; most know of none."""
        figures = self.run.results().get(self.stage, {})
        return list(figures.get("adversarial", {}).get("attacks", []))

    def is_stochastic(self) -> bool:
        """Whether two looks of it at one text can differ."""
        if not self.of_snn:
            return False
        encoder, _ = self.code
        return self.control.stochastic(encoder) if self.control else encoder.stochastic


def control_victims(run: RunFolder, victims: Sequence[VictimName]) -> list[VictimName]:
    """The controls that say what the difference between an ANN and ``victims`` is made of.

    They are of every converted SNN among ``victims``: those that apply to its encoder, without
    those that are victims already.
    """
    wanted: list[VictimName] = []
    for name in victims:
        if name.model == "snn" and not name.control:
            encoder, _ = AttackedModel(run, name).code
            wanted += [c.victim(name) for c in CONTROLS.values() if c.applies(encoder)]
    return [name for name in dict.fromkeys(wanted) if name not in victims]
