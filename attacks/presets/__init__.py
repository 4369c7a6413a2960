"""The attacks that can be asked for by name."""

from ...moved import attributes

__getattr__ = attributes(__name__)
