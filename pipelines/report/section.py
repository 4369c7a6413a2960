"""What a section of the report answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Generic, TypeVar

from ..run_folder.stages import COMMANDS
from .cells import Groups
from .read import Run

F = TypeVar("F")


class Section(ABC, Generic[F]):
    """One section of the page; F is what it reads of a run.

    Attributes:
        title: in the list of sections at the top of the page
        stage: of the run whose figures it shows
        missing: what is said where that stage is not done, before the command that does it
        template: the file of its HTML: a name in `templates`, or the path of a file of one's own.
            It is given ``figures`` (what `read` gave), ``run`` (a `Run`) and what `context` gives,
            and stands in a section element of the registry's name, below the heading
        lead: a template of a clause for the sentences at the top of the page, or nothing
        card: a template of a card at the top of the page, or nothing
        rank: the place of its lead and card among those of others
    """

    title: str
    stage: str
    missing: str = ""
    template: str | Path
    lead: str | Path = ""
    card: str | Path = ""
    rank: int = 3

    @abstractmethod
    def read(self, run: Run) -> F | None:
        """Its figures out of a run; None where the stage is not done.

        Raises:
            InputError: a file is missing or damaged; the message names it.
        """

    def heading(self, figures: F | None) -> str:
        """What stands above the section."""
        return self.title

    def context(self, figures: F) -> dict[str, Any]:
        """What the templates show besides the figures: drawings, tables, files to save."""
        return {}

    def row(self, figures: F) -> Groups:
        """Cells of the table that compares runs: the same rows for every run, in one order."""
        return {}

    def command(self, run: Run) -> str:
        """The command that does the stage."""
        return f"snnconvert {COMMANDS[self.stage].format(run=run.where)}"
