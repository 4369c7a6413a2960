"""The options of learning from a teacher; light, since the command line reads them here."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ....options import option

OWN = "ann"
"""The name of a run's own ANN as the teacher of its SNN."""
NONE = "none"
"""In fine-tuning: no teacher, although the ANN had one."""


@dataclass(frozen=True)
class TeacherOptions:
    """Who teaches, and how much that counts."""

    teacher: str | None = option(
        None,
        "learn from a teacher's logits too: the folder of a run in which `snnconvert teach` has "
        f"made them; to finetune also {OWN}, the run's own",
        shown=f"none, and in finetune that of the ANN, if it had one; {NONE} for none",
    )
    teacher_share: float = option(
        0.7, "how much the teacher's logits count beside the labels", above=0, most=1
    )
    temperature: float = option(2.0, "what logits of teacher and pupil are divided by", above=0)

    def unread_of_teacher(self) -> set[str]:
        """Options that are not written down: without a teacher all, as in runs of before."""
        return set() if self.teacher else set(teacher_names())


def teacher_names() -> tuple[str, ...]:
    """The names of the options."""
    return tuple(item.name for item in fields(TeacherOptions))
