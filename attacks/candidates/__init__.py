"""Substitutes for a word."""
