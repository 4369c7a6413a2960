"""Spiking neurons: their equations, parameters and layers."""
