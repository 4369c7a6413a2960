"""What a paired difference of two victims allows to be said."""

from __future__ import annotations

from collections.abc import Mapping

from .compare import controls_of
from .figures import _Figures
from .wording import _join, _points

_CONTROL = {
    "noise": "the ANN with the same input noise",
    "levels": "the ANN with scores of T + 1 levels",
    "deterministic": "the SNN without noise",
}


def _differences(figures: _Figures) -> list[str]:
    """What is known of every SNN against the ANN; those that are alike in one item."""
    tests = {snn: figures.tested("ann", snn) for snn in figures.spiking}
    found = [_about(figures, snn, own) for snn, own in tests.items() if any(own.values())]
    alike: dict[tuple[str, ...], list[str]] = {}
    for snn, own in tests.items():
        if own and not any(own.values()):
            alike.setdefault(tuple(own), []).append(snn)
    found += [
        f"No difference between the ANN and {_join(names, 'or')} is significant after correction "
        f"({_join(attacks)}): neither is shown to be more robust, nor are they shown to be equally "
        "robust."
        for attacks, names in alike.items()
    ]
    missing = [snn for snn, own in tests.items() if not own]
    return found + ([f"Not compared with the ANN: {_join(missing)}."] if missing else [])


def _about(figures: _Figures, snn: str, tests: Mapping[str, float | None]) -> str:
    """One SNN that differs from the ANN, and what explains an advantage."""
    more = {a: d for a, d in tests.items() if d is not None and d > 0}
    less = {a: -d for a, d in tests.items() if d is not None and d < 0}
    same = [a for a, d in tests.items() if d is None]
    parts = [
        f"{word} accuracy than the ANN under {_points(found)}"
        for word, found in (("more", more), ("less", less))
        if found
    ]
    text = f"{snn} keeps {_join(parts)}, significantly after correction"
    text += f"; under {_join(same)} no difference is significant." if same else "."
    masked = [victim for victim in ("ann", snn) if figures.masked(victim)]
    if masked:
        why = f"the attack without budget did not come close to zero on {_join(masked)}"
        text += f" That is no evidence of robustness: {why}."
    return " ".join([text, *_explained(figures, snn, more)]) if more else text


def _explained(figures: _Figures, snn: str, more: Mapping[str, float]) -> list[str]:
    """One sentence for each control of ``snn``, over the attacks it does better under."""
    found: list[str] = []
    for control in controls_of(snn, figures.by_name):
        tests = {a: d for a, d in figures.tested(control, snn).items() if a in more}
        kind = figures.by_name[control][1] or "deterministic"
        name = f"{_CONTROL.get(kind, 'the control')} ({control})"
        enough = [a for a, d in tests.items() if d is None and _half(figures, control, a, more[a])]
        beyond = {a: d for a, d in tests.items() if d is not None and d > 0}
        above = {a: -d for a, d in tests.items() if d is not None and d < 0}
        unclear = [a for a in tests if a not in (*enough, *beyond, *above)]
        parts = []
        if enough or above:
            what = "loses no advantage" if kind == "deterministic" else "explains the advantage"
            parts.append(f"{what} under {_join([*enough, *above])}")
        if beyond:
            parts.append(f"keeps less under {_points(beyond)}")
        if unclear:
            parts.append(f"decides nothing under {_join(unclear)}")
        if parts:
            meaning = _meaning(kind, bool(enough or above), bool(beyond))
            found.append(f"{name[0].upper()}{name[1:]} {_join(parts)}{meaning}.")
    if not found:
        found.append(
            f"No control of {snn} was compared with it, so that advantage must not be put down to "
            "spikes: input noise and coarse scores can cause it too."
        )
    return found


def _meaning(kind: str, enough: bool, beyond: bool) -> str:
    """What follows from a control that has the advantage, or has it not."""
    if enough == beyond:
        return ""
    if kind == "deterministic":
        return ": noise is not what it is made of" if enough else ": noise is part of it"
    cause, verb = ("input noise", "is") if kind == "noise" else ("coarse scores", "are")
    if enough:
        return f": {cause} without any spiking neuron {verb} enough for it"
    return f": {cause} alone {verb} not enough to explain it"


def _half(figures: _Figures, control: str, attack: str, advantage: float) -> bool:
    """Whether a control has at least half of an advantage over the ANN."""
    own, ann = figures.accuracy(control, attack), figures.accuracy("ann", attack)
    return own is not None and ann is not None and own - ann >= advantage / 2
