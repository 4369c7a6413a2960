"""Nodes that only a spiking network has."""
