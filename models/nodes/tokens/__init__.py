"""Nodes of encoders that read a text token by token, (..., C, L) throughout."""
