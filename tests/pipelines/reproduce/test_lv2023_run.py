"""`snnconvert reproduce lv2023` on small data of its own: rows, resuming, what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from snnconvert.pipelines.cli import main
from snnconvert.pipelines.reproduce.lv2023 import run as reproduction
from snnconvert.pipelines.reproduce.lv2023.data.system import ABLATIONS, SYSTEMS, System
from snnconvert.pipelines.reproduce.lv2023.stages import teacher as teachers
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.settings import DataSettings
from snnconvert.pipelines.settings.reproduce import ReproduceSettings
from snnconvert.pipelines.settings.teach import TeachSettings
from snnconvert.tests.helpers.toy_set import write_toy_set


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A data set called ``sst2`` whose words tell the class, and word vectors."""
    return write_toy_set(tmp_path_factory.mktemp("lv2023"))


@pytest.fixture(autouse=True)
def short_trainings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The systems as they are, but with few filters and epochs."""
    for name, system in SYSTEMS.items():
        tuned = system.finetune
        if tuned is not None:
            more = {"epochs": 2} if system.trained else {"epochs": 15, "lr": 5e-3}
            tuned = {**tuned, **more}
        train = {**system.train, "epochs": 4, "channels": 10}
        monkeypatch.setitem(SYSTEMS._members, name, replace(system, train=train, finetune=tuned))


def command(place: Path, out: str, *more: str) -> list[str]:
    files = ["--vectors-en", str(place / "v.txt"), "--data-dir", str(place)]
    chosen = ["--datasets", "sst2", "--workers", "1", "--quiet", *files]
    return ["reproduce", "lv2023", "--out", str(place / out), *chosen, *more]


OURS = ("--models", "textcnn,ours-converted,ours", "--steps", "0,1,2", "--seeds", "0")


def written(place: Path, out: str) -> dict[str, dict]:
    rows = json.loads((place / out / "lv2023.json").read_text("utf-8"))["rows"]
    return {f"{row['system']}-{row['steps']}": row for row in rows}


@pytest.mark.long
def test_rows_share_an_ann_and_a_lost_row_is_made_again(place: Path, capsys):
    assert main(command(place, "a", *OURS)) == 0
    rows = written(place, "a")
    assert list(rows) == ["textcnn-0", "ours-converted-1", "ours-converted-2", "ours-1", "ours-2"]
    (folder,) = (place / "a" / "runs").iterdir()  # one ANN for all of them
    results = RunFolder(folder).results()
    assert {"ann", "snn@ours-t1", "finetuned@ours-t1", "snn@ours-t2", "finetuned@ours-t2"} <= set(
        results
    )
    ann, snn = rows["textcnn-0"], rows["ours-converted-2"]
    weights = 9 * (3 + 4 + 5) * 10 + 30 + 30 * 2 + 2
    assert ann["parameters"] == weights + 3 == results["ann"]["parameters"]  # and QCFS's bounds
    assert snn["parameters"] == weights  # W and -W, once
    assert rows["ours-2"]["parameters"] in (weights, weights + 9 * 12 * 10)
    assert ann["mean"] == results["ann"]["test_accuracy"] and ann["published"] == 0.8325
    assert snn["mean"] == results["snn@ours-t2"]["test_accuracy"]
    assert snn["sops_per_sentence"] == results["snn@ours-t2"]["sops_per_sample"]
    # eight words a text, of nine components each, the last two of them unknown
    spikes = results["snn@ours-t2"]["input_spikes_per_sample"]
    assert snn["input_spikes_per_value"] == pytest.approx(spikes / 72)
    assert 0 < snn["joules_per_sentence"] < 1e-3 and ann["macs_per_sentence"] > 0
    page = (place / "a" / "lv2023.md").read_text("utf-8")
    assert "Not made yet" in page and "| textcnn | ANN, defaults | - |" in page
    assert (place / "a" / "lv2023.png").stat().st_size > 10_000
    # one row is lost: it is read from its run again, and the others stay as they are
    files = sorted((place / "a" / "rows").glob("*.json"))
    before = {path.name: path.stat().st_mtime_ns for path in files}
    gone = place / "a" / "rows" / "sst2-ours-t2-0.json"
    kept = json.loads(gone.read_text("utf-8"))
    gone.unlink()
    capsys.readouterr()
    assert main(command(place, "a", *OURS, "--json")) == 0
    assert len(json.loads(capsys.readouterr().out)["rows"]) == 5
    after = {path.name: path.stat().st_mtime_ns for path in files}
    assert [name for name in after if after[name] != before[name]] == [gone.name]
    assert {**kept, "seconds": 0} == {**json.loads(gone.read_text("utf-8")), "seconds": 0}
    assert RunFolder(folder).results() == results  # nothing was trained again
    # they stand beside those of another folder
    rows = written(place, "a")
    more = ("--models", "textcnn", "--seeds", "1", "--earlier", str(place / "a" / "lv2023.json"))
    assert main(command(place, "a2", *more, "--json")) == 0
    beside = written(place, "a2")
    assert list(beside["textcnn-0"].pop("accuracies")) == ["0", "1"]  # one row of both seeds
    assert {**beside, "textcnn-0": 0} == {**rows, "textcnn-0": 0}
    assert len(json.loads(capsys.readouterr().out)["rows"]) == 5


@pytest.mark.long
def test_a_changed_system_is_made_anew_on_the_same_ann(place: Path, monkeypatch):
    def system(**convert: object) -> System:
        own = {"model": "ours", "setting": "other", "steps": (2,), "convert": convert}
        return System("own", **own, train={"epochs": 1}, ann="own", conversion="own")

    chosen = ("--models", "ablations", "--seeds", "0")
    for part in ("_places", "_members"):
        monkeypatch.setattr(ABLATIONS, part, {})
    for convert in ({"encoder": "saf"}, {"encoder": "direct"}):
        monkeypatch.setitem(ABLATIONS._members, "own", system(**convert))
        assert main(command(place, "b", *chosen)) == 0
        (folder,) = (place / "b" / "runs").iterdir()
        assert RunFolder(folder).config()["snn@own-t2"]["encoder"] == convert["encoder"]
        if convert["encoder"] == "saf":
            trained = RunFolder(folder).results()["ann"]
        assert RunFolder(folder).results()["ann"] == trained
    assert written(place, "b")["own-2"]["input_spikes_per_value"] == 0  # analog input


@pytest.mark.long
def test_published_parts_and_random_weights(place: Path):
    """The tailored ANN converted at T = 50, and a spiking network that begins at random weights."""
    chosen = ("--seeds", "0,1", "--steps", "0,2,50", "--models", "tailored,converted")
    assert main(command(place, "c", *chosen)) == 0
    assert main(command(place, "c", "--seeds", "0", "--steps", "2", "--models", "scratch")) == 0
    rows = written(place, "c")
    assert list(rows) == ["tailored-0", "scratch-ours-2", "converted-50"]
    converted = rows["converted-50"]
    assert converted["seeds"] == 2 and converted["std"] is not None
    # half of the steps, and one more channel that spikes at every step of a word
    assert converted["input_spikes_per_value"] == pytest.approx(25 + 50 / 9, rel=0.15)
    folder = next((place / "c" / "runs").glob("*scratch*"))
    run = RunFolder(folder)
    assert run.config()["ann"]["trained"] is False
    # random weights know nothing; the spiking network learns from them
    assert run.results()["finetuned@scratch-ours-t2"]["best_epoch"] > 0
    assert rows["scratch-ours-2"]["mean"] > 0.7


@pytest.mark.long
def test_several_processes_and_a_limit(place: Path):
    words = command(place, "d", "--models", "textcnn", "--seeds", "0,1", "--limit", "20")
    words[words.index("--workers") + 1] = "2"
    assert main(words) == 0
    (row,) = written(place, "d").values()
    assert row["seeds"] == 2 and row["limit"] == 20
    assert "at most 20 texts of a split" in (place / "d" / "lv2023.md").read_text("utf-8")


def test_a_teacher_is_made_once_for_each_data_set(place: Path, tmp_path: Path, monkeypatch):
    taught: list[str] = []
    monkeypatch.setattr(reproduction, "teach", lambda work, dataset: taught.append(dataset))
    vectors = str(place / "v.txt")
    own = ReproduceSettings(vectors_en=vectors, vectors_zh=vectors, teacher_en=("some",))
    work = reproduction.make_work(tmp_path, None, own)
    assert set(work.teachers) == {"mr", "sst2", "subj", "sst5"}
    cells = list(reproduction.Selection(own, tuple(work.teachers)).cells())
    reproduction._teach(work, cells)
    assert taught == ["mr", "sst2", "subj", "sst5"]
    seeds = [c for c in cells if (c.system, c.dataset, c.steps) == ("ours-teacher", "mr", 2)]
    assert [cell.seed for cell in seeds] == [0, 1, 2, 3, 4]
    assert not [cell for cell in cells if cell.by.taught and cell.dataset == "waimai"]
    other = reproduction.make_work(tmp_path, None, ReproduceSettings(**vars(own) | {"limit": 50}))
    assert other.teachers["mr"] != work.teachers["mr"]
    assert other.stamp(seeds[0]) != work.stamp(seeds[0])


def test_what_a_teacher_is_told(place: Path, tmp_path: Path, monkeypatch):
    """Phrases where the folder of data sets has those of the data set, and sentences of files."""
    told: dict[str, TeachSettings] = {}

    def note(folder: Path, settings: TeachSettings, data: DataSettings, seed: int) -> None:
        told[str(data.dataset)] = settings

    monkeypatch.setattr(teachers, "make_teacher", note)
    vectors, phrases = str(place / "v.txt"), tmp_path / "data" / "sst2-phrases" / "train.tsv"
    phrases.parent.mkdir(parents=True)
    phrases.write_text("1\tfine\n")
    own = {"vectors_en": vectors, "vectors_zh": vectors, "teacher_en": ("a",), "teacher_zh": ("b",)}
    for extra in (None, ("more.txt",)):
        settings = ReproduceSettings(**own, extra_en=extra)
        work = reproduction.make_work(tmp_path, str(tmp_path / "data"), settings)
        for dataset in ("mr", "sst5", "subj", "waimai"):
            teachers.teach(work, dataset)
        assert told["mr"].extra_labelled == (str(phrases),)
        assert told["mr"].extra_labelled_limit == 25000
        assert told["subj"].extra_labelled is None and told["sst5"].extra_labelled is None
        assert told["subj"].extra == extra and told["subj"].extra_sentences == (extra is not None)
        assert told["waimai"].extra is None and told["waimai"].augment == 2
    bare = reproduction.make_work(tmp_path, str(tmp_path), ReproduceSettings(**own))
    assert (
        bare.teachers["mr"]
        != reproduction.make_work(
            tmp_path, str(tmp_path / "data"), ReproduceSettings(**own)
        ).teachers["mr"]
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--models", "ablations", "--ablations", "ours-rewire"], "did you mean ours-rewired"),
        (["--datasets", "imdb"], "expected one of mr, sst2, subj, sst5, chnsenti, waimai"),
        (["--datasets", "imbd"], "did you mean imdb"),
        (["--levels", "word"], "expected --levels only with snnlp, but got it with lv2023"),
        (["--models", "ours", "--steps", "3"], "expected models, data sets and steps that some"),
        (["--models", "ours-teacher"], "name a teacher for ours-teacher"),
        (["--models", "theirs"], "expected one of textcnn, tailored"),
        (["--vectors-en", "none.txt", "--models", "textcnn", "--seeds", "0"], "none.txt"),
        (["--limit", "3"], "expected a number of at least 20 for --limit"),
    ],
)
def test_what_is_refused(place: Path, capsys, words, message):
    given = words if "--datasets" in words else ["--datasets", "sst2", *words]
    code = main(
        ["reproduce", "lv2023", "--out", str(place / "e"), "--data-dir", str(place), *given]
    )
    said = capsys.readouterr().err
    assert code == 2 and message in said and "Traceback" not in said


def test_options_of_lv2023_are_refused_with_snnlp(place: Path, capsys):
    words = ["reproduce", "snnlp", "--out", str(place / "f"), "--models", "ours"]
    assert main(words) == 2
    assert "expected --models only with lv2023" in capsys.readouterr().err


def test_a_damaged_row_is_refused(place: Path, capsys):
    rows = place / "g" / "rows"
    rows.mkdir(parents=True)
    (rows / "sst2-ours-t9-0.json").write_text("{}", "utf-8")
    words = command(place, "g", "--models", "textcnn", "--seeds", "0", "--limit", "20")
    assert main(words) == 2
    assert "remove the file, and it is made again" in capsys.readouterr().err
