"""SNN-BERT (Su et al. 2024), reconstructed: what it claims, measured beside its baseline."""
