"""A user's own module and vocabulary as a run folder: equal outputs, and every command after it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from snnconvert import TextClassifier
from snnconvert.errors import InputError
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.own_model.own_model import run_from_module
from snnconvert.pipelines.settings.data import DataSettings
from snnconvert.text.datasets.dataset import load_dataset
from snnconvert.text.segment import segment

LIMIT, DIM, FIXED = 240, 16, 14
DATA = DataSettings(dataset="builtin-en", limit=LIMIT, max_length=30)


class Kim(nn.Module):
    """Kim's network as images; the vector of padding is trained as any other."""

    def __init__(self, words: int, outputs: int = 1) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, DIM)
        self.convs = nn.ModuleList(nn.Conv2d(1, 8, (k, DIM)) for k in (2, 4))
        self.fc = nn.Linear(16, outputs)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embedding(ids).unsqueeze(1)
        maps = [F.relu(conv(x)).squeeze(3) for conv in self.convs]
        return self.fc(torch.cat([F.max_pool1d(m, m.size(2)).squeeze(2) for m in maps], 1))


class Mean(nn.Module):
    """A network for texts of one length, with a mean over all of it and a softmax at the end."""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.embedding, self.conv = nn.Embedding(words, DIM), nn.Conv1d(DIM, 8, 3)
        self.pool, self.fc = nn.AvgPool1d(FIXED - 2), nn.Linear(8, 2)

    def forward(self, ids: Tensor) -> Tensor:
        maps = F.relu(self.conv(self.embedding(ids).permute(0, 2, 1)))
        return F.softmax(self.fc(self.pool(maps).squeeze(2)), dim=1)


class OfVectors(nn.Module):
    """Vectors (B, D, L) in, two logits out."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv1d(DIM, 8, 2), nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(F.relu(self.conv(x)).amax(2))


@pytest.fixture(scope="module")
def vocabulary() -> dict[str, int]:
    """Ids in an order of their own, with special words in the middle."""
    texts = load_dataset("builtin-en", limit=LIMIT).train.texts
    words = sorted({word for text in texts for word in segment(text, "en")})
    words = [*words[:20], "<UNK>", *words[20:40], "[PAD]", *words[40:]]
    return {word: i for i, word in enumerate(words)}


def ids_of(vocabulary: dict[str, int], text: str, least: int, most: int = 30) -> Tensor:
    """A text's ids as a user makes them: cut, and padded to ``least``."""
    ids = [vocabulary.get(word, vocabulary["<UNK>"]) for word in segment(text, "en")][:most]
    return torch.tensor([ids + [vocabulary["[PAD]"]] * (least - len(ids))])


def trained(module: nn.Module, vocabulary: dict[str, int], least: int, most: int = 30) -> nn.Module:
    """The module after a little training by the user's own loop, left in training mode."""
    train = load_dataset("builtin-en", limit=LIMIT).train
    nn.init.uniform_(module.embedding.weight, -0.3, 0.3)
    optimizer = torch.optim.Adam(module.parameters(), 5e-3)
    for _ in range(4):
        for text, label in zip(train.texts, train.labels, strict=True):
            out = module(ids_of(vocabulary, text, least, most))
            if out.shape[1] == 1:
                target = torch.tensor([[float(label)]])
                loss = F.binary_cross_entropy_with_logits(out, target)
            else:
                loss = F.nll_loss(out.log(), torch.tensor([label]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return module.train()


@pytest.fixture(scope="module")
def kim(vocabulary) -> nn.Module:
    torch.manual_seed(0)
    return trained(Kim(len(vocabulary)), vocabulary, 4)


@pytest.fixture(scope="module")
def made(kim, vocabulary, tmp_path_factory) -> Path:
    """A run made of ``kim``; copy it to change it."""
    out = tmp_path_factory.mktemp("own") / "run"
    run_from_module(out, kim, vocabulary, DATA, quiet=True)
    return out


@torch.no_grad()
def test_the_ann_gives_the_modules_own_logits_on_every_text(made, kim, vocabulary):
    texts = [*load_dataset("builtin-en", limit=LIMIT).test.texts, "", "fine", "zzz Nothing Known"]
    ours = TextClassifier.load(made, "ann").logits_by_step(texts)[0]
    kim.eval()
    theirs = torch.cat([kim(ids_of(vocabulary, text, 4)) for text in texts])
    kim.train()
    assert torch.equal(ours[:, 0], torch.zeros(len(texts)))
    torch.testing.assert_close(ours[:, 1:], theirs, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(
        torch.from_numpy(TextClassifier.load(made, "ann").probabilities(texts)[:, 1:]),
        theirs.double().sigmoid(),
        rtol=1e-4,
        atol=1e-5,
    )


def test_results_say_how_well_the_module_fits(made, kim):
    results = json.loads((made / "results.json").read_text(encoding="utf-8"))
    ann = results["ann"]
    assert ann["imported"] and ann["module"] == "Kim" and kim.training
    assert ann["dev_accuracy"] == ann["module_dev_accuracy"] >= 0.8
    assert ann["test_accuracy"] == ann["module_test_accuracy"] >= 0.8
    sizes = results["data"]["sizes"]
    assert ann["compared_texts"] == sizes["dev"] + sizes["test"] and ann["unread_texts"] == 0
    assert ann["largest_difference"] < 1e-5
    assert results["data"]["vectors"]["tokens"] == 1.0


def test_vectors_lie_in_the_range_of_spikes(made, kim):
    weight = TextClassifier.load(made, "ann").model.embedding.weight
    assert float(weight.abs().max()) == 1.0 and not weight[0].any()
    assert (weight.abs().amax(0) == 1).all()  # no component is left small


@pytest.mark.long
def test_every_command_goes_on(made, tmp_path, capsys, textattack):
    run = str(shutil.copytree(made, tmp_path / "run"))
    few = ["--texts", "10", "--sampled", "0", "--training-texts", "10"]
    attack = ["--presets", "deepwordbug", "--examples", "3", "--query-budget", "30"]
    for words in (
        ["convert", run, "--steps", "4"],
        ["finetune", run, "--epochs", "1", "--tensorboard", "false"],
        ["evaluate", run, "--model", "snn", "--split", "test"],
        ["predict", run, "friendly staff and a great room"],
        ["energy", run, *few],
        ["attack", run, *attack, "--controls", "none"],
        ["report", run],
    ):
        assert main(words) == 0, f"{words}: {capsys.readouterr().err}"
    results = json.loads(Path(run, "results.json").read_text(encoding="utf-8"))
    assert results["snn"]["test_accuracy"] >= results["ann"]["test_accuracy"] - 0.1
    assert {"finetuned", "energy", "attack"} <= set(results)
    assert Path(run, "report.html").stat().st_size > 10_000


def test_a_module_at_chance_is_said_to_be(vocabulary, tmp_path, capsys):
    torch.manual_seed(0)
    run = str(tmp_path / "run")
    run_from_module(run, Kim(len(vocabulary)), vocabulary, DATA)
    assert "the ANN is at chance" in capsys.readouterr().err
    for words in (["convert", run, "--steps", "2"], ["report", run]):
        assert main(words) == 0
    assert "the figures of its conversion mean nothing: check" in capsys.readouterr().err
    page = Path(run, "report.html").read_text(encoding="utf-8")
    assert "The ANN is at chance" in page and "--train-vectors" not in page


def test_lost_files_come_back_by_the_same_call(made, kim, vocabulary, tmp_path, capsys):
    run = shutil.copytree(made, tmp_path / "run")
    weights = run / "ann" / "weights.safetensors"
    whole = weights.read_bytes()
    weights.unlink()
    assert main(["convert", str(run), "--steps", "2"]) == 2
    error = capsys.readouterr().err
    assert f"run_from_module({str(run)!r}, ...)" in error and "snnconvert train" not in error
    run_from_module(run, kim, vocabulary, DATA, quiet=True)
    assert weights.read_bytes() == whole
    assert main(["convert", str(run), "--steps", "2"]) == 0


@torch.no_grad()
def test_a_module_for_one_length_gets_its_own_padding(vocabulary, tmp_path):
    torch.manual_seed(0)
    with torch.enable_grad():
        module = trained(Mean(len(vocabulary)), vocabulary, FIXED, FIXED).eval()
    run = run_from_module(tmp_path / "run", module, vocabulary, DATA, quiet=True)
    texts = [*load_dataset("builtin-en", limit=LIMIT).test.texts, "", "fine"]
    assert min(len(segment(text, "en")) for text in texts) < FIXED
    ours = TextClassifier.load(run.path, "ann").probabilities(texts)
    theirs = torch.cat([module(ids_of(vocabulary, text, FIXED, FIXED)) for text in texts])
    np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-5)
    assert run.results()["ann"]["compared_texts"] == 160 == 2 * len(texts) - 4


@torch.no_grad()
def test_a_length_that_all_texts_were_padded_to(kim, vocabulary, tmp_path):
    run = run_from_module(tmp_path / "run", kim, vocabulary, DATA, length=20, quiet=True)
    texts = ["fine", "a cold room, and nobody cared", *["very long " * 20]]
    ours = TextClassifier.load(run.path, "ann").logits_by_step(texts)[0, :, 1:]
    theirs = torch.cat([kim(ids_of(vocabulary, text, 20, 20)) for text in texts])
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


@torch.no_grad()
def test_classes_in_the_modules_order(kim, vocabulary, made, tmp_path):
    swapped = Kim(len(vocabulary), outputs=2)
    state = {name: value.clone() for name, value in kim.state_dict().items()}
    state["fc.weight"] = torch.cat([state["fc.weight"], torch.zeros(1, 16)])
    state["fc.bias"] = torch.cat([state["fc.bias"], torch.zeros(1)])
    swapped.load_state_dict(state)
    classes = ("positive", "negative")
    run = run_from_module(tmp_path / "run", swapped, vocabulary, DATA, classes=classes, quiet=True)
    texts = ["a warm and friendly place", "cold food"]
    ours, before = (TextClassifier.load(p, "ann").probabilities(texts) for p in (run.path, made))
    np.testing.assert_allclose(ours, before, atol=1e-6)


@torch.no_grad()
def test_a_module_that_takes_vectors(kim, vocabulary, tmp_path):
    torch.manual_seed(1)
    module, table = OfVectors().eval(), kim.embedding.weight.detach()
    run = run_from_module(
        tmp_path / "run", module, vocabulary, DATA, vectors=table.numpy(), quiet=True
    )
    ours = TextClassifier.load(run.path, "ann").logits_by_step(["a quiet room"])[0]
    theirs = module(table[ids_of(vocabulary, "a quiet room", 2)].transpose(1, 2))
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def test_again_is_nothing_and_another_module_is_refused(made, kim, vocabulary, tmp_path, capsys):
    run = shutil.copytree(made, tmp_path / "run")
    before = (run / "results.json").read_bytes()
    run_from_module(run, kim, vocabulary, DATA)
    told = capsys.readouterr().out
    assert (run / "results.json").read_bytes() == before
    assert "the module itself" in told and "100.0 % of the running words" in told
    other = Kim(len(vocabulary))
    nn.init.zeros_(other.fc.weight)
    nn.init.zeros_(other.fc.bias)
    with pytest.raises(InputError, match="'ann' of .* is done with other settings"):
        run_from_module(run, other, vocabulary, DATA, quiet=True)
    assert (run / "results.json").read_bytes() == before
    run_from_module(run, other, vocabulary, DATA, force=True)
    assert "note: the module is right on" in capsys.readouterr().out  # it has learned nothing
    assert main(["train", "--out", str(run)]) == 2
    assert "done with other settings" in capsys.readouterr().err


def test_words_that_were_cut_in_another_way_are_noted(kim, vocabulary, tmp_path, capsys):
    renamed = {w if w[0] in "<[" or i % 3 == 0 else f"##{w}": i for w, i in vocabulary.items()}
    run_from_module(tmp_path / "run", kim, renamed, DATA)
    assert "note: many words have no id" in capsys.readouterr().out


def not_finite(words: int) -> nn.Module:
    module = Kim(words)
    with torch.no_grad():
        module.embedding.weight[5] = torch.nan
    return module


def sigmoids(words: int) -> nn.Module:
    return nn.Sequential(Kim(words, outputs=2), nn.Sigmoid())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"module": lambda n: "kim.pt"}, "the module: it is str; give a torch.nn.Module"),
        ({"module": lambda n: Kim(n, outputs=3)}, "the 2 classes negative, positive, .* gives 3"),
        ({"module": not_finite}, "module embedding: its weight holds NaN"),
        ({"module": sigmoids}, "module 1: Sigmoid of each of 2 outputs; leave it out"),
        ({"module": lambda n: OfVectors()}, "it takes vectors; give dim"),
        ({"module": lambda n: Kim(n + 3)}, "vocabulary of the .* rows .* has no word"),
        ({"module": lambda n: Kim(n - 3)}, "vocabulary of the .* rows .* has no row"),
        ({"classes": ("bad", "good")}, "classes negative, positive in the order"),
        ({"padding": "<pad>"}, "expected padding to be a word or an id, but '<pad>' is no word"),
        ({"unknown": 10_000}, "expected unknown to be an id of 0 to"),
        ({"length": 3}, "a length of at least 4 words, which the module can read, but got 3"),
        ({"data": "nowhere.tsv"}, "nowhere.tsv"),
        ({"vocabulary": "vocab.txt"}, "expected a vocabulary as a dictionary .* but got str"),
        ({"vectors": np.zeros((4, DIM))}, "expected no vectors for a module that has an nn.Embed"),
    ],
)
def test_what_does_not_fit_is_one_line_and_leaves_no_folder(
    change, reason, kim, vocabulary, tmp_path
):
    given = {"module": lambda n: kim, "vocabulary": vocabulary, "data": DATA} | change
    module = given.pop("module")(len(vocabulary))
    out = tmp_path / "run"
    with pytest.raises(InputError, match=reason) as caught:
        run_from_module(out, module, given.pop("vocabulary"), given.pop("data"), **given)
    assert "\n" not in str(caught.value) and not out.exists()
