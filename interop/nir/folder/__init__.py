"""The folder of an export: the graph as a file, examples, a script that loads it, a page."""
