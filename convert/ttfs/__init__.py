"""Conversion to a network of one spike a neuron."""
