"""Networks and neurons: the TextCNN, its activations, and their spiking counterparts."""
