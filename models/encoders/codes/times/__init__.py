"""Codes whose spikes say by their times, order or weight what a value is."""
