"""What SNNLP published: its settings, and its figures to stand beside.

Source: Knipper et al. 2024, "SNNLP: Energy-Efficient Natural Language Processing Using Spiking
Neural Networks"; the figures are those of the result files of its code.
"""

from __future__ import annotations

from collections.abc import Mapping

STEPS = (10, 25, 50, 100)
HIDDEN = (256, 128)
EPOCHS = 50
BATCH = 15
LEARNING_RATE = 1e-5
WEIGHT_DECAY = 1e-5
DROPOUT = 0.05
SHARES = {"train": 0.6, "dev": 0.1, "test": 0.3}
WORDS = {"imdb": 512, "emotion": 32}  # words of a text in the binary code, one a step
BITS = 64
DATASETS = tuple(WORDS)
LEVELS = ("word", "sentence")

# accuracy on test, by data set, level and code, and by steps where there are any
_ACCURACY: Mapping[tuple[str, str, str], tuple[float, ...]] = {
    ("imdb", "word", "saf"): (0.7122, 0.7781, 0.7884, 0.7929),
    ("imdb", "word", "random"): (0.5097, 0.5918, 0.6311, 0.6675),
    ("imdb", "sentence", "saf"): (0.8300, 0.8320, 0.8402, 0.8483),
    ("imdb", "sentence", "random"): (0.5087, 0.6153, 0.6556, 0.7130),
    ("emotion", "word", "saf"): (0.4340, 0.5260, 0.5358, 0.5530),
    ("emotion", "word", "random"): (0.3493, 0.4032, 0.4315, 0.4708),
    ("emotion", "sentence", "saf"): (0.4855, 0.5290, 0.5217, 0.5602),
    ("emotion", "sentence", "random"): (0.3108, 0.3605, 0.3952, 0.4333),
    ("imdb", "word", "none"): (0.8243,),
    ("emotion", "word", "none"): (0.5717,),
    ("imdb", "sentence", "none"): (0.8676,),
    ("emotion", "sentence", "none"): (0.6335,),
    ("imdb", "word", "binary"): (0.6637,),
    ("emotion", "word", "binary"): (0.4315,),
}

# spikes a text of the input and of each layer, the first step left out as in its code, at 50 steps
SPIKES: Mapping[tuple[str, str, str], tuple[float, ...]] = {
    ("imdb", "word", "saf"): (4974.2, 424.9, 288.0, 39.3),
    ("imdb", "word", "random"): (4826.5, 813.0, 362.3, 39.7),
    ("emotion", "word", "saf"): (4980.2, 672.0, 278.2, 47.7),
    ("emotion", "word", "random"): (4819.2, 769.6, 263.2, 50.2),
    ("imdb", "sentence", "saf"): (12566.7, 399.4, 347.8, 38.3),
    ("imdb", "sentence", "random"): (12521.5, 1020.0, 377.7, 39.4),
    ("emotion", "sentence", "saf"): (12540.4, 593.6, 256.1, 49.5),
    ("emotion", "sentence", "random"): (12548.5, 644.5, 256.6, 49.7),
    ("imdb", "word", "binary"): (6873.2, 29466.3, 8998.7, 323.6),
    ("emotion", "word", "binary"): (550.3, 733.8, 170.2, 32.4),
}


def published_accuracy(dataset: str, level: str, code: str, steps: int) -> float | None:
    """The published accuracy on test; None where there is none.

    >>> published_accuracy("emotion", "word", "saf", 50)
    0.5358
    """
    found = _ACCURACY.get((dataset, level, code))
    if found is None:
        return None
    if len(found) == 1:
        return found[0]
    return found[STEPS.index(steps)] if steps in STEPS else None
