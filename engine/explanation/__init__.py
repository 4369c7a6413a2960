"""Which windows of words gave the logits of a text: exact parts, for ANN and SNN."""
