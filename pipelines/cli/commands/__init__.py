"""The commands, in the order of the help: one file a command, `COMMAND` in it.

This table is the help text too, so it loads none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....registry import Registry

if TYPE_CHECKING:
    from ..shared import Command

HELP = {
    "run": "train, convert, fine-tune, count energy, attack and report, in one run folder",
    "train": "train a text CNN (TextCNN or DPCNN) on an English or Chinese data set",
    "convert": "convert the trained network to a spiking one",
    "teach": "fine-tune a sentence encoder on a run's data, and keep its logits to learn from",
    "finetune": "fine-tune the SNN with surrogate gradients",
    "search": "try options of these three by Optuna, and keep the best on dev",
    "evaluate": "measure a model of a run on a split or a file",
    "energy": "count spikes, operations and memory, and project what a sentence costs",
    "export": "write a model of a run as a file that other programs read",
    "import": "make a run of a network that was exported to NIR",
    "reproduce": "train and measure a published system again, and ours beside it",
    "attack": "attack ANN and SNN with TextAttack on the same texts",
    "report": "write RUN/report.html, or a page that compares several runs",
    "predict": "classify texts with a model of a run",
    "explain": "show which words and windows carry the decision on one text",
    "encode": "show the spikes that a text becomes: raster, rates, decoding error",
    "app": "a page in the browser to try a run's models on texts of your own",
    "data": "list the named data sets, or download one from its source",
    "doctor": "check versions, libraries, the machine and data; exit code 1 if broken",
    "demo": "run the whole job on the built-in English and Chinese reviews",
}
GROUPS = {
    "run": ("make and measure a network", "From labelled texts to an SNN and what it costs."),
    "attack": ("robustness", "What adversarial texts leave of the accuracy."),
    "report": ("look at it", "What was found, and what the models say of texts of your own."),
    "data": ("data and set-up", "What is here, and whether it works."),
}
"""Title and line of each group of commands, by the first of `HELP` that is in it."""
COMMANDS: Registry[Command] = Registry(
    "command",
    __name__,
    "COMMAND",
    tuple(HELP),
    {name: f"one_text.{name}" for name in ("explain", "encode", "app")},
)
