"""What two collections of texts have in common, by their letters alone."""
