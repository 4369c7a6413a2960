"""`snnconvert run`: from training to the report; stopped and started at any point."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..errors import InputError
from ..progress import say
from .display.output import heading, note
from .run_folder.run_folder import RunFolder
from .run_folder.stages import made_from_other
from .settings.data import DataSettings
from .settings.energy import EnergySettings
from .settings.engine import ENGINE, EngineSettings
from .settings.run import RunSettings


def make_run(
    out: Path | str,
    settings: RunSettings,
    force: bool = False,
    engine: EngineSettings = ENGINE,
    attack_seed: int | None = None,
) -> tuple[RunFolder, Path]:
    """Make a whole run and its report; stages done with the same settings are not done again.

    Without the optional textattack the attack is left out, and a line says so.

    Args:
        out: the run folder
        settings: of all stages
        force: make it again
        engine: what runs the SNNs, and where
        attack_seed: of the attacked texts and of the attacks; by default that of the run

    Raises:
        InputError: bad data or settings, or a folder that holds another run.
    """
    from ..models.devices import find_device
    from .convert.choices import with_run_recipe
    from .convert.convert import convert
    from .explain.texts import explain_texts
    from .finetune.finetune import finetune
    from .quality.chance import warn_after
    from .report.page import report
    from .train import train

    find_device(engine.device)
    settings = replace(settings, convert=with_run_recipe(Path(out), settings.convert))
    check_run(settings, RunFolder(out, must_exist=False))
    seed = settings.seed
    heading("Train the ANN")
    run = train(out, settings.data, settings.train, seed, force, engine)
    warn_after(run.results(), "ann")
    heading("Convert it to an SNN")
    convert(out, settings.convert, seed, engine=engine)
    warn_after(run.results(), "snn")
    heading("Fine-tune the SNN")
    finetune(out, settings.finetune, seed, engine=engine)
    warn_after(run.results(), "finetuned")
    if settings.adversarial.adversarial:
        _finetune_adversarially(run, settings, engine)
    _energy(run, settings, engine)
    _attack(out, settings if attack_seed is None else replace(settings, seed=attack_seed), engine)
    explain_texts(out, engine=engine)
    return run, report(out)


def _finetune_adversarially(run: RunFolder, settings: RunSettings, engine: EngineSettings) -> None:
    from .finetune.adversarial import adversarial_bases, finetune_adversarially
    from .finetune.tuning import stage_of
    from .quality.chance import warn_after

    own, seed = settings.adversarial, settings.seed
    heading("Fine-tune on attacked texts")
    finetune_adversarially(run.path, own, settings.finetune, seed, engine=engine)
    warn_after(run.results(), *map(stage_of, adversarial_bases(own)))


def _energy(run: RunFolder, settings: RunSettings, engine: EngineSettings) -> None:
    """Price the models; what `energy` has counted in a way of its own stays."""
    from .energy.energy import energy

    heading("Count energy")
    results = run.results()
    there = "energy" in results and not made_from_other("energy", results)
    if settings.energy != EnergySettings() or not there or run.harm("energy"):
        energy(run.path, settings.energy, settings.seed, where=engine)
    else:
        say(f"energy: already done in {run.path}")


def _attack(out: Path | str, settings: RunSettings, engine: EngineSettings) -> None:
    heading("Attack the models")
    if can_attack():
        from .attack.attack import attack

        attack(out, settings.attack, settings.seed, engine=engine)
    else:
        from ..attacks.assets.nltk import missing_extra

        note(f"the attack is left out: {missing_extra()}")


def check_run(settings: RunSettings, run: RunFolder) -> None:
    """Refuse, before training, what a later stage would refuse after it.

    Args:
        settings: of the whole run
        run: the folder it is made in; attacks that are done there need nothing any more

    Raises:
        InputError: settings of the conversion that do not go together or do not fit the
            activation, or attacks that cannot run here.
    """
    from .finetune.adversarial import adversarial_bases
    from .finetune.tuning import stage_of

    check_threshold(settings)
    if can_attack() and "attack" not in run.results():
        check_presets(settings.attack.presets, settings.data)
    bases, attacks = adversarial_bases(settings.adversarial), settings.adversarial.adversarial
    if attacks and any(stage_of(base) not in run.results() for base in bases):
        check_presets(attacks, settings.data)


def check_threshold(settings: RunSettings) -> None:
    """Refuse a threshold rule that reads a bound which the ANN will not have.

    Raises:
        InputError: names the rules and activations that go together.
    """
    from .convert.choices import recipe_from

    threshold, activation = recipe_from(settings.convert).threshold, settings.train.activation
    fitting = threshold.member.activations
    if fitting and activation not in fitting:
        raise InputError(
            f"expected another threshold rule than {threshold.rule} for an ANN with {activation}, "
            "which has no such bound: give another --convert.threshold, as in percentile, or "
            f"--train.activation {fitting[0]}"
        )


def check_presets(presets: tuple[str, ...], data: DataSettings) -> None:
    """Refuse attacks that were asked for by name and cannot run here.

    Raises:
        InputError: an unknown attack, one whose language data are missing, or one that is not for
            the language of the data set, where that is known from its name.
    """
    from ..attacks.presets.requirements import check_assets, check_language
    from ..text.datasets.named import BUILTIN, NAMED

    if presets == ("auto",):
        return
    named = BUILTIN.get(data.dataset) or NAMED.get(data.dataset)
    if data.language != "auto":
        check_language(presets, data.language)
    elif named:
        check_language(presets, named.language)
    check_assets(presets)


def can_attack() -> bool:
    """Whether the optional packages of the attacks are installed."""
    from importlib.util import find_spec

    return all(find_spec(name) for name in ("textattack", "nltk", "pinyin"))
