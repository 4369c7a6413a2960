"""Learning from a teacher: the loss, worked out by hand, and whose texts and labels count."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.pipelines.settings.finetune import FinetuneSettings
from snnconvert.pipelines.settings.train import TrainSettings
from snnconvert.pipelines.training.class_weights import class_weights
from snnconvert.pipelines.training.distillation.loss import Distilled, distance, distilled_by
from snnconvert.pipelines.training.losses.mean_logits import MeanLogits
from snnconvert.pipelines.training.losses.spike_counts import SpikeCounts

# the teacher says 3 to 1, the pupil 1 to 1: KL = 3/4 ln(3/2) + 1/4 ln(1/2)
TEACHER = torch.tensor([[math.log(3.0), 0.0]])
APART = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)


def test_distance_by_hand():
    assert distance(torch.zeros(1, 2), TEACHER, 1.0).item() == pytest.approx(APART)
    # at a temperature of 2 logits twice as large say the same, and count four times
    assert distance(torch.zeros(1, 2), 2 * TEACHER, 2.0).item() == pytest.approx(4 * APART)


def test_logits_of_every_step_count_in_the_mean():
    steps = torch.stack([torch.zeros(1, 2), TEACHER])  # the second step says what the teacher says
    assert distance(steps, TEACHER, 1.0).tolist() == pytest.approx([APART / 2])


def test_labelled_and_unlabelled_texts_by_hand():
    loss = Distilled(MeanLogits(), share=0.75, temperature=1.0)
    outputs, teacher = torch.zeros(2, 2), TEACHER.repeat(2, 1)
    found = loss(outputs, torch.tensor([0, -1]), teacher)
    # the first: a quarter of ln 2 and three of the distance; the second: the distance
    assert found.item() == pytest.approx((0.25 * math.log(2) + 0.75 * APART + APART) / 2)


def test_no_text_with_a_label():
    found = Distilled(MeanLogits())(torch.zeros(2, 2), torch.tensor([-1, -1]), TEACHER.repeat(2, 1))
    assert found.item() == pytest.approx(distance(torch.zeros(1, 2), TEACHER, 2.0).item())


@given(seed=st.integers(0, 1000), share=st.floats(0.05, 1), temperature=st.floats(0.5, 5))
def test_a_pupil_that_says_the_same_has_the_loss_of_the_labels_alone(seed, share, temperature):
    draw = torch.Generator().manual_seed(seed)
    logits = torch.randn(6, 3, generator=draw, dtype=torch.float64)
    labels = torch.randint(0, 3, (6,), generator=draw)
    found = Distilled(MeanLogits(), share, temperature)(logits, labels, logits)
    own = torch.nn.functional.cross_entropy(logits, labels)
    assert found.item() == pytest.approx((1 - share) * own.item(), abs=1e-9)


def test_the_gradient_is_that_of_torch():
    draw = torch.Generator().manual_seed(0)
    ours = torch.randn(5, 4, generator=draw, dtype=torch.float64, requires_grad=True)
    teacher = torch.randn(5, 4, generator=draw, dtype=torch.float64)
    distance(ours, teacher, 3.0).mean().backward()
    theirs = ours.detach().clone().requires_grad_()
    softened = torch.nn.KLDivLoss(reduction="batchmean")(
        torch.log_softmax(theirs / 3, 1), torch.softmax(teacher / 3, 1)
    )
    (9 * softened).backward()
    assert torch.allclose(ours.grad, theirs.grad, atol=1e-12)


def test_at_a_share_of_one_labels_do_not_count():
    loss = Distilled(MeanLogits(), share=1.0)
    outputs = torch.tensor([[0.3, -0.2]])
    found = [loss(outputs, torch.tensor([label]), TEACHER).item() for label in (0, 1, -1)]
    assert found[0] == found[1] == found[2]


def test_texts_without_a_label_weigh_no_class():
    assert class_weights([0, 0, 1, -1, -1], 2).tolist() == class_weights([0, 0, 1], 2).tolist()


def test_without_a_teacher_nothing_of_one_is_written_down():
    names = {"teacher", "teacher_share", "temperature"}
    assert names <= TrainSettings().unread()
    assert names == FinetuneSettings().unread_of_teacher()
    assert not names & TrainSettings(teacher="somewhere").unread()


def test_nothing_counts_of_a_teacher_that_is_not_there():
    for name, value in (("teacher_share", 0.7), ("temperature", 2.0)):
        with pytest.raises(InputError, match=f"{name} only with a teacher"):
            TrainSettings(**{name: value})
        assert TrainSettings(teacher="somewhere", **{name: value}).teacher == "somewhere"


def test_no_teacher_for_spike_counts():
    assert distilled_by(FinetuneSettings(), SpikeCounts()) is None
    with pytest.raises(InputError, match="reads spikes: give --loss mean_logits"):
        distilled_by(FinetuneSettings(teacher="ann"), SpikeCounts())


def test_an_ann_is_not_its_own_teacher():
    with pytest.raises(InputError, match="give it to finetune"):
        TrainSettings(teacher="ann")
