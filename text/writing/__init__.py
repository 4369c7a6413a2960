"""How texts are written: what is made alike before they are cut into words, and a user's words."""
