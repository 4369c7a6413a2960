"""Fixtures that many tests share: where the real data lie, and single-threaded torch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]


def shared_folder() -> Path | None:
    """The folder that holds data/, embeddings/ and attackdata/, or None where there is none."""
    named = os.environ.get("SNNCONVERT_DATA")
    candidates = [Path(named).resolve().parent] if named else []
    candidates.append(ROOT.parent / "shared")
    for folder in candidates:
        if (folder / "data" / "waimai" / "all.tsv").is_file():
            return folder
    return None


# on a busy machine neither says anything of the code
settings.register_profile("usual", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("usual")

LONG = (
    *("attacks/workers/", "engine/triton/", "report/test_browser.py"),
    *("pipelines/growing/", "pipelines/own/", "pipelines/one_text/test_app_browser.py"),
    *("pipelines/quality/", "pipelines/search/", "pipelines/seeds/", "pipelines/teach/"),
    *("pipelines/test_first_steps.py", "pipelines/test_stage_files.py"),
    *("campaign/test_campaign.py", "campaign/test_folders.py", "campaign/test_stranger.py"),
    *("interop/nir/test_scripts.py", "interop/test_neurobench.py"),
    *("pipelines/training/test_adversarial.py", "convert/diagnosis/test_memory.py"),
    *("benchmarks/test_encoding.py",),
)
"""Whole runs, browsers and processes: half a minute a folder, so `make test-long` has them."""


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in `LONG`."""
    for item in items:
        if str(item.path.relative_to(ROOT / "tests")).startswith(LONG):
            item.add_marker("long")


@pytest.fixture(scope="session")
def shared() -> Path:
    folder = shared_folder()
    if folder is None:
        pytest.skip("the real data sets are not here: set SNNCONVERT_DATA to their folder")
    return folder


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Torch on one thread in a whole file: small networks are slower on two."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with ANN, SNN and fine-tuned SNN of the least size; copy it to change it.

    On exact word vectors, by which codes differ and fine-tuning finds something to do.
    """
    import torch

    from snnconvert.pipelines.cli import main

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    run = str(tmp_path_factory.mktemp("tiny") / "run")
    data = ["--limit", "60", "--dim", "8", "--max-length", "20"]
    network = ["--widths", "2,3", "--channels", "6", "--epochs", "2", "--tensorboard", "false"]
    network += ["--input-levels", "0"]
    assert main(["train", "--out", run, *data, *network]) == 0
    assert main(["convert", run, "--steps", "3"]) == 0
    assert main(["finetune", run, "--epochs", "1", "--tensorboard", "false"]) == 0
    torch.set_num_threads(threads)
    return Path(run)


@pytest.fixture(scope="module")
def textattack(tmp_path_factory: pytest.TempPathFactory):
    """TextAttack, with a cache of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TA_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        from snnconvert.attacks.building.loading import load_textattack

        yield load_textattack()


@pytest.fixture
def nltk_data(monkeypatch: pytest.MonkeyPatch, shared: Path, textattack):
    """NLTK reads the data of the shared folder."""
    import nltk.data

    from snnconvert.attacks.assets.nltk import prepare_nltk

    monkeypatch.setattr(nltk.data, "path", list(nltk.data.path))
    monkeypatch.setenv("NLTK_DATA", str(shared / "attackdata" / "nltk_data"))
    prepare_nltk()


@pytest.fixture(autouse=True)
def _quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches out to a network or writes into the user's cache by accident."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
