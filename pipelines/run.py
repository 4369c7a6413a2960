"""`snnconvert run`: train, convert, fine-tune, attack, report; stopped and started at any point."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from .runfolder import RunFolder
from .settings import RunSettings
from .summary import print_run


def run_all(out: Path | str, settings: RunSettings, force: bool = False) -> RunFolder:
    """Make a whole run; stages that are done with the same settings are not done again.

    Without the optional textattack the attack is left out, and a line says so.

    Raises:
        InputError: bad data or settings, or a folder that holds another run.
    """
    from .convert import convert
    from .finetune import finetune
    from .report import report
    from .train import train

    seed = settings.seed
    run = train(out, settings.data, settings.train, seed, force)
    convert(out, settings.convert, seed)
    finetune(out, settings.finetune, seed)
    if importlib.util.find_spec("textattack"):
        from .attack import attack

        attack(out, settings.attack, seed)
    else:
        print(
            'the attack is left out: it needs the optional extra, pip install "snnconvert[attack]"',
            file=sys.stderr,
        )
    page = report(out)
    print_run(run)
    print(f"report: {page}")
    return run
