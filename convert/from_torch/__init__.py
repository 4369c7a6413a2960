"""Any torch module as a network of this package."""
