"""What Streamlit runs, anew at every touch of the page; it has no package around it."""

import sys

from snnconvert.pipelines.app.page import show

show(sys.argv[1])
