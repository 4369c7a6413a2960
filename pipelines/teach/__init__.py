"""`snnconvert teach`: a teacher is tuned on a data set, and what it says is stored and read."""
