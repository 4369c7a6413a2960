"""Labelled texts in splits: built-in, named, from files, or from Hugging Face."""

from ...moved import attributes

__getattr__ = attributes(__name__)
