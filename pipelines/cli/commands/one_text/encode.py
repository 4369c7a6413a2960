"""`snnconvert encode`."""

from __future__ import annotations

from .....errors import InputError
from ...parser import Parser
from ...shared import Command, Given, add_quiet, add_run, add_seed


def options(parser: Parser) -> None:
    """Which texts, and by which model."""
    add_run(parser)
    add_quiet(parser, "print JSON Lines: one document a text, with every spike")
    parser.add_argument("words", nargs="*", metavar="TEXT", help="texts; - for standard input")
    group = parser.group("texts", "What is sent as spikes.")
    group.add_argument(
        "--text", action="append", metavar="TEXT", help="a text, may be repeated (default: none)"
    )
    group.add_argument(
        "--input",
        metavar="FILE",
        help="texts, one a line; .jsonl, .csv and .tsv have a column of them; - for standard "
        "input (default: none)",
    )
    group.add_argument(
        "--text-column",
        metavar="NAME",
        help="column of the texts, by name or number (default: by its name)",
    )
    group.add_argument(
        "--encoding", metavar="NAME", help="encoding of the input, as in GB18030 (default: UTF-8)"
    )
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
    path = "-" if texts == ["-"] else given["input"]
    columns = given["text_column"], given["encoding"]
    if path is not None and texts not in ([], ["-"]):
        raise InputError("expected --text TEXT or --input FILE, but got both: leave one out")
    if path is None and not texts:
        raise InputError(
            "the following arguments are required: --text TEXT or --input FILE; see snnconvert "
            "encode --help"
        )
    if path is None and columns != (None, None):
        raise InputError(
            "expected --text-column and --encoding with --input FILE only: leave them out"
        )
    from ....encode.encode import encode
    from ....streams.texts import TextSource

    source = texts if path is None else TextSource(path, *columns)
    encode(given["run"], source, given["model"], given["json"], given["svg"], given["seed"])


COMMAND = Command(options, run, resumes=False)
