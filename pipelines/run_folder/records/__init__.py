"""What the files of a run hold: one class is written, read back and checked (`typed_json`)."""
