"""`snnconvert explain`: which words and windows carry the decision on one text."""
