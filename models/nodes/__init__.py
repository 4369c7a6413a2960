"""The nodes of a network that an ANN and its SNN share."""
