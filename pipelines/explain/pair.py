"""A text explained by a model of a run, and by the ANN that it was made from."""

from __future__ import annotations

from dataclasses import dataclass

from ...engine.classifier import ModelClassifier
from ...engine.explanation.text import Explanation, explain_text
from ..data import load_classifier
from ..run_folder.run_folder import RunFolder
from ..settings.engine import ENGINE, EngineSettings


@dataclass(frozen=True)
class Pair:
    """A model of a run and the run's ANN, ready to explain texts.

    model: its name, as in a run folder; ann: None where the model is the ANN itself
    """

    model: str
    own: ModelClassifier
    ann: ModelClassifier | None

    def explain(self, text: str, seed: int = 0) -> tuple[Explanation, Explanation | None]:
        """``text`` by the model, and by the ANN; errors as `explain_text`."""
        own = explain_text(self.own, text, seed)
        return own, explain_text(self.ann, text, seed) if self.ann else None


def load_pair(run: RunFolder, model: str | None = None, engine: EngineSettings = ENGINE) -> Pair:
    """The model called ``model`` of a run (by default the last one made) and its ANN.

    Raises:
        InputError: it has not been made yet, or its files are missing, damaged or of another run.
    """
    name = model or run.last_model()
    own = load_classifier(run, name, engine=engine)
    return Pair(name, own, None if name == "ann" else load_classifier(run, "ann", engine=engine))
