"""Model folders: round trips, another process, and files that are damaged or foreign."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from snnconvert.convert.build import build_snn
from snnconvert.convert.from_torch.module import from_torch
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.convert.ttfs.network import convert_ttfs
from snnconvert.errors import InputError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.dpcnn import DPCNNSpec, build_dpcnn
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.network import Network
from snnconvert.models.neurons.base import Neurons
from snnconvert.models.neurons.spec import NeuronSpec
from snnconvert.models.nodes.activations import Activation
from snnconvert.models.nodes.layers import Conv1d, Linear
from snnconvert.models.nodes.norm import BatchNorm1d
from snnconvert.models.saving import load_model, save_model, weights_hash
from snnconvert.models.silenced import SilencedTextModel
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.text_model import TextModel

IDS, LENGTHS = torch.tensor([[2, 3, 4, 5, 0], [6, 7, 0, 0, 0]]), torch.tensor([4, 2])


def models() -> tuple[TextModel, SpikingTextModel]:
    vectors = torch.rand(8, 6, generator=torch.Generator().manual_seed(0)) * 2 - 1
    vectors[0] = 0
    ann = TextModel(vectors, build_textcnn(TextCNNSpec(6, 2, (2, 3), 4))).eval()
    recipe = ConversionRecipe(4, Encoder("saf", "shift"))
    thresholds = {"act2": torch.tensor([2.0]), "act3": torch.tensor([2.0])}
    network, _ = build_snn(ann.network, recipe, thresholds)
    return ann, SpikingTextModel(vectors, recipe.encoder, network, 4).eval()


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    ann, snn = models()
    save_model(tmp_path / "ann", ann, ("no", "yes"))
    save_model(tmp_path / "snn", snn, ("no", "yes"))
    return {"ann": tmp_path / "ann", "snn": tmp_path / "snn"}


@pytest.mark.parametrize("which", ["ann", "snn"])
def test_round_trip_gives_the_same_outputs(folders, which):
    before = dict(zip(("ann", "snn"), models(), strict=True))[which]
    after, classes = load_model(folders[which])
    assert classes == ("no", "yes") and not after.training
    with torch.no_grad():
        assert torch.equal(after(IDS, LENGTHS), before(IDS, LENGTHS))


class Block(nn.Module):
    """A module of the user's: the process that loads the SNN never sees this class."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.body = nn.Conv1d(6, 4, 2), nn.Conv1d(4, 4, 3, padding=1)
        self.out = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.stem(x))
        return self.out(torch.relu(y + self.body(y)).amax(2))


def spiking_model(ann: Network, **choices) -> SpikingTextModel:
    """An SNN of ``ann`` with random biases and thresholds that differ."""
    random = torch.Generator().manual_seed(3)
    vectors = torch.rand(8, 6, generator=random) * 2 - 1
    vectors[0] = 0
    with torch.no_grad():
        for node in ann.nodes.values():
            if isinstance(node, Conv1d | Linear):
                node.bias.normal_(0.2, 0.2, generator=random)
            elif isinstance(node, BatchNorm1d):
                node.running_mean.normal_(0, 0.2, generator=random)
    names = [name for name in ann.inputs if isinstance(ann.node(name), Activation)]
    thresholds = {name: torch.tensor([0.5 + i]) for i, name in enumerate(names)}
    recipe = ConversionRecipe(4, **choices)
    network, _ = build_snn(ann.eval(), recipe, thresholds)
    return SpikingTextModel(vectors, recipe.encoder, network, 4).eval()


def process_models() -> dict[str, SpikingTextModel]:
    """A converted TextCNN, DPCNN and torch module, one with SRP, one of first spikes."""
    torch.manual_seed(0)
    spec = DPCNNSpec(6, 2, 4, blocks=2, activation="relu")
    ann, srp = models()
    vectors = ann.embedding.weight.detach()
    first, _ = convert_ttfs(ann.network, {n: torch.ones(1) for n in ("act2", "act3")}, 4)
    return {
        "textcnn": models()[1],
        "dpcnn": spiking_model(build_dpcnn(spec), pooling="gated"),
        "dpcnn bursts": spiking_model(build_dpcnn(spec), neuron=NeuronSpec("burst", burst=2)),
        "torch": spiking_model(from_torch(Block(), 6)),
        "srp": SilencedTextModel(vectors, srp.encoder, srp.network, srp.steps, 3),
        "ttfs": SpikingTextModel(vectors, Encoder("ttfs"), first, 4).eval(),
    }


def neuron_spikes(model: SpikingTextModel) -> dict[str, list[int]]:
    record: dict = {}
    with torch.no_grad():
        model(IDS, LENGTHS, record=record)
    return {
        name: [int(n) for n in signal.values.flatten()]
        for name, signal in record.items()
        if name != "input" and isinstance(model.network.node(name), Neurons)
    }


def test_another_process_gives_the_same_spikes(tmp_path: Path):
    expected = {}
    for which, model in process_models().items():
        save_model(tmp_path / which, model, ("no", "yes"))
        expected[which] = neuron_spikes(model)
    code = (
        "import json, sys, torch\n"
        "from snnconvert.models.saving import load_model\n"
        f"names = { ({which: list(spikes) for which, spikes in expected.items()})!r}\n"
        f"ids, lengths = torch.tensor({IDS.tolist()}), torch.tensor({LENGTHS.tolist()})\n"
        "found = {}\n"
        "for which, wanted in names.items():\n"
        f"    model, _ = load_model({str(tmp_path)!r} + '/' + which)\n"
        "    record = {}\n"
        "    model(ids, lengths, record=record)\n"
        "    found[which] = {n: [int(v) for v in record[n].values.flatten()] for n in wanted}\n"
        "assert 'spikingjelly' not in sys.modules\n"
        "assert not any('snnconvert.pipelines' in name for name in sys.modules)\n"
        "assert not any('dpcnn' in name or 'from_torch' in name for name in sys.modules)\n"
        "print(json.dumps(found))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == expected
    for spikes in expected.values():
        assert all(sum(fired) > 0 for fired in spikes.values())


def _rewrite(**changes):
    """Damage: other values in the spec; None removes a key."""

    def damage(folder: Path) -> None:
        path = folder / "spec.json"
        content = json.loads(path.read_text()) | changes
        path.write_text(json.dumps({k: v for k, v in content.items() if v is not None}))

    return damage


def _write(name: str, content):
    """Damage: the file ``name`` with other bytes, made from those it has."""
    return lambda folder: (folder / name).write_bytes(content((folder / name).read_bytes()))


def _remove(name: str):
    return lambda folder: (folder / name).unlink()


def _first_node(**changes):
    """Damage: other fields in the first node of the spec."""

    def damage(folder: Path) -> None:
        path = folder / "spec.json"
        content = json.loads(path.read_text())
        content["nodes"][0] |= changes
        path.write_text(json.dumps(content))

    return damage


def _nan(folder: Path) -> None:
    ann, _ = models()
    with torch.no_grad():
        ann.network.node("readout").bias.fill_(float("nan"))
    save_model(folder, ann, ("no", "yes"))


SPEC, WEIGHTS = "spec.json", "weights.safetensors"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_remove(SPEC), "no such file"),
        (_remove(WEIGHTS), "no such file"),
        (_write(SPEC, lambda old: old[:50]), "not valid JSON"),
        (_write(SPEC, lambda old: b"[]"), "it has 'list'"),
        (_write(WEIGHTS, lambda old: old[:-10]), "truncated or of another kind"),
        (_write(WEIGHTS, lambda old: b""), "truncated or of another kind"),
        (_write(WEIGHTS, lambda old: pickle.dumps({"a": [1.0]})), "truncated or of another kind"),
        (lambda folder: torch.save({"a": torch.ones(1)}, folder / WEIGHTS), "of another kind"),
        (_rewrite(format=99), "format 1 .* 99"),
        (_rewrite(nodes=None), "a list with something in it at .*nodes"),
        (_first_node(type="Softmax"), "'Softmax'"),
        (
            _first_node(settings={"inputs": 6, "channels": 9, "width": 2}),
            "of another shape",
        ),
        (_nan, "NaN or inf"),
    ],
)
def test_damaged_folders_are_refused_in_one_line(folders, damage, words):
    damage(folders["ann"])
    with pytest.raises(InputError, match=words) as caught:
        load_model(folders["ann"])
    assert "\n" not in str(caught.value)


def test_hash_tells_models_apart(folders, tmp_path):
    assert weights_hash(folders["ann"]) != weights_hash(folders["snn"])
    with pytest.raises(InputError, match="no spec.json"):
        weights_hash(tmp_path / "nothing")
