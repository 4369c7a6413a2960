"""Robustness of ANN and SNN on mr and waimai: every figure of docs/reproduction/robustness.

    python benchmarks/reproduce/robustness.py --data-dir DATA --embeddings EMBEDDINGS

Makes the runs that configs/robustness-*.yaml describe (run folders in --work), then looks at how
many claimed successes hold on fresh noise, for the ANN on the mean of T = 16 Bernoulli spikes and
for the Poisson SNN. It can be stopped and started again at any point. Columns of a row: dataset,
victim, encoder, steps, attack, control, n, clean, accuracy_under_attack, claimed_success,
verified_success, words_changed, queries, low, high (95 % Wilson interval of the accuracy under
attack), seed and table.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from snnconvert.attacks.runs import select_examples
from snnconvert.attacks.statistics.conclusions import conclusions
from snnconvert.attacks.statistics.tables import markdown, table_rows
from snnconvert.benchmarks.shared.results import write_results
from snnconvert.errors import SnnConvertError, one_line
from snnconvert.formatting import markdown_table
from snnconvert.pipelines.attack.campaign import Campaign
from snnconvert.pipelines.attack.models import AttackedModel
from snnconvert.pipelines.attack.names import parse_victim
from snnconvert.pipelines.cli import command_parser
from snnconvert.pipelines.cli.arguments import settings_from
from snnconvert.pipelines.cli.config_file import parse
from snnconvert.pipelines.data import load_run_data
from snnconvert.pipelines.display.plots import new_figure
from snnconvert.pipelines.run import make_run
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.settings.attack import AttackSettings
from snnconvert.pipelines.settings.engine import ENGINE
from snnconvert.pipelines.settings.run import RunSettings

ROOT = Path(__file__).resolve().parents[2]
VECTORS = {"mr": "en.imdb.300d.txt.gz", "waimai": "zh.reviews.300d.txt.gz"}
# claimed successes that do not hold: victims and attacks, T = 16, and how many texts
NOISY = ("ann+noise@poisson:16", "snn@poisson:16")
NOISY_ATTACKS = ("pwws", "textfooler-nouse")
NOISY_TEXTS = 50
Row = dict[str, Any]


HEAD = """# Robustness of text CNNs and their spiking conversions

Made by `make reproduce-robustness`: one training of each network (seed 0), the same test texts for
every victim, drawn once by seed. `snn` is the converted network with the bit-plane code at T = 7,
`snn@direct:7` and `snn@poisson:7` are the same ANN with other codes, `finetuned` is `snn` after
training with surrogate gradients. `ann+noise` is the ANN on the mean of the SNN's spikes,
`ann+levels` the ANN with scores of T + 1 levels, `snn@saf:7` the Poisson SNN without its noise.
The attack `noise` looks twice at unchanged texts, the one called unlimited has no budget.
docs/robustness.md says what every column means.

![accuracy under attack](robustness.png)
"""


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    made.add_argument(
        "--datasets", type=lambda text: tuple(text.split(",")), default=tuple(VECTORS)
    )
    made.add_argument("--data-dir", type=Path, help="folder of the data sets (SNNCONVERT_DATA)")
    made.add_argument("--embeddings", type=Path, help="folder of word vectors (../embeddings)")
    made.add_argument("--examples", type=int, help="texts, instead of those of the settings file")
    made.add_argument("--workers", type=int, default=1, help="processes (more than 1: with ray)")
    made.add_argument("--work", type=Path, default=Path("runs/robustness"))
    made.add_argument("--out", type=Path, default=ROOT / "docs" / "reproduction")
    return made


def settings_of(dataset: str, options: argparse.Namespace) -> RunSettings:
    """The settings of a table, from its file."""
    data = options.data_dir or Path(os.environ.get("SNNCONVERT_DATA", "../shared/data"))
    vectors = (options.embeddings or data.parent / "embeddings") / VECTORS[dataset]
    words = ["--config", str(ROOT / "configs" / f"robustness-{dataset}.yaml"), "--out", "RUN"]
    words += ["--data-dir", str(data), "--vectors", str(vectors)]
    words += ["--attack.workers", str(options.workers)]
    if options.examples:
        words += ["--attack.examples", str(options.examples)]
    return settings_from(RunSettings, parse(command_parser("run"), words))


def verification(run: RunFolder, settings: AttackSettings, seed: int) -> list[Row]:
    """Attacks on noisy victims, for the share of claimed successes that do not hold."""
    digests = {v: AttackedModel(run, parse_victim(v)).digest(seed) for v in NOISY}
    test = load_run_data(run).test
    examples = select_examples(test.texts, test.labels, min(NOISY_TEXTS, settings.examples), seed)
    folder = run.path / "verification"
    campaign = Campaign(run, folder, settings, examples, digests, seed, ENGINE, replay=False)
    jobs = [(victim, attack) for attack in NOISY_ATTACKS for victim in NOISY]
    return list(campaign.carry_out(jobs)["rows"])


def demoted(page: str, dataset: str) -> str:
    """A page as a chapter of another one."""
    return re.sub(r"^#", "##", page, flags=re.MULTILINE).replace(
        "## Robustness", f"## {dataset}", 1
    )


def between_models(figures: Row) -> list[Row]:
    """Transfer between models, without the controls, whose cells would fill pages."""
    return [r for r in figures["transfer"] if "+" not in r["source"] + r["target"]]


def page(found: Mapping[str, Row], noisy: Sequence[Row]) -> str:
    """The whole page."""
    chapters = [
        demoted(markdown(figures | {"transfer": between_models(figures)}, name), name)
        for name, figures in found.items()
    ]
    if noisy:
        chapters.append(
            "## Claimed successes that do not hold\n\nVictims with Poisson input at T = 16, "
            "default settings (8 draws averaged, one noise field for each text), every claimed "
            "success shown on 51 fresh draws.\n\n"
            + markdown_table(NOISY_COLUMNS, [noisy_cells(row) for row in noisy])
            + "\n"
        )
    return "\n".join([HEAD, *chapters])


def noisy_cells(row: Row) -> list[str]:
    """A line of the table of claimed successes."""
    share = row["unverified_share"]
    names = NOISY_COLUMNS[:-1]
    return [*(str(row[name]) for name in names), "–" if share is None else f"{100 * share:.1f}"]


NOISY_COLUMNS = ("victim", "attack", "n", "attacked", "successes", "verified", "do not hold, %")


def plot(rows: Sequence[Row]) -> Any:
    """Accuracy under attack with intervals: a row of panels for each data set."""
    datasets = list(dict.fromkeys(row["dataset"] for row in rows))
    attacks = {
        d: list(dict.fromkeys(r["attack"] for r in rows if r["dataset"] == d)) for d in datasets
    }
    most = max(len(names) for names in attacks.values())
    figure = new_figure(2.6 * most + 1.6, 3.4 * len(datasets))
    grid = figure.subplots(len(datasets), most, squeeze=False)
    for line, dataset in zip(grid, datasets, strict=True):
        victims = list(dict.fromkeys(r["victim"] for r in rows if r["dataset"] == dataset))
        for axes in line[len(attacks[dataset]) :]:
            axes.set_visible(False)
        for axes, attack in zip(line, attacks[dataset], strict=False):
            for row in rows:
                if (row["dataset"], row["attack"]) == (dataset, attack) and row["low"] is not None:
                    _bar(axes, row, victims.index(row["victim"]))
            axes.set(title=f"{dataset}: {attack}", xlim=(0, 100), ylim=(len(victims) - 0.4, -0.6))
            axes.title.set_fontsize(8)
            axes.set_yticks(range(len(victims)), victims if axes is line[0] else [], fontsize=7)
    figure.supxlabel("accuracy, %: before (line) and under attack (bar, 95 % interval)", fontsize=8)
    return figure


def _bar(axes: Any, row: Row, place: int) -> None:
    """One bar with its interval and the clean accuracy as a line."""
    value = 100 * row["accuracy_under_attack"]
    reach = [[value - 100 * row["low"]], [100 * row["high"] - value]]
    colour = "#999999" if row["control"] else "#4c72b0" if row["victim"] == "ann" else "#dd8452"
    axes.barh(place, value, color=colour, xerr=reach, error_kw={"lw": 0.8}, height=0.7)
    axes.plot([100 * row["clean"]] * 2, [place - 0.4, place + 0.4], color="black", lw=1)


def summed_up(run: RunFolder) -> Row:
    """The figures of a run's attack, its conclusions drawn by the rules as they are now."""
    results = run.results()
    figures = dict(results["attack"])
    drawn = conclusions(figures["rows"], figures["comparisons"], transfer=figures["transfer"])
    if results["finetuned"].get("best_epoch") == 0:
        drawn.append("finetuned is the same network as snn: no epoch was better on dev.")
    return figures | {"conclusions": drawn}


def without_places(config: Row) -> Row:
    """Settings without the folders of the machine they were used on."""
    data = {k: v for k, v in config["data"].items() if k != "data_dir"}
    data["vectors"] = Path(str(data["vectors"])).name
    return {**config, "data": data}


def main(words: Sequence[str] | None = None) -> int:
    """Make every run that is not made yet, and write the three files; returns the exit code."""
    options = parser().parse_args(words)
    found: dict[str, Any] = {}
    rows: list[Row] = []
    noisy: list[Row] = []
    settings: Row = {}
    for dataset in tqdm(options.datasets, desc="tables"):
        chosen = settings_of(dataset, options)
        run, _ = make_run(options.work / dataset, chosen)
        figures = found[dataset] = summed_up(run)
        added = [{"table": "attacks"} | row for row in table_rows(figures["rows"], dataset)]
        if run.require("data").get("language") == "en":
            noisy = verification(run, chosen.attack, chosen.seed)
            added += [{"table": "verification"} | row for row in table_rows(noisy, dataset)]
        rows += [{**row, "seed": chosen.seed} for row in added]
        settings[dataset] = without_places(run.config())
    plotted = [row for row in rows if row["table"] == "attacks"]
    text = page(found, noisy)
    write_results(options.out, "robustness", settings, rows, text, plot(plotted))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SnnConvertError as error:
        print(f"error: {one_line(error)}", file=sys.stderr)
        sys.exit(1)
