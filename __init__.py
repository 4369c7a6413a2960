"""snnconvert: turn text CNNs into spiking CNNs, and measure what that costs and gains.

The package is light to import: torch, textattack and the other heavy libraries are
loaded by the functions that need them.
"""

__version__ = "0.1.0"

__all__ = ["__version__"]
