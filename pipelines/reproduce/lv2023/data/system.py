"""What a row is made by: a YAML file of `systems` or `ablations`, with the settings of each step.

like                     another system; what this file does not say is as there
model, setting           names in the tables; several settings of one model have files of their
                         own
source, beside           where it comes from, and the published system to stand beside
steps                    windows T; [0] of an ANN
trained                  false: the SNN begins with random weights
data, train              options of `snnconvert train`; T is the number of steps, TEACHER the
                         folder of a teacher
convert, finetune        options of these commands; null: not done
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from .....errors import InputError
from .....files import read_yaml_mapping
from .....registry import FileRegistry

STEPS, TEACHER = "T", "TEACHER"
"""Words that stand for the number of steps and for the teacher's folder."""
Options = Mapping[str, Any]


@dataclass(frozen=True)
class System:
    """Settings of every step; see the head of this file.

    name: of its file; ann: name of the system whose ANN it is made of, its own or that of a system
    that it is like; conversion: likewise, of the converted network
    """

    name: str
    model: str
    setting: str
    source: str = ""
    beside: str | None = None
    steps: tuple[int, ...] = (0,)
    trained: bool = True
    data: Options = field(default_factory=dict)
    train: Options = field(default_factory=dict)
    convert: Options | None = None
    finetune: Options | None = None
    ann: str = ""
    conversion: str = ""

    @property
    def taught(self) -> bool:
        """Whether a teacher takes part."""
        parts = (self.train, self.convert or {}, self.finetune or {})
        return any(value == TEACHER for part in parts for value in part.values())


MAPPINGS = ("data", "train", "convert", "finetune")
_SAID = {item.name for item in fields(System)} - {"name", "ann", "conversion"} | {"like"}


def read_system(path: Path) -> System:
    """The system of a file.

    Raises:
        InputError: not YAML, no such system to be like, an unknown entry, or one of another kind.
    """
    content = read_yaml_mapping(path, "a system")
    unknown = sorted(map(str, content.keys() - _SAID))
    like = find_system(str(content.pop("like"))) if "like" in content else None
    wrong = [k for k in MAPPINGS if not isinstance(content.get(k, {}), dict | None)]
    wrong += [k for k in ("data", "train") if content.get(k, {}) is None]
    if unknown or wrong or (like is None and not {"model", "setting"} <= content.keys()):
        raise InputError(
            f"expected a system of {', '.join(sorted(_SAID))} in {path}, with model and setting or "
            f"like at least and options by name, but {', '.join(unknown + wrong) or 'these'} "
            "cannot be so"
        )
    if "steps" in content:
        content["steps"] = tuple(content["steps"])
    return _joined(path.stem, content, like)


def _joined(name: str, content: dict[str, Any], like: System | None) -> System:
    """What a file says, over what the system that it is like has."""
    if like is None:
        own = System(name, **content)
        return replace(own, ann=name, conversion=name)
    values = {item.name: getattr(like, item.name) for item in fields(System)} | {"name": name}
    for key, value in content.items():
        joins = key in MAPPINGS and value is not None
        values[key] = {**(values[key] or {}), **value} if joins else value
    own = System(**values)
    same = _same(own, like, "trained", "data", "train")
    # one conversion is tuned in one way, so that with another tuning it is one of its own
    shared = same and _same(own, like, "convert") and own.finetune is None
    return replace(
        own,
        ann=like.ann if same else name,
        conversion=like.conversion if shared else name,
    )


def _same(first: System, second: System, *names: str) -> bool:
    return all(getattr(first, name) == getattr(second, name) for name in names)


def find_system(name: str) -> System:
    """A system by name.

    Raises:
        InputError: there is none.
    """
    return ABLATIONS[name] if name in ABLATIONS else SYSTEMS[name]


_FOLDER = Path(__file__).parents[1]
SYSTEMS: FileRegistry[System] = FileRegistry("system", _FOLDER / "systems", read_system)
ABLATIONS: FileRegistry[System] = FileRegistry("ablation", _FOLDER / "ablations", read_system)
