"""SNNLP (Knipper et al. 2024): dense spiking networks on one vector a text, and ours."""
