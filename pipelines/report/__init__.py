"""`snnconvert report`: one self-contained page."""

from ...moved import attributes

__getattr__ = attributes(__name__)
