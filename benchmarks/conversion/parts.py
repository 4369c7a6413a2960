"""The parts of the conversion benchmark: one network, one converter, one recipe, one input code.

A finished part is one line of a file, so that the benchmark can be stopped and started again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from snnconvert.benchmarks.conversion.networks import Case, PeerTextCNN, Trained, check_equal
from snnconvert.benchmarks.conversion.peers import (
    LV2023,
    convert_lv2023,
    convert_spikingjelly,
    outputs_by_step,
    peer_recipes,
)
from snnconvert.benchmarks.conversion.translated import check_agreement, sample, translated
from snnconvert.convert.conversion import convert_model
from snnconvert.convert.recipes.methods import changes_of
from snnconvert.convert.recipes.options import from_options, override, to_options
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.engine.engines import make_engine
from snnconvert.engine.evaluate import accuracy
from snnconvert.engine.reference import Engine
from snnconvert.models.encoders import CODES
from snnconvert.pipelines.convert.trials import one_run_for_all
from snnconvert.pipelines.run_folder.fingerprints import fingerprint

Row = dict[str, Any]
# our recipes: method of `convert --sweep`, input code
OURS = (
    ("default", "direct"),
    ("default", "saf"),
    ("channel", "direct"),
    ("bias", "direct"),
    ("balance+relu", "direct"),
)
# those that differ from the ones above only where a bound was learned, and where maxima are taken;
# the search for the least error costs most, so it is run only where the neurons see few values
UNBOUND = (("relu", "direct"), ("channel+relu", "direct"))
BEHIND = (("channel+mse+relu+neurons", "direct"),)
# without V(0) counts are rounded down, which silences what is small: averages over all positions
# are the better for it on dev
AVERAGED = (("channel+max+relu+floor", "direct"),)
# the most steps that a recipe is fitted to: the error that it corrects shrinks as 1/T
FITTED = 16


@dataclass(frozen=True)
class Part:
    """What is measured in one piece: a case with one converter, recipe and input code."""

    case: Case
    converter: str
    recipe: str
    encoder: str

    def key(self, settings: Row) -> str:
        """What tells its line from all others; ``settings`` are those that change its rows."""
        return fingerprint(asdict(self) | settings)


def parts_of(case: Case) -> list[Part]:
    """Every part of a case, ours first.

    The published rule without rescaling is at chance at every T: it is run for one seed only.
    """
    known = [*OURS, *(UNBOUND if case.activation != "relu" else ())]
    known += BEHIND if case.pooling == "max" else AVERAGED
    ours = [Part(case, "ours", recipe, encoder) for recipe, encoder in known]
    theirs = [Part(case, "spikingjelly", r, "direct") for r in peer_recipes(case.activation)]
    rules = [recipe for recipe in LV2023 if case.seed == 0 or recipe != "published"]
    return [*ours, *theirs, *(Part(case, "lv2023", rule, "poisson") for rule in rules)]


class Cache:
    """Rows of finished parts, one JSON line each, appended as they end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: dict[str, list[Row]] = {}
        if path.is_file():
            for line in path.read_text("utf-8").splitlines():
                try:
                    entry = json.loads(line)
                except ValueError:  # the line that an interrupt cut off
                    continue
                self.found[entry["key"]] = entry["rows"]

    def add(self, key: str, rows: list[Row]) -> None:
        """Keep the rows of a part."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        cut_off = self.path.is_file() and not self.path.read_bytes().endswith(b"\n")
        with self.path.open("a", encoding="utf-8") as file:
            start = "\n" if cut_off and self.path.stat().st_size else ""
            file.write(start + json.dumps({"key": key, "rows": rows}) + "\n")
        self.found[key] = rows


def measure(part: Part, net: Trained, steps: Sequence[int]) -> list[Row]:
    """The rows of a part: accuracy on dev and test after each of ``steps``.

    One run of the longest T gives all of them where the first t frames of the code are the code of
    t steps and nothing is fitted to T (direct, saf and poisson without correction).
    """
    measured = {
        "ours": _measure_ours,
        "spikingjelly": _measure_spikingjelly,
        "lv2023": _measure_lv2023,
    }[part.converter](part, net, steps)
    case = part.case
    return [
        {
            "dataset": case.dataset,
            "pooling": case.pooling,
            "activation": case.activation,
            "converter": part.converter,
            "recipe": part.recipe,
            "encoder": part.encoder,
            "steps": t,
            "seed": case.seed,
            "ann_accuracy": net.accuracy["test"],
            "snn_accuracy": measured["test"][t],
            "ann_dev_accuracy": net.accuracy["dev"],
            "snn_dev_accuracy": measured["dev"][t] if "dev" in measured else None,
        }
        for t in steps
        if t in measured["test"]
    ]


Measured = dict[str, dict[int, float]]  # split -> steps -> accuracy


def _run(
    engine: Engine, net: Trained, split: str, steps: Sequence[int], seed: int
) -> dict[int, float]:
    """Accuracy after each of ``steps`` from one run of an SNN of ours."""
    logits = engine.running_logits(net.sequences[split], seed)  # (T, N, K)
    return {t: accuracy(logits[t - 1], net.labels[split]) for t in steps}


def our_recipe(method: str, encoder: str, steps: int) -> ConversionRecipe:
    """The package's own recipe, changed by a method of `convert --sweep`."""
    options = override(to_options(ConversionRecipe()), changes_of(method))
    options = override(options, {"encoder": encoder, "steps": steps})
    options["mapping"] = CODES[encoder].default_mapping
    return from_options(options)


def _measure_ours(part: Part, net: Trained, steps: Sequence[int]) -> Measured:
    longest = our_recipe(part.recipe, part.encoder, max(steps))
    together = one_run_for_all(longest)
    seed, found = part.case.seed, Measured()
    for run in [tuple(steps)] if together else [(t,) for t in steps if t <= FITTED]:
        recipe = our_recipe(part.recipe, part.encoder, max(run))
        snn = convert_model(net.model, recipe, net.calibration, seed).snn
        engine = make_engine(snn)
        for split in net.sequences:
            found.setdefault(split, {}).update(_run(engine, net, split, run, seed))
    return found


def _measure_lv2023(part: Part, net: Trained, steps: Sequence[int]) -> Measured:
    seed = part.case.seed
    snn = convert_lv2023(net.model, part.recipe, max(steps), net.calibration, seed)
    # on test only, where its projection of drawn spikes takes most of the benchmark's time
    return {"test": _run(make_engine(snn), net, "test", steps, seed)}


def _measure_spikingjelly(part: Part, net: Trained, steps: Sequence[int]) -> Measured:
    peer = PeerTextCNN(net.model)
    check_equal(net.model, peer, net.sequences["dev"][:256])
    module = convert_spikingjelly(net.model, peer, part.recipe, net.calibration, part.case.seed)
    snn = translated(net.model, module, max(steps))
    texts = sample(net.sequences["dev"], 64)
    theirs = outputs_by_step(module, net.model, peer.widths, texts, max(steps))
    engine = make_engine(snn, precision="fast")  # its weights as they are, on no grid
    check_agreement(engine.running_logits(texts), theirs)
    return {split: _run(engine, net, split, steps, part.case.seed) for split in net.sequences}
