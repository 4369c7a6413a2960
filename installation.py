"""How this package was installed, and the command that adds what is missing.

Every message that advises an installation asks here. A release changes `RELEASED`, nothing else.
"""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlparse

from .version import __version__

NAME = "snnconvert"
RELEASED = False
"""Whether ``pip install snnconvert`` finds this package; until then only its files do."""
_HERE = Path(__file__).resolve().parent


def install_hint(extra: str = "", again: bool = False) -> str:
    """The command that installs this package with what it needs; good in every folder.

    From a checkout, or a folder or wheel that is still where it was installed from, it names that
    path; else the packages themselves.

    Args:
        extra: an optional extra, or several with commas between them; empty for none
        again: put the package's own files back as they were
    """
    words = [pip_command(), "install", *(["--force-reinstall", "--no-deps"] if again else [])]
    place = checkout() or _installed_from()
    wanted = f"[{extra}]" if extra else ""
    if place is None:
        return " ".join(words + [shlex.quote(name) for name in _named(extra, again)])
    constraints = place / "constraints.txt"
    if constraints.is_file():  # a folder with the versions that were tested together
        words += ["-c", shlex.quote(str(constraints))]
    if checkout():
        words.append("-e")
    return " ".join([*words, shlex.quote(f"{place}{wanted}")])


def install_packages(*names: str) -> str:
    """The command that installs packages which are of no extra."""
    return " ".join([pip_command(), "install", *map(shlex.quote, names)])


def pip_command() -> str:
    """``pip``, or what runs the pip of this Python where the shell would take another."""
    found = shutil.which("pip")
    if found and Path(found).parent == Path(sys.executable).parent:
        return "pip"
    return f"{shlex.quote(sys.executable)} -m pip"


def checkout() -> Path | None:
    """The folder of the checkout that the code runs from, or None where it was installed."""
    return _HERE if _is_source(_HERE) else None


def requirements() -> dict[str, list[str]]:
    """What this package requires: lists of requirements by extra, the core's under ``""``.

    A checkout's own ``setup.cfg`` is newer than what its installation wrote down. Empty where
    neither is to be had.
    """
    return _of_source(_HERE) if _is_source(_HERE) else _of_metadata()


def python_required() -> str:
    """The versions of Python that will do, such as ``>=3.11``; empty where that is not known."""
    if _is_source(_HERE):
        return _setup_cfg(_HERE)["options"]["python_requires"]
    try:
        return str(metadata.metadata(NAME).json.get("requires_python", ""))
    except metadata.PackageNotFoundError:
        return ""


def _is_source(folder: Path) -> bool:
    return (folder / "setup.cfg").is_file() and (folder / "pyproject.toml").is_file()


def _installed_from() -> Path | None:
    """The folder or wheel that pip was given, where it is still there (PEP 610)."""
    try:
        text = metadata.distribution(NAME).read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return None
    url = urlparse(json.loads(text)["url"]) if text else None
    if url is None or url.scheme != "file":
        return None
    path = Path(unquote(url.path))
    return path if _is_source(path) or path.is_file() else None


def _named(extra: str, again: bool) -> list[str]:
    """What to give pip where no path is known: the packages of the extra, this one's wheel."""
    if RELEASED:
        return [f"{NAME}[{extra}]" if extra else NAME]
    if again:
        return [f"{NAME}-{__version__}-py3-none-any.whl"]
    known = requirements()
    return [line.split(";")[0].strip() for name in extra.split(",") for line in known.get(name, [])]


def _of_metadata() -> dict[str, list[str]]:
    try:
        lines = metadata.requires(NAME) or []
    except metadata.PackageNotFoundError:
        return {}
    found: dict[str, list[str]] = {"": []}
    for line in lines:
        need, mark, extra = line.partition("extra == ")
        # a marker of the requirement's own stays: `a>=1; sys_platform == "linux" and extra == "x"`
        need = need.strip().removesuffix("and").rstrip(" ;")
        found.setdefault(extra.strip("\"' ") if mark else "", []).append(need)
    return found


def _of_source(folder: Path) -> dict[str, list[str]]:
    config = _setup_cfg(folder)
    found = {"": config["options"]["install_requires"]}
    found |= dict(config["options.extras_require"])
    return {extra: text.split("\n")[1:] for extra, text in found.items()}


def _setup_cfg(folder: Path) -> dict[str, dict[str, str]]:
    import configparser

    config = configparser.ConfigParser()
    config.read(folder / "setup.cfg", encoding="utf-8")
    return {name: dict(config[name]) for name in config.sections()}
