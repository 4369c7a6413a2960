"""What stands beside an accuracy: chance, classes, a linear model."""
