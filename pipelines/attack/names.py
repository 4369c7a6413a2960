"""Names of victims as a run takes them: which models, controls, codes and threshold rules are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...attacks.controls import CONTROLS
from ...attacks.victim_name import VictimName
from ...convert.thresholds import RULES
from ...errors import InputError
from ...formatting import meant
from ...models.encoders import ENCODERS
from ..run_folder.stages import MODELS, OF_CONVERSION


def parse_victim(name: str) -> VictimName:
    """The parts of a victim's name, each of them known and fitting the others.

    Raises:
        InputError: it is none; the message says what they look like.
    """
    parts = VictimName.parse(name)
    for value, known, what in (
        (parts.model, MODELS, "a model"),
        (parts.control, CONTROLS, "a control"),
        (parts.code, ENCODERS, "an input code"),
        (parts.rule, RULES, "a threshold rule"),
    ):
        if value and value not in known:
            listed = ", ".join(known)
            raise InputError(
                f"expected {what} of {listed} in the victim {name!r}, got {value!r}"
                f"{meant(value, known)}"
            )
    _check_control(name, parts)
    _check_variant(name, parts)
    _check_conversion(name, parts)
    return parts


def _check_control(name: str, parts: VictimName) -> None:
    """Refuse a control of another kind of model."""
    of_ann = _of_ann(parts)
    if parts.control and of_ann != parts.is_ann:
        fitting = "ann" if of_ann else "snn or finetuned"
        raise InputError(f"expected the control +{parts.control} with {fitting}, but got {name!r}")


def _check_variant(name: str, parts: VictimName) -> None:
    """Refuse another code of a model that is not converted, and a T that is none."""
    if parts.code and not (parts.model == "snn" or _of_ann(parts)):
        fitting = [f"ann+{control}" for control in CONTROLS if CONTROLS[control].of_ann]
        raise InputError(
            f"expected a code after @ with {_either(['snn', *fitting])}, but got {name!r}: other "
            "models are what they were trained as"
        )
    if parts.code and parts.steps < 1:
        raise InputError(f"expected at least one time step in the victim {name!r}")


def _check_conversion(name: str, parts: VictimName) -> None:
    """Refuse a model that is of no conversion, and a code without T in the place of a name."""
    if parts.conversion in ENCODERS:
        raise InputError(
            f"expected a victim like snn, ann+noise or snn@poisson:7, but got {name!r}: after a "
            "code stands T"
        )
    if parts.conversion and not (parts.model in OF_CONVERSION or _of_ann(parts)):
        raise InputError(
            f"expected the name of a conversion after @ with {_either(OF_CONVERSION)}, but got "
            f"{name!r}: conversions share the ANN"
        )


def _of_ann(parts: VictimName) -> bool:
    """Whether it is a control that is made of an ANN."""
    return bool(parts.control) and CONTROLS[parts.control].of_ann


def _either(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}"


def parse_victims(wanted: Sequence[str]) -> list[VictimName]:
    """The victims of an option.

    Raises:
        InputError: one is no victim; the message says where victims are described.
    """
    try:
        return [parse_victim(name) for name in wanted]
    except InputError as error:
        raise InputError(f"{error}; see --victims in snnconvert attack --help") from None
