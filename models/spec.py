"""The file spec.json: a model without its tensors, as it is written and as it is believed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from ..checked_json import Value, read_value
from ..errors import InputError
from ..files import SMALL
from ..typed_json import Bounds, from_json, rare

FORMAT = 1
MOST_STEPS = 100_000
"""Time steps of a model, and steps before them."""
MOST_SIZE = 10_000_000
"""Rows, components, channels and every other size that a network is told by a number."""
_KINDS = ("ann", "snn")
_AGAIN = "make the model again"
_Name = Annotated[str, Bounds(0, 200)]
_Size = Annotated[int, Bounds(0, MOST_SIZE)]


@dataclass(frozen=True, kw_only=True)
class NodeSpec:
    """A node: its name, the name of its type, the nodes that it reads, what it is made with."""

    name: _Name
    type: _Name
    inputs: Annotated[list[_Name], Bounds(0, 1000)]
    settings: dict[str, Any]

    def check(self, value: Value) -> None:
        """Refuse names that no module can have, and sizes that no network has."""
        check_name(value["name"])
        for key in self.settings:
            _check_setting(value["settings"][key])


@dataclass(frozen=True, kw_only=True)
class EncoderSpec:
    """The input code of an SNN, as `encoders.encoder.Encoder` has it."""

    code: _Name
    mapping: _Name
    gain: Annotated[float, Bounds(0)] = rare(1.0)
    bits: Annotated[int, Bounds(0, 4096)] = rare(0)
    slices: Annotated[int, Bounds(0, MOST_STEPS)] = rare(0)


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """The whole file.

    kind: ann or snn; vectors: rows V and components D of the table of words; nodes: in their order;
    steps, encoder: of an SNN; srp_steps: steps before those of the answer
    """

    format: int
    kind: str
    classes: Annotated[list[str], Bounds(1, 100_000)]
    vectors: Annotated[list[_Size], Bounds(2, 2)]
    nodes: Annotated[list[NodeSpec], Bounds(1, 10_000)]
    steps: Annotated[int, Bounds(1, MOST_STEPS)] | None = rare()
    encoder: EncoderSpec | None = rare()
    srp_steps: Annotated[int, Bounds(0, MOST_STEPS)] = rare(0)

    def check(self, value: Value) -> None:
        """Refuse another kind, and an SNN without steps or input code."""
        if self.kind not in _KINDS:
            raise value["kind"].wrong("ann or snn")
        if self.kind == "ann" and (self.encoder or self.steps or self.srp_steps):
            raise value["kind"].wrong("snn, which has steps and an input code,")
        if self.kind == "snn":
            value["steps"].whole(1, MOST_STEPS)
            if self.encoder is None:
                raise value["encoder"].wrong("the input code of an SNN")


def check_name(value: Value) -> None:
    """Refuse what is no name of a module."""
    name = value.text(200)
    if not name or "." in name or not name.isprintable():
        raise value.wrong("a name of printed letters without a dot")


def _check_setting(value: Value) -> None:
    """Refuse what no node is made with; a list is one number a channel, or two of padding."""
    found = value.value
    if isinstance(found, list):
        value.each(_check_setting, most=MOST_SIZE)
    elif isinstance(found, str):
        value.text(200)
    elif isinstance(found, int) and not isinstance(found, bool):
        value.whole(-MOST_SIZE, MOST_SIZE)
    elif isinstance(found, dict):  # of a node of a user's own
        value.entries(_check_setting)


def read_spec(folder: Path | str) -> ModelSpec:
    """What the spec.json in a model's folder says.

    Raises:
        InputError: it is missing, of another format, or says what no model can be.
    """
    path = Path(folder) / "spec.json"
    value = read_value(path, "the spec of a model", _AGAIN, SMALL)
    found = (
        value.value.get("format") if isinstance(value.value, dict) else type(value.value).__name__
    )
    if type(found) is not int or found != FORMAT:
        raise InputError(
            f"expected a model spec of format {FORMAT} at {path}, but it has {repr(found)[:40]}; "
            "make the model again with this version of snnconvert"
        )
    return from_json(ModelSpec, value)
