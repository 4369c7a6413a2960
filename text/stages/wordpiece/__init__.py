"""The text stage `wordpiece`: the pieces of words that BERT reads."""
