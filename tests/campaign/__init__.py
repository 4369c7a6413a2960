"""A hostile and an unlucky world: mutated files for every reader, faults at every operation."""
