"""What SNNLP published, its texts and input spikes, and the rows of the reproduction."""
