"""The settings of `snnconvert export`: the format, and the options of all formats."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from dataclasses import Field, dataclass, field, fields
from typing import Any

from ...errors import InputError
from ...interop import EXPORTS
from ...options import Choices, called, check_value
from .fields import Settings, option


@dataclass(frozen=True)
class ExportSettings(Settings):
    """In which format a model leaves the package; every format adds its own options.

    An option that is None is left to the format.
    """

    format: str = option("npz", "format of what is written", EXPORTS)

    @classmethod
    def added_options(cls) -> dict[str, tuple[Any, Field[Any]]]:
        """The options of all formats by name, each None for the format's own default.

        Raises:
            InputError: two formats have one of the same name, but not of the same type.
        """
        found: dict[str, tuple[Any, Field[Any]]] = {}
        flags: dict[str, str] = {}
        for name, hint, item in _options():
            if flags.setdefault(called(item), item.name) != item.name:
                raise InputError(
                    f"expected options of the export format {name} that no other has under another "
                    f"name, but --{_flag(item)} is taken: call it otherwise"
                )
            if item.name not in found:
                found[item.name] = hint | None, _optional(name, item)
                continue
            known, shared = found[item.name]
            if known != hint | None:
                raise InputError(
                    f"expected the option {item.name} of the export format {name} to be of the "
                    f"type that other formats give it, {known}, but it is {hint}: call it otherwise"
                )
            found[item.name] = known, _shared(shared, name, item)
        return found

    def of_format(self) -> Any:
        """The options of the format that was chosen, an object of its ``Options``.

        Raises:
            InputError: an option was given that it does not have, or a value that it does not take.
        """
        kind = EXPORTS[self.format].Options
        own = {item.name: item for item in fields(kind)}
        given: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name == "format" or value is None:
                continue
            if item.name not in own:
                readers = [name for name, _, other in _options() if other.name == item.name]
                raise InputError(
                    f"expected --{_flag(item)} only with the format {' or '.join(readers)}, but "
                    f"got it with {self.format}: leave it out"
                )
            check_value(f"--{_flag(item)}", value, own[item.name].metadata)
            given[item.name] = value
        return kind(**given)


def _options() -> Iterator[tuple[str, Any, Field[Any]]]:
    """Name of the format, type and field of every option of every format."""
    for name, member in EXPORTS.items():
        hints = typing.get_type_hints(member.Options)
        for item in fields(member.Options):
            yield name, hints[item.name], item


def _flag(item: Field[Any]) -> str:
    return called(item).replace("_", "-")


def _optional(name: str, item: Field[Any]) -> Any:
    """An option that need not be given, in the group of its format."""
    shown = item.metadata.get("shown", item.default)
    group = f"format {name}", f"With --format {name}: {EXPORTS[name].about}."
    return field(default=None, metadata={**item.metadata, "shown": shown, "group": group})


def _shared(shared: Field[Any], name: str, item: Field[Any]) -> Any:
    """An option of several formats: what each does with it, and what any of them takes."""
    more: dict[str, Any] = {"help": f"{shared.metadata['help']}; {name}: {item.metadata['help']}"}
    more["choices"] = Choices(*shared.metadata["choices"], *item.metadata["choices"])
    more["bounds"] = {}  # each format has its own
    return field(default=None, metadata={**shared.metadata, **more})
