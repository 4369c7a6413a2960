"""Attacks from a Python file of the user's.

The file defines a recipe of TextAttack (a subclass of ``AttackRecipe`` with ``build(model)``), or
a function ``build(victim)`` that returns a ``textattack.Attack``. It runs as the user wrote it,
with its own search; only the query budget and the batch size are set.
"""

from __future__ import annotations

import ast
import sys
import traceback
from hashlib import sha256
from pathlib import Path
from typing import Any

from ...errors import InputError, one_line
from ...files import SMALL, read_bytes
from ..building.builders import limited
from ..building.loading import load_textattack, no_downloads
from ..preset import Preset
from ..victims import Victim

BUILD = "build"


def user_preset(name: str) -> Preset:
    """The preset for ``attack.py`` or ``attack.py:name``; reads the file, but does not run it.

    Raises:
        InputError: no such file, not Python (with the line), or nothing in it to build.
    """
    path, wanted = _split(name)
    source = _read(path)
    names = _buildable(path, source)
    if wanted and wanted not in names:
        there = ", ".join(names) or "nothing that builds an attack"
        raise InputError(f"expected {wanted!r} in the attack file {path}, but it defines {there}")
    if not names:
        raise InputError(
            f"expected a function build(victim) or a subclass of AttackRecipe in {path}, but it "
            "defines none"
        )
    return Preset(
        name,
        "any",
        (),
        lambda victim, query_budget: _build(path, source, wanted, victim, query_budget),
        f"the user's own: {path.name}",
        "the user's own",
        plain=True,
        source=sha256(source).hexdigest(),
    )


def _split(name: str) -> tuple[Path, str]:
    """The file and the name in it, "" where none was given."""
    file, colon, wanted = name.rpartition(":")
    if colon and file.endswith(".py"):
        return Path(file).expanduser(), wanted
    return Path(name).expanduser(), ""


def _read(path: Path) -> bytes:
    return read_bytes(path, "an attack file", SMALL)


def _buildable(path: Path, source: bytes) -> list[str]:
    """Names of the functions and classes of a file that may build an attack."""
    try:
        tree = ast.parse(source, str(path))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        reason = getattr(error, "msg", None) or one_line(error)
        raise InputError(f"the attack file {path}, line {line}, is not Python: {reason}") from None
    names = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef) or (
            isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        ):
            names.append(node.name)
    return names


def _build(path: Path, source: bytes, wanted: str, victim: Victim, query_budget: int) -> Any:
    """Run the file and build its attack.

    Raises:
        InputError: an error in the file, with its line, or something that is no attack on the
            victim.
    """
    textattack = load_textattack()
    scope = _run(path, source)
    build = _builder(path, scope, wanted)
    try:
        with no_downloads():
            attack = build(victim)
    except Exception as error:
        raise _located(path, error) from error
    if not isinstance(attack, textattack.Attack):
        raise InputError(
            f"expected a textattack.Attack from the attack file {path}, but it gave "
            f"{type(attack).__name__}"
        )
    if attack.goal_function.model is not victim:
        raise InputError(
            f"expected an attack on the given victim from {path}, but its goal function "
            "has another model: hand on what build is given"
        )
    limited(attack.goal_function, query_budget)
    return attack


def _run(path: Path, source: bytes) -> dict[str, Any]:
    """The names that the file defines."""
    scope: dict[str, Any] = {"__name__": path.stem, "__file__": str(path)}
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)  # for what lies beside it
    try:
        exec(compile(source, str(path), "exec"), scope)
    except Exception as error:
        raise _located(path, error) from error
    finally:
        sys.path.remove(folder)
    return scope


def _builder(path: Path, scope: dict[str, Any], wanted: str) -> Any:
    """What builds the attack: by name, or the only thing that can."""
    from textattack.attack_recipes import AttackRecipe

    recipes = {
        name: value
        for name, value in scope.items()
        if isinstance(value, type)
        and issubclass(value, AttackRecipe)
        and value.__module__ == scope["__name__"]
    }
    if not wanted:
        functions = [scope[BUILD]] if callable(scope.get(BUILD)) else []
        choices = functions or list(recipes.values())
        if len(choices) != 1:
            many = f"several recipes ({', '.join(recipes)})" if recipes else "none"
            raise InputError(
                f"expected a function build or one subclass of AttackRecipe in {path}, but it "
                f"defines {many}: name one, as in {path.name}:NAME"
            )
        wanted = next(name for name, value in scope.items() if value is choices[0])
    value: Any = scope[wanted]
    if isinstance(value, type) and wanted not in recipes:
        raise InputError(
            f"expected {wanted!r} in the attack file {path} to be a subclass of AttackRecipe or a "
            "function, but it is another class"
        )
    return getattr(value, BUILD) if isinstance(value, type) else value


def _located(path: Path, error: Exception) -> InputError:
    """One line that names the file's own line where ``error`` came from."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    line = f", line {frames[-1].lineno}" if frames else ""
    return InputError(
        f"the attack file {path}{line} failed: {type(error).__name__}: {one_line(error)[:200]}"
    )
