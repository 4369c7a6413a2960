"""The campaign's readers under a fuzzer that goes by coverage, where atheris is installed.

    pip install atheris
    python -m snnconvert.tests.campaign.fuzz --out .campaign/fuzz --seconds 60

Each kind of file has a process of its own for so many seconds. Inputs that reach new lines are kept
under OUT and begun from the next time; what a reader should not have done lies in OUT/found.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snnconvert.tests.campaign.readers import Reader


def mutated(reader: Reader, data: bytes, seed: int) -> bytes:
    """``data`` changed as its kind of file is, or by bytes where it is none any more."""
    from snnconvert.tests.campaign.mutations import raw

    random = Random(seed)
    if b"&" in data and reader.file.endswith(".yaml"):
        return raw(data, random)  # a bomb of aliases: walking through it takes all memory
    try:
        return reader.mutate(data, random)
    except Exception:  # of a parser, on what earlier changes have left
        return raw(data, random)


def fuzz(name: str, out: Path, seconds: int) -> None:
    """Try one reader for so long; ends the process, with 77 where something was found."""
    import atheris

    # every import but atheris's own has to stand here: what was imported before is not seen
    with atheris.instrument_imports(include=["snnconvert"], exclude=["snnconvert.tests"]):
        from snnconvert.tests.campaign import corpus
        from snnconvert.tests.campaign.readers import READERS
        from snnconvert.tests.campaign.trial import Bench

        reader = next(reader for reader in READERS if reader.name == name)
        bench = Bench(Path(tempfile.mkdtemp()))
        bench.usual(reader)  # imports what it needs

    def one(data: bytes) -> None:
        trial = bench.tried(reader, data)
        if trial.fault:
            print(f"{reader.name}: {trial.fault}", flush=True)
            corpus.keep(reader.name, data, out / "found")
            raise AssertionError(trial.fault)

    def change(data: bytes, most: int, seed: int) -> bytes:
        return mutated(reader, bytes(data), seed)[:most]

    begun = out / corpus.name_of(reader.name, b"").rpartition("-")[0]
    begun.mkdir(parents=True, exist_ok=True)
    (begun / "good").write_bytes(reader.good())
    for kept, path, data in corpus.kept():
        if kept.name == reader.name:
            (begun / path.stem).write_bytes(data)
    words = [sys.argv[0], f"-max_total_time={seconds}", "-max_len=1000000", "-verbosity=0"]
    words += [f"-artifact_prefix={tempfile.mkdtemp()}/", str(begun)]
    atheris.Setup(words, one, custom_mutator=change, internal_libfuzzer=True)
    atheris.Fuzz()


def main(words: list[str] | None = None) -> int:
    """Every reader, or the named ones, each in a process; 1 where anything was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path(".campaign/fuzz"))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--reader", action="append")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(words)
    if importlib.util.find_spec("atheris") is None:
        parser.exit(2, "expected the package atheris: pip install atheris\n")
    if given.here:
        fuzz(given.reader[0], given.out, given.seconds)
    from snnconvert.tests.campaign.readers import READERS

    readers = [r for r in READERS if not given.reader or r.name in given.reader]
    wrong = 0
    for reader in readers:
        command = [sys.executable, "-m", "snnconvert.tests.campaign.fuzz", "--here"]
        command += ["--out", str(given.out), "--seconds", str(given.seconds)]
        wrong += subprocess.run([*command, "--reader", reader.name], check=False).returncode != 0
    print(f"{len(readers)} readers, {given.seconds} s each; {wrong} with a fault")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
