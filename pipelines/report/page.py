"""`snnconvert report`: one self-contained page, RUN/report.html, from the files of a run.

The page asks the sections that are registered, in their order. It loads nothing: style sheet and
figures are in it, and its content security policy forbids everything else. Texts and names come
from data, so every one of them is escaped.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from ...files import write_text
from .drawing.files import without_controls
from .labels import labelled
from .read import Run
from .section import Section
from .sections import SECTIONS
from .summary import summary_context
from .templating import render_template


def report(run: str | Path, out: str | Path | None = None) -> Path:
    """Write the report of a run folder; sections of stages that are not done name their command.

    Args:
        run: folder of the run
        out: the page; RUN/report.html by default

    Returns:
        The path of the page.

    Raises:
        InputError: no run there, or a file of it is missing or damaged.
        SnnConvertError: the page cannot be written.
    """
    read = Run(run)
    path = Path(out) if out else read.path / "report.html"
    # half a surrogate pair, which an attack can leave in a text, cannot be written as UTF-8
    write_text(path, without_controls(render(read)).encode("utf-8", "replace").decode("utf-8"))
    return path


OF_AN_ANN = ("ann", "snn", "attack")
"""Stages that a run has only where there is an ANN."""


@dataclass(frozen=True)
class Part:
    """A section of one run: its name, what it has read, and what its templates show of that."""

    name: str
    section: Section[Any]
    run: Run
    figures: Any
    shown: dict[str, Any]

    def html(self, template: str | Path) -> Markup:
        """One of the section's templates, filled in."""
        return render_template(template, self.shown | {"run": self.run, "figures": self.figures})

    @property
    def body(self) -> Markup | None:
        """The section below its heading, of whole lines; None where its stage is not done."""
        if self.figures is None:
            return None
        text = self.html(self.section.template)
        return text if text.endswith("\n") else text + "\n"

    def top(self, template: str | Path) -> Markup:
        """The lead or the card of the section; nothing where it has none."""
        return self.html(template) if template and self.figures is not None else Markup()


def parts_of(run: Run) -> list[Part]:
    """Every section of a run.

    Raises:
        InputError: a file of the run is missing or damaged.
    """
    parts = []
    for name in SECTIONS:
        section = SECTIONS[name]
        figures = section.read(run)
        if figures is None and run.is_spiking_alone and section.stage in OF_AN_ANN:
            continue
        shown = {} if figures is None else section.context(figures)
        parts.append(Part(name, section, run, figures, shown))
    return parts


def render(run: Run) -> str:
    """The page, as HTML."""
    parts = parts_of(run)
    ranked = sorted(parts, key=lambda part: part.section.rank)
    shown = summary_context(run) | {
        "parts": parts,
        "leads": [part.top(part.section.lead) for part in ranked],
        "cards": [part.top(part.section.card) for part in ranked],
    }
    return labelled(render_template("page/report.html", shown))
