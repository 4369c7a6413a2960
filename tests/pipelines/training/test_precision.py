"""Mixed precision in training: close to float32, with weights that stay float32."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from snnconvert.files import load_tensors, read_yaml_mapping
from snnconvert.models.devices import find_numbers
from snnconvert.models.families import FAMILIES
from snnconvert.models.text_model import TextModel, set_generator
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.settings.train import TrainSettings
from snnconvert.pipelines.training.text_loop import ann_trainee

TRAIN = ["--limit", "32", "--dim", "6", "--max-length", "20", "--vectors", "random"]
TRAIN += ["--widths", "2", "--channels", "4", "--epochs", "1", "--tensorboard", "false"]


@pytest.mark.parametrize("family", ["textcnn", "dpcnn"])
def test_outputs_and_gradients_are_close(family: str):
    draw = torch.Generator().manual_seed(0)
    # one that does not round: of a rounded value the last bit may be a level
    settings = TrainSettings(model=family, channels=8, dropout=0.2, activation="relu")
    options = settings.of_network()
    vectors = torch.rand(40, 10, generator=draw) * 2 - 1
    model = TextModel(vectors, FAMILIES[family].network(10, 3, options, 0), True).train()
    ids, lengths = torch.randint(2, 40, (6, 14), generator=draw), torch.arange(6) + 9
    found = {}
    for precision in ("float32", "bfloat16"):
        model.zero_grad()
        random = torch.Generator().manual_seed(1)
        set_generator(model.network, random)
        logits = ann_trainee(model, precision=precision).outputs(ids, lengths, random)
        assert logits.dtype == torch.float32
        logits.square().sum().backward()
        grads = [p.grad.flatten() for p in model.parameters()]
        assert all(p.dtype == torch.float32 for p in model.parameters())
        found[precision] = logits.detach().flatten(), torch.cat(grads)
    for exact, mixed in zip(*found.values(), strict=True):
        assert torch.isfinite(mixed).all() and not torch.equal(exact, mixed)
        assert torch.cosine_similarity(exact, mixed, dim=0) > 0.97


def test_recorded_where_it_is_bfloat16_and_then_kept(tmp_path: Path):
    runs = {name: ["train", "--out", str(tmp_path / name), *TRAIN] for name in ("a", "b")}
    assert main([*runs["a"], "--precision", "bfloat16"]) == 0
    assert main(runs["b"]) == 0
    ours, theirs = (load_tensors(tmp_path / n / "ann" / "weights.safetensors") for n in runs)
    assert all(tensor.dtype == torch.float32 for tensor in ours.values())
    assert any(not torch.equal(ours[name], theirs[name]) for name in ours)
    configs = [read_yaml_mapping(tmp_path / n / "config.yaml", "the settings") for n in runs]
    assert configs[0]["ann"]["precision"] == "bfloat16" and "precision" not in configs[1]["ann"]
    assert main(runs["a"]) == 0  # auto goes on as it was begun
    assert main([*runs["b"], "--precision", "float32"]) == 0
    assert main([*runs["b"], "--precision", "bfloat16"]) == 2


def test_auto_is_float32_on_a_cpu_and_bfloat16_on_a_gpu_that_has_it(monkeypatch):
    assert find_numbers("auto", torch.device("cpu")) == "float32"
    assert find_numbers("bfloat16", torch.device("cpu")) == "bfloat16"
    for there in (True, False):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda there=there, **_: there)
        wanted = "bfloat16" if there else "float32"
        assert find_numbers("auto", torch.device("cuda")) == wanted
