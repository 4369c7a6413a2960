"""The spikes of chosen sentences."""
