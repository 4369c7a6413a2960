"""Files as they should be that are none of the sample: of users, and for other programs."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import tempfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import cache, partial
from pathlib import Path

HERE = Path(__file__).parent
SAMPLE = HERE / "sample"
"""A small run with every stage, as commands have made it."""
BERT = HERE / "bert"
"""Text stage and network of a small run of a spiking BERT, likewise."""
HUB = ("config.json", "spec.json", "model.safetensors", "README.md")
HUB += ("text/stage.json", "text/vocabulary.txt")
ROWS = [(k % 2, f"the film number {k} was {('bad', 'good')[k % 2]}, and long") for k in range(30)]
WORDS = ("film", "good", "bad", "the", "long", "and", "was", "number")


def _tsv() -> bytes:
    return "".join(f"{('neg', 'pos')[y]}\t{text}\n" for y, text in ROWS).encode()


def _csv() -> bytes:
    rows = (f'{("neg", "pos")[y]},"{text}"\n' for y, text in ROWS)
    return ("label,text\n" + "".join(rows)).encode()


def _jsonl() -> bytes:
    return "".join(f'{{"label": {y}, "text": "{text}"}}\n' for y, text in ROWS).encode()


def _json() -> bytes:
    return ("[" + ",".join(_jsonl().decode().splitlines()) + "]").encode()


def _text_vectors() -> bytes:
    rows = (
        f"{w} " + " ".join(f"{(i * k) % 7 / 7:.3f}" for k in range(5)) for i, w in enumerate(WORDS)
    )
    return (f"{len(WORDS)} 5\n" + "\n".join(rows) + "\n").encode()


def _binary_vectors() -> bytes:
    import numpy as np

    rows = (w.encode() + b" " + np.full(5, i / 9, "<f4").tobytes() for i, w in enumerate(WORDS))
    return f"{len(WORDS)} 5\n".encode() + b"\n".join(rows)


def _made_checkpoint() -> bytes:
    from dataclasses import asdict

    import torch
    from safetensors.torch import save

    from snnconvert.pipelines.training.checkpoint import State

    metadata = {"state": json.dumps(asdict(State(epoch=1))), "stamp": "stamp"}
    return bytes(save({"model.a": torch.zeros(2), "best.a": torch.zeros(2)}, metadata))


@cache
def _hub() -> dict[str, bytes]:
    """A folder for the hub of the sample's SNN."""
    from snnconvert.interop.hf.folder import write_folder
    from snnconvert.models.saving import load_model
    from snnconvert.text.stages.load import load_stage

    with tempfile.TemporaryDirectory() as place:
        parts = load_stage(SAMPLE / "text"), *load_model(SAMPLE / "snn")
        write_folder(Path(place), *parts, "a card")
        files = [path for path in Path(place).rglob("*") if path.is_file()]
        return {str(path.relative_to(place)): path.read_bytes() for path in files}


@cache
def _nir() -> bytes:
    """The sample's SNN as a graph of NIR, as the command writes it."""
    from snnconvert.pipelines.cli import main

    with tempfile.TemporaryDirectory() as place:
        run, out = Path(place) / "run", Path(place) / "out"
        shutil.copytree(SAMPLE, run)
        words = f"export {run} --model snn --format nir --for spikingjelly --texts 1 --out {out}"
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            assert main(words.split()) == 0
        return (out / "network.nir").read_bytes()


def _npz() -> bytes:
    import numpy as np

    from snnconvert.interop.npz import FORMAT

    content, spec = io.BytesIO(), json.dumps({"archive": FORMAT})
    np.savez(content, spec=np.frombuffer(spec.encode(), np.uint8), weight=np.zeros((2, 3), "<f4"))
    return content.getvalue()


def _seeds() -> bytes:
    figure = {"group": "snn", "model": "SNN", "detail": "T = 2", "figure": "accuracy"}
    figure |= {"unit": "share", "n": 2, "mean": 0.5, "std": 0.1, "values": [0.4, 0.6, None]}
    head = {"dataset": "x", "seeds": [0, 1, 2], "failed": {"3": "why"}, "what_changes": "all"}
    return json.dumps(head | {"std": "of a sample", "figures": [figure, figure]}).encode()


def _further() -> bytes:
    rows = (f'{{"text": "{text}", "label": {y}, "source": "extra"}}\n' for y, text in ROWS[:9])
    return "".join(rows).encode()


PRICES = b"mine:\n  title: Mine\n  pj: {mac: 4.6, add: 0.9}\n  memory: [[8192, 10], [32768, 20]]\n"
TRAIN = b"epochs: 3\nlr: 0.01\nwidths: [2, 3]\ntrain-vectors: true\nlimit: 60\nvectors: random\n"
FILES: dict[str, Callable[[], bytes]] = {
    "prices.yaml": lambda: PRICES,
    "train.yaml": lambda: TRAIN,
    "rows.tsv": _tsv,
    "rows.csv": _csv,
    "rows.jsonl": _jsonl,
    "rows.json": _json,
    "rows.txt": lambda: "\n".join(text for _, text in ROWS).encode(),
    "rows.tsv.gz": lambda: gzip.compress(_tsv(), mtime=0),
    "vectors.txt": _text_vectors,
    "vectors.bin": _binary_vectors,
    "vectors.txt.gz": lambda: gzip.compress(_text_vectors(), mtime=0),
    "words.txt": lambda: "云计算 5 n\n深度学习 3\n好看\n".encode(),
    "train.checkpoint.safetensors": _made_checkpoint,
    "seeds/summary.json": _seeds,
    "teacher/extra.jsonl": _further,
    "exported/model.npz": _npz,
    "exported/network.nir": _nir,
    **{
        f"bert/{path.relative_to(BERT)}": path.read_bytes
        for path in BERT.rglob("*")
        if path.is_file()
    },
    **{f"hub/{name}": partial(lambda name: _hub()[name], name) for name in HUB},
}
"""What is no file of the sample."""
