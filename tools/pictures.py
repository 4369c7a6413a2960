"""What the makers of pictures for docs/images share: their options, a browser, and the files."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from snnconvert.tests.helpers.web.browser import Tab, browser, find_browser

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
MOST = 400_000  # bytes of a picture
LANGUAGES = {"en": "English", "zh": "Chinese"}


def runs(description: str) -> Mapping[str, Path]:
    """The run folders that the command line names, by language."""
    parser = argparse.ArgumentParser(description=description)
    for name, language in LANGUAGES.items():
        text = f"run folder with {'an' if name == 'en' else 'a'} {language} data set"
        parser.add_argument(f"--{name}", required=True, type=Path, help=text)
    return vars(parser.parse_args())


@contextmanager
def open_tab() -> Iterator[Tab]:
    """A tab of a headless browser; the script ends where there is none."""
    path = find_browser()
    if path is None:
        raise SystemExit("expected a Chromium to take pictures with: install chromium")
    with browser(path) as tab:
        yield tab


def keep(name: str, picture: bytes) -> None:
    """Write docs/images/NAME.png; the script ends where it is too large for a page."""
    if len(picture) > MOST:
        raise SystemExit(f"expected at most {MOST} bytes of {name}, got {len(picture)}")
    IMAGES.mkdir(parents=True, exist_ok=True)
    (IMAGES / f"{name}.png").write_bytes(picture)
    print(f"docs/images/{name}.png: {len(picture):,} bytes")
