"""`snnconvert convert`: balance thresholds, build the SNN, verify it, measure it, report it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...convert.conversion import Conversion, convert_model
from ...convert.diagnosis.diagnose import diagnose
from ...convert.recipes.file import save_recipe
from ...convert.recipes.options import to_options
from ...convert.recipes.recipe import ConversionRecipe
from ...convert.rules.pooling import pooling_used
from ...files import write_json
from ...models.devices import find_device
from ...models.saving import save_model
from ...models.text_model import TextModel
from ...typed_json import made, to_json
from ..data import calibration_texts, load_run_model, load_run_texts
from ..measure import measure, write_raster
from ..run_folder.records.conversion import ConversionReport
from ..run_folder.run_folder import RunFolder
from ..settings.convert import ConvertSettings
from ..settings.engine import ENGINE, EngineSettings
from .choices import conversion_stage, named_recipe, resolved_settings, with_run_recipe


def convert(
    out: Path | str,
    settings: ConvertSettings,
    seed: int = 0,
    force: bool = False,
    engine: EngineSettings = ENGINE,
    name: str = "",
) -> RunFolder:
    """Convert the ANN of a run folder and measure the SNN on dev and test.

    The conversion itself is done on the CPU, so that its weights do not depend on the device.

    Args:
        out: run folder with a trained ANN
        settings: the recipe
        seed: of the draw of training texts, and of the noise of a stochastic encoder
        force: convert again although it is done with other settings
        engine: what runs the SNN
        name: of one of several conversions in the run; "auto" for one by its code and T, see
            `choices.conversion_stage`, and "" for the one that has no name

    Raises:
        InputError: no trained ANN in the folder, settings that do not fit it, no such device, or
            done otherwise.
    """
    device = find_device(engine.device)
    run = RunFolder(out)
    settings = with_run_recipe(run.path, settings)
    recipe_name, recipe = named_recipe(settings)
    stage = conversion_stage(name, recipe)
    with run.locked():
        run.require("ann")
        resolved = resolved_settings(settings, seed)
        if run.is_done(stage, resolved, force):
            return run
        started = time.monotonic()
        ann, classes = load_run_model(run, "ann", TextModel)
        texts = load_run_texts(run)
        calibration = calibration_texts(texts, settings.calibration, seed)
        conversion = convert_model(ann, recipe, calibration, seed)
        run.begin(stage, resolved, force)
        folder = run.folder(stage)
        save_model(folder, conversion.snn, classes)
        save_recipe(folder / "recipe.yaml", recipe)
        recipe = conversion.recipe
        report = _report(conversion, recipe, texts.sequences["dev"], seed)
        snn = conversion.snn.to(device)
        figures = measure(snn, texts, seed, stage, engine)
        own = {"name": recipe_name, **recipe.to_dict()}
        report |= {"recipe": own, "accuracy_by_step": figures["accuracy_by_step"]}
        write_json(folder / "conversion.json", to_json(made(ConversionReport, report)))
        write_raster(run, snn, texts, seed, stage)
        seconds = round(time.monotonic() - started, 1)
        figures |= {"recipe": {"name": recipe_name, **to_options(recipe)}, "seconds": seconds}
        run.finish(stage, resolved, figures)
    return run


def _report(
    conversion: Conversion, recipe: ConversionRecipe, sequences: Sequence[np.ndarray], seed: int
) -> dict[str, Any]:
    """What was done to each layer, and what a look at dev texts says of it."""
    parts = conversion.ann, conversion.snn, conversion.thresholds
    return {
        "pooling_rule": pooling_used(conversion.rows) or recipe.pooling_rule(),
        "layers": conversion.rows,
        "corrections": conversion.corrections,
        **({"stored": conversion.book} if conversion.book else {}),
        **diagnose(*parts, recipe, sequences, seed, progress=True),
    }
