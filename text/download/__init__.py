"""The named data sets from where they are published, checked."""
