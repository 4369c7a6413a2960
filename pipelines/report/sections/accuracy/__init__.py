"""Accuracy of the models, against time steps and by class."""
