"""`snnconvert convert`: one conversion, or a sweep of many."""

from ...moved import attributes

__getattr__ = attributes(__name__)
