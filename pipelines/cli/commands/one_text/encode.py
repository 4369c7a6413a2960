"""`snnconvert encode`."""

from __future__ import annotations

from ...parser import Parser
from ...shared import Command, Given, add_quiet, add_run, add_seed
from ...text_options import add_text_file, texts_of


def options(parser: Parser) -> None:
    """Which texts, and by which model."""
    add_run(parser)
    add_quiet(parser, "print JSON Lines: one document a text, with every spike")
    parser.add_argument("words", nargs="*", metavar="TEXT", help="texts; - for standard input")
    group = parser.group("texts", "What is sent as spikes.")
    group.add_argument(
        "--text", action="append", metavar="TEXT", help="a text, may be repeated (default: none)"
    )
    add_text_file(group)
    parser.add_argument(
        "--model",
        metavar="NAME",
        help="which SNN: snn, finetuned, snn@NAME of a conversion with a name, or snn@CODE:T, the "
        "ANN converted with another code, as in snn@saf:8 (default: the last one made)",
    )
    add_seed(parser)
    parser.add_argument(
        "--svg", metavar="FILE", help="draw every spike of the one text (default: none)"
    )


def run(given: Given) -> None:
    """Show what is sent of texts."""
    texts = [*given["words"], *(given["text"] or [])]
    source = texts_of(given, texts, "--text TEXT", "encode")
    from ....encode.encode import encode

    encode(given["run"], source, given["model"], given["json"], given["svg"], given["seed"])


COMMAND = Command(options, run, resumes=False)
