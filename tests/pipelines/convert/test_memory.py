"""Memory of whole commands stays within a gigabyte whatever T.

Their time is measured in `benchmarks.speed.memory`: a few seconds on a busy machine decide nothing.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from snnconvert.benchmarks.speed.memory import cost, rows

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases"
SCRIPT = CASES / "16-convert-many-steps" / "run.sh"
MOST = 1.0  # gigabytes of a whole process, libraries, texts and word vectors included
TEXTS, WORDS = 25_000, 30_000  # of a split; distinct words

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


@pytest.mark.skipif(not SCRIPT.is_file(), reason="needs ../shared/cases")
def test_converting_for_many_steps_takes_little_memory() -> None:
    environment = os.environ | {"PYTHON": sys.executable, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        ["bash", str(SCRIPT)],
        capture_output=True,
        text=True,
        env=environment | {"STEPS": "4 16 64"},
        check=True,
    )
    peaks = dict(re.findall(r"=(\d+) peak GB ([\d.]+)", done.stdout))
    assert [*peaks] == ["4", "16", "64"], done.stdout + done.stderr
    assert max(map(float, peaks.values())) <= MOST, peaks


def reviews(folder: Path) -> Path:
    """Two files of 25,000 texts as long as those of IMDb: half of them above 174 words, some 1,000.

    Words are as frequent as in a language (Zipf), and each class has some of its own.
    """
    rng = np.random.default_rng(0)
    names = np.array([f"w{i}" for i in range(WORDS)])
    shares = 1 / np.arange(1, WORDS + 1)
    folder.mkdir()
    for split in ("train", "test"):
        lengths = np.clip(np.exp(rng.normal(np.log(174), 0.65, TEXTS)), 10, 1000).astype(int)
        drawn = names[rng.choice(WORDS, lengths.sum(), p=shares / shares.sum())]
        with (folder / f"{split}.tsv").open("w", encoding="utf-8") as file:
            for i, words in enumerate(np.split(drawn, np.cumsum(lengths)[:-1])):
                file.write(f"{i % 2}\tclass{i % 2} {' '.join(words)}\n")
    return folder


def hold_to_the_bound(run: Path) -> None:
    """Convert and price a trained run at T = 16 and 64."""
    peaks = {(command, steps): peak for command, steps, peak, _ in rows(run, (16, 64), "saf")}
    assert len(peaks) == 4 and max(peaks.values()) <= MOST, peaks


def test_texts_as_long_as_reviews_are_converted_and_priced_within_a_gigabyte(
    tmp_path: Path,
) -> None:
    data, run = reviews(tmp_path / "reviews"), tmp_path / "run"
    limits = ["--limit", "150", "--epochs", "1", "--vectors", "random"]
    cost(["train", "--dataset", str(data), *limits, "--out", str(run)])
    hold_to_the_bound(run)


def test_imdb_is_converted_and_priced_within_a_gigabyte(tmp_path: Path, shared: Path) -> None:
    data, vectors = shared / "data", shared / "embeddings" / "en.imdb.300d.txt.gz"
    if not (data / "imdb").is_dir() or not vectors.is_file():
        pytest.skip("IMDb and its word vectors are not beside the other data sets")
    run = tmp_path / "run"
    given = ["--dataset", "imdb", "--data-dir", str(data), "--vectors", str(vectors)]
    cost(["train", *given, "--limit", "150", "--epochs", "2", "--out", str(run)])
    hold_to_the_bound(run)
