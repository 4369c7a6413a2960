r"""What is made small where there is a teacher: a loss of the labels, and a distance from it.

.. math:: (1 - s) L + s \, \tau^2 \, \mathrm{KL}(\mathrm{softmax}(z / \tau) \| \mathrm{softmax}(y /
    \tau))

of the loss of the labels L, the teacher's logits z and the pupil's y (Hinton et al. 2015,
"Distilling the knowledge in a neural network", section 2; the square of the temperature keeps the
gradients' size). A text without a label has the distance alone, at its full weight.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from ....errors import InputError
from ..losses.loss import Loss
from .options import SHARE, TEMPERATURE, TeacherOptions, with_usual
from .soft_targets import UNLABELLED


def distance(outputs: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """The distance from a teacher of each text (B,), of logits (B, K) and its (B, K).

    Of logits of every step (T, B, K) it is the mean over time.

    >>> import torch
    >>> z = torch.tensor([[0.0, 1.0]])
    >>> distance(z, z, 2.0).item()
    0.0
    """
    own = functional.log_softmax(outputs / temperature, dim=-1)  # (B, K) or (T, B, K)
    wanted = functional.log_softmax(teacher / temperature, dim=-1).expand_as(own)
    apart = functional.kl_div(own, wanted, reduction="none", log_target=True).sum(-1)
    return temperature**2 * (apart if apart.dim() == 1 else apart.mean(0))


@dataclass(frozen=True)
class Distilled:
    """The loss of labels and teacher together.

    loss: of the labels; share: how much the teacher counts, s; temperature: tau
    """

    loss: Loss
    share: float = SHARE
    temperature: float = TEMPERATURE

    def __call__(
        self, outputs: Tensor, labels: Tensor, teacher: Tensor, weight: Tensor | None = None
    ) -> Tensor:
        """The loss of a batch, a scalar with gradients.

        Args:
            outputs: logits (B, K), or of every step (T, B, K) where the loss reads these
            labels: classes (B,), `UNLABELLED` for none
            teacher: its logits (B, K)
            weight: how much each class counts (K,); None where all count the same
        """
        known = labels != UNLABELLED  # (B,)
        apart = distance(outputs, teacher, self.temperature)  # (B,)
        total = (apart * (1 - (1 - self.share) * known.to(apart.dtype))).mean()
        if not known.any() or self.share == 1:
            return total
        own = self.loss.loss(outputs[..., known, :], labels[known], weight)
        return total + (1 - self.share) * own * known.float().mean()


def distilled_by(options: TeacherOptions, loss: Loss) -> Distilled | None:
    """``loss`` with the teacher that ``options`` name; None where they name none.

    Raises:
        InputError: the loss reads spikes, which are no logits to compare.
    """
    if options.teacher is None:
        return None
    if loss.outputs != "logits":
        raise InputError(
            f"expected a loss that reads logits beside a teacher, but {type(loss).__name__} reads "
            f"{loss.outputs}: give --loss mean_logits, or leave --teacher out"
        )
    options = with_usual(options)
    assert options.teacher_share and options.temperature
    return Distilled(loss, options.teacher_share, options.temperature)
