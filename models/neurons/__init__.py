"""Spiking neurons: their equations, parameters and layers."""

from ...moved import attributes

__getattr__ = attributes(__name__)
