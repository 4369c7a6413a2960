"""The settings of every command; the command line is made from them."""
