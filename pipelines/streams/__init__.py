"""Streams of any length: texts that come in, and what is said of them that goes out."""
