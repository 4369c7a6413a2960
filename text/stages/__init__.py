"""What a trained model does to a text before its network reads it."""
