"""TextAttack's own command line with a run's model, as docs/textattack.md has it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from snnconvert.attacks.assets import nltk as environment
from snnconvert.errors import InputError
from snnconvert.pipelines.cli import main

FILE = re.compile(r"<!-- file: (\S+) -->\n```python\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"<!-- tested -->\n```bash\n(.*?)```", re.DOTALL)


@pytest.fixture
def example(root: Path, tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files of the page, and the run that they name."""
    text = (root / "docs/textattack.md").read_text(encoding="utf-8")
    for name, body in FILE.findall(text):
        (tmp_path / name).write_text(body, encoding="utf-8")
    shutil.copytree(tiny_run, tmp_path / "runs" / "mr")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def variable(path: Path, name: str):
    """What a file of the page sets, as TextAttack takes it."""
    values: dict = {}
    exec(compile(path.read_text(encoding="utf-8"), path.name, "exec"), values)
    return values[name]


@pytest.mark.long
def test_the_pages_command_runs(root: Path, example: Path) -> None:
    """The real command in a process of its own, without a network, data of NLTK or a cache."""
    (command,) = COMMAND.findall((root / "docs/textattack.md").read_text(encoding="utf-8"))
    # a copy, because NLTK follows no links out of its folder; it stays out of the user's
    shutil.copytree(environment._OWN_DATA, example / "nltk_data")
    scripts = Path(sys.executable).parent
    assert (scripts / "textattack").is_file()
    done = subprocess.run(
        ["bash", "-e", "-c", command],
        cwd=example,
        env=os.environ
        | {"HOME": str(example), "PATH": f"{scripts}:{os.environ['PATH']}", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    counts = re.findall(r"Number of (\w+) attacks: +\| (\d+)", done.stdout)
    assert [name for name, _ in counts] == ["successful", "failed", "skipped"]
    assert sum(int(count) for _, count in counts) == 3
    assert (example / "textattack" / "post_install_check_3").is_file()


def test_a_model_is_a_wrapper(textattack, example: Path) -> None:
    model = variable(example / "victim.py", "model")
    assert isinstance(model, textattack.models.wrappers.ModelWrapper)
    rows = model(["good film", ""])
    assert rows.shape == (2, 2) and abs(rows.sum(axis=1) - 1).max() < 1e-12


def test_a_hub_folder_is_a_victim_too(textattack, example: Path) -> None:
    pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")
    words = ["export", "runs/mr", "--format", "hf", "--license", "mit", "--model", "snn"]
    assert main([*words, "--out", "hub-model", "--quiet"]) == 0
    model = variable(example / "hub_victim.py", "model")
    assert isinstance(model, textattack.models.wrappers.ModelWrapper)
    texts = ["a good film", "bad"]
    assert (model(texts) == variable(example / "victim.py", "model")(texts)).all()


def test_an_attack_of_ours_runs_there(textattack, nltk_data, example: Path) -> None:
    attack = variable(example / "hotflip.py", "attack")(variable(example / "victim.py", "model"))
    assert isinstance(attack, textattack.Attack) and attack.goal_function.query_budget == 500
    dataset = variable(example / "texts.py", "dataset")
    results = textattack.Attacker(
        attack, dataset, textattack.AttackArgs(num_examples=3, silent=True, disable_stdout=True)
    ).attack_dataset()
    assert len(results) == 3


def test_what_is_not_there_is_named(textattack, nltk_data, example: Path) -> None:
    from snnconvert.pipelines.attack.model_file import load_attack, load_victim, wrapped_model

    with pytest.raises(InputError, match="expected the attack to be of .*, but got 'hotflop'"):
        load_attack("hotflop")
    with pytest.raises(InputError, match="runs/mr/adversarial|expected"):
        wrapped_model("runs/mr", "adversarial")
    chinese = load_attack("zh-homophone")
    with pytest.raises(InputError, match="reads 'zh' for the attack zh-homophone, but got Victim"):
        chinese(wrapped_model("runs/mr", "ann"))
    with pytest.raises(InputError, match="but got str that reads None"):
        load_attack("hotflip-rga")("bert-base-uncased")
    with pytest.warns(FutureWarning, match="now wrapped_model"):
        assert load_victim("runs/mr", "ann").model.classes
