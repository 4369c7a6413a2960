"""Word vectors: trained, or from files of every kind."""

from ...moved import attributes

__getattr__ = attributes(__name__)
