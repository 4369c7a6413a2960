"""A slice of the campaign, another one after every change, and all that one has ever found."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from snnconvert.tests.campaign import corpus, faults, fuzz
from snnconvert.tests.campaign.readers import READERS
from snnconvert.tests.campaign.trial import Bench

PACKAGE = Path(__file__).parents[2]


def seed_of_sources() -> int:
    """The same for the same readers, so that what passes here passes elsewhere; another later.

    Seeds that nobody has tried are those of ``make campaign``.
    """
    folders = ("files", "text", "models", "pipelines", "interop", "attacks", "tests/campaign")
    paths = sorted(path for name in folders for path in (PACKAGE / name).rglob("*.py"))
    return int.from_bytes(hashlib.sha256(b"".join(map(Path.read_bytes, paths))).digest()[:4], "big")


SEED = int(os.environ.get("SNNCONVERT_CAMPAIGN_SEED") or seed_of_sources())
INPUTS = int(os.environ.get("SNNCONVERT_CAMPAIGN_INPUTS", "400"))
A_MINUTE = 25_000
"""Inputs that take about as long."""
WEIGHTED = [reader for reader in READERS for _ in range(reader.weight)]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("campaign"))


def test_files_that_are_as_they_should_be_are_read(bench: Bench) -> None:
    assert [bench.usual(reader) < 5 for reader in READERS] == [True] * len(READERS)


def test_a_slice(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\ncampaign: {INPUTS} inputs, SNNCONVERT_CAMPAIGN_SEED={SEED}")

    @seed(SEED)
    @settings(
        max_examples=INPUTS,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(WEIGHTED), st.randoms(use_true_random=False))
    def all_is_read_or_refused(reader, random):
        trial = bench.tried(reader, reader.mutate(reader.good(), random))
        assert not trial.fault, trial

    all_is_read_or_refused()


@pytest.mark.long
def test_a_minute_of_it(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """As `run` goes through it, so what fails here is found again by its number."""
    weights = [reader.weight for reader in READERS]
    for number in range(A_MINUTE):
        random = Random(f"{SEED}-{number}")
        (reader,) = random.choices(READERS, weights)
        trial = bench.tried(reader, reader.mutate(reader.good(), random))
        assert not trial.fault, (SEED, number, trial)
    with capsys.disabled():
        print(f"\ncampaign: {A_MINUTE:,} inputs, SNNCONVERT_CAMPAIGN_SEED={SEED}")


@pytest.mark.parametrize("case", list(corpus.kept()), ids=lambda case: case[1].stem)
def test_what_was_found_before(case, bench: Bench) -> None:
    reader, _, data = case
    assert bench.tried(reader, data).fault == ""


def test_the_corpus_is_small_and_of_many_readers() -> None:
    files = list(corpus.FOLDER.glob("*.gz"))
    assert sum(path.stat().st_size for path in files) < 1_000_000
    assert len({reader.name for reader, _, _ in corpus.kept()}) > 20
    assert len(list(corpus.kept())) == len(files)


def test_the_fuzzer_changes_what_is_no_json_any_more() -> None:
    reader = next(reader for reader in READERS if reader.name == "results")
    assert len({fuzz.mutated(reader, b"{broken", seed) for seed in range(20)}) > 5
    assert fuzz.mutated(reader, reader.good(), 1) == fuzz.mutated(reader, reader.good(), 1)


@pytest.mark.parametrize("name", ["summary of seeds"])
def test_the_fuzzer_finds_nothing_in_seconds(name: str, tmp_path: Path) -> None:
    pytest.importorskip("atheris")
    assert fuzz.main(["--out", str(tmp_path), "--seconds", "2", "--reader", name]) == 0


def test_the_fuzzer_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    if importlib.util.find_spec("atheris") is not None:
        pytest.skip("atheris is here")
    with pytest.raises(SystemExit):
        fuzz.main([])
    assert "pip install atheris" in capsys.readouterr().err


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@needs_fork
@pytest.mark.parametrize("name", ["report", "predict"])
def test_a_kill_and_a_full_disk_at_some_operations(name: str, tmp_path: Path) -> None:
    """Of two short commands, by the seed; all of all commands in the slow test below."""
    command = next(command for command in faults.COMMANDS if command.name == name)
    faults.warm(command, tmp_path)
    seen, wanted = faults.operations(command, tmp_path)
    assert len(seen) >= 5
    number = Random(SEED).randrange(len(seen))
    for kill in (True, False):
        wrong = faults.tried(command, number, kill, tmp_path, wanted)
        assert not wrong, (SEED, name, number, seen[number], kill, wrong)


@needs_fork
@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("command", faults.COMMANDS, ids=[c.name for c in faults.COMMANDS])
def test_a_kill_and_a_full_disk_at_every_operation(command: faults.Command, tmp_path: Path) -> None:
    if not command.is_possible():
        pytest.skip(f"needs {command.needs}")
    faults.warm(command, tmp_path)
    seen, wanted = faults.operations(command, tmp_path)
    wrong = {
        (number, kill, *seen[number]): found
        for number in faults.to_try(command, seen)
        for kill in (True, False)
        if (found := faults.tried(command, number, kill, tmp_path, wanted))
    }
    assert not wrong
