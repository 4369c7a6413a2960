"""Python, the packages that are required, the optional ones, and two builds that do not fit."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from importlib import metadata
from importlib.util import find_spec

from ...installation import (
    install_hint,
    install_packages,
    pip_command,
    python_required,
    requirements,
)
from .check import Check

DEVELOPMENT = ("bench", "dev", "docs", "interop-tests", "notebooks")
"""Extras for work on the package, not with it; in a wheel they are of no use."""


def check_core() -> Iterator[Check]:
    """Python and everything that the package requires, by the versions that it names."""
    if find_spec("packaging") is None:
        yield Check("packaging", "fail", "missing", install_hint())
        return
    yield _python()
    needs = requirements().get("", [])
    if not needs:
        yield Check(
            "snnconvert",
            "fail",
            "not installed, so that what it needs is not known",
            f"in its checkout: {install_packages('-c', 'constraints.txt', '.')}",
        )
    for need in needs:
        yield from _requirement(need, "fail", install_hint())


def check_extras() -> Iterator[Check]:
    """The optional packages, one by one, and one entry for each extra of development."""
    if find_spec("packaging") is None:
        return
    known = requirements()
    absent = []
    for extra, needs in known.items():
        if not extra or extra in DEVELOPMENT:
            continue
        found = [check for need in needs for check in _requirement(need, "note", "")]
        if any(check.level != "ok" for check in found):
            absent.append(extra)
        for check in found:
            yield Check(check.name, check.level, f"{check.found} (extra {extra})")
    for extra in DEVELOPMENT:
        if extra in known:
            yield _whole(extra, known[extra])
    if absent:
        yield Check("to add", "note", ", ".join(absent), f"for example: {install_hint(absent[0])}")


def _whole(extra: str, needs: Sequence[str]) -> Check:
    found = [check for need in needs for check in _requirement(need, "note", "")]
    lacking = [f"{check.name} {check.found}" for check in found if check.level != "ok"]
    if not lacking:
        return Check(f"extra {extra}", "ok", "all there")
    if len(lacking) == len(found):
        return Check(f"extra {extra}", "note", "not installed (for work on the package)")
    return Check(f"extra {extra}", "note", ", ".join(lacking), install_hint(extra))


def _python() -> Check:
    from packaging.specifiers import SpecifierSet

    version, wanted = platform.python_version(), python_required()
    if SpecifierSet(wanted).contains(version, prereleases=True):
        return Check("python", "ok", version)
    return Check(
        "python", "fail", f"{version}, but {wanted} is needed", "install into a newer Python"
    )


def _requirement(need: str, level: str, remedy: str) -> Iterator[Check]:
    """The check of one requirement, such as ``numpy>=1.26``; none where its marker excludes it."""
    from packaging.requirements import Requirement

    wanted = Requirement(need)
    if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
        return
    name = wanted.name
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        text = "missing" if level == "fail" else "not installed"
    else:
        if wanted.specifier.contains(version, prereleases=True):
            yield Check(name, "ok", version)
            return
        text = f"{version}, but {wanted.specifier} is needed"
    yield Check(name, "fail" if level == "fail" else "note", text, remedy)


def check_torchvision() -> Check:
    """A torchvision that was built for another torch; nothing here needs one."""
    from ...attacks.building.torchvision_clash import torchvision_fault

    try:
        version = metadata.version("torchvision")
    except metadata.PackageNotFoundError:
        return Check("torchvision", "ok", "not installed, and not needed")
    fault = torchvision_fault()
    if fault is None:
        return Check("torchvision", "ok", version)
    return Check(
        "torchvision",
        "note",
        f"{version} does not load beside this torch ({fault[:60]}); it is not used here, and "
        "attacks run without it, but transformers by itself will not",
        f"to use transformers outside snnconvert: {pip_command()} uninstall -y torchvision",
    )
