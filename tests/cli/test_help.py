"""Help pages and switches: named groups, no line wider than the terminal, --x and --no-x."""

from __future__ import annotations

import re

import pytest

from snnconvert.errors import InputError
from snnconvert.pipelines.cli import COMMANDS, command_parser, main
from snnconvert.pipelines.cli.commands import GROUPS as COMMAND_GROUPS
from snnconvert.pipelines.cli.commands import HELP
from snnconvert.pipelines.cli.config_file import parse
from snnconvert.pipelines.cli.groups import GROUPS
from snnconvert.pipelines.cli.switches import Switch


@pytest.mark.parametrize("columns", ["60", "80", "200"])
@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_no_line_is_wider_than_the_terminal(
    name: str, columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert main([name, "--help"] if name else ["--help"]) == 0
    page = capsys.readouterr().out
    choices = re.compile(r"\S*\{\S+\}\S*")  # a word that is copied stays whole
    lines = [choices.sub("", line) for line in page.split("\n")]
    assert max(map(len, lines)) <= min(int(columns), 100) and "\x1b" not in page


def test_commands_stand_in_groups(capsys: pytest.CaptureFixture[str]) -> None:
    """Each once, below the heading of its group, with its help."""
    assert set(COMMAND_GROUPS) < set(COMMANDS) and next(iter(HELP)) in COMMAND_GROUPS
    assert main(["--help"]) == 0
    page = capsys.readouterr().out
    parts = re.split(r"^([\w ,-]+):\n", page, flags=re.M)
    shown = {
        title: re.findall(r"^  (\w+) {2,}", text, re.M)
        for title, text in zip(parts[1::2], parts[2::2], strict=True)
    }
    assert list(shown) == ["general", *(title for title, _ in COMMAND_GROUPS.values())]
    general, *groups = shown.values()
    assert [name for names in groups for name in names] == list(HELP) and not general
    assert [names[0] for names in groups] == list(COMMAND_GROUPS)
    for _, line in COMMAND_GROUPS.values():
        assert f"  {line}\n" in page
    for text in HELP.values():
        assert text in " ".join(page.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_group_has_a_name_and_a_line(name: str) -> None:
    parser = command_parser(name)
    for group in parser._action_groups:
        if group._group_actions and group.title not in ("general", "arguments"):
            assert group.title and group.description, group.title
            assert group.title != "settings"  # a class without groups of its own
            assert len(group._group_actions) <= 14, group.title


def test_groups_name_fields_that_there_are() -> None:
    from snnconvert.pipelines import settings
    from snnconvert.pipelines.settings import (
        attack,
        convert,
        energy,
        engine,
        export,
        finetune,
        reproduce,
        search,
    )

    places = (settings, attack, convert, energy, engine, export, finetune, reproduce, search)
    for name, groups in GROUPS.items():
        cls = next(getattr(place, name) for place in places if hasattr(place, name))
        named = " ".join(group.fields for group in groups).split()
        assert len(set(named)) == len(named)
        assert set(named) <= set(cls.__dataclass_fields__), name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_switch_has_both_forms(name: str) -> None:
    parser = command_parser(name)
    switches = [a for a in parser._actions if isinstance(a, Switch)]
    must = (
        ["--out", "x"]
        if "--out" in parser.option_names() and name in ("train", "run", "search")
        else []
    )
    must += ["x"] if name in ("convert", "finetune", "attack", "energy", "teach", "export") else []
    for switch in switches:
        on, off = switch.option_strings
        for words, value in (
            *(([on], True), ([off], False), ([on, "true"], True), ([on, "no"], False)),
            *(([f"{on}=yes"], True), ([f"{on}=False"], False)),
        ):
            assert parse(command_parser(name), [*words, *must])[switch.dest] is value, words
        with pytest.raises(InputError, match="true or false"):
            parse(command_parser(name), [f"{on}=maybe", *must])
        with pytest.raises(InputError, match="without a value"):
            parse(command_parser(name), [f"{off}=true", *must])
    assert switches or name not in ("train", "convert", "finetune", "attack", "run")


def test_a_switch_takes_no_run_folder_for_its_value() -> None:
    given = parse(command_parser("attack"), ["--transfer", "runs/a"])
    assert (given["transfer"], given["run"]) == (True, "runs/a")
    given = parse(command_parser("attack"), ["--no-transfer", "runs/a"])
    assert (given["transfer"], given["run"]) == (False, "runs/a")


@pytest.mark.parametrize(
    "line", ["predict RUN --json TEXT", "predict --json RUN TEXT", "predict RUN TEXT --json"]
)
def test_options_may_stand_between_words(line: str) -> None:
    name, *words = line.split()
    given = parse(command_parser(name), words)
    assert (given["run"], given["text"], given["json"]) == ("RUN", ["TEXT"], True)
    given = parse(command_parser(name), [*words, "--", "--json", "-"])
    assert given["text"] == ["TEXT", "--json", "-"]
    given = parse(command_parser("data"), ["get", "--data-dir", "d", "mr"])
    assert (given["action"], given["name"]) == ("get", "mr")
