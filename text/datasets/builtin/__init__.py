"""Two sets of short reviews written for this project, one English and one Chinese."""
