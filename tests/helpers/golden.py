"""A small run through every command, and its figures in a form that can be compared.

The run starts from a trained network that is committed (tests/golden/run), as training rounds
differently on other processors; from there on spikes are the same everywhere.
"""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

from snnconvert.pipelines.cli import main

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
DATA = ["--dataset", "builtin-en", "--limit", "120", "--dim", "8", "--max-length", "20"]
NETWORK = ["--widths", "2,3", "--channels", "6", "--epochs", "40", "--lr", "0.01"]
# the input code as it is, and the pooling of its spikes: what a conversion was before it chose both
PLAIN = "--gain 1 --pooling spikes"
CONVERSIONS = {
    "by default": "",
    "by default, bitplane": "--encoder bitplane --steps 3",
    "saf": f"--encoder saf --steps 8 {PLAIN}",
    "bitplane": f"--encoder bitplane --steps 7 {PLAIN}",
    "direct": "--encoder direct --steps 4",
    "poisson": "--encoder poisson --steps 8",
    "ttfs": "--neuron ttfs --encoder ttfs --steps 16",
    "lif": "--neuron lif --leak 0.25 --encoder direct --steps 6",
    "signed": "--neuron signed --encoder saf --steps 6 --gain 1",
    "burst": "--neuron burst --encoder direct --steps 3",
    "max": f"--threshold max --steps 6 {PLAIN}",
    "percentile": f"--threshold percentile --percentile 99 --steps 6 {PLAIN}",
    "percentile_nonzero": f"--threshold percentile_nonzero --percentile 98 --steps 6 {PLAIN}",
    "mse": f"--threshold mse --steps 6 {PLAIN}",
    "balance": f"--threshold balance --steps 6 {PLAIN}",
    "weights": f"--threshold weights --steps 16 {PLAIN}",
    "fixed": f"--threshold fixed --threshold-value 1.5 --steps 6 {PLAIN}",
    "normalised": f"--normalise weights --threshold max --steps 6 {PLAIN}",
    "bias shift": f"--bias-shift true --initial 0 --steps 6 {PLAIN}",
    "corrected bias": f"--correction bias --steps 4 {PLAIN}",
    "corrected potential": f"--correction potential --steps 4 {PLAIN}",
    "corrected weights": f"--correction weights --steps 4 {PLAIN}",
    "silenced": f"--srp-steps 4 --steps 4 {PLAIN}",
    "hard reset": "--reset hard --encoder direct --steps 6",
    "shift": f"--mapping shift --encoder saf --steps 6 {PLAIN}",
}
MOST_ROWS = 8  # of a list of rows that is kept row by row
# what differs from run to run, or says where files lie and what their settings hash to
CHANGING = {"seconds", "latency", "fingerprint", "files", "made_from", "digest", "versions"}


def command(words: list[str]) -> None:
    """Run one command of ours; it must succeed."""
    assert main([*words, "--quiet"]) == 0, words


def make_run(run: Path) -> None:
    """Train the network that the golden figures start from."""
    command(["train", "--out", str(run), *DATA, *NETWORK, "--tensorboard", "false"])


def plain(value: Any) -> Any:
    """``value`` without times and digests, and with floats of six digits."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if k not in CHANGING}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def stage(run: Path, name: str) -> Any:
    """The figures of one stage of results.json."""
    return plain(json.loads((run / "results.json").read_text("utf-8"))[name])


def short(figures: Any) -> Any:
    """Long lists of rows as their number and the sum of every column, so that the file is short."""
    if isinstance(figures, dict):
        return {key: short(value) for key, value in figures.items()}
    if (
        not isinstance(figures, list)
        or len(figures) <= MOST_ROWS
        or not isinstance(figures[0], dict)
    ):
        return figures
    sums: dict[str, float] = {}
    for row in figures:
        for key, value in row.items():
            if isinstance(value, int | float):
                sums[key] = sums.get(key, 0) + value
    return {"rows": len(figures)} | plain(sums)


def close(one: Any, other: Any) -> bool:
    """Whether two figures are equal, floats up to the last digits."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(close(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(close, one, other))
    if isinstance(one, float) or isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-4, abs_tol=1e-9)
    return bool(one == other)


SHOWN = (
    *("accuracy_by_step", "dev_accuracy_by_step", "latency_steps", "input_spikes_per_sample"),
    *("sops_by_layer", "input_macs_per_sample", "test_confusion_matrix"),
)


def conversions(start: Path, folder: Path) -> dict[str, Any]:
    """Figures of the stage ``snn`` for every conversion."""
    figures = {}
    for name, options in CONVERSIONS.items():
        run = folder / name.replace(" ", "-")
        shutil.copytree(start, run)
        command(["convert", str(run), *options.split()])
        made = stage(run, "snn")
        figures[name] = {key: made[key] for key in SHOWN if key in made}
    return figures


def whole(start: Path, folder: Path) -> dict[str, Any]:
    """Figures of energy, attack and sweep of a Poisson SNN, and the records of the attack."""
    run = folder / "whole"
    shutil.copytree(start, run)
    command(["convert", str(run), "--encoder", "poisson", "--steps", "8"])
    command(["energy", str(run), "--sampled", "0"])
    attack = ["--presets", "deepwordbug", "--examples", "6", "--verify-draws", "9"]
    attack += ["--controls", "victims,noise"]
    command(["attack", str(run), *attack, "--victims", "ann,snn,snn@saf:6,snn@poisson:8:max"])
    records = [
        (path.stem, plain(json.loads(line)))
        for path in sorted((run / "attack").rglob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()[1:]  # the first says how it was made
    ]
    return {
        "energy": short(stage(run, "energy")),
        "attack": short(stage(run, "attack")),
        "records": {f"{name} {record['index']}": record for name, record in records},
    }


def all_figures(start: Path, folder: Path) -> dict[str, Any]:
    """What tests/golden/figures.json holds."""
    return {"conversions": conversions(start, folder)} | whole(start, folder)


def text_of(figures: dict[str, Any]) -> str:
    """The figures as JSON of one line an entry, so that a change shows as the lines it changes."""
    parts = []
    for name, entries in figures.items():
        lines = [f"  {json.dumps(key)}: {json.dumps(entries[key])}" for key in entries]
        parts.append(f" {json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n }")
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as made:
        text = text_of(all_figures(GOLDEN / "run", Path(made)))
    (GOLDEN / "figures.json").write_text(text, "utf-8")
