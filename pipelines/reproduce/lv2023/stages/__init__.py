"""The steps of a row: a run folder trained, converted, tuned and measured."""
