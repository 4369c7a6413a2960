"""The stages of a run as a report reads them, checked."""
