"""`snnconvert finetune`, with ``--adversarial`` on attacked texts as well."""

from __future__ import annotations

from ...parallel.speech import refuse_several
from ...run_folder.stages import of_conversion
from ...settings.engine import EngineSettings
from ...settings.finetune import AdversarialSettings, FinetuneSettings
from ..arguments import settings_from
from ..parser import Parser
from ..shared import Command, Given, add_name, add_stage, engine_of, say_stages


def options(parser: Parser) -> None:
    """How to train, and on which adversarial texts."""
    add_stage(parser, FinetuneSettings, AdversarialSettings, EngineSettings)
    add_name(parser, "the conversion whose SNN is tuned, where the run has several")


def run(given: Given) -> None:
    """Fine-tune the SNN of a run, or adversarially its ANN and SNN."""
    training = settings_from(FinetuneSettings, given)
    settings = settings_from(AdversarialSettings, given)
    folder, seed, force, engine = given["run"], given["seed"], given["force"], engine_of(given)
    name = given["name"]
    if settings.adversarial is None:
        from ...finetune.finetune import finetune

        made = finetune(folder, training, seed, force, engine, name)
        say_stages(given, made, of_conversion("finetuned", name))
        return
    refuse_several("finetune --adversarial")
    settings.check_training(training)
    from ...finetune.adversarial import finetune_adversarially

    made = finetune_adversarially(folder, settings, training, seed, force, engine, name)
    say_stages(given, made, of_conversion("snn-adversarial", name), "ann-adversarial")


COMMAND = Command(options, run, together=True)
