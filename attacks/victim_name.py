"""The name of a victim, and its parts.

    MODEL[+CONTROL][@CONVERSION] or MODEL[+CONTROL][@CODE:STEPS[:RULE]]

- ``ann``, ``snn``, ``finetuned`` ...: the models of a run
- ``snn@t4``, ``finetuned@t4`` ...: those of a run's conversion that is called t4
- ``snn@poisson:7``: the run's ANN converted with another code, T and, where given, threshold rule;
  the rest of the recipe is that of the run's SNN
- ``ann+noise``: the ANN fed the mean of the SNN's spikes, ``ann+levels``: with scores of T + 1
  levels; after ``@`` stands of which SNN, by default the run's own (``ann+noise@t4``)
- ``snn+deterministic``, ``finetuned+deterministic``: without the noise of a random code
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ..errors import InputError

_FORM = re.compile(
    r"([\w-]+)(?:\+([\w-]+))?(?:@([\w-]+):(\d{1,9})(?::([\w-]+))?|@([\w-]+))?", re.ASCII
)


@dataclass(frozen=True)
class VictimName:
    """A victim's name in parts.

    Attributes:
        model: of the run.
        control: one of `CONTROLS`, "" for none.
        code: input code of a variant, "" for the run's own SNN.
        steps: its T; 0 with the run's own.
        rule: its threshold rule, "" for the recipe's.
        conversion: which of the run's conversions it is of, "" for the one without a name.
    """

    model: str
    control: str = ""
    code: str = ""
    steps: int = 0
    rule: str = ""
    conversion: str = ""

    @classmethod
    def parse(cls, name: str) -> VictimName:
        """The parts of ``name``, whose values are not checked.

        Raises:
            InputError: it has another form; the message says what victims look like.
        """
        match = _FORM.fullmatch(name)
        if not match:
            raise InputError(
                f"expected a victim like snn, ann+noise or snn@poisson:7, but got {name!r}"
            )
        model, control, code, steps, rule, conversion = (part or "" for part in match.groups())
        return cls(model, control, code, int(steps or 0), rule, conversion)

    @classmethod
    def of(cls, name: str) -> VictimName:
        """The parts of ``name``; one of another form, as of a victim of one's own, is a model."""
        return cls.parse(name) if _FORM.fullmatch(name) else cls(name)

    def __str__(self) -> str:
        control = f"+{self.control}" if self.control else ""
        return f"{self.model}{control}{self.variant}"

    @property
    def variant(self) -> str:
        """From the ``@`` on, "" for the run's own SNN."""
        if self.conversion:
            return f"@{self.conversion}"
        rule = f":{self.rule}" if self.rule else ""
        return f"@{self.code}:{self.steps}{rule}" if self.code else ""

    @property
    def base(self) -> str:
        """The name without its control."""
        return str(replace(self, control=""))

    @property
    def is_ann(self) -> bool:
        """Whether the model, without its control, is an ANN."""
        return self.model.startswith("ann")
