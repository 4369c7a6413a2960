"""`snnconvert predict`."""

from __future__ import annotations

from ...settings.engine import EngineSettings
from ..arguments import add_settings
from ..parser import Parser
from ..shared import Command, Given, add_config, add_model, add_quiet, add_run, engine_of
from ..text_options import add_text_file, texts_of


def options(parser: Parser) -> None:
    """Which texts, and by which model."""
    add_run(parser)
    add_quiet(parser, "print JSON Lines: one document a text")
    add_config(parser)
    parser.add_argument(
        "text", nargs="*", metavar="TEXT", help="texts to classify; - for those of standard input"
    )
    group = parser.group("texts", "Many texts, read and written as a stream.")
    add_text_file(group)
    group.add_argument(
        "--out",
        metavar="FILE",
        help="write .csv, .tsv or .jsonl, whole or not at all (default: standard output)",
    )
    add_model(parser)
    add_settings(parser, EngineSettings)


def run(given: Given) -> None:
    """Classify texts."""
    source = texts_of(given, given["text"], "TEXT", "predict")
    from ...predict import predict_stream

    predict_stream(
        given["run"], source, given["out"], given["model"], given["json"], engine_of(given)
    )


COMMAND = Command(options, run, resumes=False)
