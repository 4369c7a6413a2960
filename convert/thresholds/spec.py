"""How the thresholds of a conversion are chosen: a rule by name and its options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any

from ...errors import InputError
from ...options import check_value, option
from . import BUILT_IN, RULES
from .rule import Rule

GRANULARITIES = ("layer", "channel")
SOURCES = ("activation", "relu")
LOCATIONS = ("positions", "neurons")


@dataclass(frozen=True, init=False)
class ThresholdRule:
    """How thresholds are chosen.

    Each option of a rule is an attribute too; one that this rule does not have has its default.

    Args:
        rule: of `RULES`: ``auto``, the learned bound where there is one and ``percentile``
            elsewhere, and with the source ``relu``; ``bound``, the bound that training learned;
            ``qcfs``, the same, for QCFS only; ``max``, the largest activation; ``percentile`` of
            all activations; ``percentile_nonzero``, of those above zero; ``mse``, the smallest
            squared error of T spikes; ``balance``, what the activation overflows, added up in
            steps; ``weights``, the largest weight; ``fixed``, a number; or one that was added
        granularity: one threshold per ``layer`` or per ``channel``, of rules that measure it; a
            learned bound is what training made it, and a fixed value the same for all
        source: what is measured: the ANN's ``activation``, or ``relu``, max(z, 0) of its
            pre-activations, as if it had been trained with ReLU. The learned bound of QCFS or TCL
            then clips nothing, and the SNN tends to the network without it as T grows
        location: where it is measured: at all ``positions`` of a text, or where the ``neurons``
            stand, which is behind the maximum where the SNN takes that of currents: there they see
            one value a text and channel, and a larger one
        options: those of the rule: ``percentile`` in percent, ``threshold_value`` of ``fixed``

    Raises:
        InputError: an unknown rule or option, a value outside its choices or bounds, or one that
            the rule ignores.

    >>> ThresholdRule("percentile", "channel", percentile=99.0).percentile
    99.0
    >>> ThresholdRule("max").percentile
    99.9
    """

    rule: str = option("auto", "threshold rule", RULES)
    granularity: str = option(
        "layer", "one threshold per layer or channel", GRANULARITIES, old_names=("grain",)
    )
    source: str = option(
        "activation",
        "thresholds from the ANN's activation, or from the ReLU of its pre-activations",
        SOURCES,
    )
    location: str = option(
        "positions", "thresholds from all positions, or from where the neurons stand", LOCATIONS
    )
    options: tuple[tuple[str, Any], ...] = field(default=())

    def __init__(
        self,
        rule: str = "auto",
        granularity: str = "layer",
        source: str = "activation",
        location: str = "positions",
        **options: Any,
    ) -> None:
        own = {"granularity": granularity, "source": source, "location": location}
        for name, value in own.items():
            check_value(name, value, OWN[name].metadata)
        for name, value in (own | {"rule": rule}).items():
            object.__setattr__(self, name, value)
        _check_use(rule, own | options)
        chosen = {item.name: options.get(item.name, item.default) for item in fields(RULES[rule])}
        object.__setattr__(self, "options", tuple(chosen.items()))
        assert self.member  # whose options are checked as it is made

    @property
    def member(self) -> Rule:
        """The rule itself, with its options."""
        return RULES[self.rule](**dict(self.options))

    def __getattr__(self, name: str) -> Any:
        known = {} if name.startswith("_") else rule_options()
        if name not in known:
            raise AttributeError(f"a ThresholdRule has no {name!r}")
        return dict(self.options).get(name, known[name].default)

    def to_dict(self) -> dict[str, Any]:
        """Rule and options, JSON-able; with them those of the package's other rules."""
        plain = {name: item.default for name, item in rule_options(BUILT_IN).items()}
        own = {name: getattr(self, name) for name in OWN}
        return own | plain | dict(self.options)


OWN = {item.name: item for item in fields(ThresholdRule) if item.name != "options"}


def rule_options(rules: Iterable[str] = RULES) -> dict[str, Field[Any]]:
    """The options of ``rules``, of all by default, by name."""
    options: dict[str, Field[Any]] = {}
    for item in (item for name in rules for item in fields(RULES[name])):
        options.setdefault(item.name, item)
    return options


def readers(option: str) -> tuple[str, ...]:
    """The rules with which an option makes a difference."""
    return tuple(name for name in RULES if option in RULES[name].reads())


def _check_use(rule: str, values: Mapping[str, Any]) -> None:
    """Refuse options that there are not, and those that ``rule`` would ignore in silence."""
    known = OWN | rule_options()
    for name, value in values.items():
        if name not in known:
            listed = ", ".join(known)
            raise InputError(f"expected options of a threshold rule of {listed}, but got {name!r}")
        if name not in RULES[rule].reads() and value != known[name].default:
            shown = f"{value:g}" if isinstance(value, float) else value
            raise InputError(
                f"expected {name} only with the rules {', '.join(readers(name))}, but got {shown} "
                f"with the rule {rule}: choose one of them, or leave it out"
            )
