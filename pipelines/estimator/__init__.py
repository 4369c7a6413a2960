"""A training as one call: texts and labels in, a model as bytes out."""
