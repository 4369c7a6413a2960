"""The texts of a run: where they lie, how they are written, and what is said of them."""
