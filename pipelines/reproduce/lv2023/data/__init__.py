"""What rows are of: published figures, systems and their settings."""
