"""`snnconvert convert`: one conversion, or a sweep of many."""
