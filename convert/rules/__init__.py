"""From each type of node to its spiking counterpart."""
