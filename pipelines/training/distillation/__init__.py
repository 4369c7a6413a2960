"""Learning from a teacher: its logits beside the labels, and texts that only it has labelled."""
