"""What may be chosen of an export to NIR; light, for the command line."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import InputError
from ...options import Choices, check_value, option
from .dialects import DIALECTS

GRAPHS = ("chain", "branches")
SIMULATORS = tuple(name for name in DIALECTS if name != "any")


@dataclass(frozen=True)
class NirOptions:
    """The options of ``--format nir``.

    Raises:
        InputError: a choice that does not exist.
    """

    simulator: str = option(
        "any", "the simulator that reads it; any: NIR as its page has it", DIALECTS, called="for"
    )
    positions: int | None = option(
        None, "most words of a text", shown="those of the run's longest text", least=1
    )
    bits: str = option(
        "auto",
        "weights are multiples of 2^-B; auto: the largest B whose sums never round; float: weights "
        "as they are",
        shown="auto; a number, auto or float",
    )
    graph: str = option(
        "chain", "one chain of nodes, or one a filter width that meet before the output", GRAPHS
    )
    texts: str = option(
        "40",
        "examples with expected results: how many test texts, or a file with a text a line",
    )
    check: tuple[str, ...] | None = option(
        None,
        "simulators that read it again, run the examples and compare every spike, of "
        f"{', '.join(SIMULATORS)}",
        Choices(*SIMULATORS),
    )

    unchecked: bool = option(False, "check with versions of simulators that were not tested")

    def __post_init__(self) -> None:
        for name, item in self.__dataclass_fields__.items():
            check_value(
                f"--{item.metadata.get('called', name)}", getattr(self, name), item.metadata
            )
        if self.bits not in ("auto", "float") and not self.bits.isdecimal():
            raise InputError(
                f"expected --bits to be a whole number, auto or float, but got {self.bits!r}"
            )
        if not self.texts or (self.texts.lstrip("-").isdecimal() and int(self.texts) < 1):
            raise InputError(
                f"expected --texts to be a number of at least 1, or a file, but got {self.texts!r}"
            )
