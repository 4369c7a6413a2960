"""Small assets that the attacks carry with them."""
