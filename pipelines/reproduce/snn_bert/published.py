"""What SNN-BERT published, each against the same network with the text shown at four steps.

Source: the abstract of Su et al., Neural Networks 180 (2024) 106630; the rest was out of reach.
"""

from __future__ import annotations

ENERGY = 6.46
TIME = 3.5
MEMORY = 3.8
POINTS = 16.1
"""Read as points: a baseline of about 58.3 is then where other spiking BERTs lie."""
GLUE = 74.4
ANN_ENERGY = 22.5
"""Times less than an ANN of like architecture, at most."""
