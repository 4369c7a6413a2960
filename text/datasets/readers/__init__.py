"""Labelled files of every shape as rows of label and text."""
