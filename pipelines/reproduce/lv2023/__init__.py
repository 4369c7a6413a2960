"""Lv et al. 2023: spiking text CNNs by conversion and fine-tuning, as published, and ours."""
