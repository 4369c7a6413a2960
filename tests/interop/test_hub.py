"""Folders for the Hugging Face hub: written, read back, refused; offline, without an account."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from snnconvert import TextClassifier
from snnconvert.errors import InputError, SnnConvertError
from snnconvert.pipelines.cli import main

hub = pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")

from snnconvert.interop.hub import HubClassifier  # noqa: E402

TEXTS = ["good food and a kind waiter", "bad", "", "the room was cold and the waiter rude"]


def export(run: Path, which: str, folder: Path, *words: str) -> Path:
    command = ["export", str(run), "--format", "hf", "--model", which, "--out", str(folder)]
    assert main([*command, "--license", "apache-2.0", "--quiet", *words]) == 0
    return folder


@pytest.fixture(scope="module")
def run(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose energy was counted."""
    copy = shutil.copytree(tiny_run, tmp_path_factory.mktemp("hub") / "run")
    words = ["--texts", "6", "--sampled", "0", "--training-texts", "4", "--quiet"]
    assert main(["energy", str(copy), *words]) == 0
    return copy


@pytest.fixture
def folder(run: Path, tmp_path: Path) -> Path:
    return export(run, "snn", tmp_path / "model")


@pytest.mark.parametrize("which", ["ann", "snn", "finetuned"])
def test_there_and_back(run: Path, tmp_path: Path, which: str) -> None:
    loaded = TextClassifier.load(run, which)
    classifier = HubClassifier.from_pretrained(export(run, which, tmp_path / "one"))
    assert isinstance(classifier, TextClassifier)
    assert classifier.classes == loaded.classes
    assert (classifier.predict_proba(TEXTS) == loaded.predict_proba(TEXTS)).all()
    classifier.save_pretrained(tmp_path / "two")
    files = sorted(p.relative_to(tmp_path / "two") for p in (tmp_path / "two").rglob("*.*"))
    for name in files:
        assert (tmp_path / "two" / name).read_bytes() == (tmp_path / "one" / name).read_bytes()
    again = HubClassifier.from_pretrained(str(tmp_path / "two"))
    assert (again.predict_proba(TEXTS) == loaded.predict_proba(TEXTS)).all()
    assert [str(name) for name in files] == [
        *("README.md", "config.json", "model.safetensors", "spec.json"),
        *("text/stage.json", "text/vocabulary.txt"),  # and no word vectors a second time
    ]


def test_the_card_is_read_by_the_hub_and_holds_the_figures_of_the_run(
    run: Path, folder: Path
) -> None:
    results = json.loads((run / "results.json").read_text("utf-8"))
    card = hub.ModelCard.load(folder / "README.md")
    data = card.data.to_dict()
    assert data["library_name"] == "snnconvert" and data["pipeline_tag"] == "text-classification"
    assert data["language"] == "en" and data["license"] == "apache-2.0"
    assert {"spiking-neural-network", "ann-to-snn"} <= set(data["tags"])
    (result,) = card.data.eval_results
    assert result.metric_type == "accuracy" and result.dataset_split == "test"
    assert result.metric_value == pytest.approx(results["snn"]["test_accuracy"], abs=1e-6)
    rows = re.findall(r"^\| (\d+) \| ([\d.]+) \|$", card.text, re.MULTILINE)
    by_step = results["snn"]["accuracy_by_step"]
    assert [(int(n), float(x)) for n, x in rows] == [
        (n, round(100 * share, 2)) for n, share in enumerate(by_step, 1)
    ]
    assert f"{results['snn']['sops_per_sample']:,.0f} synaptic" in card.text
    assert results["energy"]["label"] in card.text and "| compute-int8 |" in card.text
    assert "6 texts of the test split" in card.text and "## Robustness" not in card.text


def test_what_was_not_measured_is_not_on_the_card(tiny_run: Path, tmp_path: Path) -> None:
    text = (export(tiny_run, "ann", tmp_path / "ann") / "README.md").read_text("utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["Accuracy", "Use", "Limits"] and "spiking" not in text.split("## Use")[0]


def test_robustness_on_the_card() -> None:
    from snnconvert.interop.hf.card import model_card

    row = {"victim": "snn", "attack": "pwws", "n": 50, "clean_accuracy": 0.9}
    facts = {"model": "snn", "results": {"attack": {"rows": [row | {"verified_accuracy": 0.25}]}}}
    card = model_card(facts, ("a", "b"), None, {"language": "zh"}, "mit")
    assert "| pwws | 50 | 90.0 | 25.0 |" in card and "model-index" not in card


def test_a_licence_is_asked_for(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(run), "--format", "hf", "--out", str(tmp_path / "x")]) == 2
    assert "expected a licence of the model" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match="expected a model card, which names a licence"):
        HubClassifier.load(run, "snn").save_pretrained(tmp_path / "x")


def test_folders_that_are_refused(folder: Path, run: Path) -> None:
    def refused(said: str) -> None:
        with pytest.raises(InputError, match=said) as caught:
            HubClassifier.from_pretrained(folder)
        assert "\n" not in str(caught.value)

    weights = folder / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    refused("model.safetensors: it is not what it was when it was exported")
    weights.unlink()
    refused("model.safetensors: there is no such file")
    weights.write_bytes(whole)
    config = folder / "config.json"
    text = config.read_text("utf-8")
    config.write_text(text.replace('"text/stage.json"', '"../stage.json"'))
    refused(r"that lie in .*, but got '\.\./stage\.json'")
    config.write_text(text.replace('"format": 1', '"format": 2'))
    refused("expected format 1 .* but got 2")
    config.write_text(text.replace('"snnconvert"', '"bert"'))
    refused("of 'bert'")
    config.unlink()
    refused("expected the config of a snnconvert model")
    with pytest.raises(InputError, match="options of from_pretrained, but got draw"):
        config.write_text(text)
        HubClassifier.from_pretrained(folder, draw=3)


def test_the_hub_offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(
        SnnConvertError, match="could not load owner/name, .* from the hub"
    ) as found:
        HubClassifier.from_pretrained("owner/name", cache_dir=tmp_path)
    assert "\n" not in str(found.value)


def test_what_is_pushed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's interface is replaced; what it is given to upload is looked at."""
    sent: dict[str, bytes] = {}

    class Api:
        def __init__(self, *args: object, **options: object) -> None:
            pass

        def create_repo(self, repo_id: str, **options: object):
            return type("Repo", (), {"repo_id": repo_id})

        def upload_folder(self, repo_id: str, folder_path: str, **options: object) -> str:
            for path in Path(folder_path).rglob("*.*"):
                sent[path.relative_to(folder_path).as_posix()] = path.read_bytes()
            return repo_id

    monkeypatch.setattr("huggingface_hub.hub_mixin.HfApi", Api)
    classifier = HubClassifier.from_pretrained(folder)
    assert classifier.push_to_hub("owner/name") == "owner/name"
    assert sent == {name: (folder / name).read_bytes() for name in sent} and len(sent) == 6


def test_a_folder_is_replaced_only_with_force(run: Path, folder: Path) -> None:
    words = ["export", str(run), "--format", "hf", "--license", "mit", "--out", str(folder)]
    assert main([*words, "--quiet"]) == 2
    assert main([*words, "--force", "--quiet"]) == 0
    assert "license: mit" in (folder / "README.md").read_text("utf-8")
