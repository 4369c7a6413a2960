"""`snnconvert app`: a page in the browser to try a run's models on texts of one's own."""
