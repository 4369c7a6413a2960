"""Training with spikes as rows to add."""
