"""Neurons of networks that are trained as spiking ones: their thresholds and decays are learned."""
