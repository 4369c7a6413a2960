"""White-box attacks: substitutions led by the gradient of the loss for the victim's word vectors.

HotFlip (Ebrahimi et al. 2018) ranks the replacements of words by the first-order change of the
loss, (e_new - e_old) . dL/de_old. Here that ranks the candidates of a black-box attack, under its
constraints, so the two differ in nothing but their search. What a candidate makes of the text is
read from the whole text, as the victim cuts it: the words of TextAttack need not be the model's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

from ...errors import InputError
from ..building.gradient_search import DRAWS, SHOWN, gradient_search
from ..building.loading import load_textattack
from ..preset import Build, Preset
from ..victims import Classifier, Victim
from . import chinese as presets_chinese
from . import english as presets_english

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy as np

    from ...engine.gradients.text import TextGradient


class WhiteBox(Classifier, Protocol):
    """What white-box attacks need from a model."""

    def gradient(
        self, text: str, label: int, kind: str = "surrogate", seed: int = 0, draws: int = DRAWS
    ) -> TextGradient:
        """The gradient of the loss of class ``label`` at ``text`` (see `engine.gradients`).

        Raises:
            InputError: the model has none.
        """

    def first_order(self, found: TextGradient, texts: Sequence[str]) -> np.ndarray:
        """How much more loss ``texts`` have, by the gradient at another text: (N,) float64."""


def white_box(name: str, base: Preset, kind: str) -> Build:
    """A builder for the candidates and constraints of preset ``base`` with a search by gradients.

    Args:
        name: of the attack, for messages.
        base: the black-box attack.
        kind: of gradient, one of `engine.gradients.KINDS`.
    """

    def build(victim: Victim, query_budget: int) -> Any:
        check_gradient(victim.model, name, kind)
        textattack = load_textattack()
        stock = base.build(victim, query_budget)
        return textattack.Attack(
            stock.goal_function,
            stock.pre_transformation_constraints + stock.constraints,
            stock.transformation,
            gradient_search(kind),
        )

    return build


def check_gradient(classifier: Classifier, name: str, kind: str) -> None:
    """Make sure that attack ``name`` can have gradients of ``kind``.

    Raises:
        InputError: the classifier has none.
    """
    if not hasattr(getattr(classifier, "inner", classifier), "gradient"):  # a control wraps another
        raise InputError(
            f"the attack {name} needs the gradients of its victim, but this one shows "
            f"probabilities alone ({type(classifier).__name__}): attack ann, snn or finetuned"
        )
    # of no words: quick, and refuses neurons that have no gradient
    cast("WhiteBox", classifier).gradient("", 0, kind, 0, 1)


def check_gradients(jobs: Iterable[tuple[str, str]], load: Callable[[str], Classifier]) -> None:
    """:func:`check_gradient` for all white-box attacks among ``jobs``, before any of them runs.

    Args:
        jobs: victim and attack
        load: makes a victim from its name

    Raises:
        InputError: one cannot be done.
    """
    for victim, name in jobs:
        if name in _KIND_OF:
            check_gradient(load(victim), name, _KIND_OF[name])


_HOTFLIP = "Ebrahimi et al. 2018, HotFlip: White-Box Adversarial Examples, ACL P18-2006"
_KINDS = {
    "surrogate": (
        "the gradient through time, with surrogates for spikes",
        "surrogate: Neftci et al. 2019, arXiv:1901.09948",
    ),
    "rga": (
        "the gradient through firing rates",
        "gradient: Bu et al. 2023, Rate Gradient Approximation Attack Threats Deep Spiking Neural "
        "Networks, CVPR",
    ),
    "averaged": (
        f"the mean of {DRAWS} gradients under draws of the input's noise",
        "mean: Athalye et al. 2018, Synthesizing Robust Adversarial Examples, arXiv:1707.07397",
    ),
}
_DROPPED = (
    "words only, no characters",
    "candidates and constraints of a black-box attack, in place of cosine and part of speech",
    f"greedy, {SHOWN} candidates shown to the victim for each gradient, in place of a beam of 10",
)


def _presets(prefix: str, base: Preset) -> list[Preset]:
    """One attack for each kind of gradient, in the space of ``base``."""
    return [
        Preset(
            f"{prefix}hotflip-{kind}",
            base.language,
            base.needs,
            white_box(f"{prefix}hotflip-{kind}", base, kind),
            f"white box: the candidates and constraints of {base.name}, in the order of {what} "
            "(for an ANN surrogate and rga are both its own gradient); every backward pass counts "
            "as a query",
            f"{_HOTFLIP}; {source}",
            _DROPPED,
            base.uses,
        )
        for kind, (what, source) in _KINDS.items()
    ]


_BLACK_BOX = {item.name: item for item in (*presets_english.PRESETS, *presets_chinese.PRESETS)}

WHITE_BOX: tuple[Preset, ...] = (
    *_presets("", _BLACK_BOX["pwws"]),
    *_presets("zh-", _BLACK_BOX["zh-all"]),
)
_KIND_OF = {item.name: item.name.rsplit("-", 1)[1] for item in WHITE_BOX}
