"""What a threshold rule answers.

The command line reads the options of rules from their fields, so the files of rules load torch
only where they compute.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from types import UnionType
from typing import TYPE_CHECKING, ClassVar, get_args, get_type_hints

from ...options import check_value

if TYPE_CHECKING:
    from torch import Tensor

    from .statistics import LayerStatistics

SMALLEST = 1e-6  # an activation below it counts as silence
MORE_TEXTS = "use more calibration texts: the largest activation there is too small here"


@dataclass(frozen=True)
class Rule(ABC):
    """A threshold rule with its options; subclasses are the members of `RULES`.

    The fields of a subclass, each made by `options.option`, are its options: their names are those
    of the command line, of recipes and of files. Options that several rules share mean the same.

    Attributes:
        measures: what it looks at: ``texts`` (the activations on calibration texts) or ``weights``,
            either of the layer or of each channel, or "" where training or the user has set it
        uses_steps: whether its thresholds depend on T, so that each T needs its own conversion
        activations: of `snnconvert train`, where it holds for no others

    Raises:
        InputError: an option outside its choices or bounds.
    """

    measures: ClassVar[str] = "texts"
    uses_steps: ClassVar[bool] = False
    activations: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        for item in fields(self):
            check_value(item.name, getattr(self, item.name), item.metadata)

    @classmethod
    def reads(cls) -> tuple[str, ...]:
        """The options of a recipe's threshold that make a difference with this rule."""
        measured = ("granularity",) if cls.measures else ()
        where = ("source", "location") if cls.measures == "texts" else ()
        return (*measured, *where, *(item.name for item in fields(cls)))

    @classmethod
    def kind_of(cls, option: str) -> type:
        """The basic type of an option: that of ``float | None`` is float."""
        hint = get_type_hints(cls)[option]
        kind: type = get_args(hint)[0] if isinstance(hint, UnionType) else hint
        return kind

    def at(self, layer: LayerStatistics) -> tuple[str, Rule]:
        """The rule that holds at an activation and its name in reports; "" for this rule itself."""
        return "", self

    @abstractmethod
    def threshold(self, layer: LayerStatistics, steps: int, shift: float) -> Tensor:
        """A threshold for each column of ``layer``, which is a channel, or the whole layer.

        Where a rule that measures gives zero, the layer's maximum stands for it.

        Args:
            layer: what is known of the activation
            steps: T, for rules that use it
            shift: V(0) as a fraction of the threshold, or 1/2 with the bias shift

        Returns:
            (columns,), in the unit of the pre-activations.

        Raises:
            InputError: it does not hold at this activation.
        """

    def against_clipping(self) -> str:
        """What to do where it clips too much, for the advice of `diagnosis/advice.py`."""
        return "raise the threshold: choose the threshold rule max"
