"""`snnconvert energy`: work counted on real texts, and priced."""
