"""Labelled texts in splits: built-in, named, from files, or from Hugging Face."""
