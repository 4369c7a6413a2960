"""From raw text to word ids and vectors: data sets, segmenters, vocabulary, word vectors."""
