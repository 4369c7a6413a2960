"""White-box attacks: substitutions led by the gradient of the loss for the victim's word vectors.

HotFlip (Ebrahimi et al. 2018) ranks the replacements of words by the first-order change of the
loss, (e_new - e_old) . dL/de_old. Here that ranks the candidates of a black-box attack, under its
constraints, so the two differ in nothing but their search. What a candidate makes of the text is
read from the whole text, as the victim cuts it: the words of TextAttack need not be the model's.
"""

from __future__ import annotations

from typing import Any

from ..building.gradient_search import SHOWN, gradient_search
from ..building.loading import load_textattack
from ..preset import Build, Preset
from ..victims import DRAWS, Victim, check_gradient
from .chinese import ZH_ALL
from .english import PWWS


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


def _hotflip(kind: str, base: Preset, prefix: str = "") -> Preset:
    """The attack by gradients of ``kind`` in the space of ``base``."""
    name = f"{prefix}hotflip-{kind}"
    what, source = _KINDS[kind]
    return Preset(
        name,
        base.language,
        base.needs,
        white_box(name, base, kind),
        f"white box: the candidates and constraints of {base.name}, in the order of {what} "
        "(for an ANN surrogate and rga are both its own gradient); every backward pass counts "
        "as a query",
        f"{_HOTFLIP}; {source}",
        _DROPPED,
        base.uses,
        gradient=kind,
    )


HOTFLIP_SURROGATE = _hotflip("surrogate", PWWS)
HOTFLIP_RGA = _hotflip("rga", PWWS)
HOTFLIP_AVERAGED = _hotflip("averaged", PWWS)
ZH_HOTFLIP_SURROGATE = _hotflip("surrogate", ZH_ALL, "zh-")
ZH_HOTFLIP_RGA = _hotflip("rga", ZH_ALL, "zh-")
ZH_HOTFLIP_AVERAGED = _hotflip("averaged", ZH_ALL, "zh-")
