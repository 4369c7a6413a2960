"""Published accuracies to stand beside, in percent of the test texts.

Sources: Lv et al. 2023 (ICLR; TextCNN and SNN-TextCNN), Kim 2014 (as trained again in
sent-conv-torch), Lv et al. 2023 (SpikeBERT), Spikformer with a logarithmic relative position code,
Zhu et al. 2023 (SpikeGPT), and BERT fine-tuned, as these papers give it. Splits are the papers'
own, so a difference of a point can be one of the split.
"""

from __future__ import annotations

from dataclasses import dataclass

from ....settings.reproduce import DATASETS as SYSTEM_DATASETS

DATASETS = SYSTEM_DATASETS["lv2023"]


@dataclass(frozen=True)
class Published:
    """A published system.

    steps: T, 0 of an ANN; parameters: outside the word table; accuracy: by data set, in percent;
    None where none was published
    """

    name: str
    steps: int
    parameters: float
    accuracy: tuple[float | None, ...]

    def of(self, dataset: str) -> float | None:
        """The accuracy on a data set, in percent."""
        return dict(zip(DATASETS, self.accuracy, strict=True)).get(dataset)


_CNN = 360_902  # widths 3, 4, 5 x 100 filters on 300 components, two classes
SYSTEMS = {
    system.name: system
    for system in (
        Published("TextCNN", 0, _CNN, (77.41, 83.25, 94.00, 45.48, 86.74, 88.49)),
        Published("SNN-TextCNN", 50, _CNN, (75.45, 80.91, 90.60, 41.63, 85.02, 86.66)),
        Published("CNN-static", 0, _CNN, (80.5, 85.6, 93.0, 44.8, None, None)),
        Published("CNN-non-static", 0, _CNN, (81.3, 87.0, 93.4, 46.7, None, None)),
        Published("SpikeBERT", 4, 110e6, (80.69, 85.39, 93.00, 46.11, 86.36, 89.66)),
        Published("Spikformer + Log-PE", 4, 110e6, (83.88, 84.64, 92.80, 44.52, 87.95, 88.46)),
        Published("SpikeGPT", 1, 216e6, (85.63, 88.76, 95.30, 51.27, None, None)),
        Published("BERT", 0, 110e6, (87.63, 92.31, 95.90, 50.41, 89.48, 90.27)),
    )
}


def published_accuracy(name: str | None, dataset: str) -> float | None:
    """The published accuracy of a system in percent; None where there is none.

    >>> published_accuracy("SpikeBERT", "sst2"), published_accuracy("SpikeGPT", "waimai")
    (85.39, None)
    """
    return SYSTEMS[name].of(dataset) if name in SYSTEMS else None
