"""Every settings file of the project is one that its command accepts."""

from __future__ import annotations

import shlex

import pytest

from snnconvert.pipelines.attack.names import parse_victim
from snnconvert.pipelines.cli import command_parser
from snnconvert.pipelines.cli.arguments import settings_from
from snnconvert.pipelines.cli.config_file import parse
from snnconvert.pipelines.settings.run import RunSettings
from snnconvert.text.datasets.named import dataset_names


def test_every_config_is_accepted_by_the_command_it_names(root):
    paths = sorted((root / "configs").glob("*.yaml"))
    assert paths
    for path in paths:
        first = path.read_text(encoding="utf-8").splitlines()[0]
        command = shlex.split(first.removeprefix("# "))
        assert command[:2] == ["snnconvert", "run"], f"{path.name} says how it is used"
        given = parse(command_parser("run"), ["--config", str(path), "--out", "run"])
        settings = settings_from(RunSettings, given)
        assert settings.data.dataset in dataset_names()
        assert settings.convert.steps in (4, 7) and settings.attack.examples in (50, 200)
        for victim in settings.attack.victims:
            assert str(parse_victim(victim)) == victim


@pytest.mark.parametrize("name", ["waimai", "sst2"])
def test_a_command_line_option_wins_over_the_file(root, name):
    path = root / "configs" / f"{name}.yaml"
    words = ["--config", str(path), "--out", "run", "--convert.steps", "8"]
    given = parse(command_parser("run"), words)
    settings = settings_from(RunSettings, given)
    assert settings.convert.steps == 8 and settings.data.dataset == name
