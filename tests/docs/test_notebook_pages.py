"""The notebooks' pages: they are run when they are built, kept by what they depend on, and shown.

The quick tests read the settings and try the cache's name; the slow one builds the pages, which
takes minutes where nothing is kept, and looks at them in a browser.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from snnconvert.tests.docs.test_notebooks import NAMES
from snnconvert.tests.helpers.web.browser import browser, find_browser

ROOT = Path(__file__).resolve().parents[2]
FIGURE = re.compile(r'<img[^>]*src="data:image/(?:png|svg)')
WIDTHS = """JSON.stringify([...document.querySelectorAll('.jp-OutputArea img')].map(
    image => [image.complete && image.naturalWidth, image.getBoundingClientRect().width]))"""
CUT_OFF = """[...document.querySelectorAll('.jp-OutputArea-output, .highlight-ipynb pre')].filter(
    part => part.scrollWidth > part.clientWidth + 1).length"""


@pytest.fixture
def hooks() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_hooks", ROOT / "docs" / "hooks.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_they_are_run_and_an_error_ends_the_build() -> None:
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
    (options,) = [
        plugin["mkdocs-jupyter"]
        for plugin in config["plugins"]
        if isinstance(plugin, dict) and "mkdocs-jupyter" in plugin
    ]
    assert config["strict"] and options["execute"] and options["cache"]
    assert options["allow_errors"] is False and not options.get("execute_ignore")


def test_pages_are_kept_by_what_they_depend_on(
    hooks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another line of the package, or another version of a library, and they are made anew."""
    (tmp_path / "text").mkdir()
    for name in ("text/words.py", "text/rows.tsv", "constraints.txt", "text/note.md"):
        (tmp_path / name).write_text("1", "utf-8")
    monkeypatch.setattr(hooks, "ROOT", tmp_path)
    found = {hooks.digest()}
    for name in ("text/words.py", "text/rows.tsv", "constraints.txt"):
        (tmp_path / name).write_text("2", "utf-8")
        assert hooks.digest() not in found, name
        found.add(hooks.digest())
    (tmp_path / "text/note.md").write_text("2", "utf-8")
    assert hooks.digest() in found


def test_those_of_before_are_removed(
    hooks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Plugin:
        config: dict[str, object] = {"execute": True}

    monkeypatch.setattr(hooks, "KEPT", tmp_path)
    monkeypatch.delenv("EXECUTE_NOTEBOOKS", raising=False)
    kept = tmp_path / hooks.digest()
    for folder in (kept, tmp_path / "older"):
        folder.mkdir()
    hooks.on_config({"plugins": {"mkdocs-jupyter": Plugin}})
    assert [path.name for path in tmp_path.iterdir()] == [kept.name]
    assert Plugin.config == {"cache_dir": str(kept), "execute": True}
    monkeypatch.setenv("EXECUTE_NOTEBOOKS", "false")
    hooks.on_config({"plugins": {"mkdocs-jupyter": Plugin}})
    assert Plugin.config["execute"] is False


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages, built as `make docs` builds them."""
    for name in ("mkdocs", "mkdocs_jupyter", "mkdocstrings"):
        pytest.importorskip(name, reason="the pages need the extra docs")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(folder)]
    settings = {"OMP_NUM_THREADS": "1", "NO_MKDOCS_2_WARNING": "true"}
    environment = {k: v for k, v in os.environ.items() if k != "EXECUTE_NOTEBOOKS"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment | settings, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / "tutorials"


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_page_has_its_outputs_and_figures(site: Path) -> None:
    for name in NAMES:
        page = (site / f"{name}.html").read_text("utf-8")
        source = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text("utf-8"))
        code = "".join("".join(cell["source"]) for cell in source["cells"])
        assert len(FIGURE.findall(page)) >= code.count("plt.show()") >= 1, name
        assert page.count("jp-OutputArea-output") > 3, name
        assert "Traceback" not in page and "/tmp/" not in page, name


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_they_can_be_read_on_a_screen_of_1440_pixels(site: Path) -> None:
    path = find_browser()
    if path is None:
        pytest.skip("no Chromium here")
    with browser(path) as tab:
        for name in NAMES:
            tab.open(site / f"{name}.html", 1440, 900, "light")
            figures = json.loads(tab.js(WIDTHS))
            assert figures and all(natural and shown > 400 for natural, shown in figures), name
            assert tab.js("document.documentElement.scrollWidth") <= 1440, name
            assert tab.js(CUT_OFF) == 0, name
