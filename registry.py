"""Things that are chosen by name: listed without loading them, loaded when first used.

A `Registry` stands in the ``__init__.py`` of the folder that holds its members, so that help texts
and choices are there at once. A user's own member is added at run time and is then like any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Generic, TypeVar

from .errors import InputError
from .formatting import meant

T = TypeVar("T")
_NAME = re.compile(r"[^\s/:@,]+")  # the others separate names, as in snn@CODE:STEPS


class UnknownNameError(InputError, KeyError):
    """A name that a registry does not have; the message lists those that it has."""

    __str__ = Exception.__str__  # a KeyError would show the quoted form


def to_import(error: Exception) -> str:
    """What to do about a name in a saved file that is not here, for the end of its error.

    As a rule the file is whole, and what it names was added by a file of the user's own. "" for
    other errors.
    """
    if not isinstance(error, UnknownNameError):
        return ""
    return ": where it is of your own, import what adds it first"


class Registry(Mapping[str, T], Generic[T]):
    """Members of one kind by name, in the order in which they are listed.

    Args:
        kind: what a member is, in the words of an error, as in "encoder"
        package: the folder of the members, as its ``__name__``
        attribute: what a member is called in its module
        names: all names; a member lies in the module of its name, with ``-`` as ``_``
        places: ``module`` or ``module:ATTRIBUTE`` where a member lies elsewhere
        says: what a member calls its own name, where saved files keep that; a member that says
            none, or that of what it was made from, would be read back as another

    Example:
        >>> codes = Registry("code", "snnconvert.models.encoders", "CODE", ("saf", "direct"))
        >>> list(codes), "saf" in codes  # nothing is loaded
        (['saf', 'direct'], True)
    """

    def __init__(
        self,
        kind: str,
        package: str = "",
        attribute: str = "",
        names: tuple[str, ...] = (),
        places: Mapping[str, str] | None = None,
        says: str = "",
    ) -> None:
        self.kind, self.package, self.attribute, self.says = kind, package, attribute, says
        self._places = {name: (places or {}).get(name, name.replace("-", "_")) for name in names}
        self._members: dict[str, T] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._places, *self._members)))

    def __len__(self) -> int:
        return len(self._places.keys() | self._members.keys())

    def __contains__(self, name: object) -> bool:
        return name in self._places or name in self._members

    def __getitem__(self, name: str) -> T:
        """The member called ``name``.

        Raises:
            UnknownNameError: there is none.
        """
        if name not in self._members:
            if name not in self._places:
                raise self._unknown(name)
            self._members[name] = self._load(name)
        return self._members[name]

    def add(self, name: str, member: T) -> T:
        """Register ``member``, and give it back; it can do what a member of the package can.

        Raises:
            InputError: the name is taken, is none that can be written on a command line, or is not
                the one that the member says.
        """
        if name and not (isinstance(name, str) and _NAME.fullmatch(name)):
            raise InputError(
                f"expected a name for the {self.kind} without blanks and any of / : @ , but got "
                f"{name!r}"
            )
        if not name or name in self:
            taken = f"{name!r}, which is taken" if name else "an empty one"
            raise InputError(f"expected a new name for the {self.kind}, but got {taken}")
        own = getattr(member, self.says, None) if self.says else name
        if own != name:
            raise InputError(
                f"expected the {self.kind} {name} to say {self.says} = {name!r}, by which saved "
                f"files find it again, but it says {own!r}"
            )
        self._members[name] = member
        return member

    def remove(self, name: str) -> None:
        """Take out a member that was added.

        Raises:
            UnknownNameError: none of that name was added.
        """
        if name in self._places or name not in self._members:
            raise self._unknown(name)
        del self._members[name]

    def added(self) -> dict[str, T]:
        """The members that were added at run time, as another process needs them."""
        return {name: m for name, m in self._members.items() if name not in self._places}

    def _load(self, name: str) -> T:
        module, _, attribute = self._places[name].partition(":")
        member: T = getattr(import_module(f"{self.package}.{module}"), attribute or self.attribute)
        return member

    def _unknown(self, name: str) -> UnknownNameError:
        return UnknownNameError(
            f"expected the {self.kind} to be of {', '.join(self)}, but got {name!r}"
            f"{meant(str(name), self)}"
        )


class FileRegistry(Registry[T]):
    """Members that are files of one folder, each read when it is first used.

    Args:
        kind: what a member is, in the words of an error
        folder: where the files lie
        read: makes the member of a file
        suffix: of the files
    """

    def __init__(
        self, kind: str, folder: Path, read: Callable[[Path], T], suffix: str = ".yaml"
    ) -> None:
        super().__init__(kind)
        self.folder, self.read, self.suffix = folder, read, suffix
        self._places = {path.stem: path.name for path in sorted(folder.glob(f"*{suffix}"))}

    def _load(self, name: str) -> T:
        return self.read(self.folder / self._places[name])
