"""Firing rates by layer."""
