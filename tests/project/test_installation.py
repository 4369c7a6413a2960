"""What is advised for an installation, by where the code comes from; nothing else advises one."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from importlib import metadata
from pathlib import Path

import pytest

from snnconvert import __version__, installation
from snnconvert.attacks.building import torchvision_clash
from snnconvert.installation import install_hint, pip_command
from snnconvert.tools.rooms import ROOMS

FOLDERS = (*ROOMS, "docs", "notebooks", "benchmarks", "tests")


class Distribution:
    """An installed snnconvert that pip was given at ``url``; None for one from an index."""

    def __init__(self, url: str | None) -> None:
        self.url = url

    def read_text(self, name: str) -> str | None:
        assert name == "direct_url.json"
        return None if self.url is None else json.dumps({"url": self.url, "dir_info": {}})


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """Code in a site-packages folder, as pip puts it there: a function that says from where."""
    monkeypatch.setattr(installation, "_HERE", tmp_path / "site-packages" / "snnconvert")
    lines = ['nltk>=3.9; extra == "attack"', "numpy>=1.26", 'ray>=2; extra == "ray"']
    lines.append('a<2,>=1; sys_platform == "linux" and extra == "attack"')
    monkeypatch.setattr(metadata, "requires", lambda name: lines)

    def given(url: str | None) -> None:
        monkeypatch.setattr(metadata, "distribution", lambda name: Distribution(url))

    return given


def source(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in ("setup.cfg", "pyproject.toml", "constraints.txt"):
        (folder / name).write_text("")
    return folder


def test_from_a_checkout(root):
    words = shlex.split(install_hint("attack").removeprefix(pip_command()))
    assert words == ["install", "-c", f"{root}/constraints.txt", "-e", f"{root}[attack]"]
    assert Path(words[2]).is_file()


def test_from_a_folder_that_is_still_there(installed, tmp_path):
    folder = source(tmp_path / "a folder")
    installed(folder.as_uri())
    words = shlex.split(install_hint("attack,ray").removeprefix(pip_command()))
    assert words == ["install", "-c", f"{folder}/constraints.txt", f"{folder}[attack,ray]"]
    words = shlex.split(install_hint(again=True).removeprefix(pip_command()))
    assert words[:3] == ["install", "--force-reinstall", "--no-deps"] and words[-1] == str(folder)


def test_from_a_wheel_that_is_still_there(installed, tmp_path):
    wheel = tmp_path / "snnconvert-1-py3-none-any.whl"
    wheel.write_bytes(b"")
    installed(wheel.as_uri())
    assert install_hint("ray") == f"{pip_command()} install '{wheel}[ray]'"


@pytest.mark.parametrize("url", [None, "file:///no/such/folder", "https://example.org/a.whl"])
def test_where_nothing_is_left_of_it(url, installed):
    """The packages of the extra themselves can be had whatever became of this one's files."""
    installed(url)
    assert install_hint("attack") == f"{pip_command()} install 'nltk>=3.9' 'a<2,>=1'"
    assert install_hint() == f"{pip_command()} install 'numpy>=1.26'"
    assert install_hint(again=True).endswith(f"snnconvert-{__version__}-py3-none-any.whl")


def test_a_release_changes_one_word(installed, monkeypatch):
    installed(None)
    monkeypatch.setattr(installation, "RELEASED", True)
    assert install_hint("attack") == f"{pip_command()} install 'snnconvert[attack]'"
    assert install_hint() == f"{pip_command()} install snnconvert"


def test_pip_is_that_of_this_python(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda name: str(tmp_path / name))
    assert pip_command() == f"{shlex.quote(sys.executable)} -m pip"
    monkeypatch.setattr(shutil, "which", lambda name: str(Path(sys.executable).parent / name))
    assert pip_command() == "pip"


def test_requirements_of_metadata_are_those_of_setup_cfg(installed, root):
    of_source = installation._of_source(root)
    assert of_source["attack"][0] == "textattack==0.3.11" and "numpy>=1.26" in of_source[""]
    found = installation.requirements()
    assert found == {"attack": ["nltk>=3.9", 'a<2,>=1; sys_platform == "linux"'], **found}
    assert found[""] == ["numpy>=1.26"] and found["ray"] == ["ray>=2"]


def test_nothing_else_in_the_package_words_an_installation(root):
    paths = [path for room in ROOMS for path in (root / room).rglob("*.py")]
    assert len(paths) > 200
    lines = [
        f"{path.relative_to(root)}: {line.strip()}"
        for path in paths
        for line in path.read_text("utf-8").splitlines()
        if "pip install" in line or "snnconvert[" in line
    ]
    assert lines == []


def test_no_page_advises_a_name_that_no_index_has(root):
    advised = re.compile(r"pip install [^\n`]*[\"' ]snnconvert(\[|[\"'`\n])")
    pages = [p for name in FOLDERS[6:] for p in (root / name).rglob("*") if p.is_file()]
    pages += [root / "README.md", root / "Makefile"]
    texts = {p: p.read_text("utf-8") for p in pages if p.suffix in (".md", ".ipynb", "", ".cfg")}
    assert len(texts) > 30
    found = {str(p): hit.group() for p, text in texts.items() if (hit := advised.search(text))}
    # one sentence warns of that very command
    assert set(found) <= {str(root / "README.md"), str(root / "docs" / "install.md")}
    for name in found:
        text = " ".join(Path(name).read_text("utf-8").split())
        assert text.count("pip install snnconvert") == 1
        assert "`pip install snnconvert` is not" in text


def test_a_torchvision_that_does_not_load_counts_as_none(monkeypatch, tmp_path):
    """transformers asks `find_spec`, others import: both must find nothing."""
    (tmp_path / "torchvision").mkdir()
    fault = (
        "import torchvision.part\nraise RuntimeError('operator torchvision::nms does not exist')"
    )
    (tmp_path / "torchvision" / "__init__.py").write_text(fault)
    (tmp_path / "torchvision" / "part.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)
    torchvision_clash.torchvision_fault.cache_clear()
    try:
        assert torchvision_clash.torchvision_fault() == "operator torchvision::nms does not exist"
        torchvision_clash.hide_broken_torchvision()
        assert torchvision_clash.importlib.util.find_spec("torchvision") is None
        with pytest.raises(ImportError):
            import torchvision  # noqa: F401
        assert "torchvision.part" not in sys.modules
    finally:
        sys.modules.pop("torchvision", None)
        torchvision_clash.torchvision_fault.cache_clear()


def test_a_torchvision_that_loads_is_left_alone(monkeypatch, tmp_path):
    (tmp_path / "torchvision.py").write_text("here = True")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "torchvision", raising=False)
    torchvision_clash.torchvision_fault.cache_clear()
    try:
        torchvision_clash.hide_broken_torchvision()
        import torchvision

        assert torchvision.here
    finally:
        sys.modules.pop("torchvision", None)
        torchvision_clash.torchvision_fault.cache_clear()
