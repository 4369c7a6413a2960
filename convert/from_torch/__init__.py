"""Any torch module as a network of this package."""

from ...moved import attributes

__getattr__ = attributes(__name__)
