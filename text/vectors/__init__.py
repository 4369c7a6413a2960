"""Word vectors: trained, or from files of every kind."""
