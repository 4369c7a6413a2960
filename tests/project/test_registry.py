"""Registries: names without loading, members when asked for, and a user's own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from snnconvert.errors import InputError
from snnconvert.registry import FileRegistry, Registry, UnknownNameError


@pytest.fixture
def colours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry[str]:
    """A package of three modules; each notes that it was loaded."""
    folder = tmp_path / "hues"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    for name in ("red", "dark_blue", "others"):
        (folder / f"{name}.py").write_text(f"HUE = {name!r}\nGREY = 'grey'\n")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "hues"]:
        monkeypatch.delitem(sys.modules, name)
    names = ("red", "dark-blue", "grey")
    return Registry("hue", "hues", "HUE", names, {"grey": "others:GREY"})


def test_names_are_listed_without_loading(colours: Registry[str]) -> None:
    assert list(colours) == ["red", "dark-blue", "grey"] and len(colours) == 3
    assert "red" in colours and "green" not in colours
    assert "hues" not in sys.modules


def test_members_are_loaded_one_by_one(colours: Registry[str]) -> None:
    assert colours["dark-blue"] == "dark_blue"
    assert "hues.dark_blue" in sys.modules and "hues.red" not in sys.modules
    assert colours["grey"] == "grey"
    assert dict(colours) == {"red": "red", "dark-blue": "dark_blue", "grey": "grey"}


def test_an_unknown_name_is_one_line_with_the_nearest(colours: Registry[str]) -> None:
    with pytest.raises(UnknownNameError) as caught:
        colours["dark-bleu"]
    said = "expected the hue to be of red, dark-blue, grey, but got 'dark-bleu'"
    assert str(caught.value) == f"{said}; did you mean dark-blue?"
    assert colours.get("green") is None  # as of any mapping


def test_a_member_of_the_users_is_like_any_other(colours: Registry[str]) -> None:
    assert colours.add("green", "g") == "g"
    assert list(colours)[-1] == "green" and colours["green"] == "g" and len(colours) == 4
    for name in ("green", "red", ""):
        with pytest.raises(InputError, match="expected a new name for the hue"):
            colours.add(name, "x")
    for name in (3, "a b", "a/b", "a:4", "a@b", "a,b"):
        with pytest.raises(InputError, match="without blanks"):
            colours.add(name, "x")  # type: ignore[arg-type]
    assert colours.added() == {"green": "g"}
    colours.remove("green")
    assert colours.added() == {}
    assert "green" not in colours
    with pytest.raises(UnknownNameError):
        colours.remove("red")


def test_files_of_a_folder(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.yaml").write_text(name * 3)
    (tmp_path / "c.txt").write_text("no member")
    read: list[Path] = []

    def reading(path: Path) -> str:
        read.append(path)
        return path.read_text()

    texts = FileRegistry("text", tmp_path, reading)
    assert list(texts) == ["a", "b"] and not read
    assert texts["b"] == texts["b"] == "bbb" and read == [tmp_path / "b.yaml"]
    texts.add("mine", "m")
    assert list(texts) == ["a", "b", "mine"]


def test_a_member_that_files_are_read_back_by_says_its_own_name() -> None:
    """One that inherits the name of another was saved under it, and read back as the other."""

    class Other:
        kind = "other"

    kinds: Registry[type] = Registry("kind of thing", says="kind")
    for name, member in (("mine", Other), ("none", int)):
        with pytest.raises(
            InputError, match=f"{name} to say kind = '{name}', by which saved files"
        ):
            kinds.add(name, member)
    assert kinds.add("other", Other) is Other
