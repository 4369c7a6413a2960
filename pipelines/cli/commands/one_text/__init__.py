"""Commands that show what the models of a run make of one text."""
