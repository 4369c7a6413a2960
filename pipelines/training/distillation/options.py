"""The options of learning from a teacher; light, since the command line reads them here."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TypeVar

from ....errors import InputError
from ....options import option

T = TypeVar("T", bound="TeacherOptions")

OWN = "ann"
"""The name of a run's own ANN as the teacher of its SNN."""
LABELS = "labels"
"""In fine-tuning: no teacher but the labels."""
SHARE, TEMPERATURE = 0.7, 2.0
"""How a teacher counts where nothing else is asked for."""


@dataclass(frozen=True)
class TeacherOptions:
    """Who teaches, and how much that counts; what is None is filled in with the teacher."""

    teacher: str | None = option(
        None,
        "learn from a teacher's logits too: the folder of a run in which `snnconvert teach` has "
        f"made them; to finetune also {OWN}, the run's own",
        shown=f"none; in finetune that of the ANN, else the ANN itself; {LABELS}: no teacher",
    )
    teacher_share: float | None = option(
        None,
        "how much the teacher's logits count beside the labels",
        shown=f"{SHARE}, or as the teacher of the ANN counted that is taken over",
        above=0,
        most=1,
    )
    temperature: float | None = option(
        None,
        "what logits of teacher and pupil are divided by",
        shown=f"{TEMPERATURE}, or likewise",
        above=0,
    )

    def given_of_teacher(self) -> list[str]:
        """Of the share and the temperature, those that were asked for."""
        return [name for name in ("teacher_share", "temperature") if getattr(self, name)]

    def check_taught(self) -> None:
        """Refuse a share or a temperature where nobody teaches.

        Raises:
            InputError: one was asked for.
        """
        given = self.given_of_teacher()
        if given and self.teacher in (None, LABELS):
            raise InputError(
                f"expected {given[0]} only with a teacher, but there is none: name one "
                f"(--teacher), or leave it out"
            )

    def unread_of_teacher(self) -> set[str]:
        """Options that are not written down: without a teacher all, as in runs of before."""
        return set() if self.teacher else set(teacher_names())


def with_usual(settings: T) -> T:
    """``settings`` with the usual share and temperature where there is a teacher and none."""
    if settings.teacher is None:
        return settings
    share, temperature = settings.teacher_share, settings.temperature
    return replace(
        settings,
        teacher_share=SHARE if share is None else share,
        temperature=TEMPERATURE if temperature is None else temperature,
    )


def teacher_names() -> tuple[str, ...]:
    """The names of the options."""
    return tuple(item.name for item in fields(TeacherOptions))
