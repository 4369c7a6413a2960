"""Gradients of the loss for the word vectors of a text."""
