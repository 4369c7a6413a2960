"""`snnconvert reproduce`: published systems, trained and measured again."""
