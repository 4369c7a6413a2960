"""What is published of SNN-BERT and what was decided here."""

from __future__ import annotations

PUBLISHED, RECONSTRUCTED = "published", "reconstruction"
DECIDED = (
    (
        "as many steps as tokens, a token a step (`individual`); the whole text at each step "
        "(`repeat`), T = 4",
        PUBLISHED,
    ),
    (
        "a neuron for all steps at once that takes any length, looks both ways and does not fire "
        "without interruption",
        PUBLISHED,
    ),
    ("the ratios of energy, time, memory and score, and the mean of GLUE", PUBLISHED),
    ("16.1 % are points", RECONSTRUCTED),
    (
        "the neuron's equations: two decaying sums, divided by what keeps the variance of white "
        "currents",
        RECONSTRUCTED,
    ),
    ("its reset in parallel passes", RECONSTRUCTED),
    ("LIF neurons of the baseline: leak 1/2, hard reset, learned thresholds", RECONSTRUCTED),
    ("surrogate gradient 1 / (1 + (pi U)^2)", RECONSTRUCTED),
    (
        "the encoder: membrane shortcuts, attention without softmax, batch norms that fold",
        RECONSTRUCTED,
    ),
    ("sizes, word vectors, no pretraining, no teacher", RECONSTRUCTED),
    ("a cost on the share of synapses that carry a spike, 2, in both codings", RECONSTRUCTED),
    ("how work is counted beside synapses", RECONSTRUCTED),
)
"""What, and whether it is published."""
