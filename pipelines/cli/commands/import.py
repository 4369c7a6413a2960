"""`snnconvert import`."""

from __future__ import annotations

from ...display.output import note, tell
from ..parser import Parser
from ..shared import SETTINGS_FILE, Command, Given, add_out, add_output


def options(parser: Parser) -> None:
    """Which file, into which run, and with which text stage."""
    parser.add_argument(
        "file", metavar="FILE", help="file or folder of snnconvert export --format nir"
    )
    add_out(parser)
    parser.add_argument(
        "--text",
        metavar="FOLDER",
        help="text stage of the run that it was exported from (default: of the run in whose folder "
        "FILE lies)",
    )
    parser.group(*SETTINGS_FILE).add_argument(
        "--force", action="store_true", help="import again, and drop what was made of it"
    )
    add_output(parser)


def run(given: Given) -> None:
    """Make a run of an exported network."""
    from ...display.tables import stage_text
    from ...nir_import import STAGE, import_nir

    made = import_nir(given["file"], given["out"], given["text"], given["force"])
    results = made.results()
    tell(given, {STAGE: results[STAGE]}, lambda: stage_text(results, STAGE))
    note(f"saved in {made.folder(STAGE)}; figures in {made.results_path}")


COMMAND = Command(options, run, resumes=False)
