"""What a conversion does on real texts, where it errs, and what to change."""
