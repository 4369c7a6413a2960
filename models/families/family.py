"""What a model family answers: which options it has, and how its network is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, get_type_hints

from ...errors import InputError

if TYPE_CHECKING:
    from ..network import Network

FROM_DATA = ("dim", "classes")


@dataclass(frozen=True)
class Family:
    """A model family.

    Its module loads no torch, since the command line shows the options: what ``build`` needs is
    imported inside it.

    spec: a dataclass of what shapes a network. ``dim`` (components of a vector) and
    ``classes`` (their number) come from the data, and fields made by `snnconvert.options.option`
    are options of the command line; other fields are for scripts alone.
    build: the network of a spec, and of a seed for its weights. Input (B, D, L), logits (B, K).
    usual: the command line's defaults where they are not those of ``spec``.
    reads: what a text stage must hand on: ``ids`` of a sequence of words, each with a vector of
    ``dim`` components (B, D, L), or ``vectors``, one a text (B, D, 1).
    converts: whether an ANN can be made spiking; not where it is there to be compared with alone.
    lr: learning rate that it is trained at by default; None for that of all others.
    spikes: whether the network spikes already as it is trained, so that there is none to convert.
    """

    spec: type[Any]
    build: Callable[[Any, int], Network]
    usual: Mapping[str, Any] = field(default_factory=dict)
    reads: Literal["ids", "vectors"] = "ids"
    spikes: bool = False
    converts: bool = True
    lr: float | None = None

    def __post_init__(self) -> None:
        names = [item.name for item in fields(self.spec)]
        if not set(FROM_DATA) <= set(names):
            raise InputError(
                f"expected the spec of a network to have the fields {' and '.join(FROM_DATA)}, "
                f"but {self.spec.__name__} has {', '.join(names) or 'none'}"
            )

    def options(self) -> dict[str, Field[Any]]:
        """The fields of the spec that are options of the command line, by name."""
        return {item.name: item for item in fields(self.spec) if "help" in item.metadata}

    def types(self) -> dict[str, Any]:
        """The type of each option."""
        hints = get_type_hints(self.spec)
        return {name: hints[name] for name in self.options()}

    def defaults(self) -> dict[str, Any]:
        """The command line's default of each option."""
        return {name: item.default for name, item in self.options().items()} | dict(self.usual)

    @property
    def tells_pairs(self) -> bool:
        """Whether its networks can tell the two texts of a pair: its spec has a field ``pairs``."""
        return "pairs" in {item.name for item in fields(self.spec)}

    def network(
        self, dim: int, classes: int, options: Mapping[str, Any], seed: int, pairs: bool = False
    ) -> Network:
        """A network with new weights.

        Args:
            dim: components D of a word vector
            classes: K
            options: by name, of `options`
            seed: of the weights
            pairs: whether texts are pairs, and the last component of a vector marks the end of
                each; a family that does not `tells_pairs` reads it as any other

        Raises:
            InputError: options that do not go together, or are out of their bounds.
        """
        own = {"pairs": True} if pairs and self.tells_pairs else {}
        return self.build(self.spec(dim=dim, classes=classes, **options, **own), seed)


def same_option(spec: type[Any], name: str, default: Any = MISSING) -> Any:
    """A dataclass field like the option ``name`` of another spec, with its default or another."""
    (item,) = (item for item in fields(spec) if item.name == name)
    chosen = item.default if default is MISSING else default
    return field(default=chosen, metadata=item.metadata)
