"""`snnconvert predict`."""

from __future__ import annotations

from ....errors import InputError
from ...settings.engine import EngineSettings
from ..arguments import add_settings
from ..parser import Parser
from ..shared import Command, Given, add_config, add_model, add_quiet, add_run, engine_of


def options(parser: Parser) -> None:
    """Which texts, and by which model."""
    add_run(parser)
    add_quiet(parser, "print JSON Lines: one document a text")
    add_config(parser)
    parser.add_argument(
        "text", nargs="*", metavar="TEXT", help="texts to classify; - for those of standard input"
    )
    group = parser.group("texts", "Many texts, read and written as a stream.")
    group.add_argument(
        "--input",
        metavar="FILE",
        help="texts, one a line; .jsonl, .csv and .tsv have a column of them; - for standard "
        "input (default: none)",
    )
    group.add_argument(
        "--out",
        metavar="FILE",
        help="write .csv, .tsv or .jsonl, whole or not at all (default: standard output)",
    )
    group.add_argument(
        "--text-column",
        metavar="NAME",
        help="column of the texts, by name or number (default: by its name)",
    )
    group.add_argument(
        "--encoding", metavar="NAME", help="encoding of the input, as in GB18030 (default: UTF-8)"
    )
    add_model(parser)
    add_settings(parser, EngineSettings)


def run(given: Given) -> None:
    """Classify texts."""
    texts, path = given["text"], "-" if given["text"] == ["-"] else given["input"]
    if path is not None and texts not in ([], ["-"]):
        raise InputError("expected TEXT or --input FILE, but got both: leave one out")
    if path is None and not texts:
        raise InputError(
            "the following arguments are required: TEXT, - or --input FILE; see snnconvert predict "
            "--help"
        )
    columns = given["text_column"], given["encoding"]
    if path is None and columns != (None, None):
        raise InputError(
            "expected --text-column and --encoding with --input FILE only: leave them out"
        )
    from ...predict import predict_stream
    from ...streams.texts import TextSource

    source = texts if path is None else TextSource(path, *columns)
    predict_stream(
        given["run"], source, given["out"], given["model"], given["json"], engine_of(given)
    )


COMMAND = Command(options, run, resumes=False)
