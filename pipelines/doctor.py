"""`snnconvert doctor`: what is here, what is missing, and what to do about each."""

from __future__ import annotations

import importlib
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from .summary import table

CORE = (
    "torch",
    "spikingjelly",
    "numpy",
    "scikit-learn",
    "gensim",
    "jieba",
    "safetensors",
    "pyyaml",
)
EXTRAS = {
    "attack": ("textattack", "flair", "transformers", "nltk", "pinyin"),
    "datasets": ("datasets",),
}


@dataclass(frozen=True)
class Check:
    """One line of the doctor's report. level: ``ok``, ``note`` (optional) or ``fail``."""

    name: str
    level: str
    found: str
    remedy: str = ""


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def check_versions() -> Iterator[Check]:
    """Python, the core libraries, and the optional extras."""
    yield Check("python", "ok", platform.python_version())
    for package in CORE:
        version = _version(package)
        if version:
            yield Check(package, "ok", version)
        else:
            yield Check(package, "fail", "missing", f"pip install {package}")
    for extra, packages in EXTRAS.items():
        for package in packages:
            version = _version(package)
            remedy = f'optional: pip install "snnconvert[{extra}]"'
            yield Check(
                package,
                "ok" if version else "note",
                version or "missing",
                "" if version else remedy,
            )


def check_torchvision() -> Check:
    """The clash of a CPU build of torch with a torchvision built for CUDA.

    Such a torchvision fails at import (operator torchvision::nms does not exist), and with it
    transformers, flair and textattack; spikingjelly asks for torchvision but runs without it.
    """
    version = _version("torchvision")
    if version is None:
        return Check("torchvision", "ok", "not installed (not needed)")
    try:
        importlib.import_module("torchvision")
    except (RuntimeError, ImportError, OSError) as error:
        return Check(
            "torchvision",
            "fail",
            f"{version} does not load: {str(error).splitlines()[0][:60]}",
            "it was built for another torch; nothing here needs it: pip uninstall -y torchvision",
        )
    return Check("torchvision", "ok", version)


def check_gpu() -> Check:
    """Whether torch sees a GPU; everything also runs without one."""
    if find_spec("torch") is None:
        return Check("gpu", "note", "unknown", "install torch first")
    import torch

    if torch.cuda.is_available():
        return Check("gpu", "ok", torch.cuda.get_device_name(0))
    return Check(
        "gpu", "note", "none", f"not needed; torch uses {torch.get_num_threads()} CPU threads"
    )


def check_data(data_dir: str | None) -> Iterator[Check]:
    """The folder of the named data sets, and word vectors beside it."""
    from ..text.sources import list_datasets

    folder = data_dir or os.environ.get("SNNCONVERT_DATA")
    if not folder:
        yield Check(
            "data",
            "note",
            "no folder",
            "give --data-dir or set SNNCONVERT_DATA; builtin-en and builtin-zh need none",
        )
        return
    if not Path(folder).is_dir():
        yield Check(
            "data", "fail", f"{folder} is not a folder", "correct --data-dir or SNNCONVERT_DATA"
        )
        return
    rows = list_datasets(folder)
    here = [row["name"] for row in rows if row["present"]]
    missing = [row["name"] for row in rows if not row["present"]]
    remedy = f"snnconvert data get {missing[0]} --data-dir {folder}" if missing else ""
    yield Check("data", "ok" if here else "note", ", ".join(here) or "empty folder", remedy)
    vectors = sorted(Path(folder).resolve().parent.glob("embeddings/*.gz"))
    found = ", ".join(path.name for path in vectors)
    remedy = "" if vectors else "any word2vec or GloVe file by path: --vectors FILE"
    yield Check("vectors", "ok" if vectors else "note", found or "none beside the data", remedy)


def check_attack_assets() -> Iterator[Check]:
    """NLTK data and the like, for the attacks."""
    from ..attacks.environment import asset_status

    for row in asset_status():
        needed = ", ".join(row["needed_by"])
        if row["found"]:
            yield Check(row["name"], "ok", str(row["path"]))
        else:
            yield Check(row["name"], "note", f"missing, for {needed}", row["remedy"])


def doctor(data_dir: str | None = None) -> int:
    """Print every check with what to do; returns 1 where something needed is broken, else 0."""
    checks = [*check_versions(), check_torchvision(), check_gpu()]
    checks += [*check_data(data_dir), *check_attack_assets()]
    rows = [[check.name, check.level, check.found, check.remedy] for check in checks]
    print(table(["what", "state", "found", "what to do"], rows, right=False))
    return int(any(check.level == "fail" for check in checks))
