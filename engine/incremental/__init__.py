"""Texts that differ from a base text in few words: only what changed is run again."""
