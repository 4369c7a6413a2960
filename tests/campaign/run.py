"""The whole campaign: a million mutated inputs, and a fault at every file operation of a command.

    python -m snnconvert.tests.campaign.run --out .campaign --inputs 1000000 --kills 1000

Stopped, the same command goes on where it was. What it finds lies in OUT/found (see `corpus`), and
OUT/figures.json says how far it is.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
import warnings
from collections import Counter
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from snnconvert.tests.campaign import corpus, faults
from snnconvert.tests.campaign.readers import READERS
from snnconvert.tests.campaign.trial import Bench

OFTEN = 500
"""Inputs after which the figures are written."""
WEIGHTS = [reader.weight for reader in READERS]


class Campaign:
    """How far a campaign is.

    Args:
        out: its folder
        seed: of the mutations; the one that it began with where it goes on
    """

    def __init__(self, out: Path, seed: int) -> None:
        self.path, self.found = out / "figures.json", out / "found"
        out.mkdir(parents=True, exist_ok=True)
        there = json.loads(self.path.read_text()) if self.path.exists() else {}
        self.figures: dict[str, Any] = {"seed": seed, "inputs": 0, "refused": 0, "faults": {}}
        self.figures |= {"seconds": 0.0, "by_reader": {}, "disk": {}, "slowest": 0.0, "most": 0}
        self.figures |= there

    def save(self) -> None:
        """Write the figures."""
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text(json.dumps(self.figures, indent=2))
        temporary.replace(self.path)

    def read(self, inputs: int) -> None:
        """Mutated inputs up to so many."""
        figures, begun = self.figures, time.monotonic()
        before, by_reader = figures["seconds"], Counter(figures["by_reader"])
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(Path(folder))
            while figures["inputs"] < inputs:
                random = Random(f"{figures['seed']}-{figures['inputs']}")
                (reader,) = random.choices(READERS, WEIGHTS)
                data = reader.mutate(reader.good(), random)
                trial = bench.tried(reader, data)
                figures["inputs"] += 1
                figures["refused"] += trial.refused
                figures["slowest"] = max(figures["slowest"], trial.seconds)
                figures["most"] = max(figures["most"], trial.grown)
                by_reader[reader.name] += 1
                if trial.fault:
                    kind = f"{reader.name}: {trial.fault.split(': ')[0]}"
                    if kind not in figures["faults"]:
                        corpus.keep(reader.name, data, self.found)
                        print(f"{reader.name}: {trial.fault}", flush=True)
                    figures["faults"][kind] = figures["faults"].get(kind, 0) + 1
                if figures["inputs"] % OFTEN == 0 or figures["inputs"] == inputs:
                    figures["seconds"] = round(before + time.monotonic() - begun, 1)
                    figures["by_reader"] = dict(by_reader)
                    self.save()

    def disk(self, kills: int) -> None:
        """A kill and a full disk at every operation of every command, then kills up to so many."""
        done = self.figures["disk"]
        folder = Path(tempfile.mkdtemp(prefix="campaign-"))
        try:
            commands = [command for command in faults.COMMANDS if command.is_possible()]
            for turn in count():
                command, again = commands[turn % len(commands)], turn // len(commands)
                if again and sum(found["kills"] for found in done.values()) >= kills:
                    break
                self._command(command, folder, again)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _command(self, command: faults.Command, folder: Path, again: int) -> None:
        known = {"operations": 0, "next": 0, "kills": 0, "full": 0, "faults": []}
        found = self.figures["disk"].setdefault(command.name, known)
        if found["next"] >= found["operations"] * (again + 1) > 0:
            return
        faults.warm(command, folder)
        seen, wanted = faults.operations(command, folder)
        numbers = faults.to_try(command, seen)
        found["operations"] = len(numbers)
        while found["next"] < len(numbers) * (again + 1):
            number = numbers[found["next"] % len(numbers)]
            for kill in (True, False) if not again else (True,):
                wrong = faults.tried(command, number, kill, folder, wanted)
                found["kills" if kill else "full"] += 1
                if wrong:
                    print(command.name, number, seen[number], kill, wrong, flush=True)
                    found["faults"].append([number, kill, *seen[number], *wrong])
            found["next"] += 1
            self.save()


def main(words: list[str] | None = None) -> int:
    """Run or go on; 1 where anything was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path(".campaign"))
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args(words)
    warnings.simplefilter("ignore")
    import torch

    torch.set_num_threads(1)
    campaign = Campaign(given.out, given.seed)
    campaign.read(given.inputs)
    if given.kills:
        campaign.disk(given.kills)
    figures = campaign.figures
    found = [*figures["faults"], *(f for d in figures["disk"].values() for f in d["faults"])]
    killed = sum(done["kills"] for done in figures["disk"].values())
    print(f"{figures['inputs']:,} inputs, {figures['refused']:,} refused, seed {figures['seed']}")
    print(f"{killed:,} kills; {len(found)} kinds of fault")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
