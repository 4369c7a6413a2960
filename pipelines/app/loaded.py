"""What the page has of a run: its models, loaded once, and texts to begin with."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from ...checked_json import read_value
from ...engine.explanation.text import Explanation
from ...errors import InputError
from ...typed_json import from_json
from ..explain.pair import Pair, load_pair
from ..run_folder.records.data import DataStage
from ..run_folder.records.spikes import Rasters
from ..run_folder.run_folder import RunFolder
from ..run_folder.stages import models_among

EXAMPLES = {
    "en": ("The food was not good, but the waiter was friendly.",),
    "zh": ("味道不好，但是服务员很热情。",),
}


@dataclass
class Loaded:
    """The models of one run. Their engines are for one thread at a time: ``lock`` is for that."""

    run: RunFolder
    data: DataStage
    models: list[str]
    examples: list[str]
    lock: threading.RLock = field(default_factory=threading.RLock)
    pairs: dict[str, Pair] = field(default_factory=dict)

    @property
    def language(self) -> str:
        """Of the run's texts."""
        return self.data.language

    def pair(self, model: str) -> Pair:
        """The model called ``model`` and the ANN, loaded at first use."""
        with self.lock:
            if model not in self.pairs:
                self.pairs[model] = load_pair(self.run, model)
            return self.pairs[model]

    def explain(self, model: str, text: str) -> tuple[Explanation, Explanation | None]:
        """``text`` by a model and by the ANN; errors as `explain_text`."""
        pair = self.pair(model)
        with self.lock:
            return pair.explain(text)


def load(path: str) -> Loaded:
    """What there is in the run folder ``path``.

    Raises:
        InputError: no run there, or no model in it.
    """
    run = RunFolder(path)
    run.require("ann")
    results = run.results()
    data = run.record("data", DataStage, results)
    models = models_among(results)
    models.sort(key=lambda name: name == "ann")  # the last one made first, the ANN at the end
    last = run.last_model()
    models.sort(key=lambda name: name != last)
    examples = _examples(run.path, models) or list(EXAMPLES.get(data.language, ()))
    return Loaded(run, data, models, examples)


def _examples(path: Path, models: list[str]) -> list[str]:
    """Test sentences whose spikes the run has kept."""
    for model in models:
        kept = path / model / "raster.json"
        if kept.is_file():
            try:
                return [r.text for r in from_json(Rasters, read_value(kept, "spikes", "")).all]
            except InputError:  # the page can do without
                continue
    return []
