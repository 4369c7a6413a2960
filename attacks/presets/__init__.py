"""The attacks that can be asked for by name."""
