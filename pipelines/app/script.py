"""What Streamlit runs, anew at every touch of the page; it has no package around it."""

import sys

from snnconvert.pipelines.app.page import show

if __name__ == "__main__":  # so Streamlit calls it
    show(sys.argv[1])
