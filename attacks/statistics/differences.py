"""What a paired difference of two victims allows to be said."""

from __future__ import annotations

from collections.abc import Mapping

from ...formatting import listing
from ..controls import CONTROLS
from ..controls.control import Control
from .compare import QUIET_TWIN, controls_of
from .figures import Figures
from .wording import by_points


def difference_sentences(figures: Figures) -> list[str]:
    """What is known of every SNN against the ANN; those that are alike in one item."""
    tests = {snn: figures.tested("ann", snn) for snn in figures.spiking}
    sentences = [_about(figures, snn, own) for snn, own in tests.items() if any(own.values())]
    alike: dict[tuple[str, ...], list[str]] = {}
    for snn, own in tests.items():
        if own and not any(own.values()):
            alike.setdefault(tuple(own), []).append(snn)
    sentences += [
        f"No difference between the ANN and {listing(names, 'or')} is significant after correction "
        f"({listing(attacks)}): neither is shown to be more robust, nor are they shown to be "
        "equally robust."
        for attacks, names in alike.items()
    ]
    missing = [snn for snn, own in tests.items() if not own]
    return sentences + ([f"Not compared with the ANN: {listing(missing)}."] if missing else [])


def _about(figures: Figures, snn: str, tests: Mapping[str, float | None]) -> str:
    """One SNN that differs from the ANN, and what explains an advantage."""
    more = {a: d for a, d in tests.items() if d is not None and d > 0}
    less = {a: -d for a, d in tests.items() if d is not None and d < 0}
    same = [a for a, d in tests.items() if d is None]
    parts = [
        f"{word} accuracy than the ANN under {by_points(gaps)}"
        for word, gaps in (("more", more), ("less", less))
        if gaps
    ]
    text = f"{snn} keeps {listing(parts)}, significantly after correction"
    text += f"; under {listing(same)} no difference is significant." if same else "."
    masked = [victim for victim in ("ann", snn) if figures.masked(victim)]
    if masked:
        why = f"the attack without budget did not come close to zero on {listing(masked)}"
        text += f" That is no evidence of robustness: {why}."
    return " ".join([text, *_explained(figures, snn, more)]) if more else text


def _explained(figures: Figures, snn: str, more: Mapping[str, float]) -> list[str]:
    """One sentence for each control of ``snn``, over the attacks it does better under."""
    sentences = [_of_control(figures, c, snn, more) for c in controls_of(snn, figures.by_name)]
    return list(filter(None, sentences)) or [
        f"No control of {snn} was compared with it, so that advantage must not be put down to "
        "spikes: input noise and coarse scores can cause it too."
    ]


def _of_control(figures: Figures, victim: str, snn: str, more: Mapping[str, float]) -> str:
    """What the control called ``victim`` says of an SNN's advantage; "" where it says nothing."""
    kind = figures.by_name[victim][1] or QUIET_TWIN
    control = CONTROLS.get(kind)
    tests = {a: d for a, d in figures.tested(victim, snn).items() if a in more}
    enough = [a for a, d in tests.items() if d is None and _half(figures, victim, a, more[a])]
    beyond = {a: d for a, d in tests.items() if d is not None and d > 0}
    above = [a for a, d in tests.items() if d is not None and d < 0]
    unclear = [a for a in tests if a not in (*enough, *beyond, *above)]
    parts = []
    if enough or above:
        what = control.explains if control else Control.explains
        parts.append(f"{what} under {listing([*enough, *above])}")
    if beyond:
        parts.append(f"keeps less under {by_points(beyond)}")
    if unclear:
        parts.append(f"decides nothing under {listing(unclear)}")
    if not parts:
        return ""
    words = f"{control.words if control else 'the control'} ({victim})"
    meaning = _meaning(control, bool(enough or above), bool(beyond))
    return f"{words[0].upper()}{words[1:]} {listing(parts)}{meaning}."


def _meaning(control: Control | None, enough: bool, beyond: bool) -> str:
    """What follows from a control that has the advantage, or has it not."""
    if control is None or enough == beyond:
        return ""
    what = control.enough if enough else control.not_enough
    return f": {what}" if what else ""


def _half(figures: Figures, control: str, attack: str, advantage: float) -> bool:
    """Whether a control has at least half of an advantage over the ANN."""
    own, ann = figures.accuracy(control, attack), figures.accuracy("ann", attack)
    return own is not None and ann is not None and own - ann >= advantage / 2
