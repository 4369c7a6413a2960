"""What every command takes and what it runs."""
