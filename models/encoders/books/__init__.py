"""Books: ways to write the vectors of words as bits, which a spiking model keeps in their place."""
