"""The fast path from texts to predictions."""
