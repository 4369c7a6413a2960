"""`snnconvert reproduce`: the published system that is named, and ours beside it."""

from __future__ import annotations

from ...display.output import tell
from ...settings.reproduce import SYSTEMS, ReproduceSettings
from ..arguments import add_settings, settings_from
from ..parser import Parser
from ..shared import Command, Given, add_config, add_data_dir, add_output


def options(parser: Parser) -> None:
    """Which system, which rows of it, and where they go."""
    parser.add_argument(
        "system",
        nargs="?",
        choices=SYSTEMS,
        default="snnlp",
        help="snnlp: Knipper et al. 2024, one vector a text; lv2023: Lv et al. 2023, text CNNs "
        "converted and fine-tuned; snn-bert: Su et al. 2024, a spiking encoder, reconstructed "
        "(default: snnlp)",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="folder of rows and pages, made or resumed (default: reproduce-SYSTEM)",
    )
    add_settings(parser, ReproduceSettings)
    add_data_dir(parser)
    add_config(parser)
    add_output(parser)


def run(given: Given) -> None:
    """Make the rows that are not there yet, and write the pages."""
    settings, system = settings_from(ReproduceSettings, given), given["system"]
    settings.check_system(system)
    out, data_dir = given["out"] or f"reproduce-{system}", given["data_dir"]
    {"snnlp": _snnlp, "lv2023": _lv2023, "snn-bert": _snn_bert}[system](
        given, out, data_dir, settings
    )


def _snnlp(given: Given, out: str, data_dir: str | None, settings: ReproduceSettings) -> None:
    from ....typed_json import to_json
    from ...reproduce.snnlp.pages.outputs import page
    from ...reproduce.snnlp.run import reproduce

    rows = reproduce(out, data_dir, settings)
    tell(given, {"rows": list(map(to_json, rows))}, lambda: page(rows))


def _lv2023(given: Given, out: str, data_dir: str | None, settings: ReproduceSettings) -> None:
    from ...reproduce.lv2023.pages.outputs import page
    from ...reproduce.lv2023.run import reproduce

    records = reproduce(out, data_dir, settings)
    rows = [record.to_dict() for record in records]
    tell(given, {"rows": rows}, lambda: page(records))


def _snn_bert(given: Given, out: str, data_dir: str | None, settings: ReproduceSettings) -> None:
    from ...reproduce.snn_bert.pages.outputs import page
    from ...reproduce.snn_bert.run import reproduce

    content = reproduce(out, data_dir, settings)
    tell(given, {"rows": content["rows"]}, lambda: page(content))


COMMAND = Command(options, run)
