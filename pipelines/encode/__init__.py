"""`snnconvert encode`: the spikes that a text becomes."""
