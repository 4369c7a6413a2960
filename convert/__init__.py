"""ANN to SNN: spike encoders, thresholds, folding, verification, artefacts."""
