"""Figures as inline SVG that can be saved."""
