"""Networks and neurons: text CNNs, their activations, and their spiking counterparts."""
