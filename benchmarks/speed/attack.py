"""CPU time of an attack on an SNN: our victim, and TextAttack's Attacker around spikingjelly.

    NLTK_DATA=... python benchmarks/speed/attack.py [--quick] [--run RUN] [--preset pwws]

Trains and converts a TextCNN (T = 8) where no run is given: on MR where its folder is there,
otherwise on the built-in English reviews. The same test texts are attacked by every variant, with
the same victim to the spike, and their records (status, adversarial text, queries) must be equal.
PWWS needs NLTK data; without them the attack is DeepWordBug. Columns as in `common.measure`, and
texts_per_second; batch is that of the victim's queries, length the mean words of a text.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from snnconvert.attacks.building.builders import BATCH_SIZE
from snnconvert.attacks.building.loading import load_textattack
from snnconvert.attacks.presets.catalogue import preset as find_preset
from snnconvert.attacks.presets.requirements import asset_status
from snnconvert.attacks.runs import Example, run_attack, select_examples
from snnconvert.attacks.victims import Victim
from snnconvert.benchmarks.shared.common import (
    QUICK,
    Case,
    Effort,
    Row,
    Variant,
    case_table,
    measure,
)
from snnconvert.benchmarks.shared.peers import CONV1D, PEERS, Weights, peer_frames
from snnconvert.benchmarks.shared.results import RESULTS, write_results
from snnconvert.engine.classifier import ModelClassifier
from snnconvert.engine.grid import on_grid
from snnconvert.engine.reference import snn_logits
from snnconvert.models.batches import by_length
from snnconvert.models.snn import SpikingTextModel, running_logits
from snnconvert.pipelines.convert.convert import convert
from snnconvert.pipelines.data import load_classifier, load_run_data
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.settings.convert import ConvertSettings
from snnconvert.pipelines.settings.data import DataSettings
from snnconvert.pipelines.settings.engine import EngineSettings
from snnconvert.pipelines.settings.train import TrainSettings
from snnconvert.pipelines.train import train

STEPS = 8
BUDGET = 500
Outcome = tuple[str, str | None, int]  # status, adversarial text, queries


class PeerClassifier:
    """A classifier whose SNN runs in spikingjelly, from the same texts and weights.

    A batch holds texts of one length, so that no padding is convolved.
    """

    def __init__(self, ours: ModelClassifier, form: str) -> None:
        assert isinstance(ours.model, SpikingTextModel)
        self.stage, self.language, self.classes = ours.stage, ours.language, ours.classes
        self.model = on_grid(ours.model)
        weights = Weights(self.model)
        self.run, self.widest = PEERS[form](weights), weights.widest

    stochastic = False

    def segment(self, text: str) -> list[str]:
        """The words of a text."""
        return self.stage.segment(text)

    def votes(self, texts: Sequence[str], draws: int, seed: int = 0) -> np.ndarray:
        """As `ModelClassifier.votes`, without noise."""
        winners = self.probabilities(texts, seed).argmax(axis=1)
        return draws * np.eye(len(self.classes), dtype=np.int64)[winners]

    def probabilities(self, texts: Sequence[str], seed: int = 0) -> np.ndarray:
        """Class probabilities (N, K), as `ModelClassifier.probabilities`."""
        sequences = self.stage.encode(texts)
        rows = torch.empty(len(texts), len(self.classes), dtype=torch.float64)
        for batch in _equal_lengths(sequences):
            some = [sequences[i] for i in batch]
            if len(some[0]) < self.widest:  # its layers have no window for so short a text
                logits = snn_logits(self.model, some)[-1]  # (B, K)
            else:
                logits = running_logits(self.run(peer_frames(self.model, some)))[-1]
            rows[batch] = torch.softmax(torch.log_softmax(logits.double(), dim=1), dim=1)
        return rows.numpy()


def _equal_lengths(sequences: Sequence[np.ndarray]) -> list[list[int]]:
    """Batches of texts of one length."""
    batches: list[list[int]] = []
    for batch in by_length(sequences, BATCH_SIZE):
        found: dict[int, list[int]] = {}
        for index in batch:
            found.setdefault(len(sequences[index]), []).append(index)
        batches += found.values()
    return batches


def small_run(folder: Path, data_dir: Path | None, quick: bool) -> Path:
    """A run folder with an SNN of T = 8."""
    place = data_dir or Path(os.environ.get("SNNCONVERT_DATA", "../shared/data"))
    large = (place / "mr").is_dir() and not quick
    data = DataSettings(
        dataset="mr" if large else "builtin-en",
        data_dir=str(place) if large else None,
        vectors="random",
        dim=8 if quick else 300,
    )
    # the peers know windows within the text and the maximum of spikes alone
    network = TrainSettings(
        channels=6 if quick else 100, epochs=3, padding="none", tensorboard=False
    )
    train(folder, data, network)
    settings = ConvertSettings(steps=STEPS, encoder="saf", pooling="spikes", calibration=256)
    convert(folder, settings)
    return folder


def ours_outcomes(classifier: Any, examples: Sequence[Example], preset: str) -> list[Outcome]:
    """Attack with this package, on any classifier."""
    with tempfile.TemporaryDirectory() as folder:
        records = run_attack(
            classifier,
            examples,
            preset,
            "snn",
            Path(folder) / "records.jsonl",
            query_budget=BUDGET,
            progress=False,
        )
    return [(r.status, r.adversarial_text, r.queries) for r in records]


def attacker_outcomes(classifier: Any, examples: Sequence[Example], preset: str) -> list[Outcome]:
    """Attack with TextAttack's own Attacker, on the same attack."""
    textattack = load_textattack()
    attack = find_preset(preset).build(Victim(classifier), BUDGET)
    pairs = [(example.text, example.label) for example in examples]
    settings = textattack.AttackArgs(
        num_examples=len(pairs), disable_stdout=True, silent=True, shuffle=False
    )
    attacker = textattack.Attacker(attack, textattack.datasets.Dataset(pairs), settings)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        results = attacker.attack_dataset()
    outcomes = []
    for result in results:
        name = type(result).__name__.removesuffix("AttackResult").lower()
        status = {"successful": "success"}.get(name, name)
        text = result.perturbed_result.attacked_text.text if status == "success" else None
        outcomes.append((status, text, int(result.num_queries)))
    return outcomes


def rows_of(run: RunFolder, preset: str, count: int, effort: Effort) -> list[Row]:
    """Attack ``count`` test texts with every variant."""
    test = load_run_data(run).test
    first = load_classifier(run, "snn")
    assert isinstance(first.model, SpikingTextModel)
    examples = select_examples(test.texts, test.labels, count, 0)

    def ours(engine: str) -> list[Outcome]:
        """A new classifier every time: no word is known from the run before."""
        classifier = load_classifier(run, "snn", engine=EngineSettings(engine=engine))
        return ours_outcomes(classifier, examples, preset)

    def peer(form: str) -> list[Outcome]:
        return attacker_outcomes(PeerClassifier(first, form), examples, preset)

    variants = [
        Variant("spikingjelly", lambda: peer("spikingjelly")),
        Variant(CONV1D, lambda: peer(CONV1D)),
        Variant("reference", lambda: ours("reference")),
        Variant("ours", lambda: ours("auto")),
    ]
    length = round(sum(len(first.stage.encode([e.text])[0]) for e in examples) / len(examples))
    case = Case(f"attack {preset}", "saf", first.model.steps, length, BATCH_SIZE)
    rows = measure(case, variants, effort)
    return [row | {"texts_per_second": len(examples) / row["cpu_seconds"]} for row in rows]


def markdown(rows: Sequence[Row]) -> str:
    """The page of the results."""
    speeds = "\n".join(
        f"- {row['variant']}: {row['texts_per_second']:.3g} attacked texts a second" for row in rows
    )
    text = str(__doc__).split("\n\n", 2)[2].strip()
    return "\n\n".join(["# Attack", text, case_table(rows), speeds]) + "\n"


def main(words: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--run", type=Path, help="run folder with an SNN (default: makes one)")
    parser.add_argument("--preset", help="attack (default: pwws, or deepwordbug without its data)")
    parser.add_argument("--texts", type=int, default=20, help="texts to attack")
    parser.add_argument("--data-dir", type=Path, help="folder of the data sets (SNNCONVERT_DATA)")
    parser.add_argument("--quick", action="store_true", help="the smallest network, two texts")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args(words)
    torch.set_num_threads(1)
    there = {asset["name"] for asset in asset_status() if asset["found"]}
    has_data = set(find_preset("pwws").needs) <= there
    preset = options.preset or ("pwws" if has_data else "deepwordbug")
    count = 2 if options.quick else options.texts
    effort = QUICK if options.quick else Effort(rounds=1, seconds=0.0)
    with tempfile.TemporaryDirectory() as folder, tqdm(total=2, desc="attack") as bar:
        run = options.run or small_run(Path(folder) / "run", options.data_dir, options.quick)
        bar.update()
        rows = rows_of(RunFolder(run), preset, count, effort)
        data = RunFolder(run).require("data")
        bar.update()
    settings = {"preset": preset, "texts": count, "query_budget": BUDGET}
    settings |= {"dataset": data.get("name"), "quick": options.quick}
    write_results(options.out, "attack", settings, rows, markdown(rows))
    return 0 if all(row["equal"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
