"""Hooks of the documentation's build.

The repository root is the package, whatever the checkout's folder is called, and beside the modules
lie tests and a virtual environment. So the modules are linked into a folder `snnconvert` of the
cache, and the reference is read from there.

Notebooks are stored without outputs; the plugin runs them, and keeps the page of each by its text.
What they show depends on the package too, so pages are kept in a folder by the content of that, and
the folders of before are removed.

Every input code and book has a picture, which is drawn here, so that a new one has its own.

Pages made of notebooks come with scripts that would load MathJax and Mermaid from the network. No
notebook here has formulas or diagrams, so these scripts are taken out.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import Any

from snnconvert.tools.rooms import ROOMS

ROOT = Path(__file__).resolve().parents[1]
MADE_OF = (".py", ".yaml", ".tsv", ".txt")  # what the output of a notebook depends on
KEPT = ROOT / ".cache" / "notebooks"
PICTURES = "<!-- pictures of codes -->"
PICTURES_OF_BOOKS = "<!-- pictures of books -->"
PICTURE = "images/codes/{}.svg"
SCRIPTS = re.compile(r"<script[^>]*>(?:(?!</script>).)*?</script>", re.DOTALL)


def on_startup(command: str, dirty: bool) -> None:
    """Make the folder of links, before the Python handler looks for the paths in mkdocs.yml."""
    package = ROOT / ".cache" / "docs" / "snnconvert"
    shutil.rmtree(package, ignore_errors=True)
    package.mkdir(parents=True)
    for path in (*(ROOT / room for room in ROOMS), *ROOT.glob("*.py")):
        (package / path.name).symlink_to(path)


def on_config(config: Any) -> Any:
    """Say where the pages of executed notebooks are kept, and drop those of another package.

    With EXECUTE_NOTEBOOKS=false they are shown without outputs.
    """
    folder = KEPT / digest()
    for other in KEPT.glob("*"):
        if other != folder:
            shutil.rmtree(other)
    options = config["plugins"]["mkdocs-jupyter"].config
    options["cache_dir"] = str(folder)
    if os.environ.get("EXECUTE_NOTEBOOKS") == "false":
        options["execute"] = False
    return config


def digest() -> str:
    """A hash of the package and of the versions it runs with."""
    found = hashlib.sha256()
    files = [*ROOT.glob("*.py"), *ROOT.glob("constraints.txt")]
    for room in ROOMS:
        files += [path for path in (ROOT / room).rglob("*") if path.suffix in MADE_OF]
    for path in sorted(files):
        found.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]


def on_files(files: Any, config: Any) -> Any:
    """The files of the site with a picture of every input code and book beside them."""
    from mkdocs.structure.files import File

    from snnconvert.models.encoders import BOOKS, CODES
    from snnconvert.pipelines.encode.book_picture import book_picture
    from snnconvert.pipelines.encode.code_picture import code_picture

    for names, draw in ((CODES, code_picture), (BOOKS, book_picture)):
        for name in names:
            place = PICTURE.format(name)
            files.append(File.generated(config, place, content=draw(name)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """The page with the pictures of all codes, and of all books, where it asks for them."""
    if PICTURES not in markdown:
        return markdown
    from snnconvert.models.encoders import BOOKS, CODES, summary

    lines = ["| code | what it sends | at T = 8 |", "|---|---|---|"]
    lines += [f"| `{n}` | {summary(n)} | ![{n}]({PICTURE.format(n)}) |" for n in CODES]
    books = ["| book | bits of a value, and what they stand for |", "|---|---|"]
    books += [f"| `{n}` | ![{n}]({PICTURE.format(n)}) |" for n in BOOKS]
    markdown = markdown.replace(PICTURES_OF_BOOKS, "\n".join(books))
    return markdown.replace(PICTURES, "\n".join(lines))


def on_page_content(html: str, page: Any, config: Any, files: Any) -> str:
    """The page without the scripts that reach for the network, where it is a notebook."""
    if not page.file.src_uri.endswith(".ipynb"):
        return html
    return SCRIPTS.sub(lambda found: "" if _reaches_out(found[0]) else found[0], html)


def _reaches_out(script: str) -> bool:
    return any(word in script.lower() for word in ("mathjax", "mermaid", 'src=""'))
