"""How models, numbers and classes are shown, everywhere."""
