"""The section of explained texts: which words and windows carried the decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from markupsafe import Markup

from ....checked_json import read_value
from ....typed_json import from_json
from ...explain.shaded import shaded_words
from ...run_folder.records.explained import ExplainedText, ExplainedTexts
from ..read import Run
from ..section import Section


class Explained(Section[ExplainedTexts]):
    """A few dev texts, right and wrong, with their words shaded."""

    title = "Decisions"
    stage = "ann"
    missing = "No texts have been explained."
    template = "explained.html"

    def command(self, run: Run) -> str:
        """The command that explains them."""
        return f"snnconvert explain {run.where}"

    def read(self, run: Run) -> ExplainedTexts | None:
        """The file explain/texts.json, where it is of the model that the run has now."""
        path = run.path / "explain" / "texts.json"
        if not path.is_file():
            return None
        found = from_json(ExplainedTexts, read_value(path, "explained texts", self.command(run)))
        stage: Mapping[str, Any] = run.results.get(found.model, {})
        return found if str(stage.get("fingerprint")) == found.fingerprint else None

    def heading(self, figures: ExplainedTexts | None) -> str:
        """What stands above the section."""
        return "What carries the decision"

    def context(self, figures: ExplainedTexts) -> dict[str, Any]:
        """The shaded words of every text."""
        return {"shaded": [(text, _shaded(text)) for text in figures.texts]}


def _shaded(text: ExplainedText) -> Markup:
    return shaded_words(text.words, np.array(text.values), known=text.known)


SECTION = Explained()
