"""Options of the command line that would be ignored are refused in one line, before any work."""

from __future__ import annotations

import pytest

from snnconvert.pipelines.cli import main

TRAIN = "train --out {run}"
CASES = [
    (f"{TRAIN} --blocks 3", "blocks only with the model dpcnn, but got it with textcnn"),
    (f"{TRAIN} --model dpcnn --widths 2,3", "widths only with the model textcnn"),
    (f"{TRAIN} --activation relu --levels 8", "levels only with the activation qcfs"),
    (f"{TRAIN} --activation tcl --levels 8", "levels only with the activation qcfs"),
    (f"{TRAIN} --activation relu --bound 2", "bound only with the activation qcfs or tcl"),
    ("convert {run} --sweep.steps 1,2", "--sweep.steps with --sweep only"),
    ("convert {run} --sweep --steps 8", "no --steps with --sweep.*give --sweep.steps"),
    ("convert {run} --sweep --encoder saf", "no --encoder with --sweep.*give --sweep.encoders"),
    ("convert {run} --neuron ttfs --encoder ttfs --correction bias", "correction none"),
    (
        "convert {run} --threshold max --percentile 99",
        "percentile only with the rules auto, percentile.*but got 99 with the rule max",
    ),
]


@pytest.mark.parametrize(("words", "expected"), CASES)
def test_ignored_options_are_refused(words: str, expected: str, tiny_run, capsys):
    capsys.readouterr()
    assert main(words.format(run=tiny_run).split()) == 2
    (line,) = capsys.readouterr().err.splitlines()
    first, _, rest = expected.partition(".*")
    assert line.startswith("snnconvert: ") and first in line and rest in line
