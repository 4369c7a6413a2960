"""`snnconvert report`: one self-contained page."""
