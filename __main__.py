"""`python -m snnconvert` is the command line."""

import sys

from .pipelines.cli import main

if __name__ == "__main__":
    sys.exit(main())
