"""The names of what can be done to the writing of texts; loaded with the command line."""

LEVELS = ("none", "invisible", "all")
"""What is made alike: nothing; invisible characters left out; full-width ones made narrow too."""
CLEAN = ("auto", *LEVELS)
"""The choices of the option; ``auto`` goes by the language."""
SCRIPTS = ("keep", "simplified", "traditional")
"""The characters that Chinese texts are converted to."""
