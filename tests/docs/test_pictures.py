"""What makes the pictures of the documentation: the same options for all, and files of a bound."""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from snnconvert.tests.helpers.web.browser import Tab, a_tab
from snnconvert.tools import pictures, screenshots_netron

TOOLS = ("screenshots", "screenshots_app")


@pytest.mark.parametrize("name", TOOLS)
def test_both_take_a_run_of_each_language(name: str, root: Path) -> None:
    command = [sys.executable, str(root / "tools" / f"{name}.py")]
    shown = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True).stdout
    assert "--en EN" in shown and "--zh ZH" in shown
    assert "an English data set" in shown and "a Chinese data set" in shown
    lacking = subprocess.run([*command, "--en", "x"], capture_output=True, text=True, check=False)
    assert lacking.returncode == 2 and "--zh" in lacking.stderr


def test_the_make_targets_give_them(root: Path) -> None:
    makefile = (root / "Makefile").read_text("utf-8")
    for name in TOOLS:
        assert f"tools/{name}.py --en $(EN) --zh $(ZH)" in makefile


def test_a_picture_that_is_too_large_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pictures, "IMAGES", tmp_path / "images")
    pictures.keep("small", b"1234")
    assert (tmp_path / "images" / "small.png").read_bytes() == b"1234"
    assert capsys.readouterr().out == "docs/images/small.png: 4 bytes\n"
    with pytest.raises(SystemExit, match="400000 bytes of large, got 400001"):
        pictures.keep("large", bytes(pictures.MOST + 1))
    assert [path.name for path in (tmp_path / "images").iterdir()] == ["small.png"]


def test_without_a_browser_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "find_browser", lambda: None)
    with pytest.raises(SystemExit, match="install chromium"), pictures.open_tab():
        pass


def test_without_netron_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screenshots_netron, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="pip install netron"), screenshots_netron.shown(Path("x")):
        pass


@pytest.fixture
def tab() -> Iterator[Tab]:
    yield from a_tab()


def test_a_graph_in_netron(tab: Tab, tmp_path: Path) -> None:
    """Around two nodes of an exported graph: pictures of one size that differ."""
    pytest.importorskip("netron", reason="netron is not installed")
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    from snnconvert.interop.onnx.model import onnx_model
    from snnconvert.tests.helpers.nir import random_snn

    onnx.save(onnx_model(random_snn(steps=2, pooling="spikes"), ("no", "yes")), tmp_path / "a.onnx")
    with screenshots_netron.shown(tmp_path / "a.onnx") as address:
        found = [screenshots_netron.shoot(tab, address, f"act2/step{n}") for n in (1, 2)]
    wanted = (screenshots_netron.WIDTH, screenshots_netron.HEIGHT)
    assert [struct.unpack(">II", picture[16:24]) for picture in found] == [wanted, wanted]
    assert found[0] != found[1] and len(found[0]) > 20_000
